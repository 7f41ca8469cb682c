//! Whole escape sequences as keys and mouse events (ECMA-48, xterm, the Linux console).
//!
//! Must not do: wait for anything; what is not known is nothing, never letters.

use crate::tui::input::Input;
use crate::tui::key::{Code, Key};

/// Rows of one notch of the wheel.
const NOTCH: i32 = 3;

/// `ESC O` and a byte.
pub(super) fn ss3(byte: u8) -> Option<Key> {
    match byte {
        b'M' => Some(Key::plain(Code::Enter)),
        _ => named(byte).map(Key::plain),
    }
}

/// What followed `ESC [`, its final byte last.
pub(super) fn csi(bytes: &[u8]) -> Option<Input> {
    let (last, rest) = bytes.split_last()?;
    if let Some(b'<') = rest.first() {
        return mouse(&rest[1..], *last);
    }
    if rest == b"[" {
        let n = last.checked_sub(b'A').filter(|n| *n < 5)?;
        return Some(Input::Key(Key::plain(Code::F(n + 1))));
    }
    let text = std::str::from_utf8(rest).ok()?;
    let mut numbers = text.split(';').map(|n| n.split(':').next().unwrap_or(n).parse::<u32>());
    let first = numbers.next().and_then(Result::ok);
    let modifiers = numbers.next().and_then(Result::ok).unwrap_or(1).saturating_sub(1);
    let code = match last {
        b'~' => tilde(first?)?,
        b'u' => point(first?)?,
        b'Z' => Code::BackTab,
        _ => named(*last)?,
    };
    Some(Input::Key(Key { code, ctrl: modifiers & 4 != 0, alt: modifiers & 2 != 0 }))
}

fn named(last: u8) -> Option<Code> {
    Some(match last {
        b'A' => Code::Up,
        b'B' => Code::Down,
        b'C' => Code::Right,
        b'D' => Code::Left,
        b'H' => Code::Home,
        b'F' => Code::End,
        b'P'..=b'S' => Code::F(last - b'P' + 1),
        _ => return None,
    })
}

fn tilde(number: u32) -> Option<Code> {
    let number = u8::try_from(number).ok()?;
    Some(match number {
        1 | 7 => Code::Home,
        2 => Code::Insert,
        3 => Code::Delete,
        4 | 8 => Code::End,
        5 => Code::PageUp,
        6 => Code::PageDown,
        11..=15 => Code::F(number - 10),
        17..=21 => Code::F(number - 11),
        23 | 24 => Code::F(number - 12),
        _ => return None,
    })
}

/// A key by its code point, as terminals tell it that were asked for more.
fn point(number: u32) -> Option<Code> {
    Some(match number {
        9 => Code::Tab,
        13 => Code::Enter,
        27 => Code::Esc,
        127 => Code::Backspace,
        _ => Code::Char(char::from_u32(number).filter(|c| !c.is_control())?),
    })
}

/// `ESC [ < button ; column ; row`, pressed (`M`) or let go (`m`).
fn mouse(numbers: &[u8], last: u8) -> Option<Input> {
    let text = std::str::from_utf8(numbers).ok()?;
    let mut numbers = text.split(';').map(|n| n.parse::<u16>().ok());
    let (button, column, row) = (numbers.next()??, numbers.next()??, numbers.next()??);
    match (button, last) {
        (0, b'M') => Some(Input::Click(column.saturating_sub(1), row.saturating_sub(1))),
        (64, b'M') => Some(Input::Scroll(-NOTCH)),
        (65, b'M') => Some(Input::Scroll(NOTCH)),
        _ => None,
    }
}
