//! The lab: both systems simulated over real HTTP, with the true cause of every difference.
//!
//! Must not do: use an adapter's, the engine's or the store's code (it must not share their
//! mistakes), or listen anywhere but on loopback.

pub mod server;
pub mod world;
