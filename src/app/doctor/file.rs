//! A side that is an exported file: can it be read, to its end, without anything lost?
//!
//! Must not do: keep what it read.

use std::path::Path;

use crate::app::collect::{Adapters, Reading};
use crate::app::doctor::told::{FileTrouble, Told};
use crate::app::doctor::{Examined, Outcome};
use crate::app::exit::Condition;
use crate::config::{FileSide, SideSettings};
use crate::domain::text::visible;
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
            told("acs-file", side, &set.path, read)
        }
        Side::Provider => {
            let read = (adapters.provider)(&settings, reading).and_then(|p| p.fetch(&quiet));
            told("provider-file", side, &set.path, read)
        }
    }
}

fn told<R>(
    id: &str,
    side: Side,
    path: &Path,
    read: Result<AnySnapshot<R>, FetchError>,
) -> Examined {
    let snapshot = match read {
        Ok(snapshot) => snapshot,
        Err(error) => return Examined::unfetched(id, &error),
    };
    let meta = snapshot.meta();
    let trouble = lossy(meta).or_else(|| doubtful(meta));
    let outcome = match trouble {
        Some(FileTrouble::Lines(..)) => Outcome::Fail(Condition::Source),
        Some(FileTrouble::Values(_)) => Outcome::Warn,
        None => Outcome::Ok,
    };
    let (path, at) = (visible(&path.to_string_lossy()), meta.fetched_at);
    let rows = snapshot.records().len() as u64;
    Examined::new(id, outcome, Told::File { side, path, rows, at, trouble })
}

fn lossy(meta: &SnapshotMeta) -> Option<FileTrouble> {
    let first = meta.bad.first().map(|bad| format!("{}: {}", bad.place, bad.what));
    (meta.bad_count > 0).then_some(FileTrouble::Lines(meta.bad_count, first))
}

fn doubtful(meta: &SnapshotMeta) -> Option<FileTrouble> {
    let values = meta.unparsed.first().map(|first| {
        let (n, place, what) = (meta.unparsed_count, &first.place, &first.what);
        format!("{n}, the first: {place}: {what}")
    });
    let all: Vec<String> = values.into_iter().chain(meta.remarks.iter().cloned()).collect();
    (!all.is_empty()).then(|| FileTrouble::Values(all.join("; ")))
}
