//! The plan's screen: what is staged, reviewed, asked and sent.

use crate::app::plan::document::PlanVerdict;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job};
use crate::tui::model::{JobKind, Model, Screen};
use crate::tui::overlay::Overlay;
use crate::tui::screens::plan;
use crate::tui::testing::{does, golden, goldens, plan_document, screen, with_run};
use crate::words::Lang;

/// A model on the plan's screen, with that plan.
fn reviewed(width: u16, height: u16) -> Model {
    let mut model = with_run(width, height);
    let document = plan_document();
    for step in &document.steps {
        let ids = vec![step.because.clone()];
        plan::stage(&mut model, ids, None, None);
    }
    model.plan.before = (1_000, 1_012);
    model.plan.stale = false;
    model.plan.document = Some(document);
    model.toast = None;
    model.screen = Screen::Plan;
    model
}

fn job(effects: &[Effect]) -> Option<&Job> {
    effects.iter().find_map(|effect| match effect {
        Effect::Begin(_, job) => Some(job),
        _ => None,
    })
}

#[test]
fn it_is_golden() {
    goldens("plan", reviewed);
    let mut portuguese = reviewed(80, 24);
    portuguese.voice.lang = Lang::PtBr;
    golden("plan_pt", &portuguese);
    goldens("plan_empty", |width, height| {
        let mut model = with_run(width, height);
        model.screen = Screen::Plan;
        model
    });
    goldens("plan_refused", |width, height| {
        let mut model = reviewed(width, height);
        let guard = &mut model.plan.document.as_mut().unwrap().guard;
        guard.verdict = PlanVerdict::Refuse;
        guard.reasons = vec!["it would remove 7 of 60 devices: more than 2 %".to_owned()];
        does(&mut model, Action::Bottom);
        model
    });
}

#[test]
fn staging_sends_nothing_and_is_taken_back_batch_by_batch() {
    let mut model = with_run(80, 24);
    let ids: Vec<String> =
        model.run().unwrap().reconciliation.findings.iter().map(|f| f.id.clone()).collect();
    assert!(plan::stage(&mut model, ids[..2].to_vec(), None, None).is_empty());
    assert!(plan::stage(&mut model, ids[1..4].to_vec(), None, None).is_empty());
    assert_eq!(model.plan.count(), 4, "what is staged twice is staged once");
    does(&mut model, Action::Unstage);
    assert_eq!(model.plan.count(), 2);
    does(&mut model, Action::Unstage);
    assert_eq!(model.plan.count(), 0);
    does(&mut model, Action::Unstage);
    assert!(model.toast.as_ref().is_some_and(|toast| toast.bad));
}

#[test]
fn showing_it_makes_the_plan_of_what_is_staged() {
    let mut model = with_run(80, 24);
    let id = model.run().unwrap().reconciliation.findings[0].id.clone();
    plan::stage(&mut model, vec![id.clone()], None, Some("57".to_owned()));
    let effects = does(&mut model, Action::GoPlan);
    let Some(Job::Plan(order)) = job(&effects) else { panic!("{effects:?}") };
    assert_eq!(order.selection.ids.iter().collect::<Vec<_>>(), [&id]);
    assert_eq!(order.selection.chosen[&id].candidate.as_deref(), Some("57"));
    assert!(!order.fresh, "it is made of what is on screen");
    assert!(screen(&model).contains("The plan is being made"));
}

#[test]
fn what_is_left_out_is_taken_again_by_the_same_key() {
    let mut model = reviewed(80, 24);
    let first = model.plan.document.as_ref().unwrap().steps[0].because.clone();
    let effects = does(&mut model, Action::PlanToggle);
    let Some(Job::Plan(order)) = job(&effects) else { panic!("{effects:?}") };
    assert!(!order.selection.ids.contains(&first) && !order.selection.ids.is_empty());
    assert!(model.plan.off.contains(&first));
    // The plan without it comes; its row stands among those that are left out.
    let mut document = plan_document();
    document.steps.retain(|step| step.because != first);
    model.plan.document = Some(document);
    let at = model.plan.rows().iter().position(|row| row.finding() == first).unwrap();
    model.plan.window.at = at;
    let effects = does(&mut model, Action::PlanToggle);
    let Some(Job::Plan(order)) = job(&effects) else { panic!("{effects:?}") };
    assert!(order.selection.ids.contains(&first));
}

#[test]
fn nothing_is_asked_while_locked_read_only_or_refused() {
    let asked = |change: fn(&mut Model)| {
        let mut model = reviewed(80, 24);
        model.locked = false;
        change(&mut model);
        let effects = does(&mut model, Action::Apply);
        assert!(effects.is_empty(), "{effects:?}");
        !model.overlays.is_empty()
    };
    assert!(asked(|_| {}));
    assert!(!asked(|model| model.locked = true));
    assert!(!asked(|model| model.setup.read_only = true));
    assert!(!asked(|model| {
        model.plan.document.as_mut().unwrap().guard.verdict = PlanVerdict::Refuse;
    }));
    assert!(!asked(|model| model.plan.document.as_mut().unwrap().steps.clear()));
    assert!(!asked(|model| model.plan.document = None));
}

#[test]
fn friction_grows_with_what_a_plan_can_do() {
    let wants = |change: fn(&mut Model)| {
        let mut model = reviewed(80, 24);
        model.locked = false;
        change(&mut model);
        does(&mut model, Action::Apply);
        let Some(Overlay::Confirm(confirm)) = model.overlays.pop() else { panic!("not asked") };
        confirm.wants
    };
    let easy = |model: &mut Model| {
        model.plan.document.as_mut().unwrap().steps.retain(|step| !step.removal);
    };
    assert_eq!(wants(easy), None, "what can be undone takes a yes");
    assert!(wants(|_| {}).is_some(), "what can't be undone takes its count");
    assert!(
        wants(|model| {
            let document = model.plan.document.as_mut().unwrap();
            document.steps.retain(|step| !step.removal);
            document.guard.verdict = PlanVerdict::Confirm;
        })
        .is_some(),
        "what the guards ask for is asked"
    );
}

#[test]
fn in_a_small_fleet_each_removal_takes_a_yes_of_its_own() {
    let mut model = reviewed(80, 24);
    model.locked = false;
    model.plan.document.as_mut().unwrap().guard.confirm_each = true;
    does(&mut model, Action::Apply);
    let Some(Overlay::Confirm(confirm)) = model.overlays.last() else { panic!("not asked") };
    let sent = model.plan.document.as_ref().unwrap().steps.iter();
    let removals = sent.filter(|step| step.call.is_some() && step.removal).count();
    assert!(removals > 0 && confirm.each.len() == removals, "{:?}", confirm.each);
    assert!(confirm.number().is_none() && confirm.wants.is_some(), "the count comes last");
    for left in (0..removals).rev() {
        model.elapsed += std::time::Duration::from_secs(2);
        assert!(does(&mut model, Action::Confirm).is_empty(), "nothing is sent by one of them");
        let Some(Overlay::Confirm(confirm)) = model.overlays.last() else { panic!("gone") };
        assert_eq!(confirm.each.len(), left);
    }
    assert!(does(&mut model, Action::Confirm).is_empty(), "the count is not typed");
    does(&mut model, Action::Open);
    assert!(model.overlays.is_empty() && !model.is_running(JobKind::Apply), "Enter cancels");
}

#[test]
fn it_is_sent_once_and_only_by_a_yes() {
    let mut model = reviewed(80, 24);
    model.locked = false;
    does(&mut model, Action::Apply);
    assert!(!model.is_running(JobKind::Apply));
    model.overlays.clear();
    let effects = plan::confirmed(&mut model, Some(3));
    let Some(Job::Apply(sending)) = job(&effects) else { panic!("{effects:?}") };
    assert_eq!(sending.typed, Some(3));
    assert!(model.progress.is_open());
    assert!(does(&mut model, Action::Apply).is_empty(), "one at a time");
}

#[test]
fn a_plan_that_undoes_a_run_is_not_edited() {
    let mut model = reviewed(80, 24);
    let mut document = plan_document();
    document.undoes = true;
    plan::undoing(&mut model, document);
    assert!(does(&mut model, Action::PlanToggle).is_empty());
    assert!(model.plan.document.is_some());
    does(&mut model, Action::PlanDrop);
    assert!(model.plan.document.is_none());
}
