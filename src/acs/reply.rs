//! What a reply to a write says of it by HTTP's own rules (SAFETY.md section 2); a vendor's
//! adapter looks for its own words first.
//!
//! Must not do: take silence, a web page or a server's failure for "not done".

use sha2::{Digest as _, Sha256};

use crate::http::{HttpError, Reply};
use crate::ports::{Answer, Outcome};

/// The answer that came, where one did.
pub(super) fn reply_of(sent: &Result<Reply, HttpError>) -> Option<&Reply> {
    match sent {
        Ok(reply) => Some(reply),
        Err(error) => error.reply.as_deref(),
    }
}

/// `outcome`, of what was sent.
pub(super) fn answer(
    outcome: Outcome,
    sent: &Result<Reply, HttpError>,
    what: impl Into<String>,
) -> Answer {
    let reply = reply_of(sent);
    Answer {
        outcome,
        status: reply.map(|reply| reply.head.status),
        what: what.into(),
        body_hash: reply.map(|reply| Sha256::digest(&reply.body).into()),
    }
}

/// Nothing was sent, and why.
pub(super) fn not_sent(what: impl Into<String>) -> Answer {
    let what = what.into();
    Answer { outcome: Outcome::NotSent, status: None, what, body_hash: None }
}

/// What `system` says; `words` are its own, after a sentence.
pub(super) fn by_http(system: &str, sent: &Result<Reply, HttpError>, words: &str) -> Answer {
    let (outcome, what) = match sent {
        Err(error) => (of_error(error), format!("{}{words}", error.what)),
        Ok(reply) => of_reply(system, reply, words),
    };
    answer(outcome, sent, what)
}

fn of_error(error: &HttpError) -> Outcome {
    if !error.was_sent() {
        return Outcome::NotSent;
    }
    match error.reply.as_ref().map(|reply| reply.head.status) {
        Some(429) => Outcome::RefusedForNow,
        // Who sends elsewhere with the method kept has done nothing; 302 and 303 also follow a
        // form that was taken.
        Some(301 | 307 | 308 | 401 | 403 | 407) => Outcome::Refused,
        _ => Outcome::Unknown,
    }
}

fn of_reply(system: &str, reply: &Reply, words: &str) -> (Outcome, String) {
    let status = reply.head.status;
    match status {
        200..=299 if reply.is_html() => {
            let what = format!("{system} answers with a web page (HTTP {status})");
            (Outcome::Unknown, what)
        }
        200..=299 => (Outcome::Done, format!("{system} takes it (HTTP {status}){words}")),
        // 408: somebody on the way gave up waiting.
        400..=499 if status != 408 => {
            (Outcome::Refused, format!("{system} refuses it (HTTP {status}){words}"))
        }
        _ => (Outcome::Unknown, format!("{system} answers with HTTP {status}{words}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Head, Trouble};

    fn reply(status: u16, body: &str) -> Reply {
        let head = Head { status, date: None, headers: Vec::new(), reason: None };
        Reply { head, body: body.as_bytes().to_vec() }
    }

    fn failed(trouble: Trouble, status: Option<u16>) -> HttpError {
        let mut error = HttpError::new(trouble, "it failed", &[]);
        error.reply = status.map(|status| Box::new(reply(status, "{}")));
        error
    }

    #[test]
    fn a_status_says_done_refused_or_nothing() {
        for (status, body, outcome) in [
            (200, "", Outcome::Done),
            (202, "{\"uuid\":\"1\"}", Outcome::Done),
            (200, " <html>", Outcome::Unknown),
            (400, "{}", Outcome::Refused),
            (404, "<html>", Outcome::Refused),
            (408, "", Outcome::Unknown),
            (409, "", Outcome::Refused),
        ] {
            let answer = by_http("the ACS", &Ok(reply(status, body)), "");
            assert_eq!((answer.outcome, answer.status), (outcome, Some(status)), "{status}");
            let hash: [u8; 32] = Sha256::digest(body).into();
            assert_eq!(answer.body_hash, Some(hash));
        }
    }

    #[test]
    fn a_failure_is_not_sent_refused_or_nobody_knows() {
        for (trouble, status, outcome) in [
            (Trouble::Connect, None, Outcome::NotSent),
            (Trouble::Dns, None, Outcome::NotSent),
            (Trouble::Breaker, None, Outcome::NotSent),
            (Trouble::Budget, None, Outcome::NotSent),
            (Trouble::Settings, None, Outcome::NotSent),
            (Trouble::Tls, None, Outcome::Unknown),
            (Trouble::Timeout, None, Outcome::Unknown),
            (Trouble::Cut, None, Outcome::Unknown),
            (Trouble::Garbled, None, Outcome::Unknown),
            (Trouble::TooLarge, None, Outcome::Unknown),
            (Trouble::Deadline, None, Outcome::Unknown),
            (Trouble::Server, Some(500), Outcome::Unknown),
            (Trouble::Server, Some(502), Outcome::Unknown),
            (Trouble::Server, Some(503), Outcome::Unknown),
            (Trouble::TooMany, Some(429), Outcome::RefusedForNow),
            (Trouble::Unauthorised, Some(401), Outcome::Refused),
            (Trouble::Forbidden, Some(403), Outcome::Refused),
            (Trouble::Forbidden, Some(407), Outcome::Refused),
            (Trouble::Redirect, Some(301), Outcome::Refused),
            (Trouble::Redirect, Some(307), Outcome::Refused),
            (Trouble::Redirect, Some(302), Outcome::Unknown),
            (Trouble::Redirect, Some(303), Outcome::Unknown),
        ] {
            let answer = by_http("the ACS", &Err(failed(trouble, status)), ": no");
            assert_eq!((answer.outcome, answer.status), (outcome, status), "{trouble:?}");
            assert_eq!(answer.what, "it failed: no");
            assert_eq!(answer.body_hash.is_some(), status.is_some());
        }
    }
}
