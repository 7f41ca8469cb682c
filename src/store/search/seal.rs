//! Documents and phones as they are kept: keyed HMACs, by which they are found and not read.
//!
//! A plain hash of a CPF is no protection, all of them can be tried in minutes; without the key
//! (`search.key`, 0600, in no backup) these are nothing. Must not do: let a number out.

use std::sync::OnceLock;

use hmac::digest::Key;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::domain::search::{LAST_DIGITS, PhoneNumber, document};
use crate::domain::{MatchedOn, ProviderRecord, Query};
use crate::store::codec::fingerprint::Printer;
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
    /// The key, mixed in already: what is left to do of each seal are two blocks.
    keyed: Hmac<Sha256>,
    /// Few numbers end differently: each end is sealed once.
    ends: [Vec<OnceLock<Mark>>; 2],
}

impl Sealer {
    pub(in crate::store) fn new(key: &[u8; KEY_BYTES]) -> Self {
        let ends = || (0..ENDS).map(|_| OnceLock::new()).collect();
        // A key shorter than a block is filled up with zeros (RFC 2104 section 2).
        let mut block = Key::<Hmac<Sha256>>::default();
        block[..KEY_BYTES].copy_from_slice(key);
        Self { keyed: Hmac::new(&block), ends: [ends(), ends()] }
    }

    /// Tells one key from another, and nothing else about it.
    pub(in crate::store) fn id(&self) -> Vec<u8> {
        self.keyed.clone().chain_update(b"which key").finalize().into_bytes()[..8].to_vec()
    }

    /// The key of what tells whether a row is as it was.
    pub(in crate::store) fn print_key(&self) -> [u8; 16] {
        let tag = self.keyed.clone().chain_update(Printer::PURPOSE).finalize().into_bytes();
        tag.first_chunk().copied().unwrap_or_default()
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
        let keyed = self.keyed.clone().chain_update([kind as u8]).chain_update(number);
        let tag = keyed.finalize().into_bytes();
        let first = tag.first_chunk::<8>().map_or(0, |b| u64::from_be_bytes(*b));
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

    /// Stores of older versions hold what `ring` made of the same key.
    #[test]
    fn a_seal_is_the_hmac_of_the_standard() {
        let key = [7; KEY_BYTES];
        let theirs = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, &key);
        let sealer = Sealer::new(&key);
        let id = ring::hmac::sign(&theirs, b"which key");
        assert_eq!(sealer.id(), id.as_ref()[..8]);
        let tag = ring::hmac::sign(&theirs, &[&[Kind::Phone as u8][..], b"47912345678"].concat());
        let first = u64::from_be_bytes(*tag.as_ref().first_chunk().unwrap());
        let Mark(seal) = sealer.seal(Kind::Phone, "47912345678");
        assert_eq!(seal, first >> (u64::BITS - MARK_BITS));
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
