//! What the store knows before a run: the engine's baseline.
//!
//! Must not do: hand out a Partial snapshot, or anything of a run that is not in the journal.

use jiff::Timestamp;

use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord, Untrusted};
use crate::engine::both::both;
use crate::engine::{Baseline, Ignore, PreviousSide, Prior, Tombstones};
use crate::store::beside::Known;
use crate::store::codec::from_json;
use crate::store::entries::Item;
use crate::store::error::StoreError;
use crate::store::list::Record;
use crate::store::prints::{AcsPrints, Printed, ProviderPrints};
use crate::store::rows::{Rows, View};
use crate::store::series::{self, Head, Loaded, Series, Walk, columns, complete};
use crate::store::tables::{META, RUNS, seq_key};
use crate::store::twin::{Failed, at_once};
use crate::store::{
    Draft, FIRST_ACS, HISTORY_FILE, SEQUENCE, Store, marks, notes, priors, tombstones,
};

impl Store {
    /// Everything remembered. Without `history.redb` the previous sides and findings are
    /// missing, and nothing else.
    ///
    /// # Errors
    /// Where a file can't be read, or holds what acerto did not write.
    pub fn baseline(&self, now: Timestamp) -> Result<Baseline, StoreError> {
        self.read_both(|journal, history| {
            let rest = rest((journal, history), None, now)?;
            let Some(view) = history else { return Ok(rest) };
            let (acs, provider) = at_once::<_, _, Failed>(
                || Ok(previous(journal, view, Series::Acs)?),
                || Ok(previous(journal, view, Series::Provider)?),
            )
            .map_err(|f| f.at(view))?;
            Ok(Baseline { acs, provider, ..rest })
        })
    }

    /// Everything remembered beside two new lists, and these as they are stored. A list that was
    /// known before is told as what of the new one is unchanged, and what is not.
    ///
    /// Makes the key that seals people where there is none. That it can't is no error here, but of
    /// [`Store::record_compared`]: the answer is worth telling all the same.
    ///
    /// # Errors
    /// As [`Store::baseline`].
    pub fn compare<'a>(
        &self,
        acs: &'a AnySnapshot<AcsDevice>,
        provider: &'a AnySnapshot<ProviderRecord>,
        now: Timestamp,
    ) -> Result<(Baseline, Draft<'a>), StoreError> {
        let sealing = self.sealing();
        let prints = both(|| AcsPrints::of(acs), || ProviderPrints::of(provider, &sealing));
        self.compare_printed((acs, provider), prints, Known::default(), now)
    }

    /// The same, of lists whose fingerprints were taken as each was read. What was `known` then is
    /// used where the store still holds it.
    ///
    /// # Errors
    /// As [`Store::compare`].
    pub fn compare_printed<'a>(
        &self,
        (acs, provider): (&'a AnySnapshot<AcsDevice>, &'a AnySnapshot<ProviderRecord>),
        prints: (AcsPrints, ProviderPrints),
        known: Known,
        now: Timestamp,
    ) -> Result<(Baseline, Draft<'a>), StoreError> {
        let printed = Printed::of((acs, provider), prints);
        let printed = printed.map_err(|bad| bad.at(&self.dir.join(HISTORY_FILE)))?;
        self.read_both(|journal, history| {
            Draft::of((journal, history), (acs, provider), printed, (known, now))
        })
    }

    /// A view of both files, of history where there is one.
    pub(super) fn read_both<T>(
        &self,
        read: impl FnOnce(&View, Option<&View>) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        // It may still be opened: no view of the journal is held for that.
        let history = self.history_file()?;
        self.journal.read(|journal| match history {
            Some(history) => history.read(|view| read(journal, Some(view))),
            None => read(journal, None),
        })
    }

    /// The ids of the ACS's devices as its last complete list had them; none without one.
    ///
    /// # Errors
    /// Where a file can't be read, or holds what acerto did not write.
    pub fn known_acs(&self) -> Result<Vec<Untrusted>, StoreError> {
        self.journal.read(|journal| {
            let Some(history) = self.history_file()? else { return Ok(Vec::new()) };
            history.read(|view| {
                let seq = acknowledged(journal, view, Series::Acs)?;
                let walk = seq.map(|seq| Walk::of(view, Series::Acs, seq)).transpose()?.flatten();
                let mut ids = Vec::new();
                let id = |item: Item<'_>, _| {
                    ids.push(AcsDevice::id_of_key(item.key)?);
                    Ok(())
                };
                walk.map_or(Ok(()), |walk| walk.each(view, id))?;
                Ok(ids)
            })
        })
    }
}

/// Ignores still in force, each under the key that it stands for.
fn in_force(journal: &View, now: Timestamp) -> Result<Vec<Ignore>, StoreError> {
    let known = notes::ignores(journal, now)?;
    Ok(known.into_iter().filter(|k| !k.expired).map(|k| k.ignore).collect())
}

/// The newest complete list of a side that a run in the journal stored.
pub(super) fn acknowledged(
    journal: &View,
    view: &View,
    series: Series,
) -> Result<Option<u64>, StoreError> {
    for (_, seq) in complete(view, series)? {
        if journal.get(RUNS, &seq_key(seq))?.is_some() {
            return Ok(Some(seq));
        }
    }
    Ok(None)
}

/// The list of a side to look through: the newest complete one, or where there never was one the
/// newest of all.
pub(super) fn acknowledged_head(
    journal: &View,
    view: &View,
    series: Series,
) -> Result<Option<(u64, Head)>, StoreError> {
    let mut heads = Vec::new();
    series::heads(view, series, |seq, head| {
        heads.push((!head.complete, std::cmp::Reverse((head.taken, seq)), head));
        true
    })?;
    heads.sort_by_key(|(partial, newest, _)| (*partial, *newest));
    for (_, std::cmp::Reverse((_, seq)), head) in heads {
        if journal.get(RUNS, &seq_key(seq))?.is_some() {
            return Ok(Some((seq, head)));
        }
    }
    Ok(None)
}

/// What only a run changes of all that is remembered besides the two sides: more with every day.
pub(super) struct Remembered {
    after: Stamp,
    pub(super) tombstones: Tombstones,
    priors: Vec<Prior>,
}

impl Remembered {
    pub(super) fn read(journal: &View, history: Option<&View>) -> Result<Self, StoreError> {
        let priors = history.map(|view| priors::priors(journal, view)).transpose()?;
        Ok(Self {
            after: stamp((journal, history))?,
            tombstones: tombstones::all(journal)?.into(),
            priors: priors.unwrap_or_default(),
        })
    }
}

/// The last run's number, its line, which tells it from another of its number, and whether there
/// is a history.
type Stamp = (u64, Option<Vec<u8>>, bool);

fn stamp((journal, history): (&View, Option<&View>)) -> Result<Stamp, StoreError> {
    let seq = journal.count(META, SEQUENCE)?;
    Ok((seq, journal.get(RUNS, &seq_key(seq))?, history.is_some()))
}

/// What is remembered besides the two sides; some of it may be `known` already.
pub(super) fn rest(
    (journal, history): (&View, Option<&View>),
    known: Option<Remembered>,
    now: Timestamp,
) -> Result<Baseline, StoreError> {
    let first = journal.get(META, FIRST_ACS)?;
    let first = first.map(|f| journal.believe(from_json(&f))).transpose()?;
    let Remembered { tombstones, priors, .. } = match known {
        Some(known) if known.after == stamp((journal, history))? => known,
        _ => Remembered::read(journal, history)?,
    };
    Ok(Baseline {
        acs: None,
        provider: None,
        first_complete_acs: first,
        tombstones,
        log: marks::log(journal)?,
        priors,
        ignores: in_force(journal, now)?,
    })
}

fn previous<R: Record>(
    journal: &View,
    view: &View,
    series: Series,
) -> Result<Option<PreviousSide<R>>, StoreError> {
    let loaded = acknowledged(journal, view, series)?.map(|seq| Loaded::read(view, series, seq));
    let Some(loaded) = loaded.transpose()?.flatten() else { return Ok(None) };
    let (records, first_seen) = decode(view, series, &loaded)?;
    let fetched_at = view.believe(loaded.head.taken.time())?;
    Ok(Some(PreviousSide {
        run_id: loaded.head.run_id,
        fetched_at,
        records,
        first_seen,
        unchanged: Vec::new(),
    }))
}

/// The records of a list, and when each was first seen.
pub(super) fn decode<R: Record>(
    view: &View,
    series: Series,
    loaded: &Loaded,
) -> Result<(Vec<R>, Vec<Timestamp>), StoreError> {
    let items = view.believe(loaded.items())?;
    let mut cells = columns(view, series, loaded.seq, &loaded.head)?;
    let mut records = Vec::with_capacity(items.len());
    let mut first_seen = Vec::with_capacity(items.len());
    for item in items {
        records.push(view.believe(R::decode(item.body, &mut cells))?);
        first_seen.push(view.believe(item.seen.time())?);
    }
    view.believe(cells.end())?;
    Ok((records, first_seen))
}
