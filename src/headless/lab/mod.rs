//! The simulated world on the command line: the demo, and how right the causes are.
//!
//! Must not do: simulate (that is `lab`), or help the engine: it reads the world's exports and
//! nothing else, through the same use-case as everybody.

pub mod demo;
mod exports;
mod judge;
pub mod score;
mod simulated;
mod tables;

pub use simulated::Heard;
