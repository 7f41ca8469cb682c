//! How often the engine is right, over many worlds whose truth is known.
//!
//! Must not do: accept `proven` for anything that a strict referee would not.

use std::collections::{BTreeMap, BTreeSet};

use acerto::domain::EventLog;
use acerto::engine::{Baseline, Cause, Input, Reconciliation, Rules, Strength, reconcile};

use crate::judge::{self, acs_name, counted, provider_name};
use crate::memory;
use crate::world::{Shape, Watch, World};

const SEEDS: u64 = 20;
const DEVICES: usize = 3_000;
/// At least this share of the devices must be told rightly where an audit covers the past.
const ACCURACY_LEAST: f64 = 0.995;

/// A verdict on one answer.
#[derive(Debug, Default)]
pub struct Score {
    pub right: usize,
    pub of: usize,
    /// Truth and answer, where they differ; and who.
    pub confusion: BTreeMap<(&'static str, &'static str), Vec<String>>,
    pub proven_wrong: Vec<String>,
}

impl Score {
    pub fn accuracy(&self) -> f64 {
        let [right, of] = [self.right, self.of].map(|n| f64::from(u32::try_from(n).unwrap()));
        right / of.max(1.0)
    }

    /// The confusion list, for people.
    pub fn told(&self) -> String {
        let mut lines = vec![format!("{} of {} right", self.right, self.of)];
        for ((truth, answer), who) in &self.confusion {
            let some: Vec<&str> = who.iter().take(5).map(String::as_str).collect();
            lines.push(format!("{:5} x {truth} told as {answer}: {}", who.len(), some.join(" ")));
        }
        lines.extend(self.proven_wrong.iter().map(|p| format!("wrongly proven: {p}")));
        lines.join("\n")
    }
}

/// Compares an answer with the truth. Who `remembers` yesterday can prove more, and has to
/// tell what was deleted since.
pub fn score(world: &World, answer: &Reconciliation, remembers: bool) -> Score {
    let mut score = Score::default();
    let mut open: BTreeMap<&str, Cause> =
        world.truth.iter().map(|(name, t)| (name.as_str(), t.cause)).collect();
    if remembers {
        open.extend(world.deleted.iter().map(|name| (name.as_str(), Cause::ManualDelete)));
    }
    let mut judge = |name: String, cause: Cause, proven: bool| {
        let truth = open.remove(name.as_str());
        score.of += 1;
        let provable = world.truth.get(&name).is_none_or(|t| t.provable)
            || (remembers && world.remembered.contains(&name));
        if truth == Some(cause) {
            score.right += 1;
        } else {
            let pair = (truth.map_or("matched", Cause::wire), cause.wire());
            score.confusion.entry(pair).or_default().push(name.clone());
        }
        if proven && (truth != Some(cause) || !provable) {
            score.proven_wrong.push(format!(
                "{name} {} is {}, provable {provable}",
                cause.wire(),
                truth.map_or("matched", Cause::wire)
            ));
        }
    };
    for finding in &answer.findings {
        let proven = finding.strength == Strength::Proven;
        for device in &finding.acs {
            judge(acs_name(device), finding.cause, proven);
        }
        if finding.cause != Cause::ManualDelete {
            for row in finding.provider.iter().filter(|r| counted(r)) {
                judge(provider_name(row), finding.cause, proven);
            }
        }
    }
    score.of += open.len();
    for (name, cause) in open {
        score.confusion.entry((cause.wire(), "nothing")).or_default().push(name.to_owned());
    }
    score
}

fn first_run(world: &World, log: EventLog) -> (Reconciliation, Vec<String>) {
    let baseline = Baseline { log, ..Baseline::default() };
    let (acs, provider, rules) = (world.acs_now(), world.provider_now(), Rules::default());
    let input = Input { acs: &acs, provider: &provider, baseline: &baseline, rules: &rules };
    let answer = reconcile(&input);
    let wrong = judge::broken(&input, &answer);
    (answer, wrong)
}

fn second_run(world: &World) -> (Reconciliation, Vec<String>) {
    let (acs, provider) = world.day_before();
    let rules = Rules { mass_exclusion_days: Some(90), ..Rules::default() };
    let before = Baseline { log: world.log_until(world.yesterday()), ..Baseline::default() };
    let input = Input { acs: &acs, provider: &provider, baseline: &before, rules: &rules };
    let yesterday = reconcile(&input);
    let mut wrong = judge::broken(&input, &yesterday);
    let memory = memory::hear(memory::remember("yesterday", &input, &yesterday), world.log());
    let (acs, provider) = (world.acs_now(), world.provider_now());
    let input = Input { acs: &acs, provider: &provider, baseline: &memory, rules: &rules };
    let answer = reconcile(&input);
    wrong.extend(judge::broken(&input, &answer));
    (answer, wrong)
}

fn totals(world: &World, answer: &Reconciliation, wrong: &mut Vec<String>) {
    if answer.provider.devices != world.counted || answer.matched != world.matched {
        wrong.push(format!(
            "counted {} of {}, matched {} of {}",
            answer.provider.devices, world.counted, answer.matched, world.matched
        ));
    }
}

fn audit(seed: u64) -> World {
    let shape = Shape { seed, devices: DEVICES, watch: Watch::Audit, synchronised: true };
    World::new(shape)
}

#[test]
fn a_first_run_with_an_audit_is_right() {
    let mut failures = Vec::new();
    for seed in 0..SEEDS {
        let world = audit(seed);
        let (answer, mut wrong) = first_run(&world, world.log());
        totals(&world, &answer, &mut wrong);
        let score = score(&world, &answer, false);
        let good = score.accuracy() >= ACCURACY_LEAST && score.proven_wrong.is_empty();
        if !good || !wrong.is_empty() {
            failures.push(format!("seed {seed}: {}\n{}", score.told(), wrong.join("\n")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn a_second_run_with_an_audit_is_right_too() {
    let mut failures = Vec::new();
    for seed in 100..100 + SEEDS / 4 {
        let world = audit(seed);
        let (answer, mut wrong) = second_run(&world);
        totals(&world, &answer, &mut wrong);
        let score = score(&world, &answer, true);
        let good = score.accuracy() >= ACCURACY_LEAST && score.proven_wrong.is_empty();
        if !good || !wrong.is_empty() {
            failures.push(format!("seed {seed}: {}\n{}", score.told(), wrong.join("\n")));
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// Where little is known the causes may be guessed, but never proven wrongly.
#[test]
fn proven_is_never_wrong_in_any_world() {
    let mut failures = Vec::new();
    for watch in [Watch::Audit, Watch::Listener, Watch::Nobody] {
        for synchronised in [true, false] {
            for seed in 200..200 + SEEDS / 4 {
                let world = World::new(Shape { seed, devices: DEVICES, watch, synchronised });
                let runs = [(first_run(&world, world.log()), false), (second_run(&world), true)];
                for ((answer, mut wrong), remembers) in runs {
                    totals(&world, &answer, &mut wrong);
                    let score = score(&world, &answer, remembers);
                    if !score.proven_wrong.is_empty() || !wrong.is_empty() {
                        let told = score.told();
                        failures.push(format!("{:?}\n{told}\n{}", world.shape, wrong.join("\n")));
                    }
                }
            }
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

/// The truth against section 4's order, with the identities as they really are.
#[test]
fn the_truth_keeps_the_order_of_the_causes() {
    for seed in 0..3 {
        let world = audit(seed);
        assert_eq!(world.provider.iter().filter(|r| counted(r)).count() as u64, world.counted);
        let mut serials: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        let acs = world.acs.iter().map(|d| d.id.raw());
        let entries = world.provider.iter().filter(|r| counted(r));
        let names = acs.chain(
            entries.filter_map(|r| r.device_id.as_ref().map(acerto::domain::Untrusted::raw)),
        );
        for name in names {
            if let Some(serial) = &world.canon[name].serial {
                serials.entry(serial).or_default().push(name);
            }
        }
        for (serial, who) in &serials {
            let causes: BTreeSet<_> =
                who.iter().map(|n| world.truth.get(*n).map(|t| t.cause)).collect();
            let sides: BTreeSet<char> = who.iter().filter_map(|n| n.chars().next()).collect();
            if who.len() > sides.len() {
                assert_eq!(causes, [Some(Cause::Duplicate)].into(), "{serial}: {who:?}");
            } else if sides.len() == 2 && !causes.contains(&Some(Cause::Duplicate)) {
                let well = causes.iter().all(|c| matches!(c, None | Some(Cause::FieldDrift)));
                assert!(well, "{serial} is a pair: {who:?} {causes:?}");
            }
        }
    }
}

#[test]
fn a_world_has_every_cause_and_is_always_the_same() {
    let (one, two) = (audit(7), audit(7));
    assert_eq!((&one.acs, &one.provider, &one.truth), (&two.acs, &two.provider, &two.truth));
    let told: BTreeSet<Cause> = one.truth.values().map(|t| t.cause).collect();
    for cause in Cause::ALL {
        // what nobody knows has a true cause all the same; deletions are told apart
        let apart = [Cause::RemovedUnknown, Cause::Unexplained, Cause::ManualDelete];
        assert_eq!(told.contains(cause), !apart.contains(cause), "{}", cause.wire());
    }
    assert!(!one.deleted.is_empty());
    let few = audit(8);
    assert!(few.acs.len() > DEVICES * 9 / 10, "{} devices", few.acs.len());
}
