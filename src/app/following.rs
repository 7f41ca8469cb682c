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
pub trait Listed: Prints + Send + 'static {
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

impl Listed for AcsPrints {
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
        match taken {
            Some(taken) => indexing.acs_taken(taken, threads),
            None => indexing.acs(list, threads),
        }
    }
}

impl Listed for ProviderPrints {
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
        match taken {
            Some(taken) => indexing.provider_taken(taken, list, threads),
            None => indexing.provider(list, threads),
        }
    }
}

/// What was made of records that follow one another in a list.
pub struct Part<P: Listed> {
    /// Where the first of them stands.
    first: usize,
    pub taken: Taken<P::Record>,
    /// Where the list is compared with a store's.
    pub printed: Option<Printing>,
}

impl<P: Listed> Part<P> {
    fn end(&self) -> usize {
        self.first + self.taken.len()
    }
}

/// Follows one list. A part may grow on each of several threads.
pub struct Following<P: Listed> {
    early: Early,
    /// What all its fingerprints are begun with.
    begun: OnceLock<Printing>,
    parts: Mutex<Vec<Part<P>>>,
}

impl<P: Listed> Following<P> {
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

impl<P: Listed> Follower<P::Record> for Following<P> {
    fn begin(&self) {
        self.parts().clear();
    }

    fn follow(&self, at: usize, records: &[P::Record], columns: &[Box<str>]) {
        let mut part = self.part(at);
        P::identify(self.early.indexing(), &mut part.taken, records, columns);
        if let Some(printed) = &mut part.printed {
            P::take(printed, records, columns);
        }
        self.parts().push(part);
    }
}

impl<P: Listed> Maker<P::Record> for Following<P> {
    type Made = Made<P::Record, P>;

    fn make(self, list: &AnySnapshot<P::Record>) -> Self::Made {
        let early = self.early.clone();
        early.made(list, self.whole(list.records().len()))
    }
}
