//! Care of a store: check, backup, restore, export, compact.
//!
//! Must not do: change a store that it can't verify.

mod check;

pub use check::{CheckReport, FileReport};
