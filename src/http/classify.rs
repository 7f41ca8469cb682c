//! From the library's failure to ours: what happened, and whether asking again may help.
//!
//! Must not do: pass a library's text on that may hold an address; decide how often to ask.

use std::error::Error;
use std::io::{self, ErrorKind};
use std::time::Duration;

use crate::domain::text::visible;
use crate::http::address::Asked;
use crate::http::error::{HttpError, Trouble};
use crate::http::limits::Limits;
use crate::http::lookup::NoAddress;
use crate::http::retry::{Again, Failure};
use crate::http::tls;

/// How far an exchange had come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// Nothing of the answer was there.
    Head,
    /// In the answer's body.
    Body,
}

/// Where and when it failed.
pub(super) struct At<'a> {
    /// What was asked.
    pub asked: &'a Asked,
    /// The client's limits.
    pub limits: &'a Limits,
    /// How far it had come.
    pub phase: Phase,
    /// How long after it was sent, or after the last byte of a stream.
    pub after: Duration,
}

/// The chain of an error, also through `io::Error`, whose `source` skips what it wraps.
pub(super) fn causes<'e>(error: &'e (dyn Error + 'static)) -> Vec<&'e (dyn Error + 'static)> {
    let mut chain = Vec::new();
    let mut next = Some(error);
    while let (Some(error), true) = (next, chain.len() < 32) {
        chain.push(error);
        next = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(inner) => Some(inner),
            None => error.source(),
        };
    }
    chain
}

/// What a failure of the library was.
pub(super) fn failure(error: &reqwest::Error, at: &At<'_>) -> Failure {
    let failure = named(error, at);
    // Name, TCP and TLS come before the first byte of a request; nothing is sent early.
    if error.is_connect() {
        return Failure { error: failure.error.unsent(), ..failure };
    }
    failure
}

fn named(error: &reqwest::Error, at: &At<'_>) -> Failure {
    let chain = causes(error);
    let address = &at.asked.address;
    if let Some(none) = find::<NoAddress>(&chain) {
        return no_address(none, at);
    }
    if let Some(refused) = find::<rustls::Error>(&chain) {
        return Failure::new(tls::refused(refused, address), Again::No);
    }
    if error.is_connect() && error.is_timeout() {
        return no_connection(at);
    }
    let hyper = find::<hyper::Error>(&chain);
    if hyper.is_some_and(hyper::Error::is_parse) {
        return not_http(hyper.is_some_and(hyper::Error::is_parse_too_large), at);
    }
    // The innermost one is the socket's own.
    let kind = chain.iter().rev().find_map(|e| e.downcast_ref::<io::Error>()).map(io::Error::kind);
    if error.is_connect() {
        return unreachable(kind, at);
    }
    let ended =
        hyper.is_some_and(|e| e.is_incomplete_message() || e.is_canceled() || e.is_closed());
    if ended || kind.is_some_and(is_end) && hyper.is_some() {
        return cut(at);
    }
    garbled(at)
}

fn find<'e, E: Error + 'static>(chain: &[&'e (dyn Error + 'static)]) -> Option<&'e E> {
    chain.iter().find_map(|e| e.downcast_ref::<E>())
}

fn is_end(kind: ErrorKind) -> bool {
    use ErrorKind as K;
    matches!(
        kind,
        K::UnexpectedEof
            | K::ConnectionReset
            | K::ConnectionAborted
            | K::BrokenPipe
            | K::NotConnected
    )
}

fn no_address(none: &NoAddress, at: &At<'_>) -> Failure {
    let what = format!("{}: {}", visible(at.asked.address.host()), visible(&none.to_string()));
    let hints = ["check the host in the url", "and this machine's DNS (getent hosts NAME)"];
    Failure::new(HttpError::new(Trouble::Dns, what, &hints), Again::Once)
}

fn no_connection(at: &At<'_>) -> Failure {
    let origin = at.asked.address.origin();
    let what = format!("{origin} gives no connection within {:?}", at.limits.connect);
    let firewall = "and the firewall between here and there";
    let mut hints = vec!["check host and port of the url", firewall];
    if at.asked.address.is_https() {
        hints.push("a server that speaks no TLS at that port looks the same: try http://");
    }
    Failure::new(HttpError::new(Trouble::Connect, what, &hints), Again::Yes)
}

fn unreachable(kind: Option<ErrorKind>, at: &At<'_>) -> Failure {
    let origin = at.asked.address.origin();
    let (what, hint) = match kind {
        Some(ErrorKind::ConnectionRefused) => {
            ("refuses the connection", "check that the service runs, and the port of the url")
        }
        Some(ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable) => {
            ("can't be reached", "check the route and the VPN between here and there")
        }
        Some(kind) if is_end(kind) => (
            "ends the connection before anything was asked",
            "check port and scheme of the url, and whether the server allows this address",
        ),
        _ => ("gives no connection", "check host and port of the url, and the network"),
    };
    let error = HttpError::new(Trouble::Connect, format!("{origin} {what}"), &[hint]);
    Failure::new(error, Again::Yes)
}

fn cut(at: &At<'_>) -> Failure {
    let silent = at.after >= at.limits.silence;
    let what = match (at.phase, silent) {
        (Phase::Head, false) => "the connection ended before an answer came".to_owned(),
        (Phase::Head, true) => {
            format!("no answer came, and after {:.0?} the connection ended", at.after)
        }
        (Phase::Body, _) => "the connection ended in the middle of the answer".to_owned(),
    };
    let mut hints = vec![if silent {
        "the request itself may have ended a worker there: see the server's log"
    } else {
        "see the log of the server, and of a proxy before it"
    }];
    if at.phase == Phase::Head && !silent && !at.asked.address.is_https() {
        hints.push("a server that speaks TLS at that port looks the same: try https://");
    }
    let error = HttpError::new(Trouble::Cut, format!("{}: {what}", at.asked), &hints);
    Failure::new(error, if silent { Again::No } else { Again::Yes })
}

fn not_http(too_large: bool, at: &At<'_>) -> Failure {
    let asked = at.asked;
    let error = if too_large {
        let what = format!("{asked}: the head of the answer is larger than allowed");
        HttpError::new(Trouble::TooLarge, what, &["check what listens at the url"])
    } else {
        let what = format!("{asked}: what came back is no HTTP");
        let hint = if asked.address.is_https() {
            "check the port of the url"
        } else {
            "check the port of the url; if it speaks TLS there, write https://"
        };
        HttpError::new(Trouble::Garbled, what, &[hint])
    };
    Failure::new(error, Again::No)
}

fn garbled(at: &At<'_>) -> Failure {
    let what = format!("{}: the answer is damaged and can't be read", at.asked);
    let hint = "a proxy on the way may change answers: see its log";
    Failure::new(HttpError::new(Trouble::Garbled, what, &[hint]), Again::No)
}

/// No answer, or not the whole, in time.
pub(super) fn silence(at: &At<'_>, limit: Duration) -> HttpError {
    let what = match at.phase {
        Phase::Head => format!("{}: no answer within {limit:?}", at.asked),
        Phase::Body => format!("{}: the answer stopped: not whole within {limit:?}", at.asked),
    };
    let hints = [
        "see the server's load and log; it is not asked the same again by itself",
        "request_timeout says how long is waited",
    ];
    HttpError::new(Trouble::Timeout, what, &hints)
}

/// The whole fetch took too long.
pub(super) fn deadline(asked: &Asked, limits: &Limits) -> HttpError {
    let origin = asked.address.origin();
    let what = format!("reading {origin} took longer than {:?} and was stopped", limits.fetch);
    let hints = ["see the server's load, and the pace that requests_per_minute allows"];
    HttpError::new(Trouble::Deadline, what, &hints)
}

/// The answer is larger than allowed.
pub(super) fn too_large(at: &At<'_>) -> HttpError {
    let most = match at.limits.body_bytes {
        bytes if bytes >= 1 << 20 => format!("{} MiB", bytes >> 20),
        bytes => format!("{bytes} bytes"),
    };
    let what = format!("{}: the answer is larger than {most}", at.asked);
    let hints = ["check what listens at the url", "or set a smaller page_size for this side"];
    HttpError::new(Trouble::TooLarge, what, &hints)
}
