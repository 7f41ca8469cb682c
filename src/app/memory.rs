//! Opening a profile's store, to write or only to look.
//!
//! Must not do: make a store where somebody only looks.

use crate::app::budget;
use crate::app::error::AppError;
use crate::config::{Settings, StoreMode, StorePii};
use crate::store::{Mode, Pii, Store, StoreOptions};

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

/// Opens the store, which must be there, for one who only searches it.
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

/// The store without a look at all that it holds, where that can be had: for one who opens it as
/// ever besides.
#[must_use]
pub fn glimpse(settings: &Settings) -> Option<Store> {
    Store::glimpse(&settings.store_dir, &options(settings))
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
