//! One lab under daily runs: both systems over HTTP on loopback, and the lab's time for a clock.
//!
//! Must not do: touch the user's configuration or store.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use tempfile::TempDir;

use crate::app::{Adapters, AppError, Clock, Finished, Request, Stop, actor, reconcile};
use crate::config::{self, Flags, Settings};
use crate::lab::server::{Lab, LabError, LabOptions};

/// What is told of what happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Heard {
    /// Everything: an audit log.
    Audit,
    /// What a webhook receiver heard.
    Listener,
    /// Nothing: daily lists alone.
    Nothing,
}

/// The lab, and all that a run over it needs.
pub struct Simulated {
    /// The lab.
    pub lab: Lab,
    /// Settings as the lab's configuration gives them.
    pub settings: Settings,
    heard: Heard,
    folder: TempDir,
    clock: &'static LabTime,
}

impl Simulated {
    /// A lab at the end of its history, its clock standing still. Without `store` it remembers
    /// in a folder that goes away with it.
    ///
    /// # Errors
    /// Where no temporary folder can be made, or the lab can't listen.
    pub fn new(options: LabOptions, heard: Heard, store: Option<&Path>) -> Result<Self, AppError> {
        let folder = tempfile::Builder::new().prefix("acerto-lab-").tempdir().map_err(no_room)?;
        let store = store.map_or_else(|| folder.path().join("store"), Path::to_owned);
        let lab = Lab::start(LabOptions { speed: 0.0, ..options }).map_err(no_lab)?;
        let config = folder.path().join("lab.toml");
        lab.write_config(&config).map_err(no_room)?;
        let flags =
            Flags { config: Some(config), profile: Some("lab".to_owned()), store: Some(store) };
        // Neither a variable nor a file of the user's has a say.
        let settings = config::load(&flags, &BTreeMap::<&str, &str>::new())?;
        // A use-case's clock lives as long as the program: one word a lab is left behind.
        let clock: &'static LabTime = Box::leak(Box::new(LabTime(AtomicI64::new(0))));
        clock.set(lab.now());
        Ok(Self { lab, settings, heard, folder, clock })
    }

    /// Where what was heard is written.
    pub fn events_file(&self) -> PathBuf {
        self.folder.path().join("events.ndjson")
    }

    /// Writes what was heard since `from`.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn hear(&self, from: Timestamp) -> Result<(), AppError> {
        let events = match self.heard {
            Heard::Audit => self.lab.events(from, false),
            Heard::Listener => self.lab.events(from, true),
            Heard::Nothing => return Ok(()),
        };
        std::fs::write(self.events_file(), events).map_err(no_room)
    }

    /// One run, at the lab's time.
    ///
    /// # Errors
    /// As every run's.
    pub fn reconcile(&self, adapters: &Adapters, stop: &Stop) -> Result<Finished, AppError> {
        let request = Request {
            events: (self.heard != Heard::Nothing).then(|| self.events_file()),
            actor: actor::current(),
            ..Request::default()
        };
        let adapters = self.adapters(adapters);
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

    /// The adapters, with the lab's time: what is a week there takes a second here.
    pub fn adapters(&self, adapters: &Adapters) -> Adapters {
        Adapters { clock: self.clock, ..*adapters }
    }

    /// Lives on for a day.
    pub fn next_day(&self) {
        self.lab.advance_hours(24);
        self.clock.set(self.lab.now());
    }
}

/// Takes the error by value: it is the end of a `map_err`.
#[allow(clippy::needless_pass_by_value)]
pub(super) fn no_room(error: io::Error) -> AppError {
    AppError::usage(
        format!("the lab could not be kept in a file: {error}"),
        &["check the room and the rights of the temporary folder ($TMPDIR), or of --store"],
    )
}

/// Takes the error by value: it is the end of a `map_err`.
#[allow(clippy::needless_pass_by_value)]
pub(super) fn no_lab(error: LabError) -> AppError {
    AppError::usage(format!("the lab could not start: {error}"), &[])
}

/// The lab's time, in microseconds since 1970.
struct LabTime(AtomicI64);

impl LabTime {
    fn set(&self, now: Timestamp) {
        self.0.store(now.as_microsecond(), Ordering::Relaxed);
    }
}

impl Clock for LabTime {
    fn now(&self) -> Timestamp {
        Timestamp::from_microsecond(self.0.load(Ordering::Relaxed)).unwrap_or_default()
    }

    /// The machine's: a wait takes its time here too.
    fn monotonic(&self) -> Duration {
        Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default()
    }
}
