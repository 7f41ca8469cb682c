//! What the memory promises, through the built program: a finding lasts over a bad day, a
//! remark hangs on the device, nothing of a person is kept, errors say whose they are.
//!
//! Must not do: look into redb; what is remembered shows in what is printed.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use serde_json::Value;

use crate::product_run::{Answer, Home};

const ACS: &str = "id,serial,pppoe_login,last_inform\n\
    a01,HWTC00000001,ana.lima,2026-11-19T10:00:00Z\n\
    a17,HWTC00000017,,2026-11-19T10:00:00Z\n";
const PROVIDER: &str = "device_id,serial,login_id,login,active,obs\n\
    d01,HWTC00000001,1,ana.lima,S,ligar 47 99999-0001\n\
    d18,HWTC00000018,18,samuel.pinto,S,cpf 123.456.789-00\n";

/// A run over these texts at noon of a day in November.
fn reconcile(home: &Home, day: u32, (acs, provider, events): (&str, &str, &str)) -> Answer {
    for (name, text) in [("acs.csv", acs), ("provider.csv", provider), ("events.csv", events)] {
        fs::write(home.path().join(name), text).unwrap();
    }
    let time = format!("2026-11-{day}T12:00:00Z");
    let words = "--reconcile --acs-file acs.csv --provider-file provider.csv \
                 --events-file events.csv --store st --format json --as-of";
    let mut words: Vec<&str> = words.split_whitespace().collect();
    words.push(&time);
    home.run(&words)
}

const NOTHING: &str = "time,kind,key,note\n";

fn remembered() -> Home {
    let home = Home::new();
    let answer = reconcile(&home, 20, (ACS, PROVIDER, NOTHING));
    assert_eq!(answer.exit, Some(3), "{}", answer.said());
    home
}

fn run(home: &Home, words: &[&str]) -> Answer {
    home.run(&[&["--store", "st"], words].concat())
}

fn finding(report: &Value, serial: &str) -> Value {
    let all = report["findings"].as_array().unwrap();
    let is = |f: &&Value| [&f["acs"], &f["provider"]].iter().any(|r| r["serial"] == serial);
    all.iter().find(is).unwrap_or(&Value::Null).clone()
}

#[test]
fn a_bad_line_for_a_day_resets_no_finding() {
    let home = Home::new();
    let bad = ACS.replace("a17,HWTC00000017", ",");
    let first = reconcile(&home, 18, (ACS, PROVIDER, NOTHING)).report();
    let before = finding(&first, "HWTC00000017");
    assert_eq!(before["state"], "new");
    for day in [19, 20] {
        let partial = reconcile(&home, day, (&bad, PROVIDER, NOTHING));
        assert_eq!(partial.exit, Some(6), "{}", partial.said());
        assert!(finding(&partial.report(), "HWTC00000017").is_null());
        assert_eq!(partial.report()["resolved"], Value::Array(Vec::new()));
    }
    let last = reconcile(&home, 21, (ACS, PROVIDER, NOTHING)).report();
    let after = finding(&last, "HWTC00000017");
    assert_eq!((&after["state"], &after["id"]), (&"ongoing".into(), &before["id"]));
    assert_eq!(after["first_seen"], before["first_seen"]);
    let told = run(&home, &["explain", "a17", "--format", "json"]).report();
    let states: Vec<&Value> =
        told["history"].as_array().unwrap().iter().map(|h| &h["state"]).collect();
    assert_eq!(states, ["ongoing", "new"], "it was never resolved");
}

#[test]
fn what_ended_in_a_partial_run_ends_once() {
    let home = Home::new();
    reconcile(&home, 18, (ACS, PROVIDER, NOTHING));
    // d18 arrives in the ACS on a day with a bad line.
    let whole = format!("{ACS}a18,HWTC00000018,samuel.pinto,2026-11-19T10:00:00Z\n");
    let partial =
        reconcile(&home, 19, (&format!("{whole},,,2026-11-19T10:00:00Z\n"), PROVIDER, NOTHING));
    assert_eq!(partial.exit, Some(6), "{}", partial.said());
    assert_eq!(partial.report()["resolved"].as_array().map(Vec::len), Some(1));
    let next = reconcile(&home, 20, (&whole, PROVIDER, NOTHING)).report();
    assert_eq!(next["resolved"], Value::Array(Vec::new()), "told the day before");
    // Gone again: another difference, not the old one.
    let again = reconcile(&home, 21, (ACS, PROVIDER, NOTHING)).report();
    assert_eq!(finding(&again, "HWTC00000018")["state"], "new");
}

#[test]
fn an_ignore_hangs_on_the_device() {
    let names = ["d18", "HWTC00000018", "hwtc-0000-0018", "SAMUEL.PINTO", "18"];
    for given in names {
        for (other, asked) in [("d18", "HWTC00000018"), ("HWTC00000018", given)] {
            let home = remembered();
            for key in [given, other] {
                let answer = run(&home, &["ignore", key, "--reason", "lab"]);
                assert_eq!(answer.exit, Some(0), "{}", answer.said());
            }
            let list = run(&home, &["ignore", "list", "--format", "json"]).report();
            assert_eq!(list["ignores"].as_array().map(Vec::len), Some(1), "{given}, {other}");
            assert_eq!(list["ignores"][0]["given"], other);
            assert_eq!(run(&home, &["ignore", "remove", asked]).exit, Some(0), "{given}");
            assert_eq!(run(&home, &["ignore", "remove", given]).exit, Some(3), "{given}");
            let report = reconcile(&home, 21, (ACS, PROVIDER, NOTHING)).report();
            let found = finding(&report, "HWTC00000018");
            assert!(found["ignored"].is_null(), "{given}, {other}: {found}");
        }
    }
}

#[test]
fn notes_are_told_by_every_name_and_to_the_finding() {
    let home = remembered();
    for (key, text) in [("a01", "one"), ("HWTC00000001", "two"), ("d01", "three"), ("1", "four")] {
        assert_eq!(run(&home, &["note", key, text]).exit, Some(0));
    }
    assert_eq!(run(&home, &["note", "samuel.pinto", "box is in the van"]).exit, Some(0));
    for key in ["a01", "HWTC00000001", "d01", "ana.lima", "1", "serial=HWTC00000001"] {
        let told = run(&home, &["explain", key, "--format", "json"]).report();
        let notes: Vec<&Value> =
            told["notes"].as_array().unwrap().iter().map(|n| &n["text"]).collect();
        assert_eq!(notes, ["one", "two", "three", "four"], "{key}");
    }
    let status = run(&home, &["status", "--format", "json"]).report();
    let id = finding(&status, "HWTC00000018")["id"].clone();
    let shown = run(&home, &["show", id.as_str().unwrap(), "--format", "json"]).report();
    assert_eq!(shown["notes"][0]["text"], "box is in the van");
    assert_eq!(shown["history"].as_array().map(Vec::len), Some(1));
    for empty in ["", " "] {
        assert_eq!(run(&home, &["show", empty]).exit, Some(2), "every run begins with nothing");
    }
    let long = "x".repeat(1001);
    assert_eq!(run(&home, &["note", "d01", &long]).exit, Some(2));
}

#[test]
fn events_and_departures_are_history() {
    let home = Home::new();
    let events = format!(
        "{NOTHING}2026-11-19T09:00:00Z,device-deleted,HWTC00000099,by 47 99999-0001\n\
         2026-11-20T09:00:00Z,device-deleted,a17,\n"
    );
    reconcile(&home, 18, (ACS, PROVIDER, NOTHING));
    let without = ACS.lines().filter(|l| !l.starts_with("a17")).map(|l| format!("{l}\n"));
    reconcile(&home, 21, (&without.collect::<String>(), PROVIDER, &events));
    let told = run(&home, &["explain", "hwtc-0000-0099", "--format", "json"]);
    assert_eq!(told.exit, Some(0), "{}", told.said());
    let history = told.report()["history"].clone();
    assert_eq!(history[0]["event"], "device-deleted");
    assert_eq!(history[0]["at"], "2026-11-19T09:00:00Z");
    let note = history[0]["note"].as_str().unwrap();
    assert!(note.starts_with("by ") && !note.contains("99999"), "{note}");
    let told = run(&home, &["explain", "HWTC00000017", "--format", "json"]).report();
    let events: Vec<&Value> =
        told["history"].as_array().unwrap().iter().map(|h| &h["event"]).collect();
    assert!(events.contains(&&"left-acs".into()), "{told}");
    assert!(events.contains(&&"device-deleted".into()), "{told}");
    let text = run(&home, &["explain", "a17"]);
    assert!(text.stdout.contains("deleted by hand"), "{}", text.said());
}

#[test]
fn no_number_of_a_person_is_kept() {
    let home = Home::new();
    let events = format!("{NOTHING}2026-11-19T09:00:00Z,device-deleted,a90,cpf 123.456.789-00\n");
    reconcile(&home, 20, (ACS, PROVIDER, &events));
    run(&home, &["note", "d01", "call 47 99999-0001 or ana.lima@example.com"]);
    run(&home, &["ignore", "d18", "--reason", "cpf 123.456.789-00"]);
    let export = run(&home, &["store", "export"]).stdout;
    let list = run(&home, &["ignore", "list"]).stdout;
    for text in ["123.456.789-00", "99999-0001", "ana.lima@example.com"] {
        assert!(!export.contains(text) && !list.contains(text), "{text}");
    }
    assert!(export.contains("ligar") && export.contains("call"), "{export}");
    for file in ["journal.redb", "history.redb"] {
        let bytes = fs::read(home.path().join("st").join(file)).unwrap();
        let holds = |text: &[u8]| bytes.windows(text.len()).any(|w| w == text);
        assert!(!holds(b"123.456.789-00") && !holds(b"99999-0001"), "{file}");
    }
    let again = reconcile(&home, 20, (ACS, PROVIDER, &events));
    let events = run(&home, &["store", "export"]).stdout;
    let count = events.lines().filter(|l| l.contains("\"kind\":\"event\"")).count();
    assert_eq!(count, 1, "the same event twice changes nothing: {}", again.said());
}

#[test]
fn who_saw_personal_data_is_exported() {
    let home = remembered();
    let whole = run(&home, &["store", "export", "--with-pii", "--reason", "audit 7"]);
    assert_eq!(whole.exit, Some(0), "{}", whole.said());
    let export = run(&home, &["store", "export"]).stdout;
    let line = export.lines().find(|l| l.contains("\"revealed\"")).unwrap();
    assert!(line.contains("audit 7"), "{line}");
}

fn shell(home: &Home, script: &str) -> (Option<i32>, String) {
    let mut command = home.acerto(&[]);
    let program = command.get_program().to_owned();
    let mut shell = std::process::Command::new("bash");
    shell.args(["-o", "pipefail", "-c", script]).current_dir(home.path());
    shell.env("ACERTO", program).env("HOME", home.path()).env("LANG", "C");
    command.arg("--version");
    let output = shell.output().unwrap();
    (output.status.code(), String::from_utf8_lossy(&output.stderr).into_owned())
}

#[test]
fn the_outputs_trouble_is_not_the_stores() {
    let home = remembered();
    let (exit, said) = shell(&home, "\"$ACERTO\" --store st store export | head -c 1 >/dev/null");
    assert_eq!((exit, said.as_str()), (Some(0), ""));
    let (exit, said) = shell(&home, "\"$ACERTO\" --store st store export >/dev/full");
    assert_ne!(exit, Some(0));
    assert!(said.contains("output") && !said.contains("the store could not"), "{said}");
}

#[test]
fn paths_that_are_wrong_are_usage_and_damage_is_damage() {
    let home = remembered();
    fs::write(home.path().join("broken"), "acerto-backup-1\nxxxx").unwrap();
    for (words, exit) in [
        (&["store", "backup", "b"][..], 0),
        (&["store", "backup", "b"], 2),
        (&["store", "backup", "nodir/b"], 2),
        (&["store", "backup", "."], 2),
        (&["store", "backup", "st/journal.redb"], 2),
        (&["store", "restore", "nofile", "--force"], 2),
        (&["store", "restore", "st", "--force"], 2),
        (&["store", "restore", "broken", "--force"], 10),
        (&["store", "restore", "b", "--force"], 0),
    ] {
        let answer = run(&home, words);
        assert_eq!(answer.exit, Some(exit), "{words:?}: {}", answer.said());
    }
    fs::remove_file(home.path().join("st/journal.redb")).unwrap();
    let check = run(&home, &["store", "check", "--format", "json"]);
    assert_eq!((check.exit, &check.report()["whole"]), (Some(10), &false.into()));
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o7777
}

#[test]
fn a_store_left_open_to_others_is_closed() {
    let home = remembered();
    let store = home.path().join("st");
    fs::set_permissions(&store, Permissions::from_mode(0o755)).unwrap();
    for name in ["journal.redb", "history.redb"] {
        fs::set_permissions(store.join(name), Permissions::from_mode(0o644)).unwrap();
    }
    assert_eq!(run(&home, &["status"]).exit, Some(0));
    assert_eq!(mode(&store), 0o700);
    assert_eq!(mode(&store.join("history.redb")), 0o600);
}

#[test]
fn a_run_whose_findings_are_gone_says_so() {
    let home = remembered();
    let id =
        run(&home, &["status", "--format", "json"]).report()["run_id"].as_str().unwrap().to_owned();
    let shown = run(&home, &["show", &id, "--format", "json"]).report();
    assert!(shown.get("findings_expired").is_none());
    fs::remove_file(home.path().join("st/history.redb")).unwrap();
    let shown = run(&home, &["show", &id, "--format", "json"]).report();
    assert_eq!(shown["findings_expired"], true);
    for words in [&["show", id.as_str()][..], &["status"]] {
        assert!(run(&home, words).stdout.contains("have expired"));
    }
}
