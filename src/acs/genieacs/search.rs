//! Searches GenieACS itself, by what somebody typed: serials, MACs, logins and models.
//!
//! Text with `*` is a pattern for GenieACS, in which of all other signs only the first is taken
//! for itself (`lib/query.ts`), and a worker dies of a broken one: so only letters, digits and a
//! few signs that mean nothing ever stand between the stars. Must not do: ask for anything else.

use serde_json::{Value, json};

use crate::acs::genieacs::GenieAcs;
use crate::acs::genieacs::fields::Field;
use crate::acs::genieacs::holding::{numbered, packed, spelled};
use crate::acs::sought::texts;
use crate::domain::identity::{Shape, classify};
use crate::domain::{AcsDevice, Query};
use crate::ports::{FetchError, Found};

/// Devices that one request may answer, for each that is wanted: some are filtered out here.
const ASKED_FOR_EACH: usize = 4;

impl GenieAcs {
    /// Devices that match.
    pub(super) fn search_for_query(
        &self,
        query: &Query,
        most: usize,
    ) -> Result<Found<AcsDevice>, FetchError> {
        let mut found = Found::default();
        // It knows no persons, and need not be told of one.
        if query.is_written_as_a_persons() {
            return Ok(found);
        }
        self.client.begin_fetch();
        let limit = most.saturating_mul(ASKED_FOR_EACH);
        for conditions in packed(self.conditions(query)) {
            let request = self.all().query("query", conditions).query("limit", limit.to_string());
            let (devices, _) = self.short_list(&request, "devices by what was typed")?;
            found.more |= devices.len() >= limit;
            for device in devices {
                found.add(device, |device| query.matches_device(device), most);
            }
        }
        Ok(found)
    }

    fn conditions(&self, query: &Query) -> Vec<Value> {
        let texts = texts(query);
        let word = query.words().iter().max_by_key(|word| word.len()).cloned();
        let models = [Field::Model, Field::ProductClass, Field::Manufacturer];
        let asked: [(&[Field], Vec<String>); 3] = [
            (&[Field::Serial], texts.serials),
            (&[Field::Login], texts.logins),
            (&models, word.into_iter().collect()),
        ];
        let mut conditions = Vec::new();
        for (fields, texts) in asked {
            let patterns: Vec<String> = texts.iter().flat_map(|text| cases(text)).collect();
            for path in fields.iter().flat_map(|field| self.paths.of(*field)) {
                for path in numbered(&path) {
                    conditions.extend(patterns.iter().map(|p| json!({ &path: format!("*{p}*") })));
                }
            }
        }
        if let Shape::Mac(mac) | Shape::Either(_, mac) = classify(query.raw()) {
            let spelled = spelled(&mac.to_string());
            let paths = self.paths.of(Field::Mac);
            let paths = paths.iter().flat_map(|path| numbered(path));
            conditions.extend(paths.map(|path| json!({ path: { "$in": &spelled } })));
        }
        if is_harmless(query.raw()) {
            conditions.push(json!({ "_id": query.raw() }));
        }
        conditions
    }
}

/// A text as devices may write it; nothing of one that could be more than text. GenieACS tells
/// upper case from lower.
fn cases(text: &str) -> Vec<String> {
    if !is_harmless(text) {
        return Vec::new();
    }
    let mut all = vec![text.to_owned()];
    for other in [text.to_uppercase(), text.to_lowercase()] {
        if !all.contains(&other) {
            all.push(other);
        }
    }
    all
}

/// Letters, digits, and signs that mean themselves or any one sign in a pattern.
fn is_harmless(text: &str) -> bool {
    let fits = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.' | b':' | b'@');
    !text.is_empty() && text.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_but_text_stands_between_the_stars() {
        assert_eq!(cases("hg8145"), ["hg8145", "HG8145"]);
        for odd in ["a*b", "a/b", "a(b", "a[b", "a\\b", "a$", "é", "a b", ""] {
            assert!(cases(odd).is_empty(), "{odd}");
        }
    }
}
