//! A sorted list of records about to be stored: a snapshot, or the findings of a run.
//!
//! Of each it has the key and the fingerprint; bytes are made where they are needed: of what is
//! new, and of a list that is stored whole. Must not do: know where a list is stored. Input order
//! leaves no trace.

use std::collections::HashSet;
use std::ops::Range;
use std::sync::Arc;

use crate::domain::{AcsDevice, ProviderRecord, Untrusted};
use crate::engine::{Cause, Finding};
use crate::store::codec::columns::{Cell, Cells, Columns};
use crate::store::codec::device::{
    ACS_COLUMNS, AcsRow, Keep, PROVIDER_COLUMNS, ProviderRow, Sealed, acs_cells, provider_cells,
};
use crate::store::codec::finding::{FINDING_COLUMNS, FindingRow, put_cells};
use crate::store::codec::fingerprint::{Fed, Fingerprint};
use crate::store::codec::{Bad, bad, from_postcard};

/// Something that lists are made of.
pub(super) trait Record: Sized {
    /// How many columns hold what changes with every look.
    const COLUMNS: usize;

    /// The key, without the ordinal that tells equal keys apart.
    fn key(&self, out: &mut Vec<u8>);

    /// The fingerprint of the part that seldom changes; `fed` is room for the work.
    fn print(&self, keep: &Keep, fed: &mut Fed) -> Result<Fingerprint, Bad>;

    /// The part that seldom changes, added to `out`.
    fn encode(&self, keep: &Keep, out: Vec<u8>) -> Result<Vec<u8>, Bad>;

    /// Adds the part that changes with every look; `place` is where the record stood.
    fn cells(&self, place: usize, columns: &mut Columns);

    /// Reads both parts.
    fn decode(body: &[u8], cells: &mut Cells) -> Result<Self, Bad>;
}

fn extend<T: serde::Serialize>(row: &T, out: Vec<u8>) -> Result<Vec<u8>, Bad> {
    postcard::to_extend(row, out).map_err(|e| bad(format!("encoding: {e}")))
}

fn add<const N: usize>(cells: [Cell; N], columns: &mut Columns) {
    for (column, cell) in columns.iter_mut().zip(cells) {
        column.push(cell);
    }
}

impl Record for AcsDevice {
    const COLUMNS: usize = ACS_COLUMNS;

    fn key(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.id.raw().as_bytes());
    }

    fn print(&self, keep: &Keep, fed: &mut Fed) -> Result<Fingerprint, Bad> {
        Ok(keep.print_acs(self, fed))
    }

    fn encode(&self, keep: &Keep, out: Vec<u8>) -> Result<Vec<u8>, Bad> {
        extend(&AcsRow::of(self, keep), out)
    }

    fn cells(&self, _place: usize, columns: &mut Columns) {
        add(acs_cells(self), columns);
    }

    fn decode(body: &[u8], cells: &mut Cells) -> Result<Self, Bad> {
        from_postcard::<AcsRow<'_>>(body)?.device(cells, 0)
    }
}

impl Record for ProviderRecord {
    const COLUMNS: usize = PROVIDER_COLUMNS;

    /// The entry's id; else the login's; else what the row has.
    fn key(&self, out: &mut Vec<u8>) {
        let fields: [(&str, Option<&Untrusted>); 5] = [
            ("d", self.device_id.as_ref()),
            ("l", self.login_id.as_ref()),
            ("s", self.serial.as_ref()),
            ("m", self.mac.as_ref()),
            ("n", self.login.as_ref()),
        ];
        let first = fields.into_iter().find_map(|(tag, v)| v.map(|v| (tag, v.raw())));
        let (tag, value) = first.unwrap_or_default();
        out.extend_from_slice(tag.as_bytes());
        out.extend_from_slice(value.as_bytes());
    }

    fn print(&self, keep: &Keep, fed: &mut Fed) -> Result<Fingerprint, Bad> {
        Ok(keep.print_provider(self, fed))
    }

    fn encode(&self, keep: &Keep, out: Vec<u8>) -> Result<Vec<u8>, Bad> {
        let out = extend(&ProviderRow::of(self, keep), out)?;
        match Sealed::of(self, keep) {
            Some(sealed) => extend(&sealed, out),
            None => Ok(out),
        }
    }

    fn cells(&self, _place: usize, columns: &mut Columns) {
        add(provider_cells(self), columns);
    }

    fn decode(body: &[u8], cells: &mut Cells) -> Result<Self, Bad> {
        ProviderRow::with_seals(body)?.0.record(cells, 0)
    }
}

/// Its place is its index.
impl Record for Finding {
    const COLUMNS: usize = FINDING_COLUMNS;

    /// Near the report's order, so that places pack to nearly nothing.
    fn key(&self, out: &mut Vec<u8>) {
        let cause = Cause::ALL.iter().position(|c| *c == self.cause).unwrap_or_default();
        out.push(u8::try_from(cause).unwrap_or(u8::MAX));
        if let Some(key) = self.keys.first() {
            out.extend_from_slice(key.to_string().as_bytes());
        }
        out.push(0);
        out.extend_from_slice(self.id.as_bytes());
    }

    /// Of its bytes: a report has far fewer findings than there are records.
    fn print(&self, keep: &Keep, _: &mut Fed) -> Result<Fingerprint, Bad> {
        Ok(Fingerprint::of(&self.encode(keep, Vec::with_capacity(512))?))
    }

    fn encode(&self, keep: &Keep, out: Vec<u8>) -> Result<Vec<u8>, Bad> {
        extend(&FindingRow::of(self, keep), out)
    }

    fn cells(&self, place: usize, columns: &mut Columns) {
        put_cells(self, place, columns);
    }

    fn decode(_: &[u8], _: &mut Cells) -> Result<Self, Bad> {
        Err(bad("a finding is read with its place"))
    }
}

/// A finding that is read, and its place in the report.
pub(super) struct Placed(pub usize, pub Finding);

impl Placed {
    pub(super) fn decode(body: &[u8], cells: &mut Cells) -> Result<Self, Bad> {
        let row: FindingRow<'_> = from_postcard(body)?;
        let place = usize::try_from(cells.number(0)?).map_err(|_| bad("a place below 0"))?;
        Ok(Self(place, row.finding(cells)?))
    }
}

/// Bytes after the raw key that tell records with equal keys apart.
const ORDINAL_BYTES: usize = 4;

/// The keys of a list, sorted, that several records share, without their ordinals.
pub(super) fn doubles<'a>(keys: impl Iterator<Item = &'a [u8]>) -> HashSet<&'a [u8]> {
    let another = keys.filter_map(|key| key.split_last_chunk::<ORDINAL_BYTES>());
    another.filter(|(_, ordinal)| **ordinal != [0; ORDINAL_BYTES]).map(|(raw, _)| raw).collect()
}

/// A key without its ordinal.
pub(super) fn without_ordinal(key: &[u8]) -> &[u8] {
    key.split_last_chunk::<ORDINAL_BYTES>().map_or(key, |(raw, _)| raw)
}

/// The keys and fingerprints of some records of a list, in the order in which they came.
pub(super) struct Piece {
    keys: Vec<u8>,
    spans: Vec<Span>,
}

/// A record of a list, and where its key lies: in which piece, and from where to where in it.
#[derive(Clone, Copy)]
struct Span {
    /// The key's first bytes as a number: most comparisons end here, without a look at the bytes.
    head: u64,
    print: Fingerprint,
    piece: u32,
    key: u32,
    end: u32,
    place: u32,
    /// Has another record the same key, but for the ordinal?
    double: bool,
}

impl Piece {
    /// Of records the first of which stands at `first` in the list.
    pub(super) fn of<R: Record>(records: &[R], first: usize, keep: &Keep) -> Result<Self, Bad> {
        let mut keys = Vec::with_capacity(records.len() * 32);
        let mut spans = Vec::with_capacity(records.len());
        let mut fed = Fed::default();
        for (place, record) in (first..).zip(records) {
            let key = keys.len();
            record.key(&mut keys);
            keys.extend_from_slice(&[0; ORDINAL_BYTES]);
            let print = record.print(keep, &mut fed)?;
            let (head, end) = (beginning(&keys[key..]), keys.len());
            let [key, end, place] = [small(key)?, small(end)?, small(place)?];
            spans.push(Span { head, print, piece: 0, key, end, place, double: false });
        }
        Ok(Self { keys, spans })
    }
}

fn small(n: usize) -> Result<u32, Bad> {
    u32::try_from(n).map_err(|_| bad("a list of more than 4 thousand million bytes or records"))
}

/// A list about to be stored, sorted by key.
pub(super) struct NewList<'r, R> {
    records: &'r [R],
    keep: Arc<Keep>,
    pieces: Vec<Vec<u8>>,
    spans: Vec<Span>,
    /// What changes with every look, in the list's order.
    pub columns: Columns,
}

impl<'r, R: Record> NewList<'r, R> {
    /// Takes fingerprints and sorts.
    pub(super) fn of(records: &'r [R], keep: &Arc<Keep>) -> Result<Self, Bad> {
        Self::joined(records, vec![Piece::of(records, 0, keep)?], keep)
    }

    /// Sorts pieces, which together are of `records`.
    pub(super) fn joined(
        records: &'r [R],
        pieces: Vec<Piece>,
        keep: &Arc<Keep>,
    ) -> Result<Self, Bad> {
        let mut spans = Vec::with_capacity(records.len());
        for (number, piece) in (0..).zip(&pieces) {
            spans.extend(piece.spans.iter().map(|span| Span { piece: number, ..*span }));
        }
        let pieces: Vec<Vec<u8>> = pieces.into_iter().map(|piece| piece.keys).collect();
        let columns = (0..R::COLUMNS).map(|_| Vec::with_capacity(records.len())).collect();
        let keep = Arc::clone(keep);
        let mut list = Self { records, keep, pieces, spans: Vec::new(), columns };
        spans.sort_by(|a, b| a.head.cmp(&b.head).then_with(|| list.key_of(a).cmp(list.key_of(b))));
        list.spans = spans;
        list.number_equals()?;
        for span in &list.spans {
            let place = span.place as usize;
            records[place].cells(place, &mut list.columns);
        }
        Ok(list)
    }

    /// Numbers records with equal keys, in the order of their content.
    fn number_equals(&mut self) -> Result<(), Bad> {
        let mut start = 0;
        for i in 1..=self.spans.len() {
            if i < self.spans.len() && self.key(i) == self.key(start) {
                continue;
            }
            if i - start > 1 {
                self.sort_equals(start..i);
            }
            for (ordinal, j) in (start + 1..i).enumerate() {
                let ordinal = u32::try_from(ordinal + 1).map_err(|_| bad("too many equal keys"))?;
                let Span { piece, end, .. } = self.spans[j];
                let ends = end as usize;
                self.pieces[piece as usize][ends - ORDINAL_BYTES..ends]
                    .copy_from_slice(&ordinal.to_be_bytes());
            }
            start = i;
        }
        let mut spans = std::mem::take(&mut self.spans);
        if !spans.is_sorted_by(|a, b| self.key_of(a) <= self.key_of(b)) {
            spans.sort_by(|a, b| self.key_of(a).cmp(self.key_of(b)));
        }
        self.spans = spans;
        Ok(())
    }

    /// Puts records with one key in an order that is the same whatever the input's.
    fn sort_equals(&mut self, equals: Range<usize>) {
        let (records, keep) = (self.records, &self.keep);
        let content = |span: &Span| {
            let record = &records[span.place as usize];
            (record.encode(keep, Vec::new()).ok(), alone(record), span.print)
        };
        let spans = &mut self.spans[equals];
        spans.sort_by_cached_key(content);
        for span in spans {
            span.double = true;
        }
    }

    fn key_of(&self, span: &Span) -> &[u8] {
        &self.pieces[span.piece as usize][span.key as usize..span.end as usize]
    }

    /// How many records.
    pub(super) fn len(&self) -> usize {
        self.spans.len()
    }

    /// The key of one.
    pub(super) fn key(&self, i: usize) -> &[u8] {
        self.key_of(&self.spans[i])
    }

    /// The fingerprint of one.
    pub(super) fn print(&self, i: usize) -> Fingerprint {
        self.spans[i].print
    }

    /// The bytes of one.
    pub(super) fn body(&self, i: usize) -> Result<Vec<u8>, Bad> {
        self.records[self.place(i)].encode(&self.keep, Vec::with_capacity(256))
    }

    /// Where one stood before it was sorted.
    pub(super) fn place(&self, i: usize) -> usize {
        self.spans[i].place as usize
    }

    /// Has no other one its key, but for the ordinal?
    pub(super) fn is_alone(&self, i: usize) -> bool {
        !self.spans[i].double
    }
}

impl NewList<'_, Finding> {
    /// One as it is stored, before it is.
    pub(super) fn row(&self, i: usize) -> FindingRow<'_> {
        FindingRow::of(&self.records[self.place(i)], &self.keep)
    }
}

/// The first 8 bytes of a key, which sort as the key does.
fn beginning(key: &[u8]) -> u64 {
    let mut first = [0; 8];
    first.iter_mut().zip(key).for_each(|(f, k)| *f = *k);
    u64::from_be_bytes(first)
}

/// A record's own cells, for telling apart what is otherwise equal.
fn alone<R: Record>(record: &R) -> Columns {
    let mut columns = vec![Vec::new(); R::COLUMNS];
    record.cells(0, &mut columns);
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(id: Option<&str>, login: &str, at: i64) -> ProviderRecord {
        ProviderRecord {
            device_id: id.map(Untrusted::new),
            login: Some(Untrusted::new(login)),
            last_online: jiff::Timestamp::from_second(at).ok(),
            ..ProviderRecord::default()
        }
    }

    #[test]
    fn equal_keys_are_told_apart_whatever_the_order() {
        let keep = Arc::new(Keep::nothing());
        let mut records = vec![
            entry(Some("1"), "b", 1),
            entry(Some("1"), "a", 2),
            entry(Some("1"), "a", 1),
            entry(Some("1\0"), "x", 1),
            entry(None, "a", 1),
            entry(None, "a", 1),
        ];
        let first = NewList::of(&records, &keep).unwrap();
        let told = |list: &NewList<'_, ProviderRecord>| -> Vec<_> {
            (0..list.len()).map(|i| (list.key(i).to_vec(), list.print(i), list.body(i))).collect()
        };
        let (told_first, columns) = (told(&first), first.columns.clone());
        assert!(told_first.is_sorted_by(|a, b| a.0 < b.0), "no key twice");
        records.reverse();
        let second = NewList::of(&records, &keep).unwrap();
        assert_eq!((told_first, columns), (told(&second), second.columns));
    }
}

#[cfg(test)]
mod roundtrip;
