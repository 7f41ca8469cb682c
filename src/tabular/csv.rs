//! Delimited text: reads the header, and tells rows that can't be right.
//!
//! Must not do: let a quote that is never closed swallow the file unseen.

use crate::domain::text::visible;
use crate::tabular::cells::{Cell, Cells, Written};
use crate::tabular::columns::{Columns, Slot};
use crate::tabular::notes::Place;
use crate::tabular::read::{Each, Stop, text_of, too_long};
use crate::tabular::row::{Context, Origin, Row};
use crate::tabular::rows::{
    Found, Rows, Span, field_start, most_frequent_separator, told_separator,
};
use crate::tabular::values::unwrap_sheet;
use crate::tabular::window::Window;

/// How often reading may go back to the line after one whose quote swallowed further lines:
/// each time costs up to one record's length.
const RESUMES_MAX: u32 = 200;

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

enum Step {
    /// Go on after the row.
    Next(Span),
    /// Go on at the next line: the row may have swallowed others.
    Resume,
    /// Read no more.
    Stop,
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
        let text =
            if span.quoted { text_of(rows.unquoted(), false)?.unwrap_or("") } else { raw_text };
        if let Err((at, what)) = self.fill(rows, span, text, raw, at, &mut context.columns) {
            context.notes.bad(at, what);
            return Ok(resume);
        }
        let origin =
            if span.quoted { Origin::Quoted(raw, rows.separator()) } else { Origin::Verbatim };
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
            let cell = Cell::new(start, end, column, Written::Plain);
            let blank = || text[start..end].trim().is_empty();
            match self.slots.get_mut(column) {
                Some(Slot::Unnamed) | None if blank() => {}
                None => surplus = surplus.or(Some(column)),
                Some(slot) => {
                    if *slot == Slot::Unnamed {
                        *slot = columns.extra_slot(&format!("column {}", column + 1));
                    }
                    self.cells.put(slot, cell);
                }
            }
        });
        let wrong = match surplus {
            Some(column) => field_start(raw, rows.separator(), column).unwrap_or(0),
            None if count < self.width => raw.len(),
            None => return Ok(()),
        };
        let what = format!("{count} fields where the header has {}", self.slots.len());
        Err((at.after(&raw[..wrong]), what))
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
    let text = if span.quoted { text_of(rows.unquoted(), false)?.unwrap_or("") } else { raw_text };
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
