//! A difference, explained: records, cause, evidence, strength, fixes, candidates.
//!
//! Must not do: decide a cause (that is `cause/`) or print one.

use jiff::Timestamp;

use crate::domain::{AcsDevice, DeviceKey, ProviderRecord, Untrusted};
use crate::engine::evidence::Evidence;

/// An enum without data whose names on the wire (JSON, filters, configuration, metrics,
/// store) are stable from the first release.
macro_rules! wire_enum {
    ($(#[$meta:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $wire:literal,)* }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name { $($(#[$doc])* $variant,)* }

        impl $name {
            /// Every one, in the contract's order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The stable name.
            #[must_use]
            pub fn wire(self) -> &'static str {
                match self { $(Self::$variant => $wire,)* }
            }

            /// Reads the stable name.
            #[must_use]
            pub fn from_wire(wire: &str) -> Option<Self> {
                match wire { $($wire => Some(Self::$variant),)* _ => None }
            }
        }
    };
}
pub(crate) use wire_enum;

wire_enum! {
    /// Why a device is counted on one side only, in the order in which causes are tried.
    Cause {
        /// One identity on several records.
        Duplicate = "duplicate",
        /// One device, written differently beyond normalisation.
        IdentityMismatch = "identity-mismatch",
        /// The customer got another CPE; the Provider holds the old identity.
        SwappedDevice = "swapped-device",
        /// The login is not active.
        InactiveLogin = "inactive-login",
        /// Deleted by hand in the ACS, then called home again.
        Returned = "returned",
        /// A login fits, and the next ACS synchronisation will tell.
        AwaitingSync = "awaiting-sync",
        /// The Provider has no login for the device.
        UnlinkedLogin = "unlinked-login",
        /// Deleted by hand in the ACS; the Provider still lists it.
        LostWebhook = "lost-webhook",
        /// Mass-excluded in the ACS; the Provider has not synchronised since.
        PendingPurge = "pending-purge",
        /// The Provider has it, the ACS never did.
        NeverSeen = "never-seen",
        /// Was in the ACS, left it, and nothing tells how.
        RemovedUnknown = "removed-unknown",
        /// Nothing fits.
        Unexplained = "unexplained",
        /// Matched, but a field differs.
        FieldDrift = "field-drift",
        /// Gone from both sides since the baseline.
        ManualDelete = "manual-delete",
    }
}

impl Cause {
    /// Is it about a device in the ACS that the Provider does not count because of its login
    /// (R1)?
    #[must_use]
    pub fn is_not_integrated(self) -> bool {
        matches!(
            self,
            Self::InactiveLogin | Self::Returned | Self::AwaitingSync | Self::UnlinkedLogin
        )
    }
}

wire_enum! {
    /// A promise: `proven` is never wrong, in any world.
    Strength {
        /// Never wrong.
        Proven = "proven",
        /// The best reading of what is known; the evidence says why it is no more.
        Inferred = "inferred",
    }
}

wire_enum! {
    /// What can be done about a finding; the first one offered is what a plan takes.
    Fix {
        /// Link the login to the device in the Provider.
        LinkLogin = "link-login",
        /// Put the new device's identity in the old one's place in the Provider.
        ReplaceIdentity = "replace-identity",
        /// Correct the mistyped identity in the Provider.
        CorrectIdentity = "correct-identity",
        /// Write the ACS's value into the Provider's field.
        UpdateProvider = "update-provider",
        /// Ask the ACS to send the device to the Provider again.
        SendDevice = "send-device",
        /// Delete the device in the ACS.
        DeleteInAcs = "delete-in-acs",
        /// Ask the ACS to synchronise.
        Synchronise = "synchronise",
        /// Ask the Provider to synchronise.
        SynchroniseProvider = "synchronise-provider",
        /// Clear the device's identity in the Provider.
        RemoveInProvider = "remove-in-provider",
        /// Find out by hand.
        Investigate = "investigate",
        /// Choose the right record by hand.
        ChooseByHand = "choose-by-hand",
        /// Leave it, with a reason.
        Ignore = "ignore",
    }
}

wire_enum! {
    /// A field of a matched pair that may drift.
    Field {
        /// PPPoE login.
        Login = "login",
        /// MAC.
        Mac = "mac",
        /// Serial.
        Serial = "serial",
        /// Model.
        Model = "model",
        /// WAN IP.
        WanIp = "wan-ip",
    }
}

wire_enum! {
    /// Why a candidate is proposed.
    Reason {
        /// Same PPPoE login.
        SameLogin = "same-login",
        /// Same MAC.
        SameMac = "same-mac",
        /// Same serial.
        SameSerial = "same-serial",
        /// The Provider's entry of this device names it.
        NamedByEntry = "named-by-entry",
        /// Serials differ by a slip of the pen.
        SerialAlike = "serial-alike",
        /// MAC within +-1..4.
        MacNeighbour = "mac-neighbour",
        /// MAC one digit off.
        MacOneDigitOff = "mac-one-digit-off",
        /// Same WAN IP.
        SameWanIp = "same-wan-ip",
        /// Same model.
        SameModel = "same-model",
        /// Logins nearly the same.
        LoginAlike = "login-alike",
        /// The login resembles the customer's name.
        NameAlike = "name-alike",
    }
}

wire_enum! {
    /// Was it there in the last run?
    State {
        /// First seen in this run.
        New = "new",
        /// Seen before, perhaps under another cause.
        Ongoing = "ongoing",
    }
}

/// A login or record proposed to a person, never taken by itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// The login's id in the Provider.
    pub login_id: Option<Untrusted>,
    /// The login.
    pub login: Option<Untrusted>,
    /// The entry's id in the Provider, where the candidate is an entry.
    pub device_id: Option<Untrusted>,
    /// The device's id in the ACS, where the candidate is an ACS record (a `duplicate`).
    pub acs_id: Option<Untrusted>,
    /// 0 to 1.
    pub score: f64,
    /// Why, strongest first.
    pub why: Vec<Reason>,
}

/// A field that differs in a matched pair, both values raw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FieldDrift {
    /// Which field.
    pub field: Field,
    /// The ACS's value; several MACs joined by `;`.
    pub acs: Untrusted,
    /// The Provider's value.
    pub provider: Untrusted,
}

/// Records that belong to the story but not to the finding.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Related {
    /// The old device, still in the ACS.
    pub acs: Option<AcsDevice>,
    /// Its entry.
    pub provider: Option<ProviderRecord>,
}

/// Why a person chose to leave a finding alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ignored {
    /// The reason given.
    pub reason: String,
    /// Until when, where it ends.
    pub until: Option<Timestamp>,
}

/// One difference, explained. Self-contained: it can be stored and shown without the snapshots.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// `f-` and 16 hex digits: the same in every run while the difference lasts.
    pub id: String,
    /// Why.
    pub cause: Cause,
    /// How sure.
    pub strength: Strength,
    /// 0 to 1; 1 where proven.
    pub score: f64,
    /// New or ongoing.
    pub state: State,
    /// The cause in the last run, where it was another.
    pub was: Option<Cause>,
    /// When the difference was first seen.
    pub first_seen: Timestamp,
    /// The first complete snapshot of the other system without it.
    pub absent_since: Option<Timestamp>,
    /// Ignored by a person.
    pub ignored: Option<Ignored>,
    /// Normalised keys of all its records, sorted; the first hangs ignores and notes.
    pub keys: Vec<DeviceKey>,
    /// Its ACS records (for `manual-delete`: as they were in the baseline).
    pub acs: Vec<AcsDevice>,
    /// Its Provider records.
    pub provider: Vec<ProviderRecord>,
    /// Records of the story that are not of the finding.
    pub related: Option<Box<Related>>,
    /// What shows it, strongest first.
    pub evidence: Vec<Evidence>,
    /// What can be done, first choice first.
    pub fixes: Vec<Fix>,
    /// Proposals to a person, best first.
    pub candidates: Vec<Candidate>,
    /// For `field-drift`.
    pub fields: Vec<FieldDrift>,
}

impl Finding {
    /// Does this cause take devices from, or add them to, the present ledger?
    #[must_use]
    pub fn moves_count(&self) -> bool {
        !matches!(self.cause, Cause::FieldDrift | Cause::ManualDelete)
    }
}
