//! Lists over time: each stored as what changed since the one before.
//!
//! A series (ACS, Provider, findings) is a chain of lists. A head names its parent; the
//! entries under it are what was put or left since then, or, without a parent, all of it.
//! When a chain's changes reach half of a list, the next one is stored whole; when its first
//! lists are forgotten, it is turned round, and lists hang on later ones. Must not do: chain
//! anything to a Partial list, or hand out a list whose count or sum is not the head's.

use serde::{Deserialize, Serialize};

pub(super) use prepare::{Compared, Origin, Prepared, compare, prepare};
pub(super) use turned::{forget, is_turned};
pub(super) use walk::Walk;

use crate::domain::Side;
use crate::domain::text::visible;
use crate::store::codec::columns::Cells;
use crate::store::codec::{Bad, Instant, Unpacker, bad, from_postcard, to_postcard};
use crate::store::entries::{Entry, Item, Sum, entries};
use crate::store::error::StoreError;
use crate::store::rows::{Edit, Order, Rows};
use crate::store::series::words::LinkWords;
use crate::store::tables::{COLUMNS, ENTRIES, HEADS, SEARCH, key_seq};

mod laid;
mod prepare;
#[cfg(test)]
pub(super) mod testing;
mod turned;
mod walk;
mod words;

/// Which chain.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Series {
    Acs = 1,
    Provider = 2,
    Findings = 3,
}

impl Series {
    pub(super) const ALL: [Self; 3] = [Self::Acs, Self::Provider, Self::Findings];

    /// Of a side's lists.
    pub(super) fn of(side: Side) -> Self {
        match side {
            Side::Acs => Self::Acs,
            Side::Provider => Self::Provider,
        }
    }
}

/// Past this many links a list is stored whole again, however little changed.
const LINKS_MAX: u32 = 256;

/// What is known of a list without reading it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Head {
    /// The list that the entries are changes of.
    pub parent: Option<u64>,
    /// The run that stored it.
    pub run_id: String,
    /// When that run started.
    pub started: Instant,
    /// When the source was read.
    pub taken: Instant,
    /// Can absence be concluded from it? Of findings: were both sides read whole?
    pub complete: bool,
    /// Records in the list.
    count: u64,
    /// Order-free sum over all keys, times and fingerprints; of rows of older versions, bodies.
    sum: u64,
    /// Rows of entries.
    blobs: u32,
    /// Links to the whole list at the chain's end.
    links: u32,
    /// Entries on the way there, its own not among them where it is whole.
    changed: u64,
    /// The list whose columns are the same, where one is.
    columns_of: Option<u64>,
    /// More about the fetch; of findings, [`LATE`] or nothing.
    pub meta: Vec<u8>,
}

/// Marks findings made from a list older than one known when they were stored: a report of
/// the past, which nothing is compared with.
pub(super) const LATE: &[u8] = b"late";

impl Head {
    /// Of findings: were they made from an older list than was known already?
    pub(super) fn is_late(&self) -> bool {
        self.meta == LATE
    }

    /// What the list has to come back as.
    fn sum(&self) -> Sum {
        Sum::of(self.count, self.sum)
    }
}

fn key(series: Series, seq: u64, part: u32) -> Vec<u8> {
    let mut key = head_key(series, seq);
    key.extend_from_slice(&part.to_be_bytes());
    key
}

fn head_key(series: Series, seq: u64) -> Vec<u8> {
    let mut key = vec![series as u8];
    key.extend_from_slice(&seq.to_be_bytes());
    key
}

/// Lists by their numbers.
pub(super) type Lists = Vec<(u64, Head)>;

/// Reads a head.
pub(super) fn head(rows: &impl Rows, series: Series, seq: u64) -> Result<Option<Head>, StoreError> {
    let body = rows.get(HEADS, &head_key(series, seq))?;
    body.map(|b| rows.believe(from_postcard(&b))).transpose()
}

/// All heads of a series, newest first, as long as `wanted` says so.
pub(super) fn heads(
    rows: &impl Rows,
    series: Series,
    mut wanted: impl FnMut(u64, Head) -> bool,
) -> Result<(), StoreError> {
    rows.walk(HEADS, &[series as u8], Order::Down, &mut |key, body| {
        let seq = key_seq(key).ok_or_else(|| bad("a head without a number"))?;
        Ok(wanted(seq, from_postcard(body)?))
    })
}

/// All lists of a series, newest first.
pub(super) fn lists(rows: &impl Rows, series: Series) -> Result<Lists, StoreError> {
    let mut all = Lists::new();
    heads(rows, series, |seq, head| {
        all.push((seq, head));
        true
    })?;
    Ok(all)
}

/// The newest head of a series that is as `wanted`.
pub(super) fn newest(
    rows: &impl Rows,
    series: Series,
    mut wanted: impl FnMut(u64, &Head) -> bool,
) -> Result<Option<(u64, Head)>, StoreError> {
    let mut found = None;
    heads(rows, series, |seq, head| {
        if wanted(seq, &head) {
            found = Some((seq, head));
        }
        found.is_none()
    })?;
    Ok(found)
}

/// The complete lists of a side, newest first: by when the source was read, then by number.
/// Runs may end in another order than they read in.
pub(super) fn complete(
    rows: &impl Rows,
    series: Series,
) -> Result<Vec<(Instant, u64)>, StoreError> {
    let complete = lists(rows, series)?.into_iter().filter(|(_, head)| head.complete);
    let mut all: Vec<_> = complete.map(|(seq, head)| (head.taken, seq)).collect();
    all.sort_unstable_by(|a, b| b.cmp(a));
    Ok(all)
}

/// A list and those that it hangs on, to the whole one at the chain's end; `None` where there is
/// no such list.
pub(super) fn links(
    rows: &impl Rows,
    series: Series,
    seq: u64,
) -> Result<Option<Lists>, StoreError> {
    let mut links = Lists::new();
    let mut next = Some(seq);
    while let Some(seq) = next {
        let Some(head) = head(rows, series, seq)? else {
            let missing = || Err(rows.damaged("a list lacks the one before it"));
            return if links.is_empty() { Ok(None) } else { missing() };
        };
        if links.len() as u64 > u64::from(LINKS_MAX) {
            return Err(rows.damaged("a chain of lists does not end"));
        }
        next = head.parent;
        links.push((seq, head));
    }
    Ok(Some(links))
}

/// A list and those that it hangs on, by their numbers.
pub(super) fn chain_of(rows: &impl Rows, series: Series, seq: u64) -> Result<Vec<u64>, StoreError> {
    let links = links(rows, series, seq)?.unwrap_or_default();
    Ok(links.into_iter().map(|(seq, _)| seq).collect())
}

/// Is the first of these lists still there, and all that it hangs on, as they were? One may have
/// been forgotten, or stored anew.
pub(super) fn are_as_they_were(
    rows: &impl Rows,
    series: Series,
    chain: &[(u64, Head)],
) -> Result<bool, StoreError> {
    let Some((seq, _)) = chain.first() else { return Ok(false) };
    Ok(links(rows, series, *seq)?.is_some_and(|now| now == chain))
}

/// The keys of the pieces of a list.
pub(super) fn pieces(
    series: Series,
    seq: u64,
    head: &Head,
) -> impl Iterator<Item = Vec<u8>> + use<> {
    (0..head.blobs).map(move |part| key(series, seq, part))
}

/// A list with its chain, unpacked; [`Loaded::items`] puts it together.
pub(super) struct Loaded {
    pub seq: u64,
    pub head: Head,
    /// The list, and those that it hangs on.
    chain: Vec<u64>,
    /// Unpacked entries of each; the last is the whole list.
    links: Vec<Vec<Vec<u8>>>,
}

impl Loaded {
    pub(super) fn read(
        rows: &impl Rows,
        series: Series,
        seq: u64,
    ) -> Result<Option<Self>, StoreError> {
        let Some(chain) = links(rows, series, seq)? else { return Ok(None) };
        let links = chain.iter().map(|(seq, head)| blobs(rows, series, *seq, head));
        let links = links.collect::<Result<_, _>>()?;
        let (chain, mut heads): (Vec<_>, Vec<_>) = chain.into_iter().unzip();
        let head = heads.swap_remove(0);
        Ok(Some(Self { seq, head, chain, links }))
    }

    /// The whole list, sorted by key.
    pub(super) fn items(&self) -> Result<Vec<Item<'_>>, Bad> {
        let (whole, newer) = self.links.split_last().ok_or_else(|| bad("a list without links"))?;
        // A hint only: the count is checked below.
        let mut base = Vec::with_capacity(usize::try_from(self.head.count).unwrap_or_default());
        for entry in entries(whole) {
            match entry? {
                Entry::Put(item) => base.push(item),
                Entry::Left(_) => return Err(bad("a whole list that lost something")),
            }
        }
        let mut words = LinkWords::new();
        newer.iter().flatten().try_for_each(|piece| words.add(piece.as_slice()))?;
        let words = words.last_words()?;
        let items = crate::store::entries::apply(base, words.entries()?.into_iter());
        let mut found = Sum::default();
        for item in &items {
            found.add(item);
        }
        if found == self.head.sum() { Ok(items) } else { Err(not_whole(&self.head)) }
    }
}

fn not_whole(head: &Head) -> Bad {
    bad(format!("the list of run {} is not whole", visible(&head.run_id)))
}

fn blobs(
    rows: &impl Rows,
    series: Series,
    seq: u64,
    head: &Head,
) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut blobs = Vec::new();
    each_blob(rows, series, seq, head, |raw| {
        blobs.push(raw);
        Ok(())
    })?;
    Ok(blobs)
}

/// Unpacks the entries of a list, or what was new in it, piece by piece.
fn each_blob(
    rows: &impl Rows,
    series: Series,
    seq: u64,
    head: &Head,
    mut take: impl FnMut(Vec<u8>) -> Result<(), Bad>,
) -> Result<(), StoreError> {
    let mut unpacker = rows.believe(Unpacker::new())?;
    for key in pieces(series, seq, head) {
        let mut raw = Vec::new();
        let unpack = |packed: &[u8]| unpacker.unpack(packed, &mut raw);
        if rows.look(ENTRIES, &key, unpack)?.is_none() {
            return Err(rows.damaged("entries of a list are missing"));
        }
        rows.believe(take(raw))?;
    }
    Ok(())
}

/// The columns of a list.
pub(super) fn columns(
    rows: &impl Rows,
    series: Series,
    seq: u64,
    head: &Head,
) -> Result<Cells, StoreError> {
    let packed = packed_columns(rows, series, head.columns_of.unwrap_or(seq))?;
    rows.believe(Cells::unpack(&packed))
}

fn packed_columns(rows: &impl Rows, series: Series, seq: u64) -> Result<Vec<u8>, StoreError> {
    let packed = rows.get(COLUMNS, &key(series, seq, 0))?;
    packed.ok_or_else(|| rows.damaged("columns of a list are missing"))
}

fn remove_pieces(edit: &Edit, series: Series, seq: u64, head: &Head) -> Result<(), StoreError> {
    edit.remove(ENTRIES, pieces(series, seq, head))?;
    remove_searched(edit, series, seq, head).map(drop)
}

/// Removes what is searched of a list, and gives how many pieces of it there were.
pub(super) fn remove_searched(
    edit: &Edit,
    series: Series,
    seq: u64,
    head: &Head,
) -> Result<u64, StoreError> {
    edit.remove(SEARCH, pieces(series, seq, head))
}

/// Hands the columns of lists about to go to the first list that shares them. `kept` is in
/// the order of its numbers.
fn inherit_columns(
    edit: &Edit,
    series: Series,
    kept: &mut [(u64, Head)],
    is_gone: impl Fn(Option<u64>) -> bool,
) -> Result<(), StoreError> {
    let mut heirs: Vec<(u64, u64)> = Vec::new();
    for (seq, head) in kept {
        let Some(of) = head.columns_of.filter(|&of| is_gone(Some(of))) else { continue };
        let heir = heirs.iter().find(|h| h.0 == of).map(|h| h.1);
        if heir.is_none() {
            let packed = packed_columns(edit, series, of)?;
            edit.put(COLUMNS, &key(series, *seq, 0), &packed)?;
            heirs.push((of, *seq));
        }
        head.columns_of = heir;
        edit.put(HEADS, &head_key(series, *seq), &edit.believe(to_postcard(head))?)?;
    }
    Ok(())
}

/// Removes a list. Nothing may be chained to it.
fn remove(edit: &Edit, series: Series, seq: u64, head: &Head) -> Result<(), StoreError> {
    remove_pieces(edit, series, seq, head)?;
    edit.remove(COLUMNS, [key(series, seq, 0)])?;
    edit.remove(HEADS, [head_key(series, seq)])?;
    Ok(())
}
