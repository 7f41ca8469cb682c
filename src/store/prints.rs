//! A list made ready for the store: its keys and fingerprints while it is read, and what it is
//! beside the last one known while the other list is still being read.
//!
//! Must not do: change a table, or keep a file open while it takes fingerprints.

use std::path::PathBuf;
use std::sync::Arc;

use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord, Side};
use crate::store::beside::{Beside, SeenEarly, compare};
use crate::store::codec::Bad;
use crate::store::codec::device::Keep;
use crate::store::codec::fingerprint::Fed;
use crate::store::error::StoreError;
use crate::store::key_file::key_file;
use crate::store::list::{NewList, Piece, Record, Sorted};
use crate::store::options::Mode;
use crate::store::search::Sealer;
use crate::store::series::Series;
use crate::store::{Pii, SEARCH_KEY_FILE, Store, StoreOptions};

/// Where the key lies that the numbers of people in a Provider's list are sealed with: it is looked
/// for, and made where there is none, once there is a record of the list. That it can't be is told
/// where the run is recorded.
#[derive(Clone)]
pub struct Sealing {
    dir: PathBuf,
    options: StoreOptions,
}

/// The keys and fingerprints of the ACS's list, sorted: taken while the lists are read, and before
/// any lock is.
pub struct AcsPrints {
    ready: Result<Ready<AcsDevice>, Bad>,
}

/// The same of the Provider's list, and what they were made with.
pub struct ProviderPrints {
    ready: Result<Ready<ProviderRecord>, Bad>,
    keep: Arc<Keep>,
    sealed_with: Option<Vec<u8>>,
    unsealed: bool,
}

/// A list that was read, made ready for the store; and what it is beside the last complete one
/// known, where there was time to look while the other list was being read.
struct Ready<R> {
    sorted: Sorted,
    beside: SeenEarly<R>,
}

impl Store {
    /// For sealing a Provider's list; it does not keep the store open.
    #[must_use]
    pub fn sealing(&self) -> Sealing {
        Sealing { dir: self.dir.clone(), options: self.options.clone() }
    }
}

impl Sealing {
    /// What seals people's numbers in the lists about to be kept; `None` where nothing of people
    /// is kept.
    pub(super) fn sealer(&self) -> Result<Option<Sealer>, StoreError> {
        if self.options.store_pii == Pii::None {
            return Ok(None);
        }
        let key = key_file(&self.dir, self.options.group.as_deref(), SEARCH_KEY_FILE)?;
        Ok(Some(Sealer::new(&key)))
    }
}

impl AcsPrints {
    /// Takes the fingerprints of a list.
    #[must_use]
    pub fn of(acs: &AnySnapshot<AcsDevice>) -> Self {
        Self::of_all(&Printing::new(Ok(None)), acs)
    }
}

impl ProviderPrints {
    /// Takes the fingerprints of a list, whose people are sealed with this.
    #[must_use]
    pub fn of(provider: &AnySnapshot<ProviderRecord>, sealing: &Sealing) -> Self {
        Self::of_all(&Self::begin(sealing), provider)
    }
}

/// Fingerprints of a list, or of a part of it, while it is read.
pub struct Printing {
    /// With the unknown columns of the list, as far as they are known.
    keep: Keep,
    columns: usize,
    sealed_with: Option<Vec<u8>>,
    unsealed: bool,
    pieces: Result<Vec<Piece>, Bad>,
    fed: Fed,
}

/// [`Keep`] with the unknown columns of one of the lists.
type WithColumns = fn(&Keep, &[Box<str>]) -> Keep;

impl Printing {
    /// Sealing people with this one, as far as one could be had.
    fn new(sealer: Result<Option<Sealer>, StoreError>) -> Self {
        let unsealed = sealer.is_err();
        let sealer = sealer.ok().flatten();
        let sealed_with = sealer.as_ref().map(Sealer::id);
        let keep = Keep::new(sealer, &[], &[]);
        let (pieces, fed) = (Ok(Vec::new()), Fed::default());
        Self { keep, columns: 0, sealed_with, unsealed, pieces, fed }
    }

    /// A part, without a record, of the same list.
    fn part<R: Record>(&self, first: usize, records: usize) -> Self {
        let (keep, sealed_with) = (self.keep.clone(), self.sealed_with.clone());
        let pieces = Ok(vec![Piece::starting_at::<R>(first, records)]);
        Self { keep, sealed_with, pieces, fed: Fed::default(), ..*self }
    }

    fn take<R: Record>(&mut self, records: &[R], columns: &[Box<str>], with: WithColumns) {
        self.know(columns, with);
        let Ok([.., piece]) = self.pieces.as_deref_mut() else { return };
        if let Err(bad) = piece.take(records, &self.keep, &mut self.fed) {
            self.pieces = Err(bad);
        }
    }

    /// Columns are only added to those known: of records that were taken nothing changes.
    fn know(&mut self, columns: &[Box<str>], with: WithColumns) {
        if columns.len() != self.columns {
            (self.keep, self.columns) = (with(&self.keep, columns), columns.len());
        }
    }

    /// Takes the part after this one.
    pub fn append(&mut self, after: Self) {
        match (&mut self.pieces, after.pieces) {
            (Ok(pieces), Ok(more)) => pieces.extend(more),
            (pieces @ Ok(_), Err(bad)) => *pieces = Err(bad),
            (Err(_), _) => {}
        }
    }
}

/// What the fingerprints of either list are good for before both lists are there.
pub trait Prints: Sized {
    /// What the list is made of.
    type Record: Send + Sync + 'static;

    /// The side of the other list.
    const OTHER: Side;

    /// Begins to take fingerprints of a list, of which nothing is read yet.
    #[must_use]
    fn begin(sealing: &Sealing) -> Printing;

    /// Fingerprints of the part of a list that begins at `first`, with room for so many records.
    #[must_use]
    fn part(of: &Printing, first: usize, records: usize) -> Printing;

    /// Takes the fingerprints of the next records of a part; `columns` are the extra ones that are
    /// known by now.
    fn take(part: &mut Printing, records: &[Self::Record], columns: &[Box<str>]);

    /// Of the whole list.
    #[must_use]
    fn taken(whole: Printing, list: &AnySnapshot<Self::Record>) -> Self;

    /// Of a list none of which was taken before.
    #[must_use]
    fn of_all(begun: &Printing, list: &AnySnapshot<Self::Record>) -> Self {
        let mut whole = Self::part(begun, 0, list.records().len());
        Self::take(&mut whole, list.records(), &list.meta().extra_columns);
        Self::taken(whole, list)
    }

    /// Compares the list with what the store holds now, as long as somebody is `waiting`; when both
    /// lists are compared this is looked at again. A store that can't be read tells that then.
    #[must_use]
    fn beside(
        self,
        list: &AnySnapshot<Self::Record>,
        store: &Store,
        waiting: impl Fn() -> bool,
    ) -> Self;

    /// Packs what little is new of the list, as [`super::Draft::packed`] does otherwise.
    #[must_use]
    fn packed(self, list: &AnySnapshot<Self::Record>) -> Self;
}

impl Prints for AcsPrints {
    type Record = AcsDevice;

    const OTHER: Side = Side::Provider;

    fn begin(_: &Sealing) -> Printing {
        Printing::new(Ok(None))
    }

    fn part(of: &Printing, first: usize, records: usize) -> Printing {
        of.part::<AcsDevice>(first, records)
    }

    fn take(part: &mut Printing, devices: &[AcsDevice], columns: &[Box<str>]) {
        part.take(devices, columns, Keep::with_acs);
    }

    fn taken(mut whole: Printing, acs: &AnySnapshot<AcsDevice>) -> Self {
        whole.know(&acs.meta().extra_columns, Keep::with_acs);
        Self { ready: Ready::of(acs.records(), whole.pieces, &Arc::new(whole.keep)) }
    }

    fn beside(
        self,
        acs: &AnySnapshot<AcsDevice>,
        store: &Store,
        waiting: impl Fn() -> bool,
    ) -> Self {
        let compare = |ready: Ready<_>| ready.beside(Series::Acs, acs, (store, waiting));
        Self { ready: self.ready.and_then(compare) }
    }

    fn packed(self, acs: &AnySnapshot<AcsDevice>) -> Self {
        Self { ready: self.ready.and_then(|ready| ready.packed(Series::Acs, acs)) }
    }
}

impl Prints for ProviderPrints {
    type Record = ProviderRecord;

    const OTHER: Side = Side::Acs;

    fn begin(sealing: &Sealing) -> Printing {
        Printing::new(sealing.sealer())
    }

    fn part(of: &Printing, first: usize, records: usize) -> Printing {
        of.part::<ProviderRecord>(first, records)
    }

    fn take(part: &mut Printing, rows: &[ProviderRecord], columns: &[Box<str>]) {
        part.take(rows, columns, Keep::with_provider);
    }

    fn taken(mut whole: Printing, provider: &AnySnapshot<ProviderRecord>) -> Self {
        whole.know(&provider.meta().extra_columns, Keep::with_provider);
        let Printing { keep, sealed_with, unsealed, pieces, .. } = whole;
        let keep = Arc::new(keep);
        Self { ready: Ready::of(provider.records(), pieces, &keep), keep, sealed_with, unsealed }
    }

    fn beside(
        self,
        provider: &AnySnapshot<ProviderRecord>,
        store: &Store,
        waiting: impl Fn() -> bool,
    ) -> Self {
        let compare = |ready: Ready<_>| ready.beside(Series::Provider, provider, (store, waiting));
        Self { ready: self.ready.and_then(compare), ..self }
    }

    fn packed(self, provider: &AnySnapshot<ProviderRecord>) -> Self {
        let packed = |ready: Ready<_>| ready.packed(Series::Provider, provider);
        Self { ready: self.ready.and_then(packed), ..self }
    }
}

impl<R: Record> Ready<R> {
    fn of(records: &[R], pieces: Result<Vec<Piece>, Bad>, keep: &Arc<Keep>) -> Result<Self, Bad> {
        let sorted = NewList::joined(records, pieces?, keep)?.apart();
        Ok(Self { sorted, beside: None })
    }

    fn beside(
        self,
        series: Series,
        list: &AnySnapshot<R>,
        (store, waiting): (&Store, impl Fn() -> bool),
    ) -> Result<Self, Bad> {
        // A store that is held alone is held once, when both lists are there.
        if store.options.mode == Mode::Exclusive {
            return Ok(self);
        }
        let new = NewList::again(list.records(), self.sorted)?;
        let beside = store.read_both(|journal, history| {
            compare((journal, history), series, (list, &new), None, &waiting)
        });
        Ok(Self { sorted: new.apart(), beside: waiting().then_some(beside) })
    }

    fn packed(mut self, series: Series, list: &AnySnapshot<R>) -> Result<Self, Bad> {
        let Some(Ok(Beside { compared, .. })) = &mut self.beside else { return Ok(self) };
        let new = NewList::again(list.records(), self.sorted)?;
        compared.pack(series, &new);
        Ok(Self { sorted: new.apart(), ..self })
    }
}

/// A list with its fingerprints, and what of it beside the last one known is ready.
pub(super) struct New<'a, R> {
    pub list: NewList<'a, R>,
    pub beside: SeenEarly<R>,
}

impl<'a, R: Record> New<'a, R> {
    fn of(list: &'a AnySnapshot<R>, ready: Result<Ready<R>, Bad>) -> Result<Self, Bad> {
        let Ready { sorted, beside } = ready?;
        Ok(Self { list: NewList::again(list.records(), sorted)?, beside })
    }
}

/// Both lists with their fingerprints.
pub(super) struct Printed<'a> {
    pub acs: New<'a, AcsDevice>,
    pub provider: New<'a, ProviderRecord>,
    pub keep: Arc<Keep>,
    pub sealed_with: Option<Vec<u8>>,
    pub unsealed: bool,
}

impl<'a> Printed<'a> {
    pub(super) fn of(
        (acs, provider): (&'a AnySnapshot<AcsDevice>, &'a AnySnapshot<ProviderRecord>),
        (devices, rows): (AcsPrints, ProviderPrints),
    ) -> Result<Self, Bad> {
        let ProviderPrints { ready, keep, sealed_with, unsealed } = rows;
        let keep = Arc::new(keep.with_acs(&acs.meta().extra_columns));
        let (acs, provider) = (New::of(acs, devices.ready)?, New::of(provider, ready)?);
        Ok(Self { acs, provider, keep, sealed_with, unsealed })
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::collection::vec;

    use super::*;
    use crate::domain::{SnapshotMeta, Untrusted};

    const COLUMNS: [&str; 3] = ["olt", "CPF do titular", "slot"];

    /// A row with a few of the columns that are known once it is read.
    fn row((id, login, known): (u8, u8, usize)) -> ProviderRecord {
        let value = |column: usize| Untrusted::new(&format!("{login}-{column}"));
        ProviderRecord {
            device_id: Untrusted::present(&id.to_string()),
            login: Untrusted::present(&login.to_string()),
            extra: (0_u16..).zip(0..known).map(|(at, column)| (at, value(column))).collect(),
            ..ProviderRecord::default()
        }
    }

    fn columns(known: usize) -> Vec<Box<str>> {
        COLUMNS[..known].iter().map(|name| (*name).into()).collect()
    }

    /// All that the store looks at of a list.
    fn looks(prints: ProviderPrints, list: &AnySnapshot<ProviderRecord>) -> impl PartialEq + use<> {
        let sorted = NewList::again(list.records(), prints.ready.ok().unwrap().sorted).unwrap();
        let each = |i| {
            let body = sorted.body(i).unwrap().into_owned();
            (sorted.key(i).to_vec(), sorted.print(i), sorted.place(i), sorted.is_alone(i), body)
        };
        let rows: Vec<_> = (0..sorted.len()).map(each).collect();
        (rows, sorted.pack_columns().unwrap(), prints.sealed_with)
    }

    proptest::proptest! {
        /// However the list was cut while it came, and whatever of its columns was known by then.
        #[test]
        fn prints_taken_bit_by_bit_are_those_of_the_whole_list(
            mut rows in vec((0_u8..40, 0_u8..9, 0_usize..=3), 1..80),
            bits in 1_usize..20,
            part_at in 0_usize..80,
        ) {
            // A column that is known stays so.
            let mut most = 0;
            for (.., known) in &mut rows {
                most = most.max(*known);
            }
            let dir = tempfile::tempdir().unwrap();
            let store = Store::open(dir.path(), &StoreOptions::default()).unwrap();
            let meta = SnapshotMeta {
                extra_columns: columns(most),
                ..SnapshotMeta::at(Timestamp::UNIX_EPOCH)
            };
            let part_at = part_at.min(rows.len());
            let begun = ProviderPrints::begin(&store.sealing());
            let mut parts = [0, part_at].map(|first| ProviderPrints::part(&begun, first, 0));
            let (early, late) = rows.split_at(part_at);
            for (part, rows) in parts.iter_mut().zip([early, late]) {
                let mut known = 0;
                for bit in rows.chunks(bits) {
                    known = bit.iter().map(|(.., known)| *known).max().unwrap().max(known);
                    let bit: Vec<_> = bit.iter().copied().map(row).collect();
                    ProviderPrints::take(part, &bit, &columns(known));
                }
            }
            let list = AnySnapshot::new(meta, rows.into_iter().map(row).collect());
            let [mut whole, after] = parts;
            whole.append(after);
            let bit_by_bit = looks(ProviderPrints::taken(whole, &list), &list);
            let at_once = looks(ProviderPrints::of(&list, &store.sealing()), &list);
            proptest::prop_assert!(bit_by_bit == at_once);
        }
    }

    #[test]
    fn prints_of_fewer_or_more_records_than_a_list_has_are_none_of_it() {
        let list = AnySnapshot::new(
            SnapshotMeta::at(Timestamp::UNIX_EPOCH),
            vec![AcsDevice::default(), AcsDevice::default()],
        );
        for many in [0, 1, 3] {
            let mut part = AcsPrints::part(&Printing::new(Ok(None)), 0, 0);
            AcsPrints::take(&mut part, &vec![AcsDevice::default(); many], &[]);
            assert!(AcsPrints::taken(part, &list).ready.is_err(), "{many}");
        }
    }
}
