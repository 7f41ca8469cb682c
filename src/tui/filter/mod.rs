//! Which differences a list shows: filtered by what was typed, and grouped by a column.
//!
//! Case and accents do not count. Must not do: fail. What can't be read as a condition is a word.

pub mod column;
mod fields;
mod index;
mod terms;
#[cfg(test)]
mod tests;

use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use unicode_normalization::UnicodeNormalization as _;

use crate::engine::{Cause, Finding, Reconciliation};

pub use column::Column;
pub use index::Index;

use index::Haystacks;
use terms::Term;

/// More than this are not put in order of how well they fit: nobody reads so far, and a letter
/// more leaves fewer.
const RANKED_MOST: usize = 200_000;

/// What a list is to show.
#[derive(Clone, Debug, Default)]
pub struct Wanted {
    /// Only this cause.
    pub cause: Option<Cause>,
    /// The filter as it was typed.
    pub filter: String,
    /// Grouped by this column.
    pub group: Option<Column>,
    /// The time from which ages count.
    pub now: Timestamp,
    /// The words of the run's findings; made once, by the first filter that needs them.
    pub index: Arc<Index>,
    /// A filter is about to be typed: the words are made ready.
    pub warm: bool,
}

/// One line of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Line {
    /// A group, and how many findings it has.
    Group(String, u32),
    /// A finding, by its place in the run.
    Finding(u32),
}

/// The lines that fit, in the order of the run; of a fuzzy word the best first; grouped ones by
/// the size of their groups.
#[must_use]
pub fn lines(answer: &Reconciliation, wanted: &Wanted) -> Vec<Line> {
    let terms = terms::read(&wanted.filter, answer);
    if wanted.warm {
        wanted.index.of(answer);
    }
    let places = places(answer, wanted, &terms);
    match &wanted.group {
        None => places.into_iter().map(Line::Finding).collect(),
        Some(column) => grouped(answer, &places, column),
    }
}

fn places(answer: &Reconciliation, wanted: &Wanted, terms: &[Term]) -> Vec<u32> {
    let all = &answer.findings;
    let of_cause = |f: &Finding| wanted.cause.is_none_or(|cause| f.cause == cause);
    let count = u32::try_from(all.len()).unwrap_or(u32::MAX);
    if terms.is_empty() {
        return (0..count).filter(|place| of_cause(&all[*place as usize])).collect();
    }
    let words = terms.iter().any(Term::needs_words).then(|| wanted.index.of(answer));
    let first = words.and_then(|words| longest(terms).map(|term| term.scan(words)));
    let fits = |place: u32| {
        let finding = &all[place as usize];
        of_cause(finding) && terms.iter().all(|t| t.fits(finding, (place, words), wanted.now))
    };
    let places: Vec<u32> = match first {
        Some(found) => found.into_iter().filter(|place| fits(*place)).collect(),
        None => (0..count).filter(|place| fits(*place)).collect(),
    };
    ranked(places, words, terms)
}

/// The condition whose text is looked for in all records at once: the longest finds the fewest.
fn longest(terms: &[Term]) -> Option<&Term> {
    terms.iter().filter(|term| term.needle().is_some()).max_by_key(|term| term.needle())
}

/// By how well they fit a fuzzy word.
fn ranked(places: Vec<u32>, words: Option<&Haystacks>, terms: &[Term]) -> Vec<u32> {
    let Some(words) = words else { return places };
    if places.len() > RANKED_MOST || !terms.iter().any(Term::ranks) {
        return places;
    }
    let score = |place: u32| terms.iter().filter_map(|t| t.score(words.key(place))).sum::<i64>();
    let mut scored: Vec<(Reverse<i64>, u32)> =
        places.into_iter().map(|place| (Reverse(score(place)), place)).collect();
    scored.sort_unstable();
    scored.into_iter().map(|(_, place)| place).collect()
}

fn grouped(answer: &Reconciliation, places: &[u32], column: &Column) -> Vec<Line> {
    let column = column.of(answer);
    let mut groups: Vec<(String, Vec<u32>)> = Vec::new();
    let mut known = HashMap::new();
    for place in places {
        let value = column.value(&answer.findings[*place as usize]);
        let value = value.unwrap_or_else(|| "-".to_owned());
        let at = *known.entry(value.clone()).or_insert_with(|| {
            groups.push((value, Vec::new()));
            groups.len() - 1
        });
        groups[at].1.push(*place);
    }
    groups.sort_by(|a, b| (b.1.len(), &a.0).cmp(&(a.1.len(), &b.0)));
    let lines = groups.into_iter().flat_map(|(name, places)| {
        let count = u32::try_from(places.len()).unwrap_or(u32::MAX);
        std::iter::once(Line::Group(name, count)).chain(places.into_iter().map(Line::Finding))
    });
    lines.collect()
}

/// Without case and accents.
#[must_use]
pub fn folded(text: &str) -> String {
    if text.is_ascii() {
        return text.to_ascii_lowercase();
    }
    let bare = text.nfd().filter(|c| !unicode_normalization::char::is_combining_mark(*c));
    bare.flat_map(char::to_lowercase).collect()
}
