//! Changes of the store by other processes, told by the file system.
//!
//! Opening a store writes to its files, so an event alone is no news: two dashboards would wake
//! each other for ever. News is what the store counted. Must not do: open a store.

use std::mem::MaybeUninit;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::sync::{Mutex, PoisonError};

use rustix::fs::inotify::{self, CreateFlags, WatchFlags};

use crate::app::store_admin;
use crate::config::Settings;

/// The folder of the store, watched from the moment at which it is there.
#[derive(Debug)]
pub struct Watch {
    inotify: OwnedFd,
    settings: Settings,
    seen: Mutex<Option<[u64; 2]>>,
}

impl Watch {
    /// Of this profile's store; `None` where the system has no room for another watch.
    #[must_use]
    pub fn new(settings: &Settings) -> Option<Self> {
        let inotify = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK).ok()?;
        let settings = settings.clone();
        let seen = Mutex::new(store_admin::changes(&settings));
        let watch = Self { inotify, settings, seen };
        watch.look();
        Some(watch)
    }

    /// Watches it, where it was made meanwhile; asking twice changes nothing.
    pub fn look(&self) {
        let changes = WatchFlags::MODIFY | WatchFlags::MOVED_TO;
        // No folder yet: nobody changes it.
        let _ = inotify::add_watch(&self.inotify, &self.settings.store_dir, changes);
    }

    /// Readable where something happened.
    #[must_use]
    pub fn fd(&self) -> BorrowedFd<'_> {
        self.inotify.as_fd()
    }

    /// Takes what happened; was a file of the database among it?
    #[must_use]
    pub fn happened(&self) -> bool {
        let mut room = [MaybeUninit::<u8>::uninit(); 4096];
        let mut events = inotify::Reader::new(&self.inotify, &mut room);
        let mut found = false;
        while let Ok(event) = events.next() {
            found |= event.file_name().is_some_and(|name| name.to_bytes().ends_with(b".redb"));
        }
        found
    }

    /// Was the store changed since the last time that this was asked?
    #[must_use]
    pub fn is_news(&self) -> bool {
        // Where it can't be told now somebody is at it, and another event follows.
        let Some(now) = store_admin::changes(&self.settings) else { return false };
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        seen.replace(now) != Some(now)
    }
}

#[cfg(test)]
mod tests {
    use crate::app::testing::network_settings;
    use crate::app::{history, remarks};

    use super::*;

    #[test]
    fn who_only_looks_is_no_news_and_looking_for_news_leaves_no_trace() {
        let folder = tempfile::tempdir().unwrap();
        let settings = network_settings(folder.path(), "acs.example", "");
        let now = "2026-11-20T12:00:00Z".parse().unwrap();
        let note = || remarks::note(&settings, "mac=E0:28:6D:11:09:AF", ("x", "ana"), now);
        let watch = Watch::new(&settings).unwrap();
        assert!(!watch.is_news() && !watch.happened());
        note().unwrap();
        watch.look();
        assert!(watch.is_news() && !watch.is_news());
        assert!(!watch.happened(), "looking for news wakes who watches");
        history::runs(&settings, 1).unwrap();
        assert!(watch.happened() && !watch.is_news());
        note().unwrap();
        assert!(watch.happened() && watch.is_news() && !watch.is_news());
        assert!(!watch.happened(), "looking for news wakes who watches");
    }
}
