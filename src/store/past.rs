//! Looking back: runs, their findings, old snapshots, and what befell a device.
//!
//! Must not do: show a run that is not in the journal.

use jiff::Timestamp;

use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord};
use crate::engine::{Cause, Finding, Strength};
use crate::store::Store;
use crate::store::baseline::decode;
use crate::store::codec::run::RunLine;
use crate::store::codec::snapshot::{DetailRow, MetaRow};
use crate::store::codec::{bad, from_json, from_postcard, unpack};
use crate::store::error::StoreError;
use crate::store::list::Record;
use crate::store::report::{AT_A_TIME, in_order};
use crate::store::rows::{Order, Rows, View};
use crate::store::run::{Run, RunSummary};
use crate::store::series::{Loaded, Series, columns};
use crate::store::tables::{DETAILS, RUN_IDS, RUNS, key_seq, seq_key};
use crate::store::trail::Trails;

crate::engine::finding::wire_enum! {
    /// What became of a device's finding in a run.
    HistoryState {
        /// First seen then.
        New = "new",
        /// Seen before, under another cause or strength.
        Ongoing = "ongoing",
        /// Seen the run before, and no more.
        Resolved = "resolved",
    }
}

/// A run in which a device's finding changed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HistoryEntry {
    /// The run.
    pub run_id: String,
    /// When it started.
    pub started: Timestamp,
    /// The finding's cause; of a resolved one the last.
    pub cause: Cause,
    /// How sure it was.
    pub strength: Strength,
    /// What became of it.
    pub state: HistoryState,
}

impl Store {
    /// The newest run, with its findings.
    ///
    /// # Errors
    /// Where a file can't be read.
    pub fn latest(&self) -> Result<Option<Run>, StoreError> {
        self.journal.read(|journal| {
            let mut newest = None;
            journal.walk(RUNS, &[], Order::Down, &mut |key, _| {
                newest = key_seq(key);
                Ok(false)
            })?;
            newest.map(|seq| self.whole_run(journal, seq)).transpose().map(Option::flatten)
        })
    }

    /// The profile that the newest run was of.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn newest_profile(&self) -> Result<Option<String>, StoreError> {
        self.journal.read(|journal| {
            let mut newest = None;
            journal.walk(RUNS, &[], Order::Down, &mut |_, body| {
                newest = Some(from_json::<RunLine>(body)?.profile);
                Ok(false)
            })?;
            Ok(newest)
        })
    }

    /// One run, by its id or the beginning of it. Once its findings are past their time
    /// ([`Store::findings_kept`]) it has ledgers only.
    ///
    /// # Errors
    /// Where several runs begin so, or a file can't be read.
    pub fn run(&self, id: &str) -> Result<Option<Run>, StoreError> {
        self.journal.read(|journal| match find(journal, id)? {
            Some(seq) => self.whole_run(journal, seq),
            None => Ok(None),
        })
    }

    /// Are the findings of a run still kept, or its ledgers only?
    ///
    /// # Errors
    /// As [`Store::run`].
    pub fn findings_kept(&self, id: &str) -> Result<bool, StoreError> {
        self.journal.read(|journal| {
            let (Some(seq), Some(history)) = (find(journal, id)?, self.history_file()?) else {
                return Ok(false);
            };
            history
                .read(|view| Ok(crate::store::series::head(view, Series::Findings, seq)?.is_some()))
        })
    }

    /// The newest runs, newest first.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn runs(&self, limit: usize) -> Result<Vec<RunSummary>, StoreError> {
        self.journal.read(|journal| {
            let mut runs = Vec::new();
            journal.walk(RUNS, &[], Order::Down, &mut |_, body| {
                if runs.len() < limit {
                    runs.push(from_json::<RunLine>(body)?.summary()?);
                }
                Ok(runs.len() < limit)
            })?;
            Ok(runs)
        })
    }

    /// The ACS as a run read it, but for what is not stored of people; `None` once past its time.
    ///
    /// # Errors
    /// As [`Store::run`].
    pub fn acs_snapshot(&self, id: &str) -> Result<Option<AnySnapshot<AcsDevice>>, StoreError> {
        self.snapshot(id, Series::Acs)
    }

    /// The Provider as a run read it, but for what is not stored of people.
    ///
    /// # Errors
    /// As [`Store::run`].
    pub fn provider_snapshot(
        &self,
        id: &str,
    ) -> Result<Option<AnySnapshot<ProviderRecord>>, StoreError> {
        self.snapshot(id, Series::Provider)
    }

    /// What every run said of every device; empty without `history.redb`.
    ///
    /// # Errors
    /// Where a file can't be read.
    pub fn trails(&self) -> Result<Trails, StoreError> {
        let Some(history) = self.history_file()? else { return Ok(Trails::default()) };
        self.journal.read(|journal| history.read(|view| Trails::read(journal, view)))
    }

    fn snapshot<R: Record>(
        &self,
        id: &str,
        series: Series,
    ) -> Result<Option<AnySnapshot<R>>, StoreError> {
        self.journal.read(|journal| {
            let (Some(seq), Some(history)) = (find(journal, id)?, self.history_file()?) else {
                return Ok(None);
            };
            history.read(|view| {
                let Some(loaded) = Loaded::read(view, series, seq)? else { return Ok(None) };
                let (records, _) = decode(view, series, &loaded)?;
                let meta: MetaRow = view.believe(from_postcard(&loaded.head.meta))?;
                Ok(Some(AnySnapshot::new(view.believe(meta.meta())?, records)))
            })
        })
    }

    fn whole_run(&self, journal: &View, seq: u64) -> Result<Option<Run>, StoreError> {
        let Some(body) = journal.get(RUNS, &seq_key(seq))? else { return Ok(None) };
        let line: RunLine = journal.believe(from_json(&body))?;
        let mut run = journal.believe(line.run())?;
        if let Some(history) = self.history_file()? {
            history.read(|view| add_findings(view, seq, &mut run))?;
        }
        Ok(Some(run))
    }
}

/// The number of a run.
pub(super) fn find(journal: &View, id: &str) -> Result<Option<u64>, StoreError> {
    let mut found = None;
    let mut n = 0;
    journal.walk(RUN_IDS, id.as_bytes(), Order::Up, &mut |key, body| {
        let seq = std::str::from_utf8(body).ok().and_then(|t| t.parse().ok());
        found = Some(seq.ok_or_else(|| bad("a run without a number"))?);
        n += 1;
        // The whole id is never ambiguous, whatever begins like it.
        let whole = key == id.as_bytes();
        n = if whole { 1 } else { n };
        Ok(!whole)
    })?;
    if n > 1 { Err(StoreError::Ambiguous { prefix: id.to_owned(), n }) } else { Ok(found) }
}

fn add_findings(view: &View, seq: u64, run: &mut Run) -> Result<(), StoreError> {
    detail(view, seq, |detail| {
        run.reconciliation.departures = view.believe(detail.departures())?;
        run.reconciliation.resolved = view.believe(detail.resolved())?;
        Ok(())
    })?;
    run.reconciliation.findings = findings(view, seq)?;
    Ok(())
}

/// Reads what a run's answer holds besides findings, if it is still kept.
pub(super) fn detail(
    view: &View,
    seq: u64,
    with: impl FnOnce(&DetailRow<'_>) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let Some(packed) = view.get(DETAILS, &seq_key(seq))? else { return Ok(()) };
    let raw = view.believe(unpack(&packed))?;
    with(&view.believe(from_postcard(&raw))?)
}

/// The findings of a run in the report's order; none once past their time.
pub(super) fn findings(view: &View, seq: u64) -> Result<Vec<Finding>, StoreError> {
    let Some(loaded) = Loaded::read(view, Series::Findings, seq)? else { return Ok(Vec::new()) };
    let cells = columns(view, Series::Findings, seq, &loaded.head)?;
    let items = view.believe(loaded.items())?;
    view.believe(in_order(&items, cells, AT_A_TIME))
}
