//! Reading everything once: pages, checksums, and whether all refers to what is there.
//!
//! Must not do: repair, or stop at the first thing wrong.

use std::path::{Path, PathBuf};

use crate::domain::{AcsDevice, ProviderRecord};
use crate::store::baseline::decode;
use crate::store::codec::run::RunLine;
use crate::store::codec::{bad, from_json};
use crate::store::error::StoreError;
use crate::store::rows::{Order, Rows, View};
use crate::store::series::{self, Loaded, Series};
use crate::store::tables::{HISTORY, JOURNAL, META, RUN_IDS, RUNS, Table, key_seq};
use crate::store::{
    HISTORY_FILE, JOURNAL_FILE, SEQUENCE, StoreOptions, marks, notes, notices, past, webhooks,
};
use crate::store::{gone, journal as apply, requests, speed_tests, tombstones};
use crate::store::{open_if_there, refuse_orphan};

/// One file, counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileReport {
    /// The file.
    pub path: PathBuf,
    /// Its size.
    pub bytes: u64,
    /// Rows by table.
    pub tables: Vec<(&'static str, u64)>,
}

/// What a check found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CheckReport {
    /// The files that could be read; `history.redb` may be missing without harm.
    pub files: Vec<FileReport>,
    /// Runs in the journal.
    pub runs: u64,
    /// Snapshots and lists of findings put together again.
    pub lists: u64,
    /// Records decoded.
    pub records: u64,
    /// What is wrong; empty where all is well. Each names its file.
    pub problems: Vec<String>,
}

/// Checks both files of a store: every page, every checksum, every reference. `None` where
/// nothing is stored.
///
/// # Errors
/// Where a file can't be opened for a reason other than damage; damage is in the report.
pub fn check(dir: &Path, options: &StoreOptions) -> Result<Option<CheckReport>, StoreError> {
    let mut report = CheckReport::default();
    let orphan = refuse_orphan(&dir.join(JOURNAL_FILE), &dir.join(HISTORY_FILE));
    let mut found = orphan.is_err();
    report.note(orphan);
    for name in [JOURNAL_FILE, HISTORY_FILE] {
        let path = dir.join(name);
        match open_if_there(&path, options) {
            Ok(None) => continue,
            Ok(Some(file)) => {
                let checked = file.read(|view| {
                    check_file(view, name, &mut report);
                    Ok(())
                });
                report.note(checked);
            }
            Err(error @ StoreError::Damaged { .. }) => report.problems.push(error.to_string()),
            Err(error) => return Err(error),
        }
        found = true;
    }
    Ok(found.then_some(report))
}

impl CheckReport {
    fn note<T>(&mut self, result: Result<T, StoreError>) -> Option<T> {
        match result {
            Ok(value) => Some(value),
            Err(error) => {
                self.problems.push(error.to_string());
                None
            }
        }
    }
}

fn check_file(view: &View, name: &str, report: &mut CheckReport) {
    let is_journal = name == JOURNAL_FILE;
    let tables: &[Table] = if is_journal { &JOURNAL } else { &HISTORY };
    let rows = |table: &Table| {
        let counted = view.rows(*table)?;
        let mut seen = 0;
        view.walk(*table, &[], Order::Up, &mut |_, _| {
            seen += 1;
            Ok(true)
        })?;
        if seen == counted {
            Ok((table.name, seen))
        } else {
            Err(view.damaged(&format!("table {} says {counted} rows and has {seen}", table.name)))
        }
    };
    let tables = tables.iter().filter_map(|t| report.note(rows(t))).collect();
    let bytes = std::fs::metadata(view.path()).map_or(0, |m| m.len());
    report.files.push(FileReport { path: view.path().to_owned(), bytes, tables });
    if is_journal {
        check_journal(view, report);
    } else {
        for series in Series::ALL {
            check_series(view, series, report);
        }
    }
}

fn check_journal(journal: &View, report: &mut CheckReport) {
    let runs = check_runs(journal);
    report.runs += report.note(runs).unwrap_or_default();
    report.note(marks::log(journal));
    report.note(tombstones::all(journal));
    report.note(notes::ignores(journal, jiff::Timestamp::MIN));
    report.note(notes::check(journal));
    report.note(requests::check(journal));
    report.note(gone::check(journal));
    report.note(speed_tests::check(journal));
    report.note(apply::check(journal));
    report.note(notices::check(journal));
    report.note(webhooks::check(journal));
}

fn check_runs(journal: &View) -> Result<u64, StoreError> {
    let mut runs = 0;
    let mut ids = Vec::new();
    let last = journal.count(META, SEQUENCE)?;
    journal.walk(RUNS, &[], Order::Up, &mut |key, body| {
        let line: RunLine = from_json(body)?;
        ids.push((line.id.clone(), key_seq(key).ok_or_else(|| bad("a run without a number"))?));
        line.run()?;
        runs += 1;
        Ok(true)
    })?;
    for (id, seq) in ids {
        if past::find(journal, &id)? != Some(seq) || seq > last {
            return Err(journal.damaged("a run and its id do not belong together"));
        }
    }
    if journal.rows(RUN_IDS)? == runs {
        Ok(runs)
    } else {
        Err(journal.damaged("there are ids of runs that are not there"))
    }
}

fn check_series(view: &View, series: Series, report: &mut CheckReport) {
    let mut all = Vec::new();
    let heads = series::heads(view, series, |seq, _| {
        all.push(seq);
        true
    });
    report.note(heads);
    for seq in all {
        if let Some(records) = report.note(check_list(view, series, seq)) {
            report.lists += 1;
            report.records += records;
        }
    }
}

fn check_list(view: &View, series: Series, seq: u64) -> Result<u64, StoreError> {
    let Some(loaded) = Loaded::read(view, series, seq)? else {
        return Err(view.damaged("a list went while it was checked"));
    };
    let records = match series {
        Series::Acs => decode::<AcsDevice>(view, series, &loaded)?.0.len(),
        Series::Provider => decode::<ProviderRecord>(view, series, &loaded)?.0.len(),
        Series::Findings => past::findings(view, seq)?.len(),
    };
    if series == Series::Findings {
        past::detail(view, seq, |_| Ok(()))?;
    }
    Ok(records as u64)
}
