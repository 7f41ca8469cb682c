//! One apply at a time: a lock of the kernel, which lets go of it when its holder dies.
//!
//! Must not do: take it by force. There are no stale locks, so there is nothing to force.

use std::fs::{self, File, TryLockError};
use std::io::{Read, Write};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use jiff::Timestamp;
use rustix::fs::{major, minor};
use serde::{Deserialize, Serialize};

use crate::domain::text::visible;
use crate::store::error::StoreError;
use crate::store::place::{self, Group};
use crate::store::{LOCK_FILE, Store};

/// More than this is no hint of ours.
const HINT_BYTES_MAX: u64 = 4096;

/// The right to change rows of the apply journal; it ends when this is dropped, or at death.
#[derive(Debug)]
pub struct ApplyLock {
    path: PathBuf,
    file: File,
    /// Device and inode: a file put in its place since would be another's lock.
    place: (u64, u64),
    /// Keys of the steps that stand in `journal.jsonl`, but are marked as missing there. Who
    /// appends holds it.
    pub(super) told: Mutex<Vec<Vec<u8>>>,
}

/// Who holds the lock, as they wrote it down: a hint for people, of which nothing depends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LockHolder {
    /// Their process.
    pub pid: u32,
    /// Their user, safe to show.
    pub user: String,
    /// Since when.
    pub since: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct Hint {
    pid: u32,
    user: String,
    since: Timestamp,
}

impl Store {
    /// Takes the lock that an apply needs; `None` where another one has it. What a kill kept
    /// out of `journal.jsonl` is made good.
    ///
    /// # Errors
    /// Where the lock's file or the journal can't be used.
    pub fn lock_for_apply(&self) -> Result<Option<ApplyLock>, StoreError> {
        let group = Group::of(self.options.group.as_deref())?;
        let Some(lock) = ApplyLock::take(&self.dir, group)? else { return Ok(None) };
        self.tell_missing(&lock)?;
        Ok(Some(lock))
    }

    /// Does anybody hold the lock? By the kernel's own list, so that looking takes it from
    /// nobody; where there is none, by whether whoever wrote the hint still runs.
    #[must_use]
    pub fn apply_lock_is_held(&self) -> bool {
        let Ok(meta) = fs::metadata(self.dir.join(LOCK_FILE)) else { return false };
        let place = format!(":{}", meta.ino());
        let whole = format!("{:02x}:{:02x}{place}", major(meta.dev()), minor(meta.dev()));
        let holder = self.lock_holder().map(|by| by.pid.to_string());
        let Ok(locks) = fs::read_to_string("/proc/locks") else {
            return holder.is_some_and(|pid| Path::new("/proc").join(pid).exists());
        };
        // Some file systems show there another device than to whoever asks for the file's.
        locks.lines().map(|line| line.split_whitespace().collect::<Vec<_>>()).any(|words| {
            let is_holder = || words.iter().any(|w| holder.as_deref() == Some(*w));
            words.contains(&whole.as_str())
                || (words.iter().any(|w| w.ends_with(&place)) && is_holder())
        })
    }

    /// Who holds the lock, as far as they wrote it down.
    #[must_use]
    pub fn lock_holder(&self) -> Option<LockHolder> {
        LockHolder::of(&self.dir.join(LOCK_FILE))
    }
}

impl LockHolder {
    /// Who wrote themselves down in a lock's file.
    pub(in crate::store) fn of(path: &Path) -> Option<Self> {
        let file = File::open(path).ok()?;
        let mut text = String::new();
        file.take(HINT_BYTES_MAX).read_to_string(&mut text).ok()?;
        let Hint { pid, user, since } = serde_json::from_str(&text).ok()?;
        Some(Self { pid, user: visible(&user), since })
    }
}

impl ApplyLock {
    /// Takes it, where nobody else has it.
    pub(in crate::store) fn take(
        dir: &Path,
        group: Option<Group>,
    ) -> Result<Option<Self>, StoreError> {
        Self::take_file(dir.join(LOCK_FILE), group)
    }

    /// The same of another lock's file.
    pub(in crate::store) fn take_file(
        path: PathBuf,
        group: Option<Group>,
    ) -> Result<Option<Self>, StoreError> {
        let file = place::open_or_make(&path, group)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => return Ok(None),
            Err(TryLockError::Error(e)) => return Err(StoreError::io(&path, e)),
        }
        let meta = file.metadata().map_err(|e| StoreError::io(&path, e))?;
        let place = (meta.dev(), meta.ino());
        let lock = Self { path, file, place, told: Mutex::default() };
        // Between opening and locking it, somebody may have put another in its place, and whoever
        // comes next gets that one.
        if !lock.is_in_place() {
            return Ok(None);
        }
        lock.hint();
        Ok(Some(lock))
    }

    /// Does it still guard the rows of `store`?
    pub(super) fn guards(&self, store: &Store) -> Result<(), StoreError> {
        let is_its = same_file(&store.dir.join(LOCK_FILE), self.place);
        if is_its && self.is_in_place() {
            return Ok(());
        }
        let what = format!(
            "{} is not the lock of this store, or it was removed while it was held",
            visible(&self.path.to_string_lossy())
        );
        Err(StoreError::Broken { what })
    }

    fn is_in_place(&self) -> bool {
        same_file(&self.path, self.place)
    }

    /// Says who has it; without it the lock is as good.
    fn hint(&self) {
        let uid = uzers::get_current_uid();
        let user = uzers::get_user_by_uid(uid);
        let user = user.map_or_else(|| uid.to_string(), |u| u.name().to_string_lossy().into());
        let hint = Hint { pid: std::process::id(), user, since: Timestamp::now() };
        let Ok(text) = serde_json::to_vec(&hint) else { return };
        let written = self.file.set_len(0).and_then(|()| (&self.file).write_all(&text));
        if let Err(error) = written {
            tracing::debug!(%error, "the lock's holder is not noted");
        }
    }
}

impl Drop for ApplyLock {
    fn drop(&mut self) {
        // The hint alone: closing the file gives the lock back.
        if self.file.set_len(0).is_err() {
            tracing::debug!("the lock's holder stays noted");
        }
    }
}

fn same_file(path: &Path, place: (u64, u64)) -> bool {
    fs::metadata(path).is_ok_and(|meta| (meta.dev(), meta.ino()) == place)
}
