//! How fast and how small: measured by hand, `cargo test --release --test suite -- --ignored speed`.

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
        let cpu = cpu();
        let start = Instant::now();
        let store = Store::open(dir.path(), &options).unwrap();
        let opened = start.elapsed();
        let baseline = store.baseline(at(0)).unwrap();
        let loaded = start.elapsed() - opened;
        let cpu_loaded = self::cpu();
        store.record(&today, &world.acs, &world.provider, &[]).unwrap();
        println!(
            "day {day}: open {opened:?}, baseline {loaded:?} ({} records, {:.3} s CPU with open), record {:?} ({:.3} s CPU); history {} KiB, journal {} KiB",
            baseline.acs.map_or(0, |a| a.records.len()),
            cpu_loaded - cpu,
            start.elapsed() - opened - loaded,
            self::cpu() - cpu_loaded,
            size("history.redb"),
            size("journal.redb"),
        );
    }
}

/// CPU seconds of this process.
fn cpu() -> f64 {
    let stat = std::fs::read_to_string("/proc/self/stat").unwrap();
    let fields: Vec<_> = stat.rsplit(')').next().unwrap().split_whitespace().collect();
    (fields[11].parse::<f64>().unwrap() + fields[12].parse::<f64>().unwrap()) / 100.0
}
