//! Values as IXC Provedor writes them: everything text, `0` for no id, zero dates, speeds with
//! a unit.
//!
//! Must not do: put a value into a message unescaped.

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

use crate::domain::{Problem, Untrusted};

/// The most problems that are listed; all are counted.
const LISTED_MAX: usize = 100;

/// Values that could not be read as meant.
#[derive(Debug, Default)]
pub(super) struct Unparsed {
    pub(super) listed: Vec<Problem>,
    pub(super) count: u64,
    /// Speeds without a unit, taken as kbit/s.
    pub(super) without_unit: u64,
}

impl Unparsed {
    fn add(&mut self, place: impl FnOnce() -> String, what: &str, value: &Untrusted) {
        self.count += 1;
        if self.listed.len() < LISTED_MAX {
            let value = Some(value.clone());
            self.listed.push(Problem { place: place(), what: what.to_owned(), value });
        }
    }

    /// Takes what else could not be read.
    pub(super) fn append(&mut self, after: Self) {
        self.count += after.count;
        self.without_unit += after.without_unit;
        let room = LISTED_MAX.saturating_sub(self.listed.len());
        self.listed.extend(after.listed.into_iter().take(room));
    }

    /// A time without a zone; `None` for no time, too.
    pub(super) fn time(
        &mut self,
        place: impl FnOnce() -> String,
        value: Option<&Untrusted>,
        zone: &TimeZone,
    ) -> Option<Timestamp> {
        let value = value?;
        if value.raw().starts_with("0000-00-00") {
            return None;
        }
        let read: Option<DateTime> = value.raw().parse().ok();
        let time = read.and_then(|t| zone.to_ambiguous_timestamp(t).compatible().ok());
        if time.is_none() {
            self.add(place, "no time", value);
        }
        time
    }

    /// A speed in kbit/s: `850M`, `1G`, `512k`; without a unit it is kbit/s already.
    pub(super) fn speed(
        &mut self,
        place: impl FnOnce() -> String,
        value: Option<&Untrusted>,
    ) -> Option<u32> {
        let value = value?;
        let text = value.raw().trim();
        let (digits, factor) = match text.chars().last() {
            Some('k' | 'K') => (&text[..text.len() - 1], Some(1.0)),
            Some('m' | 'M') => (&text[..text.len() - 1], Some(1e3)),
            Some('g' | 'G') => (&text[..text.len() - 1], Some(1e6)),
            _ => (text, None),
        };
        let number: Option<f64> = digits.trim().replace(',', ".").parse().ok();
        let speed = number.map(|n| (n * factor.unwrap_or(1.0)).round());
        match speed.filter(|s| (0.0..=f64::from(u32::MAX)).contains(s)) {
            Some(0.0) => None,
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // checked above
            Some(speed) => {
                self.without_unit += u64::from(factor.is_none());
                Some(speed as u32)
            }
            None => {
                self.add(place, "no speed", value);
                None
            }
        }
    }
}

/// `S`, `N`, and `SS` for a login that is online.
pub(super) fn yes_no(value: Option<&Untrusted>) -> Option<bool> {
    match value?.raw() {
        "S" | "SS" | "s" => Some(true),
        "N" | "n" => Some(false),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_speeds_times_and_yes_no() {
        let mut unparsed = Unparsed::default();
        for (text, kbps) in [
            ("850M", Some(850_000)),
            ("1G", Some(1_000_000)),
            ("512k", Some(512)),
            ("1,5M", Some(1_500)),
            ("2048", Some(2_048)),
            ("0", None),
            ("4G", Some(4_000_000)),
            ("4294967295", Some(u32::MAX)),
            ("4294967296", None),
            ("fast", None),
            ("-5M", None),
            ("é", None),
        ] {
            assert_eq!(unparsed.speed(|| "x".into(), Some(&Untrusted::new(text))), kbps, "{text}");
        }
        assert_eq!((unparsed.count, unparsed.without_unit), (4, 2));
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        let mut time =
            |text: &str| unparsed.time(|| "x".into(), Some(&Untrusted::new(text)), &zone);
        let noon: Timestamp = "2026-11-20T15:00:00Z".parse().unwrap();
        assert_eq!(time("2026-11-20 12:00:00"), Some(noon));
        assert_eq!((time("0000-00-00 00:00:00"), time("soon")), (None, None));
        assert_eq!(unparsed.count, 5);
        for (text, flag) in [("S", Some(true)), ("SS", Some(true)), ("N", Some(false)), ("?", None)]
        {
            assert_eq!(yes_no(Some(&Untrusted::new(text))), flag);
        }
    }
}
