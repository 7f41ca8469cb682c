//! Stopping cleanly: HUP, INT and TERM are noted, and looked at between steps.
//!
//! Must not do: act on a signal inside a step. What is being written is written whole.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::{SigId, flag};

use crate::app::collect::STOP_LATENCY;
use crate::app::error::AppError;
use crate::app::exit::{Condition, Signal};
use crate::ports::Clock;

const SIGNALS: [(i32, Signal); 3] =
    [(SIGHUP, Signal::Hangup), (SIGINT, Signal::Interrupt), (SIGTERM, Signal::Terminate)];

/// Whether somebody asked to stop.
#[derive(Clone, Debug, Default)]
pub struct Stop {
    signal: Arc<AtomicUsize>,
    handlers: Vec<SigId>,
}

impl Stop {
    /// Listens from now on; the second signal ends the process at once.
    ///
    /// # Errors
    /// Where the system refuses a handler.
    pub fn listen() -> std::io::Result<Self> {
        let mut stop = Self::default();
        let again = Arc::new(AtomicBool::new(false));
        for (number, signal) in SIGNALS {
            let code = i32::from(Condition::Stopped(signal).code());
            // Handlers run in the order of registration: the first signal only sets flags.
            let noted = usize::try_from(number).unwrap_or_default();
            stop.handlers.extend([
                flag::register_conditional_shutdown(number, code, Arc::clone(&again))?,
                flag::register(number, Arc::clone(&again))?,
                flag::register_usize(number, Arc::clone(&stop.signal), noted)?,
            ]);
        }
        Ok(stop)
    }

    /// Listens no more: whoever comes next listens in another way, and no second signal may end
    /// the process behind its back.
    pub fn close(self) {
        for handler in self.handlers {
            signal_hook::low_level::unregister(handler);
        }
    }

    /// The signal that asked to stop, if one did.
    #[must_use]
    pub fn asked(&self) -> Option<Signal> {
        let noted = self.signal.load(Ordering::Relaxed);
        SIGNALS.iter().find(|(n, _)| usize::try_from(*n) == Ok(noted)).map(|(_, signal)| *signal)
    }

    /// As if this signal had come.
    pub fn ask_as(&self, signal: Signal) {
        let number = SIGNALS.iter().find(|(_, s)| *s == signal).map_or(SIGTERM, |(n, _)| *n);
        self.signal.store(usize::try_from(number).unwrap_or_default(), Ordering::Relaxed);
    }

    /// As if SIGTERM had come.
    #[cfg(test)]
    pub(crate) fn ask(&self) {
        self.ask_as(Signal::Terminate);
    }

    /// As if nobody had asked.
    #[cfg(test)]
    pub(crate) fn forget(&self) {
        self.signal.store(0, Ordering::Relaxed);
    }

    /// Waits, unless a signal comes; by a clock that no clock change moves.
    ///
    /// # Errors
    /// [`AppError::Stopped`].
    pub fn wait(&self, clock: &dyn Clock, wait: Duration) -> Result<(), AppError> {
        let until = clock.monotonic() + wait;
        loop {
            self.check()?;
            let left = until.saturating_sub(clock.monotonic());
            if left.is_zero() {
                return Ok(());
            }
            std::thread::sleep(left.min(STOP_LATENCY));
        }
    }

    /// An error once somebody asked to stop.
    ///
    /// # Errors
    /// [`AppError::Stopped`].
    pub fn check(&self) -> Result<(), AppError> {
        self.asked().map_or(Ok(()), |signal| Err(AppError::Stopped(signal)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_noted_signal_stops_the_next_step() {
        let stop = Stop::default();
        assert!(stop.check().is_ok());
        stop.ask();
        assert_eq!(stop.asked(), Some(Signal::Terminate));
        assert_eq!(stop.check().map_err(|e| e.exit()), Err(143));
    }
}
