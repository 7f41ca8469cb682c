//! A report made while its run is recorded: what prints then has only to be copied out.
//!
//! Must not do: print. Whether recording went well is told by the exit code, which a report names:
//! one that has another since is made anew.

use std::io::{self, Write};

use crate::app::Run;
use crate::headless::report::{self, ReportOptions};

/// Longer reports are printed as they are made, when nothing else needs room any more.
const BYTES_MAX: usize = 32 << 20;

/// A whole report.
pub struct Rendered {
    bytes: Vec<u8>,
    exit: u8,
}

impl Rendered {
    /// `None` of one that is too long, or can't be made: who prints tells why.
    pub fn of(run: &Run, options: &ReportOptions) -> Option<Self> {
        let mut room = Room(Vec::new());
        report::write(run, options, &mut room).ok()?;
        Some(Self { bytes: room.0, exit: run.exit })
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
struct Room(Vec<u8>);

impl Write for Room {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > BYTES_MAX {
            return Err(io::ErrorKind::OutOfMemory.into());
        }
        self.0.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
