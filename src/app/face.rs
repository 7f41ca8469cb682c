//! What a face for a person at a terminal is opened with.
//!
//! Must not do: know a terminal. The command line settles this, the program hands it on.

use std::path::Path;

use serde::Serialize;

use crate::app::collect::Adapters;
use crate::app::error::AppError;
use crate::app::reconcile::Request;
use crate::config::{ConfigError, Environment, Settings};
use crate::store::run::Run;

/// Everything that a dashboard is opened with.
#[expect(clippy::struct_excessive_bools, reason = "each is a yes or no of its own")]
#[derive(Clone, Copy)]
pub struct Opening<'a> {
    /// The profile, settled.
    pub settings: &'a Settings,
    /// The two systems, and the time.
    pub adapters: &'a Adapters,
    /// The environment.
    pub env: &'a (dyn Environment + Sync),
    /// How the sides are read.
    pub request: &'a Request,
    /// Never begin with what is remembered.
    pub fresh: bool,
    /// A simulated world: nothing real can be harmed.
    pub demo: bool,
    /// Wire name of the language.
    pub lang: &'a str,
    /// Is colour wanted?
    pub color: bool,
    /// Lines of text in the place of screens, for screen readers.
    pub plain: bool,
    /// The summary of a run for a chat, in a language.
    pub summary: fn(&Run, &str) -> String,
}

/// An action of a keymap, and the keys that do it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct KeyLine {
    /// Where they hold: everywhere, on a screen, or in what lies over it.
    pub layer: &'static str,
    /// One key each, or keys one after the other.
    pub keys: Vec<String>,
    /// Its name in a keymap.
    pub action: &'static str,
    /// What it does, in the language that was asked for.
    pub text: String,
}

/// Reads and checks the keymap of a name, also the user's own in a folder; told in a language.
pub type Keys = fn(&str, Option<&Path>, &str) -> Result<Vec<KeyLine>, ConfigError>;

/// What the program puts before a person at a terminal.
#[derive(Clone, Copy)]
pub struct Face {
    /// Opens it.
    pub dashboard: Dashboard,
    /// Its keys.
    pub keys: Keys,
}

/// A dashboard: gives the exit code once it is closed.
pub type Dashboard = fn(&Opening<'_>) -> Result<u8, AppError>;
