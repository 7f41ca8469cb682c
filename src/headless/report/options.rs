//! How a report is asked for.
//!
//! Must not do: parse a command line; the face's arguments fill this.

use jiff::tz::TimeZone;

use crate::app::plan::PlanDocument;
use crate::words::Lang;

/// The form of the report.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// One document.
    Json,
    /// One finding a line, and a last line with everything else.
    Ndjson,
    /// One finding a row.
    Csv,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Self] = &[Self::Text, Self::Json, Self::Ndjson, Self::Csv];

    /// The name that `--format` takes.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
            Self::Csv => "csv",
        }
    }
}

impl std::str::FromStr for Format {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        Self::ALL
            .iter()
            .copied()
            .find(|f| f.name().eq_ignore_ascii_case(text.trim()))
            .ok_or_else(|| "the formats are `text`, `json`, `ndjson` and `csv`".to_owned())
    }
}

/// Does the store still keep a run's findings?
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FindingsKept {
    /// All of them are there.
    #[default]
    Kept,
    /// Past their time: that is said, instead of that there were none.
    Expired,
}

/// Everything a report can be asked for.
#[derive(Clone, Debug)]
pub struct ReportOptions {
    /// The form.
    pub format: Format,
    /// The language of sentences; names on the wire never change.
    pub lang: Lang,
    /// Twelve lines of text instead of the report.
    pub summary: bool,
    /// Count by this column too.
    pub group_by: Option<String>,
    /// CSV: the separator, where it is not the language's.
    pub csv_separator: Option<u8>,
    /// CSV: add the customers' names, documents and phones, unmasked.
    pub with_pii: bool,
    /// Text: columns of the terminal.
    pub width: usize,
    /// JSON: the plan that the run made.
    pub plan: Option<PlanDocument>,
    /// Text: use the 16 colours.
    pub color: bool,
    /// Text: show local times with their offset instead of UTC.
    pub timezone: Option<TimeZone>,
    /// Whether the run still has its findings.
    pub findings: FindingsKept,
}

impl Default for ReportOptions {
    fn default() -> Self {
        Self {
            format: Format::Text,
            lang: Lang::En,
            summary: false,
            group_by: None,
            csv_separator: None,
            with_pii: false,
            width: 80,
            color: false,
            plan: None,
            timezone: None,
            findings: FindingsKept::Kept,
        }
    }
}
