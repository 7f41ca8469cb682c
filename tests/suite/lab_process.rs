//! A lab as a process, and the program run against it: what users have, over real HTTP.
//!
//! Must not do: link the lab in. What it is asked, it is asked over its port.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Stdio};
use std::time::Duration;

use serde_json::Value;

use crate::product_run::{Answer, Home};

/// A running lab of 60 days, its clock standing still.
pub struct Lab {
    home: Home,
    child: Child,
    pub port: u16,
    config: PathBuf,
}

impl Lab {
    pub fn start(devices: u32) -> Self {
        let home = Home::new();
        let config = home.path().join("lab.toml");
        let count = devices.to_string();
        let arguments = [
            "lab",
            "--seed",
            "1",
            "--devices",
            &count,
            "--days",
            "60",
            "--port",
            "0",
            "--speed",
            "0",
            "--config-out",
            config.to_str().unwrap(),
        ];
        let mut child = home.acerto(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        let port = ready["port"].as_u64().unwrap() as u16;
        Self { home, child, port, config }
    }

    /// The configuration's text, to write another beside it.
    pub fn configuration(&self) -> String {
        std::fs::read_to_string(&self.config).unwrap()
    }

    /// Replaces the configuration, mode and folder kept.
    pub fn configure(&self, text: &str) {
        std::fs::write(&self.config, text).unwrap();
    }

    /// `[net]` with these lines.
    pub fn net(&self, lines: &str) {
        let text = self.configuration();
        assert!(!text.contains("[net]"), "the lab's configuration has a [net] of its own");
        self.configure(&format!("{text}\n[net]\n{lines}\n"));
    }

    /// Control API: POST.
    pub fn post(&self, path: &str, body: &Value) -> Value {
        let body = body.to_string();
        let (status, answer) = self.exchange(&format!(
            "POST {path} HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ));
        assert_eq!(status, 200, "{path} {body}: {answer}");
        serde_json::from_str(&answer).unwrap_or(Value::Null)
    }

    /// Control API: GET.
    pub fn get(&self, path: &str) -> Value {
        let (status, answer) = self
            .exchange(&format!("GET {path} HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n"));
        assert_eq!(status, 200, "{path}: {answer}");
        serde_json::from_str(&answer).unwrap()
    }

    /// Makes a side's next answers wrong.
    pub fn fault(&self, name: &str, side: &str, times: u32) {
        let fault = serde_json::json!({"name": name, "side": side, "times": times});
        self.post("/_lab/fault", &fault);
    }

    /// One request on a connection of its own: status and body.
    fn exchange(&self, request: &str) -> (u16, String) {
        let mut stream = TcpStream::connect(("127.0.0.1", self.port)).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, unchunked(head, body))
    }

    /// The program against this lab.
    pub fn acerto(&self, profile: &str, arguments: &[&str]) -> Answer {
        let config = self.config.to_str().unwrap();
        self.home.run(&[&["--config", config, "--profile", profile], arguments].concat())
    }

    /// `--reconcile`, JSON on stdout.
    pub fn reconcile(&self, profile: &str) -> Answer {
        self.acerto(profile, &["--reconcile", "--format", "json"])
    }

    /// Ends it, as a machine that goes down would.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        // It may have been killed already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A body without its chunk framing.
fn unchunked(head: &str, body: &str) -> String {
    if !head.to_ascii_lowercase().contains("transfer-encoding: chunked") {
        return body.to_owned();
    }
    let (mut rest, mut whole) = (body, String::new());
    while let Some((size, more)) = rest.split_once("\r\n") {
        let size = usize::from_str_radix(size.trim(), 16).unwrap();
        if size == 0 {
            break;
        }
        whole.push_str(&more[..size]);
        rest = more[size..].trim_start_matches("\r\n");
    }
    whole
}
