//! Statuses that are failures: what each means, and whether asking again may help.
//!
//! Must not do: read a body; a vendor's adapter knows its words.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use crate::http::address::Asked;
use crate::http::checks::through;
use crate::http::error::{HttpError, Trouble};
use crate::http::limits::Limits;
use crate::http::message::{Head, Reply};
use crate::http::retry::{self, Again, Failure};

/// Is it a status that [`crate::http::Client`] answers with an error?
pub(super) fn is_failure(status: u16) -> bool {
    matches!(status, 300..=399 | 401 | 403 | 407 | 429 | 500..)
}

/// The failure that `reply` is; its status is one of [`is_failure`].
pub(super) fn failure(asked: &Asked, reply: Reply, limits: &Limits, now: Timestamp) -> Failure {
    let head = &reply.head;
    let mut failure = match head.status {
        300..=399 => redirect(asked, head),
        401 => refused(asked, Trouble::Unauthorised, "401: the credentials are refused"),
        403 => refused(asked, Trouble::Forbidden, "403: these credentials may not do this"),
        407 => refused(asked, Trouble::Forbidden, "407: a proxy asks for a password"),
        429 => busy(asked, Trouble::TooMany, "429: too many requests", Again::Yes),
        500 => busy(asked, Trouble::Server, "500: the server failed", Again::Once),
        502..=504 => {
            let what = format!("{}: the server, or one behind it, is not there", head.status);
            busy(asked, Trouble::Server, &what, Again::Yes)
        }
        other => busy(asked, Trouble::Server, &format!("{other}: the server failed"), Again::No),
    };
    if failure.again == Again::Yes {
        pause(&mut failure, head, limits, now);
    }
    let through = through(head);
    if !through.is_empty() {
        failure.error.what.push_str(&through);
    }
    failure.error.reply = Some(Box::new(reply));
    failure
}

fn refused(asked: &Asked, trouble: Trouble, what: &str) -> Failure {
    let hints = match trouble {
        _ if what.starts_with("407") => [
            "let this machine reach the server without the proxy on the way",
            "or let that proxy pass it on without a password",
        ],
        Trouble::Unauthorised => [
            "check the credentials of this side, and that their user is active",
            "and whether the server allows this address",
        ],
        _ => [
            "check what this side's user or API client may do at the server",
            "and whether the server allows this address",
        ],
    };
    Failure::ours(HttpError::new(trouble, format!("{asked}: {what}"), &hints))
}

fn busy(asked: &Asked, trouble: Trouble, what: &str, again: Again) -> Failure {
    let hint = match trouble {
        Trouble::TooMany => "lower requests_per_minute for this side",
        _ => "see the log of the server, and of a proxy before it",
    };
    let error = HttpError::new(trouble, format!("{asked}: {what}"), &[hint]);
    // A server that says "too many" is well.
    Failure { counts: trouble != Trouble::TooMany, ..Failure::new(error, again) }
}

/// Keeps the pause that the server asks for; one that is too long ends the asking.
fn pause(failure: &mut Failure, head: &Head, limits: &Limits, now: Timestamp) {
    failure.pause = retry::pause(head, now);
    let Some(pause) = failure.pause.filter(|p| *p > limits.retry_after_most) else { return };
    failure.again = Again::No;
    failure.error.hints.insert(0, later(pause, now));
}

/// When to try again.
pub(super) fn later(pause: Duration, now: Timestamp) -> String {
    let signed = SignedDuration::try_from(pause).unwrap_or(SignedDuration::MAX);
    match now.checked_add(signed) {
        Ok(at) => format!("try again after {}", at.strftime("%Y-%m-%d %H:%M:%S UTC")),
        Err(_) => "the server does not say when it may be asked again".to_owned(),
    }
}

/// Names the target's origin only: its path and query may carry a session.
fn redirect(asked: &Asked, head: &Head) -> Failure {
    let address = &asked.address;
    let target = head.header("location").and_then(|to| address.target(to));
    let to = target.as_ref().map(|url| url.origin().ascii_serialization());
    let root = "the url must be the root of the system itself, without a path";
    let (place, hint) = match (&to, target) {
        (Some(to), _) if to == address.origin() => {
            ("another place of its own".to_owned(), root.to_owned())
        }
        (Some(to), Some(url)) if url.host_str() == Some(address.host()) => {
            (to.clone(), format!("if that is the system, set url = \"{to}\""))
        }
        (Some(to), Some(url)) if matches!(url.scheme(), "http" | "https") => (
            to.clone(),
            format!("nothing was sent there; if that is the system, set url = \"{to}\""),
        ),
        _ => ("nowhere".to_owned(), root.to_owned()),
    };
    let what = format!("{asked}: {}: it points to {place}", head.status);
    let hints = [hint.as_str(), "acerto follows no redirect"];
    Failure::ours(HttpError::new(Trouble::Redirect, what, &hints))
}
