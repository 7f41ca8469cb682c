//! NDJSON, and a JSON array read element by element.
//!
//! Must not do: hold more than one record, or let a broken one swallow the rest unseen.

use crate::tabular::RECORD_MAX;
use crate::tabular::cells::Cells;
use crate::tabular::keys::Keys;
use crate::tabular::notes::Place;
use crate::tabular::object;
use crate::tabular::read::{Each, Stop, text_of, too_long};
use crate::tabular::row::{Context, Row};
use crate::tabular::window::Window;

/// How often reading may go back to a line that a broken element swallowed.
const RESUMES_MAX: u32 = 200;

/// What records of one file share.
#[derive(Default)]
struct Reading {
    keys: Keys,
    cells: Cells,
}

/// How reading a record went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Read {
    Good,
    Bad,
    Enough,
}

impl Reading {
    fn record(
        &mut self,
        raw: &[u8],
        last: bool,
        at: Place,
        context: &mut Context,
        each: Each<'_>,
    ) -> Result<Read, Stop> {
        let Some(text) = text_of(raw, last)? else {
            context.notes.bad(at, "the file ends in the middle of a character");
            return Ok(Read::Bad);
        };
        if let Err(why) = object::read(text, &mut self.keys, &mut context.columns, &mut self.cells)
        {
            let (at, what) = json_error(&why, text, at);
            context.notes.bad(at, what);
            return Ok(Read::Bad);
        }
        let go_on = each(&mut Row::json(text, at, &self.cells, context));
        Ok(if go_on { Read::Good } else { Read::Enough })
    }
}

/// The parser's error, at its place in the file.
fn json_error(why: &serde_json::Error, text: &str, at: Place) -> (Place, String) {
    let message = why.to_string();
    let what = message.split(" at line ").next().unwrap_or_default();
    let lines_before = why.line().saturating_sub(1);
    let line_start = text.split_inclusive('\n').take(lines_before).map(str::len).sum::<usize>();
    let mut offset = (line_start + why.column().saturating_sub(1)).min(text.len());
    while !text.is_char_boundary(offset) {
        offset -= 1;
    }
    (at.after(&text.as_bytes()[..offset]), format!("not a JSON object: {what}"))
}

/// Reads a file of one JSON object a line.
///
/// # Errors
/// Where the file is not UTF-8.
pub fn read_lines(window: &mut Window, context: &mut Context, each: Each<'_>) -> Result<(), Stop> {
    let mut reading = Reading::default();
    loop {
        let (text, taken, last) = match window.line() {
            Some(line) => (line.text, line.with_end, false),
            None if window.too_long() => (RECORD_MAX + 1, 0, false),
            None if window.more() => continue,
            // What an input that broke off has left is half a line.
            None if window.failed().is_some() || window.data().is_empty() => return Ok(()),
            None => (window.data().len(), window.data().len(), true),
        };
        if text > RECORD_MAX {
            context.notes.bad(window.place(), too_long());
            window.drop_line();
            continue;
        }
        let raw = &window.data()[..text];
        if !raw.trim_ascii().is_empty() {
            let read = reading.record(raw, last, window.place(), context, each)?;
            if read == Read::Enough {
                return Ok(());
            }
        }
        window.pass_line(taken);
    }
}

/// Reads a JSON array of objects; `window` stands at or before its `[`.
///
/// # Errors
/// Where the file is not UTF-8.
pub fn read_array(window: &mut Window, context: &mut Context, each: Each<'_>) -> Result<(), Stop> {
    let mut array = Array { reading: Reading::default(), resumes: 0 };
    window.skip_blank();
    window.pass(1);
    let (mut due, mut first) = (true, true);
    while window.skip_blank() {
        match window.data()[0] {
            b']' if !due || first => {
                window.pass(1);
                if window.skip_blank() {
                    context.notes.bad(window.place(), "something follows the closing `]`");
                }
                return Ok(());
            }
            b',' if !due => {
                window.pass(1);
                due = true;
                continue;
            }
            _ if due => {}
            _ => context.notes.bad(window.place(), "a comma is missing between two records"),
        }
        first = false;
        match array.element(window, context, each)? {
            Step::Next => due = false,
            Step::Resume => due = true,
            Step::Stop => return Ok(()),
        }
    }
    if window.failed().is_none() {
        context.notes.bad(window.place(), "the file ends before the array's closing `]`");
    }
    Ok(())
}

struct Array {
    reading: Reading,
    resumes: u32,
}

/// What follows an element.
enum Step {
    /// A comma or the end.
    Next,
    /// A further record: the one before was broken and its end is not known.
    Resume,
    /// Nothing that could be read.
    Stop,
}

impl Array {
    /// Reads the element at the window's start.
    fn element(
        &mut self,
        window: &mut Window,
        context: &mut Context,
        each: Each<'_>,
    ) -> Result<Step, Stop> {
        let end = loop {
            match element_end(window.data()) {
                Some(end) => break end,
                None if window.too_long() => break usize::MAX,
                None if window.more() => {}
                None => return Ok(self.cut_off(window, context)),
            }
        };
        let at = window.place();
        if end > RECORD_MAX {
            context.notes.bad(at, too_long());
            return Ok(self.resume(window, context));
        }
        if end == 0 {
            context.notes.bad(at, "a record is missing here");
            window.pass(usize::from(!matches!(window.data().first(), Some(b',' | b']'))));
            return Ok(Step::Next);
        }
        let raw = &window.data()[..end];
        let read = self.reading.record(raw, false, at, context, each)?;
        if read == Read::Bad && next_line(raw).is_some() {
            return Ok(self.resume(window, context));
        }
        window.pass(end);
        Ok(if read == Read::Enough { Step::Stop } else { Step::Next })
    }

    /// The file ends within the element: it is cut, or something in it is never closed.
    fn cut_off(&mut self, window: &mut Window, context: &mut Context) -> Step {
        if window.failed().is_none() || next_line(window.data()).is_some() {
            let what = "the record is cut off, or a quote or bracket in it is never closed";
            context.notes.bad(window.place(), what);
        }
        if next_line(window.data()).is_none() {
            return Step::Stop;
        }
        self.resume(window, context)
    }

    /// Goes on at the next line that begins like a record.
    fn resume(&mut self, window: &mut Window, context: &mut Context) -> Step {
        self.resumes += 1;
        let next = next_line(window.data()).filter(|_| self.resumes <= RESUMES_MAX);
        let Some(start) = next else {
            context.notes.bad(window.place(), "the rest of the file is not read");
            return Step::Stop;
        };
        window.pass(start);
        Step::Resume
    }
}

/// The end of the JSON value at the start of `data`, if it is in sight.
fn element_end(data: &[u8]) -> Option<usize> {
    let (mut at, mut depth) = (0_usize, 0_u32);
    while let Some(&b) = data.get(at) {
        match b {
            b'"' => at = string_end(data, at + 1)?,
            b'{' | b'[' => {
                depth += 1;
                at += 1;
            }
            b'}' | b']' | b',' if depth == 0 => return Some(at),
            b'}' | b']' => {
                depth -= 1;
                at += 1;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => at += 1,
        }
    }
    None
}

/// The place after the closing quote of the string whose inside begins at `at`.
fn string_end(data: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let found = at + memchr::memchr2(b'"', b'\\', data.get(at..)?)?;
        if data[found] == b'"' {
            return Some(found + 1);
        }
        at = found + 2;
    }
}

/// The start of the first line after this one that begins with `{`.
fn next_line(data: &[u8]) -> Option<usize> {
    memchr::memchr2_iter(b'\n', b'\r', data).find_map(|end| {
        let rest = &data[end + 1..];
        let blank = rest.iter().position(|b| !b.is_ascii_whitespace())?;
        (rest[blank] == b'{').then_some(end + 1 + blank)
    })
}
