//! A machine whose clock jumps by an hour, forth and back, while it applies and is killed.
//!
//! libfaketime moves the wall clock; the quiet period is counted on `CLOCK_BOOTTIME`, which it
//! does not reach. Must not do: trust a clock of this test's own for what the product does.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use rustix::time::{ClockId, clock_gettime};

use crate::hostile::{Bench, ENOUGH, dice, ended, ends_within, rounds, skipped, times};

const JUMPS: [&str; 3] = ["-1h", "+0", "+1h"];

/// The library that moves a process's wall clock, where it is installed.
fn library() -> Option<PathBuf> {
    let folders = std::fs::read_dir("/usr/lib").ok()?.flatten().map(|entry| entry.path());
    let folders = folders.chain([PathBuf::from("/usr/lib"), PathBuf::from("/usr/lib64")]);
    let names = ["libfaketimeMT.so.1", "libfaketime.so.1"];
    let mut files = folders.flat_map(|folder| names.map(|name| folder.join("faketime").join(name)));
    let found = files.find(|file| file.is_file());
    if found.is_none() {
        skipped("libfaketime is not installed (apt-get install faketime)");
    }
    found
}

/// The wall clock of this process is what the file says; its other clocks are true.
fn moved(command: &mut Command, library: &PathBuf, by: &str) {
    command
        .env("LD_PRELOAD", library)
        .env("FAKETIME_TIMESTAMP_FILE", by)
        .env("FAKETIME_NO_CACHE", "1")
        .env("FAKETIME_DONT_FAKE_MONOTONIC", "1")
        .env("DONT_FAKE_MONOTONIC", "1");
}

fn boottime() -> Duration {
    clock_gettime(ClockId::Boottime).try_into().unwrap()
}

#[test]
fn the_clock_that_the_quiet_period_is_counted_on_does_not_jump_with_the_wall_clock() {
    let Some(library) = library() else { return };
    let bench = Bench::new("lab", 100);
    bench.mistype(&mut bench.linked(), 1);
    let by = bench.path("jump");
    std::fs::write(&by, "+1h\n").unwrap();
    let (from, began) = (boottime(), Timestamp::now());
    let mut command = bench.command(&["--reconcile", "--apply", "identity-mismatch"]);
    // All clocks of libc are moved here; it is not asked.
    command.env("LD_PRELOAD", &library).env("FAKETIME_TIMESTAMP_FILE", &by);
    let answer = ended(command.spawn().unwrap());
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    let to = boottime();
    let steps = bench.steps();
    let sent = steps.iter().find(|step| !step["sent_boottime"].is_null()).expect("a step");
    let part = |name: &str| sent["sent_boottime"][name].as_u64().unwrap();
    let at = Duration::new(part("secs"), part("nanos") as u32);
    assert!(from <= at && at <= to, "{from:?} {at:?} {to:?}");
    let utc: Timestamp = sent["sent_utc"].as_str().unwrap().parse().unwrap();
    let ahead = utc.duration_since(began);
    assert!(ahead > SignedDuration::from_mins(50), "the wall clock was not moved: {ahead}");
}

/// Kills runs whose clocks jump, round after round of new work, until so many were killed or
/// there is no more work: how many were.
fn killed_with_jumps(kills: usize, library: &PathBuf, dice: &mut ChaCha8Rng) -> usize {
    let bench = Bench::new("lab", 300);
    let mut left = bench.linked();
    bench.late_effects(15.0);
    let by = bench.path("jump");
    let mut killed = 0;
    let mut is_done = true;
    while (killed < kills && left.len() > ENOUGH) || !is_done {
        if is_done {
            bench.mistype(&mut left, 6);
        }
        let jump = JUMPS[dice.random_range(0..JUMPS.len())];
        std::fs::write(&by, format!("{jump}\n")).unwrap();
        let mut command = bench.command(&["--reconcile", "--apply", "identity-mismatch"]);
        moved(&mut command, library, &by);
        let mut child = command.spawn().unwrap();
        let most = if dice.random_bool(0.7) { 900 } else { 5000 };
        let after = dice.random_range(100..most);
        if killed < kills && !ends_within(&mut child, Duration::from_millis(after / 2)) {
            let jump = JUMPS[dice.random_range(0..JUMPS.len())];
            std::fs::write(&by, format!("{jump}\n")).unwrap();
        }
        if killed < kills && !ends_within(&mut child, Duration::from_millis(after / 2)) {
            child.kill().unwrap();
            child.wait().unwrap();
            killed += 1;
            is_done = false;
            continue;
        }
        let answer = ended(child);
        // 4, 5: its plan died with a jump in the middle; the next run plans again.
        assert!(matches!(answer.exit, Some(0 | 3 | 4 | 5)), "{:?} {}", answer.exit, answer.said());
        is_done = answer.exit == Some(0);
    }
    bench.assert_fixed("identity-mismatch");
    bench.assert_once();
    killed
}

#[test]
fn killed_at_any_moment_with_a_clock_that_jumps_nothing_is_done_twice() {
    let Some(library) = library() else { return };
    let mut dice = dice(11);
    rounds(times(20), |left| killed_with_jumps(left, &library, &mut dice));
}
