//! One line of parts that fits: what matters least goes first.
//!
//! Must not do: cut a part while another could go in its place.

use ratatui::text::{Line, Span};
use unicode_width::UnicodeWidthStr as _;

use crate::tui::model::Model;
use crate::tui::theme::Paint;
use crate::tui::widgets::text::cut;

/// A part of a line.
#[derive(Clone, Debug)]
pub struct Part {
    text: String,
    paint: Paint,
    /// The higher, the longer it stays.
    weight: u8,
    at_right: bool,
}

impl Part {
    /// A part, from the left.
    #[must_use]
    pub fn new(weight: u8, paint: Paint, text: impl Into<String>) -> Self {
        Self { text: text.into(), paint, weight, at_right: false }
    }

    /// At the right end.
    #[must_use]
    pub fn at_right(self) -> Self {
        Self { at_right: true, ..self }
    }

    fn width(&self) -> usize {
        self.text.width()
    }
}

/// Which parts stay in so many columns; the last that is left is cut.
#[must_use]
pub fn kept(mut parts: Vec<Part>, width: usize) -> Vec<Part> {
    parts.retain(|part| !part.text.is_empty());
    while parts.len() > 1 && parts.iter().map(Part::width).sum::<usize>() > width {
        let least = parts.iter().map(|part| part.weight).min().unwrap_or(0);
        let Some(at) = parts.iter().rposition(|part| part.weight == least) else { break };
        parts.remove(at);
    }
    if let [only] = parts.as_mut_slice() {
        only.text = cut(&only.text, width);
    }
    parts
}

/// The line, exactly so wide.
#[must_use]
pub fn line(model: &Model, parts: Vec<Part>, width: usize) -> Line<'static> {
    let parts = kept(parts, width);
    let free = width.saturating_sub(parts.iter().map(Part::width).sum());
    let (right, left): (Vec<Part>, Vec<Part>) = parts.into_iter().partition(|part| part.at_right);
    let span = |part: Part| Span::styled(part.text, model.theme.style(part.paint));
    let mut spans: Vec<Span<'static>> = left.into_iter().map(span).collect();
    spans.push(Span::raw(" ".repeat(free)));
    spans.extend(right.into_iter().map(span));
    Line::from(spans)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn part(weight: u8, text: &str) -> Part {
        Part::new(weight, Paint::Text, text)
    }

    fn texts(parts: Vec<Part>, width: usize) -> Vec<String> {
        kept(parts, width).into_iter().map(|part| part.text).collect()
    }

    #[test]
    fn what_matters_least_goes_first_and_the_last_is_cut() {
        let parts = || vec![part(9, "name"), part(1, " age"), part(5, " demo")];
        assert_eq!(texts(parts(), 20), ["name", " age", " demo"]);
        assert_eq!(texts(parts(), 10), ["name", " demo"]);
        assert_eq!(texts(parts(), 5), ["name"]);
        assert_eq!(texts(parts(), 3), ["na~"]);
        assert_eq!(texts(Vec::new(), 3), Vec::<String>::new());
    }

    proptest! {
        #[test]
        fn it_always_fits(
            parts in proptest::collection::vec((0_u8..9, "[a-zç日]{0,9}"), 0..8),
            width in 0_usize..40,
        ) {
            let parts = parts.iter().map(|(weight, text)| part(*weight, text)).collect();
            let wide: usize = kept(parts, width).iter().map(Part::width).sum();
            prop_assert!(wide <= width);
        }
    }
}
