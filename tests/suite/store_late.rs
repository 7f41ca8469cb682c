//! Runs that end in another order than they read in, and stores that rested for long.

use std::path::Path;

use acerto::domain::{AnySnapshot, Problem, SnapshotMeta, Untrusted};
use acerto::engine::{Cause, Removal, State};
use acerto::store::{Store, StoreOptions};

use crate::store_world::{DAY, EPOCH, World, at, days, finding, id, key, run, tombstone};

fn open(dir: &Path) -> Store {
    Store::open(dir, &StoreOptions::default()).unwrap()
}

/// The ids of the runs that the next one compares with: ACS, Provider.
fn known(store: &Store) -> (Option<String>, Option<String>) {
    let baseline = store.baseline(at(EPOCH)).unwrap();
    (baseline.acs.map(|a| a.run_id), baseline.provider.map(|p| p.run_id))
}

fn check(dir: &Path) {
    let report = acerto::store::admin::check(dir, &StoreOptions::default()).unwrap().unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
}

#[test]
fn an_older_list_recorded_later_is_kept_but_is_no_baseline() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let record = |n, day, findings, gone: Option<u64>| {
        let world = World::new(300, day);
        let mut run = run(&id(n), day, &world, findings);
        run.reconciliation.departures =
            gone.map(|i| tombstone(i, day, Removal::ByHand)).into_iter().collect();
        store.record(&run, &world.acs, &world.provider, &[]).unwrap();
        world
    };
    let (one, two) = (
        |day| finding(1, Cause::Duplicate, State::New, day),
        |day| finding(2, Cause::AwaitingSync, State::New, day),
    );
    record(0, 0, vec![one(0)], None);
    record(1, 2, vec![one(2)], Some(8));
    // Read a day before the last one, and slower.
    let late = record(2, 1, vec![two(1)], Some(9));
    assert_eq!(known(&store), (Some(id(1)), Some(id(1))));
    assert_eq!(store.tombstones().unwrap(), [tombstone(8, 2, Removal::ByHand)]);
    let baseline = store.baseline(at(EPOCH)).unwrap();
    assert_eq!(baseline.priors.iter().map(|p| p.id.clone()).collect::<Vec<_>>(), [one(2).id]);
    let kept = store.run(&id(2)).unwrap().unwrap();
    assert_eq!(kept.reconciliation.findings[0].id, two(1).id);
    let snapshot = store.acs_snapshot(&id(2)).unwrap().unwrap();
    assert_eq!(snapshot.records().len(), late.acs.records().len());
    assert_eq!(store.runs(9).unwrap().len(), 3);
    record(3, 3, vec![one(3)], None);
    assert_eq!(known(&store), (Some(id(3)), Some(id(3))));
    // The late run ended and began nothing.
    let told = |i| store.trails().unwrap().of(&[key(i)]).len();
    assert_eq!((told(1), told(2)), (1, 0));
    check(dir.path());
}

#[test]
fn each_side_is_late_by_itself_and_an_equal_time_is_not_late() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let record = |n, acs_day, provider_day| {
        let (acs, provider) =
            (World::new(100, acs_day).acs, World::new(100, provider_day).provider);
        let world = World { acs, provider };
        let run = run(&id(n), acs_day, &world, vec![]);
        store.record(&run, &world.acs, &world.provider, &[]).unwrap();
    };
    record(0, 5, 5);
    record(1, 4, 6);
    assert_eq!(known(&store), (Some(id(0)), Some(id(1))));
    record(2, 5, 6);
    assert_eq!(known(&store), (Some(id(2)), Some(id(2))));
}

#[test]
fn in_whatever_order_fifty_runs_end_the_newest_list_is_the_baseline() {
    let dir = tempfile::tempdir().unwrap();
    std::thread::scope(|scope| {
        for n in 0..50 {
            let dir = dir.path();
            scope.spawn(move || {
                let world = World::new(60, n);
                let run = run(&id(n), n, &world, vec![]);
                open(dir).record(&run, &world.acs, &world.provider, &[]).unwrap();
            });
        }
    });
    let store = open(dir.path());
    assert_eq!(store.runs(99).unwrap().len(), 50);
    assert_eq!(known(&store), (Some(id(49)), Some(id(49))));
    check(dir.path());
}

#[test]
fn after_a_long_rest_the_baseline_is_still_there() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions {
        keep_snapshots: days(10),
        keep_history: days(40),
        ..StoreOptions::default()
    };
    let store = Store::open(dir.path(), &options).unwrap();
    for day in 0..3 {
        let world = World::new(100, day);
        let found = vec![finding(1, Cause::Duplicate, State::New, day)];
        store.record(&run(&id(day), day, &world, found), &world.acs, &world.provider, &[]).unwrap();
    }
    // Only a part of both sides could be read, for two days.
    for day in [200, 202] {
        let world = World::new(100, day);
        let world = World { acs: partial(&world.acs), provider: partial(&world.provider) };
        let run = run(&id(day), day, &world, vec![]);
        store.record(&run, &world.acs, &world.provider, &[]).unwrap();
        assert_eq!(known(&store), (Some(id(2)), Some(id(2))));
        assert_eq!(store.baseline(at(EPOCH + day.cast_signed() * DAY)).unwrap().priors.len(), 1);
        check(dir.path());
    }
    let runs: Vec<_> = store.runs(9).unwrap().into_iter().map(|r| r.id).collect();
    assert_eq!(runs, [id(202), id(200), id(2)]);
    for day in [203, 205] {
        let world = World::new(100, day);
        store
            .record(&run(&id(day), day, &world, vec![]), &world.acs, &world.provider, &[])
            .unwrap();
    }
    assert!(store.run(&id(2)).unwrap().is_none(), "a newer list is known: it may go");
}

#[test]
fn what_a_late_run_was_told_is_gone_may_be_back_and_is_not_kept() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let device = Untrusted::new("00259E-HG8245Q2-GONE");
    let record = |n, day, gone: bool| {
        let mut world = World::new(100, day);
        if gone {
            let (meta, records) = partial(&world.acs).into_parts();
            let meta = SnapshotMeta { gone: vec![device.clone()], ..meta };
            world.acs = AnySnapshot::new(meta, records);
        }
        let run = run(&id(n), day, &world, vec![]);
        store.record(&run, &world.acs, &world.provider, &[]).unwrap();
    };
    let now = |day: u64| at(EPOCH + day.cast_signed() * DAY + 3_600);
    record(0, 1, false);
    record(1, 0, true);
    assert_eq!(store.gone_acs(now(1)).unwrap(), []);
    record(2, 2, true);
    let expected = std::slice::from_ref(&device);
    assert_eq!(store.gone_acs(now(2)).unwrap(), expected);
    record(3, 0, false);
    assert_eq!(store.gone_acs(now(2)).unwrap(), expected, "a late list ends nothing");
    record(4, 3, false);
    assert_eq!(store.gone_acs(now(3)).unwrap(), []);
    check(dir.path());
}

fn partial<R: Clone>(whole: &AnySnapshot<R>) -> AnySnapshot<R> {
    let bad = vec![Problem { place: "a.csv:3".into(), what: "no identity".into(), value: None }];
    let meta = SnapshotMeta { bad, bad_count: 1, ..whole.meta().clone() };
    AnySnapshot::new(meta, whole.records().to_vec())
}
