//! Questions at a terminal: a line at a time, secrets unseen, Ctrl-C heeded.
//!
//! Must not do: keep an answer, or leave the terminal without its echo.

use std::io::{self, Write as _};
use std::os::fd::AsFd;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use rustix::termios::{LocalModes, OptionalActions, Termios, tcgetattr, tcsetattr};
use secrecy::zeroize::Zeroizing;

use crate::app::{AppError, Stop};
use crate::headless::exit::Trouble;
use crate::words::{
    Ask, Fault, Voice, wizard_ask, wizard_fault, wizard_given_up, wizard_no_answer,
};

/// Wrong answers to one question.
const TRIES_MOST: u32 = 5;

/// How soon a wish to stop is noticed.
const LOOK: Timespec = Timespec { tv_sec: 0, tv_nsec: 50_000_000 };

/// A line of a terminal holds as much.
const LINE_BYTES_MOST: usize = 4096;

/// A line to the person.
pub fn say(text: &str) {
    // Where the terminal is gone the next question notices.
    let _ = writeln!(io::stderr(), "{text}");
}

/// Who asks.
pub struct Prompt<'a> {
    /// The language.
    pub voice: &'a Voice,
    /// Whether somebody asked to stop.
    pub stop: &'a Stop,
}

impl Prompt<'_> {
    /// Asks until the answer is right.
    ///
    /// # Errors
    /// Where somebody stops, no answer comes, or too many are wrong.
    pub fn ask<T>(
        &self,
        ask: Ask,
        default: Option<&str>,
        check: impl Fn(&str) -> Result<T, Fault>,
    ) -> Result<T, Trouble> {
        self.until_right(ask, default, false, check)
    }

    /// The same of a secret, which no screen shows.
    ///
    /// # Errors
    /// As [`Prompt::ask`].
    pub fn ask_unseen<T>(
        &self,
        ask: Ask,
        check: impl Fn(&str) -> Result<T, Fault>,
    ) -> Result<T, Trouble> {
        self.until_right(ask, None, true, check)
    }

    fn until_right<T>(
        &self,
        ask: Ask,
        default: Option<&str>,
        unseen: bool,
        check: impl Fn(&str) -> Result<T, Fault>,
    ) -> Result<T, Trouble> {
        let question = wizard_ask(self.voice, ask);
        let offered = default.map(|text| format!(" [{text}]")).unwrap_or_default();
        for _ in 0..TRIES_MOST {
            let typed = self.line(&format!("{question}{offered}: "), unseen)?;
            let answer = match default {
                Some(default) if typed.is_empty() => default,
                _ => typed.as_str(),
            };
            let control = answer.chars().any(|c| c.is_control() && c != '\t');
            match if control { Err(Fault::Control) } else { check(answer) } {
                Ok(right) => return Ok(right),
                Err(fault) => say(&format!("  {}", wizard_fault(self.voice, &fault))),
            }
        }
        let hint = "acerto config init --no-input writes the file with its comments alone";
        Err(AppError::usage(wizard_given_up(self.voice), &[hint]).into())
    }

    /// One line without its end.
    fn line(&self, question: &str, unseen: bool) -> Result<Zeroizing<String>, Trouble> {
        let quiet = if unseen { Some(Unseen::begin()?) } else { None };
        let mut out = io::stderr().lock();
        out.write_all(question.as_bytes()).and_then(|()| out.flush())?;
        drop(out);
        let line = self.read();
        drop(quiet);
        line
    }

    fn read(&self) -> Result<Zeroizing<String>, Trouble> {
        let stdin = io::stdin();
        let mut bytes = Zeroizing::new(Vec::with_capacity(LINE_BYTES_MOST));
        let mut room = Zeroizing::new([0_u8; LINE_BYTES_MOST]);
        while !bytes.ends_with(b"\n") {
            self.wait_for_input(stdin.as_fd())?;
            let read = rustix::io::read(&stdin, &mut room[..]).map_err(io::Error::from)?;
            if read == 0 || bytes.len() + read > LINE_BYTES_MOST {
                return Err(AppError::usage(wizard_no_answer(self.voice), &[]).into());
            }
            bytes.extend_from_slice(&room[..read]);
        }
        bytes.pop();
        Ok(Zeroizing::new(String::from_utf8_lossy(&bytes).into_owned()))
    }

    /// A signal's handler lets a read go on: so nothing is read before there is something.
    fn wait_for_input(&self, stdin: std::os::fd::BorrowedFd<'_>) -> Result<(), Trouble> {
        loop {
            self.stop.check()?;
            let mut looked = [PollFd::new(&stdin, PollFlags::IN)];
            match poll(&mut looked, Some(&LOOK)) {
                Ok(0) | Err(rustix::io::Errno::INTR) => {}
                Ok(_) => return Ok(()),
                Err(error) => return Err(io::Error::from(error).into()),
            }
        }
    }
}

/// A terminal that shows nothing of what is typed, until this is dropped.
struct Unseen {
    before: Termios,
}

impl Unseen {
    fn begin() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        let mut unseen = before.clone();
        unseen.local_modes.remove(LocalModes::ECHO);
        unseen.local_modes.insert(LocalModes::ECHONL);
        // What was typed ahead was seen, and is no secret.
        tcsetattr(io::stdin(), OptionalActions::Flush, &unseen)?;
        Ok(Self { before })
    }
}

impl Drop for Unseen {
    fn drop(&mut self) {
        // Where the terminal is gone there is nothing to give back.
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, &self.before);
    }
}
