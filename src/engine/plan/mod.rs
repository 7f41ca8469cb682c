//! What to do about chosen findings: steps in order, each one call that leaves no choice open.
//!
//! Removals are planned only over [`Whole`], which a side that was not read whole can't give:
//!
//! ```compile_fail
//! use acerto::domain::{AcsDevice, Partial, ProviderRecord, Snapshot};
//! use acerto::engine::plan::Whole;
//! fn removal(acs: &Snapshot<AcsDevice, Partial>, provider: &Snapshot<ProviderRecord, Partial>) {
//!     let whole = Whole::of(acs, provider);
//! }
//! ```
//!
//! Nor can it be made by hand:
//!
//! ```compile_fail
//! let whole = acerto::engine::plan::Whole(());
//! ```
//!
//! Must not do: send or read anything; decide whether the plan may be applied (`guard`).

mod check;
pub mod expect;
mod intents;
mod planner;
#[cfg(test)]
mod tests;

use jiff::Timestamp;

use crate::domain::{
    AcsDevice, Call, Change, Complete, ProviderRecord, Side, Snapshot, Undo, Untrusted,
};
use crate::engine::finding::{Cause, Fix, Strength};
use crate::engine::{Projection, Reconciliation};

pub use check::{BY_REQUEST, Objection, check, removes};
pub use expect::Expect;
pub(crate) use intents::effect_of;
pub use planner::{
    Abilities, Chosen, Letterhead, Record, Selection, Wanted, absent_for, life_sign, plan,
    synchronisation, target,
};

/// Both sides were read whole: the only thing from which absence may be concluded.
#[derive(Clone, Copy, Debug)]
pub struct Whole(());

impl Whole {
    /// Of two snapshots that are.
    #[must_use]
    pub fn of(_: &Snapshot<AcsDevice, Complete>, _: &Snapshot<ProviderRecord, Complete>) -> Self {
        Self(())
    }

    /// Of an answer that was made from two such snapshots, and remembered.
    #[must_use]
    pub fn remembered(answer: &Reconciliation) -> Option<Self> {
        (answer.acs.complete && answer.provider.complete).then_some(Self(()))
    }
}

/// Steps in order, none of them sent yet. It never changes once it is made.
#[derive(Clone, Debug, PartialEq)]
pub struct FixPlan {
    /// UUIDv7.
    pub id: String,
    /// The run whose findings it is about.
    pub parent: String,
    /// The profile that it was made for.
    pub profile: String,
    /// Number of the newest complete reconciliation when it was made: a newer one ends it.
    pub generation: u64,
    /// When it was made.
    pub made: Timestamp,
    /// When it may no longer be applied.
    pub expires: Timestamp,
    /// Who made it: a Unix user.
    pub planner: String,
    /// What will be done, in order.
    pub steps: Vec<Step>,
    /// What was chosen and will not be done.
    pub skipped: Vec<Skipped>,
    /// The counts after it, of what acerto sends.
    pub projection: Projection,
}

impl FixPlan {
    /// The steps that acerto sends itself.
    pub fn sent(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.send.is_some())
    }

    /// The steps that a person clicks.
    pub fn by_hand(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|step| step.send.is_none())
    }

    /// Is anything removed by what acerto sends?
    #[must_use]
    pub fn removes(&self) -> bool {
        self.sent().any(|step| step.removal)
    }
}

/// One action.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Its place, from 1.
    pub seq: u32,
    /// The fix that it is, or is a part of.
    pub fix: Fix,
    /// The system that it changes.
    pub side: Side,
    /// What is sent; `None`: no adapter can, and a person clicks.
    pub send: Option<Send>,
    /// What is changed, for people.
    pub target: Target,
    /// What has to be true just before.
    pub expect: Expect,
    /// The finding that it is for.
    pub because: String,
    /// Other findings that the same step ends.
    pub also: Vec<String>,
    /// Their cause.
    pub cause: Cause,
    /// How sure the least sure of them is.
    pub strength: Strength,
    /// Does it remove a device from a side?
    pub removal: bool,
    /// How many devices leave a side by it, where it removes.
    pub removes: u32,
    /// The step that has to be done before it.
    pub follows: Option<u32>,
    /// What it does to the counts: of the ACS, of the Provider.
    pub effect: (i64, i64),
}

impl Step {
    /// How it can be undone; what a person clicks a person undoes.
    #[must_use]
    pub fn undo(&self) -> Undo {
        self.send.as_ref().map_or(Undo::No, |send| send.undo)
    }
}

/// What a step sends.
#[derive(Clone, Debug, PartialEq)]
pub struct Send {
    /// The change.
    pub change: Change,
    /// Which record it changes.
    pub key: String,
    /// The call as people are shown it.
    pub call: Call,
    /// How it can be undone.
    pub undo: Undo,
}

/// A record, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Target {
    /// The device's id in the ACS.
    pub acs_id: Option<Untrusted>,
    /// Its serial, of the side that is changed where that has one.
    pub serial: Option<Untrusted>,
    /// The entry's id in the Provider.
    pub device_id: Option<Untrusted>,
    /// The login's id.
    pub login_id: Option<Untrusted>,
    /// The login.
    pub login: Option<Untrusted>,
}

/// A chosen finding that gets no step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// The finding.
    pub because: String,
    /// Its cause.
    pub cause: Cause,
    /// Which device, for people.
    pub target: Target,
    /// Why it gets none.
    pub why: Why,
}

/// Why a chosen finding gets no step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// A person left it alone.
    Ignored(String),
    /// Nothing is offered for it that can be done to a system.
    NothingToSend,
    /// The fix that was asked for is not offered for it.
    NotOffered,
    /// Several candidates, or none that agrees well enough.
    NeedsAPerson(&'static str),
    /// A side was not read whole, so nothing is removed.
    NotWhole,
    /// What the fix needs is not known.
    Missing(&'static str),
    /// Another step changes the same record already.
    RecordTaken,
    /// Nothing puts it back.
    CantBeUndone,
    /// Without a person only what is proven is removed.
    OnlyInferred,
    /// Without a person nothing is removed that showed life.
    LifeSign,
    /// Without a person nothing is removed that has not been absent for long enough.
    AbsentTooShortly,
}
