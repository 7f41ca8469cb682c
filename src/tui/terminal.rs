//! The terminal: taken, drawn on, and given back as it was, whatever happens.
//!
//! Must not do: read keys, or know what is drawn.

use std::fs::File;
use std::io::{self, Write as _};
use std::os::fd::AsFd as _;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread::ThreadId;

use ratatui::layout::Size;
use ratatui::{Frame, Terminal};
use rustix::process::{Signal, kill_current_process_group};
use rustix::termios::{OptionalActions, Termios, tcgetattr, tcgetwinsize, tcsetattr};

use crate::telemetry::TOLD;
use crate::tui::wire::Wire;

/// The other screen, pastes told as such, no cursor.
const ENTER: &str = "\x1b[?1049h\x1b[?2004h\x1b[?25l\x1b[2J";

/// An update that was begun ends; then everything back, in the order in which it was taken.
const LEAVE: &str = "\x1b[?2026l\x1b[?1006l\x1b[?1000l\x1b[?2004l\x1b[0m\x1b[?25h\x1b[?1049l";

const MOUSE_ON: &str = "\x1b[?1000h\x1b[?1006h";
const MOUSE_OFF: &str = "\x1b[?1006l\x1b[?1000l";

/// Is the terminal ours?
static IS_OURS: AtomicBool = AtomicBool::new(false);

/// As the terminal was; a panic has to give it back from anywhere.
static BEFORE: Mutex<Option<Termios>> = Mutex::new(None);

/// What would have gone to stderr, and so over the screen.
static HELD: Mutex<Vec<u8>> = Mutex::new(Vec::new());

/// More is dropped: it is a log that nobody asked for.
const HELD_MOST: usize = 64 * 1024;

/// The terminal, while it is ours.
pub struct Screen {
    terminal: Terminal<Wire<File>>,
    mouse: bool,
}

impl Screen {
    /// Takes the terminal.
    ///
    /// # Errors
    /// Where standard input or output is none.
    pub fn open() -> io::Result<Self> {
        let before = tcgetattr(io::stdin())?;
        *BEFORE.lock().unwrap_or_else(PoisonError::into_inner) = Some(before);
        // Our own theme knows NO_COLOR; crossterm's way would hide the selection.
        crossterm::style::force_color_output(true);
        // Without the buffer of standard output: a frame is one write.
        let out = File::from(io::stdout().as_fd().try_clone_to_owned()?);
        let terminal = Terminal::new(Wire::new(out, size))?;
        let mut screen = Self { terminal, mouse: false };
        screen.enter()?;
        Ok(screen)
    }

    /// Draws; what did not change is not written.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn draw(&mut self, view: impl FnOnce(&mut Frame<'_>)) -> io::Result<()> {
        self.terminal.draw(view).map(|_| ())
    }

    /// Columns and rows.
    #[must_use]
    pub fn size(&self) -> (u16, u16) {
        self.terminal.size().map_or((80, 24), |size| (size.width, size.height))
    }

    /// Takes the terminal again, and forgets what is on it: the next frame is drawn whole.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn enter(&mut self) -> io::Result<()> {
        make_raw()?;
        IS_OURS.store(true, Ordering::SeqCst);
        write(ENTER)?;
        if self.mouse {
            write(MOUSE_ON)?;
        }
        self.forget()
    }

    /// Forgets what is on the terminal: the next frame is drawn whole.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn forget(&mut self) -> io::Result<()> {
        self.terminal.clear()
    }

    /// Takes the mouse, or leaves it to the terminal.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn mouse(&mut self, on: bool) -> io::Result<()> {
        self.mouse = on;
        write(if on { MOUSE_ON } else { MOUSE_OFF })
    }

    /// Writes a sequence that draws nothing.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn send(&mut self, sequence: &str) -> io::Result<()> {
        write(sequence)
    }

    /// Goes to the background as a shell's job; comes back when it is in the foreground again.
    ///
    /// # Errors
    /// Where the terminal is gone.
    pub fn suspend(&mut self) -> io::Result<()> {
        give_back();
        // All of the job, as the terminal does on Ctrl-Z. Where nobody could wake us again the
        // system drops the signal, and we go on.
        let _ = kill_current_process_group(Signal::TSTP);
        self.enter()
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        give_back();
    }
}

/// Columns and rows, as the system tells them.
fn size() -> Option<Size> {
    let size = tcgetwinsize(io::stdout()).ok()?;
    Some(Size::new(size.ws_col, size.ws_row))
}

fn make_raw() -> io::Result<()> {
    let before = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).clone();
    if let Some(mut raw) = before {
        raw.make_raw();
        tcsetattr(io::stdin(), OptionalActions::Now, &raw)?;
    }
    Ok(())
}

fn write(sequence: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(sequence.as_bytes())?;
    out.flush()
}

/// Gives the terminal back as it was; where it is not ours, nothing.
pub fn give_back() {
    if !IS_OURS.swap(false, Ordering::SeqCst) {
        return;
    }
    // Where the terminal is gone there is nothing to give back.
    let _ = write(LEAVE);
    if let Some(before) = BEFORE.lock().unwrap_or_else(PoisonError::into_inner).as_ref() {
        let _ = tcsetattr(io::stdin(), OptionalActions::Now, before);
    }
    let held = std::mem::take(&mut *HELD.lock().unwrap_or_else(PoisonError::into_inner));
    let _ = io::stderr().write_all(&held);
}

/// A panic of the thread that draws gives the terminal back before it is told; one of a job is
/// that job's failure, and is told when the terminal is given back.
pub fn on_panic_give_back(drawing: ThreadId) {
    let before = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        if std::thread::current().id() == drawing || !IS_OURS.load(Ordering::SeqCst) {
            give_back();
            return before(panic);
        }
        let place = panic.location().filter(|l| !l.file().contains("redb-"));
        if let Some(place) = place {
            let line = format!("error: internal error at {}:{}\n", place.file(), place.line());
            let _ = Errors.write(line.as_bytes());
            tracing::error!(target: TOLD, "internal error at {}:{}", place.file(), place.line());
        }
    }));
}

/// Standard error, held back while the terminal is ours: a log over a screen is no log.
#[derive(Clone, Copy, Debug, Default)]
pub struct Errors;

impl io::Write for Errors {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !IS_OURS.load(Ordering::SeqCst) {
            return io::stderr().write(bytes);
        }
        let mut held = HELD.lock().unwrap_or_else(PoisonError::into_inner);
        if held.len() + bytes.len() <= HELD_MOST {
            held.extend_from_slice(bytes);
        }
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
