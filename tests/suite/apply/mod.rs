//! A lab to apply plans to: its configuration, its fixes made on purpose, its writes counted.
//!
//! Must not do: know how the product applies. Effects are counted at the two systems.

pub mod kinds;
pub mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::lab_process::Lab;
use crate::product_run::Answer;

/// A late effect lands so long after the connection ended; with the quiet period of [`NET`] a
/// slow machine has seconds to spare.
pub const LATE_MS: u32 = 150;

/// Quiet period 2.2 s.
const NET: &str = "request_timeout = \"1s\"\nserver_limit = \"200ms\"";

/// A machine with too much to do answers too late, now and then: what did not answer is asked
/// again, as cron does (exit code 6).
const AGAIN: usize = 5;

/// Wide limits: what is tested here is what is sent, not what the guards say.
const GUARD: &str = "removals = true\nremovals_percent = 100\nremovals_max = 1000\n\
     changes_percent = 100\nchanges_max = 1000\ndaily_removals = 10000\nsmall_fleet = 1\n\
     absence_gap = \"0s\"";

/// One lab, and the program's configuration and store for it.
pub struct Field {
    pub lab: Lab,
    pub profile: &'static str,
    /// Devices to which something was made to happen, by serial.
    used: Mutex<BTreeSet<String>>,
}

/// How an apply ended: the process, and its JSON.
pub struct Applied {
    pub exit: Option<i32>,
    pub document: Value,
    pub stderr: String,
}

impl Field {
    /// IXC ACS and IXC Provedor.
    pub fn new(seed: u64, devices: u32) -> Self {
        Self::of(seed, devices, "lab", GUARD)
    }

    /// With a profile, and wide limits.
    pub fn wide(seed: u64, devices: u32, profile: &'static str) -> Self {
        Self::of(seed, devices, profile, GUARD)
    }

    /// With a profile, and these lines under `[guard]`.
    pub fn of(seed: u64, devices: u32, profile: &'static str, guard: &str) -> Self {
        let lab = Lab::of(seed, devices);
        let window = far_from_now();
        let text = lab.configuration();
        let (before, rest) = text.split_once("[guard]\n").unwrap();
        let after = rest.find("\n[").map_or("", |at| &rest[at..]);
        let text = format!("{before}{after}");
        lab.configure(&format!(
            "{text}\n[net]\n{NET}\n\n[guard]\n{guard}\nsync_window = \"{window}\"\n"
        ));
        Self { lab, profile, used: Mutex::default() }
    }

    /// The profile no longer knows how to ask for this.
    pub fn cannot(&self, key: &str) {
        let text = self.lab.configuration();
        let keeps = |line: &&str| !line.starts_with(&format!("{key} "));
        self.lab.configure(&text.lines().filter(keeps).collect::<Vec<_>>().join("\n"));
    }

    /// The wide limits, as lines of `[guard]`, without these keys.
    pub fn wide_but(without: &[&str]) -> String {
        let keeps = |line: &&str| !without.iter().any(|key| line.starts_with(&format!("{key} ")));
        GUARD.lines().filter(keeps).collect::<Vec<_>>().join("\n")
    }

    /// The program, run to its end.
    pub fn acerto(&self, arguments: &[&str]) -> Answer {
        self.lab.acerto(self.profile, arguments)
    }

    /// The program, not run yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        self.lab.command(self.profile, arguments)
    }

    /// A file of this test.
    pub fn file(&self, name: &str) -> PathBuf {
        self.lab.folder().join(name)
    }

    /// Makes something happen in the world; `None` where it can't happen to that device.
    pub fn event(&self, kind: &str, key: &str) -> Option<Value> {
        self.happen(&json!({"kind": kind, "key": key}))
    }

    /// The same with more than a key.
    pub fn happen(&self, event: &Value) -> Option<Value> {
        let (status, answer) = self.lab.ask("POST", "/_lab/event", "", event);
        (status == 200).then(|| serde_json::from_str(&answer).unwrap())
    }

    /// The lab's clock goes on.
    pub fn advance(&self, hours: u32) {
        self.lab.post("/_lab/advance", &json!({"hours": hours}));
    }

    /// Of a hundred writes to either side so many land late, unanswered, until further notice.
    pub fn late_effects(&self, percent: u32) {
        for side in ["acs", "provider"] {
            let fault = json!({"name": "late-effect", "side": side, "percent": percent,
                "times": 0, "ms": LATE_MS});
            self.lab.post("/_lab/fault", &fault);
        }
    }

    /// `--reconcile` with what the ACS's audit export tells: the report.
    pub fn reconcile(&self) -> Value {
        let events = self.file("events.ndjson");
        std::fs::write(&events, self.lab.text("/_lab/events")).unwrap();
        let events = events.to_str().unwrap();
        let ask = || self.acerto(&["--reconcile", "--format", "json", "--events-file", events]);
        let answer = (0..AGAIN).map(|_| ask()).find(|answer| answer.exit != Some(6)).unwrap();
        assert!(matches!(answer.exit, Some(0 | 3)), "{}", answer.said());
        answer.report()
    }

    /// A plan of what the newest run found; the file, and what it says.
    pub fn plan(&self, name: &str, arguments: &[&str]) -> (PathBuf, Value) {
        let path = self.file(name);
        let plan = [&["plan", "-o", path.to_str().unwrap()], arguments].concat();
        let answer = self.acerto(&plan);
        assert!(matches!(answer.exit, Some(0 | 3 | 5)), "{}", answer.said());
        // None is written where no finding is about a key.
        let text = std::fs::read_to_string(&path).unwrap_or_else(|_| "{\"steps\":[]}".to_owned());
        (path, serde_json::from_str(&text).unwrap())
    }

    /// The command that sends a plan.
    pub fn applying(&self, plan: &std::path::Path) -> Command {
        self.command(&["--format", "json", "apply", plan.to_str().unwrap(), "--yes"])
    }

    /// Sends a plan.
    pub fn apply(&self, plan: &std::path::Path) -> Applied {
        Applied::of(self.applying(plan))
    }

    /// Sends a plan, and the same again where a system did not answer.
    pub fn apply_at_last(&self, plan: &std::path::Path) -> Applied {
        (0..AGAIN).map(|_| self.apply(plan)).find(|applied| applied.exit != Some(6)).unwrap()
    }

    /// Every write so far.
    pub fn writes(&self) -> Vec<Write> {
        let writes = self.lab.get("/_lab/writes");
        writes.as_array().unwrap().iter().map(Write::of).collect()
    }

    /// ACS devices and counted Provider entries, as the lab has them.
    pub fn counts(&self) -> (u64, u64) {
        let counts = &self.lab.get("/_lab/state")["counts"];
        (counts["acs"].as_u64().unwrap(), counts["provider"].as_u64().unwrap())
    }
}

impl Applied {
    /// Runs it.
    pub fn of(mut command: Command) -> Self {
        Self::read(&Answer::of(&command.output().unwrap()))
    }

    /// Of what was answered; a process that died, or refused before, has no document.
    pub fn read(answer: &Answer) -> Self {
        let document = serde_json::from_str(&answer.stdout).unwrap_or(Value::Null);
        Self { exit: answer.exit, document, stderr: answer.stderr.clone() }
    }

    /// Each step's state, by its number.
    pub fn states(&self) -> BTreeMap<u64, String> {
        let steps = self.document["steps"].as_array().cloned().unwrap_or_default();
        let one = |step: &Value| {
            (step["seq"].as_u64().unwrap(), step["state"].as_str().unwrap().to_owned())
        };
        steps.iter().map(one).collect()
    }

    /// Its id, for `undo`.
    pub fn run_id(&self) -> &str {
        self.document["run_id"].as_str().unwrap()
    }

    /// Everything was done and read back, and the counts are what the plan said.
    pub fn assert_done(&self, what: &str) {
        self.assert_ended(what, "left");
    }

    /// The same of an undo: what it was for is back.
    pub fn assert_undone(&self, what: &str) {
        self.assert_ended(what, "fixed");
    }

    /// `none`: the findings that there may be none of.
    fn assert_ended(&self, what: &str, none: &str) {
        let all = format!("{what}: {:?} {} {}", self.exit, self.document, self.stderr);
        assert_eq!(self.exit, Some(0), "{all}");
        let states = self.states();
        let is_done = |state: &String| matches!(state.as_str(), "verified" | "noop");
        assert!(!states.is_empty() && states.values().all(is_done), "{all}");
        let after = &self.document["after"];
        assert_eq!(after[none], json!([]), "{all}");
        assert_eq!(after["predicted"], after["found"], "{all}");
    }
}

/// A write that one of the systems received.
#[derive(Clone, Debug)]
pub struct Write {
    pub call: String,
    pub took_effect: bool,
}

impl Write {
    fn of(write: &Value) -> Self {
        let text = |name: &str| write[name].as_str().unwrap();
        Self {
            call: call(text("method"), text("path"), &write["body"]),
            took_effect: matches!(text("outcome"), "done" | "late" | "lost-reply"),
        }
    }
}

/// A call without its values: what it is about.
pub fn call(method: &str, path: &str, body: &Value) -> String {
    // Of the calls without an id in their path it is in the body.
    let id = if method == "POST" { ["get_id", "id"].map(|n| body[n].as_str()) } else { [None; 2] };
    let id = id.into_iter().flatten().next().unwrap_or_default();
    format!("{method} {path} {id}")
}

/// The calls of a plan's steps, by number; steps that only a person can do have none.
pub fn calls(plan: &Value) -> BTreeMap<u64, String> {
    let steps = plan["steps"].as_array().unwrap().iter().filter(|step| !step["call"].is_null());
    let one = |step: &Value| {
        let sent = &step["call"];
        let text = |name: &str| sent[name].as_str().unwrap();
        (step["seq"].as_u64().unwrap(), call(text("method"), text("path"), &sent["body"]))
    };
    steps.map(one).collect()
}

/// The findings that a plan is to end.
pub fn ends(plan: &Value) -> BTreeSet<String> {
    let steps = plan["steps"].as_array().unwrap().iter();
    steps.map(|step| step["because"].as_str().unwrap().to_owned()).collect()
}

/// Ids of a report's findings.
pub fn found(report: &Value) -> BTreeSet<String> {
    let findings = report["findings"].as_array().unwrap().iter();
    findings.map(|finding| finding["id"].as_str().unwrap().to_owned()).collect()
}

/// A minute half a day from now, in the lab's time zone.
fn far_from_now() -> String {
    let far = Timestamp::now() + SignedDuration::from_hours(12);
    let far = far.in_tz("America/Sao_Paulo").unwrap();
    let hour = far.hour();
    format!("{hour:02}:00-{hour:02}:01")
}
