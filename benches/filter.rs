//! How fast the list of the dashboard is filtered: words and fuzzy words over 1,000,000 findings.
//!
//! `ACERTO_ROWS=100000 cargo bench --bench filter` takes another number. What is written for a
//! human comes first: seconds for the words, which are made once a run, and the slowest of each
//! kind of filter. Must not do: check answers; the tests do that.
#![allow(clippy::unwrap_used, reason = "a bench that can't go on has to stop")]
#![allow(clippy::print_stdout, reason = "its figures are its output")]

use std::sync::{Arc, LazyLock};
use std::time::Instant;

use acerto::domain::{AcsDevice, DeviceKey, ProviderRecord, Untrusted};
use acerto::engine::{Between, Cause, Finding, Reconciliation, SideCounts, Since, State, Strength};
use acerto::tui::filter::{Index, Wanted, lines};
use divan::Bencher;
use jiff::Timestamp;

const WORDS: [&str; 5] =
    ["00abcd12", "cliente", "serial:4857 hg8145", "cause:purge 100.1", "eg8145 !v5r022"];
const FUZZY: [&str; 5] = ["~clnt9991", "~hwtcab12", "~c", "~c9", "~c99"];
const ROUNDS: usize = 5;

static WORLD: LazyLock<(Reconciliation, Arc<Index>)> = LazyLock::new(|| {
    let rows = std::env::var("ACERTO_ROWS").ok().and_then(|n| n.parse().ok());
    (answer(rows.unwrap_or(1_000_000)), Arc::default())
});

fn u(text: &str) -> Option<Untrusted> {
    Untrusted::present(text)
}

/// Half of them in one system, half in both.
fn finding(n: u32) -> Finding {
    let mixed = n.wrapping_mul(2_654_435_761);
    let (serial, login) = (format!("48575443{mixed:08X}"), format!("cliente.{n:07}"));
    let mac = format!("E0:28:6D:{:02X}:{:02X}:{:02X}", n >> 16 & 255, n >> 8 & 255, n & 255);
    let device = AcsDevice {
        id: Untrusted::new(&format!("a{n}")),
        serial: u(&serial),
        macs: [Untrusted::new(&mac)].into(),
        pppoe_login: u(&login),
        model: u(if n.is_multiple_of(3) { "EG8145X6" } else { "HG8145V5" }),
        firmware: u("V5R022C00S265"),
        wan_ip: u(&format!("100.{}.{}.{}", n >> 16 & 255, n >> 8 & 255, n & 255)),
        ..AcsDevice::default()
    };
    let entry = ProviderRecord {
        device_id: u(&format!("d{n}")),
        serial: u(&serial),
        mac: u(&mac),
        login_id: u(&n.to_string()),
        login: u(&login),
        ..ProviderRecord::default()
    };
    let causes = [Cause::UnlinkedLogin, Cause::PendingPurge, Cause::NeverSeen, Cause::FieldDrift];
    Finding {
        id: format!("f-{n:016x}"),
        cause: causes[n as usize % causes.len()],
        strength: Strength::Proven,
        score: 1.0,
        state: State::New,
        was: None,
        first_seen: Timestamp::UNIX_EPOCH,
        absent_since: None,
        ignored: None,
        keys: DeviceKey::parse(&format!("serial={serial}")).into_iter().collect(),
        acs: if n % 4 == 1 { Vec::new() } else { vec![device] },
        provider: if n.is_multiple_of(4) { Vec::new() } else { vec![entry] },
        related: None,
        evidence: Vec::new(),
        fixes: Vec::new(),
        candidates: Vec::new(),
        fields: Vec::new(),
    }
}

fn answer(rows: u32) -> Reconciliation {
    let side = || SideCounts {
        devices: 0,
        integrated: None,
        entries: 0,
        logins: 0,
        complete: true,
        pages: 1,
        fetched_at: Timestamp::UNIX_EPOCH,
        last_synchronised: None,
        informed: None,
        extra_columns: Vec::new(),
    };
    Reconciliation {
        acs: side(),
        provider: side(),
        matched: 0,
        findings: (0..rows).map(finding).collect(),
        between: Between::of(0, 0, 0, &[]),
        since: Since::default(),
        projections: Vec::new(),
        resolved: Vec::new(),
        warnings: Vec::new(),
        departures: Vec::new(),
    }
}

fn found(filter: &str) -> usize {
    let (answer, index) = &*WORLD;
    let index = Arc::clone(index);
    lines(answer, &Wanted { filter: filter.to_owned(), index, ..Wanted::default() }).len()
}

#[divan::bench(args = WORDS, sample_count = 10)]
fn words(bencher: Bencher<'_, '_>, filter: &str) {
    bencher.bench(|| found(filter));
}

#[divan::bench(args = FUZZY, sample_count = 10)]
fn fuzzy(bencher: Bencher<'_, '_>, filter: &str) {
    bencher.bench(|| found(filter));
}

/// The slowest filter, by the median of a few rounds.
fn slowest(filters: &[&str]) -> (f64, String) {
    let median = |filter: &&str| {
        let mut times: Vec<f64> = (0..ROUNDS)
            .map(|_| {
                let started = Instant::now();
                divan::black_box(found(filter));
                started.elapsed().as_secs_f64() * 1e3
            })
            .collect();
        times.sort_by(f64::total_cmp);
        (times[ROUNDS / 2], format!("{filter}, {} rows fit", found(filter)))
    };
    filters.iter().map(median).max_by(|a, b| a.0.total_cmp(&b.0)).unwrap()
}

fn main() {
    let rows = WORLD.0.findings.len();
    let started = Instant::now();
    let _ = found("first");
    println!("{rows} rows; words made in {:.2} s", started.elapsed().as_secs_f64());
    for (kind, filters, bar) in [("words", WORDS, 150), ("fuzzy", FUZZY, 400)] {
        let (ms, filter) = slowest(&filters);
        println!("{kind}: {ms:.0} ms (bar {bar} ms) for `{filter}`");
    }
    divan::main();
}
