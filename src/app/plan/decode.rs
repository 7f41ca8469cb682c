//! A plan's file read back.
//!
//! Must not do: mend a file. What can't be read as it was written is refused.

use jiff::Timestamp;

use crate::app::plan::document::{
    PlanChange, PlanDevice, PlanDocument, PlanExpect, PlanRecord, PlanSide, PlanSought, PlanStep,
    PlanUndo,
};
use crate::app::plan::encode::{SCHEMA, sha256};
use crate::domain::{
    AcsChange, AcsDevice, Call, Cell, Change, ProviderChange, ProviderRecord, RecordKey, Side,
    Sought, Undo, Untrusted,
};
use crate::engine::plan::{Expect, FixPlan, Send, Step, Target};
use crate::engine::{Cause, Fix, Projected, Projection, Strength};

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
        PlanChange::AcsSynchronise {} => Change::Acs(AcsChange::Synchronise),
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
        PlanChange::ProviderSynchronise {} => Change::Provider(ProviderChange::Synchronise),
    })
}

fn read_expect(from: &PlanExpect) -> Option<Expect> {
    let device = |d: &PlanDevice| {
        let registered = d.registered.as_ref().map(|at| at.parse::<Timestamp>().ok());
        Some(AcsDevice {
            id: new(&d.id),
            serial: new_opt(d.serial.as_ref()),
            macs: news(&d.mac).into(),
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
        silent: from.silent,
        in_force,
    })
}
