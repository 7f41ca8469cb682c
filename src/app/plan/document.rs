//! The plan file as it is written: what `plan -o` writes and `apply` reads (CLI.md section 4).
//!
//! Keys that CLI.md does not name are always written; the schema marks them as optional
//! (`added`), so that it takes what the contract alone asks for.
//! Must not do: hold a secret or an unmasked person; decide anything about a plan.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A plan: steps in order, none of them sent yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Plan")]
#[serde(deny_unknown_fields)]
pub struct PlanDocument {
    /// Version of this schema.
    pub schema: u32,
    /// Id of the plan.
    pub plan_id: String,
    /// The run that it was made from; of an undoing the run that is undone.
    pub parent: String,
    /// Does it undo what `parent` did?
    #[schemars(skip_serializing_if = "added")]
    pub undoes: bool,
    /// The profile that it is for.
    #[schemars(skip_serializing_if = "added")]
    pub profile: String,
    /// Who made it.
    #[schemars(skip_serializing_if = "added")]
    pub planner: String,
    /// When it was made; RFC 3339, UTC.
    #[schemars(skip_serializing_if = "added")]
    pub made: String,
    /// Number of the newest complete reconciliation at that time.
    #[schemars(skip_serializing_if = "added")]
    pub generation: u64,
    /// SHA-256 of the plan without this key.
    pub sha256: String,
    /// When it may no longer be applied; RFC 3339, UTC.
    pub expires: String,
    /// What will be done, in order.
    pub steps: Vec<PlanStep>,
    /// What was chosen and will not be done.
    pub skipped: Vec<PlanSkipped>,
    /// What the guards say.
    pub guard: PlanGuard,
    /// The counts after it.
    pub projection: PlanProjection,
}

/// One action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanStep {
    /// Its place, from 1.
    pub seq: u32,
    /// The fix's name.
    pub fix: String,
    /// The system it changes.
    pub side: PlanSide,
    /// The record it changes.
    pub target: PlanTarget,
    /// The call as it will be sent; null for a line of a worklist.
    pub call: Option<PlanCall>,
    /// The same as acerto sends it; null for a line of a worklist.
    #[schemars(skip_serializing_if = "added")]
    pub change: Option<PlanChange>,
    /// Which record it changes: no two findings change one.
    #[schemars(skip_serializing_if = "added")]
    pub key: Option<String>,
    /// What has to be true just before it is sent.
    pub expect: PlanExpect,
    /// The finding it is for.
    pub because: String,
    /// Findings that it ends too.
    #[schemars(skip_serializing_if = "added")]
    pub also: Vec<String>,
    /// The finding's cause.
    #[schemars(skip_serializing_if = "added")]
    pub cause: String,
    /// How sure the least sure of its findings is.
    #[schemars(skip_serializing_if = "added")]
    pub strength: String,
    /// Does it remove a device from a side?
    #[schemars(skip_serializing_if = "added")]
    pub removal: bool,
    /// How many devices leave a side by it.
    #[schemars(skip_serializing_if = "added")]
    pub removes: u32,
    /// The step that has to be done before it.
    #[schemars(skip_serializing_if = "added")]
    pub follows: Option<u32>,
    /// What it does to the counts.
    #[schemars(skip_serializing_if = "added")]
    pub effect: PlanEffect,
    /// Can it be undone?
    pub undo: PlanUndo,
}

/// A record, for people.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanTarget {
    /// The device's id in the ACS.
    #[schemars(skip_serializing_if = "added")]
    pub acs_id: Option<String>,
    /// Its serial, or MAC.
    #[schemars(skip_serializing_if = "added")]
    pub serial: Option<String>,
    /// The entry's id in the Provider.
    #[schemars(skip_serializing_if = "added")]
    pub device_id: Option<String>,
    /// The login's id.
    #[schemars(skip_serializing_if = "added")]
    pub login_id: Option<String>,
    /// The login.
    #[schemars(skip_serializing_if = "added")]
    pub login: Option<String>,
}

/// A call to one of the systems.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanCall {
    /// HTTP method.
    pub method: String,
    /// Path, without the host.
    pub path: String,
    /// What is written, by the system's own names.
    pub body: BTreeMap<String, String>,
    /// The rest of the record is sent along as it is then.
    #[schemars(skip_serializing_if = "added")]
    pub whole_row: bool,
}

/// A change, as acerto sends it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
pub enum PlanChange {
    /// Delete a device in the ACS.
    AcsDelete {
        /// Its id.
        id: String,
    },
    /// Send a device to the Provider again.
    AcsSend {
        /// Its id.
        id: String,
    },
    /// Let the ACS synchronise.
    AcsSynchronise {},
    /// Write values of one record of the Provider.
    ProviderSet {
        /// A device entry's id, where it is one.
        entry: Option<String>,
        /// Else a login's id.
        login: Option<String>,
        /// What is written, by acerto's names; empty clears.
        cells: BTreeMap<String, String>,
        /// A value that is empty then stays empty.
        held_only: bool,
    },
    /// Clear a login's MAC.
    ProviderClearMac {
        /// The login's id.
        login_id: String,
    },
    /// End a login's session.
    ProviderEndSession {
        /// The login's id.
        login_id: String,
    },
    /// Let the Provider synchronise.
    ProviderSynchronise {},
}

/// What has to be true just before a step is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanExpect {
    /// Devices that the ACS still has, as they were.
    #[schemars(skip_serializing_if = "added")]
    pub acs: Vec<PlanDevice>,
    /// Records that the Provider still has, as they were.
    #[schemars(skip_serializing_if = "added")]
    pub provider: Vec<PlanRecord>,
    /// Nothing of this is in the ACS.
    #[schemars(skip_serializing_if = "added")]
    pub acs_lacks: Option<PlanSought>,
    /// Nothing of this is counted in the Provider.
    #[schemars(skip_serializing_if = "added")]
    pub provider_lacks: Option<PlanSought>,
    /// It showed no life, and has to show none now: the login offline, no Inform of late.
    #[schemars(skip_serializing_if = "added")]
    pub silent: bool,
    /// What is undone: it is still in force.
    #[schemars(skip_serializing_if = "added")]
    pub in_force: Option<PlanChange>,
}

/// A device of the ACS, the part that is compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanDevice {
    /// Its id.
    pub id: String,
    /// Serial.
    pub serial: Option<String>,
    /// MACs.
    pub mac: Vec<String>,
    /// PPPoE login.
    pub login: Option<String>,
    /// When it registered; RFC 3339.
    pub registered: Option<String>,
}

/// A record of the Provider, the part that is compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanRecord {
    /// The entry's id.
    pub device_id: Option<String>,
    /// The login's id.
    pub login_id: Option<String>,
    /// Serial.
    pub serial: Option<String>,
    /// MAC.
    pub mac: Option<String>,
    /// The login.
    pub login: Option<String>,
    /// Is the login active?
    pub active: bool,
    /// Is it linked?
    pub linked: bool,
}

/// What is looked for, in every spelling.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanSought {
    /// Serials.
    pub serials: Vec<String>,
    /// MACs.
    pub macs: Vec<String>,
    /// PPPoE logins.
    pub logins: Vec<String>,
}

/// What a step does to the counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanEffect {
    /// On the ACS's.
    pub acs: i64,
    /// On the Provider's.
    pub provider: i64,
}

/// One of the two systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PlanSide {
    /// The device manager.
    Acs,
    /// The ERP.
    Provider,
}

/// How a step is undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PlanUndo {
    /// Exactly.
    Yes,
    /// As far as the system lets.
    Tries,
    /// Not at all.
    No,
}

/// A chosen finding that gets no step.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanSkipped {
    /// The finding.
    pub because: String,
    /// Its cause.
    #[schemars(skip_serializing_if = "added")]
    pub cause: String,
    /// Which device.
    #[schemars(skip_serializing_if = "added")]
    pub target: PlanTarget,
    /// Why it gets none.
    pub why: String,
}

impl PlanDocument {
    /// The steps that acerto sends; the others are lines of a worklist.
    pub fn sent(&self) -> impl Iterator<Item = &PlanStep> {
        self.steps.iter().filter(|step| step.call.is_some())
    }
}

/// What the guards say of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanGuard {
    /// May it be applied?
    pub verdict: PlanVerdict,
    /// Why not, or what has to be confirmed.
    pub reasons: Vec<String>,
    /// The number that a person types where a guard asks for it.
    #[schemars(skip_serializing_if = "added")]
    pub type_count: u64,
    /// Is each removal confirmed by itself, where a person sits at it? So it is in a small fleet.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub confirm_each: bool,
}

/// May a plan be applied?
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum PlanVerdict {
    /// Yes.
    Safe,
    /// Once a person confirms.
    Confirm,
    /// No.
    Refuse,
}

/// The counts after the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PlanProjection {
    /// ACS devices.
    pub acs: u64,
    /// Counted Provider devices.
    pub provider: u64,
    /// ACS devices minus counted Provider devices.
    pub gap: i64,
}
