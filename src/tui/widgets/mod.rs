//! Pieces of screens: frames, the window of a list, lines of spans that fit.
//!
//! Must not do: know what they show.

pub mod bars;
pub mod fit;
pub mod pane;
pub mod text;
pub mod window;
