//! The lists of a run beside the last complete ones known.
//!
//! Both lists are compared once, and again where another run was recorded meanwhile: the engine is
//! told what changed, and what is stored is the same.
//! Must not do: change a table, keep a file open while it takes fingerprints, or hand out a record
//! that the store does not hold.

use std::path::PathBuf;
use std::sync::Arc;

use jiff::Timestamp;

use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord};
use crate::engine::{Baseline, PreviousSide};
use crate::store::baseline::{acknowledged, rest};
use crate::store::codec::columns::Cells;
use crate::store::codec::device::Keep;
use crate::store::codec::{Bad, bad};
use crate::store::entries::Change;
use crate::store::error::StoreError;
use crate::store::key_file::key_file;
use crate::store::list::{NewList, Piece, Record, Sorted};
use crate::store::options::Mode;
use crate::store::rows::{Rows, View};
use crate::store::search::Sealer;
use crate::store::series::{self, Compared, Series, Walk, columns};
use crate::store::twin::{Failed, at_once, at_once_apart};
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

/// The keys and fingerprints of the ACS's list, sorted: taken as soon as the list is read, while
/// the Provider's is still being read, and before any lock is.
pub struct AcsPrints {
    ready: Result<Ready<AcsDevice>, Bad>,
}

/// The same of the Provider's list, and what they were made with.
pub struct ProviderPrints {
    ready: Result<Ready<ProviderRecord>, Bad>,
    keep: Arc<Keep>,
    sealed_with: Option<Vec<u8>>,
    unsealed: bool,
}

/// A list that was read, made ready for the store; and what it is beside the last complete one
/// known, where there was time to look while the other list was being read.
struct Ready<R> {
    sorted: Sorted,
    beside: SeenEarly<R>,
}

/// What was seen early, or why it could not be; `None`: nobody looked.
type SeenEarly<R> = Option<Result<Beside<R>, StoreError>>;

/// What a list is beside the last complete one known, and what the engine is told of that.
struct Beside<R> {
    compared: Compared,
    then: Option<PreviousSide<R>>,
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
    pub fn of(acs: &AnySnapshot<AcsDevice>) -> Self {
        let keep = Keep::new(None, &acs.meta().extra_columns, &[]);
        Self { ready: Ready::of(acs.records(), &Arc::new(keep)) }
    }

    /// Compares the list with what the store holds now, as long as somebody is `waiting`; when both
    /// lists are compared this is looked at again. A store that can't be read tells that then.
    #[must_use]
    pub fn beside(
        self,
        acs: &AnySnapshot<AcsDevice>,
        store: &Store,
        waiting: impl Fn() -> bool + Copy,
    ) -> Self {
        let compare = |ready: Ready<_>| ready.beside(Series::Acs, acs, (store, waiting));
        Self { ready: self.ready.and_then(compare) }
    }
}

impl ProviderPrints {
    /// Takes the fingerprints of a list, whose people are sealed with this.
    #[must_use]
    pub fn of(provider: &AnySnapshot<ProviderRecord>, sealing: &Sealing) -> Self {
        let sealer = sealing.sealer();
        let unsealed = sealer.is_err();
        let sealer = sealer.ok().flatten();
        let sealed_with = sealer.as_ref().map(Sealer::id);
        let keep = Arc::new(Keep::new(sealer, &[], &provider.meta().extra_columns));
        let ready = Ready::of(provider.records(), &keep);
        Self { ready, keep, sealed_with, unsealed }
    }

    /// As [`AcsPrints::beside`].
    #[must_use]
    pub fn beside(
        self,
        provider: &AnySnapshot<ProviderRecord>,
        store: &Store,
        waiting: impl Fn() -> bool + Copy,
    ) -> Self {
        let compare = |ready: Ready<_>| ready.beside(Series::Provider, provider, (store, waiting));
        Self { ready: self.ready.and_then(compare), ..self }
    }
}

impl<R: Record> Ready<R> {
    fn of(records: &[R], keep: &Arc<Keep>) -> Result<Self, Bad> {
        let piece = Piece::of(records, 0, keep)?;
        let sorted = NewList::joined(records, vec![piece], keep)?.apart();
        Ok(Self { sorted, beside: None })
    }

    fn beside(
        self,
        series: Series,
        list: &AnySnapshot<R>,
        (store, waiting): (&Store, impl Fn() -> bool + Copy),
    ) -> Result<Self, Bad> {
        // A store that is held alone is held once, when both lists are there.
        if store.options.mode == Mode::Exclusive {
            return Ok(self);
        }
        let new = NewList::again(list.records(), self.sorted)?;
        let compared = store
            .read_both(|journal, history| compare((journal, history), series, list, &new, waiting));
        Ok(Self { sorted: new.apart(), beside: waiting().then_some(compared) })
    }
}

/// Both lists with their fingerprints.
pub(super) struct Printed<'a> {
    acs: (NewList<'a, AcsDevice>, SeenEarly<AcsDevice>),
    provider: (NewList<'a, ProviderRecord>, SeenEarly<ProviderRecord>),
    keep: Arc<Keep>,
    sealed_with: Option<Vec<u8>>,
    unsealed: bool,
}

impl<'a> Printed<'a> {
    pub(super) fn of(
        (acs, provider): (&'a AnySnapshot<AcsDevice>, &'a AnySnapshot<ProviderRecord>),
        (devices, rows): (AcsPrints, ProviderPrints),
    ) -> Result<Self, Bad> {
        let ProviderPrints { ready, keep, sealed_with, unsealed } = rows;
        let keep = Arc::new(keep.with_acs(&acs.meta().extra_columns));
        let (devices, rows) = (devices.ready?, ready?);
        Ok(Self {
            acs: (NewList::again(acs.records(), devices.sorted)?, devices.beside),
            provider: (NewList::again(provider.records(), rows.sorted)?, rows.beside),
            keep,
            sealed_with,
            unsealed,
        })
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

/// A list beside the last complete one, and what of that the engine is told. What was looked at
/// before holds only where no other run has been recorded since.
fn draw<'a, R: Record>(
    (journal, history): (&View, Option<&View>),
    series: Series,
    snapshot: &AnySnapshot<R>,
    (list, early): (NewList<'a, R>, SeenEarly<R>),
) -> Result<(Drawn<'a, R>, Option<PreviousSide<R>>), StoreError> {
    let beside = match early.transpose()? {
        Some(beside) if is_beside((journal, history), series, &beside)? => beside,
        _ => compare((journal, history), series, snapshot, &list, || true)?,
    };
    let Beside { compared, then } = beside;
    Ok((Drawn { list, compared }, then))
}

/// Is the list that was compared with still the last complete one?
fn is_beside<R>(
    (journal, history): (&View, Option<&View>),
    series: Series,
    beside: &Beside<R>,
) -> Result<bool, StoreError> {
    let known = history.map(|view| acknowledged(journal, view, series)).transpose()?.flatten();
    beside.compared.is_beside(history.unwrap_or(journal), series, known)
}

/// Compares one list with the last complete one; breaks off where nobody is `waiting` any more.
fn compare<R: Record>(
    (journal, history): (&View, Option<&View>),
    series: Series,
    snapshot: &AnySnapshot<R>,
    list: &NewList<'_, R>,
    waiting: impl Fn() -> bool,
) -> Result<Beside<R>, StoreError> {
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
        let compared = series::compare(journal, list, None, taken, |_| Ok(()))?;
        return Ok(Beside { compared, then: None });
    };
    let mut then = Then::new(view, series, &before, snapshot.records().len())?;
    let compared = series::compare(view, list, Some(&before), taken, |change| {
        if waiting() { then.meet(change, list) } else { Err(bad("nobody waits for it")) }
    })?;
    let then = Some(view.believe(then.side(&before))?);
    Ok(Beside { compared, then })
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
