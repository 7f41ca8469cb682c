//! A side that is an exported file: can it be read, to its end, without anything lost?
//!
//! Must not do: keep what it read.

use std::path::Path;

use crate::app::collect::{Adapters, Reading};
use crate::app::doctor::{Examined, Outcome};
use crate::app::exit::Condition;
use crate::config::{FileSide, SideSettings};
use crate::domain::{AnySnapshot, Side, SnapshotMeta};
use crate::ports::FetchError;

/// Reads the file as a run would.
pub(super) fn examine(
    side: Side,
    set: &FileSide,
    adapters: &Adapters,
    reading: &Reading,
) -> Examined {
    let settings = SideSettings::File(set.clone());
    let quiet = |_| {};
    match side {
        Side::Acs => {
            let read = (adapters.acs)(&settings, reading).and_then(|acs| acs.fetch(&quiet));
            told("acs-file", &set.path, read, "devices")
        }
        Side::Provider => {
            let read = (adapters.provider)(&settings, reading).and_then(|p| p.fetch(&quiet));
            told("provider-file", &set.path, read, "rows")
        }
    }
}

fn told<R>(
    id: &str,
    path: &Path,
    read: Result<AnySnapshot<R>, FetchError>,
    rows: &str,
) -> Examined {
    let snapshot = match read {
        Ok(snapshot) => snapshot,
        Err(error) => return Examined::unfetched(id, &error),
    };
    let (meta, count) = (snapshot.meta(), snapshot.records().len());
    let path = crate::domain::text::visible(&path.to_string_lossy());
    let text = format!("{path} holds {count} {rows}");
    let zone = "%F %T UTC";
    let text = format!("{text}, as of {}", meta.fetched_at.strftime(zone));
    if meta.bad_count > 0 {
        return lossy(id, &text, meta);
    }
    if meta.unparsed_count > 0 || !meta.remarks.is_empty() {
        return doubtful(id, &text, meta);
    }
    Examined::new(id, Outcome::Ok, text)
}

fn lossy(id: &str, text: &str, meta: &SnapshotMeta) -> Examined {
    let first = meta.bad.first().map(|bad| format!("; the first: {}: {}", bad.place, bad.what));
    let text =
        format!("{text}, but {} lines can't be read{}", meta.bad_count, first.unwrap_or_default());
    let fix =
        "correct these lines, or export the list again: as it is, a run ends with exit code 6";
    Examined::new(id, Outcome::Fail(Condition::Source), text).fix(&[fix.to_owned()])
}

fn doubtful(id: &str, text: &str, meta: &SnapshotMeta) -> Examined {
    let mut text = text.to_owned();
    if let Some(first) = meta.unparsed.first() {
        let (n, place, what) = (meta.unparsed_count, &first.place, &first.what);
        text = format!("{text}; values that can't be read: {n}, the first: {place}: {what}");
    }
    for remark in &meta.remarks {
        text = format!("{text}; {remark}");
    }
    let fix = "a run goes on with what it can read, and lists the rest";
    Examined::new(id, Outcome::Warn, text).fix(&[fix.to_owned()])
}
