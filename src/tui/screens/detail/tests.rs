//! What one difference promises: all of it is there, nothing personal before it is noted, and
//! nothing of a device can move the cursor.

use std::sync::Arc;

use super::fields::{Piece, changes};
use super::*;
use crate::app::sample::{self, at, u};
use crate::app::{HistoryEntry, HistoryState, Note};
use crate::engine::{Cause, FieldDrift, Strength};
use crate::tui::model::Screen;
use crate::tui::msg::{Answer, Msg};
use crate::tui::testing::{does, golden, goldens, model, screen, settle, with_run};
use crate::tui::theme::Theme;
use crate::tui::update::update;

/// The sample's difference with this key, open.
pub(super) fn opened(width: u16, height: u16, key: &str) -> Model {
    let mut model = with_run(width, height);
    open_key(&mut model, key);
    model
}

/// The sample's drift, with the Provider's model in its record.
fn drift(width: u16, height: u16) -> Model {
    let mut run = sample::run();
    for finding in run.reconciliation.findings.iter_mut().filter(|f| !f.fields.is_empty()) {
        finding.provider[0].model = Some(u("EG8145V5"));
        finding.provider[0].wan_ip = Some(u("100.72.14.9"));
        finding.acs[0].wan_ip = Some(u("100.72.14.99"));
    }
    let mut model = model(width, height);
    model.known.run = Some(Arc::new(run));
    let effects = diff::renewed(&mut model);
    settle(&mut model, effects);
    open_key(&mut model, "05");
    model
}

fn open_key(model: &mut Model, key: &str) {
    model.screen = Screen::Diff;
    let findings = &model.diff.run().unwrap().reconciliation.findings;
    let is_it = |f: &Finding| f.keys[0].to_string().ends_with(key);
    let place = findings.iter().position(is_it).unwrap();
    let _ = open(model, u32::try_from(place).unwrap());
}

/// The whole text, however long it is.
fn whole(model: &mut Model) -> String {
    model.size = (100, 200);
    screen(model)
}

fn with_story(mut model: Model) -> Model {
    let id = model.detail.finding().unwrap().id.clone();
    let past = Past {
        history: vec![HistoryEntry {
            run_id: "0197aaaa".to_owned(),
            started: at("2026-11-19T12:00:00Z"),
            cause: Cause::SwappedDevice,
            strength: Strength::Inferred,
            state: HistoryState::New,
        }],
        happened: Vec::new(),
        notes: vec![Note {
            text: "called the customer\x1b[31m, waits".to_owned(),
            actor: "n2.carlos".to_owned(),
            at: at("2026-11-20T09:00:00Z"),
        }],
    };
    let _ = story(&mut model, &id, past);
    model
}

#[test]
fn golden_a_swap() {
    goldens("detail_swap", |width, height| with_story(opened(width, height, "11")));
}

#[test]
fn golden_drift_with_what_would_change() {
    goldens("detail_drift", |width, height| {
        let mut model = drift(width, height);
        let _ = does(&mut model, Action::DifferenceNext);
        model
    });
}

#[test]
fn golden_a_purge_with_what_would_come_of_it() {
    goldens("detail_purge", |width, height| opened(width, height, "23"));
}

#[test]
fn golden_unlinked_with_a_login_chosen() {
    goldens("detail_unlinked", |width, height| {
        let mut model = opened(width, height, "07");
        let _ = does(&mut model, Action::Candidate);
        model.toast = None;
        model
    });
}

fn hostile(width: u16, height: u16) -> Model {
    let mut run = sample::run();
    let finding = &mut run.reconciliation.findings[0];
    let nasty = "x\x1b]0;owned\x07\u{202e}gnp\u{200b}\r\n\u{9b}2J";
    finding.acs[0].serial = Some(u(nasty));
    finding.acs[0].model = Some(u(&"é".repeat(300)));
    finding.acs[0].pppoe_login = Some(u("\t\u{1b}[2J日本語日本語日本語日本語日本語日本語日本語"));
    finding.provider[0].serial = Some(u("x\x1b]0;owned\x07\u{202e}gnq"));
    finding.fields = vec![FieldDrift {
        field: crate::engine::Field::Login,
        acs: u(nasty),
        provider: u("\x1b[31m"),
    }];
    run.reconciliation.acs.extra_columns = vec!["O\x1b[31mLT".into()];
    let mut model = model(width, height);
    model.known.run = Some(Arc::new(run));
    let effects = diff::renewed(&mut model);
    settle(&mut model, effects);
    model.screen = Screen::Diff;
    let _ = open(&mut model, 0);
    model
}

#[test]
fn golden_hostile_strings() {
    goldens("detail_hostile", hostile);
}

#[test]
fn no_control_or_hidden_character_reaches_the_screen() {
    for (width, height) in [(80, 24), (120, 40), (60, 15), (40, 8)] {
        let mut model = hostile(width, height);
        for _ in 0..3 {
            let text = screen(&model).replace('\n', "");
            let bad = text.chars().find(|c| c.is_control() || crate::domain::text::is_hidden(*c));
            assert_eq!(bad, None, "{width}x{height}");
            let _ = does(&mut model, Action::PageDown);
        }
        close(&mut model);
        let text = screen(&model).replace('\n', "");
        assert!(!text.contains(|c: char| c.is_control() || crate::domain::text::is_hidden(c)));
    }
}

#[test]
fn golden_narrow() {
    let mut model = opened(60, 15, "11");
    golden("detail_narrow", &model);
    model.theme = Theme::Mono;
    let _ = does(&mut model, Action::Bottom);
    golden("detail_narrow_end", &model);
}

#[test]
fn what_would_change_is_marked_by_characters() {
    let marked =
        |old: &str, new: &str| -> String { changes(old, new).iter().map(Piece::marked).collect() };
    assert_eq!(marked("EG8145V5", "EG8145X6"), "EG8145[-V5-]{+X6+}");
    assert_eq!(marked("ana.lima", "ana.lima2"), "ana.lima{+2+}");
    assert_eq!(marked("00:25:9E:00:00:17", "00:25:9E:00:00:12"), "00:25:9E:00:00:1[-7-]{+2+}");
    // Little in common: no letters are marked that are equal by chance.
    assert_eq!(marked("ZTEGC0A77A10", "48575443B0A004"), "ZTEGC0A77A10");
    assert_eq!(marked("same", "same"), "same");
}

#[test]
fn personal_data_is_shown_only_after_it_is_noted() {
    let mut model = opened(100, 200, "11");
    let masked = screen(&model);
    assert!(masked.contains("Ana L.") && !masked.contains("Maria"), "{masked}");
    let effects = does(&mut model, Action::Reveal);
    let [Effect::Begin(job, Job::Reveal(id))] = &*effects else { panic!("it is noted") };
    assert!(!screen(&model).contains("Maria"), "not before");
    let answer = Box::new(Answer::Revealed(id.clone()));
    let _ = update(&mut model, Msg::Done { job: *job, answer });
    let shown = screen(&model);
    assert!(shown.contains("Ana Maria Lima") && shown.contains("123.456.789-00"), "{shown}");
    // The next record is masked again.
    let _ = does(&mut model, Action::Next);
    assert!(!screen(&model).contains("Maria"));
    // And an answer about another one reveals nothing.
    let _ = revealed(&mut model, "f-other");
    assert!(!screen(&model).contains("Maria"));
}

#[test]
fn the_fix_is_staged_with_the_login_and_the_fix_that_were_chosen() {
    let mut model = opened(80, 24, "07");
    let _ = does(&mut model, Action::Stage);
    assert_eq!(model.plan.staged[0].chosen, crate::engine::plan::Chosen::default());
    let _ = does(&mut model, Action::Candidate);
    let _ = does(&mut model, Action::Stage);
    assert_eq!(model.plan.staged[0].chosen.candidate.as_deref(), Some("14"));
    let mut model = opened(80, 24, "15");
    assert_eq!(model.detail.fix(), Some(Fix::SynchroniseProvider));
    let _ = does(&mut model, Action::PaneNext);
    let _ = does(&mut model, Action::Stage);
    assert_eq!(model.plan.staged[0].chosen.fix, Some(Fix::RemoveInProvider));
    let mut model = opened(80, 24, "18");
    let _ = does(&mut model, Action::Stage);
    assert_eq!(model.plan.count(), 0);
    assert!(model.toast.as_ref().unwrap().bad);
}

#[test]
fn equal_fields_can_be_left_out() {
    let mut model = drift(100, 200);
    let all = screen(&model);
    assert!(all.contains("= HWTC00000005"), "{all}");
    let _ = does(&mut model, Action::EqualFields);
    let fewer = screen(&model);
    assert!(!fewer.contains("= HWTC00000005") && fewer.contains('≠'), "{fewer}");
    assert!(fewer.contains("equal fields left out: 3"), "{fewer}");
}

#[test]
fn the_whole_text_can_be_read_on_a_small_screen() {
    let mut model = with_story(opened(60, 15, "11"));
    let mut seen = screen(&model);
    for _ in 0..20 {
        let _ = does(&mut model, Action::HalfDown);
        seen.push_str(&screen(&model));
    }
    for text in ["Evidence", "Fixes", "History", "Notes", "n2.carlos"] {
        assert!(seen.contains(text), "{text}");
    }
    let _ = does(&mut model, Action::Top);
    assert!(screen(&model).contains("FIELD"));
}

#[test]
fn the_next_record_is_the_next_of_the_list_and_a_refresh_keeps_it() {
    let mut model = with_run(80, 24);
    model.screen = Screen::Diff;
    let _ = open(&mut model, 0);
    let effects = does(&mut model, Action::Next);
    assert!(matches!(&*effects, [Effect::Begin(_, Job::Story(_))]));
    let id = model.detail.finding().unwrap().id.clone();
    assert_eq!(id, sample::run().reconciliation.findings[1].id);
    let mut run = sample::run();
    run.reconciliation.findings.remove(0);
    model.known.run = Some(Arc::new(run));
    let effects = diff::renewed(&mut model);
    settle(&mut model, effects);
    assert_eq!(model.detail.finding().unwrap().id, id);
    let mut run = sample::run();
    run.reconciliation.findings.drain(..3);
    model.known.run = Some(Arc::new(run));
    let effects = diff::renewed(&mut model);
    settle(&mut model, effects);
    assert!(!model.detail.is_open(), "it is no more");
}

#[test]
fn a_duplicate_shows_every_record() {
    let text = whole(&mut opened(80, 24, "13"));
    assert!(text.contains("record 2") && text.contains("485754430000 0013"), "{text}");
}
