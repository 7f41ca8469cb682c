//! What ratatui draws on: a frame is gathered whole, and written at once, between the marks of a
//! synchronised update.
//!
//! Must not do: write anything for a frame in which nothing changed, or ask the terminal.

use std::io::{self, Write};

use ratatui::backend::{Backend, ClearType, CrosstermBackend, WindowSize};
use ratatui::buffer::Cell;
use ratatui::layout::{Position, Size};

/// Room for a frame, so that it is gathered without growing.
const ROOM: usize = 64 * 1024;

const BEGIN: &[u8] = b"\x1b[?2026h";
const END: &[u8] = b"\x1b[?2026l";

/// Where nobody tells how large the terminal is.
const SIZE: Size = Size::new(80, 24);

/// Gathers what is drawn until the frame is whole.
#[derive(Debug)]
struct Gathered<W> {
    out: W,
    bytes: Vec<u8>,
}

impl<W: Write> Write for Gathered<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.bytes.is_empty() {
            self.bytes.extend_from_slice(BEGIN);
        }
        self.bytes.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    /// The frame is whole.
    fn flush(&mut self) -> io::Result<()> {
        if self.bytes.is_empty() {
            return Ok(());
        }
        self.bytes.extend_from_slice(END);
        let sent = self.out.write_all(&self.bytes).and_then(|()| self.out.flush());
        self.bytes.clear();
        sent
    }
}

/// A terminal that is only written to. Of crossterm's backend only `draw` is used: whatever else
/// it does, it writes at once.
#[derive(Debug)]
pub struct Wire<W: Write> {
    inner: CrosstermBackend<Gathered<W>>,
    size: fn() -> Option<Size>,
    /// Is the cursor shown? Where it is may be known of a hidden one as well.
    shown: bool,
    cursor: Option<Position>,
    /// Something was drawn, so the cursor is elsewhere.
    moved: bool,
}

impl<W: Write> Wire<W> {
    /// Writes to `out`; `size` tells how large the terminal is.
    pub fn new(out: W, size: fn() -> Option<Size>) -> Self {
        let bytes = Vec::with_capacity(ROOM);
        let inner = CrosstermBackend::new(Gathered { out, bytes });
        Self { inner, size, shown: false, cursor: None, moved: false }
    }
}

impl<W: Write> Write for Wire<W> {
    /// Among the frame's bytes, at the place at which it is written.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.inner.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(self)
    }
}

impl<W: Write> Backend for Wire<W> {
    type Error = io::Error;

    fn draw<'a, I>(&mut self, content: I) -> io::Result<()>
    where
        I: Iterator<Item = (u16, u16, &'a Cell)>,
    {
        let mut content = content.peekable();
        if content.peek().is_none() {
            return Ok(());
        }
        self.moved = true;
        self.inner.draw(content)
    }

    fn hide_cursor(&mut self) -> io::Result<()> {
        self.cursor = None;
        if std::mem::take(&mut self.shown) { self.inner.write_all(b"\x1b[?25l") } else { Ok(()) }
    }

    fn show_cursor(&mut self) -> io::Result<()> {
        if std::mem::replace(&mut self.shown, true) {
            return Ok(());
        }
        self.inner.write_all(b"\x1b[?25h")
    }

    fn get_cursor_position(&mut self) -> io::Result<Position> {
        Ok(self.cursor.unwrap_or(Position::ORIGIN))
    }

    fn set_cursor_position<P: Into<Position>>(&mut self, position: P) -> io::Result<()> {
        let position = position.into();
        if self.cursor == Some(position) && !self.moved {
            return Ok(());
        }
        (self.cursor, self.moved) = (Some(position), false);
        let (row, column) = (u32::from(position.y) + 1, u32::from(position.x) + 1);
        write!(self.inner, "\x1b[{row};{column}H")
    }

    fn clear(&mut self) -> io::Result<()> {
        self.clear_region(ClearType::All)
    }

    fn clear_region(&mut self, clear_type: ClearType) -> io::Result<()> {
        self.moved = true;
        self.inner.write_all(match clear_type {
            ClearType::All => b"\x1b[2J",
            ClearType::AfterCursor => b"\x1b[J",
            ClearType::BeforeCursor => b"\x1b[1J",
            ClearType::CurrentLine => b"\x1b[2K",
            ClearType::UntilNewLine => b"\x1b[K",
        })
    }

    fn size(&self) -> io::Result<Size> {
        Ok((self.size)().filter(|size| size.width > 0 && size.height > 0).unwrap_or(SIZE))
    }

    fn window_size(&mut self) -> io::Result<WindowSize> {
        Ok(WindowSize { columns_rows: self.size()?, pixels: Size::ZERO })
    }

    fn flush(&mut self) -> io::Result<()> {
        Backend::flush(&mut self.inner)
    }
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::rc::Rc;

    use ratatui::Terminal;
    use ratatui::text::Line;

    use super::*;

    /// Each write, by itself.
    #[derive(Clone, Default)]
    struct Writes(Rc<RefCell<Vec<String>>>);

    impl Write for Writes {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.borrow_mut().push(String::from_utf8_lossy(bytes).into_owned());
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn draw(terminal: &mut Terminal<Wire<Writes>>, text: &'static str, at: Option<(u16, u16)>) {
        let drawn = terminal.draw(|frame| {
            frame.render_widget(Line::from(text), frame.area());
            if let Some(at) = at {
                frame.set_cursor_position(at);
            }
        });
        drawn.unwrap();
    }

    #[test]
    fn a_frame_is_one_write_and_an_unchanged_one_none() {
        let writes = Writes::default();
        let taken = || std::mem::take(&mut *writes.0.borrow_mut());
        let size = || Some(Size::new(20, 3));
        let mut terminal = Terminal::new(Wire::new(writes.clone(), size)).unwrap();
        for (text, at, shows) in [
            ("one", None, "one"),
            ("two", Some((1, 2)), "\x1b[3;2H"),
            ("two", Some((2, 2)), "\x1b[3;3H"),
            ("tea", None, "\x1b[?25l"),
        ] {
            draw(&mut terminal, text, at);
            let frame = taken();
            let [frame] = frame.as_slice() else { panic!("{} writes", frame.len()) };
            assert!(frame.starts_with("\x1b[?2026h") && frame.ends_with("\x1b[?2026l"));
            assert!(frame.contains(shows), "{}", frame.escape_debug());
            draw(&mut terminal, text, at);
            assert_eq!(taken(), Vec::<String>::new(), "{text} {at:?}");
        }
    }

    #[test]
    fn a_terminal_that_does_not_tell_its_size_has_the_usual_one() {
        for size in [|| None, || Some(Size::new(0, 0))] {
            assert_eq!(Wire::new(Writes::default(), size).size().unwrap(), SIZE);
        }
    }

    #[test]
    fn a_cursor_that_comes_after_a_clearing_is_shown() {
        let writes = Writes::default();
        let size = || Some(Size::new(20, 3));
        let mut terminal = Terminal::new(Wire::new(writes.clone(), size)).unwrap();
        draw(&mut terminal, "one", None);
        terminal.clear().unwrap();
        writes.0.borrow_mut().clear();
        draw(&mut terminal, "one", Some((1, 2)));
        let shown = writes.0.borrow().concat();
        assert!(shown.contains("\x1b[?25h") && shown.contains("\x1b[3;2H"), "{shown:?}");
    }
}
