//! A step of a plan as the journal keeps it: what is to be done, and where that stands.
//!
//! Must not do: move a row; `arrow` does.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{Change, Side, Untrusted};
use crate::engine::finding::wire_enum;
use crate::engine::{Cause, Fix};

wire_enum! {
    /// Where a step stands.
    StepState {
        /// Planned; nothing of it is sent, or what was sent is surely not done.
        Intent = "intent",
        /// A request is about to leave, or left.
        Sent = "sent",
        /// The system said that it is done.
        Acked = "acked",
        /// Nobody knows whether it is done.
        InDoubt = "in-doubt",
        /// Done, by a fresh look. An end.
        Verified = "verified",
        /// It was so before anything was sent. An end.
        Noop = "noop",
        /// What it is about changed since the plan, or the plan expired. An end.
        Superseded = "superseded",
        /// The system refuses it; it is surely not done. An end.
        Failed = "failed",
        /// A person must decide.
        NeedsHuman = "needs-human",
        /// A person found it done. An end.
        Done = "done",
        /// A person wants it once more: by a new plan, as a new action. An end.
        Redo = "redo",
        /// A person gave it up. An end.
        Dropped = "dropped",
    }
}

impl StepState {
    /// Does it never change again?
    #[must_use]
    pub fn is_end(self) -> bool {
        match self {
            Self::Verified
            | Self::Noop
            | Self::Superseded
            | Self::Failed
            | Self::Done
            | Self::Redo
            | Self::Dropped => true,
            Self::Intent | Self::Sent | Self::Acked | Self::InDoubt | Self::NeedsHuman => false,
        }
    }

    /// May a request be under way, or its effect be unread? Two such steps never have one
    /// natural key. A step that was acknowledged counts, since it may become doubtful.
    #[must_use]
    pub fn is_under_way(self) -> bool {
        matches!(self, Self::Sent | Self::Acked | Self::InDoubt)
    }
}

wire_enum! {
    /// How a step can be undone.
    Undoable {
        /// Exactly.
        Yes = "yes",
        /// As far as the system lets.
        Tries = "tries",
        /// Not at all.
        No = "no",
    }
}

/// Which step: its plan, and its number there.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId {
    /// The plan's id.
    pub plan_id: String,
    /// The number in the plan.
    pub seq: u32,
}

/// A call as people are shown it, masked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CallRow {
    /// `PUT`
    pub method: String,
    /// The path, without the host.
    pub path: String,
    /// What is written, by the system's own names.
    pub body: Vec<(String, Untrusted)>,
    /// Everything else of the record is sent along as it is.
    pub whole_row: bool,
}

/// What is remembered of a record as it was just before it was written.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BeforeRow {
    /// The values that the step wrote, by the system's own names.
    pub cells: BTreeMap<String, Untrusted>,
    /// Fingerprint of all others.
    pub rest: [u8; 32],
}

/// A plan that was begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRow {
    /// Its id.
    pub plan_id: String,
    /// Its SHA-256: a plan of the same id and another content is refused.
    pub sha256: [u8; 32],
    /// The run whose findings it is about.
    pub parent: String,
    /// The store's generation that it was made at; with a newer one nothing of it is sent.
    pub generation: u64,
    /// Until when it may be applied.
    pub expires: Timestamp,
    /// The runs that applied it: the one that began it, then those that went on.
    pub runs: Vec<String>,
    /// When it was begun.
    pub begun: Timestamp,
}

/// A step of a plan. Up to `approver` it is as planned and never changes; what follows is how
/// it went, which [`crate::store::Store::begin`] sets anew.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StepRow {
    /// The action's id, a UUIDv7.
    pub action: String,
    /// The plan's id.
    pub plan_id: String,
    /// The number in the plan.
    pub seq: u32,
    /// The run that began to apply it.
    pub run_id: String,
    /// The run whose finding it is about.
    pub parent: String,
    /// The finding's id; empty where it is about none.
    pub finding: String,
    /// The finding's cause; a synchronisation that was asked for has none.
    pub cause: Option<Cause>,
    /// What it does about it.
    pub fix: Fix,
    /// The change.
    pub change: Change,
    /// Which record: no two steps of one key are under way at once.
    pub key: String,
    /// How many removals it counts as; 0 where it removes nothing.
    pub removals: u32,
    /// Where it is made.
    pub side: Side,
    /// The call as people are shown it.
    pub call: CallRow,
    /// How it can be undone.
    pub undo: Undoable,
    /// Fingerprint, as hex, of what the rule relied on.
    pub expect: String,
    /// The number of the step that has to be done before.
    pub follows: Option<u32>,
    /// Who applies it.
    pub actor: String,
    /// Who approved it, besides.
    pub approver: Option<String>,
    /// Where it stands.
    pub state: StepState,
    /// Which attempt it is, from 1; one more after each that was proven not done.
    pub attempt: u32,
    /// How often it was refused for now.
    pub refusals: u32,
    /// How many probes since the last sending differed.
    pub probes: u32,
    /// The boot in which it was last sent; empty before.
    pub boot_id: String,
    /// The time since that boot at which it was last sent (`CLOCK_BOOTTIME`).
    pub sent_boottime: Option<Duration>,
    /// When it was last sent, by the wall clock.
    pub sent_utc: Option<Timestamp>,
    /// SHA-256 of the record as it was before it was last sent.
    pub image_hash: Option<[u8; 32]>,
    /// What is remembered of the record as it was before it was last sent.
    pub before: Option<BeforeRow>,
    /// HTTP's status of the last reply, or whatever number the system has for it.
    pub status: Option<u16>,
    /// SHA-256 of the last reply's body.
    pub body_hash: Option<[u8; 32]>,
    /// Why it stands there; safe to show.
    pub note: String,
    /// Who decided, where a person had to.
    pub decided_by: Option<String>,
    /// When it came to its state.
    pub updated: Timestamp,
}

impl StepRow {
    /// Which it is.
    #[must_use]
    pub fn id(&self) -> StepId {
        StepId { plan_id: self.plan_id.clone(), seq: self.seq }
    }

    /// As planned, with nothing of it sent.
    pub(super) fn planned(self, at: Timestamp) -> Self {
        Self {
            state: StepState::Intent,
            attempt: 1,
            refusals: 0,
            probes: 0,
            boot_id: String::new(),
            sent_boottime: None,
            sent_utc: None,
            image_hash: None,
            before: None,
            status: None,
            body_hash: None,
            note: String::new(),
            decided_by: None,
            updated: at,
            ..self
        }
    }
}
