//! A list that is indexed for pairing before the other one is known: its records while the rest is
//! still being read, and all of it as soon as it is there.
//!
//! Must not do: pair.

use std::marker::PhantomData;
use std::sync::Arc;

use hashbrown::DefaultHashBuilder;

use super::side::{Filling, OneSide, With};
use super::{Pairing, Sides};
use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord};
use crate::engine::both::Threads;
use crate::engine::provider_oui;
use crate::engine::rules::Rules;

/// What both lists of one pairing are indexed with. A clone indexes for the same pairing.
#[derive(Clone, Debug)]
pub struct Indexing {
    rules: Arc<Rules>,
    hasher: DefaultHashBuilder,
}

/// A list, indexed; `R` is what it lists.
#[derive(Debug)]
pub struct Indexed<R> {
    side: OneSide,
    of: PhantomData<fn() -> R>,
}

/// What identifies the records of a list that were read so far, or of a part of them; `R` is what
/// it lists.
#[derive(Debug)]
pub struct Taken<R> {
    side: Filling,
    of: PhantomData<fn() -> R>,
}

impl<R> Taken<R> {
    /// How many records were taken.
    #[must_use]
    pub fn len(&self) -> usize {
        self.side.len()
    }

    /// Was none taken?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Takes the part after this one.
    pub fn append(&mut self, after: Self) {
        self.side.append(after.side);
    }
}

impl Indexing {
    /// By the rules of an ISP.
    #[must_use]
    pub fn new(rules: Arc<Rules>) -> Self {
        Self { rules, hasher: DefaultHashBuilder::default() }
    }

    /// The rules it indexes by.
    #[must_use]
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Indexes the ACS's list, all of which was `taken`, or nothing.
    #[must_use]
    pub fn acs(
        &self,
        list: &AnySnapshot<AcsDevice>,
        taken: Option<Taken<AcsDevice>>,
        threads: Threads,
    ) -> Indexed<AcsDevice> {
        let with = self.with(threads);
        let side = match taken {
            Some(taken) => OneSide::of_acs_filled(taken.side, &with),
            None => OneSide::of_acs(list.records(), &with),
        };
        Indexed { side, of: PhantomData }
    }

    /// Indexes the Provider's list, all of which was `taken`, or nothing.
    ///
    /// # Panics
    /// Where more rows were taken than the list has: a bug.
    #[must_use]
    pub fn provider(
        &self,
        list: &AnySnapshot<ProviderRecord>,
        taken: Option<Taken<ProviderRecord>>,
        threads: Threads,
    ) -> Indexed<ProviderRecord> {
        let (with, rows) = (self.with(threads), list.records());
        let side = match taken {
            Some(taken) => OneSide::of_provider_filled(taken.side, rows, &with),
            None => OneSide::of_provider(rows, provider_oui(&list.meta().extra_columns), &with),
        };
        Indexed { side, of: PhantomData }
    }

    /// Begins to take records, of which the first stands at `first` in its list.
    #[must_use]
    pub fn begin<R>(&self, first: usize) -> Taken<R> {
        Taken { side: Filling::starting_at(first, 0, &self.hasher), of: PhantomData }
    }

    /// Takes the next devices of the ACS.
    pub fn take_acs(&self, taken: &mut Taken<AcsDevice>, devices: &[AcsDevice]) {
        taken.side.take_acs(devices, &self.with(Threads::One));
    }

    /// Takes the next rows of the Provider; `columns` are its extra ones, those at least that these
    /// rows have.
    pub fn take_provider(
        &self,
        taken: &mut Taken<ProviderRecord>,
        rows: &[ProviderRecord],
        columns: &[Box<str>],
    ) {
        taken.side.take_provider(rows, provider_oui(columns), &self.with(Threads::One));
    }

    fn with(&self, threads: Threads) -> With<'_> {
        With { rules: &self.rules, hasher: &self.hasher, threads }
    }
}

impl Pairing {
    /// Pairs lists that are indexed already. `ouis`: does the Provider tell OUIs?
    ///
    /// # Panics
    /// Where they are other lists than these, or were not indexed for one pairing: a bug.
    #[must_use]
    pub fn of_indexed(
        sides: Sides<'_>,
        ouis: bool,
        (acs, provider): (Indexed<AcsDevice>, Indexed<ProviderRecord>),
    ) -> Self {
        Self::of_sides(sides, ouis, (acs.side, provider.side))
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;
    use proptest::collection::vec;

    use super::*;
    use crate::domain::{SnapshotMeta, Untrusted};

    fn row((id, serial, login, oui): (u8, u8, u8, bool)) -> ProviderRecord {
        ProviderRecord {
            device_id: Untrusted::present(&id.to_string()),
            serial: Untrusted::present(&format!("HWTC{serial:08}")),
            login: Untrusted::present(&format!("cliente{login}")),
            login_id: (login % 2 == 0).then(|| Untrusted::new(&login.to_string())),
            linked: Some(login % 3 != 0),
            acs_id: (id % 2 == 0).then(|| Untrusted::new(&serial.to_string())),
            extra: if oui { [(0, Untrusted::new("00259E"))].into() } else { [].into() },
            ..ProviderRecord::default()
        }
    }

    fn device((id, serial, login, _): (u8, u8, u8, bool)) -> AcsDevice {
        AcsDevice {
            id: Untrusted::new(&id.to_string()),
            serial: Untrusted::present(&format!("HWTC{serial:08}")),
            pppoe_login: Untrusted::present(&format!("cliente{login}")),
            provider_device_id: (id % 2 == 0).then(|| Untrusted::new(&serial.to_string())),
            ..AcsDevice::default()
        }
    }

    /// Both parts of a list, taken one after the other and put together.
    fn parts<R>(
        indexing: &Indexing,
        records: &[R],
        part_at: usize,
        take: impl Fn(&mut Taken<R>, &[R]),
    ) -> Taken<R> {
        let (early, late) = records.split_at(part_at);
        let (mut whole, mut after) = (indexing.begin(0), indexing.begin(part_at));
        take(&mut after, late);
        take(&mut whole, early);
        whole.append(after);
        assert_eq!((whole.len(), whole.is_empty()), (records.len(), records.is_empty()));
        whole
    }

    proptest::proptest! {
        /// However the list was cut while it came.
        #[test]
        fn what_is_taken_bit_by_bit_is_indexed_as_the_whole_list(
            values in vec((0_u8..50, 0_u8..40, 0_u8..30, proptest::bool::ANY), 0..90),
            bits in 1_usize..20,
            part_at in 0_usize..90,
        ) {
            let indexing = Indexing::new(Arc::default());
            let meta = SnapshotMeta {
                extra_columns: vec!["oui".into()],
                ..SnapshotMeta::at(Timestamp::UNIX_EPOCH)
            };
            let devices: Vec<_> = values.iter().copied().map(device).collect();
            let rows: Vec<_> = values.iter().copied().map(row).collect();
            let part_at = part_at.min(values.len());
            let acs_list = AnySnapshot::new(meta.clone(), devices);
            let list = AnySnapshot::new(meta, rows);
            for threads in [Threads::One, Threads::Two] {
                let acs = parts(&indexing, acs_list.records(), part_at, |part, devices| {
                    devices.chunks(bits).for_each(|bit| indexing.take_acs(part, bit));
                });
                let provider = parts(&indexing, list.records(), part_at, |part, rows| {
                    for bit in rows.chunks(bits) {
                        // Nobody knows of the column before a row has it.
                        let known = bit.iter().any(|row| !row.extra.is_empty());
                        let columns = if known { &list.meta().extra_columns[..] } else { &[] };
                        indexing.take_provider(part, bit, columns);
                    }
                });
                let bit_by_bit = (
                    indexing.acs(&acs_list, Some(acs), threads),
                    indexing.provider(&list, Some(provider), threads),
                );
                let at_once = (
                    indexing.acs(&acs_list, None, threads),
                    indexing.provider(&list, None, threads),
                );
                proptest::prop_assert_eq!(format!("{bit_by_bit:?}"), format!("{at_once:?}"));
            }
        }
    }
}
