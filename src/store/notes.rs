//! What persons say about devices: ignores and notes.
//!
//! Must not do: normalise a key; the caller gives the device key's text.

use jiff::Timestamp;

use crate::domain::Untrusted;
use crate::engine::Ignore;
use crate::store::Store;
use crate::store::codec::journal::{IgnoreLine, NoteLine};
use crate::store::codec::{from_json, to_json};
use crate::store::error::StoreError;
use crate::store::marks::time_key;
use crate::store::rows::{Order, Rows, key_text};
use crate::store::tables::{IGNORES, NOTES};

/// Under which key it is noted that personal data was shown whole.
pub const REVEALED_KEY: &str = "with-pii";

/// Under which key it is noted that a side that shrank was no reason to wait.
pub const ACKNOWLEDGED_KEY: &str = "side-shrank";

/// Notes of why a store that was put back may be applied from again are under this key.
pub const RESTORED_KEY: &str = "restored";

/// An ignore in the store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownIgnore {
    /// The normalised key it stands under.
    pub key: Untrusted,
    /// As it was set.
    pub ignore: Ignore,
    /// Has it ended?
    pub expired: bool,
}

/// A note about a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What was said.
    pub text: String,
    /// Who said it.
    pub actor: String,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Ignores a device, in the place of an earlier ignore of the same key, and of those under
    /// `others`: other names of the device.
    ///
    /// # Errors
    /// Where the journal can't be written.
    pub fn add_ignore(
        &self,
        key: &str,
        ignore: &Ignore,
        others: &[String],
    ) -> Result<(), StoreError> {
        self.journal.write(|journal| {
            journal.remove(IGNORES, others)?;
            let line = journal.believe(to_json(&IgnoreLine::of(ignore)))?;
            journal.put(IGNORES, key.as_bytes(), &line)
        })
    }

    /// Ends the ignores under these keys; how many were there?
    ///
    /// # Errors
    /// Where the journal can't be written.
    pub fn remove_ignores(&self, keys: &[String]) -> Result<u64, StoreError> {
        self.journal.write(|journal| journal.remove(IGNORES, keys))
    }

    /// All ignores, by key; those that ended too.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn ignores(&self, now: Timestamp) -> Result<Vec<KnownIgnore>, StoreError> {
        self.journal.read(|journal| ignores(journal, now))
    }

    /// Keeps a note about a device.
    ///
    /// # Errors
    /// Where the journal can't be written.
    pub fn add_note(&self, key: &str, note: &Note) -> Result<(), StoreError> {
        self.journal.write(|journal| {
            let prefix = [note_prefix(key), time_key(note.at)].concat();
            let mut equal_times = 0_u32;
            journal.walk(NOTES, &prefix, Order::Up, &mut |_, _| {
                equal_times += 1;
                Ok(true)
            })?;
            let key = [prefix, equal_times.to_be_bytes().to_vec()].concat();
            journal.put(NOTES, &key, &journal.believe(to_json(&NoteLine::of(note)))?)
        })
    }

    /// The notes about a device, oldest first.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn notes(&self, key: &str) -> Result<Vec<Note>, StoreError> {
        self.journal.read(|journal| {
            let mut notes = Vec::new();
            journal.walk(NOTES, &note_prefix(key), Order::Up, &mut |_, body| {
                notes.push(from_json::<NoteLine>(body)?.note());
                Ok(true)
            })?;
            Ok(notes)
        })
    }
}

/// The key's length goes first, so that no key is the beginning of another.
fn note_prefix(key: &str) -> Vec<u8> {
    let length = u32::try_from(key.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), key.as_bytes()].concat()
}

pub(super) fn ignores(rows: &impl Rows, now: Timestamp) -> Result<Vec<KnownIgnore>, StoreError> {
    let mut all = Vec::new();
    rows.walk(IGNORES, &[], Order::Up, &mut |key, body| {
        let ignore = from_json::<IgnoreLine>(body)?.ignore();
        let expired = ignore.until.is_some_and(|until| until <= now);
        all.push(KnownIgnore { key: Untrusted::new(key_text(key)?), ignore, expired });
        Ok(true)
    })?;
    Ok(all)
}

/// Reads every note once.
pub(super) fn check(rows: &impl Rows) -> Result<(), StoreError> {
    rows.walk(NOTES, &[], Order::Up, &mut |_, body| from_json::<NoteLine>(body).map(|_| true))
}
