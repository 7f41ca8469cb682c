//! Strings that come from customers' boxes and from servers that may lie.
//!
//! Must not do: trust a character. `Untrusted` has one `Display`, and it shows
//! controls, bidi marks and other invisible characters as visible escapes.

use std::fmt;

use compact_str::CompactString;

/// The most characters of an untrusted value that are ever shown.
pub const SHOWN_CHARS_MAX: usize = 256;

/// The most bytes of an untrusted value that are kept (SAFETY.md section 4: field <= 4 KiB).
pub const KEPT_BYTES_MAX: usize = 4096;

/// A string made outside: kept as it came, shown only with visible escapes.
///
/// Short values (up to 24 bytes: nearly all serials, MACs and logins) live in place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Untrusted(CompactString);

impl Untrusted {
    /// Keeps `raw` as it came, cut at [`KEPT_BYTES_MAX`] on a character boundary.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        let mut end = raw.len().min(KEPT_BYTES_MAX);
        while !raw.is_char_boundary(end) {
            end -= 1;
        }
        Self(CompactString::new(&raw[..end]))
    }

    /// `None` where `raw` is empty or only white space: an empty value is an absent value.
    #[must_use]
    pub fn present(raw: &str) -> Option<Self> {
        let trimmed = raw.trim();
        (!trimmed.is_empty()).then(|| Self::new(trimmed))
    }

    /// The value as it came: for comparing and storing, never for a terminal or a log.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write_all_visible(f, &self.0, SHOWN_CHARS_MAX)
    }
}

/// The first `most` characters, each so that it can't harm.
fn write_all_visible(f: &mut impl fmt::Write, text: &str, most: usize) -> fmt::Result {
    for (shown, c) in text.chars().enumerate() {
        if shown == most {
            return f.write_char('…');
        }
        write_visible(f, c)?;
    }
    Ok(())
}

impl fmt::Debug for Untrusted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "\"{self}\"")
    }
}

/// Writes `text` with every character that could move a cursor, hide or reorder made visible.
#[must_use]
pub fn visible(text: &str) -> String {
    Untrusted::new(text).to_string()
}

/// The same for what is longer than a value of a device: at most `most` characters are shown.
#[must_use]
pub fn visible_up_to(text: &str, most: usize) -> String {
    let mut out = String::with_capacity(text.len().min(most));
    // Writing to a String cannot fail.
    let _ = write_all_visible(&mut out, text, most);
    out
}

fn write_visible(f: &mut impl fmt::Write, c: char) -> fmt::Result {
    match c {
        '\u{0}'..='\u{1f}' | '\u{7f}' => write!(f, "\\x{:02x}", u32::from(c)),
        _ if is_hidden(c) => write!(f, "\\u{{{:x}}}", u32::from(c)),
        _ => f.write_char(c),
    }
}

/// C1 controls, soft hyphen, bidi and zero-width marks, line separators, variation
/// selectors, tags and the byte-order mark: characters that change a screen unseen.
/// Source: Unicode 16 general categories Cc, Cf, Zl, Zp and the variation selectors.
#[must_use]
pub fn is_hidden(c: char) -> bool {
    matches!(c,
        '\u{80}'..='\u{9f}' | '\u{ad}' | '\u{600}'..='\u{605}' | '\u{61c}' | '\u{6dd}' | '\u{70f}'
        | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
        | '\u{3164}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}'
        | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shows_what_could_attack_a_terminal() {
        for (raw, shown) in [
            ("HG8145V5", "HG8145V5"),
            ("João ☃", "João ☃"),
            ("AC\x1b[31mME", "AC\\x1b[31mME"),
            ("a\r\nb\tc\x07", "a\\x0d\\x0ab\\x09c\\x07"),
            ("\u{9b}31m", "\\u{9b}31m"),
            ("abc\u{202e}def", "abc\\u{202e}def"),
            ("zero\u{200b}width", "zero\\u{200b}width"),
        ] {
            assert_eq!(Untrusted::new(raw).to_string(), shown);
        }
    }

    #[test]
    fn caps_what_is_shown_and_what_is_kept() {
        let long = "é".repeat(5000);
        let kept = Untrusted::new(&long);
        assert!(kept.raw().len() <= KEPT_BYTES_MAX);
        assert_eq!(kept.to_string().chars().count(), SHOWN_CHARS_MAX + 1);
    }

    #[test]
    fn an_empty_value_is_an_absent_value() {
        assert_eq!(Untrusted::present("  "), None);
        assert_eq!(Untrusted::present(" x ").map(|t| t.raw().to_owned()), Some("x".into()));
    }
}
