//! Devices that left the ACS before this run, and what each of them is found by.
//!
//! They become more with every day of a store's time, and are the same whatever the lists say: what
//! they are found by can be made before these are there. Must not do: know of a device that left
//! since the baseline.

use std::fmt;
use std::ops::Deref;
use std::sync::OnceLock;

use hashbrown::DefaultHashBuilder;

use crate::domain::{MacAddr, PppoeLogin, Serial};
use crate::engine::baseline::Tombstone;
use crate::engine::pairing::{Identity, Index, Listed, LoginIndex, Macs};
use crate::engine::rules::Rules;

/// Devices that left, at most one memory of each; the newest come first.
#[derive(Clone, Default)]
pub struct Tombstones {
    all: Vec<Tombstone>,
    found_by: OnceLock<FoundBy>,
}

impl Tombstones {
    /// Makes what they are found by under these rules, beside other work, before they are asked for.
    pub fn identify(&self, rules: &Rules) {
        self.stones(rules).listed().index_macs();
    }

    fn found_by(&self, rules: &Rules) -> &FoundBy {
        self.found_by.get_or_init(|| {
            let identities = self.all.iter().map(|stone| Identity::of_acs(&stone.device, rules));
            FoundBy::new(&self.all, identities.collect(), rules)
        })
    }

    /// To be looked for by what identifies a device.
    ///
    /// # Panics
    /// Where they were identified under other rules: a bug.
    #[must_use]
    pub fn stones(&self, rules: &Rules) -> Stones<'_> {
        let found_by = self.found_by(rules);
        let same = found_by.placeholders_and_logins_of(rules);
        assert!(same, "tombstones were identified under other rules");
        Stones { all: &self.all, found_by }
    }
}

impl From<Vec<Tombstone>> for Tombstones {
    fn from(mut all: Vec<Tombstone>) -> Self {
        all.sort_by(|x, y| (y.missed, &x.device.id).cmp(&(x.missed, &y.device.id)));
        Self { all, found_by: OnceLock::new() }
    }
}

impl FromIterator<Tombstone> for Tombstones {
    fn from_iter<I: IntoIterator<Item = Tombstone>>(all: I) -> Self {
        Vec::from_iter(all).into()
    }
}

impl Deref for Tombstones {
    type Target = [Tombstone];

    fn deref(&self) -> &[Tombstone] {
        &self.all
    }
}

impl PartialEq for Tombstones {
    fn eq(&self, other: &Self) -> bool {
        self.all == other.all
    }
}

impl fmt::Debug for Tombstones {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.all.fmt(f)
    }
}

/// What some tombstones are found by, in their order.
#[derive(Clone, Debug)]
pub struct FoundBy {
    identities: Vec<Identity>,
    ids: Index,
    serials: Index,
    macs: Macs,
    logins: LoginIndex,
    rules: Rules,
}

impl FoundBy {
    /// Of tombstones and what identifies each under these rules.
    pub fn new(stones: &[Tombstone], identities: Vec<Identity>, rules: &Rules) -> Self {
        let hasher = DefaultHashBuilder::default();
        Self {
            ids: Index::of(stones.iter().map(|stone| Some(stone.device.id.raw())), &hasher),
            serials: Index::of(identities.iter().map(|i| i.serial.as_ref()), &hasher),
            logins: LoginIndex::of(&identities, &hasher),
            macs: Macs::new(),
            identities,
            rules: rules.clone(),
        }
    }

    fn placeholders_and_logins_of(&self, rules: &Rules) -> bool {
        let Rules { placeholders, ignore_logins, .. } = &self.rules;
        (placeholders, ignore_logins) == (&rules.placeholders, &rules.ignore_logins)
    }
}

/// Tombstones, and what they are found by.
#[derive(Clone, Copy, Debug)]
pub struct Stones<'s> {
    pub all: &'s [Tombstone],
    pub found_by: &'s FoundBy,
}

impl<'s> Stones<'s> {
    /// All of them, with what identifies each.
    pub fn identified(self) -> impl Iterator<Item = (&'s Tombstone, &'s Identity)> {
        self.all.iter().zip(&self.found_by.identities)
    }

    /// The first with this id in the ACS.
    pub fn with_id(self, id: &str) -> Option<&'s Tombstone> {
        let mut maybe = self.found_by.ids.maybe(id).filter_map(|at| self.all.get(at as usize));
        maybe.find(|stone| stone.device.id.raw() == id)
    }

    /// The first with this serial.
    pub fn with_serial(self, serial: &Serial) -> Option<&'s Tombstone> {
        let at = self.listed().with_serial(serial).next()?;
        self.all.get(at as usize)
    }

    /// The first with this MAC, and what identified it.
    pub fn with_mac(self, mac: MacAddr) -> Option<(&'s Tombstone, &'s Identity)> {
        let at = self.listed().with_mac(mac).next()?;
        self.at(at)
    }

    /// All with this login.
    pub fn with_login(
        self,
        login: &'s PppoeLogin,
    ) -> impl Iterator<Item = (&'s Tombstone, &'s Identity)> {
        let found = self.found_by.logins.holders(&self.found_by.identities, login);
        found.filter_map(move |at| self.at(at))
    }

    fn at(self, at: u32) -> Option<(&'s Tombstone, &'s Identity)> {
        let at = at as usize;
        self.all.get(at).zip(self.found_by.identities.get(at))
    }

    fn listed(self) -> Listed<'s> {
        let FoundBy { identities, serials, macs, .. } = self.found_by;
        Listed::new(identities, serials, macs)
    }
}
