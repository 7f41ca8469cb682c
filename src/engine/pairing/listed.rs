//! The identities that one side lists.
//!
//! Must not do: tell which record holds them.

use std::cell::OnceCell;

use super::identity::Identity;
use super::index::Index;
use crate::domain::{MacAddr, Serial};

/// Identities of one side. What has a serial or a MAC is a device entry.
#[derive(Debug)]
pub struct Listed<'p> {
    pub(super) ids: &'p [Identity],
    pub(super) serials: &'p Index,
    /// Sorted; made when first asked for.
    pub(super) macs: OnceCell<Vec<MacAddr>>,
}

impl Listed<'_> {
    /// Is this serial among them?
    #[must_use]
    pub fn holds_serial(&self, serial: &Serial) -> bool {
        let mut maybe = self.serials.maybe(serial);
        maybe.any(|at| self.ids[at as usize].serial.as_ref() == Some(serial))
    }

    /// Is a serial or a MAC of `identity` among them?
    #[must_use]
    pub fn holds(&self, identity: &Identity) -> bool {
        identity.serial.as_ref().is_some_and(|s| self.holds_serial(s))
            || identity.all_macs().any(|m| self.macs().binary_search(&m).is_ok())
    }

    fn macs(&self) -> &[MacAddr] {
        self.macs.get_or_init(|| {
            let mut macs: Vec<MacAddr> = self.ids.iter().flat_map(Identity::all_macs).collect();
            macs.sort_unstable();
            macs
        })
    }
}
