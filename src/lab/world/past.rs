//! What really happened to each device: what the truth knows and neither system tells.
//!
//! Must not do: judge the present.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::identity::Identity;

/// How a device left the ACS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Left {
    /// Deleted by hand.
    ByHand,
    /// By a mass exclusion.
    Excluded,
}

/// A deletion by hand.
#[derive(Clone, Debug)]
pub(super) struct Deletion {
    pub serial: String,
    pub identity: Identity,
    pub at: Timestamp,
    /// When the record that was deleted had registered.
    pub registered: Timestamp,
}

/// The memory of someone who saw everything.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// The last departure of each identity.
    left: BTreeMap<String, (Timestamp, Left)>,
    /// Since when an entry (by its device id) or a login (`login-ID`) is as it is.
    pub changed: BTreeMap<String, Timestamp>,
    /// Deletions by hand, in time order.
    pub deletions: Vec<Deletion>,
}

impl Past {
    pub(super) fn note_left(&mut self, identity: &Identity, at: Timestamp, how: Left) {
        for key in identity.all_keys() {
            self.left.insert(key.clone(), (at, how));
        }
    }

    /// How and when a device of this identity last left the ACS; `None` where it never did.
    pub(super) fn departure(&self, identity: &Identity) -> Option<(Timestamp, Left)> {
        identity.keys().iter().filter_map(|key| self.left.get(key)).max_by_key(|d| d.0).copied()
    }
}
