//! What the list promises: marks stay on their findings, the cursor too, and only what is on
//! screen is drawn.

use std::sync::Arc;

use proptest::prelude::*;

use super::draw::FORMATTED;
use super::*;
use crate::app::sample;
use crate::app::views::SavedView;
use crate::engine::Fix;
use crate::tui::testing::{does, goldens, model, screen, settle, with_run};

fn acts(model: &mut Model, actions: &[Action]) {
    for action in actions {
        let effects = does(model, *action);
        settle(model, effects);
    }
}

fn list(width: u16, height: u16) -> Model {
    let mut model = with_run(width, height);
    acts(&mut model, &[Action::GoDiff]);
    model
}

fn typed(model: &mut Model, filter: &str) {
    let effects = filter_changed(model, filter);
    settle(model, effects);
}

fn show(model: &mut Model, cause: Cause) {
    let effects = only(model, Some(cause));
    settle(model, effects);
}

fn marked(model: &Model) -> Vec<&str> {
    let ids = model.diff.marks.iter().filter_map(|place| model.diff.finding(*place));
    ids.map(|finding| &*finding.id).collect()
}

fn id_under_cursor(model: &Model) -> String {
    let finding = model.diff.place().and_then(|place| model.diff.finding(place));
    finding.unwrap().id.clone()
}

/// Another run, with these findings of the sample.
fn renew_with(model: &mut Model, keep: impl Fn(&Finding) -> bool) {
    let mut run = sample::run();
    run.id = "0197bbbb-0000-7000-8000-000000000003".to_owned();
    run.reconciliation.findings.retain(|finding| keep(finding));
    model.known.run = Some(Arc::new(run));
    let effects = renewed(model);
    settle(model, effects);
}

#[test]
fn golden_all_causes() {
    goldens("diff_all", list);
}

#[test]
fn golden_one_cause_with_marks_a_staged_fix_and_views() {
    goldens("diff_marks", |width, height| {
        let mut model = list(width, height);
        let view = |name: &str| SavedView { name: name.to_owned(), ..SavedView::default() };
        let _ = views(&mut model, vec![view("huawei-week"), view("due\x1b[31m")]);
        show(&mut model, Cause::PendingPurge);
        acts(&mut model, &[Action::Stage, Action::Mark]);
        model.toast = None;
        model
    });
}

#[test]
fn golden_grouped_by_model_with_a_range_begun() {
    goldens("diff_grouped", |width, height| {
        let mut model = list(width, height);
        acts(&mut model, &[Action::GroupModel, Action::Next, Action::MarkRange, Action::Next]);
        model.toast = None;
        model
    });
}

#[test]
fn golden_a_filter_that_nothing_fits_and_marks_that_it_hides() {
    goldens("diff_no_hits", |width, height| {
        let mut model = list(width, height);
        acts(&mut model, &[Action::MarkAll]);
        typed(&mut model, "cause:purge ~zzz");
        model
    });
}

#[test]
fn golden_two_systems_that_agree() {
    goldens("diff_quiet", |width, height| {
        let mut model = model(width, height);
        model.known.run = Some(Arc::new(sample::quiet_run()));
        model.known.looked = true;
        let effects = renewed(&mut model);
        settle(&mut model, effects);
        acts(&mut model, &[Action::GoDiff]);
        model
    });
}

#[test]
fn golden_narrow_and_in_portuguese() {
    let mut model = list(60, 15);
    acts(&mut model, &[Action::Language]);
    crate::tui::testing::golden("diff_narrow_pt", &model);
    acts(&mut model, &[Action::PaneNext]);
    crate::tui::testing::golden("diff_narrow_causes_pt", &model);
}

#[test]
fn marks_stay_on_their_findings_through_filters_and_refreshes() {
    let mut model = list(80, 24);
    show(&mut model, Cause::PendingPurge);
    acts(&mut model, &[Action::MarkAll]);
    let ids: Vec<String> = marked(&model).into_iter().map(str::to_owned).collect();
    assert_eq!(ids.len(), 2);
    typed(&mut model, "eva");
    assert_eq!((model.diff.marks.len(), model.diff.marked_here), (2, 1));
    // The first three findings are no more: every place is another one.
    let gone: Vec<String> =
        sample::run().reconciliation.findings.iter().take(3).map(|f| f.id.clone()).collect();
    renew_with(&mut model, |finding| !gone.contains(&finding.id));
    assert_eq!(marked(&model), ids);
    renew_with(&mut model, |finding| finding.id != ids[0]);
    assert_eq!(marked(&model), [&*ids[1]], "what is no more is marked no more");
    acts(&mut model, &[Action::MarkClear]);
    assert!(marked(&model).is_empty());
}

#[test]
fn the_cursor_stays_on_its_finding_over_a_refresh_and_a_filter() {
    let mut model = list(80, 24);
    acts(&mut model, &[Action::Next; 9]);
    let id = id_under_cursor(&model);
    let first = model.diff.finding(0).unwrap().id.clone();
    renew_with(&mut model, |finding| finding.id != first);
    assert_eq!(id_under_cursor(&model), id);
    assert_eq!(model.diff.list.at, 8);
    typed(&mut model, "cause:purge");
    assert_eq!(id_under_cursor(&model), id);
}

#[test]
fn a_range_goes_from_where_it_was_begun_to_the_cursor() {
    let mut model = list(80, 24);
    acts(&mut model, &[Action::Next, Action::MarkRange, Action::Next, Action::Next]);
    assert_eq!(model.diff.marks.len(), 0);
    acts(&mut model, &[Action::MarkRange]);
    assert_eq!(model.diff.marks, BTreeSet::from([1, 2, 3]));
    acts(&mut model, &[Action::MarkRange, Action::Back]);
    assert_eq!(model.diff.anchor, None, "esc takes the beginning back");
    assert_eq!(model.diff.marks.len(), 3);
}

#[test]
fn marking_goes_down_and_a_mark_on_a_group_is_of_all_of_it() {
    let mut model = list(80, 24);
    acts(&mut model, &[Action::Mark, Action::Mark]);
    assert_eq!(model.diff.marks, BTreeSet::from([0, 1]));
    assert_eq!(model.diff.list.at, 2);
    acts(&mut model, &[Action::MarkClear, Action::GroupModel, Action::Top, Action::Mark]);
    let Line::Group(_, count) = &model.diff.lines[0] else { panic!("a group comes first") };
    assert_eq!(model.diff.marks.len(), *count as usize);
}

#[test]
fn staging_takes_the_marks_and_says_what_has_no_fix_to_send() {
    let mut model = list(80, 24);
    acts(&mut model, &[Action::MarkAll, Action::Stage]);
    let findings = &sample::run().reconciliation.findings;
    let fixable = |f: &&Finding| {
        f.fixes.iter().any(|fix| !matches!(fix, Fix::Investigate | Fix::ChooseByHand | Fix::Ignore))
    };
    let with_fix = findings.iter().filter(fixable).count();
    assert_eq!(model.plan.count(), with_fix);
    let told = model.toast.as_ref().unwrap().text.clone();
    let without = findings.len() - with_fix;
    assert!(told.contains(&format!("{without} of 16 have no fix")), "{told}");
    assert!(model.diff.marks.is_empty());
    // Without a mark it is the cursor's: a duplicate is chosen by hand.
    let mut model = list(80, 24);
    acts(&mut model, &[Action::Stage]);
    assert_eq!(model.plan.count(), 0);
    assert!(model.toast.as_ref().unwrap().bad);
    acts(&mut model, &[Action::Next, Action::Stage]);
    assert_eq!(model.plan.count(), 1);
}

#[test]
fn what_is_copied_is_masked_and_has_no_control_characters() {
    let mut model = list(80, 24);
    let mut all = String::new();
    for _ in 0..16 {
        for effect in does(&mut model, Action::CopyRecord) {
            let Effect::Copy(text) = effect else { panic!("it copies") };
            assert!(!text.contains(char::is_control), "{text}");
            all.push_str(&text);
        }
        acts(&mut model, &[Action::Next]);
    }
    assert!(all.contains("Ana L."));
    assert!(!all.contains("Maria") && !all.contains("123.456") && !all.contains("90000"));
}

#[test]
fn a_late_answer_is_dropped_and_the_echo_does_not_wait_for_it() {
    let mut model = list(80, 24);
    let older = filter_changed(&mut model, "cause:p");
    let newer = filter_changed(&mut model, "cause:purge");
    assert_eq!(model.diff.filter, "cause:purge");
    assert!(screen(&model).contains("/ cause:purge"));
    assert_eq!(model.diff.found, 16, "the rows before stay until the new ones are there");
    settle(&mut model, newer);
    assert_eq!(model.diff.found, 2);
    settle(&mut model, older);
    assert_eq!(model.diff.found, 2);
}

#[test]
fn back_goes_up_one_level_at_a_time() {
    let mut model = list(80, 24);
    show(&mut model, Cause::PendingPurge);
    typed(&mut model, "eva");
    acts(&mut model, &[Action::Back]);
    assert_eq!((&*model.diff.filter, model.diff.cause), ("", Some(Cause::PendingPurge)));
    acts(&mut model, &[Action::Back]);
    assert_eq!(model.diff.cause, None);
    assert_eq!(model.screen, Screen::Diff);
    acts(&mut model, &[Action::Back]);
    assert_eq!(model.screen, Screen::Dashboard);
}

#[test]
fn causes_are_shown_as_the_cursor_moves_over_them() {
    let mut model = list(80, 24);
    acts(&mut model, &[Action::PaneNext, Action::Next]);
    assert_eq!(model.diff.cause, Some(Cause::Duplicate));
    assert_eq!(model.diff.found, 1);
    acts(&mut model, &[Action::Next, Action::Top]);
    assert_eq!((model.diff.cause, model.diff.found), (None, 16));
    acts(&mut model, &[Action::Next, Action::Open]);
    assert!(!model.diff.is_on_causes());
    // The list begins in column 21, its rows in row 5.
    let effects = click(&mut model, 2, 4);
    settle(&mut model, effects);
    assert_eq!((model.diff.cause, model.diff.found), (None, 16));
    let _ = click(&mut model, 40, 8);
    assert_eq!(model.diff.list.at, 3);
}

#[test]
fn a_view_brings_back_filter_cause_and_grouping() {
    let mut model = list(80, 24);
    show(&mut model, Cause::PendingPurge);
    typed(&mut model, "eva");
    acts(&mut model, &[Action::GroupOlt]);
    let effects = save_view(&mut model, " eva's ");
    let [Effect::Begin(_, Job::KeepViews(kept))] = &*effects else { panic!("it is written") };
    assert_eq!(
        kept[0],
        SavedView {
            name: "eva's".to_owned(),
            cause: Some("pending-purge".to_owned()),
            filter: "eva".to_owned(),
            group: Some("column OLT".to_owned()),
        }
    );
    let effects = only(&mut model, None);
    settle(&mut model, effects);
    assert_eq!(model.diff.found, 16);
    acts(&mut model, &[Action::ViewNext]);
    assert_eq!(model.diff.found, 1);
    assert_eq!(model.diff.group, Some(Column::Extra("OLT".to_owned())));
    assert!(screen(&model).contains("view *eva's"));
    assert!(save_view(&mut model, "  ").is_empty(), "a view needs a name");
    let _ = save_view(&mut model, "eva's");
    assert_eq!(model.diff.views.len(), 1, "one of the same name is replaced");
}

#[test]
fn of_a_hundred_thousand_findings_only_those_on_screen_are_formatted() {
    let formatted = |findings: usize| {
        let mut run = sample::run();
        let one = run.reconciliation.findings[7].clone();
        run.reconciliation.findings =
            (0..findings).map(|n| Finding { id: format!("f-{n:016x}"), ..one.clone() }).collect();
        let mut model = model(80, 24);
        model.known.run = Some(Arc::new(run));
        let effects = renewed(&mut model);
        settle(&mut model, effects);
        acts(&mut model, &[Action::GoDiff, Action::Bottom, Action::HalfUp]);
        FORMATTED.set(0);
        let text = screen(&model);
        assert!(text.contains(">["), "{text}");
        FORMATTED.get()
    };
    let of_few = formatted(100);
    assert!((5..24).contains(&of_few), "{of_few}");
    assert_eq!(formatted(100_000), of_few);
}

fn actions() -> impl Strategy<Value = Vec<Action>> {
    let safe: Vec<Action> = Action::ALL
        .iter()
        .copied()
        .filter(|action| !matches!(action, Action::Quit | Action::Suspend))
        .collect();
    proptest::collection::vec(proptest::sample::select(safe), 1..60)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn nothing_that_is_done_here_panics_or_marks_what_is_not(
        actions in actions(),
        filter in "[a-z!~:<0-9é ]{0,12}",
        size in (1_u16..140, 1_u16..50),
    ) {
        let mut model = list(size.0, size.1);
        for (at, action) in actions.into_iter().enumerate() {
            if at % 7 == 3 {
                typed(&mut model, &filter);
            }
            if at % 11 == 5 {
                renew_with(&mut model, |finding| finding.id.len() % 2 == at % 2 || at % 3 == 0);
            }
            model.overlays.clear();
            acts(&mut model, &[action]);
            let known = model.diff.run().unwrap().reconciliation.findings.len();
            prop_assert!(model.diff.marks.iter().all(|place| (*place as usize) < known));
            let (at, rows) = (model.diff.list.at, model.diff.lines.len());
            prop_assert!(rows == 0 || at < rows);
            let _ = screen(&model);
        }
    }
}

#[test]
fn nothing_is_marked_or_staged_before_the_list_is_that_of_the_cause() {
    let mut model = list(80, 24);
    let effects = only(&mut model, Some(Cause::UnlinkedLogin));
    for action in [Action::Mark, Action::MarkAll, Action::MarkRange, Action::Stage] {
        model.toast = None;
        let followed = does(&mut model, action);
        assert!(followed.is_empty() && model.diff.marks.is_empty(), "{action:?} {followed:?}");
        assert!(model.toast.is_some(), "{action:?} is refused aloud");
    }
    settle(&mut model, effects);
    does(&mut model, Action::MarkAll);
    assert_eq!(model.diff.marks.len(), 1, "one device is of this cause");
}
