//! The use-cases both faces call.
//!
//! Must not do: know a terminal, stdout or a key.

pub mod run;

pub use run::{JournalCounts, NetCounts, Run, RunSummary};
