//! What earlier runs left: the memory from which changes and causes are concluded.
//!
//! Must not do: hold anything of a Partial snapshot; absence from one means nothing.

use jiff::Timestamp;

use crate::domain::{AcsDevice, DeviceKey, EventLog, ProviderRecord, Untrusted};
use crate::engine::evidence::EvidenceKind;
use crate::engine::finding::{Cause, wire_enum};
use crate::engine::tombstones::Tombstones;

/// Everything remembered, as of before this run.
#[derive(Clone, Debug, Default)]
pub struct Baseline {
    /// The last complete snapshot of the ACS.
    pub acs: Option<PreviousSide<AcsDevice>>,
    /// The last complete snapshot of the Provider.
    pub provider: Option<PreviousSide<ProviderRecord>>,
    /// When the ACS was first read completely.
    pub first_complete_acs: Option<Timestamp>,
    /// Devices that left the ACS; at most one a device, the newest.
    pub tombstones: Tombstones,
    /// Events with their coverage, of the store and of this run's file.
    pub log: EventLog,
    /// The findings of the last reconciliation.
    pub priors: Vec<Prior>,
    /// What persons chose to leave alone.
    pub ignores: Vec<Ignore>,
}

/// One side as it was last read completely: most of it is as it is now, and need not be told
/// again.
#[derive(Clone, Debug)]
pub struct PreviousSide<R> {
    /// The run that read it.
    pub run_id: String,
    /// When the source said it was read.
    pub fetched_at: Timestamp,
    /// The records that the present list lacks or holds otherwise, and those of one id; all of
    /// them, where the two were not compared.
    pub records: Vec<R>,
    /// When each of `records` was first seen; as long as `records`.
    pub first_seen: Vec<Timestamp>,
    /// By place in the present list: when a record was first seen that was there as it is now,
    /// but for what changes with every look, and the only one of its id both times. As long as
    /// the present list, or empty where the two were not compared.
    pub unchanged: Vec<Option<Timestamp>>,
}

impl<R> PreviousSide<R> {
    /// Was it compared with nothing, or with a list as long as this?
    #[must_use]
    pub fn is_beside(&self, now: &[R]) -> bool {
        self.unchanged.is_empty() || self.unchanged.len() == now.len()
    }

    /// Since when the present record at this place is there unchanged, where it is.
    #[must_use]
    pub fn unchanged(&self, place: usize) -> Option<Timestamp> {
        self.unchanged.get(place).copied().flatten()
    }

    /// Places of the present list whose records were not there, or not so.
    pub fn changed(&self, present: usize) -> impl Iterator<Item = usize> + '_ {
        (0..present).filter(|&place| self.unchanged(place).is_none())
    }

    /// How many records it had that `counts` holds for; `still` says that of the unchanged ones,
    /// by their place in the present list.
    #[must_use]
    pub fn count(&self, still: impl Fn(usize) -> bool, counts: impl Fn(&R) -> bool) -> usize {
        let unchanged = self.unchanged.iter().enumerate().filter(|(_, since)| since.is_some());
        let unchanged = unchanged.filter(|(place, _)| still(*place)).count();
        unchanged + self.records.iter().filter(|r| counts(r)).count()
    }

    /// When the first of them was first seen.
    #[must_use]
    pub fn first_seen_min(&self) -> Option<Timestamp> {
        self.unchanged.iter().flatten().chain(&self.first_seen).min().copied()
    }
}

wire_enum! {
    /// How a device left the ACS.
    Removal {
        /// Deleted by hand, an event says so.
        ByHand = "by-hand",
        /// Deleted by hand, as far as can be told.
        ByHandLikely = "by-hand-likely",
        /// Mass-excluded, an event says so.
        MassExclusion = "mass-exclusion",
        /// Mass-excluded, as far as can be told.
        MassExclusionLikely = "mass-exclusion-likely",
        /// Nothing tells.
        Unknown = "unknown",
    }
}

/// Our memory of a device that left the ACS, and how.
#[derive(Clone, Debug, PartialEq)]
pub struct Tombstone {
    /// The device as last seen; only its identity, model and times matter.
    pub device: AcsDevice,
    /// The last complete snapshot with it.
    pub seen: Timestamp,
    /// The first complete snapshot without it.
    pub missed: Timestamp,
    /// How it left.
    pub removal: Removal,
    /// How many devices left in the same interval for the same reason.
    pub cohort: u32,
}

/// A finding of the last reconciliation, as far as later runs need it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prior {
    /// Its id.
    pub id: String,
    /// Its cause then.
    pub cause: Cause,
    /// Its keys.
    pub keys: Vec<DeviceKey>,
    /// When the difference was first seen.
    pub first_seen: Timestamp,
    /// The first complete snapshot of the other system without it.
    pub absent_since: Option<Timestamp>,
    /// What it showed of the device's life before the difference, if anything.
    pub past: Option<EvidenceKind>,
}

/// A device that a person chose to leave alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignore {
    /// Serial, MAC, login or id as the person gave it; normalised where compared.
    pub key: Untrusted,
    /// Why.
    pub reason: String,
    /// When it was set.
    pub since: Timestamp,
    /// When it ends.
    pub until: Option<Timestamp>,
}
