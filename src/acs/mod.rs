//! Adapters of the device manager.
//!
//! Must not do: use the other side's adapters, the engine or the store.

mod deletion;
pub mod file;
pub mod genieacs;
pub mod ixc;
mod path;
mod reply;
mod sought;
