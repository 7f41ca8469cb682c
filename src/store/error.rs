//! What can go wrong with the store, said so that a person knows what to do next.
//!
//! Must not do: let one of redb's own error types out of this room.

use std::io;
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::domain::text::visible;

/// Why the store could not do as asked. Every path is shown with visible escapes.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The file holds something that acerto did not write.
    #[error("the store is damaged: {}: {what}", shown(path))]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// A newer acerto wrote the file.
    #[error(
        "the store is of a newer version: {} has schema {found}, this acerto knows {known}",
        shown(path)
    )]
    NewerSchema {
        /// The file.
        path: PathBuf,
        /// Its schema.
        found: u32,
        /// The newest schema known here.
        known: u32,
    },
    /// Another process kept the file to itself for too long.
    #[error("the store is in use: {} was held by another process for {seconds} s", shown(path))]
    Held {
        /// The file.
        path: PathBuf,
        /// How long we waited.
        seconds: u64,
    },
    /// No room left to write.
    #[error("the disk is full: {} could not be written; the run before is intact", shown(path))]
    Full {
        /// The file.
        path: PathBuf,
    },
    /// The file system says no.
    #[error("no permission for the store: {}: {source}", shown(path))]
    Permission {
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The place of the store is taken by something else.
    #[error("the store's place is not a directory: {}", shown(path))]
    NotADirectory {
        /// The place.
        path: PathBuf,
    },
    /// The Unix group of `[store] group` is not known.
    #[error("[store] group: this machine knows no group {}", visible(name))]
    NoGroup {
        /// The name as configured.
        name: String,
    },
    /// Several runs begin with the id given.
    #[error("{n} runs begin with {}", visible(prefix))]
    Ambiguous {
        /// The beginning given.
        prefix: String,
        /// How many runs fit.
        n: usize,
    },
    /// A backup can't be read as one.
    #[error("not a usable backup: {}: {what}", shown(path))]
    Backup {
        /// The file.
        path: PathBuf,
        /// What was found.
        what: String,
    },
    /// A path given for a backup can't be one.
    #[error("{what}: {}", shown(path))]
    BackupPath {
        /// The path.
        path: PathBuf,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The output that an export is written to does not take it; the store is well.
    #[error("the output could not be written: {source}")]
    Output {
        /// What the system said.
        source: io::Error,
    },
    /// Nothing is stored there yet.
    #[error("nothing is stored in {}", shown(path))]
    Nothing {
        /// The directory.
        path: PathBuf,
    },
    /// Something is there already, and force was not asked for.
    #[error("refused to replace what is there: {}", shown(path))]
    Exists {
        /// The file or directory.
        path: PathBuf,
    },
    /// What was asked for would break a rule of the apply journal; nothing was changed.
    #[error("a rule of the apply journal would be broken: {what}")]
    Broken {
        /// Which, and by what.
        what: String,
    },
    /// Both systems were read anew since the plan was made.
    #[error("the plan {} is of reconciliation {made}, the newest is {newest}", visible(plan))]
    PlanOutdated {
        /// The plan's id.
        plan: String,
        /// The generation it was made at.
        made: u64,
        /// The store's now.
        newest: u64,
    },
    /// A plan of this id was begun, and it had another content.
    #[error("the plan {} was begun with another content", visible(plan))]
    PlanChanged {
        /// The plan's id.
        plan: String,
    },
    /// The store was restored, and nobody looked yet at what was sent before.
    #[error("the store was restored at {since}, and what was sent before is not looked at yet")]
    NotProbed {
        /// When it was restored.
        since: Timestamp,
    },
    /// The apply journal has no such action.
    #[error("the apply journal knows no action {}", visible(action))]
    NoAction {
        /// The action's id.
        action: String,
    },
    /// The action does not wait for a person.
    #[error("the action {} is {state}: there is nothing to decide", visible(action))]
    NotUndecided {
        /// The action's id.
        action: String,
        /// Where it stands.
        state: &'static str,
    },
    /// Anything else that the system refused.
    #[error("the store could not be used: {}: {source}", shown(path))]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

const HISTORY_HINTS: [&str; 2] = [
    "Restore a backup with `acerto store restore FILE`.",
    "Or move history.redb away: that costs the memory of single devices since the last \
     snapshot; tombstones, events, ignores and notes stay.",
];

/// The key is in no backup, and nothing but what is found by it is lost with it.
const SEARCH_KEY_HINTS: [&str; 1] = [
    "Move search.key away: the next run makes a new one, and documents and phones are found again \
     in what is read from then on.",
];

const JOURNAL_HINTS: [&str; 2] = [
    "Look with `acerto store check`, then restore a backup with `acerto store restore FILE`.",
    "Without a backup, move the store's directory away; the next run starts a new one.",
];

/// Which exit code a [`StoreError`] means (SAFETY.md section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreErrorKind {
    /// Damaged (a backup too), full, in use or of a newer schema: exit 10.
    Store,
    /// What was asked for can't be done as asked: exit 2.
    Usage,
    /// The plan may not be applied, or not further: exit 5.
    Refused,
    /// A mistake of ours, met before it did harm: exit 1.
    Bug,
}

impl StoreError {
    /// Which exit code it means.
    #[must_use]
    pub fn kind(&self) -> StoreErrorKind {
        match self {
            Self::NotADirectory { .. }
            | Self::NoGroup { .. }
            | Self::Ambiguous { .. }
            | Self::BackupPath { .. }
            | Self::Nothing { .. }
            | Self::NoAction { .. }
            | Self::NotUndecided { .. }
            | Self::Exists { .. } => StoreErrorKind::Usage,
            Self::PlanOutdated { .. } | Self::PlanChanged { .. } | Self::NotProbed { .. } => {
                StoreErrorKind::Refused
            }
            Self::Broken { .. } => StoreErrorKind::Bug,
            Self::Damaged { .. }
            | Self::NewerSchema { .. }
            | Self::Held { .. }
            | Self::Full { .. }
            | Self::Backup { .. }
            | Self::Output { .. }
            | Self::Permission { .. }
            | Self::Io { .. } => StoreErrorKind::Store,
        }
    }

    /// What to do next; sentences, safe to show.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        let hints: &[&str] = match self {
            Self::Damaged { path, .. } if path.ends_with(super::HISTORY_FILE) => &HISTORY_HINTS,
            Self::Damaged { path, .. } if path.ends_with(super::SEARCH_KEY_FILE) => {
                &SEARCH_KEY_HINTS
            }
            Self::Damaged { .. } => &JOURNAL_HINTS,
            Self::NewerSchema { .. } => {
                &["Use the newer acerto on this machine too, or another store with `--store DIR`."]
            }
            Self::Held { .. } => &[
                "Look which acerto still runs on this store (a backup, a compaction, or one with \
                 `[store] mode = \"exclusive\"`), and run again once it has ended.",
            ],
            Self::Full { .. } => &[
                "Make room on that file system and run again; `acerto store compact` shrinks the \
                 store itself.",
            ],
            Self::Permission { .. } => {
                &["Run as the user who owns the store, or share it by `[store] group = \"GROUP\"`."]
            }
            Self::NotADirectory { .. } => {
                &["Name a directory with `--store DIR` or `[store] dir`; it is made if need be."]
            }
            Self::NoGroup { .. } => &[
                "Correct `[store] group`, or make the group with `groupadd`; its number works too.",
            ],
            Self::Ambiguous { .. } => &["Give more of the id; `acerto runs` lists them."],
            Self::Backup { .. } => &["Choose another backup; nothing was replaced."],
            Self::BackupPath { .. } => &["Check the path, or name another file."],
            Self::Output { .. } => &["Check where the output goes, and the room there."],
            Self::Nothing { .. } => {
                &["Run `acerto --reconcile` first, or name another store with `--store DIR`."]
            }
            Self::Exists { .. } => {
                &["Add `--force` to replace it; a store is kept beside it as *.before-restore."]
            }
            Self::Broken { .. } => {
                &["This is a mistake in acerto, met before it did harm: the journal stands as it \
                 stood. Keep the output of `acerto store export`, and report it."]
            }
            Self::PlanOutdated { .. } => &["Make a new plan with `acerto plan`."],
            Self::PlanChanged { .. } => {
                &["Don't edit a plan; make a new one with `acerto plan` and apply that."]
            }
            Self::NotProbed { .. } => &[
                "Both systems have to be looked at, and a person has to confirm, before anything \
                 is sent again: run `acerto --reconcile`, and look at `acerto runs`.",
            ],
            Self::NoAction { .. } => {
                &["Copy the action's id from the report or from journal.jsonl."]
            }
            Self::NotUndecided { .. } => &["Only what needs a person can be resolved."],
            Self::Io { .. } => &["Check the disk and the mount, then run `acerto store check`."],
        };
        hints.iter().map(|&h| h.to_owned()).collect()
    }

    /// Sorts a failure of the file system by what a person can do about it.
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        use io::ErrorKind as K;
        let path = path.to_owned();
        match source.kind() {
            K::StorageFull | K::QuotaExceeded | K::FileTooLarge => Self::Full { path },
            K::PermissionDenied | K::ReadOnlyFilesystem => Self::Permission { path, source },
            K::NotADirectory => Self::NotADirectory { path },
            // redb reports a file that is not one of its own so.
            K::InvalidData | K::UnexpectedEof => Self::Damaged { path, what: source.to_string() },
            _ => Self::Io { path, source },
        }
    }

    /// Something in `path` is not as acerto writes it.
    pub(super) fn damaged(path: &Path, what: impl Into<String>) -> Self {
        Self::Damaged { path: path.to_owned(), what: what.into() }
    }

    /// Sorts one of redb's errors, any of them.
    pub(super) fn redb(path: &Path, error: impl Into<redb::Error>) -> Self {
        match error.into() {
            redb::Error::Io(source) => Self::io(path, source),
            redb::Error::DatabaseAlreadyOpen | redb::Error::WouldBlock => {
                Self::Held { path: path.to_owned(), seconds: 0 }
            }
            redb::Error::LockProtocolMismatch => Self::Io {
                path: path.to_owned(),
                source: io::Error::other(
                    "another acerto version has it open, and shares it by other rules",
                ),
            },
            error @ (redb::Error::ValueTooLarge(_)
            | redb::Error::TransactionInProgress
            | redb::Error::PreviousIo
            | redb::Error::DatabaseClosed
            | redb::Error::Backend(_)
            | redb::Error::Unsupported) => {
                Self::Io { path: path.to_owned(), source: io::Error::other(error.to_string()) }
            }
            error => Self::damaged(path, error.to_string()),
        }
    }
}

fn shown(path: &Path) -> String {
    visible(&path.to_string_lossy())
}
