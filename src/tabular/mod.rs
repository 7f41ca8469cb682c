//! Reads device files and event files of any common habit, for both sides: CSV with any
//! usual separator, NDJSON, a JSON array; gzip or zstd; UTF-8, UTF-16 or Windows-1252.
//!
//! Formats are told by content, never by name. Memory stays flat: a file is streamed record
//! by record, and records, rows and the whole are bounded (SAFETY.md section 4).
//!
//! Must not do: know what a device is (the adapters do), drop a line silently, or show a
//! line's text (it may hold a customer's data).

mod cells;
mod columns;
mod csv;
mod decode;
mod failure;
mod json;
mod keys;
mod notes;
mod object;
mod open;
mod ordinary;
mod read;
mod row;
mod rows;
mod times;
mod values;
mod window;

#[cfg(test)]
mod formats_test;

use std::collections::BTreeMap;
use std::path::PathBuf;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use columns::{Required, Schema, fold_name};
pub use read::{Table, read};
pub use row::Row;

/// The most bytes of one record: a CSV row, a line of NDJSON, an element of a JSON array.
pub const RECORD_MAX: usize = 1 << 20;

/// The most rows of one file.
pub const ROWS_MAX: u64 = 2_000_000;

/// The most bytes of one file, after decompression.
pub const BYTES_MAX: u64 = 8 << 30;

/// Reads a point in time as the files write it; `None` where it is none, or "no time".
#[must_use]
pub fn time(text: &str, zone: &TimeZone) -> Option<Timestamp> {
    times::time(text.trim(), zone).ok().flatten()
}

/// A file to read, and how to read it.
#[derive(Clone, Debug)]
pub struct FileSource {
    /// Where it is; `-` is the standard input.
    pub path: PathBuf,
    /// Explicit column names, ours to theirs: `serial` to `Número de série`.
    pub columns: BTreeMap<String, String>,
    /// The zone in which times without one are read.
    pub timezone: TimeZone,
    /// When the file was exported; the file's modification time where not told.
    pub as_of: Option<Timestamp>,
    /// The time that stands for the modification time of a pipe, which has none.
    pub now: Timestamp,
    /// Does a bad line or an unreadable value fail the whole read?
    pub strict: bool,
}

/// Names the columns of a schema once: an enum whose variants number them, and their names.
macro_rules! fields {
    ($($(#[$doc:meta])* $variant:ident = $name:literal),+ $(,)?) => {
        /// The columns, numbered.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        enum Field {
            $($(#[$doc])* $variant),+
        }

        impl From<Field> for usize {
            fn from(field: Field) -> usize {
                field as usize
            }
        }

        /// The columns' names, by number.
        const NAMES: &[&str] = &[$($name),+];
    };
}
pub(crate) use fields;
