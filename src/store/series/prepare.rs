//! A list on its way into the store: what is new in it, packed, and its head.
//!
//! Must not do: chain anything to a list that is no longer there, or no longer what it was.

use crate::store::codec::columns::pack_columns;
use crate::store::codec::{Bad, Instant, pack, to_postcard};
use crate::store::entries::{Change, Differ, Difference};
use crate::store::error::StoreError;
use crate::store::list::{NewList, Record};
use crate::store::rows::{Edit, Rows};
use crate::store::search;
use crate::store::series::{Head, LINKS_MAX, Series, Walk, head, head_key, key, packed_columns};
use crate::store::tables::{COLUMNS, ENTRIES, HEADS, SEARCH};

/// Changes that are always fewer than a whole list is worth.
const CHANGES_FREE: u64 = 64;

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
    Ok(Compared { before: before.map(|b| Base::of(b.seq, &b.head)), difference })
}

/// A list ready to be written.
pub(in crate::store) struct Prepared {
    series: Series,
    seq: u64,
    head: Head,
    pieces: PackedPieces,
    columns: Option<Vec<u8>>,
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
    let raw = rows.believe(difference.write(list, link.is_none()))?;
    let pieces = rows.believe(PackedPieces::of(series, &raw))?;
    let columns = rows.believe(pack_columns(&list.columns))?;
    let columns_of = same_columns(rows, series, before, &columns)?;
    let head = Head {
        parent: link.as_ref().map(|l| l.parent),
        run_id: origin.run_id.to_owned(),
        started: origin.started,
        taken: origin.taken,
        complete: origin.complete,
        count: list.len() as u64,
        sum: difference.sum,
        blobs: pieces.count(),
        links: link.as_ref().map_or(0, |l| l.links),
        changed: link.as_ref().map_or(0, |l| l.changed),
        columns_of,
        meta: origin.meta,
    };
    let columns = columns_of.is_none().then_some(columns);
    Ok(Prepared { series, seq: origin.seq, head, pieces, columns })
}

impl Prepared {
    /// Writes it, its head last.
    pub(in crate::store) fn write(&self, edit: &Edit) -> Result<(), StoreError> {
        let (series, seq) = (self.series, self.seq);
        self.pieces.write(edit, series, seq)?;
        edit.put_all(COLUMNS, self.columns.iter().map(|c| (key(series, seq, 0), c)))?;
        edit.put(HEADS, &head_key(series, seq), &edit.believe(to_postcard(&self.head))?)
    }
}

/// Pieces of entries as they are stored.
pub(super) struct PackedPieces {
    blobs: Vec<Vec<u8>>,
    /// What is searched of each.
    searched: Vec<Vec<u8>>,
}

impl PackedPieces {
    pub(super) fn of(series: Series, raw: &[Vec<u8>]) -> Result<Self, Bad> {
        let blobs = raw.iter().map(|piece| pack(piece)).collect::<Result<_, _>>()?;
        let pieces = if search::is_searched(series) { raw } else { &[] };
        let searched = pieces.iter().map(|piece| search::stored(series, piece));
        Ok(Self { blobs, searched: searched.collect::<Result<_, _>>()? })
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
