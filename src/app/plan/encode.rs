//! Between a plan and its file: each direction, and the hash that binds them.
//!
//! Must not do: mend a file. What can't be read as it was written is refused.

use jiff::Timestamp;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::app::plan::document::{
    PlanCall, PlanChange, PlanDevice, PlanDocument, PlanEffect, PlanExpect, PlanGuard,
    PlanProjection, PlanRecord, PlanSide, PlanSkipped, PlanSought, PlanStep, PlanTarget, PlanUndo,
    PlanVerdict,
};
use crate::domain::{
    AcsChange, AcsDevice, Call, Cell, Change, ProviderChange, ProviderRecord, RecordKey, Side,
    Sought, Undo, Untrusted,
};
use crate::engine::guard::{self, Verdict};
use crate::engine::plan::{Expect, FixPlan, Send, Step, Target};
use crate::engine::{Cause, Fix, Projected, Projection, Strength};

/// The version of the file.
pub const SCHEMA: u32 = 1;

/// A plan with what its file says of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Filed {
    /// The plan; what was skipped is not read back.
    pub plan: FixPlan,
    /// Does it undo a run?
    pub undoes: bool,
    /// SHA-256 of the file, hex.
    pub sha256: String,
}

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

/// Reads a plan back.
///
/// # Errors
/// What is wrong with the file, one sentence.
pub fn plan(document: &PlanDocument) -> Result<Filed, String> {
    if document.schema != SCHEMA {
        return Err(format!("it is of schema {}; this acerto reads {SCHEMA}", document.schema));
    }
    if sha256(document) != document.sha256 {
        return Err("its contents are not those that its sha256 was made of".to_owned());
    }
    let time =
        |text: &str| text.parse::<Timestamp>().map_err(|_| "a time in it is none".to_owned());
    let steps: Result<Vec<Step>, String> = document.steps.iter().map(read_step).collect();
    let plan = FixPlan {
        id: document.plan_id.clone(),
        parent: document.parent.clone(),
        profile: document.profile.clone(),
        generation: document.generation,
        made: time(&document.made)?,
        expires: time(&document.expires)?,
        planner: document.planner.clone(),
        steps: steps?,
        skipped: Vec::new(),
        projection: Projection {
            step: Projected::Plan,
            acs: document.projection.acs,
            provider: document.projection.provider,
            provider_least: document.projection.provider,
            devices: 0,
            active_logins: 0,
        },
    };
    Ok(Filed { plan, undoes: document.undoes, sha256: document.sha256.clone() })
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
        Change::Acs(AcsChange::Synchronise) => PlanChange::AcsSynchronise,
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
        Change::Provider(ProviderChange::Synchronise) => PlanChange::ProviderSynchronise,
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
        offline: expect.offline,
        in_force: expect.in_force.as_ref().map(change),
    }
}

/// What a step rests on, as text that tells one from another.
#[must_use]
pub(crate) fn expect_text(of: &Expect) -> String {
    serde_json::to_string(&expect(of)).unwrap_or_default()
}

fn new(text: &str) -> Untrusted {
    Untrusted::new(text)
}

fn news(texts: &[String]) -> Vec<Untrusted> {
    texts.iter().map(|t| new(t)).collect()
}

fn new_opt(text: Option<&String>) -> Option<Untrusted> {
    text.map(|t| new(t))
}

fn read_step(from: &PlanStep) -> Result<Step, String> {
    let unknown =
        |what: &str| format!("step {} names {what} that this acerto does not know", from.seq);
    let send = match (&from.change, &from.call, &from.key) {
        (Some(change), Some(call), Some(key)) => Some(Send {
            change: read_change(change).ok_or_else(|| unknown("a value"))?,
            key: key.clone(),
            call: Call {
                method: call.method.clone(),
                path: call.path.clone(),
                body: call.body.iter().map(|(name, v)| (name.clone(), new(v))).collect(),
                whole_row: call.whole_row,
            },
            undo: match from.undo {
                PlanUndo::Yes => Undo::Yes,
                PlanUndo::Tries => Undo::Tries,
                PlanUndo::No => Undo::No,
            },
        }),
        (None, None, None) => None,
        _ => return Err(format!("step {} has a call without its change", from.seq)),
    };
    Ok(Step {
        seq: from.seq,
        fix: Fix::from_wire(&from.fix).ok_or_else(|| unknown("a fix"))?,
        side: match from.side {
            PlanSide::Acs => Side::Acs,
            PlanSide::Provider => Side::Provider,
        },
        send,
        target: Target {
            acs_id: new_opt(from.target.acs_id.as_ref()),
            serial: new_opt(from.target.serial.as_ref()),
            device_id: new_opt(from.target.device_id.as_ref()),
            login_id: new_opt(from.target.login_id.as_ref()),
            login: new_opt(from.target.login.as_ref()),
        },
        expect: read_expect(&from.expect).ok_or_else(|| unknown("a time"))?,
        because: from.because.clone(),
        also: from.also.clone(),
        cause: Cause::from_wire(&from.cause).ok_or_else(|| unknown("a cause"))?,
        strength: Strength::from_wire(&from.strength).ok_or_else(|| unknown("a strength"))?,
        removal: from.removal,
        removes: from.removes,
        follows: from.follows,
        effect: (from.effect.acs, from.effect.provider),
    })
}

fn read_change(change: &PlanChange) -> Option<Change> {
    Some(match change {
        PlanChange::AcsDelete { id } => Change::Acs(AcsChange::Delete { id: new(id) }),
        PlanChange::AcsSend { id } => Change::Acs(AcsChange::Send { id: new(id) }),
        PlanChange::AcsSynchronise => Change::Acs(AcsChange::Synchronise),
        PlanChange::ProviderSet { entry, login, cells, held_only } => {
            let row = match (entry, login) {
                (Some(id), None) => RecordKey::Entry(new(id)),
                (None, Some(id)) => RecordKey::Login(new(id)),
                _ => return None,
            };
            let cells: Option<Vec<_>> =
                cells.iter().map(|(cell, v)| Some((Cell::from_wire(cell)?, new(v)))).collect();
            let (cells, held_only) = (cells?, *held_only);
            Change::Provider(ProviderChange::Set { row, cells, held_only })
        }
        PlanChange::ProviderClearMac { login_id } => {
            Change::Provider(ProviderChange::ClearMac { login_id: new(login_id) })
        }
        PlanChange::ProviderEndSession { login_id } => {
            Change::Provider(ProviderChange::EndSession { login_id: new(login_id) })
        }
        PlanChange::ProviderSynchronise => Change::Provider(ProviderChange::Synchronise),
    })
}

fn read_expect(from: &PlanExpect) -> Option<Expect> {
    let device = |d: &PlanDevice| {
        let registered = d.registered.as_ref().map(|at| at.parse::<Timestamp>().ok());
        Some(AcsDevice {
            id: new(&d.id),
            serial: new_opt(d.serial.as_ref()),
            macs: news(&d.mac),
            pppoe_login: new_opt(d.login.as_ref()),
            registered: match registered {
                Some(Some(at)) => Some(at),
                Some(None) => return None,
                None => None,
            },
            ..AcsDevice::default()
        })
    };
    let record = |r: &PlanRecord| ProviderRecord {
        device_id: new_opt(r.device_id.as_ref()),
        login_id: new_opt(r.login_id.as_ref()),
        serial: new_opt(r.serial.as_ref()),
        mac: new_opt(r.mac.as_ref()),
        login: new_opt(r.login.as_ref()),
        active: Some(r.active),
        linked: Some(r.linked),
        ..ProviderRecord::default()
    };
    let sought = |s: &PlanSought| Sought {
        serials: news(&s.serials),
        macs: news(&s.macs),
        logins: news(&s.logins),
    };
    let acs: Option<Vec<AcsDevice>> = from.acs.iter().map(device).collect();
    let in_force = match &from.in_force {
        Some(change) => Some(read_change(change)?),
        None => None,
    };
    Some(Expect {
        acs: acs?,
        provider: from.provider.iter().map(record).collect(),
        acs_lacks: from.acs_lacks.as_ref().map(sought),
        provider_lacks: from.provider_lacks.as_ref().map(sought),
        offline: from.offline,
        in_force,
    })
}
