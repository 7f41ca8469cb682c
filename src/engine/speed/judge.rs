//! Does what a device tells of a speed test count? The rules and traps of TR-143 (IXC.md
//! section 5).
//!
//! Must not do: round in the customer's favour or against them, or take an old result for a new
//! one. What does not count is said with its reason, never dropped in silence.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::domain::{Diagnostics, Direction, Measure, Untrusted};

/// What a result must be of, to count.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The address that was tested; `None`: any.
    pub url: Option<String>,
    /// Bytes of the file; `None`: any.
    pub bytes: Option<u64>,
    /// `EOMTime` before the test began: only a newer one is of this test.
    pub eom_before: Option<Timestamp>,
    /// When the ACS took the order, by its clock: what it read earlier is of before.
    pub asked: Option<Timestamp>,
}

/// What a device's word is worth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Judged {
    /// Nothing yet: the test waits, or goes on, or only its past is shown.
    Waiting,
    /// The test ended without a result that counts.
    Refused(Refusal),
    /// It counts.
    Counts(Measure),
}

/// Why a result does not count.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The device gave up, in TR-143's word (`Error_InitConnectionFailed`).
    Device(Untrusted),
    /// Another address was tested than ours.
    OtherUrl,
    /// The beginning or the end is not told, or is of a clock that was never set.
    NoTime,
    /// It ended before it began, or at once.
    NoDuration,
    /// No bytes are told.
    NoBytes,
    /// Fewer or more bytes than the file has: what was told, and what it has.
    Bytes(u64, u64),
}

impl Refusal {
    /// Its name in JSON and in the store.
    #[must_use]
    pub fn code(&self) -> String {
        match self {
            Self::Device(word) => {
                // TR-143's words have no digits; a number may be a person's.
                let known = |c: &char| c.is_ascii_alphabetic() || *c == '_';
                let word: String = word.raw().chars().filter(known).take(64).collect();
                format!("device:{word}")
            }
            Self::OtherUrl => "other-url".to_owned(),
            Self::NoTime => "no-time".to_owned(),
            Self::NoDuration => "no-duration".to_owned(),
            Self::NoBytes => "no-bytes".to_owned(),
            Self::Bytes(told, file) => format!("bytes:{told}:{file}"),
        }
    }

    /// The refusal of a name.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        let (name, rest) = code.split_once(':').unwrap_or((code, ""));
        Some(match name {
            "device" => Self::Device(Untrusted::new(rest)),
            "other-url" => Self::OtherUrl,
            "no-time" => Self::NoTime,
            "no-duration" => Self::NoDuration,
            "no-bytes" => Self::NoBytes,
            "bytes" => {
                let (told, file) = rest.split_once(':')?;
                Self::Bytes(told.parse().ok()?, file.parse().ok()?)
            }
            _ => return None,
        })
    }
}

/// Bytes may be off by so many per cent of the file: headers, a retransmission.
const BYTES_OFF: u64 = 5;

/// A full load of less than a second or more than a minute is of another unit.
const FULL_PERIOD: std::ops::RangeInclusive<u64> = 1_000_000..=60_000_000;

/// Judges what the ACS shows of one direction.
#[must_use]
pub fn judge(way: Direction, told: &Diagnostics, wanted: &Wanted) -> Judged {
    let Some(state) = &told.state else { return Judged::Waiting };
    // What the ACS read before it took the order is the test before.
    if told.read.zip(wanted.asked).is_some_and(|(read, asked)| read < asked) {
        return Judged::Waiting;
    }
    match state.raw().trim() {
        "Complete" | "Completed" => {}
        text if text.starts_with("Error") => {
            return Judged::Refused(Refusal::Device(Untrusted::new(text)));
        }
        _ => return Judged::Waiting,
    }
    if told.eom.zip(wanted.eom_before).is_some_and(|(eom, before)| eom <= before) {
        return Judged::Waiting;
    }
    match counted(way, told, wanted) {
        Ok(measure) => Judged::Counts(measure),
        Err(refusal) => Judged::Refused(refusal),
    }
}

fn counted(way: Direction, told: &Diagnostics, wanted: &Wanted) -> Result<Measure, Refusal> {
    if let Some(url) = &wanted.url
        && told.url.as_ref().is_none_or(|told| told.raw().trim() != url)
    {
        return Err(Refusal::OtherUrl);
    }
    // A clock that was never set tells a time of the year 1 (TR-106).
    let is_set = |at: &Timestamp| TimeZone::UTC.to_datetime(*at).year() > 1;
    let (bom, eom) = told.bom.filter(is_set).zip(told.eom.filter(is_set)).ok_or(Refusal::NoTime)?;
    let micros = u64::try_from(eom.duration_since(bom).as_micros()).unwrap_or(0);
    if micros == 0 {
        return Err(Refusal::NoDuration);
    }
    let length = told.file_length.filter(|_| way == Direction::Up);
    let bytes = told.test_bytes.or(length).filter(|bytes| *bytes > 0).ok_or(Refusal::NoBytes)?;
    if let Some(file) = wanted.bytes
        && bytes.abs_diff(file).saturating_mul(100) > file.saturating_mul(BYTES_OFF)
    {
        return Err(Refusal::Bytes(bytes, file));
    }
    let kbps = told.kbps.or_else(|| full_load(told, bytes)).unwrap_or_else(|| rate(bytes, micros));
    let other_bytes = told.total_bytes.and_then(|total| total.checked_sub(bytes));
    Ok(Measure { kbps, bytes: Some(bytes), other_bytes, ended: eom })
}

/// The rate while the line was full, where the device tells it in microseconds.
fn full_load(told: &Diagnostics, bytes: u64) -> Option<u64> {
    let period = told.full_period.filter(|period| FULL_PERIOD.contains(period))?;
    let full = told.full_bytes.filter(|full| *full > 0 && *full <= bytes)?;
    Some(rate(full, period))
}

/// kbit/s of bytes in microseconds.
fn rate(bytes: u64, micros: u64) -> u64 {
    let kbps = u128::from(bytes) * 8_000 / u128::from(micros.max(1));
    u64::try_from(kbps).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const URL: &str = "http://test.isp.example/100M.bin";
    const FILE: u64 = 100_000_000;

    fn at(millis: i64) -> Timestamp {
        Timestamp::from_millisecond(1_795_000_000_000 + millis).unwrap()
    }

    fn text(raw: &str) -> Untrusted {
        Untrusted::new(raw)
    }

    /// A download of the file in 2 s: 400 Mbit/s.
    fn told() -> Diagnostics {
        Diagnostics {
            state: Some(text("Completed")),
            url: Some(text(URL)),
            bom: Some(at(0)),
            eom: Some(at(2000)),
            test_bytes: Some(FILE),
            read: Some(at(9000)),
            ..Diagnostics::default()
        }
    }

    fn wanted() -> Wanted {
        Wanted {
            url: Some(URL.to_owned()),
            bytes: Some(FILE),
            eom_before: Some(at(-60_000)),
            asked: Some(at(-1000)),
        }
    }

    fn word(judged: &Judged) -> String {
        match judged {
            Judged::Waiting => "waiting".to_owned(),
            Judged::Refused(refusal) => format!("{refusal:?}"),
            Judged::Counts(measure) => measure.kbps.to_string(),
        }
    }

    type Change = fn(&mut Diagnostics);

    #[test]
    fn only_a_whole_new_result_of_our_own_test_counts() {
        let cases: &[(&str, Change, &str)] = &[
            ("as it should be", |_| {}, "400000"),
            ("the other spelling, with spaces", |d| d.state = Some(text("  Complete ")), "400000"),
            ("asked for", |d| d.state = Some(text("Requested")), "waiting"),
            ("never asked for", |d| d.state = Some(text("None")), "waiting"),
            ("no state", |d| d.state = None, "waiting"),
            ("a state of a later standard", |d| d.state = Some(text("Canceled")), "waiting"),
            (
                "the file is not there",
                |d| d.state = Some(text("Error_InitConnectionFailed")),
                "Device(\"Error_InitConnectionFailed\")",
            ),
            (
                "an error of TR-181",
                |d| d.state = Some(text(" Error_NoResponse\n")),
                "Device(\"Error_NoResponse\")",
            ),
            ("an end of before", |d| d.eom = Some(at(-60_000)), "waiting"),
            ("an end of long before", |d| d.eom = Some(at(-90_000)), "waiting"),
            ("read before it was asked for", |d| d.read = Some(at(-2000)), "waiting"),
            ("not told when it was read", |d| d.read = None, "400000"),
            ("another address", |d| d.url = Some(text("http://other.example/f")), "OtherUrl"),
            ("no address", |d| d.url = None, "OtherUrl"),
            ("no beginning", |d| d.bom = None, "NoTime"),
            ("no end", |d| d.eom = None, "NoTime"),
            (
                "a clock that was never set",
                |d| d.bom = "0001-01-01T00:00:00Z".parse().ok(),
                "NoTime",
            ),
            ("an end before the beginning", |d| d.bom = Some(at(3000)), "NoDuration"),
            ("no time at all", |d| d.bom = d.eom, "NoDuration"),
            ("no bytes", |d| d.test_bytes = None, "NoBytes"),
            ("zero bytes", |d| d.test_bytes = Some(0), "NoBytes"),
            ("95 %", |d| d.test_bytes = Some(95_000_000), "380000"),
            ("less than 95 %", |d| d.test_bytes = Some(94_999_999), "Bytes(94999999, 100000000)"),
            ("105 %", |d| d.test_bytes = Some(105_000_000), "420000"),
            (
                "more than 105 %",
                |d| d.test_bytes = Some(105_000_001),
                "Bytes(105000001, 100000000)",
            ),
            (
                "a file length is of uploads",
                |d| {
                    d.test_bytes = None;
                    d.file_length = Some(FILE);
                },
                "NoBytes",
            ),
        ];
        for (what, change, judged) in cases {
            let mut told = told();
            change(&mut told);
            assert_eq!(word(&judge(Direction::Down, &told, &wanted())), *judged, "{what}");
        }
    }

    #[test]
    fn a_full_load_counts_where_its_period_can_be_microseconds() {
        for (bytes, period, kbps) in [
            (Some(60_000_000), Some(1_000_000), 480_000),
            (Some(60_000_000), Some(60_000_000), 8_000),
            // Milliseconds, seconds, and what nobody measures.
            (Some(60_000_000), Some(1_000), 400_000),
            (Some(60_000_000), Some(2), 400_000),
            (Some(60_000_000), Some(999_999), 400_000),
            (Some(60_000_000), Some(60_000_001), 400_000),
            (Some(60_000_000), None, 400_000),
            (None, Some(1_000_000), 400_000),
            (Some(0), Some(1_000_000), 400_000),
            // More than the whole test had.
            (Some(FILE + 1), Some(1_000_000), 400_000),
        ] {
            let told = Diagnostics { full_bytes: bytes, full_period: period, ..told() };
            let judged = judge(Direction::Down, &told, &wanted());
            assert_eq!(word(&judged), kbps.to_string(), "{bytes:?} {period:?}");
        }
    }

    #[test]
    fn an_upload_may_tell_its_length_only_and_other_traffic_is_what_was_more() {
        let told = Diagnostics { test_bytes: None, file_length: Some(FILE), ..told() };
        let Judged::Counts(up) = judge(Direction::Up, &told, &wanted()) else { panic!("{told:?}") };
        assert_eq!((up.kbps, up.bytes, up.other_bytes), (400_000, Some(FILE), None));
        for (total, other) in [(FILE + 7, Some(7)), (FILE, Some(0)), (FILE - 1, None)] {
            let told = Diagnostics { total_bytes: Some(total), ..told.clone() };
            let Judged::Counts(up) = judge(Direction::Up, &told, &wanted()) else { panic!() };
            assert_eq!(up.other_bytes, other, "{total}");
        }
    }

    #[test]
    fn a_result_that_nobody_here_asked_for_needs_no_address_and_the_acs_may_know_the_rate() {
        let any = Wanted::default();
        let told = Diagnostics { url: None, test_bytes: Some(1), ..told() };
        assert!(matches!(judge(Direction::Down, &told, &any), Judged::Counts(_)));
        let told = Diagnostics { kbps: Some(512), ..told };
        assert_eq!(word(&judge(Direction::Down, &told, &any)), "512");
    }

    #[test]
    fn a_refusal_has_a_name_that_is_read_back() {
        for refusal in [
            Refusal::Device(Untrusted::new("Error_NoResponse")),
            Refusal::OtherUrl,
            Refusal::NoTime,
            Refusal::NoDuration,
            Refusal::NoBytes,
            Refusal::Bytes(7, u64::MAX),
        ] {
            assert_eq!(Refusal::from_code(&refusal.code()), Some(refusal));
        }
        let hostile = Refusal::Device(Untrusted::new("Error_\x1b[31m ana@isp"));
        assert_eq!(hostile.code(), "device:Error_manaisp");
        assert_eq!(Refusal::from_code("bytes:x:1"), None);
    }

    #[test]
    fn no_figure_is_too_large() {
        let told = Diagnostics {
            test_bytes: Some(u64::MAX),
            bom: Some(at(0)),
            eom: Some(Timestamp::MAX),
            ..told()
        };
        assert!(matches!(judge(Direction::Down, &told, &Wanted::default()), Judged::Counts(_)));
        assert_eq!(rate(u64::MAX, 1), u64::MAX);
    }
}
