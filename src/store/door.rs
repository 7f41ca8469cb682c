//! The one door to a redb file: opening with patience, reading and writing with checks.
//!
//! Must not do: let a panic of redb, or a value with a wrong checksum, get past it.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher, Hasher};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use redb::{
    Builder, ConcurrencyMode, Database, DatabaseError, ReadOnlyDatabase, ReadTransaction,
    ReadableDatabase, TransactionError, WriteTransaction,
};

use crate::store::error::StoreError;
use crate::store::options::{Mode, StoreOptions};
use crate::store::place::{MAKING, passing};
use crate::store::rows::{Edit, Rows, View};
use crate::store::tables::META;

/// redb's cache; its own default of 1 GiB is not for a tool that runs beside others. Half of it is
/// for what is written: of a list that is stored whole what has no room there is written twice.
const CACHE_BYTES: usize = 64 << 20;

/// The same for a reader, who reads most pages once and writes little: to keep a page costs more
/// than to read it again from the system's own cache, for memory that is new has to be made first.
const READER_CACHE_BYTES: usize = 4 << 20;

/// What a wait that was given up lasted at least; 0 means "refused at once".
const SECOND: Duration = Duration::from_secs(1);

/// Counts commits: watchers see news by it, and waiting writers see that others get on.
const CHANGES: &[u8] = b"changes";

/// Who asks for a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Access {
    /// A writer.
    Write,
    /// A reader: the file is there, and may lie on a full or read-only file system. It may write a
    /// little all the same.
    Read,
}

/// A file, open all the time or, in exclusive mode, only while it is used.
pub(super) struct DbFile {
    path: PathBuf,
    mode: Mode,
    patience: Duration,
    access: Access,
    open: Option<Db>,
}

enum Db {
    Writable(Database),
    ReadOnly(ReadOnlyDatabase),
}

impl Db {
    fn begin_read(&self) -> Result<ReadTransaction, TransactionError> {
        match self {
            Self::Writable(db) => db.begin_read(),
            Self::ReadOnly(db) => db.begin_read(),
        }
    }
}

impl DbFile {
    /// Opens the file, whose pages are all verified before anything of it is believed.
    pub(super) fn open(
        path: &Path,
        options: &StoreOptions,
        access: Access,
    ) -> Result<Self, StoreError> {
        let (mode, patience) = (options.mode, options.patience);
        let first = open_db(path, mode, patience, access)?;
        let open = (mode == Mode::Multi).then_some(first);
        Ok(Self { path: path.to_owned(), mode, patience, access, open })
    }

    /// Opens the file for reading alone, without a look at its pages; `None` where that can't be
    /// done now.
    pub(super) fn glance(path: &Path, options: &StoreOptions) -> Option<Self> {
        if options.mode == Mode::Exclusive {
            return None;
        }
        let open = || builder(Mode::Multi, Access::Read).open_read_only(path).ok();
        let db = catch_unwind(AssertUnwindSafe(open)).ok().flatten()?;
        let (mode, patience) = (options.mode, options.patience);
        let open = Some(Db::ReadOnly(db));
        Some(Self { path: path.to_owned(), mode, patience, access: Access::Read, open })
    }

    /// Makes a new file in `dir`, of a passing name, for somebody who puts it in place.
    pub(super) fn new_in(dir: &Path) -> Result<(tempfile::NamedTempFile, Self), StoreError> {
        let fail = |e| StoreError::io(dir, e);
        // Made with 0600.
        let file =
            tempfile::Builder::new().prefix(&passing(MAKING)).tempfile_in(dir).map_err(fail)?;
        let path = file.path().to_owned();
        let db = builder(Mode::Multi, Access::Write)
            .create(&path)
            .map_err(|e| StoreError::redb(&path, e))?;
        let (mode, patience) = (Mode::Multi, SECOND);
        let open = Some(Db::Writable(db));
        Ok((file, Self { path, mode, patience, access: Access::Write, open }))
    }

    /// The file.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn with<T>(&self, use_db: impl FnOnce(&Db) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let used = if let Some(db) = &self.open {
            catch_unwind(AssertUnwindSafe(|| use_db(db)))
        } else {
            let db = open_db(&self.path, self.mode, self.patience, self.access)?;
            catch_unwind(AssertUnwindSafe(|| use_db(&db)))
        };
        used.unwrap_or_else(|_| Err(StoreError::damaged(&self.path, "its pages contradict")))
    }

    /// Closes it, before it goes: nobody uses it after that.
    pub(super) fn close(&mut self) {
        self.open = None;
    }

    /// Reads in one consistent view.
    pub(super) fn read<T>(
        &self,
        with: impl FnOnce(&View) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.with(|db| {
            let txn = db.begin_read().map_err(|e| StoreError::redb(&self.path, e))?;
            with(&View::new(&self.path, txn))
        })
    }

    /// Changes the file in one durable step; nothing where `with` fails.
    pub(super) fn write<T>(
        &self,
        with: impl FnOnce(&Edit) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.change(|_, edit| with(edit).map(|done| (done, true)))
    }

    /// The same, where `with` tells that there is something to change. It sees what every later
    /// change will: a commit whose writer died as it was flushed appears when the next change is
    /// begun, and no reader is shown it before.
    pub(super) fn write_where(
        &self,
        with: impl FnOnce(&Edit) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        self.change(|_, edit| with(edit).map(|changed| ((), changed)))
    }

    /// As [`DbFile::write`]; `with` is shown the file as it was, too, by as many threads as it
    /// likes.
    pub(super) fn write_beside<T>(
        &self,
        with: impl FnOnce(&View, &Edit) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.change(|db, edit| {
            let txn = db.begin_read().map_err(|e| StoreError::redb(&self.path, e))?;
            with(&View::new(&self.path, txn), edit).map(|done| (done, true))
        })
    }

    /// Changes the file where `with` says so, beside what it did.
    fn change<T>(
        &self,
        with: impl FnOnce(&Database, &Edit) -> Result<(T, bool), StoreError>,
    ) -> Result<T, StoreError> {
        self.with(|db| {
            let Db::Writable(db) = db else {
                let source = std::io::ErrorKind::ReadOnlyFilesystem.into();
                return Err(StoreError::Permission { path: self.path.clone(), source });
            };
            let edit = Edit::new(&self.path, self.begin(db)?);
            let (done, changed) = with(db, &edit)?;
            if !changed {
                return Ok(done);
            }
            let changes = edit.count(META, CHANGES)?;
            edit.put_count(META, CHANGES, changes + 1)?;
            edit.commit()?;
            Ok(done)
        })
    }

    /// Shrinks the file. Needs it alone: no reader anywhere.
    pub(super) fn compact(mut self) -> Result<(), StoreError> {
        let deadline = Instant::now() + self.patience;
        let Some(Db::Writable(db)) = &mut self.open else { return Ok(()) };
        loop {
            match db.compact() {
                Ok(_) => return Ok(()),
                Err(redb::CompactionError::TransactionInProgress) if Instant::now() < deadline => {
                    thread::sleep(jitter());
                }
                Err(redb::CompactionError::TransactionInProgress) => {
                    return Err(held(&self.path, self.patience));
                }
                Err(e) => return Err(StoreError::redb(&self.path, redb::Error::from(e))),
            }
        }
    }

    /// Waits for a turn to write. redb does not serve waiting processes in order, so each
    /// tries again at random times, and gives up only when nobody gets on.
    fn begin(&self, db: &Database) -> Result<WriteTransaction, StoreError> {
        let mut since = Instant::now();
        let mut seen = None;
        loop {
            match db.try_begin_write() {
                Ok(mut txn) => {
                    txn.set_two_phase_commit(true);
                    txn.set_quick_repair(true);
                    return Ok(txn);
                }
                Err(TransactionError::WouldBlock) => {}
                Err(e) => return Err(StoreError::redb(&self.path, e)),
            }
            if since.elapsed() > self.patience {
                let txn = db.begin_read().map_err(|e| StoreError::redb(&self.path, e))?;
                let changes = View::new(&self.path, txn).count(META, CHANGES)?;
                if seen.replace(changes) == Some(changes) {
                    return Err(held(&self.path, self.patience * 2));
                }
                since = Instant::now();
            }
            thread::sleep(jitter());
        }
    }
}

/// Opens, and tries again while another process keeps the file to itself.
fn open_db(path: &Path, mode: Mode, patience: Duration, access: Access) -> Result<Db, StoreError> {
    let deadline = Instant::now() + patience;
    loop {
        match open_once(path, mode, patience, access) {
            Ok(db) => return Ok(Db::Writable(db)),
            Err(StoreError::Held { seconds: 0, .. }) if Instant::now() < deadline => {
                thread::sleep(jitter());
            }
            Err(StoreError::Held { .. }) => return Err(held(path, patience)),
            Err(error) if access == Access::Read => return read_only(path, mode, error),
            Err(error) => return Err(error),
        }
    }
}

/// Opens on a thread of its own: redb waits without end for a write in another process,
/// and a panic over damaged pages ends that thread alone.
fn open_once(
    path: &Path,
    mode: Mode,
    patience: Duration,
    access: Access,
) -> Result<Database, StoreError> {
    let (send, receive) = channel();
    let target = path.to_owned();
    let job = move || {
        let opened = builder(mode, access).set_check_integrity_on_open(true).open(&target);
        // Nobody receives where we gave up waiting.
        let _ = send.send(opened);
    };
    thread::Builder::new()
        .name("store-open".to_owned())
        .spawn(job)
        .map_err(|e| StoreError::io(path, e))?;
    let written = || std::fs::metadata(path).and_then(|m| m.modified()).ok();
    let mut seen = written();
    loop {
        match receive.recv_timeout(patience) {
            Ok(opened) => return opened.map_err(|e| StoreError::redb(path, e)),
            Err(RecvTimeoutError::Disconnected) => {
                return Err(StoreError::damaged(path, "its pages contradict"));
            }
            // Others write, so they get on, and our turn comes.
            Err(RecvTimeoutError::Timeout) if seen != written() => seen = written(),
            Err(RecvTimeoutError::Timeout) => return Err(held(path, patience.max(SECOND))),
        }
    }
}

/// For a reader on a file system that is full or read-only: the check on open would write.
/// Values are believed by their checksums alone then.
fn read_only(path: &Path, mode: Mode, error: StoreError) -> Result<Db, StoreError> {
    if !matches!(error, StoreError::Permission { .. } | StoreError::Full { .. }) {
        return Err(error);
    }
    builder(mode, Access::Read).open_read_only(path).map(Db::ReadOnly).map_err(|_| error)
}

/// How often a file was changed, without a trace of having looked: to open it as ever writes, and
/// those who watch the file would wake each other for ever. `None` where it can't be told now.
pub(super) fn changes(path: &Path) -> Option<u64> {
    let look = || {
        let db = builder(Mode::Multi, Access::Read).open_read_only(path).ok()?;
        View::new(path, db.begin_read().ok()?).count(META, CHANGES).ok()
    };
    catch_unwind(AssertUnwindSafe(look)).ok().flatten()
}

fn builder(mode: Mode, access: Access) -> Builder {
    let cache = match access {
        Access::Write => CACHE_BYTES,
        Access::Read => READER_CACHE_BYTES,
    };
    let mut builder = Builder::new();
    builder.set_cache_size(cache).set_concurrency_mode(match mode {
        Mode::Multi => ConcurrencyMode::MultiWriter,
        Mode::Exclusive => ConcurrencyMode::ExclusiveWriter,
    });
    builder
}

/// Keeps a file to ourselves until it is dropped.
pub(super) struct Alone(#[expect(dead_code, reason = "held for its lock")] Option<Database>);

/// Waits until nobody else has the file open, and keeps it so.
pub(super) fn alone(path: &Path, patience: Duration) -> Result<Alone, StoreError> {
    let deadline = Instant::now() + patience;
    loop {
        match builder(Mode::Exclusive, Access::Read).open(path) {
            Ok(db) => return Ok(Alone(Some(db))),
            Err(DatabaseError::DatabaseAlreadyOpen) if Instant::now() < deadline => {
                thread::sleep(jitter());
            }
            Err(DatabaseError::DatabaseAlreadyOpen) => return Err(held(path, patience)),
            // A damaged file is nobody's.
            Err(_) => return Ok(Alone(None)),
        }
    }
}

fn held(path: &Path, waited: Duration) -> StoreError {
    StoreError::Held { path: path.to_owned(), seconds: waited.as_secs() }
}

/// 2 to 25 ms: short beside a commit, and different in every process.
fn jitter() -> Duration {
    let random = RandomState::new().build_hasher().finish();
    Duration::from_millis(2 + random % 24)
}
