//! `doctor --bundle`: one file for support, that a person can read through before sending it.
//!
//! English, because support reads it. Must not do: hold a secret, a person's data, a login, a
//! device, or the value of a variable.

use std::io::{self, Write};

use crate::app::doctor::{FileTrouble, LockTold};
use crate::app::{CheckReport, Checkup, Examined, Outcome, Run, RunSummary, Told};
use crate::config::{Environment, Origin, Row};
use crate::domain::scrub::scrub;
use crate::headless::report::doctor::shown;
use crate::words::{Lang, Voice, check_fix, check_text};

/// Variables that steer acerto or its way to the systems; their names are told where they are
/// set, never their values.
const VARIABLES: [&str; 21] = [
    "ACERTO_CONFIG",
    "ACERTO_PROFILE",
    "ACERTO_STORE",
    "XDG_CONFIG_HOME",
    "XDG_STATE_HOME",
    "STATE_DIRECTORY",
    "CREDENTIALS_DIRECTORY",
    "HTTPS_PROXY",
    "https_proxy",
    "HTTP_PROXY",
    "http_proxy",
    "ALL_PROXY",
    "NO_PROXY",
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "LANG",
    "LC_ALL",
    "TERM",
    "NO_COLOR",
    "TZ",
    "RUST_LOG",
];

/// Keys whose values may name a person, a login, or carry a password of their own.
const WITHHELD: [&str; 7] = [
    "client_id",
    "username",
    "notify_url",
    "notify_command",
    "forward",
    "ignore_logins",
    "placeholder_serials",
];

/// Everything that goes into it.
pub struct Bundle<'a> {
    /// The profile's name and every setting, as `config show` tells them; none where the
    /// configuration can't be used.
    pub rows: Option<(&'a str, &'a [Row])>,
    /// The checks.
    pub checkup: &'a Checkup,
    /// The newest runs.
    pub runs: &'a [RunSummary],
    /// The newest one whole.
    pub latest: Option<&'a Run>,
    /// The store as `store check` finds it, or why it could not be looked at.
    pub store: Result<&'a CheckReport, String>,
    /// The environment.
    pub env: &'a dyn Environment,
    /// When it is made, as text.
    pub at: String,
}

impl Bundle<'_> {
    /// Writes it.
    ///
    /// # Errors
    /// Where `out` fails.
    pub fn write(&self, out: &mut dyn Write) -> io::Result<()> {
        let home = self.env.var("HOME").filter(|home| home.len() > 1);
        let mut text = Vec::new();
        self.all(&mut text)?;
        let text = String::from_utf8_lossy(&text).into_owned();
        // A home is named after its owner.
        let text = home.map_or(text.clone(), |home| text.replace(&home, "~"));
        text.lines().try_for_each(|line| writeln!(out, "{}", scrub(line)))
    }

    fn all(&self, out: &mut Vec<u8>) -> io::Result<()> {
        self.top(out)?;
        machine(self.env, out)?;
        self.configuration(out)?;
        self.checks(out)?;
        self.remembered(out)?;
        self.kept(out)
    }

    fn top(&self, out: &mut Vec<u8>) -> io::Result<()> {
        let at = &self.at;
        writeln!(
            out,
            "acerto support bundle, {at}\n\n\
             In it: version and system, the configuration, the checks of acerto doctor, the last \
             runs in numbers,\nthe store in numbers, and the names of variables that are set.\n\
             Left out: secrets, values of variables, client ids, users, customers, logins, \
             devices, findings, and\nlines of exported files. Read it through before you send it."
        )
    }

    fn configuration(&self, out: &mut Vec<u8>) -> io::Result<()> {
        heading(out, "Configuration")?;
        let Some((profile, rows)) = self.rows else {
            return writeln!(out, "it can't be used; the check `config` says why");
        };
        writeln!(out, "profile {}", shown(profile))?;
        for row in rows {
            let from = match &row.origin {
                Origin::Default => "default".to_owned(),
                Origin::File { line } => format!("line {line}"),
                Origin::Environment(name) => format!("${name}"),
                Origin::Flag(name) => (*name).to_owned(),
            };
            writeln!(out, "{} = {}  ({from})", shown(&row.key), value(row))?;
        }
        Ok(())
    }

    fn checks(&self, out: &mut Vec<u8>) -> io::Result<()> {
        heading(out, "Checks")?;
        let voice = Voice::new(Lang::En);
        for check in &self.checkup.checks {
            let check = &anonymous(check);
            let mark = match check.outcome {
                Outcome::Ok => "ok",
                Outcome::Warn => "warn",
                Outcome::Fail(_) => "FAIL",
                Outcome::Skip => "skip",
            };
            writeln!(out, "{mark:4}  {}: {}", check.id, shown(&check_text(&voice, check)))?;
            if let Some(fix) = check_fix(&voice, check) {
                writeln!(out, "      {}", shown(&fix))?;
            }
        }
        writeln!(out, "exit code {}", self.checkup.exit())
    }

    fn remembered(&self, out: &mut Vec<u8>) -> io::Result<()> {
        heading(out, "Last runs")?;
        if self.runs.is_empty() {
            writeln!(out, "none")?;
        }
        for run in self.runs {
            let by = if run.actor == "cron" { "cron" } else { "a person" };
            let (at, seconds, exit) = (run.started, run.seconds, run.exit);
            let whole = if run.complete { "whole" } else { "in part" };
            let (acs, provider, matched) = (run.acs, run.provider, run.matched);
            write!(
                out,
                "{at}  exit {exit}, {seconds:.1} s, {by}, {whole}: ACS {acs}, Provider \
                 {provider}, matched {matched}"
            )?;
            for (cause, count) in &run.causes {
                write!(out, ", {} {count}", cause.wire())?;
            }
            writeln!(out)?;
        }
        let Some(run) = self.latest else { return Ok(()) };
        let all = &run.reconciliation;
        for (side, counts) in [("ACS", &all.acs), ("Provider", &all.provider)] {
            let synced =
                counts.last_synchronised.map_or_else(|| "unknown".to_owned(), |at| at.to_string());
            writeln!(
                out,
                "{side}: read {}, synchronised {synced}, pages {}",
                counts.fetched_at, counts.pages
            )?;
        }
        let net = run.net;
        writeln!(out, "requests {}, retries {}, 429 {}", net.requests, net.retries, net.http_429)?;
        for warning in &all.warnings {
            writeln!(out, "warning {}", warning.code.wire())?;
        }
        Ok(())
    }

    fn kept(&self, out: &mut Vec<u8>) -> io::Result<()> {
        heading(out, "Store")?;
        let report = match &self.store {
            Ok(report) => report,
            Err(why) => return writeln!(out, "{}", shown(why)),
        };
        let CheckReport { runs, lists, records, .. } = report;
        writeln!(out, "runs {runs}, lists {lists}, records {records}")?;
        for file in &report.files {
            let name = file.path.file_name().unwrap_or_default().to_string_lossy();
            writeln!(out, "{}: {} bytes", shown(&name), file.bytes)?;
            for (table, rows) in &file.tables {
                writeln!(out, "  {table}: {rows} rows")?;
            }
        }
        report.problems.iter().try_for_each(|problem| writeln!(out, "WRONG {}", shown(problem)))
    }
}

fn heading(out: &mut Vec<u8>, text: &str) -> io::Result<()> {
    writeln!(out, "\n== {text} ==")
}

fn machine(env: &dyn Environment, out: &mut Vec<u8>) -> io::Result<()> {
    heading(out, "Version and system")?;
    let build = if cfg!(debug_assertions) { "debug" } else { "release" };
    writeln!(out, "acerto {} ({build}), {}", env!("CARGO_PKG_VERSION"), std::env::consts::ARCH)?;
    let release = std::fs::read_to_string("/etc/os-release").unwrap_or_default();
    let name = release.lines().find_map(|line| line.strip_prefix("PRETTY_NAME="));
    writeln!(out, "{}", shown(name.unwrap_or(std::env::consts::OS).trim_matches('"')))?;
    let kernel = std::fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    writeln!(out, "kernel {}", shown(kernel.trim()))?;
    let set: Vec<&str> = VARIABLES.into_iter().filter(|name| env.var(name).is_some()).collect();
    writeln!(out, "variables set: {}", set.join(", "))
}

fn value(row: &Row) -> String {
    let key = row.key.rsplit('.').next().unwrap_or_default();
    let typed = row.origin != Origin::Default;
    if typed && WITHHELD.contains(&key) { "[left out]".to_owned() } else { shown(&row.value) }
}

/// The check without what may name a person or a line of an export.
fn anonymous(check: &Examined) -> Examined {
    let mut told = check.told.clone();
    if let Told::Lock(Some(LockTold { holder: Some((user, _, _)) })) = &mut told {
        "somebody".clone_into(user);
    }
    if let Told::File { trouble: Some(trouble), .. } = &mut told {
        *trouble = match trouble {
            FileTrouble::Lines(n, _) => FileTrouble::Lines(*n, None),
            FileTrouble::Values(_) => FileTrouble::Values("[left out]".to_owned()),
        };
    }
    // What a file could not be read for may quote its lines.
    if let Told::Said { text, fix } = &mut told
        && check.id.ends_with("-file")
    {
        "[left out]".clone_into(text);
        *fix = None;
    }
    Examined { told, ..check.clone() }
}
