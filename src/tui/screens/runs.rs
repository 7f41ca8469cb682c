//! What was done: runs with what they found, and the steps that were applied.
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

/// It is shown.
pub fn shown(model: &mut Model) -> Vec<Effect> {
    let _ = model;
    Vec::new()
}

/// The steps of a run.
pub fn steps(
    model: &mut Model,
    run: String,
    steps: Vec<crate::app::apply::StepRow>,
) -> Vec<Effect> {
    let _ = (model, run, steps);
    Vec::new()
}
