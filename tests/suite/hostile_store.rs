//! A store that is damaged, or put back from a backup, between two applies.
//!
//! Must not do: repair it here. What the program says to do is done.

use std::fs;
use std::path::Path;

use rand::RngExt as _;

use crate::hostile::{Bench, dice, times};

fn copied(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    // Logs lie in a folder beside the store's own files.
    let is_file = |entry: &fs::DirEntry| entry.file_type().unwrap().is_file();
    for entry in fs::read_dir(from).unwrap().flatten().filter(is_file) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// A plan of three steps that died in the middle: its first write is done, and nobody knows.
fn died(bench: &Bench) -> usize {
    let some = bench.mistype(&mut bench.linked(), 3);
    let keys = some.iter().flat_map(|key| ["--key", key]);
    let plan: Vec<&str> = ["plan", "--fresh", "-o", "plan.json"].into_iter().chain(keys).collect();
    assert_eq!(bench.run(&plan).exit, Some(0));
    assert_eq!(bench.run(&["store", "backup", "before.backup"]).exit, Some(0));
    let mut apply = bench.command(&["apply", "plan.json", "--yes"]);
    let output = apply.env("ACERTO_CRASH_AT", "C5").output().unwrap();
    assert_eq!(output.status.code(), None, "it was to die");
    assert_eq!(bench.writes().len(), 1);
    bench.writes().len()
}

#[test]
fn nothing_is_sent_by_a_damaged_journal_and_the_check_says_what_to_do() {
    let bench = Bench::new("lab", 120);
    let sent = died(&bench);
    let (store, whole) = (bench.store(), bench.home.path().join("whole"));
    copied(&store, &whole);
    let journal = store.join("journal.redb");
    let bytes = fs::read(&journal).unwrap();
    let mut dice = dice(14);
    let mut damaged = 0;
    for n in 0..times(24) {
        let mut bad = bytes.clone();
        if n % 3 == 0 {
            bad.truncate(dice.random_range(0..bytes.len()));
        } else {
            let at = dice.random_range(0..bytes.len());
            bad[at] ^= 1 << dice.random_range(0..8);
        }
        fs::write(&journal, &bad).unwrap();
        let check = bench.run(&["store", "check"]);
        if check.exit == Some(0) {
            // It struck what holds nothing.
            fs::write(&journal, &bytes).unwrap();
            continue;
        }
        damaged += 1;
        assert_eq!(check.exit, Some(10), "{n}: {}", check.said());
        assert!(check.said().contains("store restore"), "{n}: {}", check.said());
        for arguments in [
            &["apply", "plan.json", "--yes"][..],
            &["--reconcile", "--apply", "identity-mismatch"][..],
        ] {
            fs::write(&journal, &bad).unwrap();
            let answer = bench.run(arguments);
            assert_eq!(answer.exit, Some(10), "{n}: {}", answer.said());
            assert!(!answer.said().contains("panicked"), "{n}: {}", answer.said());
        }
        assert_eq!(bench.writes().len(), sent, "{n}: something was sent");
    }
    assert!(damaged > 3, "only {damaged} were damaged");
    fs::remove_dir_all(&store).unwrap();
    copied(&whole, &store);
    let answer = bench.run(&["apply", "plan.json", "--yes"]);
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    bench.assert_once();
}

#[test]
fn a_store_that_was_put_back_sends_nothing_until_a_person_looked() {
    let bench = Bench::new("lab", 120);
    let sent = died(&bench);
    let restored = bench.run(&["store", "restore", "before.backup", "--force"]);
    assert_eq!(restored.exit, Some(0), "{}", restored.said());
    for arguments in
        [&["apply", "plan.json", "--yes"][..], &["--reconcile", "--apply", "identity-mismatch"][..]]
    {
        let answer = bench.run(arguments);
        assert_eq!(answer.exit, Some(9), "{}", answer.said());
        assert!(answer.said().contains("acerto resolve restored done"), "{}", answer.said());
    }
    assert_eq!(bench.writes().len(), sent, "something was sent");
    let resolved = bench.run(&["resolve", "restored", "done", "--reason", "both were looked at"]);
    assert_eq!(resolved.exit, Some(0), "{}", resolved.said());
    let answer = bench.run(&["apply", "plan.json", "--yes"]);
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    // What the store forgot is found done, and not done again.
    let mut calls: Vec<String> = bench.writes().into_iter().map(|write| write.call).collect();
    calls.sort();
    calls.dedup();
    assert_eq!((calls.len(), bench.writes().len()), (3, 3));
}
