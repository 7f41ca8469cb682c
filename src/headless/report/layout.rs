//! Lines of text: wrapped to the terminal's width, sparsely coloured, plain ASCII around them.
//!
//! Must not do: know what a report says.

use std::io::{self, Write};

use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, presets};
use unicode_width::UnicodeWidthStr as _;

/// Narrower terminals get lines of this width, and wrap them themselves.
const WIDTH_MIN: usize = 40;

/// Longer lines are tiring to read.
const WIDTH_MAX: usize = 110;

/// What a line is, for the 16 colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Style {
    /// A heading.
    Heading,
    /// All is well.
    Good,
    /// Look here.
    Attention,
    /// Something is wrong.
    Bad,
    /// Nothing special.
    Plain,
}

impl Style {
    fn code(self) -> &'static str {
        match self {
            Self::Heading => "1",
            Self::Good => "32",
            Self::Attention => "33",
            Self::Bad => "1;31",
            Self::Plain => "0",
        }
    }
}

/// A page of text being written.
pub struct Page<'a> {
    out: &'a mut dyn Write,
    width: usize,
    color: bool,
}

impl<'a> Page<'a> {
    /// A page on `out`, `width` columns wide.
    pub fn new(out: &'a mut dyn Write, width: usize, color: bool) -> Self {
        Self { out, width: width.clamp(WIDTH_MIN, WIDTH_MAX), color }
    }

    /// An empty line.
    pub fn blank(&mut self) -> io::Result<()> {
        self.out.write_all(b"\n")
    }

    /// A heading after an empty line.
    pub fn heading(&mut self, text: &str) -> io::Result<()> {
        self.blank()?;
        self.say(Style::Heading, text)
    }

    /// A paragraph at the left edge.
    pub fn say(&mut self, style: Style, text: &str) -> io::Result<()> {
        self.hang(style, 0, "", text)
    }

    /// A paragraph `indent` columns in.
    pub fn indented(&mut self, indent: usize, text: &str) -> io::Result<()> {
        self.hang(Style::Plain, indent, "", text)
    }

    /// A paragraph behind a marker; its further lines stand below its text.
    pub fn item(&mut self, indent: usize, marker: &str, text: &str) -> io::Result<()> {
        self.hang(Style::Plain, indent, marker, text)
    }

    /// A marked paragraph with a style.
    pub fn hang(
        &mut self,
        style: Style,
        indent: usize,
        marker: &str,
        text: &str,
    ) -> io::Result<()> {
        let hanging = indent + marker.width();
        let mut lead = format!("{:indent$}{marker}", "");
        for line in wrap(text, self.width.saturating_sub(hanging)) {
            self.line(style, &lead, &line)?;
            lead = " ".repeat(hanging);
        }
        Ok(())
    }

    /// A table: the first column to the left, the others to the right.
    pub fn table(&mut self, header: &[&str], rows: Vec<Vec<String>>) -> io::Result<()> {
        self.print_table(ContentArrangement::Dynamic, header, rows)
    }

    /// A table that never breaks a cell, so that ids can be copied whole.
    pub fn wide_table(&mut self, header: &[&str], rows: Vec<Vec<String>>) -> io::Result<()> {
        self.print_table(ContentArrangement::Disabled, header, rows)
    }

    fn print_table(
        &mut self,
        arrangement: ContentArrangement,
        header: &[&str],
        rows: Vec<Vec<String>>,
    ) -> io::Result<()> {
        let mut table = Table::new();
        table
            .load_style(
                presets::NOTHING.header_separator(LineStyle::none().fill('-').junction('-')),
            )
            .set_content_arrangement(arrangement)
            .set_width(u16::try_from(self.width).unwrap_or(u16::MAX))
            .set_header(header.to_vec())
            .add_rows(rows);
        for column in table.column_iter_mut().skip(1) {
            column.set_cell_alignment(CellAlignment::Right);
        }
        for line in table.lines() {
            writeln!(self.out, "{}", line.trim_end())?;
        }
        Ok(())
    }

    fn line(&mut self, style: Style, lead: &str, text: &str) -> io::Result<()> {
        if self.color && style != Style::Plain {
            writeln!(self.out, "{lead}\x1b[{}m{text}\x1b[0m", style.code())
        } else {
            writeln!(self.out, "{lead}{text}")
        }
    }
}

/// Breaks at spaces; a longer word keeps its own line, so that serials can be copied whole.
#[must_use]
pub fn wrap(text: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut line = String::new();
    for word in text.split_whitespace() {
        if !line.is_empty() && line.width() + 1 + word.width() > width {
            lines.push(std::mem::take(&mut line));
        }
        if !line.is_empty() {
            line.push(' ');
        }
        line.push_str(word);
    }
    lines.push(line);
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wraps_at_spaces_and_keeps_words_whole() {
        assert_eq!(wrap("one two three", 7), ["one two", "three"]);
        assert_eq!(wrap("a 485754431234ABCD b", 8), ["a", "485754431234ABCD", "b"]);
        assert_eq!(wrap("", 8), [""]);
    }

    #[test]
    fn hangs_and_colours_only_when_asked() {
        let mut out = Vec::new();
        let mut page = Page::new(&mut out, 40, false);
        page.hang(Style::Bad, 2, "- ", "word word word word word word word word word").unwrap();
        let plain = String::from_utf8(out).unwrap();
        assert_eq!(plain, "  - word word word word word word word\n    word word\n");
        let mut out = Vec::new();
        Page::new(&mut out, 40, true).say(Style::Bad, "x").unwrap();
        assert_eq!(out, b"\x1b[1;31mx\x1b[0m\n");
    }
}
