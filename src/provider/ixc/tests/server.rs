//! A stand-in for IXC Provedor: it lists its tables as the documentation says, and a test may
//! change any answer. A POST without the header inserts, as the real one does.
//!
//! Must not do: share code with the adapter.

use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use jiff::tz::TimeZone;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::http::{Limits, Settings};
use crate::provider::ixc::{
    Auth, Credential, DeviceSource, IxcProvedor, IxcProvedorSettings, Paging, Update, UpdateMode,
};

pub type World = BTreeMap<&'static str, Vec<Value>>;

/// A request as it came.
#[derive(Clone, Debug)]
pub struct Asked {
    pub method: String,
    pub path: String,
    pub lists: bool,
    pub authorization: String,
    pub body: Value,
    /// The body's bytes.
    pub raw: String,
}

impl Asked {
    pub fn table(&self) -> &str {
        self.path.rsplit('/').next().unwrap()
    }

    pub fn oper(&self) -> &str {
        self.body["oper"].as_str().unwrap_or_default()
    }
}

/// An answer; `cut` bytes of its body are sent where set. Status 0 is no answer at all, after
/// [`SILENCE`] where it has a body.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub kind: &'static str,
    pub body: Vec<u8>,
    pub cut: Option<usize>,
}

impl Answer {
    pub fn json(value: &Value) -> Self {
        let body = value.to_string().into_bytes();
        Self { status: 200, kind: "text/x-json; charset=ISO-8859-1", body, cut: None }
    }

    pub fn page(status: u16, text: &str) -> Self {
        Self { status, kind: "text/html", body: text.as_bytes().to_vec(), cut: None }
    }
}

/// Longer than the stand-in's clients wait.
pub const SILENCE: Duration = Duration::from_millis(1500);

pub struct Server {
    pub origin: String,
    pub asked: Arc<Mutex<Vec<Asked>>>,
    over: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Serves honestly.
    pub fn honest(world: World) -> Self {
        Self::with(world, |_, _, honest| honest)
    }

    /// Serves what `change` makes of the honest answer to the nth request.
    pub fn with(
        world: World,
        change: impl Fn(usize, &Asked, Answer) -> Answer + Send + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", listener.local_addr().unwrap());
        let (asked, over) = (Arc::new(Mutex::new(Vec::new())), Arc::new(AtomicBool::new(false)));
        let (log, stop) = (Arc::clone(&asked), Arc::clone(&over));
        let thread = thread::spawn(move || {
            for connection in listener.incoming() {
                if stop.load(Ordering::Relaxed) {
                    return;
                }
                let mut connection = connection.unwrap();
                let Some(request) = read(&connection) else { continue };
                let nth = log.lock().unwrap().len();
                log.lock().unwrap().push(request.clone());
                let answer = change(nth, &request, serve(&world, &request));
                let _ = write(&mut connection, &answer);
            }
        });
        Self { origin, asked, over, thread: Some(thread) }
    }

    pub fn requests(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }

    /// POSTs to tables that would have been inserts.
    pub fn inserts(&self) -> usize {
        let is_insert =
            |r: &&Asked| r.method == "POST" && r.path.contains("/webservice/") && !r.lists;
        self.requests().iter().filter(is_insert).count()
    }

    /// An adapter for it, small pages.
    pub fn adapter(&self) -> IxcProvedor {
        IxcProvedor::new(self.settings()).unwrap()
    }

    pub fn settings(&self) -> IxcProvedorSettings {
        settings(&self.origin)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.origin.trim_start_matches("http://"));
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

pub fn settings(origin: &str) -> IxcProvedorSettings {
    let limits = Limits {
        retries: 0,
        retry_least: Duration::from_millis(1),
        retry_most: Duration::from_millis(2),
        breaker_open: Duration::ZERO,
        ..Limits::default()
    };
    IxcProvedorSettings {
        http: Settings { origin: origin.to_owned(), ca_pem: None, limits },
        credential: Credential {
            client_id: Some("12".to_owned()),
            secret: SecretString::from("ab".repeat(32)),
        },
        auth: Auth::BasicToken,
        device_source: DeviceSource::Both,
        paging: Paging::Keyset,
        page_size: Some(2),
        fields: BTreeMap::new(),
        update: Update::All(UpdateMode::Full),
        server_columns: Vec::new(),
        synchronise_path: None,
        timezone: TimeZone::get("America/Sao_Paulo").unwrap(),
        now: "2026-11-23T14:00:00Z".parse().unwrap(),
    }
}

fn read(connection: &TcpStream) -> Option<Asked> {
    let mut reader = BufReader::new(connection);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let mut words = line.split_whitespace();
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    let mut headers = BTreeMap::new();
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim_end().split_once(": ") else { break };
        headers.insert(name.to_lowercase(), value.to_owned());
    }
    let length = headers.get("content-length").and_then(|v| v.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Asked {
        method,
        path,
        lists: headers.get("ixcsoft").is_some_and(|v| v == "listar"),
        authorization: headers.get("authorization").cloned().unwrap_or_default(),
        body: serde_json::from_slice(&body).unwrap_or(Value::Null),
        raw: String::from_utf8(body).ok()?,
    })
}

fn write(connection: &mut TcpStream, answer: &Answer) -> std::io::Result<()> {
    let Answer { status, kind, body, cut } = answer;
    let length = body.len();
    if *status == 0 {
        if length > 0 {
            thread::sleep(SILENCE);
        }
        return Ok(());
    }
    write!(
        connection,
        "HTTP/1.1 {status} X\r\ndate: Mon, 23 Nov 2026 14:01:00 GMT\r\ncontent-type: {kind}\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n"
    )?;
    connection.write_all(&body[..cut.unwrap_or(length)])
}

fn serve(world: &World, asked: &Asked) -> Answer {
    if !asked.lists {
        return match asked.method.as_str() {
            "POST" => Answer::json(&json!({"type": "success", "message": "ok", "id": "6"})),
            _ => Answer::page(404, "<html>404</html>"),
        };
    }
    let text = |key: &str| asked.body[key].as_str().unwrap().to_owned();
    let Some(rows) = world.get(asked.table()) else {
        let table = asked.table();
        let message = format!("Recurso {table} não está disponível!");
        return Answer::json(&json!({"type": "error", "message": message}));
    };
    let qtype = text("qtype");
    let (table, column) = qtype.split_once('.').unwrap();
    assert_eq!(table, asked.table());
    let of = |row: &Value, column: &str| row[column].as_str().and_then(|v| v.parse::<u64>().ok());
    let fits = |row: &Value, column: &str, oper: &str, wanted: &str| {
        let held = row[column].as_str().unwrap_or_default();
        match (of(row, column), oper, wanted.parse::<u64>()) {
            (_, "L", _) => held.to_lowercase().contains(&wanted.to_lowercase()),
            (_, "IN", _) => wanted.split(',').any(|one| one == held),
            (_, "=", Err(_)) => held == wanted,
            (Some(v), ">", Ok(value)) => v > value,
            (Some(v), "<=", Ok(value)) => v <= value,
            (Some(v), "!=", Ok(value)) => v != value,
            (Some(v), "=", Ok(value)) => v == value,
            _ => false,
        }
    };
    let more: Vec<Value> = asked.body["grid_param"]
        .as_str()
        .map_or_else(Vec::new, |grid| serde_json::from_str(grid).unwrap());
    let also = |row: &Value| {
        more.iter().all(|one| {
            let part = |name: &str| one[name].as_str().unwrap();
            fits(row, part("TB").split_once('.').unwrap().1, part("OP"), part("P"))
        })
    };
    let matches = |row: &&Value| fits(row, column, &text("oper"), &text("query")) && also(row);
    let mut rows: Vec<&Value> = rows.iter().filter(matches).collect();
    rows.sort_by_key(|row| of(row, "id"));
    if text("sortorder") == "desc" {
        rows.reverse();
    }
    let (page, rp): (usize, usize) = (text("page").parse().unwrap(), text("rp").parse().unwrap());
    let total = rows.len();
    let rows: Vec<&Value> = rows.into_iter().skip((page - 1) * rp).take(rp).collect();
    if rows.is_empty() {
        return Answer::json(&json!({"page": page.to_string(), "total": total}));
    }
    let total = total.to_string();
    Answer::json(&json!({"page": page.to_string(), "total": total, "registros": rows}))
}
