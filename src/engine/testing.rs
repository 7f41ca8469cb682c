//! Records, findings and plans that the tests of this room start from.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    AcsChange, AcsDevice, Call, Cell, Change, ProviderChange, ProviderRecord, RecordKey, Undo,
    Untrusted,
};
use crate::engine::plan::{Expect, FixPlan, Letterhead, Send, Step, Target};
use crate::engine::{
    Candidate, Cause, Finding, Fix, Projected, Projection, Reason, State, Strength,
};

/// A value.
pub(crate) fn u(text: &str) -> Untrusted {
    Untrusted::new(text)
}

/// When both sides were read, plus so many minutes.
pub(crate) fn at(minutes: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + minutes * 60).unwrap()
}

/// A device that has been silent for two days.
pub(crate) fn device(n: u32) -> AcsDevice {
    AcsDevice {
        id: u(&format!("a{n}")),
        serial: Some(u(&format!("HWTC{n:08X}"))),
        macs: [u(&format!("00:25:9E:00:{:02X}:{:02X}", n / 256, n % 256))].into(),
        pppoe_login: Some(u(&format!("cliente{n}"))),
        registered: Some(at(-90 * 24 * 60)),
        last_inform: Some(at(-48 * 60)),
        ..AcsDevice::default()
    }
}

/// The entry of [`device`]`(n)` with its login, counted, offline.
pub(crate) fn entry(n: u32) -> ProviderRecord {
    ProviderRecord {
        device_id: Some(u(&n.to_string())),
        serial: Some(u(&format!("HWTC{n:08X}"))),
        mac: Some(u(&format!("00:25:9E:00:{:02X}:{:02X}", n / 256, n % 256))),
        login_id: Some(u(&format!("5{n}"))),
        login: Some(u(&format!("cliente{n}"))),
        active: Some(true),
        linked: Some(true),
        online: Some(false),
        ..ProviderRecord::default()
    }
}

/// A proven finding, known for ten hours, of these records.
pub(crate) fn finding(
    n: u32,
    cause: Cause,
    acs: Option<AcsDevice>,
    provider: Option<ProviderRecord>,
) -> Finding {
    Finding {
        id: format!("f-{n:016x}"),
        cause,
        strength: Strength::Proven,
        score: 1.0,
        state: State::Ongoing,
        was: None,
        first_seen: at(-10 * 60),
        absent_since: Some(at(-10 * 60)),
        ignored: None,
        keys: Vec::new(),
        acs: acs.into_iter().collect(),
        provider: provider.into_iter().collect(),
        related: None,
        evidence: Vec::new(),
        fixes: Vec::new(),
        candidates: Vec::new(),
        fields: Vec::new(),
    }
}

/// A login that agrees in so many identities.
pub(crate) fn candidate(login_id: &str, identities: usize) -> Candidate {
    let why = [Reason::SameLogin, Reason::SameMac, Reason::SameSerial];
    Candidate {
        login_id: Some(u(login_id)),
        login: Some(u("cliente")),
        device_id: None,
        acs_id: None,
        score: 0.9,
        why: why.into_iter().take(identities).chain([Reason::SameModel]).collect(),
    }
}

/// Whose plan it is, in the tests.
pub(crate) fn head() -> Letterhead {
    Letterhead {
        id: "plan-1".to_owned(),
        parent: "run-1".to_owned(),
        profile: "prod".to_owned(),
        generation: 7,
        made: at(1),
        planner: "ana".to_owned(),
    }
}

/// A plan of these steps, for the guards.
pub(crate) fn plan_of(steps: Vec<Step>) -> FixPlan {
    let Letterhead { id, parent, profile, generation, made, planner } = head();
    FixPlan {
        id,
        parent,
        profile,
        generation,
        made,
        expires: made + SignedDuration::from_mins(15),
        planner,
        steps: (1..).zip(steps).map(|(seq, step)| Step { seq, ..step }).collect(),
        skipped: Vec::new(),
        projection: Projection {
            step: Projected::Plan,
            acs: 0,
            provider: 0,
            provider_least: 0,
            devices: 0,
            active_logins: 0,
        },
    }
}

/// The request of a change.
pub(crate) fn send(change: Change) -> Send {
    Send {
        key: format!("{change:?}"),
        change,
        call: Call {
            method: "PUT".to_owned(),
            path: "/row".to_owned(),
            body: Vec::new(),
            whole_row: true,
        },
        undo: Undo::Tries,
    }
}

fn step(finding: &Finding, fix: Fix, change: Change) -> Step {
    let entry = finding.provider.first();
    let of_entry =
        |cell: fn(&ProviderRecord) -> &Option<Untrusted>| entry.and_then(|p| cell(p).clone());
    Step {
        seq: 0,
        fix,
        side: change.side(),
        send: Some(send(change)),
        target: Target {
            serial: finding.acs.first().and_then(|d| d.serial.clone()).or(of_entry(|p| &p.serial)),
            login: of_entry(|p| &p.login),
            ..Target::default()
        },
        expect: Expect::default(),
        because: finding.id.clone(),
        also: Vec::new(),
        cause: finding.cause,
        strength: finding.strength,
        removal: false,
        removes: 0,
        follows: None,
        effect: (0, 0),
    }
}

/// A device is deleted in the ACS.
pub(crate) fn deletion(finding: &Finding) -> Step {
    let id = finding.acs[0].id.clone();
    let change = Change::Acs(AcsChange::Delete { id });
    Step { removal: true, removes: 1, ..step(finding, Fix::DeleteInAcs, change) }
}

/// An entry loses its login.
pub(crate) fn removal(finding: &Finding) -> Step {
    let row = RecordKey::Entry(finding.provider[0].device_id.clone().unwrap());
    let cells = vec![(Cell::Login, u(""))];
    let change = Change::Provider(ProviderChange::Set { row, cells, held_only: true });
    Step { removal: true, removes: 1, ..step(finding, Fix::RemoveInProvider, change) }
}

/// A value of an entry is written.
pub(crate) fn change(finding: &Finding) -> Step {
    let row = RecordKey::Entry(finding.provider[0].device_id.clone().unwrap());
    let cells = vec![(Cell::Mac, u("00:25:9E:FF:FF:FF"))];
    let change = Change::Provider(ProviderChange::Set { row, cells, held_only: false });
    step(finding, Fix::UpdateProvider, change)
}

/// A device is sent to the Provider again.
pub(crate) fn sending(finding: &Finding) -> Step {
    let id = finding.acs[0].id.clone();
    step(finding, Fix::SendDevice, Change::Acs(AcsChange::Send { id }))
}

/// The Provider synchronises, which ends all of them.
pub(crate) fn synchronisation(findings: &[Finding]) -> Step {
    let change = Change::Provider(ProviderChange::Synchronise);
    let first = &findings[0];
    Step {
        removal: true,
        removes: u32::try_from(findings.len()).unwrap(),
        strength: findings.iter().map(|f| f.strength).max().unwrap(),
        also: findings[1..].iter().map(|f| f.id.clone()).collect(),
        target: Target::default(),
        ..step(first, Fix::SynchroniseProvider, change)
    }
}
