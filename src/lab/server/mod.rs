//! The three simulated APIs over real HTTP, on loopback: IXC Provedor, IXC ACS and GenieACS, with
//! their quirks, faults on demand, and a control API beside them.
//!
//! Must not do: listen anywhere but on loopback, or share code with the adapters.
//!
//! `wire` moves bytes, `state` decides who answers, and each API is a function of a request and
//! the world. Faults stand between the two: they change what is asked, what is answered, or how
//! its bytes are sent.

mod clock;
mod config;
mod control;
mod faults;
pub mod genieacs;
pub mod ixc_acs;
mod journal;
pub mod message;
pub mod provedor;
mod route;
mod start;
mod state;
#[cfg(test)]
mod tests;
mod webhook;
mod wire;

pub use journal::KeptWrite;
pub use start::{Lab, LabError, LabOptions};
