//! One receiver a store: a lock of the kernel, which lets go of it when its holder dies.
//!
//! Must not do: take it by force.

use crate::store::error::StoreError;
use crate::store::journal::{ApplyLock, LockHolder};
use crate::store::place::Group;
use crate::store::{LISTEN_LOCK_FILE, Store};

/// The right to receive for a store; it ends when this is dropped, or at death.
#[derive(Debug)]
pub struct ListenLock(#[expect(dead_code, reason = "held for its lock")] ApplyLock);

impl Store {
    /// Takes the lock; `None` where another one has it.
    ///
    /// # Errors
    /// Where the lock's file can't be used.
    pub fn lock_for_listening(&self) -> Result<Option<ListenLock>, StoreError> {
        let group = Group::of(self.options.group.as_deref())?;
        let taken = ApplyLock::take_file(self.dir.join(LISTEN_LOCK_FILE), group)?;
        Ok(taken.map(ListenLock))
    }

    /// Who receives for this store, as far as they wrote it down.
    #[must_use]
    pub fn listener(&self) -> Option<LockHolder> {
        LockHolder::of(&self.dir.join(LISTEN_LOCK_FILE))
    }
}
