//! Stored forms of the apply journal's rows, readable for years.
//!
//! Must not do: hold more of a record than what a step wrote and what was there before.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::{AcsChange, Cell, Change, ProviderChange, RecordKey, Untrusted};
use crate::engine::{Cause, Fix};
use crate::store::codec::{Bad, bad, wired};
use crate::store::journal::{BeforeRow, CallRow, PlanRow, StepRow, StepState, Undoable};

/// Mirror of [`StepRow`]. Fields are only ever added, with a default.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct StepLine {
    action: String,
    plan_id: String,
    seq: u32,
    run_id: String,
    parent: String,
    finding: String,
    cause: Option<String>,
    fix: String,
    change: ChangeLine,
    key: String,
    removals: u32,
    call: CallLine,
    undo: String,
    expect: String,
    follows: Option<u32>,
    actor: String,
    approver: Option<String>,
    state: String,
    attempt: u32,
    refusals: u32,
    probes: u32,
    boot_id: String,
    sent_boottime: Option<Duration>,
    sent_utc: Option<Timestamp>,
    image_hash: Option<String>,
    before: Option<BeforeLine>,
    status: Option<u16>,
    body_hash: Option<String>,
    note: String,
    decided_by: Option<String>,
    updated: Timestamp,
}

#[derive(Serialize, Deserialize)]
struct CallLine {
    method: String,
    path: String,
    body: Vec<(String, String)>,
    whole_row: bool,
}

#[derive(Serialize, Deserialize)]
struct BeforeLine {
    cells: BTreeMap<String, String>,
    rest: String,
}

/// Mirror of [`Change`]; the name tells the side.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum ChangeLine {
    AcsDelete { id: String },
    AcsSend { id: String },
    AcsSynchronise,
    ProviderSet { row: RecordLine, cells: Vec<(String, String)>, held_only: bool },
    ProviderClearMac { login_id: String },
    ProviderEndSession { login_id: String },
    ProviderSynchronise,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum RecordLine {
    Entry(String),
    Login(String),
}

impl StepLine {
    pub(in crate::store) fn of(row: &StepRow) -> Self {
        Self {
            action: row.action.clone(),
            plan_id: row.plan_id.clone(),
            seq: row.seq,
            run_id: row.run_id.clone(),
            parent: row.parent.clone(),
            finding: row.finding.clone(),
            cause: row.cause.map(|c| c.wire().to_owned()),
            fix: row.fix.wire().to_owned(),
            change: ChangeLine::of(&row.change),
            key: row.key.clone(),
            removals: row.removals,
            call: CallLine::of(&row.call),
            undo: row.undo.wire().to_owned(),
            expect: row.expect.clone(),
            follows: row.follows,
            actor: row.actor.clone(),
            approver: row.approver.clone(),
            state: row.state.wire().to_owned(),
            attempt: row.attempt,
            refusals: row.refusals,
            probes: row.probes,
            boot_id: row.boot_id.clone(),
            sent_boottime: row.sent_boottime,
            sent_utc: row.sent_utc,
            image_hash: row.image_hash.as_ref().map(hex),
            before: row.before.as_ref().map(BeforeLine::of),
            status: row.status,
            body_hash: row.body_hash.as_ref().map(hex),
            note: row.note.clone(),
            decided_by: row.decided_by.clone(),
            updated: row.updated,
        }
    }

    pub(in crate::store) fn step(self) -> Result<StepRow, Bad> {
        let change = self.change.change()?;
        Ok(StepRow {
            side: change.side(),
            change,
            action: self.action,
            plan_id: self.plan_id,
            seq: self.seq,
            run_id: self.run_id,
            parent: self.parent,
            finding: self.finding,
            cause: self.cause.map(|c| wired(Cause::from_wire, &c)).transpose()?,
            fix: wired(Fix::from_wire, &self.fix)?,
            key: self.key,
            removals: self.removals,
            call: self.call.call(),
            undo: wired(Undoable::from_wire, &self.undo)?,
            expect: self.expect,
            follows: self.follows,
            actor: self.actor,
            approver: self.approver,
            state: wired(StepState::from_wire, &self.state)?,
            attempt: self.attempt,
            refusals: self.refusals,
            probes: self.probes,
            boot_id: self.boot_id,
            sent_boottime: self.sent_boottime,
            sent_utc: self.sent_utc,
            image_hash: self.image_hash.map(|h| unhex(&h)).transpose()?,
            before: self.before.map(BeforeLine::before).transpose()?,
            status: self.status,
            body_hash: self.body_hash.map(|h| unhex(&h)).transpose()?,
            note: self.note,
            decided_by: self.decided_by,
            updated: self.updated,
        })
    }
}

impl CallLine {
    fn of(call: &CallRow) -> Self {
        let CallRow { method, path, body, whole_row } = call;
        let body = body.iter().map(|(name, value)| (name.clone(), value.raw().to_owned()));
        let (method, path) = (method.clone(), path.clone());
        Self { method, path, body: body.collect(), whole_row: *whole_row }
    }

    fn call(self) -> CallRow {
        let Self { method, path, body, whole_row } = self;
        let body = body.into_iter().map(|(name, value)| (name, Untrusted::new(&value))).collect();
        CallRow { method, path, body, whole_row }
    }
}

impl BeforeLine {
    fn of(before: &BeforeRow) -> Self {
        let cells = before.cells.iter().map(|(name, v)| (name.clone(), v.raw().to_owned()));
        Self { cells: cells.collect(), rest: hex(&before.rest) }
    }

    fn before(self) -> Result<BeforeRow, Bad> {
        let cells = self.cells.into_iter().map(|(name, v)| (name, Untrusted::new(&v))).collect();
        Ok(BeforeRow { cells, rest: unhex(&self.rest)? })
    }
}

impl ChangeLine {
    fn of(change: &Change) -> Self {
        let raw = |value: &Untrusted| value.raw().to_owned();
        match change {
            Change::Acs(AcsChange::Delete { id }) => Self::AcsDelete { id: raw(id) },
            Change::Acs(AcsChange::Send { id }) => Self::AcsSend { id: raw(id) },
            Change::Acs(AcsChange::Synchronise) => Self::AcsSynchronise,
            Change::Provider(ProviderChange::Set { row, cells, held_only }) => {
                let cell = |(cell, value): &(Cell, _)| (cell.wire().to_owned(), raw(value));
                let row = match row {
                    RecordKey::Entry(id) => RecordLine::Entry(raw(id)),
                    RecordKey::Login(id) => RecordLine::Login(raw(id)),
                };
                let cells = cells.iter().map(cell).collect();
                Self::ProviderSet { row, cells, held_only: *held_only }
            }
            Change::Provider(ProviderChange::ClearMac { login_id }) => {
                Self::ProviderClearMac { login_id: raw(login_id) }
            }
            Change::Provider(ProviderChange::EndSession { login_id }) => {
                Self::ProviderEndSession { login_id: raw(login_id) }
            }
            Change::Provider(ProviderChange::Synchronise) => Self::ProviderSynchronise,
        }
    }

    fn change(self) -> Result<Change, Bad> {
        let id = |value: &str| Untrusted::new(value);
        Ok(match self {
            Self::AcsDelete { id: device } => Change::Acs(AcsChange::Delete { id: id(&device) }),
            Self::AcsSend { id: device } => Change::Acs(AcsChange::Send { id: id(&device) }),
            Self::AcsSynchronise => Change::Acs(AcsChange::Synchronise),
            Self::ProviderSet { row, cells, held_only } => {
                let row = match row {
                    RecordLine::Entry(entry) => RecordKey::Entry(id(&entry)),
                    RecordLine::Login(login) => RecordKey::Login(id(&login)),
                };
                let cell =
                    |(cell, v): &(String, String)| Ok((wired(Cell::from_wire, cell)?, id(v)));
                let cells = cells.iter().map(cell).collect::<Result<_, Bad>>()?;
                Change::Provider(ProviderChange::Set { row, cells, held_only })
            }
            Self::ProviderClearMac { login_id } => {
                Change::Provider(ProviderChange::ClearMac { login_id: id(&login_id) })
            }
            Self::ProviderEndSession { login_id } => {
                Change::Provider(ProviderChange::EndSession { login_id: id(&login_id) })
            }
            Self::ProviderSynchronise => Change::Provider(ProviderChange::Synchronise),
        })
    }
}

/// Mirror of [`PlanRow`]. Fields are only ever added, with a default.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct PlanLine {
    plan_id: String,
    sha256: String,
    parent: String,
    generation: u64,
    expires: Timestamp,
    runs: Vec<String>,
    begun: Timestamp,
}

impl PlanLine {
    pub(in crate::store) fn of(plan: &PlanRow) -> Self {
        Self {
            plan_id: plan.plan_id.clone(),
            sha256: hex(&plan.sha256),
            parent: plan.parent.clone(),
            generation: plan.generation,
            expires: plan.expires,
            runs: plan.runs.clone(),
            begun: plan.begun,
        }
    }

    pub(in crate::store) fn plan(self) -> Result<PlanRow, Bad> {
        let Self { plan_id, sha256, parent, generation, expires, runs, begun } = self;
        let sha256 = unhex(&sha256)?;
        Ok(PlanRow { plan_id, sha256, parent, generation, expires, runs, begun })
    }
}

fn hex(bytes: &[u8; 32]) -> String {
    bytes.iter().fold(String::with_capacity(64), |mut hex, byte| {
        // Writing to a String can't fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

fn unhex(hex: &str) -> Result<[u8; 32], Bad> {
    let wrong = || bad("a fingerprint that is none");
    if hex.len() != 64 || !hex.is_ascii() {
        return Err(wrong());
    }
    let mut bytes = [0; 32];
    for (byte, pair) in bytes.iter_mut().zip(hex.as_bytes().chunks_exact(2)) {
        let pair = std::str::from_utf8(pair).map_err(|_| wrong())?;
        *byte = u8::from_str_radix(pair, 16).map_err(|_| wrong())?;
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_read_back_and_others_are_refused() {
        let bytes: [u8; 32] = std::array::from_fn(|i| u8::try_from(i * 7 % 256).unwrap());
        assert_eq!(unhex(&hex(&bytes)), Ok(bytes));
        for wrong in ["", "00", &"0".repeat(63), &"g".repeat(64), &"é".repeat(32)] {
            assert!(unhex(wrong).is_err(), "{wrong}");
        }
    }
}
