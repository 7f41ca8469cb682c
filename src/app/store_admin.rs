//! Care of a profile's store: check, backup, drill, restore, export, compact.
//!
//! Must not do: change a store whose owner only asked to look at it.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::app::error::AppError;
use crate::app::memory;
use crate::config::Settings;
use crate::domain::text::visible;
use crate::store::{CheckReport, DrillReport, Note, REVEALED_KEY, Store, StoreError, admin};

/// Reads every value.
///
/// # Errors
/// Where there is no store, or it can't be read at all.
pub fn check(settings: &Settings) -> Result<CheckReport, AppError> {
    let report = admin::check(&settings.store_dir, &memory::options(settings))?;
    report.ok_or_else(|| memory::nothing_yet(settings))
}

/// How often the store was changed, by whomever; `None` where that can't be told now. Looking
/// leaves no trace.
#[must_use]
pub fn changes(settings: &Settings) -> Option<[u64; 2]> {
    crate::store::changes(&settings.store_dir, &memory::options(settings))
}

/// Copies the store into a file, also while others use it; `force` replaces a file that is
/// there. Gives the copy's size in bytes.
///
/// # Errors
/// Where there is no store, or the file can't be written.
pub fn backup(settings: &Settings, file: &Path, force: bool) -> Result<u64, AppError> {
    memory::must_look(settings).map(drop)?;
    Ok(admin::backup(&settings.store_dir, file, &memory::options(settings), force)?)
}

/// A backup among others in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rotated {
    /// The new one.
    pub file: PathBuf,
    /// What it held when it was restored for trial.
    pub drill: DrillReport,
    /// How many old ones were removed.
    pub removed: usize,
}

/// Copies the store into a dated file of `folder`, restores that for trial, and only then
/// removes all of the profile's dated backups but the newest `keep`.
///
/// # Errors
/// Where there is no store, the folder can't be written, or the new backup is not usable; the
/// older ones stay then.
pub fn back_up_and_rotate(
    settings: &Settings,
    folder: &Path,
    keep: usize,
    at: Timestamp,
) -> Result<Rotated, AppError> {
    if !folder.is_dir() {
        let what = format!("--keep needs a folder, and {} is none", shown(folder));
        return Err(AppError::usage(
            what,
            &["make it: mkdir -m 0700 FOLDER", "or leave out --keep"],
        ));
    }
    let file = admin::dated(folder, &settings.profile, at);
    backup(settings, &file, false)?;
    let drill = drill(settings, &file)?.1;
    let removed = admin::rotate(folder, &settings.profile, keep, &file)?;
    Ok(Rotated { file, drill, removed })
}

/// Restores a backup, or the newest dated one of a folder, for trial, and reads all of it;
/// gives the file and what it held. The store itself is not touched.
///
/// # Errors
/// Where the backup can't be used.
pub fn drill(settings: &Settings, from: &Path) -> Result<(PathBuf, DrillReport), AppError> {
    let file =
        if from.is_dir() { admin::newest(from, &settings.profile)? } else { from.to_owned() };
    let report = admin::drill(&file, &std::env::temp_dir(), &memory::options(settings))?;
    Ok((file, report))
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy())
}

/// Puts a backup in the store's place; `force` replaces what is there.
///
/// # Errors
/// Where the backup can't be used, or something is there already.
pub fn restore(settings: &Settings, file: &Path, force: bool) -> Result<(), AppError> {
    Ok(admin::restore(file, &settings.store_dir, &memory::options(settings), force)?)
}

/// Writes everything remembered as NDJSON; unmasked only for a reason, which is noted first.
/// The inner result is that of `out`: a reader that closed early is no trouble of the store.
///
/// # Errors
/// Where there is no store, or it can't be read.
pub fn export(
    settings: &Settings,
    out: &mut dyn io::Write,
    reveal: Option<Revealed<'_>>,
) -> Result<io::Result<()>, AppError> {
    let opened = memory::must_look(settings)?;
    if let Some(revealed) = &reveal {
        note_revealed(&opened, revealed)?;
    }
    drop(opened);
    let options = memory::options(settings);
    match admin::export(&settings.store_dir, &options, out, reveal.is_some()) {
        Ok(()) => Ok(Ok(())),
        Err(StoreError::Output { source }) => Ok(Err(source)),
        Err(error) => Err(error.into()),
    }
}

/// Gives freed room back to the disk; gives the bytes before and after.
///
/// # Errors
/// Where there is no store, or somebody else uses it.
pub fn compact(settings: &Settings) -> Result<(u64, u64), AppError> {
    memory::must_look(settings).map(drop)?;
    Ok(admin::compact(&settings.store_dir, &memory::options(settings))?)
}

/// Who wants personal data whole, why and when.
#[derive(Clone, Copy, Debug)]
pub struct Revealed<'a> {
    /// Who.
    pub actor: &'a str,
    /// Why.
    pub reason: &'a str,
    /// When.
    pub at: Timestamp,
}

/// Notes that personal data is about to be shown whole.
///
/// # Errors
/// Where the store can't be written: nothing may be shown then.
pub fn reveal(settings: &Settings, revealed: &Revealed<'_>) -> Result<(), AppError> {
    note_revealed(&memory::open(settings)?, revealed)
}

fn note_revealed(store: &Store, revealed: &Revealed<'_>) -> Result<(), AppError> {
    let (text, actor) = (revealed.reason.trim().to_owned(), revealed.actor.to_owned());
    if text.is_empty() {
        let hint = "--reason \"what it is needed for\"";
        return Err(AppError::usage("the reason is empty", &[hint]));
    }
    store.add_note(REVEALED_KEY, &Note { text, actor, at: revealed.at })?;
    Ok(())
}
