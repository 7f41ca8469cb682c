//! A window that slides over a file's bytes: what of the present record has been read so far.
//!
//! Must not do: grow beyond one record and one chunk, or swallow an error of the input.

use std::io::{self, Read};

use crate::tabular::notes::Place;
use crate::tabular::{BYTES_MAX, RECORD_MAX};

/// How much is read at once.
const CHUNK: usize = 1 << 20;

/// The window.
pub struct Window<'i> {
    input: Box<dyn Read + 'i>,
    buffer: Vec<u8>,
    start: usize,
    end: usize,
    done: bool,
    failed: Option<io::Error>,
    total: u64,
    place: Place,
}

impl<'i> Window<'i> {
    /// At the start of `input`.
    pub fn new(input: Box<dyn Read + 'i>) -> Self {
        Self {
            input,
            buffer: vec![0; CHUNK],
            start: 0,
            end: 0,
            done: false,
            failed: None,
            total: 0,
            place: Place { line: 1, column: 1 },
        }
    }

    /// What has been read and not yet passed.
    pub fn data(&self) -> &[u8] {
        &self.buffer[self.start..self.end]
    }

    /// Is there nothing more to read? What [`Self::data`] holds is then all.
    pub fn done(&self) -> bool {
        self.done
    }

    /// Did the input break off? Then the rest of [`Self::data`] may be half a record.
    pub fn failed(&self) -> Option<&io::Error> {
        self.failed.as_ref()
    }

    /// Where [`Self::data`] begins.
    pub fn place(&self) -> Place {
        self.place
    }

    /// Is the present record longer than any may be?
    pub fn too_long(&self) -> bool {
        self.data().len() > RECORD_MAX
    }

    /// Reads a further chunk. `false`: there was nothing more.
    pub fn more(&mut self) -> bool {
        if self.done {
            return false;
        }
        self.buffer.copy_within(self.start..self.end, 0);
        self.end -= self.start;
        self.start = 0;
        if self.buffer.len() - self.end < CHUNK / 2 {
            self.buffer.resize(self.end + CHUNK, 0);
        }
        let before = self.end;
        while !self.done && self.end < self.buffer.len() {
            match self.input.read(&mut self.buffer[self.end..]) {
                Ok(0) => self.done = true,
                Ok(n) => self.end += n,
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => self.fail(e),
            }
        }
        self.total += (self.end - before) as u64;
        if self.total > BYTES_MAX {
            self.fail(io::Error::other(format!("more than {} GiB", BYTES_MAX >> 30)));
        }
        self.end > before
    }

    fn fail(&mut self, why: io::Error) {
        self.done = true;
        self.failed = Some(why);
    }

    /// Passes `n` bytes, counting the lines and columns in them.
    pub fn pass(&mut self, n: usize) {
        let n = n.min(self.end - self.start);
        self.place = self.place.after(&self.buffer[self.start..self.start + n]);
        self.start += n;
    }

    /// Passes `n` bytes that are one line with its end.
    pub fn pass_line(&mut self, n: usize) {
        self.start += n.min(self.end - self.start);
        self.place = Place { line: self.place.line + 1, column: 1 };
    }

    /// Passes everything up to and with the next line end, however far it is.
    pub fn drop_line(&mut self) {
        loop {
            if let Some(line) = self.line() {
                self.pass_line(line.with_end);
                return;
            }
            let kept = self.waiting();
            self.pass(self.data().len() - kept);
            if !self.more() {
                self.pass(kept);
                return;
            }
        }
    }

    /// Passes white space. `false`: nothing else was left.
    pub fn skip_blank(&mut self) -> bool {
        loop {
            let data = self.data();
            if let Some(n) = data.iter().position(|b| !b.is_ascii_whitespace()) {
                self.pass(n);
                return true;
            }
            let kept = self.waiting();
            self.pass(self.data().len() - kept);
            if !self.more() {
                self.pass(kept);
                return false;
            }
        }
    }

    /// Passes blank lines, and tells the first byte that is not blank; `None` at the end.
    pub fn skip_blank_lines(&mut self) -> Option<u8> {
        loop {
            let data = self.data();
            if let Some(n) = data.iter().position(|b| !b.is_ascii_whitespace()) {
                let first = data[n];
                let line = memchr::memrchr2(b'\n', b'\r', &data[..n]).map_or(0, |at| at + 1);
                self.pass(line);
                return Some(first);
            }
            let kept = self.waiting();
            self.pass(data.len() - kept);
            if !self.more() {
                self.pass(kept);
                return None;
            }
        }
    }

    /// A CR at the very end waits for the LF that may belong to it.
    fn waiting(&self) -> usize {
        usize::from(self.data().last() == Some(&b'\r'))
    }

    /// The first line, if its end is in sight.
    pub fn line(&self) -> Option<Line> {
        let data = self.data();
        let text = memchr::memchr2(b'\n', b'\r', data)?;
        if data[text] == b'\n' {
            return Some(Line { text, with_end: text + 1 });
        }
        match data.get(text + 1) {
            Some(b'\n') => Some(Line { text, with_end: text + 2 }),
            Some(_) => Some(Line { text, with_end: text + 1 }),
            None => self.done.then_some(Line { text, with_end: text + 1 }),
        }
    }
}

/// A line's length without and with its end (LF, CR LF or CR).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Line {
    /// Without.
    pub text: usize,
    /// With.
    pub with_end: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Gives one byte at a time, then an error.
    struct Drip<'a>(&'a [u8]);

    impl Read for Drip<'_> {
        fn read(&mut self, to: &mut [u8]) -> io::Result<usize> {
            let (first, rest) = self.0.split_first().ok_or_else(|| io::Error::other("cut"))?;
            to[0] = *first;
            self.0 = rest;
            Ok(1)
        }
    }

    #[test]
    fn finds_lines_of_every_habit_and_keeps_the_error() {
        let mut window = Window::new(Box::new(Drip(b"ab\r\nc\rd\n\ne")));
        assert!(window.more());
        let mut lines = Vec::new();
        while let Some(line) = window.line() {
            lines.push(String::from_utf8_lossy(&window.data()[..line.text]).into_owned());
            window.pass_line(line.with_end);
        }
        assert_eq!(lines, ["ab", "c", "d", ""]);
        assert_eq!(window.data(), b"e");
        assert_eq!(window.place(), Place { line: 5, column: 1 });
        assert!(window.failed().is_some() && window.done());
    }

    #[test]
    fn drops_a_line_longer_than_the_window() {
        let mut text = vec![b'x'; 3 * CHUNK];
        text.extend_from_slice(b"\r\nnext");
        let mut window = Window::new(Box::new(&text[..]));
        window.drop_line();
        assert_eq!(window.data(), b"next");
        assert_eq!(window.place(), Place { line: 2, column: 1 });
        assert!(window.buffer.len() <= RECORD_MAX + 2 * CHUNK);
    }
}
