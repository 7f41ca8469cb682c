//! From the ACS's webhook to the explanation: the lab, the receiver and the report as processes;
//! and what a gap of the receiver costs.
//!
//! Must not do: tell the engine anything by hand that the receiver should have told it.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::apply::Field;
use crate::lab_process::Lab;
use crate::listener::{self, Listening, PATIENCE, SECRET, deletion, table};

/// What a report says about a device: cause and strength.
fn told(report: &Value, serial: &str) -> Option<(String, String)> {
    let findings = report["findings"].as_array().unwrap();
    let of = findings.iter().find(|f| f["provider"]["serial"] == serial)?;
    let word = |key: &str| of[key].as_str().unwrap().to_owned();
    Some((word("cause"), word("strength")))
}

/// How many stretches of listening the store knows.
fn intervals(field: &Field) -> usize {
    let export = field.acerto(&["store", "export"]);
    assert_eq!(export.exit, Some(0), "{}", export.said());
    let rows = export.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let listened = rows.filter(|row| row["coverage"] == "listening");
    listened.map(|row| row["intervals"].as_array().unwrap().len()).sum()
}

/// Waits until as many are known: a stretch is noted once it is longer than an instant.
fn wait_for_intervals(field: &Field, wanted: usize) {
    let until = Instant::now() + PATIENCE;
    while intervals(field) != wanted {
        assert!(Instant::now() < until, "never {wanted} stretches of listening");
        std::thread::sleep(Duration::from_millis(200));
    }
}

fn reconciled(field: &Field) -> Value {
    let answer = field.acerto(&["--reconcile", "--format", "json"]);
    assert!(matches!(answer.exit, Some(0 | 3)), "{}", answer.said());
    answer.report()
}

#[test]
fn a_gap_turns_what_would_be_proven_into_inferred() {
    let field = Field::new(3, 150);
    let more = "event_age = \"30d\"\nclock_tolerance = \"30d\"\nheartbeat = \"1s\"";
    let text = field.lab.configuration();
    let table = table(field.lab.folder(), more);
    field.lab.configure(&format!("{text}\n{table}"));
    reconciled(&field);
    field.advance(1);
    let sound = field.sound();
    let (heard, unheard) = (&sound[0], &sound[1..21]);
    // The Provider gets neither hook; the receiver hears the first one.
    let delete = |serial: &str| {
        let event = json!({"kind": "manual-delete", "key": serial, "webhook": "lost"});
        field.happen(&event).unwrap();
    };
    let listening = Listening::of(field.command(&["listen"]));
    delete(heard);
    let at = field.lab.get("/_lab/state")["now"].as_str().unwrap().to_owned();
    let (status, answer) = listening.connect().tell(&deletion(heard, &at)).unwrap();
    assert_eq!((status, answer["accepted"].as_u64()), (200, Some(1)), "{answer}");
    wait_for_intervals(&field, 1);
    listening.kill();
    for serial in unheard {
        delete(serial);
    }
    // Longer than a heartbeat: nobody can say what was told meanwhile.
    std::thread::sleep(Duration::from_secs(2));
    let listening = Listening::of(field.command(&["listen"]));
    wait_for_intervals(&field, 2);
    field.advance(4);
    let report = reconciled(&field);
    assert_eq!(told(&report, heard), Some(("lost-webhook".to_owned(), "proven".to_owned())));
    // Most call home at their next Inform, and are matched again.
    let gone: Vec<_> = unheard.iter().filter_map(|serial| told(&report, serial)).collect();
    assert!(!gone.is_empty(), "none stayed away");
    for (cause, strength) in gone {
        assert_eq!(strength, "inferred", "{cause}");
        assert_ne!(cause, "lost-webhook", "nobody told it");
    }
    listening.stop();
}

#[test]
fn what_the_lab_sends_is_what_is_kept() {
    let home = listener::home("event_age = \"30d\"\nclock_tolerance = \"30d\"");
    let listening = Listening::at(&home);
    let hook = format!("http://127.0.0.1:{}/webhook?secret={SECRET}", listening.port);
    let lab = Lab::with(1, 100, &["--webhook", &hook]);
    let before = lab.get("/_lab/state")["now"].as_str().unwrap().to_owned();
    lab.post("/_lab/advance", &json!({"hours": 72}));
    let sent = lab.text(&format!("/_lab/events?from={before}&as=listener"));
    let sent = sent.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
    let deleted = sent.filter(|e| e["kind"] == "device-deleted");
    let deleted: BTreeSet<String> =
        deleted.map(|e| e["key"].as_str().unwrap().to_owned()).collect();
    assert!(!deleted.is_empty(), "nobody deleted anything in three days");
    let until = Instant::now() + PATIENCE;
    loop {
        let kept: BTreeSet<String> = listener::kept(&home).into_iter().collect();
        if kept == deleted {
            break;
        }
        assert!(kept.is_subset(&deleted), "{kept:?}, {deleted:?}");
        assert!(Instant::now() < until, "{kept:?} of {deleted:?}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
