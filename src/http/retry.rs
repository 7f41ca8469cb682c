//! Asking again: which failures are worth it, after how long, and how often over a whole fetch.
//!
//! Must not do: send anything; ask again for a write.

use std::collections::hash_map::RandomState;
use std::hash::{BuildHasher as _, Hasher as _};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::http::error::HttpError;
use crate::http::limits::Limits;
use crate::http::message::Head;

/// Retries that every fetch may have, however few its requests.
const FLOOR: u64 = 8;
/// Above that, one retry for this many requests (SAFETY.md section 4: 20 %).
const PER_RETRY: u64 = 5;

/// May asking again help?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Again {
    /// No, or it could do harm.
    No,
    /// Once: a second failure of the kind is no accident.
    Once,
    /// As often as the limits allow.
    Yes,
}

/// A failed exchange, and what may be done about it.
#[derive(Debug)]
pub(super) struct Failure {
    /// What it is to others.
    pub error: HttpError,
    /// May asking again help?
    pub again: Again,
    /// The server asked to be left alone for so long.
    pub pause: Option<Duration>,
    /// Does it say that the server is in trouble?
    pub counts: bool,
}

impl Failure {
    /// A failure of the server or of the way to it.
    pub fn new(error: HttpError, again: Again) -> Self {
        Self { error, again, pause: None, counts: true }
    }

    /// A failure that says nothing about the server's health.
    pub fn ours(error: HttpError) -> Self {
        Self { error, again: Again::No, pause: None, counts: false }
    }
}

/// Full jitter: each wait is drawn between nothing and a bound that doubles up to a most.
#[derive(Clone, Debug)]
pub(super) struct Waits {
    bound: Duration,
    most: Duration,
    left: u32,
}

impl Waits {
    /// The waits that `limits` allow.
    pub fn new(limits: &Limits) -> Self {
        let bound = limits.retry_least.min(limits.retry_most);
        Self { bound, most: limits.retry_most, left: limits.retries }
    }
}

impl Iterator for Waits {
    type Item = Duration;

    fn next(&mut self) -> Option<Duration> {
        self.left = self.left.checked_sub(1)?;
        let wait = self.bound.mul_f64(fraction());
        self.bound = (self.bound * 2).min(self.most);
        Some(wait)
    }
}

/// Anything between 0 and 1; only so that clients don't return at the same moment.
fn fraction() -> f64 {
    let drawn = RandomState::new().build_hasher().finish() >> 32;
    f64::from(u32::try_from(drawn).unwrap_or(u32::MAX)) / f64::from(u32::MAX)
}

/// May one more be sent again, after so many requests of which so many were retries?
pub(super) fn within_budget(requests: u64, retries: u64) -> bool {
    retries < FLOOR.max(requests / PER_RETRY)
}

/// How long the server asks to be left alone: seconds or a date (RFC 9110 section 10.2.3). A date
/// is counted from the server's own clock where it tells it.
pub(super) fn pause(head: &Head, now: Timestamp) -> Option<Duration> {
    let text = head.header("retry-after")?.trim();
    if let Ok(seconds) = text.parse::<u64>() {
        return Some(Duration::from_secs(seconds));
    }
    // More digits than a number holds are still a number.
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return Some(Duration::MAX);
    }
    let until = date(text)?;
    let wait: SignedDuration = until.duration_since(head.date.unwrap_or(now));
    Some(Duration::try_from(wait).unwrap_or_default())
}

/// A date as HTTP writes it (RFC 9110 section 5.6.7, IMF-fixdate).
pub(super) fn date(text: &str) -> Option<Timestamp> {
    jiff::fmt::rfc2822::DateTimeParser::new().parse_timestamp(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn head(headers: &[(&str, &str)]) -> Head {
        let headers: Vec<(String, String)> =
            headers.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
        let told = headers.iter().find(|(n, _)| n == "date").and_then(|(_, d)| date(d));
        Head { status: 429, date: told, headers, reason: None }
    }

    #[test]
    fn a_pause_is_seconds_or_a_date() {
        let now: Timestamp = "2026-11-26T10:00:00Z".parse().unwrap();
        let behind = ("date", "Thu, 26 Nov 2026 09:00:00 GMT");
        for (headers, seconds) in [
            (vec![], None),
            (vec![("retry-after", "0")], Some(0)),
            (vec![("retry-after", " 120 ")], Some(120)),
            (vec![("retry-after", "Thu, 26 Nov 2026 10:00:30 GMT")], Some(30)),
            (vec![("retry-after", "Thu, 26 Nov 2026 09:00:30 GMT"), behind], Some(30)),
            (vec![("retry-after", "Thu, 26 Nov 2026 09:59:00 GMT")], Some(0)),
            (vec![("retry-after", "soon")], None),
            (vec![("retry-after", "-5")], None),
            (vec![("retry-after", "")], None),
            (vec![("retry-after", "99999999999999999999999")], Some(u64::MAX)),
        ] {
            let found = pause(&head(&headers), now).map(|d| d.as_secs());
            assert_eq!(found, seconds, "{headers:?}");
        }
    }

    #[test]
    fn waits_double_up_to_the_most_and_end() {
        let limits = Limits { retries: 9, ..Limits::default() };
        let bounds = [0.5, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 60.0, 60.0];
        let mut sum = 0.0;
        for _ in 0..50 {
            let waits: Vec<f64> = Waits::new(&limits).map(|d| d.as_secs_f64()).collect();
            assert_eq!(waits.len(), bounds.len());
            assert!(waits.iter().zip(bounds).all(|(w, b)| (0.0..=b).contains(w)), "{waits:?}");
            sum += waits.iter().zip(bounds).map(|(w, b)| w / b).sum::<f64>();
        }
        // 450 draws between 0 and 1: the mean is far from both ends.
        assert!((0.35..0.65).contains(&(sum / 450.0)), "{}", sum / 450.0);
    }

    #[test]
    fn retries_stay_under_a_fifth_of_the_requests() {
        for (requests, retries, may) in
            [(1, 0, true), (1, 7, true), (1, 8, false), (1000, 199, true), (1000, 200, false)]
        {
            assert_eq!(within_budget(requests, retries), may, "{requests} {retries}");
        }
    }
}
