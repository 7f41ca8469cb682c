//! A file a screen: what is on it, what its keys do, how it is drawn.
//!
//! Must not do: know another screen, but by `update::go`.

pub mod connections;
pub mod dashboard;
pub mod detail;
pub mod diff;
pub mod plan;
pub mod progress;
pub mod runs;
pub mod settings;
