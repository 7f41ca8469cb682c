//! A list's pieces over its chain, newest first: what is searched of them, and which entries a
//! newer link has replaced.
//!
//! Must not do: decode an entry that nobody asks for.

use std::collections::HashMap;

use jiff::Timestamp;

use crate::store::codec::{bad, unpack};
use crate::store::entries::{Entry, entries_of};
use crate::store::error::StoreError;
use crate::store::rows::Rows;
use crate::store::search::find::Spot;
use crate::store::search::piece::Piece;
use crate::store::series::{self, Series};
use crate::store::tables::{ENTRIES, SEARCH};

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
    pub(super) fn unpacked(&self, rows: &impl Rows) -> Result<Option<Vec<u8>>, StoreError> {
        rows.look(ENTRIES, &self.key, unpack)
    }
}

/// The pieces of a list.
pub(super) struct Links {
    /// When the list was read.
    pub taken: Timestamp,
    pub parts: Vec<Part>,
    /// Entries of links that something older may have been replaced by: by their keys' checksums.
    newer: HashMap<u32, Vec<Spot>>,
}

/// Entries of pieces that were unpacked for one answer.
#[derive(Default)]
pub(super) struct Unpacked(HashMap<usize, Vec<u8>>);

impl Unpacked {
    /// Keeps what was unpacked ahead.
    pub(super) fn put(&mut self, part: usize, raw: Vec<u8>) {
        self.0.insert(part, raw);
    }
}

impl Links {
    pub(super) fn read(
        rows: &impl Rows,
        series: Series,
        seq: u64,
        taken: Timestamp,
    ) -> Result<Self, StoreError> {
        let mut links = Self { taken, parts: Vec::new(), newer: HashMap::new() };
        let chain = series::chain(rows, series, seq)?;
        let whole = chain.len() - 1;
        for (age, keys) in chain.into_iter().enumerate() {
            for key in keys {
                let piece = piece(rows, series, &key)?;
                if age < whole {
                    links.note(&piece);
                }
                links.parts.push(Part { piece, key, age });
            }
        }
        Ok(links)
    }

    /// Remembers what a piece of a newer link, about to be added, replaces.
    fn note(&mut self, piece: &Piece) {
        let part = self.parts.len();
        for (line, key) in piece.keys.iter().enumerate() {
            self.newer.entry(*key).or_default().push(Spot { part, line });
        }
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
        let raw = match unpacked.0.entry(spot.part) {
            std::collections::hash_map::Entry::Occupied(known) => known.into_mut(),
            std::collections::hash_map::Entry::Vacant(place) => {
                let Some(raw) = part.unpacked(rows)? else { return Ok(None) };
                place.insert(raw)
            }
        };
        let entry = entries_of(raw).nth(spot.line);
        let entry = entry.unwrap_or_else(|| Err(bad("a line without its entry")));
        rows.believe(entry).map(Some)
    }

    pub(super) fn bytes(&self) -> usize {
        let of = |p: &Piece| p.text.len() + 4 * p.keys.len() + 8 * (p.marks.len() + p.seals.len());
        self.parts.iter().map(|part| of(&part.piece)).sum::<usize>() + 24 * self.newer.len()
    }
}

/// What is searched of a piece; made again where an older version stored none.
fn piece(rows: &impl Rows, series: Series, key: &[u8]) -> Result<Piece, StoreError> {
    if let Some(piece) = rows.look(SEARCH, key, Piece::decode)? {
        return Ok(piece);
    }
    let Some(packed) = rows.get(ENTRIES, key)? else {
        return Err(rows.damaged("entries of a list are missing"));
    };
    rows.believe(unpack(&packed).and_then(|raw| Piece::of(series, &raw)))
}
