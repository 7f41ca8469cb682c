//! Text that fits: cut with `~`, padded, wrapped; by the width on screen, not by characters.
//!
//! Must not do: let a control character through. What comes from a device is shown by
//! [`crate::domain::text::visible`] first.

use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::Line;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

/// At most so many columns; what was cut is told by `~`.
#[must_use]
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let (mut cut, mut left) = (String::new(), width.saturating_sub(1));
    for c in text.chars() {
        let wide = c.width().unwrap_or(0);
        if wide > left {
            break;
        }
        left -= wide;
        cut.push(c);
    }
    if width > 0 {
        cut.push('~');
    }
    cut
}

/// Exactly so many columns, from the left.
#[must_use]
pub fn fill(text: &str, width: usize) -> String {
    let mut text = cut(text, width);
    text.extend(std::iter::repeat_n(' ', width.saturating_sub(text.width())));
    text
}

/// Exactly so many columns, at the right.
#[must_use]
pub fn right(text: &str, width: usize) -> String {
    let text = cut(text, width);
    format!("{}{text}", " ".repeat(width.saturating_sub(text.width())))
}

/// Without the spaces that put words below each other on a screen.
#[must_use]
pub fn unaligned(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Lines of at most so many columns, broken between words.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        let line = lines.last_mut().map_or(0, |line| line.width());
        let apart = usize::from(line > 0);
        if line > 0 && line + apart + word.width() > width {
            lines.push(cut(word, width.max(1)));
        } else if let Some(last) = lines.last_mut() {
            if apart == 1 {
                last.push(' ');
            }
            last.push_str(&cut(word, width.max(1)));
        }
    }
    lines
}

/// A line that goes on below, indented: beside its label where two blanks set one off.
#[must_use]
pub fn hanging(line: &str, width: usize) -> Vec<String> {
    let label = line.chars().take_while(|c| *c != ' ').count();
    let gap = line.chars().skip(label).take_while(|c| *c == ' ').count();
    // A label is set off by several blanks; the rest is wrapped beside it.
    let indent = if gap > 1 { label + gap } else { 2 };
    let (head, rest): (String, String) = if gap > 1 {
        (line.chars().take(indent).collect(), line.chars().skip(indent).collect())
    } else {
        (String::new(), line.to_owned())
    };
    let room = width.saturating_sub(indent).max(1);
    let parts = wrap(&rest, room);
    let first = |n: usize| if n == 0 { head.clone() } else { " ".repeat(indent) };
    parts.into_iter().enumerate().map(|(n, part)| format!("{}{part}", first(n))).collect()
}

/// Draws lines from the top of an area, as many as it has room for.
pub fn lines<'a>(frame: &mut Frame<'_>, area: Rect, lines: impl IntoIterator<Item = Line<'a>>) {
    let rows = area.y..area.y.saturating_add(area.height);
    for (y, line) in rows.zip(lines) {
        frame.render_widget(line, Rect { y, height: 1, ..area });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_fits() {
        assert_eq!(cut("abcdef", 4), "abc~");
        assert_eq!(cut("abcd", 4), "abcd");
        assert_eq!(cut("日本語", 4), "日~");
        assert_eq!(cut("a", 0), "");
        assert_eq!(fill("ab", 4), "ab  ");
        assert_eq!(right("ab", 4), "  ab");
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("", 7), [""]);
    }
}
