//! Documents and phones as they are kept: keyed HMACs, by which they are found and not read.
//!
//! A plain hash of a CPF is no protection, all of them can be tried in minutes; without the key
//! (`search.key`, 0600, in no backup) these are nothing. Must not do: let a number out.

use std::sync::OnceLock;

use ring::hmac;

use crate::domain::search::{LAST_DIGITS, PhoneNumber, document};
use crate::domain::{MatchedOn, ProviderRecord, Query};
use crate::store::key_file::KEY_BYTES;
use crate::store::search::marks::{MARK_BITS, Mark};

/// Phones of one record that are kept; nobody is called at more.
const PHONES_MAX: usize = 6;

/// How many ends of four digits there are.
const ENDS: usize = 10_000;

/// What a seal is of: the same digits are another seal in another place.
#[derive(Clone, Copy)]
enum Kind {
    Document,
    DocumentEnd,
    /// Area code and line.
    Phone,
    /// A line that was typed without an area code.
    PhoneBare,
    /// The line of any phone.
    PhoneLine,
    PhoneEnd,
}

/// Makes seals with a store's key.
pub(in crate::store) struct Sealer {
    key: hmac::Key,
    /// Few numbers end differently: each end is sealed once.
    ends: [Vec<OnceLock<Mark>>; 2],
}

impl Sealer {
    pub(in crate::store) fn new(key: &[u8; KEY_BYTES]) -> Self {
        let ends = || (0..ENDS).map(|_| OnceLock::new()).collect();
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, key), ends: [ends(), ends()] }
    }

    /// Tells one key from another, and nothing else about it.
    pub(in crate::store) fn id(&self) -> Vec<u8> {
        hmac::sign(&self.key, b"which key").as_ref()[..8].to_vec()
    }

    /// The seals of a record's document and phones.
    pub(in crate::store) fn of_record(&self, record: &ProviderRecord) -> Vec<Mark> {
        let mut seals = Vec::new();
        if let Some(places) = record.document.as_ref().and_then(|d| document(d.0.raw())) {
            seals.push(self.seal(Kind::Document, &places));
            seals.extend(self.end(Kind::DocumentEnd, &places));
        }
        let phones = record.phone.iter().flat_map(|p| PhoneNumber::all(p.0.raw()));
        for phone in phones.take(PHONES_MAX) {
            seals.push(match &phone.area {
                Some(area) => self.seal(Kind::Phone, &format!("{area}{}", phone.line)),
                None => self.seal(Kind::PhoneBare, &phone.line),
            });
            seals.push(self.seal(Kind::PhoneLine, &phone.line));
            seals.extend(self.end(Kind::PhoneEnd, &phone.line));
        }
        seals
    }

    /// The seals that a query may be found by.
    pub(in crate::store) fn of_query(&self, query: &Query) -> Vec<(Mark, MatchedOn)> {
        let mut seals = Vec::new();
        if let Some(places) = query.document() {
            seals.push((self.seal(Kind::Document, places), MatchedOn::Document));
        }
        match query.phone() {
            Some(PhoneNumber { area: Some(area), line }) => {
                let whole = self.seal(Kind::Phone, &format!("{area}{line}"));
                seals.push((whole, MatchedOn::Phone));
                seals.push((self.seal(Kind::PhoneBare, line), MatchedOn::Phone));
            }
            Some(PhoneNumber { area: None, line }) => {
                seals.push((self.seal(Kind::PhoneLine, line), MatchedOn::Phone));
            }
            None => {}
        }
        if let Some(last) = query.last() {
            let end = |kind, on| self.end(kind, last).map(|seal| (seal, on));
            seals.extend(end(Kind::DocumentEnd, MatchedOn::Document));
            seals.extend(end(Kind::PhoneEnd, MatchedOn::Phone));
        }
        seals
    }

    /// The seal of the last four digits; `None` where they are none.
    fn end(&self, kind: Kind, number: &str) -> Option<Mark> {
        let last = number.get(number.len().checked_sub(LAST_DIGITS)?..)?;
        let at: usize = last.parse().ok()?;
        let ends = &self.ends[usize::from(matches!(kind, Kind::PhoneEnd))];
        Some(*ends.get(at)?.get_or_init(|| self.seal(kind, last)))
    }

    fn seal(&self, kind: Kind, number: &str) -> Mark {
        let mut context = hmac::Context::with_key(&self.key);
        context.update(&[kind as u8]);
        context.update(number.as_bytes());
        let tag = context.sign();
        let first = tag.as_ref().first_chunk::<8>().map_or(0, |b| u64::from_be_bytes(*b));
        Mark(first >> (u64::BITS - MARK_BITS))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Untrusted;
    use crate::domain::subscriber::{Document, Phone};

    fn record(document: &str, phone: &str) -> ProviderRecord {
        ProviderRecord {
            document: Untrusted::present(document).map(Document),
            phone: Untrusted::present(phone).map(Phone),
            ..ProviderRecord::default()
        }
    }

    #[test]
    fn a_number_is_found_in_any_spelling_and_by_its_end() {
        let sealer = Sealer::new(&[7; KEY_BYTES]);
        let finds = |record: &ProviderRecord, typed: &str| {
            let query = Query::new(typed).unwrap();
            let held = sealer.of_record(record);
            let found = sealer.of_query(&query).into_iter().find(|(s, _)| held.contains(s));
            found.map(|(_, on)| on)
        };
        let ana = record("123.456.789-00", "(47) 91234-5678 / 47 3333-4444");
        for (typed, on) in [
            ("12345678900", Some(MatchedOn::Document)),
            ("123.456.789-00", Some(MatchedOn::Document)),
            ("8900", Some(MatchedOn::Document)),
            ("47 9 1234-5678", Some(MatchedOn::Phone)),
            ("1234-5678", Some(MatchedOn::Phone)),
            ("+55 47 3333 4444", Some(MatchedOn::Phone)),
            ("4444", Some(MatchedOn::Phone)),
            ("48 91234-5678", None),
            ("12345678901", None),
            ("1234", None),
        ] {
            assert_eq!(finds(&ana, typed), on, "{typed}");
        }
        let bare = record("", "91234-5678");
        assert_eq!(finds(&bare, "47 91234-5678"), Some(MatchedOn::Phone));
        let company = record("1A.B45.678/0001-00", "");
        assert_eq!(finds(&company, "1ab45678000100"), Some(MatchedOn::Document));
    }

    #[test]
    fn another_key_seals_otherwise() {
        let (one, other) = (Sealer::new(&[1; KEY_BYTES]), Sealer::new(&[2; KEY_BYTES]));
        let ana = record("123.456.789-00", "47 91234-5678");
        assert_ne!(one.id(), other.id());
        let (a, b) = (one.of_record(&ana), other.of_record(&ana));
        assert_eq!(a.len(), 5);
        assert!(a.iter().all(|seal| !b.contains(seal)));
    }
}
