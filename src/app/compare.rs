//! Two runs side by side: how the counts and causes moved, and which devices came and went.
//!
//! Must not do: fetch anything, or judge; what a run found is what it says.

use std::collections::{BTreeMap, BTreeSet};

use crate::app::error::AppError;
use crate::app::memory;
use crate::config::Settings;
use crate::domain::{AnySnapshot, Untrusted};
use crate::engine::Cause;
use crate::store::{Run, Store};

/// Devices that are named of those that came or went on a side.
const NAMED_MOST: usize = 100;

/// Two runs, the older first.
#[derive(Debug)]
pub struct Comparison {
    /// The older run.
    pub older: Run,
    /// The newer run.
    pub newer: Run,
    /// Causes of either, with how many findings each run has of them.
    pub causes: Vec<(Cause, u64, u64)>,
    /// The ACS.
    pub acs: Option<Moved>,
    /// The Provider.
    pub provider: Option<Moved>,
}

/// How a side's list moved; unknown where a snapshot is no longer kept.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Moved {
    /// How many are new in the newer list.
    pub came: u64,
    /// How many of the older list are gone.
    pub went: u64,
    /// The first of those that came, by id.
    pub first_came: Vec<Untrusted>,
    /// The first of those that went, by id.
    pub first_went: Vec<Untrusted>,
}

/// Compares two runs, each by its id or the beginning of one.
///
/// # Errors
/// Where a run is not known, or the store can't be read.
pub fn compare(settings: &Settings, one: &str, other: &str) -> Result<Comparison, AppError> {
    let store = memory::must_look(settings)?;
    let (one, other) = (known(&store, one)?, known(&store, other)?);
    let (older, newer) = if one.started <= other.started { (one, other) } else { (other, one) };
    let acs = moved(
        store.acs_snapshot(&older.id)?.as_ref(),
        store.acs_snapshot(&newer.id)?.as_ref(),
        |device| device.id.clone(),
    );
    let provider = moved(
        store.provider_snapshot(&older.id)?.as_ref(),
        store.provider_snapshot(&newer.id)?.as_ref(),
        |record| record.device_id.clone().or(record.login_id.clone()).unwrap_or_default(),
    );
    Ok(Comparison { causes: causes(&older, &newer), older, newer, acs, provider })
}

fn known(store: &Store, id: &str) -> Result<Run, AppError> {
    let missing = || {
        let what = format!("no run {} is remembered", Untrusted::new(id));
        AppError::usage(what, &["`acerto runs` lists the runs"])
    };
    store.run(id.trim())?.ok_or_else(missing)
}

fn causes(older: &Run, newer: &Run) -> Vec<(Cause, u64, u64)> {
    let mut counts: BTreeMap<Cause, (u64, u64)> = BTreeMap::new();
    for finding in &older.reconciliation.findings {
        counts.entry(finding.cause).or_default().0 += 1;
    }
    for finding in &newer.reconciliation.findings {
        counts.entry(finding.cause).or_default().1 += 1;
    }
    counts.into_iter().map(|(cause, (before, after))| (cause, before, after)).collect()
}

fn moved<R>(
    older: Option<&AnySnapshot<R>>,
    newer: Option<&AnySnapshot<R>>,
    id: impl Fn(&R) -> Untrusted,
) -> Option<Moved> {
    let ids = |snapshot: &AnySnapshot<R>| snapshot.records().iter().map(&id).collect();
    let (older, newer): (BTreeSet<Untrusted>, BTreeSet<Untrusted>) = (ids(older?), ids(newer?));
    let first = |set: &BTreeSet<Untrusted>, other: &BTreeSet<Untrusted>| {
        set.difference(other).take(NAMED_MOST).cloned().collect()
    };
    Some(Moved {
        came: newer.difference(&older).count() as u64,
        went: older.difference(&newer).count() as u64,
        first_came: first(&newer, &older),
        first_went: first(&older, &newer),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{AcsDevice, SnapshotMeta};

    #[test]
    fn who_came_and_who_went_is_told_by_id() {
        let list = |ids: &[&str]| {
            let device = |id: &&str| AcsDevice { id: Untrusted::new(id), ..AcsDevice::default() };
            let meta = SnapshotMeta::at(jiff::Timestamp::UNIX_EPOCH);
            Some(AnySnapshot::new(meta, ids.iter().map(device).collect()))
        };
        let moved = |a, b| moved(a, b, |device: &AcsDevice| device.id.clone());
        let (older, newer) = (list(&["a", "b", "c"]), list(&["c", "d"]));
        let found = moved(older.as_ref(), newer.as_ref()).unwrap();
        assert_eq!((found.came, found.went), (1, 2));
        assert_eq!(found.first_came, [Untrusted::new("d")]);
        assert_eq!(found.first_went, [Untrusted::new("a"), Untrusted::new("b")]);
        assert_eq!(moved(None, list(&["a"]).as_ref()), None, "what is not kept is not known");
    }
}
