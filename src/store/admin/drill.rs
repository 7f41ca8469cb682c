//! A backup restored for trial: whether it could be relied on, known before it is needed.
//!
//! Must not do: touch a store, or leave behind what it built.

use std::collections::BTreeMap;
use std::path::Path;

use jiff::Timestamp;

use crate::store::admin::backup::FILES;
use crate::store::admin::check;
use crate::store::admin::restore::{build, each_row, refuse, verify};
use crate::store::codec::from_json;
use crate::store::codec::run::RunLine;
use crate::store::error::StoreError;
use crate::store::options::StoreOptions;
use crate::store::place;
use crate::store::tables::{META, RUNS, TOMBSTONES};
use crate::store::{JOURNAL_FILE, Store};

/// What a backup held, every value of it read after a restore.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DrillReport {
    /// The backup's size in bytes.
    pub bytes: u64,
    /// Rows of all tables.
    pub rows: u64,
    /// Runs.
    pub runs: u64,
    /// Device and finding lists put together again.
    pub lists: u64,
    /// Records decoded.
    pub records: u64,
    /// Id and start of the newest run; `None` in a store without any.
    pub newest: Option<(String, Timestamp)>,
}

/// What the backup itself says: rows by file and table, and its newest run.
#[derive(Default)]
struct Told {
    rows: BTreeMap<(&'static str, &'static str), u64>,
    newest: Option<(String, Timestamp)>,
}

/// Restores `from` into a passing folder of `within`, reads every value, and compares with what
/// the backup says. The folder is removed whatever happens; what a kill left is swept next time.
///
/// # Errors
/// Where the backup is not whole, can't be restored, or holds something else afterwards.
pub fn drill(
    from: &Path,
    within: &Path,
    options: &StoreOptions,
) -> Result<DrillReport, StoreError> {
    let rows = verify(from)?;
    let told = told(from, rows)?;
    place::sweep(within, place::DRILLING);
    // Made with 0700: it holds whatever the store does.
    let trial = tempfile::Builder::new()
        .prefix(&place::passing(place::DRILLING))
        .tempdir_in(within)
        .map_err(|e| StoreError::io(within, e))?;
    build(from, rows, trial.path(), options)?;
    let checked = check(trial.path(), options)?.ok_or_else(|| refuse(from, "it holds nothing"))?;
    if let Some(found) = checked.problems.into_iter().next() {
        return Err(refuse(from, found));
    }
    let mut restored = BTreeMap::new();
    for file in &checked.files {
        let name = FILES.iter().map(|f| f.0).find(|name| file.path.ends_with(name));
        let Some(name) = name else { continue };
        restored.extend(file.tables.iter().map(|(table, rows)| ((name, *table), *rows)));
    }
    let store = Store::open_existing(trial.path(), options)?;
    let left = store.as_ref().map(Store::tombstones).transpose()?.map_or(0, |all| all.len());
    same_rows(from, &told, &restored, left as u64)?;
    let newest = store.map(|store| store.runs(1)).transpose()?.unwrap_or_default();
    let newest = newest.into_iter().next().map(|run| (run.id, run.started));
    if newest != told.newest {
        return Err(refuse(from, "restored, its newest run is another"));
    }
    let bytes = std::fs::metadata(from).map_err(|e| StoreError::io(from, e))?.len();
    let rows = told.rows.values().sum();
    let (runs, lists, records) = (checked.runs, checked.lists, checked.records);
    Ok(DrillReport { bytes, rows, runs, lists, records, newest })
}

/// Counts what the backup holds, without a database between.
fn told(from: &Path, rows: u64) -> Result<Told, StoreError> {
    let mut told = Told::default();
    each_row(from, rows, &mut |row| {
        let [file, table] = row.place.map(usize::from);
        let named = FILES.get(file).and_then(|f| Some((f.0, f.1.get(table)?.name)));
        let named = named.ok_or_else(|| refuse(from, "it holds a table that is not known"))?;
        *told.rows.entry(named).or_default() += 1;
        if named == (JOURNAL_FILE, RUNS.name) {
            // In the order of their numbers: the last is the newest.
            let line: RunLine =
                from_json(&row.body).map_err(|_| refuse(from, "a run in it can't be read"))?;
            told.newest = Some((line.id, line.started));
        }
        Ok(())
    })?;
    Ok(told)
}

/// Every table holds as many rows as the backup. But `meta`, where a restore leaves its mark.
/// Tombstones of an older schema were a row each and are packed now: as many are known, `left`.
fn same_rows(
    from: &Path,
    told: &Told,
    restored: &BTreeMap<(&'static str, &'static str), u64>,
    left: u64,
) -> Result<(), StoreError> {
    for ((file, table), rows) in told.rows.iter().filter(|((_, table), _)| *table != META.name) {
        let found = restored.get(&(*file, *table)).copied().unwrap_or_default();
        let found = if *table == TOMBSTONES.name && found == 0 { left } else { found };
        if found != *rows {
            let what = format!("restored, table {table} of {file} has {found} rows of {rows}");
            return Err(refuse(from, what));
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::io::{BufWriter, Write};

    use sha2::{Digest, Sha256};

    use super::*;
    use crate::domain::{AcsDevice, Untrusted};
    use crate::engine::{Removal, Tombstone};
    use crate::store::admin::backup::{END, Hashing, MAGIC, write_row};
    use crate::store::admin::{backup, restore};
    use crate::store::codec::journal::TombstoneLine;
    use crate::store::codec::to_json;
    use crate::store::tombstones;

    /// The journal's tables by their places: META, TOMBSTONES, and the last one of schema 8.
    const PLACES: [u8; 3] = [0, 3, 20];

    fn tombstone(id: &str) -> Tombstone {
        let at = |second| Timestamp::from_second(second).unwrap();
        let device = AcsDevice { id: Untrusted::new(id), ..AcsDevice::default() };
        let (removal, cohort) = (Removal::Unknown, 1);
        Tombstone { device, seen: at(100), missed: at(200), removal, cohort }
    }

    /// The same backup as schema 7 made it: a row a tombstone, and no table for packed ones.
    fn of_schema_7(new: &Path, old: &Path, left: &[Tombstone]) {
        let mut out = Hashing {
            out: BufWriter::new(File::create(old).unwrap()),
            digest: Sha256::new(),
            bytes: 0,
        };
        out.write_all(MAGIC).unwrap();
        let mut packed = zstd::Encoder::new(&mut out, 1).unwrap();
        let [meta, stones, packed_stones] = PLACES;
        each_row(new, verify(new).unwrap(), &mut |row| {
            let is_schema = row.place[1] == meta && row.key == b"schema";
            let body = if is_schema { b"7" } else { &row.body[..] };
            if row.place != [0, packed_stones] {
                write_row(&mut packed, row.place, &row.key, body).unwrap();
            }
            Ok(())
        })
        .unwrap();
        for tombstone in left {
            let (key, line) = (tombstone.device.id.raw(), TombstoneLine::of(tombstone));
            write_row(&mut packed, [0, stones], key.as_bytes(), &to_json(&line).unwrap()).unwrap();
        }
        packed.write_all(&[END]).unwrap();
        packed.finish().unwrap();
        let Hashing { mut out, digest, .. } = out;
        out.write_all(&digest.finalize()).unwrap();
        out.flush().unwrap();
    }

    #[test]
    fn a_backup_of_an_older_schema_is_as_good() {
        let dir = tempfile::tempdir().unwrap();
        let options = StoreOptions::default();
        let (store, again) = (dir.path().join("store"), dir.path().join("again"));
        let (new, old) = (dir.path().join("new.backup"), dir.path().join("old.backup"));
        let left = ["A", "B"].map(tombstone);
        let opened = Store::open(&store, &options).unwrap();
        opened.journal.write(|edit| tombstones::put(edit, 1, &left)).unwrap();
        drop(opened);
        backup(&store, &new, &options, false).unwrap();
        of_schema_7(&new, &old, &left);
        for from in [&new, &old] {
            assert!(drill(from, dir.path(), &options).is_ok(), "{from:?}");
        }
        // One more than is known once they are packed is one that was lost.
        let told = told(&old, verify(&old).unwrap()).unwrap();
        let restored = told.rows.iter().filter(|(name, _)| name.1 != TOMBSTONES.name);
        let restored = restored.map(|(name, rows)| (*name, *rows)).collect();
        assert!(same_rows(&old, &told, &restored, 2).is_ok());
        assert!(same_rows(&old, &told, &restored, 1).is_err());
        restore(&old, &again, &options, false).unwrap();
        let mut known = Store::open(&again, &options).unwrap().tombstones().unwrap();
        known.sort_by(|x, y| x.device.id.cmp(&y.device.id));
        assert_eq!(known, left);
    }
}
