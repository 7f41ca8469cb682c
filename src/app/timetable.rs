//! When the daily run is due: local times of day, DST, runs that were missed, jitter.
//!
//! Must not do: ask a clock, or wait. It is told the time, and may be asked again at any moment.

use jiff::civil::{Date, Time};
use jiff::tz::{AmbiguousOffset, TimeZone};
use jiff::{SignedDuration, Span, Timestamp};
use sha2::{Digest as _, Sha256};

use crate::app::error::AppError;
use crate::config::{Settings, Window, in_window};

/// A last run that lies further ahead than this was made by a clock that was wrong: nothing
/// waits until its time has come. Nearer than that, today's run is done, however the clock is set.
const AHEAD_MOST: SignedDuration = SignedDuration::from_hours(24);

/// When runs are due.
#[derive(Clone, Debug)]
pub struct Timetable {
    times: Vec<Time>,
    zone: TimeZone,
    avoided: Window,
    jitter: SignedDuration,
}

impl Timetable {
    /// Of a profile on this machine.
    ///
    /// # Errors
    /// Where a time lies inside the synchronisation window.
    pub fn of(settings: &Settings, host: &str) -> Result<Self, AppError> {
        let listen = &settings.listen;
        let times: Vec<Time> = listen.schedule.times().collect();
        if let Some(error) = times.iter().find_map(|time| in_window(*time, &settings.guard)) {
            return Err(error.into());
        }
        let seed = format!("{}\0{host}", settings.profile);
        Ok(Self {
            times,
            zone: settings.timezone.clone(),
            avoided: settings.guard.sync_window,
            jitter: jitter(&seed, listen.schedule_jitter.0),
        })
    }

    /// When the next run begins: `now` or later. `last`: when one began last.
    ///
    /// A run that was missed is due at once, however many were; none begins in the avoided window.
    #[must_use]
    pub fn next_run(&self, now: Timestamp, last: Option<Timestamp>) -> Timestamp {
        let last = last.filter(|last| last.duration_since(now) <= AHEAD_MOST);
        let begins = |slot: &Timestamp| slot.checked_add(self.jitter).unwrap_or(*slot);
        let slots = self.slots(now);
        // Of times closer together than the jitter each has its run, in its own turn.
        let waits = slots.iter().map(begins).filter(|at| *at > now).min();
        let due = slots.iter().filter(|slot| begins(slot) <= now).max();
        let is_due = due.is_some_and(|slot| last.is_none_or(|last| last < *slot));
        let at = if is_due { now } else { waits.unwrap_or(now) };
        self.outside(at)
    }

    /// The same moment, or the end of the avoided window that it lies in.
    #[must_use]
    pub fn outside(&self, at: Timestamp) -> Timestamp {
        let local = self.zone.to_datetime(at);
        if !self.avoided.holds(local.time()) {
            return at;
        }
        let tomorrow = local.time() >= self.avoided.to;
        let day = if tomorrow { local.date().tomorrow().ok() } else { Some(local.date()) };
        // Of an hour that comes twice the second one is its end.
        let ends = day.and_then(|day| self.instant(day, self.avoided.to, Twice::Second));
        ends.map_or(at, |end| end.max(at))
    }

    /// The runs of some days around `now`, without jitter.
    fn slots(&self, now: Timestamp) -> Vec<Timestamp> {
        let today = self.zone.to_datetime(now).date();
        let days = (-2..=2).filter_map(|n| today.checked_add(Span::new().days(n)).ok());
        let slots = days.flat_map(|day| {
            self.times.iter().filter_map(move |time| self.instant(day, *time, Twice::First))
        });
        slots.collect()
    }

    /// A local time as an instant: one that does not exist is the next instant that does.
    fn instant(&self, day: Date, time: Time, twice: Twice) -> Option<Timestamp> {
        let local = day.to_datetime(time);
        match self.zone.to_ambiguous_timestamp(local).offset() {
            AmbiguousOffset::Unambiguous { offset } => offset.to_timestamp(local).ok(),
            AmbiguousOffset::Fold { before, after } => match twice {
                Twice::First => before.to_timestamp(local).ok(),
                Twice::Second => after.to_timestamp(local).ok(),
            },
            // By the new offset it would have been before the clocks were changed.
            AmbiguousOffset::Gap { after, .. } => {
                let before = after.to_timestamp(local).ok()?;
                self.zone.following(before).next().map(|change| change.timestamp())
            }
        }
    }
}

/// Which of two equal local times.
#[derive(Clone, Copy)]
enum Twice {
    First,
    Second,
}

/// Up to `most`, always the same for a seed: many installations don't ask in one second.
fn jitter(seed: &str, most: SignedDuration) -> SignedDuration {
    let seconds = u64::try_from(most.as_secs()).unwrap_or_default() + 1;
    let digest = Sha256::digest(seed.as_bytes());
    let drawn = digest.first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes)) % seconds;
    SignedDuration::from_secs(i64::try_from(drawn).unwrap_or_default())
}

#[cfg(test)]
mod tests;
