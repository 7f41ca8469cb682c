//! What the speed panel promises: nothing is started before a yes, and not while it is locked.
//!
//! Must not do: judge a measurement; the engine's own tests do.

use std::sync::Arc;
use std::time::Duration;

use super::speed;
use super::tests::opened;
use super::*;
use crate::app::Happened;
use crate::app::sample::{at, u};
use crate::app::speed_test::{SpeedState, SpeedTest};
use crate::domain::{Measure, Ways};
use crate::tui::model::JobKind;
use crate::tui::testing::{does, goldens, press, screen};

fn measured(hour: u32, down: u64, up: u64) -> Happened {
    let ended = at(&format!("2026-11-20T{hour:02}:00:00Z"));
    let measure =
        |kbps| Some(Measure { kbps, bytes: Some(100), other_bytes: Some(50_000_000), ended });
    Happened::SpeedTest(Box::new(SpeedTest {
        id: format!("t{hour}"),
        device: u(""),
        at: ended,
        asked: None,
        by: Some("noc.ana".to_owned()),
        state: SpeedState::Done,
        why: None,
        measured: Ways { down: measure(down), up: measure(up) },
        before: Ways::default(),
    }))
}

/// The sample's swap, whose customer bought 600 MEGA, after three tests.
fn tested(width: u16, height: u16) -> Model {
    let mut model = opened(width, height, "11");
    let (run, place) = model.detail.open.clone().unwrap();
    let mut run = (*run).clone();
    let finding = &mut run.reconciliation.findings[place as usize];
    finding.provider[0].plan = Some(u("600 MEGA"));
    finding.provider[0].plan_down_kbps = Some(850_000);
    finding.provider[0].plan_up_kbps = Some(300_000);
    let (id, device) = (finding.id.clone(), finding.acs[0].id.clone());
    model.detail.open = Some((Arc::new(run), place));
    let mut happened = vec![
        measured(11, 412_300, 61_000),
        measured(9, 590_000, 290_000),
        measured(8, 300_000, 250_000),
    ];
    for what in &mut happened {
        if let Happened::SpeedTest(test) = what {
            test.device = device.clone();
        }
    }
    let past = Past { happened, ..Past::default() };
    let _ = story(&mut model, &id, past);
    model
}

fn panel(model: &mut Model) -> String {
    let size = std::mem::replace(&mut model.size, (120, 200));
    let text = screen(model);
    model.size = size;
    text
}

#[test]
fn golden_the_panel_and_its_question() {
    goldens("detail_speed", |width, height| {
        let mut model = tested(width, height);
        model.detail.scroll = usize::MAX / 2;
        model
    });
    goldens("confirm_speed", |width, height| {
        let mut model = tested(width, height);
        model.locked = false;
        let _ = does(&mut model, Action::SpeedTest);
        model
    });
}

#[test]
fn the_panel_tells_measured_beside_contracted_in_both_languages() {
    let mut model = tested(100, 40);
    let text = panel(&mut model);
    for told in [
        "Speed [T]",
        "600 Mbit/s",
        "its profile is set as 850 Mbit/s",
        "412.3 Mbit/s",
        "68 % of 600 Mbit/s (the plan): below what was sold",
        "20 % of 300 Mbit/s (the plan): far below what was sold",
        "download: ▅█▆",
        "somebody was using it",
    ] {
        assert!(text.contains(told), "{told}:\n{text}");
    }
    model.voice.lang = model.voice.lang.other();
    let text = panel(&mut model);
    assert!(text.contains("Velocidade [T]") && text.contains("muito abaixo"), "{text}");
    let plain = plain::evidence(&model).join("\n");
    assert!(plain.contains("412,3 Mbit/s"), "{plain}");
}

fn starts(effects: &[Effect]) -> bool {
    effects.iter().any(|effect| matches!(effect, Effect::Begin(_, Job::SpeedTest { .. })))
}

#[test]
fn nothing_is_started_before_a_yes_and_nothing_while_it_is_locked() {
    let mut model = tested(100, 40);
    assert!(model.locked);
    assert!(!starts(&does(&mut model, Action::SpeedTest)) && model.overlays.is_empty());
    assert!(model.toast.as_ref().is_some_and(|toast| toast.bad));
    model.locked = false;
    model.setup.read_only = true;
    assert!(!starts(&does(&mut model, Action::SpeedTest)) && model.overlays.is_empty());
    model.setup.read_only = false;

    assert!(!starts(&does(&mut model, Action::SpeedTest)));
    let text = screen(&model);
    assert!(text.contains("fills their line"), "{text}");
    model.elapsed += Duration::from_secs(2);
    assert!(!starts(&does(&mut model, Action::Open)), "Enter cancels");
    assert!(model.overlays.is_empty());

    let _ = does(&mut model, Action::SpeedTest);
    model.elapsed += Duration::from_secs(2);
    model.locked = true;
    assert!(!starts(&does(&mut model, Action::Confirm)), "it has locked itself since");
    model.overlays.clear();
    model.locked = false;
    let _ = does(&mut model, Action::SpeedTest);
    model.elapsed += Duration::from_secs(2);
    assert!(starts(&does(&mut model, Action::Confirm)));
    assert!(model.is_running(JobKind::SpeedTest));
}

#[test]
fn a_test_that_goes_on_is_told_left_and_not_waited_for_any_longer() {
    let mut model = tested(100, 40);
    model.locked = false;
    let finding = model.detail.finding().unwrap().id.clone();
    let _ = speed::confirmed(&mut model, finding.clone(), "acs=x".to_owned());
    speed::said(&mut model, "waiting for the result, 14 s".to_owned());
    assert!(panel(&mut model).contains("waiting for the result, 14 s"));
    assert!(panel(&mut model).contains("stop waiting"));
    // Back to the list and in again: it goes on meanwhile.
    let (_, place) = model.detail.open.clone().unwrap();
    press(&mut model, "<Esc>");
    let _ = open(&mut model, place);
    model.detail.past = Some(Past::default());
    assert!(panel(&mut model).contains("waiting for the result, 14 s"));
    model.locked = true;
    let effects = does(&mut model, Action::SpeedTest);
    assert!(matches!(effects.as_slice(), [Effect::Stop(JobKind::SpeedTest)]), "{effects:?}");
    let another = speed::ended(&mut model, "f-another", "stopped waiting".to_owned(), true);
    assert!(another.is_empty(), "its story is not on screen");
    let effects = speed::ended(&mut model, &finding, "stopped waiting".to_owned(), true);
    assert!(matches!(effects.as_slice(), [Effect::Begin(_, Job::Story(_))]));
    model.detail.past = Some(Past::default());
    assert!(!panel(&mut model).contains("14 s"));
}
