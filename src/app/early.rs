//! What pairing and the store need of each list, made while and as soon as it is read: while one
//! system still answers, the other's list is indexed, its fingerprints are sorted, and it is
//! compared with the last one known; and what that system's list, and the findings of both, will be
//! compared with is made ready.
//!
//! Must not do: need both lists, or keep the store open but while it is read: a reader that is left
//! behind outlives a run.

use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::thread;
use std::time::Duration;

use crate::app::collect::Meanwhile;
use crate::app::following::{Followed, Following, Part};
use crate::app::stop::Stop;
use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord};
use crate::engine::both::both;
use crate::engine::{Indexed, Indexing, Rules, Threads};
use crate::store::{AcsPrints, Known, Prints, ProviderPrints, Sealing, Store};

/// What a list is made ready for.
#[derive(Clone)]
pub struct Early {
    indexing: Indexing,
    /// Where it is compared with a store's.
    keeping: Option<Keeping>,
    /// Is one of the lists read already?
    one_is_read: Arc<AtomicBool>,
    /// How many systems answered to the end, or failed.
    ended: Arc<AtomicU8>,
    /// What the list that is still being read, and the findings, will be compared with.
    known: Arc<Mutex<Known>>,
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
        Self {
            indexing: Indexing::new(rules),
            keeping,
            one_is_read: Arc::default(),
            ended: Arc::default(),
            known: Arc::default(),
        }
    }

    /// A list is read. What is made of it must not slow the other's reading; the one that is last
    /// has the machine for itself, and is waited for.
    fn threads(&self) -> Threads {
        let is_last = self.one_is_read.swap(true, Ordering::Relaxed);
        if is_last { Threads::Two } else { Threads::One }
    }

    /// A system answered to the end, or failed.
    fn one_more_ended(&self) {
        self.ended.fetch_add(1, Ordering::Relaxed);
    }

    /// Is a list still being read?
    fn one_is_awaited(&self) -> bool {
        self.ended.load(Ordering::Relaxed) < 2
    }

    /// Of the ACS's list; again, where more was asked of its devices.
    pub fn acs(&self, list: &AnySnapshot<AcsDevice>) -> OfAcs {
        self.made(list, None)
    }

    /// Of a list, or of what was made of all its records while it was read.
    pub fn made<P: Followed>(
        &self,
        list: &AnySnapshot<P::Record>,
        whole: Option<Part<P>>,
    ) -> Made<P::Record, P> {
        let (threads, indexing) = (self.threads(), &self.indexing);
        let (taken, printed) = whole.map(|whole| (whole.taken, whole.printed)).unzip();
        let index = |threads| P::index(indexing, list, taken, threads);
        let Some(keeping) = &self.keeping else {
            return Made { indexed: index(threads), prints: None };
        };
        let prints = || match printed.flatten() {
            Some(printed) => P::taken(printed, list),
            None => P::of_all(&P::begin(&keeping.sealing), list),
        };
        let (prints, indexed) = match threads {
            Threads::One => {
                let (prints, indexed) = (prints(), index(Threads::One));
                (self.look_back(prints, list, keeping), indexed)
            }
            Threads::Two | Threads::TwoAtLast => both(prints, || index(Threads::TwoAtLast)),
        };
        Made { indexed, prints: Some(prints) }
    }

    /// While the other list is read, the one that was read first is held against the last one
    /// known of it. What else would be done once both are there is done now as long as there is
    /// time: what is new is packed, and the last ones known of the other and of the findings are
    /// laid out.
    fn look_back<P: Prints>(
        &self,
        prints: P,
        list: &AnySnapshot<P::Record>,
        Keeping { store, stop, .. }: &Keeping,
    ) -> P {
        // The store is gone with its run, where this reader was left behind.
        let Some(store) = store.upgrade() else { return prints };
        let is_asked = || stop.asked().is_some();
        let prints = prints.beside(list, &store, || !is_asked());
        let is_time = || self.one_is_awaited() && !is_asked();
        let prints = if is_time() { prints.packed(list) } else { prints };
        let known = store.known(P::OTHER, is_time);
        // That takes a while, and needs no store.
        drop(store);
        if is_time() {
            known.identify(self.indexing.rules());
        }
        *self.known.lock().unwrap_or_else(PoisonError::into_inner) = known;
        prints
    }

    /// What the list that was read last is held against, as far as it is known already.
    pub fn take_known(&self) -> Known {
        std::mem::take(&mut *self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// For both readers.
    pub fn meanwhile(&self) -> Meanwhile<Following<AcsPrints>, Following<ProviderPrints>> {
        let early = self.clone();
        Meanwhile {
            acs: Following::new(self.clone()),
            provider: Following::new(self.clone()),
            ended: Arc::new(move || early.one_more_ended()),
        }
    }

    /// Did somebody ask to stop? Then nothing is made any more, and no key.
    pub fn is_left_behind(&self) -> bool {
        self.keeping.as_ref().is_some_and(|keeping| keeping.stop.asked().is_some())
    }

    /// What lists are indexed with.
    pub fn indexing(&self) -> &Indexing {
        &self.indexing
    }

    /// What people are sealed with, where the lists are compared with a store's.
    pub fn sealing(&self) -> Option<&Sealing> {
        self.keeping.as_ref().map(|keeping| &keeping.sealing)
    }
}

/// Waits until no reader that was left behind reads the store any more, so that it is closed as
/// after any run: they leave when they see that somebody asked to stop.
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
    fn a_system_that_failed_is_awaited_no_longer() {
        let early = Early::new(Arc::new(Rules::default()), None, &Stop::default());
        let (reader, meanwhile) = (early.clone(), early.meanwhile());
        assert!(reader.one_is_awaited());
        (meanwhile.ended)();
        assert!(reader.one_is_awaited());
        (meanwhile.ended)();
        assert!(!reader.one_is_awaited());
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
