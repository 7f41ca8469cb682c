//! The apply journal as many processes meet it: one lock, kills at any time, nothing lost.
//!
//! A child is this test binary again, with a role in its environment.

use std::collections::BTreeMap;
use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use acerto::domain::{Cell, Change, ProviderChange, RecordKey, Untrusted};
use acerto::engine::{Cause, Fix};
use acerto::store::{
    ApplyLock, Arrow, CallRow, PlanRow, Reply, StepId, StepRow, StepState, Store, StoreOptions,
    Undoable, admin,
};
use jiff::Timestamp;

use crate::store_world::{DAY, EPOCH, World, at, id, mix, run};

const ROLE: &str = "ACERTO_TEST_APPLY_ROLE";
const DIR: &str = "ACERTO_TEST_APPLY_DIR";
/// Steps of a plan.
const STEPS: u32 = 6;
const QUIET: Duration = Duration::from_secs(60);

/// Not a test: what a child does. Does nothing when run as a test of the suite.
#[test]
fn child() {
    let env = |name| std::env::var(name).unwrap_or_default();
    let dir = env(DIR);
    let store = || Store::open(Path::new(&dir), &StoreOptions::default()).unwrap();
    match env(ROLE).as_str() {
        "hold" => {
            let store = store();
            let lock = store.lock_for_apply().unwrap();
            say(&format!("locked {}", lock.is_some()));
            std::thread::sleep(Duration::from_secs(60));
        }
        "apply" => {
            let store = store();
            let lock = store.lock_for_apply().unwrap().unwrap();
            (0..100).for_each(|n| apply(&store, &lock, n));
        }
        _ => {}
    }
}

/// A line that is out before the next thing is done: a kill must not keep it back.
fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{line}").unwrap();
    out.flush().unwrap();
}

fn start(role: &str, dir: &Path) -> (Child, BufReader<impl Read + use<>>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["store_apply::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(DIR, dir)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let out = BufReader::new(child.stdout.take().unwrap());
    (child, out)
}

fn step(plan_id: &str, seq: u32) -> StepRow {
    let row = RecordKey::Entry(Untrusted::new(&seq.to_string()));
    let cells = vec![(Cell::Login, Untrusted::new("57"))];
    let change = Change::Provider(ProviderChange::Set { row, cells, held_only: false });
    StepRow {
        action: format!("{plan_id}-{seq}"),
        plan_id: plan_id.to_owned(),
        seq,
        run_id: format!("run-{plan_id}"),
        parent: "r".to_owned(),
        finding: "f-1".to_owned(),
        cause: Some(Cause::UnlinkedLogin),
        fix: Fix::LinkLogin,
        side: change.side(),
        change,
        key: format!("provider:fibra:{seq}"),
        removals: 0,
        call: CallRow::default(),
        undo: Undoable::Yes,
        expect: String::new(),
        follows: None,
        actor: "ana".to_owned(),
        approver: None,
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
        updated: at(0),
    }
}

fn plan(plan_id: &str) -> PlanRow {
    PlanRow {
        plan_id: plan_id.to_owned(),
        sha256: [1; 32],
        parent: "r".to_owned(),
        generation: 0,
        expires: at(0),
        runs: vec![format!("run-{plan_id}")],
        begun: at(0),
    }
}

fn send() -> Arrow {
    let boottime = Duration::from_secs(1);
    Arrow::Send { boot_id: "b".to_owned(), boottime, utc: at(0), image_hash: None, before: None }
}

/// Goes on with what is open, then applies a plan of its own, and says each commit.
fn apply(store: &Store, lock: &ApplyLock, n: u64) {
    let walk = |id: &StepId, arrows: &[Arrow]| {
        for arrow in arrows {
            let row = store.advance(lock, id, arrow, at(0)).unwrap();
            say(&format!("stands {} {}", row.action, row.state.wire()));
        }
    };
    let verify = Arrow::Verify { undo: Undoable::Yes, note: String::new() };
    let ack = Arrow::Ack { reply: Reply { status: Some(200), ..Reply::default() } };
    let later = Duration::from_secs(1) + QUIET;
    let (boot_id, locked) = ("b".to_owned(), Duration::ZERO);
    let not_done = Arrow::NotDone { boot_id, boottime: later, quiet: QUIET, locked };
    for row in store.open_steps().unwrap() {
        let way: &[Arrow] = match row.state {
            StepState::Sent if row.attempt < 3 => &[not_done.clone(), Arrow::Expire],
            StepState::Sent | StepState::Acked | StepState::InDoubt => {
                std::slice::from_ref(&verify)
            }
            _ => &[Arrow::Expire],
        };
        walk(&row.id(), way);
    }
    let plan_id = format!("{}-{n}", std::process::id());
    let plan = plan(&plan_id);
    let rows: Vec<_> = (1..=STEPS).map(|seq| step(&plan_id, seq)).collect();
    store.begin(lock, &plan, rows).unwrap();
    say(&format!("begun {plan_id}"));
    for seq in 1..=STEPS {
        let id = StepId { plan_id: plan_id.clone(), seq };
        walk(&id, &[send(), ack.clone(), verify.clone()]);
    }
}

#[test]
fn a_second_process_gets_no_lock_until_the_first_dies() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &StoreOptions::default()).unwrap();
    for kill in [true, false] {
        let (mut holder, out) = start("hold", dir.path());
        assert!(out.lines().any(|line| line.unwrap().contains("locked true")));
        assert!(store.lock_for_apply().unwrap().is_none());
        assert_eq!(store.lock_holder().unwrap().pid, holder.id());
        let (mut second, out) = start("hold", dir.path());
        assert!(out.lines().any(|line| line.unwrap().contains("locked false")));
        second.kill().unwrap();
        second.wait().unwrap();
        assert!(store.lock_for_apply().unwrap().is_none(), "a loser's death frees nothing");
        if kill {
            holder.kill().unwrap();
        } else {
            Command::new("kill").arg(holder.id().to_string()).status().unwrap();
        }
        holder.wait().unwrap();
        assert!(store.lock_for_apply().unwrap().is_some(), "the kernel let go of it");
    }
}

#[test]
fn recording_a_run_forgets_what_ended_before_the_history_that_is_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &StoreOptions::default()).unwrap();
    let lock = store.lock_for_apply().unwrap().unwrap();
    let day = |n: u64| at(EPOCH + n.cast_signed() * DAY);
    for (plan_id, ends) in [("ended", true), ("open", false)] {
        let plan = PlanRow { begun: day(1), ..plan(plan_id) };
        store.begin(&lock, &plan, vec![step(plan_id, 1)]).unwrap();
        if ends {
            let id = StepId { plan_id: plan_id.to_owned(), seq: 1 };
            store.advance(&lock, &id, &Arrow::AlreadySo, day(1)).unwrap();
        }
    }
    let kept = |n| {
        let world = World::new(4, n);
        store.record(&run(&id(n), n, &world, vec![]), &world.acs, &world.provider, &[]).unwrap();
        let plans = store.plans().unwrap();
        plans.into_iter().map(|plan| plan.plan_id).collect::<Vec<_>>()
    };
    assert_eq!(kept(2), ["ended", "open"]);
    assert_eq!(kept(400), ["ended", "open"]);
    assert_eq!(kept(402), ["open"], "400 days, but never what has not ended");
}

/// In which order states may be seen; a later one is never lost.
fn rank(state: &str) -> u8 {
    match state {
        "intent" => 1,
        "sent" => 2,
        "acked" => 3,
        _ => 4,
    }
}

#[test]
fn kill_9_loses_no_commit_and_no_line() {
    let dir = tempfile::tempdir().unwrap();
    let mut said: BTreeMap<String, String> = BTreeMap::new();
    let mut begun = Vec::new();
    for kill in 0..25_u64 {
        let (mut child, mut out) = start("apply", dir.path());
        // Killed only once it works, then early or late.
        let mut line = String::new();
        while !line.contains("stands") {
            assert!(out.read_line(&mut line).unwrap() > 0, "the child ended: {line}");
        }
        std::thread::sleep(Duration::from_micros(mix(kill, 3) % 60_000));
        child.kill().unwrap();
        out.read_to_string(&mut line).unwrap();
        child.wait().unwrap();
        // The last line may be cut by the kill.
        let whole = line.rfind('\n').map_or("", |end| &line[..end]);
        for line in whole.lines() {
            if let Some((action, state)) =
                line.split("stands ").nth(1).and_then(|rest| rest.trim().split_once(' '))
            {
                said.insert(action.to_owned(), state.to_owned());
            }
            begun.extend(line.split("begun ").nth(1).map(|plan| plan.trim().to_owned()));
        }
    }
    let store = Store::open(dir.path(), &StoreOptions::default()).unwrap();
    drop(store.lock_for_apply().unwrap().unwrap());
    let rows = store.steps_since(Timestamp::MIN).unwrap();
    let rows: BTreeMap<_, _> = rows.iter().map(|row| (row.action.clone(), row)).collect();
    for plan in &begun {
        assert_eq!(store.steps_of(plan).unwrap().len(), STEPS as usize, "{plan}");
    }
    for (action, state) in &said {
        let row = rows.get(action).unwrap_or_else(|| panic!("{action} is lost"));
        let back = row.state == StepState::Intent && row.attempt > 1;
        assert!(back || rank(row.state.wire()) >= rank(state), "{action} was {state}: {row:?}");
        assert!(rank(state) < 4 || row.state.wire() == state, "an end changed: {row:?}");
    }
    // Every end stands in the file, once, as it is in the journal.
    let text = fs::read_to_string(dir.path().join("journal.jsonl")).unwrap();
    let mut told = BTreeMap::new();
    for line in text.lines() {
        let Ok(line) = serde_json::from_str::<serde_json::Value>(line) else { continue };
        let action = line["action"].as_str().unwrap().to_owned();
        let state = line["state"].as_str().unwrap().to_owned();
        assert!(told.insert(action, state).is_none(), "told twice: {line}");
    }
    let ended = rows.iter().filter(|(_, row)| row.state.is_end());
    let ended: BTreeMap<_, _> =
        ended.map(|(action, row)| (action.clone(), row.state.wire().to_owned())).collect();
    assert_eq!(told, ended);
    assert!(ended.len() >= 25, "too little happened: {}", ended.len());
    drop(store);
    let found = admin::check(dir.path(), &StoreOptions::default()).unwrap().unwrap();
    assert_eq!(found.problems, [""; 0]);
}
