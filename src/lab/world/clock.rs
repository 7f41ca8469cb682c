//! Times as the two systems write them: whole seconds, and the Provider's without a zone.
//!
//! Must not do: read the machine's clock or zone.

use jiff::civil::DateTime;
use jiff::tz::Offset;
use jiff::{SignedDuration, Timestamp};

/// What the Provider writes where there is no date.
pub(super) const NO_DATE: &str = "0000-00-00 00:00:00";

/// America/Sao_Paulo, which has had no summer time since 2019 (tz database).
const ZONE: Offset = Offset::constant(-3);

/// The Provider's spelling of a time.
pub(super) fn local(at: Timestamp) -> String {
    ZONE.to_datetime(at).strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// The Provider's spelling of a date.
pub(super) fn local_date(at: Timestamp) -> String {
    ZONE.to_datetime(at).strftime("%Y-%m-%d").to_string()
}

/// Reads back what [`local`] wrote; `None` for no date.
pub(super) fn read_local(text: &str) -> Option<Timestamp> {
    let civil = DateTime::strptime("%Y-%m-%d %H:%M:%S", text).ok()?;
    ZONE.to_timestamp(civil).ok()
}

/// Without a fraction of a second: the Provider's times have none, and must compare alike.
pub(super) fn whole_seconds(at: Timestamp) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(at)
}

/// The next time after `at` at which it is `hour` o'clock there.
pub(super) fn next_hour(at: Timestamp, hour: i64) -> Timestamp {
    const DAY: i64 = 86_400;
    let wanted = (hour + 3) * 3600;
    let today = at.as_second().div_euclid(DAY) * DAY;
    let first = today + wanted.rem_euclid(DAY);
    let next = if first > at.as_second() { first } else { first + DAY };
    Timestamp::from_second(next).unwrap_or(at)
}

/// `at` and so many seconds.
pub(super) fn after(at: Timestamp, seconds: i64) -> Timestamp {
    at.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(at)
}

/// Seconds of so many days.
pub(super) const fn days(count: i64) -> i64 {
    count * 86_400
}

/// Seconds of so many hours.
pub(super) const fn hours(count: i64) -> i64 {
    count * 3600
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_written_and_read_in_the_isps_zone() {
        let at: Timestamp = "2026-11-23T06:00:00Z".parse().unwrap();
        assert_eq!(local(at), "2026-11-23 03:00:00");
        assert_eq!(read_local("2026-11-23 03:00:00"), Some(at));
        assert_eq!(read_local(NO_DATE), None);
        assert_eq!(next_hour(at, 3).to_string(), "2026-11-24T06:00:00Z");
        assert_eq!(next_hour(after(at, -1), 3), at);
        assert_eq!(next_hour(at, 0).to_string(), "2026-11-24T03:00:00Z");
    }
}
