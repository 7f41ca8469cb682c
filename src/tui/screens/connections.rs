//! The two systems, and every check of the doctor with what to do.
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

/// The doctor has ended.
pub fn examined(model: &mut Model, checkup: crate::app::Checkup) -> Vec<Effect> {
    let _ = (model, checkup);
    Vec::new()
}
