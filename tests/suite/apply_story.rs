//! From a finding to a fix and back, as a person or cron goes the way: plan, show, dry run,
//! apply, report, undo; and the exit codes 0, 2, 3, 5 and 6 got for real (4 and 9 in `apply_rows`,
//! 8 in `apply_many`).
//!
//! Must not do: crash or race; those have files of their own.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::{Value, json};

use crate::apply::kinds::Kind;
use crate::apply::rows::differing;
use crate::apply::{Field, calls, ends, found};

/// What can be undone, and what is sent without a person.
const UNDONE: [Kind; 5] = [
    Kind::LinkLogin,
    Kind::CorrectIdentity,
    Kind::UpdateProvider,
    Kind::ReplaceIdentity,
    Kind::RemoveInProvider,
];

#[test]
fn from_findings_to_fixes_and_back() {
    let field = Field::new(1, 200);
    field.cannot("synchronise_path");
    let (path, plan) = field.made_all(&UNDONE, "plan.json");
    let (name, sent) = (path.to_str().unwrap(), calls(&plan).len());
    let shown = field.acerto(&["plan", "show", name]);
    assert_eq!(shown.exit, Some(0), "{}", shown.said());
    assert!(shown.stdout.contains(&format!("Would be sent: {sent}")), "{}", shown.stdout);
    let (writes, rows) = (field.writes().len(), field.rows());
    let dry = field.acerto(&["apply", name]);
    assert_eq!(dry.exit, Some(0), "{}", dry.said());
    assert!(dry.stderr.contains("nothing was sent"), "{}", dry.stderr);
    assert_eq!(field.writes().len(), writes, "a dry run sends nothing");
    let before = field.reconcile();
    assert!(found(&before).is_superset(&ends(&plan)));
    // The plan is outdated by that reconciliation, and made again.
    assert_eq!(field.apply(&path).exit, Some(5));
    let keys: Vec<String> = ends(&plan).into_iter().collect();
    let flags: Vec<&str> = keys.iter().flat_map(|key| ["--key", key]).collect();
    let (path, plan) = field.plan("again.json", &flags);

    let applied = field.apply(&path);
    applied.assert_done("apply");
    assert_eq!(applied.document["after"]["fixed"].as_array().unwrap().len(), keys.len());
    let after = field.reconcile();
    assert!(found(&after).is_disjoint(&ends(&plan)));
    let projected = &plan["projection"];
    assert_eq!(projected["acs"], after["sides"]["acs"]["devices"]);
    assert_eq!(projected["provider"], after["sides"]["provider"]["devices"]);

    let back = field.file("back.json");
    let undo = field.acerto(&["undo", applied.run_id(), "-o", back.to_str().unwrap()]);
    assert_eq!(undo.exit, Some(0), "{}", undo.said());
    field.apply_at_last(&back).assert_undone("undo");
    assert_eq!(differing(&rows, &field.rows()), Vec::<String>::new(), "every row is as it was");
    assert_eq!(found(&field.reconcile()), found(&before), "every finding is back");
}

#[test]
fn a_run_of_cron_plans_applies_and_reports() {
    let field = Field::new(1, 200);
    // A mistyped serial with login and MAC both equal is what is sent without a person.
    let (_, plan) = field.made(Kind::CorrectIdentity, "plan.json");
    let run = |more: &[&str]| {
        let cause = ["--reconcile", "--format", "json", "--apply", "identity-mismatch"];
        field.acerto(&[&cause, more].concat())
    };
    let writes = field.writes().len();
    let dry = run(&["--dry-run"]);
    assert_eq!(dry.exit, Some(0), "{}", dry.said());
    assert!(!calls(&dry.report()["plan"]).is_empty(), "the report holds the plan");
    assert!(found(&dry.report()).is_superset(&ends(&plan)));
    assert_eq!(field.writes().len(), writes, "nothing was sent");
    let sent = run(&[]);
    let report = sent.report();
    assert_eq!((sent.exit, &report["exit"]), (Some(0), &json!(0)), "{}", sent.said());
    assert!(found(&report).is_disjoint(&ends(&plan)), "the report is that of the run after");
    let planned = calls(&report["plan"]).len();
    assert_eq!(report["journal"]["verified"], json!(planned), "{}", report["journal"]);
    assert_eq!(field.writes().len(), writes + planned);
    let nothing = run(&[]);
    assert_eq!(nothing.exit, Some(0), "nothing is left to apply: {}", nothing.said());
    assert_eq!(field.writes().len(), writes + planned);
    let report = field.acerto(&["--reconcile", "--format", "json"]);
    assert_eq!(report.exit, Some(3), "other differences are there, and only reported");
}

/// A plan for one mistyped serial, and what its file says.
fn planned(field: &Field) -> (std::path::PathBuf, String) {
    let (path, _) = field.made(Kind::CorrectIdentity, "plan.json");
    let text = std::fs::read_to_string(&path).unwrap();
    (path, text)
}

/// Nothing was sent, and it said so with this code.
fn refused(field: &Field, plan: &std::path::Path, exit: i32, words: &str) {
    let before = field.writes().len();
    let applied = field.apply(plan);
    let said = format!("{} {}", applied.document, applied.stderr);
    assert_eq!(applied.exit, Some(exit), "{words}: {said}");
    assert!(said.contains(words), "{words}: {said}");
    assert_eq!(field.writes().len(), before, "{words}: nothing is sent");
}

#[test]
fn a_plan_that_was_touched_is_refused() {
    let field = Field::new(1, 200);
    let (path, text) = planned(&field);
    let edited = text.replacen("ALCL", "ALCM", 1).replacen("HWTC", "HWTD", 1);
    let edited = edited.replacen("ZTEG", "ZTEH", 1);
    assert_ne!(edited, text);
    std::fs::write(&path, &edited).unwrap();
    refused(&field, &path, 5, "plan again");
    std::fs::write(&path, &text).unwrap();
    for mode in [0o660, 0o606] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        refused(&field, &path, 2, "chmod");
    }
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    field.apply_at_last(&path).assert_done("as it was made");
}

#[test]
fn a_profile_that_only_reads_sends_nothing() {
    let field = Field::new(1, 200);
    let (path, _) = planned(&field);
    let text = field.lab.configuration();
    field.lab.configure(&text.replace("read_only = false", "read_only = true"));
    refused(&field, &path, 5, "read-only");
    let cause = ["--reconcile", "--format", "json", "--apply", "identity-mismatch"];
    let cron = field.acerto(&cause);
    assert_eq!(cron.exit, Some(5), "{}", cron.said());
    field.lab.configure(&text);
    assert!(field.writes().is_empty());
}

#[test]
fn removals_are_off_unless_enabled() {
    let field = Field::of(1, 200, "lab", &Field::wide_but(&["removals"]));
    let (path, plan) = field.made(Kind::RemoveInProvider, "plan.json");
    assert_eq!(plan["guard"]["verdict"], "refuse");
    refused(&field, &path, 5, "removal");
}

#[test]
fn no_apply_while_the_systems_synchronise() {
    let field = Field::new(1, 200);
    let (path, _) = planned(&field);
    let text = field.lab.configuration();
    let at = text.find("sync_window = \"").unwrap() + "sync_window = \"".len();
    let always = format!("{}00:00-23:59{}", &text[..at], &text[at + 11..]);
    field.lab.configure(&always);
    refused(&field, &path, 5, "synchronise");
}

#[test]
fn a_plan_without_a_step_is_three_and_a_system_that_is_down_six() {
    let mut field = Field::new(1, 200);
    field.reconcile();
    let none = field.acerto(&["plan", "--cause", "inactive-login"]);
    assert_eq!(none.exit, Some(3), "{}", none.said());
    let (path, _) = planned(&field);
    field.lab.kill();
    // Both systems are gone: it waits for a while, and nothing of the plan is lost by it.
    let began = std::time::Instant::now();
    let applied = field.apply(&path);
    assert_eq!(applied.exit, Some(6), "{} {}", applied.document, applied.stderr);
    assert!(began.elapsed().as_secs() < 120);
    let states = applied.states();
    assert!(states.values().all(|state| state == "intent"), "{states:?}");
}

/// A returned device is deleted again: it informed lately, so a person types the count.
fn returned_is_deleted(profile: &'static str) {
    let field = Field::of(1, 200, profile, &Field::wide_but(&[]));
    let (path, plan) = field.made(Kind::DeleteInAcs, "plan.json");
    let call = calls(&plan).into_values().next().unwrap();
    assert!(call.starts_with("DELETE"), "{call}");
    refused(&field, &path, 5, "shows life");
    let writes = field.writes().len();
    let (acs, provider) = field.counts();
    let uncounted = field.typed_by(field.typing(&path, 2));
    assert_eq!(uncounted.exit, Some(5), "another count: {}", uncounted.stderr);
    assert_eq!(field.writes().len(), writes);
    let applied = field.typed_by(field.typing(&path, 1));
    applied.assert_done(profile);
    assert_eq!(field.counts(), (acs - 1, provider));
    assert_eq!(field.writes().len(), writes + 1);
    let report = field.reconcile();
    assert!(found(&report).is_disjoint(&ends(&plan)));
    let left = &report["ledgers"]["since"]["acs"];
    assert!(left["then"].is_number(), "{left}");
    let undo = field.acerto(&["undo", applied.run_id(), "-o", field.file("u").to_str().unwrap()]);
    assert_eq!(undo.exit, Some(3), "a deletion can't be undone: {}", undo.said());
}

#[test]
fn a_returned_device_is_deleted_from_ixc_acs() {
    returned_is_deleted("lab");
}

#[test]
fn a_returned_device_is_deleted_from_genieacs() {
    returned_is_deleted("lab-genieacs");
}

#[test]
fn what_an_adapter_can_not_do_is_a_line_to_click() {
    // GenieACS knows no integration: a device is sent again by hand.
    let field = Field::of(1, 200, "lab-genieacs", &Field::wide_but(&[]));
    field.made(Kind::DeleteInAcs, "tried.json");
    let (path, plan) = field.plan("plan.json", &["--cause", "returned", "--fix", "send-device"]);
    let name = path.to_str().unwrap();
    let steps: Vec<&Value> = plan["steps"].as_array().unwrap().iter().collect();
    assert!(!steps.is_empty() && steps.iter().all(|step| step["call"].is_null()), "{plan}");
    let csv = field.acerto(&["plan", "export", name, "--format", "csv"]);
    assert_eq!(
        (csv.exit, csv.stdout.lines().count()),
        (Some(0), 1 + steps.len()),
        "{}",
        csv.said()
    );
    let seq = steps[0]["seq"].to_string();
    let done = field.acerto(&["plan", "done", name, &seq]);
    assert_eq!(done.exit, Some(0), "{}", done.said());
    let text = field.acerto(&["plan", "export", name]);
    assert!(text.stdout.contains("[x]"), "{}", text.stdout);
    assert!(field.writes().is_empty(), "nothing is sent by it");
}
