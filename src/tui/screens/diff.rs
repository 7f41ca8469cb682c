//! The differences, one by one: causes, a list with marks and a filter, the one under the cursor.
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

/// There is a newer run: the list is made anew.
pub fn renewed(model: &mut Model) -> Vec<Effect> {
    let _ = model;
    Vec::new()
}

/// The list, filtered.
pub fn lines(model: &mut Model, lines: Vec<crate::tui::filter::Line>) -> Vec<Effect> {
    let _ = (model, lines);
    Vec::new()
}

/// A click on the screen.
pub fn click(model: &mut Model, column: u16, row: u16) -> Vec<Effect> {
    let _ = (model, column, row);
    Vec::new()
}

/// Shows the list with only this cause, or with all.
pub fn only(model: &mut Model, cause: Option<crate::engine::Cause>) -> Vec<Effect> {
    let _ = cause;
    crate::tui::update::go(model, crate::tui::model::Screen::Diff)
}
