//! The plan file: what `plan -o` writes and `apply` reads (CLI.md section 4).
//!
//! Must not do: hold a secret or an unmasked person; bodies are masked.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A plan: steps in order, none of them sent yet.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "Plan")]
pub struct PlanDocument {
    /// Version of this schema.
    pub schema: u32,
    /// Id of the plan.
    pub plan_id: String,
    /// The run that it was made from.
    pub parent: String,
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
pub struct PlanStep {
    /// Its place, from 1.
    pub seq: u32,
    /// The fix's name.
    pub fix: String,
    /// The system it changes.
    pub side: PlanSide,
    /// The record it changes.
    pub target: BTreeMap<String, Value>,
    /// The call as it will be sent; null for a line of a worklist.
    pub call: Option<PlanCall>,
    /// What has to be true just before it is sent.
    pub expect: BTreeMap<String, Value>,
    /// The finding it is for.
    pub because: String,
    /// Can it be undone?
    pub undo: PlanUndo,
}

/// A call to one of the systems.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct PlanCall {
    /// HTTP method.
    pub method: String,
    /// Path, without the host.
    pub path: String,
    /// Body, masked.
    pub body: Value,
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
pub struct PlanSkipped {
    /// The finding.
    pub because: String,
    /// Why it gets none.
    pub why: String,
}

/// What the guards say of the plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PlanGuard {
    /// May it be applied?
    pub verdict: PlanVerdict,
    /// Why not, or what has to be confirmed.
    pub reasons: Vec<String>,
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
pub struct PlanProjection {
    /// ACS devices.
    pub acs: u64,
    /// Counted Provider devices.
    pub provider: u64,
    /// ACS devices minus counted Provider devices.
    pub gap: i64,
}
