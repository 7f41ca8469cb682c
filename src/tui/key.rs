//! A key as it is pressed, and as it is written in a keymap: `j`, `<Down>`, `<C-d>`, `<Space>`.
//!
//! Must not do: know what a key does.

#![expect(clippy::wildcard_enum_match_arm, reason = "keys of a terminal that nothing is bound to")]

use std::fmt;
use std::str::FromStr;

use crossterm::event::{KeyCode, KeyEvent, KeyEventKind, KeyModifiers};

/// A key, without its modifiers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Code {
    /// A character, in the case in which it arrives.
    Char(char),
    /// Enter.
    Enter,
    /// Escape.
    Esc,
    /// Tab.
    Tab,
    /// Shift and Tab.
    BackTab,
    /// Backspace.
    Backspace,
    /// Delete.
    Delete,
    /// Insert.
    Insert,
    /// Arrow up.
    Up,
    /// Arrow down.
    Down,
    /// Arrow left.
    Left,
    /// Arrow right.
    Right,
    /// Home.
    Home,
    /// End.
    End,
    /// Page up.
    PageUp,
    /// Page down.
    PageDown,
    /// A function key, from 1.
    F(u8),
}

/// A key with its modifiers. Shift is part of a character.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Key {
    /// Which.
    pub code: Code,
    /// With Control.
    pub ctrl: bool,
    /// With Alt.
    pub alt: bool,
}

impl Key {
    /// Without modifiers.
    #[must_use]
    pub const fn plain(code: Code) -> Self {
        Self { code, ctrl: false, alt: false }
    }

    /// A character without modifiers.
    #[must_use]
    pub const fn char(c: char) -> Self {
        Self::plain(Code::Char(c))
    }

    /// With Control.
    #[must_use]
    pub const fn ctrl(c: char) -> Self {
        Self { code: Code::Char(c), ctrl: true, alt: false }
    }

    /// As a terminal sends it; `None` for what is no press of a key that is known.
    #[must_use]
    pub fn from_event(event: &KeyEvent) -> Option<Self> {
        if event.kind == KeyEventKind::Release {
            return None;
        }
        let code = match event.code {
            KeyCode::Char(c) => Code::Char(c),
            KeyCode::Enter => Code::Enter,
            KeyCode::Esc => Code::Esc,
            KeyCode::Tab => Code::Tab,
            KeyCode::BackTab => Code::BackTab,
            KeyCode::Backspace => Code::Backspace,
            KeyCode::Delete => Code::Delete,
            KeyCode::Insert => Code::Insert,
            KeyCode::Up => Code::Up,
            KeyCode::Down => Code::Down,
            KeyCode::Left => Code::Left,
            KeyCode::Right => Code::Right,
            KeyCode::Home => Code::Home,
            KeyCode::End => Code::End,
            KeyCode::PageUp => Code::PageUp,
            KeyCode::PageDown => Code::PageDown,
            KeyCode::F(n) => Code::F(n),
            _ => return None,
        };
        let has = |modifier| event.modifiers.contains(modifier);
        Some(Self { code, ctrl: has(KeyModifiers::CONTROL), alt: has(KeyModifiers::ALT) })
    }
}

/// Names in angle brackets, and their keys.
const NAMES: [(&str, Code); 17] = [
    ("Space", Code::Char(' ')),
    ("lt", Code::Char('<')),
    ("Enter", Code::Enter),
    ("Esc", Code::Esc),
    ("Tab", Code::Tab),
    ("S-Tab", Code::BackTab),
    ("Backspace", Code::Backspace),
    ("Delete", Code::Delete),
    ("Insert", Code::Insert),
    ("Up", Code::Up),
    ("Down", Code::Down),
    ("Left", Code::Left),
    ("Right", Code::Right),
    ("Home", Code::Home),
    ("End", Code::End),
    ("PageUp", Code::PageUp),
    ("PageDown", Code::PageDown),
];

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let modifiers =
            format!("{}{}", if self.ctrl { "C-" } else { "" }, if self.alt { "A-" } else { "" });
        if let Code::F(n) = self.code {
            return write!(f, "<{modifiers}F{n}>");
        }
        if let Some((name, _)) = NAMES.iter().find(|(_, code)| *code == self.code) {
            return write!(f, "<{modifiers}{name}>");
        }
        match self.code {
            Code::Char(c) if modifiers.is_empty() => write!(f, "{c}"),
            Code::Char(c) => write!(f, "<{modifiers}{c}>"),
            _ => Err(fmt::Error),
        }
    }
}

/// A key that can't be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownKey(pub String);

impl FromStr for Key {
    type Err = UnknownKey;

    fn from_str(text: &str) -> Result<Self, UnknownKey> {
        let unknown = || UnknownKey(text.to_owned());
        let Some(mut name) = text.strip_prefix('<').and_then(|t| t.strip_suffix('>')) else {
            let mut chars = text.chars();
            let one = chars.next().filter(|_| chars.next().is_none()).ok_or_else(unknown)?;
            return Ok(Self::char(one));
        };
        let (mut ctrl, mut alt) = (false, false);
        loop {
            if let Some(rest) = name.strip_prefix("C-") {
                (ctrl, name) = (true, rest);
            } else if let Some(rest) = name.strip_prefix("A-") {
                (alt, name) = (true, rest);
            } else {
                break;
            }
        }
        if let Some((_, code)) = NAMES.iter().find(|(known, _)| *known == name) {
            return Ok(Self { code: *code, ctrl, alt });
        }
        if let Some(n) = name.strip_prefix('F').and_then(|n| n.parse().ok()) {
            return Ok(Self { code: Code::F(n), ctrl, alt });
        }
        let mut chars = name.chars();
        let one = chars.next().filter(|_| chars.next().is_none() && (ctrl || alt));
        one.map(|c| Self { code: Code::Char(c), ctrl, alt }).ok_or_else(unknown)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        for text in ["j", "G", "<C-d>", "<Down>", "<Space>", "<S-Tab>", "<F1>", "<lt>", "<A-x>"] {
            let key: Key = text.parse().unwrap();
            assert_eq!(key.to_string(), text);
        }
        for text in ["", "jj", "<>", "<Nothing>", "<j>", "<C->"] {
            assert!(text.parse::<Key>().is_err(), "{text}");
        }
    }
}
