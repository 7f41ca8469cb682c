//! A stored list as it is met, record by record, by what is compared with it.
//!
//! One piece of it is unpacked at a time, into room that is used again: of a hundred thousand
//! records that is half the work. All of it may be laid out before, where somebody waits anyway.
//! Must not do: let a walk end well over a list whose count or sum is not the head's.

use std::cmp::Ordering;
use std::collections::HashSet;

use crate::store::codec::{Bad, Unpacker, bad};
use crate::store::entries::{Entry, Item, Sum, entries_of};
use crate::store::error::StoreError;
use crate::store::list::{has_ordinal, without_ordinal};
use crate::store::rows::Rows;
use crate::store::series::laid::Laid;
use crate::store::series::words::{LastWords, LinkWords};
use crate::store::series::{
    Head, Lists, Series, are_as_they_were, each_blob, key, links, not_whole,
};
use crate::store::tables::ENTRIES;

/// A stored list, to be walked along.
pub(in crate::store) struct Walk {
    pub seq: u64,
    pub head: Head,
    series: Series,
    /// The list, and all that it hangs on.
    chain: Lists,
    /// The whole list at the chain's end, and how many pieces it has.
    whole: (u64, u32),
    /// The last words of the links before it.
    newer: LastWords<Vec<u8>>,
    /// All of it, where there was time to lay it out: the pieces are then needed no more.
    laid: Option<Laid>,
}

impl Walk {
    /// `None` where there is no such list.
    pub(in crate::store) fn of(
        rows: &impl Rows,
        series: Series,
        seq: u64,
    ) -> Result<Option<Self>, StoreError> {
        let Some(chain) = links(rows, series, seq)? else { return Ok(None) };
        let Some(((whole, head_of_whole), newer)) = chain.split_last() else { return Ok(None) };
        let mut words = LinkWords::new();
        for (seq, head) in newer {
            each_blob(rows, series, *seq, head, |piece| words.add(piece))?;
        }
        let newer = rows.believe(words.last_words())?;
        let whole = (*whole, head_of_whole.blobs);
        let head = chain.first().map_or(head_of_whole, |(_, head)| head).clone();
        Ok(Some(Self { seq, head, series, chain, whole, newer, laid: None }))
    }

    /// Lays out what the walk will meet, if somebody is `waiting` for so long and it is not too
    /// much: all of it, or nothing.
    pub(in crate::store) fn lay_out(
        &mut self,
        rows: &impl Rows,
        waiting: impl Fn() -> bool,
    ) -> Result<(), StoreError> {
        let (mut laid, mut breaks_off) = (Laid::default(), false);
        let walked = self.each(rows, |item, alone| {
            breaks_off = !(waiting() && laid.has_room_for(self.head.count));
            if breaks_off { Err(bad("nobody waits for it")) } else { laid.add(&item, alone) }
        });
        if !breaks_off {
            walked?;
            self.newer = LastWords::none();
            self.laid = Some(laid);
        }
        Ok(())
    }

    pub(in crate::store) fn is_of(&self, series: Series) -> bool {
        self.series == series
    }

    /// Is it still the list of this number?
    pub(in crate::store) fn is_still(
        &self,
        rows: &impl Rows,
        seq: u64,
    ) -> Result<bool, StoreError> {
        Ok(self.seq == seq && are_as_they_were(rows, self.series, &self.chain)?)
    }

    /// Meets each record, sorted by key, and tells whether it is surely the only one with its key.
    /// What was told is to be believed once this returns.
    pub(in crate::store) fn each(
        &self,
        rows: &impl Rows,
        mut meet: impl FnMut(Item<'_>, bool) -> Result<(), Bad>,
    ) -> Result<(), StoreError> {
        if let Some(laid) = &self.laid {
            return rows.believe(laid.each(meet));
        }
        let mut found = Sum::default();
        let mut tell = |item: Item<'_>, alone| {
            found.add(&item);
            meet(item, alone)
        };
        let mut newer = rows.believe(Newer::of(&self.newer))?;
        self.each_of_whole(rows, |item, next| newer.before_and_at((item, next), &mut tell))?;
        rows.believe(newer.end(&mut tell))?;
        if found == self.head.sum() { Ok(()) } else { rows.believe(Err(not_whole(&self.head))) }
    }

    /// Meets each record of the whole list, with the key after it.
    fn each_of_whole(
        &self,
        rows: &impl Rows,
        mut meet: impl FnMut(Item<'_>, Option<&[u8]>) -> Result<(), Bad>,
    ) -> Result<(), StoreError> {
        let (mut unpacker, (_, parts)) = (rows.believe(Unpacker::new())?, self.whole);
        let mut read = |part: u32, room: &mut Vec<u8>| {
            room.clear();
            if part < parts { self.unpack(rows, (part, &mut unpacker), room) } else { Ok(()) }
        };
        // After the last piece the room is empty.
        let (mut room, mut room_after) = (Vec::new(), Vec::new());
        read(0, &mut room)?;
        for part in 0..parts {
            read(part + 1, &mut room_after)?;
            rows.believe(each_of_piece(&room, &room_after, &mut meet))?;
            std::mem::swap(&mut room, &mut room_after);
        }
        Ok(())
    }

    /// Unpacks a piece of the whole list, in the place of what `room` held.
    fn unpack(
        &self,
        rows: &impl Rows,
        (part, unpacker): (u32, &mut Unpacker),
        room: &mut Vec<u8>,
    ) -> Result<(), StoreError> {
        let key = key(self.series, self.whole.0, part);
        let read = rows.look(ENTRIES, &key, |packed| unpacker.unpack(packed, room))?;
        read.ok_or_else(|| rows.damaged("entries of a list are missing"))
    }
}

/// Meets the records of a piece of a whole list; `after` is the piece after it, or nothing.
fn each_of_piece(
    piece: &[u8],
    after: &[u8],
    meet: &mut impl FnMut(Item<'_>, Option<&[u8]>) -> Result<(), Bad>,
) -> Result<(), Bad> {
    let Some(mut item) = entries_of(piece).next().map(put).transpose()? else { return Ok(()) };
    for next in entries_of(piece).skip(1).map(put) {
        let next = next?;
        meet(item, Some(next.key))?;
        item = next;
    }
    let next = entries_of(after).next().map(put).transpose()?;
    meet(item, next.map(|next| next.key))
}

fn put(entry: Result<Entry<'_>, Bad>) -> Result<Item<'_>, Bad> {
    match entry? {
        Entry::Put(item) => Ok(item),
        Entry::Left(_) => Err(bad("a whole list that lost something")),
    }
}

/// Newer entries, which take their places among the records of the whole list.
struct Newer<'n> {
    words: &'n LastWords<Vec<u8>>,
    /// How many of them were taken, and the next one.
    taken: usize,
    next: Option<Entry<'n>>,
    /// Keys of entries, put or left, that have an ordinal, without it: one may stand beside a
    /// record of the whole list.
    doubles: HashSet<&'n [u8]>,
}

impl<'n> Newer<'n> {
    fn of(words: &'n LastWords<Vec<u8>>) -> Result<Self, Bad> {
        Ok(Self { words, taken: 0, next: words.get(0)?, doubles: words.doubles()? })
    }

    /// Takes the next one.
    fn take(&mut self) -> Result<Option<Entry<'n>>, Bad> {
        let Some(entry) = self.next else { return Ok(None) };
        self.taken += 1;
        self.next = self.words.get(self.taken)?;
        Ok(Some(entry))
    }

    /// Tells what stands before a record of the whole list, and what it is now.
    fn before_and_at(
        &mut self,
        (item, next): (Item<'_>, Option<&[u8]>),
        tell: &mut impl FnMut(Item<'_>, bool) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        // A key is held against each record of the whole list that stands before it: once.
        while let Some(order) = self.next.map(|entry| entry.key().cmp(item.key)) {
            let after = match order {
                Ordering::Less => Some(item.key),
                Ordering::Equal => next,
                Ordering::Greater => break,
            };
            if let Some(entry) = self.take()? {
                self.tell(entry, after, tell)?;
            }
            if order.is_eq() {
                return Ok(());
            }
        }
        tell(item, self.is_alone(item.key, next))
    }

    fn end(mut self, tell: &mut impl FnMut(Item<'_>, bool) -> Result<(), Bad>) -> Result<(), Bad> {
        while let Some(entry) = self.take()? {
            self.tell(entry, None, tell)?;
        }
        Ok(())
    }

    fn tell(
        &self,
        entry: Entry<'_>,
        next: Option<&[u8]>,
        tell: &mut impl FnMut(Item<'_>, bool) -> Result<(), Bad>,
    ) -> Result<(), Bad> {
        match entry {
            Entry::Put(item) => tell(item, self.is_alone(item.key, next)),
            Entry::Left(_) => Ok(()),
        }
    }

    /// Has surely no other record this key, but for the ordinal? `next` is the key after it in
    /// the whole list. The first has no ordinal, and what stands between it and the next one
    /// begins with all of its bytes.
    fn is_alone(&self, key: &[u8], next: Option<&[u8]>) -> bool {
        let raw = without_ordinal(key);
        // Both begin with the raw key, and hardly any other does.
        let follows =
            |n: &[u8]| n.starts_with(raw) && (without_ordinal(n) == raw || n.starts_with(key));
        !has_ordinal(key) && !next.is_some_and(follows) && !self.doubles.contains(raw)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use proptest::collection::vec;
    use proptest::option;
    use proptest::prelude::*;

    use super::*;
    use crate::domain::{AcsDevice, Untrusted};
    use crate::store::door::DbFile;
    use crate::store::series::testing::{doubles, history, store};
    use crate::store::series::turned::{Line, turn};
    use crate::store::series::{Loaded, remove};

    /// So long that a few hundred of them are several pieces. Some ids go on where others end,
    /// with what a number begins with.
    fn device((id, firmware): (u8, u8)) -> AcsDevice {
        let firmware = format!("V{firmware}").repeat(700);
        let end = "\0".repeat(usize::from(id % 3) * usize::from(id % 5));
        AcsDevice {
            id: Untrusted::new(&format!("d{:02}{end}", id / 10)),
            firmware: Untrusted::present(&firmware),
            ..AcsDevice::default()
        }
    }

    /// What a walk tells is what the list holds, and what is alone there is told to be alone
    /// only where it is.
    fn assert_walked(history: &DbFile, seq: u64) {
        for patience in [0, 100, usize::MAX] {
            assert_walked_after(history, seq, patience);
        }
    }

    /// The same, where there was time to lay out so many records.
    fn assert_walked_after(history: &DbFile, seq: u64, patience: usize) {
        let walked = history.read(|view| {
            let loaded = Loaded::read(view, Series::Acs, seq)?.unwrap();
            let items = view.believe(loaded.items())?;
            let shared = doubles(items.iter().map(|item| item.key));
            let mut walk = Walk::of(view, Series::Acs, seq)?.unwrap();
            let hangs = walk.chain.len() > 1;
            let asked = Cell::new(0);
            walk.lay_out(view, || asked.replace(asked.get() + 1) < patience)?;
            assert_eq!(walk.laid.is_some(), patience >= items.len());
            let (mut items, mut told_alone) = (items.iter(), false);
            walk.each(view, |item, alone| {
                assert_eq!(Some(&item), items.next());
                let is_alone = !shared.contains(without_ordinal(item.key));
                assert!(!alone || is_alone, "{:?}", item.key);
                told_alone |= alone;
                Ok(())
            })?;
            assert_eq!(items.next(), None);
            // Erring to the safe side must not become the rule.
            assert!(told_alone || hangs);
            Ok(())
        });
        walked.unwrap();
    }

    type Known = Vec<(u8, u8)>;
    type Edits = Vec<(usize, Option<(u8, u8)>)>;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(16))]
        #[test]
        fn a_walk_meets_what_the_list_holds(
            mut known in vec((0..250_u8, 0..2_u8), 300),
            days in vec(vec((0..300_usize, option::of((0..250_u8, 0..2_u8))), 0..40), 0..4),
        ) {
            let dir = tempfile::tempdir().unwrap();
            let (_file, history) = history(dir.path());
            let devices = |known: &Known| known.iter().copied().map(device).collect::<Vec<_>>();
            store(&history, 1, &devices(&known));
            assert_walked(&history, 1);
            for (seq, edits) in (2..).zip(days) {
                edit(&mut known, edits);
                store(&history, seq, &devices(&known));
                assert_walked(&history, seq);
            }
        }
    }

    fn edit(known: &mut Known, edits: Edits) {
        for (at, now) in edits {
            match now {
                Some(now) => known.push(now),
                None if known.is_empty() => {}
                None => drop(known.swap_remove(at % known.len())),
            }
        }
    }

    #[test]
    fn a_list_that_is_stored_anew_or_forgotten_is_no_longer_there() {
        let dir = tempfile::tempdir().unwrap();
        let (_file, history) = history(dir.path());
        let devices: Vec<AcsDevice> = (0..200).map(|id| device((id, 0))).collect();
        store(&history, 1, &devices);
        store(&history, 2, &devices[3..]);
        let walk = |seq| history.read(|view| Walk::of(view, Series::Acs, seq)).unwrap().unwrap();
        let [first, second] = [walk(1), walk(2)];
        let there = |walk: &Walk| history.read(|view| walk.is_still(view, walk.seq)).unwrap();
        assert!(there(&first) && there(&second));
        history.write(|edit| turn(edit, Series::Acs, &Line::of(2, &[]))).unwrap();
        assert!(there(&first) && !there(&second));
        let anew = walk(2);
        history.write(|edit| remove(edit, Series::Acs, 1, &first.head)).unwrap();
        assert!(!there(&first) && there(&anew));
    }

    #[test]
    fn a_list_that_lacks_a_record_is_not_whole() {
        let dir = tempfile::tempdir().unwrap();
        let (_file, history) = history(dir.path());
        let devices: Vec<AcsDevice> = (0..200).map(|id| device((id, 0))).collect();
        store(&history, 1, &devices);
        let mut told = 0;
        let walked = history.read(|view| {
            let mut walk = Walk::of(view, Series::Acs, 1)?.unwrap();
            walk.whole.1 -= 1;
            assert!(walk.lay_out(view, || true).is_err() && walk.laid.is_none());
            walk.each(view, |_, _| {
                told += 1;
                Ok(())
            })
        });
        assert!(walked.unwrap_err().to_string().contains("not whole"));
        assert!((100..200).contains(&told), "{told}");
    }
}
