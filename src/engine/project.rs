//! What the counts would be, before anything is done.
//!
//! Must not do: guess silently. Where memory is missing the figure is a range.

use crate::engine::finding::wire_enum;

wire_enum! {
    /// The step imagined.
    Projected {
        /// The Provider synchronises now (R4b).
        ProviderSynchronises = "provider-synchronises",
        /// The ACS synchronises now (R1).
        AcsSynchronises = "acs-synchronises",
        /// The mass exclusion runs now.
        MassExclusion = "mass-exclusion",
        /// A plan is applied.
        Plan = "plan",
    }
}

/// The counts after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Projection {
    /// The step.
    pub step: Projected,
    /// ACS devices after it.
    pub acs: u64,
    /// Counted Provider entries after it.
    pub provider: u64,
    /// The fewest that the Provider could count, where memory is missing.
    pub provider_least: u64,
    /// Devices that the step touches.
    pub devices: u64,
    /// Of these, how many have an active login: customers who would vanish from the ACS.
    pub active_logins: u64,
}

impl Projection {
    /// ACS devices minus counted Provider entries, signed.
    #[must_use]
    pub fn gap(&self) -> i64 {
        i64::try_from(self.acs).unwrap_or(i64::MAX)
            - i64::try_from(self.provider).unwrap_or(i64::MAX)
    }
}
