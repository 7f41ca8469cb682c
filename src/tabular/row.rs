//! One record's values, read by column: text, time, yes or no, rate, list.
//!
//! Must not do: lose a value. What can't be read as its kind stays text under the column's
//! own name, and is noted.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::value::RawValue;

use crate::domain::text::KEPT_BYTES_MAX;
use crate::domain::{Extra, Macs, Tags, Untrusted};
use crate::tabular::cells::{Cell, Cells, Written};
use crate::tabular::columns::Columns;
use crate::tabular::notes::{Notes, Place};
use crate::tabular::rows::field_start;
use crate::tabular::{times, values};

/// How to find the place of a value in the file.
#[derive(Clone, Copy, Debug)]
pub enum Origin<'a> {
    /// The text is a piece of the file.
    Verbatim,
    /// The text is CSV without its quotes; this is the raw row, and its separator.
    Quoted(&'a [u8], u8),
}

/// What rows of one file share.
#[derive(Debug)]
pub struct Context<'s> {
    /// The columns.
    pub columns: Columns,
    /// The problems.
    pub notes: Notes,
    /// The zone of times that name none.
    pub zone: &'s TimeZone,
}

/// One record.
pub struct Row<'a, 'c, 's> {
    text: &'a str,
    origin: Origin<'a>,
    at: Place,
    cells: &'c Cells,
    sheet: bool,
    kept: Extra,
    context: &'c mut Context<'s>,
}

impl<'a, 'c, 's> Row<'a, 'c, 's> {
    /// A row of JSON: `cells` in `text`, which begins at `at`.
    pub fn json(text: &'a str, at: Place, cells: &'c Cells, context: &'c mut Context<'s>) -> Self {
        let origin = Origin::Verbatim;
        Self { text, origin, at, cells, sheet: false, kept: Extra::new(), context }
    }

    /// A row of CSV: `cells` in `text`; the row begins at `at`.
    pub fn csv(
        text: &'a str,
        origin: Origin<'a>,
        at: Place,
        cells: &'c Cells,
        context: &'c mut Context<'s>,
    ) -> Self {
        Self { text, origin, at, cells, sheet: true, kept: Extra::new(), context }
    }

    /// Names of the file's unknown columns so far, this row's among them.
    #[must_use]
    pub fn extra_names(&self) -> &[Box<str>] {
        self.context.columns.extra_names()
    }

    /// The text of a column, trimmed; `None` where it is empty.
    #[inline]
    pub fn text(&mut self, field: impl Into<usize>) -> Option<Untrusted> {
        self.kept_text(field.into(), true)
    }

    /// As [`Self::text`], for what must never be shown: nothing of it gets into a message.
    #[inline]
    pub fn private(&mut self, field: impl Into<usize>) -> Option<Untrusted> {
        self.kept_text(field.into(), false)
    }

    #[inline]
    fn kept_text(&mut self, field: usize, shown: bool) -> Option<Untrusted> {
        let cell = self.cells.field(field);
        if cell.written() == Written::Absent {
            return None;
        }
        if let Some(text) = self.as_written(cell)
            && text.len() <= KEPT_BYTES_MAX
        {
            return (!text.is_empty()).then(|| Untrusted::new(text));
        }
        let text = self.value(field, shown)?;
        if text.len() > KEPT_BYTES_MAX {
            self.note(field, format!("longer than {KEPT_BYTES_MAX} bytes: cut"), None);
        }
        Some(Untrusted::new(&text))
    }

    /// A point in time.
    pub fn time(&mut self, field: impl Into<usize>) -> Option<Timestamp> {
        let field = field.into();
        let text = self.value(field, true)?;
        times::time(&text, self.context.zone).unwrap_or_else(|_| {
            self.keep(field, "not a time that can be read", &text);
            None
        })
    }

    /// A point in time without which the row is bad, and noted so.
    pub fn required_time(&mut self, field: impl Into<usize>) -> Option<Timestamp> {
        let field = field.into();
        let text = self.value(field, false).unwrap_or_default();
        let read = times::time(&text, self.context.zone);
        let time = read.unwrap_or_default();
        if time.is_none() {
            self.bad_value(field, "no time, or none that can be read");
        }
        time
    }

    /// Yes or no.
    pub fn yes_no(&mut self, field: impl Into<usize>) -> Option<bool> {
        let field = field.into();
        let text = self.value(field, true)?;
        let read = values::yes_no(&text).ok();
        if read.is_none() {
            self.keep(field, "neither yes nor no", &text);
        }
        read
    }

    /// A rate in kbit/s.
    pub fn kbps(&mut self, field: impl Into<usize>) -> Option<u32> {
        let field = field.into();
        let text = self.value(field, true)?;
        let read = values::kbps(&text).ok().and_then(|rate| u32::try_from(rate).ok());
        if read.is_none() {
            self.keep(field, "not a rate in kbit/s", &text);
        }
        read
    }

    /// MACs: a JSON array, or one or several in a text.
    pub fn macs(&mut self, field: impl Into<usize>) -> Macs {
        self.list(field.into(), |text, found| {
            values::macs(text, |mac| found.push(Untrusted::new(mac)));
        })
    }

    /// Tags: a JSON array, or a text with separators.
    pub fn tags(&mut self, field: impl Into<usize>) -> Tags {
        self.list(field.into(), |text, found| {
            found.extend(values::tags(text).map(Untrusted::new));
        })
    }

    /// The unknown columns' values, and what could not be read. To be asked for last.
    pub fn take_extra(&mut self) -> Extra {
        let cells = self.cells;
        let mut extra = std::mem::take(&mut self.kept);
        // Its first push makes room for four: of a hundred thousand records, 20 MB unused.
        extra.reserve_exact(cells.extra().len());
        for &(at, cell) in cells.extra() {
            let text = match cell.written() {
                Written::Nested => Cow::Owned(compact(&self.text[cell.start()..cell.end()])),
                _ => self.decoded(cell),
            };
            if let Some(text) = Untrusted::present(&text) {
                extra.push((at, text));
            }
        }
        extra.sort_by_key(|&(at, _)| at);
        extra.dedup_by_key(|&mut (at, _)| at);
        extra
    }

    /// Notes that the whole row is bad.
    pub fn bad(&mut self, what: impl Into<String>) {
        self.context.notes.bad(self.at, what);
    }

    /// Notes that the row is bad because of `field`.
    pub fn bad_value(&mut self, field: impl Into<usize>, what: &str) {
        let field = field.into();
        let name = self.context.columns.name(field);
        let at = self.place(self.cells.field(field));
        self.context.notes.bad(at, format!("`{name}`: {what}"));
    }

    /// Notes something about the value of `field`.
    pub fn note(
        &mut self,
        field: impl Into<usize>,
        what: impl AsRef<str>,
        value: Option<Untrusted>,
    ) {
        let field = field.into();
        let listed = self.context.notes.lists_values();
        let at = if listed { self.place(self.cells.field(field)) } else { self.at };
        let what = format!("`{}`: {}", self.context.columns.name(field), what.as_ref());
        self.context.notes.unparsed(at, what, value);
    }

    fn list<L: Default + Extend<Untrusted>>(&mut self, field: usize, split: fn(&str, &mut L)) -> L {
        let cell = self.cells.field(field);
        let mut found = L::default();
        if cell.written() == Written::Nested {
            let raw = &self.text[cell.start()..cell.end()];
            match scalars(raw) {
                Some(texts) => found.extend(texts.iter().filter_map(|t| Untrusted::present(t))),
                None => self.keep(field, "not a list of texts", &compact(raw)),
            }
        } else if let Some(text) = self.value(field, true) {
            split(&text, &mut found);
        }
        found
    }

    /// The value's text, trimmed.
    fn value(&mut self, field: usize, shown: bool) -> Option<Cow<'a, str>> {
        let cell = self.cells.field(field);
        match cell.written() {
            Written::Absent => None,
            Written::Plain | Written::Escaped => {
                let text = self.decoded(cell);
                (!text.is_empty()).then_some(text)
            }
            Written::Nested => self.nested(field, cell, shown),
        }
    }

    /// Of a value that is nested. A list of one counts as that one; anything else is kept and
    /// noted, unless it must not be shown.
    fn nested(&mut self, field: usize, cell: Cell, shown: bool) -> Option<Cow<'a, str>> {
        let raw = &self.text[cell.start()..cell.end()];
        match scalars(raw).as_deref() {
            Some([]) => None,
            Some([one]) => Some(trimmed(one.clone())).filter(|one| !one.is_empty()),
            _ if shown => {
                self.keep(field, "not a single value", &compact(raw));
                None
            }
            _ => {
                self.note(field, "not a single value", None);
                None
            }
        }
    }

    /// The text of a value that stands there as it is, which nearly every one does. Read where it
    /// is asked for: there are some twenty of each record.
    #[inline]
    fn as_written(&self, cell: Cell) -> Option<&'a str> {
        if cell.written() != Written::Plain {
            return None;
        }
        let text = values::trimmed(&self.text[cell.start()..cell.end()]);
        (!(self.sheet && values::may_be_sheets(text))).then_some(text)
    }

    fn decoded(&self, cell: Cell) -> Cow<'a, str> {
        self.as_written(cell).map_or_else(|| self.rewritten(cell), Cow::Borrowed)
    }

    fn rewritten(&self, cell: Cell) -> Cow<'a, str> {
        let text = &self.text[cell.start()..cell.end()];
        if cell.written() == Written::Escaped {
            let quoted = &self.text[cell.start() - 1..=cell.end()];
            // Half a surrogate pair is no character: such a text is kept as it is written.
            let read = serde_json::from_str::<String>(quoted);
            return trimmed(read.unwrap_or_else(|_| text.to_owned()));
        }
        match values::unwrap_sheet(values::trimmed(text)) {
            Cow::Borrowed(plain) => Cow::Borrowed(values::trimmed(plain)),
            Cow::Owned(plain) => trimmed(plain),
        }
    }

    /// Keeps an unreadable value as text, and notes it.
    fn keep(&mut self, field: usize, what: &str, text: &str) {
        let value = Untrusted::present(text);
        self.note(field, what, value.clone());
        if let (Some(at), Some(value)) = (self.context.columns.extra_for(field), value) {
            self.kept.push((at, value));
        }
    }

    fn place(&self, cell: Cell) -> Place {
        if cell.written() == Written::Absent {
            return self.at;
        }
        match self.origin {
            Origin::Verbatim => self.at.after(&self.text.as_bytes()[..cell.start()]),
            Origin::Quoted(raw, separator) => {
                let start = field_start(raw, separator, cell.column());
                self.at.after(&raw[..start.unwrap_or(0)])
            }
        }
    }
}

fn trimmed<'a>(text: String) -> Cow<'a, str> {
    let inside = text.trim();
    if inside.len() == text.len() { Cow::Owned(text) } else { Cow::Owned(inside.to_owned()) }
}

/// The texts of a JSON array of scalars; nulls are left out.
fn scalars(raw: &str) -> Option<Vec<String>> {
    let items: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
    let mut texts = Vec::with_capacity(items.len());
    for item in items {
        match item.get().as_bytes().first()? {
            b'"' => texts.push(serde_json::from_str(item.get()).ok()?),
            b'n' => {}
            b'{' | b'[' => return None,
            _ => texts.push(item.get().to_owned()),
        }
    }
    Some(texts)
}

/// The same JSON without blanks; as it is written where it is nested too deeply to say.
fn compact(raw: &str) -> String {
    serde_json::from_str::<serde_json::Value>(raw).map_or_else(|_| raw.into(), |v| v.to_string())
}
