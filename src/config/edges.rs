//! White space and invisible characters at the ends of a value: pasted, and seen by nobody.
//!
//! Must not do: trim. A value is right or refused.

/// A character at an end that nobody sees.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Edge {
    /// At the beginning, or at the end?
    pub begins: bool,
    /// Which.
    pub character: char,
    /// Its place, counted from 1.
    pub position: usize,
}

/// The first character at either end that nobody sees.
#[must_use]
pub fn edge(text: &str) -> Option<Edge> {
    let (first, last) = (text.chars().next()?, text.chars().next_back()?);
    let at_edge = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200d}');
    if at_edge(first) {
        return Some(Edge { begins: true, character: first, position: 1 });
    }
    let position = text.chars().count();
    at_edge(last).then_some(Edge { begins: false, character: last, position })
}

/// Names the first character at either end that nobody sees.
pub(super) fn check(text: &str) -> Result<(), String> {
    let Some(Edge { begins, character, position }) = edge(text) else { return Ok(()) };
    let how = if begins { "begins" } else { "ends" };
    Err(format!("{how} with {} (character {position})", name_of(character)))
}

fn name_of(c: char) -> String {
    let name = match c {
        ' ' => "a space",
        '\t' => "a tab",
        '\n' => "a line feed",
        '\r' => "a carriage return",
        '\u{a0}' => "a no-break space",
        '\u{feff}' => "a byte-order mark",
        _ => "an invisible character",
    };
    format!("{name} (U+{:04X})", u32::from(c))
}
