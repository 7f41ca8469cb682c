//! Devices that left the ACS, as the journal remembers them: packed, those of one time in a row.
//!
//! They are read all at once and looked up by nobody, and each day adds some for as long as the
//! store is kept. A row a device, as older versions had it, is nearly a page of the file a
//! device, of which each opening reads them all.
//! Must not do: tell two of one device; the newest stands.

use std::collections::BTreeMap;
use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;
use hashbrown::hash_table::{Entry, HashTable};
use jiff::Timestamp;

use crate::engine::Tombstone;
use crate::store::Store;
use crate::store::codec::journal::TombstoneLine;
use crate::store::codec::tombstone::{TombstoneRow, count, each};
use crate::store::codec::{Unpacker, from_json, pack, to_postcard};
use crate::store::error::StoreError;
use crate::store::marks::time_key;
use crate::store::rows::{Edit, Order, Rows};
use crate::store::tables::{DEPARTED, META, TOMBSTONES, Table};

/// So many are packed together: room for them is taken at once.
const AT_ONCE: usize = 4096;

/// What older versions noted in [`META`]: no tombstone was missed before.
const OLDEST: &[u8] = b"oldest-tombstone";

/// When they were missed, the run, and which part.
fn key(missed: Timestamp, seq: u64, part: u32) -> Vec<u8> {
    let mut key = time_key(missed);
    key.extend_from_slice(&seq.to_be_bytes());
    key.extend_from_slice(&part.to_be_bytes());
    key
}

impl Store {
    /// Every device known to have left the ACS, each as it left last.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn tombstones(&self) -> Result<Vec<Tombstone>, StoreError> {
        self.journal.read(all)
    }
}

/// All of them, each device once, as it left last. There are more with every day: room for all is
/// taken at once, and an id is not kept twice to be looked for.
pub(super) fn all(rows: &impl Rows) -> Result<Vec<Tombstone>, StoreError> {
    let mut unpacker = rows.believe(Unpacker::new())?;
    let (mut packs, mut most) = (Vec::new(), 0);
    // The newest first: what comes later of the same device was before.
    rows.walk(DEPARTED, &[], Order::Down, &mut |_, packed| {
        let mut raw = Vec::new();
        unpacker.unpack(packed, &mut raw)?;
        most += count(&raw)?.min(raw.len());
        packs.push(raw);
        Ok(true)
    })?;
    let mut all: Vec<Tombstone> = Vec::with_capacity(most);
    let (mut known, hasher) = (HashTable::with_capacity(most), DefaultHashBuilder::default());
    for raw in packs {
        let read = each(&raw, |row| {
            let is_it = |at: &usize| all[*at].device.id.raw() == row.id();
            let hash_of = |at: &usize| hasher.hash_one(all[*at].device.id.raw());
            if let Entry::Vacant(place) = known.entry(hasher.hash_one(row.id()), is_it, hash_of) {
                place.insert(all.len());
                all.push(row.tombstone()?);
            }
            Ok(())
        });
        rows.believe(read)?;
    }
    Ok(all)
}

/// Adds those of a run.
pub(super) fn put(edit: &Edit, seq: u64, left: &[Tombstone]) -> Result<(), StoreError> {
    // An older version that was running when the journal was brought up to date puts its own.
    let theirs = taken(edit)?;
    let mut by_time: BTreeMap<Timestamp, Vec<&Tombstone>> = BTreeMap::new();
    for tombstone in theirs.iter().chain(left) {
        by_time.entry(tombstone.missed).or_default().push(tombstone);
    }
    let mut rows = Vec::new();
    for (missed, left) in by_time {
        for (part, left) in (0..).zip(left.chunks(AT_ONCE)) {
            let left: Vec<_> = left.iter().map(|t| TombstoneRow::of(t)).collect();
            let packed = to_postcard(&left).and_then(|raw| pack(&raw));
            rows.push((key(missed, seq, part), edit.believe(packed)?));
        }
    }
    edit.put_all(DEPARTED, rows).map(drop)
}

/// Takes away the rows a device, as older versions have them.
fn taken(edit: &Edit) -> Result<Vec<Tombstone>, StoreError> {
    let (mut keys, mut left) = (Vec::new(), Vec::new());
    edit.walk(TOMBSTONES, &[], Order::Up, &mut |key, body| {
        keys.push(key.to_vec());
        left.push(from_json::<TombstoneLine<'_>>(body)?.tombstone()?);
        Ok(true)
    })?;
    edit.remove(TOMBSTONES, keys)?;
    Ok(left)
}

/// Forgets those that were missed before `until`.
pub(super) fn prune(edit: &Edit, until: Timestamp) -> Result<(), StoreError> {
    let until = time_key(until);
    let mut gone = Vec::new();
    edit.walk(DEPARTED, &[], Order::Up, &mut |key, _| {
        let is_old = key < until.as_slice();
        if is_old {
            gone.push(key.to_vec());
        }
        Ok(is_old)
    })?;
    edit.remove(DEPARTED, gone).map(drop)
}

/// From schema 7 to 8: until then there was a row a device.
pub(super) fn pack_rows(edit: &Edit, tables: &[Table]) -> Result<(), StoreError> {
    if !tables.contains(&TOMBSTONES) {
        return Ok(());
    }
    put(edit, 0, &[])?;
    edit.remove(META, [OLDEST]).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AcsDevice, Untrusted};
    use crate::engine::Removal;
    use crate::store::codec::to_json;
    use crate::store::door::DbFile;
    use crate::store::migrate::{SCHEMA, Schema, to_current};
    use crate::store::tables::JOURNAL;

    fn at(day: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + day * 86_400).unwrap()
    }

    fn tombstone(id: &str, day: i64) -> Tombstone {
        let device = AcsDevice {
            id: Untrusted::new(id),
            serial: Untrusted::present("HWTC00000001"),
            macs: [Untrusted::new("00:25:9E:00:00:10")].into(),
            pppoe_login: Untrusted::present("cliente1"),
            last_inform: Some(at(day - 2)),
            registered: Some(at(-100)),
            ..AcsDevice::default()
        };
        let (seen, missed) = (at(day - 1), at(day));
        Tombstone { device, seen, missed, removal: Removal::ByHandLikely, cohort: 2 }
    }

    fn journal(dir: &std::path::Path, schema: &Schema, tables: &[Table]) -> DbFile {
        let (made, file) = DbFile::new_in(dir).unwrap();
        made.keep().unwrap();
        to_current(&file, schema, tables).unwrap();
        file
    }

    #[test]
    fn those_of_an_older_schema_are_packed_once() {
        let dir = tempfile::tempdir().unwrap();
        let old = Schema { number: 7, steps: &[] };
        let file = journal(dir.path(), &old, &JOURNAL[..20]);
        let left = [tombstone("A", 3), tombstone("B", 1), tombstone("C", 3)];
        file.write(|edit| {
            edit.put(META, OLDEST, b"\"2026-01-01T00:00:00Z\"")?;
            left.iter().try_for_each(|t| {
                let line = edit.believe(to_json(&TombstoneLine::of(t)))?;
                edit.put(TOMBSTONES, t.device.id.raw().as_bytes(), &line)
            })
        })
        .unwrap();
        for _ in 0..2 {
            to_current(&file, &SCHEMA, &JOURNAL).unwrap();
            file.read(|view| {
                let [a, b, c] = &left;
                assert_eq!(all(view)?, [a.clone(), c.clone(), b.clone()]);
                assert_eq!((view.rows(TOMBSTONES)?, view.rows(DEPARTED)?), (0, 2));
                assert_eq!(view.get(META, OLDEST)?, None);
                Ok(())
            })
            .unwrap();
        }
    }

    #[test]
    fn the_newest_stands_and_each_goes_in_its_time() {
        let dir = tempfile::tempdir().unwrap();
        let file = journal(dir.path(), &SCHEMA, &JOURNAL);
        let known = || file.read(all).unwrap();
        file.write(|edit| {
            put(edit, 1, &[tombstone("A", 1), tombstone("B", 1)])?;
            put(edit, 2, &[tombstone("A", 5)])?;
            // A run that ended late: it read before the one above.
            put(edit, 3, &[tombstone("A", 3)])
        })
        .unwrap();
        assert_eq!(known(), [tombstone("A", 5), tombstone("B", 1)]);
        for (until, left) in [(1, 2), (2, 1), (5, 1), (6, 0)] {
            file.write(|edit| prune(edit, at(until))).unwrap();
            assert_eq!(known().len(), left, "until day {until}");
        }
    }

    /// A process of an older version goes on as it began.
    #[test]
    fn what_an_older_version_adds_later_is_packed_with_the_next() {
        let dir = tempfile::tempdir().unwrap();
        let file = journal(dir.path(), &SCHEMA, &JOURNAL);
        file.write(|edit| {
            let line = edit.believe(to_json(&TombstoneLine::of(&tombstone("A", 2))))?;
            edit.put(TOMBSTONES, b"A", &line)?;
            put(edit, 9, &[tombstone("B", 2), tombstone("C", 3)])
        })
        .unwrap();
        let known = file.read(all).unwrap();
        assert_eq!(known, [tombstone("C", 3), tombstone("A", 2), tombstone("B", 2)]);
        assert_eq!(file.read(|view| view.rows(TOMBSTONES)).unwrap(), 0);
    }

    /// A mass exclusion of a whole fleet is more than is packed together.
    #[test]
    fn many_that_left_at_once_come_back() {
        let dir = tempfile::tempdir().unwrap();
        let file = journal(dir.path(), &SCHEMA, &JOURNAL);
        let left: Vec<_> = (0..=AT_ONCE * 2).map(|n| tombstone(&format!("{n:05}"), 1)).collect();
        file.write(|edit| put(edit, 1, &left)).unwrap();
        let mut known = file.read(all).unwrap();
        known.sort_by(|x, y| x.device.id.cmp(&y.device.id));
        assert_eq!(known, left);
        assert_eq!(file.read(|view| view.rows(DEPARTED)).unwrap(), 3);
    }
}
