//! The truth: why the two sides differ, for someone who saw everything.
//!
//! Must not do: ask the engine. Both sides are read by the lab's own means, in CAUSES.md
//! section 4's order; what really happened comes from the world's past.

mod causes;
mod couples;
mod mac;
mod scene;

use jiff::Timestamp;
use serde::Serialize;

use super::World;

pub(super) use scene::{Bucket, Scene};

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Difference {
    /// CAUSES.md's wire name.
    pub cause: &'static str,
    /// Serials of the ACS devices concerned, as their boxes spell them.
    pub acs: Vec<String>,
    /// Device ids of the Provider's entries concerned, counted or not: the entry of a pair
    /// that is not counted is named beside its device.
    pub provider: Vec<String>,
    /// How many of those entries are counted: what the ledger takes from the Provider.
    pub counted: usize,
    /// Since when.
    pub since: Timestamp,
}

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counts {
    /// Devices in the ACS.
    pub acs: usize,
    /// Entries with a linked and active login (R1).
    pub provider: usize,
    /// Device entries, counted or not.
    pub entries: usize,
    /// Pairs whose entry is counted.
    pub matched: usize,
}

/// Both sides' difference, explained.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Truth {
    /// The world's time.
    pub now: Timestamp,
    /// How many of each.
    pub counts: Counts,
    /// In CAUSES.md's order of causes.
    pub differences: Vec<Difference>,
}

/// CAUSES.md's causes in its order; `removed-unknown` is never true.
pub(super) const CAUSES: [&str; 13] = [
    "duplicate",
    "identity-mismatch",
    "swapped-device",
    "inactive-login",
    "returned",
    "awaiting-sync",
    "unlinked-login",
    "lost-webhook",
    "pending-purge",
    "never-seen",
    "unexplained",
    "field-drift",
    "manual-delete",
];

impl World {
    /// Why the two sides differ now.
    #[must_use]
    pub fn truth(&self) -> Truth {
        let scene = Scene::of(self);
        let counted = |p: &usize| scene.entries[*p].is_counted();
        let mut differences: Vec<Difference> = scene
            .explained()
            .into_iter()
            .map(|found| Difference {
                cause: found.cause,
                acs: found.acs.iter().map(|a| scene.devices[*a].serial.clone()).collect(),
                provider: found
                    .provider
                    .iter()
                    .map(|p| scene.entries[*p].device_id.clone())
                    .collect(),
                counted: found.provider.iter().filter(|p| counted(p)).count(),
                since: found.since,
            })
            .collect();
        differences.extend(scene.deleted_by_hand());
        let rank = |d: &Difference| CAUSES.iter().position(|cause| *cause == d.cause);
        differences.sort_by(|x, y| rank(x).cmp(&rank(y)).then_with(|| x.cmp(y)));
        Truth {
            now: self.now,
            counts: Counts {
                acs: scene.devices.len(),
                provider: scene.entries.iter().filter(|e| e.is_counted()).count(),
                entries: scene.entries.len(),
                matched: scene.matched().count(),
            },
            differences,
        }
    }
}
