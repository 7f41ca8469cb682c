//! White space and invisible characters at the ends of a value: pasted, and seen by nobody.
//!
//! Must not do: trim. A value is right or refused.

/// Names the first character at either end that nobody sees.
pub(super) fn check(text: &str) -> Result<(), String> {
    let (Some(first), Some(last)) = (text.chars().next(), text.chars().next_back()) else {
        return Ok(());
    };
    let at_edge = |c: char| c.is_whitespace() || matches!(c, '\u{feff}' | '\u{200b}'..='\u{200d}');
    if at_edge(first) {
        return Err(format!("begins with {} (character 1)", name_of(first)));
    }
    if at_edge(last) {
        let position = text.chars().count();
        return Err(format!("ends with {} (character {position})", name_of(last)));
    }
    Ok(())
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
