//! A list's pieces over its chain, newest first: what is searched of them, and which entries a
//! newer link has replaced.
//!
//! Must not do: decode an entry that nobody asks for.

use std::collections::HashMap;
use std::ops::Range;

use jiff::Timestamp;

use crate::store::codec::{Bad, Unpacker, bad, unpack};
use crate::store::entries::{Entry, bytes_of, entries_of};
use crate::store::error::StoreError;
use crate::store::rows::Rows;
use crate::store::search::piece::Piece;
use crate::store::series::{self, Lists, Series};
use crate::store::tables::{ENTRIES, SEARCH};

/// Where an entry is: which piece of a list, which line of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Spot {
    pub part: usize,
    pub line: usize,
}

/// A piece and where its entries are.
pub(super) struct Part {
    pub piece: Piece,
    /// The list, and which of its pieces.
    key: Vec<u8>,
    /// How many links of the chain are newer.
    age: usize,
}

impl Part {
    /// Its entries; `None` where its list is gone since.
    fn unpacked(&self, rows: &impl Rows) -> Result<Option<Vec<u8>>, StoreError> {
        rows.look(ENTRIES, &self.key, unpack)
    }

    /// Shows the bytes of some of its entries, each with its line; none where its list is gone
    /// since. `room` is for all of them.
    pub(super) fn lines(
        &self,
        rows: &impl Rows,
        lines: &[usize],
        (unpacker, room): (&mut Unpacker, &mut Vec<u8>),
        mut show: impl FnMut(usize, &[u8]),
    ) -> Result<(), StoreError> {
        if rows.look(ENTRIES, &self.key, |packed| unpacker.unpack(packed, room))?.is_none() {
            return Ok(());
        }
        for (line, bytes) in rows.believe(bytes_of(room, lines))? {
            show(line, bytes);
        }
        Ok(())
    }
}

/// The pieces of a list.
pub(super) struct Links {
    series: Series,
    /// The list, and those that it hangs on.
    lists: Lists,
    /// When the list was read.
    pub taken: Timestamp,
    pub parts: Vec<Part>,
    /// Entries of links that something older may have been replaced by: by their keys' checksums.
    newer: HashMap<u32, Vec<Spot>>,
}

/// What was unpacked for one answer.
#[derive(Default)]
pub(super) struct Unpacked {
    /// Entries that are about to be shown, unpacked ahead: a piece is a thousand times as long, and
    /// to keep it costs more than to unpack it.
    entries: HashMap<Spot, Vec<u8>>,
    /// Pieces of which others were asked for.
    pieces: HashMap<usize, Vec<u8>>,
}

impl Unpacked {
    /// Is an entry at hand already?
    pub(super) fn has(&self, spot: Spot) -> bool {
        self.entries.contains_key(&spot) || self.pieces.contains_key(&spot.part)
    }

    /// Keeps an entry that was unpacked ahead.
    pub(super) fn put(&mut self, spot: Spot, bytes: Vec<u8>) {
        self.entries.insert(spot, bytes);
    }
}

/// What becomes of a piece's text once somebody was shown it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum TextIs {
    /// It is looked through again and again.
    Kept,
    /// Nobody looks at it again: its room is for the next.
    Done,
}

/// The pieces of a list, none of which is read yet.
pub(super) struct Chain {
    pub series: Series,
    lists: Lists,
    taken: Timestamp,
    /// Each with the number of links that are newer.
    pieces: Vec<(usize, Vec<u8>)>,
    /// So many are newer than the whole list at the chain's end.
    links: usize,
}

impl Chain {
    pub(super) fn of(
        rows: &impl Rows,
        series: Series,
        seq: u64,
        taken: Timestamp,
    ) -> Result<Self, StoreError> {
        let lists = series::links(rows, series, seq)?;
        let lists = lists.ok_or_else(|| rows.damaged("a list that is named is not there"))?;
        let keys = lists.iter().map(|(seq, head)| series::pieces(series, *seq, head));
        let aged = keys.enumerate().flat_map(|(age, keys)| keys.map(move |key| (age, key)));
        let (pieces, links) = (aged.collect(), lists.len().saturating_sub(1));
        Ok(Self { series, lists, taken, pieces, links })
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.pieces.len()
    }

    /// Reads some of them, and shows each with its number.
    pub(super) fn read(
        &self,
        rows: &impl Rows,
        numbers: Range<usize>,
        mut show: impl FnMut(usize, &Piece) -> TextIs,
    ) -> Result<Vec<Part>, StoreError> {
        let mut unpacker = rows.believe(Unpacker::new())?;
        let mut room = Vec::new();
        let mut parts = Vec::with_capacity(numbers.len());
        for number in numbers {
            let (age, key) = &self.pieces[number];
            let text = std::mem::take(&mut room);
            let mut piece = piece(rows, self.series, key, (&mut unpacker, text))?;
            if show(number, &piece) == TextIs::Done {
                room = std::mem::take(&mut piece.text);
            }
            parts.push(Part { piece, key: key.clone(), age: *age });
        }
        Ok(parts)
    }

    /// All of them, once they are read.
    pub(super) fn linked(self, parts: Vec<Part>) -> Links {
        let mut newer: HashMap<u32, Vec<Spot>> = HashMap::new();
        for (number, part) in parts.iter().enumerate().filter(|(_, p)| p.age < self.links) {
            for (line, key) in part.piece.keys.iter().enumerate() {
                newer.entry(*key).or_default().push(Spot { part: number, line });
            }
        }
        let Self { series, lists, taken, .. } = self;
        Links { series, lists, taken, parts, newer }
    }
}

impl Links {
    /// Are the lists still there, as they were?
    pub(super) fn are_still_there(&self, rows: &impl Rows) -> Result<bool, StoreError> {
        series::are_as_they_were(rows, self.series, &self.lists)
    }

    /// Has a newer link another word on the entry at this place?
    pub(super) fn is_replaced(
        &self,
        rows: &impl Rows,
        unpacked: &mut Unpacked,
        spot: Spot,
    ) -> Result<bool, StoreError> {
        let Some(part) = self.parts.get(spot.part) else { return Ok(true) };
        let sum = part.piece.keys.get(spot.line);
        let alike = sum.and_then(|sum| self.newer.get(sum)).into_iter().flatten();
        let newer = alike.filter(|at| self.parts.get(at.part).is_some_and(|p| p.age < part.age));
        for other in newer {
            // Two keys may have one checksum.
            let key = self.entry(rows, unpacked, *other)?.map(|e| e.key().to_vec());
            if self.entry(rows, unpacked, spot)?.map(|e| e.key().to_vec()) == key {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// The entry at a place; `None` where its list is gone since.
    pub(super) fn entry<'u>(
        &self,
        rows: &impl Rows,
        unpacked: &'u mut Unpacked,
        spot: Spot,
    ) -> Result<Option<Entry<'u>>, StoreError> {
        let Some(part) = self.parts.get(spot.part) else { return Ok(None) };
        if let Some(bytes) = unpacked.entries.get(&spot) {
            return rows.believe(nth_entry(bytes, 0)).map(Some);
        }
        let raw = match unpacked.pieces.entry(spot.part) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                let Some(raw) = part.unpacked(rows)? else { return Ok(None) };
                place.insert(raw)
            }
        };
        rows.believe(nth_entry(raw, spot.line)).map(Some)
    }

    pub(super) fn bytes(&self) -> usize {
        let of = |p: &Piece| p.text.len() + 4 * p.keys.len() + 8 * (p.marks.len() + p.seals.len());
        self.parts.iter().map(|part| of(&part.piece)).sum::<usize>() + 24 * self.newer.len()
    }
}

fn nth_entry(raw: &[u8], line: usize) -> Result<Entry<'_>, Bad> {
    entries_of(raw).nth(line).unwrap_or_else(|| Err(bad("a line without its entry")))
}

/// What is searched of a piece; made again where an older version stored none.
fn piece(
    rows: &impl Rows,
    series: Series,
    key: &[u8],
    (unpacker, text): (&mut Unpacker, Vec<u8>),
) -> Result<Piece, StoreError> {
    if let Some(piece) = rows.look(SEARCH, key, |stored| Piece::decode(stored, unpacker, text))? {
        return Ok(piece);
    }
    let Some(packed) = rows.get(ENTRIES, key)? else {
        return Err(rows.damaged("entries of a list are missing"));
    };
    rows.believe(unpack(&packed).and_then(|raw| Piece::of(series, &raw)))
}
