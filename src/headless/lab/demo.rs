//! `--demo`: a simulated ISP with a week of memory, behind every command that reads.
//!
//! Must not do: read the user's configuration or store, or print anything itself.
//!
//! With `--store DIR` the store stays in DIR, and beside it the world's time
//! (`demo-world.json`): seed and time make the same world again.

use std::path::{Path, PathBuf};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::app::{Adapters, AppError, Stop};
use crate::config::Settings;
use crate::headless::commands::Context;
use crate::headless::exit::Trouble;
use crate::headless::lab::simulated::{Heard, Simulated, no_room};
use crate::lab::server::{KeptWrite, LabOptions};

/// The demo's profile.
pub const PROFILE: &str = "demo";

const SEED: u64 = 1;
const DEVICES: usize = 2_000;
const DAYS: u32 = 120;

/// Days with a run before the present one.
const REMEMBERED: u32 = 7;

const WORLD_FILE: &str = "demo-world.json";

/// When the listener was down: hours before the present.
const GAP: (i64, i64) = (64, 58);

/// The hour of its present, in UTC: evening in Brazil, when a day's installations still wait
/// for the synchronisation at dawn.
const HOUR: i64 = 22;

/// What is kept beside a store that is kept.
#[derive(Debug, Default, Deserialize, Serialize)]
struct Kept {
    seed: u64,
    now: Timestamp,
    /// What was applied to it.
    #[serde(default)]
    writes: Vec<KeptWrite>,
}

/// The world at its present, with its memory.
pub struct Demo {
    simulated: Simulated,
}

impl Demo {
    /// Makes the world and, in a store that has none yet, its week of memory. `with_present`:
    /// the present is reconciled too, for commands that only look.
    ///
    /// # Errors
    /// Where a file can't be written, or a run fails.
    pub fn prepare(context: &Context<'_>, with_present: bool) -> Result<Self, Trouble> {
        let store = context.cli.global.store.as_deref();
        let known = store.map(read_kept).transpose()?.flatten();
        let now = known.as_ref().map_or_else(|| present(context.adapters.clock.now()), |k| k.now);
        let hours = SignedDuration::from_hours;
        let options = LabOptions {
            seed: SEED,
            devices: DEVICES,
            days: DAYS - REMEMBERED,
            epoch: Some(now - hours(24 * i64::from(REMEMBERED))),
            ..LabOptions::default()
        };
        let mut simulated = Simulated::new(options, Heard::Listener, store)?;
        PROFILE.clone_into(&mut simulated.settings.profile);
        simulated.lab.set_listener_gaps(vec![(now - hours(GAP.0), now - hours(GAP.1))]);
        let start = simulated.lab.start_of_history();
        let stop = Stop::listen()
            .map_err(|e| AppError::Bug(format!("signals can't be listened to: {e}")))?;
        for _ in 0..REMEMBERED {
            if known.is_none() {
                simulated.hear(start)?;
                simulated.reconcile(context.adapters, &stop)?;
            }
            simulated.next_day();
        }
        if let Some(known) = &known {
            simulated.lab.write_again(&known.writes);
        }
        simulated.hear(start)?;
        if known.is_none() {
            if with_present {
                simulated.reconcile(context.adapters, &stop)?;
            }
            if let Some(store) = store {
                keep(store, &kept(&simulated))?;
            }
        }
        stop.check()?;
        stop.close();
        Ok(Self { simulated })
    }

    /// Keeps what was applied to the world, where its store is kept.
    ///
    /// # Errors
    /// Where it can't be written.
    pub fn keep(&self, context: &Context<'_>) -> Result<(), AppError> {
        match context.cli.global.store.as_deref() {
            Some(store) => keep(store, &kept(&self.simulated)),
            None => Ok(()),
        }
    }

    /// Settings as a configuration of this world would give them.
    pub fn settings(&self) -> &Settings {
        &self.simulated.settings
    }

    /// The adapters, at the world's time.
    pub fn adapters(&self, adapters: &Adapters) -> Adapters {
        self.simulated.adapters(adapters)
    }

    /// What its listener heard.
    pub fn events_file(&self) -> PathBuf {
        self.simulated.events_file()
    }
}

fn read_kept(store: &Path) -> Result<Option<Kept>, AppError> {
    let path = store.join(WORLD_FILE);
    let text = match std::fs::read_to_string(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => {
            let is_used = std::fs::read_dir(store).is_ok_and(|mut d| d.next().is_some());
            // The store of a real ISP must not get an invented week.
            return if is_used { Err(no_demo(store)) } else { Ok(None) };
        }
        Err(e) => return Err(no_room(e)),
    };
    match serde_json::from_str::<Kept>(&text) {
        Ok(kept) if kept.seed == SEED => Ok(Some(kept)),
        Ok(_) | Err(_) => Err(no_demo(store)),
    }
}

fn no_demo(store: &Path) -> AppError {
    let name = crate::domain::text::visible(&store.to_string_lossy());
    AppError::usage(
        format!("{name} holds something that is no demo's store"),
        &["name a new folder: --demo --store DIR"],
    )
}

fn kept(simulated: &Simulated) -> Kept {
    Kept { seed: SEED, now: simulated.lab.now(), writes: simulated.lab.writes() }
}

fn keep(store: &Path, kept: &Kept) -> Result<(), AppError> {
    let text = serde_json::to_string(kept).map_err(|e| no_room(e.into()))?;
    std::fs::create_dir_all(store).map_err(no_room)?;
    std::fs::write(store.join(WORLD_FILE), text + "\n").map_err(no_room)
}

/// The last time that it was [`HOUR`] o'clock: the same world the whole day, and the same on
/// any day but for its dates.
fn present(now: Timestamp) -> Timestamp {
    let day = 24 * 3600;
    let since = (now.as_second() - HOUR * 3600).rem_euclid(day);
    Timestamp::from_second(now.as_second() - since).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_present_is_the_last_evening() {
        for (now, present_at) in [
            ("2026-11-26T01:02:03.5Z", "2026-11-25T22:00:00Z"),
            ("2026-11-26T21:59:59Z", "2026-11-25T22:00:00Z"),
            ("2026-11-26T22:00:00Z", "2026-11-26T22:00:00Z"),
            ("1969-12-31T10:00:00Z", "1969-12-30T22:00:00Z"),
        ] {
            assert_eq!(present(now.parse().unwrap()).to_string(), present_at, "{now}");
        }
    }

    #[test]
    fn a_store_that_is_no_demos_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        assert!(read_kept(&folder.path().join("new")).unwrap().is_none());
        assert!(read_kept(folder.path()).unwrap().is_none());
        let now: Timestamp = "2026-11-25T22:00:00Z".parse().unwrap();
        keep(folder.path(), &Kept { seed: SEED, now, ..Kept::default() }).unwrap();
        assert_eq!(read_kept(folder.path()).unwrap().unwrap().now, now);
        keep(folder.path(), &Kept { seed: SEED + 1, now, ..Kept::default() }).unwrap();
        assert_eq!(read_kept(folder.path()).unwrap_err().exit(), 2);
        std::fs::remove_file(folder.path().join(WORLD_FILE)).unwrap();
        std::fs::write(folder.path().join("acerto.redb"), "x").unwrap();
        assert_eq!(read_kept(folder.path()).unwrap_err().exit(), 2);
    }
}
