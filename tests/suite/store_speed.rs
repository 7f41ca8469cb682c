//! How fast and how small, measured by hand:
//! `cargo test --release --test suite -- --ignored speed --nocapture`.

use std::time::Instant;

use acerto::store::{Store, StoreOptions};

use crate::store_world::{World, at, findings, id, run};

#[test]
#[ignore = "a measurement: release build, by hand"]
fn speed_of_100k_and_100k() {
    let dir = tempfile::tempdir().unwrap();
    let options = StoreOptions::default();
    let size = |f: &str| std::fs::metadata(dir.path().join(f)).unwrap().len() / 1024;
    let days: Vec<_> = (0..5).map(|day| World::new(101_000, day)).collect();
    for (day, world) in (0..).zip(&days) {
        let mut found = findings(101_000, day);
        for f in &mut found {
            f.related = None;
        }
        let today = run(&id(day), day, world, found);
        let (cpu, start) = (cpu_seconds(), Instant::now());
        let store = Store::open(dir.path(), &options).unwrap();
        let opened = start.elapsed();
        let baseline = store.baseline(at(0)).unwrap();
        let (cpu_loaded, loaded) = (cpu_seconds(), start.elapsed());
        store.record(&today, &world.acs, &world.provider, &[]).unwrap();
        println!(
            "day {day}: open {opened:?}; with baseline of {}: {loaded:?}, {:.2} s CPU; \
             with record: {:?}, {:.2} s CPU more; history {} KiB, journal {} KiB",
            baseline.acs.map_or(0, |a| a.records.len()),
            cpu_loaded - cpu,
            start.elapsed(),
            cpu_seconds() - cpu_loaded,
            size("history.redb"),
            size("journal.redb"),
        );
    }
}

/// CPU seconds of this process.
fn cpu_seconds() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}
