//! Writing to the two systems: what a change is as a call, what it is about now, and sending it.
//!
//! A writer never decides whether to write. It proposes calls, looks at the record that one is
//! about, sends it once, and says how far what it sees is from what the change wants.
//! Must not do: send anything again, or take its own reply for a proof.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest as _, Sha256};

use crate::domain::{Call, Undo, Untrusted};
use crate::ports::FetchError;

/// Writes to one of the two systems.
pub trait Writer: Send + Sync {
    /// What may be changed there.
    type Change;
    /// A record there.
    type Record;

    /// The calls that make up `change` of `of`, in order. Each changes one record by one request;
    /// none where there is nothing to do. Nothing is sent or read.
    ///
    /// # Errors
    /// Where the system can't be asked for it, so that a person has to click.
    fn propose(
        &self,
        change: &Self::Change,
        of: &Self::Record,
    ) -> Result<Vec<Proposal<Self::Change>>, Unable>;

    /// Names of values that have to be remembered as they are, beside those that the call
    /// writes, when a change is about to be sent ([`Image::before`]): [`Writer::judge`] compares
    /// them.
    fn remembers(&self, change: &Self::Change) -> &'static [&'static str] {
        let _ = change;
        &[]
    }

    /// The change that puts back what was there `before`; `None`: nothing can.
    fn reverse(&self, change: &Self::Change, before: &Before) -> Option<Self::Change> {
        let _ = (change, before);
        None
    }

    /// Looks, now, at what a proposed change is about.
    ///
    /// # Errors
    /// Where the system could not be asked, or its answer tells nothing.
    fn look(&self, change: &Self::Change) -> Result<Seen, FetchError>;

    /// How far what was `seen` is from what `change` wants; `before`: what was there just before
    /// it was sent, where it was.
    fn judge(&self, change: &Self::Change, before: Option<&Before>, seen: &Seen) -> Effect;

    /// Sends `change` over what was `seen`, exactly once.
    fn send(&self, change: &Self::Change, seen: &Seen) -> Answer;
}

/// One request of a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal<C> {
    /// The change that this request makes: of one record.
    pub change: C,
    /// Which record, so that no two changes of one record are under way at once
    /// (`provider:radusuarios:57`).
    pub key: String,
    /// The call as it will be sent.
    pub call: Call,
    /// How it can be undone.
    pub undo: Undo,
}

/// Why a system can't be asked for a change.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unable {
    /// One sentence, safe to show.
    pub why: String,
}

/// What a look found.
#[derive(Clone, Debug)]
pub enum Seen {
    /// The system positively says that there is no such record.
    Missing,
    /// It is there.
    There(Image),
}

/// A record, whole, as the system showed it. It holds what nobody may keep or see (passwords
/// among them): it lives in memory between a look and the writing, and `Debug` shows names only.
#[derive(Clone)]
pub struct Image {
    /// Every value by the system's own name.
    pub cells: BTreeMap<String, SecretString>,
    /// Names of the values that the system keeps itself, which change by any write.
    pub kept_by_server: BTreeSet<String>,
    /// When it was seen, by the system's clock where it told.
    pub at: Option<Timestamp>,
}

impl Image {
    /// A value.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.cells.get(name).map(ExposeSecret::expose_secret)
    }

    /// What has to be remembered of it, where the values `ours` are about to be written: these
    /// as they are, the rest as one fingerprint.
    #[must_use]
    pub fn before(&self, ours: &[&str]) -> Before {
        let cells = ours.iter().map(|name| {
            let value = self.get(name).unwrap_or_default();
            ((*name).to_owned(), Untrusted::new(value))
        });
        Before { cells: cells.collect(), rest: self.rest(ours) }
    }

    /// Fingerprint of everything but `ours` and what the system keeps itself; a value that is
    /// there and empty differs from one that is not there.
    #[must_use]
    pub fn rest(&self, ours: &[&str]) -> [u8; 32] {
        let mut hash = Sha256::new();
        for (name, value) in &self.cells {
            if !ours.contains(&name.as_str()) && !self.kept_by_server.contains(name) {
                for part in [name, value.expose_secret()] {
                    hash.update((part.len() as u64).to_be_bytes());
                    hash.update(part.as_bytes());
                }
            }
        }
        hash.finalize().into()
    }

    /// Names of the values that differ from `other`'s, but for what the system keeps itself;
    /// one that only one of them has differs.
    #[must_use]
    pub fn differing(&self, other: &Self) -> BTreeSet<String> {
        let names = self.cells.keys().chain(other.cells.keys());
        let differs = |name: &&String| {
            !self.kept_by_server.contains(*name) && self.get(name) != other.get(name)
        };
        names.filter(differs).cloned().collect()
    }
}

impl fmt::Debug for Image {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.cells.keys()).finish()
    }
}

/// What is remembered of a record as it was just before it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Before {
    /// The values that the change wrote, by the system's own names.
    pub cells: BTreeMap<String, Untrusted>,
    /// [`Image::rest`] of all others.
    pub rest: [u8; 32],
}

/// How far a record is from what a change wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// As wanted, and nothing else changed.
    Done,
    /// As it was before: the change can still be sent.
    NotDone,
    /// Neither; in words, safe to show.
    Differs(String),
    /// The system shows nothing of it. Only changes that may safely be asked for twice are so.
    Untold,
}

/// What became of a sending, by the reply alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// In a word.
    pub outcome: Outcome,
    /// HTTP's status, or whatever number the system has for it.
    pub status: Option<u16>,
    /// What the system said, safe to show.
    pub what: String,
    /// SHA-256 of the reply's body.
    pub body_hash: Option<[u8; 32]>,
}

/// What became of a sending, in a word (SAFETY.md section 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The system says that it is done.
    Done,
    /// Surely not done, and it would be refused again.
    Refused,
    /// Surely not done, because of something that passes: too many requests, a device in session.
    RefusedForNow,
    /// Surely not sent: the connection was never made.
    NotSent,
    /// Nobody knows.
    Unknown,
}
