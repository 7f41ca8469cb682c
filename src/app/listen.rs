//! What the receiver of webhooks keeps and passes on, as use-cases: it never names the store.
//!
//! Must not do: decide whether a delivery may be taken; `listen` does.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::app::error::AppError;
use crate::app::memory;
use crate::config::Settings;
use crate::store::webhooks::ListenLock;
use crate::store::{Store, StoreError, StoreErrorKind, StoreOptions};

pub use crate::store::webhooks::{
    Delivery, Fate, Parcel, QueueState, Queued, Received, Taken, Tallies, Tally, Watched,
};

/// An ACS waits for its answer: longer than this no store is waited for.
const PATIENCE: Duration = Duration::from_secs(4);

/// The store of one profile, opened to receive, by nobody else.
pub struct Inbox {
    settings: Settings,
    options: StoreOptions,
    /// `None` after a failure: it is opened anew.
    store: Mutex<Option<Arc<Store>>>,
    _lock: ListenLock,
}

impl Inbox {
    /// Opens it.
    ///
    /// # Errors
    /// [`AppError::Locked`] where another one listens for this store; where it can't be opened.
    pub fn open(settings: &Settings) -> Result<Self, AppError> {
        let store = memory::open_for_run(settings)?;
        let Some(lock) = store.lock_for_listening()? else { return Err(taken(&store)) };
        drop(store);
        let options = StoreOptions { patience: PATIENCE, ..memory::options(settings) };
        let settings = settings.clone();
        Ok(Self { settings, options, store: Mutex::default(), _lock: lock })
    }

    fn store(&self) -> Result<Arc<Store>, StoreError> {
        let mut held = self.store.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(store) = &*held {
            return Ok(Arc::clone(store));
        }
        let store = Arc::new(Store::open(&self.settings.store_dir, &self.options)?);
        *held = Some(Arc::clone(&store));
        Ok(store)
    }

    /// A handle that failed is not used again: after an error of the disk it would go on failing.
    fn with<T>(&self, work: impl FnOnce(&Store) -> Result<T, StoreError>) -> Result<T, AppError> {
        let done = self.store().and_then(|store| work(&store));
        if done.as_ref().is_err_and(|e| e.kind() == StoreErrorKind::Store) {
            *self.store.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
        Ok(done?)
    }

    /// Takes deliveries, and notes that somebody listened, in one durable step.
    ///
    /// # Errors
    /// Where nothing was kept.
    pub fn take(
        &self,
        deliveries: &[Delivery],
        watched: Option<Watched>,
        now: Timestamp,
    ) -> Result<Received, AppError> {
        let most = self.settings.listen.forward_most.into();
        self.with(|store| store.receive(deliveries, watched, now, most))
    }

    /// Forgets replays that could not be accepted any more, and drops what waits for too long;
    /// gives how many were dropped.
    ///
    /// # Errors
    /// Where the store can't be written.
    pub fn tidy(&self, now: Timestamp) -> Result<u64, AppError> {
        let most = self.settings.listen.forward_for.0;
        self.with(|store| {
            store.forget_replays(now)?;
            store.drop_late_parcels(most, now)
        })
    }

    /// What is to be passed on next.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn first_parcel(&self) -> Result<Option<Queued>, AppError> {
        self.with(Store::first_parcel)
    }

    /// Takes a parcel out of the queue.
    ///
    /// # Errors
    /// Where the store can't be written.
    pub fn settle(&self, number: u64, fate: Fate, now: Timestamp) -> Result<(), AppError> {
        self.with(|store| store.settle_parcel(number, fate, now))
    }

    /// How the queue stands.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn queue(&self) -> Result<QueueState, AppError> {
        self.with(Store::queue_state)
    }

    /// What was counted over all sessions.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn tallies(&self) -> Result<Tallies, AppError> {
        self.with(Store::webhook_tallies)
    }

    /// For how long the store keeps what happened.
    #[must_use]
    pub fn keeps_for(&self) -> SignedDuration {
        self.options.keep_history
    }
}

fn taken(store: &Store) -> AppError {
    let who =
        store.listener().map(|h| format!(" (process {}, {}, since {})", h.pid, h.user, h.since));
    AppError::Locked {
        what: format!("another acerto listens for this store{}", who.unwrap_or_default()),
        hints: vec![
            "stop it first, or name another profile: --profile NAME, or store: --store DIR"
                .to_owned(),
        ],
    }
}
