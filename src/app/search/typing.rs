//! Searching while somebody types: what was read of the store is kept between two letters, and
//! read again once the store was changed.
//!
//! Must not do: keep it longer than whoever opened it.

use std::sync::{Mutex, PoisonError};

use crate::app::error::AppError;
use crate::app::search::{SearchAnswer, Searcher};
use crate::app::store_admin;
use crate::config::Settings;
use crate::domain::Query;

/// How often both files of a store were changed.
type Changes = Option<[u64; 2]>;

/// A searcher that is opened by the first search.
#[derive(Default)]
pub struct Typing(Mutex<Option<(Changes, Searcher)>>);

impl Typing {
    /// The best `most` devices.
    ///
    /// # Errors
    /// As [`Searcher::open`] and [`Searcher::search`].
    pub fn search(
        &self,
        settings: &Settings,
        query: &Query,
        most: usize,
    ) -> Result<SearchAnswer, AppError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let changes = store_admin::changes(settings);
        // Where it can't be told whether the store was changed, it is read anew.
        let known = kept.take().filter(|(then, _)| changes.is_some() && *then == changes);
        let mut searcher = match known {
            Some((_, searcher)) => searcher,
            None => Searcher::open(settings)?,
        };
        let answer = searcher.search(query, most);
        *kept = Some((changes, searcher));
        answer
    }
}
