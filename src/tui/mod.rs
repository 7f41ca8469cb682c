//! The dashboard: the face for a person at a terminal, over SSH, in 80x24.
//!
//! The Elm shape: `update(&mut Model, Msg) -> Vec<Effect>` without I/O, `view(&Model, Frame)` that
//! only draws, `work` that runs jobs, and one loop that connects them to a terminal.
//! Must not do: decide anything; use-cases decide, and what is drawn is what they said.

// A new cause must not build until every face has decided what to say of it.
#![deny(clippy::wildcard_enum_match_arm)]

pub mod action;
pub mod clipboard;
pub mod effect;
pub mod ending;
pub mod filter;
pub mod input;
pub mod jobs;
pub mod key;
pub mod keymap;
#[cfg(test)]
mod looks;
pub mod model;
pub mod msg;
pub mod overlay;
pub mod overlays;
pub mod plain;
pub mod run;
pub mod screens;
pub mod search;
pub mod sources;
pub mod terminal;
#[cfg(test)]
pub(crate) mod testing;
pub mod theme;
pub mod tour;
pub mod update;
pub mod view;
pub mod watch;
pub mod widgets;
pub mod wire;
pub mod work;
