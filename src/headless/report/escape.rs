//! A JSON writer that escapes what could attack a terminal.
//!
//! JSON itself escapes only the controls below U+0020. This formatter writes DEL, the C1
//! controls, bidi marks and other invisible characters as `\uXXXX` too: the value stays the
//! same for a parser. Must not do: change a value.

use std::io;

use serde_json::ser::Formatter;

use crate::domain::text::is_hidden;

/// Compact JSON, all invisible characters escaped.
#[derive(Clone, Copy, Debug, Default)]
pub struct Escaping;

impl Formatter for Escaping {
    fn write_string_fragment<W>(&mut self, writer: &mut W, fragment: &str) -> io::Result<()>
    where
        W: ?Sized + io::Write,
    {
        // Nearly every value is plain ASCII: one quick pass settles it.
        if fragment.bytes().all(|b| b < 0x7f) {
            return writer.write_all(fragment.as_bytes());
        }
        let mut rest = fragment;
        while let Some(at) = rest.find(must_escape) {
            let (clean, tail) = rest.split_at(at);
            writer.write_all(clean.as_bytes())?;
            let mut chars = tail.chars();
            if let Some(c) = chars.next() {
                let mut units = [0; 2];
                for unit in c.encode_utf16(&mut units) {
                    write!(writer, "\\u{unit:04x}")?;
                }
            }
            rest = chars.as_str();
        }
        writer.write_all(rest.as_bytes())
    }
}

fn must_escape(c: char) -> bool {
    c == '\u{7f}' || (!c.is_ascii() && is_hidden(c))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde::Serialize as _;

    #[test]
    fn escapes_what_json_lets_through_and_keeps_the_value() {
        let raw = "é☃ \u{1b}[31m\u{9b}x\u{202e}\u{7f}\u{200b}\u{e0041}\"\\\n";
        let mut out = Vec::new();
        raw.serialize(&mut serde_json::Serializer::with_formatter(&mut out, Escaping)).unwrap();
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, r#""é☃ \u001b[31m\u009bx\u202e\u007f\u200b\udb40\udc41\"\\\n""#);
        assert_eq!(serde_json::from_str::<String>(&text).unwrap(), raw);
    }
}
