//! Documents, phones and e-mail addresses inside free text, found and masked.
//!
//! Must not do: touch what identifies a device. Serials, MACs, addresses and ids stay: a
//! number that is part of a longer word is none of a person's, unless a word says so.

use std::borrow::Cow;

use crate::domain::subscriber::{Document, Phone, masked_email};
use crate::domain::text::Untrusted;

/// The fewest digits of a number that is somebody's: an area code and a landline.
const DIGITS_MIN: usize = 10;

/// The two-digit area codes that Brazil has (Anatel): the second digits, by the first.
const AREA_CODES: [&str; 10] = [
    "",
    "123456789",
    "12478",
    "1234578",
    "123456789",
    "1345",
    "123456789",
    "134579",
    "123456789",
    "123456789",
];

/// The most characters between an area code and the rest: ` - `.
const AREA_SEPARATORS_MAX: usize = 3;

/// The most letters of a word that are looked at before a number.
const WORD_MAX: usize = 32;

/// Words that make the number after them a document, whatever its check digits.
const DOCUMENT_WORDS: [&str; 5] = ["cpf", "cnpj", "doc", "documento", "document"];

/// Words that make the number after them a phone, even where they touch it.
const PHONE_WORDS: [&str; 10] =
    ["tel", "fone", "telefone", "cel", "celular", "whats", "whatsapp", "zap", "phone", "contato"];

/// `text` with every CPF, CNPJ, Brazilian phone (with its area code) and e-mail address masked
/// as everywhere else. What is masked already stays as it is.
#[must_use]
pub fn scrub(text: &str) -> Cow<'_, str> {
    if !may_hold_one(text) {
        return Cow::Borrowed(text);
    }
    let chars: Vec<char> = text.chars().collect();
    let mut out = String::with_capacity(text.len());
    let (mut at, mut found) = (0, false);
    while at < chars.len() {
        if let Some((end, mask)) = found_at(&chars, at) {
            out.push_str(&mask);
            (at, found) = (end, true);
        } else {
            out.push(chars[at]);
            at += 1;
        }
    }
    if found { Cow::Owned(out) } else { Cow::Borrowed(text) }
}

/// Nearly no text does, and each is asked of every record of a list: at one look.
fn may_hold_one(text: &str) -> bool {
    let (mut digits, mut is_marked) = (0, false);
    for byte in text.bytes() {
        digits += usize::from(byte.is_ascii_digit());
        is_marked |= matches!(byte, b'@' | b'/');
    }
    is_marked || digits >= DIGITS_MIN
}

/// What starts at `at`: where it ends, and its mask.
fn found_at(chars: &[char], at: usize) -> Option<(usize, String)> {
    email(chars, at).or_else(|| {
        let first = chars[at];
        if !(first.is_ascii_alphanumeric() || first == '+' || first == '(') {
            return None;
        }
        let word = Word::before(chars, at);
        if word.joined && first.is_ascii_alphanumeric() {
            return None;
        }
        document(chars, at, &word).or_else(|| phone(chars, at, &word))
    })
}

/// What stands before a number.
struct Word {
    /// The letters before it, lower case, at most a few separators away.
    letters: String,
    /// The number is part of a longer word: a serial, an id.
    joined: bool,
    /// The number is joined to a word that holds digits, as in an id.
    in_id: bool,
}

impl Word {
    fn before(chars: &[char], at: usize) -> Self {
        let touching = at > 0 && chars[at - 1].is_alphanumeric();
        let separators = chars[..at].iter().rev().take(4).take_while(|c| is_label_end(**c)).count();
        let end = at - separators;
        let length =
            chars[..end].iter().rev().take(WORD_MAX).take_while(|c| c.is_alphabetic()).count();
        let start = end - length;
        let letters: String = chars[start..end].iter().flat_map(|c| c.to_lowercase()).collect();
        let known =
            DOCUMENT_WORDS.contains(&letters.as_str()) || PHONE_WORDS.contains(&letters.as_str());
        let hyphen = at > 0 && matches!(chars[at - 1], '-' | '_');
        let before = chars[..at].iter().rev().skip(1).take(WORD_MAX);
        let mut before = before.take_while(|c| c.is_alphanumeric() || matches!(c, '-' | '_' | '%'));
        let in_id = hyphen && before.any(char::is_ascii_digit);
        Self { joined: touching && !known, in_id, letters }
    }

    fn names_document(&self) -> bool {
        DOCUMENT_WORDS.contains(&self.letters.as_str())
    }

    fn names_phone(&self) -> bool {
        PHONE_WORDS.contains(&self.letters.as_str())
    }
}

/// What may stand between `CPF` and its number.
fn is_label_end(c: char) -> bool {
    c.is_whitespace() || matches!(c, ':' | '=' | '.' | '-' | '_' | '/' | '#' | 'º' | '°' | '(')
}

/// Reads a shape from left to right, noting what it takes.
#[derive(Clone)]
struct Reader<'a> {
    chars: &'a [char],
    at: usize,
    places: String,
    separators: usize,
    last: Option<char>,
}

impl<'a> Reader<'a> {
    fn new(chars: &'a [char], at: usize) -> Self {
        Self { chars, at, places: String::new(), separators: 0, last: None }
    }

    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    /// Takes `n` places that `is` accepts.
    fn take(&mut self, n: usize, is: fn(char) -> bool) -> Option<()> {
        let group = self.chars.get(self.at..self.at + n)?;
        group.iter().copied().all(is).then(|| {
            self.places.extend(group);
            self.at += n;
        })
    }

    /// Takes one of `allowed` where it is there; white space and dashes of any kind count.
    fn separator(&mut self, allowed: &str) {
        let plain = |c: char| match c {
            c if c.is_whitespace() => ' ',
            '\u{2010}'..='\u{2015}' | '\u{2212}' => '-',
            c => c,
        };
        self.last = self.peek().map(plain).filter(|c| allowed.contains(*c));
        if self.last.is_some() {
            self.at += 1;
            self.separators += 1;
        }
    }

    /// Ends the word here? A number that goes on is another number.
    fn ends(&self) -> bool {
        !self.peek().is_some_and(char::is_alphanumeric)
    }
}

fn document(chars: &[char], at: usize, word: &Word) -> Option<(usize, String)> {
    let found = cnpj(chars, at, word).or_else(|| cpf(chars, at, word))?;
    Some((found.at, Document(Untrusted::new(&found.places)).to_string()))
}

fn cpf<'a>(chars: &'a [char], at: usize, word: &Word) -> Option<Reader<'a>> {
    let mut read = Reader::new(chars, at);
    read.take(3, is_digit)?;
    read.separator(". -");
    read.take(3, is_digit)?;
    read.separator(". -");
    read.take(3, is_digit)?;
    // A dot here would make it an IPv4 address.
    read.separator("-/ ");
    read.take(2, is_digit)?;
    let punctuated = read.separators > 1 || matches!(read.last, Some('-' | '/'));
    let sure = punctuated || word.names_document() || !word.in_id && cpf_checks(&read.places);
    (read.ends() && sure).then_some(read)
}

fn cnpj<'a>(chars: &'a [char], at: usize, word: &Word) -> Option<Reader<'a>> {
    let mut read = Reader::new(chars, at);
    read.take(2, is_place)?;
    read.separator(". ");
    read.take(3, is_place)?;
    read.separator(". ");
    read.take(3, is_place)?;
    read.separator("/ -");
    let slash = read.last == Some('/');
    read.take(4, is_place)?;
    read.separator("- ");
    read.take(2, is_digit)?;
    let digits = read.places.chars().all(|c| c.is_ascii_digit());
    let punctuated = if digits { slash || read.separators > 1 } else { slash };
    let checked = digits && !word.in_id && cnpj_checks(&read.places);
    (read.ends() && (punctuated || word.names_document() || checked)).then_some(read)
}

fn is_digit(c: char) -> bool {
    c.is_ascii_digit()
}

/// A place of a CNPJ: since July 2026 a capital letter too.
fn is_place(c: char) -> bool {
    c.is_ascii_digit() || c.is_ascii_uppercase()
}

/// The two check digits of a CPF (Receita Federal: module 11, weights from 2 up).
fn cpf_checks(places: &str) -> bool {
    checks(places.as_bytes(), [9, 10], 11)
}

/// The two check digits of a CNPJ: the weights start again after 9.
fn cnpj_checks(places: &str) -> bool {
    checks(places.as_bytes(), [12, 13], 9)
}

/// Are the places at `at` the check digits of those before? One digit repeated is no number.
fn checks(places: &[u8], at: [usize; 2], weight_max: u32) -> bool {
    let same = places.windows(2).all(|w| w[0] == w[1]);
    let right = |n: usize| {
        let (before, check) = (places.get(..n), places.get(n));
        before.map(|before| check_digit(before, weight_max)).as_ref() == check
    };
    !same && at.into_iter().all(right)
}

fn check_digit(places: &[u8], weight_max: u32) -> u8 {
    let weights = (2..=weight_max).cycle();
    let sum: u32 =
        places.iter().rev().zip(weights).map(|(c, w)| u32::from(c.wrapping_sub(b'0')) * w).sum();
    let digit = match sum % 11 {
        0 | 1 => 0,
        rest => 11 - rest,
    };
    b'0' + u8::try_from(digit).unwrap_or_default()
}

/// With `+55` or without, `0` before the area code or not, the digits grouped as people do.
fn phone(chars: &[char], at: usize, word: &Word) -> Option<(usize, String)> {
    let with_country = country(chars, at).and_then(|from| local(chars, from, true, word));
    let found = with_country.or_else(|| local(chars, at, false, word))?;
    Some((found.at, Phone(Untrusted::new(&found.places)).to_string()))
}

/// Where the number goes on after `+55` or `55`.
fn country(chars: &[char], at: usize) -> Option<usize> {
    let mut read = Reader::new(chars, at);
    read.separator("+");
    read.take(2, |c| c == '5')?;
    read.separator(" -.");
    Some(read.at)
}

fn local<'a>(chars: &'a [char], at: usize, country: bool, word: &Word) -> Option<Reader<'a>> {
    let mut read = Reader::new(chars, at);
    read.separator("(");
    let bracket = read.last.is_some();
    if read.peek() == Some('0') {
        read.at += 1;
    }
    read.take(2, is_digit)?;
    if !is_area_code(&read.places) {
        return None;
    }
    if bracket {
        read.separator(")");
        read.last?;
    }
    for _ in 0..AREA_SEPARATORS_MAX {
        read.separator(" -.");
    }
    let mobile = subscriber(&read, true);
    let read = mobile.or_else(|| subscriber(&read, false))?;
    let first = read.places.as_bytes().get(2).copied().unwrap_or_default();
    let nine = read.places.len() == 11;
    // Ten digits in a row may be anything; a landline starts with 2 to 5.
    let sure = country || word.names_phone() || read.separators > 0 || nine;
    let plausible = nine || matches!(first, b'2'..=b'5') || sure && matches!(first, b'6'..=b'9');
    let bare = read.separators == 0 && !word.names_phone();
    (read.ends() && plausible && !(bare && word.in_id)).then_some(read)
}

/// The eight digits, or nine with a 9 before them.
fn subscriber<'a>(start: &Reader<'a>, mobile: bool) -> Option<Reader<'a>> {
    let mut read = start.clone();
    if mobile {
        read.take(1, |c| c == '9')?;
        read.separator(" .");
    }
    read.take(4, is_digit)?;
    read.separator(" -.");
    read.take(4, is_digit)?;
    read.ends().then_some(read)
}

fn is_area_code(two: &str) -> bool {
    let mut digits = two.chars();
    let (Some(first), Some(second)) = (digits.next(), digits.next()) else { return false };
    let seconds = first.to_digit(10).and_then(|n| AREA_CODES.get(n as usize));
    seconds.is_some_and(|seconds| seconds.contains(second))
}

fn email(chars: &[char], at: usize) -> Option<(usize, String)> {
    if at > 0 && is_local(chars[at - 1]) {
        return None;
    }
    let local = chars[at..].iter().take_while(|c| is_local(**c)).count();
    let domain_at = at + local + 1;
    if local == 0 || chars.get(at + local) != Some(&'@') {
        return None;
    }
    let domain =
        chars[domain_at..].iter().take_while(|c| c.is_alphanumeric() || matches!(c, '.' | '-'));
    let domain: String = domain.collect();
    let domain = domain.trim_end_matches(['.', '-']);
    let dotted = domain.split('.').count() > 1 && domain.split('.').all(|part| !part.is_empty());
    let end = domain_at + domain.chars().count();
    let whole: String = chars[at..end].iter().collect();
    dotted.then(|| (end, masked_email(&whole)))
}

fn is_local(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '%' | '+' | '-')
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn masks_documents_phones_and_addresses_in_free_text() {
        for (text, masked) in [
            ("CPF 123.456.789-00.", "CPF ***.456.789-**."),
            ("123.456.789-00 47999990001", "***.456.789-** ***0001"),
            ("123456789-00, 123 456 789 00", "***.456.789-**, ***.456.789-**"),
            ("cpf:12345678900 CPF12345678900", "cpf:***.456.789-** CPF***.456.789-**"),
            ("12345678909", "***.456.789-**"),
            ("(12345678909)", "(***.456.789-**)"),
            ("12.345.678/0001-00;x", "**.345.678/****-**;x"),
            ("1A.B45.678/0001-00", "**.B45.678/****-**"),
            ("12345678/0001-00", "**.345.678/****-**"),
            ("11222333000181", "**.222.333/****-**"),
            ("cnpj 12345678000100", "cnpj **.345.678/****-**"),
            ("ligar (47) 90000-1234", "ligar ***1234"),
            ("+55 47 9 0000-1234 / 5547900001234", "***1234 / ***1234"),
            ("Ana(47) 3333-1234", "Ana***1234"),
            ("047 3333 1234, tel.47999990001", "***1234, tel.***0001"),
            ("(47) - 90000.1234", "***1234"),
            ("whats4790000-1234", "whats***1234"),
            ("4733331234", "***1234"),
            ("escreva a ana.lima+x@isp.com.br.", "escreva a a***@isp.com.br."),
        ] {
            assert_eq!(scrub(text), masked, "{text}");
        }
    }

    #[test]
    fn leaves_what_identifies_devices() {
        for text in [
            "HWTC12345678",
            "485754431234ABCD",
            "HWTC47999990001",
            "00:25:9E:00:01:70 00-25-9E-00-01-70 0025.9e00.0170",
            "202BC1-BM632w-47999990001",
            "00259E-HG8145V5-12345678909",
            "550e8400-e29b-41d4-a716-446655440000",
            "177.101.200.10 10.101.200.0/24 2001:db8::4799:9990",
            "2026-11-15T14:20:00Z 2026-11-15 14:20:00 15/11/2026 14:20",
            "20261115142000 1763000000 1763000000123",
            "12345678900",
            "12345678000100",
            "11111111111",
            "90 days without contact; contract 123456",
            "ana@isp, preset@preset, @",
            "V5R019C10SPC320 1.2.345",
            "4763331234",
            "***.456.789-** **.345.678/****-** ***1234 a***@isp.com.br",
        ] {
            assert_eq!(scrub(text), text);
        }
    }

    proptest! {
        #[test]
        fn masking_twice_is_masking_once(text in "[0-9A-Za-z@.()/ +:*-]{0,60}|.{0,40}") {
            let once = scrub(&text).into_owned();
            prop_assert_eq!(scrub(&once), once.as_str());
        }

        #[test]
        fn no_document_survives_punctuated(
            a in 0..1000_u32, b in 0..1000_u32, c in 0..1000_u32, d in 0..100_u32,
            before in "[a-z ,;:]{0,5}", after in "[ ,;:.)][a-z ]{0,5}",
        ) {
            let cpf = format!("{a:03}.{b:03}.{c:03}-{d:02}");
            let text = format!("{before} {cpf}{after}");
            prop_assert!(!scrub(&text).contains(&cpf));
        }
    }
}
