//! kill -9 at any instant of an apply, while writes land late: nothing is lost, nothing is done
//! twice, and what the plan was for is fixed in the end.
//!
//! 300 kills run with the suite; 3,000 by
//! `cargo test --test suite -- --ignored --nocapture apply_kills::three_thousand_kills`.
//! Must not do: choose the instant by what the apply says; any instant has to do.

use std::process::{Child, Stdio};
use std::time::{Duration, Instant};

use crate::apply::kinds::Kind;
use crate::apply::{Applied, Field, calls, ends, found};
use crate::product_run::Answer;
use crate::store_world::mix;

/// Labs at the same time: most of a round is waiting.
const LABS: u64 = 4;

/// What a round's plan is made of: kinds of which a look shows whether they are done. A device
/// that is sent again, or a synchronisation of the Provider, may be asked for twice by contract.
const KINDS: [Kind; 6] = [
    Kind::Synchronise,
    Kind::LinkLogin,
    Kind::ReplaceIdentity,
    Kind::CorrectIdentity,
    Kind::UpdateProvider,
    Kind::RemoveInProvider,
];

/// Rounds after which a lab has few sound devices left.
const ROUNDS: u64 = 8;

/// Of a hundred writes so many land late.
const LATE: u32 = 15;

/// One lab's share, counted.
#[derive(Debug, Default)]
struct Count {
    kills: u32,
    rounds: u32,
    steps: usize,
}

/// Kills until there were so many.
fn kill(share: u32, seed: u64) -> Count {
    let mut count = Count::default();
    let mut dice = seed;
    let mut lab = 0;
    while count.kills < share {
        let field = Field::new(seed * 100 + lab, 140);
        // An entry that is to go is removed by itself, not by a synchronisation.
        field.cannot("synchronise_path");
        for _ in 0..ROUNDS {
            if count.kills >= share {
                break;
            }
            round(&field, &mut count, &mut dice, share);
        }
        lab += 1;
    }
    count
}

/// A plan of every kind, killed until it has ended.
fn round(field: &Field, count: &mut Count, dice: &mut u64, share: u32) {
    field.lab.post("/_lab/fault", &ended("acs"));
    field.lab.post("/_lab/fault", &ended("provider"));
    // The ACS's own time tells one synchronisation from the next.
    field.advance(1);
    let (path, plan) = field.made_all(&KINDS, "plan.json");
    field.late_effects(LATE);
    let before = field.writes().len();
    let mut last = None;
    while last.is_none() {
        let child = start(field, &path);
        if count.kills < share {
            *dice = mix(*dice, u64::from(count.kills));
            // A whole apply takes a second or two; half of the kills come early.
            let most = if *dice & 1 == 0 { 400 } else { 2500 };
            last = killed(child, Duration::from_millis((*dice >> 1) % most), count);
        } else {
            last = Some(Applied::read(&Answer::of(&child.wait_with_output().unwrap())));
        }
        // A system did not answer in time: the same command again.
        last = last.filter(|applied| applied.exit != Some(6));
    }
    count.rounds += 1;
    count.steps += judge(field, &plan, before, &last.unwrap());
}

fn ended(side: &str) -> serde_json::Value {
    serde_json::json!({"name": "late-effect", "side": side, "times": 0})
}

fn start(field: &Field, plan: &std::path::Path) -> Child {
    let mut command = field.applying(plan);
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

/// Kills it then, unless it has ended by itself: what it answered.
fn killed(mut child: Child, after: Duration, count: &mut Count) -> Option<Applied> {
    let until = Instant::now() + after;
    while Instant::now() < until {
        if child.try_wait().unwrap().is_some() {
            return Some(Applied::read(&Answer::of(&child.wait_with_output().unwrap())));
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    let answer = Answer::of(&child.wait_with_output().unwrap());
    if answer.exit.is_some() {
        // It had ended in that very moment.
        return Some(Applied::read(&answer));
    }
    count.kills += 1;
    None
}

/// Every effect once, and every finding gone.
fn judge(field: &Field, plan: &serde_json::Value, before: usize, last: &Applied) -> usize {
    // A late write may still land.
    std::thread::sleep(Duration::from_millis(u64::from(crate::apply::LATE_MS) + 200));
    let what = format!("exit {:?}: {} {}", last.exit, last.document, last.stderr);
    assert_eq!(last.exit, Some(0), "{what}");
    let (planned, states) = (calls(plan), last.states());
    let writes = field.writes().split_off(before);
    for (seq, call) in &planned {
        let effects = writes.iter().filter(|w| w.took_effect && w.call == *call).count();
        match states[seq].as_str() {
            "verified" => assert_eq!(effects, 1, "step {seq} {call}: {writes:#?} {what}"),
            "noop" => assert_eq!(effects, 0, "step {seq} {call}: {writes:#?} {what}"),
            state => panic!("step {seq} {call} is {state}: {what}"),
        }
    }
    for write in &writes {
        assert!(planned.values().any(|call| *call == write.call), "{write:?} was not planned");
    }
    let left = found(&field.reconcile());
    let still: Vec<_> = left.intersection(&ends(plan)).cloned().collect();
    assert!(still.is_empty(), "still there: {still:?} {what}");
    planned.len()
}

fn kills(total: u32) {
    let began = Instant::now();
    let share = total.div_ceil(u32::try_from(LABS).unwrap());
    let labs: Vec<_> =
        (1..=LABS).map(|seed| std::thread::spawn(move || kill(share, seed))).collect();
    let counts: Vec<Count> = labs.into_iter().map(|lab| lab.join().unwrap()).collect();
    let sum = |of: fn(&Count) -> usize| counts.iter().map(of).sum::<usize>();
    let kills = sum(|count| count.kills as usize);
    println!(
        "{kills} kills in {} plans of {} steps, lost 0, duplicated 0, {} s",
        sum(|count| count.rounds as usize),
        sum(|count| count.steps),
        began.elapsed().as_secs()
    );
    assert!(kills >= total as usize);
}

#[test]
fn three_hundred_kills() {
    kills(300);
}

#[test]
#[ignore = "3,000 kills take most of an hour; the command is in the header"]
fn three_thousand_kills() {
    kills(3000);
}
