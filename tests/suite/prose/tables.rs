//! The README's tables against the program's own.
//!
//! Must not do: keep a second copy of either.

use std::collections::BTreeSet;

use acerto::app::exit::{Condition, Signal, exit_code};
use acerto::engine::{Cause, Fix};
use acerto::event_file;
use jiff::tz::TimeZone;
use serde_json::Value;

use super::readme::{codes, first_codes, read, root, table, whole};
use crate::listener;
use crate::product_run::Home;
use crate::samples;

/// The gravest first.
const CONDITIONS: [Condition; 13] = [
    Condition::Usage,
    Condition::Stopped(Signal::Hangup),
    Condition::Stopped(Signal::Interrupt),
    Condition::Stopped(Signal::Terminate),
    Condition::Bug,
    Condition::Store,
    Condition::Journal,
    Condition::Auth,
    Condition::Guard,
    Condition::Source,
    Condition::PartlyApplied,
    Condition::Differences,
    Condition::Locked,
];

#[test]
fn its_exit_codes_are_the_programs() {
    let rows = table("Exit codes", "code");
    let told: Vec<u8> =
        rows.iter().flat_map(|r| r[0].split(", ")).map(|c| c.parse().unwrap()).collect();
    let mut codes: Vec<u8> = CONDITIONS.iter().map(|c| c.code()).collect();
    codes.sort_unstable();
    assert_eq!(told, [vec![0], codes].concat());
    let text = whole();
    for pair in CONDITIONS.windows(2) {
        // Two signals are never told from one another: the process ends with the first.
        if !matches!(pair, [Condition::Stopped(_), Condition::Stopped(_)]) {
            assert_eq!(exit_code(pair.iter().rev().copied()), pair[0].code(), "{pair:?}");
        }
    }
    let mut order: Vec<String> = Vec::new();
    for condition in CONDITIONS {
        let word = match condition {
            Condition::Stopped(_) => "a signal".to_owned(),
            other => other.code().to_string(),
        };
        order.extend((order.last() != Some(&word)).then_some(word));
    }
    assert!(text.contains(&format!("wins: {}.", order.join(", "))), "{order:?}");
}

fn first_report(home: &Home, more: &[&str]) -> Value {
    let sample = |name: &str| samples::folder("first-world").join(name).display().to_string();
    let (acs, provider) = (sample("acs.ndjson"), sample("provider.csv"));
    let events = sample("events.ndjson");
    let files = ["--reconcile", "--format", "json", "--acs-file", &acs, "--provider-file"];
    let rest = [&provider, "--events-file", &events, "--as-of", "2026-11-20T12:00:00Z"];
    home.run(&[&files[..], &rest, more].concat()).report()
}

#[test]
fn its_causes_and_fixes_are_the_programs() {
    let rows = table("Causes", "cause");
    let names: Vec<&str> = Cause::ALL.iter().map(|c| c.wire()).collect();
    assert_eq!(first_codes("Causes", "cause"), names);
    for fix in rows.iter().flat_map(|row| codes(&row[3])) {
        assert!(Fix::from_wire(&fix).is_some(), "{fix} is no fix");
    }
    let report = first_report(&Home::new(), &[]);
    for finding in report["findings"].as_array().unwrap() {
        let row = rows.iter().find(|r| codes(&r[0])[0] == finding["cause"].as_str().unwrap());
        assert_eq!(finding["fixes"], Value::from(codes(&row.unwrap()[3])), "{finding}");
    }
}

#[test]
fn its_json_keys_are_the_reports() {
    let mut told = first_codes("Read the report", "key");
    told.sort_unstable();
    let report = first_report(&Home::new(), &[]);
    let keys: Vec<&String> = report.as_object().unwrap().keys().collect();
    let mut keys: Vec<String> = keys.into_iter().cloned().collect();
    keys.sort_unstable();
    assert_eq!(told, keys);
}

#[test]
fn its_metrics_are_those_written() {
    let home = Home::new();
    first_report(&home, &["--metrics", "acerto.prom"]);
    let text = std::fs::read_to_string(home.path().join("acerto.prom")).unwrap();
    let mut written: Vec<String> = Vec::new();
    for sample in text.lines().filter(|l| !l.starts_with('#')) {
        let (name, _) = sample.rsplit_once(' ').unwrap();
        let shape = match name.split_once('{') {
            None => name.to_owned(),
            Some((name, labels)) => {
                let labels = labels.trim_end_matches('}').split(',');
                let labels: Vec<&str> = labels.map(|l| l.split_once('=').unwrap().0).collect();
                format!("{name}{{{}}}", labels.join(","))
            }
        };
        written.extend((!written.contains(&shape)).then_some(shape));
    }
    let mut told = first_codes("Every day: configuration, cron, systemd", "metric");
    told.sort_unstable();
    written.sort_unstable();
    assert_eq!(told, written);
}

#[test]
fn the_receivers_metrics_are_those_written() {
    let home = listener::home("metrics_file = 'listen.prom'\nforward = 'http://127.0.0.1:9/'");
    listener::Listening::at(&home).stop();
    let file = home.path().join(".config/acerto/listen.prom");
    let written = names(&std::fs::read_to_string(file).unwrap());
    let told = first_codes("Every day: configuration, cron, systemd", "metric of the receiver");
    let told = told.iter().map(|name| name.split('{').next().unwrap().to_owned());
    assert_eq!(told.collect::<BTreeSet<_>>(), written);
}

/// The metrics of an exposition.
fn names(text: &str) -> BTreeSet<String> {
    let types = text.lines().filter_map(|line| line.strip_prefix("# TYPE "));
    types.map(|rest| rest.split(' ').next().unwrap().to_owned()).collect()
}

/// The names of the metrics that a run and the receiver write.
pub fn metrics_written() -> BTreeSet<String> {
    let home = Home::new();
    first_report(&home, &["--metrics", "acerto.prom"]);
    let text = std::fs::read_to_string(home.path().join("acerto.prom")).unwrap();
    let told = first_codes("Every day: configuration, cron, systemd", "metric of the receiver");
    let receivers = told.iter().map(|name| name.split('{').next().unwrap().to_owned());
    names(&text).into_iter().chain(receivers).collect()
}

/// The names in a `fields! { Field = "name", … }`.
pub fn schema(path: &str) -> Vec<String> {
    let text = read(path);
    let (_, after) = text.split_once("\nfields! {").unwrap();
    let (inside, _) = after.split_once("\n}").unwrap();
    inside.split('"').skip(1).step_by(2).map(str::to_owned).collect()
}

#[test]
fn its_columns_are_the_adapters() {
    for (heading, path) in [
        ("Columns of the ACS's list", "src/acs/file.rs"),
        ("Columns of the Provider's list", "src/provider/file.rs"),
        ("Events", "src/event_file.rs"),
    ] {
        assert_eq!(first_codes(heading, "column"), schema(path), "{heading}");
    }
}

#[test]
fn its_kinds_of_events_are_read() {
    let kinds = first_codes("Events", "kind");
    assert_eq!(kinds.len(), 9, "{kinds:?}");
    let lines: Vec<String> = kinds.iter().map(|k| format!("2026-11-20T12:00:00Z,{k}\n")).collect();
    let home = Home::new();
    let path = home.path().join("events.csv");
    std::fs::write(&path, format!("time,kind\n{}", lines.concat())).unwrap();
    let read = event_file::read(&path, &TimeZone::UTC, true).unwrap();
    assert_eq!(read.marks.len(), kinds.len());
}

/// What a person would search for stands in a message of the program.
#[test]
fn its_messages_are_the_programs() {
    let mut sources = Vec::new();
    let mut open = vec![root().join("src")];
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else {
                sources.extend(std::fs::read_to_string(&path));
            }
        }
    }
    for message in first_codes("Troubleshooting", "message") {
        assert!(sources.iter().any(|s| s.contains(&message)), "nothing says `{message}`");
    }
}
