//! Speed tests of a device: what was measured beside what was bought, and making one.
//!
//! Must not do: know how a device is asked; the adapter of its ACS does. A start is a write to a
//! customer's device: it passes the guards of [`start`], or nothing is sent.

pub mod chart;
mod device;
mod look;
mod poll;
mod start;
mod taken;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use crate::domain::{AcsDevice, Direction, Measure, ProviderRecord};
use crate::engine::speed::{Contract, Refusal, Verdict, verdict};
pub use crate::store::{SpeedState, SpeedTest};

pub use device::{Ceilings, ceilings};
pub use look::look;
pub use start::{Asked, Ended, Order, Planned, Tested, start};

/// What is known of a device's speed.
#[derive(Clone, Debug)]
pub struct Speed {
    /// Its record in the ACS.
    pub acs: Option<AcsDevice>,
    /// Its record in the Provider.
    pub provider: Option<ProviderRecord>,
    /// What its customer bought.
    pub contract: Contract,
    /// The most that its model can test, kbit/s.
    pub ceiling: Option<u64>,
    /// Its tests, newest first.
    pub history: Vec<SpeedTest>,
    /// What is missing for a whole answer.
    pub missing: Vec<Missing>,
    /// When this was told, by this machine's clock.
    pub now: Timestamp,
}

/// Something that is missing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Missing {
    /// The ACS does not have the device.
    NotInAcs,
    /// The Provider tells no plan of it.
    NoPlan,
    /// No result is known.
    NoTest,
    /// This ACS can't make devices test: why, safe to show.
    AcsCannot(String),
    /// The ACS could not be asked now: why, safe to show.
    NotAsked(String),
}

impl Missing {
    /// Its name in JSON.
    #[must_use]
    pub fn wire(&self) -> &'static str {
        match self {
            Self::NotInAcs => "not-in-acs",
            Self::NoPlan => "no-plan",
            Self::NoTest => "no-test",
            Self::AcsCannot(_) => "acs-cannot",
            Self::NotAsked(_) => "acs-not-asked",
        }
    }
}

impl Speed {
    /// What is known without asking anybody.
    #[must_use]
    pub fn known(
        acs: Option<AcsDevice>,
        provider: Option<ProviderRecord>,
        history: Vec<SpeedTest>,
        ceilings: &Ceilings,
        now: Timestamp,
    ) -> Self {
        let contract = Contract::of(provider.as_ref());
        let ceiling = device::ceiling(ceilings, acs.as_ref(), provider.as_ref());
        let promised = contract.promised();
        let mut missing = Vec::new();
        if promised.down.is_none() && promised.up.is_none() {
            missing.push(Missing::NoPlan);
        }
        let mut speed = Self { acs, provider, contract, ceiling, history, missing, now };
        if speed.last().is_none() {
            speed.missing.push(Missing::NoTest);
        }
        speed
    }

    /// The newest test that measured something.
    #[must_use]
    pub fn last(&self) -> Option<&SpeedTest> {
        self.history.iter().find(|test| is_measured(test))
    }

    /// The newest measurement of a direction.
    #[must_use]
    pub fn measured(&self, way: Direction) -> Option<Measure> {
        self.history.iter().find_map(|test| *test.measured.of(way))
    }

    /// What the newest measurement of a direction is worth.
    #[must_use]
    pub fn verdict(&self, way: Direction) -> Option<Verdict> {
        let measure = self.measured(way)?;
        verdict(measure.kbps, *self.contract.promised().of(way), self.ceiling)
    }
}

/// Did it measure anything?
#[must_use]
pub fn is_measured(test: &SpeedTest) -> bool {
    Direction::BOTH.iter().any(|way| test.measured.of(*way).is_some())
}

/// Something to tell while a test is made.
#[derive(Clone, Copy, Debug)]
pub enum Said<'a> {
    /// The device is asked what it tells now.
    Looking,
    /// A direction was asked for; `at_once`: the device took it, else it does when it calls.
    Started {
        /// What is measured.
        ways: &'a [Direction],
        /// Did the device take it now?
        at_once: bool,
    },
    /// No result so far, so many seconds after the start.
    Waiting(u64),
    /// The ACS could not be asked, and is asked again: why, safe to show.
    Trouble(&'a str),
    /// A direction was measured.
    Measured(Direction, &'a Measure),
    /// A direction ended without a result that counts.
    Refused(Direction, &'a Refusal),
}

/// Told what happens.
pub type Say<'a> = &'a dyn Fn(Said<'_>);
