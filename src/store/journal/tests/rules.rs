//! The rules that every change keeps: begun once, I3, I4, I5, and what can be asked.

use super::*;
use crate::store::error::StoreErrorKind;
use crate::store::journal::Resolution;

#[test]
fn a_plan_is_begun_once_and_gone_on_with() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    assert_eq!(store.plan_applied("p").unwrap(), None);
    let rows = begin(&store, &lock, "p", 3);
    assert_eq!(rows, (1..=3).map(|n| row("p", n).planned(at(0))).collect::<Vec<_>>());
    walk(&store, &lock, &id("p", 2), &[send(0), ack()]);

    let again = PlanRow { runs: vec!["second".to_owned()], begun: at(50), ..plan("p") };
    let rows = store.begin(&lock, &again, (1..=3).map(|n| row("p", n)).collect()).unwrap();
    let states: Vec<_> = rows.iter().map(|r| r.state).collect();
    assert_eq!(states, [StepState::Intent, StepState::Acked, StepState::Intent]);
    let known = store.plan_applied("p").unwrap().unwrap();
    assert_eq!(known.runs, ["run-of-p", "second"]);
    assert_eq!(known.begun, at(0));

    let other = PlanRow { sha256: [8; 32], ..plan("p") };
    let refused = store.begin(&lock, &other, vec![row("p", 1)]).unwrap_err();
    assert!(matches!(refused, StoreError::PlanChanged { .. }), "{refused}");
    assert_eq!(refused.kind(), StoreErrorKind::Refused);
}

#[test]
fn rows_that_are_no_plan_are_refused_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    let other_side = StepRow { side: Side::Acs, ..row("p", 2) };
    for (second, words) in [
        (row("q", 2), "of another plan"),
        (other_side, "the other side"),
        (StepRow { key: String::new(), ..row("p", 2) }, "no key"),
        (StepRow { action: String::new(), ..row("p", 2) }, "no key, or no action"),
        (StepRow { follows: Some(2), ..row("p", 2) }, "does not stand before"),
        (row("p", 1), "of another"),
        (StepRow { action: "p-action-1".to_owned(), ..row("p", 2) }, "of another"),
    ] {
        broken(&store.begin(&lock, &plan("p"), vec![row("p", 1), second]), words);
        assert_eq!((store.plans().unwrap(), store.open_steps().unwrap()), (vec![], vec![]));
    }
    let follows = StepRow { follows: Some(1), ..row("p", 2) };
    assert_eq!(store.begin(&lock, &plan("p"), vec![row("p", 1), follows]).unwrap().len(), 2);
}

#[test]
fn i3_one_change_of_a_record_at_a_time_over_all_plans() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    begin(&store, &lock, "p", 2);
    begin(&store, &lock, "q", 2);
    let blocked = |arrows: &[Arrow]| {
        walk(&store, &lock, &id("p", 1), arrows);
        broken(&store.advance(&lock, &id("q", 1), &send(0), at(2)), "I3");
        assert_eq!(store.steps_of("q").unwrap()[0].state, StepState::Intent);
    };
    blocked(&[send(0)]);
    blocked(&[ack()]);
    blocked(&[contradict()]);
    walk(&store, &lock, &id("q", 2), &[send(0), ack(), verify()]);
    walk(&store, &lock, &id("p", 1), &[verify()]);
    walk(&store, &lock, &id("q", 1), &[send(0)]);
}

#[test]
fn i4_only_by_the_lock_of_this_store() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let (store, lock) = locked(dir.path());
    let (_other_store, other_lock) = locked(other.path());
    begin(&store, &lock, "p", 1);
    let arrow = send(0);
    let by = |lock: &ApplyLock| store.advance(lock, &id("p", 1), &arrow, at(1));
    broken(&by(&other_lock), "not the lock of this store");
    broken(&store.begin(&other_lock, &plan("q"), vec![]), "not the lock of this store");
    broken(&store.probed(&other_lock), "not the lock of this store");
    broken(
        &store.resolve(&other_lock, "p-action-1", Resolution::Drop, ("no", "ana"), at(1)),
        "not the lock of this store",
    );
    // Somebody removes the file by hand, and another process locks a new one.
    std::fs::remove_file(dir.path().join("apply.lock")).unwrap();
    broken(&by(&lock), "removed while it was held");
    let new = open(dir.path()).lock_for_apply().unwrap().unwrap();
    broken(&by(&lock), "removed while it was held");
    assert_eq!(by(&new).unwrap().state, StepState::Sent);
}

#[test]
fn i4_nothing_is_sent_by_a_plan_older_than_the_newest_reconciliation() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    begin(&store, &lock, "p", 2);
    walk(&store, &lock, &id("p", 1), &[send(0)]);
    reconciled(&store);
    let refused = store.advance(&lock, &id("p", 2), &send(0), at(1)).unwrap_err();
    assert!(matches!(refused, StoreError::PlanOutdated { made: 0, newest: 1, .. }), "{refused}");
    assert_eq!(refused.kind(), StoreErrorKind::Refused);
    // What was sent is still brought to its end, and the rest to another.
    walk(&store, &lock, &id("p", 1), &[ack(), verify()]);
    assert_eq!(walk(&store, &lock, &id("p", 2), &[Arrow::Expire]).state, StepState::Superseded);

    let refused = store.begin(&lock, &plan("q"), vec![]).unwrap_err();
    assert!(matches!(refused, StoreError::PlanOutdated { .. }), "{refused}");
    let current = PlanRow { generation: 1, ..plan("q") };
    store.begin(&lock, &current, vec![row("q", 1)]).unwrap();
    walk(&store, &lock, &id("q", 1), &[send(0)]);
}

#[test]
fn i5_an_end_never_changes() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    begin(&store, &lock, "p", 5);
    let ends: [&[Arrow]; 5] = [
        &[send(0), ack(), verify()],
        &[Arrow::AlreadySo],
        &[supersede()],
        &[send(0), refuse(false)],
        &[send(0), give_up()],
    ];
    for (seq, arrows) in (1..).zip(ends) {
        walk(&store, &lock, &id("p", seq), arrows);
    }
    store.resolve(&lock, "p-action-5", Resolution::Drop, ("gone", "ana"), at(2)).unwrap();
    let before = store.steps_of("p").unwrap();
    assert!(before.iter().all(|row| row.state.is_end()));
    for row in &before {
        for arrow in [send(9), verify(), supersede(), give_up(), not_done(900), doubt()] {
            broken(&store.advance(&lock, &row.id(), &arrow, at(9)), ", an end");
        }
        let again = store.resolve(&lock, &row.action, Resolution::Redo, ("", "ana"), at(9));
        assert!(matches!(again, Err(StoreError::NotUndecided { .. })), "{again:?}");
    }
    // Whatever computes a row, the store itself looks at what stands there.
    let row = StepRow { state: StepState::Intent, ..before[0].clone() };
    broken(&store.change(&lock, |_| Ok(row)), "I5");
    assert_eq!(store.steps_of("p").unwrap(), before);
    assert_eq!(store.open_steps().unwrap(), []);
}

#[test]
fn a_step_that_nobody_planned_is_no_step() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    begin(&store, &lock, "p", 1);
    broken(&store.advance(&lock, &id("p", 2), &send(0), at(0)), "plan p has no step 2");
    let none = store.resolve(&lock, "nobody", Resolution::Done, ("", "ana"), at(0)).unwrap_err();
    assert!(matches!(none, StoreError::NoAction { .. }), "{none}");
    assert_eq!(none.kind(), StoreErrorKind::Usage);
}

#[test]
fn a_person_decides_by_the_actions_id() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    begin(&store, &lock, "p", 3);
    for (seq, resolution, ends) in [
        (1, Resolution::Done, StepState::Done),
        (2, Resolution::Redo, StepState::Redo),
        (3, Resolution::Drop, StepState::Dropped),
    ] {
        let action = format!("p-action-{seq}");
        let decide = || store.resolve(&lock, &action, resolution, ("seen", "bia"), at(7));
        assert!(matches!(decide(), Err(StoreError::NotUndecided { state: "intent", .. })));
        walk(&store, &lock, &id("p", seq), &[send(0), differs(), differs(), differs()]);
        assert_eq!(decide().unwrap().state, ends);
    }
    let told = std::fs::read_to_string(dir.path().join("journal.jsonl")).unwrap();
    assert_eq!(told.matches(r#""decided_by":"bia""#).count(), 3, "{told}");
}

#[test]
fn steps_are_found_by_plan_and_by_run_and_counted() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    begin(&store, &lock, "p", 7);
    begin(&store, &lock, "pp", 1);
    let ways: [&[Arrow]; 6] = [
        &[send(0), ack(), verify()],
        &[Arrow::AlreadySo],
        &[supersede()],
        &[send(0), refuse(false)],
        &[send(0), doubt()],
        &[send(0), give_up()],
    ];
    for (seq, arrows) in (1..).zip(ways) {
        walk(&store, &lock, &id("p", seq), arrows);
    }
    walk(&store, &lock, &id("pp", 1), &[Arrow::Expire]);
    assert_eq!(store.steps_of("p").unwrap().len(), 7);
    assert_eq!(store.steps_of("pp").unwrap().len(), 1);
    assert_eq!(store.steps_of("run-of-p").unwrap(), store.steps_of("p").unwrap());
    assert_eq!(store.steps_of("run-of-the-plan").unwrap(), []);
    let open: Vec<_> = store.open_steps().unwrap().iter().map(|row| row.seq).collect();
    assert_eq!(open, [5, 6, 7]);
    let counts = |run| {
        let c = store.journal_counts(run).unwrap();
        (c.verified, c.superseded, c.failed, c.in_doubt, c.needs_human)
    };
    assert_eq!(counts(Some("run-of-p")), (2, 1, 1, 1, 1));
    assert_eq!(counts(Some("run-of-pp")), (0, 1, 0, 1, 1), "open ones are everybody's");
    assert_eq!(counts(None), (2, 2, 1, 1, 1));
    assert_eq!(store.steps_since(at(1)).unwrap().len(), 7);
    assert_eq!(store.steps_since(at(2)).unwrap(), []);
}

#[test]
fn removals_count_from_their_sending_by_side_and_step() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    let wide = Change::Provider(ProviderChange::Synchronise);
    let wide = StepRow { change: wide, removals: 540, ..row("p", 4) };
    let rows = vec![delete("p", 1), delete("p", 2), row("p", 3), wide];
    store.begin(&lock, &plan("p"), rows).unwrap();
    let sent = |since| {
        let of = |side| store.removals_since(side, at(since)).unwrap();
        (of(Side::Acs), of(Side::Provider))
    };
    assert_eq!(sent(-100), (0, 0), "planned is not sent");
    walk(&store, &lock, &id("p", 1), &[send(10), refuse(true), send(20)]);
    walk(&store, &lock, &id("p", 2), &[send(30), doubt()]);
    walk(&store, &lock, &id("p", 3), &[send(40)]);
    walk(&store, &lock, &id("p", 4), &[send(50)]);
    for (since, counted) in
        [(0, (2, 540)), (20, (2, 540)), (21, (1, 540)), (31, (0, 540)), (51, (0, 0))]
    {
        assert_eq!(sent(since), counted, "{since}");
    }
    drop((store, lock));
    let (store, lock) = locked(dir.path());
    assert_eq!(store.removals_since(Side::Acs, at(0)).unwrap(), 2, "over all sessions");
    // After two days they are nobody's budget any more.
    let later = 3 * 24 * 3600;
    store.begin(&lock, &plan("q"), vec![delete("q", 9)]).unwrap();
    walk(&store, &lock, &id("q", 9), &[send(later)]);
    assert_eq!(store.removals_since(Side::Acs, at(0)).unwrap(), 1);
    assert_eq!(store.removals_since(Side::Provider, at(0)).unwrap(), 540, "each side by itself");
}

#[test]
fn eight_threads_under_one_lock() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    begin(&store, &lock, "p", 24);
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let (store, lock) = (&store, &lock);
            scope.spawn(move || {
                for seq in (1..=24).filter(|seq| seq % 8 == thread) {
                    walk(store, lock, &id("p", seq), &[send(0), ack(), verify()]);
                }
            });
        }
    });
    assert_eq!(store.journal_counts(Some("run-of-p")).unwrap().verified, 24);
    let told = std::fs::read_to_string(dir.path().join("journal.jsonl")).unwrap();
    assert_eq!(told.lines().count(), 24);
    drop((store, lock));
    let found = crate::store::admin::check(dir.path(), &StoreOptions::default()).unwrap().unwrap();
    assert_eq!(found.problems, [""; 0]);
}
