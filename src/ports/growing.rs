//! A list while it is read, and who works on its records before the last of them has come.
//!
//! Must not do: let anybody change a record of which a follower was told, without telling that.

use crate::domain::{AnySnapshot, SnapshotMeta};

/// Works on the records of a list while the rest of it is still being read.
pub trait Follower<R>: Sync {
    /// A list begins. Whatever was told of another one no longer stands; nobody tells anything
    /// meanwhile.
    fn begin(&self);

    /// Some records as they will stand in the list, the first of them at `at`. `columns` are those
    /// names of [`SnapshotMeta::extra_columns`] that are known by now: of these records all.
    fn follow(&self, at: usize, records: &[R], columns: &[Box<str>]);
}

/// So many records are told at once: few enough to be near still from being read.
const AT_ONCE: usize = 256;

/// A list while it is read. A follower is told of its records bit by bit, and that none of it
/// stands where the list is dropped, or changed, before it is whole.
pub struct Growing<'f, R> {
    records: Vec<R>,
    /// The place of the first of them in the list.
    first: usize,
    /// How many of them the follower knows.
    told: usize,
    follower: Option<&'f dyn Follower<R>>,
}

impl<'f, R> Growing<'f, R> {
    /// A list that begins. As long as it grows its follower can follow no other one.
    pub fn followed(follower: &'f mut dyn Follower<R>) -> Self {
        let follower = &*follower;
        follower.begin();
        Self { records: Vec::new(), first: 0, told: 0, follower: Some(follower) }
    }

    /// A list that nobody follows.
    #[must_use]
    pub fn alone() -> Self {
        Self { records: Vec::new(), first: 0, told: 0, follower: None }
    }

    /// Makes room for so many more.
    pub fn reserve(&mut self, more: usize) {
        self.records.reserve(more);
    }

    /// Adds a record; [`Follower::follow`] says what `columns` are.
    pub fn push(&mut self, record: R, columns: &[Box<str>]) {
        self.records.push(record);
        if self.records.len() - self.told >= AT_ONCE {
            self.tell(columns);
        }
    }

    /// The records so far.
    #[must_use]
    pub fn records(&self) -> &[R] {
        &self.records
    }

    /// The records to change as one likes: nobody follows them any more.
    pub fn change(&mut self) -> &mut Vec<R> {
        self.leave();
        &mut self.records
    }

    /// The records, which nobody follows any more.
    #[must_use]
    pub fn into_records(mut self) -> Vec<R> {
        std::mem::take(self.change())
    }

    /// Begins again, without a record.
    pub fn restart(&mut self) {
        (self.records, self.told) = (Vec::new(), 0);
        if let Some(follower) = self.follower {
            follower.begin();
        }
    }

    /// Two parts of one list that has no record yet, to be filled at once: of its first `at`
    /// records, and of those after them. [`Self::append`] puts them together.
    #[must_use]
    pub fn parted(self, at: usize) -> (Self, Self) {
        debug_assert!(self.records.is_empty(), "a list is parted before it grows");
        let (first, follower) = (self.first + at, self.follower);
        (self, Self { records: Vec::new(), first, told: 0, follower })
    }

    /// Takes the part after this one.
    pub fn append(&mut self, mut after: Self, columns: &[Box<str>]) {
        self.tell(columns);
        after.tell(columns);
        let is_next = after.first == self.first + self.records.len();
        if is_next && self.follower.is_some() == after.follower.is_some() {
            after.follower = None;
        } else {
            self.leave();
            after.leave();
        }
        self.records.append(&mut after.records);
        self.told = self.records.len();
    }

    /// The list as it is now, whole or not.
    #[must_use]
    pub fn snapshot(mut self, meta: SnapshotMeta) -> AnySnapshot<R> {
        self.tell(&meta.extra_columns);
        self.follower = None;
        AnySnapshot::new(meta, std::mem::take(&mut self.records))
    }

    fn tell(&mut self, columns: &[Box<str>]) {
        let Some(follower) = self.follower else { return };
        let news = &self.records[self.told..];
        if !news.is_empty() {
            follower.follow(self.first + self.told, news, columns);
        }
        self.told = self.records.len();
    }

    /// Nothing that was told stands any longer, and nothing more is.
    fn leave(&mut self) {
        if let Some(follower) = self.follower.take() {
            follower.begin();
        }
    }
}

impl<R> Drop for Growing<'_, R> {
    fn drop(&mut self) {
        self.leave();
    }
}

#[cfg(test)]
pub(crate) mod testing {
    use std::fmt::Debug;
    use std::sync::{Mutex, PoisonError};

    use super::{Follower, Growing};
    use crate::domain::AnySnapshot;

    /// Remembers what it was told, as far as that stands.
    pub(crate) struct Told<R>(Mutex<Vec<(usize, Vec<R>, usize)>>);

    impl<R> Default for Told<R> {
        fn default() -> Self {
            Self(Mutex::default())
        }
    }

    impl<R: Clone + Send> Follower<R> for Told<R> {
        fn begin(&self) {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
        }

        fn follow(&self, at: usize, records: &[R], columns: &[Box<str>]) {
            self.0.lock().unwrap().push((at, records.to_vec(), columns.len()));
        }
    }

    /// Fetches, and sees that a follower knows the list that is handed out: all of it.
    pub(crate) fn followed<R: Clone + Debug + PartialEq + Send, E>(
        fetch: impl FnOnce(Growing<'_, R>) -> Result<AnySnapshot<R>, E>,
    ) -> Result<AnySnapshot<R>, E> {
        let mut told = Told::default();
        let list = fetch(Growing::followed(&mut told));
        let handed_out = list.as_ref().map(AnySnapshot::records).unwrap_or_default();
        assert_eq!(told.all(), handed_out);
        list
    }

    /// The same, of a source that may have read more than one list: of it all, or nothing.
    pub(crate) fn followed_or_not<R: Clone + Debug + PartialEq + Send, E>(
        fetch: impl FnOnce(Growing<'_, R>) -> Result<AnySnapshot<R>, E>,
    ) -> Result<AnySnapshot<R>, E> {
        let mut told = Told::default();
        let list = fetch(Growing::followed(&mut told));
        let (all, handed_out) = (told.all(), list.as_ref().map(AnySnapshot::records));
        assert!(all.is_empty() || all == handed_out.unwrap_or_default());
        list
    }

    impl<R: Clone + Debug + PartialEq> Told<R> {
        /// All that stands, in the order of the list.
        pub(crate) fn all(&mut self) -> Vec<R> {
            self.bits().into_iter().flat_map(|(_, records, _)| records).collect()
        }

        /// The same, bit by bit: where it stands, and how many columns were known by then.
        pub(crate) fn bits(&mut self) -> Vec<(usize, Vec<R>, usize)> {
            let mut bits = std::mem::take(self.0.get_mut().unwrap());
            bits.sort_by_key(|(at, ..)| *at);
            let mut end = 0;
            for (at, records, _) in &bits {
                assert_eq!(*at, end, "a gap, or something twice");
                end += records.len();
            }
            bits
        }
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::testing::Told;
    use super::*;

    fn meta() -> SnapshotMeta {
        SnapshotMeta {
            extra_columns: vec!["olt".into()],
            ..SnapshotMeta::at(Timestamp::UNIX_EPOCH)
        }
    }

    fn filled(mut growing: Growing<'_, u32>, numbers: std::ops::Range<u32>) -> Growing<'_, u32> {
        numbers.for_each(|n| growing.push(n, &[]));
        growing
    }

    #[test]
    fn a_follower_is_told_of_every_record_once_and_of_its_columns_by_then() {
        let mut told = Told::default();
        for many in [0, 1, 255, 256, 257, 1000] {
            let list = filled(Growing::followed(&mut told), 0..many).snapshot(meta());
            assert_eq!(list.records(), (0..many).collect::<Vec<_>>());
            let bits = told.bits();
            assert_eq!(bits.len(), list.records().len().div_ceil(AT_ONCE));
            for (_, records, columns) in &bits {
                assert_eq!(*columns, usize::from(records.len() < AT_ONCE), "of the last ones");
            }
            let all: Vec<u32> = bits.into_iter().flat_map(|(_, records, _)| records).collect();
            assert_eq!(all, list.records(), "{many}");
        }
    }

    #[test]
    fn what_is_dropped_or_changed_or_begun_again_stands_no_longer() {
        let mut told = Told::default();
        drop(filled(Growing::followed(&mut told), 0..600));
        assert!(told.all().is_empty());

        let mut changed = filled(Growing::followed(&mut told), 0..600);
        changed.change().swap_remove(3);
        let list = filled(changed, 600..1200).snapshot(meta());
        assert_eq!((list.records().len(), list.records()[3]), (1199, 599));
        assert!(told.all().is_empty());

        assert_eq!(filled(Growing::followed(&mut told), 0..600).into_records().len(), 600);
        assert!(told.all().is_empty());

        let mut again = filled(Growing::followed(&mut told), 0..600);
        again.restart();
        let list = filled(again, 7..700).snapshot(meta());
        assert_eq!(told.all(), list.records());
    }

    #[test]
    fn parts_are_one_list_in_whatever_order_they_grow() {
        let mut told = Told::default();
        for (early, late) in [(300_u32, 500), (0, 2), (2, 0), (256, 256)] {
            let (one, other) = Growing::followed(&mut told).parted(early as usize);
            let other = filled(other, early..early + late);
            let mut one = filled(one, 0..early);
            one.append(other, &[]);
            let list = one.snapshot(meta());
            assert_eq!(list.records(), (0..early + late).collect::<Vec<_>>());
            assert_eq!(told.all(), list.records());
        }
    }

    #[test]
    fn parts_that_leave_a_gap_are_followed_no_longer() {
        let mut told = Told::default();
        let (one, other) = Growing::followed(&mut told).parted(301);
        let mut one = filled(one, 0..300);
        one.append(filled(other, 300..900), &[]);
        assert_eq!(one.snapshot(meta()).records().len(), 900);
        assert!(told.all().is_empty());
    }
}
