//! What clap can't see: which flags go together, and values it has no parser for.
//!
//! Must not do: act on anything.

use clap::CommandFactory as _;
use clap::error::ErrorKind;

use crate::engine::{Cause, Fix};
use crate::headless::args::{
    Cli, Command, FormatArg, IgnoreArgs, PlanArgs, ResolveArgs, SearchArgs, StoreCommand,
};

/// Longer remarks are a file by mistake; what is kept is shown with every `explain`.
const REMARK_CHARS_MAX: usize = 2000;

/// A cause by its name.
pub(super) fn cause(text: &str) -> Result<Cause, String> {
    Cause::from_wire(text.trim()).ok_or_else(|| known(text, "cause", Cause::ALL, Cause::wire))
}

/// A fix by its name.
pub(super) fn fix(text: &str) -> Result<Fix, String> {
    Fix::from_wire(text.trim()).ok_or_else(|| known(text, "fix", Fix::ALL, Fix::wire))
}

fn known<T: Copy>(text: &str, what: &str, all: &[T], wire: fn(T) -> &'static str) -> String {
    let names: Vec<&str> = all.iter().map(|one| wire(*one)).collect();
    let shown = crate::domain::text::visible(text);
    format!("`{shown}` is no {what}; there are {}", names.join(", "))
}

/// Which flags need `--reconcile`, and which formats a command has.
pub(super) fn together(cli: &Cli) -> Result<(), clap::Error> {
    match &cli.command {
        Some(_) if cli.reconcile => {
            return wrong(ErrorKind::ArgumentConflict, "--reconcile takes no command");
        }
        Some(command) => command_flags(cli, command)?,
        None if !cli.reconcile && cli.global.demo => demo_alone(cli)?,
        None if !cli.reconcile => bare(cli)?,
        None => reconcile_flags(cli)?,
    }
    let files = &cli.files();
    if cli.global.demo && (files.any() || files.events_file.is_some() || files.as_of.is_some()) {
        let what = "--demo reads its own world; leave the files and --as-of out";
        return wrong(ErrorKind::ArgumentConflict, what);
    }
    Ok(())
}

/// Nothing that could be shown by itself was asked for.
pub(in crate::headless) fn nothing_asked() -> clap::Error {
    let what = "give --reconcile or a command\n\n  \
        acerto --reconcile --acs-file FILE --provider-file FILE\n  \
        acerto status\n\nAll of them: acerto --help";
    Cli::command().error(ErrorKind::MissingSubcommand, what)
}

/// No command at all: the dashboard, which takes no flag of a report and reads no files.
fn bare(cli: &Cli) -> Result<(), clap::Error> {
    let files = cli.files();
    let files = files.any() || files.events_file.is_some() || files.as_of.is_some();
    if files || cli.global.format.is_some() || report_flag(cli).is_some() {
        return Err(nothing_asked());
    }
    Ok(())
}

/// `--demo` by itself shows; what shapes a report goes with `--reconcile`.
fn demo_alone(cli: &Cli) -> Result<(), clap::Error> {
    match report_flag(cli) {
        Some(flag) => {
            let what = format!("{flag} goes with --reconcile only: acerto --demo --reconcile");
            wrong(ErrorKind::ArgumentConflict, &what)
        }
        None => Ok(()),
    }
}

/// Commands that have nothing to do with a world.
fn without_world(command: &Command) -> bool {
    match command {
        Command::Config(_)
        | Command::Keys(_)
        | Command::Doctor(_)
        | Command::Lab(_)
        | Command::Listen(_)
        | Command::Schema { .. }
        | Command::Completions { .. }
        | Command::Man { .. }
        | Command::Store(StoreCommand::Restore { .. } | StoreCommand::Drill { .. }) => true,
        Command::Status
        | Command::Explain(_)
        | Command::Search(_)
        | Command::Speedtest(_)
        | Command::Runs { .. }
        | Command::Show { .. }
        | Command::Ignore(_)
        | Command::Note { .. }
        | Command::Plan(_)
        | Command::Apply(_)
        | Command::Approve { .. }
        | Command::Undo(_)
        | Command::Resolve(_)
        | Command::Synchronise(_)
        | Command::Store(_) => false,
    }
}

fn reconcile_flags(cli: &Cli) -> Result<(), clap::Error> {
    let report = &cli.report;
    remark("--reason", report.reason.as_deref())?;
    if report.no_store && cli.global.store.is_some() {
        return wrong(ErrorKind::ArgumentConflict, "--no-store and --store contradict each other");
    }
    let reason = report.reason.as_deref().map(str::trim).filter(|r| !r.is_empty());
    if report.with_pii && reason.is_none() {
        let what = "--with-pii needs --reason TEXT: why is personal data needed?";
        return wrong(ErrorKind::MissingRequiredArgument, what);
    }
    if report.with_pii && cli.global.format != Some(FormatArg::Csv) {
        return wrong(ErrorKind::ArgumentConflict, "--with-pii goes with --format csv only");
    }
    if report.with_pii && report.no_store {
        let what = "--with-pii is noted in the store, so it can't go with --no-store";
        return wrong(ErrorKind::ArgumentConflict, what);
    }
    if report.csv_separator.is_some() && cli.global.format != Some(FormatArg::Csv) {
        return wrong(ErrorKind::ArgumentConflict, "--csv-separator goes with --format csv only");
    }
    let other = cli.global.format.is_some_and(|f| f != FormatArg::Text);
    if !report.apply.is_empty() && report.no_store {
        let what = "--apply is written down in the store, so it can't go with --no-store";
        return wrong(ErrorKind::ArgumentConflict, what);
    }
    if report.notify && report.no_store {
        let what = "--notify remembers in the store what was told, so it can't go with --no-store";
        return wrong(ErrorKind::ArgumentConflict, what);
    }
    if report.summary && other {
        return wrong(ErrorKind::ArgumentConflict, "--summary is text; leave --format out");
    }
    Ok(())
}

fn command_flags(cli: &Cli, command: &Command) -> Result<(), clap::Error> {
    if let Some(flag) = report_flag(cli) {
        let what = format!("{flag} goes with --reconcile only");
        return wrong(ErrorKind::ArgumentConflict, &what);
    }
    let table = matches!(command, Command::Plan(PlanArgs { command: Some(_), .. }));
    let csv = cli.global.format == Some(FormatArg::Csv);
    if cli.global.format == Some(FormatArg::Ndjson) || (csv && !table) {
        let what = "--format ndjson and csv go with --reconcile only; use text or json";
        return wrong(ErrorKind::ArgumentConflict, what);
    }
    if cli.global.demo && without_world(command) {
        let what = "--demo goes with commands that look at a world only";
        return wrong(ErrorKind::ArgumentConflict, what);
    }
    match command {
        Command::Note { text, .. } => remark("the note", Some(text))?,
        Command::Ignore(IgnoreArgs { reason, .. })
        | Command::Search(SearchArgs { reason, .. })
        | Command::Store(StoreCommand::Export { reason, .. }) => {
            remark("--reason", reason.as_deref())?;
        }
        Command::Resolve(ResolveArgs { reason, .. }) => remark("--reason", Some(reason))?,
        Command::Status
        | Command::Explain(_)
        | Command::Speedtest(_)
        | Command::Runs { .. }
        | Command::Show { .. }
        | Command::Plan(_)
        | Command::Apply(_)
        | Command::Approve { .. }
        | Command::Undo(_)
        | Command::Synchronise(_)
        | Command::Store(_)
        | Command::Config(_)
        | Command::Keys(_)
        | Command::Doctor(_)
        | Command::Lab(_)
        | Command::Listen(_)
        | Command::Schema { .. }
        | Command::Completions { .. }
        | Command::Man { .. } => {}
    }
    let files = &cli.file_args;
    let any = files.any() || files.events_file.is_some() || files.as_of.is_some();
    let reads = matches!(
        command,
        Command::Explain(_) | Command::Plan(_) | Command::Apply(_) | Command::Synchronise(_)
    );
    if any && !reads {
        return wrong(
            ErrorKind::ArgumentConflict,
            "files go with --reconcile, explain, plan, apply and synchronise only",
        );
    }
    Ok(())
}

/// What a person writes down: something, and not a book.
fn remark(name: &str, text: Option<&str>) -> Result<(), clap::Error> {
    let Some(text) = text else { return Ok(()) };
    let length = text.chars().count();
    if length > REMARK_CHARS_MAX {
        let what = format!("{name} has {length} characters; at most {REMARK_CHARS_MAX} are kept");
        return wrong(ErrorKind::ValueValidation, &what);
    }
    if text.trim().is_empty() {
        return wrong(ErrorKind::ValueValidation, &format!("{name} is empty"));
    }
    Ok(())
}

/// The first flag that only `--reconcile` takes.
fn report_flag(cli: &Cli) -> Option<&'static str> {
    let report = &cli.report;
    let given = [
        ("--output", report.output.is_some()),
        ("--summary", report.summary),
        ("--group-by", report.group_by.is_some()),
        ("--metrics", report.metrics.is_some()),
        ("--fail-on", report.fail_on.is_some()),
        ("--strict", report.strict),
        ("--no-store", report.no_store),
        ("--csv-separator", report.csv_separator.is_some()),
        ("--with-pii", report.with_pii),
        ("--reason", report.reason.is_some()),
        ("--apply", !report.apply.is_empty()),
        ("--notify", report.notify),
        ("--scheduled", report.scheduled.is_some()),
    ];
    given.iter().find(|(_, given)| *given).map(|(flag, _)| *flag)
}

fn wrong<T>(kind: ErrorKind, what: &str) -> Result<T, clap::Error> {
    Err(Cli::command().error(kind, what))
}

/// One ASCII character that can separate columns.
pub(super) fn separator(text: &str) -> Result<u8, String> {
    let byte = match text {
        "tab" | "\\t" => b'\t',
        _ => match text.as_bytes() {
            [one] if one.is_ascii_graphic() || *one == b'\t' || *one == b' ' => *one,
            _ => return Err("write one character, like `;`, or `tab`".to_owned()),
        },
    };
    if byte.is_ascii_alphanumeric() || matches!(byte, b'"' | b'\'' | b'-' | b'.') {
        return Err("that character occurs in values; use `;`, `,` or `tab`".to_owned());
    }
    Ok(byte)
}

/// How fast a clock may run.
pub(super) fn speed(text: &str) -> Result<f64, String> {
    let speed = text.parse().ok().filter(|x| (0.0..=1_000_000.0).contains(x));
    speed.ok_or_else(|| "write a number from 0 to 1000000".to_owned())
}

/// A key or id that is more than white space: an empty one would fit everything.
pub(super) fn not_blank(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("it is empty".to_owned());
    }
    Ok(text.to_owned())
}
