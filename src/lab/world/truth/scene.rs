//! Both sides as they stand, and who is who on them.
//!
//! Must not do: explain; `causes` does.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::super::World;
use super::super::entries::{self, Login, ProviderEntry};
use super::super::identity::{Identity, local_part};
use super::super::past::Past;

/// Where a record ended up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Bucket {
    /// On its own side only.
    Left,
    /// Paired with this record of the other side.
    Paired(usize),
    /// In this group.
    Group(usize),
}

/// Records of one identity.
#[derive(Clone, Debug, Default)]
pub(in super::super) struct Group {
    pub acs: Vec<usize>,
    pub provider: Vec<usize>,
}

/// A device of the ACS.
#[derive(Clone, Debug)]
pub(in super::super) struct Device {
    pub serial: String,
    pub identity: Identity,
    pub registered: Timestamp,
    pub last_inform: Timestamp,
    pub wan_ip: String,
    pub model: String,
}

/// Everything that the truth looks at.
pub(in super::super) struct Scene<'w> {
    pub now: Timestamp,
    pub start: Timestamp,
    pub last_sync: Option<Timestamp>,
    pub past: &'w Past,
    pub devices: Vec<Device>,
    pub entries: Vec<ProviderEntry>,
    pub logins: Vec<Login>,
    pub of_devices: Vec<Bucket>,
    pub of_entries: Vec<Bucket>,
    pub groups: Vec<Group>,
    devices_by_login: BTreeMap<String, Vec<usize>>,
    entries_by_login: BTreeMap<String, Vec<usize>>,
    logins_by_name: BTreeMap<String, Vec<usize>>,
}

/// A serial that more records of one side than this hold, with different MACs, is junk.
const SHARED_MOST: usize = 5;

fn by_login<'i>(ids: impl Iterator<Item = &'i Identity>) -> BTreeMap<String, Vec<usize>> {
    let mut found: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, identity) in ids.enumerate() {
        if let Some(login) = &identity.login {
            found.entry(local_part(login).to_owned()).or_default().push(at);
        }
    }
    found
}

impl<'w> Scene<'w> {
    pub(in super::super) fn of(world: &'w World) -> Self {
        let mut devices: Vec<Device> = world.acs.cpes.values().map(device).collect();
        let mut entries = entries::all(&world.provider, &world.index);
        let junk: BTreeSet<String> = shared(devices.iter().map(|d| &d.identity))
            .chain(shared(entries.iter().map(|e| &e.identity)))
            .collect();
        let ids = devices.iter_mut().map(|d| &mut d.identity);
        for identity in ids.chain(entries.iter_mut().map(|e| &mut e.identity)) {
            identity.serial.take_if(|serial| junk.contains(serial));
        }
        let logins = entries::logins(&world.provider);
        let mut scene = Self {
            now: world.now,
            start: world.start,
            last_sync: world.acs.last_synchronised,
            past: &world.past,
            of_devices: vec![Bucket::Left; devices.len()],
            of_entries: vec![Bucket::Left; entries.len()],
            groups: Vec::new(),
            devices_by_login: by_login(devices.iter().map(|d| &d.identity)),
            entries_by_login: by_login(entries.iter().map(|e| &e.identity)),
            logins_by_name: by_login(logins.iter().map(|l| &l.name)),
            devices,
            entries,
            logins,
        };
        scene.pair_by_serial();
        scene.pair_by_mac();
        scene.pair_by_login();
        scene
    }

    pub(super) fn matched(&self) -> impl Iterator<Item = (usize, usize)> + '_ {
        let pairs = self.of_devices.iter().enumerate().filter_map(|(a, bucket)| match bucket {
            Bucket::Paired(p) => Some((a, *p)),
            Bucket::Left | Bucket::Group(_) => None,
        });
        pairs.filter(|(_, p)| self.entries[*p].is_counted())
    }

    /// The entry a device is paired with, counted or not.
    pub(super) fn entry_of(&self, a: usize) -> Option<usize> {
        match self.of_devices[a] {
            Bucket::Paired(p) => Some(p),
            Bucket::Left | Bucket::Group(_) => None,
        }
    }

    pub(super) fn devices_like<'s>(
        &'s self,
        who: &'s Identity,
    ) -> impl Iterator<Item = usize> + 's {
        let held = who.login.as_ref().and_then(|l| self.devices_by_login.get(local_part(l)));
        held.into_iter().flatten().copied().filter(|a| self.devices[*a].identity.same_login(who))
    }

    pub(super) fn entries_like<'s>(
        &'s self,
        who: &'s Identity,
    ) -> impl Iterator<Item = usize> + 's {
        let held = who.login.as_ref().and_then(|l| self.entries_by_login.get(local_part(l)));
        held.into_iter().flatten().copied().filter(|p| self.entries[*p].identity.same_login(who))
    }

    pub(super) fn logins_like<'s>(&'s self, who: &'s Identity) -> impl Iterator<Item = usize> + 's {
        let held = who.login.as_ref().and_then(|l| self.logins_by_name.get(local_part(l)));
        held.into_iter().flatten().copied().filter(|l| self.logins[*l].name.same_login(who))
    }

    pub(super) fn pair(&mut self, a: usize, p: usize) {
        self.of_devices[a] = Bucket::Paired(p);
        self.of_entries[p] = Bucket::Paired(a);
    }

    /// Makes a group. Entries that nobody counts, without an ACS device beside them, are no
    /// difference.
    pub(super) fn group(&mut self, acs: Vec<usize>, mut provider: Vec<usize>) {
        for a in &acs {
            self.of_devices[*a] = Bucket::Left;
        }
        for p in &provider {
            self.of_entries[*p] = Bucket::Left;
        }
        if acs.is_empty() {
            provider.retain(|p| self.entries[*p].is_counted());
        }
        if acs.len() + provider.len() < 2 {
            return;
        }
        let group = Bucket::Group(self.groups.len());
        for a in &acs {
            self.of_devices[*a] = group;
        }
        for p in &provider {
            self.of_entries[*p] = group;
        }
        self.groups.push(Group { acs, provider });
    }

    fn pair_by_serial(&mut self) {
        let mut held: BTreeMap<String, Group> = BTreeMap::new();
        for (a, device) in self.devices.iter().enumerate() {
            if let Some(serial) = &device.identity.serial {
                held.entry(serial.clone()).or_default().acs.push(a);
            }
        }
        for (p, entry) in self.entries.iter().enumerate() {
            if let Some(serial) = &entry.identity.serial {
                held.entry(serial.clone()).or_default().provider.push(p);
            }
        }
        for group in held.into_values() {
            match (&group.acs[..], &group.provider[..]) {
                ([a], [p]) => self.pair(*a, *p),
                ([_], []) | ([], [_]) => {}
                _ => self.group(group.acs, group.provider),
            }
        }
    }

    /// The last holes: one device and one entry of one login, and nothing against it.
    fn pair_by_login(&mut self) {
        for a in 0..self.devices.len() {
            if self.of_devices[a] != Bucket::Left {
                continue;
            }
            let mine = self.devices[a].identity.clone();
            let Some(p) = self.only_entry(&mine) else { continue };
            let theirs = self.entries[p].identity.clone();
            let alone = |who: &Identity| self.devices_like(who).count() == 1;
            let only = alone(&mine) && alone(&theirs) && self.only_entry(&theirs) == Some(p);
            let against = mine.serials_differ(&theirs) || mine.macs_differ(&theirs);
            if only && self.of_entries[p] == Bucket::Left && !against {
                self.pair(a, p);
            }
        }
    }

    /// The one entry of this login, where there is no second login of that name.
    fn only_entry(&self, who: &Identity) -> Option<usize> {
        if self.logins_like(who).count() > 1 {
            return None;
        }
        let mut entries = self.entries_like(who);
        entries.next().filter(|_| entries.next().is_none())
    }
}

fn device(cpe: &super::super::acs::Cpe) -> Device {
    let values = std::iter::once(cpe.serial.as_str()).chain(cpe.macs.iter().map(String::as_str));
    Device {
        serial: cpe.serial.clone(),
        identity: Identity::of(values, cpe.pppoe_login.as_deref()),
        registered: cpe.registered,
        last_inform: cpe.last_inform,
        wan_ip: cpe.wan_ip.clone().unwrap_or_default(),
        model: cpe.model.clone(),
    }
}

/// Serials that too many records of a side hold to name any of them.
fn shared<'i>(ids: impl Iterator<Item = &'i Identity>) -> impl Iterator<Item = String> {
    let mut held: BTreeMap<&String, Vec<&Identity>> = BTreeMap::new();
    for identity in ids {
        if let Some(serial) = &identity.serial {
            held.entry(serial).or_default().push(identity);
        }
    }
    let differ = |records: &Vec<&Identity>| {
        let mut with_mac = records.iter().filter(|i| !i.macs.is_empty());
        let Some(first) = with_mac.next() else { return false };
        let rest: Vec<_> = with_mac.collect();
        !first.macs.iter().any(|mac| rest.iter().all(|other| other.macs.contains(mac)))
    };
    held.retain(|_, records| records.len() > SHARED_MOST && differ(records));
    held.into_keys().cloned().collect::<Vec<_>>().into_iter()
}
