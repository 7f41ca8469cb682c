//! The built program at a terminal of its own: a pty, whose bytes are kept and shown by vt100.
//!
//! Must not do: link the product in, or wait for a time where something can be waited for.

use std::io::{Read, Write};
use std::num::NonZeroU16;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use portable_pty::{Child, CommandBuilder, MasterPty, PtySize, native_pty_system};
use rustix::process::{Pid, Signal, kill_process};

use crate::product_run::Home;
use crate::samples;

/// The beginning of a frame, and its end.
const FRAME_BEGIN: &[u8] = b"\x1b[?2026h";
const FRAME_END: &[u8] = b"\x1b[?2026l";

/// Longer than anything takes, on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// Longer than a question takes no key.
pub const A_MOMENT: Duration = Duration::from_millis(700);

/// A home with a profile over two files and one run to remember.
pub fn at_home() -> Home {
    let home = Home::new();
    let (sample, config) = (samples::folder("first-world"), home.folder(".config/acerto"));
    for name in ["acs.ndjson", "provider.csv"] {
        std::fs::copy(sample.join(name), config.join(name)).unwrap();
    }
    let text = "[profiles.prod.acs]\nkind = \"file\"\npath = \"acs.ndjson\"\n\n\
        [profiles.prod.provider]\nkind = \"file\"\npath = \"provider.csv\"\n";
    std::fs::write(config.join("config.toml"), text).unwrap();
    let read = home.run(&["--reconcile"]);
    assert_eq!(read.exit, Some(3), "{}", read.said());
    home
}

#[derive(Default)]
struct Heard {
    bytes: Vec<u8>,
    /// Read no more: the terminal goes away.
    leaves: bool,
    ended: bool,
}

type Shared = Arc<(Mutex<Heard>, Condvar)>;

/// A program at its terminal.
pub struct Screen {
    master: Option<Box<dyn MasterPty + Send>>,
    writer: Option<Box<dyn Write + Send>>,
    reader: Option<JoinHandle<()>>,
    child: Box<dyn Child + Send + Sync>,
    heard: Shared,
    parser: vt100::Parser,
    shown: usize,
    /// Goes away with it.
    home: Option<Home>,
}

impl Screen {
    /// acerto in an empty home: for `--demo`.
    pub fn start(arguments: &[&str], columns: u16, rows: u16) -> Self {
        let home = Home::new();
        let mut screen = Self::start_in(home.path(), arguments, &[], (columns, rows));
        screen.home = Some(home);
        screen
    }

    /// acerto in this home; variables with an empty value are unset.
    pub fn start_in(
        home: &Path,
        arguments: &[&str],
        variables: &[(&str, &str)],
        size: (u16, u16),
    ) -> Self {
        let mut words = vec![env!("CARGO_BIN_EXE_acerto")];
        words.extend(arguments);
        Self::start_program(home, &words, variables, size)
    }

    /// Any program: a shell with acerto in it.
    pub fn start_program(
        home: &Path,
        words: &[&str],
        variables: &[(&str, &str)],
        (cols, rows): (u16, u16),
    ) -> Self {
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        let pty = native_pty_system().openpty(size).unwrap();
        let mut command = CommandBuilder::new(words[0]);
        command.args(&words[1..]);
        command.cwd(home);
        command.env_clear();
        let path = std::env::var("PATH").unwrap_or_default();
        let home = home.to_str().unwrap();
        for (name, value) in
            [("HOME", home), ("PATH", &path), ("LANG", "C"), ("TZ", "UTC"), ("TERM", "xterm")]
        {
            command.env(name, value);
        }
        for (name, value) in variables {
            if value.is_empty() {
                command.env_remove(name);
            } else {
                command.env(name, value);
            }
        }
        let child = pty.slave.spawn_command(command).unwrap();
        let (reader, writer) =
            (pty.master.try_clone_reader().unwrap(), pty.master.take_writer().unwrap());
        let heard = Shared::default();
        let listener = Arc::clone(&heard);
        Self {
            master: Some(pty.master),
            writer: Some(writer),
            reader: Some(std::thread::spawn(move || listen(reader, &listener))),
            child,
            heard,
            parser: vt100::Parser::new(cells(rows), cells(cols), 0),
            shown: 0,
            home: None,
        }
    }

    /// Presses keys: their bytes, all at once.
    pub fn press(&mut self, keys: &str) {
        let writer = self.writer.as_mut().unwrap();
        writer.write_all(keys.as_bytes()).unwrap();
        writer.flush().unwrap();
    }

    /// Presses keys whose bytes come apart by this time.
    pub fn press_apart(&mut self, keys: &str, gap: Duration) {
        for (at, key) in keys.chars().enumerate() {
            if at > 0 {
                std::thread::sleep(gap);
            }
            self.press(&key.to_string());
        }
    }

    /// Waits until it holds of the screen; says what was shown where it never does.
    pub fn wait_until(&mut self, what: &str, mut holds: impl FnMut(&str) -> bool) {
        let until = Instant::now() + PATIENCE;
        loop {
            let seen = self.bytes().len();
            let contents = self.contents();
            if holds(&contents) {
                return;
            }
            let (heard, news) = &*self.heard;
            let heard = heard.lock().unwrap();
            if heard.bytes.len() > seen {
                continue;
            }
            let left = until.saturating_duration_since(Instant::now());
            assert!(!left.is_zero() && !heard.ended, "never {what}; shown:\n{contents}");
            drop(news.wait_timeout(heard, left).unwrap());
        }
    }

    /// Waits for a text on the screen.
    pub fn wait_for(&mut self, text: &str) {
        self.wait_until(text, |contents| contents.contains(text));
    }

    /// Waits for the first screen, with what is remembered, and for the jobs of the start.
    pub fn wait_to_be_ready(&mut self) {
        self.wait_until("ready", |contents| {
            contents.contains("= counted by the Provider") && !contents.contains("filtering")
        });
    }

    /// Presses keys and waits until the screen is this one.
    pub fn press_for(&mut self, keys: &str, contents: &str) {
        self.press(keys);
        self.wait_until(contents, |shown| shown == contents);
    }

    /// Says yes to a question. It takes no key for a quarter of a second: what was typed ahead
    /// was not meant for it.
    pub fn say_yes(&mut self) {
        self.wait_for("Send it?");
        std::thread::sleep(A_MOMENT);
        self.press("y");
    }

    /// Presses keys and waits for a frame: the bytes that came with it.
    pub fn frame_of(&mut self, keys: &str) -> usize {
        let (bytes, frames) = (self.bytes().len(), self.frames());
        self.press(keys);
        self.wait_for_frames(frames + 1);
        self.bytes().len() - bytes
    }

    /// Waits until so many frames were drawn.
    pub fn wait_for_frames(&mut self, frames: usize) {
        let (heard, news) = &*self.heard;
        let heard = heard.lock().unwrap();
        let few = |heard: &mut Heard| frames_of(&heard.bytes) < frames;
        let (heard, out_of_time) = news.wait_timeout_while(heard, PATIENCE, few).unwrap();
        drop(heard);
        assert!(!out_of_time.timed_out(), "no frame; shown:\n{}", self.contents());
    }

    /// Frames drawn so far.
    pub fn frames(&self) -> usize {
        frames_of(&self.heard.0.lock().unwrap().bytes)
    }

    /// What is on the screen, without what follows the last character of a row: a space that
    /// was drawn looks like one that was not.
    pub fn contents(&mut self) -> String {
        let contents = self.screen().contents();
        let rows: Vec<&str> = contents.lines().map(str::trim_end).collect();
        rows.join("\n").trim_end().to_owned()
    }

    /// The screen, cell by cell.
    pub fn screen(&mut self) -> &vt100::Screen {
        let bytes = self.bytes();
        // As a terminal that knows synchronised updates: half a frame is not shown.
        let news = &bytes[self.shown..];
        let last = |mark: &[u8]| news.windows(mark.len()).rposition(|window| window == mark);
        let whole = match last(FRAME_BEGIN) {
            Some(begin) if last(FRAME_END).is_none_or(|end| end < begin) => begin,
            Some(_) | None => news.len(),
        };
        self.parser.process(&news[..whole]);
        self.shown += whole;
        self.parser.screen()
    }

    /// Every byte that was written so far.
    pub fn bytes(&self) -> Vec<u8> {
        self.heard.0.lock().unwrap().bytes.clone()
    }

    /// Gives the terminal another size. As a terminal does it: it has that size before the program
    /// hears of it, or what the program draws at once for the new size would be lost.
    pub fn resize(&mut self, cols: u16, rows: u16) {
        self.screen();
        self.parser.screen_mut().set_size(cells(rows), cells(cols));
        let size = PtySize { rows, cols, pixel_width: 0, pixel_height: 0 };
        self.master.as_ref().unwrap().resize(size).unwrap();
    }

    /// Makes the terminal small and as large as it was again, before the program looks: what was
    /// beyond the small one is lost.
    pub fn shrink_for_a_moment(&mut self) {
        let (rows, cols) = self.screen().size();
        let screen = self.parser.screen_mut();
        screen.set_size(cells(1), cells(1));
        screen.set_size(rows, cols);
        self.signal(Signal::WINCH);
    }

    /// The process.
    pub fn pid(&self) -> u32 {
        self.child.process_id().unwrap()
    }

    /// Sends it a signal.
    pub fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(self.pid().try_into().unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// The terminal goes away, as a broken connection's. What reads it has to be woken to let go:
    /// by a frame of another size.
    pub fn hang_up(&mut self) {
        self.heard.0.lock().unwrap().leaves = true;
        self.resize(81, 25);
        self.reader.take().unwrap().join().unwrap();
        (self.writer, self.master) = (None, None);
    }

    /// The exit code, once it has ended; it has so long for that.
    pub fn ended_within(&mut self, most: Duration) -> u32 {
        let until = Instant::now() + most;
        loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                return status.exit_code();
            }
            assert!(Instant::now() < until, "it goes on; shown:\n{}", self.contents());
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    /// Ends where nobody waits for it: the exit code, with all that was written.
    pub fn ended(&mut self) -> u32 {
        let code = self.ended_within(PATIENCE);
        let (heard, news) = &*self.heard;
        let ended = |heard: &mut Heard| !heard.ended;
        drop(news.wait_timeout_while(heard.lock().unwrap(), PATIENCE, ended).unwrap());
        code
    }

    /// Does the terminal wait for whole lines, and show what is typed, as for a shell?
    pub fn is_as_for_a_shell(&self) -> bool {
        let termios = self.master.as_ref().unwrap().get_termios().unwrap();
        let flags = format!("{:?}", termios.local_flags);
        ["ICANON", "ECHO", "ISIG"].iter().all(|flag| flags.contains(flag))
    }

    /// Was the terminal given back: the first screen, the cursor, and lines?
    pub fn assert_given_back(&mut self) {
        assert!(self.is_as_for_a_shell(), "still raw");
        let screen = self.screen();
        assert!(!screen.alternate_screen(), "still the other screen");
        assert!(!screen.hide_cursor(), "still no cursor");
        assert!(!screen.bracketed_paste(), "pastes are still marked");
        assert_eq!(screen.mouse_protocol_mode(), vt100::MouseProtocolMode::None);
    }
}

impl Drop for Screen {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn frames_of(bytes: &[u8]) -> usize {
    bytes.windows(FRAME_END.len()).filter(|window| *window == FRAME_END).count()
}

fn cells(n: u16) -> NonZeroU16 {
    NonZeroU16::new(n).unwrap()
}

fn listen(mut reader: Box<dyn Read + Send>, (heard, news): &(Mutex<Heard>, Condvar)) {
    let mut room = vec![0; 65536];
    loop {
        let read = reader.read(&mut room);
        let mut heard = heard.lock().unwrap_or_else(PoisonError::into_inner);
        match read {
            Ok(n) if n > 0 => heard.bytes.extend_from_slice(&room[..n]),
            Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
            // All who wrote to the terminal are gone.
            _ => heard.ended = true,
        }
        news.notify_all();
        if heard.ended || heard.leaves {
            return;
        }
    }
}
