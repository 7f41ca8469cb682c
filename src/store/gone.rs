//! Devices of which the ACS said that it does not have them, between two complete lists of it.
//!
//! A device that a list lacks is asked for by itself, and only so many a run (SAFETY.md section
//! 3): the next run goes on where this one stopped.
//! Must not do: keep anything beyond the next complete list, or for long: devices come back.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{AcsDevice, AnySnapshot, Untrusted};
use crate::store::Store;
use crate::store::codec::{bad, from_json, to_json};
use crate::store::error::StoreError;
use crate::store::rows::{Edit, Order, Rows};
use crate::store::tables::GONE;

/// What was said longer ago is asked again.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Store {
    /// Ids of which the ACS said in the last 7 days, and since its last complete list, that it
    /// does not have them.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn gone_acs(&self, now: Timestamp) -> Result<Vec<Untrusted>, StoreError> {
        let all = self.journal.read(all)?;
        Ok(all.into_iter().filter(|(_, at)| holds(*at, now)).map(|(id, _)| id).collect())
    }
}

/// Is it recent? What is of a later time was written by a clock that was wrong.
fn holds(at: Timestamp, now: Timestamp) -> bool {
    at <= now && now.duration_since(at) < KEPT
}

/// Keeps what a run that began at `now` was told. A complete list makes it needless, and a
/// device that is listed again is not gone.
pub(super) fn keep(
    journal: &Edit,
    acs: &AnySnapshot<AcsDevice>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let known = all(journal)?;
    let listed: HashSet<&Untrusted> = if known.is_empty() {
        HashSet::new()
    } else {
        acs.records().iter().map(|d| &d.id).collect()
    };
    let is_over = |(id, at): &&(Untrusted, Timestamp)| {
        acs.is_complete() || !holds(*at, now) || listed.contains(id)
    };
    journal.remove(GONE, known.iter().filter(is_over).map(|(id, _)| id.raw()))?;
    if acs.is_complete() {
        return Ok(());
    }
    let at = journal.believe(to_json(&now))?;
    let mut told: Vec<&str> = acs.meta().gone.iter().map(Untrusted::raw).collect();
    told.sort_unstable();
    journal.put_all(GONE, told.into_iter().map(|id| (id, &at))).map(drop)
}

fn all(rows: &impl Rows) -> Result<Vec<(Untrusted, Timestamp)>, StoreError> {
    let mut all = Vec::new();
    rows.walk(GONE, &[], Order::Up, &mut |key, body| {
        let id = std::str::from_utf8(key).map_err(|_| bad("a device's id that is no text"))?;
        all.push((Untrusted::new(id), from_json(body)?));
        Ok(true)
    })?;
    Ok(all)
}

/// Reads every one once.
pub(super) fn check(rows: &impl Rows) -> Result<(), StoreError> {
    all(rows).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::SnapshotMeta;
    use crate::store::{StoreOptions, admin};

    fn at(hours: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + hours * 3600).unwrap()
    }

    fn list(listed: &[&str], gone: &[&str], bad_count: u64) -> AnySnapshot<AcsDevice> {
        let gone = gone.iter().map(|id| Untrusted::new(id)).collect();
        let meta = SnapshotMeta { bad_count, gone, ..SnapshotMeta::at(at(0)) };
        let device = |id: &&str| AcsDevice { id: Untrusted::new(id), ..AcsDevice::default() };
        AnySnapshot::new(meta, listed.iter().map(device).collect())
    }

    fn record(store: &Store, hours: i64, list: &AnySnapshot<AcsDevice>) {
        store.journal.write(|journal| keep(journal, list, at(hours))).unwrap();
    }

    fn known(store: &Store, hours: i64) -> Vec<String> {
        let gone = store.gone_acs(at(hours)).unwrap();
        gone.iter().map(|id| id.raw().to_owned()).collect()
    }

    #[test]
    fn partial_runs_add_up_until_a_list_is_complete() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &StoreOptions::default()).unwrap();
        record(&store, 0, &list(&["A"], &["C", "B"], 1));
        record(&store, 1, &list(&["A"], &["é"], 1));
        assert_eq!(known(&store, 2), ["B", "C", "é"]);
        record(&store, 2, &list(&["A", "C"], &[], 1));
        assert_eq!(known(&store, 2), ["B", "é"], "one that is listed again is not gone");
        record(&store, 3, &list(&["A", "C"], &["D"], 0));
        assert_eq!(known(&store, 3), [""; 0]);
    }

    #[test]
    fn what_was_told_a_week_ago_or_by_a_wrong_clock_is_asked_again() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &StoreOptions::default()).unwrap();
        record(&store, 0, &list(&["A"], &["B"], 1));
        record(&store, 100, &list(&["A"], &["C"], 1));
        for (hours, gone) in
            [(99, &["B"][..]), (167, &["B", "C"]), (168, &["C"]), (268, &[]), (-1, &[])]
        {
            assert_eq!(known(&store, hours), gone, "{hours}");
        }
        record(&store, 168, &list(&["A"], &[], 1));
        let rows = store.journal.read(|journal| journal.rows(GONE)).unwrap();
        assert_eq!(rows, 1, "the old one is not kept");
    }

    #[test]
    fn a_check_reads_it_and_a_backup_holds_it() {
        let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let options = StoreOptions::default();
        let store = Store::open(dir.path(), &options).unwrap();
        record(&store, 0, &list(&["A"], &["B"], 1));
        let (backup, restored) = (other.path().join("b"), other.path().join("store"));
        admin::backup(dir.path(), &backup, &options, false).unwrap();
        admin::restore(&backup, &restored, &options, false).unwrap();
        assert_eq!(known(&Store::open(&restored, &options).unwrap(), 1), ["B"]);
        admin::export(dir.path(), &options, &mut Vec::new(), false).unwrap();

        let problems = || admin::check(dir.path(), &options).unwrap().unwrap().problems;
        assert_eq!(problems(), [""; 0]);
        store.journal.write(|journal| journal.put(GONE, b"X", b"no time")).unwrap();
        assert_eq!(problems().len(), 1, "{:?}", problems());
    }
}
