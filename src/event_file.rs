//! Reads what happened from an audit export or a log of webhooks (CLI.md section 3).
//!
//! Must not do: call a file complete that has a line nobody could read.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::subscriber::scrub;
use crate::domain::{CoverageKind, Event, EventKind, Mark, Problem, Untrusted};
use crate::ports::{FetchError, Growing};
use crate::tabular::{self, FileSource, Required, Row, Schema, fields, fold_name};

fields! {
    Time = "time",
    Kind = "kind",
    Key = "key",
    Note = "note",
}

static SCHEMA: Schema = Schema {
    rows: "events",
    fields: NAMES,
    required: Required::All(&["time", "kind"]),
    renamed: false,
};

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
    let table = tabular::read(&source, &SCHEMA, &|_| {}, Growing::alone(), mark)?;
    let file = table.file().to_owned();
    let mut read = EventFile {
        marks: table.records.into_records(),
        bad: table.meta.bad,
        bad_count: table.meta.bad_count,
        unparsed: table.meta.unparsed,
        unparsed_count: table.meta.unparsed_count,
        remarks: table.meta.remarks,
    };
    if read.bad_count > 0 && lower_coverage(&mut read.marks) {
        read.remarks.push(format!(
            "{file}: a line could not be read, so the file's coverage is not complete"
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
    // As the store keeps it: an event read again tomorrow has to be the same.
    let note = note.map(|n| Untrusted::new(&scrub(n.raw())));
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

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use super::*;
    use crate::domain::EventLog;
    use crate::ports::FetchErrorKind;

    fn read_text(text: &str, strict: bool) -> Result<EventFile, FetchError> {
        let mut file = tempfile::NamedTempFile::new().unwrap();
        file.write_all(text.as_bytes()).unwrap();
        read(file.path(), &TimeZone::get("America/Sao_Paulo").unwrap(), strict)
    }

    #[test]
    fn reads_the_sample_world() {
        let path =
            Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples/first-world/events.ndjson");
        let file = read(&path, &TimeZone::UTC, true).unwrap();
        assert_eq!((file.marks.len(), file.bad_count, file.remarks.len()), (10, 0, 0));
        let log = EventLog::from_marks(file.marks);
        assert_eq!(log.events.len(), 8);
        assert_eq!(log.coverage[0].kind, CoverageKind::Complete);
        let deleted = log.events.iter().filter(|e| e.kind == EventKind::DeviceDeleted).count();
        assert_eq!(deleted, 4);
    }

    #[test]
    fn reads_all_kinds() {
        let text = "time;kind;key\n2026-11-20 09:00;device-added;a\n2026-11-20;Device_Deleted;b\n\
                    2026-11-20;mass-exclusion;\n2026-11-20;acs-sync;\n2026-11-20;provider-sync;\n\
                    2026-11-20;webhook-from;\n2026-11-20;webhook-to;\n2026-11-20;listening-from;\n\
                    2026-11-20;listening-to;\n";
        let file = read_text(text, true).unwrap();
        assert_eq!(file.marks.len(), 9);
        let Mark::Event(first) = &file.marks[0] else { panic!("no event") };
        assert_eq!(first.time, "2026-11-20T12:00:00Z".parse().unwrap());
        assert_eq!((first.kind, first.note.is_none()), (EventKind::DeviceAdded, true));
        assert!(matches!(file.marks[5], Mark::From(CoverageKind::Listening, _)));
        assert!(matches!(file.marks[8], Mark::To(CoverageKind::Complete, _)));
    }

    #[test]
    fn an_empty_file_says_that_nothing_happened() {
        for text in ["", "\n", "time,kind\n", "[]"] {
            assert_eq!(read_text(text, true).unwrap(), EventFile::default(), "{text:?}");
        }
    }

    #[test]
    fn a_line_nobody_can_read_breaks_the_coverage() {
        let text = "time,kind\n2026-11-20,listening-from\nsoon,acs-sync\n2026-11-20,reboot\n\
                    ,acs-sync\n2026-11-21,listening-to\n";
        let file = read_text(text, false).unwrap();
        assert_eq!((file.bad_count, file.marks.len(), file.remarks.len()), (3, 2, 1));
        assert!(file.bad[1].place.ends_with(", line 4, column 12"), "{:?}", file.bad[1]);
        assert!(file.bad[1].what.contains("`reboot` is no kind of event"));
        assert!(matches!(file.marks[0], Mark::From(CoverageKind::Listening, _)));
        assert_eq!(read_text(text, true).unwrap_err().kind, FetchErrorKind::Unavailable);
    }

    #[test]
    fn a_missing_file_or_column_is_a_wrong_configuration() {
        let error = read_text("when,kind\n1,2\n", false).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Config);
        assert!(!error.hints.join(" ").contains("columns ="), "{error:?}");
        let error = read(Path::new("/nonexistent"), &TimeZone::UTC, false).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Config);
    }
}
