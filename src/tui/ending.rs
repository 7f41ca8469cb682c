//! The end: the terminal is given back already, and what was begun is brought to a good end.
//!
//! An apply goes on to the end of its call and saves its journal, however the dashboard ended.
//! Must not do: begin anything, or draw.

use std::io::Write as _;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};

use crate::app::exit::Signal;
use crate::tui::jobs::Jobs;
use crate::tui::model::JobKind;
use crate::tui::msg::Msg;
use crate::words::{Voice, word};

/// What writes a note or a file is waited for so long; an apply without end.
const WRITING: Duration = Duration::from_secs(5);

/// What only reads is waited for so long: nothing is lost with it.
const READING: Duration = Duration::from_millis(300);

/// A simulated world is asked for an answer that comes soon, and goes away behind it.
const PATIENT: Duration = Duration::from_secs(3);

/// What is left when the dashboard is closed.
pub struct End<'scope, 'env> {
    /// What goes on.
    pub jobs: Jobs<'scope, 'env>,
    /// What is told of it.
    pub messages: Receiver<Msg>,
    /// May it take a moment longer?
    pub patient: bool,
    /// The exit code.
    pub code: u8,
}

impl End<'_, '_> {
    /// Waits for what must not be lost. What only reads and does not end by itself ends with the
    /// process.
    pub fn wait(mut self, voice: &Voice) {
        self.jobs.stop_all(match self.code {
            129 => Signal::Hangup,
            143 => Signal::Terminate,
            _ => Signal::Interrupt,
        });
        if self.jobs.any(|kind| kind == JobKind::Apply) {
            let text = word!(voice,
                en: "acerto: the call under way ends, then the journal is saved",
                pt: "acerto: a chamada em curso termina, depois o diário é salvo");
            // Where the terminal is gone nobody reads it.
            let _ = writeln!(std::io::stderr(), "{text}");
        }
        let began = Instant::now();
        while self.jobs.any(|_| true) {
            match self.next(began) {
                Ok(Msg::Done { job, .. }) => drop(self.jobs.ended(job)),
                // Asked again while it waits: at once, as every command does.
                Ok(Msg::Signal(number)) => exit(u8::try_from(128 + number).unwrap_or(1)),
                Ok(_) => {}
                Err(_) => exit(self.code),
            }
        }
    }

    fn next(&self, began: Instant) -> Result<Msg, RecvTimeoutError> {
        if self.jobs.any(|kind| kind == JobKind::Apply) {
            return self.messages.recv().map_err(|_| RecvTimeoutError::Disconnected);
        }
        let writes = self.jobs.any(|kind| matches!(kind, JobKind::Write | JobKind::SpeedTest));
        let patience = match (writes, self.patient) {
            (true, _) => WRITING,
            (false, true) => PATIENT,
            (false, false) => READING,
        };
        self.messages.recv_timeout(patience.saturating_sub(began.elapsed()))
    }
}

fn exit(code: u8) -> ! {
    std::process::exit(code.into())
}
