//! Between a plan and its file: each direction, and the hash that binds them.
//!
//! Must not do: mend a file. What can't be read as it was written is refused.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::app::plan::document::{
    PlanCall, PlanChange, PlanDevice, PlanDocument, PlanEffect, PlanExpect, PlanGuard,
    PlanProjection, PlanRecord, PlanSide, PlanSkipped, PlanSought, PlanStep, PlanTarget, PlanUndo,
    PlanVerdict,
};
use crate::domain::{
    AcsChange, AcsDevice, Call, Change, ProviderChange, ProviderRecord, RecordKey, Side, Sought,
    Undo, Untrusted,
};
use crate::engine::guard::{self, Guard, Verdict};
use crate::engine::plan::{Expect, FixPlan, Step, Target};

/// The version of the file.
pub const SCHEMA: u32 = 1;

/// The document of a plan. Sentences are the face's: reasons of the guards, and why something
/// was skipped.
#[must_use]
pub fn document(
    plan: &FixPlan,
    undoes: bool,
    verdict: &Verdict,
    words: &dyn Words,
) -> PlanDocument {
    let reasons = verdict.reasons().iter().map(|r| words.reason(r)).collect();
    let skipped = plan.skipped.iter().map(|s| PlanSkipped {
        because: s.because.clone(),
        cause: s.cause.wire().to_owned(),
        target: target(&s.target),
        why: words.why(&s.why),
    });
    let mut document = PlanDocument {
        schema: SCHEMA,
        plan_id: plan.id.clone(),
        parent: plan.parent.clone(),
        undoes,
        profile: plan.profile.clone(),
        planner: plan.planner.clone(),
        made: plan.made.to_string(),
        generation: plan.generation,
        sha256: String::new(),
        expires: plan.expires.to_string(),
        steps: plan.steps.iter().map(step).collect(),
        skipped: skipped.collect(),
        guard: PlanGuard {
            verdict: match verdict {
                Verdict::Safe => PlanVerdict::Safe,
                Verdict::Confirm(_) => PlanVerdict::Confirm,
                Verdict::Refuse(_) => PlanVerdict::Refuse,
            },
            reasons,
            type_count: guard::count(plan),
            confirm_each: verdict.reasons().iter().any(|r| r.guard == Guard::SmallFleet),
        },
        projection: PlanProjection {
            acs: plan.projection.acs,
            provider: plan.projection.provider,
            gap: plan.projection.gap(),
        },
    };
    document.sha256 = sha256(&document);
    document
}

/// What a face says of reasons.
pub trait Words {
    /// A guard's reason.
    fn reason(&self, reason: &guard::Reason) -> String;
    /// Why a finding was skipped.
    fn why(&self, why: &crate::engine::plan::Why) -> String;
}

/// SHA-256 of the document without the key `sha256`: keys sorted, no white space.
#[must_use]
pub fn sha256(document: &PlanDocument) -> String {
    let mut value = serde_json::to_value(document).unwrap_or(Value::Null);
    if let Value::Object(map) = &mut value {
        map.remove("sha256");
    }
    hex(&Sha256::digest(value.to_string().as_bytes()))
}

/// In hex.
#[must_use]
pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

fn text(value: &Untrusted) -> String {
    value.raw().to_owned()
}

fn texts(values: &[Untrusted]) -> Vec<String> {
    values.iter().map(text).collect()
}

fn opt(value: Option<&Untrusted>) -> Option<String> {
    value.map(text)
}

/// A step as a plan's file has it.
#[must_use]
pub(crate) fn step(step: &Step) -> PlanStep {
    let send = step.send.as_ref();
    PlanStep {
        seq: step.seq,
        fix: step.fix.wire().to_owned(),
        side: match step.side {
            Side::Acs => PlanSide::Acs,
            Side::Provider => PlanSide::Provider,
        },
        target: target(&step.target),
        call: send.map(|s| call(&s.call)),
        change: send.map(|s| change(&s.change)),
        key: send.map(|s| s.key.clone()),
        expect: expect(&step.expect),
        because: step.because.clone(),
        also: step.also.clone(),
        cause: step.cause.wire().to_owned(),
        strength: step.strength.wire().to_owned(),
        removal: step.removal,
        removes: step.removes,
        follows: step.follows,
        effect: PlanEffect { acs: step.effect.0, provider: step.effect.1 },
        undo: match step.undo() {
            Undo::Yes => PlanUndo::Yes,
            Undo::Tries => PlanUndo::Tries,
            Undo::No => PlanUndo::No,
        },
    }
}

fn target(target: &Target) -> PlanTarget {
    PlanTarget {
        acs_id: opt(target.acs_id.as_ref()),
        serial: opt(target.serial.as_ref()),
        device_id: opt(target.device_id.as_ref()),
        login_id: opt(target.login_id.as_ref()),
        login: opt(target.login.as_ref()),
    }
}

fn call(call: &Call) -> PlanCall {
    PlanCall {
        method: call.method.clone(),
        path: call.path.clone(),
        body: call.body.iter().map(|(name, value)| (name.clone(), text(value))).collect(),
        whole_row: call.whole_row,
    }
}

fn change(change: &Change) -> PlanChange {
    match change {
        Change::Acs(AcsChange::Delete { id }) => PlanChange::AcsDelete { id: text(id) },
        Change::Acs(AcsChange::Send { id }) => PlanChange::AcsSend { id: text(id) },
        Change::Acs(AcsChange::Synchronise) => PlanChange::AcsSynchronise {},
        Change::Provider(ProviderChange::Set { row, cells, held_only }) => {
            let (entry, login) = match row {
                RecordKey::Entry(id) => (Some(text(id)), None),
                RecordKey::Login(id) => (None, Some(text(id))),
            };
            let cells = cells.iter().map(|(cell, v)| (cell.wire().to_owned(), text(v))).collect();
            PlanChange::ProviderSet { entry, login, cells, held_only: *held_only }
        }
        Change::Provider(ProviderChange::ClearMac { login_id }) => {
            PlanChange::ProviderClearMac { login_id: text(login_id) }
        }
        Change::Provider(ProviderChange::EndSession { login_id }) => {
            PlanChange::ProviderEndSession { login_id: text(login_id) }
        }
        Change::Provider(ProviderChange::Synchronise) => PlanChange::ProviderSynchronise {},
    }
}

fn expect(expect: &Expect) -> PlanExpect {
    let device = |d: &AcsDevice| PlanDevice {
        id: text(&d.id),
        serial: opt(d.serial.as_ref()),
        mac: texts(&d.macs),
        login: opt(d.pppoe_login.as_ref()),
        registered: d.registered.map(|at| at.to_string()),
    };
    let record = |r: &ProviderRecord| PlanRecord {
        device_id: opt(r.device_id.as_ref()),
        login_id: opt(r.login_id.as_ref()),
        serial: opt(r.serial.as_ref()),
        mac: opt(r.mac.as_ref()),
        login: opt(r.login.as_ref()),
        active: r.is_active(),
        linked: r.is_linked(),
    };
    let sought = |s: &Sought| PlanSought {
        serials: texts(&s.serials),
        macs: texts(&s.macs),
        logins: texts(&s.logins),
    };
    PlanExpect {
        acs: expect.acs.iter().map(device).collect(),
        provider: expect.provider.iter().map(record).collect(),
        acs_lacks: expect.acs_lacks.as_ref().map(sought),
        provider_lacks: expect.provider_lacks.as_ref().map(sought),
        silent: expect.silent,
        in_force: expect.in_force.as_ref().map(change),
    }
}

/// What a step rests on, as text that tells one from another.
#[must_use]
pub(crate) fn expect_text(of: &Expect) -> String {
    serde_json::to_string(&expect(of)).unwrap_or_default()
}
