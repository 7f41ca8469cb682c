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
    /// Device ids of the Provider's entries of it.
    pub entries: Vec<String>,
}

/// The memory of someone who saw everything.
#[derive(Debug, Default)]
pub(super) struct Past {
    /// The last departure under each serial and MAC, and who it was.
    left: BTreeMap<String, (Timestamp, Left, Identity)>,
    /// Since when an entry (by its device id) or a login (`login-ID`) is as it is.
    pub changed: BTreeMap<String, Timestamp>,
    /// Deletions by hand, in time order.
    pub deletions: Vec<Deletion>,
}

impl Past {
    pub(super) fn note_left(&mut self, identity: &Identity, at: Timestamp, how: Left) {
        for key in identity.all_keys() {
            self.left.insert(key.clone(), (at, how, identity.clone()));
        }
    }

    /// How and when a device of this identity last left the ACS; `None` where it never did.
    /// A MAC tells nothing where both have a serial, and another each (CAUSES.md section 3).
    pub(super) fn departure(&self, identity: &Identity) -> Option<(Timestamp, Left)> {
        let noted = identity.all_keys().filter_map(|key| self.left.get(key));
        let same = noted.filter(|(_, _, who)| !who.serials_differ(identity));
        same.max_by_key(|(at, _, _)| *at).map(|(at, how, _)| (*at, *how))
    }
}
