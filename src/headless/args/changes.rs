//! The commands that plan and make changes, and their own arguments.
//!
//! Must not do: act on anything.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};

use crate::engine::{Cause, Fix};
use crate::headless::args::check;

/// Arguments of `plan`.
#[derive(Args, Clone, Debug)]
pub struct PlanArgs {
    /// Plan for findings of CAUSE; several, or joined by commas
    #[arg(long, value_name = "CAUSE", value_delimiter = ',', value_parser = check::cause)]
    pub cause: Vec<Cause>,

    /// Plan for the device of KEY: serial, MAC, login or id; several
    #[arg(long, value_name = "KEY", value_parser = check::not_blank)]
    pub key: Vec<String>,

    /// Take FIX instead of the first that can be sent
    #[arg(long, value_name = "FIX", value_parser = check::fix)]
    pub fix: Option<Fix>,

    /// Link this login, by its id in the Provider
    #[arg(long, value_name = "LOGIN_ID", requires = "key", value_parser = check::not_blank)]
    pub candidate: Option<String>,

    /// Write the plan to FILE, readable only by you
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// What to do with a plan that is made.
    #[command(subcommand)]
    pub command: Option<PlanCommand>,
}

/// Commands of `plan`.
#[derive(Clone, Debug, Subcommand)]
pub enum PlanCommand {
    /// Show what a plan would do, and what the guards said of it when it was made
    Show {
        /// The plan's file
        #[arg(value_name = "PLAN")]
        plan: PathBuf,
    },
    /// Print the worklist: what no adapter can send, with what to click (--format csv for a table)
    Export {
        /// The plan's file
        #[arg(value_name = "PLAN")]
        plan: PathBuf,
        /// Every step, those that acerto sends too
        #[arg(long)]
        all: bool,
    },
    /// Mark lines of the worklist as done by hand
    Done {
        /// The plan's file
        #[arg(value_name = "PLAN")]
        plan: PathBuf,
        /// Numbers of the steps
        #[arg(value_name = "STEP", required = true)]
        steps: Vec<u32>,
    },
}

/// What persons give for the guards.
#[derive(Args, Clone, Debug, Default)]
pub struct ConfirmArgs {
    /// Send it; without this it is a dry run
    #[arg(long)]
    pub yes: bool,

    /// The number that a guard asks for, typed by a person at a terminal
    #[arg(long, value_name = "N")]
    pub type_count: Option<u64>,

    /// Why a side that shrank is no reason to wait; kept in the store
    #[arg(long, value_name = "TEXT", value_parser = check::not_blank)]
    pub acknowledge: Option<String>,
}

/// Arguments of `apply`.
#[derive(Args, Clone, Debug)]
pub struct ApplyArgs {
    /// The plan's file
    #[arg(value_name = "PLAN")]
    pub plan: PathBuf,

    /// What persons give for the guards.
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

/// Arguments of `undo`.
#[derive(Args, Clone, Debug)]
pub struct UndoArgs {
    /// The run, or the plan, by its whole id
    #[arg(value_name = "RUN", value_parser = check::not_blank)]
    pub run: String,

    /// Write the plan to FILE, readable only by you
    #[arg(short, long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// Arguments of `resolve`.
#[derive(Args, Clone, Debug)]
pub struct ResolveArgs {
    /// The action's id; `restored` after a store was restored
    #[arg(value_name = "ACTION", value_parser = check::not_blank)]
    pub action: String,

    /// What you found: it is done, it has to be planned again, or nobody wants it any more
    #[arg(value_name = "done|redo|drop", hide_possible_values = true)]
    pub decision: Decision,

    /// How you know; kept in the journal
    #[arg(long, value_name = "TEXT", value_parser = check::not_blank)]
    pub reason: String,
}

/// What a person decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Decision {
    /// It is done
    Done,
    /// It is not done, and wanted: a new plan does it
    Redo,
    /// It is not wanted any more
    Drop,
}

/// Arguments of `synchronise`.
#[derive(Args, Clone, Debug)]
pub struct SynchroniseArgs {
    /// Which system
    #[arg(value_name = "acs|provider", hide_possible_values = true)]
    pub side: SideArg,

    /// Write the plan to FILE instead of applying it
    #[arg(short, long, value_name = "FILE", conflicts_with = "yes")]
    pub output: Option<PathBuf>,

    /// What persons give for the guards.
    #[command(flatten)]
    pub confirm: ConfirmArgs,
}

/// One of the two systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SideArg {
    /// The ACS
    Acs,
    /// The Provider
    Provider,
}
