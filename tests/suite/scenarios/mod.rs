//! Every `tests/scenarios/*.toml`: a story in, its findings and ledgers out.
//!
//! A new file is a new test. Must not do: skip a file it does not understand.

mod build;
mod expect;
mod format;

use std::collections::BTreeMap;
use std::path::PathBuf;

use acerto::domain::{AcsDevice, AnySnapshot, EventLog, ProviderRecord};
use acerto::engine::{Baseline, Cause, Input, Reconciliation, Rules, reconcile};

use self::format::{AcsRow, Day, ProviderRow, Scenario};
use crate::judge;
use crate::memory;

/// Fewer files, or fewer findings of any cause, than this means that one was lost.
const FILES_LEAST: usize = 65;
const STORIES_A_CAUSE_LEAST: usize = 3;

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios")
}

fn load() -> (Vec<Scenario>, Vec<String>) {
    let mut paths: Vec<_> =
        std::fs::read_dir(folder()).unwrap().map(|e| e.unwrap().path()).collect();
    paths.sort();
    let (mut scenarios, mut wrong) = (Vec::new(), Vec::new());
    for path in paths {
        let file = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.extension().is_none_or(|e| e != "toml") {
            wrong.push(format!("{file} is no scenario and never runs"));
            continue;
        }
        match Scenario::parse(&file, &std::fs::read_to_string(&path).unwrap()) {
            Ok(scenario) => scenarios.push(scenario),
            Err(e) => wrong.push(e),
        }
    }
    (scenarios, wrong)
}

/// One day made ready: the lists as they stand, and what was heard.
struct Ready<'a> {
    label: String,
    told: &'a Day,
    acs: AnySnapshot<AcsDevice>,
    provider: AnySnapshot<ProviderRecord>,
    log: EventLog,
}

fn days(scenario: &Scenario) -> Vec<Ready<'_>> {
    let (mut acs_rows, mut provider_rows) = (Vec::new(), Vec::new());
    let mut ready = Vec::new();
    for (n, day) in scenario.days.iter().enumerate() {
        carry_acs(&mut acs_rows, day);
        carry_provider(&mut provider_rows, day);
        let now = build::time(day.as_of.as_deref().unwrap_or(format::AS_OF));
        ready.push(Ready {
            label: format!("{} day {}", scenario.file, n + 1),
            told: day,
            acs: build::acs(day, &acs_rows, now),
            provider: build::provider(day, &provider_rows, now),
            log: build::log(&day.events),
        });
    }
    ready
}

fn carry_acs(rows: &mut Vec<AcsRow>, day: &Day) {
    if let Some(list) = &day.acs {
        rows.clone_from(list);
    }
    for name in &day.acs_drop {
        assert!(rows.iter().any(|r| r.id == *name), "drops the unknown {name}");
    }
    rows.retain(|r| !day.acs_drop.contains(&r.id));
    for new in &day.acs_set {
        rows.retain(|r| r.id != new.id);
        rows.push(new.clone());
    }
}

fn carry_provider(rows: &mut Vec<ProviderRow>, day: &Day) {
    if let Some(list) = &day.provider {
        rows.clone_from(list);
    }
    let name = |r: &ProviderRow| judge::provider_name(&build::record(r));
    for gone in &day.provider_drop {
        assert!(rows.iter().any(|r| name(r) == *gone), "drops the unknown {gone}");
    }
    rows.retain(|r| !day.provider_drop.contains(&name(r)));
    for new in &day.provider_set {
        rows.retain(|r| name(r) != name(new));
        rows.push(new.clone());
    }
}

fn run(input: &Input<'_>, told: &Day, label: &str, failures: &mut Vec<String>) -> Reconciliation {
    let answer = reconcile(input);
    // What is as it was need not be told: the answer is the same.
    let sparse = memory::compared(input);
    let again = reconcile(&Input { baseline: &sparse, ..*input });
    let other = (again != answer).then(|| "another answer beside a compared baseline".to_owned());
    let wrong: Vec<String> = judge::broken(input, &answer)
        .into_iter()
        .chain(expect::mismatches(&told.expect, &answer))
        .chain(other)
        .collect();
    if !wrong.is_empty() {
        failures.push(format!("{label}\n    {}", wrong.join("\n    ")));
    }
    answer
}

fn play(scenario: &Scenario, rules: &Rules, failures: &mut Vec<String>) {
    let mut memory = Baseline::default();
    for (n, day) in days(scenario).into_iter().enumerate() {
        if let Some(table) = &day.told.baseline {
            memory = build::baseline(table);
        }
        memory = memory::hear(memory, day.log);
        let input = Input { acs: &day.acs, provider: &day.provider, baseline: &memory, rules };
        let answer = run(&input, day.told, &day.label, failures);
        memory = memory::remember(&format!("day-{}", n + 1), &input, &answer);
    }
}

#[test]
fn every_story_ends_as_told() {
    let (scenarios, unread) = load();
    let mut failures = unread;
    for scenario in &scenarios {
        play(scenario, &build::rules(&scenario.rules), &mut failures);
    }
    assert!(
        failures.is_empty(),
        "{} of {} stories end otherwise:\n\n{}\n",
        failures.len(),
        scenarios.len(),
        failures.join("\n\n")
    );
}

/// Runs without the engine: a telling whose own sums don't balance would blame the wrong side.
#[test]
fn no_story_contradicts_itself() {
    let (scenarios, mut wrong) = load();
    let (baseline, mut causes) = (Baseline::default(), BTreeMap::new());
    for scenario in &scenarios {
        let rules = build::rules(&scenario.rules);
        assert!(!scenario.days.is_empty(), "{}: no day", scenario.file);
        for day in days(scenario) {
            if let Some(table) = &day.told.baseline {
                build::baseline(table);
            }
            let input = Input {
                acs: &day.acs,
                provider: &day.provider,
                baseline: &baseline,
                rules: &rules,
            };
            let found = expect::contradictions(&day.told.expect, &input);
            wrong.extend(found.into_iter().map(|w| format!("{}: {w}", day.label)));
            for told in &day.told.expect.findings {
                causes.entry(told.cause.clone()).or_insert_with(Vec::new).push(&scenario.file);
            }
        }
    }
    for cause in Cause::ALL {
        let mut files = causes.remove(cause.wire()).unwrap_or_default();
        files.dedup();
        if files.len() < STORIES_A_CAUSE_LEAST {
            wrong.push(format!("only {} stories of {}", files.len(), cause.wire()));
        }
    }
    if scenarios.len() < FILES_LEAST {
        wrong.push(format!("only {} files", scenarios.len()));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_story_is_another() {
    let mut stories = BTreeMap::new();
    for scenario in load().0 {
        if let Some(other) = stories.insert(scenario.story, scenario.file.clone()) {
            panic!("{} tells the story of {other}", scenario.file);
        }
    }
}
