//! The entries of lists as bytes, and what changed between two lists.
//!
//! Must not do: know what a body holds. An equal fingerprint is an equal record.

use std::cmp::Ordering;
use std::iter;
use std::ops::Range;

use crate::store::codec::fingerprint::{Fingerprint, PRINT_BYTES};
use crate::store::codec::{Bad, Instant, bad};
use crate::store::list::{NewList, Record};
use crate::store::twin::at_once;

/// Entries come in pieces of about this many bytes, as many of which are packed together as fill
/// pages of the file.
const PIECE_BYTES: usize = 8 << 10;
/// Room of a piece: for what makes it full, too.
const PIECE_ROOM: usize = PIECE_BYTES + 1024;

/// A record in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item<'a> {
    pub key: &'a [u8],
    /// When it was first seen, without a gap since.
    pub seen: Instant,
    /// What older versions stored has none.
    pub print: Option<Fingerprint>,
    pub body: &'a [u8],
    /// Key, time and fingerprint as they lie, for the sum.
    pub front: &'a [u8],
}

/// A line of a stored list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry<'a> {
    /// The record is there, like this.
    Put(Item<'a>),
    /// The record of this key is there no more.
    Left(&'a [u8]),
}

impl<'a> Entry<'a> {
    pub(super) fn key(&self) -> &'a [u8] {
        match self {
            Self::Put(item) => item.key,
            Self::Left(key) => key,
        }
    }
}

/// A record of the list before, of the new one, or of both; `at` is its place in the new one.
pub(super) enum Change<'a> {
    /// Was not there.
    New { at: usize },
    /// Was there otherwise.
    Changed { before: Item<'a>, at: usize },
    /// Is there no more.
    Left(Item<'a>),
    /// Is as it was.
    Same(Same<'a>),
}

/// A record that is as it was.
#[derive(Clone, Copy)]
pub(super) struct Same<'a> {
    pub item: Item<'a>,
    /// Where it stands in the new list.
    pub at: usize,
    /// Is it the only one with its key, then and now?
    pub alone: bool,
}

/// What a list is beside the one before it.
pub(super) struct Difference {
    /// When each of its records was first seen, in its order.
    pub seen: Vec<Instant>,
    /// What is not as it was, in the order of keys.
    pub news: Vec<News>,
    /// The sum over it.
    pub sum: u64,
}

/// A record that is not as it was.
pub(super) enum News {
    /// It stands here in the new list.
    Put(usize),
    /// The record of this key is there no more.
    Left(Vec<u8>),
}

impl Difference {
    /// Takes what became of the next record of either list.
    fn take<R: Record>(&mut self, change: &Change<'_>, list: &NewList<'_, R>, taken: Instant) {
        let put = News::Put(self.seen.len());
        let (before, now, news) = match change {
            Change::New { at } => (None, Some((*at, taken)), put),
            Change::Changed { before, at } => (Some(before), Some((*at, before.seen)), put),
            Change::Left(before) => (Some(before), None, News::Left(before.key.to_vec())),
            Change::Same(same) => return self.seen.push(same.item.seen),
        };
        self.sum = self.sum.wrapping_sub(before.map_or(0, share));
        self.news.push(news);
        if let Some((at, seen)) = now {
            self.sum = self.sum.wrapping_add(share_of(list.key(at), seen, &list.print(at).bytes()));
            self.seen.push(seen);
        }
    }

    /// The entries of what is not as it was, or of the whole list, in pieces. Each half has a
    /// thread.
    pub(super) fn write<R: Record>(
        &self,
        list: &NewList<'_, R>,
        whole: bool,
    ) -> Result<Vec<Vec<u8>>, Bad> {
        let all = if whole { list.len() } else { self.news.len() };
        let half = |places: Range<usize>| {
            let mut pieces = Pieces::default();
            for at in places {
                let news = if whole { &News::Put(at) } else { &self.news[at] };
                match news {
                    News::Put(at) => self.put(&mut pieces, list, *at)?,
                    News::Left(key) => pieces.left(key),
                }
            }
            Ok::<_, Bad>(pieces.done())
        };
        let (mut pieces, more) = at_once(|| half(0..all / 2), || half(all / 2..all))?;
        pieces.extend(more);
        Ok(pieces)
    }

    fn put<R: Record>(
        &self,
        pieces: &mut Pieces,
        list: &NewList<'_, R>,
        at: usize,
    ) -> Result<(), Bad> {
        let (key, print, body) = (list.key(at), Some(list.print(at)), list.body(at)?);
        pieces.put(key, self.seen[at], print, &body);
        Ok(())
    }
}

/// A new list beside a stored one, whose records are met one by one. Both are sorted by key.
pub(super) struct Differ<'l, 'r, R> {
    list: &'l NewList<'r, R>,
    taken: Instant,
    /// The next record of the new list.
    at: usize,
    difference: Difference,
}

impl<'l, 'r, R: Record> Differ<'l, 'r, R> {
    /// `sum` is the stored list's; nothing is known of a record before it was `taken`.
    pub(super) fn new(list: &'l NewList<'r, R>, sum: u64, taken: Instant) -> Self {
        let seen = Vec::with_capacity(list.len());
        Self { list, taken, at: 0, difference: Difference { seen, news: Vec::new(), sum } }
    }

    /// Meets the next record of the stored list; `alone` tells whether it surely is the only one
    /// there with its key. `told` hears what became of it, and of the new ones before it.
    pub(super) fn meet(
        &mut self,
        item: Item<'_>,
        alone: bool,
        told: &mut impl FnMut(&Change<'_>) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        while self.at < self.list.len() {
            if alone && self.is_only_one_like(item) {
                let same = Same { item, at: self.at, alone };
                return self.take(&Change::Same(same), told);
            }
            match self.list.key(self.at).cmp(item.key) {
                Ordering::Less => self.take(&Change::New { at: self.at }, told)?,
                Ordering::Equal => {
                    let change = self.of_both(item);
                    return self.take(&change, told);
                }
                Ordering::Greater => break,
            }
        }
        self.take(&Change::Left(item), told)
    }

    /// Is the new list's next record like this one, and the only one with its key? A fingerprint
    /// is of the key too, and lies at hand, while keys lie apart: of most records none is read.
    fn is_only_one_like(&self, item: Item<'_>) -> bool {
        item.print == Some(self.list.print(self.at)) && self.list.is_alone(self.at)
    }

    /// One of several with its key, or of another fingerprint.
    fn of_both<'a>(&self, item: Item<'a>) -> Change<'a> {
        let at = self.at;
        if item.print == Some(self.list.print(at)) {
            Change::Same(Same { item, at, alone: false })
        } else {
            Change::Changed { before: item, at }
        }
    }

    /// The stored list is at its end.
    pub(super) fn end(
        mut self,
        told: &mut impl FnMut(&Change<'_>) -> Result<(), Bad>,
    ) -> Result<Difference, Bad> {
        while self.at < self.list.len() {
            self.take(&Change::New { at: self.at }, told)?;
        }
        Ok(self.difference)
    }

    fn take(
        &mut self,
        change: &Change<'_>,
        told: &mut impl FnMut(&Change<'_>) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        self.difference.take(change, self.list, self.taken);
        self.at = self.difference.seen.len();
        told(change)
    }
}

/// A list with later entries applied; `later` is sorted, each key once.
pub(super) fn apply<'a>(
    base: Vec<Item<'a>>,
    later: impl ExactSizeIterator<Item = Entry<'a>>,
) -> Vec<Item<'a>> {
    if later.len() == 0 {
        return base;
    }
    let mut items = Vec::with_capacity(base.len() + later.len());
    let mut base = base.into_iter().peekable();
    for entry in later {
        let key = entry.key();
        while let Some(kept) = base.next_if(|b| b.key < key) {
            items.push(kept);
        }
        base.next_if(|b| b.key.cmp(key) == Ordering::Equal);
        if let Entry::Put(item) = entry {
            items.push(item);
        }
    }
    items.extend(base);
    items
}

/// A sum over a list that does not depend on its order: tells whether it came back whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Sum {
    count: u64,
    sum: u64,
}

impl Sum {
    /// What a list should come back as.
    pub(super) fn of(count: u64, sum: u64) -> Self {
        Self { count, sum }
    }

    /// Counts one in.
    pub(super) fn add(&mut self, item: &Item<'_>) {
        self.count += 1;
        self.sum = self.sum.wrapping_add(share(item));
    }
}

/// What one record adds to the sum: of rows of older versions, which have no fingerprint, their
/// bodies count.
fn share(item: &Item<'_>) -> u64 {
    let crc = crc32c::crc32c(item.front);
    u64::from(if item.print.is_some() { crc } else { crc32c::crc32c_append(crc, item.body) })
}

fn share_of(key: &[u8], seen: Instant, content: &[u8]) -> u64 {
    let (second, nano) = seen.parts();
    let crc = crc32c::crc32c(key);
    let crc = crc32c::crc32c_append(crc, &second.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &nano.to_le_bytes());
    u64::from(crc32c::crc32c_append(crc, content))
}

/// Kinds of entries: a record that left, one as older versions put it, one with a fingerprint.
const LEFT: u8 = 0;
const PUT_BARE: u8 = 1;
const PUT: u8 = 2;

/// Entries in the making, in pieces.
#[derive(Default)]
pub(super) struct Pieces {
    done: Vec<Vec<u8>>,
    piece: Vec<u8>,
}

impl Pieces {
    /// Adds a record.
    pub(super) fn put(
        &mut self,
        key: &[u8],
        seen: Instant,
        print: Option<Fingerprint>,
        body: &[u8],
    ) {
        let (second, nano) = seen.parts();
        self.begin(if print.is_some() { PUT } else { PUT_BARE }, key);
        self.piece.extend_from_slice(&second.to_le_bytes());
        self.piece.extend_from_slice(&nano.to_le_bytes());
        if let Some(print) = print {
            self.piece.extend_from_slice(&print.bytes());
        }
        put_bytes(&mut self.piece, body);
    }

    /// Adds that the record of a key left.
    pub(super) fn left(&mut self, key: &[u8]) {
        self.begin(LEFT, key);
    }

    fn begin(&mut self, kind: u8, key: &[u8]) {
        if self.piece.len() >= PIECE_BYTES {
            let full = std::mem::replace(&mut self.piece, Vec::with_capacity(PIECE_ROOM));
            self.done.push(full);
        }
        self.piece.push(kind);
        put_bytes(&mut self.piece, key);
    }

    /// All of them.
    pub(super) fn done(mut self) -> Vec<Vec<u8>> {
        if !self.piece.is_empty() {
            self.done.push(self.piece);
        }
        self.done
    }
}

/// Reads what [`Pieces`] wrote.
pub(super) fn entries(
    pieces: &[Vec<u8>],
) -> impl Iterator<Item = Result<Entry<'_>, Bad>> + use<'_> {
    pieces.iter().flat_map(|piece| entries_of(piece))
}

/// The entries of one piece.
pub(super) fn entries_of(piece: &[u8]) -> impl Iterator<Item = Result<Entry<'_>, Bad>> + use<'_> {
    placed(piece).map(|(_, entry)| entry)
}

/// The entries of one piece, each with the place at which it begins.
pub(super) fn placed(
    piece: &[u8],
) -> impl Iterator<Item = (usize, Result<Entry<'_>, Bad>)> + use<'_> {
    let mut rest = piece;
    iter::from_fn(move || {
        let at = piece.len() - rest.len();
        (!rest.is_empty()).then(|| (at, take_entry(&mut rest)))
    })
}

/// The entry that begins at a place, as [`placed`] tells it.
pub(super) fn entry_at(piece: &[u8], at: usize) -> Result<Entry<'_>, Bad> {
    read_entry(&mut piece.get(at..).unwrap_or_default())
}

/// The bytes of some entries of one piece, each with its number: what [`entries_of`] reads again.
pub(super) fn bytes_of<'a>(
    piece: &'a [u8],
    wanted: &[usize],
) -> Result<Vec<(usize, &'a [u8])>, Bad> {
    let mut rest = piece;
    let mut found = Vec::with_capacity(wanted.len());
    for at in 0..=wanted.iter().copied().max().unwrap_or_default() {
        let before = rest;
        if before.is_empty() {
            break;
        }
        take_entry(&mut rest)?;
        if wanted.contains(&at) {
            found.push((at, &before[..before.len() - rest.len()]));
        }
    }
    Ok(found)
}

fn take_entry<'a>(rest: &mut &'a [u8]) -> Result<Entry<'a>, Bad> {
    let entry = read_entry(rest);
    if entry.is_err() {
        // Nothing after a broken entry means anything.
        *rest = &[];
    }
    entry
}

fn read_entry<'a>(rest: &mut &'a [u8]) -> Result<Entry<'a>, Bad> {
    let [tag] = *take::<1>(rest)?;
    let length = take_length(rest)?;
    let entry = *rest;
    let key = take_bytes(rest, length)?;
    match tag {
        LEFT => Ok(Entry::Left(key)),
        PUT | PUT_BARE => {
            let second = i64::from_le_bytes(*take::<8>(rest)?);
            let nano = i32::from_le_bytes(*take::<4>(rest)?);
            let seen = Instant::of_parts(second, nano);
            let print = match tag {
                PUT => Some(take_print(rest)?),
                _ => None,
            };
            let front = &entry[..entry.len() - rest.len()];
            let length = take_length(rest)?;
            Ok(Entry::Put(Item { key, seen, print, body: take_bytes(rest, length)?, front }))
        }
        _ => Err(bad("an entry of an unknown kind")),
    }
}

fn take_print(rest: &mut &[u8]) -> Result<Fingerprint, Bad> {
    let bytes = *take::<PRINT_BYTES>(rest)?;
    Fingerprint::of_bytes(bytes).ok_or_else(|| bad("a fingerprint that is none"))
}

fn put_bytes(piece: &mut Vec<u8>, bytes: &[u8]) {
    let mut length = bytes.len();
    while length >= 0x80 {
        piece.push(length.to_le_bytes()[0] | 0x80);
        length >>= 7;
    }
    piece.push(length.to_le_bytes()[0]);
    piece.extend_from_slice(bytes);
}

fn take_length(rest: &mut &[u8]) -> Result<usize, Bad> {
    let mut length = 0;
    for shift in (0..35).step_by(7) {
        let [byte] = *take::<1>(rest)?;
        length |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            return Ok(length);
        }
    }
    Err(bad("an entry too long"))
}

pub(super) fn take_bytes<'a>(rest: &mut &'a [u8], length: usize) -> Result<&'a [u8], Bad> {
    let (bytes, after) = rest.split_at_checked(length).ok_or_else(|| bad("a cut entry"))?;
    *rest = after;
    Ok(bytes)
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], Bad> {
    let (taken, after) = rest.split_first_chunk::<N>().ok_or_else(|| bad("a cut entry"))?;
    *rest = after;
    Ok(taken)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::domain::{AcsDevice, Untrusted};
    use crate::store::codec::device::Keep;

    fn device(id: &str, model: &str) -> AcsDevice {
        AcsDevice {
            id: Untrusted::new(id),
            model: Untrusted::present(model),
            ..AcsDevice::default()
        }
    }

    fn items(pieces: &[Vec<u8>]) -> Vec<Item<'_>> {
        let put = |entry: Result<_, Bad>| match entry.unwrap() {
            Entry::Put(item) => item,
            Entry::Left(key) => panic!("{key:?} left"),
        };
        entries(pieces).map(put).collect()
    }

    #[test]
    fn the_bytes_of_an_entry_are_read_as_it_is_in_its_piece() {
        let mut pieces = Pieces::default();
        for at in 0..5_u8 {
            pieces.put(&[at], Instant::of_parts(at.into(), 0), None, &vec![at; at.into()]);
            pieces.left(&[at, at]);
        }
        let [piece] = &pieces.done()[..] else { panic!("so few are one piece") };
        let key = |bytes| entries_of(bytes).next().unwrap().unwrap().key().to_vec();
        let keys: Vec<_> = entries_of(piece).map(|entry| entry.unwrap().key().to_vec()).collect();
        for wanted in [&[][..], &[0], &[9], &[7, 2, 3], &[4, 99]] {
            let found = bytes_of(piece, wanted).unwrap();
            let lines: Vec<usize> = found.iter().map(|(line, _)| *line).collect();
            let mut there: Vec<usize> = wanted.iter().copied().filter(|at| *at < 10).collect();
            there.sort_unstable();
            assert_eq!(lines, there);
            assert!(found.iter().all(|(line, bytes)| key(bytes) == keys[*line]));
            let alone = |bytes: &&[u8]| entries_of(bytes).count() == 1;
            assert!(found.iter().all(|(_, bytes)| alone(bytes)));
        }
    }

    fn sum(items: &[Item<'_>]) -> u64 {
        items.iter().map(share).fold(0, u64::wrapping_add)
    }

    /// Walks, and tells how many records are new, otherwise, gone and as they were.
    fn walked(
        old: Vec<Item<'_>>,
        list: &NewList<'_, AcsDevice>,
        taken: i64,
    ) -> (Difference, [usize; 4]) {
        let mut told = [0; 4];
        let mut tell = |change: &Change<'_>| {
            told[match change {
                Change::New { .. } => 0,
                Change::Changed { .. } => 1,
                Change::Left(_) => 2,
                Change::Same(_) => 3,
            }] += 1;
            Ok(())
        };
        let mut differ = Differ::new(list, sum(&old), Instant::of_parts(taken, 0));
        for item in old {
            differ.meet(item, true, &mut tell).unwrap();
        }
        let difference = differ.end(&mut tell).unwrap();
        (difference, told)
    }

    /// A list that an older version stored has no fingerprints: each row is another one, once, and
    /// is known for as long as it was. The sum is that of what is stored in the end.
    #[test]
    fn lists_of_older_versions_are_read_and_get_fingerprints() {
        let keep = Arc::new(Keep::nothing());
        let devices = [device("a", "HG8145V5"), device("b", ""), device("b", "F670L")];
        let list = NewList::of(&devices, &keep).unwrap();
        let mut older = Pieces::default();
        for at in 0..list.len() {
            let (key, seen) = (list.key(at), Instant::of_parts(1, 0));
            older.put(key, seen, None, &list.body(at).unwrap());
        }
        let older = older.done();
        assert_eq!(older[0][0], 1, "as they stored it");
        let (difference, told) = walked(items(&older), &list, 2);
        assert_eq!(told, [0, 3, 0, 0]);
        let now = difference.write(&list, true).unwrap();
        assert_eq!(difference.sum, sum(&items(&now)));
        assert!(items(&now).iter().all(|i| i.seen == Instant::of_parts(1, 0)));

        let devices = [device("b", ""), device("b", "F680"), device("c", "")];
        let list = NewList::of(&devices, &keep).unwrap();
        let (difference, told) = walked(items(&now), &list, 3);
        assert_eq!(told, [1, 1, 1, 1]);
        assert_eq!(difference.sum, sum(&items(&difference.write(&list, true).unwrap())));
    }
}
