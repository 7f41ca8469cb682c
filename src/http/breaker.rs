//! The breaker: a server that fails again and again is left alone for a while, then asked once.
//!
//! Must not do: ask a clock, or judge what a failure is.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// This many failures in a row open it (SAFETY.md section 4).
const ROW: u32 = 5;
/// So does half of this many.
const WINDOW: usize = 20;

/// The breaker of one client.
#[derive(Debug)]
pub(super) struct Breaker {
    open_for: Duration,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    row: u32,
    last: VecDeque<bool>,
    open_until: Option<Instant>,
    /// One is on its way to see whether the server is back.
    probing: bool,
}

impl State {
    fn look(&self, now: Instant, open_for: Duration) -> Result<(), Open> {
        match self.open_until {
            Some(until) if now < until => Err(Open(until - now)),
            Some(_) if self.probing => Err(Open(open_for)),
            _ => Ok(()),
        }
    }
}

/// Not now: so long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Open(pub Duration);

impl Breaker {
    /// One that stays open for `open_for`.
    pub fn new(open_for: Duration) -> Self {
        Self { open_for, state: Mutex::default() }
    }

    /// May one be sent now? Whoever gets a yes tells [`Breaker::record`] how it went.
    pub fn allow(&self, now: Instant) -> Result<(), Open> {
        let mut state = self.lock();
        state.look(now, self.open_for)?;
        state.probing = state.open_until.is_some();
        Ok(())
    }

    /// Would one be refused now? Takes nothing.
    pub fn look(&self, now: Instant) -> Result<(), Open> {
        self.lock().look(now, self.open_for)
    }

    /// How one went.
    pub fn record(&self, ok: bool, now: Instant) {
        let mut state = self.lock();
        if state.open_until.is_some() {
            if ok {
                *state = State::default();
            } else {
                // Also for those that were on their way when it opened.
                state.open_until = Some(now + self.open_for);
                state.probing = false;
            }
            return;
        }
        state.row = if ok { 0 } else { state.row + 1 };
        if state.last.len() == WINDOW {
            state.last.pop_front();
        }
        state.last.push_back(ok);
        let failed = state.last.iter().filter(|ok| !**ok).count();
        if state.row >= ROW || (state.last.len() == WINDOW && failed * 2 >= WINDOW) {
            state.open_until = Some(now + self.open_for);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn told(outcomes: &str, now: Instant) -> Breaker {
        let breaker = Breaker::new(30 * SECOND);
        outcomes.chars().for_each(|c| breaker.record(c == '+', now));
        breaker
    }

    #[test]
    fn it_opens_after_five_in_a_row_or_half_of_twenty() {
        for (outcomes, open) in [
            ("", false),
            ("----", false),
            ("-----", true),
            ("----+----", false),
            ("-+-+-+-+-+-+-+-+-+-", false),
            ("-+-+-+-+-+-+-+-+-+-+", true),
            ("-++-++-++-++-++-++-++", false),
        ] {
            let now = Instant::now();
            assert_eq!(told(outcomes, now).look(now).is_err(), open, "{outcomes}");
        }
    }

    #[test]
    fn after_its_time_it_lets_one_through_and_closes_on_success() {
        let now = Instant::now();
        let breaker = told("-----", now);
        assert_eq!(breaker.allow(now + 10 * SECOND), Err(Open(20 * SECOND)));
        let later = now + 31 * SECOND;
        assert_eq!(breaker.allow(later), Ok(()));
        assert!(breaker.allow(later).is_err(), "one probe at a time");
        breaker.record(false, later);
        assert_eq!(breaker.allow(later + SECOND), Err(Open(29 * SECOND)));
        let again = later + 31 * SECOND;
        assert_eq!(breaker.allow(again), Ok(()));
        breaker.record(true, again);
        assert!((0..9).all(|_| breaker.allow(again) == Ok(())));
    }
}
