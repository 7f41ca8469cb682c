//! What a source answers to a search.
//!
//! Must not do: rank or pair what was found.

use crate::domain::MatchedOn;

/// What a source found.
#[derive(Clone, Debug, PartialEq)]
pub struct Found<R> {
    /// Each record once, with what of it matched.
    pub records: Vec<(R, MatchedOn)>,
    /// Were there more than wanted?
    pub more: bool,
    /// What the source could not be asked for: a device may match there and not be found.
    pub not_asked: Vec<MatchedOn>,
}

impl<R: PartialEq> Found<R> {
    /// Adds a record that matches, once; past `most` it is only noted that there are more.
    pub fn add(&mut self, record: R, matches: impl FnOnce(&R) -> Option<MatchedOn>, most: usize) {
        let Some(on) = matches(&record) else { return };
        if self.records.iter().any(|(known, _)| *known == record) {
            return;
        }
        if self.records.len() >= most {
            self.more = true;
        } else {
            self.records.push((record, on));
        }
    }
}

impl<R> Default for Found<R> {
    fn default() -> Self {
        Self { records: Vec::new(), more: false, not_asked: Vec::new() }
    }
}
