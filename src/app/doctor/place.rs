//! The store: can it be opened, believed and written, or made where there is none? And the logs.
//!
//! Must not do: make one, or wait as long as a run would for somebody who holds it.

use std::path::Path;
use std::time::Duration;

use rustix::fs::{Access, access};

use crate::app::doctor::{Examined, Outcome};
use crate::app::error::AppError;
use crate::app::exit::Condition;
use crate::app::memory;
use crate::config::{LogLevel, Settings};
use crate::domain::text::visible;
use crate::store::{Store, StoreError, StoreOptions};

/// A person waits for the answer.
const PATIENCE: Duration = Duration::from_secs(3);

fn options(settings: &Settings) -> StoreOptions {
    StoreOptions { patience: PATIENCE, ..memory::options(settings) }
}

/// The store to read from, where it can be.
pub(super) fn look(settings: &Settings) -> Option<Store> {
    Store::open_existing(&settings.store_dir, &options(settings)).ok().flatten()
}

/// Opens the store as a run would, and writes to it without changing what it remembers.
pub(super) fn store(settings: &Settings) -> Examined {
    let shown = memory::shown(settings);
    match Store::open_existing(&settings.store_dir, &options(settings)) {
        Ok(None) => absent(&settings.store_dir),
        Ok(Some(reader)) => {
            drop(reader);
            let opened = Store::open(&settings.store_dir, &options(settings));
            match opened.map_err(AppError::from).and_then(|store| used(&store, settings)) {
                Ok(runs) => {
                    let text = format!("{shown} is whole and can be written; runs: {runs}");
                    Examined::new("store", Outcome::Ok, text)
                }
                Err(error) => refused(&error),
            }
        }
        Err(error) => refused(&error.into()),
    }
}

fn used(store: &Store, settings: &Settings) -> Result<u64, AppError> {
    memory::same_profile(store, settings)?;
    store.try_write()?;
    Ok(store.generation()?)
}

fn refused(error: &AppError) -> Examined {
    if matches!(error, AppError::Store(StoreError::Held { .. })) {
        let text = format!("{error}; a run would wait up to 30 s for it");
        return Examined::new("store", Outcome::Warn, text).fix(&error.hints());
    }
    Examined::failed("store", error)
}

/// The folder of the logs. A run goes on without it, so it is never a failure.
pub(super) fn log(settings: &Settings) -> Examined {
    let dir = &settings.log_dir;
    let shown = visible(&dir.to_string_lossy());
    if settings.log.level == LogLevel::Off {
        return Examined::new("log", Outcome::Skip, "[log] level is \"off\": no file is written");
    }
    let above = dir.ancestors().find(|p| p.exists()).unwrap_or(Path::new("."));
    if above.is_dir() && access(above, Access::WRITE_OK | Access::EXEC_OK).is_ok() {
        let (keep, size) = (settings.log.keep, settings.log.max_size);
        let text = format!("logs of mode 0600 go to {shown}: at most {keep} files of {size}");
        return Examined::new("log", Outcome::Ok, text);
    }
    let place = visible(&above.to_string_lossy());
    let text = format!("no log can be written to {shown}: this user can't write in {place}");
    let fix = "make it for this user, or name another place: [log] dir";
    Examined::new("log", Outcome::Warn, text).fix(&[fix.to_owned()])
}

/// There is none yet: the next folder above must let us make it.
fn absent(dir: &Path) -> Examined {
    let shown = visible(&dir.to_string_lossy());
    let above = dir.ancestors().find(|p| p.exists()).unwrap_or(Path::new("."));
    let place = visible(&above.to_string_lossy());
    if !above.is_dir() {
        let text = format!("no store can be made at {shown}: {place} is not a directory");
        let fix = "name another place: --store DIR, or [store] dir".to_owned();
        return Examined::new("store", Outcome::Fail(Condition::Usage), text).fix(&[fix]);
    }
    if access(above, Access::WRITE_OK | Access::EXEC_OK).is_err() {
        let text = format!("no store can be made at {shown}: this user can't write in {place}");
        let fix = "make it for this user, or name another place: --store DIR, or [store] dir";
        let outcome = Outcome::Fail(Condition::Store);
        return Examined::new("store", outcome, text).fix(&[fix.to_owned()]);
    }
    let text = format!("nothing is remembered yet; the first run makes {shown}");
    Examined::new("store", Outcome::Ok, text)
}
