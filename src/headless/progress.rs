//! How far reading is: one rewritten line on a terminal, nothing anywhere else.
//!
//! Must not do: write to stdout, or so often that it slows the reading.

use std::io::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::app::Progress;
use crate::domain::Side;
use crate::headless::console::Console;

/// Time between two lines: faster is flicker.
const EVERY: Duration = Duration::from_millis(100);

/// Shorter readings need no line.
const PATIENCE: Duration = Duration::from_millis(300);

struct Shown {
    acs: u64,
    provider: u64,
    begun: Instant,
    written: Option<Instant>,
}

impl Shown {
    /// Is it time for a line?
    fn is_due(&self, now: Instant) -> bool {
        match self.written {
            None => now.duration_since(self.begun) >= PATIENCE,
            Some(last) => now.duration_since(last) >= EVERY,
        }
    }
}

/// The line of progress; `None` where nobody would read it.
pub struct Line(Option<Arc<Mutex<Shown>>>);

impl Line {
    /// A line on this console's terminal, if it has one.
    #[must_use]
    pub fn new(console: &Console) -> Self {
        let wanted = console.err.terminal && !console.quiet;
        let shown = Shown { acs: 0, provider: 0, begun: Instant::now(), written: None };
        Self(wanted.then(|| Arc::new(Mutex::new(shown))))
    }

    /// What a use-case tells how far reading is.
    #[must_use]
    pub fn told(&self) -> Progress {
        let Some(shown) = self.0.clone() else { return Arc::new(|_, _| {}) };
        Arc::new(move |side, records| {
            let mut shown = shown.lock().unwrap_or_else(PoisonError::into_inner);
            match side {
                Side::Acs => shown.acs = records,
                Side::Provider => shown.provider = records,
            }
            let now = Instant::now();
            if shown.is_due(now) {
                shown.written = Some(now);
                let (acs, provider) = (shown.acs, shown.provider);
                let _ = write!(io::stderr(), "\r\x1b[Kreading: ACS {acs}, Provider {provider}");
            }
        })
    }

    /// Takes the line away, if there is one.
    pub fn clear(&self) {
        let Some(shown) = &self.0 else { return };
        if shown.lock().unwrap_or_else(PoisonError::into_inner).written.is_some() {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_reading_shows_no_line() {
        let begun = Instant::now();
        let mut shown = Shown { acs: 0, provider: 0, begun, written: None };
        assert!(!shown.is_due(begun + Duration::from_millis(299)));
        assert!(shown.is_due(begun + PATIENCE));
        shown.written = Some(begun + PATIENCE);
        assert!(!shown.is_due(begun + Duration::from_millis(399)));
        assert!(shown.is_due(begun + Duration::from_millis(400)));
    }
}
