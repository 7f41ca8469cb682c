//! A frame with a title on its left and a word on its right.
//!
//! Must not do: draw what is inside.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};

use crate::tui::model::Model;
use crate::tui::theme::Paint;

/// Draws a frame, and gives the room inside it.
pub fn pane(model: &Model, frame: &mut Frame<'_>, area: Rect, title: &str, right: &str) -> Rect {
    let paint = if model.setup.production { Paint::Production } else { Paint::Frame };
    let block = Block::bordered()
        .border_style(model.theme.style(paint))
        .title(Line::from(Span::styled(format!(" {title} "), model.theme.style(Paint::Title))));
    let block = if right.is_empty() {
        block
    } else {
        block.title(Line::from(format!(" {right} ")).right_aligned())
    };
    let inside = block.inner(area);
    frame.render_widget(block, area);
    inside
}

/// A frame in the middle of the screen, over whatever is there.
pub fn overlay(
    model: &Model,
    frame: &mut Frame<'_>,
    (width, height): (u16, u16),
    title: &str,
) -> Rect {
    let screen = frame.area();
    let (width, height) = (width.min(screen.width), height.min(screen.height));
    let area = Rect {
        x: screen.x + (screen.width - width) / 2,
        y: screen.y + (screen.height - height) / 2,
        width,
        height,
    };
    frame.render_widget(Clear, area);
    pane(model, frame, area, title, "")
}
