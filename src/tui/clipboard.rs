//! The clipboard of whoever sits at the terminal, also over SSH: OSC 52.
//!
//! Must not do: write anything, or ask what is in the clipboard.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// Terminals take no more (base64, as xterm has it).
pub const MOST: usize = 74_994;

/// Bytes of one piece for GNU screen, which takes no long sequences.
const PIECE: usize = 240;

/// What lies between us and the terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Between {
    /// Nothing.
    #[default]
    Nothing,
    /// tmux.
    Tmux,
    /// GNU screen.
    Screen,
}

impl Between {
    /// By the environment: `$TMUX`, and `$TERM` or `$STY` for screen.
    #[must_use]
    pub fn find(var: impl Fn(&str) -> Option<String>) -> Self {
        if var("TMUX").is_some() {
            return Self::Tmux;
        }
        let screen = var("TERM").is_some_and(|term| term.starts_with("screen"));
        if screen || var("STY").is_some() { Self::Screen } else { Self::Nothing }
    }
}

/// What copies `text`; `None` where it is longer than terminals take.
#[must_use]
pub fn sequence(text: &str, between: Between) -> Option<String> {
    let encoded = STANDARD.encode(text);
    if encoded.len() > MOST {
        return None;
    }
    let plain = format!("\x1b]52;c;{encoded}\x07");
    Some(match between {
        Between::Nothing => plain,
        Between::Tmux => {
            let inner = plain.replace('\x1b', "\x1b\x1b");
            format!("\x1bPtmux;{inner}\x1b\\")
        }
        Between::Screen => {
            // ASCII alone, so a cut never splits a character.
            let pieces = plain.as_bytes().chunks(PIECE).map(String::from_utf8_lossy);
            pieces.fold(String::new(), |all, piece| all + "\x1bP" + &piece + "\x1b\\")
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_terminal_gets_it_in_its_own_wrapping() {
        let plain = sequence("olá", Between::Nothing);
        assert_eq!(plain.as_deref(), Some("\x1b]52;c;b2zDoQ==\x07"));
        let tmux = sequence("olá", Between::Tmux);
        assert_eq!(tmux.as_deref(), Some("\x1bPtmux;\x1b\x1b]52;c;b2zDoQ==\x07\x1b\\"));
        let long = "x".repeat(1000);
        let wrapped = sequence(&long, Between::Screen).unwrap();
        let pieces: Vec<&str> =
            wrapped.split_terminator("\x1b\\").map(|p| p.strip_prefix("\x1bP").unwrap()).collect();
        assert!(pieces.len() > 1 && pieces.iter().all(|piece| piece.len() <= PIECE));
        assert_eq!(Some(pieces.concat()), sequence(&long, Between::Nothing));
    }

    #[test]
    fn what_terminals_do_not_take_is_not_sent() {
        let most = MOST / 4 * 3;
        assert!(sequence(&"x".repeat(most), Between::Nothing).is_some());
        assert!(sequence(&"x".repeat(most + 3), Between::Nothing).is_none());
    }

    #[test]
    fn the_environment_tells_what_lies_between() {
        let find = |set: &[(&str, &str)]| {
            Between::find(|name| set.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned()))
        };
        assert_eq!(find(&[("TERM", "xterm-256color")]), Between::Nothing);
        assert_eq!(find(&[("TERM", "screen-256color"), ("TMUX", "/tmp/x")]), Between::Tmux);
        assert_eq!(find(&[("TERM", "screen.xterm")]), Between::Screen);
        assert_eq!(find(&[("TERM", "xterm"), ("STY", "12.pts")]), Between::Screen);
    }
}
