//! Logs: one line an event, made harmless, to stderr and to a file of each day.
//!
//! Must not do: end or delay what is logged. A log is no audit trail: that is the journal.

mod file;
mod line;

#[cfg(test)]
mod tests;

pub use file::{LogFile, Place};

use tracing::level_filters::LevelFilter;
use tracing::{Event, Subscriber};
use tracing_subscriber::layer::{Context, Filter, Layer, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

use crate::config::LogLevel;

/// The target of what a person is told on stderr anyway: for files alone.
pub const TOLD: &str = "acerto::told";

/// Where lines go: a whole line with its end.
pub type Write = Box<dyn Fn(&str) + Send + Sync>;

/// Begins to log: to stderr from `stderr_level` on, and to `file`. Only the first call of a
/// process does anything.
pub fn begin(stderr_level: LevelFilter, color: bool, stderr: Write, file: Option<LogFile>) {
    let level =
        move |meta: &tracing::Metadata<'_>| meta.target() != TOLD && *meta.level() <= stderr_level;
    let to_stderr = Lines { write: stderr, form: line::Form { color, place: false } };
    let to_stderr = to_stderr.with_filter(Only(level));
    let to_file = file.map(|file| {
        let most = filter(file.level());
        let write: Write = Box::new(move |line| file.write(line));
        // What other crates say may hold what they send: headers, keys.
        let ours = move |meta: &tracing::Metadata<'_>| {
            meta.target().starts_with("acerto") && *meta.level() <= most
        };
        let form = line::Form { color: false, place: true };
        Lines { write, form }.with_filter(Only(ours))
    });
    // In a test of the library another subscriber may be there already.
    let _ = tracing_subscriber::registry().with(to_stderr).with(to_file).try_init();
}

/// The level as tracing knows it.
fn filter(level: LogLevel) -> LevelFilter {
    match level {
        LogLevel::Off => LevelFilter::OFF,
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    }
}

/// Writes each event as a line.
struct Lines {
    write: Write,
    form: line::Form,
}

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _: Context<'_, S>) {
        (self.write)(&line::of(event, jiff::Timestamp::now(), self.form));
    }
}

/// Events that a rule lets pass.
struct Only<F>(F);

impl<S, F: Fn(&tracing::Metadata<'_>) -> bool> Filter<S> for Only<F> {
    fn enabled(&self, meta: &tracing::Metadata<'_>, _: &Context<'_, S>) -> bool {
        (self.0)(meta)
    }
}
