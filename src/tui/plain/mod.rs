//! The dashboard in lines of text, for screen readers and terminals that can't be drawn on.
//!
//! The same model, `update`, guards and jobs as on screen; lines come in, lines go out. It writes
//! no escape sequence, and tells nothing twice. Must not do: decide what `update` decides.

mod command;
mod run;
mod steer;
mod tell;

pub use run::open;
