//! `acerto listen` as a process, senders that speak HTTP to it, and a target that it passes on to.
//!
//! Must not do: link the receiver in. What it kept is asked of the store, by the program.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::{Child, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::product_run::{Answer, Home};
use crate::samples;

/// Longer than anything takes, on a machine that does much else.
pub const PATIENCE: Duration = Duration::from_secs(90);

/// What senders share with it.
pub const SECRET: &str = "a-long-enough-secret-of-the-webhook";

/// A home with a profile of two files and these lines of `[listen]`.
pub fn home(listen: &str) -> Home {
    let home = Home::new();
    let (sample, config) = (samples::folder("first-world"), home.folder(".config/acerto"));
    for name in ["acs.ndjson", "provider.csv"] {
        std::fs::copy(sample.join(name), config.join(name)).unwrap();
    }
    let text = format!(
        "[profiles.prod]\nacs = {{ kind = \"file\", path = \"acs.ndjson\" }}\n\
         provider = {{ kind = \"file\", path = \"provider.csv\" }}\n\n{}",
        table(&config, listen)
    );
    std::fs::write(config.join("config.toml"), text).unwrap();
    home
}

/// `[listen]` on a free port, its secret in a file of the folder.
pub fn table(folder: &Path, more: &str) -> String {
    let secret = folder.join("webhook.secret");
    std::fs::write(&secret, SECRET).unwrap();
    std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(0o600)).unwrap();
    format!("[listen]\naddress = \"127.0.0.1:0\"\nsecret_file = '{}'\n{more}\n", secret.display())
}

/// A running receiver.
pub struct Listening {
    child: Child,
    pub port: u16,
    said: Receiver<String>,
}

impl Listening {
    /// Starts it in its home.
    pub fn at(home: &Home) -> Self {
        Self::of(home.acerto(&["listen"]))
    }

    /// Starts it by this command; waits until it is ready.
    pub fn of(mut command: std::process::Command) -> Self {
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        let (sender, said) = channel();
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                // Nobody listens any more: the pipe has to be emptied all the same.
                let _ = sender.send(line);
            }
        });
        let mut before = String::new();
        let port = loop {
            let line = said.recv_timeout(PATIENCE).unwrap_or_else(|e| panic!("{e}: {before}"));
            if let Some((_, rest)) = line.split_once("http://127.0.0.1:") {
                break rest.split('/').next().unwrap().parse().unwrap();
            }
            before += &line;
        };
        Self { child, port, said }
    }

    /// A connection that is kept.
    pub fn connect(&self) -> Sender {
        Sender::to(self.port)
    }

    /// As a machine that goes down ends it.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// A clean stop; the exit code, and what it said.
    pub fn stop(mut self) -> (Option<i32>, String) {
        let pid = Pid::from_raw(self.child.id().try_into().unwrap()).unwrap();
        kill_process(pid, Signal::TERM).unwrap();
        let exit = self.child.wait().unwrap().code();
        (exit, self.said.iter().collect::<Vec<_>>().join("\n"))
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A connection over which request after request goes.
pub struct Sender {
    stream: BufReader<TcpStream>,
}

impl Sender {
    pub fn to(port: u16) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_nodelay(true).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        Self { stream: BufReader::new(stream) }
    }

    /// Status and answer; `None` where the connection ended.
    pub fn send(&mut self, head: &str, body: &str) -> Option<(u16, Value)> {
        let request = format!(
            "{head}Host: acerto\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n\
             {body}",
            body.len()
        );
        self.stream.get_mut().write_all(request.as_bytes()).ok()?;
        let mut line = String::new();
        self.stream.read_line(&mut line).ok().filter(|n| *n > 0)?;
        let status = line.split(' ').nth(1)?.parse().ok()?;
        let mut length = 0;
        loop {
            line.clear();
            self.stream.read_line(&mut line).ok().filter(|n| *n > 0)?;
            let lower = line.to_ascii_lowercase();
            if let Some(n) = lower.strip_prefix("content-length:") {
                length = n.trim().parse().ok()?;
            }
            if line == "\r\n" {
                break;
            }
        }
        let mut answer = vec![0; length];
        self.stream.read_exact(&mut answer).ok()?;
        Some((status, serde_json::from_slice(&answer).unwrap_or(Value::Null)))
    }

    /// With the shared secret.
    pub fn tell(&mut self, body: &str) -> Option<(u16, Value)> {
        self.send(&shared(SECRET), body)
    }
}

/// The head of a delivery that carries this secret.
pub fn shared(secret: &str) -> String {
    format!("POST /webhook HTTP/1.1\r\nX-Acerto-Secret: {secret}\r\n")
}

/// That a device was deleted by hand, as the ACS tells it.
pub fn deletion(serial: &str, time: &str) -> String {
    let device = serde_json::json!({"serialNumber": serial, "owner": "Ana Lima",
        "cpf": "390.533.447-00"});
    serde_json::json!({"event": "device-deleted", "time": time, "device": device}).to_string()
}

/// Keys of the deletions that the store holds.
pub fn kept(home: &Home) -> Vec<String> {
    keys(&home.run(&["store", "export"]))
}

/// The same of an export.
pub fn keys(export: &Answer) -> Vec<String> {
    assert_eq!(export.exit, Some(0), "{}", export.said());
    let lines = export.stdout.lines().map(|l| serde_json::from_str::<Value>(l).unwrap());
    let deleted = lines.filter(|l| l["kind"] == "event" && l["what"] == "device-deleted");
    deleted.filter_map(|l| l["key"].as_str().map(str::to_owned)).collect()
}

/// A target that deliveries are passed on to; `answers` one status after another, then 200.
pub struct Target {
    pub port: u16,
    got: Arc<Mutex<Vec<String>>>,
}

impl Target {
    /// Listens on a port that may have been another target's.
    pub fn on(port: u16, answers: &[u16]) -> Self {
        let until = Instant::now() + PATIENCE;
        let listener = loop {
            match TcpListener::bind(("127.0.0.1", port)) {
                Ok(listener) => break listener,
                Err(e) => assert!(Instant::now() < until, "{e}"),
            }
        };
        let port = listener.local_addr().unwrap().port();
        let got = Arc::new(Mutex::new(Vec::new()));
        let kept = Arc::clone(&got);
        let mut answers = VecDeque::from(answers.to_vec());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let status = answers.pop_front().unwrap_or(200);
                let Some(request) = whole_request(&stream) else { continue };
                if status == 200 {
                    kept.lock().unwrap().push(request);
                }
                let answer = format!(
                    "HTTP/1.1 {status} So\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                );
                let _ = (&stream).write_all(answer.as_bytes());
            }
        });
        Self { port, got }
    }

    /// What was answered with 200, once there are as many.
    pub fn wait_for(&self, many: usize) -> Vec<String> {
        let until = Instant::now() + PATIENCE;
        while self.got.lock().unwrap().len() < many {
            assert!(Instant::now() < until, "{} came", self.got.lock().unwrap().len());
            std::thread::sleep(Duration::from_millis(10));
        }
        self.got.lock().unwrap().clone()
    }
}

/// A request's head and body.
fn whole_request(stream: &TcpStream) -> Option<String> {
    let mut reader = BufReader::new(stream);
    let (mut head, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok().filter(|n| *n > 0)?;
        if let Some(n) = line.to_ascii_lowercase().strip_prefix("content-length:") {
            length = n.trim().parse().ok()?;
        }
        head += &line;
        if line == "\r\n" {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(head + &String::from_utf8_lossy(&body))
}
