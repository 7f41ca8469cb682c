//! Keeping a run: history first, the journal last, all under the journal's write lock.
//!
//! Must not do: compare with anything but what the store holds now; another process may
//! have recorded a run since this one was computed.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{AcsDevice, AnySnapshot, EventKind, Mark, ProviderRecord, SnapshotMeta};
use crate::store::codec::device::Keep;
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
use crate::store::series::{self, LATE, Origin, Prepared, Series, Walk, newest, prepare};
use crate::store::tables::{DETAILS, META, RUN_IDS, RUNS, TRAIL, seq_key};
use crate::store::trail::Trail;
use crate::store::twin::{Failed, at_once};
use crate::store::{
    Draft, FIRST_ACS, GENERATION, SEQUENCE, Store, gone, marks, retention, tombstones,
};

/// What goes into history.
struct Parts {
    sides: [Prepared; 2],
    told: Told,
    /// Is the ACS list older than one known?
    late_acs: bool,
}

/// What a run tells besides its lists.
struct Told {
    findings: Prepared,
    trail: Vec<u8>,
    detail: Vec<u8>,
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
            self.sealing().sealer()?;
        }
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
            let parts = history.read(|view| gather(view, &origin, draft, run))?;
            history.write(|edit| {
                search::note_key(edit, draft.sealed_with.as_deref())?;
                write_parts(edit, origin.seq, &parts)
            })?;
            if !parts.late_acs {
                if draft.acs.is_complete() {
                    tombstones::put(journal, origin.seq, &run.reconciliation.departures)?;
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

/// Makes everything at once: the sides and what the run tells need nothing of one another.
fn gather(
    view: &View,
    origin: &Origin<'_>,
    draft: &Draft<'_>,
    run: &Run,
) -> Result<Parts, StoreError> {
    let of_side = |meta: &SnapshotMeta, complete| -> Result<Origin<'_>, StoreError> {
        let meta_row = view.believe(to_postcard(&MetaRow::of(meta)))?;
        let taken = meta.fetched_at.into();
        Ok(Origin { taken, complete, meta: meta_row, ..origin.clone() })
    };
    let whole = (draft.acs.is_complete(), draft.provider.is_complete());
    let acs_origin = of_side(draft.acs.meta(), whole.0)?;
    let provider_origin = of_side(draft.provider.meta(), whole.1)?;
    let late_acs = is_late(view, Series::Acs, &acs_origin)?;
    let late = late_acs || is_late(view, Series::Provider, &provider_origin)?;
    let origin = Origin { complete: whole == (true, true) && !late, ..origin.clone() };
    let sides = || {
        at_once::<_, _, Failed>(
            || Ok(gather_side(view, Series::Acs, acs_origin, &draft.acs_list)?),
            || Ok(gather_side(view, Series::Provider, provider_origin, &draft.provider_list)?),
        )
    };
    let told = || Ok(gather_told(view, origin, (run, &draft.keep), late)?);
    let ((acs, provider), told) = at_once(sides, told).map_err(|f: Failed| f.at(view))?;
    Ok(Parts { sides: [acs, provider], told, late_acs })
}

/// Is a newer complete list known? Another run read later and was faster.
fn is_late(view: &View, series: Series, origin: &Origin<'_>) -> Result<bool, StoreError> {
    let known = series::complete(view, series)?.first().copied();
    Ok(known.is_some_and(|(taken, _)| origin.taken < taken))
}

fn gather_side<R: Record>(
    view: &View,
    series: Series,
    origin: Origin<'_>,
    drawn: &Drawn<'_, R>,
) -> Result<Prepared, StoreError> {
    let known = series::complete(view, series)?.first().map(|(_, seq)| *seq);
    if drawn.compared.is_beside(view, series, known)? {
        return prepare(view, series, origin, &drawn.list, &drawn.compared);
    }
    // Another process has recorded a run since these were compared.
    let before = known.map(|seq| Walk::of(view, series, seq)).transpose()?.flatten();
    prepare_beside(view, series, origin, &drawn.list, before.as_ref(), |_| Ok(()))
}

/// Compares and prepares at once.
fn prepare_beside<R: Record>(
    view: &View,
    series: Series,
    origin: Origin<'_>,
    list: &NewList<'_, R>,
    before: Option<&Walk>,
    told: impl FnMut(&Change<'_>) -> Result<(), Bad>,
) -> Result<Prepared, StoreError> {
    let compared = series::compare(view, list, before, origin.taken, told)?;
    prepare(view, series, origin, list, &compared)
}

/// The last findings that are not late.
fn findings_before(view: &View) -> Result<Option<Walk>, StoreError> {
    let before = newest(view, Series::Findings, |_, head| !head.is_late())?;
    let before = before.map(|(seq, _)| Walk::of(view, Series::Findings, seq));
    Ok(before.transpose()?.flatten())
}

/// What a run tells, beside what the one before did. Of a `late` run it is kept to be shown, but
/// ends and begins nothing.
fn gather_told(
    view: &View,
    origin: Origin<'_>,
    (run, keep): (&Run, &Arc<Keep>),
    late: bool,
) -> Result<Told, StoreError> {
    let r = &run.reconciliation;
    let detail = || {
        let row = DetailRow::of(&r.departures, &r.resolved, keep);
        pack(&to_postcard(&row)?)
    };
    let beside = || Ok((findings_before(view)?, view.believe(detail())?));
    let listed = at_once(|| Ok(view.believe(NewList::of(&r.findings, keep))?), beside);
    let (list, (before, detail)) = listed.map_err(|f: Failed| f.at(view))?;
    let (findings, trail) = if late {
        let origin = Origin { meta: LATE.to_vec(), ..origin };
        let none = |_: &Change<'_>| Ok(());
        let findings =
            prepare_beside(view, Series::Findings, origin, &list, before.as_ref(), none)?;
        (findings, Trail::of(&[], false, true))
    } else {
        let after_whole = before.as_ref().is_none_or(|b| b.head.complete);
        let mut trail = Trail::of(&r.resolved, origin.complete, after_whole);
        let note = |change: &Change<'_>| trail.note(change, &list);
        let findings =
            prepare_beside(view, Series::Findings, origin, &list, before.as_ref(), note)?;
        (findings, trail)
    };
    Ok(Told { findings, trail: view.believe(trail.pack())?, detail })
}

fn write_parts(edit: &Edit, seq: u64, parts: &Parts) -> Result<(), StoreError> {
    let Told { findings, trail, detail } = &parts.told;
    parts.sides.iter().chain([findings]).try_for_each(|list| list.write(edit))?;
    edit.put(DETAILS, &seq_key(seq), detail)?;
    edit.put(TRAIL, &seq_key(seq), trail)
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

fn put_first(journal: &Edit, read: Timestamp) -> Result<(), StoreError> {
    let known = journal.get(META, FIRST_ACS)?;
    let known: Option<Timestamp> = known.map(|k| journal.believe(from_json(&k))).transpose()?;
    if known.is_some_and(|known| known <= read) {
        return Ok(());
    }
    journal.put(META, FIRST_ACS, &journal.believe(to_json(&read))?)
}
