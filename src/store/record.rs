//! Keeping a run: history first, the journal last, all under the journal's write lock.
//!
//! Must not do: compare with anything but what the store holds now; another process may
//! have recorded a run since this one was computed.

use jiff::Timestamp;

use crate::domain::{AcsDevice, AnySnapshot, EventKind, Mark, ProviderRecord, SnapshotMeta};
use crate::store::beside::last_findings;
use crate::store::codec::run::RunLine;
use crate::store::codec::snapshot::{DetailRow, MetaRow};
use crate::store::codec::{Instant, from_json, pack, to_json, to_postcard};
use crate::store::door::{Amount, DbFile};
use crate::store::draft::Drawn;
use crate::store::error::StoreError;
use crate::store::list::{NewList, Record};
use crate::store::rows::{Edit, Rows, View};
use crate::store::run::Run;
use crate::store::search;
use crate::store::series::{self, LATE, Origin, Prepared, Series, Walk, prepare};
use crate::store::tables::{DETAILS, META, RUN_IDS, RUNS, TRAIL, seq_key};
use crate::store::trail::Trail;
use crate::store::twin::{Failed, at_once};
use crate::store::{
    Draft, FIRST_ACS, GENERATION, SEQUENCE, Store, gone, marks, retention, tombstones,
};

/// Which lists are older than one known?
#[derive(Clone, Copy)]
struct Late {
    acs: bool,
    any: bool,
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
            let late = history.read(|view| Late::of(view, draft))?;
            // Neither needs anything of the other, and nobody sees any of it before the journal is
            // committed, which is last, when all of history is. What history lacks is told first.
            let kept = at_once::<_, _, Failed>(
                || Ok(keep_in_history(history, &origin, (draft, run), late)?),
                || Ok(keep_in_journal(journal, origin.seq, (draft, run), late, marks)?),
            );
            kept.map(|_| ()).map_err(|f| f.at(journal))
        })
    }
}

impl Late {
    fn of(view: &View, draft: &Draft<'_>) -> Result<Self, StoreError> {
        let acs = is_late(view, Series::Acs, draft.acs.meta())?;
        let any = acs || is_late(view, Series::Provider, draft.provider.meta())?;
        Ok(Self { acs, any })
    }
}

/// The lists, and what the run tells: neither needs anything of the other.
fn keep_in_history(
    history: &DbFile,
    origin: &Origin<'_>,
    (draft, run): (&Draft<'_>, &Run),
    late: Late,
) -> Result<(), StoreError> {
    let amount = if draft.is_much() { Amount::Much } else { Amount::Little };
    history.write_beside(amount, |view, edit| {
        search::note_key(edit, draft.sealed_with.as_deref())?;
        // It only reads, and first: damage that it meets outranks a disk that is full by then.
        let told = || Ok(gather_told(view, origin, (draft, run), late)?);
        let sides = || {
            let sides = gather_sides(view, origin, draft)?;
            Ok(sides.iter().try_for_each(|side| side.write(edit))?)
        };
        let (told, ()) = at_once::<_, _, Failed>(told, sides).map_err(|f| f.at(view))?;
        told.write(edit, origin.seq)
    })
}

/// What outlives the lists, and the run's line.
fn keep_in_journal(
    journal: &Edit,
    seq: u64,
    (draft, run): (&Draft<'_>, &Run),
    late: Late,
    marks: &[Mark],
) -> Result<(), StoreError> {
    if !late.acs {
        if draft.acs.is_complete() {
            tombstones::put(journal, seq, &run.reconciliation.departures)?;
        }
        gone::keep(journal, draft.acs, run.started)?;
    }
    write_journal(journal, seq, run, (draft.acs, draft.provider), marks)
}

/// What a run wrote that died before its line was in the journal: nobody ever saw it. Looked for
/// as one who writes: what was being flushed as it died appears only then, and were it taken for
/// the newest list, the new one of the same number would be stored as a change of itself.
fn drop_orphans(history: &DbFile, last: u64) -> Result<(), StoreError> {
    history.write_where(Amount::Little, |edit| {
        let mut any = false;
        for series in Series::ALL {
            let newest = series::newest(edit, series, |_, _| true)?;
            any |= newest.is_some_and(|(seq, _)| seq > last);
        }
        if any {
            Series::ALL.into_iter().try_for_each(|series| drop_after(edit, series, last))?;
        }
        Ok(any)
    })
}

/// Removes the lists of a series that are newer than the last one in the journal.
fn drop_after(edit: &Edit, series: Series, last: u64) -> Result<(), StoreError> {
    let mut all = series::lists(edit, series)?;
    all.reverse();
    // Beside an older journal, lists that stay may hang on some of them.
    let orphans = all.split_off(all.partition_point(|(seq, _)| *seq <= last));
    series::forget(edit, series, &orphans, all)?;
    edit.remove(DETAILS, orphans.iter().map(|(seq, _)| seq_key(*seq)))?;
    edit.remove(TRAIL, orphans.iter().map(|(seq, _)| seq_key(*seq)))?;
    Ok(())
}

/// Both lists, each on its thread.
fn gather_sides(
    view: &View,
    origin: &Origin<'_>,
    draft: &Draft<'_>,
) -> Result<[Prepared; 2], StoreError> {
    let of_side = |meta: &SnapshotMeta, complete| -> Result<Origin<'_>, StoreError> {
        let meta_row = view.believe(to_postcard(&MetaRow::of(meta)))?;
        let taken = meta.fetched_at.into();
        Ok(Origin { taken, complete, meta: meta_row, ..origin.clone() })
    };
    let acs = of_side(draft.acs.meta(), draft.acs.is_complete())?;
    let provider = of_side(draft.provider.meta(), draft.provider.is_complete())?;
    let sides = at_once::<_, _, Failed>(
        || Ok(gather_side(view, Series::Acs, acs, &draft.acs_list)?),
        || Ok(gather_side(view, Series::Provider, provider, &draft.provider_list)?),
    );
    sides.map(<[Prepared; 2]>::from).map_err(|f| f.at(view))
}

/// Is a newer complete list known? Another run read later and was faster.
fn is_late(view: &View, series: Series, meta: &SnapshotMeta) -> Result<bool, StoreError> {
    let known = series::complete(view, series)?.first().copied();
    Ok(known.is_some_and(|(taken, _)| Instant::from(meta.fetched_at) < taken))
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
    let compared = series::compare(view, &drawn.list, before.as_ref(), origin.taken, |_| Ok(()))?;
    prepare(view, series, origin, &drawn.list, &compared)
}

/// What a run tells, beside what the one before did. Of a `late` run it is kept to be shown, but
/// ends and begins nothing.
fn gather_told(
    view: &View,
    origin: &Origin<'_>,
    (draft, run): (&Draft<'_>, &Run),
    late: Late,
) -> Result<Told, StoreError> {
    let (r, keep) = (&run.reconciliation, &draft.keep);
    let detail = || {
        let row = DetailRow::of(&r.departures, &r.resolved, keep);
        pack(&to_postcard(&row)?)
    };
    let beside = || Ok((findings_before(view, draft)?, view.believe(detail())?));
    let listed = at_once(|| Ok(view.believe(NewList::of(&r.findings, keep))?), beside);
    let (list, ((known, read), detail)) = listed.map_err(|f: Failed| f.at(view))?;
    let before = known.or(read.as_ref());
    let whole = draft.acs.is_complete() && draft.provider.is_complete();
    let (origin, mut trail) = if late.any {
        let origin = Origin { complete: false, meta: LATE.to_vec(), ..origin.clone() };
        (origin, None)
    } else {
        let after_whole = before.is_none_or(|b| b.head.complete);
        let trail = Trail::of(&r.resolved, whole, after_whole);
        (Origin { complete: whole, ..origin.clone() }, Some(trail))
    };
    let compared = series::compare(view, &list, before, origin.taken, |change| {
        trail.as_mut().map_or(Ok(()), |trail| trail.note(change, &list))
    })?;
    let trail = trail.unwrap_or_else(|| Trail::of(&[], false, true));
    let (findings, trail) = at_once::<_, _, Failed>(
        || Ok(prepare(view, Series::Findings, origin, &list, &compared)?),
        || Ok(view.believe(trail.pack())?),
    )
    .map_err(|f| f.at(view))?;
    Ok(Told { findings, trail, detail })
}

/// The last findings that are not late: known already, or read now.
fn findings_before<'d>(
    view: &View,
    draft: &'d Draft<'_>,
) -> Result<(Option<&'d Walk>, Option<Walk>), StoreError> {
    let Some(seq) = last_findings(view)? else { return Ok((None, None)) };
    match &draft.findings {
        Some(known) if known.is_still(view, seq)? => Ok((Some(known), None)),
        _ => Ok((None, Walk::of(view, Series::Findings, seq)?)),
    }
}

impl Told {
    fn write(&self, edit: &Edit, seq: u64) -> Result<(), StoreError> {
        self.findings.write(edit)?;
        edit.put(DETAILS, &seq_key(seq), &self.detail)?;
        edit.put(TRAIL, &seq_key(seq), &self.trail)
    }
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
