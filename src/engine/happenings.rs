//! Events, found by the device they name.
//!
//! Must not do: decide a cause, or let a placeholder key name anybody.

use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;

use crate::domain::identity::{Shape, classify, fold};
use crate::domain::{CoverageKind, Event, EventKind, EventLog, MacAddr, Serial};
use crate::engine::pairing::Identity;
use crate::engine::rules::Rules;

/// The event log with an index by identity.
#[derive(Debug)]
pub struct Happenings<'a> {
    log: &'a EventLog,
    by_serial: HashMap<Serial, Vec<u32>>,
    by_mac: HashMap<MacAddr, Vec<u32>>,
    by_id: HashMap<&'a str, Vec<u32>>,
    /// Deletions by hand that named no record known when the index was closed.
    strangers: Vec<u32>,
    /// Mass exclusions without a key.
    exclusions: Vec<u32>,
    provider_syncs: Vec<Timestamp>,
}

impl<'a> Happenings<'a> {
    /// Indexes all keyed events.
    #[must_use]
    pub fn of(log: &'a EventLog, rules: &Rules) -> Self {
        let mut index = Self {
            log,
            by_serial: HashMap::new(),
            by_mac: HashMap::new(),
            by_id: HashMap::new(),
            strangers: Vec::new(),
            exclusions: Vec::new(),
            provider_syncs: Vec::new(),
        };
        for (at, event) in log.events.iter().enumerate() {
            let at = u32::try_from(at).unwrap_or(u32::MAX);
            if event.kind == EventKind::ProviderSync {
                index.provider_syncs.push(event.time);
            }
            let Some(key) = &event.key else {
                if event.kind == EventKind::MassExclusion {
                    index.exclusions.push(at);
                }
                continue;
            };
            index.by_id.entry(key.raw()).or_default().push(at);
            let folded = fold(key.raw());
            if rules.placeholders.matches(&folded) {
                continue;
            }
            match classify(key.raw()) {
                Shape::Blank => {}
                Shape::Mac(mac) => index.by_mac.entry(mac).or_default().push(at),
                Shape::Serial(serial) => index.by_serial.entry(serial).or_default().push(at),
                Shape::Either(serial, mac) => {
                    index.by_mac.entry(mac).or_default().push(at);
                    index.by_serial.entry(serial).or_default().push(at);
                }
            }
        }
        index
    }

    /// Notes which deletions name none of the records known: they may concern anybody
    /// whose key we do not know.
    pub fn close<'r>(&mut self, known: impl Iterator<Item = (&'r Identity, Option<&'r str>)>) {
        let deletions = self.log.events.iter().enumerate();
        let deletions = deletions.filter(|(_, e)| e.kind == EventKind::DeviceDeleted);
        let mut open: HashSet<u32> =
            deletions.map(|(i, _)| u32::try_from(i).unwrap_or(u32::MAX)).collect();
        if open.is_empty() {
            return;
        }
        for (identity, id) in known {
            for at in self.indices(identity, id) {
                open.remove(&at);
            }
        }
        self.strangers = open.into_iter().collect();
        self.strangers.sort_unstable();
    }

    /// The events that name a device, in time order; `id` is its id in the ACS, where known.
    #[must_use]
    pub fn naming(&self, identity: &Identity, id: Option<&str>) -> Vec<&'a Event> {
        if self.log.events.is_empty() {
            return Vec::new();
        }
        let mut found: Vec<u32> = self.indices(identity, id).collect();
        found.sort_unstable();
        found.dedup();
        found.into_iter().filter_map(|i| self.log.events.get(i as usize)).collect()
    }

    fn indices<'s>(
        &'s self,
        identity: &'s Identity,
        id: Option<&str>,
    ) -> impl Iterator<Item = u32> + 's {
        let by_serial = identity.serial.as_ref().and_then(|s| self.by_serial.get(s));
        let by_mac = identity.all_macs().filter_map(|m| self.by_mac.get(&m));
        let by_id = id.and_then(|id| self.by_id.get(id));
        by_serial.into_iter().chain(by_mac).chain(by_id).flatten().copied()
    }

    /// Is there, in `from..=to`, a deletion by hand that may concern this device although
    /// it does not name it: without a key, or with one that no known record has and that is
    /// not of a shape in which this device's own key is known to be another?
    #[must_use]
    pub fn maybe_deleted(&self, identity: &Identity, from: Timestamp, to: Timestamp) -> bool {
        let mut inside = self.within(&self.strangers, from, to);
        inside.any(|e| e.key.as_ref().is_none_or(|key| !is_other(key.raw(), identity)))
    }

    /// Unkeyed mass exclusions in `from..=to`.
    pub fn exclusions(&self, from: Timestamp, to: Timestamp) -> impl Iterator<Item = &'a Event> {
        self.within(&self.exclusions, from, to)
    }

    /// Of events in time order, those in `from..=to`.
    fn within<'s>(
        &self,
        indices: &'s [u32],
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = &'a Event> + use<'a, 's> {
        let log = self.log;
        let start = indices.partition_point(|&i| log.events[i as usize].time < from);
        let later = indices[start..].iter().map(move |&i| &log.events[i as usize]);
        later.take_while(move |e| e.time <= to)
    }

    /// How well `from..=to` was watched.
    #[must_use]
    pub fn coverage(&self, from: Timestamp, to: Timestamp) -> Option<CoverageKind> {
        (from <= to).then(|| self.log.coverage_of(from, to)).flatten()
    }

    /// The last Provider synchronisation after `after` and at or before `until`.
    #[must_use]
    pub fn provider_sync_between(&self, after: Timestamp, until: Timestamp) -> Option<Timestamp> {
        let end = self.provider_syncs.partition_point(|&t| t <= until);
        self.provider_syncs[..end].last().copied().filter(|&t| t > after)
    }
}

/// Does `key` surely name another device than `identity`? Only where the device has an
/// identity of the same kind, and it is another; a MAC next door may be the same box.
fn is_other(key: &str, identity: &Identity) -> bool {
    match classify(key) {
        Shape::Mac(mac) | Shape::Either(_, mac) => {
            let mut macs = identity.macs.iter();
            !identity.macs.is_empty() && macs.all(|&m| m != mac && !m.is_neighbour(mac))
        }
        Shape::Serial(named) => identity.serial.as_ref().is_some_and(|own| {
            let alike =
                own.is_gpon() == named.is_gpon() && own.as_str().len() == named.as_str().len();
            *own != named && alike
        }),
        Shape::Blank => false,
    }
}
