//! Two runs over one store, a day apart: what changed, what lasts, what ended.
//!
//! Must not do: look into the store. What it remembers shows in the next report.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use acerto::domain::event::{EventLog, Mark};
use jiff::Timestamp;
use serde_json::Value;

use crate::product_run::{Answer, Home, assert_sums};
use crate::world::write::{self, Files, Form};
use crate::world::{Shape, Watch, World};

fn marks_until(world: &World, end: Timestamp) -> Vec<Mark> {
    let EventLog { events, coverage } = world.log_until(end);
    let bounds =
        coverage.into_iter().flat_map(|c| [Mark::From(c.kind, c.from), Mark::To(c.kind, c.to)]);
    events.into_iter().map(Mark::Event).chain(bounds).collect()
}

fn yesterday(world: &World, folder: &Path) -> Files {
    let marks = marks_until(world, world.yesterday());
    let (acs, provider) = (&world.acs_yesterday, &world.provider_yesterday);
    write::lists(acs, provider, &marks, folder, Form::Ndjson).unwrap()
}

fn with_store(home: &Home, files: &Files, at: Timestamp) -> Answer {
    let store = home.path().join("store");
    home.reconcile(files, at, &["--store", store.to_str().unwrap()])
}

fn by_id(report: &Value) -> BTreeMap<String, Value> {
    let findings = report["findings"].as_array().unwrap().iter().cloned();
    findings.map(|f| (f["id"].as_str().unwrap().to_owned(), f)).collect()
}

fn ids(list: &Value) -> BTreeSet<String> {
    let items = list.as_array().unwrap().iter();
    items.map(|f| f["id"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_day_later_the_report_says_what_changed() {
    let shape = Shape { seed: 41, devices: 500, watch: Watch::Audit, synchronised: true };
    let world = World::new(shape);
    let home = Home::new();
    let first = with_store(&home, &yesterday(&world, &home.folder("one")), world.yesterday());
    let first = first.report();
    assert_sums(&first);
    assert!(by_id(&first).values().all(|f| f["state"] == "new"));
    let files = write::files(&world, &home.folder("two"), Form::Csv).unwrap();
    let second = with_store(&home, &files, world.now).report();
    assert_sums(&second);
    let since = &second["ledgers"]["since"];
    assert_eq!(since["baseline"], first["run_id"]);
    assert_eq!(since["acs"]["then"], first["sides"]["acs"]["devices"]);
    assert_eq!(since["provider"]["then"], first["sides"]["provider"]["devices"]);
    assert_states(&first, &second);
    let told: BTreeSet<String> = by_id(&second)
        .values()
        .filter(|f| f["cause"] == "manual-delete")
        .map(|f| f["acs"]["id"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(told, world.deleted, "deleted by hand since yesterday");
    let third = with_store(&home, &files, world.now).report();
    assert_sums(&third);
    assert_eq!(third["ledgers"]["since"]["acs"]["rows"], Value::Array(Vec::new()));
}

/// What lasts keeps its id and its first day; what ended is resolved, or goes on as another cause.
fn assert_states(first: &Value, second: &Value) {
    let (before, after) = (by_id(first), by_id(second));
    let mut went_on = 0;
    for (id, finding) in &after {
        match before.get(id) {
            Some(old) => {
                assert_eq!(finding["state"], "ongoing", "{id}");
                assert_eq!(finding["first_seen"], old["first_seen"], "{id}");
                went_on += 1;
            }
            None if finding["was"].is_string() => assert_eq!(finding["state"], "ongoing", "{id}"),
            None => assert_eq!(finding["state"], "new", "{id}"),
        }
    }
    assert!(went_on > 0, "no id is the same on both days");
    let resolved = ids(&second["resolved"]);
    let gone: BTreeSet<String> =
        before.keys().filter(|id| !after.contains_key(*id)).cloned().collect();
    assert!(
        resolved.is_subset(&gone),
        "resolved, but still there: {:?}",
        resolved.difference(&gone)
    );
    let changed = after.values().filter(|f| f["was"].is_string()).count();
    assert!(gone.len() <= resolved.len() + changed, "some ended without a word");
}

const DAY_ONE: &str = "id,serial,pppoe_login\na1,HWTC00000001,ana\na2,HWTC00000002,bia\n";
const PROVIDER: &str = "device_id,serial,login_id,login,active\n\
                        d1,HWTC00000001,1,ana,S\nd2,HWTC00000002,2,bia,S\n";

fn plain(home: &Home, acs: &str) -> Files {
    let at = |name: &str| home.path().join(name);
    let files = Files { acs: at("acs.csv"), provider: at("erp.csv"), events: at("events.csv") };
    std::fs::write(&files.acs, acs).unwrap();
    std::fs::write(&files.provider, PROVIDER).unwrap();
    std::fs::write(&files.events, "time,kind,key\n").unwrap();
    files
}

fn day(n: u32) -> Timestamp {
    format!("2026-11-{n:02}T12:00:00Z").parse().unwrap()
}

#[test]
fn a_partial_side_makes_no_tombstone() {
    let home = Home::new();
    assert_eq!(with_store(&home, &plain(&home, DAY_ONE), day(1)).exit, Some(0));
    let broken = "id,serial,pppoe_login\na1,HWTC00000001,ana\n,,\n";
    let answer = with_store(&home, &plain(&home, broken), day(2));
    assert_eq!(answer.exit, Some(6), "{}", answer.said());
    assert_sums(&answer.report());
    let answer = with_store(&home, &plain(&home, DAY_ONE), day(3));
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    let report = answer.report();
    let since = &report["ledgers"]["since"]["acs"];
    assert_eq!((&since["then"], &since["now"]), (&2.into(), &2.into()));
    assert_eq!(since["rows"], Value::Array(Vec::new()), "nothing had left, so nothing returned");
}

/// History is opened while the files are read: it is damaged whatever these hold.
#[test]
fn a_damaged_history_outranks_the_files() {
    let home = Home::new();
    assert_eq!(with_store(&home, &plain(&home, DAY_ONE), day(1)).exit, Some(0));
    let history = std::fs::File::options().write(true).open(home.path().join("store/history.redb"));
    let history = history.unwrap();
    history.set_len(history.metadata().unwrap().len() / 2).unwrap();
    for (acs, otherwise) in [(DAY_ONE, 0), ("id,serial,pppoe_login\n", 6), ("serial\nx\n", 2)] {
        let files = plain(&home, acs);
        let answer = home.reconcile(&files, day(2), &["--no-store"]);
        assert_eq!(answer.exit, Some(otherwise), "{}", answer.said());
        let answer = with_store(&home, &files, day(2));
        assert_eq!(answer.exit, Some(10), "{}", answer.said());
        assert!(answer.stderr.contains("store restore") && answer.stdout.is_empty());
    }
}

#[test]
fn absence_proves_nothing_where_nobody_listened() {
    let home = Home::new();
    assert_eq!(with_store(&home, &plain(&home, DAY_ONE), day(1)).exit, Some(0));
    let without = DAY_ONE.replace("a2,HWTC00000002,bia\n", "");
    let report = with_store(&home, &plain(&home, &without), day(2)).report();
    assert_sums(&report);
    let finding = &report["findings"][0];
    assert_eq!(
        (&finding["cause"], &finding["strength"]),
        (&"removed-unknown".into(), &"inferred".into())
    );
    let report = with_store(&home, &plain(&home, DAY_ONE), day(3)).report();
    assert_eq!(report["matched"], 2);
    assert_eq!(report["ledgers"]["since"]["acs"]["rows"][0]["cause"], "returned");
    assert_eq!(report["resolved"][0]["cause"], "removed-unknown");
}

/// What was known of a device before, for another reason, says nothing of how long it is absent.
#[test]
fn absence_begins_with_the_first_list_that_lacks_it() {
    let home = Home::new();
    let drifted = DAY_ONE.replace("ana", "other");
    assert_eq!(with_store(&home, &plain(&home, &drifted), day(1)).exit, Some(3));
    let gone = PROVIDER.replace("d1,HWTC00000001,1,ana,S\n", "");
    for today in [2, 3] {
        let files = plain(&home, &drifted);
        std::fs::write(&files.provider, &gone).unwrap();
        let report = with_store(&home, &files, day(today)).report();
        let finding = &report["findings"][0];
        assert_eq!(finding["cause"], "unlinked-login", "{finding}");
        let since = |name: &str| finding[name].as_str().unwrap()[..10].to_owned();
        assert_eq!(
            (since("first_seen"), since("absent_since")),
            ("2026-11-01".into(), "2026-11-02".into())
        );
    }
    let absent = DAY_ONE.replace("a1,HWTC00000001,ana\n", "");
    let report = with_store(&home, &plain(&home, &absent), day(4)).report();
    let finding = &report["findings"][0];
    assert_eq!(finding["absent_since"].as_str().map(|at| &at[..10]), Some("2026-11-04"));
}
