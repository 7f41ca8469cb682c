//! Every check of a set-up, from the configuration to each system's answer, with what to do.
//!
//! Must not do: change a system, make a store, or stop at the first thing wrong; what rests on
//! it is told as not checked.

mod file;
mod host;
mod past;
mod place;
mod sides;
mod told;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::app::collect::Adapters;
use crate::app::error::AppError;
use crate::app::exit::{Condition, exit_code};
use crate::config::{Environment, Origin, Settings};
use crate::domain::Side;
use crate::domain::text::visible;
use crate::ports::{Check, FetchError, FetchErrorKind, Verdict};

pub use told::{FileTrouble, LockTold, TerminalTrouble, Told, Unchecked};

/// What one check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// As it should be.
    Ok,
    /// Works, but deserves a look.
    Warn,
    /// Does not work; the condition decides the exit code.
    Fail(Condition),
    /// Not checked.
    Skip,
}

/// One check.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Examined {
    /// Stable id: `config`, `store`, `log`, `timezone`, or the side and what it is about.
    pub id: String,
    /// What it found.
    pub outcome: Outcome,
    /// The facts; `words` says them, and what to do about them.
    pub told: Told,
}

impl Examined {
    fn new(id: impl Into<String>, outcome: Outcome, told: Told) -> Self {
        Self { id: id.into(), outcome, told }
    }

    fn skipped(id: impl Into<String>, why: Unchecked) -> Self {
        Self::new(id, Outcome::Skip, Told::Not(why))
    }

    /// In words that are not doctor's own.
    fn said(
        id: impl Into<String>,
        outcome: Outcome,
        text: impl Into<String>,
        hints: &[String],
    ) -> Self {
        let fix = (!hints.is_empty()).then(|| hints.join("; "));
        Self::new(id, outcome, Told::Said { text: text.into(), fix })
    }

    /// A use-case's error as a check.
    fn failed(id: impl Into<String>, error: &AppError) -> Self {
        Self::said(id, Outcome::Fail(error.condition()), error.to_string(), &error.hints())
    }

    fn unfetched(id: impl Into<String>, error: &FetchError) -> Self {
        Self::said(id, Outcome::Fail(condition(error.kind)), &error.what, &error.hints)
    }
}

impl From<Check> for Examined {
    fn from(check: Check) -> Self {
        let outcome = match check.verdict {
            Verdict::Ok => Outcome::Ok,
            Verdict::Warn => Outcome::Warn,
            Verdict::Fail(kind) => Outcome::Fail(condition(kind)),
            Verdict::Skip => Outcome::Skip,
        };
        let told = Told::Said { text: check.text, fix: check.fix };
        Self { id: check.id, outcome, told }
    }
}

fn condition(kind: FetchErrorKind) -> Condition {
    match kind {
        FetchErrorKind::Config => Condition::Usage,
        FetchErrorKind::Unavailable => Condition::Source,
        FetchErrorKind::Auth => Condition::Auth,
    }
}

/// All checks, in the order in which one rests on another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkup {
    /// The checks.
    pub checks: Vec<Examined>,
}

impl Checkup {
    /// How many checks failed, and how many warn.
    #[must_use]
    pub fn troubles(&self) -> (usize, usize) {
        let count = |is: fn(Outcome) -> bool| self.checks.iter().filter(|c| is(c.outcome)).count();
        (count(|o| matches!(o, Outcome::Fail(_))), count(|o| o == Outcome::Warn))
    }

    /// The worst failing check's code; warnings alone are 0.
    #[must_use]
    pub fn exit(&self) -> u8 {
        exit_code(self.checks.iter().filter_map(|check| match check.outcome {
            Outcome::Fail(condition) => Some(condition),
            Outcome::Ok | Outcome::Warn | Outcome::Skip => None,
        }))
    }
}

const SIDES: [(Side, &str); 2] = [(Side::Acs, "acs"), (Side::Provider, "provider")];

/// The terminal of who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Columns.
    pub columns: u16,
    /// Rows.
    pub rows: u16,
}

/// By what the checks are made.
#[derive(Clone, Copy)]
pub struct Patient<'a> {
    /// The settings as they were read, or why they could not be.
    pub settings: Result<&'a Settings, &'a AppError>,
    /// The two systems, and the time.
    pub adapters: &'a Adapters,
    /// The environment.
    pub env: &'a dyn Environment,
    /// The terminal, where there is one.
    pub screen: Option<Screen>,
    /// Are the assumptions about each API checked too?
    pub assumptions: bool,
}

/// Makes every check.
#[must_use]
pub fn examine(of: &Patient<'_>) -> Checkup {
    let settings = match of.settings {
        Ok(settings) => settings,
        Err(error) => return unconfigured(error),
    };
    let now = of.adapters.clock.now();
    let store = place::look(settings);
    let mut checks = vec![
        configured(settings),
        host::file_mode(settings),
        timezone(settings, now),
        host::locale(of.env, of.screen),
        host::terminal(of.env, of.screen),
        place::store(settings),
        place::log(settings),
        place::disk(settings),
    ];
    checks.extend(past::all(settings, store.as_ref(), now));
    let sides = sides::examine(of, settings, store.as_ref());
    let is_cut_off = |check: &Examined| is_unreached(check) && !check.id.ends_with("-http");
    checks.push(host::proxy(of.env, sides.iter().any(is_cut_off)));
    checks.extend(sides);
    Checkup { checks }
}

/// Nobody was reached: where an environment names a proxy, that may be why.
fn is_unreached(check: &Examined) -> bool {
    let steps = ["-dns", "-tcp", "-tls", "-http"];
    matches!(check.outcome, Outcome::Fail(_)) && steps.iter().any(|step| check.id.ends_with(step))
}

/// Without settings nothing else can be looked at, and a reader should know that.
fn unconfigured(error: &AppError) -> Checkup {
    let skip = |id: &str| Examined::skipped(id, Unchecked::Configuration);
    let rest = ["timezone", "store", "log", "acs", "provider"].map(skip);
    let mut hints = error.hints();
    if hints.is_empty() {
        hints.push("correct it there; acerto config check says whether it is right".to_owned());
    }
    let outcome = Outcome::Fail(error.condition());
    let mut checks = vec![Examined::said("config", outcome, error.to_string(), &hints)];
    checks.extend(rest);
    Checkup { checks }
}

fn configured(settings: &Settings) -> Examined {
    let file = settings.file.as_ref().map(|file| visible(&file.to_string_lossy()));
    let profile = visible(&settings.profile);
    Examined::new("config", Outcome::Ok, Told::Loads { file, profile })
}

/// A machine that runs in UTC is not where the ISP's clocks hang on the wall.
fn timezone(settings: &Settings, now: Timestamp) -> Examined {
    let zone = &settings.timezone;
    let there = now.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string();
    let key = format!("profiles.{}.timezone", settings.profile);
    let row = settings.rows.iter().find(|row| row.key == key);
    let typed = row.is_some_and(|row| row.origin != Origin::Default);
    let nobodys = !typed && is_utc(zone);
    let outcome = if nobodys { Outcome::Warn } else { Outcome::Ok };
    let zone = zone.iana_name().map(str::to_owned);
    Examined::new("timezone", outcome, Told::Zone { zone, there, nobodys })
}

fn is_utc(zone: &TimeZone) -> bool {
    zone.iana_name().is_none_or(|name| matches!(name, "UTC" | "Etc/UTC" | "Etc/Unknown"))
}

#[cfg(test)]
mod tests;
