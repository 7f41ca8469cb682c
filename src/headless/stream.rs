//! Writing to an end that may fail by itself: which of the two is to blame, it or its writer.
//!
//! Must not do: choose what is written, or where.

use std::io::{self, Write};

use crate::app::AppError;
use crate::headless::exit::Trouble;

/// Writes and flushes. Where `out` itself fails, that is what `blame` tells, in whatever words
/// it comes back; a use-case's own failure stays what it is.
///
/// # Errors
/// Where either fails.
pub fn write_to<W: Write>(
    out: W,
    write: impl FnOnce(&mut dyn Write) -> io::Result<()>,
    blame: impl FnOnce(io::Error) -> Trouble,
) -> Result<(), Trouble> {
    let mut out = Watched { out, failed: None };
    let written = write(&mut out).and_then(|()| out.flush());
    match (written, out.failed) {
        (Ok(()), _) => Ok(()),
        (Err(_), Some(own)) => Err(blame(own)),
        (Err(error), None) => match error.downcast::<AppError>() {
            Ok(error) => Err(error.into()),
            Err(error) => Err(blame(error)),
        },
    }
}

/// Remembers the first failure of the writer itself: many a layer between wraps it anew.
struct Watched<W> {
    out: W,
    failed: Option<io::Error>,
}

impl<W> Watched<W> {
    fn note<T>(&mut self, result: io::Result<T>) -> io::Result<T> {
        if let Err(e) = &result
            && e.kind() != io::ErrorKind::Interrupted
            && self.failed.is_none()
        {
            let twin = e.raw_os_error().map(io::Error::from_raw_os_error);
            self.failed = Some(twin.unwrap_or_else(|| e.kind().into()));
        }
        result
    }
}

impl<W: Write> Write for Watched<W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let result = self.out.write(bytes);
        self.note(result)
    }

    fn flush(&mut self) -> io::Result<()> {
        let result = self.out.flush();
        self.note(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Fails(io::ErrorKind);

    impl Write for Fails {
        fn write(&mut self, _: &[u8]) -> io::Result<usize> {
            Err(self.0.into())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn the_end_is_to_blame_for_its_own_failure_under_any_wrapping() {
        let out = Fails(io::ErrorKind::BrokenPipe);
        let wrap = |out: &mut dyn Write| {
            out.write_all(b"x").map_err(|e| io::Error::other(AppError::Bug(e.to_string())))
        };
        let trouble = write_to(out, wrap, Trouble::Stream).unwrap_err();
        assert!(trouble.is_closed_pipe(), "{trouble}");
    }

    #[test]
    fn a_use_case_that_fails_keeps_its_words_and_code() {
        let fail = |_: &mut dyn Write| Err(io::Error::other(AppError::not_found("nothing", &[])));
        let trouble = write_to(Vec::new(), fail, Trouble::Stream).unwrap_err();
        assert_eq!((trouble.code(), trouble.to_string().as_str()), (3, "nothing"));
    }
}
