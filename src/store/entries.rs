//! The entries of lists as bytes, and what changed between two lists.
//!
//! Must not do: know what a body holds. Equal bytes are an equal record.

use std::cmp::Ordering;
use std::iter;

use crate::store::codec::{Bad, Instant, bad};
use crate::store::list::NewList;

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

/// A record that is not as it was.
pub(super) enum Change<'a> {
    /// Was not there.
    New(Item<'a>),
    /// Was there with another body.
    Changed { before: Item<'a>, now: Item<'a> },
    /// Is there no more.
    Left(Item<'a>),
}

impl<'a> Change<'a> {
    pub(super) fn entry(&self) -> Entry<'a> {
        match self {
            Self::New(now) | Self::Changed { now, .. } => Entry::Put(*now),
            Self::Left(before) => Entry::Left(before.key),
        }
    }
}

/// The new list with the times of the old one, and what changed; both sorted by key.
pub(super) fn changes<'a>(
    old: &[Item<'a>],
    list: &'a NewList,
    taken: Instant,
) -> (Vec<Item<'a>>, Vec<Change<'a>>) {
    let mut items = Vec::with_capacity(list.iter().len());
    let mut changes = Vec::new();
    let mut old = old.iter().copied().peekable();
    for (key, body) in list.iter() {
        while let Some(gone) = old.next_if(|o| o.key < key) {
            changes.push(Change::Left(gone));
        }
        let before = old.next_if(|o| o.key == key);
        let now = Item { key, body, seen: before.map_or(taken, |b| b.seen) };
        match before {
            None => changes.push(Change::New(now)),
            Some(b) if b.body != body => changes.push(Change::Changed { before: b, now }),
            Some(_) => {}
        }
        items.push(now);
    }
    changes.extend(old.map(Change::Left));
    (items, changes)
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

/// The sum of a list that was `before` and changed so.
pub(super) fn sum_after(before: u64, changes: &[Change<'_>]) -> u64 {
    changes.iter().fold(before, |sum, change| match change {
        Change::New(now) => sum.wrapping_add(share(now)),
        Change::Changed { before, now } => sum.wrapping_sub(share(before)).wrapping_add(share(now)),
        Change::Left(before) => sum.wrapping_sub(share(before)),
    })
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
