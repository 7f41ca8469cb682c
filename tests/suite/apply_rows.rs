//! A row is written whole. What else changes in it is noticed: the step ends with a person or
//! superseded, and never as verified (SAFETY.md section 2, I8).
//!
//! Must not do: repeat what adapters test of one request; here it is the whole apply.

use serde_json::json;

use crate::apply::Field;
use crate::apply::kinds::Kind;
use crate::apply::rows::{ONUS, differing};

/// One apply with a fault that strikes its only PUT: the states of the steps and the exit code.
fn struck(fault: &str) -> (Vec<String>, Option<i32>, String) {
    let field = Field::new(7, 100);
    let (path, _) = field.made(Kind::CorrectIdentity, "plan.json");
    field.lab.fault(fault, "provider", 1);
    let applied = field.apply(&path);
    let struck = field.writes();
    assert_eq!(struck.iter().filter(|w| w.call.starts_with("PUT")).count(), 1, "{fault}");
    let said = format!("{} {}", applied.document, applied.stderr);
    if applied.exit == Some(9) {
        stays_closed(&field, &path, fault);
    }
    (applied.states().into_values().collect(), applied.exit, said)
}

/// What a person has to look at blocks every other apply, until the person has decided.
fn stays_closed(field: &Field, plan: &std::path::Path, fault: &str) {
    let writes = field.writes().len();
    let again = field.apply(plan);
    assert_eq!(again.exit, Some(9), "{fault}: {}", again.stderr);
    let cron = field.acerto(&["--reconcile", "--format", "json", "--apply", "unlinked-login"]);
    assert_eq!(cron.exit, Some(9), "{fault}: {}", cron.stderr);
    assert_eq!(field.writes().len(), writes, "{fault}: nothing was sent");
    let action = again.stderr.split("acerto resolve ").nth(1).unwrap();
    let action = action.split(' ').next().unwrap();
    let resolve = ["resolve", action, "done", "--reason", "looked at the row"];
    let resolved = field.acerto(&resolve);
    assert_eq!(resolved.exit, Some(0), "{fault}: {}", resolved.stderr);
    let cron = field.acerto(&["--reconcile", "--format", "json", "--apply", "field-drift"]);
    assert_eq!(cron.exit, Some(0), "{fault}: it is settled: {}", cron.stderr);
}

#[test]
fn what_changes_around_a_put_is_never_verified() {
    for (fault, column) in [
        ("hidden-column", "chave_olt"),
        ("changed-meanwhile", "endereco"),
        ("changed-after", "endereco"),
    ] {
        let (states, exit, said) = struck(fault);
        assert!(states.iter().all(|s| s == "needs-human" || s == "superseded"), "{fault}: {said}");
        assert_eq!(exit, Some(9), "{fault}: {said}");
        assert!(said.contains(column), "{fault}: the column is named: {said}");
    }
}

#[test]
fn what_changed_before_the_put_supersedes_the_step() {
    let field = Field::new(7, 100);
    let (path, plan) = field.made(Kind::CorrectIdentity, "plan.json");
    let id = plan["steps"][0]["call"]["path"].as_str().unwrap().rsplit('/').next().unwrap();
    field.edit(ONUS, id, "id_login", "0");
    let (before, rows) = (field.writes().len(), field.rows());
    let applied = field.apply(&path);
    assert_eq!(applied.exit, Some(4), "{}", applied.stderr);
    assert_eq!(applied.states().into_values().collect::<Vec<_>>(), ["superseded"]);
    assert_eq!(field.writes().len(), before, "nothing was sent");
    assert_eq!(differing(&rows, &field.rows()), Vec::<String>::new());
}

#[test]
fn a_put_changes_the_planned_columns_and_nothing_else() {
    let field = Field::new(7, 100);
    let (path, plan) = field.made(Kind::CorrectIdentity, "plan.json");
    let rows = field.rows();
    field.apply_at_last(&path).assert_done("correct-identity");
    let changed = differing(&rows, &field.rows());
    let planned: Vec<String> = plan["steps"][0]["call"]["body"]
        .as_object()
        .unwrap()
        .keys()
        .map(|column| format!(" {column}: "))
        .collect();
    assert!(!changed.is_empty());
    let is_planned = |change: &String| planned.iter().any(|column| change.contains(column));
    assert!(changed.iter().all(is_planned), "{changed:#?}");
    assert_eq!(plan["steps"][0]["undo"], json!("tries"));
    let writes = field.writes().len();
    field.apply_at_last(&path).assert_done("the same plan again tells how it went");
    assert_eq!(field.writes().len(), writes, "and sends nothing");
}
