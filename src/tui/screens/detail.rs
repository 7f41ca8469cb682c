//! One difference: both records field by field, the evidence, what can be done.
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
    /// Is a difference open?
    #[must_use]
    pub fn is_open(&self) -> bool {
        false
    }
}
