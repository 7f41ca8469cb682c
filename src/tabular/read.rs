//! Reads a file to its end: format by format, encoding by encoding, with all its problems.
//!
//! Must not do: return without saying what is missing.

use crate::domain::{AnySnapshot, SnapshotMeta};
use crate::ports::{FetchError, Growing, Progress};
use crate::tabular::columns::{Columns, Schema};
use crate::tabular::notes::Notes;
use crate::tabular::open::{Content, Format, Input};
use crate::tabular::row::{Context, Row};
use crate::tabular::window::Window;
use crate::tabular::{FileSource, RECORD_MAX, ROWS_MAX, csv, failure, json};

/// How many rows pass between two words of progress.
const PROGRESS_EVERY: u64 = 1000;

/// What is done with every row; `false` ends the reading.
pub type Each<'e> = &'e mut dyn FnMut(&mut Row<'_, '_, '_>) -> bool;

/// Why reading a file ends before its end.
#[derive(Debug)]
pub enum Stop {
    /// It is not UTF-8.
    NotUtf8,
    /// It is no device file.
    Failed(FetchError),
}

/// All records of a file.
pub struct Table<'f, T> {
    /// The records, in the file's order.
    pub records: Growing<'f, T>,
    /// What is known of the file besides.
    pub meta: SnapshotMeta,
    file: String,
    rows: &'static str,
    has: Vec<bool>,
}

impl<T> Table<'_, T> {
    /// Does the file have this column?
    #[must_use]
    pub fn has(&self, field: impl Into<usize>) -> bool {
        self.has.get(field.into()).copied().unwrap_or(false)
    }

    /// The file's name, safe to show.
    #[must_use]
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The records of a side, which can't be empty.
    ///
    /// # Errors
    /// Where there is none: a failed export, never "everything vanished".
    pub fn into_side(self) -> Result<AnySnapshot<T>, FetchError> {
        if !self.records.records().is_empty() {
            return Ok(self.records.snapshot(self.meta));
        }
        Err(match self.meta.bad.first() {
            None => failure::empty_side(&self.file, self.rows),
            Some(p) => failure::nothing_readable(
                &self.file,
                self.rows,
                self.meta.bad_count,
                &format!("{}: {}", p.place, p.what),
            ),
        })
    }
}

/// Reads all rows of a file, `build` making a record of each, or noting that it is bad.
///
/// # Errors
/// Where the file can't be opened, is no device file, or lacks a required column; under
/// `strict`, at any problem.
pub fn read<'f, T>(
    source: &FileSource,
    schema: &'static Schema,
    progress: Progress<'_>,
    mut records: Growing<'f, T>,
    mut build: impl FnMut(&mut Row<'_, '_, '_>) -> Option<T>,
) -> Result<Table<'f, T>, FetchError> {
    let columns = || Columns::new(schema, &source.columns);
    columns()?;
    let input = Input::open(&source.path)?;
    let mut pass = |windows: bool| {
        let opened = input.content(windows).map_err(Stop::Failed)?;
        let context = Context {
            columns: columns().map_err(Stop::Failed)?,
            notes: Notes::new(&input.name),
            zone: &source.timezone,
        };
        records.restart();
        one_pass(opened, context, progress, (&mut records, &mut build))
    };
    let mut context = match pass(false) {
        Err(Stop::NotUtf8) => pass(true),
        done => done,
    }
    .map_err(|stop| match stop {
        Stop::Failed(error) => error,
        Stop::NotUtf8 => failure::not_readable(&input.name, "is in no known encoding", "use UTF-8"),
    })?;
    if context.columns.dropped() {
        let remark = format!("{}: too many unknown columns; some were dropped", input.name);
        context.notes.remarks.push(remark);
    }
    if let Some(p) = context.notes.first().filter(|_| source.strict) {
        return Err(failure::strict(&p.place, &p.what));
    }
    let at = source.as_of.or(input.modified).unwrap_or(source.now);
    let has = (0..schema.fields.len()).map(|field| context.columns.has(field)).collect();
    let meta = meta(context, at);
    Ok(Table { records, meta, file: input.name, rows: schema.rows, has })
}

fn meta(context: Context, at: jiff::Timestamp) -> SnapshotMeta {
    let Context { columns, notes, .. } = context;
    SnapshotMeta {
        extra_columns: columns.into_extra(),
        unparsed: notes.unparsed,
        unparsed_count: notes.unparsed_count,
        bad: notes.bad,
        bad_count: notes.bad_count,
        remarks: notes.remarks,
        ..SnapshotMeta::at(at)
    }
}

fn one_pass<'s, T>(
    opened: Content<'_>,
    mut context: Context<'s>,
    progress: Progress<'_>,
    (records, build): (&mut Growing<'_, T>, &mut impl FnMut(&mut Row<'_, '_, '_>) -> Option<T>),
) -> Result<Context<'s>, Stop> {
    let Content { mut window, format, encoding } = opened;
    context.notes.remarks.extend(encoding.map(|e| encoding_remark(&context.notes.file, e)));
    let mut rows = 0;
    let mut each = |row: &mut Row<'_, '_, '_>| {
        rows += 1;
        if rows > ROWS_MAX {
            row.bad(format!("more than {ROWS_MAX} rows: the rest is not read"));
            return false;
        }
        if let Some(record) = build(row) {
            records.push(record, row.extra_names());
        }
        if rows % PROGRESS_EVERY == 0 {
            progress(rows);
        }
        true
    };
    match format {
        Format::Empty => {}
        Format::Csv => csv::read(&mut window, &mut context, &mut each)?,
        Format::Lines => json::read_lines(&mut window, &mut context, &mut each)?,
        Format::Array => json::read_array(&mut window, &mut context, &mut each)?,
    }
    broken_off(&window, &mut context.notes);
    // In JSON a column exists when any row has the key.
    if rows > 0 && format != Format::Csv {
        context.columns.check(&context.notes.file).map_err(Stop::Failed)?;
    }
    progress(rows);
    Ok(context)
}

fn encoding_remark(file: &str, encoding: &str) -> String {
    match encoding {
        "windows-1252" => format!("{file}: not valid UTF-8: read as Windows-1252"),
        other => format!("{file}: read as {other}"),
    }
}

/// Notes where and why the input broke off, if it did.
fn broken_off(window: &Window, notes: &mut Notes) {
    if let Some(why) = window.failed() {
        let why = failure::plain(why);
        let at = window.place().after(window.data());
        notes.bad(at, format!("the file breaks off here ({why}): the rest is missing"));
    }
}

/// What a record beyond [`RECORD_MAX`] is told.
pub fn too_long() -> String {
    format!("longer than {} MiB: an open quote, or no line of a device list", RECORD_MAX >> 20)
}

/// The text of a record; `None` where the file's end cuts its last character.
///
/// # Errors
/// Where it is not UTF-8.
pub fn text_of(raw: &[u8], last: bool) -> Result<Option<&str>, Stop> {
    match std::str::from_utf8(raw) {
        Ok(text) => Ok(Some(text)),
        Err(why) if last && why.error_len().is_none() => Ok(None),
        Err(_) => Err(Stop::NotUtf8),
    }
}
