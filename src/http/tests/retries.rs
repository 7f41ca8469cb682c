//! Reads are sent again where that helps, within what the server and the limits allow.
//!
//! Must not do: reach another machine.

use std::time::{Duration, Instant};

use super::server::{Server, Then, answer, say};
use super::{client, client_with, get, limits};
use crate::http::{Limits, Trouble};

/// The first `bad` requests get `first`, the others a list.
fn recovering(bad: usize, first: Vec<u8>, then: Then) -> Server {
    Server::start(move |n, _, wire| {
        if n < bad {
            return say(wire, &first, then);
        }
        say(wire, answer("200 OK", "", "[]"), Then::Keep)
    })
}

#[test]
fn a_passing_fault_is_not_seen() {
    for (bad, first, then) in [
        (4, answer("503 Busy", "", ""), Then::Keep),
        (4, answer("502 Bad Gateway", "", "<html>"), Then::Close),
        (4, answer("429 Slow", "retry-after: 0\r\n", ""), Then::Keep),
        (1, answer("500 Oops", "", ""), Then::Keep),
        (4, Vec::new(), Then::Close),
        (4, Vec::new(), Then::Reset),
        (4, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[{".to_vec(), Then::Close),
    ] {
        let server = recovering(bad, first.clone(), then);
        let client = client(&server.origin());
        let reply = client.send(&get("/devices"));
        assert_eq!(reply.unwrap().body, b"[]", "{}", String::from_utf8_lossy(&first));
        let traffic = client.traffic();
        assert_eq!((traffic.requests, traffic.retries), (bad as u64 + 1, bad as u64));
        let slow = first.starts_with(b"HTTP/1.1 429");
        assert_eq!(traffic.slowed, if slow { 4 } else { 0 });
    }
}

#[test]
fn only_the_sending_of_a_stream_is_repeated() {
    let server = recovering(2, answer("503 Busy", "", ""), Then::Keep);
    let client_ = client(&server.origin());
    let mut stream = client_.stream(&get("/devices")).unwrap();
    assert_eq!(stream.next().unwrap().unwrap(), &b"[]"[..]);
    assert!(stream.next().unwrap().is_none());
    let cut =
        recovering(9, b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[{".to_vec(), Then::Close);
    let client_ = client(&cut.origin());
    let mut stream = client_.stream(&get("/devices")).unwrap();
    assert_eq!(stream.next().unwrap().unwrap(), &b"[{"[..]);
    assert_eq!(stream.next().unwrap_err().trouble, Trouble::Cut);
    assert_eq!(cut.seen().len(), 1);
}

#[test]
fn the_servers_pause_is_kept() {
    let server = recovering(1, answer("503 Busy", "retry-after: 1\r\n", ""), Then::Keep);
    let began = Instant::now();
    client(&server.origin()).send(&get("/devices")).unwrap();
    assert!(began.elapsed() >= Duration::from_secs(1), "{:?}", began.elapsed());
}

#[test]
fn a_pause_that_is_too_long_ends_it_and_says_until_when() {
    for wait in ["301", "86400", "99999999999999999999999", "Fri, 01 Jan 2100 00:00:00 GMT"] {
        let headers = format!("retry-after: {wait}\r\n");
        let server = recovering(9, answer("429 Slow", &headers, ""), Then::Keep);
        let began = Instant::now();
        let error = client(&server.origin()).send(&get("/devices")).unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(60));
        assert_eq!(error.trouble, Trouble::TooMany);
        let hint = &error.hints[0];
        assert!(hint.starts_with("try again after 2") || hint.contains("does not say"), "{hint}");
        assert_eq!(server.seen().len(), 1, "{wait}");
    }
}

#[test]
fn a_pause_beyond_the_end_of_the_fetch_is_not_begun() {
    let server = recovering(9, answer("503 Busy", "retry-after: 200\r\n", ""), Then::Keep);
    let limits = Limits { fetch: Duration::from_secs(30), ..limits() };
    let error = client_with(&server.origin(), limits).send(&get("/devices")).unwrap_err();
    assert_eq!((error.trouble, server.seen().len()), (Trouble::Server, 1));
}

#[test]
fn a_long_storm_is_not_made_worse() {
    // Every other answer fails, so the breaker stays closed and each request needs a retry.
    let server = Server::start(|n, _, wire| {
        let bad = n % 3 == 0;
        let said = if bad { answer("503 Busy", "", "") } else { answer("200 OK", "", "[]") };
        say(wire, said, Then::Keep)
    });
    let client = client(&server.origin());
    for _ in 0..200 {
        let _ = client.send(&get("/devices"));
    }
    let traffic = client.traffic();
    assert!(traffic.requests >= 200 && traffic.retries * 5 <= traffic.requests + 5, "{traffic:?}");
    assert_eq!(traffic.requests, server.seen().len() as u64);
}
