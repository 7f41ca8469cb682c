//! Lists that stay when those go that they hang on: their chain is turned round.
//!
//! Were the first of them made whole, the next would have to be on the day after, and each day
//! would cost what a whole list does. So the last one is made whole, and each before it becomes
//! what was otherwise then: from now on the first goes, day by day, without any work for the
//! others. Must not do: change what a list holds.

use hashbrown::HashMap;

use crate::store::codec::{Bad, to_postcard};
use crate::store::entries::{Entry, Item, Pieces, entries};
use crate::store::error::StoreError;
use crate::store::rows::{Edit, Rows};
use crate::store::series::prepare::PackedPieces;
use crate::store::series::{
    Head, Lists, Loaded, Series, head, head_key, inherit_columns, remove, remove_pieces,
};
use crate::store::tables::HEADS;

/// Removes lists, so that those which stay need nothing of them. Both are in the order of their
/// numbers.
pub(in crate::store) fn forget(
    edit: &Edit,
    series: Series,
    gone: &[(u64, Head)],
    mut kept: Lists,
) -> Result<(), StoreError> {
    inherit_columns(edit, series, &mut kept, |seq| is_among(gone, seq))?;
    for first in hanging_on(gone, &kept) {
        turn(edit, series, &Line::of(first, &kept))?;
    }
    gone.iter().rev().try_for_each(|(seq, head)| remove(edit, series, *seq, head))
}

/// Is a list written anew where these go and those stay?
pub(in crate::store) fn is_turned(gone: &[(u64, Head)], kept: &[(u64, Head)]) -> bool {
    hanging_on(gone, kept).next().is_some()
}

/// Lists that stay, each of which hangs on one that goes.
fn hanging_on(gone: &[(u64, Head)], kept: &[(u64, Head)]) -> impl Iterator<Item = u64> {
    let hangs = |head: &Head| is_among(gone, head.parent);
    kept.iter().filter(move |(_, head)| hangs(head)).map(|(seq, _)| *seq)
}

fn is_among(gone: &[(u64, Head)], seq: Option<u64>) -> bool {
    seq.is_some_and(|seq| gone.binary_search_by_key(&seq, |(gone, _)| *gone).is_ok())
}

/// Lists each of which hangs on the one before it, and others that hang on these.
pub(super) struct Line {
    lists: Vec<u64>,
    /// On which nothing hangs, with what they hang on.
    leaves: Vec<(u64, u64)>,
}

impl Line {
    /// Of the lists that stay, those that hang on `first`; it alone, where others part into lines
    /// of their own, which none does that was compared with the last complete one.
    pub(super) fn of(first: u64, kept: &[(u64, Head)]) -> Self {
        let mut hanging: HashMap<u64, Vec<(u64, bool)>> = HashMap::new();
        for (seq, head) in kept {
            if let Some(parent) = head.parent {
                hanging.entry(parent).or_default().push((*seq, head.complete));
            }
        }
        let mut line = Self { lists: vec![first], leaves: Vec::new() };
        let mut last = first;
        while let Some(on) = hanging.get(&last) {
            let (held, ends): (Vec<_>, Vec<_>) =
                on.iter().partition(|(seq, _)| hanging.contains_key(seq));
            let next = match held[..] {
                // Nothing is to hang on a Partial list.
                [] => ends.iter().filter(|(_, complete)| *complete).max().copied(),
                [one] => Some(one),
                _ => return Self { lists: vec![first], leaves: Vec::new() },
            };
            let beside = ends.into_iter().filter(|end| Some(*end) != next);
            line.leaves.extend(beside.map(|(leaf, _)| (leaf, last)));
            let Some((seq, _)) = next else { break };
            line.lists.push(seq);
            last = seq;
        }
        line
    }
}

/// How a list hangs on another; see [`Head`].
#[derive(Clone, Copy)]
struct Hanging {
    parent: Option<u64>,
    links: u32,
    changed: u64,
}

/// What was otherwise in a list, beside the one that hung on it.
struct Back {
    pieces: Vec<Vec<u8>>,
    changed: u64,
}

/// Turns a line round, so that nothing before it is needed.
pub(super) fn turn(
    edit: &Edit,
    series: Series,
    Line { lists, leaves }: &Line,
) -> Result<(), StoreError> {
    let Some(&last) = lists.last() else { return Ok(()) };
    let Some(loaded) = Loaded::read(edit, series, last)? else { return Ok(()) };
    if !loaded.chain.iter().take(lists.len()).eq(lists.iter().rev()) {
        return Err(edit.damaged("a chain of lists is not what it was"));
    }
    let before = leaves.iter().map(|&(leaf, on)| own_changes(edit, series, leaf, on));
    let before = before.collect::<Result<Vec<u64>, _>>()?;
    let mut hanging = Hanging { parent: None, links: 0, changed: 0 };
    let mut hang: HashMap<u64, Hanging> = HashMap::from([(last, hanging)]);
    write(edit, series, last, &edit.believe(loaded.whole())?, hanging)?;
    let back = edit.believe(loaded.back(lists.len() - 1))?;
    let mut next = last;
    for (seq, back) in lists.iter().zip(back).rev() {
        let (links, changed) = (hanging.links + 1, hanging.changed + back.changed);
        hanging = Hanging { parent: Some(next), links, changed };
        write(edit, series, *seq, &back.pieces, hanging)?;
        hang.insert(*seq, hanging);
        next = *seq;
    }
    for ((leaf, on), own) in leaves.iter().zip(before) {
        let of = hang.get(on).ok_or_else(|| edit.damaged("a list hangs on none of its line"))?;
        let (links, changed) = (of.links + 1, of.changed + own);
        let hanging = Hanging { parent: Some(*on), links, changed };
        let head = needed(edit, series, *leaf)?;
        put(edit, series, *leaf, head, hanging)?;
    }
    Ok(())
}

/// How much changed in a list since the one that it hangs on.
fn own_changes(edit: &Edit, series: Series, seq: u64, on: u64) -> Result<u64, StoreError> {
    let (head, before) = (needed(edit, series, seq)?, needed(edit, series, on)?);
    Ok(head.changed.saturating_sub(before.changed))
}

fn needed(edit: &Edit, series: Series, seq: u64) -> Result<Head, StoreError> {
    head(edit, series, seq)?.ok_or_else(|| edit.damaged("a list that is named is not there"))
}

fn write(
    edit: &Edit,
    series: Series,
    seq: u64,
    pieces: &[Vec<u8>],
    hanging: Hanging,
) -> Result<(), StoreError> {
    let pieces = edit.believe(PackedPieces::of(series, pieces))?;
    let mut head = needed(edit, series, seq)?;
    remove_pieces(edit, series, seq, &head)?;
    pieces.write(edit, series, seq)?;
    head.blobs = pieces.count();
    put(edit, series, seq, head, hanging)
}

fn put(
    edit: &Edit,
    series: Series,
    seq: u64,
    head: Head,
    Hanging { parent, links, changed }: Hanging,
) -> Result<(), StoreError> {
    let head = Head { parent, links, changed, ..head };
    edit.put(HEADS, &head_key(series, seq), &edit.believe(to_postcard(&head))?)
}

impl Loaded {
    /// All of the list.
    fn whole(&self) -> Result<Vec<Vec<u8>>, Bad> {
        let mut pieces = Pieces::default();
        self.items()?.iter().for_each(|item| put_item(&mut pieces, item));
        Ok(pieces.done())
    }

    /// What was otherwise in each of so many lists before this one, the first of them first.
    fn back(&self, lists: usize) -> Result<Vec<Back>, Bad> {
        if lists == 0 {
            return Ok(Vec::new());
        }
        let (newer, older) = self.links.split_at(lists.min(self.links.len()));
        let mut then: HashMap<&[u8], Item<'_>> = HashMap::new();
        for entry in older.iter().rev().flat_map(|link| entries(link)) {
            take(&mut then, &entry?);
        }
        newer.iter().rev().map(|link| back(&mut then, link)).collect()
    }
}

/// What an entry says is there now; gives what was.
fn take<'e>(then: &mut HashMap<&'e [u8], Item<'e>>, entry: &Entry<'e>) -> Option<Item<'e>> {
    match entry {
        Entry::Put(item) => then.insert(item.key, *item),
        Entry::Left(key) => then.remove(key),
    }
}

/// What was otherwise before a link, whose entries are taken.
fn back<'e>(then: &mut HashMap<&'e [u8], Item<'e>>, link: &'e [Vec<u8>]) -> Result<Back, Bad> {
    let (mut pieces, mut changed) = (Pieces::default(), 0);
    for entry in entries(link) {
        let entry = entry?;
        match take(then, &entry) {
            Some(item) => put_item(&mut pieces, &item),
            None => pieces.left(entry.key()),
        }
        changed += 1;
    }
    Ok(Back { pieces: pieces.done(), changed })
}

fn put_item(pieces: &mut Pieces, item: &Item<'_>) {
    pieces.put(item.key, item.seen, item.print, item.body);
}
