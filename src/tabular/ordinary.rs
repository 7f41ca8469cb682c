//! The JSON object as nearly every export writes it: flat, without an escape. Read in one pass.
//!
//! A general reader looks at each byte several times: for the end of a value, for escapes, for
//! its text. Here the whole object is proven ordinary while it is read. Must not do: be lenient.
//! What is not surely such an object is left to `object`, which reads or refuses it.

use crate::tabular::cells::{Cell, Cells, Written};
use crate::tabular::columns::{Columns, Slot};
use crate::tabular::keys::Keys;

/// Reads `text` into `cells`; false, and nothing of use in `cells`, where it is not ordinary.
pub fn read(text: &str, keys: &mut Keys, columns: &mut Columns, cells: &mut Cells) -> bool {
    Reading { text, at: 0 }.object(keys, columns, cells).is_some()
}

struct Reading<'t> {
    text: &'t str,
    at: usize,
}

impl Reading<'_> {
    /// `None` as soon as anything is out of the ordinary.
    fn object(&mut self, keys: &mut Keys, columns: &mut Columns, cells: &mut Cells) -> Option<()> {
        loop {
            let slot = if let Some((slot, len)) = keys.expected(self.rest(), self.at == 0) {
                self.at += len;
                slot
            } else if self.at > 0 && self.closes() {
                break;
            } else {
                self.key(keys, columns)?
            };
            let cell = self.value()?;
            cells.put(slot, cell);
        }
        self.blank();
        (self.at == self.text.len()).then_some(())
    }

    /// Passes the object's end, if it is next.
    fn closes(&mut self) -> bool {
        let from = self.at;
        self.blank();
        let closes = self.byte(b'}').is_some();
        if !closes {
            self.at = from;
        }
        closes
    }

    /// Passes all that leads to the next value, where it is not what led to it before, and tells
    /// where that goes.
    fn key<'k>(&mut self, keys: &'k mut Keys, columns: &mut Columns) -> Option<&'k Slot> {
        let from = self.at;
        let first = from == 0;
        self.blank();
        self.byte(if first { b'{' } else { b',' })?;
        self.blank();
        let (start, end) = self.string()?;
        self.blank();
        self.byte(b':')?;
        self.blank();
        let (key, lead) = (&self.text[start..end], &self.text.as_bytes()[from..self.at]);
        Some(keys.led_to(key, lead, first, columns))
    }

    fn rest(&self) -> &[u8] {
        &self.text.as_bytes()[self.at..]
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn byte(&mut self, wanted: u8) -> Option<()> {
        (self.peek()? == wanted).then(|| self.at += 1)
    }

    fn blank(&mut self) {
        while let Some(b' ' | b'\t' | b'\r' | b'\n') = self.peek() {
            self.at += 1;
        }
    }

    fn value(&mut self) -> Option<Cell> {
        match self.peek()? {
            b'"' => {
                let (start, end) = self.string()?;
                Some(Cell::new(start, end, 0, Written::Plain))
            }
            b'n' => self.word("null").map(|_| Cell::default()),
            b't' => self.word("true"),
            b'f' => self.word("false"),
            // More blanks than in the objects before: numbers that are lined up.
            b' ' | b'\t' | b'\r' | b'\n' => {
                self.blank();
                self.value()
            }
            _ => self.number(),
        }
    }

    /// The inside of a string without escapes or control characters.
    fn string(&mut self) -> Option<(usize, usize)> {
        self.byte(b'"')?;
        let start = self.at;
        let end = start + ends_at(self.rest())?;
        (self.text.as_bytes()[end] == b'"').then(|| {
            self.at = end + 1;
            (start, end)
        })
    }

    fn word(&mut self, word: &str) -> Option<Cell> {
        let start = self.at;
        self.rest().starts_with(word.as_bytes()).then(|| {
            self.at += word.len();
            Cell::new(start, self.at, 0, Written::Plain)
        })
    }

    /// A number as JSON writes it: RFC 8259, section 6.
    fn number(&mut self) -> Option<Cell> {
        let start = self.at;
        let _ = self.byte(b'-');
        if self.byte(b'0').is_none() {
            self.digits()?;
        }
        if self.byte(b'.').is_some() {
            self.digits()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digits()?;
        }
        Some(Cell::new(start, self.at, 0, Written::Plain))
    }

    fn digits(&mut self) -> Option<()> {
        let digits = self.rest().iter().take_while(|b| b.is_ascii_digit()).count();
        self.at += digits;
        (digits > 0).then_some(())
    }
}

/// Where the first byte stands that ends a string or makes it out of the ordinary.
fn ends_at(bytes: &[u8]) -> Option<usize> {
    const STEP: usize = 8;
    let mut at = 0;
    while let Some(chunk) = bytes.get(at..at + STEP).and_then(|c| <[u8; STEP]>::try_from(c).ok()) {
        let found = ends_in(u64::from_le_bytes(chunk));
        if found != 0 {
            return Some(at + found.trailing_zeros() as usize / STEP);
        }
        at += STEP;
    }
    let ends = |b: &u8| matches!(b, b'"' | b'\\' | 0..0x20);
    bytes[at..].iter().position(ends).map(|found| at + found)
}

/// Of eight bytes, the lowest first: the high bit of each that is a quote, a backslash or a
/// control character, and perhaps of some after the first such byte (S. E. Anderson, "Bit
/// Twiddling Hacks": "Determine if a word has a byte less than n").
fn ends_in(eight: u64) -> u64 {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGH: u64 = ONES << 7;
    let below = |word: u64, n: u64| word.wrapping_sub(ONES * n) & !word & HIGH;
    let is = |byte: u8| below(eight ^ (ONES * u64::from(byte)), 1);
    is(b'"') | is(b'\\') | below(eight, 0x20)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_string_ends_where_a_byte_by_byte_look_says() {
        let mut bytes = Vec::new();
        for n in 0..3000_u32 {
            let byte = n.wrapping_mul(2_654_435_761).to_le_bytes()[3];
            bytes.push(if byte < 0x30 && n % 11 != 0 { b'a' } else { byte });
        }
        for from in 0..bytes.len() {
            let slow = bytes[from..].iter().position(|b| matches!(b, b'"' | b'\\' | 0..0x20));
            assert_eq!(ends_at(&bytes[from..]), slow, "from {from}");
        }
        for byte in 0..=u8::MAX {
            let found = ends_at(&[b'x', 0xff, byte, b'y', 0x80, b'z', b'x', b'x']);
            let ends = matches!(byte, b'"' | b'\\' | 0..0x20);
            assert_eq!(found, ends.then_some(2), "{byte}");
        }
    }
}
