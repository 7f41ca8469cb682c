//! Devices of which the ACS said that it does not have them, between two complete lists of it.
//!
//! A device that a list lacks is asked for by itself, and only so many a run (SAFETY.md section
//! 3): the next run goes on where this one stopped.
//! Must not do: keep anything beyond the next complete list, or for long: devices come back.

use std::collections::HashSet;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{AcsDevice, AnySnapshot, Untrusted};
use crate::store::Store;
use crate::store::codec::{bad, from_json, to_json};
use crate::store::error::StoreError;
use crate::store::rows::{Edit, Order, Rows};
use crate::store::tables::GONE;

/// What was said longer ago is asked again.
const KEPT: SignedDuration = SignedDuration::from_hours(7 * 24);

impl Store {
    /// Ids of which the ACS said in the last 7 days, and since its last complete list, that it
    /// does not have them.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn gone_acs(&self, now: Timestamp) -> Result<Vec<Untrusted>, StoreError> {
        let all = self.journal.read(all)?;
        Ok(all.into_iter().filter(|(_, at)| holds(*at, now)).map(|(id, _)| id).collect())
    }
}

/// Is it recent? What is of a later time was written by a clock that was wrong.
fn holds(at: Timestamp, now: Timestamp) -> bool {
    at <= now && now.duration_since(at) < KEPT
}

/// Keeps what a run that began at `now` was told. A complete list makes it needless, and a
/// device that is listed again is not gone.
pub(super) fn keep(
    journal: &Edit,
    acs: &AnySnapshot<AcsDevice>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let known = all(journal)?;
    let listed: HashSet<&Untrusted> = if known.is_empty() {
        HashSet::new()
    } else {
        acs.records().iter().map(|d| &d.id).collect()
    };
    let is_over = |(id, at): &&(Untrusted, Timestamp)| {
        acs.is_complete() || !holds(*at, now) || listed.contains(id)
    };
    journal.remove(GONE, known.iter().filter(is_over).map(|(id, _)| id.raw()))?;
    if acs.is_complete() {
        return Ok(());
    }
    let at = journal.believe(to_json(&now))?;
    let mut told: Vec<&str> = acs.meta().gone.iter().map(Untrusted::raw).collect();
    told.sort_unstable();
    journal.put_all(GONE, told.into_iter().map(|id| (id, &at))).map(drop)
}

fn all(rows: &impl Rows) -> Result<Vec<(Untrusted, Timestamp)>, StoreError> {
    let mut all = Vec::new();
    rows.walk(GONE, &[], Order::Up, &mut |key, body| {
        let id = std::str::from_utf8(key).map_err(|_| bad("a device's id that is no text"))?;
        all.push((Untrusted::new(id), from_json(body)?));
        Ok(true)
    })?;
    Ok(all)
}

/// Reads every one once.
pub(super) fn check(rows: &impl Rows) -> Result<(), StoreError> {
    all(rows).map(drop)
}
