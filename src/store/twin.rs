//! Two sides at once: the ACS's list on one thread, the Provider's on another.
//!
//! Must not do: let a panic of a thread become one of its caller.

use std::thread;

use crate::store::codec::{Bad, bad};
use crate::store::error::StoreError;
use crate::store::rows::Rows;

/// Does both at once; a panic of the first is an error.
pub(super) fn at_once<A: Send, B, E: From<Panicked> + Send>(
    first: impl FnOnce() -> Result<A, E> + Send,
    second: impl FnOnce() -> Result<B, E>,
) -> Result<(A, B), E> {
    thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second()?;
        let first = first.join().unwrap_or_else(|_| Err(Panicked.into()))?;
        Ok((first, second))
    })
}

/// A thread ended by a panic.
pub(super) struct Panicked;

impl From<Panicked> for Bad {
    fn from(_: Panicked) -> Self {
        bad("a record that can't be handled")
    }
}

/// An error of a thread.
pub(super) enum Failed {
    Store(StoreError),
    Panicked,
}

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<Panicked> for Failed {
    fn from(_: Panicked) -> Self {
        Self::Panicked
    }
}

impl Failed {
    pub(super) fn at(self, rows: &impl Rows) -> StoreError {
        match self {
            Self::Store(error) => error,
            Self::Panicked => rows.damaged("its pages contradict"),
        }
    }
}
