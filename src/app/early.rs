//! What pairing and the store need of each list, made as soon as the list is read: while one
//! system still answers, the other's list is indexed, its fingerprints are taken, and it is
//! compared with the last one known.
//!
//! Must not do: need both lists, or keep the store open but while a list is compared: a reader that
//! is left behind outlives a run.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};

use crate::app::collect::Meanwhile;
use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord};
use crate::engine::{Indexed, Indexing, Rules, Threads};
use crate::store::{AcsPrints, ProviderPrints, Sealing, Store};

/// What a list is made ready for.
#[derive(Clone)]
pub struct Early {
    indexing: Indexing,
    /// Where it is compared with a store's.
    memory: Option<Memory>,
    /// Is one of the lists read already?
    one_is_read: Arc<AtomicBool>,
}

/// The store that a list is compared with, and what that one seals people with.
#[derive(Clone)]
struct Memory {
    store: Weak<Store>,
    sealing: Sealing,
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
    pub fn new(rules: Arc<Rules>, store: Option<&Arc<Store>>) -> Self {
        let memory =
            store.map(|store| Memory { store: Arc::downgrade(store), sealing: store.sealing() });
        Self { indexing: Indexing::new(rules), memory, one_is_read: Arc::default() }
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
        let prints = |_: &Memory| AcsPrints::of(list);
        self.made(index, prints, |prints, store| prints.beside(list, store))
    }

    fn provider(&self, list: &AnySnapshot<ProviderRecord>) -> OfProvider {
        let index = |threads| self.indexing.provider(list, threads);
        let prints = |memory: &Memory| ProviderPrints::of(list, &memory.sealing);
        self.made(index, prints, |prints, store| prints.beside(list, store))
    }

    fn made<R, P: Send>(
        &self,
        index: impl FnOnce(Threads) -> Indexed<R>,
        prints: impl FnOnce(&Memory) -> P + Send,
        beside: impl FnOnce(P, &Store) -> P,
    ) -> Made<R, P> {
        let threads = self.threads();
        let Some(memory) = &self.memory else {
            return Made { indexed: index(threads), prints: None };
        };
        let (mut prints, indexed) = threads.both(|| prints(memory), || index(Threads::One));
        // The list that is read first is held against the last one too, while the other is read.
        // The store is gone with its run, where this reader was left behind.
        let store = memory.store.upgrade().filter(|_| threads == Threads::One);
        if let Some(store) = store {
            prints = beside(prints, &store);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_that_is_read_last_has_two_threads_and_any_after_it() {
        let early = Early::new(Arc::new(Rules::default()), None);
        let reader = early.clone();
        assert_eq!(reader.threads(), Threads::One);
        assert_eq!([early.threads(), early.threads()], [Threads::Two; 2]);
    }
}
