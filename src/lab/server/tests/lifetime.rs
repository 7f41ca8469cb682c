//! Start and stop, and connections.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::{Client, lab};
use crate::lab::server::{Lab, LabError, LabOptions};

#[test]
fn it_can_be_shared_and_frees_its_port_when_dropped() {
    fn shared(_: &(impl Send + Sync)) {}
    let lab = lab();
    shared(&lab);
    let port = lab.port();
    let taken = Lab::start(LabOptions { port, devices: 10, days: 2, ..LabOptions::default() });
    assert!(matches!(taken, Err(LabError::Listen { port: p, .. }) if p == port));
    let _idle = TcpStream::connect(("127.0.0.1", port)).unwrap();
    drop(lab);
    assert!(TcpStream::connect(("127.0.0.1", port)).is_err());
}

#[test]
fn a_request_may_come_in_pieces_and_the_next_one_with_it() {
    let lab = lab();
    let mut stream = TcpStream::connect(("127.0.0.1", lab.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let first = b"GET /devices/x HTTP/1.1\r\nHost: lab\r\n\r\n";
    stream.write_all(&first[..20]).unwrap();
    stream.write_all(&first[20..]).unwrap();
    stream.write_all(b"GET /devices/y HTTP/1.1\r\nConnection: close\r\n\r\n").unwrap();
    let mut all = String::new();
    stream.read_to_string(&mut all).unwrap();
    assert_eq!(all.matches("HTTP/1.1 405 ").count(), 2, "{all}");
    assert_eq!(all.matches("Connection: close").count(), 1, "{all}");
}

#[test]
fn what_is_no_request_is_refused_and_the_next_one_served() {
    let lab = lab();
    let client = Client::of(&lab);
    let long = format!("GET /devices HTTP/1.1\r\nX-Long: {}\r\n\r\n", "x".repeat(20 << 10));
    for (bytes, status) in [
        ("nonsense\r\n\r\n", 400),
        ("GET nopath HTTP/1.1\r\n\r\n", 400),
        (long.as_str(), 431),
        ("POST / HTTP/1.1\r\nContent-Length: 9000000\r\n\r\n", 413),
        ("POST / HTTP/1.1\r\nContent-Length: x\r\n\r\n", 400),
        ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", 411),
    ] {
        assert_eq!(client.raw(bytes.as_bytes()).status, status, "{bytes:.40}");
    }
    assert_eq!(client.get("/_lab/state").status, 200);
}
