//! The report as one JSON document, or as lines.
//!
//! Streams: one finding is in memory at a time. Must not do: know a key's name (that is
//! `document` and `findings`).

use std::io::{self, BufWriter, Write};

use serde::Serialize;

use crate::app::Run;
use crate::headless::report::document::Report;
use crate::headless::report::escape::Escaping;
use crate::headless::report::findings::FindingDocument;
use crate::headless::report::group_by::Groups;
use crate::headless::report::options::ReportOptions;
use crate::words::Voice;

/// Bytes gathered before they go to `out`.
const BUFFER_BYTES: usize = 64 * 1024;

/// One document and a line end.
pub fn write_document(
    run: &Run,
    voice: &Voice,
    (groups, options): (Option<Groups>, &ReportOptions),
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, out);
    let report = Report::of(run, voice, groups).asked(options);
    write_line(&report, &mut out)?;
    out.flush()
}

/// One finding a line, then everything else under `summary`.
pub fn write_lines(
    run: &Run,
    voice: &Voice,
    (groups, options): (Option<Groups>, &ReportOptions),
    out: &mut dyn Write,
) -> io::Result<()> {
    #[derive(Serialize)]
    struct Last<'a> {
        summary: Report<'a>,
    }
    let mut out = BufWriter::with_capacity(BUFFER_BYTES, out);
    for finding in &run.reconciliation.findings {
        write_line(&FindingDocument::of(finding, voice), &mut out)?;
    }
    let summary = Report::of(run, voice, groups).asked(options).without_findings();
    write_line(&Last { summary }, &mut out)?;
    out.flush()
}

/// Any value as one line of JSON, invisible characters escaped.
///
/// # Errors
/// Where `out` fails.
pub fn write_line(value: &impl Serialize, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    value.serialize(&mut serde_json::Serializer::with_formatter(&mut *out, Escaping))?;
    out.write_all(b"\n")
}
