//! `proven` stays right for those who saw less: events and coverage are taken away from a world.
//!
//! Coverage is cut with the events: a log that claims to have watched must not lack what
//! happened. Must not do: ask for a cause where less is known, only that none is proven wrongly.

use acerto::domain::EventLog;
use acerto::domain::event::{Event, EventKind};
use acerto::engine::{Baseline, Input, Rules, reconcile};
use jiff::SignedDuration;
use rand::rngs::ChaCha8Rng;
use rand::{RngExt, SeedableRng};

use crate::judge;
use crate::world::{Shape, Watch, World, cut};
use crate::world_accuracy::score;

const WORLDS: u64 = 12;
const DEVICES: usize = 250;
const CUTS: i64 = 16;

fn worlds() -> impl Iterator<Item = World> {
    (0..WORLDS).flat_map(|seed| {
        [true, false].map(|synchronised| {
            let watch = if seed % 3 == 2 { Watch::Listener } else { Watch::Audit };
            World::new(Shape { seed: 1_000 + seed, devices: DEVICES, watch, synchronised })
        })
    })
}

fn wrongly_proven(world: &World, log: EventLog) -> Vec<String> {
    let baseline = Baseline { log, ..Baseline::default() };
    let (acs, provider, rules) = (world.acs_now(), world.provider_now(), Rules::default());
    let input = Input { acs: &acs, provider: &provider, baseline: &baseline, rules: &rules };
    let answer = reconcile(&input);
    let broken = judge::broken(&input, &answer);
    let score = score(world, &answer, false);
    // with less to see, less is provable: only another cause than the true one is wrong
    let other = score.proven_wrong.into_iter().filter(|w| !told_rightly(w));
    broken.into_iter().chain(other).collect()
}

fn told_rightly(wrong: &str) -> bool {
    let words: Vec<&str> = wrong.split([' ', ',']).collect();
    words.get(1) == words.get(3)
}

fn check(what: &str, world: &World, log: EventLog, failures: &mut Vec<String>) {
    let wrong = wrongly_proven(world, log);
    if !wrong.is_empty() {
        failures.push(format!("{what}, {:?}\n  {}", world.shape, wrong.join("\n  ")));
    }
}

#[test]
fn proven_stays_right_when_the_log_ends_early() {
    let mut failures = Vec::new();
    for world in worlds() {
        for n in 0..CUTS {
            let end = world.now - SignedDuration::from_hours(n * 17);
            let log = cut(world.log(), jiff::Timestamp::MIN, end);
            check(&format!("cut at {end}"), &world, log, &mut failures);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

#[test]
fn proven_stays_right_when_the_log_begins_late() {
    let mut failures = Vec::new();
    for world in worlds() {
        for n in 0..CUTS {
            let begin = world.now - SignedDuration::from_hours(n * 17);
            let log = cut(world.log(), begin, jiff::Timestamp::MAX);
            check(&format!("begins at {begin}"), &world, log, &mut failures);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}

/// A synchronisation that is not known does not make the one before it the last; those stay
/// together, as they come from one source.
#[test]
fn proven_stays_right_when_events_are_lost_and_nobody_claims_to_have_watched() {
    let mut failures = Vec::new();
    let mut rng = ChaCha8Rng::seed_from_u64(99);
    for world in worlds() {
        for percent in [10, 50, 90, 100] {
            let mut log = world.log();
            log.coverage.clear();
            log.events.retain(|e: &Event| {
                e.kind == EventKind::AcsSync || rng.random_range(0..100) >= percent
            });
            check(&format!("{percent} % lost"), &world, log, &mut failures);
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n"));
}
