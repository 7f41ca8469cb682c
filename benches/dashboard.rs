//! How the dashboard feels with 1,000,000 stored rows of which 100,000 findings: the built
//! program in a pty of 80x24, from the first frame to keys, filters and memory.
//!
//! `ACERTO_ROWS=100000 cargo bench --bench dashboard` takes another number of rows. Must not do:
//! check answers or bytes; the tests do that.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "a bench that can't go on has to stop")]
#![allow(clippy::print_stdout, reason = "its figures are its output")]
#![allow(dead_code, reason = "shared with the tests, which use all of it")]

#[path = "../tests/suite/canary.rs"]
mod canary;
#[path = "../tests/suite/dashboard/mod.rs"]
mod dashboard;
#[path = "../tests/suite/judge.rs"]
mod judge;
#[path = "../tests/suite/product_run.rs"]
mod product_run;
#[path = "../tests/suite/samples.rs"]
#[allow(unused_imports, reason = "its own tests use them")]
mod samples;
#[path = "../tests/suite/world/mod.rs"]
mod world;

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::time::{Duration, Instant};

use self::dashboard::Screen;
use self::product_run::Home;

const STARTS: usize = 5;
const KEYS: usize = 200;

/// One device in ten is known to one system only.
fn write_sides(folder: &Path, rows: u32) {
    let side = rows / 2;
    let alone = side / 10;
    let create = |name| BufWriter::new(std::fs::File::create(folder.join(name)).unwrap());
    let (mut acs, mut provider) = (create("acs.ndjson"), create("provider.csv"));
    writeln!(provider, "device_id,serial,mac,login_id,login,active,customer_name,model").unwrap();
    for n in 0..side + alone {
        let (serial, mac) = (format!("48575443{n:08X}"), format!("00259E{n:06X}"));
        let model = if n % 3 == 0 { "EG8145X6" } else { "HG8145V5" };
        if n < side {
            writeln!(
                acs,
                "{{\"id\":\"a{n}\",\"serial\":\"{serial}\",\"mac\":\"{mac}\",\
                \"pppoe_login\":\"cliente.{n}\",\"model\":\"{model}\",\"firmware\":\"V5R022\",\
                \"wan_ip\":\"100.{}.{}.{}\",\"last_inform\":\"2026-11-20T11:01:00Z\",\
                \"registered\":\"2025-06-01T10:00:00Z\"}}",
                n >> 16,
                n >> 8 & 255,
                n & 255
            )
            .unwrap();
        }
        if n >= alone {
            writeln!(provider, "d{n},{serial},{mac},{n},cliente.{n},S,Cliente {n},{model}")
                .unwrap();
        }
    }
}

fn home(rows: u32) -> Home {
    let home = Home::new();
    let config = home.folder(".config/acerto");
    write_sides(&config, rows);
    let text = "[profiles.bench.acs]\nkind = \"file\"\npath = \"acs.ndjson\"\n\n\
        [profiles.bench.provider]\nkind = \"file\"\npath = \"provider.csv\"\n";
    std::fs::write(config.join("config.toml"), text).unwrap();
    let started = Instant::now();
    let read = home.run(&["--reconcile", "--summary"]);
    assert_eq!(read.exit, Some(3), "{}", read.said());
    println!("{rows} rows read, reconciled and stored in {:.1} s", started.elapsed().as_secs_f64());
    home
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn quantile(times: &mut [Duration], share: f64) -> f64 {
    times.sort();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a place")]
    #[expect(clippy::cast_precision_loss, reason = "a few hundred")]
    let at = ((times.len() - 1) as f64 * share).round() as usize;
    ms(times[at])
}

/// MiB that it held at most.
fn peak(pid: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() / 1024
}

fn starts(home: &Home) -> Screen {
    let (mut first, mut whole) = (Vec::new(), Vec::new());
    loop {
        let started = Instant::now();
        let mut screen = Screen::start_in(home.path(), &[], &[], (80, 24));
        screen.wait_for_frames(1);
        first.push(started.elapsed());
        screen.wait_for("= counted by the Provider");
        whole.push(started.elapsed());
        if first.len() == STARTS {
            println!("first frame: median {:.0} ms (bar 60 ms)", quantile(&mut first, 0.5));
            println!("waterfall and list: median {:.0} ms (bar 500 ms)", quantile(&mut whole, 0.5));
            return screen;
        }
        screen.press("q");
        screen.ended();
    }
}

fn keys(screen: &mut Screen, what: &str, keys: &[&str]) {
    let (mut times, mut bytes) = (Vec::new(), 0);
    for n in 0..KEYS {
        let started = Instant::now();
        bytes += screen.frame_of(keys[n % keys.len()]);
        times.push(started.elapsed());
    }
    let (half, p95) = (quantile(&mut times, 0.5), quantile(&mut times, 0.95));
    println!("{what}: p50 {half:.1} ms, p95 {p95:.1} ms (bar 16 ms), {} bytes", bytes / KEYS);
}

/// From the last key of a filter to its echo, and to its list.
fn filter(screen: &mut Screen, kind: &str, word: &str, bar: u32) {
    screen.press("/");
    let (last, begin) = (&word[word.len() - 1..], &word[..word.len() - 1]);
    for key in begin.split_inclusive(|_| true) {
        screen.frame_of(key);
    }
    screen.wait_until("settled", |shown| !shown.contains("filtering"));
    let started = Instant::now();
    screen.frame_of(last);
    let echo = started.elapsed();
    screen.wait_until("filtered", |shown| !shown.contains("filtering"));
    let result = started.elapsed();
    println!("{kind}: echo {:.1} ms, list {:.0} ms (bars 16 and {bar} ms)", ms(echo), ms(result));
    screen.press("\x1b");
    screen.wait_until("no filter", |shown| !shown.contains(word));
}

fn main() {
    let rows = std::env::var("ACERTO_ROWS").ok().and_then(|n| n.parse().ok());
    let home = home(rows.unwrap_or(1_000_000));
    let mut screen = starts(&home);
    screen.wait_to_be_ready();
    screen.press("2");
    screen.wait_for("SERIAL");
    keys(&mut screen, "down a list of all", &["j"]);
    keys(&mut screen, "half pages", &["\x04", "\x15"]);
    // Home, as `gg` are two keys and may be two frames: the next key would be waited for in vain.
    keys(&mut screen, "from end to end", &["G", "\x1b[H"]);
    filter(&mut screen, "words", "1f4c", 150);
    filter(&mut screen, "fuzzy", "~hg1f4", 400);
    println!("held at most {} MiB (bar 300 MiB)", peak(screen.pid()));
    screen.press("q");
    screen.ended();
}
