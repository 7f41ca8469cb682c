//! The lists of a run beside the last complete ones known.
//!
//! Both lists are compared once: the engine is told what changed, and what is stored is the same.
//! Must not do: change a table, keep a file open while it takes fingerprints, or hand out a record
//! that the store does not hold.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord};
use crate::engine::{Baseline, PreviousSide, Threads};
use crate::store::baseline::{acknowledged, rest};
use crate::store::codec::Bad;
use crate::store::codec::columns::Cells;
use crate::store::codec::device::Keep;
use crate::store::entries::Change;
use crate::store::error::StoreError;
use crate::store::key_file::key_file;
use crate::store::list::{NewList, Piece, Record};
use crate::store::rows::{Rows, View};
use crate::store::search::Sealer;
use crate::store::series::{self, Compared, Series, Walk, columns};
use crate::store::twin::{Failed, Jobs, at_once, at_once_apart};
use crate::store::{Pii, SEARCH_KEY_FILE, Store, StoreOptions};

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

/// Where the key lies that the numbers of people in a Provider's list are sealed with: it is looked
/// for, and made where there is none, once there is a list. That it can't be is told where the run
/// is recorded.
#[derive(Clone)]
pub struct Sealing {
    dir: PathBuf,
    options: StoreOptions,
}

/// The keys and fingerprints of the ACS's list: taken as soon as the list is read, while the
/// Provider's is still being read, and before any lock is.
pub struct AcsPrints {
    pieces: Result<Vec<Piece>, Bad>,
}

/// The same of the Provider's list, and what they were made with.
pub struct ProviderPrints {
    pieces: Result<Vec<Piece>, Bad>,
    keep: Keep,
    sealed_with: Option<Vec<u8>>,
    unsealed: bool,
}

impl Store {
    /// For sealing a Provider's list; it does not keep the store open.
    #[must_use]
    pub fn sealing(&self) -> Sealing {
        Sealing { dir: self.dir.clone(), options: self.options.clone() }
    }
}

impl Sealing {
    /// What seals people's numbers in the lists about to be kept; `None` where nothing of people
    /// is kept.
    pub(super) fn sealer(&self) -> Result<Option<Sealer>, StoreError> {
        if self.options.store_pii == Pii::None {
            return Ok(None);
        }
        let key = key_file(&self.dir, self.options.group.as_deref(), SEARCH_KEY_FILE)?;
        Ok(Some(Sealer::new(&key)))
    }
}

impl AcsPrints {
    /// Takes the fingerprints of a list.
    #[must_use]
    pub fn of(acs: &AnySnapshot<AcsDevice>, threads: Threads) -> Self {
        let keep = Keep::new(None, &acs.meta().extra_columns, &[]);
        Self { pieces: pieces(acs.records(), &keep, threads) }
    }
}

impl ProviderPrints {
    /// Takes the fingerprints of a list, whose people are sealed with this.
    pub fn of(provider: &AnySnapshot<ProviderRecord>, sealing: &Sealing, threads: Threads) -> Self {
        let sealer = sealing.sealer();
        let unsealed = sealer.is_err();
        let sealer = sealer.ok().flatten();
        let sealed_with = sealer.as_ref().map(Sealer::id);
        let keep = Keep::new(sealer, &[], &provider.meta().extra_columns);
        let pieces = pieces(provider.records(), &keep, threads);
        Self { pieces, keep, sealed_with, unsealed }
    }
}

/// Both lists with their fingerprints, sorted.
pub(super) struct Printed<'a> {
    acs: NewList<'a, AcsDevice>,
    provider: NewList<'a, ProviderRecord>,
    keep: Arc<Keep>,
    sealed_with: Option<Vec<u8>>,
    unsealed: bool,
}

impl<'a> Printed<'a> {
    pub(super) fn of(
        (acs, provider): (&'a AnySnapshot<AcsDevice>, &'a AnySnapshot<ProviderRecord>),
        (devices, rows): (AcsPrints, ProviderPrints),
    ) -> Result<Self, Bad> {
        let ProviderPrints { pieces, keep, sealed_with, unsealed } = rows;
        let keep = Arc::new(keep.with_acs(&acs.meta().extra_columns));
        let (acs, provider) = at_once(
            || NewList::joined(acs.records(), devices.pieces?, &keep),
            || NewList::joined(provider.records(), pieces?, &keep),
        )?;
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
        // A Provider's list takes as long as all the rest: a third thread would only delay it.
        let drawn = at_once(
            || Ok((draw(views, Series::Acs, acs, devices)?, rest(views, now)?)),
            || Ok(draw(views, Series::Provider, provider, rows)?),
        );
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

/// Takes the fingerprints of a list; whoever is free takes the next records.
fn pieces<R: Record>(records: &[R], keep: &Keep, threads: Threads) -> Result<Vec<Piece>, Bad> {
    let jobs = Jobs::new(records.len().div_ceil(AT_A_TIME));
    let print = |job: usize| piece(records, job, keep);
    let mut pieces = match threads {
        Threads::One => jobs.work(print)?,
        Threads::Two => {
            let (mut some, others) = at_once(|| jobs.work(print), || jobs.work(print))?;
            some.extend(others);
            some
        }
    };
    pieces.sort_unstable_by_key(|(job, _)| *job);
    Ok(pieces.into_iter().map(|(_, piece)| piece).collect())
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
