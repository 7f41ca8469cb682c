//! The settings of `[causes]`, as the engine needs them.
//!
//! Must not do: read a file; `config` fills this.

use jiff::SignedDuration;

use crate::domain::PppoeLogin;
use crate::domain::identity::fold;
use crate::engine::finding::Field;

/// What the causes are told about an ISP.
#[derive(Clone, Debug)]
pub struct Rules {
    /// How long a deletion's webhook may take.
    pub webhook_grace: SignedDuration,
    /// How long a new device may take until it first calls home.
    pub first_contact_grace: SignedDuration,
    /// The mass exclusion's criterion, days without contact, where known.
    pub mass_exclusion_days: Option<u32>,
    /// Which fields of a matched pair are compared.
    pub drift: Vec<Field>,
    /// Serials and MACs that identify nobody.
    pub placeholders: Placeholders,
    /// Logins that identify nobody.
    pub ignore_logins: GenericLogins,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            webhook_grace: SignedDuration::from_hours(2),
            first_contact_grace: SignedDuration::from_hours(7 * 24),
            mass_exclusion_days: None,
            drift: vec![Field::Login, Field::Mac, Field::Serial, Field::Model],
            placeholders: DEFAULT_PLACEHOLDERS
                .iter()
                .filter_map(|p| Placeholder::parse(p))
                .collect(),
            ignore_logins: DEFAULT_IGNORE_LOGINS
                .iter()
                .filter_map(|l| PppoeLogin::new(l))
                .collect(),
        }
    }
}

/// `[causes] placeholder_serials` as shipped: junk that boxes and people put where a serial
/// belongs.
pub const DEFAULT_PLACEHOLDERS: [&str; 19] = [
    "0…0",
    "F…F",
    "9…9",
    "X…X",
    "1…1",
    "A…A",
    "001122334455",
    "112233445566",
    "AABBCCDDEEFF",
    "123456789…",
    "0123456789…",
    "NONE",
    "NULL",
    "UNKNOWN",
    "DEFAULT",
    "SERIALNUMBER",
    "SEMSERIAL",
    "N/A",
    "S/N",
];

/// `[causes] ignore_logins` as shipped.
pub const DEFAULT_IGNORE_LOGINS: [&str; 6] =
    ["teste", "test", "preset@preset", "preset", "admin", "pppoe"];

/// A pattern over folded values: `0…0` one character repeated, `123456789…` a beginning, else
/// exact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Placeholder {
    /// One character, at least four times.
    Repeated(char),
    /// A beginning.
    Prefix(String),
    /// The whole value.
    Exact(String),
}

/// Patterns of values that identify nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Placeholders(ByFirst<Placeholder>);

/// Logins that identify nobody.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GenericLogins(ByFirst<PppoeLogin>);

/// What each value of a list is held against, by its first byte: a value is compared with what
/// begins as it does, mostly with nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ByFirst<T> {
    /// Sorted by first byte.
    all: Vec<T>,
    /// How many begin with each byte or one before it.
    until: [usize; 256],
}

impl<T> ByFirst<T> {
    /// What has no first byte is like nothing, and is left out.
    fn of(all: impl Iterator<Item = T>, first: impl Fn(&T) -> Option<u8>) -> Self {
        let mut all: Vec<T> = all.filter(|one| first(one).is_some()).collect();
        all.sort_by_key(&first);
        let mut until = [0; 256];
        for (byte, until) in (0..=u8::MAX).zip(&mut until) {
            *until = all.partition_point(|one| first(one) <= Some(byte));
        }
        Self { all, until }
    }

    /// Those that begin as `text` does.
    fn like(&self, text: &str) -> &[T] {
        let Some(first) = text.bytes().next().map(usize::from) else { return &[] };
        let from = first.checked_sub(1).map_or(0, |before| self.until[before]);
        &self.all[from..self.until[first]]
    }
}

impl GenericLogins {
    /// Is it the same as any?
    #[must_use]
    pub fn hold(&self, login: &PppoeLogin) -> bool {
        // Of two logins that are the same, one begins the other.
        self.0.like(login.as_str()).iter().any(|generic| generic.same(login))
    }
}

impl FromIterator<PppoeLogin> for GenericLogins {
    fn from_iter<I: IntoIterator<Item = PppoeLogin>>(logins: I) -> Self {
        Self(ByFirst::of(logins.into_iter(), |login| login.as_str().bytes().next()))
    }
}

impl Placeholders {
    /// Does a folded value match any?
    #[must_use]
    pub fn matches(&self, folded: &str) -> bool {
        self.0.like(folded).iter().any(|pattern| pattern.matches(folded))
    }
}

impl FromIterator<Placeholder> for Placeholders {
    fn from_iter<I: IntoIterator<Item = Placeholder>>(patterns: I) -> Self {
        Self(ByFirst::of(patterns.into_iter(), Placeholder::first))
    }
}

/// A repeated character shorter than this is a short serial, not junk.
const REPEATED_MIN: usize = 4;

impl Placeholder {
    /// Reads a pattern; `...` and `*` stand for `…` too. `None` where it would match everything.
    #[must_use]
    pub fn parse(pattern: &str) -> Option<Self> {
        let pattern = pattern.replace("...", "…").replace('*', "…");
        match pattern.split_once('…') {
            None => Some(fold(&pattern)).filter(|p| !p.is_empty()).map(|p| Self::Exact(p.into())),
            Some((head, tail)) => {
                let (head, tail) = (fold(head), fold(tail));
                let mut chars = head.chars();
                match (chars.next(), chars.next()) {
                    (Some(c), None) if head == tail => Some(Self::Repeated(c)),
                    (Some(_), _) if tail.is_empty() => Some(Self::Prefix(head.into())),
                    _ => None,
                }
            }
        }
    }

    /// What every value that matches begins with.
    fn first(&self) -> Option<u8> {
        match self {
            Self::Repeated(c) => c.encode_utf8(&mut [0; 4]).bytes().next(),
            Self::Prefix(text) | Self::Exact(text) => text.bytes().next(),
        }
    }

    /// Does a folded value match?
    #[must_use]
    pub fn matches(&self, folded: &str) -> bool {
        match self {
            Self::Repeated(c) => folded.len() >= REPEATED_MIN && folded.chars().all(|f| f == *c),
            Self::Prefix(p) => folded.starts_with(p.as_str()),
            Self::Exact(p) => folded == p,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_generic_logins_with_and_without_realm() {
        let rules = Rules::default();
        let generic = |login: &str| rules.ignore_logins.hold(&PppoeLogin::new(login).unwrap());
        for login in ["teste", "TEST", "admin@isp.example", "preset", "preset@preset", "pppoe@x"] {
            assert!(generic(login), "{login}");
        }
        for login in ["testes", "preset2", "padmin", "t", "cliente1@admin", "ána"] {
            assert!(!generic(login), "{login}");
        }
    }

    #[test]
    fn knows_junk() {
        let rules = Rules::default();
        let junk = |s: &str| rules.placeholders.matches(&fold(s));
        for s in [
            "00:00:00:00:00:00",
            "0000000000000000",
            "ffffffffffff",
            "999999",
            "00-11-22-33-44-55",
            "1234567890AB",
        ] {
            assert!(junk(s), "{s}");
        }
        for s in ["000", "HWTC00000000", "FHTT11110001", "00:25:9E:00:00:10", "12345678"] {
            assert!(!junk(s), "{s}");
        }
        assert_eq!(Placeholder::parse("…"), None);
    }
}
