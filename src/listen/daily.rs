//! The daily run: waits until it is due, has it made, and has it made again where it may help.
//!
//! Must not do: make a run, read the store, or let two run at once.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::app::exit::Condition;
use crate::app::timetable::Timetable;
use crate::app::{Clock, Stop};

/// After a list that could not be read it is tried again; then it is told.
const AGAIN_AFTER: [Duration; 3] =
    [Duration::from_secs(10 * 60), Duration::from_secs(30 * 60), Duration::from_secs(60 * 60)];

/// The clock is looked at so often: it may be set, and the machine may sleep.
const LOOK: Duration = Duration::from_secs(20);

/// What the schedule asks of whoever makes the runs.
pub trait Runs {
    /// When the last one began, as far as is remembered.
    fn last(&self, now: Timestamp) -> Option<Timestamp>;
    /// Makes one; its exit code. `is_last`: it is not tried again, so that a failure is told.
    fn make(&self, is_last: bool) -> u8;
    /// One began at this time, and has ended.
    fn made(&self, began: Timestamp);
}

/// Time, and waiting for it.
pub struct Waiting<'a> {
    /// The time.
    pub clock: &'a dyn Clock,
    /// Waits so long, or until somebody asks to stop.
    pub wait: &'a dyn Fn(Duration),
    /// Whether somebody asked to stop.
    pub stop: &'a Stop,
}

impl Waiting<'_> {
    fn is_over(&self) -> bool {
        self.stop.asked().is_some()
    }
}

/// Makes the runs until somebody asks to stop.
pub fn keep(timetable: &Timetable, waiting: &Waiting<'_>, runs: &dyn Runs) {
    let mut last = runs.last(waiting.clock.now());
    let mut told = None;
    while !waiting.is_over() {
        let now = waiting.clock.now();
        let next = timetable.next_run(now, last);
        if next > now {
            if told != Some(next) {
                tracing::info!(at = %next, "the next run");
                told = Some(next);
            }
            (waiting.wait)(until(next, now));
            continue;
        }
        // Another process may have made it meanwhile.
        let remembered = runs.last(now);
        if remembered > last {
            last = remembered;
            continue;
        }
        attempts(timetable, waiting, runs);
        if waiting.is_over() {
            return;
        }
        runs.made(now);
        last = Some(now);
    }
}

/// The time left, and never so long that a clock that is set goes unnoticed.
fn until(next: Timestamp, now: Timestamp) -> Duration {
    let left = next.duration_since(now).max(SignedDuration::ZERO);
    left.unsigned_abs().min(LOOK)
}

/// One run, again while its lists can't be read.
fn attempts(timetable: &Timetable, waiting: &Waiting<'_>, runs: &dyn Runs) {
    let mut pauses = AGAIN_AFTER.iter();
    loop {
        let pause = pauses.next();
        let exit = runs.make(pause.is_none());
        tracing::info!(exit, "the run ended");
        let Some(pause) = pause else { return };
        if exit != Condition::Source.code() || waiting.is_over() {
            return;
        }
        tracing::warn!("a list could not be read; tried again in {} min", pause.as_secs() / 60);
        if !pass(*pause, timetable, waiting) {
            return;
        }
    }
}

/// Waits so long by a clock that nobody sets, and then for the systems to have synchronised.
fn pass(pause: Duration, timetable: &Timetable, waiting: &Waiting<'_>) -> bool {
    let until = waiting.clock.monotonic().saturating_add(pause);
    while !waiting.is_over() {
        let left = until.saturating_sub(waiting.clock.monotonic());
        let now = waiting.clock.now();
        let outside = timetable.outside(now);
        if left.is_zero() && outside <= now {
            return true;
        }
        (waiting.wait)(if left.is_zero() { self::until(outside, now) } else { left.min(LOOK) });
    }
    false
}

#[cfg(test)]
mod tests;
