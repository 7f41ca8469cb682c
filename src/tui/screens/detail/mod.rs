//! One difference: both records field by field, the evidence, what can be done, what befell it.
//!
//! Must not do: send anything, or show personal data before it is noted who sees it.

mod draw;
mod fields;
mod past;
pub mod plain;
pub mod speed;
#[cfg(test)]
mod speed_tests;
mod story;
#[cfg(test)]
mod tests;

use std::sync::Arc;

use tui_input::Input;

use crate::app::{Past, Run};
use crate::engine::{Candidate, Finding, Fix};
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job};
use crate::tui::model::Model;
use crate::tui::overlay::{Overlay, Purpose};
use crate::tui::screens::{diff, plan};
use crate::words::{say, word};

pub use draw::{beside, draw};

/// What is on this screen.
#[derive(Debug, Default)]
pub struct State {
    /// The finding, in its run.
    open: Option<(Arc<Run>, u32)>,
    /// The first line on screen.
    scroll: usize,
    /// The differing field under the cursor, from 0.
    field: Option<usize>,
    /// Are equal fields left out?
    without_equal: bool,
    /// Is personal data shown?
    revealed: bool,
    /// The login that was chosen, and the fix.
    candidate: Option<usize>,
    fix: Option<usize>,
    past: Option<Past>,
    /// A speed test that was asked for here.
    testing: Option<speed::Testing>,
}

impl State {
    /// Is a difference open?
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open.is_some()
    }

    /// The finding that is open.
    #[must_use]
    pub fn finding(&self) -> Option<&Finding> {
        let (run, place) = self.open.as_ref()?;
        run.reconciliation.findings.get(*place as usize)
    }

    fn candidate(&self) -> Option<&Candidate> {
        self.finding()?.candidates.get(self.candidate?)
    }

    /// The fix that would be staged: the one chosen, else the first that can be sent.
    fn fix(&self) -> Option<Fix> {
        let fixes = &self.finding()?.fixes;
        match self.fix {
            Some(at) => fixes.get(at).copied(),
            None => fixes.iter().copied().find(|fix| diff::can_be_sent(*fix)),
        }
    }
}

/// Shows the difference of a place in the newest run.
pub fn open(model: &mut Model, place: u32) -> Vec<Effect> {
    let Some(run) = model.diff.run().or(model.run()).cloned() else { return Vec::new() };
    let Some(finding) = run.reconciliation.findings.get(place as usize) else {
        return Vec::new();
    };
    let finding = Box::new(finding.clone());
    let State { without_equal, testing, .. } = std::mem::take(&mut model.detail);
    model.detail = State { open: Some((run, place)), without_equal, testing, ..State::default() };
    vec![model.begin(Job::Story(finding))]
}

/// Back to the list.
pub fn close(model: &mut Model) {
    let State { without_equal, testing, .. } = std::mem::take(&mut model.detail);
    model.detail = State { without_equal, testing, ..State::default() };
}

/// There is a newer run: the same difference in it, or the list where it is no more.
pub fn renewed(model: &mut Model) {
    let Some(id) = model.detail.finding().map(|finding| finding.id.clone()) else { return };
    let Some(run) = model.diff.run().cloned() else { return };
    let place = run.reconciliation.findings.iter().position(|finding| finding.id == id);
    if let Some(place) = place.and_then(|place| u32::try_from(place).ok()) {
        model.detail.open = Some((run, place));
        return;
    }
    close(model);
    let voice = model.voice.clone();
    model.say(word!(voice,
        en: "this difference is no more", pt: "esta diferença não existe mais"));
}

/// What befell its device; an answer about another one is dropped.
pub fn story(model: &mut Model, finding: &str, past: Past) -> Vec<Effect> {
    if model.detail.finding().is_some_and(|open| open.id == finding) {
        model.detail.past = Some(past);
    }
    Vec::new()
}

/// It is noted who sees its personal data.
pub fn revealed(model: &mut Model, finding: &str) -> Vec<Effect> {
    if model.detail.finding().is_some_and(|open| open.id == finding) {
        model.detail.revealed = true;
        let voice = model.voice.clone();
        model.say(word!(voice,
            en: "personal data is shown; it is noted who saw it",
            pt: "dados pessoais visíveis; ficou anotado quem viu"));
    }
    Vec::new()
}

/// A device is left alone, with a reason.
pub fn ignored(model: &mut Model, key: String, reason: String) -> Vec<Effect> {
    vec![model.begin(Job::Ignore { key, reason })]
}

/// Does what a key asked for here.
#[expect(clippy::wildcard_enum_match_arm, reason = "what is not of this screen does nothing here")]
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let half = draw::height(model) / 2;
    match action {
        Action::Back => close(model),
        Action::Next => return step(model, 1),
        Action::Previous => return step(model, -1),
        Action::HalfDown => scroll(model, half, true),
        Action::HalfUp => scroll(model, half, false),
        Action::PageDown => scroll(model, half * 2, true),
        Action::PageUp => scroll(model, half * 2, false),
        Action::Bottom => scroll(model, usize::MAX / 2, true),
        Action::Top => scroll(model, usize::MAX / 2, false),
        Action::DifferenceNext => draw::difference(model, true),
        Action::DifferencePrevious => draw::difference(model, false),
        Action::EqualFields => {
            model.detail.without_equal = !model.detail.without_equal;
            model.detail.field = None;
        }
        Action::Candidate => next_candidate(model),
        Action::PaneNext | Action::PanePrevious => next_fix(model),
        other => return done_with(model, other),
    }
    Vec::new()
}

#[expect(clippy::wildcard_enum_match_arm, reason = "what is not of this screen does nothing here")]
fn done_with(model: &mut Model, action: Action) -> Vec<Effect> {
    let Some(finding) = model.detail.finding() else { return Vec::new() };
    let key = finding.keys.first().map(ToString::to_string);
    match action {
        Action::Stage => stage(model),
        Action::SpeedTest => speed::ask(model),
        Action::Reveal => reveal(model),
        Action::CopyRecord => {
            let record = diff::record(finding);
            let voice = model.voice.clone();
            model.say(word!(voice, en: "copied, masked", pt: "copiado, mascarado"));
            vec![Effect::Copy(record)]
        }
        Action::Ignore => ask(model, key.map(Purpose::Ignore)),
        Action::AddNote => ask(model, key.map(Purpose::Note)),
        _ => Vec::new(),
    }
}

fn ask(model: &mut Model, purpose: Option<Purpose>) -> Vec<Effect> {
    if let Some(purpose) = purpose {
        model.overlays.push(Overlay::Ask { purpose, input: Input::default() });
    }
    Vec::new()
}

/// The next or the last record of the list.
fn step(model: &mut Model, by: isize) -> Vec<Effect> {
    let height = diff::list_rows(model);
    match model.diff.step(by, height) {
        Some(place) => open(model, place),
        None => Vec::new(),
    }
}

fn scroll(model: &mut Model, by: usize, down: bool) {
    let most = draw::most(model);
    let at = model.detail.scroll.min(most);
    model.detail.scroll =
        if down { at.saturating_add(by).min(most) } else { at.saturating_sub(by) };
}

/// Personal data is shown when it is noted, and not before; the second time it is hidden.
fn reveal(model: &mut Model) -> Vec<Effect> {
    if model.detail.revealed {
        model.detail.revealed = false;
        return Vec::new();
    }
    let id = model.detail.finding().map(|finding| finding.id.clone());
    id.map(|id| vec![model.begin(Job::Reveal(id))]).unwrap_or_default()
}

fn next_candidate(model: &mut Model) {
    let with_login = |finding: &Finding| {
        let all = finding.candidates.iter().enumerate();
        all.filter(|(_, c)| c.login_id.is_some()).map(|(at, _)| at).collect::<Vec<_>>()
    };
    let places = model.detail.finding().map(with_login).unwrap_or_default();
    let now = model.detail.candidate;
    let next = match now {
        None => places.first(),
        Some(now) => places.iter().find(|at| **at > now).or(places.first()),
    };
    model.detail.candidate = next.copied();
    let voice = model.voice.clone();
    match model.detail.candidate().and_then(|c| c.login.clone()) {
        Some(login) => {
            model.say(say!(voice, en: "for the fix: {login}", pt: "para a correção: {login}"));
        }
        None if next.is_none() => {
            model.complain(word!(voice,
                en: "no login is proposed for it", pt: "nenhum login foi proposto"));
        }
        None => {}
    }
}

/// Another of its fixes that can be sent.
fn next_fix(model: &mut Model) {
    let Some(finding) = model.detail.finding() else { return };
    let fixes = finding.fixes.iter().enumerate();
    let places: Vec<usize> =
        fixes.filter(|(_, fix)| diff::can_be_sent(**fix)).map(|(at, _)| at).collect();
    let now = model.detail.fix.or(places.first().copied());
    let next = places.iter().find(|at| Some(**at) > now).or(places.first());
    model.detail.fix = next.copied();
}

/// Stages its fix, with the login that was chosen.
fn stage(model: &mut Model) -> Vec<Effect> {
    let Some(id) = model.detail.finding().map(|finding| finding.id.clone()) else {
        return Vec::new();
    };
    if model.detail.fix().is_none() {
        let voice = model.voice.clone();
        model.complain(word!(voice,
            en: "it has no fix that can be sent", pt: "não tem correção que possa ser enviada"));
        return Vec::new();
    }
    let fix = model.detail.fix.and_then(|_| model.detail.fix());
    let login = model.detail.candidate().and_then(|candidate| candidate.login_id.clone());
    plan::stage(model, vec![id], fix, login.map(|login| login.raw().to_owned()))
}
