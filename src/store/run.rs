//! One run as a value: what was asked, what came out, and how it went.
//!
//! Must not do: I/O. The store keeps it, both faces show it.

use jiff::Timestamp;

use crate::engine::Reconciliation;

/// Requests made to the two systems.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct NetCounts {
    /// Requests sent.
    pub requests: u64,
    /// Of these, retries.
    pub retries: u64,
    /// Answers 429.
    pub http_429: u64,
}

/// Rows of the apply journal by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct JournalCounts {
    /// Done, and read back.
    pub verified: u64,
    /// Changed since the plan.
    pub superseded: u64,
    /// Refused.
    pub failed: u64,
    /// Nobody knows yet.
    pub in_doubt: u64,
    /// A person must decide.
    pub needs_human: u64,
}

impl JournalCounts {
    /// Steps that are not done although they were to be.
    #[must_use]
    pub fn not_done(&self) -> u64 {
        self.failed + self.in_doubt + self.needs_human
    }
}

/// A finished reconciliation with its circumstances.
#[derive(Clone, Debug, PartialEq)]
pub struct Run {
    /// UUIDv7, so ids sort by time.
    pub id: String,
    /// The profile it ran for; `files` for two exports without configuration.
    pub profile: String,
    /// When it started, by the wall clock.
    pub started: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// Who asked for it: a Unix user, or `cron`.
    pub actor: String,
    /// The exit code it ended with (SAFETY.md section 6).
    pub exit: u8,
    /// The answer.
    pub reconciliation: Reconciliation,
    /// Requests made.
    pub net: NetCounts,
    /// Journal rows.
    pub journal: JournalCounts,
}

/// One line of the list of runs.
#[derive(Clone, Debug, PartialEq)]
pub struct RunSummary {
    /// The run.
    pub id: String,
    /// When it started.
    pub started: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// Who asked for it.
    pub actor: String,
    /// Its exit code.
    pub exit: u8,
    /// Were both sides read whole?
    pub complete: bool,
    /// ACS devices.
    pub acs: u64,
    /// Counted Provider entries.
    pub provider: u64,
    /// Matched pairs.
    pub matched: u64,
    /// Findings by cause, wire names, contract order.
    pub causes: Vec<(crate::engine::Cause, u64)>,
}

impl RunSummary {
    /// All its findings.
    #[must_use]
    pub fn findings(&self) -> u64 {
        self.causes.iter().map(|(_, count)| count).sum()
    }
}
