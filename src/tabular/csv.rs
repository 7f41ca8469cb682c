//! Delimited text: finds the separator, splits rows, and tells rows that can't be right.
//!
//! Rows without a quote are cut where they stand; the others are read by csv-core.
//!
//! Must not do: let a quote that is never closed swallow the file unseen.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::domain::text::visible;
use crate::tabular::RECORD_MAX;
use crate::tabular::columns::{Columns, Slot};
use crate::tabular::notes::Place;
use crate::tabular::read::{Each, Stop, text_of, too_long};
use crate::tabular::row::{Cell, Cells, Context, Origin, Row, Written};
use crate::tabular::values::unwrap_sheet;
use crate::tabular::window::Window;

/// How often reading may go back to the line after one whose quote swallowed further lines:
/// each time costs up to one record's length.
const RESUMES_MAX: u32 = 200;

/// How far into the file the header's end is looked for, to count separators.
const HEADER_MAX: usize = 1 << 16;

/// Reads all rows of `window`, which stands at the start of the header's line.
///
/// # Errors
/// Where the file is not UTF-8, or lacks a required column.
pub fn read(window: &mut Window, context: &mut Context, each: Each<'_>) -> Result<(), Stop> {
    let told = told_separator(window);
    let separator = told.unwrap_or_else(|| most_frequent_separator(window));
    let mut rows = Rows::new(separator);
    let Some(slots) = header(&mut rows, window, context)? else { return Ok(()) };
    context.columns.check(&context.notes.file).map_err(Stop::Failed)?;
    let mut table = Reading { width: width(&slots), slots, cells: Cells::default() };
    let mut resumes = 0;
    while let Some(found) = rows.find(window) {
        let step = match found {
            Found::TooLong => {
                context.notes.bad(window.place(), too_long());
                Step::Resume
            }
            Found::Row(span) => table.row(&rows, span, window, context, each)?,
        };
        match step {
            Step::Next(Span { taken, quoted: false, .. }) => window.pass_line(taken),
            Step::Next(span) => window.pass(span.taken),
            Step::Resume if resumes < RESUMES_MAX => {
                resumes += 1;
                window.drop_line();
            }
            Step::Resume => {
                context.notes.bad(window.place(), "too many such lines: the rest is not read");
                return Ok(());
            }
            Step::Stop => return Ok(()),
        }
    }
    Ok(())
}

/// A row in the window's data.
#[derive(Clone, Copy, Debug)]
struct Span {
    /// Its length without the line's end.
    text: usize,
    /// Its length with the line's end.
    taken: usize,
    /// Has it quotes? Then its fields are in [`Rows::out`].
    quoted: bool,
    /// Does the file end in it, without a line end?
    last: bool,
    /// What can't be right with its quotes, if anything.
    fault: Option<&'static str>,
}

enum Found {
    Row(Span),
    TooLong,
}

enum Step {
    /// Go on after the row.
    Next(Span),
    /// Go on at the next line: the row may have swallowed others.
    Resume,
    /// Read no more.
    Stop,
}

/// Finds rows.
struct Rows {
    separator: u8,
    core: Reader,
    out: Vec<u8>,
    ends: Vec<usize>,
    fields: usize,
}

impl Rows {
    fn new(separator: u8) -> Self {
        let core = ReaderBuilder::new().delimiter(separator).build();
        Self { separator, core, out: vec![0; 4096], ends: vec![0; 64], fields: 0 }
    }

    /// The next row that is not blank; `None` at the end, or where the input broke off.
    fn find(&mut self, window: &mut Window) -> Option<Found> {
        loop {
            if let Some(span) = self.try_find(window) {
                let blank = window.data()[..span.text].trim_ascii().is_empty();
                if span.text > RECORD_MAX {
                    return Some(Found::TooLong);
                } else if !blank || self.separates(&window.data()[..span.text]) {
                    return Some(Found::Row(span));
                }
                window.pass_line(span.taken);
            } else if window.done() {
                return None;
            } else if window.too_long() {
                return Some(Found::TooLong);
            } else {
                window.more();
            }
        }
    }

    /// A line of nothing but tabs is a row of empty fields where tabs separate.
    fn separates(&self, line: &[u8]) -> bool {
        self.separator == b'\t' && line.contains(&b'\t')
    }

    /// A row, if its end is in sight.
    fn try_find(&mut self, window: &Window) -> Option<Span> {
        let data = window.data();
        let line = window.line();
        let text = line.map_or(data.len(), |l| l.text);
        let at_end = line.is_none();
        if at_end && (!window.done() || window.failed().is_some() || data.is_empty()) {
            return None;
        }
        if memchr::memchr(b'"', &data[..text]).is_some() {
            return self.try_quoted(window);
        }
        let taken = line.map_or(text, |l| l.with_end);
        Some(Span { text, taken, quoted: false, last: at_end, fault: None })
    }

    fn try_quoted(&mut self, window: &Window) -> Option<Span> {
        let data = window.data();
        self.core.reset();
        let (mut read, mut wrote, mut fields) = (0, 0, 0);
        let ended = loop {
            let at_end = read == data.len() && window.done();
            let (result, n, out, ends) = self.core.read_record(
                &data[read..],
                &mut self.out[wrote..],
                &mut self.ends[fields..],
            );
            read += n;
            wrote += out;
            fields += ends;
            match result {
                ReadRecordResult::Record | ReadRecordResult::End => break !at_end,
                ReadRecordResult::OutputFull => self.out.resize(self.out.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::InputEmpty if window.done() => {}
                ReadRecordResult::InputEmpty => return None,
            }
        };
        self.fields = fields;
        let last = !ended;
        if last && window.failed().is_some() {
            return None;
        }
        let text = read - usize::from(ended);
        let taken = match data.get(text..=read) {
            Some(b"\r\n") => read + 1,
            None if ended && data[text] == b'\r' && !window.done() => return None,
            _ => read,
        };
        let fault = quote_fault(&data[..text], self.separator);
        Some(Span { text, taken, quoted: true, last, fault })
    }

    /// Calls `each` with number, start and end of every field of `span`, in its text.
    fn each_field(
        &self,
        span: Span,
        text: &str,
        mut each: impl FnMut(usize, usize, usize),
    ) -> usize {
        if span.quoted {
            let mut start = 0;
            for (n, &end) in self.ends[..self.fields].iter().enumerate() {
                each(n, start, end);
                start = end;
            }
            return self.fields;
        }
        let (mut start, mut n) = (0, 0);
        for end in memchr::memchr_iter(self.separator, text.as_bytes()) {
            each(n, start, end);
            start = end + 1;
            n += 1;
        }
        each(n, start, text.len());
        n + 1
    }
}

/// What rows become.
struct Reading {
    slots: Vec<Slot>,
    /// How many fields a row must have at least.
    width: usize,
    cells: Cells,
}

impl Reading {
    fn row(
        &mut self,
        rows: &Rows,
        span: Span,
        window: &Window,
        context: &mut Context,
        each: Each<'_>,
    ) -> Result<Step, Stop> {
        let raw = &window.data()[..span.text];
        let at = window.place();
        let several_lines = span.quoted && memchr::memchr2(b'\n', b'\r', raw).is_some();
        let resume = if several_lines { Step::Resume } else { Step::Next(span) };
        let Some(raw_text) = text_of(raw, span.last)? else {
            context.notes.bad(at, "the file ends in the middle of a character");
            return Ok(resume);
        };
        let out = &rows.out[..rows.ends[..rows.fields].last().copied().unwrap_or(0)];
        let text = if span.quoted { text_of(out, false)?.unwrap_or("") } else { raw_text };
        if let Err((at, what)) = self.fill(rows, span, text, raw, at, &mut context.columns) {
            context.notes.bad(at, what);
            return Ok(resume);
        }
        let origin =
            if span.quoted { Origin::Quoted(raw, rows.separator) } else { Origin::Verbatim };
        let go_on = each(&mut Row::csv(text, origin, at, &self.cells, context));
        Ok(if go_on { Step::Next(span) } else { Step::Stop })
    }

    /// Fills the cells; or says where and why the row can't be right.
    fn fill(
        &mut self,
        rows: &Rows,
        span: Span,
        text: &str,
        raw: &[u8],
        at: Place,
        columns: &mut Columns,
    ) -> Result<(), (Place, String)> {
        if let Some(fault) = span.fault {
            return Err((at, fault.into()));
        }
        if memchr::memchr(0, raw).is_some() {
            return Err((at, "holds NUL bytes: the file is damaged".into()));
        }
        self.cells.clear(columns.count());
        let mut surplus = None;
        let count = rows.each_field(span, text, |column, start, end| {
            let cell = Cell { start, end, column, written: Written::Plain };
            let empty = text[start..end].trim().is_empty();
            match self.slots.get_mut(column) {
                _ if empty => {}
                None => surplus = surplus.or(Some(column)),
                Some(slot) => {
                    if *slot == Slot::Unnamed {
                        *slot = columns.extra_slot(&format!("column {}", column + 1));
                    }
                    self.cells.put(slot, cell);
                }
            }
        });
        let header = self.slots.len();
        if let Some(column) = surplus {
            let start = field_start(raw, rows.separator, column).unwrap_or(0);
            let what = format!("{count} fields where the header has {header}");
            return Err((at.after(&raw[..start]), what));
        }
        if count < self.width {
            return Err((at.after(raw), format!("{count} fields where the header has {header}")));
        }
        Ok(())
    }
}

/// Reads the header. `None`: there is none, the file is empty.
fn header(
    rows: &mut Rows,
    window: &mut Window,
    context: &mut Context,
) -> Result<Option<Vec<Slot>>, Stop> {
    let span = match rows.find(window) {
        None => return Ok(None),
        Some(Found::Row(span)) if span.fault.is_none() => span,
        Some(_) => {
            context.notes.bad(window.place(), "the header is too long, or a quote in it is open");
            return Ok(Some(Vec::new()));
        }
    };
    let raw = &window.data()[..span.text];
    let Some(raw_text) = text_of(raw, false)? else { return Ok(None) };
    let out = &rows.out[..rows.ends[..rows.fields].last().copied().unwrap_or(0)];
    let text = if span.quoted { text_of(out, false)?.unwrap_or("") } else { raw_text };
    let mut names = Vec::new();
    rows.each_field(span, text, |_, start, end| {
        names.push(unwrap_sheet(text[start..end].trim()).into_owned());
    });
    let slots = slots_of(&names, context);
    window.pass(span.taken);
    Ok(Some(slots))
}

/// Where each of the header's columns goes. A column met twice: the first one counts.
fn slots_of(names: &[String], context: &mut Context) -> Vec<Slot> {
    let mut slots: Vec<Slot> = Vec::with_capacity(names.len());
    for (n, name) in names.iter().enumerate() {
        let slot = context.columns.slot(name);
        let twice = slot != Slot::Unnamed && slot != Slot::Dropped && slots.contains(&slot);
        if !twice {
            slots.push(slot);
            continue;
        }
        let other = format!("{name} (column {})", n + 1);
        slots.push(context.columns.extra_slot(&other));
        context.notes.remarks.push(format!(
            "{}: the column `{}` is there twice; the first one counts, the other is kept as `{}`",
            context.notes.file,
            visible(name),
            visible(&other)
        ));
    }
    slots
}

/// How many fields a row must have: those up to the last column with a name.
fn width(slots: &[Slot]) -> usize {
    slots.iter().rposition(|s| *s != Slot::Unnamed).map_or(0, |last| last + 1)
}

/// The separator that a spreadsheet told in a first line `sep=;`; passes that line.
fn told_separator(window: &mut Window) -> Option<u8> {
    let line = window.line()?;
    let text = window.data()[..line.text].to_ascii_lowercase();
    let told = text.strip_prefix(b"\"").unwrap_or(&text).strip_prefix(b"sep=")?;
    let separator = match told.strip_suffix(b"\"").unwrap_or(told) {
        [one] if one.is_ascii() => *one,
        _ => return None,
    };
    window.pass_line(line.with_end);
    Some(separator)
}

/// Of `,`, `;` and tab the one most frequent in the header, outside quotes.
fn most_frequent_separator(window: &mut Window) -> u8 {
    while window.line().is_none() && !window.too_long() && window.more() {}
    let data = window.data();
    let mut counts = [(b',', 0_usize), (b';', 0), (b'\t', 0)];
    let mut quoted = false;
    for &b in data.iter().take(HEADER_MAX) {
        match b {
            b'"' => quoted = !quoted,
            b'\n' | b'\r' if !quoted => break,
            _ if !quoted => {
                counts.iter_mut().filter(|(s, _)| *s == b).for_each(|(_, n)| *n += 1);
            }
            _ => {}
        }
    }
    // The first of the most frequent ones.
    counts.iter().rev().max_by_key(|(_, n)| *n).map_or(b',', |(s, _)| *s)
}

/// Where the field of that number begins in a raw row.
pub fn field_start(raw: &[u8], separator: u8, field: usize) -> Option<usize> {
    let (mut n, mut found) = (0, None);
    walk(raw, separator, |start| {
        if n == field {
            found = Some(start);
        }
        n += 1;
        found.is_none()
    });
    found
}

/// What can't be right with a row's quotes. Text behind a closing quote is let pass where the
/// row is one line; where it is several, a lone quote has most likely swallowed the others.
fn quote_fault(raw: &[u8], separator: u8) -> Option<&'static str> {
    let several_lines = memchr::memchr2(b'\n', b'\r', raw).is_some();
    match walk(raw, separator, |_| true) {
        Quotes::Open => Some("a quote is opened here and never closed"),
        Quotes::Trailed if several_lines => Some("a quote in it is closed amid other text"),
        Quotes::Trailed | Quotes::Sound => None,
    }
}

/// How a row's quotes look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quotes {
    Sound,
    /// Text follows a closing quote.
    Trailed,
    /// The row ends inside one.
    Open,
}

/// Calls `each` with the start of every field of a raw row, until it says no.
fn walk(raw: &[u8], separator: u8, mut each: impl FnMut(usize) -> bool) -> Quotes {
    let (mut at, mut quotes) = (0, Quotes::Sound);
    while each(at) {
        if raw.get(at) == Some(&b'"') {
            at += 1;
            loop {
                let Some(n) = memchr::memchr(b'"', &raw[at..]) else { return Quotes::Open };
                at += n + 1;
                if raw.get(at) != Some(&b'"') {
                    break;
                }
                at += 1;
            }
            if raw.get(at).is_some_and(|b| *b != separator) {
                quotes = Quotes::Trailed;
            }
        }
        let Some(n) = memchr::memchr(separator, &raw[at..]) else { return quotes };
        at += n + 1;
    }
    quotes
}
