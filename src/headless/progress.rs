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

struct Line {
    acs: u64,
    provider: u64,
    written: Option<Instant>,
}

/// Something to tell how far reading is.
#[must_use]
pub fn line(console: &Console) -> Progress {
    if !console.err.terminal || console.quiet {
        return Arc::new(|_, _| {});
    }
    let line = Mutex::new(Line { acs: 0, provider: 0, written: None });
    Arc::new(move |side, records| {
        let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
        match side {
            Side::Acs => line.acs = records,
            Side::Provider => line.provider = records,
        }
        if line.written.is_none_or(|at| at.elapsed() >= EVERY) {
            line.written = Some(Instant::now());
            let (acs, provider) = (line.acs, line.provider);
            let _ = write!(io::stderr(), "\r\x1b[Kreading: ACS {acs}, Provider {provider}");
        }
    })
}

/// Takes the line away.
pub fn clear(console: &Console) {
    if console.err.terminal && !console.quiet {
        let _ = write!(io::stderr(), "\r\x1b[K");
    }
}
