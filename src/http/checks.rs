//! How far an exchange got, as checks of a set-up: name, connection, TLS, HTTP.
//!
//! Must not do: know what a side's answers mean.

use jiff::{SignedDuration, Timestamp};

use crate::domain::text::visible;
use crate::http::error::{HttpError, Trouble};
use crate::http::message::{Head, Reply};
use crate::ports::{Check, Verdict};

/// How far two clocks may be apart.
const CLOCKS_APART_MAX: SignedDuration = SignedDuration::from_mins(5);

/// The steps of an exchange, in their order: id, and what it means that all is well.
const STEPS: [(&str, &str); 4] = [
    ("dns", "the name has an address"),
    ("tcp", "the address can be connected to"),
    ("tls", "nothing is wrong with TLS, where it is used"),
    ("http", "the server answers"),
];

/// Where an exchange failed, as an index into [`STEPS`], and what to do where the error itself
/// does not say.
fn failed_at(trouble: Trouble) -> (usize, &'static str) {
    match trouble {
        Trouble::Dns => (0, "look at the host in url, and at this machine's DNS"),
        Trouble::Connect => (1, "look at host and port in url, at the server, and at firewalls"),
        Trouble::Tls | Trouble::Settings => {
            (2, "look at https in url, at ca_file, and at the server's certificate")
        }
        Trouble::Timeout => (3, "look whether the server is overloaded, or its database down"),
        Trouble::Redirect => (3, "set url to the address that the server points to"),
        Trouble::Unauthorised => (3, "look at the credentials"),
        Trouble::Forbidden => (3, "let these credentials, or this machine's address, read"),
        Trouble::TooMany => (3, "lower read_rps, or ask the server's owner for more"),
        Trouble::Budget => (3, "raise requests_per_day, or wait until tomorrow"),
        Trouble::Breaker => (3, "wait half a minute, then check again"),
        Trouble::Cut
        | Trouble::TooLarge
        | Trouble::Garbled
        | Trouble::Server
        | Trouble::Deadline => (3, "look at the server's log, and at proxies before it"),
    }
}

/// Was nothing sent at all, so that nothing is known of the earlier steps?
fn was_not_sent(trouble: Trouble) -> bool {
    matches!(trouble, Trouble::Settings | Trouble::Budget | Trouble::Breaker)
}

/// What servers that speak TLS at a port say there to who does not (nginx, Apache, Go).
const PLAIN_TO_TLS: [&str; 3] = [
    "plain http request was sent to https port",
    "speaking plain http to an ssl-enabled server port",
    "http request to an https server",
];

/// How much of a refusal is searched for these words.
const SEARCHED_MOST: usize = 4 << 10;

/// An answer that says that the port wants TLS.
fn wants_tls(reply: &Reply) -> Option<HttpError> {
    if reply.head.status != 400 {
        return None;
    }
    let start = &reply.body[..reply.body.len().min(SEARCHED_MOST)];
    let said = String::from_utf8_lossy(start).to_lowercase();
    PLAIN_TO_TLS.iter().any(|words| said.contains(words)).then(|| {
        let what = "the port of the url speaks TLS, and was asked by plain http";
        HttpError::new(Trouble::Garbled, what, &["write https:// in url"])
    })
}

/// A connection that is made, and on which no TLS handshake comes to an end.
pub(super) fn no_handshake(origin: &str) -> HttpError {
    let what = format!("{origin} takes the connection, and does not answer as a TLS server does");
    let hints = [
        "check scheme and port of the url: a server without TLS at that port looks so",
        "if it has no TLS, write the url with http:// and set allow_http = true",
    ];
    HttpError::new(Trouble::Tls, what, &hints)
}

/// Who passed an answer on, where it says so: `; it came through a proxy (Via: 1.1 squid)`, or
/// nothing.
#[must_use]
pub fn through(head: &Head) -> String {
    let by = head.header("via").map(visible);
    by.map_or_else(String::new, |by| format!("; it came through a proxy (Via: {by})"))
}

/// How far the exchange with a side got: the checks `SIDE-dns`, `SIDE-tcp`, `SIDE-tls` and
/// `SIDE-http`. The one that failed is a failure with its fix, those before it are well, those
/// after it are skipped. Any answer is well here, whatever its status; 401, 403, 429, 3xx and
/// 5xx come as errors from [`crate::http::Client::send`] and are failures of `SIDE-http`.
#[must_use]
pub fn reachability(side: &str, outcome: &Result<Reply, HttpError>) -> Vec<Check> {
    let foreign = outcome.as_ref().ok().and_then(wants_tls);
    let failure = outcome.as_ref().err().or(foreign.as_ref());
    let at = failure.map_or(STEPS.len(), |error| failed_at(error.trouble).0);
    let unknown = failure.is_some_and(|error| was_not_sent(error.trouble));
    let check = |(step, (id, good)): (usize, &(&str, &str))| {
        let id = format!("{side}-{id}");
        let skip = |text: &str| Check {
            id: id.clone(),
            verdict: Verdict::Skip,
            text: text.to_owned(),
            fix: None,
        };
        match failure {
            Some(error) if step == at => failed(id, error),
            Some(_) if step > at => skip("not checked: a step before it failed"),
            Some(_) if unknown => skip("not checked: nothing was sent"),
            _ => Check { id, verdict: Verdict::Ok, text: (*good).to_owned(), fix: None },
        }
    };
    (0..).zip(&STEPS).map(check).collect()
}

fn failed(id: String, error: &HttpError) -> Check {
    let usual = failed_at(error.trouble).1;
    let fix = if error.hints.is_empty() { usual.to_owned() } else { error.hints.join("; ") };
    Check { id, verdict: Verdict::Fail(error.kind()), text: error.what.clone(), fix: Some(fix) }
}

/// The check `SIDE-clock`: is the server's `Date` within 5 minutes of `now`? Times of the two
/// systems are compared with each other, so a wrong clock makes wrong causes.
#[must_use]
pub fn clock(side: &str, date: Option<Timestamp>, now: Timestamp) -> Check {
    let warn = |text: String, fix: &str| (Verdict::Warn, text, Some(fix.to_owned()));
    let (verdict, text, fix) = match date.map(|date| date.duration_since(now)) {
        None => warn(
            "the server sends no readable Date, so its clock can't be compared".to_owned(),
            "let a proxy before it pass the header Date on",
        ),
        Some(ahead) if ahead.abs() > CLOCKS_APART_MAX => {
            let minutes = ahead.abs().as_mins();
            let side = if ahead.is_positive() { "ahead of" } else { "behind" };
            warn(
                format!("the server's clock is {minutes} minutes {side} this machine's"),
                "set both clocks by NTP",
            )
        }
        Some(_) => (Verdict::Ok, "the clocks agree".to_owned(), None),
    };
    Check { id: format!("{side}-clock"), verdict, text, fix }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ports::FetchErrorKind;

    fn verdicts(outcome: &Result<Reply, HttpError>) -> String {
        let checks = reachability("acs", outcome);
        let ids: Vec<&str> = checks.iter().map(|c| c.id.as_str()).collect();
        assert_eq!(ids, ["acs-dns", "acs-tcp", "acs-tls", "acs-http"]);
        for check in &checks {
            let failed = matches!(check.verdict, Verdict::Fail(_));
            assert_eq!(check.fix.is_some(), failed, "{check:?}");
        }
        let letter = |check: &Check| match check.verdict {
            Verdict::Ok => 'o',
            Verdict::Warn => 'w',
            Verdict::Skip => 's',
            Verdict::Fail(FetchErrorKind::Config) => '2',
            Verdict::Fail(FetchErrorKind::Unavailable) => '6',
            Verdict::Fail(FetchErrorKind::Auth) => '7',
        };
        checks.iter().map(letter).collect()
    }

    #[test]
    fn the_step_that_failed_is_told_from_those_before_and_after() {
        use Trouble as T;
        for (trouble, expected) in [
            (T::Dns, "6sss"),
            (T::Connect, "o6ss"),
            (T::Tls, "oo7s"),
            (T::Settings, "ss2s"),
            (T::Timeout, "ooo6"),
            (T::Cut, "ooo6"),
            (T::Redirect, "ooo6"),
            (T::Unauthorised, "ooo7"),
            (T::Forbidden, "ooo7"),
            (T::Server, "ooo6"),
            (T::Breaker, "sss6"),
            (T::Budget, "sss6"),
        ] {
            let outcome = Err(HttpError::new(trouble, "what", &[]));
            assert_eq!(verdicts(&outcome), expected, "{trouble:?}");
        }
        let head = Head { status: 404, date: None, headers: Vec::new(), reason: None };
        assert_eq!(verdicts(&Ok(Reply { head, body: Vec::new() })), "oooo");
    }

    #[test]
    fn a_port_that_wants_tls_says_so() {
        for (status, body, expected) in [
            (400, "<title>400 The plain HTTP request was sent to HTTPS port</title>", "ooo6"),
            (400, "Client sent an HTTP request to an HTTPS server.", "ooo6"),
            (400, "Bad Request", "oooo"),
            (200, "Client sent an HTTP request to an HTTPS server.", "oooo"),
        ] {
            let head = Head { status, date: None, headers: Vec::new(), reason: None };
            let outcome = Ok(Reply { head, body: body.as_bytes().to_vec() });
            assert_eq!(verdicts(&outcome), expected, "{body}");
        }
    }

    #[test]
    fn the_error_s_own_hints_are_the_fix() {
        let own = reachability("acs", &Err(HttpError::new(Trouble::Tls, "what", &["do a", "b"])));
        assert_eq!(own[2].fix.as_deref(), Some("do a; b"));
        assert_eq!(own[2].text, "what");
    }

    #[test]
    fn clocks_may_be_five_minutes_apart() {
        let now = Timestamp::from_second(1_800_000_000).unwrap();
        let at = |seconds| Some(now + SignedDuration::from_secs(seconds));
        for (date, verdict, text) in [
            (at(300), Verdict::Ok, "agree"),
            (at(-300), Verdict::Ok, "agree"),
            (at(361), Verdict::Warn, "6 minutes ahead"),
            (at(-3600), Verdict::Warn, "60 minutes behind"),
            (None, Verdict::Warn, "no readable Date"),
        ] {
            let check = clock("provider", date, now);
            assert_eq!((check.id.as_str(), check.verdict), ("provider-clock", verdict));
            assert!(check.text.contains(text), "{}", check.text);
        }
    }
}
