//! Follows a list while it is read: what pairs a record, and its fingerprint, are made as soon as
//! the record is there, while it is near and the source is mostly being waited for.
//!
//! Must not do: hold on to what was made of a list that no longer stands; the sealing key is looked
//! for when there is a record, and not before.

use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

use crate::app::collect::Maker;
use crate::app::early::{Early, Made};
use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord};
use crate::engine::{Indexed, Indexing, Taken, Threads};
use crate::ports::Follower;
use crate::store::{AcsPrints, Printing, Prints, ProviderPrints};

/// Either list, for pairing as for the store.
pub trait Followed: Prints + Send + 'static {
    /// Takes what pairs the next records.
    fn identify(
        indexing: &Indexing,
        taken: &mut Taken<Self::Record>,
        records: &[Self::Record],
        columns: &[Box<str>],
    );

    /// Indexes a list, all of which was `taken`, or nothing.
    fn index(
        indexing: &Indexing,
        list: &AnySnapshot<Self::Record>,
        taken: Option<Taken<Self::Record>>,
        threads: Threads,
    ) -> Indexed<Self::Record>;
}

impl Followed for AcsPrints {
    fn identify(
        indexing: &Indexing,
        taken: &mut Taken<AcsDevice>,
        devices: &[AcsDevice],
        _: &[Box<str>],
    ) {
        indexing.take_acs(taken, devices);
    }

    fn index(
        indexing: &Indexing,
        list: &AnySnapshot<AcsDevice>,
        taken: Option<Taken<AcsDevice>>,
        threads: Threads,
    ) -> Indexed<AcsDevice> {
        indexing.acs(list, taken, threads)
    }
}

impl Followed for ProviderPrints {
    fn identify(
        indexing: &Indexing,
        taken: &mut Taken<ProviderRecord>,
        rows: &[ProviderRecord],
        columns: &[Box<str>],
    ) {
        indexing.take_provider(taken, rows, columns);
    }

    fn index(
        indexing: &Indexing,
        list: &AnySnapshot<ProviderRecord>,
        taken: Option<Taken<ProviderRecord>>,
        threads: Threads,
    ) -> Indexed<ProviderRecord> {
        indexing.provider(list, taken, threads)
    }
}

/// What was made of records that follow one another in a list.
pub struct Part<P: Followed> {
    /// Where the first of them stands.
    first: usize,
    pub taken: Taken<P::Record>,
    /// Where the list is compared with a store's.
    pub printed: Option<Printing>,
}

impl<P: Followed> Part<P> {
    fn end(&self) -> usize {
        self.first + self.taken.len()
    }
}

/// Follows one list. A part may grow on each of several threads.
pub struct Following<P: Followed> {
    early: Early,
    /// What all its fingerprints are begun with.
    begun: OnceLock<Printing>,
    parts: Mutex<Vec<Part<P>>>,
}

impl<P: Followed> Following<P> {
    pub fn new(early: Early) -> Self {
        Self { early, begun: OnceLock::new(), parts: Mutex::default() }
    }

    fn parts(&self) -> MutexGuard<'_, Vec<Part<P>>> {
        self.parts.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The part that the record at `at` goes on with.
    fn part(&self, at: usize) -> Part<P> {
        let mut parts = self.parts();
        let known = parts.iter().position(|part| part.end() == at);
        if let Some(known) = known {
            return parts.swap_remove(known);
        }
        drop(parts);
        let printed = self.early.sealing().map(|sealing| {
            let begun = self.begun.get_or_init(|| P::begin(sealing));
            P::part(begun, at, 0)
        });
        Part { first: at, taken: self.early.indexing().begin(at), printed }
    }

    /// All parts as one, where they are of so many records without a gap.
    fn whole(self, records: usize) -> Option<Part<P>> {
        let mut parts = self.parts.into_inner().unwrap_or_else(PoisonError::into_inner);
        parts.sort_by_key(|part| part.first);
        let mut parts = parts.into_iter();
        let mut whole = parts.next().filter(|part| part.first == 0)?;
        for after in parts {
            if after.first != whole.end() {
                return None;
            }
            whole.taken.append(after.taken);
            if let (Some(printed), Some(more)) = (&mut whole.printed, after.printed) {
                printed.append(more);
            }
        }
        (whole.end() == records).then_some(whole)
    }
}

impl<P: Followed> Follower<P::Record> for Following<P> {
    fn begin(&self) {
        self.parts().clear();
    }

    fn follow(&self, at: usize, records: &[P::Record], columns: &[Box<str>]) {
        if self.early.is_left_behind() {
            return;
        }
        let mut part = self.part(at);
        P::identify(self.early.indexing(), &mut part.taken, records, columns);
        if let Some(printed) = &mut part.printed {
            P::take(printed, records, columns);
        }
        self.parts().push(part);
    }
}

impl<P: Followed> Maker<P::Record> for Following<P> {
    type Made = Made<P::Record, P>;

    fn make(self, list: &AnySnapshot<P::Record>) -> Self::Made {
        let early = self.early.clone();
        early.made(list, self.whole(list.records().len()))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::thread;

    use jiff::Timestamp;

    use super::*;
    use crate::app::stop::Stop;
    use crate::domain::{SnapshotMeta, Untrusted};
    use crate::engine::Rules;
    use crate::store::{Store, StoreOptions};

    struct World {
        _dir: tempfile::TempDir,
        /// Lists are compared with it as long as it is there.
        _store: Arc<Store>,
        early: Early,
        list: AnySnapshot<ProviderRecord>,
    }

    fn world() -> World {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(dir.path(), &StoreOptions::default()).unwrap());
        let early = Early::new(Arc::new(Rules::default()), Some(&store), &Stop::default());
        let row = |n: usize| ProviderRecord {
            device_id: Untrusted::present(&(1000 - n).to_string()),
            serial: Untrusted::present(&format!("HWTC{n:08}")),
            login: Untrusted::present(&format!("cliente{}", n / 2)),
            ..ProviderRecord::default()
        };
        let meta = SnapshotMeta::at(Timestamp::UNIX_EPOCH);
        let list = AnySnapshot::new(meta, (0..700).map(row).collect());
        World { _dir: dir, _store: store, early, list }
    }

    /// Tells of these bits of the list, and how many records stand then as the whole of it.
    fn stands(world: &World, bits: &[(usize, usize)]) -> Option<usize> {
        let following = Following::<ProviderPrints>::new(world.early.clone());
        following.begin();
        for (from, to) in bits {
            following.follow(*from, &world.list.records()[*from..*to], &[]);
        }
        following.whole(world.list.records().len()).map(|whole| whole.end())
    }

    #[test]
    fn only_what_is_followed_without_a_gap_to_the_end_is_a_list() {
        let world = world();
        for bits in [
            &[(0, 700)][..],
            &[(0, 256), (256, 512), (512, 700)],
            &[(350, 600), (0, 256), (600, 700), (256, 350)],
        ] {
            assert_eq!(stands(&world, bits), Some(700), "{bits:?}");
        }
        for bits in [
            &[][..],
            &[(0, 699)],
            &[(1, 700)],
            &[(0, 300), (301, 700)],
            &[(0, 300), (300, 650)],
            &[(0, 300), (299, 700)],
        ] {
            assert_eq!(stands(&world, bits), None, "{bits:?}");
        }
    }

    #[test]
    fn what_was_told_before_a_list_began_again_is_no_part_of_it() {
        let world = world();
        let following = Following::<ProviderPrints>::new(world.early.clone());
        following.follow(0, &world.list.records()[..600], &[]);
        following.begin();
        following.follow(0, &world.list.records()[..100], &[]);
        assert!(following.whole(700).is_none());
    }

    #[test]
    fn a_list_that_was_followed_on_two_threads_is_made_as_one_that_was_not() {
        let world = world();
        let following = Following::<ProviderPrints>::new(world.early.clone());
        let (early, late) = world.list.records().split_at(333);
        thread::scope(|scope| {
            for (first, part) in [(0, early), (333, late)] {
                let following = &following;
                scope.spawn(move || {
                    for (at, bit) in (first..).step_by(10).zip(part.chunks(10)) {
                        following.follow(at, bit, &[]);
                    }
                });
            }
        });
        let whole = following.whole(700).unwrap();
        let followed = world.early.made(&world.list, Some(whole));
        let made = world.early.made::<ProviderPrints>(&world.list, None);
        assert_eq!(format!("{:?}", followed.indexed), format!("{:?}", made.indexed));
        assert!(followed.prints.is_some() && made.prints.is_some());
    }

    #[test]
    fn who_is_to_stop_makes_no_key_any_more() {
        let World { _dir: dir, _store: store, list, .. } = world();
        let stop = Stop::default();
        let early = Early::new(Arc::new(Rules::default()), Some(&store), &stop);
        let following = Following::<ProviderPrints>::new(early);
        let key = dir.path().join("search.key");
        stop.ask();
        following.follow(0, list.records(), &[]);
        assert!(!key.exists());
        stop.forget();
        following.follow(0, list.records(), &[]);
        assert!(key.exists());
    }
}
