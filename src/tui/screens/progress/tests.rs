//! An apply on screen, as it goes and at its end.

use std::time::Duration;

use crate::app::apply::{Applied, Halt, StepState, Went};
use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::{JobKind, Model, Screen};
use crate::tui::screens::{plan, progress};
use crate::tui::testing::{does, goldens, plan_document, screen, step_rows, with_run};

/// Three steps are sent; the first is done, the second is in doubt.
fn under_way(width: u16, height: u16) -> Model {
    let mut model = with_run(width, height);
    let document = plan_document();
    model.plan.document = Some(document.clone());
    model.screen = Screen::Plan;
    plan::confirmed(&mut model, None);
    let mut rows = step_rows(&document);
    rows[0].state = StepState::Verified;
    rows[1].state = StepState::InDoubt;
    rows[1].note = "no answer in 30 s".to_owned();
    for row in rows.into_iter().take(2) {
        progress::row(&mut model, row);
    }
    model.elapsed = Duration::from_secs(91);
    model
}

/// It ended early: the second needs a person.
fn ended(width: u16, height: u16) -> Model {
    let mut model = under_way(width, height);
    let mut rows = step_rows(&plan_document());
    rows[0].state = StepState::Verified;
    rows[1].state = StepState::NeedsHuman;
    rows[1].note = "a fresh look shows another value".to_owned();
    rows[2].state = StepState::Superseded;
    let went = Went::Sent { rows, halted: Some(Halt::NeedsHuman(2)) };
    model.running.clear();
    let applied = Applied { run_id: "run-2".to_owned(), went, after: None, unread: None };
    progress::applied(&mut model, &applied);
    model.toast = None;
    model
}

#[test]
fn it_is_golden() {
    goldens("apply_under_way", under_way);
    goldens("apply_ended", ended);
}

#[test]
fn stopping_asks_the_apply_alone_and_says_what_happens() {
    let mut model = under_way(80, 24);
    let effects = does(&mut model, Action::StopRun);
    assert!(matches!(effects[..], [Effect::Stop(JobKind::Apply)]), "{effects:?}");
    assert!(screen(&model).contains("stops after this call"));
}

#[test]
fn it_stays_until_somebody_goes_back_and_goes_on_in_the_background() {
    let mut model = ended(80, 24);
    assert!(screen(&model).contains("acerto resolve"));
    does(&mut model, Action::Back);
    assert!(!model.progress.is_open());
    let mut model = under_way(80, 24);
    does(&mut model, Action::Background);
    assert_eq!(model.screen, Screen::Dashboard);
    assert!(model.is_running(JobKind::Apply));
    assert!(screen(&model).contains("[APPLYING]"));
    does(&mut model, Action::GoPlan);
    does(&mut model, Action::Open);
    assert!(model.progress.is_open());
}

#[test]
fn a_plan_that_ended_is_done_with_and_one_that_did_not_can_go_on() {
    let mut model = ended(80, 24);
    assert!(model.plan.document.is_some(), "a step is still open");
    let mut rows = step_rows(&plan_document());
    for row in &mut rows {
        row.state = StepState::Verified;
    }
    let went = Went::Sent { rows, halted: None };
    let applied = Applied { run_id: "run-2".to_owned(), went, after: None, unread: None };
    progress::applied(&mut model, &applied);
    assert!(model.plan.document.is_none());
    assert!(screen(&model).contains("Everything is done."));
}
