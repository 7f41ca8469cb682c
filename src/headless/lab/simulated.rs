//! One simulated world under daily runs: exports in a folder of its own, and a clock of its own.
//!
//! Must not do: touch the user's configuration or store.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use tempfile::TempDir;

use crate::app::{Adapters, AppError, Clock, Finished, Request, Stop, actor, reconcile};
use crate::config::{self, FileSide, Flags, Settings, SideSettings};
use crate::lab::world::{EXCLUSION_DAYS, Plan, World};

/// What is told of what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Everything: an audit log.
    Audit,
    /// What a webhook receiver heard.
    Listener,
    /// Only when the ACS synchronised last, which it shows itself.
    Nothing,
}

/// The world, and all that a run over it needs.
pub struct Simulated {
    /// The world.
    pub world: World,
    /// Settings as a configuration over its exports would give them.
    pub settings: Settings,
    heard: Heard,
    folder: TempDir,
    clock: &'static WorldClock,
}

impl Simulated {
    /// A world at the end of its history. Without `store` it remembers in a folder that goes
    /// away with it.
    ///
    /// # Errors
    /// Where no temporary folder can be made.
    pub fn new(plan: &Plan, heard: Heard, store: Option<&Path>) -> Result<Self, AppError> {
        let folder = tempfile::Builder::new().prefix("acerto-lab-").tempdir().map_err(no_room)?;
        let store = store.map_or_else(|| folder.path().join("store"), Path::to_owned);
        let mut settings = config::load_for_files(
            &Flags { store: Some(store), ..Flags::default() },
            // Neither a variable nor a file of the user's has a say.
            &BTreeMap::<&str, &str>::new(),
        )?;
        let side = |name| {
            SideSettings::File(FileSide { path: folder.path().join(name), ..FileSide::default() })
        };
        settings.acs = Some(side(ACS_FILE));
        settings.provider = Some(side(PROVIDER_FILE));
        settings.causes.mass_exclusion_days = Some(EXCLUSION_DAYS);
        // A use-case's clock lives as long as the program: one word a world is left behind.
        let clock: &'static WorldClock = Box::leak(Box::new(WorldClock(AtomicI64::new(0))));
        let this = Self { world: World::new(plan), settings, heard, folder, clock };
        this.clock.set(this.world.now());
        Ok(this)
    }

    /// Where what happened is written.
    pub fn events_file(&self) -> PathBuf {
        self.folder.path().join(EVENTS_FILE)
    }

    /// Saves both exports and what was heard since `from`, as they are now.
    ///
    /// # Errors
    /// Where they can't be written.
    pub fn save(&self, from: Timestamp) -> Result<(), AppError> {
        let events = match self.heard {
            Heard::Audit => self.world.events(from, false),
            Heard::Listener => self.world.events(from, true),
            Heard::Nothing => last_synchronisation(&self.world),
        };
        for (name, text) in [
            (ACS_FILE, super::exports::acs(&self.world)),
            (PROVIDER_FILE, super::exports::provider(&self.world)),
            (EVENTS_FILE, events),
        ] {
            std::fs::write(self.folder.path().join(name), text).map_err(no_room)?;
        }
        Ok(())
    }

    /// One run over what was saved, at the world's time.
    ///
    /// # Errors
    /// As every run's.
    pub fn reconcile(&self, adapters: &Adapters, stop: &Stop) -> Result<Finished, AppError> {
        let request = Request {
            events: Some(self.events_file()),
            as_of: Some(self.world.now()),
            actor: actor::current(),
            ..Request::default()
        };
        let adapters = Adapters { clock: self.clock, ..*adapters };
        let world = crate::app::World {
            adapters: &adapters,
            env: &BTreeMap::<&str, &str>::new(),
            progress: &(Arc::new(|_, _| {}) as crate::app::Progress),
            stop,
        };
        let finished = reconcile::reconcile(&self.settings, &request, world)?;
        match finished.unrecorded {
            Some(error) => Err(error),
            None => Ok(finished),
        }
    }

    /// Lives on for a day.
    pub fn next_day(&mut self) {
        self.world.advance_to(self.world.now() + SignedDuration::from_hours(24));
        self.clock.set(self.world.now());
    }
}

const ACS_FILE: &str = "acs.ndjson";
const PROVIDER_FILE: &str = "provider.ndjson";
const EVENTS_FILE: &str = "events.ndjson";

fn last_synchronisation(world: &World) -> String {
    let Some(at) = world.acs.last_synchronised else { return String::new() };
    format!("{}\n", serde_json::json!({"time": at.to_string(), "kind": "acs-sync"}))
}

/// Takes the error by value: it is the end of a `map_err`.
#[allow(clippy::needless_pass_by_value)]
pub(super) fn no_room(error: io::Error) -> AppError {
    AppError::usage(
        format!("the simulated world could not be kept in a file: {error}"),
        &["check the room and the rights of the temporary folder ($TMPDIR), or of --store"],
    )
}

/// The world's time, in microseconds since 1970.
struct WorldClock(AtomicI64);

impl WorldClock {
    fn set(&self, now: Timestamp) {
        self.0.store(now.as_microsecond(), Ordering::Relaxed);
    }
}

impl Clock for WorldClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_micros(self.0.load(Ordering::Relaxed).unsigned_abs())
    }
}
