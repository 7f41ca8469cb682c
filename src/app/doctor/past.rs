//! What the store remembers of the set-up: runs, open steps, who applies, webhooks, counts.
//!
//! Must not do: change the store, or take its lock.

use jiff::{SignedDuration, Timestamp};

use crate::app::doctor::told::{LockTold, Told, Unchecked};
use crate::app::doctor::{Examined, Outcome};
use crate::app::error::AppError;
use crate::config::{Origin, Settings};
use crate::domain::Side;
use crate::store::{RunSummary, StepState, Store};

/// A daily run that is this late has stopped.
const RUN_LATE: SignedDuration = SignedDuration::from_hours(26);

/// The heartbeat of a listener is of minutes; after this it is not there.
const LISTENER_LATE: SignedDuration = SignedDuration::from_hours(1);

/// Among so many runs one in which both sides were read whole is looked for.
const RUNS: usize = 200;

/// How far a count may be from what is expected, per cent.
const EXPECTED_PERCENT: u64 = 10;

const IDS: [&str; 6] =
    ["lock", "journal", "last-run", "listener", "acs-expected", "provider-expected"];

/// All of them; `store` is the one to read from, where it can be read.
pub(super) fn all(settings: &Settings, store: Option<&Store>, now: Timestamp) -> Vec<Examined> {
    let Some(store) = store else {
        let there = settings.store_dir.join(crate::store::JOURNAL_FILE).exists();
        let why = if there { Unchecked::Store } else { Unchecked::NoRun };
        return IDS.into_iter().map(|id| Examined::skipped(id, why)).collect();
    };
    let held = store.apply_lock_is_held();
    let runs = store.runs(RUNS).map_err(AppError::from);
    let mut checks = vec![lock(store, held), journal(store, held)];
    match &runs {
        Err(error) => checks.push(Examined::failed("last-run", error)),
        Ok(runs) => checks.push(last_run(runs, now)),
    }
    checks.push(listener(settings, store, now));
    let newest = runs.iter().flatten().find(|run| run.complete);
    checks.push(expected(settings, Side::Acs, newest.map(|run| run.acs)));
    checks.push(expected(settings, Side::Provider, newest.map(|run| run.provider)));
    checks
}

fn lock(store: &Store, held: bool) -> Examined {
    if !held {
        return Examined::new("lock", Outcome::Ok, Told::Lock(None));
    }
    let holder = store.lock_holder().map(|by| (by.user, by.pid, by.since));
    Examined::new("lock", Outcome::Warn, Told::Lock(Some(LockTold { holder })))
}

/// Open steps are an apply's business while it runs; afterwards somebody must look.
fn journal(store: &Store, held: bool) -> Examined {
    let open = match store.open_steps() {
        Ok(open) => open,
        Err(error) => return Examined::failed("journal", &error.into()),
    };
    let count = |is: fn(StepState) -> bool| open.iter().filter(|row| is(row.state)).count() as u64;
    let in_doubt = count(|state| state == StepState::InDoubt);
    let needs_human = count(|state| state == StepState::NeedsHuman);
    let others = open.len() as u64 - in_doubt - needs_human;
    let wrong = in_doubt + needs_human > 0 || (others > 0 && !held);
    let outcome = if wrong { Outcome::Warn } else { Outcome::Ok };
    Examined::new("journal", outcome, Told::Steps { in_doubt, needs_human, others })
}

fn last_run(runs: &[RunSummary], now: Timestamp) -> Examined {
    let Some(newest) = runs.first() else { return Examined::skipped("last-run", Unchecked::NoRun) };
    let complete = runs.iter().find(|run| run.complete).map(|run| run.started);
    let stale = complete.is_none_or(|at| now.duration_since(at) > RUN_LATE);
    let failed = !matches!(newest.exit, 0 | 3);
    let outcome = if stale || failed { Outcome::Warn } else { Outcome::Ok };
    let newest = (newest.started, newest.exit);
    Examined::new("last-run", outcome, Told::Runs { newest, complete, stale })
}

/// Is there a listener, and does it still listen? Coverage of event files counts as little as
/// that of a listener that was given up: only who configures one is told.
fn listener(settings: &Settings, store: &Store, now: Timestamp) -> Examined {
    let set = settings
        .rows
        .iter()
        .any(|row| row.key.starts_with("listen.") && row.origin != Origin::Default);
    if !set {
        return Examined::skipped("listener", Unchecked::Unset("[listen]"));
    }
    let until = match store.listened_until() {
        Ok(until) => until,
        Err(error) => return Examined::failed("listener", &error.into()),
    };
    let late = until.is_none_or(|to| now.duration_since(to).abs() > LISTENER_LATE);
    let outcome = if late { Outcome::Warn } else { Outcome::Ok };
    Examined::new("listener", outcome, Told::Listener(until))
}

fn expected(settings: &Settings, side: Side, counted: Option<u64>) -> Examined {
    let id = match side {
        Side::Acs => "acs-expected",
        Side::Provider => "provider-expected",
    };
    let Some(expected) = settings.causes.expected_devices else {
        return Examined::skipped(id, Unchecked::Unset("expected_devices"));
    };
    let Some(counted) = counted else { return Examined::skipped(id, Unchecked::NoRun) };
    let far =
        counted.abs_diff(expected).saturating_mul(100) > expected.saturating_mul(EXPECTED_PERCENT);
    let outcome = if far { Outcome::Warn } else { Outcome::Ok };
    Examined::new(id, outcome, Told::Expected { side, counted, expected })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(hours_ago: i64, exit: u8, complete: bool) -> RunSummary {
        let started = now() - SignedDuration::from_hours(hours_ago);
        let (id, actor, causes) = (String::new(), "cron".to_owned(), Vec::new());
        let (acs, provider, matched, seconds) = (1, 1, 1, 1.0);
        RunSummary { id, started, seconds, actor, exit, complete, acs, provider, matched, causes }
    }

    fn now() -> Timestamp {
        Timestamp::from_second(1_800_000_000).unwrap()
    }

    #[test]
    fn a_timer_that_stopped_and_a_run_that_failed_are_warned_of() {
        for (runs, outcome, is_stale) in [
            (vec![run(1, 0, true)], Outcome::Ok, false),
            (vec![run(26, 3, true)], Outcome::Ok, false),
            (vec![run(27, 3, true)], Outcome::Warn, true),
            (vec![run(1, 6, false), run(20, 3, true)], Outcome::Warn, false),
            (vec![run(1, 6, false), run(30, 3, true)], Outcome::Warn, true),
            (vec![run(1, 6, false)], Outcome::Warn, true),
        ] {
            let check = last_run(&runs, now());
            assert_eq!(check.outcome, outcome, "{runs:?}");
            let Told::Runs { stale, .. } = check.told else { panic!("{check:?}") };
            assert_eq!(stale, is_stale, "{runs:?}");
        }
        assert_eq!(last_run(&[], now()).outcome, Outcome::Skip);
    }
}
