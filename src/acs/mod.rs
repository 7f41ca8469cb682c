//! Adapters of the device manager.
//!
//! Must not do: use the other side's adapters, the engine or the store.

pub mod file;
pub mod genieacs;
pub mod ixc;
