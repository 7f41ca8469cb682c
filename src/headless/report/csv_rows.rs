//! Findings as CSV, one a row, for spreadsheets.
//!
//! Device strings are shown with visible escapes, and a cell that a spreadsheet would take
//! for a formula gets a `'` before it. Must not do: show a person unless asked to.

use std::io::{self, Write};

use csv::{Writer, WriterBuilder};

use crate::app::Run;
use crate::domain::{ProviderRecord, Untrusted};
use crate::engine::{EvidenceKind, Finding, Fix};
use crate::headless::report::findings::{last_inform, model};
use crate::headless::report::group_by::Groups;
use crate::headless::report::options::ReportOptions;
use crate::headless::report::wire::rounded;
use crate::words::{Lang, Voice, drift, evidence};

/// The contract's columns.
const COLUMNS: [&str; 14] = [
    "id",
    "cause",
    "strength",
    "score",
    "first_seen",
    "acs_id",
    "acs_serial",
    "provider_device_id",
    "provider_login_id",
    "login",
    "model",
    "last_inform",
    "fixes",
    "evidence",
];

/// Added by `--with-pii`.
const PII_COLUMNS: [&str; 3] = ["customer_name", "document", "phone"];

/// Joins several values of one cell.
const JOIN: &str = ";";

/// Characters that make a spreadsheet read a cell as a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// One finding a row, under a header.
pub fn write(
    run: &Run,
    options: &ReportOptions,
    voice: &Voice,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut csv = start(options, out)?;
    let pii = if options.with_pii { &PII_COLUMNS[..] } else { &[] };
    csv.write_record(COLUMNS.iter().chain(pii))?;
    for finding in &run.reconciliation.findings {
        for cell in cells(finding, voice) {
            csv.write_field(cell)?;
        }
        if options.with_pii {
            for cell in pii_cells(finding) {
                csv.write_field(cell)?;
            }
        }
        csv.write_record(None::<&[u8]>)?;
    }
    csv.flush()
}

/// The counts of `--group-by`, one a row.
pub fn write_groups(
    groups: &Groups,
    options: &ReportOptions,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut csv = start(options, out)?;
    csv.write_record(["cause", shown(&[&Untrusted::new(&groups.column)]).as_str(), "count"])?;
    for row in &groups.rows {
        let value = row.value.as_deref().map(Untrusted::new);
        let value = value.as_ref().map(|v| shown(&[v])).unwrap_or_default();
        csv.write_record([row.cause.0.wire(), &value, &row.count.to_string()])?;
    }
    csv.flush()
}

/// In Portuguese a BOM and `;`, as Brazilian spreadsheets expect.
fn start<'a>(
    options: &ReportOptions,
    out: &'a mut dyn Write,
) -> io::Result<Writer<&'a mut dyn Write>> {
    let language = match options.lang {
        Lang::En => b',',
        Lang::PtBr => {
            out.write_all("\u{feff}".as_bytes())?;
            b';'
        }
    };
    let separator = options.csv_separator.unwrap_or(language);
    Ok(WriterBuilder::new().delimiter(separator).from_writer(out))
}

fn cells(finding: &Finding, voice: &Voice) -> [String; 14] {
    let (acs, provider) = (&finding.acs, &finding.provider);
    let fixes: Vec<&str> = finding.fixes.iter().copied().map(Fix::wire).collect();
    [
        finding.id.clone(),
        finding.cause.wire().to_owned(),
        finding.strength.wire().to_owned(),
        score(voice, finding.score),
        finding.first_seen.to_string(),
        joined(acs.iter().map(|d| Some(&d.id))),
        joined(acs.iter().map(|d| d.serial.as_ref())),
        joined(provider.iter().map(|p| p.device_id.as_ref())),
        joined(provider.iter().map(|p| p.login_id.as_ref())),
        logins(finding),
        joined([model(finding)].into_iter()),
        last_inform(finding).map(|t| t.to_string()).unwrap_or_default(),
        fixes.join(JOIN),
        sentences(finding, voice).join(JOIN),
    ]
}

/// The evidence; where fields differ, their values.
fn sentences(finding: &Finding, voice: &Voice) -> Vec<String> {
    let told = |kind| kind == EvidenceKind::FieldDiffers && !finding.fields.is_empty();
    let facts = finding.evidence.iter().filter(|fact| !told(fact.kind));
    let facts = facts.map(|fact| evidence(voice, fact));
    facts.chain(finding.fields.iter().map(|field| drift(voice, field))).collect()
}

/// Decimals as the language's spreadsheets read them.
fn score(voice: &Voice, score: f64) -> String {
    let text = format!("{:?}", rounded(score));
    match voice.lang {
        Lang::En => text,
        Lang::PtBr => text.replace('.', ","),
    }
}

/// The Provider's logins; where it names none, those of the devices.
fn logins(finding: &Finding) -> String {
    let provider: Vec<_> = finding.provider.iter().filter_map(|p| p.login.as_ref()).collect();
    if provider.is_empty() {
        return joined(finding.acs.iter().map(|d| d.pppoe_login.as_ref()));
    }
    joined(provider.into_iter().map(Some))
}

fn pii_cells(finding: &Finding) -> [String; 3] {
    let all =
        |pick: fn(&ProviderRecord) -> Option<&Untrusted>| joined(finding.provider.iter().map(pick));
    [
        all(|p| p.customer_name.as_ref().map(|n| &n.0)),
        all(|p| p.document.as_ref().map(|d| &d.0)),
        all(|p| p.phone.as_ref().map(|t| &t.0)),
    ]
}

/// The values that are there, each once, joined.
fn joined<'a>(values: impl Iterator<Item = Option<&'a Untrusted>>) -> String {
    let mut present: Vec<&Untrusted> = Vec::new();
    for value in values.flatten() {
        if !present.contains(&value) {
            present.push(value);
        }
    }
    shown(&present)
}

/// Visible escapes, and `'` before what would be a formula: by the raw value too, since an
/// escaped tab no longer looks like one.
pub(super) fn shown(values: &[&Untrusted]) -> String {
    let text = values.iter().map(ToString::to_string).collect::<Vec<_>>().join(JOIN);
    let raw = values.first().map_or("", |v| v.raw());
    if raw.starts_with(FORMULA) { format!("'{text}") } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_formula_is_disarmed() {
        let cell = |s: &str| shown(&[&Untrusted::new(s)]);
        assert_eq!(cell("=1+1"), "'=1+1");
        assert_eq!(cell("+55"), "'+55");
        assert_eq!(cell("-1"), "'-1");
        assert_eq!(cell("@SUM"), "'@SUM");
        assert_eq!(cell("\t=1"), "'\\x09=1");
        assert_eq!(cell("\r=1"), "'\\x0d=1");
        assert_eq!(cell("HWTC00000001"), "HWTC00000001");
        assert_eq!(cell(""), "");
    }
}
