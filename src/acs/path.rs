//! Device ids and serials as a part of a path: they are foreign text, and a server takes what
//! is not encoded for something else.
//!
//! Must not do: decode, or judge an id.

use std::fmt::Write as _;

/// `text` as one step of a path (RFC 3986 section 2.3). Dots are encoded too; the client refuses
/// a step that is nothing but dots, which would be a way up.
pub(super) fn one_step(text: &str) -> String {
    let mut path = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'~') {
            path.push(char::from(byte));
        } else {
            // Writing to a String can't fail.
            let _ = write!(path, "%{byte:02X}");
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_serial_is_one_step_of_a_path() {
        for (serial, path) in [
            ("HWTC1234ABCD", "HWTC1234ABCD"),
            ("00:25/9E", "00%3A25%2F9E"),
            ("a b?c#d", "a%20b%3Fc%23d"),
            ("..", "%2E%2E"),
            ("é", "%C3%A9"),
            ("4857%2D5443%20D4", "4857%252D5443%2520D4"),
        ] {
            assert_eq!(one_step(serial), path);
        }
    }
}
