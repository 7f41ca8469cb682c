//! Searching for devices by what a caller tells: a name, a document, a phone, a serial.
//!
//! From the store what the last reading knew, in milliseconds while somebody types ([`Searcher`]),
//! else [`once`]; or what both systems say now ([`live`]). Must not do: unmask anybody; who shows a
//! result masks it.

mod boxes;
mod live;
mod reveal;
mod typing;

use jiff::Timestamp;

use crate::app::error::AppError;
use crate::app::memory;
use crate::config::Settings;
use crate::domain::search::{LETTERS_MAX, LETTERS_MIN};
use crate::domain::{AcsDevice, MatchedOn, ProviderRecord, Query, QueryError, Side};
use crate::store::{Answered, People, SearchIndex, Store};

pub use live::live;
pub use reveal::reveal;
pub use typing::Typing;

/// A device that was found: its record on each side, as far as that side has one.
#[derive(Clone, Debug, PartialEq)]
pub struct FoundDevice {
    /// In the ACS.
    pub acs: Option<AcsDevice>,
    /// In the Provider.
    pub provider: Option<ProviderRecord>,
    /// By what it was found.
    pub matched_on: MatchedOn,
}

/// The answer to a search.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct SearchAnswer {
    /// Devices, best first.
    pub devices: Vec<FoundDevice>,
    /// Are there more than were wanted?
    pub more: bool,
    /// When what was searched had been read: the ACS, the Provider; `None` of a side that was
    /// not.
    pub read: (Option<Timestamp>, Option<Timestamp>),
    /// What could not be searched.
    pub remarks: Vec<SearchRemark>,
    /// Of a live search: the sides that could not be asked at all, with the exit code of it.
    pub failed: Option<u8>,
}

/// What could not be searched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SearchRemark {
    /// Documents and phones are sealed with a key that is no longer there.
    KeyLost,
    /// Nothing of people is kept.
    PeopleNotKept,
    /// A system can't be asked for these.
    NotAsked(Side, Vec<MatchedOn>),
    /// A system could not be asked at all; the sentence is safe to show.
    Failed(Side, String),
    /// The other system was not asked for all that one found.
    OneSided,
}

/// Searches one store, again and again.
pub struct Searcher {
    store: Store,
    index: SearchIndex,
}

impl Searcher {
    /// Reads what is searched.
    ///
    /// # Errors
    /// Where nothing is remembered yet, or the store can't be read.
    pub fn open(settings: &Settings) -> Result<Self, AppError> {
        let store = memory::glance(settings)?;
        let index = store.search_index()?.ok_or_else(|| nothing_read(settings))?;
        Ok(Self { store, index })
    }

    /// The best `most` devices.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn search(&mut self, query: &Query, most: usize) -> Result<SearchAnswer, AppError> {
        let records = records(most);
        if let Some(hits) = self.store.search(&self.index, query, records)? {
            let (taken, people) = (self.index.taken(), self.index.people());
            return Ok(answer(Answered { hits, taken, people }, query, most));
        }
        // Another process pruned the lists since they were read; of what is looked through at once
        // none is, and what is missing then is damage.
        if let Some(index) = self.store.search_index()? {
            self.index = index;
        }
        let answered = self.store.search_once(query, records)?;
        Ok(answered.map_or_else(SearchAnswer::default, |found| answer(found, query, most)))
    }
}

/// The best `most` devices, for one who searches once.
///
/// # Errors
/// As [`Searcher::open`] and [`Searcher::search`].
pub fn once(settings: &Settings, query: &Query, most: usize) -> Result<SearchAnswer, AppError> {
    let store = memory::glance(settings)?;
    let found = store.search_once(query, records(most))?;
    Ok(answer(found.ok_or_else(|| nothing_read(settings))?, query, most))
}

/// A device has two records at most.
fn records(most: usize) -> usize {
    most.saturating_mul(2)
}

fn answer(Answered { hits, taken, people }: Answered, query: &Query, most: usize) -> SearchAnswer {
    let mut answer = boxes::together(hits, most);
    answer.read = taken;
    answer.remarks.extend(remark(people, query));
    answer
}

/// Where a person might have been found and can't be.
fn remark(people: People, query: &Query) -> Option<SearchRemark> {
    match people {
        People::Kept => None,
        People::KeyLost => query.may_be_a_persons().then_some(SearchRemark::KeyLost),
        People::NotKept => Some(SearchRemark::PeopleNotKept),
    }
}

/// What somebody typed, as a query.
///
/// # Errors
/// Where nothing can be looked for by it.
pub fn query(typed: &str) -> Result<Query, AppError> {
    Query::new(typed).map_err(|error| match error {
        QueryError::TooShort => AppError::usage(
            format!("a search needs at least {LETTERS_MIN} letters or digits"),
            &["a name, CPF or CNPJ, phone, login, serial, MAC, model or contract"],
        ),
        QueryError::TooLong => AppError::usage(
            format!("a search takes at most {LETTERS_MAX} characters"),
            &["one name, number or serial at a time; `explain --keys FILE` takes lists of keys"],
        ),
    })
}

fn nothing_read(settings: &Settings) -> AppError {
    let what = format!("no list is remembered yet in {}", memory::shown(settings));
    AppError::not_found(what, &["run `acerto --reconcile` first", "or ask the systems: --live"])
}
