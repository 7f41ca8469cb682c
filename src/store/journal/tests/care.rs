//! Storing and reading back, checking, backing up, restoring and forgetting.

use super::*;
use crate::store::codec::step::StepLine;
use crate::store::codec::{from_json, to_json};
use crate::store::error::StoreErrorKind;
use crate::store::journal::filing::step_key;
use crate::store::journal::{check, prune};
use crate::store::tables::{OPEN_STEPS, PLANS, REMOVALS, STEPS, UNTOLD};
use crate::store::{JOURNAL_FILE, admin};

fn options() -> StoreOptions {
    StoreOptions::default()
}

fn problems(dir: &Path) -> Vec<String> {
    admin::check(dir, &options()).unwrap().unwrap().problems
}

#[test]
fn every_change_and_every_state_read_back_as_they_were() {
    let text = |t: &str| Untrusted::new(t);
    let set = |row, cells| ProviderChange::Set { row, cells, held_only: false };
    let cells: Vec<_> = Cell::ALL.into_iter().map(|cell| (cell, text("\u{202e}\n\"x"))).collect();
    let changes = [
        Change::Acs(AcsChange::Delete { id: text("A\u{0}é") }),
        Change::Acs(AcsChange::Send { id: text("") }),
        Change::Acs(AcsChange::Synchronise),
        Change::Provider(set(RecordKey::Login(text("57")), cells)),
        Change::Provider(set(RecordKey::Entry(text("login-57")), Vec::new())),
        Change::Provider(ProviderChange::ClearMac { login_id: text("57") }),
        Change::Provider(ProviderChange::EndSession { login_id: text("57") }),
        Change::Provider(ProviderChange::Synchronise),
    ];
    for change in changes {
        for &state in StepState::ALL {
            let side = change.side();
            let full = StepRow { change: change.clone(), side, state, ..row("p", 7) };
            let bare = StepRow { cause: None, ..full.clone().planned(at(1)) };
            for row in [full, bare] {
                let stored = to_json(&StepLine::of(&row)).unwrap();
                let back = from_json::<StepLine>(&stored).unwrap().step().unwrap();
                assert_eq!(back, row);
            }
        }
    }
}

#[test]
fn a_row_that_is_not_ours_is_damage() {
    type Harm = fn(&crate::store::rows::Edit) -> Result<(), StoreError>;
    let key = || step_key(&id("p", 1));
    let harms: [(&str, bool, Harm); 8] = [
        ("no json", true, |e| e.put(STEPS, &step_key(&id("p", 1)), b"{}")),
        ("of an unknown state", true, |e| {
            let at = step_key(&id("p", 1));
            let body = String::from_utf8(e.get(STEPS, &at)?.unwrap()).unwrap();
            let body = body.replace(r#""state":"intent""#, r#""state":"maybe""#);
            e.put(STEPS, &at, body.as_bytes())
        }),
        ("under another's key", true, |e| {
            let body = e.get(STEPS, &step_key(&id("p", 2)))?.unwrap();
            e.put(STEPS, &step_key(&id("p", 1)), &body)
        }),
        ("gone", true, |e| e.remove(STEPS, [step_key(&id("p", 1))]).map(drop)),
        ("not listed", false, |e| e.remove(OPEN_STEPS, [step_key(&id("p", 1))]).map(drop)),
        ("without its plan", false, |e| e.remove(PLANS, [b"p"]).map(drop)),
        ("told too early", false, |e| e.put(UNTOLD, &step_key(&id("p", 1)), &[])),
        ("removals without number", false, |e| e.put(REMOVALS, b"a", b"many")),
    ];
    for (what, read_by_all, harm) in harms {
        let dir = tempfile::tempdir().unwrap();
        let (store, lock) = locked(dir.path());
        begin(&store, &lock, "p", 2);
        assert_eq!(problems(dir.path()), [""; 0]);
        store.journal.write(harm).unwrap();
        assert_eq!(problems(dir.path()).len(), 1, "{what}");
        let open = store.open_steps();
        let is_damage = matches!(open, Err(StoreError::Damaged { .. }));
        assert_eq!(is_damage, read_by_all, "{what}: {open:?}");
        assert_eq!(store.journal.read(check).unwrap_err().kind(), StoreErrorKind::Store);
        if read_by_all {
            let moved = store.advance(&lock, &id("p", 1), &send(0), at(0));
            assert!(moved.is_err(), "{what}");
        }
        assert!(store.journal.read(|j| j.get(STEPS, &key())).is_ok());
    }
}

#[test]
fn a_flipped_bit_of_a_row_is_damage() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    begin(&store, &lock, "p", 1);
    drop((store, lock));
    let path = dir.path().join(JOURNAL_FILE);
    let mut bytes = std::fs::read(&path).unwrap();
    let places: Vec<_> = bytes
        .windows(10)
        .enumerate()
        .filter(|(_, w)| *w == b"p-action-1")
        .map(|(n, _)| n)
        .collect();
    assert!(!places.is_empty());
    for place in places {
        bytes[place] ^= 1;
    }
    std::fs::write(&path, bytes).unwrap();
    let read = Store::open(dir.path(), &options()).and_then(|store| store.open_steps());
    assert!(matches!(read, Err(StoreError::Damaged { .. })), "{read:?}");
}

#[test]
fn a_backup_holds_the_journal_and_a_restored_store_sends_nothing_until_probed() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (store, lock) = locked(dir.path());
    begin(&store, &lock, "p", 3);
    walk(&store, &lock, &id("p", 1), &[send(0), ack(), verify()]);
    walk(&store, &lock, &id("p", 2), &[send(0)]);
    let before = store.steps_of("p").unwrap();
    let backup = other.path().join("b");
    admin::backup(dir.path(), &backup, &options(), false).unwrap();
    assert_eq!(store.must_probe_all().unwrap(), None);
    drop(store);

    let held = admin::restore(&backup, dir.path(), &options(), true);
    assert!(matches!(held, Err(StoreError::Held { .. })), "not under an apply: {held:?}");
    drop(lock);
    admin::restore(&backup, dir.path(), &options(), true).unwrap();
    let (store, lock) = locked(dir.path());
    assert_eq!(store.steps_of("p").unwrap(), before);
    let since = store.must_probe_all().unwrap().unwrap();
    assert!(since <= Timestamp::now());
    let refused = store.advance(&lock, &id("p", 3), &send(0), at(0)).unwrap_err();
    assert!(matches!(refused, StoreError::NotProbed { .. }), "{refused}");
    assert_eq!(refused.kind(), StoreErrorKind::Refused);
    let refused = store.begin(&lock, &plan("q"), vec![]).unwrap_err();
    assert!(matches!(refused, StoreError::NotProbed { .. }), "{refused}");
    // What was sent before is looked at: that is what it waits for.
    walk(&store, &lock, &id("p", 2), &[verify()]);
    store.probed(&lock).unwrap();
    assert_eq!(store.must_probe_all().unwrap(), None);
    walk(&store, &lock, &id("p", 3), &[send(0)]);
    drop((store, lock));
    assert_eq!(problems(dir.path()), [""; 0]);
}

#[test]
fn an_export_tells_plans_and_steps() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    begin(&store, &lock, "p", 2);
    let mut out = Vec::new();
    admin::export(dir.path(), &options(), &mut out, false).unwrap();
    let out = String::from_utf8(out).unwrap();
    assert_eq!(out.matches(r#""kind":"step""#).count(), 2, "{out}");
    assert_eq!(out.matches(r#""kind":"plan""#).count(), 1, "{out}");
    assert!(!out.contains('\u{202e}'), "safe on a screen");
}

#[test]
fn plans_are_forgotten_once_all_of_them_ended_long_ago() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    for plan_id in ["ended", "open", "late", "new"] {
        let begun = if plan_id == "new" { day(390) } else { day(0) };
        let plan = PlanRow { begun, ..plan(plan_id) };
        store.begin(&lock, &plan, vec![row(plan_id, 1), row(plan_id, 2)]).unwrap();
    }
    let end = |plan: &str, seq, at| store.advance(&lock, &id(plan, seq), &supersede(), at).unwrap();
    for (plan, seq, at) in [
        ("ended", 1, day(1)),
        ("ended", 2, day(2)),
        ("open", 1, day(1)),
        ("late", 1, day(1)),
        ("late", 2, day(399)),
        ("new", 1, day(390)),
        ("new", 2, day(390)),
    ] {
        end(plan, seq, at);
    }
    let kept = |until| {
        store.journal.write(|journal| prune(journal, until)).unwrap();
        let plans = store.plans().unwrap();
        plans.into_iter().map(|p| p.plan_id).collect::<Vec<_>>()
    };
    assert_eq!(kept(day(2)), ["ended", "late", "new", "open"]);
    assert_eq!(kept(day(3)), ["late", "new", "open"]);
    assert_eq!(kept(day(1000)), ["open"]);
    assert_eq!(store.steps_since(Timestamp::MIN).unwrap().len(), 2);
    drop((store, lock));
    let _ = locked(dir.path());
    assert_eq!(problems(dir.path()), [""; 0]);
}
