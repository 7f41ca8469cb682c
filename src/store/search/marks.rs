//! Marks: short hashes by which a line of the index is found whole.
//!
//! Must not do: hash a document or a phone; those are sealed with a key.

use crate::domain::identity::{Shape, classify};
use crate::domain::{MatchedOn, PppoeLogin, Query};

/// Bits of a mark; the rest of its 64 says whose line it is.
pub(in crate::store) const MARK_BITS: u32 = 40;

/// Bits of the number of a line in its piece.
const LINE_BITS: u32 = 64 - MARK_BITS;

/// A hash. Over all marks of a million devices two are alike by chance once in 100,000 queries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(in crate::store) struct Mark(pub u64);

/// What a mark is of.
#[derive(Clone, Copy)]
enum Kind {
    Serial = 1,
    Mac = 2,
    Login = 3,
    Id = 4,
    Contract = 5,
}

impl Mark {
    /// FNV-1a: stable over versions and machines, and short values are spread well.
    fn of(kind: Kind, value: &[u8]) -> Self {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        let step = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(PRIME);
        let hash = value.iter().fold(step(OFFSET, &(kind as u8)), step);
        // The low bits of FNV mix worst: they are folded in.
        Self((hash ^ (hash << LINE_BITS)) >> LINE_BITS)
    }

    /// Of a serial or MAC field, whichever it holds.
    pub(super) fn hardware(raw: &str) -> impl Iterator<Item = Self> + use<> {
        Self::of_shape(&classify(raw))
    }

    /// The same, of what it was found to hold.
    pub(super) fn of_shape(shape: &Shape) -> impl Iterator<Item = Self> + use<> {
        let (serial, mac) = match shape {
            Shape::Blank => (None, None),
            Shape::Serial(serial) => (Some(serial), None),
            Shape::Mac(mac) => (None, Some(mac)),
            Shape::Either(serial, mac) => (Some(serial), Some(mac)),
        };
        let serial = serial.map(|s| Self::of(Kind::Serial, s.as_str().as_bytes()));
        serial.into_iter().chain(mac.map(|m| Self::of(Kind::Mac, &m.as_u64().to_be_bytes())))
    }

    /// Of a login, its realm left out: it is typed with and without.
    pub(super) fn login(raw: &str) -> Option<Self> {
        PppoeLogin::new(raw).map(|login| Self::of(Kind::Login, login.local().as_bytes()))
    }

    /// Of an id in either system.
    pub(super) fn id(raw: &str) -> Self {
        Self::of(Kind::Id, raw.trim().as_bytes())
    }

    /// Of a contract's id.
    pub(super) fn contract(raw: &str) -> Self {
        Self::of(Kind::Contract, raw.trim().as_bytes())
    }

    /// What a query may be, whole.
    pub(super) fn of_query(query: &Query) -> Vec<(Self, MatchedOn)> {
        let raw = query.raw();
        let mut all: Vec<_> = match classify(raw) {
            Shape::Mac(_) => Self::hardware(raw).map(|m| (m, MatchedOn::Mac)).collect(),
            _ => Self::hardware(raw).map(|m| (m, MatchedOn::Serial)).collect(),
        };
        all.extend(Self::login(raw).map(|m| (m, MatchedOn::Login)));
        all.push((Self::contract(raw), MatchedOn::Contract));
        all.push((Self::id(raw), MatchedOn::Id));
        all
    }

    /// With the number of its line, as it is stored.
    pub(super) fn at(self, line: u32) -> u64 {
        self.0 << LINE_BITS | u64::from(line) & ((1 << LINE_BITS) - 1)
    }

    /// Undoes [`Mark::at`].
    pub(super) fn placed(stored: u64) -> (Self, usize) {
        let line = stored & ((1 << LINE_BITS) - 1);
        (Self(stored >> LINE_BITS), usize::try_from(line).unwrap_or(usize::MAX))
    }
}

/// Marks looked for. Nearly every other one is told apart by one bit, without a comparison.
pub(super) struct Wanted<T> {
    bits: Vec<u64>,
    marks: std::collections::HashMap<u64, T>,
}

impl<T: Copy> Wanted<T> {
    const BITS: u64 = 1 << 16;

    pub(super) fn new(all: impl IntoIterator<Item = (Mark, T)>) -> Self {
        let mut wanted = Self { bits: vec![0; 1 << 10], marks: std::collections::HashMap::new() };
        for (mark, value) in all {
            let (word, bit) = Self::place(mark);
            wanted.bits[word] |= bit;
            wanted.marks.entry(mark.0).or_insert(value);
        }
        wanted
    }

    fn place(mark: Mark) -> (usize, u64) {
        let low = mark.0 % Self::BITS;
        (usize::try_from(low / 64).unwrap_or_default(), 1 << (low % 64))
    }

    pub(super) fn get(&self, mark: Mark) -> Option<T> {
        let (word, bit) = Self::place(mark);
        if self.bits[word] & bit == 0 {
            return None;
        }
        self.marks.get(&mark.0).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_keeps_its_line_and_kinds_differ() {
        let mark = Mark::id("42");
        assert_eq!(Mark::placed(mark.at(7_000)), (mark, 7_000));
        assert_ne!(Mark::id("42"), Mark::contract("42"));
        assert_eq!(Mark::login("Ana@isp"), Mark::login("ana"));
        let hex: Vec<_> = Mark::hardware("485754431234ABCD").collect();
        assert_eq!(hex, Mark::hardware("hwtc-1234abcd").collect::<Vec<_>>());
        assert_eq!(Mark::hardware("ACBCDE112233").count(), 2, "a serial or a MAC");
        assert_eq!(Mark::hardware(" : ").count(), 0);
        let wanted = Wanted::new([(mark, 1), (mark, 2)]);
        assert_eq!(wanted.get(mark), Some(1));
        assert_eq!(wanted.get(Mark::id("43")), None);
    }
}
