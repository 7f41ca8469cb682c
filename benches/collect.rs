//! Reading 100,000 devices from GenieACS: a paced server, curl as the peer, memory as the floor.
//!
//! `cargo bench --bench collect` prints three ratios: the adapter's rate over curl's, its CPU
//! over that of decoding the same bytes from memory, and how far memory grew while it read.
//! Must not do: check answers; the tests do that.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a bench that can't go on has to stop")]
#![allow(clippy::print_stdout, reason = "its figures are its output")]

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::mpsc::{self, RecvTimeoutError};
use std::time::{Duration, Instant};

use acerto::acs::genieacs::{GenieAcs, GenieSettings, SpeedTests};
use acerto::domain::AnySnapshot;
use acerto::http::{Limits, Settings};
use acerto::ports::Acs as _;
use jiff::Timestamp;
use rustix::time::{ClockId, clock_gettime};
use serde::Deserialize;
use serde_json::json;

const DEVICES: usize = 100_000;
const DEVICES_A_SECOND: usize = 8_000;
const DEVICE_BYTES: usize = 540;
const ROUNDS: usize = 5;
/// The server sends this often; a burst is what that time holds.
const TICK: Duration = Duration::from_micros(100);

/// One device as the projected list has it, of about `DEVICE_BYTES`.
fn device(n: usize) -> String {
    let serial = format!("48575443{n:08X}");
    let username = json!({
        "_value": format!("cliente.{n:06}"), "_type": "xsd:string",
        "_timestamp": "2026-11-23T12:56:20.059Z",
    });
    let connection = json!({"1": {"WANPPPConnection": {"1": {"Username": username}}}});
    let mut device = json!({
        "_id": format!("00259E-HG8145V5-{serial}"),
        "_deviceId": {
            "_Manufacturer": "Huawei Technologies Co., Ltd", "_OUI": "00259E",
            "_ProductClass": "HG8145V5", "_SerialNumber": serial,
        },
        "_lastInform": "2026-11-23T12:56:20.055Z",
        "_registered": "2026-11-20T12:55:20.337Z",
        "_tags": [],
        "InternetGatewayDevice": {"WANDevice": {"1": {"WANConnectionDevice": connection}}},
        "_pad": "",
    });
    let missing = DEVICE_BYTES.saturating_sub(device.to_string().len());
    device["_pad"] = "x".repeat(missing).into();
    device.to_string()
}

fn list() -> Vec<String> {
    (0..DEVICES).map(device).collect()
}

/// Answers every request on its own connection; `paced`: at `DEVICES_A_SECOND`.
fn serve(listener: &TcpListener, devices: &Arc<Vec<String>>) {
    for connection in listener.incoming().flatten() {
        let devices = Arc::clone(devices);
        std::thread::spawn(move || {
            // The client may leave early.
            let _ = answer(connection, &devices);
        });
    }
}

fn answer(connection: TcpStream, devices: &[String]) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut writer = connection;
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if reader.read_line(&mut head)? == 0 {
                return Ok(());
            }
        }
        let date = Timestamp::now().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string();
        let count = devices.len();
        write!(
            writer,
            "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\ntotal: {count}\r\n\
             GenieACS-Version: 1.2.16\r\nDate: {date}\r\n"
        )?;
        if head.starts_with("HEAD") {
            writer.write_all(b"\r\n")?;
            continue;
        }
        writer.write_all(b"Transfer-Encoding: chunked\r\n\r\n")?;
        paced(&mut writer, devices)?;
    }
}

/// One chunk an item and one a separator, as Node writes them.
fn paced(writer: &mut TcpStream, devices: &[String]) -> std::io::Result<()> {
    writer.write_all(b"2\r\n[\n\r\n")?;
    let started = Instant::now();
    let mut sent = 0;
    while sent < devices.len() {
        let millis = usize::try_from(started.elapsed().as_millis()).unwrap();
        let due = (millis * DEVICES_A_SECOND / 1000).min(devices.len());
        for (n, item) in devices.iter().enumerate().take(due).skip(sent) {
            let comma = if n > 0 { "2\r\n,\n\r\n" } else { "" };
            // One by one, as Node sends them.
            writer.write_all(format!("{comma}{:x}\r\n{item}\r\n", item.len()).as_bytes())?;
        }
        sent = due;
        std::thread::sleep(TICK);
    }
    writer.write_all(b"2\r\n\n]\r\n0\r\n\r\n")
}

/// CPU seconds of this thread so far: the adapter works on the thread that calls it.
fn thread_cpu() -> f64 {
    Duration::try_from(clock_gettime(ClockId::ThreadCPUTime)).unwrap().as_secs_f64()
}

/// Resident KiB of this process now.
fn resident_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|l| l.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn curl(url: &str) -> Option<f64> {
    let started = Instant::now();
    let status = Command::new("curl")
        .args(["--silent", "--fail", "--output", "/dev/null", &format!("{url}/devices")])
        .stdout(Stdio::null())
        .status()
        .ok()?;
    status.success().then(|| started.elapsed().as_secs_f64())
}

/// What one reading cost.
struct Cost {
    wall: f64,
    cpu: f64,
}

fn adapter(url: &str) -> Cost {
    let http = Settings { origin: url.to_owned(), ca_pem: None, limits: Limits::default() };
    let settings = GenieSettings {
        http,
        login: None,
        fields: BTreeMap::new(),
        speed_tests: SpeedTests::default(),
        now: Timestamp::now(),
    };
    let acs = GenieAcs::new(settings).unwrap();
    let (started, cpu) = (Instant::now(), thread_cpu());
    let snapshot = acs.fetch(&|_| {}).unwrap();
    let cost = Cost { wall: started.elapsed().as_secs_f64(), cpu: thread_cpu() - cpu };
    assert!(matches!(&snapshot, AnySnapshot::Complete(s) if s.records.len() == DEVICES));
    cost
}

/// CPU seconds of parsing the same bytes from memory, into values of the same fields.
fn memory(body: &str) -> f64 {
    let cpu = thread_cpu();
    let rows: Vec<Row> = serde_json::from_str(body).unwrap();
    assert_eq!(rows.len(), DEVICES);
    thread_cpu() - cpu
}

/// What acerto keeps of a device, as plainly as serde can say it.
#[derive(Deserialize)]
#[expect(dead_code, reason = "it is parsed, not looked at")]
struct Row {
    #[serde(rename = "_id")]
    id: String,
    #[serde(rename = "_deviceId")]
    device_id: BTreeMap<String, String>,
    #[serde(rename = "_lastInform")]
    last_inform: Timestamp,
    #[serde(rename = "_registered")]
    registered: Timestamp,
    #[serde(rename = "_tags")]
    tags: Vec<String>,
    #[serde(rename = "InternetGatewayDevice")]
    tree: Tree,
}

/// A parameter's object: its value, or more of them.
#[derive(Deserialize)]
#[expect(dead_code, reason = "it is parsed, not looked at")]
struct Tree {
    #[serde(rename = "_value")]
    value: Option<String>,
    #[serde(rename = "_type")]
    kind: Option<String>,
    #[serde(rename = "_timestamp")]
    at: Option<String>,
    #[serde(flatten)]
    below: BTreeMap<String, Tree>,
}

/// Resident KiB of this process at most, while `work` ran, above what it was before.
fn growth<T>(work: impl FnOnce() -> T) -> (T, u64) {
    let before = resident_kib();
    let (stop, stopped) = mpsc::channel::<()>();
    let watch = std::thread::spawn(move || {
        let mut most = 0;
        while stopped.recv_timeout(Duration::from_millis(20)) == Err(RecvTimeoutError::Timeout) {
            most = most.max(resident_kib());
        }
        most
    });
    let done = work();
    drop(stop);
    (done, watch.join().unwrap().saturating_sub(before))
}

fn main() {
    let devices = Arc::new(list());
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = Arc::clone(&devices);
    std::thread::spawn(move || serve(&listener, &served));
    let body = format!("[\n{}\n]", devices.join(",\n"));
    let bytes = body.len() / DEVICES;
    println!("{DEVICES} devices of {bytes} bytes, served at {DEVICES_A_SECOND} a second");
    let mut rounds = Vec::new();
    for _ in 0..ROUNDS {
        let floor = memory(&body);
        let Some(peer) = curl(&url) else {
            println!("curl is not here: nothing measured");
            return;
        };
        let (ours, kib) = growth(|| adapter(&url));
        let floor_after = memory(&body);
        let floor = f64::midpoint(floor, floor_after);
        println!(
            "rate {:.2} of curl's ({:.2} s, {peer:.2} s); CPU {:.2} of parsing from memory \
             ({:.2} s, {floor:.2} s); memory +{} MiB, records among them",
            peer / ours.wall,
            ours.wall,
            ours.cpu / floor,
            ours.cpu,
            kib / 1024
        );
        rounds.push((ours.cpu, floor));
    }
    let (ours, floor) = (median(&rounds, |r| r.0), median(&rounds, |r| r.1));
    println!("medians: CPU {ours:.2} s, {floor:.2} s from memory: {:.2}", ours / floor);
}

/// Shared machines are noisy: one round tells little.
fn median(rounds: &[(f64, f64)], of: impl Fn(&(f64, f64)) -> f64) -> f64 {
    let mut values: Vec<f64> = rounds.iter().map(of).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
