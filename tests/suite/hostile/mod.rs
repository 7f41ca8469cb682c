//! What the tests of a hostile machine work with: a lab, the program as a process that can be
//! hurt, and both books side by side: what the systems received, and what the journal says.
//!
//! Must not do: link the product in. Its journal is asked for, as a program of others would.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use rand::SeedableRng as _;
use rand::rngs::ChaCha8Rng;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::lab_process::afternoon;
use crate::product_run::{Answer, Home};

/// How late a late effect lands; the quiet period below is twice as long.
pub const LATE_MS: u64 = 1500;

/// `[net]` of these tests: a quiet period of 2 x 1 s + 1 s, and short answers awaited.
pub const NET: &str = "[net]\nrequest_timeout = \"1s\"\nserver_limit = \"1s\"\n";

/// The quiet period of [`NET`].
pub const QUIET: Duration = Duration::from_secs(3);

/// With fewer devices a round of work may not find all that it wants.
pub const ENOUGH: usize = 30;

/// A lab, and a home in which the program runs against it.
pub struct Bench {
    pub home: Home,
    lab: Child,
    pub port: u16,
    pub config: PathBuf,
    pub profile: &'static str,
}

impl Bench {
    /// A lab of so many devices, whose clock stands still.
    pub fn new(profile: &'static str, devices: u32) -> Self {
        let home = Home::new();
        let config = home.path().join("lab.toml");
        let count = devices.to_string();
        let arguments =
            ["lab", "--seed", "1", "--days", "60", "--port", "0", "--speed", "0", "--devices"];
        let path = config.to_str().unwrap();
        let epoch = afternoon().to_string();
        let more = [&count, "--epoch", &epoch, "--config-out", path];
        let arguments = [&arguments[..], &more].concat();
        let mut lab = home.acerto(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(lab.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        let port = ready["port"].as_u64().unwrap() as u16;
        let bench = Self { home, lab, port, config, profile };
        bench.configure(NET);
        bench
    }

    /// The lab's configuration, with guards that let a small fleet be changed, and `more`.
    pub fn configure(&self, more: &str) {
        let text = std::fs::read_to_string(&self.config).unwrap();
        let labs_own = text.split("\n[guard]").next().unwrap().split("\n[store]").next().unwrap();
        let store = self.home.path().join("store");
        // Half a day away from now: no test may fall into it, whatever its clock says.
        let zone = TimeZone::get("America/Sao_Paulo").unwrap();
        let away = |minutes: i64| {
            let then = Timestamp::now() + SignedDuration::from_mins(12 * 60 + minutes);
            zone.to_datetime(then).time().strftime("%H:%M").to_string()
        };
        let (from, until) = (away(0), away(1));
        let guard = format!(
            "[guard]\nremovals = true\nremovals_percent = 50\nchanges_percent = 50\n\
             absence_gap = \"0s\"\nsync_window = \"{from}-{until}\"\n"
        );
        let store = format!("[store]\ndir = '{}'\n", store.display());
        std::fs::write(&self.config, format!("{labs_own}\n{guard}\n{store}{more}")).unwrap();
    }

    /// The folder of the profile's store.
    pub fn store(&self) -> PathBuf {
        self.home.path().join("store").join(self.profile)
    }

    /// A path in the home, as text.
    pub fn path(&self, name: &str) -> String {
        self.home.path().join(name).to_str().unwrap().to_owned()
    }

    /// The program with this lab's configuration.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let config = self.config.to_str().unwrap();
        let global = ["--config", config, "--profile", self.profile];
        let mut command = self.home.acerto(&[&global, arguments].concat());
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Answer {
        ended(self.command(arguments).spawn().unwrap())
    }

    /// Control API: POST; the status, and what is answered.
    pub fn try_post(&self, path: &str, body: &Value) -> (u16, Value) {
        let body = body.to_string();
        self.exchange(&format!(
            "POST {path} HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
    }

    /// Control API: POST.
    pub fn post(&self, path: &str, body: &Value) -> Value {
        let (status, answer) = self.try_post(path, body);
        assert_eq!(status, 200, "{path} {body}: {answer}");
        answer
    }

    /// Control API: GET.
    pub fn get(&self, path: &str) -> Value {
        let (status, answer) = self
            .exchange(&format!("GET {path} HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n"));
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// One request on a connection of its own.
    fn exchange(&self, request: &str) -> (u16, Value) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        // A list may be framed in chunks: what is no JSON is given as its lines.
        (status, serde_json::from_str(body).unwrap_or_else(|_| Value::String(body.to_owned())))
    }

    /// 15 % of what is written to the Provider is done late, and never answered.
    pub fn late_effects(&self, percent: f64) {
        for side in ["acs", "provider"] {
            let fault = json!({"name": "late-effect", "side": side, "percent": percent,
                               "times": 0, "ms": LATE_MS});
            self.post("/_lab/fault", &fault);
        }
    }

    /// Every write that the systems received.
    pub fn writes(&self) -> Vec<Write> {
        let writes = self.get("/_lab/writes");
        let text = |w: &Value, name: &str| w[name].as_str().unwrap().to_owned();
        let one = |w: &Value| {
            let call = format!("{} {}", text(w, "method"), text(w, "path"));
            let id = ["id", "get_id"].iter().find_map(|name| w["body"][*name].as_str());
            Write { call: named(call, id), outcome: text(w, "outcome") }
        };
        writes.as_array().unwrap().iter().map(one).collect()
    }

    /// The steps of the journal, as `store export` tells them.
    pub fn steps(&self) -> Vec<Value> {
        self.exported("step", &[])
    }

    pub fn exported(&self, kind: &str, of: &[&str]) -> Vec<Value> {
        let answer = self.run(&[of, &["store", "export"]].concat());
        assert_eq!(answer.exit, Some(0), "{}", answer.said());
        let lines = answer.stdout.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        lines.filter(|line| line["kind"] == kind).collect()
    }

    /// Serials of devices that both systems know, the Provider by an ONU row with a login.
    pub fn linked(&self) -> Vec<String> {
        let answer = self.run(&["--reconcile", "--format", "json"]);
        assert_eq!(answer.exit, Some(3), "{}", answer.said());
        let serial = |line: &Value| line["serial"].as_str().map(str::to_owned);
        let acs: Vec<String> = self.exported("acs", &[]).iter().filter_map(serial).collect();
        let is_onu = |line: &&Value| {
            line["linked"] == true
                && !line["device_id"].as_str().unwrap_or("login").starts_with('l')
        };
        let provider = self.exported("provider", &[]);
        let both = provider.iter().filter(is_onu).filter_map(serial);
        both.filter(|serial| acs.contains(serial)).collect()
    }

    /// Something happens to a device; `false` where it can't.
    fn act(&self, kind: &str, key: &str) -> bool {
        self.try_post("/_lab/event", &json!({"kind": kind, "key": key})).0 == 200
    }

    /// Typos in so many of these that are told as such; all that were tried are taken off the list.
    /// Where the serial alone is known, a typo looks like another box, and has other fixes.
    pub fn mistype(&self, of: &mut Vec<String>, many: usize) -> Vec<String> {
        let mut done = Vec::new();
        while done.len() < many {
            let mut tried = Vec::new();
            while tried.len() < many - done.len() {
                let serial = of.pop().expect("enough devices");
                if self.act("typo", &serial) {
                    tried.push(serial);
                }
            }
            let report = self.run(&["--reconcile", "--format", "json"]).report();
            let findings = report["findings"].as_array().unwrap().iter();
            let told: Vec<&Value> = findings
                .filter(|finding| finding["cause"] == "identity-mismatch")
                .map(|finding| &finding["acs"]["serial"])
                .collect();
            done.extend(tried.into_iter().filter(|serial| told.contains(&&json!(serial))));
        }
        done
    }

    /// Is there a fault of this name that has not struck as often as it shall?
    pub fn is_on(&self, fault: &str) -> bool {
        !self.active(fault).is_empty()
    }

    /// How often a fault that is still on has struck.
    pub fn struck(&self, fault: &str) -> u64 {
        self.active(fault).iter().map(|on| on["struck"].as_u64().unwrap()).sum()
    }

    fn active(&self, fault: &str) -> Vec<Value> {
        let faults = self.get("/_lab/faults");
        let named = faults.as_array().unwrap().iter().filter(|f| f["name"] == fault);
        named.flat_map(|f| f["active"].as_array().unwrap().clone()).collect()
    }

    /// No findings of this cause are left that a fix could be sent for.
    pub fn assert_fixed(&self, cause: &str) {
        let report = self.run(&["--reconcile", "--format", "json"]).report();
        assert_eq!(report["causes"].get(cause), None, "{:?}", report["causes"]);
    }

    /// The two books side by side: each thing done once, nothing received that is not in the
    /// journal as sent, and nothing open at the end.
    pub fn assert_once(&self) {
        // What was left unanswered last lands late, too.
        std::thread::sleep(Duration::from_millis(LATE_MS + 300));
        self.assert_sent();
        let mut effects: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for write in self.writes().into_iter().filter(Write::had_effect) {
            effects.entry(write.call).or_default().push(write.outcome);
        }
        let twice: Vec<_> = effects.iter().filter(|(_, outcomes)| outcomes.len() > 1).collect();
        assert!(twice.is_empty(), "done twice: {twice:?}\n{}", self.told());
        let open: Vec<Value> = self.steps().into_iter().filter(|s| !is_end(s)).collect();
        assert!(open.is_empty(), "still open: {open:?}");
        let check = self.run(&["store", "check"]);
        assert_eq!(check.exit, Some(0), "{}", check.said());
    }

    /// No system received what the journal does not have as sent before (I1).
    pub fn assert_sent(&self) {
        self.assert_sent_by(&self.home.path().join("store"));
    }

    /// The same by the journal of a store that lies elsewhere.
    pub fn assert_sent_by(&self, store: &Path) {
        let store = store.join(self.profile);
        let steps = self.exported("step", &["--store", store.to_str().unwrap()]);
        let mut received: BTreeMap<String, u64> = BTreeMap::new();
        for write in self.writes() {
            *received.entry(write.call).or_default() += 1;
        }
        for (call, times) in received {
            let of_it = steps.iter().filter(|step| call_of(step) == call);
            let sent: u64 = of_it.filter(|s| !s["sent_boottime"].is_null()).map(sendings).sum();
            assert!(times <= sent, "{call}: received {times} times, sent {sent} times");
        }
    }

    /// Everything, for a message.
    fn told(&self) -> String {
        let writes: Vec<String> =
            self.writes().iter().map(|w| format!("{} {}", w.call, w.outcome)).collect();
        let step = |s: &Value| {
            format!(
                "{} {} {} attempt {} {}",
                s["plan_id"], s["key"], s["state"], s["attempt"], s["note"]
            )
        };
        let steps: Vec<String> = self.steps().iter().map(step).collect();
        format!("{}\n{}", writes.join("\n"), steps.join("\n"))
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        // It may have been ended already.
        let _ = self.lab.kill();
        let _ = self.lab.wait();
    }
}

/// A write that a system received.
#[derive(Clone, Debug)]
pub struct Write {
    /// What it does, and to what: method, path, and the id where only the body has it.
    pub call: String,
    pub outcome: String,
}

impl Write {
    pub fn had_effect(&self) -> bool {
        self.outcome != "refused"
    }
}

/// A call as both books name it.
fn named(call: String, id: Option<&str>) -> String {
    match id.filter(|_| call.starts_with("POST")) {
        Some(id) => format!("{call} of {id}"),
        None => call,
    }
}

/// The call of a step.
pub fn call_of(step: &Value) -> String {
    let text = |name: &str| step["call"][name].as_str().unwrap();
    let body = step["call"]["body"].as_array().cloned().unwrap_or_default();
    let id = body.iter().find(|cell| cell[0] == "id" || cell[0] == "get_id");
    named(format!("{} {}", text("method"), text("path")), id.and_then(|cell| cell[1].as_str()))
}

/// At most so often a step's request may have left.
fn sendings(step: &Value) -> u64 {
    step["attempt"].as_u64().unwrap() + step["refusals"].as_u64().unwrap()
}

pub fn is_end(step: &Value) -> bool {
    let state = step["state"].as_str().unwrap();
    !["intent", "sent", "acked", "in-doubt", "needs-human"].contains(&state)
}

/// A process that was waited for.
pub fn ended(child: Child) -> Answer {
    Answer::of(&child.wait_with_output().unwrap())
}

/// Sends a signal; one that has ended is not hurt.
pub fn signal(child: &Child, signal: Signal) {
    let pid = Pid::from_child(child);
    let _ = kill_process(pid, signal);
}

/// Waits until it ends or the time is over; did it end?
pub fn ends_within(child: &mut Child, most: Duration) -> bool {
    let until = Instant::now() + most;
    while Instant::now() < until {
        if child.try_wait().unwrap().is_some() {
            return true;
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    child.try_wait().unwrap().is_some()
}

pub fn dice(seed: u64) -> ChaCha8Rng {
    ChaCha8Rng::seed_from_u64(seed)
}

/// Rounds, each in a lab of its own, until so many of whatever a round counts were reached: one
/// fleet has work for some only.
pub fn rounds(wanted: usize, mut round: impl FnMut(usize) -> usize) {
    let mut left = wanted;
    while left > 0 {
        left -= round(left);
    }
}

/// How often: `HOSTILE_TIMES=100 cargo test --test suite hostile_` asks for more than the usual.
pub fn times(usual: usize) -> usize {
    std::env::var("HOSTILE_TIMES").ok().and_then(|n| n.parse().ok()).unwrap_or(usual)
}

/// What can't be run here, and why.
pub fn skipped(why: &str) {
    println!("SKIPPED: {why}");
}

/// A program of the machine, where it is there.
pub fn tool(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    std::env::split_paths(&path).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// Every regular file below a folder, with its bytes.
pub fn files_below(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files_below(&path));
        } else if path.is_file() {
            found.push((path.clone(), std::fs::read(&path).unwrap()));
        }
    }
    found
}
