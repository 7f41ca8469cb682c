//! What acerto may change at either system: a closed list.
//!
//! There is no change that removes a login, an ONU, a customer or a contract, so no adapter can
//! be asked for one:
//!
//! ```compile_fail
//! use acerto::domain::{ProviderChange, RecordKey, Untrusted};
//! let login = RecordKey::Login(Untrusted::new("57"));
//! let change = ProviderChange::Delete { row: login };
//! ```
//!
//! Must not do: choose a change, or know how it is sent.

use crate::domain::device::ProviderRecord;
use crate::domain::snapshot::Side;
use crate::domain::text::Untrusted;

/// Which record of the Provider: its device entry, or else its login.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RecordKey {
    /// A device entry by [`crate::domain::ProviderRecord::device_id`].
    Entry(Untrusted),
    /// A login without a device, by [`crate::domain::ProviderRecord::login_id`].
    Login(Untrusted),
}

impl RecordKey {
    /// The key of a record; `None` of a row that has neither id.
    #[must_use]
    pub fn of(record: &ProviderRecord) -> Option<Self> {
        let entry = record.device_id.clone().map(Self::Entry);
        entry.or_else(|| record.login_id.clone().map(Self::Login))
    }
}

/// A change at the ACS.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AcsChange {
    /// Deletes a device, by the ACS's id; it comes back when it calls home again.
    Delete {
        /// Its id.
        id: Untrusted,
    },
    /// Sends a device to the Provider again.
    Send {
        /// Its id.
        id: Untrusted,
    },
    /// Synchronises with the Provider.
    Synchronise,
}

/// A change at the Provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ProviderChange {
    /// Writes some values of one record; everything else of it has to stay as it is.
    Set {
        /// Which record.
        row: RecordKey,
        /// What is written; an empty value clears.
        cells: Vec<(Cell, Untrusted)>,
        /// A value that is empty now stays empty: only an identity that is held is replaced.
        held_only: bool,
    },
    /// Clears a login's MAC, so that another box may use the login.
    ClearMac {
        /// The login's id.
        login_id: Untrusted,
    },
    /// Ends a login's session, so that it dials in anew.
    EndSession {
        /// The login's id.
        login_id: Untrusted,
    },
    /// Synchronises with the ACS.
    Synchronise,
}

/// A change at either system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// At the ACS.
    Acs(AcsChange),
    /// At the Provider.
    Provider(ProviderChange),
}

impl Change {
    /// Which system it changes.
    #[must_use]
    pub fn side(&self) -> Side {
        match self {
            Self::Acs(_) => Side::Acs,
            Self::Provider(_) => Side::Provider,
        }
    }
}

/// A call as people are shown it, safe to show.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Call {
    /// `PUT`
    pub method: String,
    /// The path, without the host.
    pub path: String,
    /// What is written, by the system's own names.
    pub body: Vec<(String, Untrusted)>,
    /// Everything else of the record is sent along as it is.
    pub whole_row: bool,
}

/// How a change can be undone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Undo {
    /// Exactly.
    Yes,
    /// As far as the system lets.
    Tries,
    /// Not at all.
    No,
}

/// A value of a record of the Provider that may be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Cell {
    /// The device's serial.
    Serial,
    /// The device's MAC.
    Mac,
    /// The login that a device entry is linked to, by its id.
    Login,
    /// The device's model.
    Model,
}

impl Cell {
    /// Every one.
    pub const ALL: [Self; 4] = [Self::Serial, Self::Mac, Self::Login, Self::Model];

    /// Its name in plans and journals.
    #[must_use]
    pub fn wire(self) -> &'static str {
        match self {
            Self::Serial => "serial",
            Self::Mac => "mac",
            Self::Login => "login_id",
            Self::Model => "model",
        }
    }

    /// Reads the name.
    #[must_use]
    pub fn from_wire(wire: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cell| cell.wire() == wire)
    }
}
