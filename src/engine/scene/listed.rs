//! The identities that one side lists.
//!
//! Must not do: tell which record holds them.

use hashbrown::HashSet;

use crate::domain::{MacAddr, Serial};
use crate::engine::pairing::Identity;

/// Identities of one side.
#[derive(Debug, Default)]
pub struct Listed {
    serials: HashSet<Serial>,
    macs: HashSet<MacAddr>,
}

impl Listed {
    /// Collects them.
    pub fn of<'i>(identities: impl Iterator<Item = &'i Identity>) -> Self {
        let mut listed = Self::default();
        for identity in identities {
            listed.macs.extend(identity.all_macs());
            listed.serials.extend(identity.serial.clone());
        }
        listed
    }

    /// Is this serial among them?
    #[must_use]
    pub fn holds_serial(&self, serial: &Serial) -> bool {
        self.serials.contains(serial)
    }

    /// Is a serial or a MAC of `identity` among them?
    #[must_use]
    pub fn holds(&self, identity: &Identity) -> bool {
        identity.serial.as_ref().is_some_and(|s| self.serials.contains(s))
            || identity.all_macs().any(|m| self.macs.contains(&m))
    }
}
