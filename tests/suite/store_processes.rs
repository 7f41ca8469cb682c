//! The store as many processes use it: at once, beside readers, killed, out of room.
//!
//! A child is this test binary again, with a role in its environment.

use std::fs;
use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use acerto::store::{Mode, Store, StoreError, StoreOptions};

use crate::store_world::{World, at, findings, id, mix, run};

const ROLE: &str = "ACERTO_TEST_STORE_ROLE";
const DIR: &str = "ACERTO_TEST_STORE_DIR";
const FIRST: &str = "ACERTO_TEST_STORE_FIRST";
const COUNT: &str = "ACERTO_TEST_STORE_COUNT";

/// Not a test: what a child does. Does nothing when run as a test of the suite.
#[test]
fn child() {
    let env = |name| std::env::var(name).unwrap_or_default();
    let number = |name| env(name).parse::<u64>().unwrap_or_default();
    match env(ROLE).as_str() {
        "record" => record_loop(Path::new(&env(DIR)), number(FIRST), number(COUNT)),
        "hold" => {
            let options = StoreOptions::default();
            let store = Store::open(Path::new(&env(DIR)), &options).unwrap();
            println!("holding {}", store.generation().unwrap());
            std::thread::sleep(Duration::from_secs(60));
        }
        _ => {}
    }
}

/// Records runs, and says each id once it is acknowledged.
fn record_loop(dir: &Path, first: u64, count: u64) {
    for n in first..first + count {
        let world = World::new(60, n % 7);
        let run = run(&id(n), n % 7, &world, findings(60, n % 7));
        let done = Store::open(dir, &StoreOptions::default())
            .and_then(|store| store.record(&run, &world.acs, &world.provider, &[]));
        match done {
            Ok(()) => println!("acknowledged {n}"),
            Err(error) => {
                println!("failed {error}");
                return;
            }
        }
    }
}

fn command(role: &str, dir: &Path, first: u64, count: u64) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command
        .args(["store_processes::child", "--exact", "--nocapture", "--test-threads=1"])
        .env(ROLE, role)
        .env(DIR, dir)
        .env(FIRST, first.to_string())
        .env(COUNT, count.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null());
    command
}

fn recorder(dir: &Path, first: u64, count: u64) -> Child {
    command("record", dir, first, count).spawn().unwrap()
}

fn acknowledged(output: &str) -> Vec<u64> {
    output
        .lines()
        .filter_map(|l| l.split("acknowledged ").nth(1))
        .map(|n| n.trim().parse().unwrap())
        .collect()
}

fn rest_of(mut child: Child) -> String {
    let mut output = String::new();
    child.stdout.take().unwrap().read_to_string(&mut output).unwrap();
    child.wait().unwrap();
    output
}

/// Every run acknowledged is there, whole, and the store is sound.
fn assert_kept(dir: &Path, acknowledged: &[u64]) {
    let store = Store::open(dir, &StoreOptions::default()).unwrap();
    for &n in acknowledged {
        let run = store.run(&id(n)).unwrap();
        let run = run.unwrap_or_else(|| panic!("run {n} was acknowledged, and is lost"));
        assert_eq!(run.reconciliation.findings.len(), findings(60, n % 7).len());
        let acs = store.acs_snapshot(&id(n)).unwrap().unwrap();
        assert_eq!(acs.records().len(), World::new(60, n % 7).acs.records().len());
    }
    drop(store);
    let report = acerto::store::admin::check(dir, &StoreOptions::default()).unwrap().unwrap();
    assert_eq!(report.problems, Vec::<String>::new());
}

#[test]
fn many_processes_record_at_once_beside_a_reader() {
    let dir = tempfile::tempdir().unwrap();
    let children: Vec<_> = (0..8).map(|c| recorder(dir.path(), c * 100, 3)).collect();
    let mut generations = Vec::new();
    let mut reader = None;
    let start = Instant::now();
    let mut outputs = Vec::new();
    for child in children {
        if reader.is_none() {
            reader = Store::open_existing(dir.path(), &StoreOptions::default()).unwrap();
        }
        if let Some(store) = &reader {
            generations.push(store.generation().unwrap());
            if let Some(run) = store.latest().unwrap() {
                assert!(store.acs_snapshot(&run.id).unwrap().is_some());
            }
        }
        outputs.push(rest_of(child));
    }
    let done: Vec<u64> = outputs.iter().flat_map(|o| acknowledged(o)).collect();
    assert_eq!(done.len(), 24, "{outputs:?} after {:?}", start.elapsed());
    let reader =
        reader.unwrap_or_else(|| Store::open(dir.path(), &StoreOptions::default()).unwrap());
    assert_eq!(reader.generation().unwrap(), 24, "a reader that stays open sees news");
    assert!(generations.is_sorted());
    assert_kept(dir.path(), &done);
}

#[test]
fn threads_share_one_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &StoreOptions::default()).unwrap();
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let store = &store;
            scope.spawn(move || {
                for n in thread * 10..thread * 10 + 4 {
                    let world = World::new(60, n % 7);
                    let run = run(&id(n), n % 7, &world, findings(60, n % 7));
                    store.record(&run, &world.acs, &world.provider, &[]).unwrap();
                    store.baseline(at(0)).unwrap();
                }
            });
        }
    });
    drop(store);
    let all: Vec<u64> = (0..4).flat_map(|t| t * 10..t * 10 + 4).collect();
    assert_kept(dir.path(), &all);
}

#[test]
fn kill_9_loses_nothing_acknowledged() {
    let dir = tempfile::tempdir().unwrap();
    let started = Instant::now();
    let mut done = acknowledged(&rest_of(recorder(dir.path(), 9000, 3)));
    assert_eq!(done.len(), 3);
    // Over what three runs take here and now, so that some die early and some late.
    let most = started.elapsed().as_micros();
    for kill in 0..40 {
        // Two at a time: one dies while the other waits for it or writes.
        let mut victim = recorder(dir.path(), kill * 100, 50);
        let other = recorder(dir.path(), kill * 100 + 50, 1);
        let after = u128::from(mix(kill, 2)) % most;
        std::thread::sleep(Duration::from_micros(u64::try_from(after).unwrap()));
        victim.kill().unwrap();
        done.extend(acknowledged(&rest_of(victim)));
        let output = rest_of(other);
        assert_eq!(acknowledged(&output), [kill * 100 + 50], "{output}");
        done.push(kill * 100 + 50);
    }
    assert_kept(dir.path(), &done);
}

/// Where redb tells how a file stands: the byte after its magic number.
const STANDING: u64 = 9;
/// Set there while the newest commit is being flushed. Others are shown the one before it, until
/// the next that writes takes over what a dead writer left.
const UNFLUSHED: u8 = 8;

#[test]
fn a_list_that_appears_as_the_next_writes_is_nobodys() {
    // On the same day, and on the next one, when it is looked for what is old first.
    for then in [14, 1] {
        assert_nobodys_list_is_dropped(then);
    }
}

/// One dies over its lists of day 0, and `then` another records.
fn assert_nobodys_list_is_dropped(then: u64) {
    let dir = tempfile::tempdir().unwrap();
    let open = || Store::open(dir.path(), &StoreOptions::default()).unwrap();
    let record = |store: &Store, n| {
        let world = World::new(60, n % 7);
        let run = run(&id(n), n % 7, &world, findings(60, n % 7));
        store.record(&run, &world.acs, &world.provider, &[]).unwrap();
    };
    let [next, dying] = [open(), open()];
    record(&next, 0);
    let journal = dir.path().join("journal.redb");
    let before = fs::read(&journal).unwrap();
    let changes = || acerto::store::changes(dir.path(), &StoreOptions::default()).unwrap();
    let shown = changes();
    // Of the same day, on which nothing is forgotten: its lists are the last commit.
    record(&dying, 7);
    // What it leaves that dies as it flushes its lists: neither are they shown, nor has the
    // journal its run.
    fs::write(&journal, before).unwrap();
    let history = dir.path().join("history.redb");
    let history = fs::OpenOptions::new().read(true).write(true).open(history).unwrap();
    let mut standing = [0];
    history.read_exact_at(&mut standing, STANDING).unwrap();
    history.write_all_at(&[standing[0] | UNFLUSHED], STANDING).unwrap();
    assert_eq!(changes(), shown);
    std::mem::forget(dying);
    for n in [then, 2, 3] {
        record(&next, n);
    }
    drop(next);
    assert_kept(dir.path(), &[0, then, 2, 3]);
    assert!(open().run(&id(7)).unwrap().is_none());
}

#[test]
fn a_full_disk_is_said_and_loses_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let mut done = acknowledged(&rest_of(recorder(dir.path(), 0, 2)));
    assert_eq!(done.len(), 2);
    let mut full = 0;
    for n in 1..=12_u64 {
        // `ulimit -f` counts blocks of 512 bytes; SIGXFSZ must not kill before the error is seen.
        let plain = command("record", dir.path(), n * 100, 40);
        let mut limited = Command::new("sh");
        let script = format!("trap '' XFSZ; ulimit -f {}; exec \"$@\"", 100 + n * 40);
        limited.args(["-c", &script, "sh"]).arg(plain.get_program()).args(plain.get_args());
        for (name, value) in plain.get_envs() {
            limited.env(name, value.unwrap());
        }
        let child = limited.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let output = rest_of(child);
        full += u64::from(output.contains("the disk is full"));
        assert!(!output.contains("failed") || output.contains("the disk is full"), "{output}");
        done.extend(acknowledged(&output));
        assert_kept(dir.path(), &done);
    }
    assert!(full > 0, "the limit was never met");
}

#[test]
fn a_store_held_by_another_process_is_said_to_be() {
    let dir = tempfile::tempdir().unwrap();
    let mut holder = command("hold", dir.path(), 0, 0).spawn().unwrap();
    let mut lines = BufReader::new(holder.stdout.take().unwrap()).lines();
    assert!(lines.any(|l| l.unwrap().contains("holding")));
    let patience = Duration::from_millis(300);
    let options = StoreOptions { mode: Mode::Exclusive, patience, ..StoreOptions::default() };
    let refused = Store::open(dir.path(), &options).err();
    assert!(matches!(refused, Some(StoreError::Held { .. })), "{refused:?}");
    assert!(Store::open(dir.path(), &StoreOptions::default()).is_ok(), "sharing is no holding");
    holder.kill().unwrap();
    holder.wait().unwrap();
    assert!(Store::open(dir.path(), &options).is_ok(), "the kernel drops a dead process's locks");
}
