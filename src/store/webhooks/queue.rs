//! What is to be passed on, in the order in which it came, sealed until it was.
//!
//! Must not do: send anything, or lose what was not passed on without counting it.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::store::Store;
use crate::store::codec::{Bad, bad, from_postcard, to_postcard};
use crate::store::error::StoreError;
use crate::store::rows::{Edit, Order, Rows};
use crate::store::tables::{FORWARDS, META, key_seq, seq_key};
use crate::store::webhooks::seal::Key;
use crate::store::webhooks::tallies::{self, Counted};
use crate::store::webhooks::{Delivery, before};

/// Number of the newest parcel.
const NEWEST: &[u8] = b"newest-forward";

/// A delivery as it came.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Parcel {
    /// When it came.
    pub received: Timestamp,
    /// Its Content-Type.
    pub content_type: Option<String>,
    /// Its path's query, without the secret.
    pub query: String,
    /// Its body, byte by byte.
    pub body: Vec<u8>,
}

/// The first of the queue.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Its number.
    pub number: u64,
    /// When it came.
    pub received: Timestamp,
    /// What it is; `None` where it was sealed by a key that is lost.
    pub parcel: Option<Parcel>,
}

/// How a parcel left the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It was passed on.
    Delivered,
    /// The target refuses it.
    Refused,
    /// It waited for too long, or too many did, or its key is lost.
    Dropped,
}

/// How many wait, and since when the first one does.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct QueueState {
    /// Parcels that wait.
    pub waiting: u64,
    /// When the first of them came.
    pub oldest: Option<Timestamp>,
}

/// Mirror of a [`Parcel`], without its time.
#[derive(Serialize, Deserialize)]
struct Sealed {
    content_type: Option<String>,
    query: String,
    body: Vec<u8>,
}

impl Store {
    /// The key, where one of these is to be passed on.
    pub(super) fn forward_key_for(&self, all: &[Delivery]) -> Result<Option<Key>, StoreError> {
        all.iter().any(|d| d.parcel.is_some()).then(|| self.forward_key()).transpose()
    }

    /// The parcel that waits for longest.
    ///
    /// # Errors
    /// Where the journal or the key can't be read.
    pub fn first_parcel(&self) -> Result<Option<Queued>, StoreError> {
        let Some((number, row)) = self.journal.read(first)? else { return Ok(None) };
        let key = self.forward_key()?;
        let (received, sealed) = self.journal.read(|journal| journal.believe(split(&row)))?;
        let opened = key.open(&seq_key(number), sealed);
        let opened = opened.and_then(|plain| from_postcard::<Sealed>(&plain).ok());
        let parcel = opened.map(|Sealed { content_type, query, body }| Parcel {
            received,
            content_type,
            query,
            body,
        });
        Ok(Some(Queued { number, received, parcel }))
    }

    /// Takes a parcel out of the queue, durably; what was not passed on is counted.
    ///
    /// # Errors
    /// Where the journal can't be written.
    pub fn settle_parcel(&self, number: u64, fate: Fate, now: Timestamp) -> Result<(), StoreError> {
        self.journal.write(|journal| {
            if journal.remove(FORWARDS, [seq_key(number)])? == 0 {
                return Ok(());
            }
            match fate {
                Fate::Delivered => Ok(()),
                Fate::Refused => tallies::count(journal, Counted::Refused, 1, now),
                Fate::Dropped => tallies::count(journal, Counted::Dropped, 1, now),
            }
        })
    }

    /// Drops what waits for longer than `most`; gives how many that were.
    ///
    /// # Errors
    /// Where the journal can't be written.
    pub fn drop_late_parcels(
        &self,
        most: SignedDuration,
        now: Timestamp,
    ) -> Result<u64, StoreError> {
        let until = before(now, most);
        let mut late = Vec::new();
        self.journal.read(|journal| {
            journal.walk(FORWARDS, &[], Order::Up, &mut |key, body| {
                let is_late = split(body)?.0 < until;
                if is_late {
                    late.push(key.to_vec());
                }
                Ok(is_late)
            })
        })?;
        if late.is_empty() {
            return Ok(0);
        }
        self.journal.write(|journal| {
            let gone = journal.remove(FORWARDS, &late)?;
            tallies::count(journal, Counted::Dropped, gone, now)?;
            Ok(gone)
        })
    }

    /// How the queue stands.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn queue_state(&self) -> Result<QueueState, StoreError> {
        self.journal.read(|journal| {
            let oldest = match first(journal)? {
                Some((_, row)) => Some(journal.believe(split(&row))?.0),
                None => None,
            };
            Ok(QueueState { waiting: journal.rows(FORWARDS)?, oldest })
        })
    }
}

/// Puts a parcel at the queue's end.
pub(super) fn add(journal: &Edit, parcel: &Parcel, key: &Key) -> Result<(), StoreError> {
    let number = journal.count(META, NEWEST)? + 1;
    let sealed = Sealed {
        content_type: parcel.content_type.clone(),
        query: parcel.query.clone(),
        body: parcel.body.clone(),
    };
    let plain = journal.believe(to_postcard(&sealed))?;
    let place = seq_key(number);
    let sealed = key.seal(&place, plain).ok_or_else(|| bad("what is passed on can't be sealed"));
    let sealed = journal.believe(sealed)?;
    let received = parcel.received.as_second().to_be_bytes();
    journal.put(FORWARDS, &place, &[&received[..], &sealed].concat())?;
    journal.put_count(META, NEWEST, number)
}

/// Drops the oldest where more than `most` wait; gives how many.
pub(super) fn drop_oldest(
    journal: &Edit,
    waiting: u64,
    most: u64,
    now: Timestamp,
) -> Result<u64, StoreError> {
    let Some(over) = waiting.checked_sub(most).filter(|n| *n > 0) else { return Ok(0) };
    let mut oldest = Vec::new();
    journal.walk(FORWARDS, &[], Order::Up, &mut |key, _| {
        oldest.push(key.to_vec());
        Ok((oldest.len() as u64) < over)
    })?;
    let gone = journal.remove(FORWARDS, &oldest)?;
    tracing::error!(dropped = gone, "too many webhooks wait to be passed on: the oldest are lost");
    tallies::count(journal, Counted::Dropped, gone, now)?;
    Ok(gone)
}

fn first(rows: &impl Rows) -> Result<Option<(u64, Vec<u8>)>, StoreError> {
    let mut found = None;
    rows.walk(FORWARDS, &[], Order::Up, &mut |key, body| {
        found = Some((number(key)?, body.to_vec()));
        Ok(false)
    })?;
    Ok(found)
}

fn number(key: &[u8]) -> Result<u64, Bad> {
    key_seq(key).ok_or_else(|| bad("a parcel without a number"))
}

/// When it came, and what is sealed.
fn split(row: &[u8]) -> Result<(Timestamp, &[u8]), Bad> {
    let wrong = || bad("a parcel without a time");
    let (seconds, sealed) = row.split_first_chunk::<8>().ok_or_else(wrong)?;
    let at = Timestamp::from_second(i64::from_be_bytes(*seconds)).map_err(|_| wrong())?;
    Ok((at, sealed))
}

/// Reads each one's time; what is sealed stays so.
pub(super) fn check(rows: &impl Rows) -> Result<(), StoreError> {
    rows.walk(FORWARDS, &[], Order::Up, &mut |key, body| {
        number(key)?;
        split(body).map(|_| true)
    })
}
