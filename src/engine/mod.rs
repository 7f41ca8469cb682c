//! Verbs of the product: pairing, causes, drift, ledgers, projections.
//!
//! Pure: the same input gives the same output, in any input order. Must not do: I/O,
//! clocks, randomness. It can't fail on bad data; it reports it.

pub mod baseline;
pub mod evidence;
pub mod finding;
pub mod ledger;
pub mod project;
pub mod rules;
pub mod warning;

use jiff::Timestamp;

pub use baseline::{Baseline, Ignore, PreviousSide, Prior, Removal, Tombstone};
pub use evidence::{Evidence, EvidenceKind};
pub use finding::{
    Candidate, Cause, Field, FieldDrift, Finding, Fix, Ignored, Reason, Related, State, Strength,
};
pub use ledger::{Between, BetweenRow, Change, Since, SinceSide};
pub use project::{Projected, Projection};
pub use rules::Rules;
pub use warning::{Warning, WarningCode};

use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord};

/// What one reconciliation is made from.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The ACS now.
    pub acs: &'a AnySnapshot<AcsDevice>,
    /// The Provider now.
    pub provider: &'a AnySnapshot<ProviderRecord>,
    /// What earlier runs left.
    pub baseline: &'a Baseline,
    /// The ISP's settings.
    pub rules: &'a Rules,
}

/// One side in figures.
#[derive(Clone, Debug, PartialEq)]
pub struct SideCounts {
    /// ACS: devices. Provider: device entries with a linked and active login (R1).
    pub devices: u64,
    /// ACS: devices that it shows as synchronised, where it shows that.
    pub integrated: Option<u64>,
    /// Provider: device entries, counted or not.
    pub entries: u64,
    /// Provider: distinct login ids.
    pub logins: u64,
    /// Was the source read to its end?
    pub complete: bool,
    /// Pages, or files, read.
    pub pages: u32,
    /// When the source says it was read.
    pub fetched_at: Timestamp,
    /// The side's last synchronisation known, from the source or an event.
    pub last_synchronised: Option<Timestamp>,
    /// Names of the unknown columns, for `extra` of the records.
    pub extra_columns: Vec<Box<str>>,
}

/// A finding of the last run whose difference is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Its id then.
    pub id: String,
    /// Its cause then.
    pub cause: Cause,
    /// Its first key.
    pub keys: Vec<crate::domain::DeviceKey>,
    /// How it ended.
    pub how: ResolvedHow,
}

finding::wire_enum! {
    /// How a difference ended.
    ResolvedHow {
        /// Now in both, and counted.
        Matched = "matched",
        /// Gone from both sides.
        GoneFromBoth = "gone-from-both",
        /// No longer in the Provider.
        GoneFromProvider = "gone-from-provider",
        /// No longer in the ACS.
        GoneFromAcs = "gone-from-acs",
        /// The fields agree again, or the records were set right.
        SetRight = "set-right",
    }
}

/// The whole answer. Self-contained: it can be stored and shown without the snapshots.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconciliation {
    /// The ACS in figures.
    pub acs: SideCounts,
    /// The Provider in figures.
    pub provider: SideCounts,
    /// Pairs whose entry is counted.
    pub matched: u64,
    /// Every difference, sorted by cause, then key.
    pub findings: Vec<Finding>,
    /// The ledger between the systems.
    pub between: Between,
    /// The ledger since the baseline.
    pub since: Since,
    /// What the counts would be.
    pub projections: Vec<Projection>,
    /// Findings of the last run that are no more.
    pub resolved: Vec<Resolved>,
    /// Things a person should know.
    pub warnings: Vec<Warning>,
    /// Devices that left the ACS since its baseline; empty where the ACS was not read whole.
    pub departures: Vec<Tombstone>,
}
