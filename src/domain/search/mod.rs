//! What somebody looks for, in every form in which a system may hold it.
//!
//! Must not do: look; the store and the ports do. Nothing here is shown: what was typed may be a
//! CPF or a phone.

mod matches;

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

use crate::domain::identity::{Shape, classify};

/// Shorter ones would find nearly everything.
pub const LETTERS_MIN: usize = 2;

/// Longer ones are no name, number or serial.
pub const LETTERS_MAX: usize = 200;

/// The last digits of a document or a phone by which they may be looked for.
pub const LAST_DIGITS: usize = 4;

/// Digits of a phone without its area code, and without the ninth digit that mobile numbers got
/// in 2012-2016 (Anatel, Resolution 553/2010): with and without it is one line.
const LINE_DIGITS: usize = 8;

/// What of a device was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchedOn {
    /// Its serial.
    Serial,
    /// A MAC.
    Mac,
    /// The PPPoE login.
    Login,
    /// CPF or CNPJ.
    Document,
    /// A phone.
    Phone,
    /// The customer's name, or the company's.
    Name,
    /// The contract.
    Contract,
    /// An id in either system.
    Id,
    /// Model, manufacturer or product class.
    Model,
}

impl MatchedOn {
    /// All of them, in the order in which results stand.
    pub const ALL: [Self; 9] = [
        Self::Serial,
        Self::Mac,
        Self::Login,
        Self::Document,
        Self::Phone,
        Self::Name,
        Self::Contract,
        Self::Id,
        Self::Model,
    ];

    /// Its stable name.
    #[must_use]
    pub fn wire(self) -> &'static str {
        match self {
            Self::Serial => "serial",
            Self::Mac => "mac",
            Self::Login => "login",
            Self::Document => "document",
            Self::Phone => "phone",
            Self::Name => "name",
            Self::Contract => "contract",
            Self::Id => "id",
            Self::Model => "model",
        }
    }
}

/// Why nothing can be looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum QueryError {
    /// Fewer than [`LETTERS_MIN`] letters and digits.
    TooShort,
    /// More than [`LETTERS_MAX`] characters.
    TooLong,
}

/// What somebody looks for.
#[derive(Clone, PartialEq, Eq)]
pub struct Query {
    raw: String,
    words: Vec<String>,
    hardware: Vec<String>,
    document: Option<String>,
    phone: Option<PhoneNumber>,
    last: Option<String>,
}

impl fmt::Debug for Query {
    /// Only how long it is: it may be somebody's number.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Query({} characters)", self.raw.chars().count())
    }
}

impl Query {
    /// Reads what was typed.
    ///
    /// # Errors
    /// Where it is too short or too long to find anything by.
    pub fn new(typed: &str) -> Result<Self, QueryError> {
        let raw = typed.trim();
        if raw.chars().count() > LETTERS_MAX {
            return Err(QueryError::TooLong);
        }
        if raw.chars().filter(|c| c.is_alphanumeric()).count() < LETTERS_MIN {
            return Err(QueryError::TooShort);
        }
        let words: Vec<String> = folded(raw).split(' ').map(str::to_owned).collect();
        let digits: String = raw.chars().filter(char::is_ascii_digit).collect();
        // A colon stands in MACs and addresses, and in no phone.
        let is_number = raw.chars().all(|c| !c.is_alphabetic() && c != ':');
        Ok(Self {
            hardware: hardware(raw, &words),
            document: document(raw),
            phone: if is_number { PhoneNumber::of(raw) } else { None },
            last: (is_number && digits.len() == LAST_DIGITS).then_some(digits),
            raw: raw.to_owned(),
            words,
        })
    }

    /// As it was typed, without white space at its ends. Never to be shown or logged.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// Its words, folded; a device has to have them all.
    #[must_use]
    pub fn words(&self) -> &[String] {
        &self.words
    }

    /// All of it as a serial or a MAC may hold it, as [`compact`] gives it.
    #[must_use]
    pub fn hardware(&self) -> &[String] {
        &self.hardware
    }

    /// A whole CPF or CNPJ.
    #[must_use]
    pub fn document(&self) -> Option<&str> {
        self.document.as_deref()
    }

    /// A whole phone.
    #[must_use]
    pub fn phone(&self) -> Option<&PhoneNumber> {
        self.phone.as_ref()
    }

    /// The last digits of a document or a phone.
    #[must_use]
    pub fn last(&self) -> Option<&str> {
        self.last.as_deref()
    }

    /// Could it be a person's number?
    #[must_use]
    pub fn may_be_a_persons(&self) -> bool {
        self.document.is_some() || self.phone.is_some() || self.last.is_some()
    }

    /// Is it written as a person's number is, with what stands in no serial and no login? Many
    /// ISPs make a login of the digits of a CPF.
    #[must_use]
    pub fn is_written_as_a_persons(&self) -> bool {
        let is_marked = !self.raw.chars().all(char::is_alphanumeric);
        is_marked && (self.document.is_some() || self.phone.is_some())
    }
}

/// Without separators, where it could be part of one: a serial has digits.
fn hardware(raw: &str, words: &[String]) -> Vec<String> {
    let whole = compact(raw);
    let mut all = Vec::new();
    let is_one = words.len() == 1 && words[0] == whole;
    if !is_one && whole.len() >= LAST_DIGITS && whole.bytes().any(|b| b.is_ascii_digit()) {
        all.push(whole.clone());
    }
    // A GPON serial whose vendor is written in hex.
    if let Shape::Serial(serial) = classify(raw) {
        let ascii = serial.as_str().to_lowercase();
        if ascii != whole {
            all.push(ascii);
        }
    }
    all
}

/// As names, logins and models are compared: without accents and case, white space single,
/// everything else as it is. No control character is left.
#[must_use]
pub fn folded(text: &str) -> String {
    if is_plain(text.as_bytes()) {
        return text.to_ascii_lowercase();
    }
    folded_by_char(text)
}

fn folded_by_char(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let put = |c: char, out: &mut String| {
        if c.is_whitespace() || c.is_control() {
            if !out.is_empty() && !out.ends_with(' ') {
                out.push(' ');
            }
        } else {
            out.push(c);
        }
    };
    if text.is_ascii() {
        text.bytes().for_each(|b| put(char::from(b.to_ascii_lowercase()), &mut out));
    } else {
        let bare = text.nfkd().filter(|c| !is_combining_mark(*c));
        bare.flat_map(char::to_lowercase).for_each(|c| put(c, &mut out));
    }
    if out.ends_with(' ') {
        out.pop();
    }
    out
}

/// Is it of ASCII, with nothing to make one space of, or none? Nearly all that is searched is.
fn is_plain(text: &[u8]) -> bool {
    let ends = [text.first(), text.last()];
    text.iter().all(|b| matches!(b, b' '..=b'~'))
        && !ends.contains(&Some(&b' '))
        && !text.windows(2).any(|two| two == b"  ")
}

/// As serials and MACs are compared: folded, without separators.
#[must_use]
pub fn compact(text: &str) -> String {
    let mut folded = folded(text);
    folded.retain(|c| !matches!(c, ' ' | '-' | ':' | '.'));
    folded
}

/// The places of a CPF (11 digits) or a CNPJ (14, letters too since July 2026), upper case,
/// without punctuation; `None` of what is neither.
#[must_use]
pub fn document(raw: &str) -> Option<String> {
    let is_mark = |c: char| matches!(c, '.' | '-' | '/' | ' ' | '\t' | '\u{a0}');
    let places: String = raw.chars().filter(|c| !is_mark(*c)).collect();
    let places = places.to_ascii_uppercase();
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let whole = match places.len() {
        11 => digits(&places),
        14 => {
            places.bytes().all(|b| b.is_ascii_alphanumeric())
                && digits(places.get(12..).unwrap_or("x"))
                && places.bytes().filter(u8::is_ascii_digit).count() > 2
        }
        _ => false,
    };
    whole.then_some(places)
}

/// A Brazilian phone, however it was typed: its line, and the area code where there was one.
#[derive(Clone, PartialEq, Eq)]
pub struct PhoneNumber {
    /// The area code (DDD): two digits.
    pub area: Option<String>,
    /// The last eight digits.
    pub line: String,
}

impl fmt::Debug for PhoneNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PhoneNumber(***)")
    }
}

impl PhoneNumber {
    /// Reads one number: with or without area code, country code (`55`), trunk `0` with or
    /// without a carrier's code, and ninth digit. `None` of what is no phone.
    #[must_use]
    pub fn of(raw: &str) -> Option<Self> {
        let digits: String = raw.chars().filter(char::is_ascii_digit).collect();
        // A trunk zero stands before an area code only.
        let is_long = digits.len() > LINE_DIGITS + 2;
        let mut rest = if is_long { digits.trim_start_matches('0') } else { &digits };
        if rest.len() > 11 && (rest.starts_with("55") || digits.starts_with('0')) {
            rest = rest.get(2..)?;
        }
        let line = rest.get(rest.len().checked_sub(LINE_DIGITS)?..)?.to_owned();
        let before = rest.get(..rest.len() - LINE_DIGITS)?;
        let area = match before.len() {
            0 => None,
            1 if before == "9" => None,
            2 => Some(before),
            3 if before.ends_with('9') => before.get(..2),
            _ => return None,
        };
        Some(Self { area: area.map(str::to_owned), line })
    }

    /// All numbers of a field: people write several into one, with `/`, `,`, `;` or `|` between.
    pub fn all(raw: &str) -> impl Iterator<Item = Self> + '_ {
        several(raw).filter_map(Self::of)
    }
}

/// The numbers that were typed into one field.
pub(crate) fn several(raw: &str) -> impl Iterator<Item = &str> {
    raw.split(['/', ',', ';', '|']).map(str::trim).filter(|part| !part.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn phones_are_one_however_they_are_typed() {
        let phone = |raw: &str| PhoneNumber::of(raw).map(|p| (p.area.unwrap_or_default(), p.line));
        let whole = || Some(("47".to_owned(), "12345678".to_owned()));
        for raw in [
            "47 9 1234-5678",
            "(47) 91234-5678",
            "47912345678",
            "(47) 1234-5678",
            "+55 (47) 91234-5678",
            "5547912345678",
            "0 47 91234-5678",
            "0 15 47 91234-5678",
            "047 1234 5678",
        ] {
            assert_eq!(phone(raw), whole(), "{raw}");
        }
        for raw in ["91234-5678", "1234-5678"] {
            assert_eq!(phone(raw), Some((String::new(), "12345678".to_owned())), "{raw}");
        }
        assert_eq!(phone("0234-5678"), Some((String::new(), "02345678".to_owned())));
        // `55` is an area code too: of 11 digits it is one.
        assert_eq!(phone("(55) 91234-5678"), Some(("55".to_owned(), "12345678".to_owned())));
        for none in ["", "190", "1234567", "123456789", "123 91234-5678 9999", "ramal"] {
            assert_eq!(phone(none), None, "{none}");
        }
        let all: Vec<_> = PhoneNumber::all("(47) 91234-5678 / 47 3333-4444; -").collect();
        assert_eq!(all.len(), 2);
    }

    #[test]
    fn documents_are_told_by_their_places() {
        for (raw, places) in [
            ("123.456.789-00", Some("12345678900")),
            ("12345678900", Some("12345678900")),
            ("12.345.678/0001-00", Some("12345678000100")),
            ("1a.b45.678/0001-00", Some("1AB45678000100")),
            ("HWTC1234ABCD", None),
            ("abcdefghijkl00", None),
            ("123", None),
            ("1A.B45.678/0001-0X", None),
        ] {
            assert_eq!(document(raw).as_deref(), places, "{raw}");
        }
    }

    #[test]
    fn a_query_knows_what_it_may_be() {
        let query = |raw: &str| Query::new(raw).unwrap();
        assert_eq!(query(" João  da SILVA ").words(), ["joao", "da", "silva"]);
        assert_eq!(query("00:25:9E:00:00:10").hardware(), ["00259e000010"]);
        assert_eq!(query("hwtc-1234 abcd").hardware(), ["hwtc1234abcd"]);
        assert_eq!(query("485754431234ABCD").hardware(), ["hwtc1234abcd"]);
        assert!(query("hwtc1234abcd").hardware().is_empty(), "its word is that already");
        assert!(query("joao silva").hardware().is_empty(), "a serial has digits");
        assert_eq!(query("123.456.789-00").document(), Some("12345678900"));
        assert_eq!(query("5678").last(), Some("5678"));
        assert_eq!(query("a5678").last(), None);
        assert!(query("47 9 1234-5678").phone().is_some());
        assert!(query("ana 12345678").phone().is_none());
        assert!(query("47 9 1234-5678").is_written_as_a_persons());
        assert!(query("123.456.789-00").is_written_as_a_persons());
        assert!(!query("12345678900").is_written_as_a_persons(), "a login may be that");
        assert!(query("12345678900").may_be_a_persons());
        assert!(!query("00:25:90:12:34:56").may_be_a_persons(), "a MAC without letters");
        assert_eq!(Query::new(" - "), Err(QueryError::TooShort));
        assert_eq!(Query::new("x"), Err(QueryError::TooShort));
        assert_eq!(Query::new(&"x".repeat(201)), Err(QueryError::TooLong));
        assert_eq!(format!("{:?}", query("123.456.789-00")), "Query(14 characters)");
    }

    #[test]
    fn folding_leaves_no_accent_case_or_control() {
        assert_eq!(folded(" JOÃO\u{1}\tÇédric  \n"), "joao cedric");
        assert_eq!(folded("Joa\u{303}o"), "joao");
        assert_eq!(compact("00-25:9E.00 00"), "00259e0000");
    }

    #[test]
    fn what_is_plain_folds_as_everything_does() {
        let plain = ["Huawei Technologies Co., Ltd", "HWTC0001", "a b c", "~!", "x"];
        let other = ["", " a", "a ", "a  b", "a\tb", "a\u{7f}b", " ", "\n", "é", "a\u{a0}b"];
        for text in plain {
            assert!(is_plain(text.as_bytes()), "{text:?}");
            assert_eq!(folded(text), folded_by_char(text));
        }
        assert!(!other[1..].iter().any(|text| is_plain(text.as_bytes())));
        assert!(other.iter().all(|text| folded(text) == folded_by_char(text)));
    }
}
