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
use crate::engine::rules::{GenericLogins, Placeholders, Rules};

/// Devices that left, at most one memory of each; the newest come first.
#[derive(Clone, Default)]
pub struct Tombstones {
    all: Vec<Tombstone>,
    found_by: OnceLock<(Junk, FoundBy)>,
}

/// What of the rules decides what identifies a device.
type Junk = (Placeholders, GenericLogins);

impl Tombstones {
    /// Makes what they are found by under these rules, beside other work, before they are asked
    /// for.
    pub fn identify(&self, rules: &Rules) {
        self.stones(rules).listed().index_macs();
    }

    /// To be looked for by what identifies a device.
    ///
    /// # Panics
    /// Where they were identified under other rules: a bug.
    #[must_use]
    pub fn stones(&self, rules: &Rules) -> Stones<'_> {
        let (junk, found_by) = self.found_by.get_or_init(|| {
            let identities = self.all.iter().map(|stone| Identity::of_acs(&stone.device, rules));
            let junk = (rules.placeholders.clone(), rules.ignore_logins.clone());
            (junk, FoundBy::new(&self.all, identities.collect()))
        });
        let same = (&junk.0, &junk.1) == (&rules.placeholders, &rules.ignore_logins);
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
}

impl FoundBy {
    /// Of tombstones, and what identifies each.
    #[must_use]
    pub fn new(stones: &[Tombstone], identities: Vec<Identity>) -> Self {
        let hasher = DefaultHashBuilder::default();
        Self {
            ids: Index::of(stones.iter().map(|stone| Some(stone.device.id.raw())), &hasher),
            serials: Index::of(identities.iter().map(|i| i.serial.as_ref()), &hasher),
            logins: LoginIndex::of(&identities, &hasher),
            macs: Macs::new(),
            identities,
        }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::Removal;
    use crate::engine::memory::Memory;
    use crate::engine::rules::Placeholder;
    use crate::engine::testing::{at, device, u};

    fn stone(n: u32, missed: i64) -> Tombstone {
        let (seen, missed, removal) = (at(missed - 1), at(missed), Removal::Unknown);
        Tombstone { device: device(n), seen, missed, removal, cohort: 1 }
    }

    /// Another id with the same identity.
    fn renamed(stone: &Tombstone, id: &str) -> Tombstone {
        let mut renamed = stone.clone();
        renamed.device.id = u(id);
        renamed
    }

    fn identity(stone: &Tombstone) -> Identity {
        Identity::of_acs(&stone.device, &Rules::default())
    }

    #[test]
    fn the_newest_come_first_and_of_one_time_by_their_ids() {
        let stones = [stone(3, 5), stone(1, 9), stone(2, 5), stone(4, 1)];
        let sorted: Tombstones = stones.into_iter().collect();
        let ids: Vec<_> = sorted.iter().map(|stone| stone.device.id.raw()).collect();
        assert_eq!(ids, ["a1", "a2", "a3", "a4"]);
    }

    /// What left since the baseline was later than all that left before, whatever it is found by.
    #[test]
    fn of_one_device_the_newer_is_found_and_an_older_one_did_not_depart() {
        let rules = Rules::default();
        let (both, older) = (stone(1, 1), stone(2, 1));
        let again = renamed(&both, "again");
        for identified in [false, true] {
            let stones = Tombstones::from(vec![both.clone(), older.clone()]);
            if identified {
                stones.identify(&rules);
            }
            let departed = vec![(again.clone(), identity(&again))];
            let memory = Memory::of(departed, stones.stones(&rules));
            let without_serial = |stone: &Tombstone| {
                let mut device = stone.device.clone();
                device.serial = None;
                Identity::of_acs(&device, &rules)
            };
            for (identity, id, found, departed) in [
                (identity(&both), None, "again", true),
                (identity(&both), Some("again"), "again", true),
                (identity(&both), Some("a1"), "a1", false),
                (identity(&both), Some("unknown"), "again", true),
                (without_serial(&both), None, "again", true),
                (identity(&older), None, "a2", false),
                (without_serial(&older), None, "a2", false),
                (Identity::default(), Some("a2"), "a2", false),
            ] {
                let id_of = |stone: Option<&Tombstone>| stone.map(|s| s.device.id.raw().to_owned());
                assert_eq!(id_of(memory.find(&identity, id)).as_deref(), Some(found));
                assert_eq!(memory.find_departed(&identity, id).is_some(), departed, "{found}");
            }
            assert!(memory.find(&identity(&stone(7, 1)), None).is_none());
            let wanted = identity(&both);
            let with_login = memory.with_login(&wanted).map(|(stone, _)| stone.device.id.raw());
            assert_eq!(with_login.collect::<Vec<_>>(), ["again", "a1"]);
        }
    }

    #[test]
    #[should_panic(expected = "identified under other rules")]
    fn what_was_identified_under_other_rules_is_not_believed() {
        let stones = Tombstones::from(vec![stone(1, 1)]);
        stones.identify(&Rules::default());
        let junk = Placeholder::parse("HWTC00000001").into_iter().collect();
        let _ = stones.stones(&Rules { placeholders: junk, ..Rules::default() });
    }
}
