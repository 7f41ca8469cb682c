//! The face for cron, pipes and scripts.
//!
//! Must not do: name an adapter or the store; use-cases do.

// A new cause must not build until every face has decided what to say of it.
#![deny(clippy::wildcard_enum_match_arm)]

pub mod args;
mod commands;
pub mod console;
pub mod exit;
mod lab;
mod progress;
pub mod report;
mod stream;
mod whole_file;

use crate::app::Adapters;
use crate::app::face::Face;
use crate::config::Environment;
use args::Cli;
use console::Console;

/// Does what the command line asks, or opens the dashboard where it asks for nothing else; gives
/// the exit code.
#[must_use]
pub fn run(cli: &Cli, adapters: &Adapters, env: &(dyn Environment + Sync), face: Face) -> u8 {
    let console = Console::new(&cli.global, env);
    let context = commands::Context { cli, adapters, env, console, face, demo: None };
    exit::settle(commands::run(&context), &console)
}
