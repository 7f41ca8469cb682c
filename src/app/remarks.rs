//! What persons say of devices: to leave one alone, or a note about it.
//!
//! A remark hangs on the device, not on the spelling: every name of a device that the newest
//! run knows finds it. Must not do: fetch anything.

use jiff::{SignedDuration, Timestamp};

use crate::app::error::AppError;
use crate::app::history::Archive;
use crate::app::lookup::Findings;
use crate::app::memory;
use crate::app::past::Named;
use crate::config::Settings;
use crate::domain::Untrusted;
use crate::engine::Ignore;
use crate::store::{KnownIgnore, Note, Store};

/// A remark is a few sentences, not a file.
const REMARK_CHARS_MAX: usize = 1000;

/// What was made of a key that a person gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The key under which it is kept.
    pub key: String,
    /// Does the newest run know the device?
    pub known: bool,
}

/// Leaves a device alone, in the place of what was said of it before.
///
/// # Errors
/// Where the key or the reason is empty, or the store can't be written.
pub fn ignore(
    settings: &Settings,
    key: &str,
    (reason, days): (&str, Option<u32>),
    now: Timestamp,
) -> Result<Kept, AppError> {
    let (given, reason) = (named(key)?, said(reason, "the reason")?);
    let until = days.map(|days| end(now, days)).transpose()?;
    let store = memory::open(settings)?;
    let (kept, others) = of_device(&store, given, now)?;
    // The key as given: the engine compares it with every identity that it may mean.
    let ignore = Ignore { key: Untrusted::new(given), reason, since: now, until };
    store.add_ignore(&kept.key, &ignore, &others)?;
    Ok(kept)
}

fn end(now: Timestamp, days: u32) -> Result<Timestamp, AppError> {
    let end = now.checked_add(SignedDuration::from_hours(i64::from(days) * 24));
    end.map_err(|_| AppError::usage("that many days never end", &["leave --days out"]))
}

/// Looks at a device again, by whatever name it is left alone.
///
/// # Errors
/// Where it is not left alone, or the store can't be written.
pub fn ignore_remove(settings: &Settings, key: &str, now: Timestamp) -> Result<String, AppError> {
    let given = named(key)?;
    let Some(reader) = memory::look(settings)? else { return Err(not_ignored(given)) };
    let (kept, others) = of_device(&reader, given, now)?;
    drop(reader);
    if others.is_empty() || memory::open(settings)?.remove_ignores(&others)? == 0 {
        return Err(not_ignored(&kept.key));
    }
    Ok(kept.key)
}

fn not_ignored(key: &str) -> AppError {
    let what = format!("nothing is ignored under {}", Untrusted::new(key));
    AppError::not_found(what, &["`acerto ignore list` shows what is"])
}

/// What is left alone, ended ones too.
///
/// # Errors
/// Where the store can't be read.
pub fn ignores(settings: &Settings, now: Timestamp) -> Result<Vec<KnownIgnore>, AppError> {
    match memory::look(settings)? {
        Some(store) => Ok(store.ignores(now)?),
        None => Ok(Vec::new()),
    }
}

/// Notes something about a device.
///
/// # Errors
/// Where the key or the text is empty, or the store can't be written.
pub fn note(
    settings: &Settings,
    key: &str,
    (text, actor): (&str, &str),
    at: Timestamp,
) -> Result<Kept, AppError> {
    let (given, text) = (named(key)?, said(text, "the note")?);
    let store = memory::open(settings)?;
    let (kept, _) = of_device(&store, given, at)?;
    store.add_note(&kept.key, &Note { text, actor: actor.to_owned(), at })?;
    Ok(kept)
}

/// Under which key a remark about the device hangs, and the keys of the ignores that it is
/// under now.
fn of_device(store: &Store, given: &str, now: Timestamp) -> Result<(Kept, Vec<String>), AppError> {
    let Some(archive) = Archive::newest(store)? else {
        let kept = Kept { key: crate::app::lookup::Wanted::new(given).normal(), known: false };
        let of_key = store.ignores(now)?.into_iter().filter(|i| i.key.raw() == kept.key);
        let of_key = of_key.map(|i| i.key.raw().to_owned()).collect();
        return Ok((kept, of_key));
    };
    let (index, findings) = (archive.index(), Findings::new(archive.findings()));
    let device = Named::new(given, &index, &findings);
    let is_of_device = |ignore: &KnownIgnore| {
        let theirs = Named::new(ignore.ignore.key.raw(), &index, &findings);
        let by_name = device.has_name(ignore.key.raw());
        if theirs.is_known() && device.is_known() { theirs.is(&device) } else { by_name }
    };
    let ignores = store.ignores(now)?.into_iter().filter(is_of_device);
    let ignores = ignores.map(|i| i.key.raw().to_owned()).collect();
    Ok((Kept { key: device.key.clone(), known: device.is_known() }, ignores))
}

fn named(key: &str) -> Result<&str, AppError> {
    let key = key.trim();
    if key.is_empty() {
        return Err(AppError::usage("the key is empty", &["give a serial, MAC, login or id"]));
    }
    Ok(key)
}

fn said(text: &str, what: &str) -> Result<String, AppError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AppError::usage(format!("{what} is empty"), &["say it in a few words"]));
    }
    let length = text.chars().count();
    if length > REMARK_CHARS_MAX {
        let what = format!("{what} has {length} characters, more than {REMARK_CHARS_MAX}");
        return Err(AppError::usage(what, &["say it in fewer words, or name a file in it"]));
    }
    Ok(text.to_owned())
}
