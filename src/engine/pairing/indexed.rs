//! A list that is indexed for pairing before the other one is known: its records while the rest is
//! still being read, and all of it as soon as it is there.
//!
//! Must not do: pair.

use std::marker::PhantomData;
use std::sync::Arc;

use hashbrown::DefaultHashBuilder;

use super::side::{Filling, OneSide, With};
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

/// What identifies the records of a list that were read so far, or of a part of them; `R` is what
/// it lists.
#[derive(Debug)]
pub struct Taken<R> {
    side: Filling,
    of: PhantomData<fn() -> R>,
}

impl<R> Taken<R> {
    /// How many records were taken.
    #[must_use]
    pub fn len(&self) -> usize {
        self.side.len()
    }

    /// Was none taken?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes the part after this one.
    pub fn append(&mut self, after: Self) {
        self.side.append(after.side);
    }
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
        let oui = provider_oui(&list.meta().extra_columns);
        let side = OneSide::of_provider(list.records(), oui, &self.with(threads));
        Indexed { side, of: PhantomData }
    }

    /// Begins to take records, of which the first stands at `first` in its list.
    #[must_use]
    pub fn begin<R>(&self, first: usize) -> Taken<R> {
        Taken { side: Filling::starting_at(first, 0, &self.hasher), of: PhantomData }
    }

    /// Takes the next devices of the ACS.
    pub fn take_acs(&self, taken: &mut Taken<AcsDevice>, devices: &[AcsDevice]) {
        taken.side.take_acs(devices, &self.with(Threads::One));
    }

    /// Takes the next rows of the Provider; `columns` are its extra ones, those at least that these
    /// rows have.
    pub fn take_provider(
        &self,
        taken: &mut Taken<ProviderRecord>,
        rows: &[ProviderRecord],
        columns: &[Box<str>],
    ) {
        taken.side.take_provider(rows, provider_oui(columns), &self.with(Threads::One));
    }

    /// Indexes the ACS's list, all of which was taken.
    #[must_use]
    pub fn acs_taken(&self, taken: Taken<AcsDevice>, threads: Threads) -> Indexed<AcsDevice> {
        let side = OneSide::of_acs_filled(taken.side, &self.with(threads));
        Indexed { side, of: PhantomData }
    }

    /// Indexes the Provider's list, all of which was taken.
    ///
    /// # Panics
    /// Where it is of more rows than `list`: a bug.
    #[must_use]
    pub fn provider_taken(
        &self,
        taken: Taken<ProviderRecord>,
        list: &AnySnapshot<ProviderRecord>,
        threads: Threads,
    ) -> Indexed<ProviderRecord> {
        let side = OneSide::of_provider_filled(taken.side, list.records(), &self.with(threads));
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
