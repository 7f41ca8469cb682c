//! The two sums that must balance to the unit: between the systems now, and since the baseline.
//!
//! Must not do: round, or hide a rest. Both sums are asserted in release builds.

use crate::engine::finding::{Cause, Finding, Strength, wire_enum};

/// One cause's line in the ledger between the systems.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BetweenRow {
    /// The cause.
    pub cause: Cause,
    /// ACS devices that the cause keeps from being matched.
    pub acs: u64,
    /// Counted Provider entries that the cause keeps from being matched.
    pub provider: u64,
    /// Findings that are proven.
    pub proven: u64,
    /// Findings that are inferred.
    pub inferred: u64,
    /// Findings that a person ignores; they stay in the other columns.
    pub ignored: u64,
}

/// `ACS = matched + acs column`, `Provider = matched + provider column`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Between {
    /// ACS devices.
    pub acs: u64,
    /// Counted Provider entries.
    pub provider: u64,
    /// Pairs whose entry is counted.
    pub matched: u64,
    /// One row a cause that occurs, in the contract's order.
    pub rows: Vec<BetweenRow>,
}

impl Between {
    /// Sums the findings up.
    #[must_use]
    pub fn of(acs: u64, provider: u64, matched: u64, findings: &[Finding]) -> Self {
        let mut rows = Vec::new();
        for &cause in Cause::ALL {
            let mut row =
                BetweenRow { cause, acs: 0, provider: 0, proven: 0, inferred: 0, ignored: 0 };
            for f in findings.iter().filter(|f| f.cause == cause && f.moves_count()) {
                row.acs += f.acs.len() as u64;
                row.provider += f.provider.iter().filter(|p| p.is_counted()).count() as u64;
                match f.strength {
                    Strength::Proven => row.proven += 1,
                    Strength::Inferred => row.inferred += 1,
                }
                row.ignored += u64::from(f.ignored.is_some());
            }
            if row.acs + row.provider + row.proven + row.inferred > 0 {
                rows.push(row);
            }
        }
        Self { acs, provider, matched, rows }
    }

    /// Do both columns sum to their side's count?
    #[must_use]
    pub fn balanced(&self) -> bool {
        self.matched + self.rows.iter().map(|r| r.acs).sum::<u64>() == self.acs
            && self.matched + self.rows.iter().map(|r| r.provider).sum::<u64>() == self.provider
    }

    /// ACS devices that the Provider does not count because of their login (R1).
    #[must_use]
    pub fn not_integrated(&self) -> u64 {
        self.rows.iter().filter(|r| r.cause.is_not_integrated()).map(|r| r.acs).sum()
    }
}

wire_enum! {
    /// Why one side's count changed since the baseline.
    Change {
        /// Was not there.
        Arrived = "arrived",
        /// Had left, and is back.
        Returned = "returned",
        /// Deleted by hand.
        ManualDelete = "manual-delete",
        /// Removed by a mass exclusion.
        MassExcluded = "mass-excluded",
        /// Left, and nothing tells how.
        RemovedUnknown = "removed-unknown",
        /// Dropped by the Provider after it left the ACS.
        Purged = "purged",
        /// Its login was linked.
        Linked = "linked",
        /// Its login was unlinked.
        Unlinked = "unlinked",
        /// Its login was activated.
        Activated = "activated",
        /// Its login was deactivated.
        Deactivated = "deactivated",
        /// Nothing fits.
        Unexplained = "unexplained",
    }
}

/// One side since its baseline: `then + sum(rows) = now`.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct SinceSide {
    /// The run that read the baseline.
    pub baseline: Option<String>,
    /// The count then; `None` without a baseline.
    pub then: Option<u64>,
    /// The count now.
    pub now: u64,
    /// Signed changes, in the contract's order, none of them 0.
    pub rows: Vec<(Change, i64)>,
}

impl SinceSide {
    /// Does the sum hold? Always so without a baseline.
    #[must_use]
    pub fn balanced(&self) -> bool {
        let Some(then) = self.then else { return self.rows.is_empty() };
        let change: i64 = self.rows.iter().map(|r| r.1).sum();
        then.checked_add_signed(change) == Some(self.now)
    }
}

/// Both sides since the baseline.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Since {
    /// The ACS's devices.
    pub acs: SinceSide,
    /// The Provider's counted entries.
    pub provider: SinceSide,
}
