//! What lies over a screen: opened, typed into, drawn.
//!
//! Must not do: send anything but where a question was answered with yes.

use ratatui::Frame;
use ratatui::layout::Rect;

use crate::tui::action::Action;
use crate::tui::effect::Effect;
use crate::tui::key::Key;
use crate::tui::model::Model;
use crate::tui::overlay::Overlay;
use crate::tui::update::TYPED_AHEAD;

/// A question that appeared just now takes no key.
#[must_use]
pub fn is_too_early(model: &Model) -> bool {
    match model.overlays.last() {
        Some(Overlay::Confirm(confirm)) => model.elapsed < confirm.since + TYPED_AHEAD,
        _ => false,
    }
}

/// Opens help, palette or log.
pub fn open(model: &mut Model, action: Action) -> Vec<Effect> {
    let _ = (model, action);
    Vec::new()
}

/// A key that is no action of the overlay: typed, where it takes text.
pub fn typed(model: &mut Model, key: Key) -> Vec<Effect> {
    let _ = (model, key);
    Vec::new()
}

/// Text that was pasted.
pub fn paste(model: &mut Model, text: &str) -> Vec<Effect> {
    let _ = (model, text);
    Vec::new()
}

/// Does what a key asked for in what lies on top.
pub fn act(model: &mut Model, action: Action) -> Vec<Effect> {
    if action == Action::Back {
        model.overlays.pop();
    }
    Vec::new()
}

/// Draws what lies over the screen.
pub fn draw(model: &Model, frame: &mut Frame<'_>, area: Rect) {
    let _ = (model, frame, area);
}
