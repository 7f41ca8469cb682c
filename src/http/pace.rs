//! How fast a client may ask: even steps within a second, a sliding window over a minute, and
//! what is left of the day.
//!
//! Must not do: sleep or ask a clock; it says when, given now.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::http::limits::Limits;

/// The minute of a server is not ours: requests that a slow network delays arrive closer together.
const MINUTE: Duration = Duration::from_secs(61);

/// The day's requests are used up: so many were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spent(pub u64);

/// The turns of one client.
#[derive(Debug)]
pub(super) struct Pace {
    step: Duration,
    per_minute: usize,
    left_today: Option<u64>,
    turns: Mutex<Turns>,
}

#[derive(Debug, Default)]
struct Turns {
    /// Nobody is sent before.
    next: Option<Instant>,
    /// The last turns, as many as a minute may have.
    last: VecDeque<Instant>,
    given: u64,
}

impl Pace {
    /// The pace that `limits` say.
    pub fn new(limits: &Limits) -> Self {
        let step = if limits.per_second > 0.0 { 1.0 / limits.per_second } else { 0.0 };
        Self {
            // A rate that has no duration (1e-300) is one that never comes round again.
            step: Duration::try_from_secs_f64(step).unwrap_or(limits.fetch),
            per_minute: limits.per_minute as usize,
            left_today: limits.left_today,
            turns: Mutex::default(),
        }
    }

    /// Takes the next turn: when it is.
    pub fn turn(&self, now: Instant) -> Result<Instant, Spent> {
        let mut turns = self.lock();
        if self.left_today.is_some_and(|left| turns.given >= left) {
            return Err(Spent(turns.given));
        }
        turns.given += 1;
        let mut at = turns.next.map_or(now, |next| next.max(now));
        if self.per_minute > 0
            && turns.last.len() >= self.per_minute
            && let Some(oldest) = turns.last.pop_front()
        {
            at = at.max(oldest + MINUTE);
        }
        if self.per_minute > 0 {
            turns.last.push_back(at);
        }
        turns.next = Some(at + self.step);
        Ok(at)
    }

    /// The server asked for a pause: nobody is sent before.
    pub fn pause(&self, until: Instant) {
        let mut turns = self.lock();
        turns.next = Some(turns.next.map_or(until, |next| next.max(until)));
    }

    fn lock(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(per_second: f64, per_minute: u32, left_today: Option<u64>) -> Pace {
        Pace::new(&Limits { per_second, per_minute, left_today, ..Limits::default() })
    }

    #[test]
    fn without_limits_it_is_always_ones_turn() {
        let (pace, now) = (pace(0.0, 0, None), Instant::now());
        assert!((0..1000).all(|_| pace.turn(now) == Ok(now)));
    }

    #[test]
    fn turns_of_a_second_are_even_and_are_not_saved_up() {
        let (pace, start) = (pace(2.0, 0, None), Instant::now());
        let ms = |at: Instant| at.duration_since(start).as_millis();
        let first: Vec<u128> = (0..4).map(|_| ms(pace.turn(start).unwrap())).collect();
        assert_eq!(first, [0, 500, 1000, 1500]);
        let later = start + Duration::from_secs(60);
        let after: Vec<u128> = (0..3).map(|_| ms(pace.turn(later).unwrap())).collect();
        assert_eq!(after, [60_000, 60_500, 61_000]);
    }

    #[test]
    fn no_minute_sees_more_than_it_may() {
        let (pace, start) = (pace(0.0, 60, None), Instant::now());
        let mut now = start;
        let mut turns = Vec::new();
        for n in 0_u64..500 {
            let at = pace.turn(now).unwrap();
            turns.push(at);
            now = at + Duration::from_millis(n * 37 % 1300);
        }
        for (n, at) in turns.iter().enumerate() {
            let in_minute = turns[n..].iter().take_while(|t| **t < *at + Duration::from_secs(60));
            assert!(in_minute.count() <= 60);
        }
        assert!(turns[59] < start + Duration::from_secs(60));
    }

    #[test]
    fn a_day_that_is_spent_says_how_many_were_made() {
        let (pace, now) = (pace(0.0, 0, Some(3)), Instant::now());
        assert!((0..3).all(|_| pace.turn(now).is_ok()));
        assert_eq!(pace.turn(now), Err(Spent(3)));
        assert_eq!(self::pace(0.0, 0, Some(0)).turn(now), Err(Spent(0)));
    }

    #[test]
    fn a_pause_holds_everybody() {
        let (pace, now) = (pace(10.0, 0, None), Instant::now());
        pace.turn(now).unwrap();
        pace.pause(now + Duration::from_secs(7));
        assert_eq!(pace.turn(now).unwrap(), now + Duration::from_secs(7));
    }
}
