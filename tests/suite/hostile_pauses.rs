//! A process that is stopped for a while in the middle of an apply, and goes on (SIGSTOP and
//! SIGCONT; a machine that is suspended looks the same).
//!
//! Must not do: take it that a request left when its row was written as sent.

use std::process::Child;
use std::time::{Duration, Instant};

use rand::RngExt as _;
use rand::rngs::ChaCha8Rng;
use rustix::process::Signal;
use serde_json::json;

use crate::hostile::{
    Bench, ENOUGH, LATE_MS, NET, QUIET, dice, ended, ends_within, rounds, signal, times,
};

/// A plan of two steps whose second write waits 5 s for its turn; the process is stopped then,
/// for longer than the quiet period, and goes on. The write's effect is late.
fn stopped_between_sent_and_the_request(bench: &Bench) -> Child {
    bench.configure(&format!("{NET}write_rps = 0.2\n"));
    let two = bench.mistype(&mut bench.linked(), 2);
    let plan = ["plan", "--fresh", "-o", "plan.json", "--key", &two[0], "--key", &two[1]];
    assert_eq!(bench.run(&plan).exit, Some(0));
    let fault =
        json!({"name": "late-effect", "side": "provider", "times": 1, "after": 1, "ms": LATE_MS});
    bench.post("/_lab/fault", &fault);
    let mut child = bench.command(&["apply", "plan.json", "--yes"]).spawn().unwrap();
    let until = Instant::now() + Duration::from_secs(30);
    while !bench.steps().iter().any(|step| step["seq"] == 2 && step["state"] == "sent") {
        assert!(Instant::now() < until, "the second step is never sent");
        assert!(child.try_wait().unwrap().is_none(), "it ended early");
    }
    signal(&child, Signal::STOP);
    assert!(bench.writes().len() == 1, "the second write left too early");
    std::thread::sleep(QUIET + Duration::from_secs(3));
    signal(&child, Signal::CONT);
    child
}

#[test]
fn a_request_that_leaves_long_after_its_row_says_sent_is_waited_for() {
    let bench = Bench::new("lab", 100);
    let child = stopped_between_sent_and_the_request(&bench);
    let answer = ended(child);
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    bench.assert_once();
}

#[test]
fn a_process_that_dies_after_such_a_request_left_is_waited_for() {
    let bench = Bench::new("lab", 100);
    let mut child = stopped_between_sent_and_the_request(&bench);
    let until = Instant::now() + Duration::from_secs(30);
    while bench.is_on("late-effect") {
        assert!(Instant::now() < until, "the second write never left");
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let answer = bench.run(&["apply", "plan.json", "--yes"]);
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    bench.assert_once();
}

#[test]
fn stopped_and_continued_at_any_moment_nothing_is_done_twice() {
    let mut dice = dice(12);
    rounds(times(8), |left| stopped_and_continued(left, &mut dice));
}

/// Stops applies and lets them go on, so many or until there is no more work: how many were.
fn stopped_and_continued(wanted: usize, dice: &mut ChaCha8Rng) -> usize {
    let bench = Bench::new("lab", 300);
    let mut left = bench.linked();
    bench.late_effects(15.0);
    let mut n = 0;
    while n < wanted && left.len() > ENOUGH {
        bench.mistype(&mut left, 4);
        let arguments = ["--reconcile", "--apply", "identity-mismatch"];
        let mut child = bench.command(&arguments).spawn().unwrap();
        let after = dice.random_range(100..700);
        if !ends_within(&mut child, Duration::from_millis(after)) {
            signal(&child, Signal::STOP);
            // Longer than the quiet period, and shorter.
            let pause = if n % 2 == 0 { QUIET + Duration::from_millis(700) } else { QUIET / 10 };
            std::thread::sleep(pause);
            signal(&child, Signal::CONT);
        }
        if n % 4 == 2 && !ends_within(&mut child, Duration::from_millis(dice.random_range(0..40))) {
            child.kill().unwrap();
        }
        let answer = ended(child);
        // No code: it was killed. 6: what it read in the middle of a pause ran out of time.
        assert!(matches!(answer.exit, None | Some(0 | 6)), "{:?} {}", answer.exit, answer.said());
        n += 1;
    }
    let answer = bench.run(&["--reconcile", "--apply", "identity-mismatch"]);
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    bench.assert_fixed("identity-mismatch");
    bench.assert_once();
    n
}
