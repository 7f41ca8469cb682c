//! What the guards judge by: the store's memory, the configuration, the time.
//!
//! Must not do: judge.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use crate::app::error::AppError;
use crate::config::{Settings, Window};
use crate::domain::Side;
use crate::engine::guard::{Facts, Limits, Mode, Phase, Shrunk};
use crate::store::run::Run;
use crate::store::{RunSummary, StepRow, Store};

/// The shipped interactive column (SAFETY.md section 3): a second person beyond so much.
const PERSON_REMOVALS_PERCENT: f64 = 2.0;
const PERSON_REMOVALS: u64 = 100;
/// The count is typed beyond so much.
const PERSON_CHANGES_PERCENT: f64 = 10.0;
const PERSON_DAILY: u64 = 1000;
/// How much a side may shrink, per cent: without a person, and with one.
const SHRUNK_PERCENT: [f64; 2] = [2.0, 10.0];

/// Removals count for so long.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Runs that are looked at for a side that shrank.
const RUNS_MOST: usize = 200;

/// What has to be remembered, and by whom it is asked.
pub(crate) struct Memory {
    shrunk: Vec<Shrunk>,
    removed_today: [u64; 2],
    generation: u64,
}

/// Who asks the guards, and when.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Asked {
    pub mode: Mode,
    pub phase: Phase,
    pub now: Timestamp,
    pub acknowledged: bool,
}

impl Memory {
    /// Of a store; of none, nothing is remembered.
    pub fn of(
        store: Option<&Store>,
        run: &Run,
        limits: &Limits,
        now: Timestamp,
    ) -> Result<Self, AppError> {
        let Some(store) = store else {
            return Ok(Self { shrunk: Vec::new(), removed_today: [0, 0], generation: 0 });
        };
        let since = now.checked_sub(DAY).unwrap_or(Timestamp::MIN);
        let today = |side| store.removals_since(side, since);
        Ok(Self {
            shrunk: shrunk(&store.runs(RUNS_MOST)?, run, limits.absence),
            removed_today: [today(Side::Acs)?, today(Side::Provider)?],
            generation: store.generation()?,
        })
    }

    /// Number of the store's newest complete reconciliation.
    pub fn generation(&self) -> u64 {
        self.generation
    }

    /// Of a plan that was begun already: what it removed today counts once.
    pub fn without_plan(mut self, rows: &[StepRow], now: Timestamp) -> Self {
        let since = now.checked_sub(DAY).unwrap_or(Timestamp::MIN);
        for (side, today) in [Side::Acs, Side::Provider].into_iter().zip(&mut self.removed_today) {
            let sent = rows.iter().filter(|row| row.sent_utc.is_some_and(|at| at >= since));
            let removed = sent.filter(|row| row.side == side).map(|row| u64::from(row.removals));
            *today = today.saturating_sub(removed.sum());
        }
        self
    }

    /// Together with everything else.
    pub fn facts<'a>(
        &'a self,
        settings: &Settings,
        run: &'a Run,
        limits: Limits,
        asked: Asked,
    ) -> Facts<'a> {
        let answer = &run.reconciliation;
        Facts {
            mode: asked.mode,
            phase: asked.phase,
            limits,
            read_only: settings.read_only,
            now: asked.now,
            acs_at: answer.acs.fetched_at,
            in_sync_window: in_sync_window(settings, asked.mode, asked.now),
            whole: answer.acs.complete && answer.provider.complete,
            sizes: [answer.acs.devices, answer.provider.devices],
            shrunk: &self.shrunk,
            acknowledged: asked.acknowledged,
            removed_today: self.removed_today,
            generation: self.generation,
            findings: &answer.findings,
        }
    }
}

/// The limits of a mode, as configured.
#[must_use]
pub(crate) fn limits(settings: &Settings, mode: Mode) -> Limits {
    let guard = &settings.guard;
    let person = &settings.interactive;
    match mode {
        Mode::Headless => Limits {
            removals: guard.removals,
            removals_percent: guard.removals_percent.0,
            removals_max: u64::from(guard.removals_max),
            changes_percent: guard.changes_percent.0,
            changes_max: u64::from(guard.changes_max),
            daily_removals: u64::from(guard.daily_removals),
            small_fleet: u64::from(guard.small_fleet),
            absence: guard.absence_gap.0,
            shrunk_percent: SHRUNK_PERCENT[0],
        },
        Mode::Interactive => Limits {
            removals: person.removals.unwrap_or(true),
            removals_percent: person.removals_percent.map_or(PERSON_REMOVALS_PERCENT, |p| p.0),
            removals_max: person.removals_max.map_or(PERSON_REMOVALS, u64::from),
            changes_percent: person.changes_percent.map_or(PERSON_CHANGES_PERCENT, |p| p.0),
            changes_max: person.changes_max.map_or(u64::MAX, u64::from),
            daily_removals: person.daily_removals.map_or(PERSON_DAILY, u64::from),
            small_fleet: u64::from(person.small_fleet.unwrap_or(guard.small_fleet)),
            absence: person.absence_gap.unwrap_or(guard.absence_gap).0,
            shrunk_percent: SHRUNK_PERCENT[1],
        },
    }
}

/// Is it now in that time of day?
pub(crate) fn in_sync_window(settings: &Settings, mode: Mode, now: Timestamp) -> bool {
    let window = match mode {
        Mode::Headless => settings.guard.sync_window,
        Mode::Interactive => settings.interactive.sync_window.unwrap_or(settings.guard.sync_window),
    };
    is_in(window, &settings.timezone, now)
}

fn is_in(window: Window, zone: &TimeZone, now: Timestamp) -> bool {
    window.holds(zone.to_datetime(now).time())
}

/// Sides that shrank between two complete lists, and were not read whole again long enough
/// after that: the plan's own run has to show the same absences once more.
fn shrunk(runs: &[RunSummary], run: &Run, gap: SignedDuration) -> Vec<Shrunk> {
    let upto = runs.iter().filter(|r| r.complete && r.started <= run.started);
    let complete: Vec<&RunSummary> = upto.collect();
    let mut found = Vec::new();
    for pair in complete.windows(2) {
        let [newer, older] = pair else { continue };
        if run.started.duration_since(newer.started) >= gap {
            break;
        }
        let sides =
            [(Side::Acs, older.acs, newer.acs), (Side::Provider, older.provider, newer.provider)];
        let smaller = sides.into_iter().filter(|(_, from, to)| to < from);
        found.extend(smaller.map(|(side, from, to)| Shrunk { side, from, to }));
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::time;

    #[test]
    fn a_window_may_pass_midnight() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let utc = TimeZone::UTC;
        let night = Window { from: time(22, 0, 0, 0), to: time(2, 0, 0, 0) };
        let dawn = Window { from: time(2, 0, 0, 0), to: time(6, 0, 0, 0) };
        for (window, now, inside) in [
            (dawn, "2026-11-26T01:59:59Z", false),
            (dawn, "2026-11-26T02:00:00Z", true),
            (dawn, "2026-11-26T05:59:59Z", true),
            (dawn, "2026-11-26T06:00:00Z", false),
            (night, "2026-11-26T23:00:00Z", true),
            (night, "2026-11-26T01:00:00Z", true),
            (night, "2026-11-26T12:00:00Z", false),
        ] {
            assert_eq!(is_in(window, &utc, at(now)), inside, "{now}");
        }
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        assert!(is_in(dawn, &zone, at("2026-11-26T05:00:00Z")));
    }
}
