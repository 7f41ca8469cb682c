//! What a command ends with: a code, or what went wrong, said once on stderr.
//!
//! Must not do: decide which of several codes wins; `app::exit` does.

use std::io;
use std::path::{Path, PathBuf};

use crate::app::AppError;
use crate::app::exit::Condition;
use crate::config::ConfigError;
use crate::domain::text::visible;
use crate::headless::console::Console;
use crate::telemetry::TOLD;

/// Why a command could not end as asked.
#[derive(Debug, thiserror::Error)]
pub enum Trouble {
    /// A use-case failed.
    #[error(transparent)]
    App(#[from] AppError),
    /// Standard output failed.
    #[error("standard output could not be written: {}", plain(.0))]
    Stream(#[from] io::Error),
    /// A file that a flag names can't be written or read.
    #[error("{}: {}", visible(&path.to_string_lossy()), plain(source))]
    File {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
        /// Was any work done before?
        early: bool,
    },
}

impl From<ConfigError> for Trouble {
    fn from(error: ConfigError) -> Self {
        Self::App(error.into())
    }
}

impl Trouble {
    /// A file that could not be opened before any work: a mistake in the command.
    pub(super) fn early(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source, early: true }
    }

    /// A file that failed when the work was done.
    pub(super) fn late(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source, early: false }
    }

    /// A reader that closed its end early (`| head`) got what it wanted.
    pub(super) fn is_closed_pipe(&self) -> bool {
        matches!(self, Self::Stream(e) if e.kind() == io::ErrorKind::BrokenPipe)
    }

    /// The exit code.
    #[must_use]
    pub fn code(&self) -> u8 {
        match self {
            Self::App(error) => error.exit(),
            Self::Stream(_) if self.is_closed_pipe() => 0,
            Self::File { early: true, .. } => Condition::Usage.code(),
            Self::Stream(_) | Self::File { .. } => Condition::Bug.code(),
        }
    }

    /// What to do next.
    pub(super) fn hints(&self) -> Vec<String> {
        match self {
            Self::App(error) => error.hints(),
            Self::File { early: true, .. } => {
                vec!["check the path, and that this user may use it".to_owned()]
            }
            Self::File { .. } => vec!["check the room on that disk, and run it again".to_owned()],
            Self::Stream(_) => {
                vec!["check the room on the disk that the output goes to".to_owned()]
            }
        }
    }
}

/// The system's words without its number.
fn plain(error: &io::Error) -> String {
    let text = error.to_string();
    visible(text.split(" (os error").next().unwrap_or_default())
}

/// Says what went wrong, if anything; gives the exit code.
#[must_use]
pub fn settle(result: Result<u8, Trouble>, console: &Console) -> u8 {
    match result {
        Ok(code) => code,
        Err(trouble) => {
            let code = trouble.code();
            if !trouble.is_closed_pipe() {
                console.error(&trouble.to_string(), &trouble.hints());
                // What was mistyped or not found repeats what was typed: a key, a name.
                if ![Condition::Usage.code(), Condition::Differences.code()].contains(&code) {
                    tracing::error!(target: TOLD, code, "{trouble}");
                }
            }
            code
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closed_pipe_is_success() {
        let closed = Trouble::Stream(io::ErrorKind::BrokenPipe.into());
        assert!(closed.is_closed_pipe());
        assert_eq!(closed.code(), 0);
        assert_eq!(Trouble::Stream(io::ErrorKind::Other.into()).code(), 1);
        let early = Trouble::early(Path::new("f"))(io::ErrorKind::NotFound.into());
        assert_eq!(early.code(), 2);
        let late = Trouble::late(Path::new("f"))(io::ErrorKind::StorageFull.into());
        assert_eq!(late.code(), 1);
    }
}
