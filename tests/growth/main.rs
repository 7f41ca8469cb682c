//! Work grows as the lists do, and a day's change costs what changed: counted, never timed.
//!
//! A process of its own, for its allocator counts. Must not do: hold a second test, whose
//! allocations would be counted as this one's.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    reason = "a test that can't go on has to say so and stop"
)]

#[path = "../../benches/peers/plain.rs"]
mod plain;
#[path = "../suite/store_world.rs"]
#[expect(dead_code, reason = "shared with the suite, which uses all of it")]
mod store_world;
#[path = "../suite/world/mod.rs"]
#[expect(dead_code, reason = "shared with the suite, which uses all of it")]
mod world;

use std::alloc::System;
use std::path::Path;

use acerto::acs::file::FileAcs;
use acerto::engine::{Baseline, Input, Rules, reconcile};
use acerto::ports::{Acs as _, Provider as _};
use acerto::provider::file::FileProvider;
use acerto::store::{Store, StoreOptions};
use acerto::tabular::FileSource;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};

use self::world::{Shape, Watch, World};

#[global_allocator]
static COUNTED: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// How many devices; each is twice the one before.
const SIZES: [u32; 4] = [2_000, 4_000, 8_000, 16_000];
/// By how much the work for one device may grow from the smallest size to the largest: tables
/// that double are larger than they have to be, now more and now less.
const RISE_MOST: f64 = 1.25;
/// The 2 % that changed, the 1 % that came, the 1 % that went and their pages, against all.
const DAY_AGAINST_FIRST_MOST: f64 = 0.25;

/// What was counted of one piece of work.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Work {
    /// Blocks of memory asked for, grown ones included.
    allocations: f64,
    /// Bytes of them.
    allocated: f64,
    /// Bytes given to the kernel to be written.
    written: f64,
}

/// Bytes that this process gave to `write` and the like: proc(5), `/proc/pid/io`, `wchar`.
fn written() -> f64 {
    let io = std::fs::read_to_string("/proc/self/io").unwrap();
    let line = io.lines().find_map(|line| line.strip_prefix("wchar: ")).unwrap();
    line.parse().unwrap()
}

fn counted<T>(work: impl FnOnce() -> T) -> (T, Work) {
    let before = written();
    let region = Region::new(COUNTED);
    let done = work();
    let stats = region.change();
    let figure = |n: usize| f64::from(u32::try_from(n).unwrap());
    let allocations = figure(stats.allocations + stats.reallocations);
    let allocated = figure(stats.bytes_allocated);
    (done, Work { allocations, allocated, written: written() - before })
}

fn source(path: &Path) -> FileSource {
    FileSource {
        path: path.to_owned(),
        columns: std::collections::BTreeMap::new(),
        timezone: TimeZone::UTC,
        as_of: Some(plain::AS_OF.parse().unwrap()),
        now: Timestamp::UNIX_EPOCH,
        strict: true,
    }
}

/// Both files to records.
fn reading(devices: u32) -> Work {
    let folder = tempfile::tempdir().unwrap();
    plain::write(folder.path(), devices, plain::Form::Ndjson).unwrap();
    let acs = FileAcs::new(source(&folder.path().join("acs.ndjson")));
    let provider = FileProvider::new(source(&folder.path().join("provider.ndjson")));
    let read = || (acs.fetch(&|_| {}).unwrap(), provider.fetch(&|_| {}).unwrap());
    counted(read).1
}

/// Records to findings, of lists as they are found.
fn explaining(devices: u32) -> Work {
    let devices = usize::try_from(devices).unwrap();
    let world = World::new(Shape { seed: 1, devices, watch: Watch::Audit, synchronised: true });
    let (acs, provider, rules) = (world.acs_now(), world.provider_now(), Rules::default());
    let baseline = Baseline { log: world.log(), ..Baseline::default() };
    let input = Input { acs: &acs, provider: &provider, baseline: &baseline, rules: &rules };
    counted(|| reconcile(&input)).1
}

/// The first day into a new store, and the next one.
fn storing(devices: u32) -> (Work, Work) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path(), &StoreOptions::default()).unwrap();
    let days = [0, 1].map(|day| {
        let world = store_world::World::new(u64::from(devices), day);
        let run = store_world::run(&store_world::id(day), day, &world, Vec::new());
        let record = || store.record(&run, &world.acs, &world.provider, &[]).unwrap();
        counted(record).1
    });
    (days[0], days[1])
}

/// From the smallest size to the largest, the work for one device stays what it is.
fn assert_straight(what: &str, of: impl Fn(&Work) -> f64, all: &[Work]) {
    let a_device: Vec<f64> =
        all.iter().zip(SIZES).map(|(work, devices)| of(work) / f64::from(devices)).collect();
    println!("{what}, for one device: {a_device:.2?}");
    let (first, last) = (a_device[0], a_device[SIZES.len() - 1]);
    assert!(last <= first * RISE_MOST, "{what}: {a_device:?}");
}

#[test]
fn work_grows_as_the_lists_do() {
    let read = SIZES.map(reading);
    assert_straight("reading, allocations", |w| w.allocations, &read);
    assert_straight("reading, bytes allocated", |w| w.allocated, &read);
    let explained = SIZES.map(explaining);
    assert_straight("explaining, allocations", |w| w.allocations, &explained);
    assert_straight("explaining, bytes allocated", |w| w.allocated, &explained);
    let (first, next): (Vec<Work>, Vec<Work>) = SIZES.map(storing).into_iter().unzip();
    assert_straight("storing, bytes written", |w| w.written, &first);
    assert_straight("storing, allocations", |w| w.allocations, &first);
    assert_straight("the next day, bytes written", |w| w.written, &next);
    assert_straight("the next day, allocations", |w| w.allocations, &next);
    let largest = SIZES.len() - 1;
    let share = next[largest].written / first[largest].written;
    println!("the next day's bytes against the first's: {share:.3}");
    assert!(share <= DAY_AGAINST_FIRST_MOST, "{share}: a day costs more than what changed");
}
