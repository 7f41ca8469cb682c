//! Every fault of the network: what it is called, and that it never looks like an answer.
//!
//! Must not do: reach another machine.

use std::net::TcpListener;
use std::time::{Duration, Instant};

use super::server::{Server, Then, answer, gzip, say, wait_for_end};
use super::{client, client_with, get, limits};
use crate::http::{HttpError, Limits, Trouble};

fn short() -> Limits {
    Limits {
        request: Duration::from_millis(400),
        stream_first_byte: Duration::from_millis(400),
        stream_idle: Duration::from_millis(400),
        ..limits()
    }
}

/// The failure of a whole answer and of a stream of it.
fn both(answer: &'static [u8], then: Then) -> [HttpError; 2] {
    let server = Server::start(move |_, _, wire| say(wire, answer, then));
    let whole = client_with(&server.origin(), short()).send(&get("/devices")).unwrap_err();
    let streaming = client_with(&server.origin(), short());
    let mut stream = match streaming.stream(&get("/devices")) {
        Err(error) => return [whole, error],
        Ok(stream) => stream,
    };
    let error = loop {
        match stream.next() {
            Ok(Some(_)) => {}
            Ok(None) => panic!("a cut answer looked whole: {}", String::from_utf8_lossy(answer)),
            Err(error) => break error,
        }
    };
    assert_eq!(stream.next().unwrap_err().trouble, error.trouble, "a failure stays one");
    [whole, error]
}

#[test]
fn what_ends_early_is_cut() {
    const CHUNKED: &str = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n";
    let chunked = |body: &str| format!("{CHUNKED}{body}");
    for (name, answer) in [
        ("nothing", String::new()),
        ("half a head", "HTTP/1.1 200 OK\r\nconte".to_owned()),
        ("short length", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[{}".to_owned()),
        ("no byte of its length", "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n".to_owned()),
        ("no chunk", chunked("")),
        ("no final chunk", chunked("2\r\n[\n\r\n")),
        ("half a chunk", chunked("9\r\n[{}")),
        ("half a size", chunked("2\r\n[]\r\n0")),
        ("no end of the final chunk", chunked("2\r\n[]\r\n0\r\n")),
    ] {
        for then in [Then::Close, Then::Reset] {
            let answer: &'static [u8] = answer.clone().leak().as_bytes();
            for error in both(answer, then) {
                assert_eq!(error.trouble, Trouble::Cut, "{name} {then:?}: {error:?}");
            }
        }
    }
}

#[test]
fn what_is_damaged_is_garbled() {
    let bad = |encoding: &str, body: &[u8]| {
        let length = body.len();
        let head = format!("HTTP/1.1 200 OK\r\n{encoding}content-length: {length}\r\n\r\n");
        [head.as_bytes(), body].concat()
    };
    let zipped = gzip(b"[{\"_id\":\"a\"}]");
    let gz = "content-encoding: gzip\r\n";
    let mut flipped = zipped.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 0xff;
    for (name, answer) in [
        ("no HTTP", b"SSH-2.0-OpenSSH_9.9\r\n\r\n".to_vec()),
        ("a TLS alert", vec![0x15, 3, 1, 0, 2, 2, 0x46]),
        ("no gzip", bad(gz, b"[] and more of it that is plain text")),
        ("half a gzip", bad(gz, &zipped[..zipped.len() - 9])),
        ("a gzip with a wrong checksum", bad(gz, &flipped)),
        (
            "a bad chunk size",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n".to_vec(),
        ),
        (
            "two lengths",
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n[]]".to_vec(),
        ),
    ] {
        for error in both(answer.leak(), Then::Close) {
            assert_eq!(error.trouble, Trouble::Garbled, "{name}: {error:?}");
        }
    }
}

#[test]
fn a_compressed_answer_that_is_cut_is_never_whole() {
    let body = gzip(&vec![b'x'; 100_000]);
    let mut answer =
        b"HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    answer.extend(format!("{:x}\r\n", body.len()).bytes());
    answer.extend(&body);
    answer.extend(b"\r\n");
    let without_end: &'static [u8] = answer.clone().leak();
    for error in both(without_end, Then::Close) {
        assert_eq!(error.trouble, Trouble::Cut, "{error:?}");
    }
    answer.extend(b"0\r\n\r\n");
    let server = Server::saying(answer);
    let reply = client(&server.origin()).send(&get("/devices")).unwrap();
    assert_eq!(reply.body, vec![b'x'; 100_000]);
}

#[test]
fn silence_is_not_asked_again() {
    for first in
        [&b""[..], b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n["]
    {
        let server = Server::start(move |_, _, wire| {
            say(wire, first, Then::Close);
            wait_for_end(wire);
            Then::Close
        });
        let client = client_with(&server.origin(), short());
        let began = Instant::now();
        let error = client.send(&get("/devices")).unwrap_err();
        assert_eq!(error.trouble, Trouble::Timeout, "{error:?}");
        assert!(began.elapsed() >= Duration::from_millis(400), "{:?}", began.elapsed());
        assert!(error.what.contains("400ms"), "{}", error.what);
        assert_eq!(server.seen().len(), 1);
        let failed = match client.stream(&get("/devices")) {
            Err(error) => error,
            Ok(mut stream) => loop {
                if let Err(error) = stream.next() {
                    break error;
                }
            },
        };
        assert_eq!(failed.trouble, Trouble::Timeout, "{failed:?}");
        assert_eq!(server.seen().len(), 2);
    }
}

#[test]
fn a_connection_that_ends_after_silence_is_not_asked_again() {
    let server = Server::start(|_, _, _| {
        std::thread::sleep(Duration::from_millis(150));
        Then::Close
    });
    let limits = Limits { silence: Duration::from_millis(100), ..limits() };
    let error = client_with(&server.origin(), limits).send(&get("/devices")).unwrap_err();
    assert_eq!(error.trouble, Trouble::Cut);
    assert!(error.hints.concat().contains("worker"), "{:?}", error.hints);
    assert_eq!(server.seen().len(), 1, "each such request ends a worker of GenieACS");
}

#[test]
fn nobody_there_is_told_from_nobody_answering() {
    // A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let client_ = client(&format!("http://127.0.0.1:{port}"));
    let error = client_.send(&get("/devices")).unwrap_err();
    assert_eq!(error.trouble, Trouble::Connect);
    assert!(error.what.contains("refuses the connection; asked 5 times"), "{}", error.what);

    // Accepts and never speaks: with TLS there is no connection yet.
    let server = Server::start(|_, _, _| Then::Keep);
    let silent = format!("https://127.0.0.1:{}", server.port);
    let limits = Limits { retries: 1, connect: Duration::from_millis(400), ..limits() };
    let silent = super::tls::client_trusting(&silent, None, limits);
    let error = silent.send(&get("/devices")).unwrap_err();
    assert_eq!(error.trouble, Trouble::Connect, "{error:?}");
    assert!(error.what.contains("no connection within 400ms"), "{}", error.what);
}

#[test]
fn a_name_without_an_address_is_said_and_asked_once_more() {
    // No resolver has to be asked: a label has at most 63 characters (RFC 1035).
    let name = "a".repeat(64);
    let client = client(&format!("http://{name}.invalid"));
    let error = client.send(&get("/devices")).unwrap_err();
    assert_eq!(error.trouble, Trouble::Dns, "{error:?}");
    assert!(error.what.contains(&name), "{}", error.what);
    assert_eq!(client.traffic().requests, 2);
}

#[test]
fn an_answer_that_announces_no_length_ends_with_its_connection() {
    let server = Server::start(|_, _, wire| say(wire, "HTTP/1.0 200 OK\r\n\r\n[]", Then::Close));
    assert_eq!(client(&server.origin()).send(&get("/devices")).unwrap().body, b"[]");
}

/// The first `bad` requests find nobody home.
fn down_for(bad: usize) -> Server {
    Server::start(move |n, _, wire| {
        let down = answer("503 Down", "", "");
        say(wire, if n < bad { down } else { answer("200 OK", "", "[]") }, Then::Keep)
    })
}

#[test]
fn after_many_failures_the_server_is_left_alone() {
    let server = down_for(9);
    let client = client(&server.origin());
    assert_eq!(client.send(&get("/devices")).unwrap_err().trouble, Trouble::Server);
    let error = client.send(&get("/devices")).unwrap_err();
    assert_eq!(error.trouble, Trouble::Breaker);
    assert!(error.hints[0].starts_with("try again after 20"), "{:?}", error.hints);
    assert_eq!(server.seen().len(), 5);
}

#[test]
fn after_a_while_it_is_asked_once_and_when_it_is_back_as_before() {
    let server = down_for(6);
    let limits = Limits { breaker_open: Duration::from_millis(300), ..limits() };
    let client = client_with(&server.origin(), limits);
    assert_eq!(client.send(&get("/devices")).unwrap_err().trouble, Trouble::Server);
    std::thread::sleep(Duration::from_millis(320));
    assert_eq!(client.send(&get("/devices")).unwrap_err().trouble, Trouble::Server);
    assert_eq!(server.seen().len(), 6, "one probe, not five");
    std::thread::sleep(Duration::from_millis(320));
    assert!((0..3).all(|_| client.send(&get("/devices")).is_ok()));
}

/// SAFETY.md section 8: a fetch cut at every byte is whole 0 times.
#[test]
fn an_answer_cut_at_any_byte_is_never_whole() {
    let list = "[{\"_id\":\"202BC1-BM632w-0000001\"}\n]";
    let zipped = gzip(list.as_bytes());
    let in_chunks = |encoding: &str, body: &[u8]| {
        let mut bytes =
            format!("HTTP/1.1 200 OK\r\n{encoding}transfer-encoding: chunked\r\n\r\n").into_bytes();
        for chunk in body.chunks(20) {
            bytes.extend(format!("{:x}\r\n", chunk.len()).bytes());
            bytes.extend(chunk);
            bytes.extend(b"\r\n");
        }
        bytes.extend(b"0\r\n\r\n");
        bytes
    };
    let with_length = [
        format!(
            "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n",
            zipped.len()
        )
        .as_bytes(),
        &zipped,
    ]
    .concat();
    for whole in [
        answer("200 OK", "total: 1\r\n", list),
        with_length,
        in_chunks("", list.as_bytes()),
        in_chunks("content-encoding: gzip\r\n", &zipped),
    ] {
        let length = whole.len();
        let server =
            Server::start(move |n, _, wire| say(wire, &whole[..n.min(length)], Then::Close));
        for cut in 0..length {
            // A new client each, so that no breaker spares the server.
            let limits = Limits { retries: 0, ..limits() };
            let error = client_with(&server.origin(), limits).send(&get("/devices"));
            assert_eq!(error.unwrap_err().trouble, Trouble::Cut, "at {cut} of {length}");
        }
        let reply = client(&server.origin()).send(&get("/devices")).unwrap();
        assert_eq!(reply.body, list.as_bytes());
    }
}
