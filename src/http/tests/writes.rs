//! A write is sent exactly once, whatever comes back and whatever the connection does.
//!
//! Must not do: reach another machine.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use super::server::{Server, Then, Wire, answer, say, wait_for_end};
use super::{client, client_with, get, limits};
use crate::http::{Body, Limits, Method, Purpose, Request};

fn write() -> Request {
    let body = Body::Json(b"{\"name\":\"reboot\"}".to_vec());
    Request { purpose: Purpose::Write, ..Request::read(Method::Post, "/tasks") }.body(body)
}

#[test]
fn no_failure_makes_it_sent_again() {
    for (said, then) in [
        (answer("503 Busy", "", ""), Then::Keep),
        (answer("502 Bad Gateway", "", ""), Then::Close),
        (answer("429 Slow", "retry-after: 0\r\n", ""), Then::Keep),
        (answer("500 Oops", "", ""), Then::Keep),
        (answer("307 There", "location: /there\r\n", ""), Then::Keep),
        (Vec::new(), Then::Close),
        (Vec::new(), Then::Reset),
        (b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[{".to_vec(), Then::Close),
    ] {
        let shown = String::from_utf8_lossy(&said).into_owned();
        let server = Server::start(move |_, _, wire| say(wire, &said, then));
        let client = client(&server.origin());
        assert!(client.send(&write()).is_err(), "{shown}");
        assert_eq!((client.traffic().requests, client.traffic().retries), (1, 0));
        // A read after it, so that whatever was in flight has come.
        let _ = client.send(&get("/devices"));
        let writes = server.seen().iter().filter(|r| r.starts_with("POST")).count();
        assert_eq!(writes, 1, "{shown}");
    }
}

#[test]
fn no_answer_in_time_does_not_either() {
    let server = Server::start(|_, _, wire| {
        wait_for_end(wire);
        Then::Close
    });
    let limits = Limits { request: Duration::from_millis(200), ..limits() };
    assert!(client_with(&server.origin(), limits).send(&write()).is_err());
    assert_eq!(server.seen().len(), 1);
}

/// A server that ends a kept connection at any moment: after its answer, or when the next request
/// is on it. A write on such a connection would be lost, or sent twice.
#[test]
fn kept_connections_that_end_neither_lose_nor_double_a_write() {
    let answered = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&answered);
    let server = Server::start(move |n, request, wire| {
        if request.starts_with("POST") {
            count.fetch_add(1, Ordering::SeqCst);
        }
        let then = if n % 2 == 0 { Then::Close } else { Then::Keep };
        say(wire, answer("200 OK", "", "[]"), then)
    });
    let client = client(&server.origin());
    for _ in 0..50 {
        client.send(&get("/devices")).unwrap();
        client.send(&write()).unwrap();
    }
    assert_eq!(answered.load(Ordering::SeqCst), 50);
    let writes = server.seen().iter().filter(|r| r.starts_with("POST")).count();
    assert_eq!(writes, 50);
}

#[test]
fn reads_keep_their_connection_and_writes_make_their_own() {
    let connections = Arc::new(AtomicUsize::new(0));
    let opened = Arc::clone(&connections);
    let list =
        |_: usize, _: &str, wire: &mut dyn Wire| say(wire, answer("200 OK", "", "[]"), Then::Keep);
    let server = Server::over(Arc::new(list), move |tcp| {
        opened.fetch_add(1, Ordering::SeqCst);
        Some(Box::new(tcp))
    });
    let client = client(&server.origin());
    (0..5).for_each(|_| drop(client.send(&get("/devices")).unwrap()));
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    (0..3).for_each(|_| drop(client.send(&write()).unwrap()));
    assert_eq!(connections.load(Ordering::SeqCst), 4);
}

#[test]
fn writes_keep_their_own_pace() {
    let server = Server::saying(answer("200 OK", "", "[]"));
    let limits = Limits { writes_per_second: 5.0, ..limits() };
    let client = client_with(&server.origin(), limits);
    let began = Instant::now();
    (0..3).for_each(|_| drop(client.send(&write()).unwrap()));
    assert!(began.elapsed() >= Duration::from_millis(400), "{:?}", began.elapsed());
    // The next write's turn comes in 200 ms; reads don't wait for it.
    (0..20).for_each(|_| drop(client.send(&get("/devices")).unwrap()));
    client.send(&write()).unwrap();
    assert!(began.elapsed() >= Duration::from_millis(600), "{:?}", began.elapsed());
}
