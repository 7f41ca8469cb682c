//! Opening a profile's store, to write or only to look.
//!
//! Must not do: make a store where somebody only looks.

use std::path::Path;
use std::sync::{Arc, mpsc};

use crate::app::budget;
use crate::app::collect::apart;
use crate::app::error::AppError;
use crate::app::store_admin;
use crate::config::{Settings, StoreMode, StorePii};
use crate::store::{Mode, Pii, Store, StoreOptions, changes};

/// Opens the store, or makes it.
///
/// # Errors
/// Where it can't be opened.
pub fn open(settings: &Settings) -> Result<Store, AppError> {
    Ok(Store::open(&settings.store_dir, &options(settings))?)
}

/// Opens the store for a run; refuses one that remembers another profile.
///
/// # Errors
/// Where it can't be opened, or holds another profile's memory.
pub fn open_for_run(settings: &Settings) -> Result<Store, AppError> {
    let store = open(settings)?;
    same_profile(&store, settings)?;
    Ok(store)
}

/// The same for a run that reads its lists next: as long as these are files, history may still be
/// opened. The systems are asked for nothing before it is known that the memory is whole.
///
/// # Errors
/// As [`open_for_run`]; what is wrong with history may only be told by [`Store::ready`].
pub fn begin_run(settings: &Settings) -> Result<Store, AppError> {
    let store = Store::begin_opening(&settings.store_dir, &options(settings))?;
    let refused = same_profile(&store, settings);
    if budget::asks_systems(settings) || refused.is_err() {
        store.ready()?;
    }
    refused.map(|()| store)
}

/// Opens the store, if there is one.
///
/// # Errors
/// Where it can't be opened.
pub fn look(settings: &Settings) -> Result<Option<Store>, AppError> {
    Ok(Store::open_existing(&settings.store_dir, &options(settings))?)
}

/// Opens the store, which must be there.
///
/// # Errors
/// Where there is none, or it can't be opened.
pub fn must_look(settings: &Settings) -> Result<Store, AppError> {
    look(settings)?.ok_or_else(|| nothing_yet(settings))
}

/// Opens the store, which must be there, for one who only looks something up in it.
///
/// # Errors
/// Where there is none, or it can't be opened.
pub fn glance(settings: &Settings) -> Result<Store, AppError> {
    glance_if_there(settings)?.ok_or_else(|| nothing_yet(settings))
}

/// Opens the store, if there is one, for one who only looks up what stands in it.
///
/// # Errors
/// Where it can't be opened.
pub fn glance_if_there(settings: &Settings) -> Result<Option<Store>, AppError> {
    Ok(Store::glance(&settings.store_dir, &options(settings))?)
}

/// Reads something of the store, if there is one, while all that it holds is read through. It is
/// told once that is done; what somebody has changed meanwhile is read again.
///
/// # Errors
/// Where the store can't be opened, or read.
pub(crate) fn verified<T: Send + 'static>(
    settings: &Settings,
    read: impl Fn(&Store) -> Result<T, AppError> + Send + Sync + 'static,
) -> Result<Option<T>, AppError> {
    let (dir, options, read) = (settings.store_dir.clone(), options(settings), Arc::new(read));
    let (sender, glimpses) = mpsc::channel();
    let reader = Arc::clone(&read);
    // Pages that nobody has verified may lead it anywhere: it is left behind where they are bad.
    apart("glimpse", move || {
        let _ = sender.send(Glimpse::of(&dir, &options, &*reader));
    })?;
    let Some(store) = look(settings)? else { return Ok(None) };
    let early = glimpses.recv().ok().flatten().and_then(|glimpse| glimpse.still(settings));
    early.map_or_else(|| read(&store), Ok).map(Some)
}

/// What was read of a store that was not verified yet.
pub(super) struct Glimpse<T> {
    /// How often the store had been changed.
    changes: [u64; 2],
    read: T,
}

impl<T> Glimpse<T> {
    /// Nothing where it can't be read so.
    pub(super) fn of(
        dir: &Path,
        options: &StoreOptions,
        read: impl Fn(&Store) -> Result<T, AppError>,
    ) -> Option<Self> {
        let changes = changes(dir, options)?;
        let store = Store::glance_only(dir, options)?;
        Some(Self { changes, read: read(&store).ok()? })
    }

    /// Nothing where the store was changed since.
    pub(super) fn still(self, settings: &Settings) -> Option<T> {
        (store_admin::changes(settings) == Some(self.changes)).then_some(self.read)
    }
}

/// There is no store.
#[must_use]
pub fn nothing_yet(settings: &Settings) -> AppError {
    let what = format!("nothing is remembered yet: no store at {}", shown(settings));
    let name = "or name the store: --store DIR, or the profile: --profile NAME";
    AppError::not_found(what, &["run `acerto --reconcile` first", name])
}

/// The store's place, safe to show.
pub(crate) fn shown(settings: &Settings) -> String {
    crate::domain::text::visible(&settings.store_dir.to_string_lossy())
}

/// Two profiles in one store would take each other's devices for vanished ones.
pub(crate) fn same_profile(store: &Store, settings: &Settings) -> Result<(), AppError> {
    // A store that nobody named lies under its profile's name.
    if !settings.store_origin.is_named() {
        return Ok(());
    }
    let newest = store.newest_profile()?;
    let Some(theirs) = newest.filter(|theirs| *theirs != settings.profile) else { return Ok(()) };
    let theirs = crate::domain::text::visible(&theirs);
    let (mine, place) = (&settings.profile, shown(settings));
    Err(AppError::Usage {
        what: format!("the store {place} remembers profile `{theirs}`; this run is of `{mine}`"),
        hints: vec![format!("name another store: --store DIR, or the profile: --profile {theirs}")],
    })
}

/// The store's settings.
#[must_use]
pub fn options(settings: &Settings) -> StoreOptions {
    StoreOptions {
        mode: match settings.store.mode {
            StoreMode::Multi => Mode::Multi,
            StoreMode::Exclusive => Mode::Exclusive,
        },
        group: settings.store.group.clone(),
        store_pii: match settings.store.store_pii {
            StorePii::Names => Pii::Names,
            StorePii::None => Pii::None,
        },
        keep_snapshots: settings.store.keep_snapshots.0,
        keep_history: settings.store.keep_history.0,
        ..StoreOptions::default()
    }
}
