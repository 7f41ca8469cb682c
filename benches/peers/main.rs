//! acerto beside its peers: DuckDB, polars and diffsync on the same files, in turns.
//!
//! `cargo bench --bench peers` installs the peers from `PyPI`, writes lists of 10,000, 100,000 and
//! 1,000,000 devices a side, lets each tool work on them in turns, and prints CPU, wall and memory
//! with ratios beside the goals. Each answer is compared with the truth; a wrong one of acerto's
//! ends it. `ACERTO_SIZES=10000,100000` takes other sizes, `ACERTO_TURNS=9` more turns. Must not
//! do: be a test; times are only told.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench that can't go on has to stop")]
#![allow(clippy::print_stdout, reason = "its figures are its output")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]
#![allow(missing_docs, reason = "nobody uses it")]

mod hard;
mod measure;
mod plain;
mod tools;
#[path = "../../tests/suite/world/mod.rs"]
#[expect(dead_code, reason = "shared with the tests, which use all of it")]
mod world;

use std::fs;
use std::path::Path;

use self::measure::{Cost, median, ratio};
use self::plain::{Form, Lists};
use self::tools::{Peers, Tool};

/// Above so many devices a turn takes long enough to be told from noise in few.
const MANY: u32 = 500_000;
/// diffsync takes minutes where the others take seconds: one turn tells enough.
const DIFFSYNC_TURNS_MOST: u32 = 20_000;
/// A peer joins each of the junk serials of one side with each of the other: beyond so many
/// devices that is more than this machine's memory.
const HARD_PEERS_MOST: u32 = 200_000;

fn sizes() -> Vec<u32> {
    let typed = std::env::var("ACERTO_SIZES").unwrap_or("10000,100000,1000000".to_owned());
    typed.split(',').map(|n| n.trim().parse().unwrap()).collect()
}

fn turns(devices: u32) -> usize {
    let typed = std::env::var("ACERTO_TURNS").ok().map(|n| n.parse().unwrap());
    typed.unwrap_or(if devices >= MANY { 5 } else { 9 })
}

fn main() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("peers");
    fs::create_dir_all(&folder).unwrap();
    let peers = Peers::install(&folder).unwrap_or_else(|e| panic!("the peers: {e}"));
    for devices in sizes() {
        plain_turns(&peers, &folder, devices, Form::Ndjson, &Tool::PEERS);
        plain_turns(&peers, &folder, devices, Form::Csv, &[Tool::Polars]);
        hard_turns(&peers, &folder, devices);
    }
}

/// A folder with nothing in it but a place for lists.
fn emptied(folder: &Path) -> std::path::PathBuf {
    let files = folder.join("files");
    let _ = fs::remove_dir_all(&files);
    fs::create_dir_all(files.join("out")).unwrap();
    files
}

fn plain_turns(peers: &Peers, folder: &Path, devices: u32, form: Form, others: &[Tool]) {
    let files = emptied(folder);
    let truth = plain::write(&files, devices, form).unwrap();
    println!("\n{devices} devices a side, {}, each serial spelled once", form.ending());
    let all: Vec<Tool> = [Tool::Acerto].into_iter().chain(others.iter().copied()).collect();
    let costs = take_turns(peers, &files, devices, form, &all);
    for tool in &all {
        check(*tool, &files, &truth);
    }
    tell(devices, form, &all, &costs);
}

/// Each tool once in every turn, but for diffsync where it is slow.
fn take_turns(
    peers: &Peers,
    files: &Path,
    devices: u32,
    form: Form,
    all: &[Tool],
) -> Vec<Vec<Cost>> {
    let mut costs = vec![Vec::new(); all.len()];
    for turn in 0..turns(devices) {
        for (tool, costs) in all.iter().zip(&mut costs) {
            if *tool == Tool::DiffSync && turn > 0 && devices > DIFFSYNC_TURNS_MOST {
                continue;
            }
            let mut command = peers.command(*tool, files, form);
            costs.push(measure::run(&mut command, tool.allowed()).unwrap());
        }
    }
    costs
}

/// acerto has to be right. A peer that is wrong here was asked wrongly.
fn check(tool: Tool, files: &Path, truth: &Lists) {
    let lists = tools::lists(tool, files).unwrap_or_else(|e| panic!("{}: {e}", tool.name()));
    assert!(lists == *truth, "{}: its lists are not the true ones", tool.name());
}

fn tell(devices: u32, form: Form, all: &[Tool], costs: &[Vec<Cost>]) {
    println!("{:10} {:>8} {:>8} {:>8}   acerto's part of it", "", "CPU s", "wall s", "MiB");
    for (tool, theirs) in all.iter().zip(costs) {
        let middle = |of: fn(&Cost) -> f64| median(theirs.iter().map(of));
        let (cpu, wall, rss) = (middle(|c| c.cpu), middle(|c| c.wall), middle(|c| c.rss));
        print!("{:10} {cpu:8.3} {wall:8.3} {rss:8.0}", tool.name());
        if *tool == Tool::Acerto {
            println!("   {}", own_goal(devices, form));
            continue;
        }
        let part = |of| ratio(&costs[0], theirs, of);
        println!(
            "   CPU {:.3}, wall {:.3}, memory {:.3}{}",
            part(|c| c.cpu),
            part(|c| c.wall),
            part(|c| c.rss),
            goal(*tool, devices, form)
        );
    }
}

/// The goal for the program itself, as far as one is set.
fn own_goal(devices: u32, form: Form) -> String {
    match (devices, form) {
        (10_000, Form::Ndjson) => "goal: 60 MiB".to_owned(),
        (100_000, Form::Ndjson) => "goal: 250 MiB".to_owned(),
        (1_000_000, Form::Ndjson) => "goal: 1200 MiB".to_owned(),
        _ => String::new(),
    }
}

/// The goal for its part of a peer's cost.
fn goal(tool: Tool, devices: u32, form: Form) -> &'static str {
    match (tool, devices, form) {
        (Tool::DuckDb, 10_000, Form::Ndjson) => "   goals: CPU 0.35, wall 0.40",
        (Tool::DuckDb, 100_000, Form::Ndjson) => "   goals: CPU 0.40, wall 0.40",
        (Tool::DuckDb, 1_000_000, Form::Ndjson) => "   goals: CPU 0.45, wall 0.50",
        (Tool::Polars, 10_000, Form::Ndjson) => "   goal: CPU 0.10",
        (Tool::Polars, 100_000, _) => "   goal: CPU 0.30",
        (Tool::Polars, 1_000_000, Form::Ndjson) => "   goal: CPU 0.45",
        (Tool::Polars, 1_000_000, Form::Csv) => "   goal: CPU 0.60",
        (Tool::DiffSync, 100_000 | 1_000_000, Form::Ndjson) => "   goals: CPU 0.02, memory 0.10",
        _ => "",
    }
}

/// What no join by serial can answer: acerto has to be right, and what the peers say is told.
fn hard_turns(peers: &Peers, folder: &Path, devices: u32) {
    let files = emptied(folder);
    let hard = hard::write(&files, usize::try_from(devices).unwrap()).unwrap();
    println!("\n{devices} devices a side, ndjson, as they are found");
    let all: &[Tool] = if devices <= HARD_PEERS_MOST { &[Tool::DuckDb, Tool::Polars] } else { &[] };
    let mut costs = [Vec::new(), Vec::new(), Vec::new()];
    for _ in 0..turns(devices) {
        let mut acerto = tools::acerto(&files, Form::Ndjson, &hard.as_of);
        costs[0].push(measure::run(&mut acerto, Tool::Acerto.allowed()).unwrap());
        for (tool, costs) in all.iter().zip(&mut costs[1..]) {
            let mut command = peers.command(*tool, &files, Form::Ndjson);
            costs.push(measure::run(&mut command, tool.allowed()).unwrap());
        }
    }
    let report = fs::read(tools::report(&files)).unwrap();
    let judged = hard.judge(&serde_json::from_slice(&report).unwrap());
    assert!(judged.misplaced.is_empty(), "wrongly alone or together: {:?}", judged.misplaced);
    let (acs, provider) = hard.alone();
    println!("the truth: {acs} of the ACS and {provider} of the Provider have no partner");
    let figures = |costs: &[Cost]| {
        let middle = |of: fn(&Cost) -> f64| median(costs.iter().map(of));
        format!("{:.3} s CPU, {:.3} s wall", middle(|c| c.cpu), middle(|c| c.wall))
    };
    println!(
        "{:10} {}, all of them, {} of {} with their cause",
        "acerto",
        figures(&costs[0]),
        judged.right,
        judged.of
    );
    for (tool, theirs) in all.iter().zip(&costs[1..]) {
        let lists = tools::lists(*tool, &files).unwrap();
        println!(
            "{:10} {}, {} and {}; acerto's part: CPU {:.3}, wall {:.3}",
            tool.name(),
            figures(theirs),
            lists.acs.len(),
            lists.provider.len(),
            ratio(&costs[0], theirs, |c| c.cpu),
            ratio(&costs[0], theirs, |c| c.wall)
        );
    }
}
