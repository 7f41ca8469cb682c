//! Looking through pieces: by marks for what is whole, by text for what is part of something.
//!
//! Must not do: decode an entry, or read a piece.

use std::collections::HashSet;

use memchr::memmem::{self, Finder};
use memchr::{memchr, memchr_iter, memrchr};

use crate::domain::search::LAST_DIGITS;
use crate::domain::{MatchedOn, Query};
use crate::store::search::links::Spot;
use crate::store::search::marks::{Mark, Wanted};
use crate::store::search::piece::{END, Field, Piece};
use crate::store::search::seal::Sealer;
use crate::store::series::Series;

/// More of one side are not ranked: nobody reads that many, and a model may be everybody's.
const RANKED_MAX: usize = 1_000;

/// How good a match is; lower is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Rank {
    /// All of a value.
    Whole,
    /// Where a value begins.
    Begins,
    /// Where a word of it begins.
    Word,
    /// Anywhere.
    Part,
}

/// An entry that matches.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hit {
    pub spot: Spot,
    pub rank: Rank,
    pub on: MatchedOn,
}

/// What was found of a side.
pub(super) struct Matches {
    pub hits: Vec<Hit>,
    /// May there be more than is ranked?
    pub more: bool,
}

impl Matches {
    /// With what another part of the side has.
    fn and(mut self, other: Self) -> Self {
        self.hits.extend(other.hits);
        self.more |= other.more;
        self
    }
}

/// Hits, as far as they are ranked: each place once.
#[derive(Default)]
struct Found {
    hits: Vec<Hit>,
    seen: HashSet<Spot>,
}

impl Found {
    fn add(&mut self, hit: Hit) {
        if !self.is_full() && self.seen.insert(hit.spot) {
            self.hits.push(hit);
        }
    }

    fn is_full(&self) -> bool {
        self.hits.len() >= RANKED_MAX
    }
}

/// What is looked for.
pub(super) struct Sought<'q> {
    /// What is whole: ids, serials, MACs, logins.
    marks: Wanted<MatchedOn>,
    /// People's numbers; `None` where the query can be none.
    seals: Option<Wanted<MatchedOn>>,
    /// What is part of something.
    texts: Vec<Phrase<'q>>,
}

impl<'q> Sought<'q> {
    pub(super) fn of(query: &'q Query, sealer: Option<&Sealer>) -> Self {
        let seals = sealer.map(|sealer| sealer.of_query(query)).unwrap_or_default();
        Self {
            marks: Wanted::new(Mark::of_query(query)),
            seals: (!seals.is_empty()).then(|| Wanted::new(seals)),
            texts: texts(query),
        }
    }
}

/// Looks through pieces of one side, one after the other.
struct Look<'s, 'q> {
    sought: &'s Sought<'q>,
    /// By marks, by seals, and by each text: of a place that is found twice the first counts.
    found: Vec<Found>,
}

impl<'s, 'q> Look<'s, 'q> {
    fn new(sought: &'s Sought<'q>) -> Self {
        let found = (0..2 + sought.texts.len()).map(|_| Found::default()).collect();
        Self { sought, found }
    }

    /// Looks through the next one; `part` is its number.
    fn at(&mut self, part: usize, piece: &Piece) {
        let Sought { marks, seals, texts } = self.sought;
        let [by_mark, by_seal, by_text @ ..] = &mut self.found[..] else { return };
        by_marks(part, &piece.marks, marks, by_mark);
        if let Some(seals) = seals {
            by_marks(part, &piece.seals, seals, by_seal);
        }
        for (text, found) in texts.iter().zip(by_text) {
            if !found.is_full() {
                in_piece(piece, part, text, found);
            }
        }
    }

    /// All that was found.
    fn done(self) -> Matches {
        let mut all = Found::default();
        self.found.into_iter().flat_map(|found| found.hits).for_each(|hit| all.add(hit));
        Matches { more: all.is_full(), hits: all.hits }
    }
}

/// Looks through pieces of both sides.
pub(super) struct Looks<'s, 'q> {
    acs: Look<'s, 'q>,
    provider: Look<'s, 'q>,
}

impl<'s, 'q> Looks<'s, 'q> {
    pub(super) fn new(sought: &'s Sought<'q>) -> Self {
        Self { acs: Look::new(sought), provider: Look::new(sought) }
    }

    /// Looks through the next piece of a side; `part` is its number.
    pub(super) fn at(&mut self, series: Series, part: usize, piece: &Piece) {
        let look = if series == Series::Acs { &mut self.acs } else { &mut self.provider };
        look.at(part, piece);
    }

    /// All that was found of the ACS and of the Provider, with what another looked through.
    pub(super) fn and(self, other: Self) -> (Matches, Matches) {
        let acs = self.acs.done().and(other.acs.done());
        (acs, self.provider.done().and(other.provider.done()))
    }
}

/// A text looked for: one part of it by which lines are found, and what else they must hold.
struct Phrase<'q> {
    finder: Finder<'q>,
    others: Vec<&'q str>,
    length: usize,
    /// Is it looked for in serials and MACs alone?
    hardware: bool,
}

/// The texts by which a query is looked for; any of them will do.
fn texts(query: &Query) -> Vec<Phrase<'_>> {
    let words = query.words();
    // The longest word is the rarest, near enough.
    let longest = (0..words.len()).max_by_key(|at| words[*at].len());
    let mut texts = Vec::new();
    if let Some(at) = longest {
        let others = words.iter().enumerate().filter(|(i, _)| *i != at);
        texts.push(Phrase {
            finder: Finder::new(words[at].as_bytes()),
            others: others.map(|(_, w)| w.as_str()).collect(),
            length: words[at].len(),
            hardware: false,
        });
    }
    for value in query.hardware().iter().filter(|v| v.len() >= LAST_DIGITS) {
        texts.push(Phrase {
            finder: Finder::new(value.as_bytes()),
            others: Vec::new(),
            length: value.len(),
            hardware: true,
        });
    }
    texts
}

fn by_marks(part: usize, marks: &[u64], wanted: &Wanted<MatchedOn>, found: &mut Found) {
    for (line, on) in marked(marks, wanted) {
        found.add(Hit { spot: Spot { part, line }, rank: Rank::Whole, on });
    }
}

/// Lines that carry one of the marks.
pub(super) fn marked<T: Copy>(
    marks: &[u64],
    wanted: &Wanted<T>,
) -> impl Iterator<Item = (usize, T)> {
    marks.iter().filter_map(|stored| {
        let (mark, line) = Mark::placed(*stored);
        wanted.get(mark).map(|value| (line, value))
    })
}

fn in_piece(piece: &Piece, part: usize, text: &Phrase<'_>, found: &mut Found) {
    let mut from = 0;
    let (mut line, mut counted) = (0, 0);
    while let Some(at) = text.finder.find(piece.text.get(from..).unwrap_or_default()) {
        let at = from + at;
        let begin = memrchr(END, &piece.text[..at]).map_or(0, |n| n + 1);
        let end = memchr(END, &piece.text[at..]).map_or(piece.text.len(), |n| at + n);
        match judged(&piece.text[begin..end], at - begin, text) {
            Some((rank, on)) => {
                line += memchr_iter(END, &piece.text[counted..begin]).count();
                counted = begin;
                found.add(Hit { spot: Spot { part, line }, rank, on });
                if found.is_full() {
                    return;
                }
                from = end;
            }
            None => from = at + 1,
        }
    }
}

/// What was hit at a place of a line; `None` where the line lacks the rest, or may not be found
/// so.
fn judged(line: &[u8], at: usize, text: &Phrase<'_>) -> Option<(Rank, MatchedOn)> {
    let is_tag = |b: &u8| *b < b' ';
    let tag = line[..at].iter().rposition(is_tag)?;
    let field = Field::of_tag(line[tag])?;
    let is_hardware = matches!(field, Field::Serial | Field::Mac);
    // Two letters are part of nearly every serial.
    if (text.hardware && !is_hardware) || (is_hardware && text.length < LAST_DIGITS) {
        return None;
    }
    if !text.others.iter().all(|word| memmem::find(line, word.as_bytes()).is_some()) {
        return None;
    }
    let ends = line.get(at + text.length).is_none_or(is_tag);
    let rank = match at - tag {
        1 if ends && text.others.is_empty() => Rank::Whole,
        1 => Rank::Begins,
        _ if !line[at - 1].is_ascii_alphanumeric() => Rank::Word,
        _ => Rank::Part,
    };
    let on = match field {
        Field::Serial => MatchedOn::Serial,
        Field::Mac => MatchedOn::Mac,
        Field::Login => MatchedOn::Login,
        Field::Name => MatchedOn::Name,
        Field::Model => MatchedOn::Model,
    };
    Some((rank, on))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many lines of a login; the last one carries the mark of an id, too.
    fn piece(lines: usize) -> Piece {
        let mut piece = Piece::default();
        for line in 0..lines {
            piece.text.extend_from_slice(b"\x03cliente 77");
            piece.text.push(END);
            piece.keys.push(u32::try_from(line).unwrap());
        }
        piece.marks.push(Mark::id("cliente 77").at(u32::try_from(lines - 1).unwrap()));
        piece
    }

    #[test]
    fn what_is_whole_is_found_however_much_is_part_of_something() {
        let query = Query::new("cliente 77").unwrap();
        let sought = Sought::of(&query, None);
        for (pieces, more) in [(1, false), (3, true)] {
            let mut look = Look::new(&sought);
            let lines = RANKED_MAX / 2;
            (0..pieces).for_each(|part| look.at(part, &piece(lines)));
            let found = look.done();
            assert_eq!(found.more, more);
            assert_eq!(found.hits.len(), RANKED_MAX.min(pieces * lines));
            let marked = |hit: &Hit| hit.spot.line == lines - 1 && hit.on == MatchedOn::Id;
            assert!(found.hits[..pieces].iter().all(marked), "the last line of each piece");
            assert!(!found.hits[pieces..].iter().any(marked), "each place once");
        }
    }
}
