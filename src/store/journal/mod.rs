//! The apply journal: every change to the two systems as a row that goes from state to state.
//!
//! SAFETY.md section 2 is the contract. A row is durable before its request leaves, so that
//! after any crash it is known what may have been sent. [`ApplyLock`] makes that one process
//! applies at a time; [`Arrow`] is every way from one state to another, and [`may`] the table
//! of those that exist. Each end is also told in `journal.jsonl`.
//!
//! Must not do: send anything, decide what is sent, or let a row move in any other way.

mod advance;
mod arrow;
mod care;
mod filing;
mod lock;
mod look;
mod step;
mod tell;
#[cfg(test)]
mod tests;

pub use arrow::{ATTEMPTS_MAX, Arrow, PROBES_MAX, REFUSALS_MAX, Reply, Resolution, may};
pub use lock::{ApplyLock, LockHolder};
pub use step::{BeforeRow, CallRow, PlanRow, StepId, StepRow, StepState, Undoable};

pub(super) use care::{check, mark_restored, prune};
