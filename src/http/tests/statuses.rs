//! Which statuses are answers and which are failures, and what a failure says.
//!
//! Must not do: reach another machine.

use super::server::{Server, Then, answer, say};
use super::{client, get};
use crate::http::{Method, Request, Trouble};
use crate::ports::FetchErrorKind;

#[test]
fn these_are_answers() {
    for status in ["200 OK", "202 Task faulted", "204 No Content", "400 Bad", "404 Not Found"] {
        let server =
            Server::saying(answer(status, "", if status == "204 No Content" { "" } else { "{}" }));
        let reply = client(&server.origin()).send(&get("/devices")).unwrap();
        assert_eq!(reply.head.status.to_string(), status[..3]);
        assert_eq!(reply.head.is_success(), status.starts_with('2'));
        assert_eq!(server.seen().len(), 1, "{status}");
    }
}

#[test]
fn these_are_failures_that_carry_their_answer() {
    use FetchErrorKind::{Auth, Unavailable};
    for (status, trouble, kind, sent) in [
        ("301 Moved", Trouble::Redirect, Unavailable, 1),
        ("304 Not Modified", Trouble::Redirect, Unavailable, 1),
        ("401 Unauthorized", Trouble::Unauthorised, Auth, 1),
        ("403 Forbidden", Trouble::Forbidden, Auth, 1),
        ("429 Too Many Requests", Trouble::TooMany, Unavailable, 5),
        ("500 Internal Server Error", Trouble::Server, Unavailable, 2),
        ("501 Not Implemented", Trouble::Server, Unavailable, 1),
        ("502 Bad Gateway", Trouble::Server, Unavailable, 5),
        ("503 Service Unavailable", Trouble::Server, Unavailable, 5),
        ("504 Gateway Timeout", Trouble::Server, Unavailable, 5),
    ] {
        let body = if status.starts_with("304") { "" } else { "<html>why</html>" };
        let server = Server::saying(answer(status, "", body));
        let client = client(&server.origin());
        let errors = [
            client.send(&get("/devices")).unwrap_err(),
            super::client(&server.origin()).stream(&get("/devices")).err().unwrap(),
        ];
        assert_eq!(client.traffic().requests, sent, "{status}");
        assert_eq!(client.traffic().retries, sent - 1, "{status}");
        assert_eq!(server.seen().len() as u64, 2 * sent, "{status}");
        for error in errors {
            assert_eq!((error.trouble, error.kind()), (trouble, kind), "{status}");
            assert!(error.what.contains(&status[..3]), "{}", error.what);
            assert!(!error.hints.is_empty(), "{status}");
            let reply = error.reply.unwrap();
            assert_eq!(reply.head.status.to_string(), status[..3]);
            assert_eq!(reply.body, body.as_bytes());
        }
    }
}

#[test]
fn a_redirect_is_not_followed_and_shows_the_origin_only() {
    let other = Server::saying(answer("200 OK", "", "[]"));
    let secure = |port: u16| format!("https://127.0.0.1:{port}");
    for (location, place, hint) in [
        (format!("{}/x?session=geheim", other.origin()), other.origin(), other.origin()),
        ("/login?next=geheim".to_owned(), "another place of its own".to_owned(), "root".into()),
        ("https://127.0.0.1/geheim".to_owned(), "https://127.0.0.1".into(), "url = \"https".into()),
        (secure(1) + "/geheim", secure(1), secure(1)),
        ("https://u:geheim@evil.example/".into(), "https://evil.example".into(), "nothing".into()),
        ("javascript:geheim".to_owned(), "nowhere".to_owned(), "root".into()),
    ] {
        for status in ["301 Moved", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"]
        {
            let location = format!("location: {location}\r\n");
            let server = Server::saying(answer(status, &location, "<a href=geheim>"));
            let error = client(&server.origin()).send(&get("/devices")).unwrap_err();
            assert_eq!(error.trouble, Trouble::Redirect);
            assert!(error.what.ends_with(&format!("it points to {place}")), "{}", error.what);
            assert!(error.hints.concat().contains(&hint), "{:?}", error.hints);
            assert!(!format!("{error:?}").contains("geheim"), "{error:?}");
        }
    }
    assert!(other.seen().is_empty());
}

#[test]
fn a_head_is_kept_with_its_date_its_reason_and_its_headers() {
    let headers = "Date: Thu, 26 Nov 2026 10:00:00 GMT\r\nTotal: 16\r\nX-Bytes: \u{e9}\r\n";
    let server = Server::saying(answer("202 Device is offline", headers, "{}"));
    let head = client(&server.origin()).send(&get("/tasks")).unwrap().head;
    assert_eq!(head.date, Some("2026-11-26T10:00:00Z".parse().unwrap()));
    assert_eq!(head.reason.as_deref(), Some("Device is offline"));
    assert_eq!(head.header("total"), Some("16"));
    let plain = Server::saying(answer("200 OK", "date: yesterday\r\n", "{}"));
    let head = client(&plain.origin()).send(&get("/tasks")).unwrap().head;
    assert_eq!((head.date, head.reason), (None, None));
}

#[test]
fn a_head_request_has_an_answer_without_a_body() {
    let server = Server::start(|_, request, wire| {
        assert!(request.starts_with("HEAD /devices"));
        say(wire, "HTTP/1.1 200 OK\r\ntotal: 52310\r\ncontent-length: 9000\r\n\r\n", Then::Keep)
    });
    let reply = client(&server.origin()).send(&Request::read(Method::Head, "/devices")).unwrap();
    assert_eq!((reply.head.header("total"), reply.body.len()), (Some("52310"), 0));
}
