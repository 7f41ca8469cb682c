//! Worlds by seed: what was chosen is fixed, nothing else changed, the counts are those that
//! the plan said, and undoing it restores both systems where the plan said that it could.
//!
//! 50 seeds: `cargo test --test suite -- --ignored --nocapture apply_worlds::fifty_seeds`; the
//! suite runs the first ten.
//! Must not do: make a difference on purpose; these are the ones that months of life leave.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Instant;

use serde_json::Value;

use crate::apply::rows::differing;
use crate::apply::{Field, calls, ends, found};

/// Causes whose fixes are sent without a person, and can be undone.
const UNDONE: [&str; 4] = ["identity-mismatch", "swapped-device", "unlinked-login", "field-drift"];

/// Causes whose fixes remove: only what is proven.
const REMOVED: [&str; 2] = ["pending-purge", "lost-webhook"];

/// Causes whose fixes nothing undoes.
const LASTING: [&str; 2] = ["awaiting-sync", "returned"];

/// One world, once through.
fn world(seed: u64) -> (usize, usize) {
    let field = Field::new(seed, 120);
    field.cannot("synchronise_path");
    let undoable = field.reconcile();
    let keys = keys(&undoable, |cause, proven| {
        UNDONE.contains(&cause) || (REMOVED.contains(&cause) && proven)
    });
    let sent = undone(&field, seed, &undoable, &keys);
    let lasting = field.reconcile();
    let keys = self::keys(&lasting, |cause, _| LASTING.contains(&cause));
    let kept = planned(&field, &keys).map_or(0, |(path, plan)| {
        field.apply_at_last(&path).assert_done(&format!("seed {seed}"));
        rest_is_same(&lasting, &field.reconcile(), &plan, seed);
        calls(&plan).len()
    });
    (sent, kept)
}

/// Applies and undoes; how many steps there were.
fn undone(field: &Field, seed: u64, before: &Value, keys: &[String]) -> usize {
    let Some((path, plan)) = planned(field, keys) else { return 0 };
    let (rows, counts) = (field.rows(), field.counts());
    let applied = field.apply_at_last(&path);
    applied.assert_done(&format!("seed {seed}"));
    let after = &applied.document["after"]["found"];
    let truly = field.counts();
    assert_eq!((after["acs"].as_u64(), after["provider"].as_u64()), (Some(truly.0), Some(truly.1)));
    let fixed = field.reconcile();
    assert!(found(&fixed).is_disjoint(&ends(&plan)), "seed {seed}");
    rest_is_same(before, &fixed, &plan, seed);

    let back = field.file("undo.json");
    let undo = field.acerto(&["undo", applied.run_id(), "-o", back.to_str().unwrap()]);
    assert_eq!(undo.exit, Some(0), "seed {seed}: {}", undo.said());
    let reversed = field.apply_at_last(&back);
    reversed.assert_undone(&format!("seed {seed}, undo"));
    assert_eq!(field.counts(), counts, "seed {seed}: counts after undo");
    let differs = differing(&rows, &field.rows());
    assert_eq!(differs, Vec::<String>::new(), "seed {seed}: rows after undo");
    let again = field.reconcile();
    assert_eq!(found(&again), found(before), "seed {seed}: findings after undo");
    calls(&plan).len()
}

/// A plan that sends something, for the findings of these keys.
fn planned(field: &Field, keys: &[String]) -> Option<(std::path::PathBuf, Value)> {
    if keys.is_empty() {
        return None;
    }
    let flags: Vec<&str> = keys.iter().flat_map(|key| ["--key", key]).collect();
    let (path, plan) = field.plan("plan.json", &flags);
    assert_ne!(plan["guard"]["verdict"], "refuse", "{plan}");
    (!calls(&plan).is_empty()).then_some((path, plan))
}

/// Keys of the findings that are wanted by cause and proof.
fn keys(report: &Value, wanted: impl Fn(&str, bool) -> bool) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    let is_wanted = |finding: &&Value| {
        wanted(finding["cause"].as_str().unwrap(), finding["strength"] == "proven")
    };
    findings.filter(is_wanted).map(|f| f["id"].as_str().unwrap().to_owned()).collect()
}

/// Whatever has nothing to do with the plan's devices is as it was.
fn rest_is_same(before: &Value, after: &Value, plan: &Value, seed: u64) {
    let chosen = ends(plan);
    let touched: BTreeSet<String> = before["findings"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|finding| chosen.contains(finding["id"].as_str().unwrap()))
        .flat_map(names)
        .collect();
    // A finding whose only candidate is gone depends on the plan, before and after.
    let of = |report: &Value| report["findings"].as_array().unwrap().clone();
    let depends: BTreeSet<String> = of(before)
        .iter()
        .chain(&of(after))
        .filter(|finding| !names(finding).is_disjoint(&touched))
        .map(|finding| finding["id"].to_string())
        .collect();
    let rest = |report: &Value| -> BTreeMap<String, String> {
        of(report)
            .iter()
            .filter(|finding| !depends.contains(&finding["id"].to_string()))
            .filter(|finding| finding["cause"] != "manual-delete")
            .map(|f| (f["id"].to_string(), format!("{} {}", f["cause"], f["strength"])))
            .collect()
    };
    assert_eq!(rest(before), rest(after), "seed {seed}: {plan}");
}

/// Everything by which a finding's records are known.
fn names(finding: &Value) -> BTreeSet<String> {
    const NAMES: [&str; 6] = ["id", "serial", "device_id", "login_id", "login", "mac"];
    let mut names = BTreeSet::new();
    let mut open: Vec<&Value> = ["acs", "provider", "acs_all", "provider_all", "related"]
        .iter()
        .map(|side| &finding[*side])
        .chain([&finding["candidates"]])
        .collect();
    while let Some(value) = open.pop() {
        match value {
            Value::Array(values) => open.extend(values),
            Value::Object(fields) => {
                for (name, value) in fields {
                    match value.as_str().filter(|_| NAMES.contains(&name.as_str())) {
                        Some(text) => drop(names.insert(format!("{name}={text}"))),
                        None => open.push(value),
                    }
                }
            }
            _ => {}
        }
    }
    names
}

fn worlds(seeds: std::ops::RangeInclusive<u64>) {
    let began = Instant::now();
    let next = std::sync::atomic::AtomicU64::new(*seeds.start());
    let done = std::sync::Mutex::new((0, 0));
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                loop {
                    let seed = next.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
                    if seed > *seeds.end() {
                        break;
                    }
                    let (undone, kept) = world(seed);
                    let mut done = done.lock().unwrap();
                    *done = (done.0 + undone, done.1 + kept);
                }
            });
        }
    });
    let (undone, kept) = *done.lock().unwrap();
    let seconds = began.elapsed().as_secs();
    println!("{seeds:?}: {undone} steps applied and undone, {kept} applied, {seconds} s");
    assert!(undone > 0 && kept > 0);
}

#[test]
fn ten_seeds() {
    worlds(1..=10);
}

#[test]
#[ignore = "takes some minutes; the command is in the header"]
fn fifty_seeds() {
    worlds(1..=50);
}
