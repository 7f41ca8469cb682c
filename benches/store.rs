//! What memory costs: thirty days of 100,000 devices a side, of which 2 % change a day.
//!
//! `cargo bench --bench store` opens the store, which checks all that it holds, makes both lists
//! ready, compares each day with the last while it is paired, packs it while it is explained, and
//! records it, as a run does, each in a process of its own. It prints the milliseconds of each part
//! and what the store takes, and at the end the last days beside the first, and the last chain of
//! lists beside the first. A run opens its store while it reads its lists, of whose records it
//! makes identities and fingerprints as they come; it makes the list ready that is read first,
//! holds it against the store's last one, and unpacks what the other will be held against, while
//! that is still read. Here each has its turn, and what is left after reading has a column too.
//!
//! `ACERTO_DEVICES=10000` and `ACERTO_DAYS=60` take other numbers, of days ten at least. Must not
//! do: be a test; times are only told, and tests/growth counts the bytes.
#![allow(clippy::unwrap_used, reason = "a bench that can't go on has to stop")]
#![allow(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "figures for people, of small numbers"
)]
#![allow(clippy::print_stdout, reason = "its figures are its output")]

#[path = "../tests/suite/store_world.rs"]
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
mod store_world;

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::mpsc::channel;
use std::thread;
use std::time::Instant;

use acerto::domain::{AnySnapshot, Side, Untrusted};
use acerto::engine::{Indexing, Paired, Rules, Taken, Threads};
use acerto::store::{AcsPrints, Printing, Prints, ProviderPrints, Store, StoreOptions};
use serde::{Deserialize, Serialize};

use self::store_world::{World, at, id, run};

/// Days that are compared with one another, and of a chain of lists at least.
const SOME: usize = 5;
/// Recording a list whole, or turning a chain round, takes so many times as long as other days.
const GREAT: f64 = 4.0;
/// So many days pass before lists are forgotten.
const KEPT: usize = 31;
/// What the day's parts cost together, beyond reading the lists: from the second day on.
const BAR_MS: f64 = 150.0;

/// Milliseconds of a day's parts, and MiB of the store after it.
#[derive(Clone, Copy, Debug, Deserialize, Serialize)]
struct Day {
    open: f64,
    /// What is made of the records of both lists as they come.
    follow: f64,
    /// Of the list that is read first, and of the one that is read last.
    first: f64,
    last: f64,
    compare: f64,
    explain: f64,
    record: f64,
    mib: f64,
}

impl Day {
    fn all(&self) -> f64 {
        self.open + self.follow + self.first + self.after_reading()
    }

    fn after_reading(&self) -> f64 {
        self.last + self.compare + self.explain + self.record
    }
}

/// The invented ISP's day, but that both sides tell one model, as they mostly do.
fn world(devices: u64, day: u64) -> World {
    let world = World::new(devices, day);
    let models: HashMap<Untrusted, Option<Untrusted>> =
        world.acs.records().iter().map(|d| (d.id.clone(), d.model.clone())).collect();
    let (meta, mut rows) = world.provider.into_parts();
    for row in &mut rows {
        row.model = row.acs_id.as_ref().and_then(|id| models.get(id).cloned().flatten());
    }
    World { provider: AnySnapshot::new(meta, rows), ..world }
}

/// So many records of a list come at once.
const AT_ONCE: usize = 256;

/// What is made of a list's records as they come.
fn followed<P: Prints>(
    list: &AnySnapshot<P::Record>,
    store: &Store,
    indexing: &Indexing,
    identify: impl Fn(&mut Taken<P::Record>, &[P::Record], &[Box<str>]),
) -> (Taken<P::Record>, Printing) {
    let columns = &list.meta().extra_columns;
    let mut taken = indexing.begin(0);
    let mut printed = P::part(&P::begin(&store.sealing()), 0, 0);
    for records in list.records().chunks(AT_ONCE) {
        identify(&mut taken, records, columns);
        P::take(&mut printed, records, columns);
    }
    (taken, printed)
}

fn one_day(folder: &Path, devices: u64, day: u64) -> Day {
    let world = world(devices, day);
    let since = |from: Instant| from.elapsed().as_secs_f64() * 1e3;
    let begun = Instant::now();
    let store = Store::open(folder, &StoreOptions::default()).unwrap();
    let open = since(begun);
    let rules = Arc::new(Rules::default());
    let indexing = Indexing::new(Arc::clone(&rules));
    let begun = Instant::now();
    let acs = followed::<AcsPrints>(&world.acs, &store, &indexing, |taken, devices, _| {
        indexing.take_acs(taken, devices);
    });
    let provider =
        followed::<ProviderPrints>(&world.provider, &store, &indexing, |taken, rows, columns| {
            indexing.take_provider(taken, rows, columns);
        });
    let follow = since(begun);
    let begun = Instant::now();
    let (acs, printed) = acs;
    let acs = indexing.acs(&world.acs, Some(acs), Threads::One);
    let acs_prints = AcsPrints::taken(printed, &world.acs).beside(&world.acs, &store, || true);
    let acs_prints = acs_prints.packed(&world.acs);
    let known = store.known(Side::Provider, || true);
    known.identify(&rules);
    let first = since(begun);
    let begun = Instant::now();
    let (provider, printed) = provider;
    let (rows, provider) = thread::scope(|scope| {
        let rows = scope.spawn(|| ProviderPrints::taken(printed, &world.provider));
        let indexed = indexing.provider(&world.provider, Some(provider), Threads::TwoAtLast);
        (rows.join().unwrap(), indexed)
    });
    let indexed = (acs, provider);
    let last = since(begun);
    let begun = Instant::now();
    let lists = (&world.acs, &world.provider);
    let (draft, explained, used, compare, explain) = thread::scope(|scope| {
        let (sender, baselines) = channel();
        let (store, prints) = (&store, (acs_prints, rows));
        let drafts = scope.spawn(move || {
            let (then, draft) = store.compare_printed(lists, prints, known, at(0)).unwrap();
            sender.send(then).unwrap();
            draft.packed()
        });
        let paired = Paired::of_indexed(lists, &rules, indexed);
        let then = baselines.recv().unwrap();
        let compare = since(begun);
        let begun = Instant::now();
        let explained = paired.explain(&then);
        let draft = drafts.join().unwrap();
        (draft, explained, (paired.into_pairing(), then), compare, since(begun))
    });
    let mut today = run(&id(day), day, &world, Vec::new());
    today.reconciliation = explained;
    let begun = Instant::now();
    let used = (!draft.is_much()).then_some(used);
    store.record_compared(&today, &draft, &[]).unwrap();
    drop(draft);
    drop(store);
    let record = since(begun);
    // Freed when all is recorded, as by a run, but where recording needs the room.
    drop(used);
    let bytes: u64 = ["history.redb", "journal.redb"]
        .iter()
        .map(|file| std::fs::metadata(folder.join(file)).map_or(0, |m| m.len()))
        .sum();
    let mib = bytes as f64 / f64::from(1 << 20);
    Day { open, follow, first, last, compare, explain, record, mib }
}

fn median(days: &[Day], of: fn(&Day) -> f64) -> f64 {
    let mut all: Vec<f64> = days.iter().map(of).collect();
    all.sort_unstable_by(f64::total_cmp);
    all[all.len() / 2]
}

/// What is told of a day by itself.
type Part = (&'static str, fn(&Day) -> f64);

const PARTS: [Part; 9] = [
    ("open", |d| d.open),
    ("follow", |d| d.follow),
    ("first", |d| d.first),
    ("last", |d| d.last),
    ("compare", |d| d.compare),
    ("explain", |d| d.explain),
    ("record", |d| d.record),
    ("all", Day::all),
    ("after reading", Day::after_reading),
];

/// The last days beside the first, and the last chain of lists beside the first one: along a chain
/// the days cost more and more, until a list is stored whole.
fn tell_drift(days: &[Day]) {
    // The first day has nothing to compare with.
    let (early, late) = (&days[1..=SOME], &days[days.len() - SOME..]);
    tell_parts("days", early, late);
    let usual = median(days, |d| d.record);
    let is_great = |day: &Day| day.record > GREAT * usual;
    let great: Vec<Day> = days[1..].iter().copied().filter(is_great).collect();
    if !great.is_empty() {
        let (days, record) = (great.len(), median(&great, |d| d.record));
        println!("{days} days with a list stored whole, or a chain turned round: {record:.1} ms");
    }
    // Of later days a great one may be one on which a chain is turned round, and goes on.
    let kept = &days[1..days.len().min(KEPT)];
    let chains: Vec<&[Day]> = kept.split(is_great).filter(|c| c.len() >= SOME).collect();
    if let [first, .., last] = chains[..] {
        let days = first.len().min(last.len());
        println!("{} chains; {days} days of the first and of the last:", chains.len());
        tell_parts("chain", &first[..days], &last[..days]);
    }
}

fn tell_parts(of: &str, early: &[Day], late: &[Day]) {
    for (what, part) in PARTS {
        let (first, last) = (median(early, part), median(late, part));
        println!(
            "{what:13} {first:7.1} ms in the first {of}, {last:7.1} ms in the last, ratio {:.2}",
            last / first
        );
    }
}

fn from_env(name: &str) -> Option<u64> {
    std::env::var(name).ok().and_then(|n| n.parse().ok())
}

/// The parts of a day in a process of its own, as each run is one: in one for all days memory would
/// be cut up more and more, and each later day take longer for that.
fn in_its_process(folder: &Path, devices: u64, day: u64) -> Day {
    let mut process = Command::new(std::env::current_exe().unwrap());
    process.arg(ONE_DAY).arg(folder).args([devices.to_string(), day.to_string()]);
    let told = process.output().unwrap();
    assert!(told.status.success(), "{}", String::from_utf8_lossy(&told.stderr));
    serde_json::from_slice(&told.stdout).unwrap()
}

/// What the process of a day is called with.
const ONE_DAY: &str = "--one-day";

fn main() {
    let mut args = std::env::args().skip(1);
    if args.next().is_some_and(|arg| arg == ONE_DAY) {
        let folder = PathBuf::from(args.next().unwrap());
        let [devices, day] = [(); 2].map(|()| args.next().unwrap().parse().unwrap());
        println!("{}", serde_json::to_string(&one_day(&folder, devices, day)).unwrap());
        return;
    }
    let devices = from_env("ACERTO_DEVICES").unwrap_or(100_000);
    let days_wanted = from_env("ACERTO_DAYS").unwrap_or(30).max(2 * SOME as u64);
    let folder = tempfile::tempdir().unwrap();
    println!("{devices} devices a side, {days_wanted} days; milliseconds");
    println!(
        "{:>4} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>8} {:>13} {:>7}",
        "day",
        "open",
        "follow",
        "first",
        "last",
        "compare",
        "explain",
        "record",
        "all",
        "after reading",
        "MiB"
    );
    let mut days = Vec::new();
    for day in 0..days_wanted {
        let it = in_its_process(folder.path(), devices, day);
        println!(
            "{day:4} {:8.1} {:8.1} {:8.1} {:8.1} {:8.1} {:8.1} {:8.1} {:8.1} {:13.1} {:7.1}",
            it.open,
            it.follow,
            it.first,
            it.last,
            it.compare,
            it.explain,
            it.record,
            it.all(),
            it.after_reading(),
            it.mib
        );
        days.push(it);
    }
    tell_drift(&days);
    let a_day = (days[days.len() - 1].mib - days[1].mib) / (days_wanted - 2) as f64;
    println!("the store grew by {a_day:.2} MiB a day; bar for a day: {BAR_MS} ms");
}
