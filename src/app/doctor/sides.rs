//! The two systems: secrets, budget, and whatever the adapter itself looks at; both at once.
//!
//! Must not do: keep a secret, or let a dead side hold the other up.

use std::thread;

use secrecy::ExposeSecret as _;

use crate::app::budget;
use crate::app::collect::{Adapters, Reading};
use crate::app::doctor::told::{Told, Unchecked};
use crate::app::doctor::{Examined, Outcome, Patient, SIDES, file, is_unreached};
use crate::app::exit::Condition;
use crate::config::{NetworkSide, Secrets, Settings, SideSettings};
use crate::domain::Side;
use crate::store::Store;

/// Of its requests of a day a side has used more than this: near the end, per cent.
const NEAR_PERCENT: u64 = 80;

/// About as many requests the checks of a side take.
const NEEDED: u64 = 16;

/// One side, with everything that has to be read before it is asked.
struct Ready<'a> {
    side: Side,
    word: &'static str,
    set: &'a SideSettings,
    reading: Reading,
    before: Vec<Examined>,
    ask: bool,
}

/// Makes the checks of both sides, the ACS's first.
pub(super) fn examine(
    of: &Patient<'_>,
    settings: &Settings,
    store: Option<&Store>,
) -> Vec<Examined> {
    let ready = SIDES.map(|(side, word)| prepared(of, settings, store, (side, word)));
    let adapters = of.adapters;
    let assumptions = of.assumptions;
    thread::scope(|scope| {
        let asked = ready.map(|ready| {
            scope.spawn(move || match ready {
                Ok(ready) => asked(ready, adapters, assumptions),
                Err(nobody) => vec![*nobody],
            })
        });
        // A mistake of ours in one side is told as such, and ends the program as ever.
        let joined = asked.map(thread::ScopedJoinHandle::join);
        joined
            .into_iter()
            .flat_map(|side| match side {
                Ok(checks) => checks,
                Err(panic) => std::panic::resume_unwind(panic),
            })
            .collect()
    })
}

fn prepared<'a>(
    of: &Patient<'_>,
    settings: &'a Settings,
    store: Option<&Store>,
    (side, word): (Side, &'static str),
) -> Result<Ready<'a>, Box<Examined>> {
    let Some(set) = settings.side(side) else {
        return Err(Box::new(Examined::skipped(format!("{word}-file"), Unchecked::Side(side))));
    };
    let mut reading = reading(settings, store, of.adapters, side);
    let (mut before, mut ask) = (Vec::new(), true);
    if let SideSettings::Network(network) = set {
        match settings.read_secrets(side, of.env) {
            Ok(secrets) => {
                before.push(readable(word, &secrets));
                reading.secrets = secrets;
            }
            Err(error) => {
                before.push(Examined::failed(format!("{word}-secrets"), &error.into()));
                before.push(Examined::skipped(format!("{word}-probe"), Unchecked::Secret));
                ask = false;
            }
        }
        let (budget, spent) = budget_check(word, network, reading.spent);
        before.push(budget);
        if ask && spent {
            before.push(Examined::skipped(format!("{word}-probe"), Unchecked::Budget));
            ask = false;
        }
    }
    Ok(Ready { side, word, set, reading, before, ask })
}

/// How a side would be read by a run, but for its secrets, and without a second try: a person
/// wants to know now.
fn reading(settings: &Settings, store: Option<&Store>, adapters: &Adapters, side: Side) -> Reading {
    let now = adapters.clock.now();
    let before = budget::before(settings, store, now).unwrap_or_default();
    let spent = before.spent(side);
    // What an ACS costs to read goes by how many devices it has.
    let (known, gone) = match side {
        Side::Acs => (before.known, before.gone),
        Side::Provider => Default::default(),
    };
    Reading {
        timezone: settings.timezone.clone(),
        as_of: None,
        now,
        strict: false,
        secrets: Secrets::new(),
        known,
        gone,
        spent,
        once: true,
    }
}

/// Whatever is asked of a side.
fn asked(ready: Ready<'_>, adapters: &Adapters, assumptions: bool) -> Vec<Examined> {
    let Ready { side, word, set, reading, before: mut checks, ask } = ready;
    let set = match set {
        SideSettings::File(set) => {
            checks.push(file::examine(side, set, adapters, &reading));
            return checks;
        }
        SideSettings::Network(_) if !ask => return checks,
        SideSettings::Network(set) => set,
    };
    match (adapters.probe)(side, set, &reading) {
        Ok(probe) => {
            let made: Vec<Examined> = probe.probe().into_iter().map(Examined::from).collect();
            // Who was not reached would be waited for once more.
            let reached = !made.iter().any(is_unreached);
            checks.extend(made);
            if assumptions && reached {
                checks.extend(probe.assumptions().into_iter().map(Examined::from));
            }
        }
        Err(error) => checks.push(Examined::unfetched(format!("{word}-settings"), &error)),
    }
    checks
}

/// Requests of the last 24 hours against `requests_per_day`, and whether too few are left.
fn budget_check(word: &str, set: &NetworkSide, used: u64) -> (Examined, bool) {
    let id = format!("{word}-budget");
    let limit = u64::from(set.net.requests_per_day);
    if limit == 0 {
        return (Examined::skipped(id, Unchecked::Unset("requests_per_day")), false);
    }
    let outcome = budget_outcome(used, limit);
    let spent = matches!(outcome, Outcome::Fail(_));
    (Examined::new(id, outcome, Told::Budget { used, limit, spent }), spent)
}

/// With too few left nothing is asked: what is there is a run's, and a check that ends in the
/// middle would be told as another trouble.
fn budget_outcome(used: u64, limit: u64) -> Outcome {
    if limit.saturating_sub(used) < NEEDED {
        return Outcome::Fail(Condition::Source);
    }
    let near = used.saturating_mul(100) > limit.saturating_mul(NEAR_PERCENT);
    if near { Outcome::Warn } else { Outcome::Ok }
}

fn readable(word: &str, secrets: &Secrets) -> Examined {
    let id = format!("{word}-secrets");
    if secrets.is_empty() {
        return Examined::skipped(id, Unchecked::NoSecret);
    }
    let keys: Vec<&str> = secrets.keys().copied().collect();
    // A PEM has line ends of its own.
    let mut single = secrets.iter().filter(|(key, _)| **key != "private_key");
    let odd = single.find_map(|(key, secret)| odd(key, secret.expose_secret()));
    let outcome = if odd.is_some() { Outcome::Warn } else { Outcome::Ok };
    Examined::new(id, outcome, Told::Secrets { keys, odd })
}

/// The first character inside a secret that a paste brought along: its name and its place.
fn odd(key: &'static str, secret: &str) -> Option<(&'static str, String, usize)> {
    let is_odd = |c: char| {
        c.is_control()
            || (c.is_whitespace() && c != ' ')
            || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    let at = secret.chars().position(is_odd)?;
    let c = secret.chars().nth(at)?;
    Some((key, format!("U+{:04X}", u32::from(c)), at + 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_budget_is_near_its_end_above_80_per_cent_and_spent_where_the_checks_need_more() {
        let fail = Outcome::Fail(Condition::Source);
        for (used, limit, outcome) in [
            (0, 1000, Outcome::Ok),
            (800, 1000, Outcome::Ok),
            (801, 1000, Outcome::Warn),
            (984, 1000, Outcome::Warn),
            (985, 1000, fail),
            (1000, 1000, fail),
            (u64::MAX, 1000, fail),
        ] {
            assert_eq!(budget_outcome(used, limit), outcome, "{used} of {limit}");
        }
    }

    #[test]
    fn an_invisible_character_inside_a_secret_is_named_with_its_place() {
        for (secret, told) in [
            ("s3cret", None),
            ("two words", None),
            ("s3\u{a0}cret", Some(("U+00A0", 3))),
            ("s3c\u{200b}ret", Some(("U+200B", 4))),
            ("ç\tret", Some(("U+0009", 2))),
        ] {
            let told = told.map(|(name, at)| ("key", name.to_owned(), at));
            assert_eq!(odd("key", secret), told, "{secret:?}");
        }
    }
}
