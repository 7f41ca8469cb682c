//! What acerto remembers, in redb: snapshots, findings, tombstones, events, ignores, notes.
//!
//! Two files in a profile's directory. `journal.redb` is small and sacred: runs with their
//! ledgers, events with coverage, tombstones, ignores, notes. `history.redb` holds snapshots
//! and findings; without it only the memory of single devices since the last snapshot is
//! lost. A run is written to history first and to the journal last, under the journal's
//! write lock: it exists for readers once its line in the journal does.
//!
//! Must not do: name redb outside this room, talk to a network, or read a clock to decide
//! anything but how long to wait.

pub mod admin;
mod baseline;
mod codec;
mod door;
mod entries;
pub mod error;
mod list;
mod marks;
mod migrate;
mod notes;
pub mod options;
mod past;
mod place;
mod record;
mod retention;
mod rows;
pub mod run;
mod series;
mod tables;

use std::path::{Path, PathBuf};

pub use admin::{CheckReport, FileReport};
pub use error::{StoreError, StoreErrorKind};
pub use notes::{KnownIgnore, Note};
pub use options::{Mode, Pii, StoreOptions};
pub use past::{HistoryEntry, HistoryState};
pub use run::{JournalCounts, NetCounts, Run, RunSummary};

use door::{Access, DbFile};
use migrate::SCHEMA;
use tables::{HISTORY, JOURNAL, META};

/// The file that is small and sacred.
pub const JOURNAL_FILE: &str = "journal.redb";
/// The file whose loss costs little.
pub const HISTORY_FILE: &str = "history.redb";

/// Number of the newest run recorded.
const SEQUENCE: &[u8] = b"sequence";
/// Number of reconciliations with both sides read whole.
const GENERATION: &[u8] = b"generation";
/// When the ACS was first read whole.
const FIRST_ACS: &[u8] = b"first-complete-acs";

/// The memory of one profile. Several processes and threads may use one store at once.
pub struct Store {
    dir: PathBuf,
    options: StoreOptions,
    journal: DbFile,
    history: Option<DbFile>,
}

impl Store {
    /// Opens the store in `dir`, and makes what is missing.
    ///
    /// # Errors
    /// Where a file is damaged, of a newer schema, or held by another process for longer
    /// than [`StoreOptions::patience`]; where the disk is full, permission is missing, or
    /// `dir` is not a directory.
    pub fn open(dir: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        let group = options.group.as_deref();
        place::make_dir(dir, group)?;
        for file in [JOURNAL_FILE, HISTORY_FILE] {
            place::make_file(&dir.join(file), group)?;
        }
        let journal = open_file(&dir.join(JOURNAL_FILE), options, Access::Write)?;
        let history = open_file(&dir.join(HISTORY_FILE), options, Access::Write)?;
        let (dir, options) = (dir.to_owned(), options.clone());
        Ok(Self { dir, options, journal, history: Some(history) })
    }

    /// Opens the store in `dir` for a reader; `None` where nothing is stored yet.
    ///
    /// # Errors
    /// As [`Store::open`]. A full or read-only disk is no error here.
    pub fn open_existing(dir: &Path, options: &StoreOptions) -> Result<Option<Self>, StoreError> {
        let Some(journal) = open_if_there(&dir.join(JOURNAL_FILE), options)? else {
            return Ok(None);
        };
        let history = open_if_there(&dir.join(HISTORY_FILE), options)?;
        Ok(Some(Self { dir: dir.to_owned(), options: options.clone(), journal, history }))
    }

    /// Where it lies.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// How many reconciliations with both sides read whole were recorded.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn generation(&self) -> Result<u64, StoreError> {
        use rows::Rows;
        self.journal.read(|journal| journal.count(META, GENERATION))
    }
}

fn open_if_there(path: &Path, options: &StoreOptions) -> Result<Option<DbFile>, StoreError> {
    match std::fs::metadata(path) {
        // A writer that died at once leaves an empty file.
        Ok(meta) if meta.len() == 0 => Ok(None),
        Ok(_) => open_file(path, options, Access::Read).map(Some),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(StoreError::io(path, e)),
    }
}

fn open_file(path: &Path, options: &StoreOptions, access: Access) -> Result<DbFile, StoreError> {
    let file = DbFile::open(path, options, access)?;
    let tables: &[tables::Table] = if path.ends_with(JOURNAL_FILE) { &JOURNAL } else { &HISTORY };
    migrate::to_current(&file, &SCHEMA, tables)?;
    Ok(file)
}
