//! Adapters of the ERP.
//!
//! Must not do: use the other side's adapters, the engine or the store.

pub mod file;
pub mod ixc;
