//! A frame with a title on its left and a word on its right.
//!
//! Must not do: draw what is inside.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Block, Clear};
use unicode_width::UnicodeWidthStr as _;

use crate::tui::model::Model;
use crate::tui::theme::Paint;
use crate::tui::widgets::text::cut;

/// Draws a frame, and gives the room inside it.
pub fn pane(model: &Model, frame: &mut Frame<'_>, area: Rect, title: &str, right: &str) -> Rect {
    let paint = frame_paint(model);
    let block = Block::bordered()
        .border_style(model.theme.style(paint))
        .title(Line::from(Span::styled(format!(" {title} "), model.theme.style(Paint::Title))));
    let room = usize::from(area.width).saturating_sub(title.width() + 7);
    let block = if right.is_empty() || right.width() > room {
        block
    } else {
        block.title(Line::from(format!(" {right} ")).right_aligned())
    };
    let inside = block.inner(area);
    frame.render_widget(block, area);
    inside
}

/// A line across a frame, at a row of it, with a title on its left and a word on its right.
pub fn rule(
    model: &Model,
    frame: &mut Frame<'_>,
    (area, y): (Rect, u16),
    title: &str,
    right: &str,
) {
    if y <= area.y || y + 1 >= area.bottom() || area.width < 4 {
        return;
    }
    let width = usize::from(area.width) - 2;
    let title = if title.is_empty() { String::new() } else { format!(" {title} ") };
    let room = width.saturating_sub(title.width() + 1);
    let right = if right.is_empty() || right.width() + 2 > room {
        String::new()
    } else {
        format!(" {right} ")
    };
    let title = cut(&title, width);
    let free = width.saturating_sub(title.width() + right.width());
    let paint = model.theme.style(frame_paint(model));
    frame.render_widget(
        Line::from(vec![
            Span::styled("├", paint),
            Span::styled(title, model.theme.style(Paint::Title)),
            Span::styled("─".repeat(free), paint),
            Span::raw(right),
            Span::styled("┤", paint),
        ]),
        Rect { y, height: 1, ..area },
    );
}

fn frame_paint(model: &Model) -> Paint {
    if model.setup.production { Paint::Production } else { Paint::Frame }
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
