//! Values that the tests of this room start from.

use std::time::Duration;

use jiff::Timestamp;

use crate::engine::{Between, Cause, Finding, Reconciliation, SideCounts, Since, State, Strength};
use crate::ports::Clock;

/// A finding of a cause, with nothing else.
pub(crate) fn finding(cause: Cause) -> Finding {
    Finding {
        id: "f-0123456789abcdef".into(),
        cause,
        strength: Strength::Inferred,
        score: 0.5,
        state: State::New,
        was: None,
        first_seen: Timestamp::UNIX_EPOCH,
        absent_since: None,
        ignored: None,
        keys: Vec::new(),
        acs: Vec::new(),
        provider: Vec::new(),
        related: None,
        evidence: Vec::new(),
        fixes: Vec::new(),
        candidates: Vec::new(),
        fields: Vec::new(),
    }
}

fn side() -> SideCounts {
    SideCounts {
        devices: 1,
        integrated: None,
        entries: 1,
        logins: 1,
        complete: true,
        pages: 1,
        fetched_at: Timestamp::UNIX_EPOCH,
        last_synchronised: None,
        extra_columns: Vec::new(),
    }
}

/// A reconciliation of one matched pair with these findings; its ledger is not summed.
pub(crate) fn reconciliation(findings: Vec<Finding>) -> Reconciliation {
    Reconciliation {
        acs: side(),
        provider: side(),
        matched: 1,
        findings,
        between: Between { acs: 1, provider: 1, matched: 1, rows: Vec::new() },
        since: Since::default(),
        projections: Vec::new(),
        resolved: Vec::new(),
        warnings: Vec::new(),
        departures: Vec::new(),
    }
}

/// A clock that stands at a fixed time.
pub(crate) struct StillClock;

/// Where [`StillClock`] stands, in seconds since 1970.
pub(crate) const STILL_AT: i64 = 1_795_000_000;

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(STILL_AT).unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}
