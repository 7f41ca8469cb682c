//! Splits delimited text into rows, and rows into fields.
//!
//! Rows without a quote are cut where they stand; the others are read by csv-core.
//!
//! Must not do: know what a column means, or hold more than one row.

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::tabular::RECORD_MAX;
use crate::tabular::window::Window;

/// How far into the file the header's end is looked for, to count separators.
const HEADER_MAX: usize = 1 << 16;

/// A row in the window's data.
#[derive(Clone, Copy, Debug)]
pub struct Span {
    /// Its length without the line's end.
    pub text: usize,
    /// Its length with the line's end.
    pub taken: usize,
    /// Has it quotes? Then its fields are in [`Rows::unquoted`].
    pub quoted: bool,
    /// Does the file end in it, without a line end?
    pub last: bool,
    /// What can't be right with its quotes, if anything.
    pub fault: Option<&'static str>,
}

/// What was found.
pub enum Found {
    /// A row.
    Row(Span),
    /// A row without an end, as far as rows may be long.
    TooLong,
}

/// Finds rows.
pub struct Rows {
    separator: u8,
    core: Reader,
    out: Vec<u8>,
    ends: Vec<usize>,
    fields: usize,
}

impl Rows {
    /// Finds rows of fields separated so.
    pub fn new(separator: u8) -> Self {
        let core = ReaderBuilder::new().delimiter(separator).build();
        Self { separator, core, out: vec![0; 4096], ends: vec![0; 64], fields: 0 }
    }

    /// The next row that is not blank; `None` at the end, or where the input broke off.
    pub fn find(&mut self, window: &mut Window) -> Option<Found> {
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

    /// The separator.
    pub fn separator(&self) -> u8 {
        self.separator
    }

    /// The fields of the last row with quotes, without them, one after the other.
    pub fn unquoted(&self) -> &[u8] {
        &self.out[..self.ends[..self.fields].last().copied().unwrap_or(0)]
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
    pub fn each_field(
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

/// The separator that a spreadsheet told in a first line `sep=;`; passes that line.
pub fn told_separator(window: &mut Window) -> Option<u8> {
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
pub fn most_frequent_separator(window: &mut Window) -> u8 {
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
