//! Runs, what they applied, and two side by side.

use crate::app::compare::{Comparison, Moved};
use crate::app::{JournalCounts, RunSummary, sample};
use crate::domain::Untrusted;
use crate::engine::Cause;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job};
use crate::tui::model::{Model, Screen};
use crate::tui::screens::runs;
use crate::tui::testing::{does, goldens, plan_document, screen, step_rows, with_run};

fn summary(n: u64, actor: &str) -> RunSummary {
    RunSummary {
        id: format!("run-{n}"),
        started: sample::at(&format!("2026-11-{:02}T12:00:00Z", 20 - n)),
        seconds: 4.0,
        actor: actor.to_owned(),
        exit: if n == 1 { 6 } else { 3 },
        complete: n != 1,
        acs: 12_480 - n,
        provider: 12_638 + n,
        matched: 12_000,
        causes: vec![(Cause::UnlinkedLogin, 40 + n), (Cause::PendingPurge, 500)],
    }
}

fn listed(width: u16, height: u16) -> Model {
    let mut model = with_run(width, height);
    model.known.runs = vec![
        summary(0, "noc.ana"),
        summary(1, "cron"),
        summary(2, "a\u{1b}[31mb"),
        summary(3, "cron"),
    ];
    let counts = JournalCounts { verified: 12, failed: 1, ..JournalCounts::default() };
    model.known.applied.insert("run-0".to_owned(), counts);
    model.screen = Screen::Runs;
    model
}

fn compared(width: u16, height: u16) -> Model {
    let mut model = listed(width, height);
    let acs = Moved {
        came: 2,
        went: 1,
        first_came: ["HWTC1", "HWTC2"].map(Untrusted::new).to_vec(),
        first_went: vec![Untrusted::new("ZTEG\u{202e}9")],
    };
    let comparison = Comparison {
        older: sample::first_run(),
        newer: sample::run(),
        causes: vec![(Cause::UnlinkedLogin, 41, 12), (Cause::PendingPurge, 500, 0)],
        acs: Some(acs),
        provider: None,
    };
    runs::compared(&mut model, comparison);
    model
}

#[test]
fn it_is_golden() {
    goldens("runs", listed);
    goldens("runs_compared", compared);
    goldens("runs_steps", |width, height| {
        let mut model = listed(width, height);
        let steps = step_rows(&plan_document());
        runs::steps(&mut model, "run-0".to_owned(), steps);
        model
    });
    goldens("runs_none", |width, height| {
        let mut model = with_run(width, height);
        model.screen = Screen::Runs;
        model
    });
}

#[test]
fn only_what_was_applied_can_be_undone_and_as_a_plan() {
    let mut model = listed(80, 24);
    let effects = does(&mut model, Action::UndoRun);
    assert!(
        matches!(&effects[..], [Effect::Begin(_, Job::Undo(run))] if run == "run-0"),
        "{effects:?}"
    );
    does(&mut model, Action::Next);
    assert!(does(&mut model, Action::UndoRun).is_empty());
    assert!(screen(&model).contains("nothing to undo"));
}

#[test]
fn a_run_is_compared_with_one_so_many_before_it_or_by_its_id() {
    let mut model = listed(80, 24);
    let with = |model: &mut Model, typed: &str| match &runs::compare_with(model, typed)[..] {
        [Effect::Begin(_, Job::Compare(one, other))] => Some((one.clone(), other.clone())),
        _ => None,
    };
    let pair = |a: &str, b: &str| Some((a.to_owned(), b.to_owned()));
    assert_eq!(with(&mut model, "1"), pair("run-0", "run-1"));
    assert_eq!(with(&mut model, " 3 "), pair("run-0", "run-3"));
    assert_eq!(with(&mut model, "4"), None);
    assert_eq!(with(&mut model, "01a2"), pair("run-0", "01a2"));
}
