//! How a report speaks: its language, its time zone, its numbers.
//!
//! Must not do: ask the environment; a face passes both in.

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A language of the program.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lang {
    /// English.
    #[default]
    En,
    /// Brazilian Portuguese.
    PtBr,
}

impl Lang {
    /// Reads `en` or `pt-BR`, as flags and configuration write them.
    ///
    /// # Errors
    /// For any other text, with the two names.
    pub fn parse(text: &str) -> Result<Self, String> {
        text.parse()
    }

    /// The other one.
    #[must_use]
    pub fn other(self) -> Self {
        match self {
            Self::En => Self::PtBr,
            Self::PtBr => Self::En,
        }
    }

    /// The name that flags and configuration use.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::PtBr => "pt-BR",
        }
    }

    /// The language of a locale name such as `pt_BR.UTF-8`; English where it is another.
    #[must_use]
    pub fn from_locale(locale: &str) -> Self {
        let is_pt = locale.get(..2).is_some_and(|two| two.eq_ignore_ascii_case("pt"));
        if is_pt { Self::PtBr } else { Self::En }
    }
}

impl std::str::FromStr for Lang {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim().to_ascii_lowercase().replace('_', "-").as_str() {
            "en" => Ok(Self::En),
            "pt-br" | "pt" => Ok(Self::PtBr),
            _ => Err("the languages are `en` and `pt-BR`".to_owned()),
        }
    }
}

/// A language with a time zone: what every sentence is made with.
#[derive(Clone, Debug, Default)]
pub struct Voice {
    /// The language.
    pub lang: Lang,
    /// The zone in which times are shown; UTC where there is none.
    pub zone: Option<TimeZone>,
}

impl Voice {
    /// Speaks `lang`, with times in UTC.
    #[must_use]
    pub fn new(lang: Lang) -> Self {
        Self { lang, zone: None }
    }

    /// `2026-11-18 09:00 UTC`, or local time with its offset, `2026-11-18 06:00 -03:00`.
    #[must_use]
    pub fn time(&self, at: Timestamp) -> String {
        let Some(zone) = &self.zone else {
            let t = TimeZone::UTC.to_datetime(at);
            let (y, mo, d, h, mi) = (t.year(), t.month(), t.day(), t.hour(), t.minute());
            return format!("{y:04}-{mo:02}-{d:02} {h:02}:{mi:02} UTC");
        };
        at.to_zoned_datetime(zone.clone()).strftime("%Y-%m-%d %H:%M %:z").to_string()
    }

    /// As [`Voice::time`]; words where the time is not known.
    #[must_use]
    pub fn time_or_unknown(&self, at: Option<Timestamp>) -> String {
        at.map_or_else(
            || super::word!(self, en: "an unknown time", pt: "data desconhecida").to_owned(),
            |at| self.time(at),
        )
    }

    /// Grouped by thousands: `12,480`, `12.480`.
    #[must_use]
    pub fn number(&self, n: u64) -> String {
        let digits = n.to_string();
        let mut grouped = String::with_capacity(digits.len() + digits.len() / 3);
        for (i, digit) in digits.chars().enumerate() {
            if i > 0 && (digits.len() - i).is_multiple_of(3) {
                grouped.push(super::word!(self, en: ',', pt: '.'));
            }
            grouped.push(digit);
        }
        grouped
    }

    /// Grouped, always with its sign; 0 has none.
    #[must_use]
    pub fn signed(&self, n: i64) -> String {
        let sign = match n {
            0 => "",
            1.. => "+",
            _ => "-",
        };
        format!("{sign}{}", self.number(n.unsigned_abs()))
    }

    /// A decimal number with the language's separator.
    #[must_use]
    pub fn decimal(&self, x: f64, places: usize) -> String {
        let text = format!("{x:.places$}");
        match self.lang {
            Lang::En => text,
            Lang::PtBr => text.replace('.', ","),
        }
    }

    /// The plural rule: in English 1 is one, in Portuguese 0 is too.
    #[must_use]
    pub fn is_one(&self, n: u64) -> bool {
        match self.lang {
            Lang::En => n == 1,
            Lang::PtBr => n <= 1,
        }
    }

    /// How long from `since` to `now`: `40 min`, `9 h`, `3 days`; `0 min` for the future.
    #[must_use]
    pub fn age(&self, since: Timestamp, now: Timestamp) -> String {
        let minutes = u64::try_from(now.duration_since(since).as_secs() / 60).unwrap_or(0);
        match minutes {
            0..120 => format!("{minutes} min"),
            120..2880 => format!("{} h", minutes / 60),
            _ => {
                let days = minutes / 1440;
                let shown = self.number(days);
                super::plural!(self, days, en: ["{shown} day", "{shown} days"],
                    pt: ["{shown} dia", "{shown} dias"])
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn writes_numbers_and_times_as_each_language_does() {
        let (en, pt) = (Voice::new(Lang::En), Voice::new(Lang::PtBr));
        assert_eq!(en.number(1_234_567), "1,234,567");
        assert_eq!(pt.number(12_480), "12.480");
        assert_eq!(en.number(999), "999");
        assert_eq!(en.signed(-1394), "-1,394");
        assert_eq!(pt.signed(6), "+6");
        assert_eq!(en.signed(0), "0");
        assert_eq!(pt.decimal(0.914, 2), "0,91");
        assert!(pt.is_one(0) && pt.is_one(1) && !en.is_one(0) && en.is_one(1));
        let at: Timestamp = "2026-11-18T09:00:41Z".parse().unwrap();
        assert_eq!(en.time(at), "2026-11-18 09:00 UTC");
        let zone = TimeZone::get("America/Sao_Paulo").ok();
        assert_eq!(Voice { lang: Lang::En, zone }.time(at), "2026-11-18 06:00 -03:00");
    }

    #[test]
    fn tells_ages_and_reads_names() {
        let en = Voice::new(Lang::En);
        let at = |s: &str| s.parse::<Timestamp>().unwrap();
        let now = at("2026-11-20T12:00:00Z");
        assert_eq!(en.age(at("2026-11-20T11:20:00Z"), now), "40 min");
        assert_eq!(en.age(at("2026-11-20T03:00:00Z"), now), "9 h");
        assert_eq!(en.age(at("2026-11-11T06:00:00Z"), now), "9 days");
        assert_eq!(en.age(at("2026-11-21T06:00:00Z"), now), "0 min");
        assert_eq!(Lang::parse("pt_BR"), Ok(Lang::PtBr));
        assert!(Lang::parse("fr").is_err());
        assert_eq!(Lang::from_locale("pt_BR.UTF-8"), Lang::PtBr);
        assert_eq!(Lang::from_locale("C"), Lang::En);
    }
}
