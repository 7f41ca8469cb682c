//! What a run comes to, cause by cause: counted once when a run arrives, not at every key.
//!
//! Must not do: decide a cause, or count otherwise than the ledger does.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::app::Run;
use crate::engine::{Cause, Finding, Reconciliation, State};

/// One cause in figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// The cause.
    pub cause: Cause,
    /// Devices that it adds to the ACS's count.
    pub acs: u64,
    /// Entries that it adds to the Provider's count.
    pub provider: u64,
    /// Differences.
    pub findings: u64,
    /// Of these, proven.
    pub proven: u64,
    /// Of these, ignored by a person.
    pub ignored: u64,
    /// Of these, not there at the last run.
    pub new: u64,
    /// Of the last run's, no more.
    pub resolved: u64,
    /// Does it move a count?
    pub moves: bool,
}

impl Tally {
    fn empty(cause: Cause) -> Self {
        let moves = !matches!(cause, Cause::FieldDrift | Cause::ManualDelete);
        let (acs, provider, findings, proven, ignored, new, resolved) = (0, 0, 0, 0, 0, 0, 0);
        Self { cause, acs, provider, findings, proven, ignored, new, resolved, moves }
    }

    /// What it adds on the way from the ACS's count to the Provider's.
    pub fn net(&self) -> i64 {
        signed(self.provider) - signed(self.acs)
    }

    /// How many records are behind it, for bars.
    pub fn size(&self) -> u64 {
        self.acs.max(self.provider).max(if self.moves { 0 } else { self.findings })
    }

    /// Are there none?
    pub fn is_empty(&self) -> bool {
        self.findings == 0 && self.acs == 0 && self.provider == 0
    }
}

/// A run in figures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Digest {
    /// Causes that occur: those that move a count first, then the largest.
    pub tallies: Vec<Tally>,
    /// When the oldest difference was first seen.
    pub oldest: Option<Timestamp>,
    /// Is there an earlier run, so that something can be new?
    pub compared: bool,
    /// Differences that are new.
    pub new: u64,
    /// Differences of the last run that are no more.
    pub resolved: u64,
}

impl Digest {
    /// Counts a run.
    #[must_use]
    pub fn of(run: &Run) -> Self {
        let all = &run.reconciliation;
        let mut tallies: Vec<Tally> = Cause::ALL.iter().copied().map(Tally::empty).collect();
        for finding in &all.findings {
            let at = finding.cause as usize;
            tally(&mut tallies[at], finding);
        }
        for resolved in &all.resolved {
            tallies[resolved.cause as usize].resolved += 1;
        }
        of_the_ledger(&mut tallies, all);
        let new = tallies.iter().map(|tally| tally.new).sum();
        tallies.retain(|tally| !tally.is_empty());
        tallies.sort_by_key(|tally| (!tally.moves, Reverse(tally.size()), tally.cause));
        Self {
            tallies,
            oldest: all.findings.iter().map(|finding| finding.first_seen).min(),
            compared: all.since.acs.then.is_some() || all.since.provider.then.is_some(),
            new,
            resolved: all.resolved.len() as u64,
        }
    }

    /// Differences that move a count.
    #[must_use]
    pub fn moving(&self) -> u64 {
        self.tallies.iter().filter(|tally| tally.moves).map(|tally| tally.findings).sum()
    }
}

fn tally(of: &mut Tally, finding: &Finding) {
    of.new += u64::from(finding.state == State::New);
    if !of.moves {
        of.findings += 1;
    }
}

/// The ledger outlives the differences themselves, so it is what counts.
fn of_the_ledger(tallies: &mut [Tally], all: &Reconciliation) {
    for row in &all.between.rows {
        let tally = &mut tallies[row.cause as usize];
        (tally.acs, tally.provider) = (row.acs, row.provider);
        (tally.findings, tally.proven) = (row.proven + row.inferred, row.proven);
        tally.ignored = row.ignored;
    }
}

pub(super) fn signed(n: u64) -> i64 {
    i64::try_from(n).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::sample;

    #[test]
    fn the_steps_lead_from_one_count_to_the_other() {
        let run = sample::run();
        let digest = Digest::of(&run);
        let (acs, provider) = (run.reconciliation.acs.devices, run.reconciliation.provider.devices);
        let net: i64 = digest.tallies.iter().map(Tally::net).sum();
        assert_eq!(signed(acs) + net, signed(provider));
        assert_eq!(digest.tallies.len(), Cause::ALL.len());
        assert_eq!(digest.moving(), 14);
    }

    #[test]
    fn those_that_move_a_count_come_first_and_the_largest_of_them_on_top() {
        let digest = Digest::of(&sample::run());
        let sizes: Vec<(bool, u64)> =
            digest.tallies.iter().map(|tally| (tally.moves, tally.size())).collect();
        assert!(sizes.is_sorted_by(|a, b| (a.0, a.1) >= (b.0, b.1)), "{sizes:?}");
        assert!(!digest.tallies[digest.tallies.len() - 1].moves);
    }

    #[test]
    fn where_the_differences_have_expired_the_ledger_still_counts() {
        let mut run = sample::run();
        run.reconciliation.findings.clear();
        let digest = Digest::of(&run);
        assert_eq!(digest.moving(), 14);
        assert_eq!(digest.oldest, None);
    }
}
