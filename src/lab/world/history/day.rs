//! What one day brings: how many of each happening, and at what hour.
//!
//! Must not do: make it happen.

use super::Task;
use crate::lab::world::{World, clock};

/// How often a day, in a fleet of 2,000 (a day's mean).
const RATES: [(Task, f64); 8] = [
    (Task::Silence, 3.6),
    (Task::Delete, 1.6),
    (Task::Swap, 2.4),
    (Task::Block, 0.9),
    (Task::Unlink, 0.6),
    (Task::Respell, 0.15),
    (Task::EnterTwice, 0.15),
    (Task::Misconfigure, 0.5),
];
const FLEET: f64 = 2000.0;
const DAY: f64 = 86_400.0;

/// The fleet grows fast in the first part of the history, then slowly.
const RAMP: f64 = 1.0 / 6.0;
const AFTER_RAMP: f64 = 0.8;
/// How much it grows a day after the end.
const GROWTH: f64 = 0.0005;

#[expect(clippy::cast_precision_loss, reason = "a fleet's size and a life's seconds are small")]
fn real(number: i64) -> f64 {
    number as f64
}

impl World {
    pub(super) fn begin_day(&mut self) {
        let until = clock::next_hour(self.now, 0);
        let span = until.as_second() - self.now.as_second();
        let fleet = real(i64::try_from(self.acs.cpes.len()).unwrap_or_default());
        let scale = fleet / FLEET * real(span) / DAY;
        for (task, rate) in RATES {
            for _ in 0..self.dice.times(rate * scale) {
                let at = self.some_hour(span);
                self.plan_at(clock::after(self.now, at), task.clone());
            }
        }
        for _ in 0..self.wanted(until.as_second()).saturating_sub(self.expected()) {
            let at = self.some_hour(span);
            self.plan_at(clock::after(self.now, at), Task::Install);
        }
        self.plan_at(until, Task::Day);
    }

    /// Mostly in working hours, sometimes at night.
    fn some_hour(&mut self, span: i64) -> i64 {
        let (morning, evening) = (clock::hours(8), clock::hours(20));
        if span >= evening && self.dice.chance(0.75) {
            self.dice.between(morning, evening)
        } else {
            self.dice.between(0, span - 1)
        }
    }

    /// Boxes in the ACS or on their way there.
    fn expected(&self) -> usize {
        let coming = self.calendar.values().filter(|t| matches!(t, Task::Call(_) | Task::Install));
        self.acs.cpes.len() + coming.count()
    }

    /// How many devices there should be at a time.
    fn wanted(&self, at: i64) -> usize {
        let (start, end) = (self.start.as_second(), self.plan.end.as_second());
        let lived = real(at - start) / real((end - start).max(1));
        let part = if lived < RAMP {
            AFTER_RAMP * lived / RAMP
        } else if lived <= 1.0 {
            AFTER_RAMP + (1.0 - AFTER_RAMP) * (lived - RAMP) / (1.0 - RAMP)
        } else {
            1.0 + GROWTH * real(at - end) / DAY
        };
        let devices = real(i64::try_from(self.plan.devices).unwrap_or(i64::MAX));
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "positive")]
        let wanted = (devices * part) as usize;
        wanted
    }
}
