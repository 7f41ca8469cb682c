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

/// redb's cache; its own default of 1 GiB is not for a tool that runs beside others. Most pages are
/// read once, and all of them as a file is opened: to keep a page costs more than to read it again
/// from the system's own cache, for memory that is new has to be made first.
const CACHE_BYTES: usize = 8 << 20;

/// The same where much is written at once. Half of it is for what is written, and what has no room
/// there is written twice: before it is committed, and with the sums over it.
const MUCH_CACHE_BYTES: usize = 64 << 20;

/// What a wait that was given up lasted at least; 0 means "refused at once".
const SECOND: Duration = Duration::from_secs(1);

/// Counts commits: watchers see news by it, and waiting writers see that others get on.
const CHANGES: &[u8] = b"changes";

/// How much is written in one step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Amount {
    /// A day's changes.
    Little,
    /// Whole lists.
    Much,
}

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
        let mut file = Self::closed(path, options, access);
        let first = file.open_for(Amount::Little)?;
        file.open = (file.mode == Mode::Multi).then_some(first);
        Ok(file)
    }

    fn closed(path: &Path, options: &StoreOptions, access: Access) -> Self {
        let (mode, patience) = (options.mode, options.patience);
        Self { path: path.to_owned(), mode, patience, access, open: None }
    }

    /// Opens the file for reading alone, without a look at its pages; `None` where that can't be
    /// done now.
    pub(super) fn glance(path: &Path, options: &StoreOptions) -> Option<Self> {
        if options.mode == Mode::Exclusive {
            return None;
        }
        let open = || builder(Mode::Multi, Amount::Little).open_read_only(path).ok();
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
        let db = builder(Mode::Multi, Amount::Much)
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

    /// Uses what is open. Where that has no room for so much, the file is opened once more beside
    /// it, and verified once more: what is damaged by now must not be written over.
    fn with<T>(
        &self,
        amount: Amount,
        use_db: impl FnOnce(&Db) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let used = catch_unwind(AssertUnwindSafe(|| match (&self.open, amount) {
            (Some(db), Amount::Little) | (Some(db @ Db::ReadOnly(_)), Amount::Much) => use_db(db),
            _ => use_db(&self.open_for(amount)?),
        }));
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
        self.with(Amount::Little, |db| {
            let txn = db.begin_read().map_err(|e| StoreError::redb(&self.path, e))?;
            with(&View::new(&self.path, txn))
        })
    }

    /// Changes the file in one durable step; nothing where `with` fails.
    pub(super) fn write<T>(
        &self,
        with: impl FnOnce(&Edit) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.change(Amount::Little, |_, edit| with(edit).map(|done| (done, true)))
    }

    /// The same of any amount, where `with` tells that there is something to change. It sees what
    /// every later change will: a commit whose writer died as it was flushed appears when the next
    /// change is begun, and no reader is shown it before.
    pub(super) fn write_where(
        &self,
        amount: Amount,
        with: impl FnOnce(&Edit) -> Result<bool, StoreError>,
    ) -> Result<(), StoreError> {
        self.change(amount, |_, edit| with(edit).map(|changed| ((), changed)))
    }

    /// As [`DbFile::write`], of any amount; `with` is shown the file as it was, too, by as many
    /// threads as it likes.
    pub(super) fn write_beside<T>(
        &self,
        amount: Amount,
        with: impl FnOnce(&View, &Edit) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.change(amount, |db, edit| {
            let txn = db.begin_read().map_err(|e| StoreError::redb(&self.path, e))?;
            with(&View::new(&self.path, txn), edit).map(|done| (done, true))
        })
    }

    /// Changes the file where `with` says so, beside what it did.
    fn change<T>(
        &self,
        amount: Amount,
        with: impl FnOnce(&Database, &Edit) -> Result<(T, bool), StoreError>,
    ) -> Result<T, StoreError> {
        self.with(amount, |db| {
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

    /// Shrinks a file. Needs it alone: no reader anywhere.
    pub(super) fn compact(path: &Path, options: &StoreOptions) -> Result<(), StoreError> {
        let file = Self::closed(path, options, Access::Write);
        let deadline = Instant::now() + file.patience;
        let Db::Writable(mut db) = file.open_for(Amount::Much)? else { return Ok(()) };
        loop {
            match db.compact() {
                Ok(_) => return Ok(()),
                Err(redb::CompactionError::TransactionInProgress) if Instant::now() < deadline => {
                    thread::sleep(jitter());
                }
                Err(redb::CompactionError::TransactionInProgress) => {
                    return Err(held(path, file.patience));
                }
                Err(e) => return Err(StoreError::redb(path, redb::Error::from(e))),
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

    /// Opens it, and tries again while another process keeps the file to itself.
    fn open_for(&self, amount: Amount) -> Result<Db, StoreError> {
        let deadline = Instant::now() + self.patience;
        loop {
            match self.open_once(amount) {
                Ok(db) => return Ok(Db::Writable(db)),
                Err(StoreError::Held { seconds: 0, .. }) if Instant::now() < deadline => {
                    thread::sleep(jitter());
                }
                Err(StoreError::Held { .. }) => return Err(held(&self.path, self.patience)),
                Err(error) if self.access == Access::Read => {
                    return read_only(&self.path, self.mode, error);
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Opens on a thread of its own: redb waits without end for a write in another process,
    /// and a panic over damaged pages ends that thread alone.
    fn open_once(&self, amount: Amount) -> Result<Database, StoreError> {
        let (send, receive) = channel();
        let (path, patience) = (self.path.as_path(), self.patience);
        let (target, mode) = (path.to_owned(), self.mode);
        let job = move || {
            let opened = builder(mode, amount).set_check_integrity_on_open(true).open(&target);
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
}

/// For a reader on a file system that is full or read-only: the check on open would write.
/// Values are believed by their checksums alone then.
fn read_only(path: &Path, mode: Mode, error: StoreError) -> Result<Db, StoreError> {
    if !matches!(error, StoreError::Permission { .. } | StoreError::Full { .. }) {
        return Err(error);
    }
    builder(mode, Amount::Little).open_read_only(path).map(Db::ReadOnly).map_err(|_| error)
}

/// How often a file was changed, without a trace of having looked: to open it as ever writes, and
/// those who watch the file would wake each other for ever. `None` where it can't be told now.
pub(super) fn changes(path: &Path) -> Option<u64> {
    let look = || {
        let db = builder(Mode::Multi, Amount::Little).open_read_only(path).ok()?;
        View::new(path, db.begin_read().ok()?).count(META, CHANGES).ok()
    };
    catch_unwind(AssertUnwindSafe(look)).ok().flatten()
}

fn builder(mode: Mode, amount: Amount) -> Builder {
    let cache = match amount {
        Amount::Little => CACHE_BYTES,
        Amount::Much => MUCH_CACHE_BYTES,
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
        match builder(Mode::Exclusive, Amount::Little).open(path) {
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

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &[u8] = b"test";

    fn put(edit: &Edit, n: u64) -> Result<(), StoreError> {
        edit.put_count(META, KEY, n)
    }

    /// A file in which 1 stands.
    fn made_in(dir: &Path) -> tempfile::NamedTempFile {
        let (made, file) = DbFile::new_in(dir).unwrap();
        file.write(|edit| put(edit, 1)).unwrap();
        made
    }

    /// What stands there, and how often the file was changed.
    fn shown(rows: &impl Rows) -> Result<[u64; 2], StoreError> {
        Ok([rows.count(META, KEY)?, rows.count(META, CHANGES)?])
    }

    /// What is written with more room is written through another handle: one that has the file open
    /// goes on with it, and whoever reads meanwhile reads what was.
    #[test]
    fn much_is_written_beside_a_reader_and_before_the_next_writer() {
        let dir = tempfile::tempdir().unwrap();
        let made = made_in(dir.path());
        let mut changes = 1;
        for mode in [Mode::Multi, Mode::Exclusive] {
            let options = StoreOptions { mode, ..StoreOptions::default() };
            let file = DbFile::open(made.path(), &options, Access::Write).unwrap();
            file.write(|edit| put(edit, 1)).unwrap();
            changes += 1;
            let much = || {
                file.write_beside(Amount::Much, |view, edit| {
                    assert_eq!(shown(view)?, [1, changes]);
                    put(edit, 2)
                })
            };
            if mode == Mode::Multi {
                let read = file.read(|view| {
                    much()?;
                    shown(view)
                });
                assert_eq!(read.unwrap(), [1, changes]);
            } else {
                much().unwrap();
            }
            assert_eq!(file.read(shown).unwrap(), [2, changes + 1]);
            file.write_where(Amount::Much, |edit| put(edit, 3).map(|()| true)).unwrap();
            for amount in [Amount::Little, Amount::Much] {
                file.write_where(amount, |edit| put(edit, 4).map(|()| false)).unwrap();
            }
            file.write(|edit| {
                assert_eq!(shown(edit)?, [3, changes + 2]);
                put(edit, 5)
            })
            .unwrap();
            changes += 3;
            assert_eq!(file.read(shown).unwrap(), [5, changes]);
        }
    }

    #[test]
    fn who_only_glances_at_a_file_writes_nothing_of_any_amount() {
        let dir = tempfile::tempdir().unwrap();
        let made = made_in(dir.path());
        let glanced = DbFile::glance(made.path(), &StoreOptions::default()).unwrap();
        for amount in [Amount::Little, Amount::Much] {
            let write = |edit: &Edit| put(edit, 2).map(|()| true);
            let refused = glanced.write_where(amount, write).unwrap_err();
            assert!(matches!(refused, StoreError::Permission { .. }), "{refused}");
        }
        assert_eq!(glanced.read(shown).unwrap(), [1, 1]);
    }
}
