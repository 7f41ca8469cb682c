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
use crate::store::tables::{META, RUNS};
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
    same_rows(from, &told, &restored)?;
    let store = Store::open_existing(trial.path(), options)?;
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
fn same_rows(
    from: &Path,
    told: &Told,
    restored: &BTreeMap<(&'static str, &'static str), u64>,
) -> Result<(), StoreError> {
    for ((file, table), rows) in told.rows.iter().filter(|((_, table), _)| *table != META.name) {
        let found = restored.get(&(*file, *table)).copied().unwrap_or_default();
        if found != *rows {
            let what = format!("restored, table {table} of {file} has {found} rows of {rows}");
            return Err(refuse(from, what));
        }
    }
    Ok(())
}
