//! Log files of the program itself: where they are, what they tell, and that they never hurt.
//!
//! Must not do: call the logger. What is in the files is what runs put there.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use crate::lab_process::Lab;
use crate::product_run::{Answer, Home};

/// A profile of two files, and `more`.
fn configured(more: &str) -> Home {
    let home = Home::new();
    fs::write(
        home.path().join("acs.csv"),
        "id,serial,model\na1,HWTC00000001,\"AC\u{1b}[31mME\u{202e}\"\n",
    )
    .unwrap();
    let provider = "device_id,serial,login_id,login,active\n\
        d1,HWTC00000001,1,ana.lima,S\nd2,HWTC00000002,2,bia.lima,talvez\n";
    fs::write(home.path().join("provider.csv"), provider).unwrap();
    let config = home.path().join("c.toml");
    let sides = "[profiles.prod]\nacs = { kind = \"file\", path = \"acs.csv\" }\n\
        provider = { kind = \"file\", path = \"provider.csv\" }\n";
    let store = format!("[store]\ndir = '{}'\n", home.path().join("st").display());
    fs::write(&config, format!("{sides}{store}{more}")).unwrap();
    fs::set_permissions(&config, fs::Permissions::from_mode(0o600)).unwrap();
    home
}

fn run(home: &Home, more: &[&str]) -> Answer {
    home.run(&[&["--config", "c.toml", "--reconcile", "--format", "json"], more].concat())
}

fn logs(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = fs::read_dir(folder) else { return Vec::new() };
    let mut found: Vec<PathBuf> = entries.map(|e| e.unwrap().path()).collect();
    found.sort();
    found
}

fn only_text(folder: &Path) -> String {
    let found = logs(folder);
    assert_eq!(found.len(), 1, "{found:?}");
    let mode = fs::metadata(&found[0]).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode, 0o600);
    fs::read_to_string(&found[0]).unwrap()
}

#[test]
fn a_first_run_is_logged_in_its_store_from_beginning_to_end() {
    let home = configured("");
    assert_eq!(run(&home, &[]).exit, Some(3));
    let text = only_text(&home.path().join("st/prod/logs"));
    let lines: Vec<&str> = text.lines().collect();
    assert!(
        lines[0].contains(" began version=") && lines[0].contains("called=reconcile"),
        "{text}"
    );
    assert!(lines.last().unwrap().ends_with(" ended code=3"), "{text}");
    assert!(text.contains("reconciled"), "{text}");
    assert!(!text.chars().any(|c| c != '\n' && (c.is_control() || c == '\u{202e}')), "{text:?}");
    // Only what concerns a profile is logged.
    for words in [&["config", "check"][..], &["man"], &["--reconcile", "--no-store"]] {
        home.run(&[&["--config", "c.toml"], words].concat());
    }
    let files = ["--acs-file", "acs.csv", "--provider-file", "provider.csv"];
    home.run(&[&["--config", "c.toml", "--reconcile"][..], &files].concat());
    assert_eq!(only_text(&home.path().join("st/prod/logs")), text);
}

#[test]
fn the_folder_is_systemds_or_the_configurations_and_is_told() {
    for (more, variable, expected) in [
        ("", true, "systemd"),
        ("[log]\ndir = \"mine\"\n", true, "mine"),
        ("[log]\nlevel = \"off\"\n", true, ""),
    ] {
        let home = configured(more);
        let mut command = home.acerto(&["--config", "c.toml", "--reconcile", "--summary"]);
        if variable {
            let two = format!("{}:/nowhere", home.path().join("systemd").display());
            command.env("LOGS_DIRECTORY", two);
        }
        assert_eq!(Answer::of(&command.output().unwrap()).exit, Some(3));
        for folder in ["systemd", "mine", "st/prod/logs"] {
            let there = logs(&home.path().join(folder)).len();
            assert_eq!(there, usize::from(folder == expected), "{more:?}: {folder}");
        }
    }
    let home = configured("[log]\ndir = \"mine\"\n");
    let place = home.path().join("mine").display().to_string();
    let config = home.path().join("c.toml").display().to_string();
    let shown = home.run(&["--config", &config, "config", "show"]);
    assert!(shown.stdout.contains(&place), "{}", shown.said());
    let doctor = home.run(&["--config", &config, "doctor", "--format", "json"]).report();
    let check = doctor["checks"].as_array().unwrap().iter().find(|c| c["id"] == "log");
    assert!(check.unwrap()["text"].as_str().unwrap().contains(&place), "{doctor}");
}

#[test]
fn a_log_that_can_not_be_written_is_said_once_and_stops_nothing() {
    let good = configured("");
    let expected = run(&good, &[]);
    let home = configured("[log]\ndir = \"acs.csv\"\n");
    let answer = run(&home, &[]);
    assert_eq!(answer.exit, expected.exit, "{}", answer.said());
    assert_eq!(answer.report()["causes"], expected.report()["causes"]);
    assert_eq!(answer.stderr.matches("can't be written").count(), 1, "{}", answer.said());
    assert!(answer.stderr.contains("the run goes on"), "{}", answer.said());
}

#[test]
fn what_was_typed_is_not_repeated_and_a_failure_is_told() {
    let home = configured("");
    assert_eq!(run(&home, &[]).exit, Some(3));
    let sought = home.run(&["--config", "c.toml", "explain", "ZTEG12345678"]);
    assert_eq!(sought.exit, Some(3), "{}", sought.said());
    fs::write(home.path().join("acs.csv"), "").unwrap();
    assert_eq!(run(&home, &[]).exit, Some(6));
    let text = only_text(&home.path().join("st/prod/logs"));
    assert!(!text.contains("ZTEG12345678"), "{text}");
    assert!(text.contains("ERROR") && text.contains("code=6"), "{text}");
}

#[test]
fn every_request_may_be_logged_and_no_secret_is() {
    let lab = Lab::start(200);
    let config = lab.folder().join("lab.toml");
    let text = fs::read_to_string(&config).unwrap();
    fs::write(&config, format!("{text}\n[log]\nlevel = \"trace\"\ndir = \"logs\"\n")).unwrap();
    assert_eq!(lab.reconcile("lab").exit, Some(3));
    let text = only_text(&lab.folder().join("logs"));
    assert!(text.contains("DEBUG") && text.contains("status=200"), "{text}");
    let mut secrets = 0;
    for entry in fs::read_dir(lab.folder()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|e| e == "secret") {
            let secret = fs::read_to_string(&path).unwrap();
            assert!(!text.contains(secret.trim()), "{}", path.display());
            secrets += 1;
        }
    }
    assert!(secrets >= 2);
}
