//! The search over a screen: each letter searches, Enter opens what was found.
//!
//! Must not do: repeat what was typed anywhere else; it may be somebody's number.

#![expect(clippy::wildcard_enum_match_arm, reason = "what means nothing here does nothing")]

use tui_input::Input;

use crate::domain::Query;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job};
use crate::tui::model::{JobKind, Model, Screen};
use crate::tui::overlay::Overlay;
use crate::tui::overlays::search_draw;
use crate::tui::screens::detail;
use crate::tui::search::{Asked, Found, State};
use crate::tui::update;
use crate::words::word;

/// Opens it, with nothing typed.
pub fn open(model: &mut Model) -> Vec<Effect> {
    model.search = State::default();
    model.overlays.push(Overlay::Search { input: Input::default() });
    Vec::new()
}

/// Another letter was typed: what was found by the others is of no use.
pub fn typed(model: &mut Model, text: &str) -> Vec<Effect> {
    (model.search.window, model.search.alone) = Default::default();
    if Query::new(text).is_err() {
        model.search.found = None;
        return stop(model);
    }
    vec![ask(model, text, false)]
}

/// Searches, now.
pub fn ask(model: &mut Model, text: &str, live: bool) -> Effect {
    let asked = Asked { typed: text.to_owned(), live };
    let run = model.run().cloned();
    model.begin(Job::Search(asked, run))
}

/// What was found; an answer to what was typed before is of no use.
pub fn found(model: &mut Model, found: Found) -> Vec<Effect> {
    let is_it = match model.overlays.last() {
        Some(Overlay::Search { input }) => input.value() == found.asked.typed,
        _ => false,
    };
    if is_it || model.overlays.is_empty() {
        (model.search.window, model.search.alone) = Default::default();
        model.search.found = Some(found);
    }
    Vec::new()
}

/// Does what a key asked for.
pub fn act(model: &mut Model, action: Action, text: &str) -> Vec<Effect> {
    let height = search_draw::rows(model);
    match action {
        Action::Back => back(model),
        Action::SearchLive if Query::new(text).is_ok() => vec![ask(model, text, true)],
        Action::Open => open_chosen(model, text),
        other => {
            let Some(by) = other.rows(height) else { return Vec::new() };
            if let Some(top) = model.search.alone {
                let most = search_draw::most(model);
                model.search.alone = Some(top.saturating_add_signed(by).min(most));
                return Vec::new();
            }
            let rows = model.search.rows();
            model.search.window.go(by, rows, height);
            Vec::new()
        }
    }
}

/// From one device to the list, and from there out; a search that goes on is left.
fn back(model: &mut Model) -> Vec<Effect> {
    if model.search.alone.take().is_some() {
        return Vec::new();
    }
    model.overlays.pop();
    model.search = State::default();
    stop(model)
}

/// Nobody waits for a search any more.
fn stop(model: &mut Model) -> Vec<Effect> {
    model.running.retain(|running| running.kind != JobKind::Search);
    vec![Effect::Stop(JobKind::Search)]
}

/// The difference of the device under the cursor, or where it has none, all that was found of it.
/// Where nothing was found in what is remembered, both systems are asked.
fn open_chosen(model: &mut Model, text: &str) -> Vec<Effect> {
    let Some((_, finding)) = model.search.chosen() else {
        let asked = model.search.found.as_ref().is_none_or(|found| found.asked.live);
        let again = !asked && !model.is_running(JobKind::Search);
        return if again { vec![ask(model, text, true)] } else { Vec::new() };
    };
    if let Some(id) = finding.map(|(id, _)| id.clone()) {
        return open_finding(model, &id);
    }
    model.search.alone = Some(0);
    Vec::new()
}

/// Leaves the search for a difference.
pub fn open_finding(model: &mut Model, id: &str) -> Vec<Effect> {
    let run = model.diff.run().or(model.run());
    let place = run.and_then(|run| run.reconciliation.findings.iter().position(|f| f.id == id));
    let Some(place) = place.and_then(|place| u32::try_from(place).ok()) else {
        let voice = model.voice.clone();
        model.complain(word!(voice,
            en: "this difference is no more", pt: "esta diferença não existe mais"));
        return Vec::new();
    };
    if matches!(model.overlays.last(), Some(Overlay::Search { .. })) {
        model.overlays.pop();
    }
    let mut effects = update::go(model, Screen::Diff);
    effects.extend(detail::open(model, place));
    effects
}

/// The first devices that were found, as lines of text.
#[must_use]
pub fn plain(model: &Model, most: usize) -> Vec<String> {
    search_draw::plain(model, most)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::search::{FoundDevice, SearchAnswer, SearchRemark};
    use crate::domain::{AcsDevice, MatchedOn, ProviderRecord, Untrusted};
    use crate::tui::msg::{Answer, Msg};
    use crate::tui::testing::{does, goldens, now, press, screen, with_run};
    use crate::tui::update::update;

    fn u(text: &str) -> Option<Untrusted> {
        Untrusted::present(text)
    }

    fn device(n: u32, name: &str, both: bool) -> FoundDevice {
        let serial = format!("HWTC0000{n:04}");
        FoundDevice {
            acs: both.then(|| AcsDevice {
                id: Untrusted::new(&format!("00259E-EG8145X6-{serial}")),
                serial: u(&serial),
                macs: [Untrusted::new("00:25:9E:00:00:10")].into(),
                pppoe_login: u(&format!("cliente{n}")),
                model: u("EG8145X6"),
                ..AcsDevice::default()
            }),
            provider: Some(ProviderRecord {
                device_id: u(&format!("{n}")),
                serial: u(&serial),
                login_id: u(&format!("5{n}")),
                login: u(&format!("cliente{n}@isp.example")),
                active: Some(n != 3),
                customer_name: u(name).map(crate::domain::subscriber::CustomerName),
                contract_id: u(&format!("104{n}")),
                contract_status: u("A"),
                ..ProviderRecord::default()
            }),
            matched_on: MatchedOn::Name,
        }
    }

    fn answer_to(model: &mut Model, effects: &[Effect]) {
        let [Effect::Begin(job, Job::Search(asked, run))] = effects else {
            panic!("no search: {effects:?}")
        };
        let devices = vec![
            device(1, "João Álvares de Souza", true),
            device(2, "Padaria São José LTDA\u{1b}[31m", true),
            device(3, "Joana Lima", false),
        ];
        let first = run.as_ref().and_then(|run| run.reconciliation.findings.first());
        let findings = vec![None, first.map(|f| (f.id.clone(), f.cause)), None];
        let read = (Some(now()), Some(now()));
        let answer = SearchAnswer { devices, read, ..SearchAnswer::default() };
        let found = Found { asked: asked.clone(), answer, findings, compared: run.is_some() };
        update(model, Msg::Done { job: *job, answer: Box::new(Answer::Searched(Box::new(found))) });
    }

    fn searched(width: u16, height: u16) -> Model {
        let mut model = with_run(width, height);
        does(&mut model, Action::SearchOpen);
        let effects = press(&mut model, "j o");
        answer_to(&mut model, &effects[1..]);
        model
    }

    #[test]
    fn it_is_golden() {
        goldens("search", searched);
        goldens("search_alone", |w, h| {
            let mut model = searched(w, h);
            press(&mut model, "<Enter>");
            model
        });
    }

    #[test]
    fn each_letter_searches_and_late_answers_are_dropped() {
        let mut model = with_run(80, 24);
        does(&mut model, Action::SearchOpen);
        assert!(matches!(press(&mut model, "j")[..], [Effect::Stop(JobKind::Search)]));
        let first = press(&mut model, "o");
        let second = press(&mut model, "a");
        answer_to(&mut model, &first);
        assert!(model.search.found.is_none(), "another search was begun since");
        answer_to(&mut model, &second);
        assert_eq!(model.search.rows(), 3);
        // Too little to search by: what was found is gone.
        press(&mut model, "<Backspace> <Backspace>");
        assert!(model.search.found.is_none());
        let shown = screen(&model);
        assert!(shown.contains("name"), "{shown}");
    }

    #[test]
    fn enter_opens_the_difference_or_all_of_the_device_and_escape_goes_back() {
        let mut model = searched(80, 24);
        press(&mut model, "<Enter>");
        assert_eq!(model.search.alone, Some(0));
        press(&mut model, "<Esc>");
        assert_eq!((model.search.alone, model.overlays.len()), (None, 1));
        press(&mut model, "<Down> <Enter>");
        assert!(model.overlays.is_empty() && model.detail.is_open());
        let mut model = searched(80, 24);
        let left = press(&mut model, "<Esc>");
        assert!(matches!(left[..], [Effect::Stop(JobKind::Search)]), "{left:?}");
        assert!(model.overlays.is_empty() && model.search.found.is_none());
    }

    #[test]
    fn both_systems_are_asked_by_a_key_and_where_nothing_was_found() {
        let mut model = searched(80, 24);
        let live = press(&mut model, "<C-r>");
        let [Effect::Begin(_, Job::Search(asked, _))] = &live[..] else { panic!("{live:?}") };
        assert!(asked.live);
        answer_to(&mut model, &live);
        if let Some(found) = &mut model.search.found {
            found.answer.devices.clear();
            found.asked.live = false;
        }
        let again = press(&mut model, "<Enter>");
        assert!(matches!(&again[..], [Effect::Begin(_, Job::Search(a, _))] if a.live), "{again:?}");
    }

    #[test]
    fn nothing_is_said_to_agree_that_was_not_compared() {
        let mut model = searched(80, 24);
        assert!(screen(&model).contains("both systems agree on it"));
        if let Some(found) = &mut model.search.found {
            (found.compared, found.findings) = (false, vec![None; 3]);
        }
        let shown = screen(&model);
        assert!(!shown.contains("agree") && shown.contains("Not compared yet"), "{shown}");
    }

    #[test]
    fn a_remark_is_told_whole_and_leaves_room_for_devices() {
        let mut model = searched(80, 24);
        let before = search_draw::rows(&model);
        if let Some(found) = &mut model.search.found {
            found.answer.remarks = vec![SearchRemark::KeyLost];
        }
        let shown = screen(&model);
        assert!(shown.contains("asks the systems") && shown.contains("HWTC00000001"), "{shown}");
        assert!(search_draw::rows(&model) < before);
    }

    #[test]
    fn what_was_typed_is_in_no_log_and_controls_are_shown_as_such() {
        let mut model = searched(80, 24);
        update(&mut model, Msg::Paste("123.456.789-00".to_owned()));
        press(&mut model, "<C-r> <Esc>");
        assert!(model.log.iter().all(|(_, line)| !line.contains("123")), "{:?}", model.log);
        assert!(model.toast.is_none());
        let shown = screen(&searched(120, 40));
        assert!(!shown.contains('\u{1b}') && !shown.contains("Álvares"), "{shown}");
    }
}
