//! Keeping a run: history first, the journal last, all under the journal's write lock.
//!
//! Must not do: compare with anything but what the store holds now; another process may
//! have recorded a run since this one was computed.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{AcsDevice, AnySnapshot, EventKind, Mark, ProviderRecord, SnapshotMeta};
use crate::engine::{Finding, Resolved};
use crate::store::codec::device::Keep;
use crate::store::codec::journal::{MissedLine, TombstoneLine};
use crate::store::codec::run::RunLine;
use crate::store::codec::snapshot::{DetailRow, MetaRow};
use crate::store::codec::{Bad, from_json, pack, to_json, to_postcard};
use crate::store::door::DbFile;
use crate::store::draft::Drawn;
use crate::store::entries::Change;
use crate::store::error::StoreError;
use crate::store::list::{NewList, Record};
use crate::store::rows::{Edit, Rows, View};
use crate::store::run::Run;
use crate::store::search;
use crate::store::series::{self, LATE, Loaded, Origin, Prepared, Series, newest, prepare};
use crate::store::tables::{DETAILS, META, RUN_IDS, RUNS, TOMBSTONES, TRAIL, seq_key};
use crate::store::trail::Trail;
use crate::store::twin::{Failed, at_once};
use crate::store::{Draft, FIRST_ACS, GENERATION, SEQUENCE, Store, gone, marks, retention};

/// What a run tells besides its lists, made before any lock is taken.
struct Own<'r> {
    findings: NewList<'r, Finding>,
    detail: Vec<u8>,
}

impl<'r> Own<'r> {
    fn of(run: &'r Run, keep: &Arc<Keep>) -> Result<Self, Bad> {
        let r = &run.reconciliation;
        let detail = to_postcard(&DetailRow::of(&r.departures, &r.resolved, keep))?;
        Ok(Self { findings: NewList::of(&r.findings, keep)?, detail: pack(&detail)? })
    }
}

/// What goes into history.
struct Parts {
    lists: [Prepared; 3],
    trail: Vec<u8>,
    /// Is the ACS list older than one known?
    late_acs: bool,
}

impl Store {
    /// Keeps a run with its snapshots and the events of its file. Once this returns the run
    /// is durable; where it fails, no reader ever sees any of it. Recording a run again
    /// changes nothing.
    ///
    /// A run that read a side before the newest complete list known of it is late: it is kept
    /// to be shown, but its older list is no baseline and makes no tombstones, and its
    /// findings are not those that the next run compares with.
    ///
    /// # Errors
    /// Where a file can't be written, the disk is full, or nobody lets us write.
    pub fn record(
        &self,
        run: &Run,
        acs: &AnySnapshot<AcsDevice>,
        provider: &AnySnapshot<ProviderRecord>,
        marks: &[Mark],
    ) -> Result<(), StoreError> {
        let (_, draft) = self.compare(acs, provider, run.started)?;
        self.record_compared(run, &draft, marks)
    }

    /// The same, of lists that were compared with the store already ([`Store::compare`]).
    ///
    /// # Errors
    /// As [`Store::record`].
    pub fn record_compared(
        &self,
        run: &Run,
        draft: &Draft<'_>,
        marks: &[Mark],
    ) -> Result<(), StoreError> {
        let history = self.history_file()?.ok_or_else(|| StoreError::Permission {
            path: self.dir().to_owned(),
            source: std::io::Error::other("opened for reading only"),
        })?;
        if draft.unsealed {
            // Tells why; a run without seals would let people be lost to the search.
            self.sealer()?;
        }
        let own = Own::of(run, &draft.keep).map_err(|b| b.at(history.path()))?;
        self.journal.write(|journal| {
            if journal.get(RUN_IDS, run.id.as_bytes())?.is_some() {
                return Ok(());
            }
            let last = journal.count(META, SEQUENCE)?;
            drop_orphans(history, last)?;
            // Before the new lists are written: should they never be acknowledged, the last
            // ones that were must still be there.
            retention::forget(journal, history, run.started, &self.options)?;
            let origin = Origin {
                seq: last + 1,
                run_id: &run.id,
                started: run.started.into(),
                taken: run.started.into(),
                complete: true,
                meta: Vec::new(),
            };
            let told = (&own.findings, run.reconciliation.resolved.as_slice());
            let parts = history.read(|view| gather(view, &origin, draft, told))?;
            history.write(|edit| {
                search::note_key(edit, draft.sealed_with.as_deref())?;
                write_parts(edit, origin.seq, &parts, &own.detail)
            })?;
            if !parts.late_acs {
                if draft.acs.is_complete() {
                    put_tombstones(journal, run)?;
                }
                gone::keep(journal, draft.acs, run.started)?;
            }
            write_journal(journal, origin.seq, run, (draft.acs, draft.provider), marks)
        })
    }
}

/// What a run wrote that died before its line was in the journal: nobody ever saw it.
fn drop_orphans(history: &DbFile, last: u64) -> Result<(), StoreError> {
    let orphans = |rows: &View| {
        let mut found = Vec::new();
        for series in Series::ALL {
            series::heads(rows, series, |seq, head| {
                let orphan = seq > last;
                if orphan {
                    found.push((series, seq, head));
                }
                orphan
            })?;
        }
        Ok(found)
    };
    let found = history.read(orphans)?;
    if found.is_empty() {
        return Ok(());
    }
    history.write(|edit| {
        for (series, seq, head) in &found {
            series::remove(edit, *series, *seq, head)?;
            edit.remove(DETAILS, [seq_key(*seq)])?;
            edit.remove(TRAIL, [seq_key(*seq)])?;
        }
        Ok(())
    })
}

fn gather(
    view: &View,
    origin: &Origin<'_>,
    draft: &Draft<'_>,
    (findings, resolved): (&NewList<'_, Finding>, &[Resolved]),
) -> Result<Parts, StoreError> {
    let of_side = |meta: &SnapshotMeta, complete| -> Result<Origin<'_>, StoreError> {
        let meta_row = view.believe(to_postcard(&MetaRow::of(meta)))?;
        let taken = meta.fetched_at.into();
        Ok(Origin { taken, complete, meta: meta_row, ..origin.clone() })
    };
    let whole = (draft.acs.is_complete(), draft.provider.is_complete());
    let acs_origin = of_side(draft.acs.meta(), whole.0)?;
    let provider_origin = of_side(draft.provider.meta(), whole.1)?;
    let (acs, provider) = at_once::<_, _, Failed>(
        || Ok(gather_side(view, Series::Acs, acs_origin, &draft.acs_list)?),
        || Ok(gather_side(view, Series::Provider, provider_origin, &draft.provider_list)?),
    )
    .map_err(|f| f.at(view))?;
    let (findings, trail) = if acs.late || provider.late {
        late_findings(view, origin, findings)?
    } else {
        let origin = Origin { complete: whole == (true, true), ..origin.clone() };
        compare_findings(view, origin, findings, resolved)?
    };
    let trail = view.believe(trail)?;
    Ok(Parts { lists: [acs.list, provider.list, findings], trail, late_acs: acs.late })
}

/// A side's list beside those known.
struct Gathered {
    list: Prepared,
    /// A newer complete one is known: another run read later and was faster.
    late: bool,
}

fn gather_side<R: Record>(
    view: &View,
    series: Series,
    origin: Origin<'_>,
    drawn: &Drawn<'_, R>,
) -> Result<Gathered, StoreError> {
    let known = series::complete(view, series)?.first().copied();
    let late = known.is_some_and(|(taken, _)| origin.taken < taken);
    let known = known.map(|(_, seq)| seq);
    let list = if drawn.compared.is_beside(view, series, known)? {
        prepare(view, series, origin, &drawn.list, &drawn.compared)?
    } else {
        // Another process has recorded a run since these were compared.
        let before = known.map(|seq| Loaded::read(view, series, seq)).transpose()?.flatten();
        prepare_beside(view, series, origin, &drawn.list, before.as_ref(), |_| Ok(()))?
    };
    Ok(Gathered { list, late })
}

/// Compares and prepares at once.
fn prepare_beside<R: Record>(
    view: &View,
    series: Series,
    origin: Origin<'_>,
    list: &NewList<'_, R>,
    before: Option<&Loaded>,
    told: impl FnMut(&Change<'_>) -> Result<(), Bad>,
) -> Result<Prepared, StoreError> {
    let compared = series::compare(view, list, before, origin.taken, told)?;
    prepare(view, series, origin, list, &compared)
}

/// The last findings that are not late.
fn findings_before(view: &View) -> Result<Option<Loaded>, StoreError> {
    let before = newest(view, Series::Findings, |_, head| !head.is_late())?;
    let before = before.map(|(seq, _)| Loaded::read(view, Series::Findings, seq));
    Ok(before.transpose()?.flatten())
}

fn compare_findings(
    view: &View,
    origin: Origin<'_>,
    list: &NewList<'_, Finding>,
    resolved: &[Resolved],
) -> Result<(Prepared, Result<Vec<u8>, Bad>), StoreError> {
    let before = findings_before(view)?;
    let after_whole = before.as_ref().is_none_or(|b| b.head.complete);
    let mut trail = Trail::of(resolved, origin.complete, after_whole);
    let note = |change: &Change<'_>| trail.note(change, list);
    let findings = prepare_beside(view, Series::Findings, origin, list, before.as_ref(), note)?;
    Ok((findings, trail.pack()))
}

/// Of a late run: kept to be shown, but they end and begin nothing.
fn late_findings(
    view: &View,
    origin: &Origin<'_>,
    list: &NewList<'_, Finding>,
) -> Result<(Prepared, Result<Vec<u8>, Bad>), StoreError> {
    let before = findings_before(view)?;
    let origin = Origin { complete: false, meta: LATE.to_vec(), ..origin.clone() };
    let findings =
        prepare_beside(view, Series::Findings, origin, list, before.as_ref(), |_| Ok(()))?;
    Ok((findings, Trail::of(&[], false, true).pack()))
}

fn write_parts(edit: &Edit, seq: u64, parts: &Parts, detail: &[u8]) -> Result<(), StoreError> {
    parts.lists.iter().try_for_each(|list| list.write(edit))?;
    edit.put(DETAILS, &seq_key(seq), detail)?;
    edit.put(TRAIL, &seq_key(seq), &parts.trail)
}

fn write_journal(
    journal: &Edit,
    seq: u64,
    run: &Run,
    (acs, provider): (&AnySnapshot<AcsDevice>, &AnySnapshot<ProviderRecord>),
    new_marks: &[Mark],
) -> Result<(), StoreError> {
    marks::add(journal, new_marks)?;
    marks::add_synchronised(journal, EventKind::AcsSync, acs.meta())?;
    marks::add_synchronised(journal, EventKind::ProviderSync, provider.meta())?;
    if acs.is_complete() {
        put_first(journal, acs.meta().fetched_at)?;
    }
    if acs.is_complete() && provider.is_complete() {
        journal.put_count(META, GENERATION, journal.count(META, GENERATION)? + 1)?;
    }
    let line = journal.believe(to_json(&RunLine::of(run)))?;
    journal.put(RUNS, &seq_key(seq), &line)?;
    journal.put(RUN_IDS, run.id.as_bytes(), seq.to_string().as_bytes())?;
    journal.put_count(META, SEQUENCE, seq)
}

/// One tombstone a device, the newest.
fn put_tombstones(journal: &Edit, run: &Run) -> Result<(), StoreError> {
    let mut rows = Vec::new();
    for tombstone in &run.reconciliation.departures {
        let key = tombstone.device.id.raw().as_bytes();
        let known = journal.get(TOMBSTONES, key)?;
        let known: Option<MissedLine> =
            known.map(|k| journal.believe(from_json(&k))).transpose()?;
        if known.is_none_or(|k| k.missed <= tombstone.missed) {
            let line = journal.believe(to_json(&TombstoneLine::of(tombstone)))?;
            rows.push((key, line));
        }
    }
    rows.sort_by_key(|r| r.0);
    journal.put_all(TOMBSTONES, rows).map(|_| ())
}

fn put_first(journal: &Edit, read: Timestamp) -> Result<(), StoreError> {
    let known = journal.get(META, FIRST_ACS)?;
    let known: Option<Timestamp> = known.map(|k| journal.believe(from_json(&k))).transpose()?;
    if known.is_some_and(|known| known <= read) {
        return Ok(());
    }
    journal.put(META, FIRST_ACS, &journal.believe(to_json(&read))?)
}
