//! Whether a write that failed may have reached its server: "not sent" is said only where it is
//! sure, since whoever hears it may send again.
//!
//! Must not do: reach another machine.

use std::net::TcpListener;
use std::time::Duration;

use super::server::{Server, Then, answer, say, wait_for_end};
use super::{client, client_with, get, limits};
use crate::http::{Client, HttpError, Limits, Method, Purpose, Request, Trouble};

fn write(path: &str) -> Request {
    Request { purpose: Purpose::Write, ..Request::read(Method::Delete, path) }
}

fn failed(client: &Client) -> HttpError {
    client.send(&write("/devices/a")).unwrap_err()
}

fn unsent(error: &HttpError, trouble: Trouble) {
    assert_eq!((error.trouble, error.was_sent()), (trouble, false), "{error:?}");
}

#[test]
fn where_no_connection_was_made_nothing_was_sent() {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    unsent(&failed(&client(&format!("http://127.0.0.1:{port}"))), Trouble::Connect);
    let nowhere = format!("http://{}.invalid", "a".repeat(64));
    unsent(&failed(&client(&nowhere)), Trouble::Dns);
    // Accepts, and never speaks TLS.
    let server = Server::start(|_, _, _| Then::Keep);
    let silent = format!("https://127.0.0.1:{}", server.port);
    let limits = Limits { connect: Duration::from_millis(300), ..limits() };
    unsent(&failed(&super::tls::client_trusting(&silent, None, limits)), Trouble::Connect);
}

#[test]
fn what_the_client_itself_holds_back_was_not_sent() {
    let server = Server::saying(answer("200 OK", "", ""));
    let limited = |limits: Limits| client_with(&server.origin(), limits);
    unsent(&failed(&limited(Limits { left_today: Some(0), ..limits() })), Trouble::Budget);
    let error = client(&server.origin()).send(&write("/devices/../users")).unwrap_err();
    unsent(&error, Trouble::Settings);
    let slow = limited(Limits { per_minute: 1, fetch: Duration::from_secs(30), ..limits() });
    slow.send(&get("/devices")).unwrap();
    unsent(&failed(&slow), Trouble::Deadline);
    assert_eq!(server.seen().len(), 1, "the one read");
}

#[test]
fn behind_an_open_breaker_nothing_is_sent() {
    let server = Server::saying(answer("503 Down", "", ""));
    let client = client(&server.origin());
    for _ in 0..5 {
        let error = failed(&client);
        assert_eq!((error.trouble, error.was_sent()), (Trouble::Server, true));
    }
    unsent(&failed(&client), Trouble::Breaker);
    assert_eq!(server.seen().len(), 5);
}

#[test]
fn whatever_an_answer_is_the_request_was_there() {
    for (said, then, trouble) in [
        (answer("307 There", "location: /there\r\n", ""), Then::Keep, Trouble::Redirect),
        (answer("401 Who", "", ""), Then::Keep, Trouble::Unauthorised),
        (answer("403 No", "", ""), Then::Keep, Trouble::Forbidden),
        (answer("429 Slow", "retry-after: 0\r\n", ""), Then::Keep, Trouble::TooMany),
        (answer("500 Oops", "", ""), Then::Keep, Trouble::Server),
        (b"SSH-2.0-OpenSSH_9.9\r\n\r\n".to_vec(), Then::Close, Trouble::Garbled),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[".to_vec(), Then::Close, Trouble::Cut),
        (answer("200 OK", "", &"x".repeat(2000)), Then::Keep, Trouble::TooLarge),
        (Vec::new(), Then::Close, Trouble::Cut),
        (Vec::new(), Then::Reset, Trouble::Cut),
    ] {
        let server = Server::start(move |_, _, wire| say(wire, &said, then));
        let limits = Limits { body_bytes: 1000, ..limits() };
        let error = failed(&client_with(&server.origin(), limits));
        assert_eq!((error.trouble, error.was_sent()), (trouble, true), "{error:?}");
    }
}

#[test]
fn without_an_answer_nobody_knows() {
    let short = Duration::from_millis(300);
    for (limits, trouble) in [
        (Limits { request: short, ..limits() }, Trouble::Timeout),
        (Limits { fetch: short, ..limits() }, Trouble::Deadline),
    ] {
        let server = Server::start(|_, _, wire| {
            wait_for_end(wire);
            Then::Close
        });
        let error = failed(&client_with(&server.origin(), limits));
        assert_eq!((error.trouble, error.was_sent()), (trouble, true), "{error:?}");
        assert_eq!(server.seen().len(), 1);
    }
}
