//! The commands and their own arguments.
//!
//! Must not do: act on anything.

use std::path::PathBuf;

use clap::{Args, Subcommand, ValueEnum};
use clap_complete::Shell;
use jiff::Timestamp;

use crate::headless::args::{
    ApplyArgs, FileArgs, PlanArgs, ResolveArgs, SynchroniseArgs, UndoArgs, check,
};

/// What to do instead of reconciling.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show the last report of the store; fetch nothing
    #[command(after_help = "Example:\n  acerto status --format json\n\n\
        Exit code 0 where there is a report, whatever it says; 3 where there is none yet.")]
    Status,

    /// Tell everything about devices: both records, cause, evidence, history
    #[command(after_help = "Examples:\n  acerto explain HWTC1234ABCD\n  \
        acerto explain ana.lima 00:25:9E:00:00:10\n  \
        acerto explain --keys serials.txt --format json\n  \
        acerto explain --acs-file acs.csv --provider-file provider.csv HWTC1234ABCD\n\n\
        Exit code 3 where nothing was found.")]
    Explain(ExplainArgs),

    /// Find devices by CPF or CNPJ, name, phone, login, serial, MAC, model or contract
    #[command(after_help = "Examples:\n  acerto search joao silva\n  \
        acerto search 47 9 1234-5678\n  acerto search --live hwtc1234\n  \
        acerto search -\n\n\
        Accents, case and punctuation do not matter; of a CPF, CNPJ or phone the last four\n\
        digits do too. `-` reads the query from standard input: what is typed as an argument,\n\
        every user of this machine can see while the command runs. Searched is what the last\n\
        reading knew; --live asks both systems. Exit code 3 where nothing was found.")]
    Search(SearchArgs),

    /// Tell a device's measured speed beside the contracted one; start a test
    #[command(after_help = "Examples:\n  acerto speedtest HWTC1234ABCD\n  \
        acerto speedtest ana.lima --format json\n  \
        acerto speedtest HWTC1234ABCD --start --yes\n\n\
        A test writes to the customer's device and fills their line for some seconds. One of a\n\
        device in 10 minutes, [guard] speedtests_per_day of all. Ctrl-C stops waiting, not the\n\
        test. Exit code 0 with a result, 3 without one, 5 where a guard refuses the start.")]
    Speedtest(SpeedtestArgs),

    /// List the runs remembered, newest first
    #[command(after_help = "Example:\n  acerto runs --limit 5")]
    Runs {
        /// Show at most N runs
        #[arg(long, value_name = "N", default_value_t = 20,
            value_parser = clap::value_parser!(u32).range(1..))]
        limit: u32,
    },

    /// Show one run or finding again
    #[command(after_help = "Examples:\n  acerto show 0197f2\n  acerto show f-0123456789abcdef\n\n\
        Exit code 3 where nothing was found.")]
    Show {
        /// A run's id or its beginning, or a finding's id
        #[arg(value_name = "ID", value_parser = check::not_blank)]
        id: String,
    },

    /// Leave a device alone, with a reason; list what is left alone, and end it
    #[command(
        subcommand_negates_reqs = true,
        override_usage = "acerto ignore KEY --reason TEXT [--days N]\n       \
            acerto ignore list\n       acerto ignore remove KEY",
        after_help = "Examples:\n  \
            acerto ignore HWTC1234ABCD --reason \"lab bench\" --days 90\n  \
            acerto ignore list\n  acerto ignore remove HWTC1234ABCD\n\n\
            An ignored finding stays in the report and the ledger, and makes no exit code 3."
    )]
    Ignore(IgnoreArgs),

    /// Write a note about a device; `explain` shows it
    #[command(after_help = "Example:\n  acerto note HWTC1234ABCD \"box is in the van\"")]
    Note {
        /// Serial, MAC, login or id
        #[arg(value_name = "KEY", value_parser = check::not_blank)]
        key: String,
        /// The note, up to 2,000 characters
        #[arg(value_name = "TEXT")]
        text: String,
    },

    /// Propose fixes for what differs; nothing is sent
    #[command(
        args_conflicts_with_subcommands = true,
        override_usage = "acerto plan [--cause CAUSE] [--key KEY] [--fix FIX] -o PLAN\n       \
            acerto plan show|export|done PLAN",
        after_help = "Examples:\n  acerto plan --cause unlinked-login -o plan.json\n  \
            acerto plan --key HWTC1234ABCD --candidate 57 -o plan.json\n  \
            acerto plan show plan.json\n  acerto plan export plan.json --format csv\n  \
            acerto plan done plan.json 3 4\n\n\
            Exit code 0 with steps, 3 with none, 5 where a guard refuses."
    )]
    Plan(PlanArgs),

    /// Send a plan; without --yes only look whether it could be sent
    #[command(after_help = "Examples:\n  acerto apply plan.json\n  \
        acerto apply plan.json --yes\n  acerto apply plan.json --yes --type-count 12\n\n\
        Each step is written down before it is sent and read back after it; the same command\n\
        goes on after a kill. Exit code 0 where every step is done and read back, 4 in part,\n\
        5 refused, 8 another apply runs, 9 a person has to settle a step.")]
    Apply(ApplyArgs),

    /// Approve a colleague's plan, as another Unix user
    #[command(after_help = "Example:\n  acerto approve /srv/plans/plan.json\n\n\
        Writes PLAN.approval beside it. The approver is whose file that is.")]
    Approve {
        /// The plan's file
        #[arg(value_name = "PLAN")]
        plan: PathBuf,
    },

    /// Make a plan that puts back what a run changed, where that can be
    #[command(after_help = "Example:\n  acerto undo 0197f2a1-… -o undo.json\n  \
        acerto apply undo.json --yes\n\nExit code 3 where nothing can be undone.")]
    Undo(UndoArgs),

    /// Decide about a step that the journal could not
    #[command(after_help = "Example:\n  \
        acerto resolve 0197f2a1-… done --reason \"seen in the ERP\"")]
    Resolve(ResolveArgs),

    /// Ask a system to synchronise: a plan of one step
    #[command(after_help = "Examples:\n  acerto synchronise acs\n  \
        acerto synchronise provider --yes --type-count 16\n\n\
        The Provider's drops every entry whose device the ACS no longer holds, and counts as\n\
        as many removals.")]
    Synchronise(SynchroniseArgs),

    /// Check, back up, drill, restore, export or shrink the store
    #[command(
        subcommand,
        after_help = "Examples:\n  acerto store check\n  \
        acerto store backup acerto.backup\n  acerto store drill acerto.backup\n  \
        acerto store restore acerto.backup --force\n  \
        acerto store export --output memory.ndjson\n\n\
        Exit code 10 where the store is damaged; 3 where there is none yet."
    )]
    Store(StoreCommand),

    /// Write, check or show the configuration
    #[command(
        subcommand,
        after_help = "Examples:\n  acerto config init --profile prod\n  \
        acerto config check\n  acerto config show --format json\n\n\
        Exit code 2 where something in it is wrong."
    )]
    Config(ConfigCommand),

    /// Check or print the keys of the dashboard
    #[command(
        subcommand,
        after_help = "Examples:\n  acerto keys print\n  acerto keys print vim --lang pt-BR\n  \
        acerto keys check\n\n\
        Without a NAME the keymap that the configuration names. Exit code 2 where something in it\n\
        is wrong, with each line."
    )]
    Keys(KeysCommand),

    /// Check the set-up step by step, and say what to do about each step that fails
    #[command(after_help = "Examples:\n  acerto doctor\n  \
        acerto doctor --profile prod --format json\n  \
        acerto doctor --probe\n  \
        acerto doctor --bundle support.txt\n\n\
        Looks at configuration, secrets, time zone, terminal, store, disk, the last runs, and\n\
        each system: address, TLS, token, permissions, clock, requests. It reads only.\n\
        Exit code 0 where nothing failed, whatever deserves a look; else that of the worst\n\
        check: 2 configuration, 6 unreachable or not whole, 7 authentication, TLS or\n\
        permission, 10 the store.")]
    Doctor(DoctorArgs),

    /// Receive the ACS's webhooks, and pass them on
    #[command(after_help = "Examples:\n  acerto listen\n  acerto listen --profile prod -v\n\n\
        Reads [listen] of the configuration and serves until it is stopped. An event that was\n\
        answered with 2xx is stored durably; it deletes nothing. Exit code 2 where it has no\n\
        secret or can't have its address, 8 where another listens for the same store.")]
    Listen(ListenArgs),

    /// Simulate both systems over HTTP on this machine, with the true causes and faults on demand
    #[command(
        args_conflicts_with_subcommands = true,
        override_usage = "acerto lab [OPTIONS]\n       acerto lab score [OPTIONS]",
        after_help = "Examples:\n  acerto lab --port 8700 --config-out lab.toml\n  \
        acerto --config lab.toml --profile lab-genieacs --reconcile\n  \
        acerto lab score --seeds 3\n\n\
        When it is ready it prints {\"port\":N,\"config\":\"PATH\"} and serves until it is\n\
        stopped: /webservice/v1 IXC Provedor, /devices GenieACS, /api IXC ACS; control:\n\
        /_lab/state, advance, reset, truth, events, event, writes, fault, faults."
    )]
    Lab(LabArgs),

    /// Print the JSON Schema of what acerto prints or reads
    #[command(after_help = "Example:\n  acerto schema report > report.schema.json")]
    Schema {
        /// Which
        #[arg(value_name = "WHAT")]
        what: SchemaName,
    },

    /// Print completions for a shell
    #[command(after_help = "Example:\n  \
        acerto completions bash > /etc/bash_completion.d/acerto")]
    Completions {
        /// Which shell
        #[arg(value_name = "SHELL")]
        shell: Shell,
    },

    /// Print the manual page, or that of a command
    #[command(after_help = "Examples:\n  acerto man | man -l -\n  \
        acerto man store backup | man -l -\n  acerto man config.toml | man -l -\n  \
        acerto man --output /usr/local/share/man\n\n\
        `config.toml` is the page about the configuration. With --output every page is written\n\
        into the folders man1 and man5 of DIR.")]
    Man {
        /// The command, like `store backup`, or `config.toml`
        #[arg(value_name = "COMMAND", conflicts_with = "output")]
        of: Vec<String>,
        /// Write every page below DIR instead
        #[arg(long, value_name = "DIR")]
        output: Option<PathBuf>,
    },
}

/// Arguments of `doctor`.
#[derive(Args, Debug)]
pub struct DoctorArgs {
    /// Check what is assumed of each API too, by a few reads; keys and types, no values
    #[arg(long)]
    pub probe: bool,

    /// Write everything that support needs to FILE, masked, readable only by you
    #[arg(long, value_name = "FILE")]
    pub bundle: Option<PathBuf>,

    /// Replace a file that is there
    #[arg(long, requires = "bundle")]
    pub force: bool,
}

/// Arguments of `explain`.
#[derive(Args, Debug)]
pub struct ExplainArgs {
    /// Serials, MACs, logins or ids, in any spelling
    #[arg(value_name = "KEY", required_unless_present = "keys", value_parser = check::not_blank)]
    pub key: Vec<String>,

    /// Read keys from FILE, one a line, those after `#` left out (`-`: standard input)
    #[arg(long, value_name = "FILE")]
    pub keys: Option<PathBuf>,

    /// Files to explain from, instead of the store.
    #[command(flatten)]
    pub files: FileArgs,
}

/// Arguments of `search`.
#[derive(Args, Debug)]
pub struct SearchArgs {
    /// What to search for; `-`: a line of standard input
    #[arg(value_name = "QUERY", required = true)]
    pub query: Vec<String>,

    /// Ask both systems, in the place of what the last reading knew
    #[arg(long)]
    pub live: bool,

    /// Show at most N devices
    #[arg(long, value_name = "N", default_value_t = 20,
        value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,

    /// Show names, documents and phones whole, read from the Provider now; needs --reason
    #[arg(long, requires = "reason")]
    pub reveal: bool,

    /// Why personal data is needed; kept in the store
    #[arg(long, value_name = "TEXT", requires = "reveal")]
    pub reason: Option<String>,
}

impl SearchArgs {
    /// How many devices are shown.
    #[must_use]
    pub fn most(&self) -> usize {
        self.limit.into()
    }
}

/// Arguments of `speedtest`.
#[derive(Args, Debug)]
pub struct SpeedtestArgs {
    /// Serial, MAC, login or id, in any spelling
    #[arg(value_name = "KEY", value_parser = check::not_blank)]
    pub key: String,

    /// Start a test, and wait for its result
    #[arg(long)]
    pub start: bool,

    /// Send it; without this a production profile only tells what would be sent
    #[arg(long, requires = "start")]
    pub yes: bool,
}

/// Arguments of `ignore`.
#[derive(Args, Debug)]
pub struct IgnoreArgs {
    /// Serial, MAC, login or id, in any spelling
    #[arg(value_name = "KEY", required = true, value_parser = check::not_blank)]
    pub key: Option<String>,

    /// Why it is left alone
    #[arg(long, value_name = "TEXT", required = true)]
    pub reason: Option<String>,

    /// For how many days; without it until it is removed
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=36500))]
    pub days: Option<u32>,

    /// What to do instead of ignoring.
    #[command(subcommand)]
    pub command: Option<IgnoreCommand>,
}

/// Commands of `ignore`.
#[derive(Debug, Subcommand)]
pub enum IgnoreCommand {
    /// List what is left alone, with the reasons
    List,
    /// Look at a device again
    Remove {
        /// The key as it was given, in any spelling
        #[arg(value_name = "KEY", value_parser = check::not_blank)]
        key: String,
    },
}

/// Commands of `store`.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Read every value and say whether the store is whole
    Check,
    /// Copy the store into FILE, also while others use it
    #[command(after_help = "Examples:\n  acerto store backup acerto.backup\n  \
        acerto store backup --keep 8 /var/backups/acerto\n\n\
        With --keep FILE is a folder: a dated backup is made in it and restored for trial; only\n\
        when that succeeded are the profile's dated backups removed but the newest N.")]
    Backup {
        /// Where to; with --keep a folder
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Replace a file that is there
        #[arg(long, conflicts_with = "keep")]
        force: bool,
        /// Make a dated backup in the folder FILE, try it, and keep the newest N
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
        keep: Option<u16>,
    },
    /// Restore a backup for trial, read all of it, and remove what was restored
    #[command(after_help = "Examples:\n  acerto store drill acerto.backup\n  \
        acerto store drill /var/backups/acerto --format json\n\n\
        Of a folder the newest dated backup of the profile. It is restored in $TMPDIR, else\n\
        /tmp; the store is not touched. Exit code 10 where the backup could not be relied on.")]
    Drill {
        /// The backup, or a folder of dated ones
        #[arg(value_name = "FILE")]
        file: PathBuf,
    },
    /// Put a backup in the store's place
    Restore {
        /// The backup
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Replace what is there; it is kept beside
        #[arg(long)]
        force: bool,
    },
    /// Print everything remembered as NDJSON, personal data masked
    Export {
        /// Write to FILE instead, readable only by you
        #[arg(long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// Leave personal data unmasked; needs --reason
        #[arg(long, requires = "reason")]
        with_pii: bool,
        /// Why personal data is needed; kept in the store
        #[arg(long, value_name = "TEXT")]
        reason: Option<String>,
    },
    /// Give freed room back to the disk; nobody else may use the store meanwhile
    Compact,
}

/// Commands of `config`.
#[derive(Debug, Subcommand)]
pub enum ConfigCommand {
    /// Write a commented configuration, never over a file; at a terminal ask for what it needs
    #[command(after_help = "Examples:\n  acerto config init\n  \
        acerto config init --no-input\n  acerto config init --profile prod\n\n\
        At a terminal it asks for the profile, both systems and their secrets, writes them into\n\
        files that only you can read, checks them and offers a first run. With --no-input, with\n\
        --profile, or without a terminal it writes the file with its comments alone.")]
    Init {
        /// Ask nothing: write the commented file to start from
        #[arg(long)]
        no_input: bool,
    },
    /// Read configuration and secrets, and say what is wrong
    Check,
    /// Show every setting and where it comes from; secrets redacted
    Show,
}

/// Commands of `keys`.
#[derive(Debug, Subcommand)]
pub enum KeysCommand {
    /// Read a keymap as the dashboard would, and say what is wrong with it
    Check {
        /// Built in or your own; else the one that the configuration names
        name: Option<String>,
    },
    /// Print every key, where it holds and what it does
    Print {
        /// Built in or your own; else the one that the configuration names
        name: Option<String>,
    },
}

/// Arguments of `listen`.
#[derive(Args, Clone, Copy, Debug)]
pub struct ListenArgs {
    /// Make the daily run too, at `[listen] schedule`, and tell what got worse
    #[arg(long)]
    pub schedule: bool,
}

/// What a JSON Schema is printed of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum SchemaName {
    /// `--reconcile --format json`
    Report,
    /// A plan of fixes
    Plan,
    /// A line of an events file
    Events,
}

/// Arguments of `lab`.
#[derive(Args, Debug)]
pub struct LabArgs {
    /// The same N and TIME make the same world
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub seed: u64,

    /// About N devices
    #[arg(long, value_name = "N", default_value_t = 2000,
        value_parser = clap::value_parser!(u32).range(1..=200_000))]
    pub devices: u32,

    /// Days of history before its clock starts
    #[arg(long, value_name = "N", default_value_t = 120,
        value_parser = clap::value_parser!(u32).range(1..=2000))]
    pub days: u32,

    /// Listen on 127.0.0.1:P; 0 picks a free port
    #[arg(long, value_name = "P", default_value_t = 0)]
    pub port: u16,

    /// Run its clock X times as fast as the real one; 0: only when it is told to advance
    #[arg(long, value_name = "X", default_value_t = 1.0, value_parser = check::speed)]
    pub speed: f64,

    /// When its history ends and its clock starts [default: now]
    #[arg(long, value_name = "TIME")]
    pub epoch: Option<Timestamp>,

    /// Write the configuration to FILE, its secrets beside it [default: a temporary folder]
    #[arg(long, value_name = "FILE")]
    pub config_out: Option<PathBuf>,

    /// Send the ACS's webhooks to URL (http://HOST:PORT/PATH)
    #[arg(long, value_name = "URL")]
    pub webhook: Option<String>,

    /// What to do instead of serving.
    #[command(subcommand)]
    pub command: Option<LabCommand>,
}

/// Commands of `lab`.
#[derive(Debug, Subcommand)]
pub enum LabCommand {
    /// Reconcile simulated worlds day by day, and judge every cause by what really happened
    #[command(after_help = "Examples:\n  acerto lab score --seeds 3\n  \
        acerto lab score --no-listener --format json\n\n\
        Each day both systems are read over HTTP like anybody's, with a store of their own.\n\
        Bars: nothing wrongly proven, every ledger balanced, 99 % of the causes right\n\
        (95 % with --no-listener). Exit code 3 where one is missed.")]
    Score(ScoreArgs),
}

/// Arguments of `lab score`.
#[derive(Args, Clone, Debug)]
pub struct ScoreArgs {
    /// Play the worlds of the seeds 1 to N
    #[arg(long, value_name = "N", default_value_t = 20,
        value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub seeds: u32,

    /// About N devices in each
    #[arg(long, value_name = "N", default_value_t = 2000,
        value_parser = clap::value_parser!(u32).range(50..=100_000))]
    pub devices: u32,

    /// How many days each world has lived at the last run
    #[arg(long, value_name = "N", default_value_t = 120,
        value_parser = clap::value_parser!(u32).range(60..=1000))]
    pub days: u32,

    /// From daily snapshots alone, without the audit log
    #[arg(long, conflicts_with = "listener")]
    pub no_listener: bool,

    /// Hear only what a webhook receiver heard, instead of the audit log
    #[arg(long)]
    pub listener: bool,

    /// Don't tell after how many days without contact a mass exclusion takes a device
    #[arg(long)]
    pub criterion_unknown: bool,

    /// When the last run is; the same seeds and TIME make the same worlds [default: now]
    #[arg(long, value_name = "TIME")]
    pub epoch: Option<Timestamp>,
}
