//! A list on its way into the store: what is new in it, packed, and its head.
//!
//! Must not do: chain anything to a list that is no longer there, or no longer what it was.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use crate::store::codec::{Bad, Instant, pack, to_postcard};
use crate::store::entries::{Change, Differ, Difference};
use crate::store::error::StoreError;
use crate::store::list::{NewList, Record};
use crate::store::rows::{Edit, Rows};
use crate::store::search;
use crate::store::series::{Head, LINKS_MAX, Series, Walk, head, head_key, key, packed_columns};
use crate::store::tables::{COLUMNS, ENTRIES, HEADS, SEARCH};
use crate::store::twin::at_once;

/// Changes that are always fewer than a whole list is worth.
const CHANGES_FREE: u64 = 64;

/// Little is new where so many times as much were not more than the list, and those few.
const LITTLE: u64 = 8;

/// Who stores a list, and when.
#[derive(Clone)]
pub(in crate::store) struct Origin<'a> {
    pub seq: u64,
    pub run_id: &'a str,
    pub started: Instant,
    pub taken: Instant,
    pub complete: bool,
    pub meta: Vec<u8>,
}

/// A new list beside the one before it.
pub(in crate::store) struct Compared {
    before: Option<Base>,
    difference: Difference,
    /// How many records are to be stored: what is new, or all of them.
    stored: usize,
    /// Is so little new that it may be packed long before it is stored?
    is_little: bool,
    /// What is new, where it is packed already.
    packed: Option<Arc<Packed>>,
}

/// What tells a list from another of its number: numbers are used again once a backup was
/// restored.
#[derive(PartialEq, Eq)]
struct Base {
    seq: u64,
    run_id: String,
    sum: u64,
}

impl Base {
    fn of(seq: u64, head: &Head) -> Self {
        Self { seq, run_id: head.run_id.clone(), sum: head.sum }
    }
}

impl Compared {
    /// Was it compared with this list, and not with what another process has since put there?
    pub(in crate::store) fn is_beside(
        &self,
        rows: &impl Rows,
        series: Series,
        known: Option<u64>,
    ) -> Result<bool, StoreError> {
        let Some(seq) = known else { return Ok(self.before.is_none()) };
        let now = head(rows, series, seq)?.map(|head| Base::of(seq, &head));
        Ok(now == self.before)
    }

    /// About how many records are to be stored.
    pub(in crate::store) fn stored(&self) -> usize {
        self.stored
    }

    /// Packs what is new, before any lock is taken, where it is little: more would keep its room
    /// while other work needs room too. What can't be packed, by an error or a panic, fails again
    /// where it is recorded, and is told there: the answer is worth telling all the same.
    pub(in crate::store) fn pack<R: Record>(&mut self, series: Series, list: &NewList<'_, R>) {
        if !self.is_little || self.packed.is_some() {
            return;
        }
        let pack = || Packed::of(series, list, &self.difference, false);
        let packed = catch_unwind(AssertUnwindSafe(pack));
        self.packed = packed.ok().and_then(Result::ok).map(Arc::new);
        // Not to be tried, and told by a panic, twice before it is recorded.
        self.is_little = self.packed.is_some();
    }

    /// What is new as it is stored, or the whole list.
    fn packed<R: Record>(
        &self,
        series: Series,
        list: &NewList<'_, R>,
        whole: bool,
    ) -> Result<Arc<Packed>, Bad> {
        match &self.packed {
            Some(packed) if !whole => Ok(Arc::clone(packed)),
            _ => Packed::of(series, list, &self.difference, whole).map(Arc::new),
        }
    }
}

/// What is new in a list, or all of it, and its columns, as they are stored.
struct Packed {
    pieces: PackedPieces,
    columns: Vec<u8>,
}

impl Packed {
    fn of<R: Record>(
        series: Series,
        list: &NewList<'_, R>,
        difference: &Difference,
        whole: bool,
    ) -> Result<Self, Bad> {
        let (columns, pieces) = at_once(
            || list.pack_columns(),
            || PackedPieces::of(series, &difference.write(list, whole)?),
        )?;
        Ok(Self { pieces, columns })
    }
}

/// Finds what of `list` is new against `before`; `told` hears of each record.
pub(in crate::store) fn compare<R: Record>(
    rows: &impl Rows,
    list: &NewList<'_, R>,
    before: Option<&Walk>,
    taken: Instant,
    mut told: impl FnMut(&Change<'_>) -> Result<(), Bad>,
) -> Result<Compared, StoreError> {
    let sum = before.map_or(0, |b| b.head.sum);
    let mut differ = Differ::new(list, sum, taken);
    if let Some(before) = before {
        before.each(rows, |item, alone| differ.meet(item, alone, &mut told))?;
    }
    let difference = rows.believe(differ.end(&mut told))?;
    let is_link = |b: &Walk| Link::to((b.seq, &b.head), &difference, list.len()).is_some();
    let is_link = before.is_some_and(is_link);
    let news = difference.news.len();
    let is_little = is_link && news as u64 * LITTLE <= list.len() as u64 + CHANGES_FREE;
    let stored = if is_link { news } else { list.len() };
    let before = before.map(|b| Base::of(b.seq, &b.head));
    Ok(Compared { before, difference, stored, is_little, packed: None })
}

/// A list ready to be written.
pub(in crate::store) struct Prepared {
    series: Series,
    seq: u64,
    head: Head,
    packed: Arc<Packed>,
}

/// Packs what of a list is new, or all of it where that is worth more. The head of the one
/// before is read again: what it hangs on may have been forgotten since.
pub(in crate::store) fn prepare<R: Record>(
    rows: &impl Rows,
    series: Series,
    origin: Origin<'_>,
    list: &NewList<'_, R>,
    compared: &Compared,
) -> Result<Prepared, StoreError> {
    let difference = &compared.difference;
    let before = match &compared.before {
        Some(Base { seq, .. }) => head(rows, series, *seq)?.map(|head| (*seq, head)),
        None => None,
    };
    let before = before.as_ref().map(|(seq, head)| (*seq, head));
    let link = before.and_then(|before| Link::to(before, difference, list.len()));
    let packed = rows.believe(compared.packed(series, list, link.is_none()))?;
    let columns_of = same_columns(rows, series, before, &packed.columns)?;
    let head = Head {
        parent: link.as_ref().map(|l| l.parent),
        run_id: origin.run_id.to_owned(),
        started: origin.started,
        taken: origin.taken,
        complete: origin.complete,
        count: list.len() as u64,
        sum: difference.sum,
        blobs: packed.pieces.count(),
        links: link.as_ref().map_or(0, |l| l.links),
        changed: link.as_ref().map_or(0, |l| l.changed),
        columns_of,
        meta: origin.meta,
    };
    Ok(Prepared { series, seq: origin.seq, head, packed })
}

impl Prepared {
    /// Writes it, its head last.
    pub(in crate::store) fn write(&self, edit: &Edit) -> Result<(), StoreError> {
        let (series, seq) = (self.series, self.seq);
        let Packed { pieces, columns } = &*self.packed;
        pieces.write(edit, series, seq)?;
        if self.head.columns_of.is_none() {
            edit.put(COLUMNS, &key(series, seq, 0), columns)?;
        }
        edit.put(HEADS, &head_key(series, seq), &edit.believe(to_postcard(&self.head))?)
    }
}

/// A value has its pages of the file to itself, 4 KiB times a power of two: one of this many bytes
/// fills them, and one that is a little longer leaves half of them empty.
const FULL: usize = (64 << 10) - 256;
/// Of so many bytes a value is aimed at: not all of a list packs alike.
const AIM: usize = FULL / 32 * 31;
/// Bytes that are packed together at first, when it is not known yet what they pack to, and at
/// most: they are unpacked together too.
const RAW_FIRST: usize = 256 << 10;
const RAW_MOST: usize = 512 << 10;
/// So many bytes, or more, are packed by two.
const RAW_MUCH: usize = 1 << 20;

/// Pieces of entries as they are stored.
#[derive(Default)]
pub(super) struct PackedPieces {
    blobs: Vec<Vec<u8>>,
    /// What is searched of each.
    searched: Vec<Vec<u8>>,
}

impl PackedPieces {
    /// Half of what is much has a thread of its own.
    pub(super) fn of(series: Series, raw: &[Vec<u8>]) -> Result<Self, Bad> {
        if raw.iter().map(Vec::len).sum::<usize>() < RAW_MUCH {
            return Self::in_turn(series, raw);
        }
        let (one, other) = raw.split_at(raw.len() / 2);
        let (mut packed, rest) =
            at_once(|| Self::in_turn(series, one), || Self::in_turn(series, other))?;
        packed.blobs.extend(rest.blobs);
        packed.searched.extend(rest.searched);
        Ok(packed)
    }

    fn in_turn(series: Series, mut raw: &[Vec<u8>]) -> Result<Self, Bad> {
        let mut packed = Self::default();
        let mut room = RAW_FIRST;
        while !raw.is_empty() {
            let (pieces, together) = joined(raw, room);
            let blob = pack(&together)?;
            room = (together.len() * AIM / blob.len().max(1)).min(RAW_MOST);
            if blob.len() > FULL && pieces > 1 && room < together.len() {
                continue;
            }
            packed.blobs.push(blob);
            if search::is_searched(series) {
                packed.searched.push(search::stored(series, &together)?);
            }
            raw = &raw[pieces..];
        }
        Ok(packed)
    }

    /// How many.
    pub(super) fn count(&self) -> u32 {
        u32::try_from(self.blobs.len()).unwrap_or(u32::MAX)
    }

    pub(super) fn write(&self, edit: &Edit, series: Series, seq: u64) -> Result<(), StoreError> {
        for (table, blobs) in [(ENTRIES, &self.blobs), (SEARCH, &self.searched)] {
            let rows = (0..).zip(blobs).map(|(part, blob)| (key(series, seq, part), blob));
            edit.put_all(table, rows)?;
        }
        Ok(())
    }
}

/// As many pieces as have room together, but one at least; and how many they are.
fn joined(raw: &[Vec<u8>], room: usize) -> (usize, Vec<u8>) {
    let mut together = Vec::with_capacity(room);
    let mut pieces = 0;
    for piece in raw {
        if pieces > 0 && together.len() + piece.len() > room {
            break;
        }
        together.extend_from_slice(piece);
        pieces += 1;
    }
    (pieces, together)
}

/// How a list hangs on the one before.
struct Link {
    parent: u64,
    links: u32,
    changed: u64,
}

impl Link {
    /// `None` where the chain has grown so that a whole list is worth more.
    fn to((seq, before): (u64, &Head), difference: &Difference, count: usize) -> Option<Self> {
        let news = difference.news.len() as u64;
        let (changed, links) = (before.changed + news, before.links + 1);
        let short = changed * 2 <= count as u64 + CHANGES_FREE && links < LINKS_MAX;
        short.then_some(Self { parent: seq, links, changed })
    }
}

/// The list whose columns are byte for byte the same, if the one before is or names it.
fn same_columns(
    rows: &impl Rows,
    series: Series,
    before: Option<(u64, &Head)>,
    packed: &[u8],
) -> Result<Option<u64>, StoreError> {
    let Some((seq, before)) = before else { return Ok(None) };
    let of = before.columns_of.unwrap_or(seq);
    Ok((packed_columns(rows, series, of)? == packed).then_some(of))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AcsDevice, Untrusted};
    use crate::store::codec::device::Keep;
    use crate::store::codec::unpack;
    use crate::store::series::testing::{history, store};

    /// Some of it packs and some does not, in `noise` of 8 bytes.
    fn raw(pieces: usize, noise: usize) -> Vec<Vec<u8>> {
        let mut dice = 7_u64;
        let mut byte = |at: usize| {
            dice = dice.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            if at % 8 < noise { dice.to_be_bytes()[0] } else { b'x' }
        };
        (0..pieces).map(|_| (0..8 << 10).map(&mut byte).collect()).collect()
    }

    #[test]
    fn what_is_packed_together_fills_its_pages_and_comes_back() {
        // What packs well is not unpacked in one either.
        for (noise, least) in [(8, FULL * 3 / 4), (4, FULL * 3 / 4), (2, FULL * 3 / 4), (0, 1)] {
            let raw = raw(300, noise);
            let packed = PackedPieces::of(Series::Findings, &raw).unwrap();
            let back: Vec<Vec<u8>> = packed.blobs.iter().map(|b| unpack(b).unwrap()).collect();
            assert_eq!(back.concat(), raw.concat());
            assert!(back.iter().all(|piece| piece.len() <= RAW_MOST));
            assert!(packed.blobs.iter().all(|blob| blob.len() <= FULL));
            // By two they are packed as by one, but each has a last piece.
            let by_one = PackedPieces::in_turn(Series::Findings, &raw).unwrap();
            assert!(packed.count() <= by_one.count() + 1);
            let (_, blobs) = by_one.blobs.split_last().unwrap();
            for blob in &blobs[1..] {
                assert!((least..=FULL).contains(&blob.len()), "{noise}: {}", blob.len());
            }
        }
    }

    #[test]
    fn what_is_searched_of_a_piece_stands_beside_it() {
        let dir = tempfile::tempdir().unwrap();
        let (_file, history) = history(dir.path());
        let device = |n: u32| {
            let noise = n.wrapping_mul(0x9e37_79b1);
            let serial = format!("HWTC{noise:08X}");
            AcsDevice {
                id: Untrusted::new(&format!("00259E-HG8145V5-{serial}")),
                serial: Untrusted::present(&serial),
                macs: [Untrusted::new(&format!("0025{noise:08X}"))].into(),
                pppoe_login: Untrusted::present(&format!("cliente{noise}@isp.example")),
                ..AcsDevice::default()
            }
        };
        let devices: Vec<AcsDevice> = (0..8000).map(device).collect();
        let list = NewList::of(&devices, &Arc::new(Keep::nothing())).unwrap();
        let (at, series) = (Instant::of_parts(1, 0), Series::Acs);
        let compared = history.read(|view| compare(view, &list, None, at, |_| Ok(())));
        let packed = compared.unwrap().packed(series, &list, true).unwrap();
        let raw: Vec<_> = packed.pieces.blobs.iter().map(|blob| unpack(blob).unwrap()).collect();
        assert!(raw.iter().map(Vec::len).sum::<usize>() > RAW_MUCH, "packed by two");
        let of_each = raw.iter().map(|raw| search::stored(series, raw).unwrap());
        assert!(of_each.eq(packed.pieces.searched.iter().cloned()), "each beside its own");
    }

    #[test]
    fn one_piece_alone_may_be_longer_than_its_pages() {
        let long = vec![raw(40, 8).concat(); 2];
        let packed = PackedPieces::of(Series::Findings, &long).unwrap();
        assert_eq!(packed.count(), 2);
    }

    #[test]
    fn what_is_packed_early_is_what_is_stored_and_only_little_is() {
        let dir = tempfile::tempdir().unwrap();
        let (_file, history) = history(dir.path());
        let id = |n| Untrusted::new(&format!("d{n:03}"));
        let device = |n| AcsDevice { id: id(n), ..AcsDevice::default() };
        let mut devices: Vec<AcsDevice> = (0..900).map(device).collect();
        store(&history, 1, &devices);
        for (changed, little) in [(10, true), (300, false), (900, false)] {
            devices[..changed].iter_mut().for_each(|d| d.firmware = Untrusted::present("V2"));
            let keep = Arc::new(Keep::nothing());
            let list = NewList::of(&devices, &keep).unwrap();
            let (at, series) = (Instant::of_parts(2, 0), Series::Acs);
            let compared = || {
                let compared = history.read(|view| {
                    let before = Walk::of(view, series, 1)?;
                    compare(view, &list, before.as_ref(), at, |_| Ok(()))
                });
                compared.unwrap()
            };
            // A list so short is another one: the panic over it ends nothing.
            let mut failed = compared();
            failed.pack(series, &NewList::of(&devices[..1], &keep).unwrap());
            assert!(failed.packed.is_none() && !failed.is_little);
            let mut compared = compared();
            let late = compared.packed(series, &list, false).unwrap();
            compared.pack(series, &list);
            assert_eq!(compared.packed.is_some(), little, "{changed}");
            let early = compared.packed(series, &list, false).unwrap();
            assert_eq!(compared.packed.iter().any(|p| Arc::ptr_eq(p, &early)), little);
            let bytes =
                |p: &Packed| (p.pieces.blobs.clone(), p.pieces.searched.clone(), p.columns.clone());
            assert_eq!(bytes(&early), bytes(&late));
            // All of it is packed anew, whatever is packed already.
            let whole = compared.packed(series, &list, true).unwrap();
            assert_eq!(bytes(&whole) == bytes(&early), changed == 900);
        }
    }
}
