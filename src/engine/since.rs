//! The ledger since the baseline: why each side's count is not what it was.
//!
//! Must not do: leave a rest. What no row explains is `unexplained`, and so is whatever a
//! Partial snapshot merely does not show.

use hashbrown::HashMap;

use crate::domain::{EventKind, ProviderRecord};
use crate::engine::baseline::Removal;
use crate::engine::ledger::{Change, Since, SinceSide};
use crate::engine::pairing::{Identity, RowKey};
use crate::engine::scene::Scene;

/// Both sides since their last complete snapshots.
#[must_use]
pub fn since(scene: &Scene<'_>) -> Since {
    Since { acs: acs(scene), provider: provider(scene) }
}

/// Counts of signed changes.
#[derive(Default)]
struct Tally(HashMap<Change, i64>);

impl Tally {
    fn add(&mut self, change: Change, by: i64) {
        *self.0.entry(change).or_default() += by;
    }

    /// The rows in the contract's order; whatever is missing to the sum is `unexplained`.
    fn side(mut self, baseline: &str, then: u64, now: u64) -> SinceSide {
        let signed = |n: u64| i64::try_from(n).unwrap_or(i64::MAX);
        let rest = signed(now) - signed(then) - self.0.values().sum::<i64>();
        self.add(Change::Unexplained, rest);
        let rows = Change::ALL.iter().map(|c| (*c, self.0.get(c).copied().unwrap_or(0)));
        SinceSide {
            baseline: Some(baseline.to_owned()),
            then: Some(then),
            now,
            rows: rows.filter(|(_, n)| *n != 0).collect(),
        }
    }
}

fn acs(scene: &Scene<'_>) -> SinceSide {
    let now = scene.acs.len() as u64;
    let Some(previous) = &scene.input.baseline.acs else {
        return SinceSide { now, ..SinceSide::default() };
    };
    // What is there unchanged, and alone under its id, neither left nor arrived.
    let mut balance: HashMap<&str, i64> = HashMap::with_capacity(previous.records.len());
    for device in &previous.records {
        *balance.entry(device.id.raw()).or_default() -= 1;
    }
    let mut tally = Tally::default();
    let mut moved = scene.moved.clone();
    for a in previous.changed(scene.acs.len()) {
        let device = &scene.acs[a];
        let held = balance.entry(device.id.raw()).or_default();
        *held += 1;
        if *held > 0 {
            *held -= 1;
            let serial = scene.pairing.acs_ids[a].serial.as_ref();
            if let Some(n) = serial.and_then(|s| moved.get_mut(s)).filter(|n| **n > 0) {
                *n -= 1;
                continue;
            }
            let a = u32::try_from(a).unwrap_or(u32::MAX);
            tally.add(if came_back(scene, a) { Change::Returned } else { Change::Arrived }, 1);
        }
    }
    for stone in &scene.memory.departed {
        tally.add(
            match stone.removal {
                Removal::ByHand | Removal::ByHandLikely => Change::ManualDelete,
                Removal::MassExclusion | Removal::MassExclusionLikely => Change::MassExcluded,
                Removal::Unknown => Change::RemovedUnknown,
            },
            -1,
        );
    }
    tally.side(&previous.run_id, previous.count(|_| true, |_| true) as u64, now)
}

/// Was the device here before, and gone?
fn came_back(scene: &Scene<'_>, a: u32) -> bool {
    let older = scene.left(a).is_some();
    older
        || scene.acs_events(a).iter().any(|e| {
            let removal = matches!(e.kind, EventKind::DeviceDeleted | EventKind::MassExclusion);
            removal && scene.device(a).registered.is_some_and(|r| e.time < r)
        })
}

fn provider(scene: &Scene<'_>) -> SinceSide {
    let now = scene.pairing.counted.iter().filter(|counted| **counted).count() as u64;
    let Some(previous) = &scene.input.baseline.provider else {
        return SinceSide { now, ..SinceSide::default() };
    };
    let mut tally = Tally::default();
    let mut present: HashMap<RowKey<'_>, &ProviderRecord> =
        HashMap::with_capacity(previous.records.len());
    for p in previous.changed(scene.provider.len()) {
        let row = &scene.provider[p];
        let key = RowKey::of(row);
        let was = scene.before.changed(key);
        // Of several rows under one key the counted one speaks for it, in any order.
        let speaks = present.entry(key).or_insert(row);
        if row.is_counted() {
            *speaks = row;
        }
        if !row.is_counted() || was.is_some_and(ProviderRecord::is_counted) {
            continue;
        }
        let p = u32::try_from(p).unwrap_or(u32::MAX);
        tally.add(counted_now(scene, p, was.filter(|w| w.is_entry())), 1);
    }
    for was in previous.records.iter().filter(|r| r.is_counted()) {
        match present.get(&RowKey::of(was)) {
            Some(row) if row.is_counted() => {}
            Some(row) if !row.is_linked() => tally.add(Change::Unlinked, -1),
            Some(_) => tally.add(Change::Deactivated, -1),
            None if scene.input.provider.is_complete() => tally.add(left(scene, was), -1),
            None => {}
        }
    }
    let then = previous.count(|p| scene.pairing.counted[p], ProviderRecord::is_counted);
    tally.side(&previous.run_id, then as u64, now)
}

/// Why an entry is counted that was not.
fn counted_now(scene: &Scene<'_>, p: u32, was: Option<&ProviderRecord>) -> Change {
    match was {
        Some(was) if !was.is_linked() => Change::Linked,
        Some(_) => Change::Activated,
        None if scene.remembered(p).is_some() => Change::Returned,
        None => Change::Arrived,
    }
}

/// Why a counted entry is no longer in the Provider.
fn left(scene: &Scene<'_>, was: &ProviderRecord) -> Change {
    let identity = Identity::of_provider(was, None, scene.input.rules);
    if scene.acs_holds(&identity) {
        // The ACS still holds the device: the Provider let go of the entry by itself.
        return Change::RemovedUnknown;
    }
    let id = was.acs_id.as_ref().map(crate::domain::Untrusted::raw);
    let left_together = scene.memory.find_departed(&identity, id);
    match left_together.map(|stone| stone.removal) {
        Some(Removal::ByHand | Removal::ByHandLikely) => Change::ManualDelete,
        Some(Removal::Unknown) => Change::RemovedUnknown,
        Some(Removal::MassExclusion | Removal::MassExclusionLikely) | None => Change::Purged,
    }
}
