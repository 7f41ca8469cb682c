//! A plan that is being applied, and how it went.
//!
//! Must not do: send anything, or decide what the use-cases decide.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::model::Model;

/// What is on this screen.
#[derive(Debug, Default)]
pub struct State {}

/// Does what a key asked for here.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    let _ = (model, action);
    Vec::new()
}

/// Draws it.
pub fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let _ = (model, frame, area);
}

impl State {
    /// Is it on screen?
    #[must_use]
    pub fn is_open(&self) -> bool {
        false
    }
}

/// Is there an apply to look at?
#[must_use]
pub fn has_something(model: &Model) -> bool {
    let _ = model;
    false
}

/// Shows it.
pub fn open(model: &mut Model) {
    let _ = model;
}

/// A plan is about to be sent.
pub fn begin(model: &mut Model, document: &crate::app::plan::PlanDocument) {
    let _ = (model, document);
}

/// An apply has begun.
pub fn begun(model: &mut Model, steps: usize) {
    let _ = (model, steps);
}

/// A step went on.
pub fn row(model: &mut Model, row: crate::app::apply::StepRow) {
    let _ = (model, row);
}

/// Something was said.
pub fn said(model: &mut Model, text: String) {
    model.note(text);
}

/// It has ended.
pub fn applied(model: &mut Model, applied: crate::app::apply::Applied) -> Vec<Effect> {
    let _ = (model, applied);
    Vec::new()
}

/// It could not be begun.
pub fn failed(model: &mut Model, kind: crate::tui::model::JobKind, error: &crate::app::AppError) {
    let _ = (model, kind, error);
}
