//! A seeded world that lives by the rules R1-R7 of the two systems, hour by hour.
//!
//! Must not do: speak HTTP, or know how either system spells its answers.

mod acs;
mod provider;

use jiff::{SignedDuration, Timestamp};

pub use acs::{AcsSide, Cpe, DataModel};
pub use provider::{Row, Table, Tables};

/// Which world.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Same seed, same world.
    pub seed: u64,
    /// About how many devices at the end.
    pub devices: usize,
    /// How many days it has lived at the end.
    pub days: u32,
    /// When its history ends and its clock starts.
    pub end: Timestamp,
}

/// The world.
#[derive(Debug)]
pub struct World {
    now: Timestamp,
    /// What the ACS holds.
    pub acs: AcsSide,
    /// What the Provider holds.
    pub provider: Tables,
}

impl World {
    /// Makes the world and lives its history.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        Self { now: plan.end, acs: AcsSide::default(), provider: Tables::default() }
    }

    /// The world's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// Lives on until `to`; never backwards.
    pub fn advance_to(&mut self, to: Timestamp) {
        self.now = self.now.max(to);
    }

    /// Lives on for so many hours.
    pub fn advance_hours(&mut self, hours: i64) {
        self.advance_to(self.now + SignedDuration::from_hours(hours));
    }
}
