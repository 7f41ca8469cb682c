//! Many at once on one store, and killed at any moment: nothing acknowledged is lost.
//!
//! Must not do: wait for luck. Every run that printed its report is asked for afterwards.

use std::io::Read as _;
use std::process::{Child, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use crate::product_run::{Home, reconcile_arguments};
use crate::world::write::{self, Files, Form};
use crate::world::{Shape, Watch, World};

const AT_ONCE: usize = 50;
const KILLS: usize = 200;

fn small(home: &Home) -> (Files, String) {
    let shape = Shape { seed: 51, devices: 40, watch: Watch::Audit, synchronised: true };
    let world = World::new(shape);
    let files = write::files(&world, &home.folder("in"), Form::Ndjson).unwrap();
    (files, world.now.to_string())
}

fn spawn(home: &Home, files: &Files, at: &str) -> Child {
    let mut arguments = reconcile_arguments(files, at);
    arguments.extend(["--store", "store"]);
    let mut command = home.acerto(&arguments);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// The id of a run whose whole report came out.
fn acknowledged(stdout: &[u8]) -> Option<String> {
    let report: Value = serde_json::from_slice(stdout).ok()?;
    report["run_id"].as_str().map(str::to_owned)
}

fn assert_all_there(home: &Home, runs: &[String]) {
    let check = home.run(&["store", "check", "--store", "store"]);
    assert_eq!(check.exit, Some(0), "{}", check.said());
    for run in runs {
        let shown = home.run(&["show", run, "--store", "store"]);
        assert_eq!(shown.exit, Some(0), "run {run} is lost: {}", shown.said());
    }
}

#[test]
fn fifty_at_once_beside_a_reader_lose_nothing() {
    let home = Home::new();
    let (files, at) = small(&home);
    spawn(&home, &files, &at).wait_with_output().unwrap();
    let over = AtomicBool::new(false);
    let runs: Vec<String> = std::thread::scope(|scope| {
        let reader = scope.spawn(|| {
            let mut reads = 0;
            while !over.load(Ordering::Relaxed) {
                let status = home.run(&["status", "--store", "store"]);
                assert!(matches!(status.exit, Some(0 | 3)), "a reader failed: {}", status.said());
                reads += 1;
            }
            reads
        });
        let children: Vec<Child> = (0..AT_ONCE).map(|_| spawn(&home, &files, &at)).collect();
        let ends = children.into_iter().map(|child| {
            let output = child.wait_with_output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(3), "{said}");
            acknowledged(&output.stdout).expect("a report")
        });
        let runs = ends.collect();
        over.store(true, Ordering::Relaxed);
        assert!(reader.join().unwrap() > 0);
        runs
    });
    let mut distinct = runs.clone();
    distinct.sort();
    distinct.dedup();
    assert_eq!(distinct.len(), AT_ONCE);
    assert_all_there(&home, &runs);
}

#[test]
fn killed_at_any_moment_the_store_opens_and_keeps_its_word() {
    let home = Home::new();
    let (files, at) = small(&home);
    let mut rng = ChaCha8Rng::seed_from_u64(7);
    let started = Instant::now();
    spawn(&home, &files, &at).wait_with_output().unwrap();
    // some beyond the end of a run, so that some are acknowledged and some are not
    let most = started.elapsed().as_micros() * 5 / 4;
    let mut runs = Vec::new();
    for _ in 0..KILLS {
        let mut child = spawn(&home, &files, &at);
        let after = rng.random_range(0..u64::try_from(most).unwrap());
        std::thread::sleep(Duration::from_micros(after));
        // SIGKILL; a child that has ended already is not hurt
        child.kill().unwrap();
        child.wait().unwrap();
        let mut stdout = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut stdout).unwrap();
        runs.extend(acknowledged(&stdout));
    }
    assert!(!runs.is_empty() && runs.len() < KILLS, "{} of {KILLS} lived", runs.len());
    let last = spawn(&home, &files, &at).wait_with_output().unwrap();
    assert_eq!(last.status.code(), Some(3), "{}", String::from_utf8_lossy(&last.stderr));
    runs.extend(acknowledged(&last.stdout));
    assert_all_there(&home, &runs);
}
