//! The limits hold against servers that want more.
//!
//! Must not do: reach another machine.

use std::fmt::Write as _;
use std::time::{Duration, Instant};

use super::server::{Server, Then, answer, gzip, say};
use super::{client, client_with, get, limits};
use crate::http::{Limits, Trouble};

#[test]
fn a_large_answer_is_given_up_early() {
    // 1 GiB is announced and would be sent for as long as anybody reads.
    let server = Server::start(|_, _, wire| {
        say(wire, "HTTP/1.1 200 OK\r\ncontent-length: 1073741824\r\n\r\n", Then::Keep);
        let block = vec![b' '; 1 << 16];
        for _ in 0..(1 << 14) {
            if wire.write_all(&block).is_err() {
                break;
            }
        }
        Then::Close
    });
    let limits = Limits { body_bytes: 1 << 20, ..limits() };
    let error = client_with(&server.origin(), limits).send(&get("/devices")).unwrap_err();
    assert_eq!(error.trouble, Trouble::TooLarge);
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn a_gzip_bomb_is_counted_as_it_grows() {
    let bomb = gzip(&vec![0; 64 << 20]);
    assert!(bomb.len() < 1 << 20, "small on the wire: {}", bomb.len());
    let length = bomb.len();
    let head =
        format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {length}\r\n\r\n");
    let server = Server::saying([head.as_bytes(), &bomb].concat());
    let limits = Limits { body_bytes: 1 << 20, ..limits() };
    let client = client_with(&server.origin(), limits);
    assert_eq!(client.send(&get("/devices")).unwrap_err().trouble, Trouble::TooLarge);
    // As a stream it comes in pieces that are small, however fast it grows.
    let mut stream = client.stream(&get("/devices")).unwrap();
    let mut bytes = 0;
    while let Some(piece) = stream.next().unwrap() {
        assert!(piece.len() <= 1 << 20);
        bytes += piece.len();
    }
    assert_eq!(bytes, 64 << 20);
}

#[test]
fn a_body_that_is_just_allowed_is_read() {
    let server = Server::saying(answer("200 OK", "", &"x".repeat(1000)));
    for (most, whole) in [(1000, true), (999, false)] {
        let limits = Limits { body_bytes: most, ..limits() };
        let reply = client_with(&server.origin(), limits).send(&get("/devices"));
        assert_eq!(reply.is_ok(), whole);
    }
}

#[test]
fn the_body_of_a_failure_is_kept_in_part() {
    let server = Server::saying(answer("403 Forbidden", "", &"x".repeat(1 << 20)));
    let error = client(&server.origin()).send(&get("/devices")).unwrap_err();
    assert_eq!(error.trouble, Trouble::Forbidden);
    assert_eq!(error.reply.unwrap().body.len(), 64 << 10);
}

#[test]
fn a_head_is_bounded_in_size_and_number() {
    let mut many = String::new();
    (0..1000).for_each(|n| write!(many, "x-{n}: y\r\n").unwrap());
    let long = format!("x-long: {}\r\n", "y".repeat(2 << 20));
    for headers in [many, long] {
        let server = Server::saying(answer("200 OK", &headers, "[]"));
        let error = client(&server.origin()).send(&get("/devices")).unwrap_err();
        assert_eq!(error.trouble, Trouble::TooLarge, "{error:?}");
    }
}

#[test]
fn a_drip_does_not_keep_a_request_alive() {
    let server = Server::start(|_, _, wire| {
        say(wire, "HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n", Then::Keep);
        while wire.write_all(b" ").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Then::Close
    });
    let limits = Limits { request: Duration::from_millis(400), ..limits() };
    let error = client_with(&server.origin(), limits).send(&get("/devices")).unwrap_err();
    assert_eq!(error.trouble, Trouble::Timeout);
}

#[test]
fn the_whole_fetch_ends_a_stream_that_never_falls_silent() {
    let server = Server::start(|_, _, wire| {
        say(wire, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", Then::Keep);
        while wire.write_all(b"1\r\n \r\n").is_ok() {
            std::thread::sleep(Duration::from_millis(20));
        }
        Then::Close
    });
    let limits = Limits { fetch: Duration::from_millis(500), ..limits() };
    let client = client_with(&server.origin(), limits);
    let mut stream = client.stream(&get("/devices")).unwrap();
    let error = loop {
        match stream.next() {
            Ok(piece) => assert!(piece.is_some()),
            Err(error) => break error,
        }
    };
    assert_eq!(error.trouble, Trouble::Deadline);
    drop(stream);
    assert_eq!(client.send(&get("/devices")).unwrap_err().trouble, Trouble::Deadline);
    assert_eq!(server.seen().len(), 1, "nothing is sent after the end");
    client.begin_fetch();
    assert!(client.stream(&get("/devices")).is_ok());
}

#[test]
fn the_whole_fetch_ends_a_silent_request_too() {
    let server = Server::start(|_, _, wire| {
        super::server::wait_for_end(wire);
        Then::Close
    });
    let limits = Limits { fetch: Duration::from_millis(200), ..limits() };
    let error = client_with(&server.origin(), limits).send(&get("/devices")).unwrap_err();
    assert_eq!(error.trouble, Trouble::Deadline);
}

#[test]
fn requests_keep_their_pace() {
    let server = Server::saying(answer("200 OK", "", "[]"));
    let client = client_with(&server.origin(), Limits { per_second: 20.0, ..limits() });
    let began = Instant::now();
    (0..6).for_each(|_| drop(client.send(&get("/devices")).unwrap()));
    assert!(began.elapsed() >= Duration::from_millis(250), "{:?}", began.elapsed());
}

#[test]
fn a_turn_that_comes_after_the_fetch_is_not_waited_for() {
    let server = Server::saying(answer("200 OK", "", "[]"));
    let limits = Limits { per_minute: 1, fetch: Duration::from_secs(30), ..limits() };
    let client = client_with(&server.origin(), limits);
    client.send(&get("/devices")).unwrap();
    assert_eq!(client.send(&get("/devices")).unwrap_err().trouble, Trouble::Deadline);
}

#[test]
fn limits_without_an_end_are_limits() {
    let (end, server) = (Duration::MAX, Server::saying(answer("200 OK", "", "[]")));
    let limits = Limits {
        connect: end,
        request: end,
        stream_first_byte: end,
        stream_idle: end,
        fetch: end,
        keep_alive: end,
        per_second: f64::MIN_POSITIVE,
        ..limits()
    };
    let client = client_with(&server.origin(), limits);
    assert_eq!(client.send(&get("/devices")).unwrap().body, b"[]");
    assert_eq!(client.send(&get("/devices")).unwrap_err().trouble, Trouble::Deadline);
}

#[test]
fn a_spent_day_says_how_many_and_when() {
    let server = Server::saying(answer("200 OK", "", "[]"));
    let client = client_with(&server.origin(), Limits { left_today: Some(2), ..limits() });
    client.send(&get("/devices")).unwrap();
    client.send(&get("/devices")).unwrap();
    let error = client.send(&get("/devices")).unwrap_err();
    assert_eq!(error.trouble, Trouble::Budget);
    assert!(error.what.contains("made 2 of them"), "{}", error.what);
    assert!(error.hints[0].contains("tomorrow"), "{:?}", error.hints);
    assert_eq!(server.seen().len(), 2);
}
