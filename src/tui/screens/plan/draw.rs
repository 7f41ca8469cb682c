//! The plan on screen.
//!
//! Must not do: change anything.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::tui::model::Model;

/// Rows of the list of steps.
pub(super) fn list_height(model: &Model) -> usize {
    usize::from(model.size.1).saturating_sub(16).max(3)
}

/// Draws it.
pub fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let _ = (model, frame, area);
}
