//! Words for what can go wrong with a file as a whole: what happened, to what, what to do next.
//!
//! Must not do: decide what is wrong.

use std::io;

use crate::domain::text::visible;
use crate::ports::{FetchError, FetchErrorKind};

fn error(kind: FetchErrorKind, what: String, hints: &[&str]) -> FetchError {
    FetchError { kind, what, hints: hints.iter().map(|&h| h.to_owned()).collect() }
}

/// A wrong path, file or column: exit 2.
pub fn config(what: String, hints: &[&str]) -> FetchError {
    error(FetchErrorKind::Config, what, hints)
}

/// A file that gave nothing usable this time: exit 6.
pub fn unavailable(what: String, hints: &[&str]) -> FetchError {
    error(FetchErrorKind::Unavailable, what, hints)
}

/// The file can't be opened.
pub fn cannot_open(file: &str, why: &io::Error) -> FetchError {
    match why.kind() {
        io::ErrorKind::NotFound => config(
            format!("can't open {file}: there is no such file"),
            &["check the path; a relative one starts at the directory acerto was started in"],
        ),
        io::ErrorKind::PermissionDenied => config(
            format!("can't open {file}: permission denied"),
            &["let the user that runs acerto read the file and enter its directories"],
        ),
        io::ErrorKind::InvalidInput | io::ErrorKind::NotADirectory => {
            config(format!("can't open {file}: {}", plain(why)), &["check the path"])
        }
        _ => unavailable(
            format!("can't read {file}: {}", plain(why)),
            &["check the disk or the network share it lies on, then run again"],
        ),
    }
}

/// The path names a directory.
pub fn is_directory(file: &str) -> FetchError {
    config(format!("{file} is a directory, not a file"), &["name the exported file inside it"])
}

/// The content is of no kind that can be read.
pub fn not_readable(file: &str, what: &str, hint: &str) -> FetchError {
    config(format!("{file} {what}"), &[hint])
}

/// The file holds no row: a failed export, never "everything vanished".
pub fn empty_side(file: &str, what: &str) -> FetchError {
    unavailable(
        format!("{file} holds no {what}: an empty side"),
        &[
            "0 rows are taken for a failed export, never for \"everything vanished\"",
            "export the list again and look whether a filter was set",
        ],
    )
}

/// The file holds rows, but none of them could be read.
pub fn nothing_readable(file: &str, what: &str, bad: u64, first: &str) -> FetchError {
    unavailable(
        format!("{file} holds no readable {what}: {bad} bad, the first at {first}"),
        &["export the list again; the file looks damaged or is not a device list"],
    )
}

/// A problem under `--strict`.
pub fn strict(place: &str, what: &str) -> FetchError {
    unavailable(
        format!("{place}: {what} (strict)"),
        &["correct the export, or run without --strict to have such lines listed"],
    )
}

/// An I/O error's text without the system's error number.
pub fn plain(why: &io::Error) -> String {
    let text = why.to_string();
    let end = text.find(" (os error").unwrap_or(text.len());
    visible(&text[..end])
}
