//! A server for the tests: it plays recorded or written answers byte for byte, one a request,
//! and keeps what it was asked.
//!
//! Must not do: know what the adapter does with them.

use std::collections::BTreeMap;
use std::io::{Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::Timestamp;

use super::{GenieAcs, GenieSettings, SpeedTests};
use crate::http::{Limits, Settings};

/// When the adapters of the tests are made.
pub fn now() -> Timestamp {
    "2026-11-23T14:00:00Z".parse().unwrap()
}

/// What is done with one request.
#[derive(Clone)]
pub enum Play {
    /// These bytes, then the connection is closed.
    Bytes(Vec<u8>),
    /// These bytes one by one with this pause, then the connection is closed.
    Drip(Vec<u8>, Duration),
    /// These bytes, then silence while the client waits.
    Silence(Vec<u8>),
    /// Silence for so long, then the connection is closed.
    Late(Duration),
}

/// The server; it ends with the test.
pub struct Server {
    pub origin: String,
    asked: Arc<Mutex<Vec<String>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Plays one answer a request, the last one again and again.
    pub fn new(plays: Vec<Play>) -> Self {
        Self::by(move |nth, _| plays[nth.min(plays.len() - 1)].clone())
    }

    /// Answers each request by its number and its head.
    pub fn by(answer: impl Fn(usize, &str) -> Play + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (asked, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (heads, stop) = (Arc::clone(&asked), Arc::clone(&over));
        let thread = thread::spawn(move || {
            for connection in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let mut connection = connection.unwrap();
                let Some(head) = read_head(&mut connection) else { continue };
                let nth = {
                    let mut heads = heads.lock().unwrap();
                    heads.push(head.clone());
                    heads.len() - 1
                };
                play(&mut connection, answer(nth, &head));
            }
        });
        Self { origin, asked, over, thread: Some(thread) }
    }

    /// The heads of all requests, each with its body.
    pub fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// The methods and paths of all requests, without queries.
    pub fn asked_for(&self) -> Vec<String> {
        let line = |head: &String| {
            let mut words = head.split([' ', '?']);
            format!("{} {}", words.next().unwrap(), words.next().unwrap())
        };
        self.asked().iter().map(line).collect()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let address = self.origin.trim_start_matches("http://");
        drop(TcpStream::connect(address));
        if let Some(thread) = self.thread.take() {
            let ended = thread.join();
            assert!(ended.is_ok() || thread::panicking(), "the server had no answer");
        }
    }
}

fn read_head(connection: &mut TcpStream) -> Option<String> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if connection.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let text = String::from_utf8(head).unwrap();
    let length = text.lines().find_map(|line| line.strip_prefix("content-length: "));
    let mut body = vec![0; length.map_or(0, |n| n.parse().unwrap())];
    connection.read_exact(&mut body).ok()?;
    Some(text + std::str::from_utf8(&body).unwrap())
}

/// A client that has enough hangs up: writing to it may fail.
fn play(connection: &mut TcpStream, play: Play) {
    match play {
        Play::Bytes(bytes) => drop(connection.write_all(&bytes)),
        Play::Drip(bytes, pause) => {
            for byte in bytes {
                if connection.write_all(&[byte]).is_err() {
                    return;
                }
                thread::sleep(pause);
            }
        }
        Play::Late(pause) => thread::sleep(pause),
        Play::Silence(bytes) => {
            let _ = connection.write_all(&bytes);
            let _ = connection.set_read_timeout(Some(Duration::from_secs(20)));
            let _ = connection.read(&mut [0]);
        }
    }
}

/// Short limits, and no second try of what nobody took.
pub fn limits() -> Limits {
    Limits {
        connect: Duration::from_secs(5),
        request: Duration::from_secs(10),
        stream_first_byte: Duration::from_secs(10),
        stream_idle: Duration::from_secs(10),
        retries: 0,
        retry_least: Duration::from_millis(1),
        ..Limits::default()
    }
}

/// An adapter for `origin`.
pub fn genie(origin: &str, limits: Limits) -> GenieAcs {
    let http = Settings { origin: origin.to_owned(), ca_pem: None, limits };
    GenieAcs::new(GenieSettings {
        http,
        login: None,
        fields: BTreeMap::new(),
        speed_tests: SpeedTests::default(),
        now: now(),
    })
    .unwrap()
}

/// The head that GenieACS sends before a list.
pub const DATE: &str = "Date: Mon, 23 Nov 2026 13:23:19 GMT\r\n";

/// A list as GenieACS sends it: a chunk a record, a chunk a separator.
pub fn list(total: Option<u64>, records: &[String]) -> Vec<u8> {
    let total = total.map_or(String::new(), |n| format!("total: {n}\r\n"));
    let head = format!(
        "HTTP/1.1 200 OK\r\nGenieACS-Version: 1.2.16+26112338e9\r\n\
         Content-Type: application/json\r\n{total}{DATE}Connection: close\r\n\
         Transfer-Encoding: chunked\r\n\r\n"
    );
    let mut bytes = head.into_bytes();
    let mut chunks = vec!["[\n".to_owned()];
    for (nth, record) in records.iter().enumerate() {
        if nth > 0 {
            chunks.push(",\n".to_owned());
        }
        chunks.push(record.clone());
    }
    chunks.push("\n]".to_owned());
    for chunk in chunks {
        bytes.extend_from_slice(format!("{:x}\r\n{chunk}\r\n", chunk.len()).as_bytes());
    }
    bytes.extend_from_slice(b"0\r\n\r\n");
    bytes
}

/// The head of an answer to `HEAD /devices`.
pub fn count(total: Option<u64>) -> Vec<u8> {
    let total = total.map_or(String::new(), |n| format!("total: {n}\r\n"));
    format!(
        "HTTP/1.1 200 OK\r\n{total}Date: Mon, 23 Nov 2026 13:30:00 GMT\r\nConnection: close\r\n\r\n"
    )
    .into_bytes()
}

/// An answer of a status and a body.
pub fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!(
        "HTTP/1.1 {status}\r\n{headers}Content-Length: {length}\r\nConnection: close\r\n\r\n{body}"
    )
    .into_bytes()
}

/// Some records.
pub fn records(from: u64, to: u64) -> Vec<String> {
    (from..to)
        .map(|n| {
            format!(
                "{{\"_id\":\"00259E-HG-{n}\",\"_deviceId\":{{\"_SerialNumber\":\"HWTC{n:08}\"}},\
                 \"_lastInform\":\"2026-11-23T13:00:00.000Z\"}}"
            )
        })
        .collect()
}
