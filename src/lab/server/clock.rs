//! The lab's clock: from a fixed time on, so many times as fast as the real one.
//!
//! Must not do: go backwards.

use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

/// A clock that runs by the real one, or stands still.
#[derive(Clone, Debug)]
pub(super) struct LabClock {
    base: Timestamp,
    since: Instant,
    speed: f64,
}

impl LabClock {
    /// Shows `base` now. Speed 0: moves only when it is put forward.
    pub fn new(base: Timestamp, speed: f64) -> Self {
        let speed = if speed.is_finite() { speed.max(0.0) } else { 0.0 };
        Self { base, since: Instant::now(), speed }
    }

    /// The lab's time.
    pub fn now(&self) -> Timestamp {
        let run = self.since.elapsed().as_secs_f64() * self.speed;
        let run = SignedDuration::try_from_secs_f64(run).unwrap_or(SignedDuration::ZERO);
        self.base.checked_add(run).unwrap_or(self.base)
    }

    /// Puts it forward to `to`.
    pub fn forward(&mut self, to: Timestamp) {
        self.base = to.max(self.now());
        self.since = Instant::now();
    }
}

/// As HTTP writes a time (RFC 9110 section 5.6.7).
pub(super) fn http_date(at: Timestamp) -> String {
    at.strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_stands_still_runs_and_never_goes_back() {
        let base: Timestamp = "2026-11-23T06:00:00Z".parse().unwrap();
        let mut clock = LabClock::new(base, 0.0);
        assert_eq!(clock.now(), base);
        let later = base + SignedDuration::from_hours(2);
        clock.forward(later);
        clock.forward(base);
        assert_eq!(clock.now(), later);
        let fast = LabClock::new(base, 1e6);
        while fast.now() == base {
            std::hint::spin_loop();
        }
        assert!(fast.now() > base);
        assert_eq!(http_date(base), "Mon, 23 Nov 2026 06:00:00 GMT");
    }
}
