//! Speed tests as boxes make them (TR-143): an address, then `Requested`, then a wait, then
//! figures; and what ACSs see of boxes that do it wrongly.
//!
//! The ACS shows what it last wrote or read, so a box's end of a test is seen only once the box
//! was asked. Must not do: let chance in; the same box measures the same.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};

use super::tree::date;
use crate::lab::server::ixc_acs::measured;
use crate::lab::world::{Cpe, DataModel, World};

/// What a box does wrongly in its next test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trap {
    /// It completes, with the end of the test before.
    StaleEnd,
    /// It reaches nobody at the address.
    InitFailed,
    /// Its state has spaces around the word that TR-181 has since.
    Spaces,
    /// Its period of full load is in milliseconds.
    Milliseconds,
    /// It counts half the bytes.
    WrongBytes,
    /// It never completes.
    Never,
    /// It is behind NAT: it can't be called, and does its tasks when it calls.
    Nat,
}

/// Seconds from the request to the first byte.
const BEGINS: i64 = 2;

/// The two objects.
const OBJECTS: [&str; 2] = ["DownloadDiagnostics", "UploadDiagnostics"];

/// A box's diagnostics in one direction.
#[derive(Clone, Debug, Default)]
struct Test {
    url: String,
    length: u64,
    requested: Option<Timestamp>,
    trap: Option<Trap>,
    /// kbit/s of this box.
    kbps: u64,
    /// The state, begin, end and bytes that the box tells, where no test goes on.
    told: Map<String, Value>,
    /// What the ACS has seen, each with its time.
    seen: BTreeMap<String, (Value, Timestamp)>,
}

/// The diagnostics of all boxes that were ever asked.
#[derive(Debug, Default)]
pub(super) struct Diagnostics {
    tests: BTreeMap<(String, usize), Test>,
    /// What the next test of any box does wrongly.
    pub trap: Option<Trap>,
    /// Boxes behind NAT, by serial.
    pub behind_nat: Vec<String>,
}

/// Which of the two objects a parameter's name is below, and its own name.
fn place(name: &str) -> Option<(usize, &str)> {
    let at = OBJECTS.iter().position(|object| name.contains(&format!(".{object}")))?;
    Some((at, name.rsplit('.').next().unwrap_or_default()))
}

impl Diagnostics {
    /// The box does a task.
    pub fn run(&mut self, world: &World, cpe: &Cpe, task: &Value) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match task["name"].as_str() {
            Some("setParameterValues") => {
                for value in task["parameterValues"].as_array().into_iter().flatten() {
                    self.set(world, cpe, &text(&value[0]), &value[1]);
                }
            }
            Some("refreshObject") => {
                if let Some((at, _)) = place(&text(&task["objectName"])) {
                    self.of(world, cpe, at).refresh(world.now());
                }
            }
            _ => {}
        }
    }

    fn of(&mut self, world: &World, cpe: &Cpe, at: usize) -> &mut Test {
        let key = (cpe.serial.clone(), at);
        let (down, up) = measured(world, &cpe.serial).unwrap_or_default();
        let test = self.tests.entry(key).or_default();
        test.kbps = [down, up][at].max(1);
        test
    }

    fn set(&mut self, world: &World, cpe: &Cpe, name: &str, value: &Value) {
        let (trap, now) = (self.trap, world.now());
        let Some((at, own)) = place(name) else { return };
        let test = self.of(world, cpe, at);
        test.seen.insert(own.to_owned(), (value.clone(), now));
        match own {
            "DiagnosticsState" => {
                test.end(now);
                test.trap = trap;
                test.requested = Some(now);
                self.trap = None;
            }
            "DownloadURL" | "UploadURL" => {
                test.abort();
                value.as_str().unwrap_or_default().clone_into(&mut test.url);
            }
            "TestFileLength" => {
                test.abort();
                test.length = value.as_u64().unwrap_or_default();
            }
            _ => test.abort(),
        }
    }

    /// Puts what the ACS has seen into a box's document.
    pub fn show(&self, cpe: &Cpe, document: &mut Value) {
        for (at, object) in OBJECTS.iter().enumerate() {
            let Some(test) = self.tests.get(&(cpe.serial.clone(), at)) else { continue };
            let parent = match cpe.data_model {
                DataModel::Tr098 => &mut document["InternetGatewayDevice"],
                DataModel::Tr181 => &mut document["Device"]["IP"]["Diagnostics"],
            };
            parent[*object] = test.document();
        }
    }
}

impl Test {
    /// Another write ends a test that goes on, without a result.
    fn abort(&mut self) {
        if self.requested.take().is_some() {
            self.told.insert("DiagnosticsState".to_owned(), json!("None"));
        }
    }

    /// Bytes of the file: a download's address ends in them.
    fn bytes(&self) -> Option<u64> {
        let named = self.url.rsplit('/').next().and_then(|name| name.parse().ok());
        if self.length > 0 { Some(self.length) } else { named }
    }

    /// A test that has come to its end is told as ended.
    fn end(&mut self, now: Timestamp) {
        let Some(requested) = self.requested else { return };
        let Some(bytes) = self.bytes().filter(|_| self.trap != Some(Trap::InitFailed)) else {
            self.told.insert("DiagnosticsState".to_owned(), json!("Error_InitConnectionFailed"));
            self.requested = None;
            return;
        };
        let micros = i64::try_from(bytes * 8_000 / self.kbps).unwrap_or(i64::MAX);
        let begin = requested + SignedDuration::from_secs(BEGINS);
        let Ok(end) = begin.checked_add(SignedDuration::from_micros(micros)) else { return };
        if now < end || self.trap == Some(Trap::Never) {
            return;
        }
        self.requested = None;
        self.complete(bytes, micros, (begin, end));
    }

    fn complete(&mut self, bytes: u64, micros: i64, (begin, end): (Timestamp, Timestamp)) {
        let way = if self.length > 0 { "Sent" } else { "Received" };
        let counted = if self.trap == Some(Trap::WrongBytes) { bytes / 2 } else { bytes };
        let state = match self.trap {
            Some(Trap::Spaces) => " Complete ",
            _ => "Completed",
        };
        let full = micros * 9 / 10;
        let period = if self.trap == Some(Trap::Milliseconds) { full / 1000 } else { full };
        let stale = self.trap == Some(Trap::StaleEnd);
        let before = self.told.get("EOMTime").cloned();
        let told = [
            ("DiagnosticsState".to_owned(), json!(state)),
            ("BOMTime".to_owned(), json!(date(begin))),
            ("EOMTime".to_owned(), before.filter(|_| stale).unwrap_or_else(|| json!(date(end)))),
            (format!("TestBytes{way}"), json!(counted)),
            (format!("TotalBytes{way}"), json!(counted + 3_000_000)),
            (format!("TestBytes{way}UnderFullLoading"), json!(bytes * 9 / 10)),
            ("PeriodOfFullLoading".to_owned(), json!(period)),
        ];
        self.told = told.into_iter().collect();
    }

    /// The ACS asks the box for all of it.
    fn refresh(&mut self, now: Timestamp) {
        self.end(now);
        let idle = if self.requested.is_some() { "Requested" } else { "None" };
        let mut all = self.told.clone();
        if self.requested.is_some() || !all.contains_key("DiagnosticsState") {
            all.insert("DiagnosticsState".to_owned(), json!(idle));
        }
        if !self.url.is_empty() {
            let name = if self.length > 0 { "UploadURL" } else { "DownloadURL" };
            all.insert(name.to_owned(), json!(self.url));
        }
        self.seen = all.into_iter().map(|(name, value)| (name, (value, now))).collect();
    }

    fn document(&self) -> Value {
        let leaf = |(name, (value, at)): (&String, &(Value, Timestamp))| {
            let leaf = json!({
                "_object": false, "_writable": true, "_value": value, "_type": "xsd:string",
                "_timestamp": date(*at),
            });
            (name.clone(), leaf)
        };
        let mut object: Map<String, Value> = self.seen.iter().map(leaf).collect();
        object.insert("_object".to_owned(), Value::Bool(true));
        Value::Object(object)
    }
}
