//! How fast a client may ask: even steps within a second, for reads and for writes by
//! themselves; a sliding window over a minute, and what is left of the day, for both together.
//!
//! Must not do: sleep or ask a clock; it says when, given now.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::http::limits::Limits;
use crate::http::message::Purpose;

/// The minute of a server is not ours: requests that a slow network delays arrive closer together.
const MINUTE: Duration = Duration::from_secs(61);

/// The day's requests are used up: so many were made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Spent(pub u64);

/// The turns of one client.
#[derive(Debug)]
pub(super) struct Pace {
    read_step: Duration,
    write_step: Duration,
    per_minute: usize,
    left_today: Option<u64>,
    turns: Mutex<Turns>,
}

#[derive(Debug, Default)]
struct Turns {
    /// No read is sent before.
    next_read: Option<Instant>,
    /// No write is sent before.
    next_write: Option<Instant>,
    /// The last turns, as many as a minute may have.
    last: VecDeque<Instant>,
    given: u64,
}

impl Pace {
    /// The pace that `limits` say.
    pub fn new(limits: &Limits) -> Self {
        let step = |per_second: f64| {
            let step = if per_second > 0.0 { 1.0 / per_second } else { 0.0 };
            // A rate that has no duration (1e-300) is one that never comes round again.
            Duration::try_from_secs_f64(step).unwrap_or(limits.fetch)
        };
        Self {
            read_step: step(limits.per_second),
            write_step: step(limits.writes_per_second),
            per_minute: limits.per_minute as usize,
            left_today: limits.left_today,
            turns: Mutex::default(),
        }
    }

    /// Takes the next turn for a request of this purpose: when it is.
    pub fn turn(&self, purpose: Purpose, now: Instant) -> Result<Instant, Spent> {
        let mut turns = self.lock();
        if self.left_today.is_some_and(|left| turns.given >= left) {
            return Err(Spent(turns.given));
        }
        turns.given += 1;
        let (next, step) = match purpose {
            Purpose::Read => (turns.next_read, self.read_step),
            Purpose::Write => (turns.next_write, self.write_step),
        };
        let mut at = next.map_or(now, |next| next.max(now));
        if self.per_minute > 0
            && turns.last.len() >= self.per_minute
            && let Some(oldest) = turns.last.pop_front()
        {
            at = at.max(oldest + MINUTE);
        }
        if self.per_minute > 0 {
            turns.last.push_back(at);
        }
        let after = Some(at + step);
        match purpose {
            Purpose::Read => turns.next_read = after,
            Purpose::Write => turns.next_write = after,
        }
        Ok(at)
    }

    /// The server asked for a pause: nobody is sent before.
    pub fn pause(&self, until: Instant) {
        let mut turns = self.lock();
        let turns = &mut *turns;
        for next in [&mut turns.next_read, &mut turns.next_write] {
            *next = Some(next.map_or(until, |next| next.max(until)));
        }
    }

    fn lock(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const READ: Purpose = Purpose::Read;
    const WRITE: Purpose = Purpose::Write;

    fn pace(per_second: f64, per_minute: u32, left_today: Option<u64>) -> Pace {
        Pace::new(&Limits { per_second, per_minute, left_today, ..Limits::default() })
    }

    #[test]
    fn without_limits_it_is_always_ones_turn() {
        let (pace, now) = (pace(0.0, 0, None), Instant::now());
        assert!((0..1000).all(|_| pace.turn(READ, now) == Ok(now)));
    }

    #[test]
    fn turns_of_a_second_are_even_and_are_not_saved_up() {
        let (pace, start) = (pace(2.0, 0, None), Instant::now());
        let ms = |at: Instant| at.duration_since(start).as_millis();
        let first: Vec<u128> = (0..4).map(|_| ms(pace.turn(READ, start).unwrap())).collect();
        assert_eq!(first, [0, 500, 1000, 1500]);
        let later = start + Duration::from_secs(60);
        let after: Vec<u128> = (0..3).map(|_| ms(pace.turn(READ, later).unwrap())).collect();
        assert_eq!(after, [60_000, 60_500, 61_000]);
    }

    #[test]
    fn no_minute_sees_more_than_it_may() {
        let (pace, start) = (pace(0.0, 60, None), Instant::now());
        let mut now = start;
        let mut turns = Vec::new();
        for n in 0_u64..500 {
            let at = pace.turn(READ, now).unwrap();
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
        assert!((0..3).all(|_| pace.turn(READ, now).is_ok()));
        assert_eq!(pace.turn(READ, now), Err(Spent(3)));
        assert_eq!(self::pace(0.0, 0, Some(0)).turn(READ, now), Err(Spent(0)));
    }

    #[test]
    fn a_pause_holds_everybody() {
        let (pace, now) = (pace(10.0, 0, None), Instant::now());
        pace.turn(READ, now).unwrap();
        pace.pause(now + Duration::from_secs(7));
        assert_eq!(pace.turn(READ, now).unwrap(), now + Duration::from_secs(7));
        assert_eq!(pace.turn(WRITE, now).unwrap(), now + Duration::from_secs(7));
    }

    #[test]
    fn writes_have_a_pace_of_their_own_and_count_as_requests() {
        let now = Instant::now();
        let limits = Limits { per_second: 10.0, writes_per_second: 1.0, ..Limits::default() };
        let pace = Pace::new(&limits);
        let ms = |purpose| pace.turn(purpose, now).unwrap().duration_since(now).as_millis();
        let turns = [WRITE, READ, WRITE, READ, READ, WRITE].map(ms);
        assert_eq!(turns, [0, 0, 1000, 100, 200, 2000]);
        let pace = self::pace(0.0, 2, Some(3));
        assert_eq!([WRITE, READ].map(|purpose| pace.turn(purpose, now)), [Ok(now); 2]);
        assert_eq!(pace.turn(WRITE, now), Ok(now + MINUTE));
        assert_eq!(pace.turn(WRITE, now), Err(Spent(3)));
    }
}
