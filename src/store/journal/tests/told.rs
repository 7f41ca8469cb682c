//! The lock as processes meet it, and `journal.jsonl` beside the journal.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use serde_json::{Value, json};

use super::*;
use crate::store::journal::arrow::take;
use crate::store::journal::filing::{put_step, step_at, step_key, untold};

fn file(dir: &Path) -> PathBuf {
    dir.join("journal.jsonl")
}

fn lines(dir: &Path) -> Vec<Value> {
    let text = fs::read_to_string(file(dir)).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap_or(Value::Null)).collect()
}

fn seqs(dir: &Path) -> Vec<u64> {
    lines(dir).iter().filter_map(|line| line["seq"].as_u64()).collect()
}

/// What a kill between the commit and the telling leaves.
fn end_untold(store: &Store, step: &StepId, arrow: &Arrow) {
    let end = |journal: &crate::store::rows::Edit| {
        let row = step_at(journal, &step_key(step))?.unwrap();
        put_step(journal, &take(&row, arrow, at(1)).unwrap())
    };
    store.journal.write(end).unwrap();
}

#[test]
fn one_lock_at_a_time_and_a_hint_who_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let store = open(dir.path());
    assert_eq!(store.lock_holder(), None);
    let lock = store.lock_for_apply().unwrap().unwrap();
    assert!(store.lock_for_apply().unwrap().is_none());
    assert!(open(dir.path()).lock_for_apply().unwrap().is_none());
    let holder = store.lock_holder().unwrap();
    assert_eq!(holder.pid, std::process::id());
    assert!(!holder.user.is_empty() && holder.since <= Timestamp::now());
    drop(lock);
    assert_eq!(store.lock_holder(), None);
    assert!(store.lock_for_apply().unwrap().is_some());
    fs::write(dir.path().join("apply.lock"), "not ours \u{202e}").unwrap();
    assert_eq!(store.lock_holder(), None);
    assert!(store.lock_for_apply().unwrap().is_some(), "what it says is a hint alone");
}

#[test]
fn both_files_are_the_owners_alone_or_the_groups() {
    use std::os::unix::fs::MetadataExt;
    let dir = tempfile::tempdir().unwrap();
    let gid = fs::metadata(dir.path()).unwrap().gid();
    for (name, group, mode) in [("own", None, 0o600), ("shared", Some(gid.to_string()), 0o660)] {
        let place = dir.path().join(name);
        let store =
            Store::open(&place, &StoreOptions { group, ..StoreOptions::default() }).unwrap();
        let lock = store.lock_for_apply().unwrap().unwrap();
        begin(&store, &lock, "p", 1);
        walk(&store, &lock, &id("p", 1), &[supersede()]);
        for name in ["apply.lock", "journal.jsonl"] {
            let meta = fs::metadata(place.join(name)).unwrap();
            assert_eq!(meta.permissions().mode() & 0o7777, mode, "{name}");
        }
        drop((store, lock));
        fs::set_permissions(place.join("journal.jsonl"), fs::Permissions::from_mode(0o644))
            .unwrap();
        open(&place);
        let meta = fs::metadata(place.join("journal.jsonl")).unwrap();
        assert_eq!(meta.permissions().mode() & 0o007, 0, "closed to others again");
    }
}

#[test]
fn each_end_is_told_in_a_line() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    begin(&store, &lock, "p", 2);
    walk(&store, &lock, &id("p", 1), &[send(0), doubt(), not_done(120), send(130), ack()]);
    assert!(!file(dir.path()).exists(), "nothing ended");
    walk(&store, &lock, &id("p", 1), &[verify()]);
    let why = "\u{202e}tel (47) 90000-1234".to_owned();
    walk(&store, &lock, &id("p", 2), &[Arrow::Supersede { why }]);
    let all = lines(dir.path());
    assert_eq!(
        all[0],
        json!({
            "time": "2026-11-18T11:06:41Z", "action": "p-action-1", "plan": "p", "seq": 1,
            "run": "run-of-p", "actor": "ana", "approver": "bia", "decided_by": null,
            "fix": "replace-identity", "side": "provider",
            "key": "provider:radpop_radio_cliente_fibra:1", "state": "verified", "attempt": 2,
            "status": 200, "note": "",
        })
    );
    assert_eq!(all[1]["state"], "superseded");
    let note = all[1]["note"].as_str().unwrap();
    assert!(note.starts_with("\\u{202e}tel") && !note.contains("90000"), "{note}");
    assert_eq!(all.len(), 2);
}

#[test]
fn what_a_kill_kept_from_being_told_is_told_once() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    begin(&store, &lock, "p", 4);
    // The first is told, and the kill comes before the next commit could forget its mark.
    walk(&store, &lock, &id("p", 1), &[supersede()]);
    end_untold(&store, &id("p", 2), &Arrow::AlreadySo);
    end_untold(&store, &id("p", 3), &Arrow::Expire);
    assert_eq!(seqs(dir.path()), [1]);
    drop((store, lock));
    // A kill in the middle of a line leaves a piece of it.
    let told = fs::read_to_string(file(dir.path())).unwrap();
    fs::write(file(dir.path()), format!("{told}{}", &told[..told.len() / 2])).unwrap();
    for _ in 0..3 {
        let _ = locked(dir.path());
        assert_eq!(seqs(dir.path()), [1, 2, 3]);
    }
    let (store, lock) = locked(dir.path());
    assert!(store.journal.read(untold).unwrap().is_empty());
    walk(&store, &lock, &id("p", 4), &[supersede()]);
    assert_eq!(seqs(dir.path()), [1, 2, 3, 4]);
    assert_eq!(lines(dir.path()).len(), 5, "the piece stays, on a line of its own");
}

#[test]
fn the_next_commit_forgets_that_a_line_was_missing() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    let marks = || store.journal.read(untold).unwrap();
    begin(&store, &lock, "p", 3);
    walk(&store, &lock, &id("p", 1), &[supersede()]);
    assert_eq!(marks(), [step_key(&id("p", 1))]);
    // A change that is refused forgets nothing for good.
    assert!(store.advance(&lock, &id("p", 1), &send(0), at(1)).is_err());
    assert_eq!(marks().len(), 1);
    walk(&store, &lock, &id("p", 2), &[supersede()]);
    assert_eq!(marks(), [step_key(&id("p", 2))]);
    walk(&store, &lock, &id("p", 3), &[send(0)]);
    assert_eq!(marks().len(), 0);
}

#[test]
fn a_line_cut_before_its_end_is_written_again() {
    let dir = tempfile::tempdir().unwrap();
    let (store, lock) = locked(dir.path());
    begin(&store, &lock, "p", 1);
    walk(&store, &lock, &id("p", 1), &[supersede()]);
    drop((store, lock));
    let told = fs::read_to_string(file(dir.path())).unwrap();
    fs::write(file(dir.path()), &told[..told.len() - 1]).unwrap();
    let _ = locked(dir.path());
    assert_eq!(seqs(dir.path()), [1, 1], "without its newline nobody knows whether it is whole");
}

#[test]
fn a_file_that_can_t_be_written_stops_nothing_and_is_made_good() {
    let dir = tempfile::tempdir().unwrap();
    fs::create_dir(file(dir.path())).unwrap();
    let (store, lock) = locked(dir.path());
    begin(&store, &lock, "p", 2);
    assert_eq!(walk(&store, &lock, &id("p", 1), &[supersede()]).state, StepState::Superseded);
    drop((store, lock));
    let (store, lock) = locked(dir.path());
    walk(&store, &lock, &id("p", 2), &[supersede()]);
    drop((store, lock));
    fs::remove_dir(file(dir.path())).unwrap();
    let _ = locked(dir.path());
    assert_eq!(seqs(dir.path()), [1, 2]);
}
