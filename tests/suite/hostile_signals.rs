//! HUP, INT and TERM at any moment of an apply: a clean stop, and the same command goes on.
//!
//! Must not do: count a run that ended before the signal came as one that was stopped.

use std::os::unix::process::ExitStatusExt as _;
use std::time::{Duration, Instant};

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use rustix::process::Signal;
use serde_json::json;

use crate::hostile::{Bench, ENOUGH, dice, ended, ends_within, rounds, signal, times};

const SIGNALS: [(Signal, i32); 3] = [(Signal::HUP, 129), (Signal::INT, 130), (Signal::TERM, 143)];

/// A clean stop takes no longer (SAFETY.md section 8).
const CLEAN: Duration = Duration::from_secs(35);

#[test]
fn stopped_at_any_moment_it_stops_cleanly_and_the_same_command_goes_on() {
    let mut dice = dice(13);
    rounds(times(50), |left| stopped(left, &mut dice));
}

/// Stops applies until so many were stopped or there is no more work: how many were.
fn stopped(wanted: usize, dice: &mut ChaCha8Rng) -> usize {
    let bench = Bench::new("lab", 300);
    let mut left = bench.linked();
    bench.late_effects(15.0);
    let (mut stopped, mut is_done) = (0, true);
    while (stopped < wanted && left.len() > ENOUGH) || !is_done {
        if is_done {
            let some = bench.mistype(&mut left, 5);
            let keys = some.iter().flat_map(|key| ["--key", key]);
            let plan: Vec<&str> =
                ["plan", "--fresh", "-o", "plan.json"].into_iter().chain(keys).collect();
            let planned = bench.run(&plan);
            assert_eq!(planned.exit, Some(0), "{}", planned.said());
        }
        let mut child = bench.command(&["apply", "plan.json", "--yes"]).spawn().unwrap();
        let (which, code) = SIGNALS[stopped % SIGNALS.len()];
        // Before its handlers listen a signal ends it at once, as any program.
        let after =
            Duration::from_millis(dice.random_range(0..if stopped % 5 == 0 { 4000 } else { 500 }));
        let over = stopped >= wanted || ends_within(&mut child, after);
        let asked = Instant::now();
        if !over {
            signal(&child, which);
            assert!(ends_within(&mut child, CLEAN), "no clean stop");
        }
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        let exit = output.status.code();
        assert!(!said.contains("panicked"), "{said}");
        if !over && exit != Some(0) {
            let took = asked.elapsed();
            assert!(took < CLEAN, "{took:?}");
            let at_once = output.status.signal() == Some(which.as_raw());
            assert!(exit == Some(code) || at_once, "{exit:?} {said}");
            stopped += 1;
            is_done = false;
            continue;
        }
        assert_eq!(exit, Some(0), "{said}");
        is_done = true;
    }
    bench.assert_once();
    stopped
}

#[test]
fn a_second_signal_ends_it_at_once() {
    let bench = Bench::new("lab", 100);
    let two = bench.mistype(&mut bench.linked(), 1);
    assert_eq!(bench.run(&["plan", "--fresh", "-o", "plan.json", "--key", &two[0]]).exit, Some(0));
    // Nothing is answered: the request goes on for longer than anybody waits.
    bench.configure("[net]\nrequest_timeout = \"20s\"\nserver_limit = \"0s\"\n");
    bench.post("/_lab/fault", &json!({"name": "half-open", "side": "provider", "times": 1000}));
    let mut child = bench.command(&["apply", "plan.json", "--yes"]).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(15);
    while bench.struck("half-open") == 0 {
        assert!(Instant::now() < until && child.try_wait().unwrap().is_none(), "never asked");
    }
    signal(&child, Signal::TERM);
    assert!(!ends_within(&mut child, Duration::from_millis(300)), "it did not wait for the answer");
    signal(&child, Signal::INT);
    assert!(ends_within(&mut child, Duration::from_secs(5)), "the second signal did not end it");
    let answer = ended(child);
    assert!(matches!(answer.exit, Some(130 | 143)), "{:?} {}", answer.exit, answer.said());
    assert!(bench.writes().is_empty());
}
