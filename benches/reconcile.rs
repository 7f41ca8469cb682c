//! How fast the engine is on 10,000 and 100,000 devices, and the program from file to report.
//!
//! `cargo bench` runs both: the engine by divan, then the program, for which only CPU seconds
//! and peak memory are worth comparing. Must not do: check answers; the tests do that.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench that can't go on has to stop")]
#![allow(clippy::print_stdout, reason = "its figures are its output")]

#[path = "../tests/suite/world/mod.rs"]
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
mod world;

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

use acerto::engine::{Baseline, Input, Rules, reconcile};
use divan::{Bencher, counter::ItemsCount};

use self::world::write::{self, Form};
use self::world::{Shape, Watch, World};

fn world(devices: usize) -> World {
    World::new(Shape { seed: 1, devices, watch: Watch::Audit, synchronised: true })
}

#[divan::bench(args = [10_000, 100_000], sample_count = 10)]
fn engine(bencher: Bencher<'_, '_>, devices: usize) {
    let world = world(devices);
    let (acs, provider, rules) = (world.acs_now(), world.provider_now(), Rules::default());
    let baseline = Baseline { log: world.log(), ..Baseline::default() };
    let records = world.acs.len() + world.provider.len();
    bencher.counter(ItemsCount::new(records)).bench(|| {
        reconcile(&Input { acs: &acs, provider: &provider, baseline: &baseline, rules: &rules })
    });
}

/// User and system seconds, and peak resident KiB, of a process that has ended.
struct Cost {
    wall: f64,
    cpu: f64,
    peak_kib: u64,
}

/// Runs the program under GNU time, which asks the kernel (`getrusage`) for its children.
fn measured(program: &str, arguments: &[&str]) -> Option<Cost> {
    let started = Instant::now();
    let output = Command::new("/usr/bin/time")
        .args(["-f", "%U %S %M", program])
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .output()
        .ok()?;
    let wall = started.elapsed().as_secs_f64();
    let stderr = String::from_utf8_lossy(&output.stderr);
    let figures: Vec<&str> = stderr.lines().last()?.split_whitespace().collect();
    let [user, system, peak] = figures.as_slice() else { return None };
    let cpu = user.parse::<f64>().ok()? + system.parse::<f64>().ok()?;
    Some(Cost { wall, cpu, peak_kib: peak.parse().ok()? })
}

fn file_to_report(folder: &Path, devices: usize, form: Form, more: &[&str]) {
    let world = world(devices);
    let files = write::files(&world, folder, form).unwrap();
    let path = |p: &'static str| folder.join(p).to_str().unwrap().to_owned();
    let (acs, provider, events) = (path("acs.dat"), path("provider.dat"), path("events.dat"));
    assert_eq!(files.acs.to_str(), Some(acs.as_str()));
    let now = world.now.to_string();
    let mut arguments = vec![
        "--reconcile",
        "--acs-file",
        &acs,
        "--provider-file",
        &provider,
        "--events-file",
        &events,
        "--as-of",
        &now,
        "--format",
        "json",
    ];
    arguments.extend(more);
    for _ in 0..3 {
        match measured(env!("CARGO_BIN_EXE_acerto"), &arguments) {
            Some(Cost { wall, cpu, peak_kib }) => println!(
                "file to report, {devices} devices, {form:?}, {more:?}: \
                 {cpu:.2} s CPU, {wall:.2} s wall, {} MiB",
                peak_kib / 1024
            ),
            None => println!("GNU time is not here: nothing measured"),
        }
    }
}

fn main() {
    divan::main();
    // divan's own arguments name or list benches: then the program is not asked for
    if std::env::args().skip(1).any(|a| a != "--bench") {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    for devices in [10_000, 100_000] {
        for form in [Form::Ndjson, Form::Csv] {
            file_to_report(folder.path(), devices, form, &["--no-store"]);
        }
    }
    let store = folder.path().join("store");
    file_to_report(folder.path(), 100_000, Form::Ndjson, &["--store", store.to_str().unwrap()]);
}
