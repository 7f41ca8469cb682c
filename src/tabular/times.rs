//! Reads points in time as exports write them: RFC 3339, ISO without a zone, Brazilian.
//!
//! Must not do: guess. What fits no form here is unreadable and stays text.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::tabular::values::Unreadable;

/// Reads `text`; `None` where it says "no time" (`0000-00-00`, TR-069's year 1).
pub fn time(text: &str, zone: &TimeZone) -> Result<Option<Timestamp>, Unreadable> {
    if let Some(at) = rfc3339_utc(text.as_bytes()) {
        // Of the dates that say "no time", only that of TR-069 is one.
        let unknown = at.as_second() < YEAR_2 && is_unknown(text);
        return Ok(Some(at).filter(|_| !unknown));
    }
    if is_unknown(text) {
        return Ok(None);
    }
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return epoch(text).map(Some).ok_or(Unreadable);
    }
    if let Ok(at) = text.parse::<Timestamp>() {
        return Ok(Some(at));
    }
    let civil = match brazilian(text) {
        Some(civil) => civil,
        None => text.parse::<DateTime>().map_err(|_| Unreadable)?,
    };
    // A time that a change of clocks skips or repeats is read as RFC 5545 says.
    zone.to_timestamp(civil).map(Some).map_err(|_| Unreadable)
}

/// When the second year began, in seconds: what is later is a time, whatever its text.
const YEAR_2: i64 = -62_104_060_800;

/// SQL's zero date, and `0001-01-01T00:00:00Z`, the "unknown time" of TR-106 section 3.2.
fn is_unknown(text: &str) -> bool {
    ["0000-00-00", "00/00/0000", "0001-01-01"].iter().any(|date| text.starts_with(date))
}

/// `YYYY-MM-DDTHH:MM:SS[.f]Z`, nearly all there is; jiff reads whatever is unusual.
fn rfc3339_utc(text: &[u8]) -> Option<Timestamp> {
    let (&last, text) = text.split_last()?;
    let (text, fraction) = text.split_first_chunk::<19>()?;
    if last != b'Z' || (text[4], text[7], text[10]) != (b'-', b'-', b'T') {
        return None;
    }
    if (text[13], text[16]) != (b':', b':') {
        return None;
    }
    let n = |at: usize| two_digits(text[at], text[at + 1]);
    let (year, month, day) = (n(0)? * 100 + n(2)?, n(5)?, n(8)?);
    let (hour, minute, second) = (n(11)?, n(14)?, n(17)?);
    // The 29th to 31st of some months are left to jiff.
    if !(1..=12).contains(&month) || !(1..=28).contains(&day) {
        return None;
    }
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let seconds = ((days(year, month, day) * 24 + hour) * 60 + minute) * 60 + second;
    Timestamp::new(seconds, nanoseconds(fraction)?).ok()
}

fn two_digits(tens: u8, ones: u8) -> Option<i64> {
    let (tens, ones) = (tens.wrapping_sub(b'0'), ones.wrapping_sub(b'0'));
    (tens < 10 && ones < 10).then(|| i64::from(tens * 10 + ones))
}

/// Days from 1970-01-01 (H. Hinnant, `days_from_civil`), for years from 0 on.
fn days(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// `.` and one to nine digits, or nothing.
fn nanoseconds(fraction: &[u8]) -> Option<i32> {
    let Some((&dot, digits)) = fraction.split_first() else { return Some(0) };
    if dot != b'.' || !(1..=9).contains(&digits.len()) {
        return None;
    }
    let mut value = number(digits)?;
    for _ in digits.len()..9 {
        value *= 10;
    }
    i32::try_from(value).ok()
}

fn number(digits: &[u8]) -> Option<i64> {
    digits.iter().try_fold(0_i64, |n, b| {
        b.is_ascii_digit().then(|| n.checked_mul(10)?.checked_add(i64::from(b - b'0'))).flatten()
    })
}

/// Seconds (10 digits) or milliseconds (13 digits) since 1970.
fn epoch(text: &str) -> Option<Timestamp> {
    let n = number(text.as_bytes())?;
    match text.len() {
        10 => Timestamp::from_second(n).ok(),
        13 => Timestamp::from_millisecond(n).ok(),
        _ => None,
    }
}

/// `DD/MM/YYYY[ HH:MM[:SS]]`, the day first as everywhere in Brazil.
fn brazilian(text: &str) -> Option<DateTime> {
    let date_ends = text.find([' ', ',', 'T']).unwrap_or(text.len());
    let (date, clock) = text.split_at(date_ends);
    let mut parts = date.split('/');
    let (day, month, year) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() || year.len() != 4 {
        return None;
    }
    let (hour, minute, second) = clock_of(clock.trim_start_matches([' ', ',', 'T']))?;
    let year = i16::try_from(number(year.as_bytes())?).ok()?;
    DateTime::new(year, short(month)?, short(day)?, hour, minute, second, 0).ok()
}

/// `HH:MM[:SS]`, or nothing, which is midnight.
fn clock_of(clock: &str) -> Option<(i8, i8, i8)> {
    if clock.is_empty() {
        return Some((0, 0, 0));
    }
    let mut parts = clock.split(':');
    let (hour, minute) = (short(parts.next()?)?, short(parts.next()?)?);
    let second = parts.next().map_or(Some(0), short)?;
    parts.next().is_none().then_some((hour, minute, second))
}

/// One or two digits.
fn short(digits: &str) -> Option<i8> {
    let right = (1..=2).contains(&digits.len());
    right.then(|| number(digits.as_bytes())).flatten().and_then(|n| i8::try_from(n).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> TimeZone {
        TimeZone::get("America/Sao_Paulo").unwrap()
    }

    fn read(text: &str) -> Result<Option<String>, Unreadable> {
        time(text, &zone()).map(|at| at.map(|at| at.to_string()))
    }

    #[test]
    fn reads_the_forms_of_the_contract() {
        for (text, utc) in [
            ("2026-11-20T12:00:00Z", "2026-11-20T12:00:00Z"),
            ("2026-11-20T12:00:00.250Z", "2026-11-20T12:00:00.25Z"),
            ("2024-02-29T23:59:59Z", "2024-02-29T23:59:59Z"),
            ("2026-11-20t12:00:00z", "2026-11-20T12:00:00Z"),
            ("2026-11-20 12:00:00Z", "2026-11-20T12:00:00Z"),
            ("2026-11-20T12:00:00-03:00", "2026-11-20T15:00:00Z"),
            ("2026-11-20 12:00:00", "2026-11-20T15:00:00Z"),
            ("2026-11-20T12:00:00", "2026-11-20T15:00:00Z"),
            ("2026-11-20 12:00", "2026-11-20T15:00:00Z"),
            ("2026-11-20", "2026-11-20T03:00:00Z"),
            ("20/11/2026", "2026-11-20T03:00:00Z"),
            ("20/11/2026 09:05", "2026-11-20T12:05:00Z"),
            ("20/11/2026 09:05:07", "2026-11-20T12:05:07Z"),
            ("20/11/2026, 09:05:07", "2026-11-20T12:05:07Z"),
            ("5/1/2026 9:05", "2026-01-05T12:05:00Z"),
            // Daylight saving: skipped (2018-11-04 00:00 became 01:00), and repeated.
            ("2018-11-04 00:30:00", "2018-11-04T03:30:00Z"),
            ("17/02/2018 23:30", "2018-02-18T01:30:00Z"),
            ("1795176000", "2026-11-20T12:00:00Z"),
            ("1795176000123", "2026-11-20T12:00:00.123Z"),
        ] {
            assert_eq!(read(text), Ok(Some(utc.to_owned())), "{text}");
        }
    }

    #[test]
    fn knows_absent_times() {
        for text in [
            "0000-00-00 00:00:00",
            "0000-00-00",
            "00/00/0000",
            "00/00/0000 00:00",
            "0001-01-01T00:00:00Z",
            "0000-00-00T00:00:00Z",
        ] {
            assert_eq!(read(text), Ok(None), "{text}");
        }
    }

    #[test]
    fn takes_no_other_time_of_the_first_year_for_none() {
        for text in ["0001-06-15T00:00:00Z", "0001-12-28T23:59:59Z", "0002-01-01T00:00:00Z"] {
            assert_eq!(read(text), Ok(Some(text.parse().unwrap())), "{text}");
        }
    }

    #[test]
    fn refuses_to_guess() {
        for text in [
            "yesterday",
            "2026-13-01",
            "2026-02-30T00:00:00Z",
            "2026-0:-01T00:00:00Z",
            "2026-01-0/T00:00:00Z",
            "20x6-01-01T00:00:00Z",
            "11/20/2026",
            "20/11/26",
            "20/11/2026 25:00",
            "20/11/2026 10",
            "12:00",
            "12345",
            "99999999999999999999",
            "9999-12-31T23:59:59Z",
            "20/11/2026/1",
            "-",
            "",
        ] {
            assert_eq!(read(text), Err(Unreadable), "{text}");
        }
    }

    #[test]
    fn the_short_way_agrees_with_jiff() {
        for year in [1, 1600, 1899, 1900, 1970, 2000, 2024, 2026, 2100, 9998] {
            for (month, day) in [(1, 1), (2, 28), (3, 1), (6, 15), (12, 28)] {
                let text = format!("{year:04}-{month:02}-{day:02}T23:59:58.5Z");
                let quick = rfc3339_utc(text.as_bytes()).unwrap();
                assert_eq!(quick, text.parse::<Timestamp>().unwrap(), "{text}");
            }
        }
    }
}
