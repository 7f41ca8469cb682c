//! One request a connection, by hand, and the bytes that came back.
//!
//! Must not do: hide how an answer was framed, or that it ended too early.

use std::fmt::Write as _;
use std::io::{ErrorKind, Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};

use crate::lab::server::Lab;

/// How a connection ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The answer was whole.
    Whole,
    /// Closed before it was.
    Closed,
    /// Reset.
    Reset,
    /// Nothing more came for a second.
    Silent,
}

/// What came back.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub reason: String,
    pub head: String,
    /// The body as it was framed.
    pub raw: Vec<u8>,
    pub end: End,
}

impl Answer {
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().skip(1).find_map(|line| {
            let (known, value) = line.split_once(':')?;
            known.eq_ignore_ascii_case(name).then_some(value.trim())
        })
    }

    /// The chunks of a chunked body, the last and empty one not among them.
    pub fn chunks(&self) -> Vec<Vec<u8>> {
        let (mut rest, mut chunks) = (self.raw.as_slice(), Vec::new());
        while let Some(end) = rest.windows(2).position(|w| w == b"\r\n") {
            let size = std::str::from_utf8(&rest[..end]).unwrap();
            let size = usize::from_str_radix(size, 16).unwrap();
            if size == 0 {
                break;
            }
            chunks.push(rest[end + 2..end + 2 + size].to_vec());
            rest = &rest[end + 4 + size..];
        }
        chunks
    }

    pub fn body(&self) -> Vec<u8> {
        if self.header("transfer-encoding") == Some("chunked") {
            self.chunks().concat()
        } else {
            self.raw.clone()
        }
    }

    pub fn text(&self) -> String {
        String::from_utf8(self.body()).unwrap()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body()).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// Asks a lab.
pub struct Client {
    port: u16,
    provider: String,
    oauth: (String, String),
}

impl Client {
    pub fn of(lab: &Lab) -> Self {
        let access = lab.shared.lock().access(lab.port());
        let (user, token) = access.provider;
        Self {
            port: access.port,
            provider: format!("Basic {}", STANDARD.encode(format!("{user}:{token}"))),
            oauth: (access.client_id, access.client_secret),
        }
    }

    /// One request; headers as lines without their ends.
    pub fn ask(&self, method: &str, target: &str, headers: &[&str], body: &str) -> Answer {
        let mut request =
            format!("{method} {target} HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n");
        for header in headers {
            write!(request, "{header}\r\n").unwrap();
        }
        write!(request, "Content-Length: {}\r\n\r\n{body}", body.len()).unwrap();
        self.raw(request.as_bytes())
    }

    /// Bytes there and bytes back.
    pub fn raw(&self, request: &[u8]) -> Answer {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(1))).unwrap();
        stream.write_all(request).unwrap();
        read(&mut stream, request.starts_with(b"HEAD"))
    }

    pub fn get(&self, target: &str) -> Answer {
        self.ask("GET", target, &[], "")
    }

    pub fn control(&self, name: &str, body: &Value) -> Answer {
        self.ask("POST", &format!("/_lab/{name}"), &[], &body.to_string())
    }

    pub fn fault(&self, fault: &Value) {
        let answer = self.control("fault", fault);
        assert_eq!(answer.status, 200, "{answer:?}");
    }

    /// A request to the Provider, logged in.
    pub fn provider(&self, method: &str, path: &str, lists: bool, body: &Value) -> Answer {
        let login = format!("Authorization: {}", self.provider);
        let mut headers = vec![login.as_str()];
        if lists {
            headers.push("ixcsoft: listar");
        }
        self.ask(method, &format!("/webservice/v1/{path}"), &headers, &body.to_string())
    }

    /// Rows of a table after an id, in order.
    pub fn rows(&self, table: &str, after: u64, count: u64) -> Answer {
        let body = json!({
            "qtype": format!("{table}.id"), "oper": ">", "query": after.to_string(), "page": "1",
            "rp": count.to_string(), "sortname": format!("{table}.id"), "sortorder": "asc",
        });
        self.provider("POST", table, true, &body)
    }

    /// A token of the ACS, as a header.
    pub fn token(&self) -> String {
        let (id, secret) = &self.oauth;
        let form = format!("grant_type=client_credentials&client_id={id}&client_secret={secret}");
        let answer = self.ask("POST", "/api/v2/token/oauth", &[], &form);
        let token = answer.json()["access_token"].as_str().unwrap().to_owned();
        format!("Authorization: Bearer {token}")
    }

    /// A page of the ACS's view.
    pub fn view(&self, token: &str, page: usize, size: usize) -> Answer {
        let target = format!(
            "/api/v2/devices/views/natural?pagination[pageSize]={size}&\
             pagination%5BcurrentPage%5D={page}&sorting[sortBy]=serialNumber&sorting[sortOrder]=asc"
        );
        self.ask("GET", &target, &[token], "")
    }
}

/// Reads an answer as far as it comes.
pub fn read(stream: &mut TcpStream, is_head: bool) -> Answer {
    let mut bytes = Vec::new();
    let mut part = [0; 4096];
    let end = loop {
        match stream.read(&mut part) {
            Ok(0) => break End::Closed,
            Ok(count) => bytes.extend_from_slice(&part[..count]),
            Err(e) if e.kind() == ErrorKind::ConnectionReset => break End::Reset,
            Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                break End::Silent;
            }
            Err(error) => panic!("{error}"),
        }
    };
    let Some(at) = bytes.windows(4).position(|w| w == b"\r\n\r\n") else {
        assert!(bytes.is_empty(), "half a head: {}", String::from_utf8_lossy(&bytes));
        return Answer { status: 0, reason: String::new(), head: String::new(), raw: bytes, end };
    };
    let head = String::from_utf8(bytes[..at].to_vec()).unwrap();
    let raw = bytes[at + 4..].to_vec();
    let mut line = head.lines().next().unwrap().splitn(3, ' ');
    let status = line.nth(1).unwrap().parse().unwrap();
    let reason = line.next().unwrap_or_default().to_owned();
    let mut answer = Answer { status, reason, head, raw, end };
    let is_whole = match answer.header("content-length") {
        _ if is_head => answer.raw.is_empty(),
        Some(length) => answer.raw.len() == length.parse::<usize>().unwrap(),
        None => answer.raw.ends_with(b"0\r\n\r\n"),
    };
    if is_whole && answer.end == End::Closed {
        answer.end = End::Whole;
    }
    answer
}
