//! Every check of a set-up, from the configuration to each system's answer, with what to do.
//!
//! Must not do: change a system, make a store, or stop at the first thing wrong; what rests on
//! it is told as not checked.

mod file;
mod place;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::app::budget;
use crate::app::collect::{Adapters, Reading};
use crate::app::error::AppError;
use crate::app::exit::{Condition, exit_code};
use crate::config::{Environment, NetworkSide, Origin, Settings, SideSettings};
use crate::domain::Side;
use crate::domain::text::visible;
use crate::ports::{Check, FetchError, FetchErrorKind, Verdict};

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
    /// What was found, safe to show.
    pub text: String,
    /// What to do about it, safe to show; nothing where all is well.
    pub fix: Option<String>,
}

impl Examined {
    fn new(id: impl Into<String>, outcome: Outcome, text: impl Into<String>) -> Self {
        Self { id: id.into(), outcome, text: text.into(), fix: None }
    }

    fn fix(self, hints: &[String]) -> Self {
        Self { fix: (!hints.is_empty()).then(|| hints.join("; ")), ..self }
    }

    /// A use-case's error as a check.
    fn failed(id: impl Into<String>, error: &AppError) -> Self {
        Self::new(id, Outcome::Fail(error.condition()), error.to_string()).fix(&error.hints())
    }

    fn unfetched(id: impl Into<String>, error: &FetchError) -> Self {
        Self::new(id, Outcome::Fail(condition(error.kind)), &error.what).fix(&error.hints)
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
        Self { id: check.id, outcome, text: check.text, fix: check.fix }
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

const SIDES: [(Side, &str, &str); 2] =
    [(Side::Acs, "acs", "the ACS"), (Side::Provider, "provider", "the Provider")];

/// Makes every check. `settings` as they were read, or why they could not be.
#[must_use]
pub fn examine(
    settings: Result<&Settings, &AppError>,
    adapters: &Adapters,
    env: &dyn Environment,
) -> Checkup {
    let settings = match settings {
        Ok(settings) => settings,
        Err(error) => return unconfigured(error),
    };
    let now = adapters.clock.now();
    let mut checks = vec![
        configured(settings),
        timezone(settings, now),
        place::store(settings),
        place::log(settings),
    ];
    for (side, word, name) in SIDES {
        match settings.side(side) {
            None => {
                let text = format!("no configuration names {name}");
                checks.push(Examined::new(format!("{word}-file"), Outcome::Skip, text));
            }
            Some(SideSettings::File(set)) => {
                let reading = reading(settings, adapters, side);
                checks.push(file::examine(side, set, adapters, &reading));
            }
            Some(SideSettings::Network(set)) => {
                checks.extend(network((side, word), set, settings, adapters, env));
            }
        }
    }
    Checkup { checks }
}

/// Without settings nothing else can be looked at, and a reader should know that.
fn unconfigured(error: &AppError) -> Checkup {
    let skip =
        |id: &str| Examined::new(id, Outcome::Skip, "not checked: the configuration can't be used");
    let rest = ["timezone", "store", "log", "acs", "provider"].map(skip);
    let mut checks = vec![Examined::failed("config", error)];
    checks.extend(rest);
    Checkup { checks }
}

fn configured(settings: &Settings) -> Examined {
    let profile = visible(&settings.profile);
    let text = match &settings.file {
        Some(file) => {
            format!("{} loads; profile `{profile}`", visible(&file.to_string_lossy()))
        }
        None => format!("no configuration file; profile `{profile}`"),
    };
    Examined::new("config", Outcome::Ok, text)
}

/// A machine that runs in UTC is not where the ISP's clocks hang on the wall.
fn timezone(settings: &Settings, now: Timestamp) -> Examined {
    let zone = &settings.timezone;
    let name = zone.iana_name().unwrap_or("this machine's zone");
    let there = now.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M %:z");
    let text = format!("times without a zone are read in {name}; there it is {there}");
    let key = format!("profiles.{}.timezone", settings.profile);
    let row = settings.rows.iter().find(|row| row.key == key);
    let typed = row.is_some_and(|row| row.origin != Origin::Default);
    if typed || !is_utc(zone) {
        return Examined::new("timezone", Outcome::Ok, text);
    }
    let fix = "set the zone that both systems' screens show, like timezone = \
               \"America/Sao_Paulo\", in the profile";
    let text = format!("no timezone is set, and this machine has none: {text}");
    Examined::new("timezone", Outcome::Warn, text).fix(&[fix.to_owned()])
}

fn is_utc(zone: &TimeZone) -> bool {
    zone.iana_name().is_none_or(|name| matches!(name, "UTC" | "Etc/UTC" | "Etc/Unknown"))
}

/// How a side would be read by a run, but for its secrets.
fn reading(settings: &Settings, adapters: &Adapters, side: Side) -> Reading {
    let now = adapters.clock.now();
    let before = place::look(settings);
    let before = budget::before(settings, before.as_ref(), now).unwrap_or_default();
    Reading {
        timezone: settings.timezone.clone(),
        as_of: None,
        now,
        strict: false,
        secrets: crate::config::Secrets::new(),
        known: Vec::new(),
        gone: Vec::new(),
        spent: before.spent(side),
    }
}

/// The secrets, then whatever the adapter itself looks at.
fn network(
    (side, word): (Side, &str),
    set: &NetworkSide,
    settings: &Settings,
    adapters: &Adapters,
    env: &dyn Environment,
) -> Vec<Examined> {
    let secrets = match settings.read_secrets(side, env) {
        Ok(secrets) => secrets,
        Err(error) => {
            let text = "nothing was asked: a secret can't be used";
            return vec![
                Examined::failed(format!("{word}-secrets"), &error.into()),
                Examined::new(format!("{word}-probe"), Outcome::Skip, text),
            ];
        }
    };
    let mut checks = vec![readable(word, &secrets.keys().copied().collect::<Vec<_>>())];
    let reading = Reading { secrets, ..reading(settings, adapters, side) };
    match (adapters.probe)(side, set, &reading) {
        Ok(probe) => checks.extend(probe.probe().into_iter().map(Examined::from)),
        Err(error) => checks.push(Examined::unfetched(format!("{word}-settings"), &error)),
    }
    checks
}

fn readable(word: &str, keys: &[&str]) -> Examined {
    let id = format!("{word}-secrets");
    if keys.is_empty() {
        return Examined::new(id, Outcome::Skip, "no secret is set for this side");
    }
    let text = format!("readable, without white space at the ends: {}", keys.join(", "));
    Examined::new(id, Outcome::Ok, text)
}

#[cfg(test)]
mod tests;
