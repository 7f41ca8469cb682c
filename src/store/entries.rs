//! The entries of lists as bytes, and what changed between two lists.
//!
//! Must not do: know what a body holds. Equal bytes are an equal record.

use std::cmp::Ordering;
use std::iter;

use crate::store::codec::{Bad, Instant, bad};
use crate::store::list::{NewList, doubles, without_ordinal};

/// Entries are packed in pieces of about this many bytes.
const PIECE_BYTES: usize = 256 << 10;

/// A record in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Item<'a> {
    pub key: &'a [u8],
    /// When it was first seen, without a gap since.
    pub seen: Instant,
    pub body: &'a [u8],
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

/// A record of the list before, of the new one, or of both.
pub(super) enum Change<'a> {
    /// Was not there.
    New(Item<'a>),
    /// Was there with another body.
    Changed { before: Item<'a>, now: Item<'a> },
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
    fn take(&mut self, change: &Change<'_>) {
        let put = News::Put(self.seen.len());
        let (before, now, news) = match change {
            Change::New(now) => (None, Some(now), put),
            Change::Changed { before, now } => (Some(before), Some(now), put),
            Change::Left(before) => (Some(before), None, News::Left(before.key.to_vec())),
            Change::Same(same) => return self.seen.push(same.item.seen),
        };
        self.sum = self.sum.wrapping_sub(before.map_or(0, share));
        self.sum = self.sum.wrapping_add(now.map_or(0, share));
        self.news.push(news);
        self.seen.extend(now.map(|now| now.seen));
    }

    /// The new list's records with their times.
    pub(super) fn items<'l>(
        &'l self,
        list: &'l NewList,
    ) -> impl ExactSizeIterator<Item = Item<'l>> + 'l {
        list.iter().zip(&self.seen).map(|((key, body), &seen)| Item { key, seen, body })
    }

    /// What is not as it was, as entries.
    pub(super) fn entries<'l>(&'l self, list: &'l NewList) -> impl Iterator<Item = Entry<'l>> + 'l {
        self.news.iter().map(|news| match news {
            News::Put(at) => {
                let (key, body) = list.get(*at);
                Entry::Put(Item { key, seen: self.seen[*at], body })
            }
            News::Left(key) => Entry::Left(key),
        })
    }
}

/// Walks two lists, both sorted by key, and tells of each record what became of it; `sum` is the
/// old list's.
pub(super) fn differ<'a>(
    (old, sum): (Vec<Item<'a>>, u64),
    list: &'a NewList,
    taken: Instant,
    mut told: impl FnMut(&Change<'a>) -> Result<(), Bad>,
) -> Result<Difference, Bad> {
    let mut difference = Difference { seen: Vec::with_capacity(list.len()), news: vec![], sum };
    let doubles = doubles(old.iter().map(|o| o.key));
    let mut old = old.into_iter().peekable();
    let mut take = |change: Change<'a>| {
        difference.take(&change);
        told(&change)
    };
    for (at, (key, body)) in list.iter().enumerate() {
        while let Some(gone) = old.next_if(|o| o.key < key) {
            take(Change::Left(gone))?;
        }
        let before = old.next_if(|o| o.key == key);
        let now = Item { key, seen: before.map_or(taken, |b| b.seen), body };
        take(match before {
            None => Change::New(now),
            Some(before) if before.body != body => Change::Changed { before, now },
            Some(_) => {
                let alone = list.is_alone(at) && !doubles.contains(without_ordinal(key));
                Change::Same(Same { item: now, at, alone })
            }
        })?;
    }
    old.try_for_each(|gone| take(Change::Left(gone)))?;
    Ok(difference)
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
pub(super) fn sum(items: &[Item<'_>]) -> u64 {
    items.iter().map(share).fold(0, u64::wrapping_add)
}

/// What one record adds to the sum.
fn share(item: &Item<'_>) -> u64 {
    let (second, nano) = item.seen.parts();
    let crc = crc32c::crc32c(item.key);
    let crc = crc32c::crc32c_append(crc, &second.to_le_bytes());
    let crc = crc32c::crc32c_append(crc, &nano.to_le_bytes());
    u64::from(crc32c::crc32c_append(crc, item.body))
}

/// Writes entries in pieces.
pub(super) fn write_entries<'a>(entries: impl Iterator<Item = Entry<'a>>) -> Vec<Vec<u8>> {
    let mut pieces = Vec::new();
    let mut piece = Vec::new();
    for entry in entries {
        match entry {
            Entry::Put(Item { key, seen, body }) => {
                let (second, nano) = seen.parts();
                piece.push(1);
                put_bytes(&mut piece, key);
                piece.extend_from_slice(&second.to_le_bytes());
                piece.extend_from_slice(&nano.to_le_bytes());
                put_bytes(&mut piece, body);
            }
            Entry::Left(key) => {
                piece.push(0);
                put_bytes(&mut piece, key);
            }
        }
        if piece.len() >= PIECE_BYTES {
            pieces.push(std::mem::take(&mut piece));
        }
    }
    if !piece.is_empty() {
        pieces.push(piece);
    }
    pieces
}

/// Reads what [`write_entries`] wrote.
pub(super) fn entries(
    pieces: &[Vec<u8>],
) -> impl Iterator<Item = Result<Entry<'_>, Bad>> + use<'_> {
    pieces.iter().flat_map(|piece| entries_of(piece))
}

/// The entries of one piece.
pub(super) fn entries_of(piece: &[u8]) -> impl Iterator<Item = Result<Entry<'_>, Bad>> + use<'_> {
    let mut rest = piece;
    iter::from_fn(move || (!rest.is_empty()).then(|| take_entry(&mut rest)))
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
    let key = take_bytes(rest)?;
    match tag {
        0 => Ok(Entry::Left(key)),
        1 => {
            let second = i64::from_le_bytes(*take::<8>(rest)?);
            let nano = i32::from_le_bytes(*take::<4>(rest)?);
            let seen = Instant::of_parts(second, nano);
            Ok(Entry::Put(Item { key, seen, body: take_bytes(rest)? }))
        }
        _ => Err(bad("an entry of an unknown kind")),
    }
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

fn take_bytes<'a>(rest: &mut &'a [u8]) -> Result<&'a [u8], Bad> {
    let mut length = 0;
    for shift in (0..35).step_by(7) {
        let [byte] = *take::<1>(rest)?;
        length |= usize::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            let (bytes, after) = rest.split_at_checked(length).ok_or_else(|| bad("a cut entry"))?;
            *rest = after;
            return Ok(bytes);
        }
    }
    Err(bad("an entry too long"))
}

fn take<'a, const N: usize>(rest: &mut &'a [u8]) -> Result<&'a [u8; N], Bad> {
    let (taken, after) = rest.split_first_chunk::<N>().ok_or_else(|| bad("a cut entry"))?;
    *rest = after;
    Ok(taken)
}
