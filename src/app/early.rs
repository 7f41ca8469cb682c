//! What pairing and the store need of each list, made as soon as the list is read: while one
//! system still answers, the other's list is indexed, its fingerprints are taken, and it is
//! compared with the last one known.
//!
//! Must not do: need both lists, or keep the store open but while a list is compared: a reader that
//! is left behind outlives a run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread;
use std::time::Duration;

use crate::app::collect::Meanwhile;
use crate::app::stop::Stop;
use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord};
use crate::engine::{Indexed, Indexing, Rules, Threads};
use crate::store::{AcsPrints, ProviderPrints, Sealing, Store};

/// What a list is made ready for.
#[derive(Clone)]
pub struct Early {
    indexing: Indexing,
    /// Where it is compared with a store's.
    keeping: Option<Keeping>,
    /// Is one of the lists read already?
    one_is_read: Arc<AtomicBool>,
}

/// The store that a list is compared with, and what that one seals people with.
#[derive(Clone)]
struct Keeping {
    store: Weak<Store>,
    sealing: Sealing,
    stop: Stop,
}

/// What was made of a list: its index, and its fingerprints where it is compared with a store's.
pub struct Made<R, P> {
    pub indexed: Indexed<R>,
    pub prints: Option<P>,
}

/// Of the ACS's list.
pub type OfAcs = Made<AcsDevice, AcsPrints>;
/// Of the Provider's list.
pub type OfProvider = Made<ProviderRecord, ProviderPrints>;

impl Early {
    /// `store` is where the lists will be kept, if they will.
    pub fn new(rules: Arc<Rules>, store: Option<&Arc<Store>>, stop: &Stop) -> Self {
        let keeping = store.map(|store| Keeping {
            store: Arc::downgrade(store),
            sealing: store.sealing(),
            stop: stop.clone(),
        });
        Self { indexing: Indexing::new(rules), keeping, one_is_read: Arc::default() }
    }

    /// A list is read. What is made of it must not slow the other's reading; the one that is last
    /// has the machine for itself, and is waited for.
    fn threads(&self) -> Threads {
        let is_last = self.one_is_read.swap(true, Ordering::Relaxed);
        if is_last { Threads::Two } else { Threads::One }
    }

    /// Of the ACS's list; again, where more was asked of its devices.
    pub fn acs(&self, list: &AnySnapshot<AcsDevice>) -> OfAcs {
        let index = |threads| self.indexing.acs(list, threads);
        let prints = |_: &Keeping| AcsPrints::of(list);
        self.made(index, prints, |prints, store, stop| {
            prints.beside(list, store, || stop.asked().is_none())
        })
    }

    fn provider(&self, list: &AnySnapshot<ProviderRecord>) -> OfProvider {
        let index = |threads| self.indexing.provider(list, threads);
        let prints = |keeping: &Keeping| ProviderPrints::of(list, &keeping.sealing);
        self.made(index, prints, |prints, store, stop| {
            prints.beside(list, store, || stop.asked().is_none())
        })
    }

    fn made<R, P: Send>(
        &self,
        index: impl FnOnce(Threads) -> Indexed<R>,
        prints: impl FnOnce(&Keeping) -> P + Send,
        beside: impl FnOnce(P, &Store, &Stop) -> P,
    ) -> Made<R, P> {
        let threads = self.threads();
        let Some(keeping) = &self.keeping else {
            return Made { indexed: index(threads), prints: None };
        };
        let (mut prints, indexed) = threads.both(|| prints(keeping), || index(Threads::One));
        // The list that is read first is held against the last one too, while the other is read.
        // The store is gone with its run, where this reader was left behind.
        if threads == Threads::One
            && let Some(store) = keeping.store.upgrade()
        {
            prints = beside(prints, &store, &keeping.stop);
        }
        Made { indexed, prints: Some(prints) }
    }

    /// For both readers.
    pub fn meanwhile(&self) -> Meanwhile<OfAcs, OfProvider> {
        let (acs, provider) = (self.clone(), self.clone());
        Meanwhile {
            acs: Box::new(move |list| acs.acs(list)),
            provider: Box::new(move |list| provider.provider(list)),
        }
    }
}

/// Waits until no reader that was left behind holds its list against the store any more, so that it
/// is closed as after any run: they leave when they see that somebody asked to stop.
pub fn wait_for_readers(store: &Arc<Store>) {
    for _ in 0..LEFT_LOOKS {
        if Arc::strong_count(store) == 1 {
            return;
        }
        thread::sleep(LEFT_EVERY);
    }
}

/// How often, and after how long each time: half a second together. One that waits for the store
/// itself to open is not waited for.
const LEFT_LOOKS: u32 = 100;
const LEFT_EVERY: Duration = Duration::from_millis(5);

#[cfg(test)]
mod tests {
    use super::*;

    use crate::domain::SnapshotMeta;
    use crate::store::StoreOptions;

    fn devices() -> AnySnapshot<AcsDevice> {
        let meta = SnapshotMeta::at(jiff::Timestamp::UNIX_EPOCH);
        AnySnapshot::new(meta, vec![AcsDevice::default()])
    }

    #[test]
    fn the_list_that_is_read_last_has_two_threads_and_any_after_it() {
        let early = Early::new(Arc::new(Rules::default()), None, &Stop::default());
        let reader = early.clone();
        assert_eq!(reader.threads(), Threads::One);
        assert_eq!([early.threads(), early.threads()], [Threads::Two; 2]);
    }

    #[test]
    fn a_reader_keeps_no_store_open_that_its_run_has_left() {
        let dir = tempfile::tempdir().unwrap();
        let store = Arc::new(Store::open(dir.path(), &StoreOptions::default()).unwrap());
        let early = Early::new(Arc::new(Rules::default()), Some(&store), &Stop::default());
        let (reader, left_behind) = (early.clone(), early);
        assert!(reader.acs(&devices()).prints.is_some());
        assert_eq!(Arc::strong_count(&store), 1);
        wait_for_readers(&store);
        drop(store);
        left_behind.one_is_read.store(false, Ordering::Relaxed);
        assert!(left_behind.acs(&devices()).prints.is_some(), "without a comparison");
    }
}
