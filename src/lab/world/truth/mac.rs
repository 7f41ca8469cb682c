//! Pairing by MAC: fills holes, and binds records without a serial of their own into groups.
//!
//! Must not do: pair two records whose serials differ.

use std::collections::{BTreeMap, BTreeSet};

use super::super::identity::Identity;
use super::scene::{Bucket, Scene};

/// A record: side and number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Record {
    Acs(usize),
    Provider(usize),
}

impl Record {
    fn is_acs(self) -> bool {
        matches!(self, Self::Acs(_))
    }
}

/// Records that are one by their MACs.
type Set = BTreeSet<Record>;

impl Scene<'_> {
    pub(super) fn pair_by_mac(&mut self) {
        let sets = self.bare_sets();
        let carriers = self.carriers();
        let mut found: Vec<(Set, bool)> = Vec::new();
        for set in sets {
            let (left, paired, groups) = self.claims(&set, &carriers);
            let sides =
                |set: &Set| (set.iter().any(|r| r.is_acs()), set.iter().any(|r| !r.is_acs()));
            let across =
                |set: &Set, r: Record| if r.is_acs() { sides(set).1 } else { sides(set).0 };
            let mut joined = set.clone();
            if let [claimant] = left[..]
                && across(&set, claimant)
            {
                joined.insert(claimant);
            }
            let all_across = |set: &Set, r: Record| set.iter().all(|x| x.is_acs() != r.is_acs());
            let mut crossed = false;
            if let [claimant] = paired[..]
                && all_across(&set, claimant)
            {
                joined.extend([claimant, self.partner(claimant)]);
                crossed = true;
            }
            if joined.len() > 1 {
                found.push((joined, crossed));
            } else if let ([group], Some(alone)) = (&groups[..], set.first()) {
                self.join_group(*group, *alone);
            }
        }
        for (set, crossed) in merged(found) {
            self.settle_set(&set, crossed);
        }
    }

    /// Records without a serial that nothing has paired yet, joined where they share a MAC.
    fn bare_sets(&self) -> Vec<Set> {
        let mut by_mac: BTreeMap<&str, Set> = BTreeMap::new();
        for (record, identity, bucket) in self.records() {
            if identity.serial.is_none() && bucket == Bucket::Left {
                for mac in &identity.macs {
                    by_mac.entry(mac).or_default().insert(record);
                }
            }
        }
        let sets = by_mac.into_values().map(|set| (set, false)).collect();
        merged(sets).into_iter().map(|(set, _)| set).collect()
    }

    fn records(&self) -> impl Iterator<Item = (Record, &Identity, Bucket)> {
        let acs = self.devices.iter().zip(&self.of_devices).enumerate();
        let acs = acs.map(|(a, (device, bucket))| (Record::Acs(a), &device.identity, *bucket));
        let entries = self.entries.iter().zip(&self.of_entries).enumerate();
        let entries = entries.map(|(p, (e, bucket))| (Record::Provider(p), &e.identity, *bucket));
        acs.chain(entries)
    }

    /// Records with a serial, by the MACs that they carry.
    fn carriers(&self) -> BTreeMap<String, Vec<Record>> {
        let mut carriers: BTreeMap<String, Vec<Record>> = BTreeMap::new();
        for (record, identity, _) in self.records().filter(|(_, i, _)| i.serial.is_some()) {
            for mac in &identity.macs {
                carriers.entry(mac.clone()).or_default().push(record);
            }
        }
        carriers
    }

    /// Records with a serial that carry a MAC of the set: left ones, paired ones, and groups.
    fn claims(
        &self,
        set: &Set,
        carriers: &BTreeMap<String, Vec<Record>>,
    ) -> (Vec<Record>, Vec<Record>, Vec<usize>) {
        let macs = set.iter().flat_map(|r| self.identity(*r).macs.iter());
        let claimants: Set = macs.filter_map(|mac| carriers.get(mac)).flatten().copied().collect();
        let (mut left, mut paired, mut groups) = (Vec::new(), Vec::new(), BTreeSet::new());
        for record in claimants {
            match self.bucket(record) {
                Bucket::Left => left.push(record),
                Bucket::Paired(_) => paired.push(record),
                Bucket::Group(group) => {
                    groups.insert(group);
                }
            }
        }
        (left, paired, groups.into_iter().collect())
    }

    fn bucket(&self, record: Record) -> Bucket {
        match record {
            Record::Acs(a) => self.of_devices[a],
            Record::Provider(p) => self.of_entries[p],
        }
    }

    fn identity(&self, record: Record) -> &Identity {
        match record {
            Record::Acs(a) => &self.devices[a].identity,
            Record::Provider(p) => &self.entries[p].identity,
        }
    }

    fn partner(&self, record: Record) -> Record {
        match (self.bucket(record), record) {
            (Bucket::Paired(p), Record::Acs(_)) => Record::Provider(p),
            (Bucket::Paired(a), Record::Provider(_)) => Record::Acs(a),
            (Bucket::Left | Bucket::Group(_), _) => record,
        }
    }

    fn join_group(&mut self, group: usize, record: Record) {
        match record {
            Record::Acs(a) => {
                self.groups[group].acs.push(a);
                self.of_devices[a] = Bucket::Group(group);
            }
            Record::Provider(p) => {
                self.groups[group].provider.push(p);
                self.of_entries[p] = Bucket::Group(group);
            }
        }
    }

    fn settle_set(&mut self, set: &Set, crossed: bool) {
        let mut acs = Vec::new();
        let mut provider = Vec::new();
        for record in set {
            match record {
                Record::Acs(a) => acs.push(*a),
                Record::Provider(p) => provider.push(*p),
            }
        }
        match (&acs[..], &provider[..]) {
            ([a], [p]) if !crossed => self.pair(*a, *p),
            _ => self.group(acs, provider),
        }
    }
}

/// Joins sets that have a record in common.
fn merged(sets: Vec<(Set, bool)>) -> Vec<(Set, bool)> {
    let mut done: Vec<(Set, bool)> = Vec::new();
    let mut of: BTreeMap<Record, usize> = BTreeMap::new();
    for (set, crossed) in sets {
        let mut touched: Vec<usize> = set.iter().filter_map(|r| of.get(r).copied()).collect();
        touched.sort_unstable();
        touched.dedup();
        let mut joined = (set, crossed);
        for at in touched {
            let (other, was_crossed) = std::mem::take(&mut done[at]);
            joined.0.extend(other);
            joined.1 |= was_crossed;
        }
        for record in &joined.0 {
            of.insert(*record, done.len());
        }
        done.push(joined);
    }
    done.retain(|(set, _)| !set.is_empty());
    done
}
