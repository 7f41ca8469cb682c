//! Streams: cheap, in order, from several threads, and closed when nobody reads them.
//!
//! Must not do: reach another machine.

use std::io::Read as _;
use std::sync::mpsc;
use std::time::Duration;

use super::server::{Server, Then, answer, say, wait_for_end};
use super::{client, get};
use crate::http::{Client, HttpError, Trouble};

#[test]
fn a_client_may_be_shared() {
    fn shared<T: Send + Sync>() {}
    shared::<Client>();
    let server = Server::start(|_, request, wire| {
        let path = request.split(' ').nth(1).unwrap();
        say(wire, answer("200 OK", "", path), Then::Keep)
    });
    let client = client(&server.origin());
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let client = &client;
            scope.spawn(move || {
                for n in 0..20 {
                    let path = format!("/{thread}/{n}");
                    assert_eq!(client.send(&get(&path)).unwrap().body, path.as_bytes());
                }
            });
        }
    });
    assert_eq!(client.traffic().requests, 160);
}

#[test]
fn a_large_stream_is_read_whole_by_piece_and_by_read() {
    const LINE: &[u8] = b"{\"_id\":\"202BC1-BM632w-0000001\"}\n";
    let server = Server::start(|_, _, wire| {
        let block = LINE.repeat(4096);
        say(wire, "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n", Then::Keep);
        for _ in 0..64 {
            let size = format!("{:x}\r\n", block.len());
            say(wire, [size.as_bytes(), &block, b"\r\n"].concat(), Then::Keep);
        }
        say(wire, "0\r\n\r\n", Then::Keep)
    });
    let client = client(&server.origin());
    let mut by_piece = Vec::new();
    let mut stream = client.stream(&get("/devices")).unwrap();
    while let Some(piece) = stream.next().unwrap() {
        by_piece.extend_from_slice(&piece);
    }
    let mut by_read = Vec::new();
    client.stream(&get("/devices")).unwrap().read_to_end(&mut by_read).unwrap();
    assert_eq!(by_piece.len(), 64 * 4096 * LINE.len());
    assert!(by_piece == by_read && by_piece.chunks(LINE.len()).all(|line| line == LINE));
}

#[test]
fn read_gives_the_failure_itself() {
    let server = Server::start(|_, _, wire| {
        say(wire, "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[{", Then::Close)
    });
    let client = client(&server.origin());
    let mut stream = client.stream(&get("/devices")).unwrap();
    let mut text = Vec::new();
    let error = stream.read_to_end(&mut text).unwrap_err();
    let inner = error.get_ref().unwrap().downcast_ref::<HttpError>().unwrap();
    assert_eq!((inner.trouble, &text[..]), (Trouble::Cut, &b"[{"[..]));
    assert!(stream.read(&mut [0; 4]).is_err(), "a failure never becomes an end");
}

#[test]
fn a_stream_that_is_dropped_closes_its_connection() {
    let (tell, told) = mpsc::channel();
    let server = Server::start(move |_, _, wire| {
        say(wire, "HTTP/1.1 200 OK\r\ncontent-length: 9000\r\n\r\n[", Then::Keep);
        wait_for_end(wire);
        tell.send(()).unwrap();
        Then::Close
    });
    let client = client(&server.origin());
    let mut stream = client.stream(&get("/devices")).unwrap();
    assert_eq!(stream.next().unwrap().unwrap(), &b"["[..]);
    drop(stream);
    told.recv_timeout(Duration::from_secs(20)).unwrap();
}

#[test]
fn two_streams_of_one_client_don_t_wait_for_each_other() {
    let server = Server::saying(answer("200 OK", "", "[1,2,3]"));
    let client = client(&server.origin());
    let mut one = client.stream(&get("/devices")).unwrap();
    let mut two = client.stream(&get("/faults")).unwrap();
    assert!(two.next().unwrap().is_some() && one.next().unwrap().is_some());
    assert!(one.next().unwrap().is_none() && two.next().unwrap().is_none());
}
