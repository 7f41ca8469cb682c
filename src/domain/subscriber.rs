//! The people behind the devices: who they are, masked; and the state of their contract.
//!
//! Must not do: print a whole document, phone or name. `Debug` and `Display` mask.

use std::fmt;

use crate::domain::text::Untrusted;

/// A CPF (11 digits) or CNPJ (14 places, letters too since July 2026), as the Provider wrote it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Document(pub Untrusted);

/// A phone number, as the Provider wrote it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Phone(pub Untrusted);

/// A customer's name: a person's is masked, a company's is public and shown as it is.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CustomerName(pub Untrusted);

impl fmt::Display for Document {
    /// CPF `***.456.789-**`, CNPJ `**.345.678/****-**`; anything else: only how long it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let places: Vec<char> = self.0.raw().chars().filter(char::is_ascii_alphanumeric).collect();
        let part = |from: usize, to: usize| places[from..to].iter().collect::<String>();
        match places.len() {
            11 => write!(f, "***.{}.{}-**", part(3, 6), part(6, 9)),
            14 => write!(f, "**.{}.{}/****-**", part(2, 5), part(5, 8)),
            n => write!(f, "*** ({n})"),
        }
    }
}

impl fmt::Display for Phone {
    /// The last four digits.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits: Vec<char> = self.0.raw().chars().filter(char::is_ascii_digit).collect();
        let last: String = digits.iter().skip(digits.len().saturating_sub(4)).collect();
        write!(f, "***{last}")
    }
}

impl fmt::Display for CustomerName {
    /// A person: first name and initial of the last (`Ana L.`). A company: as it is.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.0.raw();
        if is_company(name) {
            return write!(f, "{}", self.0);
        }
        let mut words = name.split_whitespace();
        let first = Untrusted::new(words.next().unwrap_or_default());
        match words.next_back().and_then(|w| w.chars().next()) {
            Some(initial) => {
                write!(f, "{first} {}.", Untrusted::new(initial.encode_utf8(&mut [0; 4])))
            }
            None => write!(f, "{first}"),
        }
    }
}

/// Brazilian company names end in their legal form or carry a word no person has.
fn is_company(name: &str) -> bool {
    const FORMS: [&str; 12] = [
        "LTDA", "ME", "EPP", "EIRELI", "S/A", "SA", "S.A.", "MEI", "CIA", "COMERCIO", "SERVICOS",
        "LTDA.",
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
        assert_eq!(name("Padaria do Zé LTDA"), "Padaria do Zé LTDA");
        let doc = |s: &str| Document(Untrusted::new(s)).to_string();
        assert_eq!(doc("123.456.789-00"), "***.456.789-**");
        assert_eq!(doc("12.345.678/0001-00"), "**.345.678/****-**");
        assert_eq!(doc("1A.B45.678/0001-00"), "**.B45.678/****-**");
        assert_eq!(doc("12"), "*** (2)");
        assert_eq!(Phone(Untrusted::new("(47) 90000-1234")).to_string(), "***1234");
        assert_eq!(format!("{:?}", Phone(Untrusted::new("47900001234"))), "Phone(***1234)");
    }
}
