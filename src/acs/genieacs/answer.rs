//! What an answer is that is not the list of devices: what happened, and what to do next.
//!
//! Must not do: show more of an answer than its first words, made visible.

use crate::acs::genieacs::GenieAcs;
use crate::acs::genieacs::list::Broken;
use crate::domain::text::visible;
use crate::http::{Head, HttpError, Trouble};
use crate::ports::{FetchError, FetchErrorKind};

/// How much of a foreign answer is shown, in characters.
const SHOWN_MAX: usize = 120;

pub(super) const NOT_THE_NBI: &str = "this is not the NBI; GenieACS' NBI is usually port 7557 \
     (7547 is for the devices, 7567 for files, 3000 for people)";

pub(super) const NO_LOGIN: &str = "GenieACS' NBI itself asks for no password: a proxy before it \
     does; set username and password_file";

const SILENT: &str = "GenieACS' NBI falls silent where its database does not answer or one of \
     its workers died: look at both, then run again";

/// A failed exchange, with what is known of GenieACS besides.
pub(super) fn failed(error: HttpError) -> FetchError {
    let hint = match error.trouble {
        Trouble::Connect | Trouble::Redirect => NOT_THE_NBI,
        Trouble::Unauthorised | Trouble::Forbidden => NO_LOGIN,
        Trouble::Timeout | Trouble::Cut => SILENT,
        _ => return error.into(),
    };
    let mut error = FetchError::from(error);
    error.hints.push(hint.to_owned());
    error
}

impl GenieAcs {
    fn says(&self, what: &str) -> String {
        format!("{} {what}", visible(self.client.origin()))
    }

    fn unavailable(&self, what: &str, hints: &[&str]) -> FetchError {
        FetchError::new(FetchErrorKind::Unavailable, self.says(what), hints)
    }

    /// What the head of an answer that is not 200 means.
    pub(super) fn refused(&self, head: &Head, start: &[u8]) -> FetchError {
        let status = head.status;
        let words = words(start);
        match status {
            401 | 403 => {
                let what = self.says(&format!("refuses the login (HTTP {status})"));
                FetchError::new(FetchErrorKind::Auth, what, &[NO_LOGIN])
            }
            300..=399 => self.unavailable(
                &format!("points elsewhere (HTTP {status}), which is never followed"),
                &[NOT_THE_NBI, "set url to the NBI's own address, as the server that serves it"],
            ),
            404 | 405 => self.unavailable(
                &format!("has no list of devices at /devices (HTTP {status}){words}"),
                &[NOT_THE_NBI],
            ),
            431 => self.unavailable(
                "refuses the request as too long (HTTP 431)",
                &["name fewer or shorter paths under fields"],
            ),
            500.. => self.unavailable(
                &format!("failed to answer (HTTP {status}){words}"),
                &["look into the log of GenieACS' NBI and of a proxy before it"],
            ),
            _ => self.unavailable(
                &format!("refuses to list the devices (HTTP {status}){words}"),
                &[NOT_THE_NBI],
            ),
        }
    }

    /// What an answer is that is not a list of devices, or not a well-formed one.
    pub(super) fn broken(&self, broken: &Broken, start: &[u8]) -> FetchError {
        match broken {
            Broken::NotAList(b'<') => self.unavailable(
                "answered with a web page instead of the list of devices",
                &[NOT_THE_NBI, NO_LOGIN],
            ),
            Broken::NotAList(b'{') => self.unavailable(
                &format!("answered with an object instead of the list of devices{}", words(start)),
                &[NOT_THE_NBI],
            ),
            Broken::NotAList(_) => self.unavailable(
                &format!("answered with text instead of the list of devices{}", words(start)),
                &[NOT_THE_NBI],
            ),
            Broken::Syntax(why) => self.unavailable(
                &format!("sent a list of devices that is broken: {why}"),
                &["a proxy before GenieACS may have changed the answer; ask the NBI directly"],
            ),
        }
    }

    /// The answer was empty, or ended before its list did.
    pub(super) fn unfinished(&self, begun: bool) -> FetchError {
        let what = if begun { UNFINISHED } else { "answered with nothing (HTTP 200, no body)" };
        self.unavailable(what, &[SILENT])
    }
}

/// What an end without `]` is called.
pub(super) const UNFINISHED: &str = "ended the list of devices without its closing `]`";

/// The first words of a foreign answer, to be put after a sentence.
pub(super) fn words(start: &[u8]) -> String {
    let text = String::from_utf8_lossy(start);
    let text = text.trim();
    if text.is_empty() || text.starts_with('<') {
        return String::new();
    }
    let short: String = text.chars().take(SHOWN_MAX).collect();
    let more = if short.len() < text.len() { "…" } else { "" };
    format!(": {}{more}", visible(&short))
}
