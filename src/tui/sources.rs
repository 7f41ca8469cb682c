//! The one thread that waits for the outside: keys, signals, a terminal that is gone, and changes
//! of the store by other processes.
//!
//! It blocks in `poll` without a time-out unless something waits to be finished, and leaves when
//! the terminal does: reading from a dead one spins. Must not do: act on anything.

use std::io::{self, Read as _};
use std::os::fd::{AsFd as _, BorrowedFd, OwnedFd};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGTERM, SIGWINCH};

use crate::tui::input::Decoder;
use crate::tui::msg::Msg;
use crate::tui::watch::Watch;

/// Changes of the store are told together.
const TOGETHER: Duration = Duration::from_millis(500);

const SIGNALS: [i32; 5] = [SIGHUP, SIGINT, SIGTERM, SIGWINCH, SIGCONT];

/// What comes in the place of a line once input has ended; nobody can type it.
pub const END_OF_INPUT: &str = "\u{4}";

/// A line is no longer than this, in bytes.
const LINE_MOST: usize = 64 * 1024;

/// What the thread waits for.
struct Sources {
    stdin: Option<OwnedFd>,
    signals: Vec<(i32, UnixStream)>,
    watch: Option<Arc<Watch>>,
    decoder: Decoder,
    /// Bytes of a line that has not ended, where whole lines are wanted and no keys.
    line: Option<Vec<u8>>,
    /// When changes of the store are told.
    store: Option<Duration>,
    began: Instant,
    to: Sender<Msg>,
}

/// Begins to listen; a lone ESC is held for `hold`.
///
/// # Errors
/// Where the system refuses a handler or a thread.
pub fn listen(hold: Duration, watch: Option<Arc<Watch>>, to: Sender<Msg>) -> io::Result<()> {
    begin(Decoder::new(hold), None, watch, to)
}

/// Begins to listen for whole lines: each comes as text that was pasted.
///
/// # Errors
/// Where the system refuses a handler or a thread.
pub fn listen_for_lines(watch: Option<Arc<Watch>>, to: Sender<Msg>) -> io::Result<()> {
    begin(Decoder::new(Duration::ZERO), Some(Vec::new()), watch, to)
}

fn begin(
    decoder: Decoder,
    line: Option<Vec<u8>>,
    watch: Option<Arc<Watch>>,
    to: Sender<Msg>,
) -> io::Result<()> {
    let mut signals = Vec::new();
    for number in SIGNALS {
        let (ours, theirs) = UnixStream::pair()?;
        ours.set_nonblocking(true)?;
        signal_hook::low_level::pipe::register(number, theirs)?;
        signals.push((number, ours));
    }
    let stdin = Some(io::stdin().as_fd().try_clone_to_owned()?);
    let began = Instant::now();
    let sources = Sources { stdin, signals, watch, decoder, line, store: None, began, to };
    std::thread::Builder::new().name("sources".to_owned()).spawn(|| sources.run()).map(drop)
}

/// What was ready.
#[derive(Default)]
struct Ready {
    stdin: bool,
    signals: Vec<bool>,
    store: bool,
}

fn readable(fd: BorrowedFd<'_>) -> PollFd<'_> {
    PollFd::from_borrowed_fd(fd, PollFlags::IN)
}

impl Sources {
    /// Until nobody takes what it tells.
    fn run(mut self) {
        loop {
            let Ok(ready) = self.wait() else { return };
            if self.tell(&ready).is_none() {
                return;
            }
        }
    }

    fn now(&self) -> Duration {
        self.began.elapsed()
    }

    fn wait(&self) -> io::Result<Ready> {
        let mut fds: Vec<PollFd<'_>> =
            self.signals.iter().map(|(_, stream)| readable(stream.as_fd())).collect();
        fds.extend(self.stdin.iter().map(|fd| readable(fd.as_fd())));
        fds.extend(self.watch.iter().map(|watch| readable(watch.fd())));
        let deadline = [self.decoder.deadline(), self.store].into_iter().flatten().min();
        let left = deadline.map(|deadline| deadline.saturating_sub(self.now()));
        let left = left.and_then(|left| Timespec::try_from(left).ok());
        match poll(&mut fds, left.as_ref()) {
            Ok(_) => {}
            Err(rustix::io::Errno::INTR) => return Ok(Ready::default()),
            Err(e) => return Err(e.into()),
        }
        let mut ready = fds.iter().map(|fd| !fd.revents().is_empty());
        let signals = ready.by_ref().take(self.signals.len()).collect();
        let stdin = self.stdin.is_some() && ready.next().unwrap_or(false);
        let store = self.watch.is_some() && ready.next().unwrap_or(false);
        Ok(Ready { stdin, signals, store })
    }

    /// `None` where nobody listens any more.
    fn tell(&mut self, ready: &Ready) -> Option<()> {
        if ready.stdin {
            self.read()?;
        } else if let Some(input) = self.decoder.expire(self.now()) {
            self.send(input.into())?;
        }
        let came = self.signals.iter_mut().zip(&ready.signals).filter(|(_, ready)| **ready);
        let came: Vec<i32> =
            came.filter_map(|((n, stream), _)| drained(stream).then_some(*n)).collect();
        for number in came {
            self.signal(number)?;
        }
        if ready.store && self.watch.as_ref().is_some_and(|watch| watch.happened()) {
            self.store = self.store.or(Some(self.now() + TOGETHER));
        }
        if self.store.is_some_and(|at| at <= self.now()) {
            self.store = None;
            if self.watch.as_ref().is_some_and(|watch| watch.is_news()) {
                self.send(Msg::StoreChanged)?;
            }
        }
        Some(())
    }

    fn send(&self, msg: Msg) -> Option<()> {
        self.to.send(msg).ok()
    }

    /// What was typed; a terminal that is gone gives nothing, and is not asked again.
    fn read(&mut self) -> Option<()> {
        let mut room = [0; 4096];
        let read = self.stdin.as_ref().map(|fd| rustix::io::read(fd, &mut room));
        match read {
            Some(Ok(n)) if self.line.is_some() => self.lines(&room[..n]),
            Some(Ok(n)) if n > 0 => {
                let inputs = self.decoder.feed(&room[..n], self.now());
                inputs.into_iter().try_for_each(|input| self.send(input.into()))
            }
            Some(Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN)) | None => Some(()),
            Some(_) => {
                self.stdin = None;
                self.send(Msg::HangUp)
            }
        }
    }

    /// Lines that ended; at the end of input also what was typed of the last.
    fn lines(&mut self, bytes: &[u8]) -> Option<()> {
        let begun = self.line.as_mut()?;
        let mut ended = Vec::new();
        for byte in bytes {
            match byte {
                b'\n' => ended.push(std::mem::take(begun)),
                _ if begun.len() < LINE_MOST => begun.push(*byte),
                _ => {}
            }
        }
        if bytes.is_empty() {
            self.stdin = None;
            ended.push(END_OF_INPUT.as_bytes().to_vec());
        }
        let text = |line: Vec<u8>| String::from_utf8_lossy(&line).into_owned();
        ended.into_iter().try_for_each(|line| self.send(Msg::Paste(text(line))))
    }

    fn signal(&self, number: i32) -> Option<()> {
        match number {
            SIGWINCH => {
                let Ok(size) = rustix::termios::tcgetwinsize(io::stdout()) else { return Some(()) };
                self.send(Msg::Resize { width: size.ws_col, height: size.ws_row })
            }
            SIGCONT => self.send(Msg::Resumed),
            SIGHUP => self.send(Msg::HangUp),
            _ => self.send(Msg::Signal(number)),
        }
    }
}

/// Takes the bytes of a signal; several that came together are one.
fn drained(stream: &mut UnixStream) -> bool {
    let mut room = [0; 64];
    let mut any = false;
    while stream.read(&mut room).is_ok_and(|n| n > 0) {
        any = true;
    }
    any
}
