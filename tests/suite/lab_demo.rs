//! `--demo` and `lab score`, as a person without any configuration types them.
//!
//! Must not do: link the product in.

use serde_json::Value;

use crate::product_run::{Answer, Home};

fn acerto(home: &Home, arguments: &[&str]) -> Answer {
    home.run(arguments)
}

#[test]
fn the_demo_explains_its_world_and_leaves_nothing_behind() {
    let home = Home::new();
    // A configuration that would be refused is never read.
    std::fs::write(home.folder(".config/acerto").join("config.toml"), "nonsense").unwrap();
    let shown = acerto(&home, &["--demo"]);
    assert_eq!(shown.exit, Some(0), "{}", shown.said());
    for line in ["profile demo", "Both sums hold to the unit", "Since the last run"] {
        assert!(shown.stdout.contains(line), "{line}: {}", shown.said());
    }
    assert!(!home.path().join(".local").exists());
}

#[test]
fn a_kept_store_meets_the_same_world_again() {
    let home = Home::new();
    let first = acerto(&home, &["--demo", "--store", "kept", "--reconcile", "--format", "json"]);
    assert_eq!(first.exit, Some(3), "{}", first.said());
    let report = first.report();
    let causes = report["causes"].as_object().unwrap();
    assert!(causes.len() >= 10, "{causes:?}");
    assert_eq!(report["ledgers"]["between"]["balanced"], true);
    assert_eq!(report["profile"], "demo");
    let serial = &report["findings"][0]["acs"]["serial"];
    let serial = serial.as_str().or(report["findings"][0]["acs_all"][0]["serial"].as_str());
    let again = acerto(&home, &["--demo", "--store", "kept", "explain", serial.unwrap()]);
    assert_eq!(again.exit, Some(0), "{}", again.said());
    let runs = acerto(&home, &["--demo", "--store", "kept", "runs", "--format", "json"]);
    let runs: Value = serde_json::from_str(&runs.stdout).unwrap();
    assert_eq!(runs["runs"].as_array().map(Vec::len), Some(8), "{runs}");
    let other = home.folder("other");
    std::fs::write(other.join("acerto.redb"), "x").unwrap();
    assert_eq!(acerto(&home, &["--demo", "--store", "other"]).exit, Some(2));
}

#[test]
fn the_score_reaches_its_bars_and_prints_the_confusion() {
    let home = Home::new();
    for more in [&[][..], &["--listener"], &["--no-listener"], &["--criterion-unknown"]] {
        // A world this small is another one at another hour.
        let mut words = vec!["lab", "score", "--epoch", "2026-11-25T22:00:00Z", "--seeds", "1"];
        words.extend(["--devices", "200", "--format", "json"]);
        words.extend(more);
        let answer = acerto(&home, &words);
        let score = answer.report();
        assert_eq!(score["schema"], 1);
        assert_eq!(score["proven_wrong"], 0, "{more:?}: {score}");
        assert_eq!(score["balanced"], true, "{more:?}");
        let confusion = score["confusion"].as_array().unwrap();
        let sum: u64 = confusion.iter().map(|c| c["count"].as_u64().unwrap()).sum();
        assert_eq!(Some(sum), score["devices"].as_u64(), "{more:?}");
        assert!(sum > 100 && score["per_cause"]["unlinked-login"]["recall"].is_number());
        let bar = if more.contains(&"--no-listener") { 0.95 } else { 0.99 };
        let reached = score["accuracy"].as_f64().unwrap() >= bar;
        assert_eq!(answer.exit, Some(if reached { 0 } else { 3 }), "{more:?}: {score}");
    }
}
