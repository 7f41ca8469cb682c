//! The people behind the devices: who they are, masked; and the state of their contract.
//!
//! Must not do: print a whole document, phone or name. `Debug` and `Display` mask.

use std::fmt;

use crate::domain::search::several;
use crate::domain::text::{Untrusted, visible};

pub use crate::domain::personal::{is_personal, shown_extra};
pub use crate::domain::scrub::scrub;

/// A CPF (11 digits) or CNPJ (14 places, letters too since July 2026), as the Provider wrote it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Document(pub Untrusted);

/// A phone number, as the Provider wrote it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(pub Untrusted);

/// A customer's name: a person's is masked, a company's is public and shown as it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerName(pub Untrusted);

/// Fewer digits are no whole number: the last four would be all of it.
const PHONE_DIGITS_MIN: usize = 8;

/// What stands before a name and is none.
const TITLES: [&str; 14] = [
    "dr", "dra", "sr", "sra", "srta", "prof", "profa", "eng", "enga", "dona", "mr", "mrs", "ms",
    "exmo",
];

impl fmt::Display for Document {
    /// CPF `***.456.789-**`, CNPJ `**.345.678/****-**`; anything else: only how long it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let raw = self.0.raw();
        let places: Vec<char> = raw.chars().filter(char::is_ascii_alphanumeric).collect();
        let part = |from: usize, to: usize| places[from..to].iter().collect::<String>();
        let digits = |from: usize| places[from..].iter().all(char::is_ascii_digit);
        let place = |c: &char| c.is_ascii_digit() || c.is_ascii_uppercase();
        match places.len() {
            11 if digits(0) => write!(f, "***.{}.{}-**", part(3, 6), part(6, 9)),
            14 if digits(12) && places.iter().all(place) => {
                write!(f, "**.{}.{}/****-**", part(2, 5), part(5, 8))
            }
            n => write!(f, "*** ({n})"),
        }
    }
}

impl fmt::Display for Phone {
    /// The last four digits of each number; nothing of what is too short to be a phone.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let masked = |number: &str| {
            let digits: Vec<char> = number.chars().filter(char::is_ascii_digit).collect();
            let whole = digits.len() >= PHONE_DIGITS_MIN;
            let hidden = if whole { digits.len() - 4 } else { digits.len() };
            format!("***{}", digits.iter().skip(hidden).collect::<String>())
        };
        let all: Vec<String> = several(self.0.raw()).map(masked).collect();
        if all.is_empty() { f.write_str("***") } else { f.write_str(&all.join(" / ")) }
    }
}

impl fmt::Display for CustomerName {
    /// A person: first name and initial of the last (`Ana L.`). A company: as it is, but for
    /// the CPF that a one-person company's name ends in.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = scrub(self.0.raw());
        if is_company(&name) {
            return f.write_str(&visible(&name));
        }
        // `Lima, Ana`: the surname stands first.
        let (given, surname) = match name.split_once(',') {
            Some((surname, given)) if names(given).next().is_some() => {
                (given, names(surname).next_back())
            }
            _ => (name.as_ref(), None),
        };
        let mut words = names(given);
        let Some(first) = words.next() else { return f.write_str("***") };
        let surname = surname.or_else(|| words.next_back());
        match surname.and_then(|w| w.chars().find(|c| c.is_alphabetic())) {
            Some(initial) => write!(f, "{} {initial}.", visible(first)),
            None => f.write_str(&visible(first)),
        }
    }
}

/// The words of a name that are names: no title, no number, nothing already masked.
fn names(text: &str) -> impl DoubleEndedIterator<Item = &str> {
    text.split([' ', '\t', '\u{a0}', ',']).filter(|word| {
        let plain = word.trim_end_matches('.').to_lowercase();
        let is_name = word.chars().any(char::is_alphabetic) && !word.contains('*');
        is_name && !TITLES.contains(&plain.as_str())
    })
}

/// `a***@domain`; of what is no address, nothing.
#[must_use]
pub fn masked_email(address: &str) -> String {
    let parts = address.rsplit_once('@');
    let masked = parts.and_then(|(local, domain)| Some((local.chars().next()?, domain)));
    match masked {
        Some((first, domain)) => visible(&format!("{first}***@{domain}")),
        None => "***".to_owned(),
    }
}

/// Brazilian company names end in their legal form or carry a word no person has. `SA` is no
/// such word: without its accent it is a surname.
fn is_company(name: &str) -> bool {
    const FORMS: [&str; 11] = [
        "LTDA", "ME", "EPP", "EIRELI", "S/A", "S.A.", "MEI", "CIA", "COMERCIO", "SERVICOS", "LTDA.",
    ];
    name.split_whitespace().skip(1).any(|w| FORMS.iter().any(|f| f.eq_ignore_ascii_case(w)))
}

macro_rules! masked_debug {
    ($($name:ident),*) => {$(
        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, concat!(stringify!($name), "({})"), self)
            }
        }
    )*};
}
masked_debug!(Document, Phone, CustomerName);

/// What a contract's status letter means (IXC.md section 1); unknown codes are shown raw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ContractStatus {
    /// `P`: not yet in force.
    PreContract,
    /// `A`
    Active,
    /// `I`
    Inactive,
    /// `N`: reported to a credit bureau.
    Delinquent,
    /// `D`
    Cancelled,
}

impl ContractStatus {
    /// Reads the letter that IXC Provedor uses.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Self> {
        match code.trim() {
            "P" => Some(Self::PreContract),
            "A" => Some(Self::Active),
            "I" => Some(Self::Inactive),
            "N" => Some(Self::Delinquent),
            "D" => Some(Self::Cancelled),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_people_and_shows_companies() {
        let name = |s: &str| CustomerName(Untrusted::new(s)).to_string();
        assert_eq!(name("Ana Maria Lima"), "Ana L.");
        assert_eq!(name("Ana"), "Ana");
        assert_eq!(name("Dr. Ana Maria Lima"), "Ana L.");
        assert_eq!(name("Dra Ana"), "Ana");
        assert_eq!(name("SOUZA, Maria"), "Maria S.");
        assert_eq!(name("Souza e Lima, Dr. Ana Maria"), "Ana L.");
        assert_eq!(name("Lima,"), "Lima");
        assert_eq!(name("12345678909 Ana Lima"), "Ana L.");
        assert_eq!(name("Ana Lima 12345678909 ME"), "Ana Lima ***.456.789-** ME");
        assert_eq!(name("Ana\u{a0}Lima"), "Ana L.");
        assert_eq!(name("Maria de SA"), "Maria S.");
        assert_eq!(name("12"), "***");
        assert_eq!(name("A\x1b[31m Lima"), "A\\x1b[31m L.");
        assert_eq!(name("Padaria do Zé LTDA"), "Padaria do Zé LTDA");
        let doc = |s: &str| Document(Untrusted::new(s)).to_string();
        assert_eq!(doc("123.456.789-00"), "***.456.789-**");
        assert_eq!(doc("12.345.678/0001-00"), "**.345.678/****-**");
        assert_eq!(doc("1A.B45.678/0001-00"), "**.B45.678/****-**");
        assert_eq!(doc("12"), "*** (2)");
        assert_eq!(doc("invalid doc text"), "*** (14)");
        assert_eq!(doc("hello world"), "*** (10)");
        assert_eq!(doc("ABCDEFGHIJK"), "*** (11)");
        for short in ["123", "1234", "0000-12"] {
            assert_eq!(Phone(Untrusted::new(short)).to_string(), "***");
        }
        assert_eq!(masked_email("ana.lima@isp.example"), "a***@isp.example");
        assert_eq!(masked_email("none"), "***");
        assert_eq!(Phone(Untrusted::new("(47) 90000-1234")).to_string(), "***1234");
        let two = Phone(Untrusted::new("(47) 90000-1234 / 47 3333-4444"));
        assert_eq!(two.to_string(), "***1234 / ***4444");
        assert_eq!(format!("{:?}", Phone(Untrusted::new("47900001234"))), "Phone(***1234)");
    }
}
