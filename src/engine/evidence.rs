//! What shows a cause: facts with their times and values, ordered strongest first.
//!
//! Must not do: words. A face renders each kind in its language, so that a new kind
//! doesn't build until every language has a sentence for it.

use jiff::Timestamp;

use crate::domain::text::Untrusted;

macro_rules! evidence_kinds {
    ($($(#[$doc:meta])* $name:ident = $wire:literal,)*) => {
        /// What kind of fact; the slots that each uses are named in its documentation.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum EvidenceKind { $($(#[$doc])* $name,)* }

        impl EvidenceKind {
            /// Every kind, in order.
            pub const ALL: &'static [Self] = &[$(Self::$name,)*];

            /// The stored name.
            #[must_use]
            pub fn wire(self) -> &'static str {
                match self { $(Self::$name => $wire,)* }
            }

            /// Reads the stored name.
            #[must_use]
            pub fn from_wire(wire: &str) -> Option<Self> {
                match wire { $($wire => Some(Self::$name),)* _ => None }
            }
        }
    };
}

evidence_kinds! {
    /// `n` records share the serial `a`.
    GroupSharesSerial = "group-shares-serial",
    /// `n` records share the MAC `a`.
    GroupSharesMac = "group-shares-mac",
    /// The serial `a` names one record, the MAC `b` another.
    CrossedIdentities = "crossed-identities",
    /// The serials `a` (ACS) and `b` (Provider) differ by a slip of the pen.
    SerialsAlike = "serials-alike",
    /// The serials `a` (ACS) and `b` (Provider) are both plausible and different.
    SerialsDiffer = "serials-differ",
    /// Both carry the PPPoE login `a`.
    SameLogin = "same-login",
    /// Both carry the MAC `a`.
    SameMac = "same-mac",
    /// The MACs `a` (ACS) and `b` (Provider) differ in one digit.
    MacOneDigitOff = "mac-one-digit-off",
    /// Both carry the WAN IP `a`.
    SameWanIp = "same-wan-ip",
    /// The ACS holds no device with the old identity `a`.
    OldIdentityGone = "old-identity-gone",
    /// The device registered at `at`, after the old identity's last sign of life at `until`.
    RegisteredAfterOld = "registered-after-old",
    /// Nothing tells when the old device was last alive.
    OldSignUnknown = "old-sign-unknown",
    /// The device registered at `at`, before the old identity's last sign of life at `until`.
    RegisteredBeforeOld = "registered-before-old",
    /// The device `a` with the same login, which the Provider holds, last informed at `at`; the
    /// new one registered at `until`.
    OldDeviceSilent = "old-device-silent",
    /// The linked login `a` says active = no; its contract status is `b`.
    LoginInactive = "login-inactive",
    /// The only login that fits, `a`, is not active; its contract status is `b`.
    FittingLoginInactive = "fitting-login-inactive",
    /// Deleted by hand in the ACS at `at`; the source remarks `a`.
    DeletedByHand = "deleted-by-hand",
    /// Left both systems between `at` and `until`, as after a deletion by hand.
    LeftBothSides = "left-both-sides",
    /// Called home again: registered at `at`.
    RegisteredAgain = "registered-again",
    /// It was counted in the Provider again after it had come back.
    CountedSince = "counted-since",
    /// It was counted in the Provider before.
    CountedBefore = "counted-before",
    /// It was in a group or a couple at the last run, which don't tell what was counted.
    UnclearBefore = "unclear-before",
    /// The active login `a` fits by its name.
    LoginFits = "login-fits",
    /// The Provider's entry `b` of this device names the active login `a`, unlinked.
    EntryNamesLogin = "entry-names-login",
    /// Registered at `at`, after the last ACS synchronisation at `until`.
    RegisteredAfterSync = "registered-after-sync",
    /// Registered at `at`, before the last ACS synchronisation at `until`.
    RegisteredBeforeSync = "registered-before-sync",
    /// No ACS synchronisation is known; one a day is assumed; registered at `at`.
    SyncAssumedDaily = "sync-assumed-daily",
    /// The ACS does not say when the device registered.
    RegistrationUnknown = "registration-unknown",
    /// The Provider lists the device (entry `a`) without a login.
    ListedWithoutLogin = "listed-without-login",
    /// The Provider has no login with any of the device's identities.
    NoLoginFits = "no-login-fits",
    /// An identity of the device stands on an entry of the Provider that is not its own.
    IdentityElsewhere = "identity-elsewhere",
    /// The login `a` is held by the counted entry `b`, so it fits nobody else.
    LoginHeld = "login-held",
    /// `n` logins fit, none of them alone.
    SeveralLoginsFit = "several-logins-fit",
    /// The login `a` is generic and identifies nobody.
    GenericLogin = "generic-login",
    /// The identity `a` is a placeholder and identifies nobody.
    PlaceholderIdentity = "placeholder-identity",
    /// The record carries nothing that identifies it.
    IdentifiesNobody = "identifies-nobody",
    /// The deletion is `n` minutes old: the webhook may still be on its way.
    WebhookOnItsWay = "webhook-on-its-way",
    /// The entry survived a Provider synchronisation at `at`.
    SurvivedProviderSync = "survived-provider-sync",
    /// A mass exclusion at `at` names the device; the source remarks `a`.
    MassExclusionNames = "mass-exclusion-names",
    /// A mass exclusion ran at `at`; the source remarks `a`.
    MassExclusionRan = "mass-exclusion-ran",
    /// Nothing could be missed between `at` and `until`, and no deletion by hand was seen.
    CoveredNoDelete = "covered-no-delete",
    /// The listener was up between `at` and `until` and heard of no deletion by hand.
    ListenedNoDelete = "listened-no-delete",
    /// Nobody watched all the time between `at` and `until`.
    NobodyWatched = "nobody-watched",
    /// Surely in the ACS at `at`: its synchronisation confirmed the entry.
    LastConfirmed = "last-confirmed",
    /// Surely in the ACS at `at`: an event says that it registered then.
    AddedByEvent = "added-by-event",
    /// Between `at` and `until` something was deleted by hand that no known record answers to.
    DeletionOfAStranger = "deletion-of-a-stranger",
    /// Left the ACS between the snapshots of `at` and `until`.
    LeftBetween = "left-between",
    /// Last Inform at `at`, `n` days before it left.
    SilentDays = "silent-days",
    /// `n` devices left in the same interval, all silent at least as long as the criterion.
    LeftWithOthers = "left-with-others",
    /// No synchronisation ever confirmed the entry, though the Provider notes that for others.
    NeverConfirmed = "never-confirmed",
    /// Arrived in the Provider at `at`, after the first ACS snapshot; no snapshot ever held the
    /// device.
    NeverInSnapshots = "never-in-snapshots",
    /// The entry dates from `at`, `n` days ago.
    EntryAge = "entry-age",
    /// The entry dates from `at`: within the first-contact grace of `n` days.
    EntryYoung = "entry-young",
    /// First run: no memory yet; not in the ACS, and whether it ever was, nobody knows.
    NoMemory = "no-memory",
    /// Already in the Provider only when acerto first saw both sides, at `at`.
    MissingFromStart = "missing-from-start",
    /// Confirmed at `at`, after the ACS was read at `until`: read both sides again.
    ConfirmedAfterRead = "confirmed-after-read",
    /// Registered at `at`, after the Provider was read at `until`: read both sides again.
    RegisteredAfterRead = "registered-after-read",
    /// The ACS snapshot is incomplete: absence from it proves nothing.
    AcsIncomplete = "acs-incomplete",
    /// The Provider snapshot is incomplete: absence from it proves nothing.
    ProviderIncomplete = "provider-incomplete",
    /// A device of the ACS carries the entry's serial, MAC or login, but is not clearly its own.
    MayBeInAcs = "may-be-in-acs",
    /// Nothing fits.
    NothingFits = "nothing-fits",
    /// The field `a` differs (the values stand in the finding's fields).
    FieldDiffers = "field-differs",
    /// In both systems at `at`, in neither at `until`.
    GoneFromBoth = "gone-from-both",
}

impl EvidenceKind {
    /// What tells of a life that a device had before the difference, the least first.
    const PAST: [Self; 4] =
        [Self::UnclearBefore, Self::RegisteredAgain, Self::CountedBefore, Self::CountedSince];

    /// Of a finding's facts, the one that says most of a life before the difference.
    pub fn of_a_past(facts: impl Iterator<Item = Self>) -> Option<Self> {
        let told = facts.filter_map(|kind| Self::PAST.iter().position(|past| *past == kind));
        told.max().map(|at| Self::PAST[at])
    }
}

/// One fact. Which slots are filled depends on the kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What kind of fact.
    pub kind: EvidenceKind,
    /// First time.
    pub at: Option<Timestamp>,
    /// Second time.
    pub until: Option<Timestamp>,
    /// First value.
    pub a: Option<Untrusted>,
    /// Second value.
    pub b: Option<Untrusted>,
    /// A number: records, days or minutes.
    pub n: Option<i64>,
}

impl Evidence {
    /// A fact with empty slots.
    #[must_use]
    pub fn new(kind: EvidenceKind) -> Self {
        Self { kind, at: None, until: None, a: None, b: None, n: None }
    }

    /// Fills the first time.
    #[must_use]
    pub fn at(self, at: impl Into<Option<Timestamp>>) -> Self {
        Self { at: at.into(), ..self }
    }

    /// Fills the second time.
    #[must_use]
    pub fn until(self, until: impl Into<Option<Timestamp>>) -> Self {
        Self { until: until.into(), ..self }
    }

    /// Fills the first value.
    #[must_use]
    pub fn a(self, a: impl Into<Option<Untrusted>>) -> Self {
        Self { a: a.into(), ..self }
    }

    /// Fills the second value.
    #[must_use]
    pub fn b(self, b: impl Into<Option<Untrusted>>) -> Self {
        Self { b: b.into(), ..self }
    }

    /// Fills the number.
    #[must_use]
    pub fn n(self, n: i64) -> Self {
        Self { n: Some(n), ..self }
    }
}
