//! What the store forgets is gone from its files, not only from its answers.
//!
//! Must not do: ask the store what it holds. The files are read as somebody who found them would.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use acerto::domain::subscriber::CustomerName;
use acerto::domain::{AnySnapshot, Untrusted};
use acerto::engine::Removal;
use acerto::store::{Store, StoreOptions, admin};

use crate::store_world::{World, days, findings, id, provider_meta, run, tombstone};

/// An invented person, a customer until the third day.
const NAME: &str = "Quirina Zebedeu Invencionice";

/// Whose record says so.
const CUSTOMER: usize = 5;

/// A pack begins so (RFC 8878).
const PACK: [u8; 4] = [0x28, 0xb5, 0x2f, 0xfd];

/// The world of a day; with the person in its lists and findings, or not.
fn record(store: &Store, day: u64, there: bool) {
    let mut world = World::new(200, day);
    let mut found = findings(200, day);
    if there {
        let mut records = world.provider.records().to_vec();
        records[CUSTOMER].customer_name = Some(CustomerName(Untrusted::new(NAME)));
        let device = records[CUSTOMER].device_id.clone();
        world.provider = AnySnapshot::new(provider_meta(day), records);
        for finding in &mut found {
            for record in finding.provider.iter_mut().filter(|r| r.device_id == device) {
                record.customer_name = Some(CustomerName(Untrusted::new(NAME)));
            }
        }
        found[0].provider[0].customer_name = Some(CustomerName(Untrusted::new(NAME)));
    }
    store.record(&run(&id(day), day, &world, found), &world.acs, &world.provider, &[]).unwrap();
}

/// How often the name stands in the files, as it is or within a pack.
fn times_in(dir: &Path) -> usize {
    let mut times = 0;
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = fs::read(path).unwrap();
            times += count(&bytes);
            for (at, _) in bytes.windows(4).enumerate().filter(|(_, window)| *window == PACK) {
                let mut unpacked = Vec::new();
                let decoder = zstd::Decoder::new(&bytes[at..]).unwrap().single_frame();
                // A page that was written over in part unpacks as far as it goes.
                let _ = decoder.take(1 << 24).read_to_end(&mut unpacked);
                times += count(&unpacked);
            }
        }
    }
    times
}

fn count(bytes: &[u8]) -> usize {
    bytes.windows(NAME.len()).filter(|window| window.eq_ignore_ascii_case(NAME.as_bytes())).count()
}

#[test]
fn a_name_past_its_time_is_in_no_file_after_compaction() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions {
        keep_snapshots: days(30),
        keep_history: days(400),
        ..StoreOptions::default()
    };
    let store = Store::open(dir.path(), &options).unwrap();
    for day in 0..3 {
        record(&store, day, true);
    }
    let before = times_in(dir.path());
    assert!(before > 0, "the search itself finds nothing");
    for day in [3, 10, 20, 31] {
        record(&store, day, false);
        assert!(times_in(dir.path()) > 0, "its time has not come");
    }
    for day in [34, 36] {
        record(&store, day, false);
    }
    drop(store);
    // Forgotten; what it stood in is room that may be written over.
    let lying = times_in(dir.path());
    admin::compact(dir.path(), &options).unwrap();
    assert_eq!(times_in(dir.path()), 0, "of {before} times, {lying} before compaction");
    let backup = dir.path().join("of-today.backup");
    admin::backup(dir.path(), &backup, &options, false).unwrap();
    assert_eq!(times_in(dir.path()), 0, "a backup of today knows no more");
    // The run itself stays, with its figures.
    let store = Store::open(dir.path(), &options).unwrap();
    assert_eq!(store.runs(99).unwrap().len(), 9);
}

/// To look for what is old writes nothing.
#[test]
fn a_run_writes_history_once_and_once_more_where_something_of_it_is_old() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions { keep_snapshots: days(3), ..StoreOptions::default() };
    let store = Store::open(dir.path(), &options).unwrap();
    let changes = || acerto::store::changes(dir.path(), &options).unwrap();
    let mut before = changes();
    for day in 0..6 {
        record(&store, day, true);
        let now = changes();
        let written = [0, 1].map(|file| now[file] - before[file]);
        assert_eq!(written, [1, if day > 3 { 2 } else { 1 }], "day {day}");
        before = now;
    }
}

/// They are read through only when one may be past its time, whatever the order in which they came.
#[test]
fn a_tombstone_goes_when_its_time_is_past_and_not_before() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions {
        keep_snapshots: days(30),
        keep_history: days(100),
        ..StoreOptions::default()
    };
    let store = Store::open(dir.path(), &options).unwrap();
    let known = |day: u64, missed: Option<u64>| -> Vec<u64> {
        let world = World::new(20, day);
        let mut run = run(&id(day), day, &world, Vec::new());
        let stone = |missed: u64| tombstone(missed, missed, Removal::ByHand);
        run.reconciliation.departures = missed.into_iter().map(stone).collect();
        store.record(&run, &world.acs, &world.provider, &[]).unwrap();
        let stones = store.tombstones().unwrap();
        (0..150).filter(|missed| stones.contains(&stone(*missed))).collect()
    };
    for (day, missed, stand) in [
        (1, Some(1), &[1][..]),
        (50, Some(50), &[1, 50]),
        (100, None, &[1, 50]),
        (101, None, &[50]),
        (103, Some(5), &[5, 50]),
        (104, None, &[5, 50]),
        (105, None, &[50]),
        (149, None, &[50]),
        (150, None, &[]),
        (152, Some(140), &[140]),
        (239, None, &[140]),
        (240, None, &[]),
    ] {
        assert_eq!(known(day, missed), stand, "day {day}");
    }
}
