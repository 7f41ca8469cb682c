//! The apply journal as the rest of acerto meets it: a store, a plan, and arrows in a row.

mod care;
mod machine;
mod rules;
mod told;

use std::path::Path;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{AcsChange, Cell, Change, ProviderChange, RecordKey, Side, Untrusted};
use crate::engine::{Cause, Fix};
use crate::store::journal::{
    ApplyLock, Arrow, BeforeRow, CallRow, PlanRow, Reply, StepId, StepRow, StepState, Undoable,
};
use crate::store::rows::Rows as _;
use crate::store::tables::META;
use crate::store::{GENERATION, Store, StoreError, StoreOptions};

const QUIET: Duration = Duration::from_secs(120);

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + second).unwrap()
}

fn open(dir: &Path) -> Store {
    Store::open(dir, &StoreOptions::default()).unwrap()
}

fn locked(dir: &Path) -> (Store, ApplyLock) {
    let store = open(dir);
    let lock = store.lock_for_apply().unwrap().unwrap();
    (store, lock)
}

fn plan(id: &str) -> PlanRow {
    PlanRow {
        plan_id: id.to_owned(),
        sha256: [7; 32],
        parent: "run-of-the-plan".to_owned(),
        generation: 0,
        expires: at(3600),
        runs: vec![format!("run-of-{id}")],
        begun: at(0),
    }
}

/// A step of a plan, each of another record.
fn row(plan: &str, seq: u32) -> StepRow {
    let change = Change::Provider(ProviderChange::Set {
        row: RecordKey::Entry(Untrusted::new("12")),
        cells: vec![
            (Cell::Serial, Untrusted::new("HWTC00000001")),
            (Cell::Mac, Untrusted::new("")),
        ],
        held_only: true,
    });
    StepRow {
        action: format!("{plan}-action-{seq}"),
        plan_id: plan.to_owned(),
        seq,
        run_id: format!("run-of-{plan}"),
        parent: "run-of-the-plan".to_owned(),
        finding: "f-0123456789abcdef".to_owned(),
        cause: Some(Cause::SwappedDevice),
        fix: Fix::ReplaceIdentity,
        side: change.side(),
        change,
        key: format!("provider:radpop_radio_cliente_fibra:{seq}"),
        removals: 0,
        call: CallRow {
            method: "PUT".to_owned(),
            path: "/webservice/v1/radpop_radio_cliente_fibra/12".to_owned(),
            body: vec![("mac".to_owned(), Untrusted::new("HWTC\u{202e}1"))],
            whole_row: true,
        },
        undo: Undoable::Tries,
        expect: "ab".repeat(32),
        follows: None,
        actor: "ana".to_owned(),
        approver: Some("bia".to_owned()),
        state: StepState::Verified,
        attempt: 9,
        refusals: 9,
        probes: 9,
        boot_id: "left from before".to_owned(),
        sent_boottime: Some(Duration::from_secs(9)),
        sent_utc: Some(at(9)),
        image_hash: Some([9; 32]),
        before: Some(BeforeRow::default()),
        status: Some(9),
        body_hash: Some([9; 32]),
        note: "left from before".to_owned(),
        decided_by: Some("left from before".to_owned()),
        updated: at(-9),
    }
}

fn id(plan: &str, seq: u32) -> StepId {
    StepId { plan_id: plan.to_owned(), seq }
}

fn delete(plan: &str, seq: u32) -> StepRow {
    let id = Untrusted::new(&format!("00259E-HG8145V5-{seq}"));
    let change = Change::Acs(AcsChange::Delete { id });
    let key = format!("acs:device:{seq}");
    StepRow { side: Side::Acs, change, key, removals: 1, ..row(plan, seq) }
}

/// Begins a plan of `n` steps.
fn begin(store: &Store, lock: &ApplyLock, id: &str, n: u32) -> Vec<StepRow> {
    store.begin(lock, &plan(id), (1..=n).map(|seq| row(id, seq)).collect()).unwrap()
}

fn send(second: i64) -> Arrow {
    Arrow::Send {
        boot_id: "boot".to_owned(),
        boottime: Duration::from_secs(1000 + second.unsigned_abs()),
        utc: at(second),
        image_hash: Some([1; 32]),
        before: Some(BeforeRow {
            cells: [("mac".to_owned(), Untrusted::new("HWTC00000000"))].into(),
            rest: [2; 32],
        }),
    }
}

fn reply(status: u16) -> Reply {
    Reply { status: Some(status), body_hash: Some([3; 32]), ..Reply::default() }
}

fn ack() -> Arrow {
    Arrow::Ack { reply: reply(200) }
}

fn doubt() -> Arrow {
    Arrow::Doubt { why: "no reply".to_owned(), reply: Reply::default() }
}

fn refuse(for_now: bool) -> Arrow {
    Arrow::Refuse { why: "too many requests".to_owned(), reply: reply(429), for_now }
}

fn verify() -> Arrow {
    Arrow::Verify { undo: Undoable::Yes, note: String::new() }
}

/// A probe so many seconds after [`send`]`(0)`, in the same boot.
fn not_done(second: u64) -> Arrow {
    let boottime = Duration::from_secs(1000 + second);
    Arrow::NotDone { boot_id: "boot".to_owned(), boottime, quiet: QUIET, locked: Duration::ZERO }
}

fn differs() -> Arrow {
    Arrow::ProbeDiffers { why: "serial differs".to_owned() }
}

fn give_up() -> Arrow {
    Arrow::GiveUp { why: "nobody can tell".to_owned() }
}

fn supersede() -> Arrow {
    Arrow::Supersede { why: "the serial changed".to_owned() }
}

fn contradict() -> Arrow {
    Arrow::Contradict { why: "the serial is as before".to_owned() }
}

fn not_sent() -> Arrow {
    Arrow::NotSent { why: "connection refused".to_owned() }
}

fn walk(store: &Store, lock: &ApplyLock, id: &StepId, arrows: &[Arrow]) -> StepRow {
    let moved = arrows.iter().map(|arrow| store.advance(lock, id, arrow, at(1)).unwrap());
    moved.last().unwrap()
}

/// A reconciliation with both sides read whole was recorded.
fn reconciled(store: &Store) {
    let next = |journal: &crate::store::rows::Edit| {
        let n = journal.count(META, GENERATION)?;
        journal.put_count(META, GENERATION, n + 1)
    };
    store.journal.write(next).unwrap();
}

fn broken<T: std::fmt::Debug>(result: &Result<T, StoreError>, words: &str) {
    let Err(StoreError::Broken { what }) = result else { panic!("{result:?}, not {words}") };
    assert!(what.contains(words), "{what}");
}

/// Days after the beginning.
fn day(n: i64) -> Timestamp {
    at(0) + SignedDuration::from_hours(24 * n)
}
