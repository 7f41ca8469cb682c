//! The README against the program: its commands run, its tables and excerpts are the program's.
//!
//! Must not do: correct the README's words; what a reader would type or look up is checked.

mod commands;
mod readme;
mod tables;

pub use tables::{metrics_written, schema};
