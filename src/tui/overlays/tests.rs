//! Help, palette, lines, the question and the log.

use std::time::Duration;

use proptest::prelude::*;

use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job};
use crate::tui::key::{Code, Key};
use crate::tui::model::{JobKind, Model, Screen};
use crate::tui::msg::Msg;
use crate::tui::overlay::{Confirm, Overlay, Purpose};
use crate::tui::testing::{does, golden, goldens, plan_document, press, screen, with_run};
use crate::tui::update::update;
use crate::words::Lang;

/// The question of a plan, long enough ago to take keys.
fn asked(width: u16, height: u16, wants: Option<u64>) -> Model {
    let mut model = with_run(width, height);
    model.locked = false;
    model.screen = Screen::Plan;
    model.plan.document = Some(plan_document());
    let lines = vec!["3 calls to prod.".to_owned(), "1 device is removed.".to_owned()];
    let confirm = Confirm {
        lines,
        each: Vec::new(),
        wants,
        unapproved: false,
        sends: crate::tui::overlay::Sends::Plan,
        input: tui_input::Input::default(),
        since: Duration::ZERO,
    };
    model.overlays.push(Overlay::Confirm(confirm));
    model.elapsed = Duration::from_secs(2);
    model
}

/// Is it sent, and with which number?
#[expect(clippy::option_option, reason = "sent or not, and with a number or none")]
fn sends(effects: &[Effect]) -> Option<Option<u64>> {
    effects.iter().find_map(|effect| match effect {
        Effect::Begin(_, Job::Apply(sending)) => Some(sending.typed),
        _ => None,
    })
}

fn opened(width: u16, height: u16, keys: &str) -> Model {
    let mut model = with_run(width, height);
    model.toast = None;
    press(&mut model, keys);
    model
}

#[test]
fn they_are_golden() {
    goldens("help", |w, h| opened(w, h, "2 ?"));
    goldens("palette", |w, h| opened(w, h, ": d r y"));
    goldens("ask_filter", |w, h| opened(w, h, "2 / m o d e l : h g"));
    goldens("confirm_typed", |w, h| {
        let mut model = asked(w, h, Some(540));
        press(&mut model, "5 4");
        model
    });
    goldens("confirm_easy", |w, h| asked(w, h, None));
    goldens("confirm_each", |w, h| {
        let mut model = asked(w, h, Some(2));
        if let Some(Overlay::Confirm(confirm)) = model.overlays.last_mut() {
            let line = |n| format!("step {n}: remove the entry - HWTC0000000{n} (undo: no)");
            confirm.each = vec![line(1), line(2)];
        }
        model
    });
    goldens("log", |w, h| {
        let mut model = with_run(w, h);
        model.complain("the ACS does not answer\u{1b}[31m");
        model.say("both systems were read");
        model.toast = None;
        does(&mut model, Action::Log);
        model
    });
    let mut model = with_run(80, 24);
    model.voice.lang = Lang::PtBr;
    press(&mut model, "2 ?");
    golden("help_pt", &model);
}

#[test]
fn enter_cancels_until_the_number_is_right() {
    for (typed, sent) in [("", None), ("5 4", None), ("5 4 1", None), ("5 4 0", Some(Some(540)))] {
        let mut model = asked(80, 24, Some(540));
        let effects = press(&mut model, &format!("{typed} <Enter>"));
        assert_eq!(sends(&effects), sent, "{typed:?}");
        assert!(model.overlays.is_empty(), "{typed:?}");
    }
    let mut model = asked(80, 24, Some(540));
    assert_eq!(sends(&press(&mut model, "y")), None, "a number was asked for");
    assert!(!model.overlays.is_empty());
}

#[test]
fn an_easy_one_takes_another_key_than_enter() {
    assert_eq!(sends(&press(&mut asked(80, 24, None), "<Enter>")), None);
    assert_eq!(sends(&press(&mut asked(80, 24, None), "<Esc>")), None);
    assert_eq!(sends(&press(&mut asked(80, 24, None), "X")), None);
    assert_eq!(sends(&press(&mut asked(80, 24, None), "y")), Some(None));
}

#[test]
fn what_was_typed_ahead_locked_or_not_approved_is_no_yes() {
    let mut model = asked(80, 24, None);
    model.elapsed = Duration::from_millis(100);
    assert_eq!(sends(&press(&mut model, "y")), None);
    let mut model = asked(80, 24, Some(540));
    press(&mut model, "5 4 0");
    model.locked = true;
    assert_eq!(sends(&press(&mut model, "<Enter>")), None);
    let mut model = asked(80, 24, None);
    if let Some(Overlay::Confirm(confirm)) = model.overlays.last_mut() {
        confirm.unapproved = true;
    }
    assert!(screen(&model).contains("acerto approve"));
    assert_eq!(sends(&press(&mut model, "y")), None);
}

#[test]
fn what_is_off_says_why_and_stays_in_the_list() {
    let mut model = with_run(80, 24);
    press(&mut model, "3 ? a p p l y");
    assert!(screen(&model).contains("LOCKED"), "{}", screen(&model));
    let effects = press(&mut model, "<Enter>");
    assert!(effects.is_empty() && !model.overlays.is_empty());
    assert!(model.toast.as_ref().is_some_and(|toast| toast.bad));
}

#[test]
fn the_palette_finds_actions_keys_and_causes_in_both_languages() {
    let chosen = |lang, typed: &str| {
        let mut model = with_run(80, 24);
        model.voice.lang = lang;
        does(&mut model, Action::Palette);
        update(&mut model, Msg::Paste(typed.to_owned()));
        press(&mut model, "<Enter>");
        model
    };
    assert!(!chosen(Lang::En, "unlock").locked);
    assert!(!chosen(Lang::PtBr, "destravar").locked);
    assert!(!chosen(Lang::En, "app.unlock").locked);
    assert_eq!(chosen(Lang::PtBr, "execucoes e auditoria").screen, Screen::Runs);
    assert_eq!(chosen(Lang::En, "only swapped-device").screen, Screen::Diff);
}

#[test]
fn a_pasted_text_is_bounded_and_holds_no_control_characters() {
    let mut model = with_run(80, 24);
    press(&mut model, "2 /");
    update(&mut model, Msg::Paste(format!("a\u{1b}[2J\n{}", "x".repeat(100_000))));
    let Some(Overlay::Ask { purpose: Purpose::Filter, input }) = model.overlays.last() else {
        panic!("no line")
    };
    assert!(input.value().chars().count() <= 4_096);
    assert!(!input.value().chars().any(char::is_control));
}

#[test]
fn a_note_and_a_reason_are_asked_for_and_empty_ones_are_none() {
    let mut model = with_run(80, 24);
    let key = "serial=HWTC00000001".to_owned();
    let ask = |model: &mut Model| {
        let input = tui_input::Input::default();
        model.overlays.push(Overlay::Ask { purpose: Purpose::Note(key.clone()), input });
    };
    ask(&mut model);
    assert!(press(&mut model, "<Space> <Enter>").is_empty());
    ask(&mut model);
    let effects = press(&mut model, "o k <Enter>");
    assert!(
        matches!(&effects[..], [Effect::Begin(_, Job::Note { text, .. })] if text == "ok"),
        "{effects:?}"
    );
}

fn any_key() -> impl Strategy<Value = Key> {
    let codes = prop_oneof![
        proptest::char::range(' ', '~').prop_map(Code::Char),
        Just(Code::Enter),
        Just(Code::Esc),
        Just(Code::Backspace),
        Just(Code::Up),
        Just(Code::Down),
        Just(Code::PageDown),
        Just(Code::Tab),
        Just(Code::F(1)),
    ];
    (codes, prop::bool::weighted(0.1)).prop_map(|(code, ctrl)| Key { code, ctrl, alt: false })
}

proptest! {
    /// Whatever is pressed: nothing panics at any size, and nothing is sent while it is locked.
    #[test]
    fn no_keys_send_anything_while_locked(
        keys in prop::collection::vec(any_key(), 1..60),
        size in (1_u16..130, 1_u16..50),
    ) {
        let mut model = with_run(size.0, size.1);
        for key in keys {
            model.elapsed += Duration::from_secs(1);
            // The palette unlocks; here nobody may.
            model.locked = true;
            let effects = update(&mut model, Msg::Key(key));
            prop_assert_eq!(sends(&effects), None);
            prop_assert!(!model.is_running(JobKind::Apply));
            screen(&model);
        }
    }
}
