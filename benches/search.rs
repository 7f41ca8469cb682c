//! How fast a search over the store is: cold, as a process, and warm, as while somebody types.
//!
//! `cargo bench --bench search` makes two lists of 1,000,000 devices, lets the program read them
//! (which takes most of the time), and searches by everything that a caller may tell. Each query
//! is told with what it has to find, and the bench ends where it does not. `ACERTO_DEVICES=100000`
//! takes another number. Must not do: be a test; times are only told.
#![allow(clippy::unwrap_used, reason = "a bench that can't go on has to stop")]
#![allow(clippy::print_stdout, reason = "its figures are its output")]

use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use acerto::domain::Query;
use acerto::store::{Store, StoreOptions};

const FIRST: [&str; 8] =
    ["João", "Maria", "José", "Ana", "Antônio", "Luíza", "Otávio", "Conceição"];
const LAST: [&str; 8] =
    ["Álvares", "Souza", "Lima", "Gonçalves", "Pereira", "Brandão", "Neto", "Araújo"];
const MODELS: [&str; 4] = ["HG8145V5", "EG8145X6", "F670L", "AN5506-04"];

/// Devices that one answer shows.
const MOST: usize = 20;

/// Runs of each query, of which the median is told.
const WARM: usize = 15;
const COLD: usize = 7;

fn mixed(n: u32) -> u32 {
    n.wrapping_mul(2_654_435_761)
}

fn serial(n: u32) -> String {
    format!("HWTC{:08X}", mixed(n))
}

/// Names are as many as there are devices: a middle name is made of the number.
fn name(n: u32) -> String {
    let word: String = n.to_string().bytes().map(|b| char::from(b'a' + (b - b'0'))).collect();
    let of = |all: [&'static str; 8], n: u32| all[n as usize % all.len()];
    format!("{} X{word} {}", of(FIRST, n), of(LAST, mixed(n) >> 8))
}

fn document(n: u32) -> String {
    let digits = format!("{:09}77", u64::from(n) + 100_000_000);
    format!("{}.{}.{}-{}", &digits[..3], &digits[3..6], &digits[6..9], &digits[9..])
}

fn phone(n: u32) -> String {
    let line = format!("{:08}", 10_000_000 + n);
    format!("(47) 9{}-{}", &line[..4], &line[4..])
}

fn write_lists(folder: &Path, devices: u32) {
    let make = |name| BufWriter::new(std::fs::File::create(folder.join(name)).unwrap());
    let (mut acs, mut provider) = (make("acs.csv"), make("provider.csv"));
    writeln!(acs, "id,serial,oui,model,mac,pppoe_login,last_inform").unwrap();
    writeln!(
        provider,
        "device_id,serial,login_id,login,active,linked,customer_id,customer_name,document,phone,\
         contract_id,model"
    )
    .unwrap();
    for n in 0..devices {
        let (serial, model) = (serial(n), MODELS[n as usize % MODELS.len()]);
        let mac = format!("E0:28:6D:{:02X}:{:02X}:{:02X}", n >> 16 & 255, n >> 8 & 255, n & 255);
        writeln!(
            acs,
            "00259E-{model}-{serial},{serial},00259E,{model},{mac},cliente{n},2026-11-20T05:00:00Z"
        )
        .unwrap();
        let (name, document, phone) = (name(n), document(n), phone(n));
        writeln!(
            provider,
            "d{n},{serial},l{n},cliente{n},S,S,c{n},{name},{document},{phone},k{n},{model}"
        )
        .unwrap();
    }
}

fn acerto(folder: &Path, arguments: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_acerto"));
    command.args(arguments).current_dir(folder).env("HOME", folder).env("LANG", "C");
    command.output().unwrap()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

fn took(times: usize, mut what: impl FnMut()) -> Duration {
    let once = |()| {
        let from = Instant::now();
        what();
        from.elapsed()
    };
    median(std::iter::repeat_n((), times).map(once).collect())
}

/// What is searched for, and how many devices it has to find, at least.
fn queries(devices: u32) -> Vec<(&'static str, String, usize)> {
    let n = devices / 3;
    vec![
        ("serial", serial(n), 1),
        ("end of a serial", serial(n)[6..].to_owned(), 1),
        ("mac", format!("e0286d{n:06x}"), 1),
        ("login", format!("cliente{n}"), 1),
        ("document", document(n), 1),
        ("phone", phone(n).replace(['(', ')'], ""), 1),
        ("last digits", phone(n)[11..].to_owned(), 1),
        ("name of one", name(n).to_lowercase(), 1),
        ("name of many", "joao lima".to_owned(), MOST),
        ("contract", format!("k{n}"), 1),
        ("model of a quarter", "eg8145".to_owned(), MOST),
        ("nobody", "zzyzx".to_owned(), 0),
    ]
}

fn main() {
    let devices = std::env::var("ACERTO_DEVICES").ok().and_then(|n| n.parse().ok());
    let devices: u32 = devices.unwrap_or(1_000_000);
    let folder = tempfile::tempdir().unwrap();
    write_lists(folder.path(), devices);
    for _ in 0..2 {
        let from = Instant::now();
        let read = acerto(
            folder.path(),
            &[
                "--reconcile",
                "--acs-file",
                "acs.csv",
                "--provider-file",
                "provider.csv",
                "--store",
                "memory",
                "--as-of",
                "2026-11-20T06:00:00Z",
                "--summary",
            ],
        );
        assert!(read.status.success(), "{}", String::from_utf8_lossy(&read.stderr));
        println!(
            "{devices} devices read, reconciled and recorded: {:.1} s",
            from.elapsed().as_secs_f64()
        );
    }
    let memory = folder.path().join("memory");
    let history = std::fs::metadata(memory.join("history.redb")).unwrap().len();
    println!("history.redb: {} MiB", history >> 20);
    let store = Store::open_existing(&memory, &StoreOptions::default()).unwrap().unwrap();
    let from = Instant::now();
    let index = store.search_index().unwrap().unwrap();
    println!("index read: {} ms, {} MiB", from.elapsed().as_millis(), index.bytes() >> 20);
    println!(
        "{:20} {:>9} {:>9}   (bars: 50 ms warm, 400 ms cold)",
        "median of", "warm ms", "cold ms"
    );
    for (what, typed, least) in queries(devices) {
        let query = Query::new(&typed).unwrap();
        let warm = took(WARM, || {
            let hits = store.search(&index, &query, 2 * MOST).unwrap().unwrap();
            assert!(hits.found.len() >= least, "{what}: {} found", hits.found.len());
        });
        let cold = took(COLD, || {
            let answer = acerto(folder.path(), &["--store", "memory", "search", &typed]);
            let wanted = if least == 0 { 3 } else { 0 };
            assert_eq!(answer.status.code(), Some(wanted), "{what}");
        });
        println!("{what:20} {:9.1} {:9.1}", warm.as_secs_f64() * 1e3, cold.as_secs_f64() * 1e3);
    }
}
