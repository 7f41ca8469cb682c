//! Who is who: pairs devices of both sides, strongest evidence first.
//!
//! Must not do: explain. A record that can't be paired for sure is left to the causes;
//! weak evidence may fill a hole, never overrule two different plausible serials.

pub mod identity;
mod index;
mod indexed;
mod likeness;
mod listed;
mod login;
mod mac;
mod short;
mod side;
mod strong;

use std::sync::OnceLock;

use hashbrown::{DefaultHashBuilder, HashSet};
use jiff::Timestamp;

use crate::domain::{AcsDevice, ProviderRecord, Serial, Untrusted};
use crate::engine::both::{Threads, both};
use crate::engine::rules::Rules;
use side::{OneSide, With};

pub use identity::{Identity, RowKey, entry_id};
pub use index::Index;
pub use indexed::{Indexed, Indexing, Taken};
pub use listed::{Listed, Macs};
pub use login::LoginIndex;

/// What paired two records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pass {
    /// A stored link id.
    Link,
    /// The serial, in either form.
    Serial,
    /// A MAC.
    Mac,
    /// The PPPoE login.
    Login,
}

/// Where one record ended up: every record is in exactly one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Bucket {
    /// On its own side only.
    Left,
    /// Paired with this record of the other side.
    Paired(u32, Pass),
    /// In this group of records that share one identity.
    Group(u32),
    /// A Provider row without a device: never paired.
    NoDevice,
}

impl Bucket {
    /// The record it is paired with, and by what.
    #[must_use]
    pub fn partner(self) -> Option<(u32, Pass)> {
        match self {
            Self::Paired(other, pass) => Some((other, pass)),
            Self::Left | Self::Group(_) | Self::NoDevice => None,
        }
    }
}

/// Records that share one identity, 1:n or n:m: none of them is matched.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Group {
    /// ACS records.
    pub acs: Vec<u32>,
    /// Provider records.
    pub provider: Vec<u32>,
}

impl Group {
    /// Orders its records by their ids, so that the input's order does not show.
    fn sort(&mut self, sides: Sides<'_>) {
        self.acs.sort_unstable_by_key(|&a| &sides.acs[a as usize].id);
        self.provider.sort_by_cached_key(|&p| entry_id(&sides.provider[p as usize]));
    }
}

/// The records of both sides, as the passes see them.
#[derive(Clone, Copy, Debug)]
pub struct Sides<'a> {
    /// ACS devices.
    pub acs: &'a [AcsDevice],
    /// Provider rows.
    pub provider: &'a [ProviderRecord],
}

/// The outcome of all passes.
#[derive(Debug)]
pub struct Pairing {
    /// What identifies each ACS device.
    pub acs_ids: Vec<Identity>,
    /// What identifies each Provider row.
    pub provider_ids: Vec<Identity>,
    /// Is it in the Provider's count (R1)? By Provider row.
    pub counted: Vec<bool>,
    /// When rows of the Provider say that they were synchronised, as far as they do.
    pub synchronised: Vec<Timestamp>,
    acs_serials: Index,
    provider_serials: Index,
    acs_macs: Macs,
    provider_macs: Macs,
    /// ACS devices by their ids, and by the entries that they name: where links were looked for,
    /// else when first asked for.
    acs_by_id: OnceLock<Index>,
    acs_naming: OnceLock<Index>,
    /// Serials that so many records share that they are nobody's.
    junk_serials: HashSet<Serial>,
    /// Does each ACS device surely agree with its partner?
    alike: Vec<bool>,
    /// Who holds which login in the ACS.
    pub acs_logins: LoginIndex,
    /// Who holds which login in the Provider.
    pub provider_logins: LoginIndex,
    /// Where each ACS device ended up.
    pub acs: Vec<Bucket>,
    /// Where each Provider row ended up.
    pub provider: Vec<Bucket>,
    /// The groups.
    pub groups: Vec<Group>,
    /// How many different logins the Provider's rows name, by id where they have one.
    pub distinct_logins: u64,
}

impl Pairing {
    /// Runs the passes of CAUSES.md section 3, strongest first. `provider_oui` is the
    /// Provider's extra column that holds an OUI, where it has one.
    #[must_use]
    pub fn of(sides: Sides<'_>, provider_oui: Option<u16>, rules: &Rules) -> Self {
        let hasher = DefaultHashBuilder::default();
        // Each side has a thread.
        let with = With { rules, hasher: &hasher, threads: Threads::One };
        let (acs, provider) = both(
            || OneSide::of_acs(sides.acs, &with),
            || OneSide::of_provider(sides.provider, provider_oui, &with),
        );
        Self::of_sides(sides, provider_oui.is_some(), (acs, provider))
    }

    /// The passes themselves. `ouis`: does the Provider tell OUIs?
    fn of_sides(sides: Sides<'_>, ouis: bool, (mut acs, mut provider): (OneSide, OneSide)) -> Self {
        let lengths = (acs.ids.len(), provider.ids.len());
        assert!(
            acs.seed == provider.seed && lengths == (sides.acs.len(), sides.provider.len()),
            "the sides of a pairing are of other lists than these, or of two hashers"
        );
        if ouis {
            acs.add_ouis(sides.acs);
        }
        let junk_serials = identity::set_shared_serials_aside(
            [&mut acs.ids, &mut provider.ids],
            [&acs.serials, &provider.serials],
        );
        let mut pairing = Self {
            acs: acs.buckets,
            provider: provider.buckets,
            counted: provider.counted,
            synchronised: provider.synchronised,
            acs_serials: acs.serials,
            provider_serials: provider.serials,
            acs_macs: Macs::new(),
            provider_macs: Macs::new(),
            acs_by_id: OnceLock::new(),
            acs_naming: OnceLock::new(),
            junk_serials,
            alike: Vec::new(),
            acs_logins: acs.logins,
            provider_logins: provider.logins,
            acs_ids: acs.ids,
            provider_ids: provider.ids,
            groups: Vec::new(),
            distinct_logins: provider.distinct_logins,
        };
        strong::pair_by_link(&mut pairing, sides, [acs.links, provider.links]);
        strong::pair_by_serial(&mut pairing, sides);
        mac::pair_by_mac(&mut pairing, sides);
        login::pair_by_login(&mut pairing, sides);
        // Of a million records the likenesses are 64 MB, and of their pairs this is all that is
        // asked: they go before the causes need room.
        let alike = pairing.acs.iter().zip(acs.likeness).map(|(bucket, ours)| {
            let partner = bucket.partner();
            partner.is_some_and(|(p, _)| ours.surely_agrees(provider.likeness[p as usize]))
        });
        pairing.alike = alike.collect();
        pairing
    }

    fn pair(&mut self, a: u32, p: u32, pass: Pass) {
        self.acs[a as usize] = Bucket::Paired(p, pass);
        self.provider[p as usize] = Bucket::Paired(a, pass);
    }

    /// Makes a group, taking its records out of pairs they were in. Entries that nobody
    /// counts and that have no ACS device beside them are no difference: they are left out,
    /// and what then is a single record is no group.
    fn group(&mut self, acs: Vec<u32>, mut provider: Vec<u32>, sides: Sides<'_>) {
        let all = provider.len();
        if acs.is_empty() {
            provider.retain(|&p| sides.provider[p as usize].is_counted());
        }
        if provider.len() == all {
            self.add_group(acs, provider, sides);
            return;
        }
        // What only an entry that is left out held together is no group.
        for part in self.sharing(provider) {
            self.add_group(Vec::new(), part, sides);
        }
    }

    /// Parts Provider entries into sets that share a serial or a MAC.
    fn sharing(&self, mut entries: Vec<u32>) -> Vec<Vec<u32>> {
        entries.sort_unstable();
        let mut parts: Vec<Vec<u32>> = Vec::new();
        for p in entries {
            let identity = &self.provider_ids[p as usize];
            let shares = |other: &u32| {
                let other = &self.provider_ids[*other as usize];
                let same_serial = identity.serial.is_some() && identity.serial == other.serial;
                same_serial || identity.shares_mac(other)
            };
            let mut part = vec![p];
            let mut at = 0;
            while at < parts.len() {
                if parts[at].iter().any(shares) {
                    let mut joined = parts.swap_remove(at);
                    joined.append(&mut part);
                    part = joined;
                } else {
                    at += 1;
                }
            }
            parts.push(part);
        }
        parts
    }

    fn add_group(&mut self, acs: Vec<u32>, provider: Vec<u32>, sides: Sides<'_>) {
        if acs.len() + provider.len() < 2 {
            return;
        }
        let group = u32::try_from(self.groups.len()).unwrap_or(u32::MAX);
        for &a in &acs {
            self.acs[a as usize] = Bucket::Group(group);
        }
        for &p in &provider {
            self.provider[p as usize] = Bucket::Group(group);
        }
        let mut group = Group { acs, provider };
        group.sort(sides);
        self.groups.push(group);
    }

    /// Do a device and the entry it is paired with surely agree in login, model and MAC?
    #[must_use]
    pub fn surely_agrees(&self, a: u32) -> bool {
        self.alike[a as usize]
    }

    /// What the ACS lists.
    #[must_use]
    pub fn acs_listed(&self) -> Listed<'_> {
        Listed::new(&self.acs_ids, &self.acs_serials, &self.acs_macs)
    }

    /// Has a device of the ACS's list this id?
    #[must_use]
    pub fn is_id_of_acs(&self, devices: &[AcsDevice], id: &Untrusted) -> bool {
        held(&self.acs_by_id, devices, id, |device| Some(&device.id))
    }

    /// Does a device of the ACS's list name this entry?
    #[must_use]
    pub fn is_named_by_acs(&self, devices: &[AcsDevice], entry: &Untrusted) -> bool {
        held(&self.acs_naming, devices, entry, |device| device.provider_device_id.as_ref())
    }

    /// What the Provider lists, counted or not.
    #[must_use]
    pub fn provider_listed(&self) -> Listed<'_> {
        Listed::new(&self.provider_ids, &self.provider_serials, &self.provider_macs)
    }

    /// What identified a device of an earlier list, as this one's records are identified.
    #[must_use]
    pub fn then(&self, mut identity: Identity) -> Identity {
        identity.set_aside(&self.junk_serials);
        identity
    }

    /// How many device entries the Provider has, counted or not.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.provider.iter().filter(|b| **b != Bucket::NoDevice).count() as u64
    }

    fn acs_left(&self) -> impl Iterator<Item = u32> + '_ {
        left(&self.acs)
    }
}

/// Is `wanted` what one of the devices has there?
fn held(
    index: &OnceLock<Index>,
    devices: &[AcsDevice],
    wanted: &Untrusted,
    value: fn(&AcsDevice) -> Option<&Untrusted>,
) -> bool {
    let values = || devices.iter().map(|device| value(device).map(Untrusted::raw));
    let make = || Index::of(values(), &DefaultHashBuilder::default());
    let mut maybe = index.get_or_init(make).maybe(wanted.raw());
    maybe.any(|a| value(&devices[a as usize]) == Some(wanted))
}

fn left(buckets: &[Bucket]) -> impl Iterator<Item = u32> + '_ {
    let left = buckets.iter().enumerate().filter(|(_, b)| **b == Bucket::Left);
    left.map(|(i, _)| u32::try_from(i).unwrap_or(u32::MAX))
}
