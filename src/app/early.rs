//! What pairing and the store need of each list, made as soon as the list is read: while one
//! system still answers, the other's list is indexed and its fingerprints are taken.
//!
//! Must not do: need both lists, or hold the store: a reader that is left behind outlives a run.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::app::collect::Meanwhile;
use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord};
use crate::engine::{Indexed, Indexing, Rules, Threads};
use crate::store::{AcsPrints, ProviderPrints, Sealing};

/// What a list is made ready for.
#[derive(Clone)]
pub struct Early {
    indexing: Indexing,
    /// Where it is compared with a store's: what that one seals people with.
    sealing: Option<Sealing>,
    /// Is one of the lists read already? What is made of it must not slow the other's reading; the
    /// one that is last has the machine for itself.
    one_is_read: Arc<AtomicBool>,
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
    /// `sealing` is that of the store, where there is one.
    pub fn new(rules: Arc<Rules>, sealing: Option<Sealing>) -> Self {
        Self { indexing: Indexing::new(rules), sealing, one_is_read: Arc::default() }
    }

    /// A list is read.
    fn threads(&self) -> Threads {
        let is_last = self.one_is_read.swap(true, Ordering::Relaxed);
        if is_last { Threads::Two } else { Threads::One }
    }

    /// Of the ACS's list; again, where more was asked of its devices.
    pub fn acs(&self, list: &AnySnapshot<AcsDevice>) -> OfAcs {
        let threads = self.threads();
        let indexed = self.indexing.acs(list, threads);
        let prints = self.sealing.is_some().then(|| AcsPrints::of(list, threads));
        Made { indexed, prints }
    }

    fn provider(&self, list: &AnySnapshot<ProviderRecord>) -> OfProvider {
        let threads = self.threads();
        let indexed = self.indexing.provider(list, threads);
        let sealing = self.sealing.as_ref();
        let prints = sealing.map(|sealing| ProviderPrints::of(list, sealing, threads));
        Made { indexed, prints }
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
