//! What acerto remembers, in redb: snapshots, findings, tombstones, events, ignores, notes.
//!
//! Two files in a profile's directory. `journal.redb` is small and sacred: runs with their
//! ledgers, events with coverage, tombstones, ignores, notes. `history.redb` holds snapshots
//! and findings; without it only the memory of single devices since the last snapshot is
//! lost. A run is committed to history first and to the journal last, under the journal's
//! write lock: it exists for readers once its line in the journal does.
//! [`journal`] keeps what is sent to the two systems, step by step, under a lock of its own.
//!
//! Must not do: name redb outside this room, talk to a network, or read a clock to decide
//! anything but how long to wait.

pub mod admin;
mod baseline;
mod beside;
mod codec;
mod door;
mod draft;
mod entries;
pub mod error;
mod gone;
pub mod journal;
mod key_file;
mod list;
mod marks;
mod migrate;
mod notes;
mod notices;
mod opening;
pub mod options;
mod past;
mod place;
mod prints;
mod priors;
mod record;
mod report;
mod requests;
mod retention;
mod rows;
pub mod run;
pub mod search;
mod series;
mod speed_tests;
mod tables;
mod tombstones;
mod trail;
mod twin;
pub mod webhooks;

use std::path::{Path, PathBuf};
use std::thread;

pub use admin::{CheckReport, DrillReport, FileReport};
pub use beside::Known;
pub use draft::Draft;
pub use error::{StoreError, StoreErrorKind};
pub use journal::{
    ApplyLock, Arrow, BeforeRow, CallRow, LockHolder, PlanRow, Reply, Resolution, StepId, StepRow,
    StepState, Undoable,
};
pub use notes::{ACKNOWLEDGED_KEY, KnownIgnore, Note, RESTORED_KEY, REVEALED_KEY};
pub use notices::{Notices, Standing, Untold};
pub use options::{Mode, Pii, StoreOptions};
pub use past::{HistoryEntry, HistoryState};
pub use prints::{AcsPrints, Printing, Prints, ProviderPrints, Sealing};
pub use run::{JournalCounts, NetCounts, Run, RunSummary};
pub use search::{Answered, Hits, People, Place, SearchIndex};
pub use speed_tests::{Barred, SpeedLimits, SpeedState, SpeedTest};
pub use trail::Trails;

use door::{Access, DbFile};
use migrate::SCHEMA;
use opening::History;
use place::Group;
use tables::{HISTORY, JOURNAL, META};

/// The file that is small and sacred.
pub const JOURNAL_FILE: &str = "journal.redb";
/// The file whose loss costs little.
pub const HISTORY_FILE: &str = "history.redb";

/// Its kernel lock says that somebody applies.
pub const LOCK_FILE: &str = "apply.lock";
/// Its kernel lock says that somebody receives webhooks.
pub const LISTEN_LOCK_FILE: &str = "listen.lock";
/// Seals what waits to be passed on.
pub const FORWARD_KEY_FILE: &str = "forward.key";
/// Seals documents and phones, so that they can be found and not read.
pub const SEARCH_KEY_FILE: &str = "search.key";
/// The steps that ended, a line each, for people and other programs.
pub const TOLD_FILE: &str = "journal.jsonl";

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
    history: History,
}

impl Drop for Store {
    /// Either file waits for the disk: both at once, or one after the other as they go.
    fn drop(&mut self) {
        let Self { journal, history, .. } = self;
        thread::scope(|scope| {
            let closing = thread::Builder::new().spawn_scoped(scope, || history.close());
            if let Ok(closing) = closing {
                journal.close();
                // What can't be closed is what a crash leaves: the next opening looks at it.
                let _ = closing.join();
            }
        });
    }
}

impl Store {
    /// Opens the store in `dir`, and makes what is missing.
    ///
    /// # Errors
    /// Where a file is damaged, of a newer schema, or held by another process for longer
    /// than [`StoreOptions::patience`]; where the disk is full, permission is missing, or
    /// `dir` is not a directory.
    pub fn open(dir: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        let store = Self::begin_opening(dir, options)?;
        store.ready()?;
        Ok(store)
    }

    /// The same for one who has something else to do first: `history.redb`, all of which opening
    /// reads, is opened meanwhile. What is wrong with it is told by [`Store::ready`], or by the
    /// first who asks for anything of it.
    ///
    /// # Errors
    /// As [`Store::open`], of the journal.
    pub fn begin_opening(dir: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        let group = Group::of(options.group.as_deref())?;
        place::make_dir(dir, group)?;
        place::tighten(dir, group);
        place::sweep(dir, place::MAKING);
        let (journal, history) = (dir.join(JOURNAL_FILE), dir.join(HISTORY_FILE));
        refuse_orphan(&journal, &history)?;
        // The journal first: a history without one is damage.
        make_file(dir, &journal, group)?;
        make_file(dir, &history, group)?;
        let journal = open_file(&journal, options, Access::Write)?;
        // After the journal: a history beside one that is refused is not brought up to date.
        let history = History::begin(&history, options)?;
        let (dir, options) = (dir.to_owned(), options.clone());
        Ok(Self { dir, options, journal, history })
    }

    /// Returns once all of the store is open.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn ready(&self) -> Result<(), StoreError> {
        self.history_file().map(drop)
    }

    /// Opens the store in `dir` for a reader; `None` where nothing is stored yet.
    ///
    /// # Errors
    /// As [`Store::open`]. A full or read-only disk is no error here.
    pub fn open_existing(dir: &Path, options: &StoreOptions) -> Result<Option<Self>, StoreError> {
        let group = Group::of(options.group.as_deref())?;
        let (journal, history) = (dir.join(JOURNAL_FILE), dir.join(HISTORY_FILE));
        refuse_orphan(&journal, &history)?;
        if journal.exists() {
            place::tighten(dir, group);
        }
        let Some(journal) = open_if_there(&journal, options)? else { return Ok(None) };
        let (dir, options) = (dir.to_owned(), options.clone());
        let store = Self { dir, options, journal, history: History::closed(history) };
        store.ready()?;
        Ok(Some(store))
    }

    /// Opens the store in `dir` for one who only looks something up in it; `None` where nothing is
    /// stored yet.
    ///
    /// The files are not read through first, which takes as long as they are large: every value
    /// is believed by its own checksum, and damage elsewhere is for [`admin::check`] to find.
    ///
    /// # Errors
    /// As [`Store::open`].
    pub fn glance(dir: &Path, options: &StoreOptions) -> Result<Option<Self>, StoreError> {
        refuse_orphan(&dir.join(JOURNAL_FILE), &dir.join(HISTORY_FILE))?;
        // What has to be repaired or brought up to date is opened as ever.
        match Self::glance_only(dir, options) {
            Some(store) => Ok(Some(store)),
            None => Self::open_existing(dir, options),
        }
    }

    /// The same; nothing where it can't be opened so: damaged, of an older schema, or exclusive.
    #[must_use]
    pub fn glance_only(dir: &Path, options: &StoreOptions) -> Option<Self> {
        let path = dir.join(HISTORY_FILE);
        let journal = DbFile::glance(&dir.join(JOURNAL_FILE), options)?;
        let history = DbFile::glance(&path, options)?;
        if !migrate::is_current(&journal, &SCHEMA) || !migrate::is_current(&history, &SCHEMA) {
            return None;
        }
        let (dir, options) = (dir.to_owned(), options.clone());
        Some(Self { dir, options, journal, history: History::open(path, history) })
    }

    /// `history.redb`, where there is one; for a reader, from the moment at which there is.
    fn history_file(&self) -> Result<Option<&DbFile>, StoreError> {
        self.history.file(&self.options)
    }

    /// Where it lies.
    #[must_use]
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Writes to both files without changing what they remember.
    ///
    /// # Errors
    /// Where one can't be written, or another process writes for too long.
    pub fn try_write(&self) -> Result<(), StoreError> {
        self.journal.write(|_| Ok(()))?;
        self.history_file()?.map_or(Ok(()), |history| history.write(|_| Ok(())))
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

/// How often the store in `dir` was changed, for those who watch it: looking changes nothing, and
/// makes no event of the file system. `None` where it can't be told, or the store is kept
/// exclusively.
#[must_use]
pub fn changes(dir: &Path, options: &StoreOptions) -> Option<[u64; 2]> {
    if options.mode == Mode::Exclusive {
        return None;
    }
    Some([door::changes(&dir.join(JOURNAL_FILE))?, door::changes(&dir.join(HISTORY_FILE))?])
}

/// A store is never made with a history and no journal: the journal is lost, and going on
/// would lose the rest.
fn refuse_orphan(journal: &Path, history: &Path) -> Result<(), StoreError> {
    if history.exists() && !journal.exists() {
        return Err(StoreError::damaged(journal, "it is missing beside history.redb"));
    }
    Ok(())
}

/// Makes a file unless it is there. It gets its name once it is whole, so that no crash
/// leaves one that can't be opened.
fn make_file(dir: &Path, path: &Path, group: Option<Group>) -> Result<(), StoreError> {
    if path.exists() {
        return Ok(());
    }
    let (made, file) = DbFile::new_in(dir)?;
    migrate::to_current(&file, &SCHEMA, tables_of(path))?;
    drop(file);
    place::share(made.path(), group)?;
    match made.persist_noclobber(path) {
        Ok(_) => place::sync_dir(dir),
        // Another process was faster.
        Err(e) if e.error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(e) => Err(StoreError::io(path, e.error)),
    }
}

fn tables_of(path: &Path) -> &'static [tables::Table] {
    if path.ends_with(JOURNAL_FILE) { &JOURNAL } else { &HISTORY }
}

fn open_if_there(path: &Path, options: &StoreOptions) -> Result<Option<DbFile>, StoreError> {
    match std::fs::metadata(path) {
        Ok(_) => open_file(path, options, Access::Read).map(Some),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(StoreError::io(path, e)),
    }
}

fn open_file(path: &Path, options: &StoreOptions, access: Access) -> Result<DbFile, StoreError> {
    let file = DbFile::open(path, options, access)?;
    migrate::to_current(&file, &SCHEMA, tables_of(path))?;
    Ok(file)
}
