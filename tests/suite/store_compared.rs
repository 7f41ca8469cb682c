//! A day beside the store's last lists: what is unchanged is not told again, and the answer is
//! the one that the whole lists give.
//!
//! Must not do: look into the files.

use std::cell::Cell;
use std::sync::Arc;

use acerto::domain::{AcsDevice, AnySnapshot, EventLog, Mark, ProviderRecord, Side, Untrusted};
use acerto::engine::Threads::{One, Two, TwoAtLast};
use acerto::engine::{
    Baseline, Indexing, Input, Paired, Reconciliation, Rules, Threads, reconcile,
};
use acerto::store::{AcsPrints, Known, Prints, ProviderPrints, Store, StoreOptions};
use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use crate::memory;
use crate::properties::{Small, now, small};
use crate::store_world::{World, acs_meta, at, id, run, without_pii};

/// The records that `mask` names are of `after`, all others are as `before`.
fn partly<R: Clone>(before: &[R], after: &[R], mask: &[bool]) -> Vec<R> {
    let longest = before.len().max(after.len());
    let changed = |i: usize| mask.get(i).copied().unwrap_or_default();
    let pick = |i| if changed(i) { after.get(i) } else { before.get(i) };
    (0..longest).filter_map(pick).cloned().collect()
}

/// The world as it is read so many days after [`now`].
fn on_day(small: &Small, day: i64, partial: (bool, bool)) -> World {
    let (acs, provider) = small.sides(partial);
    let (mut acs, mut provider) = (acs.into_parts(), provider.into_parts());
    let read = now() + SignedDuration::from_hours(24 * day);
    (acs.0.fetched_at, provider.0.fetched_at) = (read, read);
    World {
        acs: AnySnapshot::new(acs.0, acs.1),
        provider: AnySnapshot::new(provider.0, provider.1),
    }
}

fn answer(world: &World, baseline: &Baseline) -> Reconciliation {
    let rules = Rules::default();
    reconcile(&Input { acs: &world.acs, provider: &world.provider, baseline, rules: &rules })
}

fn record(store: &Store, day: u64, world: &World, marks: &[Mark]) {
    let log = EventLog::from_marks(marks.iter().cloned());
    let baseline = memory::hear(store.baseline(at(0)).unwrap(), log);
    let mut run = run(&id(day), day, world, Vec::new());
    run.reconciliation = answer(world, &baseline);
    store.record(&run, &world.acs, &world.provider, marks).unwrap();
}

/// Rows of one id are several rows all the same, and so are devices: some of `other` under the ids
/// of these.
fn with_doubles(
    mut acs: Vec<AcsDevice>,
    mut provider: Vec<ProviderRecord>,
    other: &Small,
    mask: &[bool],
) -> Small {
    let masked = |n: usize| (0..n).filter(|&i| mask.get(i) == Some(&true));
    for at in masked(provider.len().min(other.provider.len())) {
        let device_id = provider[at].device_id.clone();
        provider.push(ProviderRecord { device_id, ..other.provider[at].clone() });
    }
    for at in masked(acs.len().min(other.acs.len())) {
        let id = acs[at].id.clone();
        acs.push(AcsDevice { id, ..other.acs[at].clone() });
    }
    Small { acs, provider, marks: Vec::new() }
}

fn mask() -> impl Strategy<Value = Vec<bool>> {
    proptest::collection::vec(any::<bool>(), 9)
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn what_is_unchanged_need_not_be_told(
        worlds in [small(), small(), small()], masks in [mask(), mask(), mask()], which in 0_u8..6,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::open(folder.path(), &StoreOptions::default()).unwrap();
        let mut acs = Vec::new();
        let mut provider = Vec::new();
        for (day, (world, mask)) in (0..).zip(worlds.iter().zip(&masks)) {
            acs = if day == 0 { world.acs.clone() } else { partly(&acs, &world.acs, mask) };
            provider = match day {
                0 => world.provider.clone(),
                _ => partly(&provider, &world.provider, mask),
            };
            let today = with_doubles(acs.clone(), provider.clone(), &worlds[0], &masks[0]);
            let today = on_day(&today, day, (day == 2 && which == 0, day == 2 && which == 1));
            let whole = store.baseline(at(0)).unwrap();
            let (compared, _) = store.compare(&today.acs, &today.provider, at(0)).unwrap();
            let log = EventLog::from_marks(world.marks.iter().cloned());
            let told = [whole, compared].map(|b| answer(&today, &memory::hear(b, log.clone())));
            prop_assert_eq!(&told[0], &told[1]);
            record(&store, day.unsigned_abs(), &today, &world.marks);
        }
    }
}

/// The lists, and what some of their rows say in a column that names OUIs, where there is one.
fn with_ouis(small: &Small, ouis: Option<&[bool]>) -> World {
    let world = on_day(small, 0, (false, false));
    let Some(vendors) = ouis else { return world };
    let (meta, mut devices) = world.acs.into_parts();
    let (mut rows_meta, mut rows) = world.provider.into_parts();
    rows_meta.extra_columns.push("OUI".into());
    let oui = |at: usize| {
        let vendor = vendors.get(at % vendors.len().max(1)) == Some(&true);
        Untrusted::new(if vendor { "00259E" } else { "D0608C" })
    };
    devices.iter_mut().enumerate().for_each(|(at, device)| device.oui = Some(oui(at)));
    rows.iter_mut().enumerate().for_each(|(at, row)| row.extra = [(0, oui(at))].into());
    World { acs: AnySnapshot::new(meta, devices), provider: AnySnapshot::new(rows_meta, rows) }
}

/// By how many threads each list is indexed.
const READIERS: [(Threads, Threads); 5] =
    [(One, Two), (Two, One), (Two, Two), (One, TwoAtLast), (TwoAtLast, One)];

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 300, failure_persistence: None, ..ProptestConfig::default()
    })]

    #[test]
    fn lists_indexed_apart_are_paired_and_explained_alike(
        small in small(), other in small(), masks in [mask(), mask()], ouis: bool,
    ) {
        let doubled = with_doubles(small.acs, small.provider, &other, &masks[0]);
        let world = with_ouis(&doubled, ouis.then_some(&masks[1][..]));
        let (rules, baseline) = (Arc::new(Rules::default()), Baseline::default());
        let expected = answer(&world, &baseline);
        for (first, second) in READIERS {
            let indexing = Indexing::new(Arc::clone(&rules));
            let rows = indexing.clone().provider(&world.provider, None, second);
            let indexed = (indexing.acs(&world.acs, None, first), rows);
            let lists = (&world.acs, &world.provider);
            let told = Paired::of_indexed(lists, &rules, indexed).explain(&baseline);
            prop_assert_eq!(&told, &expected);
        }
    }
}

/// Which of the two lists is held against the store while the other is being read.
const HELD_EARLY: [(bool, bool); 4] = [(false, false), (true, false), (false, true), (true, true)];

/// The list before of one side is laid out for so many records, or to the end.
const PATIENCE: [(Side, usize); 4] =
    [(Side::Acs, 0), (Side::Provider, 1), (Side::Acs, 999), (Side::Provider, usize::MAX)];

/// What is known of a side before its list is there, where so many questions are answered with
/// "there is time".
fn known(store: &Store, side: Side, patience: usize) -> Known {
    let asked = Cell::new(0);
    store.known(side, || asked.replace(asked.get() + 1) < patience)
}

/// The fingerprints of both lists, and what those named are beside what the store holds now.
fn made_ready(
    store: &Store,
    world: &World,
    (acs, provider): (bool, bool),
) -> (AcsPrints, ProviderPrints) {
    let mut prints = AcsPrints::of(&world.acs);
    let mut rows = ProviderPrints::of(&world.provider, &store.sealing());
    if acs {
        prints = prints.beside(&world.acs, store, || true).packed(&world.acs);
    }
    if provider {
        rows = rows.beside(&world.provider, store, || true);
    }
    (prints, rows)
}

/// What is compared early is what is compared late: as it is told, and as it is stored.
#[test]
fn lists_that_are_made_ready_apart_are_told_and_stored_alike() {
    let folder = tempfile::tempdir().unwrap();
    let open = |name: &str| Store::open(&folder.path().join(name), &StoreOptions::default());
    let plain = open("plain").unwrap();
    for day in 0..3 {
        let world = World::new(2_500, day);
        let mut today = run(&id(day), day, &world, Vec::new());
        let lists = (&world.acs, &world.provider);
        let (expected, _) = plain.compare(&world.acs, &world.provider, at(0)).unwrap();
        today.reconciliation = answer(&world, &expected);
        plain.record(&today, &world.acs, &world.provider, &[]).unwrap();
        for (early, (side, patience)) in
            HELD_EARLY.into_iter().flat_map(|early| PATIENCE.map(|known| (early, known)))
        {
            let name = format!("{early:?} {side:?} {patience}");
            let store = open(&name).unwrap();
            let prints = made_ready(&store, &world, early);
            let known = known(&store, side, patience);
            let (baseline, draft) = store.compare_printed(lists, prints, known, at(0)).unwrap();
            assert_eq!(baseline.tombstones, expected.tombstones, "day {day}, {name}");
            assert_eq!(baseline.priors, expected.priors, "day {day}, {name}");
            assert!(answer(&world, &baseline) == today.reconciliation, "day {day}, {name}");
            store.record_compared(&today, &draft.packed(), &[]).unwrap();
            assert_stored_alike(&store, &plain, &world);
        }
        assert!(day < 2 || !(expected.tombstones.is_empty() || expected.priors.is_empty()));
    }
}

/// A store holds the same run, trails and lists as another, and the lists are the world's.
fn assert_stored_alike(store: &Store, other: &Store, world: &World) {
    let records = |store: &Store| {
        let told = store.baseline(at(0)).unwrap();
        (told.acs.unwrap().records, told.provider.unwrap().records)
    };
    assert!(records(store) == records(other));
    let [run, same] = [store, other].map(|store| store.latest().unwrap().unwrap());
    assert!(run == same);
    let [trails, same] = [store, other].map(|store| store.trails().unwrap());
    for finding in &run.reconciliation.findings {
        assert_eq!(trails.of(&finding.keys), same.of(&finding.keys));
    }
    let (same, _) = store.compare(&world.acs, &world.provider, at(0)).unwrap();
    let told = (same.acs.unwrap().records, same.provider.unwrap().records);
    assert!(told.0.is_empty() && told.1.is_empty());
}

/// While the second list is read another process records a run: what the first one was held
/// against is then no longer the last that is known.
#[test]
fn what_is_recorded_after_a_list_was_held_against_the_store_counts() {
    let folder = tempfile::tempdir().unwrap();
    for (early, with_first) in HELD_EARLY.into_iter().flat_map(|e| [(e, true), (e, false)]) {
        let name = format!("{early:?} {with_first}");
        let [store, plain] = ["store", "plain"].map(|which| {
            let folder = folder.path().join(&name).join(which);
            Store::open(&folder, &StoreOptions::default()).unwrap()
        });
        let (between, world) = (World::new(1_000, 1), World::new(1_000, 2));
        if with_first {
            for store in [&store, &plain] {
                record(store, 0, &World::new(1_000, 0), &[]);
            }
        }
        let prints = made_ready(&store, &world, early);
        let side = if early.0 { Side::Provider } else { Side::Acs };
        let known = known(&store, side, usize::MAX);
        for store in [&store, &plain] {
            record(store, 1, &between, &[]);
        }
        let lists = (&world.acs, &world.provider);
        let (expected, _) = plain.compare(&world.acs, &world.provider, at(0)).unwrap();
        let (baseline, draft) = store.compare_printed(lists, prints, known, at(0)).unwrap();
        assert_eq!(baseline.acs.as_ref().unwrap().run_id, id(1), "{name}");
        assert_eq!(baseline.tombstones, expected.tombstones, "{name}");
        assert_eq!(baseline.priors, expected.priors, "{name}");
        assert_eq!(answer(&world, &baseline), answer(&world, &expected), "{name}");
        let mut today = run(&id(2), 2, &world, Vec::new());
        today.reconciliation = answer(&world, &expected);
        assert!(!today.reconciliation.findings.is_empty());
        store.record_compared(&today, &draft, &[]).unwrap();
        plain.record(&today, &world.acs, &world.provider, &[]).unwrap();
        assert_stored_alike(&store, &plain, &world);
    }
}

#[test]
#[should_panic(expected = "of two hashers")]
fn lists_indexed_for_two_pairings_are_not_paired() {
    let (world, rules) = (World::new(10, 0), Arc::new(Rules::default()));
    let [one, other] = [0, 1].map(|_| Indexing::new(Arc::clone(&rules)));
    let indexed = (one.acs(&world.acs, None, One), other.provider(&world.provider, None, One));
    let _ = Paired::of_indexed((&world.acs, &world.provider), &rules, indexed);
}

#[test]
#[should_panic(expected = "of other lists")]
fn another_list_than_was_indexed_is_not_paired() {
    let (world, more, rules) = (World::new(10, 0), World::new(11, 0), Arc::new(Rules::default()));
    let indexing = Indexing::new(Arc::clone(&rules));
    let indexed =
        (indexing.acs(&more.acs, None, One), indexing.provider(&world.provider, None, One));
    let _ = Paired::of_indexed((&world.acs, &world.provider), &rules, indexed);
}

#[test]
fn fingerprints_of_another_list_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &StoreOptions::default()).unwrap();
    let (world, more) = (World::new(10, 0), World::new(50, 0));
    for acs in [&world.acs, &more.acs] {
        let rows = ProviderPrints::of(&world.provider, &store.sealing());
        let prints = (AcsPrints::of(acs), rows);
        let lists = (&world.acs, &world.provider);
        let compared = store.compare_printed(lists, prints, Known::default(), at(0));
        assert_eq!(compared.is_ok(), acs.records().len() == world.acs.records().len());
    }
}

#[test]
fn of_a_day_only_the_changes_are_told() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &StoreOptions::default()).unwrap();
    record(&store, 0, &World::new(2_000, 0), &[]);
    let world = World::new(2_000, 1);
    let (compared, draft) = store.compare(&world.acs, &world.provider, at(0)).unwrap();
    let (acs, provider) = (compared.acs.unwrap(), compared.provider.unwrap());
    // 2 % changed, 1 % came, 1 % left.
    for (changed, unchanged) in [
        (acs.records.len(), acs.unchanged.iter().flatten().count()),
        (provider.records.len(), provider.unchanged.iter().flatten().count()),
    ] {
        assert!((40..100).contains(&changed), "{changed}");
        assert!(unchanged > 1_850, "{unchanged}");
    }
    let whole = store.baseline(at(0)).unwrap();
    assert_eq!(acs.count(|_| true, |_| true), whole.acs.unwrap().records.len());
    drop(draft);
    assert!(store.baseline(at(0)).unwrap().priors.len() == compared.priors.len());
}

/// What is stored is the lists as they were read last; when their records were first seen, by id.
fn assert_last(store: &Store, last: &World, day: u64) -> [Vec<Timestamp>; 2] {
    let told = store.baseline(at(0)).unwrap();
    let (acs, provider) = (told.acs.unwrap(), told.provider.unwrap());
    assert_eq!((acs.run_id.as_str(), provider.run_id.as_str()), (&*id(day), &*id(day)));
    let (mut expected, mut rows) = (last.acs.records().to_vec(), last.provider.records().to_vec());
    expected.sort_by(|a, b| a.id.cmp(&b.id));
    rows.sort_by(|a, b| a.device_id.cmp(&b.device_id));
    assert_eq!(acs.records, expected);
    assert_eq!(provider.records, rows.iter().map(without_pii).collect::<Vec<_>>());
    [acs.first_seen, provider.first_seen]
}

/// Packed early or not, of little change or of so much that the list is stored whole again; and
/// where, before it is recorded, what it hangs on is forgotten: after a day, or after thirty.
#[test]
fn what_is_packed_before_it_is_recorded_is_stored_alike() {
    for days in [1, 30] {
        assert_packed_alike(SignedDuration::from_hours(24 * days));
    }
}

fn assert_packed_alike(keep_snapshots: SignedDuration) {
    let options = StoreOptions { keep_snapshots, ..StoreOptions::default() };
    let (early, late) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let [packed, plain] = [&early, &late].map(|f| Store::open(f.path(), &options).unwrap());
    for day in [0, 1, 2, 3, 4, 60, 61] {
        let world = World::new(300, day);
        let (_, draft) = packed.compare(&world.acs, &world.provider, at(0)).unwrap();
        let today = run(&id(day), day, &world, Vec::new());
        packed.record_compared(&today, &draft.packed(), &[]).unwrap();
        record(&plain, day, &world, &[]);
        let [one, other] = [&packed, &plain].map(|store| assert_last(store, &world, day));
        assert_eq!(one, other);
    }
}

/// Two processes compared with the same lists, and one was faster.
#[test]
fn a_run_compared_with_what_is_no_longer_the_last_is_compared_again() {
    for packed in [false, true] {
        assert_compared_again(packed);
    }
}

fn assert_compared_again(packed: bool) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &StoreOptions::default()).unwrap();
    record(&store, 0, &World::new(300, 0), &[]);
    let (slow, fast) = (World::new(300, 2), World::new(300, 1));
    let (_, draft) = store.compare(&slow.acs, &slow.provider, at(0)).unwrap();
    let draft = if packed { draft.packed() } else { draft };
    record(&store, 1, &fast, &[]);
    store.record_compared(&run(&id(2), 2, &slow, Vec::new()), &draft, &[]).unwrap();
    let [first_seen, _] = assert_last(&store, &slow, 2);
    // First seen on the first of the days on which it was there without a gap.
    let there = |day, id: &Untrusted| {
        World::new(300, day).acs.records().iter().any(|device| device.id == *id)
    };
    let mut devices = slow.acs.records().to_vec();
    devices.sort_by(|a, b| a.id.cmp(&b.id));
    for (device, seen) in devices.iter().zip(&first_seen) {
        let since = match (there(1, &device.id), there(0, &device.id)) {
            (true, true) => 0,
            (true, false) => 1,
            (false, _) => 2,
        };
        assert_eq!(*seen, acs_meta(since).fetched_at, "{}", device.id);
    }
}
