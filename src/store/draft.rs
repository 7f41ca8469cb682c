//! The lists of a run beside the last complete ones known.
//!
//! Both lists are compared once: the engine is told what changed, and what is stored is the same.
//! Must not do: change a table, keep a file open while it takes fingerprints, or hand out a record
//! that the store does not hold.

use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord};
use crate::engine::{Baseline, PreviousSide};
use crate::store::baseline::{acknowledged, rest};
use crate::store::codec::Bad;
use crate::store::codec::columns::Cells;
use crate::store::codec::device::Keep;
use crate::store::entries::Change;
use crate::store::error::StoreError;
use crate::store::list::{NewList, Piece, Record};
use crate::store::rows::{Rows, View};
use crate::store::search::Sealer;
use crate::store::series::{self, Compared, Series, Walk, columns};
use crate::store::twin::{Failed, Jobs, at_once, at_once_apart};

/// The lists of a run, ready to be stored.
pub struct Draft<'a> {
    pub(super) acs: &'a AnySnapshot<AcsDevice>,
    pub(super) provider: &'a AnySnapshot<ProviderRecord>,
    pub(super) acs_list: Drawn<'a, AcsDevice>,
    pub(super) provider_list: Drawn<'a, ProviderRecord>,
    pub(super) keep: Arc<Keep>,
    pub(super) sealed_with: Option<Vec<u8>>,
    /// There was no key to seal with. What the engine is told is right all the same.
    pub(super) unsealed: bool,
}

/// One list, and what it is beside the last complete one known.
pub(super) struct Drawn<'a, R> {
    pub list: NewList<'a, R>,
    pub compared: Compared,
}

/// Both lists with their fingerprints, made before any lock is taken.
pub(super) struct Printed<'a> {
    acs: NewList<'a, AcsDevice>,
    provider: NewList<'a, ProviderRecord>,
    keep: Arc<Keep>,
    sealed_with: Option<Vec<u8>>,
    unsealed: bool,
}

impl<'a> Printed<'a> {
    /// `sealer`: what seals people, or why nothing can.
    pub(super) fn of(
        (acs, provider): (&'a AnySnapshot<AcsDevice>, &'a AnySnapshot<ProviderRecord>),
        sealer: Result<Option<Sealer>, StoreError>,
    ) -> Result<Self, Bad> {
        let unsealed = sealer.is_err();
        let sealer = sealer.ok().flatten();
        let sealed_with = sealer.as_ref().map(Sealer::id);
        let (of_acs, of_provider) = (&acs.meta().extra_columns, &provider.meta().extra_columns);
        let keep = Arc::new(Keep::new(sealer, of_acs, of_provider));
        let (acs, provider) = printed(acs.records(), provider.records(), &keep)?;
        Ok(Self { acs, provider, keep, sealed_with, unsealed })
    }
}

impl<'a> Draft<'a> {
    /// Compares both lists with what is stored. The sides of the baseline are the lists that were
    /// known: what of these is unchanged, and the rest.
    pub(super) fn of(
        views: (&View, Option<&View>),
        (acs, provider): (&'a AnySnapshot<AcsDevice>, &'a AnySnapshot<ProviderRecord>),
        printed: Printed<'a>,
        now: Timestamp,
    ) -> Result<(Baseline, Self), StoreError> {
        let Printed { acs: devices, provider: rows, keep, sealed_with, unsealed } = printed;
        // Three, since a Provider's list takes longest by far: two processors are busy to the end.
        let acs_and_rest = || {
            at_once::<_, _, Failed>(
                || Ok(draw(views, Series::Acs, acs, devices)?),
                || Ok(rest(views, now)?),
            )
        };
        let drawn = at_once(acs_and_rest, || Ok(draw(views, Series::Provider, provider, rows)?));
        let (((acs_list, acs_then), rest), (provider_list, provider_then)) =
            drawn.map_err(|f: Failed| f.at(views.1.unwrap_or(views.0)))?;
        let baseline = Baseline { acs: acs_then, provider: provider_then, ..rest };
        Ok((baseline, Self { acs, provider, acs_list, provider_list, keep, sealed_with, unsealed }))
    }

    /// Packs what little is new of both lists, as recording does otherwise: it needs nothing of
    /// what is explained meanwhile, and takes no lock.
    #[must_use]
    pub fn packed(mut self) -> Self {
        let (acs, provider) = (&mut self.acs_list, &mut self.provider_list);
        // What can't be packed fails again where it is recorded, and is told there.
        let _: Result<_, Bad> =
            at_once_apart(|| acs.pack(Series::Acs), || provider.pack(Series::Provider));
        self
    }
}

impl<R: Record> Drawn<'_, R> {
    fn pack(&mut self, series: Series) -> Result<(), Bad> {
        self.compared.pack(series, &self.list)
    }
}

/// So many records are taken at a time.
const AT_A_TIME: usize = 4096;

/// Takes the fingerprints of both lists. A Provider's record costs more than a device's, so two
/// threads share the work and not the sides.
fn printed<'a>(
    devices: &'a [AcsDevice],
    rows: &'a [ProviderRecord],
    keep: &Arc<Keep>,
) -> Result<(NewList<'a, AcsDevice>, NewList<'a, ProviderRecord>), Bad> {
    let of_acs = devices.len().div_ceil(AT_A_TIME);
    let jobs = Jobs::new(of_acs + rows.len().div_ceil(AT_A_TIME));
    let print = |job: usize| match job.checked_sub(of_acs) {
        None => piece(devices, job, keep),
        Some(job) => piece(rows, job, keep),
    };
    let (mut pieces, more) = at_once(|| jobs.work(print), || jobs.work(print))?;
    pieces.extend(more);
    pieces.sort_unstable_by_key(|(job, _)| *job);
    let mut pieces = pieces.into_iter().map(|(_, piece)| piece);
    let of_acs: Vec<Piece> = pieces.by_ref().take(of_acs).collect();
    let of_provider = pieces.collect();
    at_once(|| NewList::joined(devices, of_acs, keep), || NewList::joined(rows, of_provider, keep))
}

fn piece<R: Record>(records: &[R], job: usize, keep: &Keep) -> Result<Piece, Bad> {
    let from = job * AT_A_TIME;
    let until = records.len().min(from + AT_A_TIME);
    Piece::of(&records[from..until], from, keep)
}

/// Compares one list with the last complete one.
fn draw<'a, R: Record>(
    (journal, history): (&View, Option<&View>),
    series: Series,
    snapshot: &AnySnapshot<R>,
    list: NewList<'a, R>,
) -> Result<(Drawn<'a, R>, Option<PreviousSide<R>>), StoreError> {
    let taken = snapshot.meta().fetched_at.into();
    let known = match history {
        Some(view) => {
            let seq = acknowledged(journal, view, series)?;
            let walk = seq.map(|seq| Walk::of(view, series, seq)).transpose()?.flatten();
            walk.map(|walk| (view, walk))
        }
        None => None,
    };
    let Some((view, before)) = known else {
        let compared = series::compare(journal, &list, None, taken, |_| Ok(()))?;
        return Ok((Drawn { list, compared }, None));
    };
    let mut then = Then::new(view, series, &before, snapshot.records().len())?;
    let compared =
        series::compare(view, &list, Some(&before), taken, |change| then.meet(change, &list))?;
    let side = view.believe(then.side(&before))?;
    Ok((Drawn { list, compared }, Some(side)))
}

/// The list before, as it is met record by record.
struct Then<R> {
    cells: Cells,
    records: Vec<R>,
    first_seen: Vec<Timestamp>,
    unchanged: Vec<Option<Timestamp>>,
}

impl<R: Record> Then<R> {
    fn new(view: &View, series: Series, before: &Walk, present: usize) -> Result<Self, StoreError> {
        let cells = columns(view, series, before.seq, &before.head)?;
        let unchanged = vec![None; present];
        Ok(Self { cells, records: Vec::new(), first_seen: Vec::new(), unchanged })
    }

    /// Decodes a record that is not as it was; of the others only their times are told.
    fn meet(&mut self, change: &Change<'_>, list: &NewList<'_, R>) -> Result<(), Bad> {
        let item = match change {
            Change::New { .. } => return Ok(()),
            Change::Same(same) if same.alone => {
                self.unchanged[list.place(same.at)] = Some(same.item.seen.time()?);
                return self.cells.skip();
            }
            Change::Same(same) => same.item,
            Change::Changed { before, .. } | Change::Left(before) => *before,
        };
        self.records.push(R::decode(item.body, &mut self.cells)?);
        self.first_seen.push(item.seen.time()?);
        Ok(())
    }

    fn side(self, before: &Walk) -> Result<PreviousSide<R>, Bad> {
        self.cells.end()?;
        Ok(PreviousSide {
            run_id: before.head.run_id.clone(),
            fetched_at: before.head.taken.time()?,
            records: self.records,
            first_seen: self.first_seen,
            unchanged: self.unchanged,
        })
    }
}
