//! What the simulated world promises.
//!
//! Must not do: ask the engine.

mod life;
