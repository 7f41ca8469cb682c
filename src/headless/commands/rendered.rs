//! A report made while its run is recorded: what prints then has only to be copied out.
//!
//! Must not do: print. Whether recording went well is told by the exit code, which a report names:
//! one that has another since is made anew.

use std::io::{self, Write};

use crate::app::Run;
use crate::headless::report::{self, ReportOptions};

/// Longer reports are printed as they are made, when nothing else needs room any more.
const BYTES_MAX: usize = 32 << 20;
/// Of more findings a report would hardly be shorter: it is not begun.
const FINDINGS_MAX: usize = 20_000;

/// A whole report.
pub struct Rendered {
    bytes: Vec<u8>,
    exit: u8,
}

impl Rendered {
    /// `None` of one that is too long, or can't be made: who prints tells why.
    pub fn of(run: &Run, options: &ReportOptions) -> Option<Self> {
        if run.reconciliation.findings.len() > FINDINGS_MAX {
            return None;
        }
        Self::of_at_most(BYTES_MAX, run, options)
    }

    fn of_at_most(most: usize, run: &Run, options: &ReportOptions) -> Option<Self> {
        let mut room = Room { bytes: Vec::new(), most };
        report::write(run, options, &mut room).ok()?;
        Some(Self { bytes: room.bytes, exit: run.exit })
    }

    /// Writes the report of this run.
    ///
    /// # Errors
    /// As [`report::write`].
    pub fn write(
        made: Option<Self>,
        run: &Run,
        options: &ReportOptions,
        out: &mut dyn Write,
    ) -> io::Result<()> {
        match made.filter(|made| made.exit == run.exit) {
            Some(made) => out.write_all(&made.bytes),
            None => report::write(run, options, out),
        }
    }
}

/// Bytes in memory, and not too many.
struct Room {
    bytes: Vec<u8>,
    most: usize,
}

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.len() + bytes.len() > self.most {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::sample;
    use crate::headless::report::Format;

    fn options() -> ReportOptions {
        ReportOptions { format: Format::Json, ..ReportOptions::default() }
    }

    fn printed(made: Option<Rendered>, run: &Run) -> String {
        let mut out = Vec::new();
        Rendered::write(made, run, &options(), &mut out).unwrap();
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn a_report_made_early_is_the_one_made_late_and_none_names_an_exit_code_that_was() {
        let run = sample::run();
        let unrecorded = Run { exit: 10, ..run.clone() };
        for run in [&run, &unrecorded] {
            let made = Rendered::of(&sample::run(), &options());
            assert_eq!(printed(made, run), printed(None, run));
        }
        assert_ne!(printed(None, &run), printed(None, &unrecorded));
    }

    #[test]
    fn a_report_that_is_too_long_is_made_when_it_is_printed() {
        let run = sample::run();
        let whole = printed(None, &run);
        let made = |most| Rendered::of_at_most(most, &run, &options());
        assert!(made(whole.len() - 1).is_none());
        assert_eq!(printed(made(whole.len()), &run), whole);
    }
}
