//! Typed values of the configuration: durations, percentages, rates, windows, zones, addresses.
//!
//! Must not do: take a wrong value for a default. Each says what it expected instead.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Time;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, SpanRelativeTo};
use serde::de::{Deserializer, Error as _, Visitor};
use serde::{Deserialize, de};

/// A length of time as the user typed it (`5s`, `2h`, `7d`); a day has 24 hours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Period(pub SignedDuration);

impl Period {
    /// Seconds.
    #[must_use]
    pub const fn seconds(n: i64) -> Self {
        Self(SignedDuration::from_secs(n))
    }

    /// Hours.
    #[must_use]
    pub const fn hours(n: i64) -> Self {
        Self(SignedDuration::from_secs(n * 3600))
    }

    /// Days of 24 hours.
    #[must_use]
    pub const fn days(n: i64) -> Self {
        Self::hours(n * 24)
    }
}

impl FromStr for Period {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no duration; write it like \"5s\", \"2h\" or \"7d\"");
        let span: jiff::Span = text.parse().map_err(|_| wrong())?;
        let days = SpanRelativeTo::days_are_24_hours();
        let duration = span.to_duration(days).map_err(|_| wrong())?;
        if duration.is_negative() {
            return Err(format!("`{text}` is negative; a duration can't be"));
        }
        Ok(Self(duration))
    }
}

impl fmt::Display for Period {
    /// In the largest unit that gives a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs();
        match seconds {
            s if s > 0 && s % 86_400 == 0 => write!(f, "{}d", s / 86_400),
            s if s > 0 && s % 3600 == 0 => write!(f, "{}h", s / 3600),
            s if s > 0 && s % 60 == 0 => write!(f, "{}m", s / 60),
            s => write!(f, "{s}s"),
        }
    }
}

/// 0 to 100 per cent.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Percent(pub f64);

impl fmt::Display for Percent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Requests per second; 0 = no limit.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(pub f64);

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A number, whole or not, in a range; TOML tells 1 from 1.0, a user should not have to.
struct Number {
    expected: &'static str,
    max: f64,
}

impl Visitor<'_> for Number {
    type Value = f64;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.expected)
    }

    fn visit_f64<E: de::Error>(self, n: f64) -> Result<f64, E> {
        if (0.0..=self.max).contains(&n) {
            return Ok(n);
        }
        Err(E::custom(format!("{n} is out of range; expected {}", self.expected)))
    }

    fn visit_i64<E: de::Error>(self, n: i64) -> Result<f64, E> {
        let small = i32::try_from(n).map_err(|_| E::custom(format!("{n} is out of range")))?;
        self.visit_f64(f64::from(small))
    }

    fn visit_u64<E: de::Error>(self, n: u64) -> Result<f64, E> {
        let small = u32::try_from(n).map_err(|_| E::custom(format!("{n} is out of range")))?;
        self.visit_f64(f64::from(small))
    }
}

impl<'de> Deserialize<'de> for Percent {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        d.deserialize_any(Number { expected: "a percentage from 0 to 100", max: 100.0 }).map(Self)
    }
}

impl<'de> Deserialize<'de> for Rate {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let expected = "a number of requests per second, 0 for no limit";
        d.deserialize_any(Number { expected, max: 1e6 }).map(Self)
    }
}

/// How many files are kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep(pub usize);

impl fmt::Display for Keep {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for Keep {
    fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let n = i64::deserialize(d)?;
        let kept = usize::try_from(n).ok().filter(|n| (1..=1000).contains(n));
        kept.map(Self).ok_or_else(|| D::Error::custom(format!("{n} is not from 1 to 1000")))
    }
}

/// A size in bytes as the user typed it (`500kB`, `10MB`, `1GB`: powers of 1,000).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Size(pub u64);

impl Size {
    /// The least: a few hundred lines.
    const LEAST: u64 = 100_000;
    /// The most: what an editor still opens.
    const MOST: u64 = 1_000_000_000;
    const UNITS: [(&str, u64); 3] = [("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];

    /// Megabytes.
    #[must_use]
    pub const fn megabytes(n: u64) -> Self {
        Self(n * 1_000_000)
    }
}

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no size; write it like \"500kB\", \"10MB\" or \"1GB\"");
        let unit = |(unit, bytes): &(&str, u64)| Some((text.strip_suffix(unit)?, *bytes));
        let (number, unit) = Self::UNITS.iter().find_map(unit).ok_or_else(wrong)?;
        let number: u64 = number.trim().parse().map_err(|_| wrong())?;
        let bytes = number.checked_mul(unit).ok_or_else(wrong)?;
        if !(Self::LEAST..=Self::MOST).contains(&bytes) {
            return Err(format!("`{text}` is not from 100kB to 1GB"));
        }
        Ok(Self(bytes))
    }
}

impl fmt::Display for Size {
    /// In the largest unit that gives a whole number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let whole = Self::UNITS.iter().find(|(_, bytes)| self.0.is_multiple_of(*bytes));
        match whole {
            Some((unit, bytes)) => write!(f, "{}{unit}", self.0 / bytes),
            None => write!(f, "{}", self.0),
        }
    }
}

/// A time of day, or a stretch of it that may pass midnight (`22:00-02:00`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// First minute.
    pub from: Time,
    /// First minute after it.
    pub to: Time,
}

impl Window {
    /// Is this time of day in it?
    #[must_use]
    pub fn holds(&self, time: Time) -> bool {
        if self.from < self.to {
            (self.from..self.to).contains(&time)
        } else {
            time >= self.from || time < self.to
        }
    }
}

impl FromStr for Window {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no window; write it like \"02:00-06:00\"");
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        let (from, to) = (clock(from).ok_or_else(wrong)?, clock(to).ok_or_else(wrong)?);
        if from == to {
            return Err(format!("`{text}` is empty: it ends when it begins"));
        }
        Ok(Self { from, to })
    }
}

impl fmt::Display for Window {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", ClockTime(self.from), ClockTime(self.to))
    }
}

/// A time of day, `HH:MM`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockTime(pub Time);

impl FromStr for ClockTime {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("`{text}` is no time of day; write it like \"07:00\"");
        clock(text).map(Self).ok_or_else(wrong)
    }
}

impl fmt::Display for ClockTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:02}:{:02}", self.0.hour(), self.0.minute())
    }
}

fn clock(text: &str) -> Option<Time> {
    let (hour, minute) = text.trim().split_once(':')?;
    let two_digits = |s: &str| s.len() == 2 && s.bytes().all(|b| b.is_ascii_digit());
    if !two_digits(hour) || !two_digits(minute) {
        return None;
    }
    Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()
}

/// A time zone with its name in the IANA database.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Zone(pub TimeZone);

impl FromStr for Zone {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let hint = "write one like \"America/Sao_Paulo\" or \"UTC\"";
        TimeZone::get(text)
            .map(Self)
            .map_err(|_| format!("`{text}` is not in the time zone database; {hint}"))
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.iana_name().unwrap_or("UTC"))
    }
}

/// Scheme and host of a system, with its port where one is given; the adapter adds the path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Address {
    /// `http://` or `https://`, host and port, without a final `/`.
    text: String,
    host: String,
    https: bool,
}

impl Address {
    /// `https://isp.example`, without a final `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Does the scheme encrypt?
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.https
    }

    /// Does it name this machine?
    #[must_use]
    pub fn is_loopback(&self) -> bool {
        let host = self.host.trim_start_matches('[').trim_end_matches(']');
        host.eq_ignore_ascii_case("localhost")
            || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
    }
}

impl FromStr for Address {
    type Err = String;

    // The value is not echoed where it may carry a password.
    fn from_str(text: &str) -> Result<Self, String> {
        super::edges::check(text)?;
        let example = "write scheme and host only, like \"https://isp.example\"";
        let uri: http::Uri = text.parse().map_err(|_| format!("no valid url; {example}"))?;
        let https = match uri.scheme_str() {
            Some("https") => true,
            Some("http") => false,
            _ => return Err(format!("a url begins with https:// or http://; {example}")),
        };
        let authority = uri.authority().ok_or_else(|| format!("no host; {example}"))?;
        if authority.as_str().contains('@') {
            let keys = "client_id and client_secret_file, or username and password_file";
            return Err(format!("a url must not carry a user or password; use {keys}"));
        }
        if uri.path_and_query().is_some_and(|p| p.as_str() != "/") || text.contains('#') {
            return Err(format!("the adapter adds its own path; {example}"));
        }
        let scheme = if https { "https" } else { "http" };
        let host = authority.host().to_owned();
        Ok(Self { text: format!("{scheme}://{authority}"), host, https })
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// Reads a value from its text; the error keeps our words.
macro_rules! from_text {
    ($($name:ident),*) => {$(
        impl<'de> Deserialize<'de> for $name {
            fn deserialize<D: Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
                String::deserialize(d)?.parse().map_err(D::Error::custom)
            }
        }
    )*};
}
from_text!(Period, Window, ClockTime, Zone, Address, Size);

/// A closed choice, written as one of a few words.
macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
        pub enum $name { $($(#[$doc])* #[serde(rename = $word)] $variant,)* }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(match self { $(Self::$variant => $word,)* })
            }
        }
    };
}
pub(crate) use choice;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_durations() {
        for (text, shown) in [
            ("5s", "5s"),
            ("120s", "2m"),
            ("2h", "2h"),
            ("7d", "7d"),
            ("1h30m", "90m"),
            ("0s", "0s"),
            ("400d", "400d"),
        ] {
            assert_eq!(text.parse::<Period>().unwrap().to_string(), shown, "{text}");
        }
        for text in ["5", "-5s", "soon", "", "1y"] {
            assert!(text.parse::<Period>().is_err(), "{text}");
        }
    }

    #[test]
    fn reads_sizes() {
        for (text, shown) in [("10MB", "10MB"), ("1500kB", "1500kB"), ("1000 kB", "1MB")] {
            assert_eq!(text.parse::<Size>().unwrap().to_string(), shown, "{text}");
        }
        for text in ["10", "99kB", "2GB", "-1MB", "10 mb", "", "18446744073709551615GB"] {
            assert!(text.parse::<Size>().is_err(), "{text}");
        }
    }

    #[test]
    fn reads_windows() {
        assert_eq!("02:00-06:00".parse::<Window>().unwrap().to_string(), "02:00-06:00");
        assert_eq!("22:30-02:00".parse::<Window>().unwrap().to_string(), "22:30-02:00");
        for text in ["2-6", "02:00", "02:00-02:00", "02:00-24:01", "02:60-03:00"] {
            assert!(text.parse::<Window>().is_err(), "{text}");
        }
    }

    #[test]
    fn reads_addresses() {
        for (text, shown, loopback) in [
            ("https://isp.example", "https://isp.example", false),
            ("https://isp.example/", "https://isp.example", false),
            ("http://127.0.0.1:7557", "http://127.0.0.1:7557", true),
            ("http://localhost:80/", "http://localhost:80", true),
            ("http://[::1]:8080", "http://[::1]:8080", true),
            ("http://127.evil.example", "http://127.evil.example", false),
        ] {
            let address: Address = text.parse().unwrap();
            assert_eq!((address.as_str(), address.is_loopback()), (shown, loopback));
        }
        for text in [
            "isp.example",
            "ftp://isp.example",
            "https://isp.example/webservice/v1",
            "https://isp.example?x=1",
            " https://isp.example",
            "https://isp.example\t",
            "https://isp.example#x",
            "https://",
        ] {
            assert!(text.parse::<Address>().is_err(), "{text}");
        }
    }

    #[test]
    fn a_password_in_a_url_is_refused_and_not_repeated() {
        let error = "https://admin:hunter2@isp.example".parse::<Address>().unwrap_err();
        assert!(!error.contains("hunter2"), "{error}");
        let error = "https://admin:hunter 2@isp.example".parse::<Address>().unwrap_err();
        assert!(!error.contains("hunter"), "{error}");
    }

    #[test]
    fn knows_zones() {
        assert!("America/Sao_Paulo".parse::<Zone>().is_ok());
        assert!("Brasil".parse::<Zone>().unwrap_err().contains("America/Sao_Paulo"));
    }
}
