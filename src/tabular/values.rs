//! Reads single values as exports write them: yes and no, rates, lists, a sheet's quoting.
//!
//! Must not do: guess. A value that fits no form is unreadable and stays text.

use std::borrow::Cow;

use crate::domain::identity::fold;

/// The value fits no form of its kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable;

/// The text without white space at its ends. Nearly every value begins and ends with a visible
/// character of ASCII: that is seen without decoding any.
#[inline]
pub fn trimmed(text: &str) -> &str {
    let visible = |at: Option<&u8>| at.is_some_and(u8::is_ascii_graphic);
    let bytes = text.as_bytes();
    if visible(bytes.first()) && visible(bytes.last()) { text } else { text.trim() }
}

/// Reads yes or no, in any case.
pub fn yes_no(text: &str) -> Result<bool, Unreadable> {
    const YES: [&str; 12] =
        ["s", "1", "true", "sim", "y", "yes", "t", "verdadeiro", "ss", "ativo", "active", "online"];
    const NO: [&str; 10] =
        ["n", "0", "false", "nao", "no", "f", "falso", "inativo", "inactive", "offline"];
    let is = |word: &&str| text.eq_ignore_ascii_case(word);
    if YES.iter().any(is) {
        Ok(true)
    } else if NO.iter().any(is) || text.to_lowercase() == "não" {
        Ok(false)
    } else {
        Err(Unreadable)
    }
}

/// Reads a rate in kbit/s: `512000`, `512000.0`, or with a unit `600k`, `850M`, `1G`.
pub fn kbps(text: &str) -> Result<u64, Unreadable> {
    if !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit()) {
        return text.parse().map_err(|_| Unreadable);
    }
    let number_ends =
        text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != ',').unwrap_or(text.len());
    let (number, unit) = text.split_at(number_ends);
    let decimals = unit_decimals(unit.trim()).ok_or(Unreadable)?;
    let (whole, fraction) = number.split_once(['.', ',']).unwrap_or((number, ""));
    // `512.000` is 512000 in Brazil and 512 elsewhere: nobody can tell.
    if decimals == 0 && fraction.len() == 3 {
        return Err(Unreadable);
    }
    let (kept, rest) = fraction.split_at_checked(decimals).unwrap_or((fraction, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) || rest.bytes().any(|b| b != b'0') {
        return Err(Unreadable);
    }
    format!("{whole}{kept:0<decimals$}").parse().map_err(|_| Unreadable)
}

/// How many decimal places the unit moves a number of kbit/s.
fn unit_decimals(unit: &str) -> Option<usize> {
    let lower = unit.to_ascii_lowercase();
    let (prefix, rest) = match lower.chars().next() {
        None => return Some(0),
        Some(c) => (c, &lower[c.len_utf8()..]),
    };
    if !["", "b", "bps", "bit", "bits", "bit/s", "bits/s", "b/s"].contains(&rest) {
        return None;
    }
    match prefix {
        'k' => Some(0),
        'm' => Some(3),
        'g' => Some(6),
        _ => None,
    }
}

/// Stands this in the midst of a MAC, and never between two?
fn is_of_one_mac(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b':' | b'-' | b'.')
}

/// Splits a value that holds one MAC or several, never inside one.
pub fn macs(text: &str, mut each: impl FnMut(&str)) {
    if !text.is_empty() && text.bytes().all(is_of_one_mac) {
        return each(text);
    }
    for part in text.split([';', ',', '|']).map(str::trim).filter(|part| !part.is_empty()) {
        if !part.contains(char::is_whitespace) {
            each(part);
        } else if part.split_whitespace().any(|word| fold(word).len() >= 12) {
            part.split_whitespace().for_each(&mut each);
        } else {
            // Blanks separate the bytes of one, `00 25 9E 00 00 10`, or of several.
            several_spaced(part).unwrap_or_else(|| vec![part]).into_iter().for_each(&mut each);
        }
    }
}

/// Several addresses, each written with blanks inside; `None` where that is not what it is.
fn several_spaced(part: &str) -> Option<Vec<&str>> {
    let mut found = Vec::new();
    let (mut from, mut digits) = (None, 0);
    for word in part.split_whitespace() {
        let at = word.as_ptr().addr() - part.as_ptr().addr();
        let folded = fold(word);
        if !folded.bytes().all(|b| b.is_ascii_hexdigit()) {
            return None;
        }
        let start = *from.get_or_insert(at);
        digits += folded.len();
        if digits > 12 {
            return None;
        }
        if digits == 12 {
            found.push(&part[start..at + word.len()]);
            (from, digits) = (None, 0);
        }
    }
    (from.is_none() && found.len() > 1).then_some(found)
}

/// Splits a list of tags.
pub fn tags(text: &str) -> impl Iterator<Item = &str> {
    text.split([';', ',', '|']).map(str::trim).filter(|tag| !tag.is_empty())
}

/// May a spreadsheet have made something of it that [`unwrap_sheet`] undoes?
#[inline]
pub fn may_be_sheets(text: &str) -> bool {
    matches!(text.as_bytes().first(), Some(b'=' | b'\''))
}

/// Undoes what spreadsheets make of text: `="00123"`, and the apostrophe before a sign that
/// would start a formula (acerto's own CSV writes it).
pub fn unwrap_sheet(text: &str) -> Cow<'_, str> {
    if let Some(quoted) = text.strip_prefix("=\"").and_then(|t| t.strip_suffix('"')) {
        let inner = if quoted.contains("\"\"") {
            Cow::Owned(quoted.replace("\"\"", "\""))
        } else {
            Cow::Borrowed(quoted)
        };
        return inner;
    }
    match text.strip_prefix('\'') {
        Some(rest) if rest.starts_with(['=', '+', '-', '@', '\t', '\r']) => Cow::Borrowed(rest),
        _ => Cow::Borrowed(text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_yes_and_no() {
        for text in ["S", "s", "SS", "true", "TRUE", "1", "Sim", "yes", "Verdadeiro", "Ativo"] {
            assert_eq!(yes_no(text), Ok(true), "{text}");
        }
        for text in ["N", "n", "false", "0", "não", "NÃO", "nao", "No", "FALSO", "Inativo"] {
            assert_eq!(yes_no(text), Ok(false), "{text}");
        }
        for text in ["", "x", "2", "10", "talvez", "S N"] {
            assert_eq!(yes_no(text), Err(Unreadable), "{text}");
        }
    }

    #[test]
    fn reads_rates() {
        for (text, rate) in [
            ("512000", 512_000),
            ("512000.0", 512_000),
            ("512000,00000", 512_000),
            ("0", 0),
            ("850M", 850_000),
            ("850 Mbps", 850_000),
            ("1.5m", 1_500),
            ("1,5G", 1_500_000),
            ("1G", 1_000_000),
            ("600k", 600),
            ("600 kbit/s", 600),
        ] {
            assert_eq!(kbps(text), Ok(rate), "{text}");
        }
        for text in
            ["", "M", "fast", "-1", "512.5", "512.000", "1.2.3", "1x", "9T", "99999999999999999999"]
        {
            assert_eq!(kbps(text), Err(Unreadable), "{text}");
        }
    }

    #[test]
    fn white_space_of_any_script_is_trimmed() {
        for text in ["x", " x", "x ", "\u{a0}x\u{3000}", "\tx\r\n", "ção", " é ", "", " \u{2003} "]
        {
            assert_eq!(trimmed(text), text.trim(), "{text:?}");
        }
    }

    #[test]
    fn splits_macs_but_never_one() {
        for (text, found) in [
            ("00:25:9E:00:00:10", vec!["00:25:9E:00:00:10"]),
            ("00 25 9E 00 00 10", vec!["00 25 9E 00 00 10"]),
            ("0025 9e00 0010", vec!["0025 9e00 0010"]),
            ("0025.9e00.0030;0025.9e00.0031", vec!["0025.9e00.0030", "0025.9e00.0031"]),
            ("00-25-9E-00-00-10 00-25-9E-00-00-11", vec!["00-25-9E-00-00-10", "00-25-9E-00-00-11"]),
            ("00259e000010,00259e000011", vec!["00259e000010", "00259e000011"]),
            (
                "00 25 9E 00 00 10 | 00 25 9E 00 00 11",
                vec!["00 25 9E 00 00 10", "00 25 9E 00 00 11"],
            ),
            ("00 25 9E 00 00 10 00 25 9E 00 00 11", vec!["00 25 9E 00 00 10", "00 25 9E 00 00 11"]),
            ("00259e000010;", vec!["00259e000010"]),
            (",00259e000010", vec!["00259e000010"]),
            ("0:1|0:2", vec!["0:1", "0:2"]),
            ("4857 5443 0000 0001", vec!["4857 5443 0000 0001"]),
            ("HWTC 1234ABCD", vec!["HWTC 1234ABCD"]),
            (" ; ", vec![]),
        ] {
            let mut split = Vec::new();
            macs(text, |mac| split.push(mac.to_owned()));
            assert_eq!(split, found, "{text}");
        }
    }

    #[test]
    fn undoes_a_sheets_quoting() {
        for (text, plain) in [
            ("=\"00123\"", "00123"),
            ("=\"a\"\"b\"", "a\"b"),
            ("'=1+1", "=1+1"),
            ("'-5", "-5"),
            ("'hello", "'hello"),
            ("'", "'"),
            ("=SUM(A1)", "=SUM(A1)"),
        ] {
            assert_eq!(unwrap_sheet(text), plain, "{text}");
        }
    }
}
