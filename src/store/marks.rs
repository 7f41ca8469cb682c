//! Events and coverage: what happened, and who watched when.
//!
//! Must not do: count an event twice, or take two watches with a gap for one.

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::domain::subscriber::scrub;
use crate::domain::{Coverage, Event, EventKind, EventLog, Mark, SnapshotMeta, Untrusted};
use crate::store::Store;
use crate::store::codec::journal::{COVERAGES, CoverageLine, EventLine, coverage_line, kind_of};
use crate::store::codec::{from_json, to_json};
use crate::store::error::StoreError;
use crate::store::rows::{Edit, Order, Rows};
use crate::store::tables::{COVERAGE, EVENTS};

impl Store {
    /// All events, each once, and the coverage, merged.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn events(&self) -> Result<EventLog, StoreError> {
        self.journal.read(log)
    }
}

/// The stored log.
pub(super) fn log(rows: &impl Rows) -> Result<EventLog, StoreError> {
    let mut events = Vec::new();
    rows.walk(EVENTS, &[], Order::Up, &mut |_, body| {
        events.push(from_json::<EventLine>(body)?.event()?);
        Ok(true)
    })?;
    let log = EventLog { events, coverage: coverage(rows)? };
    Ok(log.merged(EventLog::default()))
}

fn coverage(rows: &impl Rows) -> Result<Vec<Coverage>, StoreError> {
    let mut all = Vec::new();
    for (kind, name) in COVERAGES {
        let Some(body) = rows.get(COVERAGE, name.as_bytes())? else { continue };
        let line: CoverageLine = rows.believe(from_json(&body))?;
        all.extend(line.into_iter().map(|(from, to)| Coverage { kind, from, to }));
    }
    Ok(all)
}

/// Joins marks into the stored log; those known change nothing.
pub(super) fn add(edit: &Edit, marks: &[Mark]) -> Result<(), StoreError> {
    let news = EventLog::from_marks(marks.iter().cloned());
    add_events(edit, &news.events)?;
    if news.coverage.is_empty() {
        return Ok(());
    }
    let before = EventLog { events: Vec::new(), coverage: coverage(edit)? };
    let after = before.clone().merged(EventLog { events: Vec::new(), ..news });
    if after == before { Ok(()) } else { put_coverage(edit, &after.coverage) }
}

fn put_coverage(edit: &Edit, coverage: &[Coverage]) -> Result<(), StoreError> {
    for (kind, name) in COVERAGES {
        let line = edit.believe(to_json(&coverage_line(kind, coverage)))?;
        edit.put(COVERAGE, name.as_bytes(), &line)?;
    }
    Ok(())
}

/// Notes the synchronisation that a source itself reports.
pub(super) fn add_synchronised(
    edit: &Edit,
    kind: EventKind,
    meta: &SnapshotMeta,
) -> Result<(), StoreError> {
    let Some(time) = meta.last_synchronised else { return Ok(()) };
    add_events(edit, &[Event { time, kind, key: None, note: None }])
}

fn add_events(edit: &Edit, events: &[Event]) -> Result<(), StoreError> {
    let mut rows = Vec::with_capacity(events.len());
    for event in events {
        rows.push((event_key(event), edit.believe(to_json(&EventLine::of(event)))?));
    }
    rows.sort_unstable();
    edit.put_missing(EVENTS, rows)
}

/// Time, kind and a digest of the rest: sorted by time, and equal only for equal events, as
/// they are stored.
fn event_key(event: &Event) -> Vec<u8> {
    let mut digest = Sha256::new();
    let note = event.note.as_ref().map(|n| scrub(n.raw()));
    for text in [event.key.as_ref().map(Untrusted::raw), note.as_deref()] {
        digest.update(text.map_or(0, |t| t.len() as u64 + 1).to_be_bytes());
        digest.update(text.unwrap_or_default());
    }
    let mut key = time_key(event.time);
    key.push(kind_of(event.kind).1);
    key.extend_from_slice(&digest.finalize()[..16]);
    key
}

/// A time as bytes that sort.
pub(super) fn time_key(time: Timestamp) -> Vec<u8> {
    let nanos = i128::from(time.as_second()) * 1_000_000_000 + i128::from(time.subsec_nanosecond());
    // Times before 1970 too: the sign bit turned, so that they come first.
    (nanos.cast_unsigned() ^ (1 << 127)).to_be_bytes().to_vec()
}

/// Forgets what happened before `until`, but never the last synchronisation of a side.
pub(super) fn prune(edit: &Edit, until: Timestamp) -> Result<(), StoreError> {
    let log = log(edit)?;
    let last = |kind| log.last(kind, Timestamp::MAX);
    let (acs, provider) = (last(EventKind::AcsSync), last(EventKind::ProviderSync));
    let is_last = |e: &Event| match e.kind {
        EventKind::AcsSync => Some(e.time) == acs,
        EventKind::ProviderSync => Some(e.time) == provider,
        EventKind::DeviceAdded | EventKind::DeviceDeleted | EventKind::MassExclusion => false,
    };
    let old = log.events.iter().filter(|e| e.time < until && !is_last(e));
    edit.remove(EVENTS, old.map(event_key))?;
    let kept: Vec<_> = log.coverage.iter().copied().filter(|c| c.to >= until).collect();
    if kept.len() < log.coverage.len() { put_coverage(edit, &kept) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_by_time_and_tell_events_apart() {
        let event = |second, key: Option<&str>, note: Option<&str>| Event {
            time: Timestamp::from_second(second).unwrap(),
            kind: EventKind::DeviceDeleted,
            key: key.map(Untrusted::new),
            note: note.map(Untrusted::new),
        };
        let events = [
            event(-5, None, None),
            event(0, None, None),
            event(7, Some("a"), None),
            event(7, None, Some("a")),
            event(7, Some(""), Some("a")),
            event(1 << 35, None, None),
        ];
        let keys: Vec<_> = events.iter().map(event_key).collect();
        assert!(keys[..3].is_sorted() && keys[4] < keys[5]);
        let mut unique = keys.clone();
        unique.sort();
        unique.dedup();
        assert_eq!(unique.len(), keys.len());
    }
}
