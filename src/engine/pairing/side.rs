//! One side as the passes see it: what identifies its records, and who holds what.
//!
//! What is asked of every record is asked in one pass, while the record is near; neither side needs
//! anything of the other. Must not do: pair.

use std::hash::BuildHasher;

use hashbrown::DefaultHashBuilder;
use jiff::Timestamp;

use super::identity::Identity;
use super::index::{Gathered, Index, Places};
use super::likeness::Likeness;
use super::short::Short;
use super::{Bucket, LoginIndex};
use crate::domain::{AcsDevice, PppoeLogin, ProviderRecord, Untrusted};
use crate::engine::both::{Threads, both};
use crate::engine::rules::Rules;

/// What identifies the records of one side, and who holds what.
#[derive(Debug)]
pub(super) struct OneSide {
    pub ids: Vec<Identity>,
    pub likeness: Vec<Likeness>,
    pub buckets: Vec<Bucket>,
    /// Of the Provider: is each row in its count?
    pub counted: Vec<bool>,
    /// Of the Provider: when its rows say that they were synchronised, as far as they do.
    pub synchronised: Vec<Timestamp>,
    pub serials: Index,
    pub logins: LoginIndex,
    pub links: Ids,
    /// Of the Provider: how many different logins its rows name, by id where they have one.
    pub distinct_logins: u64,
    /// What its hasher makes of nothing: sides of one pairing share a hasher.
    pub seed: u64,
}

/// Its own ids, and those of the other side that its records name. Lists without links are common:
/// neither is sorted before it is surely needed, or somebody waits anyway.
#[derive(Debug)]
pub(super) struct Ids {
    pub held: Gathered,
    pub named: Gathered,
    /// By place: the entry's id, be it the record's own or one that it names.
    pub entries: Vec<Short>,
}

impl Ids {
    /// Sorts both where its records name any: those are mostly named back.
    fn sort(&mut self) {
        if !self.named.is_empty() {
            self.named.sort();
            self.held.sort();
        }
    }
}

impl OneSide {
    pub(super) fn of_acs(devices: &[AcsDevice], with: &With<'_>) -> Self {
        let fill = |devices: &[AcsDevice], side: &mut Filling| side.take_acs(devices, with);
        Self::of_acs_filled(filled(devices, with, fill), with)
    }

    pub(super) fn of_provider(rows: &[ProviderRecord], oui: Option<u16>, with: &With<'_>) -> Self {
        let fill = |rows: &[ProviderRecord], side: &mut Filling| {
            side.take_provider(rows, oui, with);
        };
        Self::of_provider_filled(filled(rows, with, fill), rows, with)
    }

    pub(super) fn of_acs_filled(side: Filling, with: &With<'_>) -> Self {
        side.indexed(with, |_, _| 0)
    }

    /// Of all these rows.
    pub(super) fn of_provider_filled(
        side: Filling,
        rows: &[ProviderRecord],
        with: &With<'_>,
    ) -> Self {
        side.indexed(with, |ids, names| {
            distinct(&names.index(), |at| login_name(&rows[at], &ids[at]))
        })
    }

    /// Of the ACS: beside a Provider that tells OUIs, those of its devices count too.
    pub(super) fn add_ouis(&mut self, devices: &[AcsDevice]) {
        self.ids.iter_mut().zip(devices).for_each(|(identity, device)| identity.add_oui(device));
    }
}

/// What a side is made with.
pub(super) struct With<'w> {
    pub rules: &'w Rules,
    /// That of the other side too.
    pub hasher: &'w DefaultHashBuilder,
    pub threads: Threads,
}

/// A side while its records are read one by one.
#[derive(Debug)]
pub(super) struct Filling {
    ids: Vec<Identity>,
    likeness: Vec<Likeness>,
    buckets: Vec<Bucket>,
    counted: Vec<bool>,
    synchronised: Vec<Timestamp>,
    serials: Gathered,
    logins: Gathered,
    links: Ids,
    /// Of the Provider: the logins that its rows name.
    names: Gathered,
}

/// Fills a side with records; each half has a thread, where there are two from the beginning.
fn filled<R: Sync>(
    records: &[R],
    with: &With<'_>,
    fill: impl Fn(&[R], &mut Filling) + Sync,
) -> Filling {
    let begun = |at, room| Filling::starting_at(at, room, with.hasher);
    // The first half makes room for both.
    let mut side = begun(0, records.len());
    if with.threads != Threads::Two {
        fill(records, &mut side);
        return side;
    }
    let first = records.len() / 2;
    let (early, late) = records.split_at(first);
    let of_late = || {
        let mut side = begun(first, late.len());
        fill(late, &mut side);
        side
    };
    let (late, ()) = both(of_late, || fill(early, &mut side));
    side.append(late);
    side
}

impl Filling {
    /// Of records the first of which stands at `first`.
    pub(super) fn starting_at(first: usize, room: usize, hasher: &DefaultHashBuilder) -> Self {
        let first = u32::try_from(first).unwrap_or(u32::MAX);
        let gathered = || Gathered::with_room(room, hasher).starting_at(first);
        Self {
            ids: Vec::with_capacity(room),
            likeness: Vec::with_capacity(room),
            buckets: Vec::with_capacity(room),
            counted: Vec::with_capacity(room),
            synchronised: Vec::new(),
            serials: gathered(),
            logins: gathered(),
            links: Ids { held: gathered(), named: gathered(), entries: Vec::with_capacity(room) },
            names: gathered(),
        }
    }

    /// How many records were taken.
    pub(super) fn len(&self) -> usize {
        self.ids.len()
    }

    /// Takes the next devices of an ACS.
    pub(super) fn take_acs(&mut self, devices: &[AcsDevice], with: &With<'_>) {
        for device in devices {
            let identity = Identity::of_acs(device, with.rules);
            let ids = (Some(&device.id), device.provider_device_id.as_ref());
            self.links.entries.push(Short::of(ids.1));
            self.next(identity, device.model.as_ref(), ids, Bucket::Left, with.hasher);
        }
    }

    /// Takes the next rows of a Provider, whose column `oui` tells OUIs.
    pub(super) fn take_provider(
        &mut self,
        rows: &[ProviderRecord],
        oui: Option<u16>,
        with: &With<'_>,
    ) {
        for row in rows {
            let identity = Identity::of_provider(row, oui, with.rules);
            let entry = Some(row).filter(|row| row.is_entry());
            let ids = entry.map(|row| (row.device_id.as_ref(), row.acs_id.as_ref()));
            let bucket = if entry.is_some() { Bucket::Left } else { Bucket::NoDevice };
            self.counted.push(row.is_counted());
            self.synchronised.extend(row.synchronised);
            self.names.next(login_name(row, &identity));
            let ids = ids.unwrap_or_default();
            self.links.entries.push(Short::of(ids.0));
            self.next(identity, row.model.as_ref(), ids, bucket, with.hasher);
        }
    }

    /// Takes the next record.
    fn next(
        &mut self,
        identity: Identity,
        model: Option<&Untrusted>,
        (held, named): (Option<&Untrusted>, Option<&Untrusted>),
        bucket: Bucket,
        hasher: &DefaultHashBuilder,
    ) {
        self.serials.next(identity.serial.as_ref());
        let local = LoginIndex::key(&identity).map(|local| hasher.hash_one(local));
        self.logins.next_hashed(local);
        self.links.held.next(held.map(Untrusted::raw));
        self.links.named.next(named.map(Untrusted::raw));
        self.likeness.push(Likeness::of(&identity, local, model, hasher));
        self.buckets.push(bucket);
        self.ids.push(identity);
    }

    /// Takes the records after these.
    pub(super) fn append(&mut self, after: Self) {
        self.ids.extend(after.ids);
        self.likeness.extend(after.likeness);
        self.buckets.extend(after.buckets);
        self.counted.extend(after.counted);
        self.synchronised.extend(after.synchronised);
        self.serials.append(after.serials);
        self.logins.append(after.logins);
        self.links.held.append(after.links.held);
        self.links.named.append(after.links.named);
        self.links.entries.extend(after.links.entries);
        self.names.append(after.names);
    }

    /// `distinct` counts the different logins of rows that name these.
    fn indexed(
        self,
        with: &With<'_>,
        distinct: impl FnOnce(&[Identity], Gathered) -> u64 + Send,
    ) -> OneSide {
        let Self { serials, logins, mut links, names, .. } = self;
        let Self { ids, likeness, buckets, counted, mut synchronised, .. } = self;
        // Grown as it came: how many rows tell it nobody knew.
        synchronised.shrink_to_fit();
        if with.threads == Threads::One {
            links.sort();
        }
        let indexes = || (serials.index(), LoginIndex::of_index(logins.index()));
        let (distinct_logins, (serials, logins)) =
            with.threads.both(|| distinct(&ids, names), indexes);
        let seed = with.hasher.hash_one(());
        OneSide {
            ids,
            likeness,
            buckets,
            counted,
            synchronised,
            serials,
            logins,
            links,
            distinct_logins,
            seed,
        }
    }
}

/// The login that a row names: its id, or the login itself where it has none.
fn login_name<'r>(row: &'r ProviderRecord, identity: &'r Identity) -> Option<&'r str> {
    let id = row.login_id.as_ref().map(Untrusted::raw);
    id.or_else(|| identity.login.as_ref().map(PppoeLogin::as_str))
}

/// How many different names there are.
fn distinct<'r>(index: &Index, name: impl Fn(usize) -> Option<&'r str>) -> u64 {
    let again = |places: Places<'_>| {
        let mut names: Vec<_> = places.iter().map(|at| name(at as usize)).collect();
        names.sort_unstable();
        names.dedup();
        places.len() - names.len()
    };
    (index.len() - index.shared().map(again).sum::<usize>()) as u64
}
