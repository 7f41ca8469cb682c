//! A run as text, JSON, NDJSON, CSV, twelve lines or metrics.
//!
//! The printed formats are a promise of their own (CLI.md section 4): their types are here,
//! not in `domain` or `engine`. Must not do: decide anything about a device, open a file, or
//! show a device's string raw.

mod applied;
mod applied_document;
mod bundle;
mod csv_rows;
mod doctor;
mod document;
mod escape;
mod events_document;
mod explain;
mod findings;
pub mod group_by;
mod history;
mod json;
mod layout;
pub mod metrics;
mod notice;
mod options;
mod plan;

mod records;
mod runs;
mod schema;
mod search;
mod speed;
mod story;
mod summary;
mod tables;
mod text;
mod wire;
mod worklist;

use std::io;

use crate::app::Run;

pub use crate::app::plan::PlanDocument;
pub use applied::{applied_text, pace, steps_text};
pub use applied_document::{AppliedDocument, StepsDocument};
pub use bundle::Bundle;
pub use doctor::{DoctorDocument, doctor_text};
pub use document::Report;
pub use events_document::EventLine;
pub use explain::{Explain, ExplainDocument, HistoryEntry};
pub use findings::FindingDocument;
pub use group_by::Groups;
pub use json::write_line;
pub(super) use layout::{Page, Style};
pub use notice::Notice;
pub use options::{FindingsKept, Format, ReportOptions};
pub use plan::{PlanWords, plan_text};
pub use runs::{RunListDocument, run_list, run_list_json};
pub use schema::{SchemaKind, schema};
pub use search::{SearchDocument, SearchLook, search_text};
pub use speed::{SpeedDocument, speed_text};
pub use story::finding_text;
pub use worklist::{worklist, worklist_csv};

use crate::words::{Lang, Voice};

/// The summary of a run for a chat, in the language of this wire name.
#[must_use]
pub fn summary_text(run: &Run, lang: &str) -> String {
    summary::lines(run, &Voice::new(Lang::parse(lang).unwrap_or_default())).join("\n")
}

/// Writes the report of `run` as the options say.
///
/// A summary is always text: it is made for a mail or a chat.
///
/// # Errors
/// Where `out` fails, or `options.group_by` names a column that the run does not have
/// ([`io::ErrorKind::InvalidInput`]; ask [`group_by::check`] first).
pub fn write(run: &Run, options: &ReportOptions, out: &mut dyn io::Write) -> io::Result<()> {
    let voice = Voice { lang: options.lang, zone: options.timezone.clone() };
    let groups = match &options.group_by {
        Some(name) => Some(group_by::groups(run, name).map_err(invalid)?),
        None => None,
    };
    if options.summary {
        return summary::write(run, &voice, groups.as_ref(), out);
    }
    match options.format {
        Format::Text => text::write(run, options, &voice, groups.as_ref(), out),
        Format::Json => json::write_document(run, &utc(&voice), (groups, options), out),
        Format::Ndjson => json::write_lines(run, &utc(&voice), (groups, options), out),
        Format::Csv => match groups {
            Some(groups) => csv_rows::write_groups(&groups, options, out),
            None => csv_rows::write(run, options, &utc(&voice), out),
        },
    }
}

/// Programs read UTC, whatever the screens show.
fn utc(voice: &Voice) -> Voice {
    Voice::new(voice.lang)
}

fn invalid(message: String) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, message)
}

#[cfg(test)]
mod privacy;
#[cfg(test)]
mod tests;
