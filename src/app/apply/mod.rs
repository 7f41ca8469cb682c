//! Applies a plan: under the kernel's lock, by the journal, a step at a time.
//!
//! SAFETY.md is the contract: recovery first, guards, a durable commit before each request, a
//! fresh look after it, and the same devices read again at the end.
//! Must not do: send a step whose plan the guards did not pass, or print.

mod after;
mod attended;
mod batches;
mod crash;
mod desk;
mod doubts;
mod judged;
mod outcome;
mod progress;
mod recover;
mod reread;
mod resolve;
mod restored;
mod rows;
mod session;
mod sound;
pub(crate) mod step;
pub(crate) mod systems;
#[cfg(test)]
mod tests;

pub use after::After;
pub use attended::{Unattended, apply, recover_if_free, rehearse, unattended};
pub use batches::Halt;
pub use outcome::{Applied, Went, counts};
pub use progress::{Said, Say};
pub use resolve::resolve;
#[cfg(test)]
pub(crate) use rows::{Hand, rows};
pub use session::{Order, Session};

pub use crate::store::{Resolution, StepRow, StepState};
