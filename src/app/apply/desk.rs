//! What every step of an apply works with.
//!
//! Must not do: hold more than one apply; the lock sees to that.

use std::time::Duration;

use crate::app::apply::crash::Crash;
use crate::app::apply::progress::{Said, Say};
use crate::app::apply::systems::Systems;
use crate::app::error::AppError;
use crate::app::stop::Stop;
use crate::domain::{Side, Untrusted};
use crate::ports::{Clock, FetchError};
use crate::store::{ApplyLock, Arrow, StepRow, StepState, Store};

/// What every step works with.
pub(super) struct Desk<'a> {
    pub store: &'a Store,
    pub lock: &'a ApplyLock,
    pub systems: &'a Systems<'a>,
    pub clock: &'a dyn Clock,
    pub stop: &'a Stop,
    /// Least time between a sending and a sending again, per side.
    pub quiet: [Duration; 2],
    /// This boot of the machine.
    pub boot_id: String,
    /// `CLOCK_BOOTTIME` when the lock was taken: who had it before sends nothing since.
    pub began: Duration,
    /// Ids of the ACS's devices when the plan was made, where it lets the Provider synchronise.
    pub acs_then: Vec<Untrusted>,
    pub say: Say<'a>,
    pub crash: Crash,
}

impl Desk<'_> {
    /// One arrow, one durable commit.
    pub fn advance(&self, row: &StepRow, arrow: &Arrow) -> Result<StepRow, AppError> {
        let next = self.store.advance(self.lock, &row.id(), arrow, self.clock.now())?;
        let (seq, state) = (next.seq, next.state.wire());
        tracing::info!(seq, state, key = masked(&next.key), attempt = next.attempt, "step");
        (self.say)(Said::Step(&next));
        Ok(next)
    }

    pub fn quiet(&self, side: Side) -> Duration {
        match side {
            Side::Acs => self.quiet[0],
            Side::Provider => self.quiet[1],
        }
    }

    /// How much longer nothing may be concluded about a row that was sent. A sending in an
    /// earlier boot may have been just before this one began. A row that is still `SENT` is of
    /// a process that died, which may have been stopped for long before its request left: all
    /// that is known is that it left before the lock was ours.
    pub fn quiet_left(&self, row: &StepRow) -> Duration {
        let sent = match row.sent_boottime.filter(|_| row.boot_id == self.boot_id) {
            Some(sent) if row.state == StepState::Sent => sent.max(self.began),
            // Another boot, or another machine: the full period from when the lock was ours.
            sent => sent.unwrap_or(self.began),
        };
        (sent + self.quiet(row.side)).saturating_sub(self.clock.monotonic())
    }

    /// Waits, unless a signal comes.
    pub fn wait(&self, wait: Duration) -> Result<(), AppError> {
        self.stop.wait(self.clock, wait)
    }

    /// Asks, and asks again after pauses: a system that fails makes an apply wait, never skip.
    pub fn patiently<T>(
        &self,
        side: Side,
        mut ask: impl FnMut() -> Result<T, FetchError>,
    ) -> Result<T, AppError> {
        for pause in PAUSES {
            match ask() {
                Ok(answer) => return Ok(answer),
                Err(error) if error.kind != crate::ports::FetchErrorKind::Unavailable => {
                    return Err(failed(side, error));
                }
                Err(error) => (self.say)(Said::Paused { side, pause, why: &error.what }),
            }
            self.wait(pause)?;
        }
        ask().map_err(|error| failed(side, error))
    }
}

/// Longer in sum than a breaker stays open.
const PAUSES: [Duration; 3] =
    [Duration::from_secs(2), Duration::from_secs(10), Duration::from_secs(31)];

pub(super) fn failed(side: Side, error: FetchError) -> AppError {
    AppError::Fetch(vec![crate::app::error::SideFailure { side, error }])
}

/// The end of a key: logs know no whole serial.
fn masked(key: &str) -> String {
    let tail: String = key.chars().rev().take(4).collect();
    format!("…{}", tail.chars().rev().collect::<String>())
}

/// Which boot of this machine it is: `CLOCK_BOOTTIME` counts from it.
pub(super) fn boot_id() -> Result<String, AppError> {
    let path = "/proc/sys/kernel/random/boot_id";
    let read = std::fs::read_to_string(path);
    let id = read.map_err(|e| AppError::Bug(format!("{path} can't be read: {e}")))?;
    Ok(id.trim().to_owned())
}
