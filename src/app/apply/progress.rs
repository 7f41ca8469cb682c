//! What an apply says of itself while it runs.
//!
//! Must not do: print; faces do.

use std::time::Duration;

use crate::domain::Side;
use crate::store::StepRow;

/// Told what happens.
pub type Say<'a> = &'a dyn Fn(Said<'_>);

/// Something that happened.
#[derive(Clone, Copy, Debug)]
pub enum Said<'a> {
    /// An earlier apply left rows that have to be settled first.
    Recovering(usize),
    /// It begins: so many steps.
    Begun(usize),
    /// A step came to another state.
    Step(&'a StepRow),
    /// A batch begins: from this step to that one.
    Batch {
        /// How many steps are done before it.
        done: usize,
        /// How many it has.
        steps: usize,
    },
    /// Nobody knows yet what became of a step; it is looked at after the wait.
    Waiting {
        /// How many such steps there are.
        steps: usize,
        /// How long at most.
        wait: Duration,
    },
    /// A system does not answer.
    Paused {
        /// Which.
        side: Side,
        /// For how long.
        pause: Duration,
        /// What it said.
        why: &'a str,
    },
    /// The same devices are read again.
    Collecting,
}
