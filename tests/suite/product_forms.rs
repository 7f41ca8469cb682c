//! One world in every habit of writing it: the program's answer is the same, and right.
//!
//! Must not do: look anywhere but into the report.

use std::collections::{BTreeMap, BTreeSet};

use acerto::engine::Cause;
use serde_json::Value;

use crate::judge::counted;
use crate::product_run::{Home, assert_sums, lasting};
use crate::world::write::{self, Form};
use crate::world::{Shape, Watch, World};

fn world(seed: u64, devices: usize) -> World {
    World::new(Shape { seed, devices, watch: Watch::Audit, synchronised: true })
}

#[test]
fn every_form_gives_the_same_report() {
    let world = world(31, 300);
    let home = Home::new();
    let mut first: Option<Value> = None;
    for form in Form::ALL {
        let folder = home.folder(&format!("{form:?}"));
        let files = write::files(&world, &folder, form).unwrap();
        let answer = home.reconcile(&files, world.now, &["--no-store"]);
        assert_eq!(answer.exit, Some(3), "{form:?}: {}", answer.stderr);
        let report = answer.report();
        assert_sums(&report);
        assert_eq!(report["sides"]["provider"]["devices"], world.counted, "{form:?}");
        assert_eq!(report["matched"], world.matched, "{form:?}");
        let report = lasting(report);
        match &first {
            None => first = Some(report),
            Some(want) => assert_eq!(*want, report, "{form:?}"),
        }
    }
}

/// The records of a finding that stand in a sum, by name.
fn names(finding: &Value, world: &World) -> Vec<String> {
    let in_sums: BTreeSet<&str> = world
        .provider
        .iter()
        .filter(|r| counted(r))
        .filter_map(|r| r.device_id.as_ref().map(acerto::domain::Untrusted::raw))
        .collect();
    let mut names = Vec::new();
    for (one, all, id) in [("acs", "acs_all", "id"), ("provider", "provider_all", "device_id")] {
        let several = finding[all].as_array().cloned().unwrap_or_default();
        let records = several.iter().chain(Some(&finding[one]).filter(|r| r.is_object()));
        let found = records.filter_map(|r| r[id].as_str());
        names.extend(found.filter(|n| id == "id" || in_sums.contains(n)).map(str::to_owned));
    }
    names
}

#[test]
fn a_world_of_three_thousand_is_told_rightly() {
    let world = world(32, 3_000);
    let home = Home::new();
    let files = write::files(&world, home.path(), Form::SemicolonBomCrlf).unwrap();
    let report = home.reconcile(&files, world.now, &["--no-store"]).report();
    assert_sums(&report);
    let mut open: BTreeMap<&str, Cause> =
        world.truth.iter().map(|(name, t)| (name.as_str(), t.cause)).collect();
    let (mut right, mut wrong, mut seen) = (0, Vec::new(), BTreeSet::new());
    for finding in report["findings"].as_array().unwrap() {
        let cause = finding["cause"].as_str().unwrap();
        for name in names(finding, &world) {
            let truth = open.remove(name.as_str());
            let provable = world.truth.get(&name).is_some_and(|t| t.provable);
            let proven = finding["strength"] == "proven";
            assert!(seen.insert(name.clone()), "{name} is in two findings");
            if truth.map(Cause::wire) == Some(cause) {
                right += 1;
                assert!(provable || !proven, "{name}: {cause} can't be proven");
            } else {
                assert!(!proven, "{name}: {cause} proven, but it is {truth:?}");
                wrong.push(format!("{name}: {cause} instead of {truth:?}"));
            }
        }
    }
    wrong.extend(open.iter().map(|(name, cause)| format!("{name}: {} not told", cause.wire())));
    assert!(wrong.len() * 200 <= right, "{} wrong:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn a_run_without_a_store_leaves_nothing_behind() {
    let world = world(33, 60);
    let home = Home::new();
    let files = write::files(&world, &home.folder("in"), Form::Ndjson).unwrap();
    let remembered_nothing = [&["--no-store"][..], &[]];
    for more in remembered_nothing {
        let report = home.reconcile(&files, world.now, more).report();
        assert_eq!(report["profile"], "files");
        assert_eq!(report["ledgers"]["since"]["baseline"], Value::Null);
    }
    let left: Vec<_> = std::fs::read_dir(home.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn what_fails_is_what_was_asked_for() {
    let world = world(34, 60);
    let home = Home::new();
    let files = write::files(&world, home.path(), Form::Tab).unwrap();
    for (fail_on, exit) in [("any", 3), ("unexplained", 0), ("none", 0)] {
        let answer = home.reconcile(&files, world.now, &["--no-store", "--fail-on", fail_on]);
        assert_eq!(answer.exit, Some(exit), "--fail-on {fail_on}: {}", answer.stderr);
        assert_eq!(answer.report()["exit"], exit);
    }
}
