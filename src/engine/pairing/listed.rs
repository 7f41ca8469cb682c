//! The identities that one side lists.
//!
//! Must not do: tell who is who; a record that holds an identity need not be paired by it.

use std::sync::OnceLock;

use hashbrown::DefaultHashBuilder;

use super::identity::Identity;
use super::index::{Gathered, Index};
use crate::domain::{MacAddr, Serial};

/// The index of one side's MACs; made when first asked for.
pub type Macs = OnceLock<Index>;

/// Identities of one side. What has a serial or a MAC is a device entry.
#[derive(Clone, Copy, Debug)]
pub struct Listed<'p> {
    ids: &'p [Identity],
    serials: &'p Index,
    macs: &'p Macs,
}

impl<'p> Listed<'p> {
    /// Of identities and the index of their serials.
    #[must_use]
    pub fn new(ids: &'p [Identity], serials: &'p Index, macs: &'p Macs) -> Self {
        Self { ids, serials, macs }
    }

    /// The records with this serial, first to last.
    pub fn with_serial<'s>(self, serial: &'s Serial) -> impl Iterator<Item = u32> + use<'p, 's> {
        let maybe = self.serials.maybe(serial);
        maybe.filter(move |&at| self.ids[at as usize].serial.as_ref() == Some(serial))
    }

    /// The records with this MAC, first to last.
    pub fn with_mac(self, mac: MacAddr) -> impl Iterator<Item = u32> + use<'p> {
        let maybe = self.macs().maybe(mac);
        maybe.filter(move |&at| self.ids[at as usize].all_macs().any(|m| m == mac))
    }

    /// Is this serial among them?
    #[must_use]
    pub fn holds_serial(self, serial: &Serial) -> bool {
        self.with_serial(serial).next().is_some()
    }

    /// Is a serial or a MAC of `identity` among them?
    #[must_use]
    pub fn holds(self, identity: &Identity) -> bool {
        identity.serial.as_ref().is_some_and(|s| self.holds_serial(s))
            || identity.all_macs().any(|m| self.with_mac(m).next().is_some())
    }

    /// Indexes them by their MACs, beside other work, before they are asked for.
    pub fn index_macs(self) {
        self.macs();
    }

    fn macs(self) -> &'p Index {
        self.macs.get_or_init(|| {
            let mut gathered = Gathered::with_room(self.ids.len(), &DefaultHashBuilder::default());
            self.ids.iter().for_each(|identity| gathered.next_of(identity.all_macs()));
            gathered.index()
        })
    }
}
