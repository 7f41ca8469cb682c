//! What the receiver has to tell an administrator, counted: kinds that nobody knows, and
//! deliveries that were not passed on.
//!
//! Must not do: keep more of a payload than the word of its kind.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::Untrusted;
use crate::domain::subscriber::scrub;
use crate::store::Store;
use crate::store::codec::{bad, from_json, to_json};
use crate::store::error::StoreError;
use crate::store::rows::{Edit, Order, Rows};
use crate::store::tables::TALLIES;

/// So much of a kind's word is kept.
const WORD_CHARS_MAX: usize = 64;

/// So many different words are; whoever sends more sends no kinds.
const WORDS_MAX: u64 = 100;

const REFUSED: &[u8] = b"forward-refused";
const DROPPED: &[u8] = b"forward-dropped";
const UNMAPPED: &[u8] = b"unmapped:";

/// What is counted.
#[derive(Clone, Copy)]
pub(super) enum Counted<'a> {
    /// A kind that nobody knows.
    Unmapped(&'a Untrusted),
    /// The target refused it.
    Refused,
    /// It was dropped.
    Dropped,
}

/// How often, and when last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// How often.
    pub n: u64,
    /// When it was first counted.
    pub first: Timestamp,
    /// When it was last.
    pub last: Timestamp,
}

/// Everything that was counted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tallies {
    /// Kinds that nobody knows, by their word.
    pub unmapped: Vec<(Untrusted, Tally)>,
    /// Deliveries that the target refused.
    pub refused: Option<Tally>,
    /// Deliveries that were dropped.
    pub dropped: Option<Tally>,
}

impl Store {
    /// What the receiver has counted so far.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn webhook_tallies(&self) -> Result<Tallies, StoreError> {
        self.journal.read(all)
    }
}

/// Counts `n` more.
pub(super) fn count(
    journal: &Edit,
    what: Counted<'_>,
    n: u64,
    now: Timestamp,
) -> Result<(), StoreError> {
    let mut key = match what {
        Counted::Refused => REFUSED.to_vec(),
        Counted::Dropped => DROPPED.to_vec(),
        Counted::Unmapped(word) => {
            let word: String = scrub(word.raw()).chars().take(WORD_CHARS_MAX).collect();
            [UNMAPPED, word.as_bytes()].concat()
        }
    };
    let mut before = journal.get(TALLIES, &key)?;
    if before.is_none() && key.starts_with(UNMAPPED) && journal.rows(TALLIES)? >= WORDS_MAX {
        key = [UNMAPPED, "…".as_bytes()].concat();
        before = journal.get(TALLIES, &key)?;
    }
    let tally = match before {
        Some(body) => {
            let known: Tally = journal.believe(from_json(&body))?;
            Tally { n: known.n.saturating_add(n), last: now, ..known }
        }
        None => Tally { n, first: now, last: now },
    };
    let body = journal.believe(to_json(&tally))?;
    journal.put(TALLIES, &key, &body)
}

pub(super) fn all(rows: &impl Rows) -> Result<Tallies, StoreError> {
    let mut tallies = Tallies::default();
    rows.walk(TALLIES, &[], Order::Up, &mut |key, body| {
        let tally: Tally = from_json(body)?;
        match key {
            REFUSED => tallies.refused = Some(tally),
            DROPPED => tallies.dropped = Some(tally),
            _ => {
                let word = key.strip_prefix(UNMAPPED).and_then(|w| std::str::from_utf8(w).ok());
                let word = word.ok_or_else(|| bad("an unknown tally of the receiver"))?;
                tallies.unmapped.push((Untrusted::new(word), tally));
            }
        }
        Ok(true)
    })?;
    Ok(tallies)
}
