//! Reads what happened from an audit export or a log of webhooks (CLI.md section 3).
//!
//! Must not do: call a file complete that has a line nobody could read.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::{CoverageKind, Event, EventKind, Mark, Problem};
use crate::ports::FetchError;
use crate::tabular::columns::fold_name;
use crate::tabular::{self, FileSource, Required, Row, Schema, fields};

fields! {
    Time = "time",
    Kind = "kind",
    Key = "key",
    Note = "note",
}

static SCHEMA: Schema =
    Schema { rows: "events", fields: NAMES, required: Required::All(&["time", "kind"]) };

/// The marks of a file, in its order, and what could not be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventFile {
    /// Events, and beginnings and ends of coverage.
    pub marks: Vec<Mark>,
    /// Bad lines; capped.
    pub bad: Vec<Problem>,
    /// How many bad lines there were, listed or not.
    pub bad_count: u64,
    /// Values that could not be read; capped.
    pub unparsed: Vec<Problem>,
    /// How many values could not be read, listed or not.
    pub unparsed_count: u64,
    /// Things a person should know, in English.
    pub remarks: Vec<String>,
}

/// Reads the file at `path`; times without a zone are in `timezone`. An empty file is no error:
/// nothing happened. Where a line can't be read, complete coverage counts as listening only,
/// for something is missing, and a remark says so.
///
/// # Errors
/// Where the file can't be opened, is no text, or lacks a column; under `strict`, at any problem.
pub fn read(path: &Path, timezone: &TimeZone, strict: bool) -> Result<EventFile, FetchError> {
    let source = FileSource {
        path: path.to_owned(),
        columns: BTreeMap::new(),
        timezone: timezone.clone(),
        as_of: None,
        now: Timestamp::UNIX_EPOCH,
        strict,
    };
    let table = tabular::read(&source, &SCHEMA, &|_| {}, mark)?;
    let file = table.file().to_owned();
    let mut read = EventFile {
        marks: table.records,
        bad: table.meta.bad,
        bad_count: table.meta.bad_count,
        unparsed: table.meta.unparsed,
        unparsed_count: table.meta.unparsed_count,
        remarks: table.meta.remarks,
    };
    if read.bad_count > 0 && lower_coverage(&mut read.marks) {
        read.remarks.push(format!(
            "{}: a line could not be read, so the file's coverage is not complete",
            file
        ));
    }
    Ok(read)
}

/// Makes complete coverage listening coverage. Was there any?
fn lower_coverage(marks: &mut [Mark]) -> bool {
    let mut lowered = false;
    for mark in marks {
        if let Mark::From(kind, _) | Mark::To(kind, _) = mark {
            lowered |= *kind == CoverageKind::Complete;
            *kind = CoverageKind::Listening;
        }
    }
    lowered
}

fn mark(row: &mut Row<'_, '_, '_>) -> Option<Mark> {
    let kind = row.text(Field::Kind);
    let time = row.required_time(Field::Time)?;
    let (key, note) = (row.text(Field::Key), row.text(Field::Note));
    let event = |kind| Some(Mark::Event(Event { time, kind, key, note }));
    let folded = kind.as_ref().map(|k| fold_name(k.raw())).unwrap_or_default();
    match folded.as_str() {
        "deviceadded" => event(EventKind::DeviceAdded),
        "devicedeleted" => event(EventKind::DeviceDeleted),
        "massexclusion" => event(EventKind::MassExclusion),
        "acssync" => event(EventKind::AcsSync),
        "providersync" => event(EventKind::ProviderSync),
        "listeningfrom" => Some(Mark::From(CoverageKind::Complete, time)),
        "listeningto" => Some(Mark::To(CoverageKind::Complete, time)),
        "webhookfrom" => Some(Mark::From(CoverageKind::Listening, time)),
        "webhookto" => Some(Mark::To(CoverageKind::Listening, time)),
        _ => {
            let shown = kind.map_or("none".to_owned(), |k| format!("`{k}`"));
            row.bad_value(Field::Kind, &format!("{shown} is no kind of event"));
            None
        }
    }
}
