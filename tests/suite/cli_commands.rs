//! The commands beside `--reconcile`, through the built program, over one store.
//!
//! Must not do: check the report's content; `samples` and `product_run` do.

use std::io::{Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::process::Stdio;
use std::time::Duration;

use serde_json::Value;

use crate::product_run::{Answer, Home};

const TIME: &str = "2026-11-20T12:00:00Z";

fn sample(name: &str) -> String {
    format!("{}/tests/samples/first-world/{name}", env!("CARGO_MANIFEST_DIR"))
}

/// `--reconcile` over the first sample world.
fn reconcile(home: &Home, more: &[&str]) -> Answer {
    let (acs, provider) = (sample("acs.ndjson"), sample("provider.csv"));
    let events = sample("events.ndjson");
    let files = [
        "--reconcile",
        "--acs-file",
        &acs,
        "--provider-file",
        &provider,
        "--events-file",
        &events,
        "--as-of",
        TIME,
    ];
    home.run(&[&files[..], more].concat())
}

fn remembered() -> (Home, Value) {
    let home = Home::new();
    let answer = reconcile(&home, &["--store", "st", "--format", "json"]);
    assert_eq!(answer.exit, Some(3), "{}", answer.said());
    let report = answer.report();
    (home, report)
}

fn run(home: &Home, line: &str) -> Answer {
    let words: Vec<&str> = line.split_whitespace().collect();
    home.run(&[&["--store", "st"], &words[..]].concat())
}

#[test]
fn status_runs_and_show_tell_the_run_again() {
    let (home, report) = remembered();
    assert_eq!(run(&home, "status --format json").report(), report);
    let id = report["run_id"].as_str().unwrap();
    assert_eq!(run(&home, &format!("show {id} --format json")).report(), report);
    assert_eq!(run(&home, &format!("show {} --format json", &id[..18])).report(), report);
    let runs = run(&home, "runs --format json").report();
    assert_eq!(runs["runs"][0]["run_id"], report["run_id"]);
    let finding = report["findings"][0]["id"].as_str().unwrap();
    let shown = run(&home, &format!("show {finding} --format json")).report();
    assert_eq!(shown["finding"]["id"], report["findings"][0]["id"]);
    for (line, exit) in [("show f-0000000000000000", 3), ("show 0000", 3), ("runs", 0)] {
        assert_eq!(run(&home, line).exit, Some(exit), "{line}");
    }
}

#[test]
fn nothing_remembered_is_not_found() {
    let home = Home::new();
    for line in ["status", "explain x", "show 01", "store check", "store export", "store compact"] {
        let answer = run(&home, line);
        assert_eq!(answer.exit, Some(3), "{line}: {}", answer.said());
        assert!(answer.stderr.contains("acerto --reconcile"), "{line}: {}", answer.stderr);
    }
    assert!(!home.path().join("st").exists(), "looking must not make a store");
}

#[test]
fn explain_finds_a_device_by_any_of_its_names() {
    let (home, _) = remembered();
    for key in ["HWTC00000015", "4857544300000015", "d15", "hwtc-0000-0015"] {
        let told = run(&home, &format!("explain {key} --format json")).report();
        assert_eq!(told["provider"]["device_id"], "d15", "{key}");
        assert_eq!(told["finding"]["cause"], "pending-purge", "{key}");
        assert!(told["acs"].is_null(), "{key}");
        let history = told["history"].as_array().unwrap();
        assert_eq!(history.iter().filter(|h| h["run_id"].is_string()).count(), 1, "{key}");
        assert!(history.iter().any(|h| h["event"] == "mass-exclusion"), "{key}: {history:?}");
    }
    let both = run(&home, "explain a01 --format json").report();
    assert_eq!((&both["acs"]["id"], &both["provider"]["login_id"]), (&"a01".into(), &"1".into()));
    let several = run(&home, "explain a01 nobody --format json");
    assert_eq!(several.exit, Some(0));
    let lines: Vec<Value> =
        several.stdout.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    assert_eq!((lines.len(), &lines[1]["acs"]), (2, &Value::Null));
    assert_eq!(run(&home, "explain nobody").exit, Some(3));
}

#[test]
fn explain_reads_files_without_a_store_and_keys_from_a_pipe() {
    let home = Home::new();
    let (acs, provider) = (sample("acs.ndjson"), sample("provider.csv"));
    let files = ["--acs-file", &acs, "--provider-file", &provider, "--as-of", TIME];
    let before = [&files[..], &["explain", "--keys", "-", "--format", "json"]].concat();
    let after = [&["explain", "--keys", "-", "--format", "json"], &files[..]].concat();
    for arguments in [before, after] {
        let mut child =
            home.acerto(&arguments).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(b"a01\r\n\n HWTC00000019 \n").unwrap();
        let output = child.wait_with_output().unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let ids: Vec<Value> = text
            .lines()
            .map(|l| serde_json::from_str::<Value>(l).unwrap()["provider"]["device_id"].clone())
            .collect();
        assert_eq!(ids, ["d01", "d19"]);
    }
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 0, "nothing is left behind");
}

#[test]
fn an_ignored_difference_makes_no_exit_code_in_any_spelling() {
    let (home, report) = remembered();
    for finding in report["findings"].as_array().unwrap() {
        let side = |s: &str| finding[s]["serial"].as_str().or(finding[s]["login"].as_str());
        let all = |s: &str| finding[s][0]["serial"].as_str();
        let key = side("acs").or(side("provider")).or(all("acs_all")).or(all("provider_all"));
        let key = key.unwrap().to_lowercase();
        let answer = home.run(&["--store", "st", "ignore", &key, "--reason", "known"]);
        assert_eq!(answer.exit, Some(0), "{key}: {}", answer.said());
        assert!(!answer.stderr.contains("no device"), "{key}: {}", answer.stderr);
    }
    let again = reconcile(&home, &["--store", "st", "--format", "json"]);
    assert_eq!(again.exit, Some(0), "{}", again.said());
    let list = run(&home, "ignore list --format json").report();
    let count = list["ignores"].as_array().unwrap().len();
    assert_eq!(count, report["findings"].as_array().unwrap().len());
    assert_eq!(run(&home, "ignore remove HWTC-0000-0015").exit, Some(0));
    assert_eq!(run(&home, "ignore remove HWTC-0000-0015").exit, Some(3));
    assert_eq!(reconcile(&home, &["--store", "st"]).exit, Some(3));
}

#[test]
fn a_key_nobody_knows_is_kept_and_said() {
    let (home, _) = remembered();
    let answer = home.run(&["--store", "st", "ignore", "HWTCFFFF0000", "--reason", "to come"]);
    assert_eq!(answer.exit, Some(0));
    assert!(answer.stderr.contains("no device of the last run"), "{}", answer.stderr);
}

#[test]
fn a_note_is_told_to_whoever_asks_by_another_name() {
    let (home, _) = remembered();
    assert_eq!(home.run(&["--store", "st", "note", "d15", "box is in the van"]).exit, Some(0));
    let told = run(&home, "explain HWTC00000015");
    assert!(told.stdout.contains("box is in the van"), "{}", told.stdout);
}

#[test]
fn the_store_is_checked_backed_up_restored_and_exported() {
    let (home, report) = remembered();
    assert_eq!(run(&home, "store check --format json").report()["whole"], true);
    assert_eq!(run(&home, "store backup b.bak").exit, Some(0));
    assert_eq!(run(&home, "store restore b.bak").exit, Some(2), "what is there stays");
    std::fs::remove_dir_all(home.path().join("st")).unwrap();
    assert_eq!(run(&home, "store restore b.bak").exit, Some(0));
    assert_eq!(run(&home, "status --format json").report()["run_id"], report["run_id"]);
    assert_eq!(run(&home, "store compact").exit, Some(0));
    let masked = run(&home, "store export");
    assert!(masked.stdout.contains("Ana L.") && !masked.stdout.contains("Ana Lima"));
    let whole = home.run(&["--store", "st", "store", "export", "--with-pii", "--reason", "audit"]);
    assert!(whole.stdout.contains("Ana Lima"), "{}", whole.stderr);
    assert!(run(&home, "explain with-pii").stdout.contains("audit"), "it is noted");
}

#[test]
fn files_are_written_whole_with_their_modes() {
    let home = Home::new();
    let flags = ["--no-store", "--output", "r.json", "--metrics", "m.prom"];
    let answer = reconcile(&home, &flags);
    assert_eq!((answer.exit, answer.stdout.as_str()), (Some(3), ""), "{}", answer.stderr);
    let mode = |name: &str| {
        std::fs::metadata(home.path().join(name)).unwrap().permissions().mode() & 0o777
    };
    assert_eq!((mode("r.json"), mode("m.prom")), (0o600, 0o644));
    let text = std::fs::read_to_string(home.path().join("r.json")).unwrap();
    assert_eq!(serde_json::from_str::<Value>(&text).unwrap()["exit"], 3);
    assert_eq!(std::fs::read_dir(home.path()).unwrap().count(), 2, "nothing unfinished stays");
    for flag in ["--output", "--metrics"] {
        let answer = reconcile(&home, &["--no-store", flag, "no/such/folder"]);
        assert_eq!((answer.exit, answer.stdout.as_str()), (Some(2), ""), "{flag}");
    }
}

#[test]
fn a_store_takes_one_profile_only() {
    let (home, _) = remembered();
    let config = format!(
        "[profiles.other]\nacs = {{ kind = \"file\", path = \"{}\" }}\n\
         provider = {{ kind = \"file\", path = \"{}\" }}\n",
        sample("acs.ndjson"),
        sample("provider.csv"),
    );
    std::fs::write(home.path().join("c.toml"), config).unwrap();
    let answer = home.run(&["--reconcile", "--config", "c.toml", "--store", "st"]);
    assert_eq!(answer.exit, Some(2), "{}", answer.said());
    assert!(answer.stderr.contains("remembers profile `files`"), "{}", answer.stderr);
}

/// The store only moves forward in time: an older list would rewrite what it remembers.
#[test]
fn a_list_older_than_the_one_remembered_is_refused() {
    let (home, report) = remembered();
    let at = |time: &str, more: &[&str]| {
        let (acs, provider) = (sample("acs.ndjson"), sample("provider.csv"));
        let files = ["--reconcile", "--acs-file", &acs, "--provider-file", &provider];
        home.run(&[&files[..], &["--as-of", time, "--format", "json"], more].concat())
    };
    let old = at("2026-11-20T10:59:00Z", &["--store", "st"]);
    assert_eq!((old.exit, old.stdout.as_str()), (Some(6), ""), "{}", old.said());
    for said in ["ACS: ", "Provider: ", "2026-11-20 12:00:00 UTC", "--no-store", "--as-of"] {
        assert!(old.stderr.contains(said), "{said}: {}", old.stderr);
    }
    assert_eq!(run(&home, "status --format json").report()["run_id"], report["run_id"]);
    assert_eq!(at("2026-11-20T10:59:00Z", &["--no-store"]).exit, Some(3));
    assert_eq!(at("2026-11-20T11:30:00Z", &["--store", "st"]).exit, Some(3), "clocks differ");
}

#[test]
fn the_time_of_files_is_read_in_their_own_forms() {
    let home = Home::new();
    let fetched = |text: &str| {
        let (acs, provider) = (sample("acs.ndjson"), sample("provider.csv"));
        let files = ["--reconcile", "--acs-file", &acs, "--provider-file", &provider];
        home.run(&[&files[..], &["--as-of", text, "--format", "json"]].concat())
    };
    for text in [TIME, "2026-11-20 12:00", "20/11/2026 12:00", "20/11/2026 12:00:00"] {
        let report = fetched(text).report();
        assert_eq!(report["sides"]["acs"]["fetched_at"], TIME, "{text}");
    }
    let wrong = fetched("yester\u{1b}day");
    assert_eq!(wrong.exit, Some(2));
    assert!(wrong.stderr.contains("`yester\\x1bday` is no time"), "{}", wrong.stderr);
}

#[test]
fn an_empty_id_names_nothing() {
    let (home, _) = remembered();
    for id in ["", " "] {
        assert_eq!(home.run(&["--store", "st", "show", id]).exit, Some(2), "{id:?}");
    }
}

#[test]
fn a_signal_while_reading_is_a_clean_stop() {
    for (signal, code) in [("HUP", 129), ("INT", 130), ("TERM", 143)] {
        let home = Home::new();
        let pipe = home.path().join("pipe");
        let made = std::process::Command::new("mkfifo").arg(&pipe).status().unwrap();
        assert!(made.success());
        let provider = sample("provider.csv");
        // Nobody writes into the pipe: the run waits for it.
        let mut child = home
            .acerto(&[
                "--reconcile",
                "--store",
                "st",
                "--acs-file",
                "pipe",
                "--provider-file",
                &provider,
            ])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_millis(700));
        let id = child.id().to_string();
        let sent = std::process::Command::new("kill").args([&format!("-{signal}"), &id]).status();
        assert!(sent.unwrap().success());
        assert_eq!(child.wait().unwrap().code(), Some(code), "{signal}");
        let mut said = String::new();
        child.stdout.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(said, "");
        assert_eq!(run(&home, "runs --format json").report()["runs"], Value::Array(vec![]));
    }
}

#[test]
fn a_closed_pipe_is_no_failure() {
    let home = Home::new();
    for arguments in [&["man"][..], &["schema", "report"], &["completions", "bash"], &["--help"]] {
        let mut child =
            home.acerto(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), said.as_str()), (Some(0), ""), "{arguments:?}");
    }
}

#[test]
fn languages_follow_the_flag_and_json_stays_english() {
    let home = Home::new();
    let speak = |more: &[&str], locale: &str| {
        let (acs, provider) = (sample("acs.ndjson"), sample("provider.csv"));
        let files = ["--acs-file", &acs, "--provider-file", &provider, "--as-of", TIME];
        let arguments = [&["--reconcile", "--no-store"], &files[..], more].concat();
        let output = home.acerto(&arguments).env("LC_ALL", locale).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    let portuguese = |text: &str| text.contains("Provedor");
    assert!(portuguese(&speak(&["--format", "text"], "pt_BR.UTF-8")));
    assert!(!portuguese(&speak(&["--format", "text"], "C")));
    assert!(!portuguese(&speak(&["--format", "json"], "pt_BR.UTF-8")));
    assert!(portuguese(&speak(&["--format", "json", "--lang", "pt-BR"], "C")));
}
