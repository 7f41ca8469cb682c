//! What was done: runs with what they found, the steps that each applied, and two side by side.
//!
//! Must not do: send anything. Undoing makes a plan, which is reviewed like any other.

#![expect(clippy::wildcard_enum_match_arm, reason = "what means nothing here does nothing")]

mod draw;
pub mod plain;
#[cfg(test)]
mod tests;

use tui_input::Input;

use crate::app::RunSummary;
use crate::app::apply::StepRow;
use crate::app::compare::Comparison;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job};
use crate::tui::model::{JobKind, Model, Screen};
use crate::tui::overlay::{Overlay, Purpose};
use crate::tui::widgets::window::Window;
use crate::words::word;

pub use draw::draw;

/// What is on this screen.
#[derive(Debug, Default)]
pub struct State {
    window: Window,
    /// What is looked at of a run, over the list.
    seen: Option<Seen>,
    below: Window,
}

/// What is looked at over the list.
#[derive(Debug)]
enum Seen {
    /// What a run applied.
    Steps(String, Vec<StepRow>),
    /// Two runs.
    Compared(Box<Comparison>),
}

/// It is shown.
pub fn shown(model: &mut Model) -> Vec<Effect> {
    model.runs.seen = None;
    if model.is_running(JobKind::Remember) { Vec::new() } else { vec![model.begin(Job::Remember)] }
}

/// The steps of a run.
pub fn steps(model: &mut Model, run: String, steps: Vec<StepRow>) -> Vec<Effect> {
    model.runs.below = Window::default();
    if steps.is_empty() {
        let voice = model.voice.clone();
        model.say(
            word!(voice, en: "this run applied nothing", pt: "esta execução não aplicou nada"),
        );
        return Vec::new();
    }
    model.runs.seen = Some(Seen::Steps(run, steps));
    Vec::new()
}

/// Two runs were compared.
pub fn compared(model: &mut Model, comparison: Comparison) -> Vec<Effect> {
    model.runs.below = Window::default();
    model.runs.seen = Some(Seen::Compared(Box::new(comparison)));
    Vec::new()
}

/// The run to compare the one under the cursor with was typed: an id, its beginning, or how many
/// runs before it.
pub fn compare_with(model: &mut Model, other: &str) -> Vec<Effect> {
    let Some(run) = under_cursor(model).map(|run| run.id.clone()) else { return Vec::new() };
    let other = other.trim();
    let back = other.parse::<usize>().ok().filter(|back| (1..1000).contains(back));
    let other = match back {
        Some(back) => model.known.runs.get(model.runs.window.at + back).map(|run| run.id.clone()),
        None => Some(other.to_owned()),
    };
    if let Some(other) = other {
        return vec![model.begin(Job::Compare(run, other))];
    }
    let voice = model.voice.clone();
    model.complain(word!(voice,
        en: "there are not so many runs before it",
        pt: "não há tantas execuções antes dela"));
    Vec::new()
}

fn under_cursor(model: &Model) -> Option<&RunSummary> {
    model.known.runs.get(model.runs.window.at)
}

/// Does what a key asked for here.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let page = isize::try_from(draw::list_height(model)).unwrap_or(1).max(1);
    let by = match action {
        Action::Next => 1,
        Action::Previous => -1,
        Action::HalfDown => page / 2,
        Action::HalfUp => -page / 2,
        Action::PageDown => page,
        Action::PageUp => -page,
        Action::Top => isize::MIN / 2,
        Action::Bottom => isize::MAX / 2,
        other => return does(model, other),
    };
    let (rows, height) = (draw::rows(model), draw::list_height(model));
    let window =
        if model.runs.seen.is_some() { &mut model.runs.below } else { &mut model.runs.window };
    window.go(by, rows, height);
    Vec::new()
}

fn does(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::Open => match under_cursor(model) {
            Some(run) if model.runs.seen.is_none() => {
                let id = run.id.clone();
                vec![model.begin(Job::Steps(id))]
            }
            _ => Vec::new(),
        },
        Action::Back if model.runs.seen.is_some() => {
            model.runs.seen = None;
            Vec::new()
        }
        Action::Back => crate::tui::update::go(model, Screen::Dashboard),
        Action::Compare => {
            let input = Input::new("1".to_owned());
            model.overlays.push(Overlay::Ask { purpose: Purpose::Compare, input });
            Vec::new()
        }
        Action::UndoRun => undo(model),
        Action::CopyRecord => match under_cursor(model) {
            Some(run) => vec![Effect::Copy(run.id.clone())],
            None => Vec::new(),
        },
        _ => Vec::new(),
    }
}

fn undo(model: &mut Model) -> Vec<Effect> {
    let seen = match &model.runs.seen {
        Some(Seen::Steps(run, _)) => Some(run.clone()),
        Some(Seen::Compared(_)) | None => under_cursor(model).map(|run| run.id.clone()),
    };
    let Some(run) = seen else { return Vec::new() };
    let voice = model.voice.clone();
    if !model.known.applied.contains_key(&run) {
        model.complain(word!(voice,
            en: "this run applied nothing, so there is nothing to undo",
            pt: "esta execução não aplicou nada, então não há o que desfazer"));
        return Vec::new();
    }
    vec![model.begin(Job::Undo(run))]
}
