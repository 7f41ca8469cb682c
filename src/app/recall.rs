//! What is remembered beside the lists, on a thread of its own: they are compared with the store's,
//! and what is new in them is packed, while they are paired and explained.
//!
//! Must not do: keep pairing or explaining waiting for the packing, or record anything.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::thread::{Scope, ScopedJoinHandle};

use jiff::Timestamp;

use crate::app::collect::Collected;
use crate::app::error::AppError;
use crate::engine::Baseline;
use crate::store::{AcsPrints, Draft, Known, ProviderPrints, Store, StoreError};

/// A store to compare with, and what is ready of the lists for that.
pub struct Remembered<'a> {
    pub store: &'a Arc<Store>,
    pub prints: (AcsPrints, ProviderPrints),
    pub known: Known,
}

/// The thread, where there is a store.
pub struct Recalling<'s, 'a> {
    baselines: Receiver<Result<Baseline, StoreError>>,
    drafts: Option<ScopedJoinHandle<'s, Option<Draft<'a>>>>,
}

impl<'s, 'a: 's> Recalling<'s, 'a> {
    /// Begins to compare lists that were read by a run that `started` then.
    pub fn begin(
        scope: &'s Scope<'s, '_>,
        Collected { acs, provider, .. }: &'a Collected,
        remembered: Option<Remembered<'a>>,
        started: Timestamp,
    ) -> Self {
        let (sender, baselines) = channel();
        let drafts = remembered.map(|Remembered { store, prints, known }| {
            scope.spawn(move || {
                let lists = (acs, provider);
                let (baseline, draft) =
                    store.compare_printed(lists, prints, known, started).map_or_else(
                        |error| (Err(error), None),
                        |(baseline, draft)| (Ok(baseline), Some(draft)),
                    );
                // Nobody listens where the run has failed before; one that fails after it was told
                // waits for what little is packed.
                sender.send(baseline).ok().and(draft).map(Draft::packed)
            })
        });
        Self { baselines, drafts }
    }

    /// Waits for what the lists are beside the last ones known; without a store, nothing.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn baseline(&mut self) -> Result<Baseline, AppError> {
        match (&self.drafts, self.baselines.recv()) {
            (_, Ok(baseline)) => Ok(baseline?),
            (None, Err(_)) => Ok(Baseline::default()),
            (Some(_), Err(_)) => {
                // It ended without a word: its panic goes on here.
                self.draft();
                Err(AppError::Bug("nothing was told of what is remembered".to_owned()))
            }
        }
    }

    /// Waits for the lists as they will be recorded: once.
    ///
    /// # Panics
    /// Where the thread panicked.
    pub fn draft(&mut self) -> Option<Draft<'a>> {
        let draft = self.drafts.take()?.join();
        draft.unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    }
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;
    use crate::app::collect::{Maker as _, Span};
    use crate::app::early::Early;
    use crate::app::stop::Stop;
    use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord, SnapshotMeta, Untrusted};
    use crate::engine::Rules;
    use crate::store::StoreOptions;

    fn collected() -> Collected {
        let at = Timestamp::UNIX_EPOCH;
        let meta = || SnapshotMeta::at(at);
        let device = AcsDevice { id: Untrusted::new("a1"), ..AcsDevice::default() };
        let acs = AnySnapshot::new(meta(), vec![device]);
        let provider = AnySnapshot::new(meta(), vec![ProviderRecord::default()]);
        let read = Span { from: at, to: at };
        Collected { acs, provider, acs_read: read, provider_read: read }
    }

    fn remembered<'s>(store: &'s Arc<Store>, lists: &Collected) -> Remembered<'s> {
        let early = Early::new(Arc::new(Rules::default()), Some(store), &Stop::default());
        let meanwhile = early.meanwhile();
        let acs = meanwhile.acs.make(&lists.acs).prints.unwrap();
        let provider = meanwhile.provider.make(&lists.provider).prints.unwrap();
        Remembered { store, prints: (acs, provider), known: early.take_known() }
    }

    #[test]
    fn without_a_store_nothing_is_remembered() {
        let lists = collected();
        thread::scope(|scope| {
            let mut recalling = Recalling::begin(scope, &lists, None, Timestamp::UNIX_EPOCH);
            let baseline = recalling.baseline().unwrap();
            assert!(baseline.acs.is_none() && recalling.draft().is_none());
        });
    }

    #[test]
    fn what_is_remembered_is_told_once_and_the_draft_is_handed_out() {
        let (dir, lists) = (tempfile::tempdir().unwrap(), collected());
        let store = Arc::new(Store::open(dir.path(), &StoreOptions::default()).unwrap());
        thread::scope(|scope| {
            let remembered = remembered(&store, &lists);
            let at = Timestamp::UNIX_EPOCH;
            let mut recalling = Recalling::begin(scope, &lists, Some(remembered), at);
            assert!(recalling.baseline().unwrap().acs.is_none());
            assert!(recalling.draft().is_some() && recalling.draft().is_none());
        });
    }

    #[test]
    fn lists_that_are_not_those_made_ready_are_an_error_and_nobody_waits_for_ever() {
        let (dir, lists) = (tempfile::tempdir().unwrap(), collected());
        let store = Arc::new(Store::open(dir.path(), &StoreOptions::default()).unwrap());
        let mut others = collected();
        others.acs = AnySnapshot::new(others.acs.meta().clone(), Vec::new());
        thread::scope(|scope| {
            let remembered = remembered(&store, &lists);
            let at = Timestamp::UNIX_EPOCH;
            let mut recalling = Recalling::begin(scope, &others, Some(remembered), at);
            assert!(matches!(recalling.baseline(), Err(AppError::Store(_))));
            assert!(recalling.draft().is_none());
        });
    }
}
