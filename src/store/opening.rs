//! `history.redb` of an open store: it may still be read through by a thread of its own.
//!
//! Must not do: outlive the store; whoever opens it next may want it alone.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::thread::{self, JoinHandle};

use crate::store::door::{Access, DbFile};
use crate::store::error::StoreError;
use crate::store::options::StoreOptions;
use crate::store::{open_file, open_if_there};

/// The file, from the moment at which it is open.
pub(super) struct History {
    path: PathBuf,
    /// For what it is opened, and after a failure opened again.
    access: Access,
    file: OnceLock<DbFile>,
    /// Opens it, until somebody waited for that.
    opening: Mutex<Option<JoinHandle<Result<DbFile, StoreError>>>>,
}

impl History {
    /// Not open. A reader may come before the first writer has made the file.
    pub(super) fn closed(path: PathBuf) -> Self {
        let access = Access::Read;
        Self { path, access, file: OnceLock::new(), opening: Mutex::new(None) }
    }

    /// An open one.
    pub(super) fn open(path: PathBuf, file: DbFile) -> Self {
        let access = Access::Read;
        Self { path, access, file: OnceLock::from(file), opening: Mutex::new(None) }
    }

    /// For a writer: begins to open it.
    pub(super) fn begin(path: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        let (target, options) = (path.to_owned(), options.clone());
        let job = move || open_file(&target, &options, Access::Write);
        let named = thread::Builder::new().name("history-open".to_owned());
        let opening = named.spawn(job).map_err(|e| StoreError::io(path, e))?;
        let (path, file, opening) = (path.to_owned(), OnceLock::new(), Mutex::new(Some(opening)));
        Ok(Self { path, access: Access::Write, file, opening })
    }

    /// The file, once it is open. One that was not there before is looked for again.
    pub(super) fn file(&self, options: &StoreOptions) -> Result<Option<&DbFile>, StoreError> {
        if self.file.get().is_none() {
            // Held while it is opened: who comes second waits for the first.
            let mut opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
            let file = match opening.take() {
                Some(job) => Some(self.joined(job)?),
                None if self.file.get().is_some() => None,
                None if self.access == Access::Read => open_if_there(&self.path, options)?,
                None => Some(open_file(&self.path, options, self.access)?),
            };
            if let Some(file) = file {
                let _ = self.file.set(file);
            }
        }
        Ok(self.file.get())
    }

    fn joined(&self, job: JoinHandle<Result<DbFile, StoreError>>) -> Result<DbFile, StoreError> {
        let contradict = |_| Err(StoreError::damaged(&self.path, "its pages contradict"));
        job.join().unwrap_or_else(contradict)
    }
}

impl History {
    /// Closes it, before it goes.
    pub(super) fn close(&mut self) {
        self.end_opening();
        if let Some(file) = self.file.get_mut() {
            file.close();
        }
    }

    fn end_opening(&mut self) {
        let opening = self.opening.get_mut().unwrap_or_else(PoisonError::into_inner);
        if let Some(job) = opening.take() {
            // What went wrong is told to whoever asks for the file, and nobody did.
            let _ = job.join();
        }
    }
}

impl Drop for History {
    fn drop(&mut self) {
        self.end_opening();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{HISTORY_FILE, Store};

    fn made(dir: &Path) -> PathBuf {
        drop(Store::open(dir, &StoreOptions::default()).unwrap());
        dir.join(HISTORY_FILE)
    }

    #[test]
    fn all_who_ask_while_it_is_opened_get_one_file() {
        let dir = tempfile::tempdir().unwrap();
        let path = made(dir.path());
        let options = StoreOptions::default();
        let history = History::begin(&path, &options).unwrap();
        let place = || history.file(&options).unwrap().map(std::ptr::from_ref).unwrap() as usize;
        let places: Vec<usize> = thread::scope(|scope| {
            let asked: Vec<_> = (0..4).map(|_| scope.spawn(place)).collect();
            asked.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert!(places.iter().all(|p| *p == places[0]));
    }

    #[test]
    fn what_is_wrong_with_it_is_told_to_whoever_asks() {
        let dir = tempfile::tempdir().unwrap();
        let path = made(dir.path());
        let mut bytes = std::fs::read(&path).unwrap();
        bytes.truncate(bytes.len() / 2);
        std::fs::write(&path, bytes).unwrap();
        let store = Store::begin_opening(dir.path(), &StoreOptions::default()).unwrap();
        assert!(store.generation().is_ok(), "the journal is another file");
        for _ in 0..2 {
            let told = store.ready().unwrap_err();
            assert!(matches!(told, StoreError::Damaged { .. }), "{told}");
        }
    }

    #[test]
    fn a_reader_finds_the_file_that_is_made_later() {
        let dir = tempfile::tempdir().unwrap();
        let path = made(dir.path());
        let aside = dir.path().join("aside");
        std::fs::rename(&path, &aside).unwrap();
        let options = StoreOptions::default();
        let history = History::closed(path.clone());
        assert!(history.file(&options).unwrap().is_none());
        std::fs::rename(&aside, &path).unwrap();
        assert!(history.file(&options).unwrap().is_some());
    }
}
