//! Two things at once: a side on each of two threads, or half of one.
//!
//! Must not do: let a panic of a thread become one of its caller.

use std::thread;

use crate::store::codec::{Bad, bad};
use crate::store::error::StoreError;
use crate::store::rows::Rows;

/// Does both at once; a panic of the first is an error. Where both fail the first one's is told.
pub(super) fn at_once<A: Send, B, E: From<Panicked> + Send>(
    first: impl FnOnce() -> Result<A, E> + Send,
    second: impl FnOnce() -> Result<B, E>,
) -> Result<(A, B), E> {
    thread::scope(|scope| {
        let first = scope.spawn(first);
        let second = second();
        // Joined whatever became of the second: a panic that nobody waits for is the scope's.
        match (first.join(), second) {
            (Ok(first), second) => Ok((first?, second?)),
            (Err(_), second) => second.and(Err(Panicked.into())),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_of_the_first_is_an_error_whatever_became_of_the_second() {
        let first =
            |panics: bool| move || if panics { panic!("a record") } else { Ok::<_, Bad>(7) };
        let second = |fails: bool| move || if fails { Err(bad("a record")) } else { Ok(8) };
        assert_eq!(at_once(first(false), second(false)), Ok((7, 8)));
        assert_eq!(at_once(first(true), second(false)), Err(Panicked.into()));
        for panics in [false, true] {
            assert_eq!(at_once(first(panics), second(true)), Err(bad("a record")));
        }
        let fails = || Err::<i32, _>(bad("the first"));
        assert_eq!(at_once(fails, second(true)), Err(bad("the first")));
    }
}
