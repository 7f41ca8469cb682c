//! The use-cases both faces call.
//!
//! Must not do: know a terminal, stdout or a key.

pub mod actor;
pub mod apply;
pub mod budget;
pub mod clocks;
pub mod collect;
pub mod compare;
pub mod doctor;
mod early;
pub mod error;
pub mod exit;
pub mod face;
mod following;
pub mod history;
pub mod listen;
pub mod lookup;
pub mod memory;
#[cfg(test)]
mod network_test;
pub mod notice;
pub mod past;
pub mod plan;
mod recall;
pub mod reconcile;
pub mod remarks;
pub mod rules;
#[cfg(test)]
pub(crate) mod sample;
pub mod search;
pub mod second_look;
pub mod speed_test;
pub mod stop;
pub mod store_admin;
#[cfg(test)]
pub(crate) mod testing;
pub mod timetable;
pub mod views;

pub use crate::ports::Clock;
pub use crate::store::run::{JournalCounts, NetCounts, Run, RunSummary};
pub use crate::store::{CheckReport, DrillReport, HistoryEntry, HistoryState, KnownIgnore, Note};
pub use crate::store::{Notices, Standing, Untold};
pub use collect::{Adapters, Events, Progress, Reading};
pub use doctor::{Checkup, Examined, Outcome, Told};
pub use error::{AppError, AppErrorKind};
pub use past::{Happened, Past};
pub use reconcile::{FailOn, Finished, Request, World};
pub use stop::Stop;
