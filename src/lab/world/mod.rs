//! A seeded world that lives by the rules R1-R7 of the two systems, hour by hour.
//!
//! Must not do: speak HTTP, or know how either system spells its answers.
//!
//! Chance is thrown in `history`, the systems' rules are in `rules`, what people enter in
//! `paperwork` and `linking`, and `truth` reads from both sides and from what really happened
//! why they differ.

mod acs;
mod actions;
mod clock;
mod columns;
mod dice;
mod entries;
mod events;
mod fleet;
mod history;
mod identity;
mod index;
mod linking;
mod models;
mod names;
mod paperwork;
mod past;
mod provider;
mod rules;
#[cfg(test)]
mod tests;
mod truth;
mod writes;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};

pub use acs::{AcsSide, Cpe, DataModel};
pub use actions::{ActError, Change, Options};
pub use events::Happening;
pub use provider::{
    CONTRACTS, CUSTOMERS, LENT, LOGINS, LOGS, ONUS, PRODUCTS, PROFILES, Row, Table, Tables, cell,
    id_in,
};
pub use truth::{Counts, Difference, Truth};

pub(in crate::lab) use dice::Dice;
use fleet::Unit;
use history::Task;
use index::Index;
use past::Past;

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

/// Days without contact after which a mass exclusion takes a device.
pub const EXCLUSION_DAYS: u32 = 30;

/// The world.
#[derive(Debug)]
pub struct World {
    now: Timestamp,
    /// What the ACS holds.
    pub acs: AcsSide,
    /// What the Provider holds.
    pub provider: Tables,
    /// When the webhook receiver was down: from, to.
    pub listener_gaps: Vec<(Timestamp, Timestamp)>,
    plan: Plan,
    start: Timestamp,
    dice: Dice,
    fleet: BTreeMap<String, Unit>,
    /// Serials in the ACS by every identity and login they carry.
    acs_keys: BTreeMap<String, BTreeSet<String>>,
    index: Index,
    next_ids: BTreeMap<&'static str, u64>,
    past: Past,
    audit: Vec<(Timestamp, Happening)>,
    calendar: BTreeMap<(Timestamp, u64), Task>,
    planned: u64,
}

impl World {
    /// Makes the world and lives its history.
    #[must_use]
    pub fn new(plan: &Plan) -> Self {
        let end = clock::whole_seconds(plan.end);
        let start = clock::after(end, -clock::days(i64::from(plan.days)));
        let mut world = Self {
            now: start,
            acs: AcsSide::default(),
            provider: Tables::empty(),
            listener_gaps: Vec::new(),
            plan: Plan { end, ..plan.clone() },
            start,
            dice: Dice::new(plan.seed),
            fleet: BTreeMap::new(),
            acs_keys: BTreeMap::new(),
            index: Index::default(),
            next_ids: BTreeMap::new(),
            past: Past::default(),
            audit: Vec::new(),
            calendar: BTreeMap::new(),
            planned: 0,
        };
        world.open_shop();
        world.begin();
        world.advance_to(end);
        world
    }

    /// The world's time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.now
    }

    /// When its history began.
    #[must_use]
    pub fn start(&self) -> Timestamp {
        self.start
    }

    /// Lives on until `to`; never backwards. What happens does not depend on the steps.
    pub fn advance_to(&mut self, to: Timestamp) {
        let to = clock::whole_seconds(to).max(self.now);
        while let Some(next) = self.calendar.first_entry().filter(|e| e.key().0 <= to) {
            let ((at, _), task) = next.remove_entry();
            self.now = at.max(self.now);
            self.run(task);
        }
        self.now = to;
        self.settle_informs();
    }

    /// Lives on for so many hours.
    pub fn advance_hours(&mut self, hours: i64) {
        self.advance_to(self.now + SignedDuration::from_hours(hours.max(0)));
    }
}
