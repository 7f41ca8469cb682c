//! An event as one line: whatever its fields hold, it is one line, and it can't move a cursor.
//!
//! tracing-subscriber's own formats write raw ESC for `%field`, and leave C1 and bidi characters
//! in JSON. Must not do: show a document, a phone or an address that slipped through.

use std::fmt::{self, Write as _};

use jiff::Timestamp;
use tracing::field::{Field, Visit};
use tracing::{Event, Level};

use crate::domain::scrub::scrub;
use crate::domain::text::visible_up_to;

/// The most characters of a value that are shown.
const VALUE_CHARS_MAX: usize = 1000;
/// The most bytes of a line: fields beyond it are left out.
const LINE_BYTES_MAX: usize = 16 * 1024;

/// What a line shows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Form {
    /// Is the level coloured?
    pub color: bool,
    /// Process and module, for files that several processes write.
    pub place: bool,
}

/// The line with its end.
pub(super) fn of(event: &Event<'_>, at: Timestamp, form: Form) -> String {
    let meta = event.metadata();
    let mut line = String::with_capacity(160);
    // Writing to a String cannot fail.
    let _ = write!(line, "{at:.3} ");
    let (on, off) = if form.color { (color(*meta.level()), "\x1b[0m") } else { ("", "") };
    let _ = write!(line, "{on}{:>5}{off}", meta.level().as_str());
    if form.place {
        let _ = write!(line, " [{}] {}:", std::process::id(), meta.target());
    }
    let mut fields = Fields { message: String::new(), rest: String::new() };
    event.record(&mut fields);
    if !fields.message.is_empty() {
        let _ = write!(line, " {}", fields.message);
    }
    line.push_str(&fields.rest);
    line.push('\n');
    line
}

fn color(level: Level) -> &'static str {
    match level {
        Level::ERROR => "\x1b[31m",
        Level::WARN => "\x1b[33m",
        Level::INFO => "\x1b[32m",
        Level::DEBUG => "\x1b[34m",
        Level::TRACE => "\x1b[35m",
    }
}

/// Harmless: people's numbers masked first, while they still read as such, then what is hidden
/// made visible.
fn safe(text: &str) -> String {
    visible_up_to(&scrub(text), VALUE_CHARS_MAX)
}

/// The fields of an event, as text.
struct Fields {
    message: String,
    rest: String,
}

impl Fields {
    fn take(&mut self, field: &Field, text: &str) {
        let text = safe(text);
        if field.name() == "message" {
            self.message = text;
            return;
        }
        if self.rest.len() + text.len() > LINE_BYTES_MAX {
            return;
        }
        // Quoted where it could read as another field.
        let plain = !text.is_empty() && !text.contains([' ', '"', '=']);
        let (name, escaped) = (field.name(), text.replace('"', "\\\""));
        let _ = if plain {
            write!(self.rest, " {name}={text}")
        } else {
            write!(self.rest, " {name}=\"{escaped}\"")
        };
    }

    /// A number is no text that somebody made.
    fn number(&mut self, field: &Field, number: impl fmt::Display) {
        if self.rest.len() < LINE_BYTES_MAX {
            let _ = write!(self.rest, " {}={number}", field.name());
        }
    }
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.take(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        self.take(field, value);
    }

    fn record_error(&mut self, field: &Field, value: &(dyn std::error::Error + 'static)) {
        self.take(field, &value.to_string());
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.number(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.number(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.number(field, value);
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.number(field, value);
    }
}
