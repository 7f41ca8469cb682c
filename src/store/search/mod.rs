//! Search over the newest lists of both sides: held in memory while somebody types, or looked
//! through once.
//!
//! Beside each piece of a list's entries stands what is searched of it (`piece`): folded text
//! to look through, and marks, by which ids, whole serials and people's sealed numbers are found.
//! Only what is shown is decoded from the entries themselves. Must not do: show anything of a run
//! that is not in the journal, or keep a person's number but sealed.

mod find;
mod links;
mod look;
mod marks;
mod piece;
mod reading;
mod seal;

use jiff::Timestamp;

use crate::domain::{AcsDevice, MatchedOn, ProviderRecord, Query};
use crate::store::baseline::acknowledged_head;
use crate::store::error::StoreError;
use crate::store::rows::{Edit, Rows, View};
use crate::store::series::Series;
use crate::store::tables::META;
use crate::store::{Pii, SEARCH_KEY_FILE, Store};

use links::{Chain, Links};
use reading::Unread;

pub(in crate::store) use piece::{is_searched, stored};
pub(in crate::store) use seal::Sealer;

/// Which key the newest seals were made with.
const SEALED_WITH: &[u8] = b"search-key";

/// The newest lists of both sides, ready to be searched.
pub struct SearchIndex {
    acs: Option<Links>,
    provider: Option<Links>,
    /// Makes a query's seals; `None` where nothing could be found by them.
    sealer: Option<Sealer>,
    people: People,
}

/// Can people be found in a store?
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum People {
    /// By name, document and phone.
    Kept,
    /// By name alone: the key of the seals is not the one that they were made with.
    KeyLost,
    /// Not at all: `store_pii` is `none`.
    NotKept,
}

/// What was found.
#[derive(Debug, Default, PartialEq)]
pub struct Hits {
    /// Devices of the ACS: those found, then those of the same box as a record found.
    pub acs: Vec<AcsDevice>,
    /// The same of the Provider.
    pub provider: Vec<ProviderRecord>,
    /// Which of these were found, best first, and by what.
    pub found: Vec<(Place, MatchedOn)>,
    /// Was more found than wanted?
    pub more: bool,
}

/// An answer, with what is to be known of the lists that it is from.
#[derive(Debug)]
pub struct Answered {
    /// What was found.
    pub hits: Hits,
    /// As [`SearchIndex::taken`].
    pub taken: (Option<Timestamp>, Option<Timestamp>),
    /// As [`SearchIndex::people`].
    pub people: People,
}

/// Where a record stands in [`Hits`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// In the ACS's list.
    Acs(usize),
    /// In the Provider's.
    Provider(usize),
}

impl SearchIndex {
    /// When the lists were read: the ACS's, the Provider's; `None` of one never read whole.
    #[must_use]
    pub fn taken(&self) -> (Option<Timestamp>, Option<Timestamp>) {
        (self.acs.as_ref().map(|l| l.taken), self.provider.as_ref().map(|l| l.taken))
    }

    /// Can people be found in it?
    #[must_use]
    pub fn people(&self) -> People {
        self.people
    }

    /// How many bytes it holds.
    #[must_use]
    pub fn bytes(&self) -> usize {
        self.acs.iter().chain(&self.provider).map(Links::bytes).sum()
    }
}

impl Store {
    /// Reads what is searched; `None` where there is no list yet.
    ///
    /// # Errors
    /// Where a file can't be read, or holds what acerto did not write.
    pub fn search_index(&self) -> Result<Option<SearchIndex>, StoreError> {
        self.with_unread(|view, unread| unread.read(view))
    }

    /// What [`Store::search`] finds, for one who searches once: what is searched is not kept.
    /// `None` where there is no list yet.
    ///
    /// # Errors
    /// As [`Store::search`].
    pub fn search_once(&self, query: &Query, most: usize) -> Result<Option<Answered>, StoreError> {
        self.with_unread(|view, unread| find::once(view, unread, query, most))
    }

    fn with_unread<T>(
        &self,
        read: impl FnOnce(&View, Unread) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        let Some(history) = self.history_file()? else { return Ok(None) };
        let key = self.key_file_there(SEARCH_KEY_FILE)?;
        let sealer = key.map(|key| Sealer::new(&key));
        self.journal.read(|journal| {
            history.read(|view| {
                let acs = chain(journal, view, Series::Acs)?;
                let provider = chain(journal, view, Series::Provider)?;
                if acs.is_none() && provider.is_none() {
                    return Ok(None);
                }
                let people = self.people(view, sealer.as_ref())?;
                let sealer = sealer.filter(|_| people == People::Kept);
                read(view, Unread { acs, provider, sealer, people }).map(Some)
            })
        })
    }

    fn people(&self, view: &View, sealer: Option<&Sealer>) -> Result<People, StoreError> {
        if self.options.store_pii == Pii::None {
            return Ok(People::NotKept);
        }
        let with = view.get(META, SEALED_WITH)?;
        let is_same = with.is_some() && with == sealer.map(Sealer::id);
        Ok(if is_same { People::Kept } else { People::KeyLost })
    }

    /// The best `most` of what matches, with the records of the same boxes on the other side.
    /// `None` where the lists are gone since: read the index again.
    ///
    /// # Errors
    /// Where a file can't be read, or holds what acerto did not write.
    pub fn search(
        &self,
        index: &SearchIndex,
        query: &Query,
        most: usize,
    ) -> Result<Option<Hits>, StoreError> {
        let Some(history) = self.history_file()? else { return Ok(None) };
        history.read(|view| {
            for links in index.acs.iter().chain(&index.provider) {
                if !links.are_still_there(view)? {
                    return Ok(None);
                }
            }
            find::search(view, index, query, most)
        })
    }
}

/// Notes which key the lists being written were sealed with.
pub(in crate::store) fn note_key(
    edit: &Edit,
    sealed_with: Option<&[u8]>,
) -> Result<(), StoreError> {
    match sealed_with {
        Some(id) => edit.put(META, SEALED_WITH, id),
        None => edit.remove(META, [SEALED_WITH]).map(|_| ()),
    }
}

fn chain(journal: &View, view: &View, series: Series) -> Result<Option<Chain>, StoreError> {
    let Some((seq, head)) = acknowledged_head(journal, view, series)? else { return Ok(None) };
    let taken = view.believe(head.taken.time())?;
    Chain::of(view, series, seq, taken).map(Some)
}
