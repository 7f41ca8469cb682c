//! What the receiver of webhooks keeps: events and coverage, replays, and the queue of what is
//! to be passed on. What it takes, it takes in one durable step.
//!
//! Must not do: keep anything of a delivery but time, kind and key of its events, except sealed
//! and until it was passed on.

mod lock;
mod queue;
mod seal;
mod tallies;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{CoverageKind, Event, Mark, Untrusted};
use crate::store::Store;
use crate::store::codec::{bad, from_json, to_json};
use crate::store::error::StoreError;
use crate::store::marks;
use crate::store::rows::{Edit, Order, Rows};
use crate::store::tables::{FORWARDS, REPLAYS};

pub use lock::ListenLock;
pub use queue::{Fate, Parcel, QueueState, Queued};
pub use tallies::{Tallies, Tally};

use tallies::Counted;

/// And so often in one turn: whoever sends waits meanwhile.
const FORGET_TIMES: usize = 5;
/// So many replays are forgotten in one step: others wait for it.
const FORGET_MOST: usize = 10_000;

/// One delivery, as it is to be kept.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Digest of what identifies it.
    pub digest: [u8; 32],
    /// Until when one like it is a replay.
    pub known_until: Timestamp,
    /// What it told.
    pub events: Vec<Event>,
    /// Kinds that nobody knows, as they were written.
    pub unmapped: Vec<Untrusted>,
    /// What is to be passed on, where anything is.
    pub parcel: Option<Parcel>,
}

/// What became of a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is kept, durably.
    Accepted,
    /// It was kept before.
    Replayed,
}

/// What became of deliveries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Received {
    /// Of each, in their order.
    pub taken: Vec<Taken>,
    /// How many of those that waited to be passed on were dropped for them.
    pub dropped: u64,
}

/// An interval in which the receiver was up and could write: first and last instant.
pub type Watched = (Timestamp, Timestamp);

impl Store {
    /// Takes deliveries, and notes that somebody listened, all in one durable step; where it is
    /// an error, nothing was taken. `most` parcels wait at most: older ones are dropped, and
    /// counted.
    ///
    /// # Errors
    /// Where the journal can't be written.
    pub fn receive(
        &self,
        deliveries: &[Delivery],
        watched: Option<Watched>,
        now: Timestamp,
        most: u64,
    ) -> Result<Received, StoreError> {
        if watched.is_none() && self.all_known(deliveries, now)? {
            let taken = vec![Taken::Replayed; deliveries.len()];
            return Ok(Received { taken, dropped: 0 });
        }
        let key = self.forward_key_for(deliveries)?;
        self.journal.write(|journal| {
            let mut all = Vec::with_capacity(deliveries.len());
            let mut room = Some(journal.rows(FORWARDS)?);
            for delivery in deliveries {
                if is_known(journal, delivery, now)? {
                    all.push(Taken::Replayed);
                    continue;
                }
                keep(journal, delivery, now)?;
                if let (Some(parcel), Some(key)) = (&delivery.parcel, &key) {
                    queue::add(journal, parcel, key)?;
                    room = room.map(|waiting| waiting + 1);
                }
                all.push(Taken::Accepted);
            }
            let dropped = queue::drop_oldest(journal, room.unwrap_or_default(), most, now)?;
            if let Some((from, to)) = watched {
                let kind = CoverageKind::Listening;
                marks::add(journal, &[Mark::From(kind, from), Mark::To(kind, to)])?;
            }
            Ok(Received { taken: all, dropped })
        })
    }

    /// Is each of them kept already? Replays cost no write.
    fn all_known(&self, deliveries: &[Delivery], now: Timestamp) -> Result<bool, StoreError> {
        self.journal.read(|journal| {
            for delivery in deliveries {
                if !is_known(journal, delivery, now)? {
                    return Ok(false);
                }
            }
            Ok(true)
        })
    }

    /// Forgets replays that could not be accepted any more, some at a time.
    ///
    /// # Errors
    /// Where the journal can't be written.
    pub fn forget_replays(&self, now: Timestamp) -> Result<(), StoreError> {
        for _ in 0..FORGET_TIMES {
            if self.forget_some(now)? < FORGET_MOST {
                break;
            }
        }
        Ok(())
    }

    fn forget_some(&self, now: Timestamp) -> Result<usize, StoreError> {
        let mut old = Vec::new();
        self.journal.read(|journal| {
            journal.walk(REPLAYS, &[], Order::Up, &mut |key, body| {
                if from_json::<Timestamp>(body)? < now {
                    old.push(key.to_vec());
                }
                Ok(old.len() < FORGET_MOST)
            })
        })?;
        if !old.is_empty() {
            self.journal.write(|journal| journal.remove(REPLAYS, &old).map(drop))?;
        }
        Ok(old.len())
    }

    /// Where the listening coverage ends that reaches farthest.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn listened_until(&self) -> Result<Option<Timestamp>, StoreError> {
        let log = self.journal.read(marks::log)?;
        let listened = log.coverage.iter().filter(|c| c.kind == CoverageKind::Listening);
        Ok(listened.map(|c| c.to).max())
    }
}

fn is_known(rows: &impl Rows, delivery: &Delivery, now: Timestamp) -> Result<bool, StoreError> {
    let Some(body) = rows.get(REPLAYS, &delivery.digest)? else { return Ok(false) };
    let until: Timestamp = rows.believe(from_json(&body))?;
    Ok(now <= until)
}

fn keep(journal: &Edit, delivery: &Delivery, now: Timestamp) -> Result<(), StoreError> {
    let until = journal.believe(to_json(&delivery.known_until))?;
    journal.put(REPLAYS, &delivery.digest, &until)?;
    let events: Vec<Mark> = delivery.events.iter().cloned().map(Mark::Event).collect();
    marks::add(journal, &events)?;
    for word in &delivery.unmapped {
        tallies::count(journal, Counted::Unmapped(word), 1, now)?;
    }
    Ok(())
}

/// Reads everything once.
pub(super) fn check(rows: &impl Rows) -> Result<(), StoreError> {
    rows.walk(REPLAYS, &[], Order::Up, &mut |key, body| {
        if key.len() != 32 {
            return Err(bad("a digest of another length"));
        }
        from_json::<Timestamp>(body).map(|_| true)
    })?;
    queue::check(rows)?;
    tallies::all(rows).map(drop)
}

/// Before a time, where that time can be said.
fn before(now: Timestamp, span: SignedDuration) -> Timestamp {
    now.checked_sub(span).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests;
