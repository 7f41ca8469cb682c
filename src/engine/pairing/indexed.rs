//! A list that is indexed for pairing before the other one is known: each is, as soon as it is
//! read, and the other's reading is not waited for.
//!
//! Must not do: pair.

use std::marker::PhantomData;
use std::sync::Arc;

use hashbrown::DefaultHashBuilder;

use super::side::{OneSide, With};
use super::{Pairing, Sides};
use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord};
use crate::engine::both::Threads;
use crate::engine::provider_oui;
use crate::engine::rules::Rules;

/// What both lists of one pairing are indexed with. A clone indexes for the same pairing.
#[derive(Clone, Debug)]
pub struct Indexing {
    rules: Arc<Rules>,
    hasher: DefaultHashBuilder,
}

/// A list, indexed; `R` is what it lists.
#[derive(Debug)]
pub struct Indexed<R> {
    side: OneSide,
    of: PhantomData<fn() -> R>,
}

impl Indexing {
    /// By the rules of an ISP.
    #[must_use]
    pub fn new(rules: Arc<Rules>) -> Self {
        Self { rules, hasher: DefaultHashBuilder::default() }
    }

    /// Indexes the ACS's list.
    #[must_use]
    pub fn acs(&self, list: &AnySnapshot<AcsDevice>, threads: Threads) -> Indexed<AcsDevice> {
        let side = OneSide::of_acs(list.records(), &self.with(threads));
        Indexed { side, of: PhantomData }
    }

    /// Indexes the Provider's list.
    #[must_use]
    pub fn provider(
        &self,
        list: &AnySnapshot<ProviderRecord>,
        threads: Threads,
    ) -> Indexed<ProviderRecord> {
        let oui = provider_oui(list);
        let side = OneSide::of_provider(list.records(), oui, &self.with(threads));
        Indexed { side, of: PhantomData }
    }

    fn with(&self, threads: Threads) -> With<'_> {
        With { rules: &self.rules, hasher: &self.hasher, threads }
    }
}

impl Pairing {
    /// Pairs lists that are indexed already. `ouis`: does the Provider tell OUIs?
    ///
    /// # Panics
    /// Where they are other lists than these, or were not indexed for one pairing: a bug.
    #[must_use]
    pub fn of_indexed(
        sides: Sides<'_>,
        ouis: bool,
        (acs, provider): (Indexed<AcsDevice>, Indexed<ProviderRecord>),
    ) -> Self {
        Self::of_sides(sides, ouis, (acs.side, provider.side))
    }
}
