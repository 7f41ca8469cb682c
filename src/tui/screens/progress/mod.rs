//! A plan that is being applied, and how it went.
//!
//! It stays after its end until somebody goes back: what was not sent, and why, is read here.
//! Must not do: send anything, or call anything done that the journal does not.

#![expect(clippy::wildcard_enum_match_arm, reason = "what means nothing here does nothing")]

mod draw;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::time::Duration;

use crate::app::AppError;
use crate::app::apply::{Applied, StepRow, StepState, Went};
use crate::app::plan::PlanDocument;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job};
use crate::tui::model::{JobKind, Model, Screen};
use crate::tui::screens::plan;
use crate::tui::widgets::window::Window;
use crate::words::{Voice, apply_after, apply_reasons, step_target, step_what, word};

pub use draw::draw;

/// What is on this screen.
#[derive(Debug, Default)]
pub struct State {
    open: bool,
    /// What each step does and to what, by its place.
    steps: Vec<(u32, String, String)>,
    /// The steps as the journal has them.
    rows: BTreeMap<u32, StepRow>,
    /// The places of the steps that went on last, the newest first.
    last: Vec<u32>,
    /// Since boot, when it began.
    began: Duration,
    /// How long it took, once it ended.
    took: Option<Duration>,
    /// What was said last.
    said: Option<String>,
    /// How it ended, and what was read afterwards.
    outcome: Vec<String>,
    /// Can what it did be undone? The id of its run.
    run_id: Option<String>,
    window: Window,
}

impl State {
    /// Is it on screen?
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.open
    }

    /// How it ended, and what was read afterwards; nothing while it goes on.
    #[must_use]
    pub fn outcome(&self) -> &[String] {
        &self.outcome
    }

    /// Steps that came to an end, and all.
    #[must_use]
    pub fn far(&self) -> (usize, usize) {
        (self.ended(), self.steps.len())
    }

    fn count(&self, of: impl Fn(StepState) -> bool) -> usize {
        self.rows.values().filter(|row| of(row.state)).count()
    }

    /// Steps that came to an end.
    fn ended(&self) -> usize {
        self.count(|state| state.is_end() || state == StepState::NeedsHuman)
    }
}

/// Is there an apply to look at?
#[must_use]
pub fn has_something(model: &Model) -> bool {
    !model.progress.steps.is_empty()
}

/// Shows it.
pub fn open(model: &mut Model) {
    model.progress.open = true;
}

/// A plan is about to be sent.
pub fn begin(model: &mut Model, document: &PlanDocument) {
    let voice = model.voice.clone();
    let steps =
        document.sent().map(|step| (step.seq, step_what(step, &voice), step_target(&step.target)));
    model.progress =
        State { open: true, steps: steps.collect(), began: model.elapsed, ..State::default() };
}

/// An apply has begun.
pub fn begun(model: &mut Model, steps: usize) {
    model.progress.said = None;
    model.note(format!("apply: {steps}"));
}

/// A step went on.
pub fn row(model: &mut Model, row: StepRow) {
    let seq = row.seq;
    model.progress.last.retain(|last| *last != seq);
    model.progress.last.insert(0, seq);
    model.progress.rows.insert(seq, row);
}

/// Something was said.
pub fn said(model: &mut Model, text: String) {
    model.progress.said = Some(text.clone());
    model.note(text);
}

/// It has ended.
pub fn applied(model: &mut Model, applied: &Applied) -> Vec<Effect> {
    let voice = model.voice.clone();
    let state = &mut model.progress;
    state.took = Some(model.elapsed.saturating_sub(state.began));
    state.said = None;
    for row in applied.rows() {
        state.rows.insert(row.seq, row.clone());
    }
    state.outcome = outcome(applied, &voice);
    state.run_id = (!applied.rows().is_empty()).then(|| applied.run_id.clone());
    let is_over = matches!(applied.went, Went::Sent { .. })
        && applied.rows().iter().all(|row| row.state.is_end());
    if is_over {
        plan::clear(model);
    }
    let text = model.progress.outcome.first().cloned().unwrap_or_default();
    match applied.exit() {
        0 => model.say(text),
        _ => model.complain(text),
    }
    vec![model.begin(Job::Remember)]
}

fn outcome(applied: &Applied, voice: &Voice) -> Vec<String> {
    let head = match &applied.went {
        Went::Refused(_) => word!(voice,
            en: "Refused by the guards; nothing was sent.",
            pt: "Recusado pelas travas; nada foi enviado."),
        Went::Unconfirmed(_) => word!(voice,
            en: "The guards ask for a person; nothing was sent.",
            pt: "As travas pedem uma pessoa; nada foi enviado."),
        Went::Sent { halted: Some(_), .. } => {
            word!(voice, en: "It ended early.", pt: "Terminou antes do fim.")
        }
        Went::Sent { rows, .. } if rows.iter().all(|row| is_done(row.state)) => {
            word!(voice, en: "Everything is done.", pt: "Tudo feito.")
        }
        Went::Sent { .. } => {
            word!(voice, en: "Not everything was done.", pt: "Nem tudo foi feito.")
        }
    };
    let reasons = apply_reasons(applied, voice).into_iter().map(|reason| format!("- {reason}"));
    let after = applied.after.iter().flat_map(|after| apply_after(after, voice));
    std::iter::once(head.to_owned()).chain(reasons).chain(after).collect()
}

fn is_done(state: StepState) -> bool {
    matches!(state, StepState::Verified | StepState::Noop | StepState::Done)
}

/// It could not be begun, or could not go on.
pub fn failed(model: &mut Model, kind: JobKind, error: &AppError) {
    if kind != JobKind::Apply {
        return;
    }
    model.progress.outcome = vec![error.to_string()];
    model.progress.outcome.extend(error.hints().iter().map(|hint| format!("- {hint}")));
    model.progress.took = Some(model.elapsed.saturating_sub(model.progress.began));
    model.progress.said = None;
}

/// Does what a key asked for here.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let (rows, height) = (model.progress.steps.len(), draw::list_height(model));
    let page = isize::try_from(height).unwrap_or(1).max(1);
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
    model.progress.window.go(by, rows, height);
    Vec::new()
}

fn does(model: &mut Model, action: Action) -> Vec<Effect> {
    match action {
        Action::StopRun => stop(model),
        Action::Back => {
            model.progress.open = false;
            Vec::new()
        }
        Action::Background => {
            model.progress.open = false;
            crate::tui::update::go(model, Screen::Dashboard)
        }
        Action::UndoRun => match model.progress.run_id.clone() {
            Some(run) if !model.is_running(JobKind::Apply) => {
                model.progress.open = false;
                vec![model.begin(Job::Undo(run))]
            }
            _ => Vec::new(),
        },
        _ => Vec::new(),
    }
}

/// The call that is under way ends, and the rest is not sent.
fn stop(model: &mut Model) -> Vec<Effect> {
    if !model.is_running(JobKind::Apply) {
        return Vec::new();
    }
    let voice = model.voice.clone();
    model.say(word!(voice,
        en: "it stops after this call; the journal is kept",
        pt: "para depois desta chamada; o diário fica guardado"));
    vec![Effect::Stop(JobKind::Apply)]
}
