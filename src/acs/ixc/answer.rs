//! What answers mean that are not what was asked for: what happened, and what to do next.
//!
//! Must not do: show more of an answer than the words of its own error, made visible: it may
//! hold a customer's data.

use std::collections::HashMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde::de::DeserializeOwned;
use serde_json::value::RawValue;

use crate::domain::text::visible;
use crate::http::{Header, HttpError, Reply, Request, Trouble};
use crate::ports::{FetchError, FetchErrorKind};

/// How much of an error's own words is shown, in characters.
const SHOWN_MAX: usize = 120;

/// How much of an answer is searched for words.
const SEARCHED_MAX: usize = 64 << 10;

pub(super) const ROOT: &str =
    "url must be the root of the ACS itself: not the Provider's, and without a path";

pub(super) const TOKEN_PATH: &str = "where this ACS gives tokens at another path, set token_path";

const LIST_PATH: &str = "where this ACS lists its devices at another path, set devices_path";

/// `request` as a token's holder sends it.
pub(super) fn with_token(request: Request, token: &SecretString) -> Request {
    let bearer = SecretString::from(format!("Bearer {}", token.expose_secret()));
    request.header("authorization", Header::Secret(bearer))
}

/// Why a request has no usable answer; the kind of trouble is kept for those who can go on.
#[derive(Debug)]
pub(super) struct Failure {
    pub trouble: Option<Trouble>,
    pub error: FetchError,
}

impl Failure {
    /// Is it of the whole run, not of this one request? A single call may be forbidden.
    pub fn ends_the_run(&self) -> bool {
        self.error.kind == FetchErrorKind::Auth && self.trouble != Some(Trouble::Forbidden)
    }
}

impl From<FetchError> for Failure {
    fn from(error: FetchError) -> Self {
        Self { trouble: None, error }
    }
}

impl From<Failure> for FetchError {
    fn from(failure: Failure) -> Self {
        failure.error
    }
}

impl From<HttpError> for Failure {
    fn from(error: HttpError) -> Self {
        let trouble = Some(error.trouble);
        let mut error = FetchError::from(error);
        if trouble == Some(Trouble::Forbidden) {
            error.hints = vec![
                "look at the API client in the ACS, under Tools > API Clients: its type decides \
                 what it may read, and it may be blocked"
                    .to_owned(),
                "look whether the ACS, or a proxy before it, lets this machine's address in"
                    .to_owned(),
            ];
        }
        Self { trouble, error }
    }
}

/// Reads an object; anything else is none. A list would otherwise pass for one without fields.
pub(super) fn object<T: DeserializeOwned>(body: &[u8]) -> Option<T> {
    let is_object = body.trim_ascii_start().first() == Some(&b'{');
    is_object.then(|| serde_json::from_slice(body).ok()).flatten()
}

fn unavailable(what: String, hints: &[&str]) -> FetchError {
    FetchError::new(FetchErrorKind::Unavailable, what, hints)
}

/// A web page came where `wanted` was asked for.
pub(super) fn html(wanted: &str) -> FetchError {
    let hint = "a proxy or a login page may stand before the ACS: let it pass /api";
    unavailable(format!("the ACS answered with a web page instead of {wanted}"), &[ROOT, hint])
}

/// An answer that is not what was asked for.
pub(super) fn unexpected(reply: &Reply, wanted: &str) -> FetchError {
    if reply.is_html() {
        return html(wanted);
    }
    let status = reply.head.status;
    let words = words(reply).map_or_else(String::new, |words| format!(": {words}"));
    match status {
        404 | 405 => unavailable(
            format!("the ACS has no {wanted} there (HTTP {status}){words}"),
            &[ROOT, LIST_PATH],
        ),
        _ => unavailable(
            format!("the ACS answered with something else than {wanted} (HTTP {status}){words}"),
            &["look into the ACS's log; its version may speak another dialect", LIST_PATH],
        ),
    }
}

/// The words of an answer's own error, where it is one.
pub(super) fn words(reply: &Reply) -> Option<String> {
    let fields: HashMap<String, &RawValue> = serde_json::from_slice(&reply.body).ok()?;
    if fields.contains_key("registers") {
        return None;
    }
    let names = ["message", "error_description", "error"];
    let text: String = names.iter().find_map(|name| {
        let raw = fields.get(*name)?;
        serde_json::from_str(raw.get()).ok()
    })?;
    let short: String = text.chars().take(SHOWN_MAX).collect();
    Some(visible(&short))
}

/// Does a 400 say that the token is not good?
pub(super) fn is_bad_token(reply: &Reply) -> bool {
    if reply.head.status != 400 {
        return false;
    }
    let start = &reply.body[..reply.body.len().min(SEARCHED_MAX)];
    let text = String::from_utf8_lossy(start).to_lowercase();
    ["token", "jwt", "unauthor", "não autoriza", "nao autoriza"].iter().any(|w| text.contains(w))
}
