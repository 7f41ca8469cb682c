//! What arrives from a terminal, byte by byte, as keys, pastes and mouse events.
//!
//! A link may tear an escape sequence apart: what its bytes mean must not depend on when they
//! come. So a lone ESC is held for a moment, and a sequence that has begun never ends as letters.
//! Must not do: read anything, or ask a clock: times come with the bytes.

mod sequence;

use std::time::Duration;

use crate::tui::key::{Code, Key};
use crate::tui::msg::Msg;

/// A lone ESC waits so long for the rest of a sequence.
pub const HOLD: Duration = Duration::from_millis(25);

/// The same where the keys come over a network.
pub const HOLD_REMOTE: Duration = Duration::from_millis(100);

/// A sequence that has begun waits so long for each further byte; then it is dropped.
const PATIENCE: Duration = Duration::from_millis(250);

/// A paste waits so long for its end.
const PASTE_PATIENCE: Duration = Duration::from_secs(2);

/// More of a paste is dropped: no line takes it.
const PASTE_MOST: usize = 64 * 1024;

/// More is no sequence of a key.
const SEQUENCE_MOST: usize = 64;

const ESC: u8 = 0x1b;
const PASTE_END: &[u8] = b"\x1b[201~";

/// Something that a person did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// A key.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// A mouse button was pressed at a column and a row.
    Click(u16, u16),
    /// The wheel moved by so many rows.
    Scroll(i32),
}

impl From<Input> for Msg {
    fn from(input: Input) -> Self {
        match input {
            Input::Key(key) => Self::Key(key),
            Input::Paste(text) => Self::Paste(text),
            Input::Click(column, row) => Self::Click { column, row },
            Input::Scroll(rows) => Self::Scroll(rows),
        }
    }
}

#[derive(Debug, Default)]
enum State {
    #[default]
    Ground,
    /// ESC, and nothing yet.
    Escape,
    /// `ESC [`, and what followed.
    Csi(Vec<u8>),
    /// `ESC O`.
    Ss3,
    /// An answer of the terminal that nobody asked for: skipped to its end.
    Skip {
        /// Was its last byte an ESC?
        escape: bool,
    },
    /// A character of several bytes; `alt`: after an ESC.
    Utf8 { bytes: Vec<u8>, alt: bool },
    /// Between the marks of a paste.
    Paste(Vec<u8>),
}

/// Makes inputs of bytes.
#[derive(Debug)]
pub struct Decoder {
    hold: Duration,
    state: State,
    /// When the last byte came.
    last: Duration,
    /// When an ESC was given as a key because nothing followed it in time.
    given_up: Option<Duration>,
}

impl Decoder {
    /// One that holds a lone ESC for so long.
    #[must_use]
    pub fn new(hold: Duration) -> Self {
        Self { hold, state: State::Ground, last: Duration::ZERO, given_up: None }
    }

    /// When [`Decoder::expire`] has to be asked; `None` where nothing waits.
    #[must_use]
    pub fn deadline(&self) -> Option<Duration> {
        let patience = match &self.state {
            State::Ground => return None,
            State::Escape => self.hold,
            State::Csi(_) | State::Ss3 | State::Skip { .. } | State::Utf8 { .. } => PATIENCE,
            State::Paste(_) => PASTE_PATIENCE,
        };
        Some(self.last + patience)
    }

    /// Nothing came until now: a lone ESC is a key, and half a sequence is nothing.
    pub fn expire(&mut self, now: Duration) -> Option<Input> {
        if self.deadline().is_none_or(|deadline| now < deadline) {
            return None;
        }
        match std::mem::take(&mut self.state) {
            State::Escape => {
                self.given_up = Some(now);
                Some(Input::Key(Key::plain(Code::Esc)))
            }
            State::Paste(bytes) => Some(pasted(&bytes)),
            State::Ground
            | State::Csi(_)
            | State::Ss3
            | State::Skip { .. }
            | State::Utf8 { .. } => None,
        }
    }

    /// Takes bytes in that came now.
    pub fn feed(&mut self, bytes: &[u8], now: Duration) -> Vec<Input> {
        self.last = now;
        let inputs = bytes.iter().filter_map(|byte| self.byte(*byte, now));
        inputs.collect()
    }

    fn byte(&mut self, byte: u8, now: Duration) -> Option<Input> {
        match std::mem::take(&mut self.state) {
            State::Ground => self.ground(byte, now),
            State::Skip { escape: true } if byte == b'\\' => None,
            // As terminals do: within an answer another sequence begins, and it never ends.
            State::Escape | State::Skip { escape: true } => self.escaped(byte),
            State::Csi(bytes) => self.csi(bytes, byte),
            State::Ss3 => sequence::ss3(byte).map(Input::Key),
            State::Skip { escape: false } => {
                if byte != 0x07 {
                    self.state = State::Skip { escape: byte == ESC };
                }
                None
            }
            State::Utf8 { bytes, alt } => self.utf8(bytes, byte, alt),
            State::Paste(bytes) => self.paste(bytes, byte),
        }
    }

    fn ground(&mut self, byte: u8, now: Duration) -> Option<Input> {
        // The rest of a sequence whose ESC came much too early is no letter.
        let late = self.given_up.take().is_some_and(|at| now < at + PATIENCE);
        match byte {
            ESC => self.state = State::Escape,
            b'[' if late => self.state = State::Csi(Vec::new()),
            b'O' if late => self.state = State::Ss3,
            0x80.. => self.state = State::Utf8 { bytes: vec![byte], alt: false },
            _ => return Some(Input::Key(single(byte))),
        }
        self.utf8_start()
    }

    fn escaped(&mut self, byte: u8) -> Option<Input> {
        match byte {
            b'[' => self.state = State::Csi(Vec::new()),
            b'O' => self.state = State::Ss3,
            b']' | b'P' | b'_' | b'^' | b'X' => self.state = State::Skip { escape: false },
            ESC => {
                self.state = State::Escape;
                return Some(Input::Key(Key::plain(Code::Esc)));
            }
            0x80.. => self.state = State::Utf8 { bytes: vec![byte], alt: true },
            _ => return Some(Input::Key(Key { alt: true, ..single(byte) })),
        }
        self.utf8_start()
    }

    fn csi(&mut self, mut bytes: Vec<u8>, byte: u8) -> Option<Input> {
        if !(0x20..0x7f).contains(&byte) {
            // Broken off: what comes now stands for itself.
            return self.byte(byte, self.last);
        }
        // The console of Linux: `ESC [ [ A` is F1.
        let linux = bytes == b"[";
        let goes_on = !linux && (byte < 0x40 || (bytes.is_empty() && byte == b'['));
        if !goes_on || bytes.len() < SEQUENCE_MOST {
            bytes.push(byte);
        }
        if goes_on {
            self.state = State::Csi(bytes);
            return None;
        }
        if bytes == b"200~" {
            self.state = State::Paste(Vec::new());
            return None;
        }
        sequence::csi(&bytes)
    }

    fn utf8_start(&mut self) -> Option<Input> {
        // A byte that can't begin a character is none.
        if matches!(&self.state, State::Utf8 { bytes, .. } if length(bytes[0]) < 2) {
            self.state = State::Ground;
        }
        None
    }

    fn utf8(&mut self, mut bytes: Vec<u8>, byte: u8, alt: bool) -> Option<Input> {
        if byte & 0xc0 != 0x80 {
            // Broken off: what comes now begins anew.
            return self.byte(byte, self.last);
        }
        bytes.push(byte);
        if bytes.len() < length(bytes[0]) {
            self.state = State::Utf8 { bytes, alt };
            return None;
        }
        let c = std::str::from_utf8(&bytes).ok()?.chars().next()?;
        Some(Input::Key(Key { alt, ..Key::char(c) }))
    }

    fn paste(&mut self, mut bytes: Vec<u8>, byte: u8) -> Option<Input> {
        bytes.push(byte);
        if bytes.ends_with(PASTE_END) {
            bytes.truncate(bytes.len() - PASTE_END.len());
            return Some(pasted(&bytes));
        }
        if bytes.len() > PASTE_MOST + PASTE_END.len() {
            // The end of the mark may be among the last bytes.
            bytes.drain(PASTE_MOST..=PASTE_MOST);
        }
        self.state = State::Paste(bytes);
        None
    }
}

fn pasted(bytes: &[u8]) -> Input {
    let bytes = &bytes[..bytes.len().min(PASTE_MOST)];
    Input::Paste(String::from_utf8_lossy(bytes).replace("\r\n", "\n").replace('\r', "\n"))
}

/// Bytes of a character that begins so; 0 where none does.
fn length(first: u8) -> usize {
    match first {
        0xc2..=0xdf => 2,
        0xe0..=0xef => 3,
        0xf0..=0xf4 => 4,
        _ => 0,
    }
}

/// A key that is one byte.
fn single(byte: u8) -> Key {
    match byte {
        b'\r' => Key::plain(Code::Enter),
        b'\t' => Key::plain(Code::Tab),
        0x7f | 0x08 => Key::plain(Code::Backspace),
        0x00 => Key::ctrl(' '),
        0x01..=0x1a => Key::ctrl(char::from(byte - 1 + b'a')),
        0x1c..=0x1f => Key::ctrl(char::from(byte - 0x1c + b'\\')),
        _ => Key::char(char::from(byte)),
    }
}

#[cfg(test)]
mod tests;
