//! What would be sent: each step with its call, what it rests on, and what the guards say.
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
    /// Findings whose fixes are staged.
    #[must_use]
    pub fn count(&self) -> usize {
        0
    }
}

/// Takes back what was staged last.
pub fn unstage(model: &mut Model) -> Vec<Effect> {
    let _ = model;
    Vec::new()
}

/// A plan was made.
pub fn planned(
    model: &mut Model,
    planned: crate::app::plan::Planned,
    document: crate::app::plan::PlanDocument,
) -> Vec<Effect> {
    let _ = (model, planned, document);
    Vec::new()
}

/// A plan that undoes a run was made.
pub fn undoing(model: &mut Model, document: crate::app::plan::PlanDocument) -> Vec<Effect> {
    let _ = (model, document);
    Vec::new()
}

/// The guards were asked again.
pub fn rehearsed(model: &mut Model, document: crate::app::plan::PlanDocument) -> Vec<Effect> {
    let _ = (model, document);
    Vec::new()
}
