//! The store as one process uses it: what goes in comes back, exactly, for every run kept.

use std::path::Path;

use acerto::domain::{
    AcsDevice, AnySnapshot, CoverageKind, Event, EventKind, Mark, Problem, ProviderRecord,
    SnapshotMeta, Untrusted,
};
use acerto::engine::{Cause, Finding, Ignore, Removal, State};
use acerto::store::{HistoryState, Mode, Note, Pii, Run, Store, StoreError, StoreOptions};
use jiff::Timestamp;

use crate::store_world::{
    DAY, EPOCH, World, acs_device, acs_meta, at, days, finding, finding_without_pii, findings, id,
    key, provider_meta, provider_record, run, tombstone, without_pii,
};

fn open(dir: &Path) -> Store {
    Store::open(dir, &StoreOptions::default()).unwrap()
}

fn by_id(mut devices: Vec<AcsDevice>) -> Vec<AcsDevice> {
    devices.sort_by(|a, b| a.id.cmp(&b.id));
    devices
}

fn by_device(mut records: Vec<ProviderRecord>) -> Vec<ProviderRecord> {
    records.sort_by(|a, b| a.device_id.cmp(&b.device_id));
    records
}

fn check_run(store: &Store, kept: &Run, world: &World) {
    let back = store.run(&kept.id).unwrap().unwrap();
    let mut expected = kept.clone();
    for f in &mut expected.reconciliation.findings {
        *f = finding_without_pii(f);
    }
    assert_eq!(back, expected);
    let acs = store.acs_snapshot(&kept.id).unwrap().unwrap();
    assert_eq!(acs.meta(), world.acs.meta());
    assert_eq!(by_id(acs.records().to_vec()), by_id(world.acs.records().to_vec()));
    let provider = store.provider_snapshot(&kept.id).unwrap().unwrap();
    assert_eq!(provider.meta(), world.provider.meta());
    let expected = world.provider.records().iter().map(without_pii).collect();
    assert_eq!(by_device(provider.records().to_vec()), by_device(expected));
}

#[test]
fn every_day_comes_back_exactly() {
    let dir = tempfile::tempdir().unwrap();
    let mut kept = Vec::new();
    for day in 0..6 {
        let world = World::new(600, day);
        let mut today = run(&id(day), day, &world, findings(600, day));
        today.reconciliation.departures = vec![tombstone(day, day, Removal::ByHand)];
        open(dir.path()).record(&today, &world.acs, &world.provider, &[]).unwrap();
        kept.push((today, world));
    }
    let store = open(dir.path());
    for (run, world) in &kept {
        check_run(&store, run, world);
    }
    assert_eq!(store.latest().unwrap().unwrap().id, id(5));
    let runs: Vec<_> = store.runs(3).unwrap().into_iter().map(|r| r.id).collect();
    assert_eq!(runs, [id(5), id(4), id(3)]);
    assert_eq!(store.generation().unwrap(), 6);
}

#[test]
fn the_baseline_is_the_last_complete_run() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let now = at(EPOCH + 9 * DAY);
    let empty = store.baseline(now).unwrap();
    assert!(empty.acs.is_none() && empty.provider.is_none() && empty.priors.is_empty());
    for day in 0..3 {
        let world = World::new(300, day);
        let run = run(&id(day), day, &world, findings(300, day));
        store.record(&run, &world.acs, &world.provider, &[]).unwrap();
    }
    let world = World::new(300, 2);
    let baseline = store.baseline(now).unwrap();
    let acs = baseline.acs.unwrap();
    assert_eq!((acs.run_id, acs.fetched_at), (id(2), world.acs.meta().fetched_at));
    assert_eq!(acs.records, by_id(world.acs.records().to_vec()));
    assert_eq!(baseline.first_complete_acs, Some(acs_meta(0).fetched_at));
    assert_eq!(baseline.log.last(EventKind::ProviderSync, now), provider_meta(2).last_synchronised);
    let expected: Vec<_> = findings(300, 2).into_iter().map(|f| f.id).collect();
    let mut priors: Vec<_> = baseline.priors.iter().map(|p| p.id.clone()).collect();
    priors.sort();
    assert_eq!(priors, {
        let mut e = expected;
        e.sort();
        e
    });
    // First seen: on the first day, unless it was away that day or the next.
    for (record, seen) in acs.records.iter().zip(&acs.first_seen) {
        let there = |day| World::new(300, day).acs.records().iter().any(|r| r.id == record.id);
        let since = if there(1) { u64::from(!there(0)) } else { 2 };
        assert_eq!(*seen, acs_meta(since).fetched_at, "{}", record.id);
    }
}

fn partial<R>(meta: SnapshotMeta, records: Vec<R>) -> AnySnapshot<R> {
    let bad = vec![Problem {
        place: "a.csv:3".into(),
        what: "no identity".into(),
        value: Some(Untrusted::new("123.456.789-00")),
    }];
    AnySnapshot::new(SnapshotMeta { bad, bad_count: 1, ..meta }, records)
}

#[test]
fn a_partial_snapshot_never_becomes_the_baseline() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let whole = World::new(200, 0);
    store.record(&run(&id(0), 0, &whole, vec![]), &whole.acs, &whole.provider, &[]).unwrap();
    let half = World {
        acs: partial(acs_meta(1), (0..50).map(|i| acs_device(i, 1)).collect()),
        provider: World::new(200, 1).provider,
    };
    let mut second = run(&id(1), 1, &half, vec![]);
    second.reconciliation.departures = vec![tombstone(90, 1, Removal::Unknown)];
    store.record(&second, &half.acs, &half.provider, &[]).unwrap();
    let baseline = store.baseline(at(EPOCH)).unwrap();
    assert_eq!(baseline.acs.map(|a| a.run_id), Some(id(0)));
    assert_eq!(baseline.provider.map(|a| a.run_id), Some(id(1)));
    assert!(baseline.tombstones.is_empty());
    assert_eq!(store.generation().unwrap(), 1);
    let back = store.acs_snapshot(&id(1)).unwrap().unwrap();
    assert!(!back.is_complete());
    assert_eq!(back.records().len(), 50);
    assert_eq!(back.meta().bad[0].value, None, "may hold anything");
    let third = World::new(200, 2);
    store.record(&run(&id(2), 2, &third, vec![]), &third.acs, &third.provider, &[]).unwrap();
    let baseline = store.baseline(at(EPOCH)).unwrap().acs.unwrap();
    let seen = |i| {
        baseline.first_seen
            [baseline.records.iter().position(|r| r.id == acs_device(i, 0).id).unwrap()]
    };
    assert!(
        (0..200)
            .filter(|i| baseline.records.iter().any(|r| r.id == acs_device(*i, 0).id))
            .any(|i| seen(i) == acs_meta(0).fetched_at)
    );
}

#[test]
fn unchanged_data_is_not_stored_again() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let world = World::new(5_000, 0);
    let size = || std::fs::metadata(dir.path().join("history.redb")).unwrap().len();
    let mut sizes = Vec::new();
    for n in 0..12 {
        store.record(&run(&id(n), 0, &world, vec![]), &world.acs, &world.provider, &[]).unwrap();
        sizes.push(size());
    }
    // redb grows a file in steps; what counts is that eleven runs more fit the first step.
    assert!(sizes[11] <= sizes[1] + sizes[1] / 4, "{sizes:?}");
    for n in 0..12 {
        assert_eq!(
            store.acs_snapshot(&id(n)).unwrap().unwrap().records().len(),
            world.acs.records().len()
        );
    }
}

#[test]
fn input_order_leaves_no_trace() {
    let (first, second) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let world = World::new(300, 0);
    let twins = |mut all: Vec<AcsDevice>| {
        all.extend((0..20).map(|i| AcsDevice { firmware: None, ..acs_device(i, 0) }));
        all.extend((0..20).map(|i| acs_device(i, 1)));
        all
    };
    let straight = twins(world.acs.records().to_vec());
    let mut reversed = straight.clone();
    reversed.reverse();
    let mut baselines = Vec::new();
    for (dir, records) in [(&first, straight), (&second, reversed)] {
        let acs = AnySnapshot::new(acs_meta(0), records);
        open(dir.path())
            .record(&run(&id(0), 0, &world, vec![]), &acs, &world.provider, &[])
            .unwrap();
        baselines.push(open(dir.path()).baseline(at(EPOCH)).unwrap().acs.unwrap().records);
    }
    assert_eq!(baselines[0], baselines[1]);
    assert_eq!(baselines[0].len(), world.acs.records().len() + 40);
}

#[test]
fn people_are_not_in_the_files() {
    for (pii, names) in [(Pii::Names, true), (Pii::None, false)] {
        let dir = tempfile::tempdir().unwrap();
        let options = StoreOptions { store_pii: pii, ..StoreOptions::default() };
        let store = Store::open(dir.path(), &options).unwrap();
        let world = World {
            acs: AnySnapshot::new(acs_meta(0), vec![acs_device(3, 0)]),
            provider: AnySnapshot::new(provider_meta(0), vec![provider_record(3, 0)]),
        };
        let run = run(&id(0), 0, &world, vec![finding(3, Cause::Duplicate, State::New, 0)]);
        store.record(&run, &world.acs, &world.provider, &[]).unwrap();
        let back = store.provider_snapshot(&id(0)).unwrap().unwrap().records()[0].clone();
        assert_eq!(back.customer_name.is_some(), names);
        assert!(back.document.is_none() && back.phone.is_none());
        assert_eq!(back.extra.len(), 1, "the column e-mail is not kept");
        let back = store.run(&id(0)).unwrap().unwrap().reconciliation.findings[0].clone();
        assert_eq!(back.provider[0].customer_name.is_some(), names);
        assert!(back.related.unwrap().provider.unwrap().phone.is_none());
    }
}

#[test]
fn without_history_the_journal_still_knows() {
    let dir = tempfile::tempdir().unwrap();
    let world = World::new(100, 0);
    let mut first = run(&id(0), 0, &world, findings(100, 0));
    first.reconciliation.departures = vec![tombstone(7, 0, Removal::MassExclusion)];
    let store = open(dir.path());
    store.record(&first, &world.acs, &world.provider, &[]).unwrap();
    let key_text = key(7).to_string();
    let ignore = Ignore {
        key: Untrusted::new(&key_text),
        reason: "lab".into(),
        since: at(EPOCH),
        until: None,
    };
    store.add_ignore(&key_text, &ignore, &[]).unwrap();
    drop(store);
    std::fs::remove_file(dir.path().join("history.redb")).unwrap();
    let reader = Store::open_existing(dir.path(), &StoreOptions::default()).unwrap().unwrap();
    for store in [reader, open(dir.path())] {
        let baseline = store.baseline(at(EPOCH)).unwrap();
        assert!(baseline.acs.is_none() && baseline.priors.is_empty());
        assert_eq!(baseline.first_complete_acs, Some(acs_meta(0).fetched_at));
        assert_eq!((baseline.tombstones.len(), baseline.ignores.len()), (1, 1));
        let run = store.latest().unwrap().unwrap();
        assert_eq!(run.reconciliation.between, first.reconciliation.between);
        assert!(run.reconciliation.findings.is_empty());
        assert!(!store.findings_kept(&id(0)).unwrap());
        assert!(!store.runs(1).unwrap()[0].causes.is_empty());
    }
    open(dir.path())
        .record(&run(&id(1), 1, &world, vec![]), &world.acs, &world.provider, &[])
        .unwrap();
    assert!(open(dir.path()).baseline(at(EPOCH)).unwrap().acs.is_some());
}

#[test]
fn nothing_stored_is_no_error_for_a_reader() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions::default();
    assert!(Store::open_existing(&dir.path().join("none"), &options).unwrap().is_none());
    assert!(Store::open_existing(dir.path(), &options).unwrap().is_none());
    drop(open(dir.path()));
    let store = Store::open_existing(dir.path(), &options).unwrap().unwrap();
    assert!(store.latest().unwrap().is_none() && store.runs(9).unwrap().is_empty());
}

fn event(time: Timestamp, kind: EventKind, key: &str) -> Mark {
    Mark::Event(Event { time, kind, key: Some(Untrusted::new(key)), note: None })
}

#[test]
fn events_count_once_and_coverage_merges() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let world = World::new(10, 0);
    let kind = CoverageKind::Complete;
    let first = [
        Mark::From(kind, at(100)),
        event(at(150), EventKind::DeviceDeleted, "A"),
        Mark::To(kind, at(200)),
    ];
    let second = [
        event(at(150), EventKind::DeviceDeleted, "A"),
        event(at(250), EventKind::DeviceAdded, "B"),
        Mark::From(kind, at(180)),
        Mark::To(kind, at(300)),
        Mark::From(CoverageKind::Listening, at(900)),
        Mark::To(CoverageKind::Listening, at(950)),
    ];
    for (n, marks) in [(0, first.as_slice()), (1, &second), (2, &first)] {
        store.record(&run(&id(n), 0, &world, vec![]), &world.acs, &world.provider, marks).unwrap();
    }
    let log = store.events().unwrap();
    assert_eq!(log.events.len(), 3, "the Provider's own synchronisation among them");
    assert!(log.covers(kind, at(100), at(300)) && !log.covers(kind, at(100), at(301)));
    assert!(log.covers(CoverageKind::Listening, at(900), at(950)));
    assert_eq!(log, store.baseline(at(0)).unwrap().log);
}

#[test]
fn the_newest_tombstone_of_a_device_stands() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let world = World::new(10, 0);
    for (n, day, removal) in
        [(0, 5, Removal::ByHand), (1, 7, Removal::MassExclusion), (2, 6, Removal::Unknown)]
    {
        let mut run = run(&id(n), day, &world, vec![]);
        run.reconciliation.departures = vec![tombstone(1, day, removal)];
        store.record(&run, &world.acs, &world.provider, &[]).unwrap();
    }
    assert_eq!(store.tombstones().unwrap(), [tombstone(1, 7, Removal::MassExclusion)]);
}

#[test]
fn ignores_and_notes() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let ignore = |until: Option<i64>| Ignore {
        key: Untrusted::new("hwtc-1"),
        reason: "spare".into(),
        since: at(10),
        until: until.map(at),
    };
    store.add_ignore("serial=HWTC1", &ignore(None), &[]).unwrap();
    store.add_ignore("serial=HWTC1", &ignore(Some(100)), &[]).unwrap();
    store.add_ignore("serial=HWTC2", &ignore(None), &[]).unwrap();
    let known = store.ignores(at(100)).unwrap();
    assert_eq!(known.iter().map(|k| k.expired).collect::<Vec<_>>(), [true, false]);
    assert_eq!(known[0].ignore, ignore(Some(100)));
    assert_eq!(store.baseline(at(99)).unwrap().ignores.len(), 2);
    assert_eq!(store.baseline(at(100)).unwrap().ignores.len(), 1);
    let other = ["serial=HWTC2".to_owned()];
    assert_eq!(store.remove_ignores(&other).unwrap(), 1);
    assert_eq!(store.remove_ignores(&other).unwrap(), 0);
    let note = |text: &str, second| Note { text: text.into(), actor: "ana".into(), at: at(second) };
    for n in [note("b", 20), note("a", 10), note("c", 20)] {
        store.add_note("serial=HWTC1", &n).unwrap();
    }
    store.add_note("serial=HWTC12", &note("other", 1)).unwrap();
    assert_eq!(store.notes("serial=HWTC1").unwrap(), [note("a", 10), note("b", 20), note("c", 20)]);
    assert!(store.notes("serial=HWTC").unwrap().is_empty());
}

#[test]
fn the_history_of_a_device() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let world = World::new(10, 0);
    let days: [Vec<Finding>; 5] = [
        vec![],
        vec![finding(1, Cause::AwaitingSync, State::New, 0)],
        vec![finding(1, Cause::AwaitingSync, State::Ongoing, 2)],
        vec![
            finding(1, Cause::UnlinkedLogin, State::Ongoing, 3),
            finding(2, Cause::Duplicate, State::New, 3),
        ],
        vec![finding(2, Cause::Duplicate, State::Ongoing, 4)],
    ];
    for (n, findings) in (0..).zip(days) {
        store.record(&run(&id(n), n, &world, findings), &world.acs, &world.provider, &[]).unwrap();
    }
    let got: Vec<_> = store
        .trails()
        .unwrap()
        .of(&[key(1)])
        .into_iter()
        .map(|h| (h.run_id, h.cause, h.state))
        .collect();
    assert_eq!(
        got,
        [
            (id(4), Cause::UnlinkedLogin, HistoryState::Resolved),
            (id(3), Cause::UnlinkedLogin, HistoryState::Ongoing),
            (id(1), Cause::AwaitingSync, HistoryState::New),
        ]
    );
    assert!(store.trails().unwrap().of(&[key(9)]).is_empty());
}

#[test]
fn ids_may_be_cut_and_runs_are_stored_once() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    let world = World::new(10, 0);
    for n in [0x10, 0x11] {
        let run = run(&id(n), 0, &world, vec![]);
        store.record(&run, &world.acs, &world.provider, &[]).unwrap();
        store.record(&run, &world.acs, &world.provider, &[]).unwrap();
    }
    assert_eq!(store.runs(9).unwrap().len(), 2);
    assert_eq!(store.run("01970011").unwrap().unwrap().id, id(0x11));
    assert!(store.run("0198").unwrap().is_none());
    assert!(matches!(store.run("0197"), Err(StoreError::Ambiguous { n: 2, .. })));
}

#[test]
fn old_things_are_forgotten_and_the_newest_kept() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions {
        keep_snapshots: days(10),
        keep_history: days(40),
        ..StoreOptions::default()
    };
    let store = Store::open(dir.path(), &options).unwrap();
    let mut worlds = Vec::new();
    for day in 0..60 {
        let world = World::new(120, day);
        // Every other day nothing changes: such lists share their columns.
        let world = if day % 2 == 1 { worlds.pop().map_or(world, |(_, w)| w) } else { world };
        let marks = [event(at(EPOCH + day.cast_signed() * DAY), EventKind::DeviceAdded, "A")];
        let mut today = run(&id(day), day, &world, findings(120, day));
        today.reconciliation.departures = vec![tombstone(day, day, Removal::ByHand)];
        store.record(&today, &world.acs, &world.provider, &marks).unwrap();
        worlds.push((today, world));
    }
    assert_eq!(store.runs(999).unwrap().len(), 41);
    assert_eq!(store.tombstones().unwrap().len(), 40);
    assert!(store.run(&id(5)).unwrap().is_none());
    let old = store.run(&id(30)).unwrap().unwrap();
    assert!(old.reconciliation.findings.is_empty() && !old.reconciliation.between.rows.is_empty());
    for day in 0..49 {
        assert!(store.acs_snapshot(&id(day)).unwrap().is_none());
    }
    for (run, world) in worlds.iter().filter(|w| w.0.id >= id(49)) {
        check_run(&store, run, world);
    }
    let log = store.events().unwrap();
    assert_eq!(log.events.iter().filter(|e| e.kind == EventKind::DeviceAdded).count(), 40);
}

#[test]
fn exclusive_mode_does_all_the_same() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions { mode: Mode::Exclusive, ..StoreOptions::default() };
    let (one, two) =
        (Store::open(dir.path(), &options).unwrap(), Store::open(dir.path(), &options).unwrap());
    let world = World::new(50, 0);
    let kept = run(&id(0), 0, &world, findings(50, 0));
    one.record(&kept, &world.acs, &world.provider, &[]).unwrap();
    check_run(&two, &kept, &world);
}
