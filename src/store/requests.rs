//! How many requests each system was sent, by the hour: for budgets that outlive a process.
//!
//! Must not do: know a budget, or keep what no budget asks for any more.

use jiff::{SignedDuration, Timestamp};

use crate::domain::Side;
use crate::store::Store;
use crate::store::codec::bad;
use crate::store::error::StoreError;
use crate::store::rows::{Edit, Order, Rows};
use crate::store::tables::REQUESTS;

/// One counter stands for this much time.
const HOUR_SECONDS: i64 = 3600;

/// Older counters are forgotten; the longest budget is of a day.
const KEPT: SignedDuration = SignedDuration::from_hours(48);

impl Store {
    /// Adds `n` requests that were sent to a side about the time `at`, durably. Any number of
    /// processes may count at once.
    ///
    /// # Errors
    /// Where the journal can't be written.
    pub fn add_requests(&self, side: Side, at: Timestamp, n: u64) -> Result<(), StoreError> {
        if n == 0 {
            return Ok(());
        }
        self.journal.write(|journal| {
            let key = key(side, hour(at));
            let known = journal.count(REQUESTS, &key)?;
            journal.put_count(REQUESTS, &key, known.saturating_add(n))?;
            forget(journal, side, hour(at.checked_sub(KEPT).unwrap_or(Timestamp::MIN)))
        })
    }

    /// How many requests a side was sent since `since`; the hour in which it lies counts whole,
    /// so that a budget is rather too small than too large.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn requests_since(&self, side: Side, since: Timestamp) -> Result<u64, StoreError> {
        let from = hour(since);
        self.journal.read(|journal| {
            let counted = counters(journal, side)?;
            let counted = counted.iter().filter(|(hour, _)| *hour >= from);
            Ok(counted.fold(0_u64, |sum, (_, n)| sum.saturating_add(*n)))
        })
    }
}

fn forget(journal: &Edit, side: Side, until: i64) -> Result<(), StoreError> {
    let old = counters(journal, side)?.into_iter().filter(|(hour, _)| *hour < until);
    journal.remove(REQUESTS, old.map(|(hour, _)| key(side, hour))).map(drop)
}

/// All counters of a side: hour and requests.
fn counters(rows: &impl Rows, side: Side) -> Result<Vec<(i64, u64)>, StoreError> {
    let mut all = Vec::new();
    rows.walk(REQUESTS, &[letter(side)], Order::Up, &mut |key, body| {
        let hour = key.last_chunk().map(|b| i64::from_be_bytes(*b));
        let n = std::str::from_utf8(body).ok().and_then(|text| text.parse().ok());
        let counter = hour.zip(n).ok_or_else(|| bad("a counter of requests that is no number"))?;
        all.push(counter);
        Ok(true)
    })?;
    Ok(all)
}

/// Reads every counter once.
pub(super) fn check(rows: &impl Rows) -> Result<(), StoreError> {
    [Side::Acs, Side::Provider].iter().try_for_each(|side| counters(rows, *side).map(drop))
}

fn hour(at: Timestamp) -> i64 {
    at.as_second().div_euclid(HOUR_SECONDS)
}

fn key(side: Side, hour: i64) -> Vec<u8> {
    [&[letter(side)][..], &hour.to_be_bytes()].concat()
}

fn letter(side: Side) -> u8 {
    match side {
        Side::Acs => b'a',
        Side::Provider => b'p',
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::StoreOptions;

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 / HOUR_SECONDS * HOUR_SECONDS + minutes * 60).unwrap()
    }

    #[test]
    fn each_side_has_its_own_count_and_the_first_hour_counts_whole() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &StoreOptions::default()).unwrap();
        for (side, minute, n) in [
            (Side::Acs, 0, 5),
            (Side::Acs, 59, 7),
            (Side::Acs, 60, 11),
            (Side::Acs, 120, 0),
            (Side::Provider, 60, 100),
        ] {
            store.add_requests(side, at(minute), n).unwrap();
        }
        for (side, since, n) in [
            (Side::Acs, 30, 23),
            (Side::Acs, 60, 11),
            (Side::Acs, 120, 0),
            (Side::Provider, -600, 100),
        ] {
            assert_eq!(store.requests_since(side, at(since)).unwrap(), n, "{side:?} {since}");
        }
        drop(store);
        let again = Store::open_existing(dir.path(), &StoreOptions::default()).unwrap().unwrap();
        assert_eq!(again.requests_since(Side::Acs, at(0)).unwrap(), 23);
    }

    #[test]
    fn several_handles_lose_no_count_and_old_hours_are_forgotten() {
        let dir = tempfile::tempdir().unwrap();
        let open = || Store::open(dir.path(), &StoreOptions::default()).unwrap();
        open().add_requests(Side::Acs, at(-60 * 49), 9).unwrap();
        std::thread::scope(|scope| {
            for _ in 0..3 {
                scope.spawn(|| {
                    let store = open();
                    (0..4).for_each(|_| store.add_requests(Side::Acs, at(0), 2).unwrap());
                });
            }
        });
        assert_eq!(open().requests_since(Side::Acs, at(-60 * 100)).unwrap(), 24);
    }
}
