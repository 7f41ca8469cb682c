//! A lab as a process, and the program run against it: what users have, over real HTTP.
//!
//! Must not do: link the lab in. What it is asked, it is asked over its port.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::product_run::{Answer, Home};

/// Three in the afternoon, today or yesterday: the same world whenever the suite runs.
pub fn afternoon() -> Timestamp {
    let now = Timestamp::now();
    let day = now.as_second().div_euclid(86_400);
    let three = Timestamp::from_second(day * 86_400 + 15 * 3600).unwrap();
    if three < now { three } else { three - SignedDuration::from_hours(24) }
}

/// A running lab of 60 days, its clock standing still.
pub struct Lab {
    home: Home,
    child: Child,
    pub port: u16,
    config: PathBuf,
}

impl Lab {
    pub fn start(devices: u32) -> Self {
        Self::of(1, devices)
    }

    /// Another one than the first.
    pub fn of(seed: u64, devices: u32) -> Self {
        Self::with(seed, devices, &[])
    }

    /// With more arguments.
    pub fn with(seed: u64, devices: u32, more: &[&str]) -> Self {
        let home = Home::new();
        let config = home.path().join("lab.toml");
        let (seed, count) = (seed.to_string(), devices.to_string());
        let epoch = afternoon().to_string();
        let arguments = [
            "lab",
            "--epoch",
            &epoch,
            "--seed",
            &seed,
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
        let arguments = [&arguments[..], more].concat();
        let mut child = home.acerto(&arguments).stdout(Stdio::piped()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{e}: {line:?}"));
        let port = ready["port"].as_u64().unwrap() as u16;
        Self { home, child, port, config }
    }

    /// Where the configuration is.
    pub fn config_path(&self) -> &Path {
        &self.config
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
        let (status, answer) = self.ask("POST", path, "", body);
        assert_eq!(status, 200, "{path} {body}: {answer}");
        serde_json::from_str(&answer).unwrap_or(Value::Null)
    }

    /// Control API: GET.
    pub fn get(&self, path: &str) -> Value {
        serde_json::from_str(&self.text(path)).unwrap()
    }

    /// Control API: GET, as it was answered.
    pub fn text(&self, path: &str) -> String {
        let (status, answer) = self
            .exchange(&format!("GET {path} HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n\r\n"));
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// Any request with a body; `headers` end in CRLF each. Status and body.
    pub fn ask(&self, method: &str, path: &str, headers: &str, body: &Value) -> (u16, String) {
        let body = body.to_string();
        self.exchange(&format!(
            "{method} {path} HTTP/1.1\r\nHost: lab\r\nConnection: close\r\n{headers}\
             Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        ))
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

    /// Where the lab and the program keep their files.
    pub fn folder(&self) -> &Path {
        self.home.path()
    }

    /// The program against this lab.
    pub fn acerto(&self, profile: &str, arguments: &[&str]) -> Answer {
        Answer::of(&self.command(profile, arguments).output().unwrap())
    }

    /// The program against this lab, to be run by the caller.
    pub fn command(&self, profile: &str, arguments: &[&str]) -> Command {
        let config = self.config.to_str().unwrap();
        self.home.acerto(&[&["--config", config, "--profile", profile], arguments].concat())
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

/// A lab that is killed can't clean up: nothing that it made for itself may need it.
#[test]
fn a_lab_told_where_to_write_leaves_nothing_else_when_it_is_killed() {
    let home = Home::new();
    let (folder, config) = (home.path().join("tmp"), home.path().join("lab.toml"));
    std::fs::create_dir(&folder).unwrap();
    let arguments =
        ["lab", "--devices", "20", "--days", "1", "--config-out", config.to_str().unwrap()];
    let mut lab = home.acerto(&arguments);
    let mut lab = lab.env("TMPDIR", &folder).stdout(Stdio::piped()).spawn().unwrap();
    let mut ready = String::new();
    BufReader::new(lab.stdout.take().unwrap()).read_line(&mut ready).unwrap();
    lab.kill().unwrap();
    lab.wait().unwrap();
    assert!(ready.contains("\"port\"") && config.exists(), "{ready}");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0);
}
