//! What a list can be grouped by: model, firmware, or a further column of a source.
//!
//! Must not do: show a person. Columns that hold personal data are none to group by.

use crate::domain::personal::{is_personal, shown_extra};
use crate::domain::text::visible;
use crate::domain::{Extra, Untrusted};
use crate::engine::{Finding, Reconciliation};
use crate::tui::filter::folded;

/// What a list can be grouped by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Column {
    /// The model.
    Model,
    /// The firmware.
    Firmware,
    /// Another column of a source, by its name.
    Extra(String),
}

impl Column {
    /// The name in a file of views.
    #[must_use]
    pub fn name(&self) -> String {
        match self {
            Self::Model => "model".to_owned(),
            Self::Firmware => "firmware".to_owned(),
            Self::Extra(name) => format!("column {name}"),
        }
    }

    /// The column of a name in a file of views.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "model" => Some(Self::Model),
            "firmware" => Some(Self::Firmware),
            other => other.strip_prefix("column ").map(|name| Self::Extra(name.to_owned())),
        }
    }

    /// With the places of the column in the records of an answer.
    pub(super) fn of(&self, answer: &Reconciliation) -> Placed<'_> {
        let at = |columns: &[Box<str>], name: &str| columns.iter().position(|c| **c == *name);
        match self {
            Self::Model | Self::Firmware => Placed { column: self, acs: None, provider: None },
            Self::Extra(name) => Placed {
                column: self,
                acs: at(&answer.acs.extra_columns, name),
                provider: at(&answer.provider.extra_columns, name),
            },
        }
    }
}

/// A column, and where it stands.
pub(super) struct Placed<'a> {
    column: &'a Column,
    acs: Option<usize>,
    provider: Option<usize>,
}

impl Placed<'_> {
    /// A finding's value, safe to show.
    pub(super) fn value(&self, finding: &Finding) -> Option<String> {
        let (acs, provider) = (finding.acs.first(), finding.provider.first());
        let shown = |value: Option<&Untrusted>| value.map(ToString::to_string);
        match self.column {
            Column::Model => shown(acs.and_then(|a| a.model.as_ref()))
                .or_else(|| shown(provider.and_then(|p| p.model.as_ref()))),
            Column::Firmware => shown(acs.and_then(|a| a.firmware.as_ref())),
            Column::Extra(name) => {
                let of_acs = self.acs.and_then(|at| extra(&acs?.extra, at));
                let value =
                    of_acs.or_else(|| self.provider.and_then(|at| extra(&provider?.extra, at)));
                value.map(|value| visible(&shown_extra(name, value.raw())))
            }
        }
    }
}

/// The value of a further column.
pub(super) fn extra(extra: &Extra, at: usize) -> Option<&Untrusted> {
    extra.iter().find(|(column, _)| usize::from(*column) == at).map(|(_, value)| value)
}

/// The further columns of both sources that hold no personal data, each once.
#[must_use]
pub fn extras(answer: &Reconciliation) -> Vec<&str> {
    let mut names: Vec<&str> = Vec::new();
    for name in answer.acs.extra_columns.iter().chain(&answer.provider.extra_columns) {
        if !is_personal(name) && !names.contains(&&**name) {
            names.push(name);
        }
    }
    names
}

/// The column that names the OLT, where a source has one.
#[must_use]
pub fn olt(answer: &Reconciliation) -> Option<&str> {
    let is_olt = |name: &&str| {
        let name = folded(name);
        name.split(|c: char| !c.is_alphanumeric()).any(|word| word == "olt")
    };
    extras(answer).into_iter().find(is_olt)
}
