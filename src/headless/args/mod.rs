//! The command line as typed: flags, commands, and what `--help` says of them.
//!
//! Must not do: act on anything, or read the environment; `config` settles what was typed.

mod changes;
mod check;
mod commands;
mod help;

use std::path::PathBuf;

use crate::config::Flags;
use crate::engine::Cause;
use clap::{ArgAction, Args, CommandFactory as _, FromArgMatches as _, Parser, ValueEnum};

pub(super) use check::nothing_asked;

pub use changes::{
    ApplyArgs, ConfirmArgs, Decision, PlanArgs, PlanCommand, ResolveArgs, SideArg, SynchroniseArgs,
    UndoArgs,
};
pub use commands::{
    Command, ConfigCommand, DoctorArgs, ExplainArgs, IgnoreArgs, IgnoreCommand, KeysCommand,
    LabArgs, LabCommand, ListenArgs, SchemaName, ScoreArgs, SearchArgs, SpeedtestArgs,
    StoreCommand,
};

const ABOUT: &str = "Explains, to the unit, why an ACS and a Provider count different devices";

const LONG_ABOUT: &str = "\
Explains, to the unit, why an ACS (TR-069 device manager) and a Provider (ERP) count different \
devices: reads both lists, pairs the devices, says for every difference its cause and what shows \
it, prints a ledger that sums exactly, and remembers what it saw.";

const AFTER_HELP: &str = "\
Examples:
  acerto
        the dashboard, at a terminal
  acerto --demo
        a simulated ISP: what it looks like, with nothing to set up
  acerto --reconcile --acs-file acs.csv --provider-file provider.csv
        two exports, no configuration: why do the counts differ?
  acerto --reconcile --summary
        twelve lines for a mail, from the systems of the configuration
  acerto explain HWTC1234ABCD
        everything about one device
  acerto config init
        a few questions: a configuration, checked, and a first run

`acerto COMMAND --help` tells more.";

const AFTER_LONG_HELP: &str = "\
Examples:
  The dashboard, at a terminal (--plain: lines of text):
      acerto
  A simulated ISP: what it looks like, with nothing to set up:
      acerto --demo
  Two exports, no configuration: why do the counts differ?
      acerto --reconcile --acs-file acs.csv --provider-file provider.csv
  The same with what happened, and a memory for tomorrow:
      acerto --reconcile --acs-file acs.csv --provider-file provider.csv \\
             --events-file audit.ndjson --store ./memory
  From cron: a mail when something differs, figures for Prometheus:
      acerto --reconcile --summary --metrics /var/lib/node_exporter/acerto.prom
  Everything about one device, by serial, MAC, login or id:
      acerto explain HWTC1234ABCD
  A configuration by a few questions, then a look at what holds:
      acerto config init
      acerto config check
  Why can a system not be read? Every step, with what to do:
      acerto doctor

Exit codes:
    0  in sync (or: the command did what was asked)
    1  internal error
    2  usage or configuration; nothing was done
    3  differences found (explain, show: nothing found; plan: nothing to do)
    4  a plan was applied in part
    5  a guard refused
    6  a list can't be read, is empty, or was not read whole; try again
    7  authentication, TLS or permission refused; `acerto doctor` says which
    8  another apply is running
    9  steps whose end nobody knows yet, or that a person must settle
   10  store damaged, full, held by another process, or of a newer acerto
  129, 130, 143  stopped by HUP, INT or TERM; nothing is half-written
  If several hold, the first of this order wins: 2, signal, 1, 10, 9, 7, 5, 6, 4, 3, 8.

Environment:
  ACERTO_CONFIG, ACERTO_PROFILE, ACERTO_STORE   as --config, --profile, --store
  NO_COLOR, CLICOLOR_FORCE, TERM=dumb           colours off, on, off
  NO_MOTION                                     the dashboard moves as little as it can
  LC_ALL, LC_MESSAGES, LANG                     the language of texts (pt* = pt-BR)

Files:
  $XDG_CONFIG_HOME/acerto/config.toml, then /etc/acerto/config.toml
  $STATE_DIRECTORY/PROFILE, else $XDG_STATE_HOME/acerto/PROFILE: the store";

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "acerto",
    version,
    about = ABOUT,
    long_about = LONG_ABOUT,
    after_help = AFTER_HELP,
    after_long_help = AFTER_LONG_HELP,
    max_term_width = 100,
    disable_help_subcommand = true,
    subcommand_value_name = "COMMAND",
    subcommand_help_heading = "Commands",
    override_usage = "acerto\n       acerto --reconcile [OPTIONS]\n       acerto --demo\n       \
        acerto COMMAND [OPTIONS]"
)]
pub struct Cli {
    /// Read both systems, reconcile, report; for a person, cron and timers
    #[arg(long, help_heading = "Reconcile")]
    pub reconcile: bool,

    /// Flags of `--reconcile` alone.
    #[command(flatten)]
    pub report: ReportArgs,

    /// Files in place of a profile's sides, as given before a command.
    #[command(flatten)]
    pub file_args: FileArgs,

    /// Flags that every command takes.
    #[command(flatten)]
    pub global: GlobalArgs,

    /// What to do instead of reconciling.
    #[command(subcommand)]
    pub command: Option<Command>,

    /// The name of that command, for the log.
    #[arg(skip)]
    pub called: Option<String>,
}

/// Flags of `--reconcile` alone.
#[allow(clippy::struct_excessive_bools)] // each is a flag
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Report (with --reconcile)")]
pub struct ReportArgs {
    /// Write the report to FILE, whole or not at all, readable only by you
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,

    /// Print 12 lines for a mail or a chat instead of the report
    #[arg(long)]
    pub summary: bool,

    /// Count each cause by the values of COLUMN (model, firmware, olt, any extra column)
    #[arg(long, value_name = "COLUMN")]
    pub group_by: Option<String>,

    /// Write figures for Prometheus's textfile collector to FILE
    #[arg(long, value_name = "FILE")]
    pub metrics: Option<PathBuf>,

    /// Which differences end in exit code 3 [default: any]
    ///
    /// `any`: every finding but devices deleted by hand and ignored ones; `unexplained`: only
    /// those that nothing explains; `none`: no difference does.
    #[arg(long, value_name = "any|unexplained|none", hide_possible_values = true)]
    pub fail_on: Option<FailOnArg>,

    /// End with exit code 6 and no report at the first bad line or field
    #[arg(long)]
    pub strict: bool,

    /// Neither read nor write the store
    #[arg(long)]
    pub no_store: bool,

    /// Apply the fixes of these causes, within the limits of the configuration; joined by commas
    #[arg(long, value_name = "CAUSE", value_delimiter = ',', value_parser = check::cause)]
    pub apply: Vec<Cause>,

    /// Tell whom the configuration names (`notify_url`, `notify_command`) what got worse
    #[arg(long)]
    pub notify: bool,

    /// Set by `listen --schedule` for its runs.
    #[arg(long, hide = true, conflicts_with = "apply", value_name = "again|last")]
    pub scheduled: Option<Attempt>,

    /// With --apply: make the plan and ask the guards, send nothing
    #[arg(long, requires = "apply")]
    pub dry_run: bool,

    /// Separate CSV columns by CHAR (a character, or `tab`)
    #[arg(long, value_name = "CHAR", value_parser = check::separator)]
    pub csv_separator: Option<u8>,

    /// Show customers' names, documents and phones unmasked in CSV; needs --reason
    #[arg(long)]
    pub with_pii: bool,

    /// Why personal data is needed; kept in the store
    #[arg(long, value_name = "TEXT")]
    pub reason: Option<String>,
}

/// Files in place of a profile's sides.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Files")]
pub struct FileArgs {
    /// Read the ACS from an export (CSV, NDJSON or JSON; also .gz, .zst)
    #[arg(long, value_name = "FILE")]
    pub acs_file: Option<PathBuf>,

    /// Read the Provider from an export
    #[arg(long, value_name = "FILE")]
    pub provider_file: Option<PathBuf>,

    /// Read what happened from an audit export or a webhook log
    #[arg(long, value_name = "FILE")]
    pub events_file: Option<PathBuf>,

    /// When the files were exported, in any form of time that they may use [default: each file's
    /// modification time]
    #[arg(long, value_name = "TIME")]
    pub as_of: Option<String>,
}

impl FileArgs {
    /// Does it name a device list?
    #[must_use]
    pub fn any(&self) -> bool {
        self.acs_file.is_some() || self.provider_file.is_some()
    }
}

/// Flags that every command takes, before or after its name.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "With every command")]
#[allow(clippy::struct_excessive_bools, reason = "flags are yes or no")]
pub struct GlobalArgs {
    /// Read the configuration from FILE
    #[arg(long, value_name = "FILE", global = true)]
    pub config: Option<PathBuf>,

    /// Use this profile of the configuration
    #[arg(long, value_name = "NAME", global = true)]
    pub profile: Option<String>,

    /// Remember in DIR, which is the store itself
    #[arg(long, value_name = "DIR", global = true)]
    pub store: Option<PathBuf>,

    /// The form of the output [default: text; of --reconcile json where stdout is no terminal]
    ///
    /// `ndjson` and `csv` are for --reconcile only.
    #[arg(long, value_name = "text|json|ndjson|csv", hide_possible_values = true, global = true)]
    pub format: Option<FormatArg>,

    /// When to use colours [default: auto]
    #[arg(long, value_name = "auto|always|never", hide_possible_values = true, global = true)]
    pub color: Option<ColorArg>,

    /// The language of texts [default: the system's; English inside JSON]
    #[arg(long, value_name = "en|pt-BR", hide_possible_values = true, global = true)]
    pub lang: Option<LangArg>,

    /// Tell more on stderr (-vv: everything)
    #[arg(short, long, action = ArgAction::Count, global = true)]
    pub verbose: u8,

    /// Tell nothing on stderr but errors
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub quiet: bool,

    /// Lines of text in the place of the dashboard, for screen readers
    #[arg(long, global = true)]
    pub plain: bool,

    /// Read both systems again, where `plan` would go by what was read minutes ago
    #[arg(long, global = true)]
    pub fresh: bool,

    /// Use a simulated ISP with a week of memory instead of a configuration
    ///
    /// About 2,000 devices; it needs no configuration and leaves nothing behind. Alone it opens
    /// the dashboard, or where there is no terminal prints the differences; --reconcile, explain,
    /// runs and others meet the same world. With --store DIR the store and the world's time are
    /// kept in DIR.
    #[arg(long, global = true, conflicts_with_all = ["config", "profile"])]
    pub demo: bool,
}

/// `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FormatArg {
    /// For people
    Text,
    /// One document
    Json,
    /// One finding a line, then a summary
    Ndjson,
    /// One finding a row
    Csv,
}

/// Which attempt of the daily run it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Attempt {
    /// It is tried again where a list can't be read.
    Again,
    /// It is not.
    Last,
}

impl Attempt {
    /// As it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Again => "again",
            Self::Last => "last",
        }
    }
}

/// `--color`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum ColorArg {
    /// On a terminal
    #[default]
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// `--lang`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    /// English
    #[value(name = "en")]
    En,
    /// Portuguese of Brazil
    #[value(name = "pt-BR", alias = "pt", alias = "pt-br", alias = "pt_BR")]
    PtBr,
}

/// `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOnArg {
    /// Every finding but devices deleted by hand and ignored ones
    Any,
    /// Only those that nothing explains
    Unexplained,
    /// None
    None,
}

impl Cli {
    /// What was typed, checked.
    ///
    /// # Errors
    /// A usage error, or help, that clap prints.
    pub fn read(words: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Self, clap::Error> {
        let mut matches = Self::definition().try_get_matches_from(words)?;
        let called = matches.subcommand_name().map(str::to_owned);
        let cli = Self::from_arg_matches_mut(&mut matches)?;
        Self { called, ..cli }.checked()
    }

    /// What the command line says of configuration and store.
    #[must_use]
    pub fn flags(&self) -> Flags {
        let global = &self.global;
        Flags {
            config: global.config.clone(),
            profile: global.profile.clone(),
            store: global.store.clone(),
        }
    }

    /// Is this a command of which a profile's log should tell? None that only prints what is
    /// built in, serves a lab, or promised to leave nothing behind.
    #[must_use]
    pub fn is_logged(&self) -> bool {
        let apart = matches!(
            self.command,
            Some(
                Command::Lab(_)
                    | Command::Config(_)
                    | Command::Keys(_)
                    | Command::Schema { .. }
                    | Command::Completions { .. }
                    | Command::Man { .. }
            )
        );
        !(apart || self.global.demo || self.report.no_store)
    }

    /// The commands and flags as help tells them: each where it can be used.
    #[must_use]
    pub fn definition() -> clap::Command {
        help::told_once(Self::command())
    }

    /// What clap can't see: which flags go with what.
    ///
    /// # Errors
    /// A usage error that clap prints like its own.
    pub fn checked(self) -> Result<Self, clap::Error> {
        check::together(&self)?;
        Ok(self)
    }

    /// Files in place of a profile's sides, given before or after the command.
    #[must_use]
    pub fn files(&self) -> FileArgs {
        let before = self.file_args.clone();
        let Some(Command::Explain(ExplainArgs { files: after, .. })) = &self.command else {
            return before;
        };
        FileArgs {
            acs_file: after.acs_file.clone().or(before.acs_file),
            provider_file: after.provider_file.clone().or(before.provider_file),
            events_file: after.events_file.clone().or(before.events_file),
            as_of: after.as_of.clone().or(before.as_of),
        }
    }
}

#[cfg(test)]
mod tests;
