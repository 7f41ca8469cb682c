//! What could not be read as meant: places and problems, listed up to a limit, counted exactly.
//!
//! Must not do: keep the text of a bad line; it may hold a customer's data.

use crate::domain::{Problem, Untrusted};

/// How many problems of a kind are listed; all are counted.
pub const LISTED_MAX: usize = 100;

/// A place in a file, both counted from 1; columns in characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    /// Line.
    pub line: u64,
    /// Character within the line.
    pub column: u64,
}

impl Place {
    /// The place `text` further on: where a reader at `self` is after reading it.
    pub fn after(self, text: &[u8]) -> Self {
        let last = last_line_start(text);
        let column = chars(&text[last..]) + 1;
        if last == 0 {
            return Self { column: self.column + column - 1, ..self };
        }
        Self { line: self.line + line_ends(text), column }
    }
}

/// How many lines end in `text`: at LF, CR LF, or a CR alone.
fn line_ends(text: &[u8]) -> u64 {
    let ends = memchr::memchr2_iter(b'\n', b'\r', text)
        .filter(|&at| text[at] == b'\n' || text.get(at + 1) != Some(&b'\n'))
        .count();
    ends as u64
}

fn last_line_start(text: &[u8]) -> usize {
    memchr::memrchr2(b'\n', b'\r', text).map_or(0, |at| at + 1)
}

/// Characters of UTF-8 text: all bytes but the continuing ones.
fn chars(text: &[u8]) -> u64 {
    text.iter().filter(|&&b| b & 0xc0 != 0x80).count() as u64
}

/// The problems of one file.
#[derive(Debug)]
pub struct Notes {
    /// The file as it is shown.
    pub file: String,
    /// Values that could not be read; listed up to [`LISTED_MAX`].
    pub unparsed: Vec<Problem>,
    /// All of them.
    pub unparsed_count: u64,
    /// Bad lines; listed up to [`LISTED_MAX`].
    pub bad: Vec<Problem>,
    /// All of them.
    pub bad_count: u64,
    /// Things a person should know.
    pub remarks: Vec<String>,
}

impl Notes {
    /// No problem yet in `file`.
    pub fn new(file: &str) -> Self {
        Self {
            file: file.to_owned(),
            unparsed: Vec::new(),
            unparsed_count: 0,
            bad: Vec::new(),
            bad_count: 0,
            remarks: Vec::new(),
        }
    }

    /// Notes a bad line.
    pub fn bad(&mut self, at: Place, what: impl Into<String>) {
        self.bad_count += 1;
        if self.bad.len() < LISTED_MAX {
            let place = self.place(at);
            self.bad.push(Problem { place, what: what.into(), value: None });
        }
    }

    /// Will a further unread value be listed? If not, its place need not be looked for.
    pub fn lists_values(&self) -> bool {
        self.unparsed.len() < LISTED_MAX
    }

    /// Notes a value that could not be read; `at` may be rough where it will not be listed.
    pub fn unparsed(&mut self, at: Place, what: impl Into<String>, value: Option<Untrusted>) {
        self.unparsed_count += 1;
        if self.lists_values() {
            let place = self.place(at);
            self.unparsed.push(Problem { place, what: what.into(), value });
        }
    }

    /// The first problem of any kind, bad lines first.
    pub fn first(&self) -> Option<&Problem> {
        self.bad.first().or(self.unparsed.first())
    }

    fn place(&self, at: Place) -> String {
        format!("{}, line {}, column {}", self.file, at.line, at.column)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_lines_of_every_habit_and_columns_in_characters() {
        let start = Place { line: 3, column: 5 };
        for (text, line, column) in [
            ("", 3, 5),
            ("abc", 3, 8),
            ("João", 3, 9),
            ("a\nbc", 4, 3),
            ("a\r\nbc", 4, 3),
            ("a\rbc", 4, 3),
            ("a\r\r\n\né", 6, 2),
            ("a\n", 4, 1),
        ] {
            assert_eq!(start.after(text.as_bytes()), Place { line, column }, "{text:?}");
        }
    }

    #[test]
    fn lists_a_hundred_and_counts_all() {
        let mut notes = Notes::new("f.csv");
        for line in 1..=150 {
            notes.bad(Place { line, column: 1 }, "broken");
            notes.unparsed(Place { line, column: 2 }, "odd", None);
        }
        assert_eq!((notes.bad.len(), notes.bad_count), (100, 150));
        assert_eq!((notes.unparsed.len(), notes.unparsed_count), (100, 150));
        assert_eq!(notes.first().unwrap().place, "f.csv, line 1, column 1");
    }
}
