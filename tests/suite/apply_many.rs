//! Many at once on one plan: one applies, the others are told so, and no effect happens twice.
//!
//! Must not do: rely on who wins.

use std::collections::BTreeMap;
use std::process::{Child, Stdio};

use crate::apply::kinds::Kind;
use crate::apply::{Applied, Field, calls, ends, found};
use crate::product_run::Answer;

/// Appliers of the plan.
const APPLIERS: usize = 8;

/// How many of these calls took effect, by call.
fn effects(field: &Field, before: usize) -> BTreeMap<String, usize> {
    let mut effects = BTreeMap::new();
    for write in field.writes().split_off(before).into_iter().filter(|w| w.took_effect) {
        *effects.entry(write.call).or_default() += 1;
    }
    effects
}

fn start(mut command: std::process::Command) -> Child {
    command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

#[test]
fn eight_appliers_and_a_cron_run_do_nothing_twice() {
    let field = Field::new(5, 120);
    let kinds = [Kind::LinkLogin, Kind::CorrectIdentity, Kind::UpdateProvider, Kind::LinkLogin];
    let (path, plan) = field.made_all(&kinds, "plan.json");
    let planned = calls(&plan);
    assert!(planned.len() > kinds.len() / 2, "{plan}");
    field.late_effects(15);
    let before = field.writes().len();
    let appliers: Vec<Child> = (0..APPLIERS).map(|_| start(field.applying(&path))).collect();
    let causes = "unlinked-login,identity-mismatch,field-drift";
    let cron = start(field.command(&["--reconcile", "--format", "json", "--apply", causes]));
    let answers: Vec<Answer> = appliers
        .into_iter()
        .chain([cron])
        .map(|child| Answer::of(&child.wait_with_output().unwrap()))
        .collect();
    let exits: Vec<Option<i32>> = answers.iter().map(|answer| answer.exit).collect();
    let (cron, appliers) = exits.split_last().unwrap();
    // Who comes after the one that applied: a newer reconciliation is there, and the plan is old.
    let is_told = |exit: &Option<i32>| matches!(exit, Some(0 | 5 | 8));
    let said: Vec<String> = answers.iter().map(Answer::said).collect();
    assert!(appliers.iter().all(is_told) && matches!(cron, Some(0 | 4 | 8)), "{exits:?} {said:#?}");
    assert!(exits.iter().filter(|exit| **exit == Some(8)).count() >= APPLIERS / 2, "{exits:?}");
    for (call, times) in effects(&field, before) {
        assert_eq!(times, 1, "{call}: {exits:?}");
    }
    // Whoever applied: in the end everything is done.
    let again = Applied::of(field.applying(&path));
    assert!(matches!(again.exit, Some(0 | 5)), "{}", again.stderr);
    let mut left = found(&field.reconcile());
    // Where the run without a person was first, what needs a person is left for a new plan.
    let rest: Vec<String> = left.intersection(&ends(&plan)).cloned().collect();
    if !rest.is_empty() {
        assert_eq!(*cron, Some(0), "{exits:?} {said:#?}");
        let keys: Vec<&str> = rest.iter().flat_map(|id| ["--key", id]).collect();
        let (path, _) = field.plan("rest.json", &[&["--fresh"], &keys[..]].concat());
        assert_eq!(Applied::of(field.applying(&path)).exit, Some(0));
        left = found(&field.reconcile());
    }
    assert!(left.is_disjoint(&ends(&plan)), "{exits:?} {said:#?}");
    assert!(effects(&field, before).values().all(|times| *times == 1));
}

#[test]
fn a_loser_is_told_who_holds_the_lock_and_sends_nothing() {
    let field = Field::new(5, 120);
    let (path, plan) = field.made(Kind::LinkLogin, "plan.json");
    let before = field.writes().len();
    // The first one's only write is answered late, so it waits for its quiet period.
    field.late_effects(100);
    let first = start(field.applying(&path));
    let mut second = field.apply(&path);
    while second.exit != Some(8) && second.exit != Some(0) {
        second = field.apply(&path);
    }
    let first = Applied::read(&Answer::of(&first.wait_with_output().unwrap()));
    let exits = [first.exit, second.exit];
    assert!(exits.contains(&Some(8)) && exits.contains(&Some(0)), "{exits:?}");
    let loser = if first.exit == Some(8) { first } else { second };
    assert!(loser.stderr.contains("another apply holds the lock"), "{}", loser.stderr);
    assert!(loser.stderr.contains("process"), "{}", loser.stderr);
    assert_eq!(effects(&field, before).into_values().collect::<Vec<_>>(), [1]);
    assert!(found(&field.reconcile()).is_disjoint(&ends(&plan)));
}
