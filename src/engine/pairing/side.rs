//! One side as the passes see it: what identifies its records, and who holds what.
//!
//! What is asked of every record is asked in one pass, while the record is near; each side has a
//! thread, as neither needs anything of the other. Must not do: pair.

use hashbrown::DefaultHashBuilder;

use super::identity::Identity;
use super::index::{Gathered, Index, Places};
use super::likeness::Likeness;
use super::{Bucket, LoginIndex};
use crate::domain::{AcsDevice, PppoeLogin, ProviderRecord, Untrusted};
use crate::engine::rules::Rules;

/// What identifies the records of one side, and who holds what.
pub(super) struct OneSide {
    pub ids: Vec<Identity>,
    pub likeness: Vec<Likeness>,
    pub buckets: Vec<Bucket>,
    /// Of the Provider: is each row in its count?
    pub counted: Vec<bool>,
    pub serials: Index,
    pub logins: LoginIndex,
    pub links: Links,
    /// Of the Provider: how many different logins its rows name, by id where they have one.
    pub distinct_logins: u64,
}

/// Its own ids, and those of the other side that its records name. Lists without links are common:
/// neither is sorted before it is needed.
pub(super) struct Links {
    pub held: Gathered,
    pub named: Gathered,
}

impl OneSide {
    pub(super) fn of_acs(
        devices: &[AcsDevice],
        ouis: bool,
        rules: &Rules,
        hasher: &DefaultHashBuilder,
    ) -> Self {
        let mut side = Filling::with_room(devices.len(), hasher);
        for device in devices {
            let mut identity = Identity::of_acs(device, rules);
            if ouis {
                identity.add_oui(device);
            }
            let ids = (Some(&device.id), device.provider_device_id.as_ref());
            side.next(identity, device.model.as_ref(), ids, Bucket::Left);
        }
        side.indexed(Vec::new(), 0)
    }

    pub(super) fn of_provider(
        rows: &[ProviderRecord],
        oui: Option<u16>,
        rules: &Rules,
        hasher: &DefaultHashBuilder,
    ) -> Self {
        let mut side = Filling::with_room(rows.len(), hasher);
        let mut counted = Vec::with_capacity(rows.len());
        let mut names = Gathered::with_room(rows.len(), hasher);
        for row in rows {
            let identity = Identity::of_provider(row, oui, rules);
            let entry = Some(row).filter(|row| row.is_entry());
            let ids = entry.map(|row| (row.device_id.as_ref(), row.acs_id.as_ref()));
            let bucket = if entry.is_some() { Bucket::Left } else { Bucket::NoDevice };
            counted.push(row.is_counted());
            names.next(login_name(row, &identity));
            side.next(identity, row.model.as_ref(), ids.unwrap_or_default(), bucket);
        }
        let name = |at: usize| login_name(&rows[at], &side.ids[at]);
        let distinct_logins = distinct(&names.index(), name);
        side.indexed(counted, distinct_logins)
    }
}

/// A side while its records are read one by one.
struct Filling<'h> {
    ids: Vec<Identity>,
    likeness: Vec<Likeness>,
    buckets: Vec<Bucket>,
    serials: Gathered,
    logins: Gathered,
    links: Links,
    hasher: &'h DefaultHashBuilder,
}

impl<'h> Filling<'h> {
    fn with_room(records: usize, hasher: &'h DefaultHashBuilder) -> Self {
        let gathered = || Gathered::with_room(records, hasher);
        Self {
            ids: Vec::with_capacity(records),
            likeness: Vec::with_capacity(records),
            buckets: Vec::with_capacity(records),
            serials: gathered(),
            logins: gathered(),
            links: Links { held: gathered(), named: gathered() },
            hasher,
        }
    }

    /// Takes the next record.
    fn next(
        &mut self,
        identity: Identity,
        model: Option<&Untrusted>,
        (held, named): (Option<&Untrusted>, Option<&Untrusted>),
        bucket: Bucket,
    ) {
        self.serials.next(identity.serial.as_ref());
        self.logins.next(LoginIndex::key(&identity));
        self.links.held.next(held.map(Untrusted::raw));
        self.links.named.next(named.map(Untrusted::raw));
        self.likeness.push(Likeness::of(&identity, model, self.hasher));
        self.buckets.push(bucket);
        self.ids.push(identity);
    }

    fn indexed(self, counted: Vec<bool>, distinct_logins: u64) -> OneSide {
        OneSide {
            ids: self.ids,
            likeness: self.likeness,
            buckets: self.buckets,
            counted,
            serials: self.serials.index(),
            logins: LoginIndex::of_index(self.logins.index()),
            links: self.links,
            distinct_logins,
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
