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

impl<R> Default for Found<R> {
    fn default() -> Self {
        Self { records: Vec::new(), more: false, not_asked: Vec::new() }
    }
}
