//! How fast the engine is, and how the program's cost grows from 10,000 to 1,000,000 devices.
//!
//! `cargo bench --bench reconcile` runs all: the engine by divan on lists as they are found, anew
//! and of lists that are loaded; then the program from files to report and into a store, with what
//! one device costs at each size.
//! `ACERTO_SIZES=10000,30000` takes other sizes. Must not do: check answers; the tests do that.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench that can't go on has to stop")]
#![allow(clippy::print_stdout, reason = "its figures are its output")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]
#![allow(missing_docs, reason = "nobody uses it")]

#[path = "peers/measure.rs"]
#[expect(dead_code, reason = "shared with the peers' bench, which uses all of it")]
mod measure;
#[path = "peers/plain.rs"]
mod plain;
#[path = "peers/tools.rs"]
#[expect(dead_code, reason = "shared with the peers' bench, which uses all of it")]
mod tools;
#[path = "../tests/suite/world/mod.rs"]
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
mod world;

use std::path::Path;
use std::sync::Arc;

use acerto::engine::{Baseline, Indexing, Input, Paired, Rules, Threads, reconcile};
use divan::{Bencher, counter::ItemsCount};

use self::measure::{Cost, median};
use self::plain::Form;
use self::world::{Shape, Watch, World};

/// Of so many runs the median is told.
const RUNS: usize = 5;

#[divan::bench(args = [10_000, 100_000], sample_count = 10)]
fn engine(bencher: Bencher<'_, '_>, devices: usize) {
    let world = World::new(Shape { seed: 1, devices, watch: Watch::Audit, synchronised: true });
    let (acs, provider, rules) = (world.acs_now(), world.provider_now(), Rules::default());
    let baseline = Baseline { log: world.log(), ..Baseline::default() };
    let records = world.acs.len() + world.provider.len();
    bencher.counter(ItemsCount::new(records)).bench(|| {
        reconcile(&Input { acs: &acs, provider: &provider, baseline: &baseline, rules: &rules })
    });
}

/// Again, of lists that are loaded: each is indexed, as it is when it has been read.
#[divan::bench(args = [10_000, 100_000], sample_count = 10)]
fn again(bencher: Bencher<'_, '_>, devices: usize) {
    let world = World::new(Shape { seed: 1, devices, watch: Watch::Audit, synchronised: true });
    let (acs, provider, rules) =
        (world.acs_now(), world.provider_now(), Arc::new(Rules::default()));
    let baseline = Baseline { log: world.log(), ..Baseline::default() };
    let indexing = Indexing::new(Arc::clone(&rules));
    let indexed = || {
        let acs = indexing.acs(&acs, None, Threads::Two);
        (acs, indexing.provider(&provider, None, Threads::Two))
    };
    bencher
        .counter(ItemsCount::new(world.acs.len() + world.provider.len()))
        .with_inputs(indexed)
        .bench_local_values(|indexed| {
            let paired = Paired::of_indexed((&acs, &provider), &rules, indexed);
            (paired.explain(&baseline), paired.into_pairing())
        });
}

/// The median of each figure.
fn middle(costs: &[Cost]) -> Cost {
    let of = |figure: fn(&Cost) -> f64| median(costs.iter().map(figure));
    Cost { cpu: of(|c| c.cpu), wall: of(|c| c.wall), rss: of(|c| c.rss) }
}

fn tell(what: &str, devices: u32, cost: Cost, more: &str) {
    let (cpu, devices) = (cost.cpu, f64::from(devices));
    println!(
        "{devices:9} {what:14} {cpu:7.3} {:7.3} {:6.0} {:10.2}{more}",
        cost.wall,
        cost.rss,
        cpu * 1e6 / devices
    );
}

/// The program at one size: without memory, then its first day and one without any change.
fn grown(folder: &Path, devices: u32) {
    plain::write(folder, devices, Form::Ndjson).unwrap();
    let run = |command: &mut std::process::Command| measure::run(command, &[0, 3]).unwrap();
    let without: Vec<Cost> =
        (0..RUNS).map(|_| run(&mut tools::acerto(folder, Form::Ndjson, plain::AS_OF))).collect();
    tell("no store", devices, middle(&without), "");
    let store = folder.join("store");
    for (what, as_of) in [("first day", plain::AS_OF), ("the next day", "2026-11-21T12:00:00Z")] {
        let cost = run(tools::reconciling(folder, Form::Ndjson, as_of).arg("--store").arg(&store));
        let bytes = std::fs::metadata(store.join("history.redb")).unwrap().len();
        tell(what, devices, cost, &format!("   store {} MiB", bytes >> 20));
    }
}

fn main() {
    // divan's own arguments name or list benches: then the program is not asked for
    if std::env::args().skip(1).all(|a| a == "--bench") {
        growth();
    }
    divan::main();
}

/// Before anything else: a process begins with the peak memory of the one that made it.
fn growth() {
    let sizes = std::env::var("ACERTO_SIZES");
    let sizes = sizes.unwrap_or("10000,30000,100000,300000,1000000".to_owned());
    println!(
        "{:>9} {:14} {:>7} {:>7} {:>6} {:>10}",
        "devices", "", "CPU s", "wall s", "MiB", "us/device"
    );
    for devices in sizes.split(',').map(|n| n.trim().parse().unwrap()) {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("out")).unwrap();
        grown(folder.path(), devices);
    }
    println!();
}
