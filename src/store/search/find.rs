//! Finding: by marks what is whole, by text what is part of something; then the records, and
//! those of the same boxes on the other side.
//!
//! Must not do: hand out an entry that a newer link replaced.

use std::collections::{BTreeSet, HashSet};
use std::ops::Range;

use memchr::memmem::{self, Finder};
use memchr::{memchr, memchr_iter, memrchr};

use crate::domain::search::LAST_DIGITS;
use crate::domain::{AcsDevice, MatchedOn, ProviderRecord, Query, Untrusted};
use crate::store::codec::columns::Cells;
use crate::store::entries::Entry;
use crate::store::error::StoreError;
use crate::store::list::Record;
use crate::store::rows::{Rows, View};
use crate::store::search::links::{Links, Unpacked};
use crate::store::search::marks::{Mark, Wanted};
use crate::store::search::piece::{END, Field, Piece};
use crate::store::search::{Hits, Place, SearchIndex};

/// More of one side are not ranked: nobody reads that many, and a model may be everybody's.
const RANKED_MAX: usize = 1_000;

/// More records of the other side under one identity are a placeholder's, and no box's.
const SAME_BOX_MAX: usize = 8;

/// Where an entry is: which piece of a list, which line of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Spot {
    pub part: usize,
    pub line: usize,
}

/// How good a match is; lower is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
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
    spot: Spot,
    rank: Rank,
    on: MatchedOn,
}

/// The answer of one side before anything is decoded.
#[derive(Default)]
struct Matches {
    hits: Vec<Hit>,
    seen: HashSet<Spot>,
    more: bool,
}

impl Matches {
    fn add(&mut self, hit: Hit) {
        if self.seen.insert(hit.spot) {
            self.hits.push(hit);
        }
    }

    fn is_full(&self) -> bool {
        self.hits.len() >= RANKED_MAX
    }

    /// With what another part of the side has.
    fn and(mut self, other: Self) -> Self {
        self.hits.extend(other.hits);
        self.more |= other.more;
        self
    }
}

/// What is looked for.
struct Sought<'q> {
    /// What is whole: ids, serials, MACs, logins.
    marks: Wanted<MatchedOn>,
    /// People's numbers; `None` where the query can be none.
    seals: Option<Wanted<MatchedOn>>,
    /// What is part of something.
    texts: Vec<Text<'q>>,
}

/// See [`crate::store::Store::search`].
pub(super) fn search(
    view: &View,
    index: &SearchIndex,
    query: &Query,
    most: usize,
) -> Result<Option<Hits>, StoreError> {
    let seals = index.sealer.as_ref().map(|sealer| sealer.of_query(query)).unwrap_or_default();
    let sought = Sought {
        marks: Wanted::new(Mark::of_query(query)),
        seals: (!seals.is_empty()).then(|| Wanted::new(seals)),
        texts: texts(query),
    };
    // Both cores get half of each side: the Provider's is more than twice the ACS's.
    let half = |second: bool| {
        let of = |links: &Option<Links>| {
            links.as_ref().map(|l| matches(l, halves(l.parts.len(), second), &sought))
        };
        (of(&index.acs).unwrap_or_default(), of(&index.provider).unwrap_or_default())
    };
    let (first, second) = std::thread::scope(|scope| {
        let first = scope.spawn(|| half(false));
        let second = half(true);
        (first.join(), second)
    });
    let first = first.map_err(|_| view.damaged("a list that can't be searched"))?;
    let (acs, provider) = (first.0.and(second.0), first.1.and(second.1));
    Answer::new(view, index, most).of(acs, provider)
}

/// The first or the second half of so many.
fn halves(count: usize, second: bool) -> Range<usize> {
    if second { count / 2..count } else { 0..count / 2 }
}

/// A text looked for: one part of it by which lines are found, and what else they must hold.
struct Text<'q> {
    finder: Finder<'q>,
    others: Vec<&'q str>,
    length: usize,
    /// Is it looked for in serials and MACs alone?
    hardware: bool,
}

/// The texts by which a query is looked for; any of them will do.
fn texts(query: &Query) -> Vec<Text<'_>> {
    let words = query.words();
    // The longest word is the rarest, near enough.
    let longest = (0..words.len()).max_by_key(|at| words[*at].len());
    let mut texts = Vec::new();
    if let Some(at) = longest {
        let other = |(i, w): (usize, &'_ String)| (i != at).then_some(w.len()).is_some();
        let others = words.iter().enumerate().filter(|(i, w)| other((*i, w)));
        texts.push(Text {
            finder: Finder::new(words[at].as_bytes()),
            others: others.map(|(_, w)| w.as_str()).collect(),
            length: words[at].len(),
            hardware: false,
        });
    }
    for value in query.hardware().iter().filter(|v| v.len() >= LAST_DIGITS) {
        texts.push(Text {
            finder: Finder::new(value.as_bytes()),
            others: Vec::new(),
            length: value.len(),
            hardware: true,
        });
    }
    texts
}

/// Everything of these parts of a side that matches, as far as it is ranked.
fn matches(links: &Links, parts: Range<usize>, sought: &Sought<'_>) -> Matches {
    let mut found = Matches::default();
    let marks = marked(links, parts.clone(), &sought.marks, |piece| &piece.marks);
    let seals = sought.seals.iter();
    let seals = seals.flat_map(|w| marked(links, parts.clone(), w, |piece| &piece.seals));
    for (part, line, on) in marks.chain(seals) {
        if found.is_full() {
            found.more = true;
            return found;
        }
        found.add(Hit { spot: Spot { part, line }, rank: Rank::Whole, on });
    }
    for text in &sought.texts {
        for part in parts.clone() {
            in_piece(&links.parts[part].piece, part, text, &mut found);
            if found.is_full() {
                found.more = true;
                return found;
            }
        }
    }
    found
}

/// Lines that carry one of the marks.
fn marked<T: Copy>(
    links: &Links,
    parts: Range<usize>,
    wanted: &Wanted<T>,
    marks: fn(&Piece) -> &Vec<u64>,
) -> impl Iterator<Item = (usize, usize, T)> {
    parts.flat_map(move |part| {
        marks(&links.parts[part].piece).iter().filter_map(move |stored| {
            let (mark, line) = Mark::placed(*stored);
            wanted.get(mark).map(|value| (part, line, value))
        })
    })
}

fn in_piece(piece: &Piece, part: usize, text: &Text<'_>, found: &mut Matches) {
    let mut from = 0;
    let (mut line, mut counted) = (0, 0);
    while let Some(at) = text.finder.find(piece.text.get(from..).unwrap_or_default()) {
        let at = from + at;
        let begin = memrchr(END, &piece.text[..at]).map_or(0, |n| n + 1);
        let end = memchr(END, &piece.text[at..]).map_or(piece.text.len(), |n| at + n);
        match look(&piece.text[begin..end], at - begin, text) {
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
fn look(line: &[u8], at: usize, text: &Text<'_>) -> Option<(Rank, MatchedOn)> {
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

/// An answer in the making.
struct Answer<'a> {
    view: &'a View,
    index: &'a SearchIndex,
    most: usize,
    unpacked: (Unpacked, Unpacked),
    /// Where what is in the answer stood.
    shown: (Vec<Spot>, Vec<Spot>),
    hits: Hits,
    /// Is a list gone since the index was read?
    stale: bool,
}

impl<'a> Answer<'a> {
    fn new(view: &'a View, index: &'a SearchIndex, most: usize) -> Self {
        let (unpacked, shown, hits) = Default::default();
        Self { view, index, most, unpacked, shown, hits, stale: false }
    }

    fn of(mut self, acs: Matches, provider: Matches) -> Result<Option<Hits>, StoreError> {
        self.hits.more = acs.more || provider.more;
        let acs = acs.hits.into_iter().map(|hit| (false, hit));
        let mut all: Vec<_> = acs.chain(provider.hits.into_iter().map(|hit| (true, hit))).collect();
        all.sort_by_key(|(of_provider, hit)| {
            (hit.rank, hit.on, *of_provider, hit.spot.part, hit.spot.line)
        });
        self.unpack_ahead(all.get(..self.most).unwrap_or(&all))?;
        for (of_provider, hit) in all {
            if self.hits.found.len() >= self.most {
                self.hits.more = true;
                break;
            }
            let place = if of_provider {
                self.provider(hit.spot)?.map(Place::Provider)
            } else {
                self.acs(hit.spot)?.map(Place::Acs)
            };
            self.hits.found.extend(place.map(|place| (place, hit.on)));
        }
        self.same_boxes()?;
        Ok((!self.stale).then_some(self.hits))
    }

    /// Unpacks on both cores what is about to be shown: it is most of an answer's time.
    fn unpack_ahead(&mut self, hits: &[(bool, Hit)]) -> Result<(), StoreError> {
        let parts: BTreeSet<(bool, usize)> =
            hits.iter().map(|(of_provider, hit)| (*of_provider, hit.spot.part)).collect();
        let parts: Vec<(bool, usize)> = parts.into_iter().collect();
        let (view, index) = (self.view, self.index);
        let unpack = |parts: &[(bool, usize)]| -> Result<Vec<_>, StoreError> {
            let mut all = Vec::new();
            for (of_provider, at) in parts {
                let links = if *of_provider { &index.provider } else { &index.acs };
                let part = links.as_ref().and_then(|links| links.parts.get(*at));
                if let Some(raw) = part.map(|p| p.unpacked(view)).transpose()?.flatten() {
                    all.push((*of_provider, *at, raw));
                }
            }
            Ok(all)
        };
        let (first, second) = parts.split_at(parts.len() / 2);
        let (first, second) = std::thread::scope(|scope| {
            let first = scope.spawn(|| unpack(first));
            let second = unpack(second);
            (first.join(), second)
        });
        let first = first.map_err(|_| view.damaged("a list that can't be unpacked"))??;
        for (of_provider, at, raw) in first.into_iter().chain(second?) {
            let into = if of_provider { &mut self.unpacked.1 } else { &mut self.unpacked.0 };
            into.put(at, raw);
        }
        Ok(())
    }

    /// Adds a device; `None` where a newer link replaced it.
    fn acs(&mut self, spot: Spot) -> Result<Option<usize>, StoreError> {
        let Some(links) = &self.index.acs else { return Ok(None) };
        let unpacked = &mut self.unpacked.0;
        let read = decoded(self.view, links, unpacked, spot)?;
        self.stale |= matches!(read, Read::Gone);
        Ok(add(read, &mut self.hits.acs, &mut self.shown.0, spot))
    }

    fn provider(&mut self, spot: Spot) -> Result<Option<usize>, StoreError> {
        let Some(links) = &self.index.provider else { return Ok(None) };
        let unpacked = &mut self.unpacked.1;
        let read = decoded(self.view, links, unpacked, spot)?;
        self.stale |= matches!(read, Read::Gone);
        Ok(add(read, &mut self.hits.provider, &mut self.shown.1, spot))
    }

    /// Adds what each side has under the identities of what the other side found.
    fn same_boxes(&mut self) -> Result<(), StoreError> {
        let of_acs =
            |d: &AcsDevice| identities(d.serial.iter().chain(&d.macs), d.pppoe_login.as_ref());
        let of_provider =
            |p: &ProviderRecord| identities(p.serial.iter().chain(&p.mac), p.login.as_ref());
        let (acs, provider): (Vec<_>, Vec<_>) = (
            self.hits.acs.iter().flat_map(of_acs).collect(),
            self.hits.provider.iter().flat_map(of_provider).collect(),
        );
        for spot in sharing(self.index.provider.as_ref(), acs) {
            if !self.shown.1.contains(&spot) {
                self.provider(spot)?;
            }
        }
        for spot in sharing(self.index.acs.as_ref(), provider) {
            if !self.shown.0.contains(&spot) {
                self.acs(spot)?;
            }
        }
        Ok(())
    }
}

fn add<R>(read: Read<R>, into: &mut Vec<R>, shown: &mut Vec<Spot>, spot: Spot) -> Option<usize> {
    let Read::There(record) = read else { return None };
    into.push(record);
    shown.push(spot);
    Some(into.len() - 1)
}

fn identities<'v>(
    hardware: impl Iterator<Item = &'v Untrusted>,
    login: Option<&Untrusted>,
) -> Vec<Mark> {
    let mut marks: Vec<_> = hardware.flat_map(|v| Mark::hardware(v.raw())).collect();
    marks.extend(login.and_then(|l| Mark::login(l.raw())));
    marks
}

/// Lines under any of the identities, but for those that too many share.
fn sharing(links: Option<&Links>, marks: Vec<Mark>) -> Vec<Spot> {
    let Some(links) = links else { return Vec::new() };
    let mut alike: Vec<Vec<Spot>> = vec![Vec::new(); marks.len()];
    let wanted = Wanted::new(marks.into_iter().zip(0..));
    let all = 0..links.parts.len();
    for (part, line, which) in marked(links, all, &wanted, |piece| &piece.marks) {
        if alike[which].len() <= SAME_BOX_MAX {
            alike[which].push(Spot { part, line });
        }
    }
    let few = alike.into_iter().filter(|spots| spots.len() <= SAME_BOX_MAX);
    let mut seen = HashSet::new();
    few.flatten().filter(|spot| seen.insert(*spot)).collect()
}

/// What stands at a place now.
enum Read<R> {
    There(R),
    /// A newer link has another word on it.
    Replaced,
    /// Its list is gone.
    Gone,
}

fn decoded<R: Record>(
    view: &View,
    links: &Links,
    unpacked: &mut Unpacked,
    spot: Spot,
) -> Result<Read<R>, StoreError> {
    if links.is_replaced(view, unpacked, spot)? {
        return Ok(Read::Replaced);
    }
    match links.entry(view, unpacked, spot)? {
        Some(Entry::Put(item)) => {
            // What changes with every look is not told.
            let mut cells = Cells::new(vec![vec![None]; R::COLUMNS]);
            view.believe(R::decode(item.body, &mut cells)).map(Read::There)
        }
        Some(Entry::Left(_)) => Ok(Read::Replaced),
        None => Ok(Read::Gone),
    }
}
