//! Who holds a value, as one sorted list of numbers: half a hash, then the record's place.
//!
//! A table of a million texts misses the cache at each look; two sorted lists are merged from
//! front to back (PERFORMANCE.md section 2). Must not do: take two values for one. Half a hash
//! only says where to compare; whoever asks compares the values themselves.

use std::hash::{BuildHasher, Hash};
use std::sync::OnceLock;

use hashbrown::DefaultHashBuilder;

/// Places of records by a hash of a value that they carry.
#[derive(Clone, Debug, Default)]
pub struct Index {
    /// Half a hash in the upper 32 bits, the place below it; sorted.
    entries: Vec<u64>,
    /// Where the entries begin that share the upper bits of a hash, and where the last ones end;
    /// made when a value is first looked for.
    starts: OnceLock<Box<[u32]>>,
    /// Seeded anew in each process: a list made to collide costs nobody anything.
    hasher: DefaultHashBuilder,
}

fn half(entry: u64) -> u32 {
    u32::try_from(entry >> 32).unwrap_or(u32::MAX)
}

fn place(entry: u64) -> u32 {
    u32::try_from(entry & u64::from(u32::MAX)).unwrap_or(u32::MAX)
}

fn entry(hash: u64, place: u32) -> u64 {
    hash >> 32 << 32 | u64::from(place)
}

/// Of a hash, so many bits are sorted by at once.
const DIGIT_BITS: u32 = 16;

impl Index {
    /// Indexes the values of one side, in the order of its records. Indexes that are merged share
    /// a hasher.
    #[must_use]
    pub fn of<V: Hash>(
        values: impl ExactSizeIterator<Item = Option<V>>,
        hasher: &DefaultHashBuilder,
    ) -> Self {
        let mut gathered = Gathered::with_room(values.len(), hasher);
        values.for_each(|value| gathered.next(value));
        gathered.index()
    }

    /// How many values there are: of each record one at most, but where several were gathered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Has none of them one?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Records that may hold `value`, and all that do, first to last.
    pub fn maybe<V: Hash>(&self, value: V) -> impl Iterator<Item = u32> + Clone + '_ {
        let wanted = half(self.hasher.hash_one(value));
        let from = self.first_at_or_after(wanted);
        let run = self.entries[from..].iter().take_while(move |e| half(**e) == wanted);
        run.map(|e| place(*e))
    }

    /// Where the entries of this half begin, or would.
    fn first_at_or_after(&self, wanted: u32) -> usize {
        let starts = self.starts.get_or_init(|| starts(&self.entries));
        let bucket = upper(wanted, (starts.len() - 1).ilog2());
        let (from, to) = (starts[bucket] as usize, starts[bucket + 1] as usize);
        from + self.entries[from..to].partition_point(|e| half(*e) < wanted)
    }

    /// Sets of records that may share a value, of two at least.
    pub fn shared(&self) -> impl Iterator<Item = Places<'_>> {
        self.entries.chunk_by(|x, y| half(*x) == half(*y)).filter(|run| run.len() > 1).map(Places)
    }

    /// Sets of records of two sides that may share a value, where either side has one.
    pub fn merged<'i>(
        &'i self,
        other: &'i Self,
    ) -> impl Iterator<Item = (Places<'i>, Places<'i>)> + 'i {
        let (mut ours, mut theirs) = (&self.entries[..], &other.entries[..]);
        std::iter::from_fn(move || {
            let first = |entries: &[u64]| entries.first().map(|e| half(*e));
            let next = first(ours).into_iter().chain(first(theirs)).min()?;
            Some((Places(take(&mut ours, next)), Places(take(&mut theirs, next))))
        })
    }
}

/// At least so many entries share their upper bits, where there are as many, and less than twice
/// as many: hashes lie evenly. One line of the cache holds eight.
const ENTRIES_A_START: usize = 8;

/// Where those begin that share their upper bits, in order of these, and where all end.
fn starts(entries: &[u64]) -> Box<[u32]> {
    let bits = (entries.len() / ENTRIES_A_START).max(1).ilog2();
    let mut starts = vec![0_u32; (1 << bits) + 1];
    for held in entries {
        starts[upper(half(*held), bits) + 1] += 1;
    }
    let mut before = 0;
    for start in &mut starts {
        before += *start;
        *start = before;
    }
    starts.into()
}

/// So many upper bits of half a hash.
fn upper(half: u32, bits: u32) -> usize {
    usize::try_from(u64::from(half) >> (u32::BITS - bits)).unwrap_or(usize::MAX)
}

/// Values of one side on their way into an index: what several indexes are made of is asked of a
/// record once, while it is near.
#[derive(Debug)]
pub(super) struct Gathered {
    entries: Vec<u64>,
    /// The place of the next record.
    at: u32,
    hasher: DefaultHashBuilder,
}

impl Gathered {
    pub(super) fn with_room(records: usize, hasher: &DefaultHashBuilder) -> Self {
        Self { entries: Vec::with_capacity(records), at: 0, hasher: hasher.clone() }
    }

    /// The next record's place is this one.
    pub(super) fn starting_at(self, at: u32) -> Self {
        Self { at, ..self }
    }

    /// Takes what was gathered of the records after these.
    pub(super) fn append(&mut self, after: Self) {
        self.entries.extend(after.entries);
        self.at = after.at;
    }

    /// Takes what the next record holds.
    pub(super) fn next<V: Hash>(&mut self, value: Option<V>) {
        self.next_of(value);
    }

    /// The same of a record that may hold several.
    pub(super) fn next_of<V: Hash>(&mut self, values: impl IntoIterator<Item = V>) {
        let Self { entries, at, hasher } = self;
        entries.extend(values.into_iter().map(|value| entry(hasher.hash_one(value), *at)));
        *at += 1;
    }

    /// The same of a value whose hash is known, made by this one's hasher.
    pub(super) fn next_hashed(&mut self, hash: Option<u64>) {
        self.entries.extend(hash.map(|hash| entry(hash, self.at)));
        self.at += 1;
    }

    /// Has none of them one?
    pub(super) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Does most of what [`Self::index`] has to do, where there is time before it is asked for.
    pub(super) fn sort(&mut self) {
        // Places come in order, and equal halves stay so.
        radsort::sort_by_key(&mut self.entries, |e| digit(*e));
        sort_runs(&mut self.entries);
    }

    pub(super) fn index(mut self) -> Index {
        if !self.entries.is_sorted() {
            self.sort();
        }
        let Self { mut entries, hasher, .. } = self;
        // A record two of whose values have half a hash in common stands there once.
        entries.dedup();
        Index { entries, starts: OnceLock::new(), hasher }
    }
}

/// The upper bits of a hash.
fn digit(entry: u64) -> u16 {
    u16::try_from(entry >> (64 - DIGIT_BITS)).unwrap_or(u16::MAX)
}

/// Sorts what is sorted by its digits. Hashes lie evenly, so runs of one digit are short: of a
/// million values some 15 each. Longer ones are mostly of one value, and nearly in order.
fn sort_runs(entries: &mut [u64]) {
    for run in entries.chunk_by_mut(|x, y| digit(*x) == digit(*y)) {
        if run.len() > 1 {
            run.sort_unstable();
        }
    }
}

/// Takes the entries of this half from the front.
fn take<'e>(entries: &mut &'e [u64], wanted: u32) -> &'e [u64] {
    let ends = entries.iter().position(|e| half(*e) != wanted).unwrap_or(entries.len());
    let (run, rest) = entries.split_at(ends);
    *entries = rest;
    run
}

/// Records that may share a value.
#[derive(Clone, Copy, Debug)]
pub struct Places<'i>(&'i [u64]);

impl<'i> Places<'i> {
    /// How many.
    #[must_use]
    pub fn len(self) -> usize {
        self.0.len()
    }

    /// The place, where it is one.
    #[must_use]
    pub fn only(self) -> Option<u32> {
        if let [entry] = self.0 { Some(place(*entry)) } else { None }
    }

    /// Their places.
    pub fn iter(self) -> impl Iterator<Item = u32> + 'i {
        self.0.iter().map(|e| place(*e))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn index(values: &[u32], hasher: &DefaultHashBuilder) -> Index {
        Index::of(values.iter().map(|n| (n % 7 != 0).then_some(*n)), hasher)
    }

    #[test]
    fn what_is_held_is_found_and_what_is_not_is_not() {
        let hasher = DefaultHashBuilder::default();
        let values: Vec<u32> = (0..3000).map(|n| n / 3 * 2).collect();
        let index = index(&values, &hasher);
        for wanted in 0..2000 {
            let found = index.maybe(wanted).map(|at| values[at as usize]);
            let found = found.filter(|value| *value == wanted).count();
            let held = wanted % 2 == 0 && wanted % 7 != 0;
            assert_eq!(found, if held { 3 } else { 0 }, "{wanted}");
        }
        let none = Index::default();
        assert_eq!(none.maybe(7).count() + none.shared().count(), 0);
    }

    #[test]
    fn what_is_held_is_found_however_few_there_are() {
        let hasher = DefaultHashBuilder::default();
        for len in 0..80_u32 {
            let index = Index::of((0..len).map(Some), &hasher);
            for wanted in 0..2 * len {
                let found = index.maybe(wanted).filter(|at| *at == wanted).count();
                assert_eq!(found, usize::from(wanted < len), "{wanted} of {len}");
            }
        }
    }

    #[test]
    fn values_of_one_digit_are_sorted_too_and_those_of_one_value() {
        let hasher = DefaultHashBuilder::default();
        let values = (0..200_000).map(|n| Some(if n % 3 == 0 { 7 } else { n }));
        let index = Index::of(values, &hasher);
        assert!(index.entries.is_sorted());
        assert_eq!(index.len(), 200_000);
    }

    #[test]
    fn a_merge_meets_each_record_once_and_partners_together() {
        let hasher = DefaultHashBuilder::default();
        let (ours, theirs): (Vec<u32>, Vec<u32>) =
            ((1..900).collect(), (300..1200).rev().collect());
        let (left, right) = (index(&ours, &hasher), index(&theirs, &hasher));
        let (mut met, mut together) = ((0, 0), 0);
        for (a, p) in left.merged(&right) {
            met = (met.0 + a.len(), met.1 + p.len());
            let same =
                |a: u32| p.iter().filter(|&p| theirs[p as usize] == ours[a as usize]).count();
            together += a.iter().map(same).sum::<usize>();
        }
        let held = |values: &[u32]| values.iter().filter(|n| **n % 7 != 0).count();
        assert_eq!(met, (held(&ours), held(&theirs)));
        assert_eq!(together, ours.iter().filter(|n| **n >= 300 && **n % 7 != 0).count());
    }

    #[test]
    fn those_who_share_a_value_are_one_set() {
        let hasher = DefaultHashBuilder::default();
        let values = [5, 6, 5, 9, 6, 5];
        let index = index(&values, &hasher);
        let mut sets: Vec<Vec<u32>> = index.shared().map(|set| set.iter().collect()).collect();
        sets.sort();
        assert_eq!(sets, [vec![0, 2, 5], vec![1, 4]]);
    }
}
