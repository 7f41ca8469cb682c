//! Backups as an administrator makes them: while others write, tried, and damaged anywhere.
//!
//! Must not do: look into the store; what a backup is worth shows in what `drill` says.

use std::fs::{self, File};
use std::os::unix::fs::{FileExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use serde_json::Value;

use crate::product_run::{Answer, Home};

const ACS: &str = "id,serial,pppoe_login,last_inform\n\
    a01,HWTC00000001,ana.lima,2026-11-19T10:00:00Z\n\
    a17,HWTC00000017,,2026-11-19T10:00:00Z\n";
const PROVIDER: &str = "device_id,serial,login_id,login,active,customer_name\n\
    d01,HWTC00000001,1,ana.lima,S,Ana Lima\n\
    d18,HWTC00000018,18,samuel.pinto,S,Samuel Pinto\n";

const RUN: [&str; 11] = [
    "--reconcile",
    "--acs-file",
    "acs.csv",
    "--provider-file",
    "provider.csv",
    "--store",
    "st",
    "--format",
    "json",
    "--fail-on",
    "none",
];

/// A home with a store of so many runs.
fn remembered(runs: usize) -> Home {
    let home = Home::new();
    fs::write(home.path().join("acs.csv"), ACS).unwrap();
    fs::write(home.path().join("provider.csv"), PROVIDER).unwrap();
    for _ in 0..runs {
        let answer = home.run(&RUN);
        assert_eq!(answer.exit, Some(0), "{}", answer.said());
    }
    home
}

fn store(home: &Home, words: &[&str]) -> Answer {
    home.run(&[&["--store", "st", "store"], words].concat())
}

fn drill(home: &Home, file: &str) -> Value {
    let answer = store(home, &["drill", file, "--format", "json"]);
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    answer.report()
}

fn dated(folder: &Path) -> Vec<PathBuf> {
    let mut all: Vec<PathBuf> = fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    all.sort();
    all
}

#[test]
fn a_backup_while_others_write_can_be_relied_on() {
    let home = remembered(2);
    let before = drill_of_backup(&home, "first");
    // Two writers, and backups one after the other as long as they run.
    let mut writers: Vec<_> = (0..2)
        .map(|_| {
            let mut command = home.acerto(&RUN);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    let mut made = 0;
    while writers.iter_mut().any(|w| w.try_wait().unwrap().is_none()) {
        let told = drill_of_backup(&home, &format!("during-{made}"));
        assert!(told["runs"].as_u64().unwrap() >= 2, "{told}");
        made += 1;
    }
    assert!(writers.iter_mut().all(|w| w.wait().unwrap().success()));
    assert!(made > 0);
    let after = drill_of_backup(&home, "last");
    assert_eq!((before["runs"].as_u64(), after["runs"].as_u64()), (Some(2), Some(4)));
    let runs = home.run(&["--store", "st", "runs", "--limit", "1", "--format", "json"]).report();
    assert_eq!(after["newest"]["run_id"], runs["runs"][0]["run_id"], "{runs}");
    assert_eq!(after["whole"], true);
}

fn drill_of_backup(home: &Home, name: &str) -> Value {
    let answer = store(home, &["backup", name]);
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    drill(home, name)
}

#[test]
fn damage_anywhere_fails_the_drill_and_touches_nothing() {
    let home = remembered(3);
    assert_eq!(store(&home, &["backup", "b"]).exit, Some(0));
    let whole = fs::read(home.path().join("b")).unwrap();
    let bad = home.path().join("bad");
    let length = whole.len() as u64;
    let places = [0, 5, 16, 40, length / 3, length / 2, length - 40, length - 33, length - 1];
    for place in places {
        fs::write(&bad, &whole).unwrap();
        let file = File::options().write(true).open(&bad).unwrap();
        let byte = whole[usize::try_from(place).unwrap()];
        file.write_all_at(&[byte ^ 0x20], place).unwrap();
        let answer = store(&home, &["drill", "bad"]);
        assert_eq!(answer.exit, Some(10), "at {place}: {}", answer.said());
    }
    for cut in [0, 1, 47, length / 2, length - 1] {
        fs::write(&bad, &whole[..usize::try_from(cut).unwrap()]).unwrap();
        let answer = store(&home, &["drill", "bad"]);
        assert_eq!(answer.exit, Some(10), "cut to {cut}: {}", answer.said());
    }
    assert_eq!(store(&home, &["drill", "missing"]).exit, Some(2));
    assert_eq!(store(&home, &["check"]).exit, Some(0));
    drill(&home, "b");
}

#[test]
fn a_trial_leaves_nothing_and_needs_no_store() {
    let home = remembered(1);
    assert_eq!(store(&home, &["backup", "b"]).exit, Some(0));
    fs::remove_dir_all(home.path().join("st")).unwrap();
    let passing = home.folder("passing");
    for (file, exit) in [("b", 0), ("acs.csv", 10)] {
        let mut command = home.acerto(&["--store", "st", "store", "drill", file]);
        let answer = Answer::of(&command.env("TMPDIR", &passing).output().unwrap());
        assert_eq!(answer.exit, Some(exit), "{}", answer.said());
        assert!(dated(&passing).is_empty(), "{:?}", dated(&passing));
    }
    assert!(!home.path().join("st").exists());
}

#[test]
fn dated_backups_go_only_after_a_newer_one_was_tried() {
    let home = remembered(1);
    let folder = home.folder("backups");
    fs::write(folder.join("files-19990101T000000Z.backup"), "the oldest").unwrap();
    fs::write(folder.join("files-20000101T000000Z.backup"), "old").unwrap();
    fs::write(folder.join("mine.backup"), "mine").unwrap();
    let answer = store(&home, &["backup", "--keep", "2", "backups"]);
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    assert!(answer.stderr.contains("1 older backup was removed"), "{}", answer.said());
    let names: Vec<String> = dated(&folder)
        .iter()
        .map(|path| path.file_name().unwrap().to_string_lossy().into_owned())
        .collect();
    assert_eq!(names.len(), 3, "{names:?}");
    assert_eq!(names[0], "files-20000101T000000Z.backup");
    let newest = folder.join(&names[1]);
    assert_eq!(fs::metadata(newest).unwrap().permissions().mode() & 0o777, 0o600);
    let told = drill(&home, "backups");
    assert!(told["backup"].as_str().unwrap().ends_with(&names[1]), "{told}");

    // No store: nothing new is there, so nothing old goes.
    let empty = home.run(&["--store", "none", "store", "backup", "--keep", "1", "backups"]);
    assert_eq!(empty.exit, Some(3), "{}", empty.said());
    assert_eq!(dated(&folder).len(), 3);
    let no_folder = store(&home, &["backup", "--keep", "1", "nowhere"]);
    assert_eq!(no_folder.exit, Some(2), "{}", no_folder.said());
}

#[test]
fn both_languages_tell_what_was_tried() {
    let home = remembered(1);
    assert_eq!(store(&home, &["backup", "b"]).exit, Some(0));
    for (lang, said) in [("en", "can be relied on"), ("pt-BR", "é confiável")] {
        let answer = store(&home, &["drill", "b", "--lang", lang]);
        assert!(answer.stdout.contains(said), "{}", answer.said());
    }
}
