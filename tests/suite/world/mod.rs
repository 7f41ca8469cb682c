//! Worlds of any size whose truth is known, because it is how they were made.
//!
//! A world is told by its history: who got which box, what was deleted, excluded, swapped,
//! mistyped. The records and events follow from that, and so does each record's true cause.
//! Must not do: look at an answer, or use the product's normalisation.

mod boxes;
mod couples;
mod maker;
mod on_acs;
mod on_provider;
mod pairs;
pub mod spelling;
pub mod write;

use std::collections::{BTreeMap, BTreeSet};

use acerto::domain::event::{EventLog, Mark};
use acerto::domain::{AcsDevice, AnySnapshot, ProviderRecord, SnapshotMeta};
use acerto::engine::Cause;
use jiff::{SignedDuration, Timestamp};

pub use self::maker::Maker;

/// Who watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watch {
    /// An audit export: complete coverage of the last two months.
    Audit,
    /// Our receiver was up, and some hooks got lost on their way.
    Listener,
    /// Nobody.
    Nobody,
}

/// What world to make.
#[derive(Clone, Copy, Debug)]
pub struct Shape {
    pub seed: u64,
    /// About how many devices.
    pub devices: usize,
    pub watch: Watch,
    /// Does the Provider tell when an entry was last confirmed?
    pub synchronised: bool,
}

/// The true cause of a record's difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Truth {
    pub cause: Cause,
    /// Would a strict referee accept `proven`, seeing what the files tell?
    pub provable: bool,
}

/// A record's identity as it really is, before anybody spelled it.
#[derive(Clone, Debug, Default)]
pub struct Canon {
    pub serial: Option<String>,
    pub macs: Vec<u64>,
    pub login: Option<String>,
}

/// One world: both sides today and yesterday, what happened, and the truth.
#[derive(Clone, Debug)]
pub struct World {
    pub shape: Shape,
    pub now: Timestamp,
    pub acs: Vec<AcsDevice>,
    pub provider: Vec<ProviderRecord>,
    pub acs_yesterday: Vec<AcsDevice>,
    pub provider_yesterday: Vec<ProviderRecord>,
    pub marks: Vec<Mark>,
    /// By name (`A…`, `D…`); a record without one is matched, or in no sum.
    pub truth: BTreeMap<String, Truth>,
    /// Provable for those who remember yesterday, whatever the files tell.
    pub remembered: BTreeSet<String>,
    /// Deleted by hand since yesterday, and gone from both.
    pub deleted: BTreeSet<String>,
    pub canon: BTreeMap<String, Canon>,
    /// Entries with a linked, active login, counted while they were made.
    pub counted: u64,
    pub matched: u64,
}

impl World {
    /// Makes the world of a shape: always the same one.
    pub fn new(shape: Shape) -> Self {
        let mut maker = Maker::new(shape);
        let part = |per_mille: usize| (shape.devices * per_mille).div_ceil(1000);
        pairs::make(&mut maker, shape.devices, &part);
        couples::make(&mut maker, &part);
        on_acs::make(&mut maker, &part);
        on_provider::make(&mut maker, &part);
        maker.finish()
    }

    /// The ACS as read at the end.
    pub fn acs_now(&self) -> AnySnapshot<AcsDevice> {
        AnySnapshot::new(SnapshotMeta::at(self.now), self.acs.clone())
    }

    /// The Provider as read at the end.
    pub fn provider_now(&self) -> AnySnapshot<ProviderRecord> {
        AnySnapshot::new(provider_meta(self.now, &self.provider), self.provider.clone())
    }

    /// When the lists of yesterday were read.
    pub fn yesterday(&self) -> Timestamp {
        self.now - SignedDuration::from_hours(24)
    }

    /// Both sides as read yesterday.
    pub fn day_before(&self) -> (AnySnapshot<AcsDevice>, AnySnapshot<ProviderRecord>) {
        let at = self.yesterday();
        let provider = self.provider_yesterday.clone();
        (
            AnySnapshot::new(SnapshotMeta::at(at), self.acs_yesterday.clone()),
            AnySnapshot::new(provider_meta(at, &provider), provider),
        )
    }

    /// All that was heard.
    pub fn log(&self) -> EventLog {
        EventLog::from_marks(self.marks.iter().cloned())
    }

    /// What was heard up to `end`.
    pub fn log_until(&self, end: Timestamp) -> EventLog {
        cut(self.log(), Timestamp::MIN, end)
    }
}

/// A log that knows only what lies in `from..=to`: events and coverage alike.
pub fn cut(mut log: EventLog, from: Timestamp, to: Timestamp) -> EventLog {
    log.events.retain(|e| from <= e.time && e.time <= to);
    log.coverage.retain(|c| c.from < to && c.to > from);
    for coverage in &mut log.coverage {
        coverage.from = coverage.from.max(from);
        coverage.to = coverage.to.min(to);
    }
    log
}

fn provider_meta(at: Timestamp, rows: &[ProviderRecord]) -> SnapshotMeta {
    let mut meta = SnapshotMeta::at(at);
    meta.supplies.synchronised = rows.iter().any(|r| r.synchronised.is_some());
    meta.supplies.active = true;
    meta
}
