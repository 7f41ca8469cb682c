//! The use-cases both faces call.
//!
//! Must not do: know a terminal, stdout or a key.

pub use crate::store::run::{JournalCounts, NetCounts, Run, RunSummary};
