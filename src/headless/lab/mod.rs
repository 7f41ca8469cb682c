//! The simulated world on the command line: the demo, and how right the causes are.
//!
//! Must not do: simulate (that is `lab`), or help the engine: it reads both systems over HTTP by
//! the same use-case and adapters as everybody.

pub mod demo;
mod judge;
pub mod score;
pub mod serve;
mod simulated;
mod tables;

pub use simulated::Heard;
