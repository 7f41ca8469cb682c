//! The sample worlds' files, read by the product's own adapters, against `expected.json`.
//!
//! Must not do: compare less than the file holds.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use acerto::acs::file::FileAcs;
use acerto::domain::{AcsDevice, AnySnapshot, EventLog, ProviderRecord, Untrusted};
use acerto::engine::{Baseline, Finding, Input, Reconciliation, Rules, SideCounts, reconcile};
use acerto::event_file;
use acerto::ports::{Acs, Provider};
use acerto::provider::file::FileProvider;
use acerto::tabular::FileSource;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};

use crate::judge;
use crate::world::write::{self, Form};
use crate::world::{Shape, Watch, World};

/// Both sides and the events as read from files.
pub struct Read {
    pub acs: AnySnapshot<AcsDevice>,
    pub provider: AnySnapshot<ProviderRecord>,
    pub log: EventLog,
}

impl Read {
    /// Reads a world's files as of `as_of`.
    pub fn files(acs: &Path, provider: &Path, events: Option<&Path>, as_of: Timestamp) -> Self {
        let source = |path: &Path| FileSource {
            path: path.to_owned(),
            columns: BTreeMap::new(),
            timezone: TimeZone::UTC,
            as_of: Some(as_of),
            now: as_of,
            strict: true,
        };
        let log = events.map(|path| {
            let file = event_file::read(path, &TimeZone::UTC, true).expect("the events are read");
            EventLog::from_marks(file.marks)
        });
        Self {
            acs: FileAcs::new(source(acs)).fetch(&|_| ()).expect("the ACS is read"),
            provider: FileProvider::new(source(provider))
                .fetch(&|_| ())
                .expect("the Provider is read"),
            log: log.unwrap_or_default(),
        }
    }

    /// The first run over them.
    pub fn reconcile(&self) -> Reconciliation {
        let baseline = Baseline { log: self.log.clone(), ..Baseline::default() };
        let rules = Rules::default();
        let input =
            Input { acs: &self.acs, provider: &self.provider, baseline: &baseline, rules: &rules };
        let answer = reconcile(&input);
        assert_eq!(judge::broken(&input, &answer), Vec::<String>::new());
        answer
    }
}

fn ids<R>(records: &[R], id: impl Fn(&R) -> Option<&Untrusted>) -> (Value, Option<Value>) {
    let ids: Vec<Value> = records.iter().map(|r| id(r).map(Untrusted::raw).into()).collect();
    match ids.as_slice() {
        [] => (Value::Null, None),
        [one] => (one.clone(), None),
        _ => (Value::Null, Some(ids.into())),
    }
}

/// A finding in the words of `expected.json`: everything that it could hold.
fn told(finding: &Finding) -> Value {
    let mut told = json!({"cause": finding.cause.wire(), "strength": finding.strength.wire()});
    let (one, all) = ids(&finding.acs, |d| Some(&d.id));
    told["acs"] = one;
    told["acs_all"] = all.into();
    let (one, all) = ids(&finding.provider, |p| p.device_id.as_ref());
    told["provider"] = one;
    told["provider_all"] = all.into();
    if let Some(related) = &finding.related {
        let acs = related.acs.as_ref().map(|d| d.id.raw());
        let entry = related.provider.as_ref().and_then(|p| p.device_id.as_ref());
        told["related"] = json!({"acs": acs, "provider": entry.map(Untrusted::raw)});
    }
    let logins = finding.candidates.iter().filter_map(|c| c.login_id.as_ref());
    told["candidates"] = logins.map(Untrusted::raw).collect::<Vec<_>>().into();
    let fields = finding.fields.iter().map(|f| f.field.wire());
    told["fields"] = fields.collect::<Vec<_>>().into();
    told
}

/// Does `got` hold all that `want` holds?
fn holds(want: &Value, got: &Value) -> bool {
    let (Value::Object(want), Value::Object(got)) = (want, got) else { return want == got };
    want.iter().all(|(key, value)| holds(value, got.get(key).unwrap_or(&Value::Null)))
}

fn side(side: &SideCounts) -> Value {
    json!({"devices": side.devices, "entries": side.entries, "logins": side.logins,
           "complete": side.complete})
}

fn compare(answer: &Reconciliation, want: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut check = |what: &str, want: &Value, got: &Value| {
        if !holds(want, got) {
            wrong.push(format!("{what}: {got} instead of {want}"));
        }
    };
    check("matched", &want["matched"], &answer.matched.into());
    check("ACS", &want["sides"]["acs"], &side(&answer.acs));
    check("Provider", &want["sides"]["provider"], &side(&answer.provider));
    let rows = answer.between.rows.iter().map(|r| {
        json!({"cause": r.cause.wire(), "acs": r.acs, "provider": r.provider,
               "proven": r.proven, "inferred": r.inferred})
    });
    check("ledger", &want["ledger_between"], &rows.collect::<Vec<_>>().into());
    for wanted in want["projections"].as_array().unwrap() {
        let found = answer.projections.iter().find(|p| p.step.wire() == wanted["if"]);
        let got = found.map(
            |p| json!({"if": p.step.wire(), "acs": p.acs, "provider": p.provider, "gap": p.gap()}),
        );
        check("projection", wanted, &got.into());
    }
    let mut got: Vec<Value> = answer.findings.iter().map(told).collect();
    for wanted in want["findings"].as_array().unwrap() {
        match got.iter().position(|g| holds(wanted, g)) {
            Some(at) => drop(got.remove(at)),
            None => wrong.push(format!("missing: {wanted}")),
        }
    }
    wrong.extend(got.into_iter().map(|g| format!("not expected: {g}")));
    wrong
}

/// The sample worlds' folder.
pub fn folder(world: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/samples").join(world)
}

fn sample(world: &str, events: bool) {
    let folder = folder(world);
    let events = events.then(|| folder.join("events.ndjson"));
    let as_of = "2026-11-20T12:00:00Z".parse().unwrap();
    let (acs, provider) = (folder.join("acs.ndjson"), folder.join("provider.csv"));
    let read = Read::files(&acs, &provider, events.as_deref(), as_of);
    let want = std::fs::read_to_string(folder.join("expected.json")).unwrap();
    let wrong = compare(&read.reconcile(), &serde_json::from_str(&want).unwrap());
    assert!(wrong.is_empty(), "{world}:\n{}", wrong.join("\n"));
}

#[test]
fn first_world_ends_as_expected() {
    sample("first-world", true);
}

#[test]
fn quiet_world_ends_as_expected() {
    sample("quiet-world", false);
}

/// However it is written, it is one world.
#[test]
fn every_form_of_a_file_gives_the_same_answer() {
    let shape = Shape { seed: 11, devices: 400, watch: Watch::Audit, synchronised: true };
    let world = World::new(shape);
    let mut first = None;
    for form in Form::ALL {
        let folder = tempfile::tempdir().unwrap();
        let files = write::files(&world, folder.path(), form).unwrap();
        let read = Read::files(&files.acs, &files.provider, Some(&files.events), world.now);
        let answer = read.reconcile();
        let told: Vec<Value> = answer.findings.iter().map(told).collect();
        let ids: Vec<String> = answer.findings.iter().map(|f| f.id.clone()).collect();
        let got = (answer.matched, answer.between, ids, told);
        match &first {
            None => first = Some(got),
            Some(want) => assert_eq!(*want, got, "{form:?}"),
        }
    }
    let (matched, between, ..) = first.unwrap();
    assert_eq!((matched, between.provider), (world.matched, world.counted));
}
