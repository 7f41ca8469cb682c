//! A sorted list of records about to be stored: a snapshot, or the findings of a run.
//!
//! Of each it has the key and the fingerprint; bytes are made where they are needed: of what is
//! new, and of a list that is stored whole. Must not do: know where a list is stored. Input order
//! leaves no trace.

mod bodies;

use std::borrow::Cow;
use std::ops::Range;
use std::sync::Arc;

use bodies::Bodies;

use crate::domain::{AcsDevice, ProviderRecord, Untrusted};
use crate::engine::{Cause, Finding};
use crate::store::codec::columns::{Cell, Cells, Columns, Packer, Tight};
use crate::store::codec::device::{
    ACS_COLUMNS, AcsRow, Keep, PROVIDER_COLUMNS, ProviderRow, Sealed, acs_cells, provider_cells,
};
use crate::store::codec::finding::{FINDING_COLUMNS, FindingRow, Front, put_cells};
use crate::store::codec::fingerprint::{Fed, Fingerprint};
use crate::store::codec::{Bad, bad, from_postcard, to_postcard_after};
use crate::store::twin::at_once;

/// Something that lists are made of.
pub(super) trait Record: Sized + Sync {
    /// How many columns hold what changes with every look.
    const COLUMNS: usize;
    /// Has each one cell in each of them?
    const EVEN: bool;

    /// The key, without the ordinal that tells equal keys apart.
    fn key(&self, out: &mut Vec<u8>);

    /// The fingerprint of the part that seldom changes, and of whatever the key is made of; `fed`
    /// is room for the work. Where it is made of that part's bytes, `bodies` takes them.
    fn print(&self, keep: &Keep, fed: &mut Fed, bodies: &mut Bodies) -> Result<Fingerprint, Bad>;

    /// The part that seldom changes, added to `out`.
    fn encode(&self, keep: &Keep, out: Vec<u8>) -> Result<Vec<u8>, Bad>;

    /// Adds the part that changes with every look; `place` is where the record stood.
    fn cells(&self, place: usize, columns: &mut Columns);

    /// Reads both parts.
    fn decode(body: &[u8], cells: &mut Cells) -> Result<Self, Bad>;
}

fn add<const N: usize>(cells: [Cell; N], columns: &mut Columns) {
    for (column, cell) in columns.iter_mut().zip(cells) {
        column.push(cell.into());
    }
}

impl Record for AcsDevice {
    const COLUMNS: usize = ACS_COLUMNS;
    const EVEN: bool = true;

    fn key(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(self.id.raw().as_bytes());
    }

    fn print(&self, keep: &Keep, fed: &mut Fed, _: &mut Bodies) -> Result<Fingerprint, Bad> {
        Ok(keep.print_acs(self, fed))
    }

    fn encode(&self, keep: &Keep, out: Vec<u8>) -> Result<Vec<u8>, Bad> {
        to_postcard_after(&AcsRow::of(self, keep), out)
    }

    fn cells(&self, _place: usize, columns: &mut Columns) {
        add(acs_cells(self), columns);
    }

    fn decode(body: &[u8], cells: &mut Cells) -> Result<Self, Bad> {
        from_postcard::<AcsRow<'_>>(body)?.device(cells, 0)
    }
}

impl AcsDevice {
    /// The id of the device that has this key.
    pub(super) fn id_of_key(key: &[u8]) -> Result<Untrusted, Bad> {
        let id = std::str::from_utf8(without_ordinal(key));
        id.map(Untrusted::new).map_err(|_| bad("a device's id that is no text"))
    }
}

impl Record for ProviderRecord {
    const COLUMNS: usize = PROVIDER_COLUMNS;
    const EVEN: bool = true;

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

    fn print(&self, keep: &Keep, fed: &mut Fed, _: &mut Bodies) -> Result<Fingerprint, Bad> {
        Ok(keep.print_provider(self, fed))
    }

    fn encode(&self, keep: &Keep, out: Vec<u8>) -> Result<Vec<u8>, Bad> {
        let out = to_postcard_after(&ProviderRow::of(self, keep), out)?;
        match Sealed::of(self, keep) {
            Some(sealed) => to_postcard_after(&sealed, out),
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
    const EVEN: bool = false;

    /// Near the report's order, so that places pack to nearly nothing.
    fn key(&self, out: &mut Vec<u8>) {
        let cause = Cause::ALL.iter().position(|c| *c == self.cause).unwrap_or_default();
        out.push(u8::try_from(cause).unwrap_or(u8::MAX));
        if let Some(key) = self.keys.first() {
            out.extend_from_slice(key.text().as_bytes());
        }
        out.push(0);
        out.extend_from_slice(self.id.as_bytes());
    }

    /// Of its bytes: a report has far fewer findings than there are records.
    fn print(&self, keep: &Keep, _: &mut Fed, bodies: &mut Bodies) -> Result<Fingerprint, Bad> {
        bodies.print(|out| self.encode(keep, out))
    }

    fn encode(&self, keep: &Keep, out: Vec<u8>) -> Result<Vec<u8>, Bad> {
        to_postcard_after(&FindingRow::of(self, keep), out)
    }

    fn cells(&self, place: usize, columns: &mut Columns) {
        put_cells(self, place, columns);
    }

    fn decode(_: &[u8], _: &mut Cells) -> Result<Self, Bad> {
        Err(bad("a finding is read with its place"))
    }
}

/// Bytes after the raw key that tell records with equal keys apart.
const ORDINAL_BYTES: usize = 4;

/// Is it one of several records with this key, and not the first?
pub(super) fn has_ordinal(key: &[u8]) -> bool {
    key.split_last_chunk::<ORDINAL_BYTES>().is_some_and(|(_, ordinal)| *ordinal != [0; _])
}

/// A key without its ordinal.
pub(super) fn without_ordinal(key: &[u8]) -> &[u8] {
    key.split_last_chunk::<ORDINAL_BYTES>().map_or(key, |(raw, _)| raw)
}

/// What is asked of some records of a list, in the order in which they came: each is looked at
/// once, while it is near.
pub(super) struct Piece {
    keys: Vec<u8>,
    spans: Vec<Span>,
    unsorted: Unsorted,
}

/// What else was made of a piece, in the order in which its records came, the first of which stood
/// there.
struct Unsorted {
    first: usize,
    /// Where every record has one cell in each; else they are asked for when they are packed.
    columns: Columns,
    /// Where a fingerprint is of these.
    bodies: Bodies,
}

/// A record of a list, and where its key lies: in which piece, and from where to where in it.
#[derive(Clone, Copy)]
struct Span {
    /// Eight bytes of the key as a number: what sorting looks at, and not at the bytes themselves.
    head: u64,
    print: Fingerprint,
    piece: u16,
    key: u32,
    end: u32,
    place: u32,
    /// Has another record the same key, but for the ordinal?
    double: bool,
}

impl Piece {
    /// Of records the first of which stands at `first` in the list.
    pub(super) fn of<R: Record>(records: &[R], first: usize, keep: &Keep) -> Result<Self, Bad> {
        let mut piece = Self::starting_at::<R>(first, records.len());
        piece.take(records, keep, &mut Fed::default())?;
        Ok(piece)
    }

    /// Without a record, and with room for so many; the first will stand at `first` in the list.
    pub(super) fn starting_at<R: Record>(first: usize, records: usize) -> Self {
        let (columns, bodies) = (room::<R>(records), Bodies::default());
        Self {
            keys: Vec::with_capacity(records * 32),
            spans: Vec::with_capacity(records),
            unsorted: Unsorted { first, columns, bodies },
        }
    }

    /// Takes the next records; `fed` is room for the work.
    pub(super) fn take<R: Record>(
        &mut self,
        records: &[R],
        keep: &Keep,
        fed: &mut Fed,
    ) -> Result<(), Bad> {
        let (next, keys) = (self.unsorted.first + self.spans.len(), &mut self.keys);
        for (place, record) in (next..).zip(records) {
            let key = keys.len();
            record.key(keys);
            keys.extend_from_slice(&[0; ORDINAL_BYTES]);
            let Unsorted { columns, bodies, .. } = &mut self.unsorted;
            let print = record.print(keep, fed, bodies)?;
            if R::EVEN {
                record.cells(place, columns);
            }
            let (head, end) = (beginning(&keys[key..]), keys.len());
            let [key, end, place] = [small(key)?, small(end)?, small(place)?];
            self.spans.push(Span { head, print, piece: 0, key, end, place, double: false });
        }
        Ok(())
    }
}

/// Columns with room for so many cells each.
fn room<R: Record>(cells: usize) -> Columns {
    (0..R::COLUMNS).map(|_| Vec::with_capacity(cells)).collect()
}

pub(super) fn small(n: usize) -> Result<u32, Bad> {
    u32::try_from(n).map_err(|_| bad("a list of more than 4 thousand million bytes or records"))
}

/// A sorted list without its records: it is kept while these go elsewhere.
pub(super) struct Sorted {
    keep: Arc<Keep>,
    pieces: Vec<Vec<u8>>,
    spans: Vec<Span>,
    unsorted: Vec<Unsorted>,
}

/// A list about to be stored, sorted by key.
pub(super) struct NewList<'r, R> {
    records: &'r [R],
    keep: Arc<Keep>,
    pieces: Vec<Vec<u8>>,
    spans: Vec<Span>,
    /// What else was made of each piece.
    unsorted: Vec<Unsorted>,
}

impl<'r, R: Record> NewList<'r, R> {
    /// Takes fingerprints, half of them on each of two threads, and sorts.
    pub(super) fn of(records: &'r [R], keep: &Arc<Keep>) -> Result<Self, Bad> {
        let half = records.len() / 2;
        let (one, other) = at_once(
            || Piece::of(&records[..half], 0, keep),
            || Piece::of(&records[half..], half, keep),
        )?;
        Self::joined(records, vec![one, other], keep)
    }

    /// Sorts pieces, which together are of `records`.
    pub(super) fn joined(
        records: &'r [R],
        pieces: Vec<Piece>,
        keep: &Arc<Keep>,
    ) -> Result<Self, Bad> {
        let mut spans: Vec<Span> = Vec::new();
        let mut unsorted = Vec::with_capacity(pieces.len());
        let mut keys = Vec::with_capacity(pieces.len());
        for (number, piece) in (0..).zip(pieces) {
            if number == 0 {
                // Of a side all there are: they stay where they are.
                spans = piece.spans;
            } else {
                spans.extend(piece.spans.iter().map(|span| Span { piece: number, ..*span }));
            }
            unsorted.push(piece.unsorted);
            keys.push(piece.keys);
        }
        if spans.len() != records.len() {
            return Err(bad("fingerprints of another list"));
        }
        let keep = Arc::clone(keep);
        let mut list = Self { records, keep, pieces: keys, spans: Vec::new(), unsorted };
        let mut equals = Vec::new();
        list.sort(&mut spans, 0, 0, &mut equals);
        list.spans = spans;
        list.number(equals)?;
        Ok(list)
    }

    /// All of it but the records.
    pub(super) fn apart(self) -> Sorted {
        let Self { keep, pieces, spans, unsorted, .. } = self;
        Sorted { keep, pieces, spans, unsorted }
    }

    /// A list that was [`Self::apart`] from these records.
    pub(super) fn again(records: &'r [R], sorted: Sorted) -> Result<Self, Bad> {
        let Sorted { keep, pieces, spans, unsorted } = sorted;
        if spans.len() != records.len() {
            return Err(bad("fingerprints of another list"));
        }
        Ok(Self { records, keep, pieces, spans, unsorted })
    }

    /// Packs what changes with every look, in the list's order.
    pub(super) fn pack_columns(&self) -> Result<Vec<u8>, Bad> {
        let mut packer = Packer::new(R::COLUMNS)?;
        if R::EVEN {
            // To sort them before would take as much room again.
            for at in 0..R::COLUMNS {
                packer.add(self.spans.iter().map(|span| {
                    let Unsorted { first, columns, .. } = &self.unsorted[span.piece as usize];
                    columns[at][span.place as usize - first]
                }))?;
            }
        } else {
            let mut columns = room::<R>(self.spans.len());
            for span in &self.spans {
                let place = span.place as usize;
                self.records[place].cells(place, &mut columns);
            }
            columns.into_iter().try_for_each(|column| packer.add(column.into_iter()))?;
        }
        packer.packed()
    }

    /// Sorts spans by key, of which `head` holds what begins at `from`, and notes which have one
    /// key; the first span is the `first` of all. Keys lie apart, and begin alike for long: each is
    /// looked at once for its next eight bytes, and not for every comparison.
    fn sort(&self, spans: &mut [Span], from: usize, first: usize, equals: &mut Vec<Range<usize>>) {
        if spans.len() <= FEW || from >= DEEP {
            spans.sort_by(|a, b| self.key_of(a).cmp(self.key_of(b)));
            let mut at = first;
            for run in spans.chunk_by(|a, b| self.key_of(a) == self.key_of(b)) {
                if run.len() > 1 {
                    equals.push(at..at + run.len());
                }
                at += run.len();
            }
            return;
        }
        if spans.len() > MANY {
            radsort::sort_by_key(spans, |span| span.head);
        } else {
            spans.sort_unstable_by_key(|span| span.head);
        }
        let mut at = first;
        for run in spans.chunk_by_mut(|a, b| a.head == b.head) {
            if run.len() > 1 {
                for span in &mut *run {
                    let rest = self.key_of(span).get(from + HEAD_BYTES..);
                    span.head = beginning(rest.unwrap_or_default());
                }
                self.sort(run, from + HEAD_BYTES, at, equals);
            }
            at += run.len();
        }
    }

    /// Numbers records with equal keys, in the order of their content.
    fn number(&mut self, equals: Vec<Range<usize>>) -> Result<(), Bad> {
        if equals.is_empty() {
            return Ok(());
        }
        let ends: Vec<usize> = equals.iter().map(|range| range.end).collect();
        for range in equals {
            self.sort_equals(range.clone());
            for (ordinal, j) in range.skip(1).enumerate() {
                let ordinal = u32::try_from(ordinal + 1).map_err(|_| bad("too many equal keys"))?;
                let Span { piece, end, .. } = self.spans[j];
                let ends = end as usize;
                self.pieces[piece as usize][ends - ORDINAL_BYTES..ends]
                    .copy_from_slice(&ordinal.to_be_bytes());
            }
        }
        // A number may lie beyond what a longer key goes on with.
        let in_order = |end: usize| end == self.spans.len() || self.key(end - 1) < self.key(end);
        if !ends.into_iter().all(in_order) {
            let mut spans = std::mem::take(&mut self.spans);
            spans.sort_by(|a, b| self.key_of(a).cmp(self.key_of(b)));
            self.spans = spans;
        }
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
    pub(super) fn body(&self, i: usize) -> Result<Cow<'_, [u8]>, Bad> {
        let (place, piece) = (self.place(i), self.spans[i].piece);
        let Unsorted { first, bodies, .. } = &self.unsorted[piece as usize];
        match bodies.get(place - first) {
            Some(body) => Ok(Cow::Borrowed(body)),
            None => self.records[place].encode(&self.keep, Vec::with_capacity(256)).map(Cow::Owned),
        }
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
    /// What one begins with as it is stored, before it is.
    pub(super) fn front(&self, i: usize) -> Front<'_> {
        Front::of(&self.records[self.place(i)])
    }
}

/// So many bytes of a key are looked at at a time.
pub(super) const HEAD_BYTES: usize = 8;
/// So few spans are sorted by their keys at once.
const FEW: usize = 8;
/// More spans than this are sorted digit by digit, which takes tables of its own.
const MANY: usize = 4096;
/// Keys that are alike for so many bytes nearly always are alike.
const DEEP: usize = 64;

/// The first bytes of a key, which sort as the key does.
pub(super) fn beginning(key: &[u8]) -> u64 {
    if let Some(first) = key.first_chunk::<HEAD_BYTES>() {
        return u64::from_be_bytes(*first);
    }
    let mut first = [0; HEAD_BYTES];
    first.iter_mut().zip(key).for_each(|(f, k)| *f = *k);
    u64::from_be_bytes(first)
}

/// A record's own cells, for telling apart what is otherwise equal.
fn alone<R: Record>(record: &R) -> Vec<Cell> {
    let mut columns = room::<R>(1);
    record.cells(0, &mut columns);
    columns.into_iter().flatten().map(Tight::cell).collect()
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;

    use super::bodies::BODIES_MOST;
    use super::*;
    use crate::engine::Ignored;
    use crate::engine::testing::finding;

    fn entry(id: Option<&str>, login: &str, at: i64) -> ProviderRecord {
        ProviderRecord {
            device_id: id.map(Untrusted::new),
            login: Some(Untrusted::new(login)),
            last_online: jiff::Timestamp::from_second(at).ok(),
            ..ProviderRecord::default()
        }
    }

    proptest::proptest! {
        /// By whole keys, each once, whatever they begin with and however often.
        #[test]
        fn a_list_is_sorted_by_its_keys(
            ids in vec("[ab\\x00]{0,3}|(same-first-bytes){0,5}[a-c]?", 0..200),
        ) {
            let keep = Arc::new(Keep::nothing());
            let records: Vec<_> = ids.iter().map(|id| entry(Some(id), id, 0)).collect();
            let list = NewList::of(&records, &keep).unwrap();
            let keys: Vec<_> = (0..list.len()).map(|at| list.key(at)).collect();
            proptest::prop_assert!(keys.is_sorted_by(|a, b| a < b));
            let mut ids: Vec<_> = ids.iter().map(|id| format!("d{id}").into_bytes()).collect();
            ids.sort();
            let mut raw: Vec<_> = keys.iter().map(|key| without_ordinal(key).to_vec()).collect();
            raw.sort();
            proptest::prop_assert_eq!(raw, ids.clone());
            for at in 0..list.len() {
                let raw = without_ordinal(list.key(at));
                let times = ids.iter().filter(|id| *id == raw).count();
                proptest::prop_assert_eq!(list.is_alone(at), times == 1);
            }
        }
    }

    /// Of the first ones they are kept, and made again of those for which there was no room.
    #[test]
    fn the_bytes_of_a_finding_are_those_of_its_fingerprint() {
        let keep = Arc::new(Keep::nothing());
        let reason = |bytes| Some(Ignored { reason: "x".repeat(bytes), until: None });
        let lengths = [7, BODIES_MOST / 2, BODIES_MOST, 9, 8];
        let found = |n| finding(n, Cause::NeverSeen, None, None);
        let findings = (0..).zip(lengths);
        let findings = findings.map(|(n, bytes)| Finding { ignored: reason(bytes), ..found(n) });
        let findings: Vec<Finding> = findings.collect();
        let piece = Piece::of(&findings, 0, &keep).unwrap();
        assert_eq!(piece.unsorted.bodies.count(), 2);
        let list = NewList::joined(&findings, vec![piece], &keep).unwrap();
        for at in 0..list.len() {
            let body = list.body(at).unwrap();
            assert_eq!(Fingerprint::of(&body), list.print(at));
            assert_eq!(*body, findings[list.place(at)].encode(&keep, Vec::new()).unwrap());
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
            (0..list.len())
                .map(|i| (list.key(i).to_vec(), list.print(i), list.body(i).map(Cow::into_owned)))
                .collect()
        };
        let (told_first, columns) = (told(&first), first.pack_columns());
        assert!(told_first.is_sorted_by(|a, b| a.0 < b.0), "no key twice");
        records.reverse();
        let second = NewList::of(&records, &keep).unwrap();
        assert_eq!((told_first, columns), (told(&second), second.pack_columns()));
    }
}

#[cfg(test)]
mod roundtrip;
