//! Everything about one device: both records, the finding, and what was said of it before.
//!
//! Must not do: look anything up; a use-case has.

use std::io::{self, Write};

use jiff::Timestamp;
use schemars::JsonSchema;
use serde::Serialize;

use crate::app::Happened;
use crate::domain::{AcsDevice, ProviderRecord, Untrusted};
use crate::engine::{Cause, Finding, State, Strength};
use crate::headless::report::findings::FindingDocument;
use crate::headless::report::history::{self, HistoryDocument};
use crate::headless::report::layout::{Page, Style};
use crate::headless::report::records::{self, Fields};
use crate::headless::report::{document, json, story};
use crate::words::{Voice, word};

/// What is known of one device.
#[derive(Clone, Copy, Debug)]
pub struct Explain<'a> {
    /// The key as the person gave it.
    pub key: &'a str,
    /// Its ACS record.
    pub acs: Option<&'a AcsDevice>,
    /// Its Provider record.
    pub provider: Option<&'a ProviderRecord>,
    /// Its finding in the last run.
    pub finding: Option<&'a Finding>,
    /// What earlier runs said, newest first.
    pub history: &'a [HistoryEntry],
    /// What happened to it, newest first.
    pub happened: &'a [Happened],
    /// Names of the ACS record's extra fields.
    pub acs_columns: &'a [Box<str>],
    /// Names of the Provider record's extra fields.
    pub provider_columns: &'a [Box<str>],
}

/// What one run said of the device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The run.
    pub run_id: String,
    /// When it started.
    pub started: Timestamp,
    /// The cause; none where the run found no difference.
    pub cause: Option<Cause>,
    /// How sure it was.
    pub strength: Option<Strength>,
    /// New or ongoing then.
    pub state: Option<State>,
}

/// The JSON of `explain` (CLI.md section 1).
#[derive(Debug, Serialize, JsonSchema)]
pub struct ExplainDocument<'a> {
    schema: u32,
    key: &'a str,
    acs: Option<Fields<'a>>,
    provider: Option<Fields<'a>>,
    finding: Option<FindingDocument<'a>>,
    history: Vec<HistoryDocument<'a>>,
}

impl<'a> Explain<'a> {
    /// The document, its evidence in the voice's language.
    #[must_use]
    pub fn document(&self, voice: &Voice) -> ExplainDocument<'a> {
        ExplainDocument {
            schema: document::SCHEMA,
            key: self.key,
            acs: self.acs.map(|d| records::acs(d, self.acs_columns)),
            provider: self.provider.map(|p| records::provider(p, self.provider_columns)),
            finding: self.finding.map(|f| FindingDocument::of(f, voice)),
            history: history::document(self.history, self.happened),
        }
    }

    /// One line of JSON.
    ///
    /// # Errors
    /// Where `out` fails.
    pub fn write_json(&self, voice: &Voice, out: &mut dyn Write) -> io::Result<()> {
        json::write_line(&self.document(voice), out)
    }

    /// For a person, `width` columns wide.
    ///
    /// # Errors
    /// Where `out` fails.
    pub fn write_text(
        &self,
        voice: &Voice,
        width: usize,
        color: bool,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        let page = &mut Page::new(out, width, color);
        page.say(Style::Heading, &Untrusted::new(self.key).to_string())?;
        let acs = self.acs.map(|d| records::acs(d, self.acs_columns));
        record(page, voice, "ACS", acs.as_ref())?;
        let provider = self.provider.map(|p| records::provider(p, self.provider_columns));
        let name = word!(voice, en: "Provider", pt: "Provedor");
        record(page, voice, name, provider.as_ref())?;
        page.blank()?;
        match self.finding {
            Some(finding) => story::whole_finding(page, voice, finding)?,
            None => page.say(Style::Good, no_finding(self, voice))?,
        }
        history::write(page, voice, (self.history, self.happened))
    }
}

fn no_finding(of: &Explain<'_>, voice: &Voice) -> &'static str {
    match (of.acs, of.provider) {
        (None, None) => word!(voice,
            en: "Neither system has it, by the last run.",
            pt: "Nenhum dos sistemas o tem, pela última execução."),
        (Some(_), Some(_)) => word!(voice,
            en: "No difference: both systems agree on it.",
            pt: "Sem diferença: os dois sistemas concordam."),
        (Some(_), None) | (None, Some(_)) => word!(voice,
            en: "No finding: it takes nothing from either count.",
            pt: "Sem diferença: não muda nenhum dos totais."),
    }
}

fn record(
    page: &mut Page<'_>,
    voice: &Voice,
    system: &str,
    fields: Option<&Fields<'_>>,
) -> io::Result<()> {
    page.heading(system)?;
    let Some(Fields(fields)) = fields else {
        return page.indented(2, word!(voice, en: "not there", pt: "não está"));
    };
    let width = fields.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    for (name, value) in fields {
        let Some(value) = value else { continue };
        let shown = value.shown(voice);
        if !shown.is_empty() {
            let name = Untrusted::new(name).to_string();
            page.item(2, &format!("{name:width$}  "), &shown)?;
        }
    }
    Ok(())
}
