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
    file: OnceLock<DbFile>,
    /// Opens it, until somebody waited for that.
    opening: Mutex<Option<JoinHandle<Result<DbFile, StoreError>>>>,
}

impl History {
    /// Not open. A reader may come before the first writer has made the file.
    pub(super) fn closed(path: PathBuf) -> Self {
        Self { path, file: OnceLock::new(), opening: Mutex::new(None) }
    }

    /// An open one.
    pub(super) fn open(path: PathBuf, file: DbFile) -> Self {
        Self { path, file: OnceLock::from(file), opening: Mutex::new(None) }
    }

    /// For a writer: begins to open it.
    pub(super) fn begin(path: &Path, options: &StoreOptions) -> Result<Self, StoreError> {
        let (target, options) = (path.to_owned(), options.clone());
        let job = move || open_file(&target, &options, Access::Write);
        let named = thread::Builder::new().name("history-open".to_owned());
        let opening = named.spawn(job).map_err(|e| StoreError::io(path, e))?;
        let (path, file) = (path.to_owned(), OnceLock::new());
        Ok(Self { path, file, opening: Mutex::new(Some(opening)) })
    }

    /// The file, once it is open. One that was not there before is looked for again.
    pub(super) fn file(&self, options: &StoreOptions) -> Result<Option<&DbFile>, StoreError> {
        if self.file.get().is_none() {
            // Held while it is opened: who comes second waits for the first.
            let mut opening = self.opening.lock().unwrap_or_else(PoisonError::into_inner);
            let file = match opening.take() {
                Some(job) => Some(self.joined(job)?),
                None if self.file.get().is_some() => None,
                None => open_if_there(&self.path, options)?,
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

impl Drop for History {
    fn drop(&mut self) {
        let opening = self.opening.get_mut().unwrap_or_else(PoisonError::into_inner);
        // What went wrong is told to whoever asks for the file.
        opening.take().map(JoinHandle::join).map(drop);
    }
}
