//! Counts of findings by cause and the value of one column.
//!
//! Must not do: guess a column; an unknown name is an error that lists the known ones.

use std::borrow::Cow;
use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;
use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::app::Run;
use crate::domain::subscriber::{scrub, shown_extra};
use crate::domain::{AcsDevice, Extra, ProviderRecord, Untrusted};
use crate::engine::{Cause, Finding};
use crate::headless::report::wire::CauseName;

/// Counts by cause and value, in the contract's order of causes, the largest count first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Groups {
    /// The column, as the run names it.
    pub column: String,
    /// One row a cause and value that occur together.
    pub rows: Vec<GroupRow>,
}

/// One count.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct GroupRow {
    /// The cause.
    pub cause: CauseName,
    /// The value, of a person's data only the mask; null where no record of the finding has one.
    pub value: Option<String>,
    /// Findings.
    pub count: u64,
}

/// Checks a column's name against a run, before a report is asked for.
///
/// # Errors
/// One sentence that names the unknown column and lists the known ones.
pub fn check(run: &Run, name: &str) -> Result<(), String> {
    Column::find(run, name).map(|_| ())
}

/// Counts the findings of `run` by cause and the column `name`.
///
/// # Errors
/// As [`check`].
pub fn groups(run: &Run, name: &str) -> Result<Groups, String> {
    let (column, shown) = Column::find(run, name)?;
    let mut raw: BTreeMap<(Cause, Option<&str>), u64> = BTreeMap::new();
    for finding in &run.reconciliation.findings {
        let value = column.value(finding).map(Untrusted::raw);
        *raw.entry((finding.cause, value)).or_default() += 1;
    }
    // Two people behind one mask are one row.
    let mut counts: BTreeMap<(Cause, Option<Cow<'_, str>>), u64> = BTreeMap::new();
    for ((cause, value), count) in raw {
        *counts.entry((cause, value.map(|v| column.masked(&shown, v)))).or_default() += count;
    }
    let mut rows: Vec<_> = counts.into_iter().collect();
    rows.sort_by(|(a, n), (b, m)| a.0.cmp(&b.0).then(m.cmp(n)).then(a.1.cmp(&b.1)));
    let rows = rows.into_iter().map(|((cause, value), count)| GroupRow {
        cause: CauseName(cause),
        value: value.map(Cow::into_owned),
        count,
    });
    Ok(Groups { column: shown, rows: rows.collect() })
}

/// The columns that every source may have.
const KNOWN: [(&str, Column); 7] = [
    ("model", Column::Model),
    ("firmware", Column::Firmware),
    ("manufacturer", Column::Manufacturer),
    ("product_class", Column::ProductClass),
    ("oui", Column::Oui),
    ("plan", Column::Plan),
    ("contract_status", Column::ContractStatus),
];

/// Where the value of a column stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Model,
    Firmware,
    Manufacturer,
    ProductClass,
    Oui,
    Plan,
    ContractStatus,
    /// An unknown column of the sources: its index in either.
    Extra {
        acs: Option<u16>,
        provider: Option<u16>,
    },
}

impl Column {
    /// The column and its name as the run writes it.
    fn find(run: &Run, name: &str) -> Result<(Self, String), String> {
        let wanted = fold(name);
        if let Some((known, column)) = KNOWN.iter().find(|(known, _)| fold(known) == wanted) {
            return Ok((*column, (*known).to_owned()));
        }
        let sides = &run.reconciliation;
        let acs = position(&sides.acs.extra_columns, &wanted);
        let provider = position(&sides.provider.extra_columns, &wanted);
        let shown = acs
            .and_then(|i| sides.acs.extra_columns.get(usize::from(i)))
            .or_else(|| provider.and_then(|i| sides.provider.extra_columns.get(usize::from(i))));
        match shown {
            Some(shown) => Ok((Self::Extra { acs, provider }, shown.to_string())),
            None => Err(unknown(run, name)),
        }
    }

    fn value(self, finding: &Finding) -> Option<&Untrusted> {
        let acs = finding.acs.iter().find_map(|d| self.of_acs(d));
        acs.or_else(|| finding.provider.iter().find_map(|p| self.of_provider(p)))
    }

    /// A value as it may be shown: free text and unknown columns may hold a person's data.
    fn masked<'a>(self, name: &str, value: &'a str) -> Cow<'a, str> {
        match self {
            Self::Plan | Self::ContractStatus => scrub(value),
            Self::Extra { .. } => shown_extra(name, value),
            Self::Model | Self::Firmware | Self::Manufacturer | Self::ProductClass | Self::Oui => {
                Cow::Borrowed(value)
            }
        }
    }

    fn of_acs(self, device: &AcsDevice) -> Option<&Untrusted> {
        match self {
            Self::Model => device.model.as_ref(),
            Self::Firmware => device.firmware.as_ref(),
            Self::Manufacturer => device.manufacturer.as_ref(),
            Self::ProductClass => device.product_class.as_ref(),
            Self::Oui => device.oui.as_ref(),
            Self::Plan | Self::ContractStatus => None,
            Self::Extra { acs, .. } => extra(&device.extra, acs?),
        }
    }

    fn of_provider(self, record: &ProviderRecord) -> Option<&Untrusted> {
        match self {
            Self::Model => record.model.as_ref(),
            Self::Firmware | Self::Manufacturer | Self::ProductClass | Self::Oui => None,
            Self::Plan => record.plan.as_ref(),
            Self::ContractStatus => record.contract_status.as_ref(),
            Self::Extra { provider, .. } => extra(&record.extra, provider?),
        }
    }
}

fn extra(extra: &Extra, column: u16) -> Option<&Untrusted> {
    extra.iter().find(|(index, _)| *index == column).map(|(_, value)| value)
}

fn position(columns: &[Box<str>], folded: &str) -> Option<u16> {
    let at = columns.iter().position(|c| fold(c) == folded)?;
    u16::try_from(at).ok()
}

/// Case, accents, spaces and `_` ignored, as in the files' headers; `-` too.
fn fold(name: &str) -> String {
    name.nfd()
        .filter(|c| !is_combining_mark(*c) && !c.is_whitespace() && !matches!(c, '_' | '-'))
        .flat_map(char::to_lowercase)
        .collect()
}

fn unknown(run: &Run, name: &str) -> String {
    let sides = &run.reconciliation;
    let mut known: Vec<String> = KNOWN.iter().map(|(known, _)| (*known).to_owned()).collect();
    let extras = sides.acs.extra_columns.iter().chain(&sides.provider.extra_columns);
    for column in extras {
        let shown = Untrusted::new(column).to_string();
        if !known.contains(&shown) {
            known.push(shown);
        }
    }
    let name = Untrusted::new(name);
    format!("no column `{name}` to group by; this run has: {}", known.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::sample;

    #[test]
    fn names_are_folded_and_unknown_ones_refused() {
        let run = sample::run();
        for name in ["model", "Product Class", "PRODUCTCLASS", "contract-status", "olt", "OLT "] {
            assert_eq!(check(&run, name), Ok(()), "{name}");
        }
        let error = check(&run, "mod\x1bel").unwrap_err();
        assert!(error.contains("mod\\x1bel") && error.contains("firmware, "), "{error}");
        assert!(error.contains("OLT") && error.contains("região"), "{error}");
        assert_eq!(check(&run, "Regiao"), Ok(()));
    }

    #[test]
    fn counts_add_up_to_the_findings() {
        let run = sample::run();
        let groups = groups(&run, "model").unwrap();
        let total: u64 = groups.rows.iter().map(|r| r.count).sum();
        assert_eq!(total, run.reconciliation.findings.len() as u64);
        assert!(groups.rows.iter().any(|r| r.value.is_none()));
    }
}
