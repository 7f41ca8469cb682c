//! Why an exchange failed: told once, with what to do, without a secret or a query.
//!
//! Must not do: repeat a server's words unescaped, or show more of an address than its origin
//! and path.

use crate::http::message::Reply;
use crate::ports::{FetchError, FetchErrorKind};

/// What kind of trouble it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// The client's own settings can't be used (a CA file that holds no certificate).
    Settings,
    /// The name has no address.
    Dns,
    /// Nobody answers at the address: refused, unreachable, or not in time.
    Connect,
    /// TLS failed: unknown authority, expired, wrong name, no TLS at all.
    Tls,
    /// No answer in time, or the answer stopped in the middle for too long.
    Timeout,
    /// The connection ended before the answer did.
    Cut,
    /// The answer is larger than allowed.
    TooLarge,
    /// The answer can't be decompressed, or is no HTTP.
    Garbled,
    /// The server points elsewhere (3xx), which is never followed.
    Redirect,
    /// 401: the credentials are refused.
    Unauthorised,
    /// 403: the credentials are known, and may not do this.
    Forbidden,
    /// 429 after all retries.
    TooMany,
    /// 5xx after all retries.
    Server,
    /// Our own budget of requests is spent.
    Budget,
    /// Too many failures in a row: not asked again for now.
    Breaker,
    /// The whole fetch took longer than allowed.
    Deadline,
}

/// A failed exchange.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}")]
pub struct HttpError {
    /// What kind.
    pub trouble: Trouble,
    /// What happened, to what; one sentence, safe to show.
    pub what: String,
    /// What to do next; sentences, safe to show.
    pub hints: Vec<String>,
    /// The answer, where there was one: an adapter may know its words.
    pub reply: Option<Box<Reply>>,
    sent: bool,
}

impl HttpError {
    /// A failure with its hints.
    #[must_use]
    pub fn new(trouble: Trouble, what: impl Into<String>, hints: &[&str]) -> Self {
        let hints = hints.iter().map(|h| (*h).to_owned()).collect();
        Self { trouble, what: what.into(), hints, reply: None, sent: reaches(trouble) }
    }

    /// May the request have reached the server? `false` only where surely not one byte of it
    /// was sent: for a write, the difference between "not done" and "nobody knows".
    #[must_use]
    pub fn was_sent(&self) -> bool {
        self.sent
    }

    /// For how long the server asked to be left alone, where it did.
    #[must_use]
    pub fn retry_after(&self, now: jiff::Timestamp) -> Option<std::time::Duration> {
        crate::http::retry::pause(&self.reply.as_ref()?.head, now)
    }

    /// The status of the answer, where there was one.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        self.reply.as_ref().map(|reply| reply.head.status)
    }

    /// The same, where the connection was never made, or nothing was put on it.
    pub(super) fn unsent(mut self) -> Self {
        self.sent = false;
        self
    }

    /// What this means for a fetch.
    #[must_use]
    pub fn kind(&self) -> FetchErrorKind {
        match self.trouble {
            Trouble::Settings => FetchErrorKind::Config,
            Trouble::Tls | Trouble::Unauthorised | Trouble::Forbidden => FetchErrorKind::Auth,
            _ => FetchErrorKind::Unavailable,
        }
    }
}

/// May a request that met this have reached the server, as far as the trouble alone tells? TLS
/// also fails on connections that were made, and a fetch also ends in the middle of a request.
fn reaches(trouble: Trouble) -> bool {
    match trouble {
        Trouble::Settings
        | Trouble::Dns
        | Trouble::Connect
        | Trouble::Budget
        | Trouble::Breaker => false,
        Trouble::Tls
        | Trouble::Timeout
        | Trouble::Cut
        | Trouble::TooLarge
        | Trouble::Garbled
        | Trouble::Redirect
        | Trouble::Unauthorised
        | Trouble::Forbidden
        | Trouble::TooMany
        | Trouble::Server
        | Trouble::Deadline => true,
    }
}

impl From<HttpError> for FetchError {
    fn from(error: HttpError) -> Self {
        Self { kind: error.kind(), what: error.what, hints: error.hints }
    }
}
