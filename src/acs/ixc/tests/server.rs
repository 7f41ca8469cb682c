//! An IXC ACS of the tests' own, over real HTTP: what it should say, and what a test makes of it.
//!
//! Must not do: share code with the adapter, or with the lab.

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, VerifyingKey};
use serde_json::{Value, json};

pub const CLIENT: &str = "acerto-test";
pub const SECRET: &str = "segredo+de/teste";
pub const DATE: &str = "Tue, 24 Nov 2026 12:00:00 GMT";

/// A request that came.
#[derive(Clone, Debug, Default)]
pub struct Ask {
    pub method: String,
    pub path: String,
    pub query: BTreeMap<String, String>,
    pub bearer: String,
    pub form: BTreeMap<String, String>,
    pub body: String,
}

impl Ask {
    pub fn query(&self, name: &str) -> Option<&str> {
        self.query.get(name).map(String::as_str)
    }

    /// The number of the page that is asked for; searches are none.
    pub fn page(&self) -> Option<usize> {
        if !self.path.ends_with("/natural") || self.query("search[column]").is_some() {
            return None;
        }
        self.query("pagination[currentPage]")?.parse().ok()
    }
}

/// An answer; with `cut`, the connection ends after so many bytes of the body.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub body: Vec<u8>,
    pub cut: Option<usize>,
}

impl Answer {
    pub fn new(status: u16, body: impl Into<Vec<u8>>) -> Self {
        Self { status, body: body.into(), cut: None }
    }

    pub fn json(value: &Value) -> Self {
        Self::new(200, value.to_string())
    }

    pub fn page(rows: &[Value], has_next: bool) -> Self {
        Self::json(&json!({ "registers": rows, "hasNextPage": has_next }))
    }
}

type Lie = dyn Fn(&World, &Ask, Answer) -> Answer + Send + Sync;

/// What the server knows.
pub struct World {
    /// Registers, in the order in which they are listed.
    pub rows: Mutex<Vec<Value>>,
    /// Serials that exist without being listed.
    pub hidden: Mutex<Vec<String>>,
    pub public_key: Option<VerifyingKey>,
    pub logins: AtomicUsize,
    /// The token that is good now; none before the first login.
    pub token: Mutex<String>,
    pub seen: Mutex<Vec<Ask>>,
    lie: Box<Lie>,
}

impl World {
    /// A page of what `wanted` lets through.
    pub fn page(&self, ask: &Ask, size: usize, number: usize) -> Answer {
        let search = ask.query("search[search]").unwrap_or_default();
        let rows = self.rows.lock().unwrap();
        let rows: Vec<Value> =
            rows.iter().filter(|row| serial(row).contains(search)).cloned().collect();
        let from = (number - 1).saturating_mul(size).min(rows.len());
        let to = (from + size).min(rows.len());
        Answer::page(&rows[from..to], to < rows.len())
    }

    fn token(&self, ask: &Ask) -> Option<Answer> {
        let granted = match (ask.method.as_str(), ask.path.as_str()) {
            ("POST", "/api/v2/token/oauth" | "/api/v1/token/oauth") => {
                let is = |name: &str, value: &str| ask.form.get(name).is_some_and(|v| v == value);
                is("client_id", CLIENT) && is("client_secret", SECRET)
            }
            ("GET", "/api/v1/token") => self.is_signed(&ask.bearer),
            _ => return None,
        };
        if !granted {
            return Some(Answer::new(401, "{\"message\":\"invalid client\"}"));
        }
        let n = self.logins.fetch_add(1, Ordering::SeqCst) + 1;
        let token = format!("token-{n}");
        self.token.lock().unwrap().clone_from(&token);
        Some(Answer::json(&json!({ "access_token": token, "expires_in": "3600" })))
    }

    fn is_signed(&self, jwt: &str) -> bool {
        let Some(key) = &self.public_key else { return false };
        let (signed, signature) = jwt.rsplit_once('.').unwrap();
        let part = |text: &str| URL_SAFE_NO_PAD.decode(text).unwrap();
        let json = |text: &str| serde_json::from_slice::<Value>(&part(text)).unwrap();
        let (header, claims) = signed.split_once('.').unwrap();
        let life = json(claims)["exp"].as_i64().unwrap() - json(claims)["iat"].as_i64().unwrap();
        let signature = Signature::from_slice(&part(signature)).unwrap();
        json(header)["alg"] == "ES256"
            && json(claims)["iss"] == CLIENT
            && (1..=600).contains(&life)
            && key.verify(signed.as_bytes(), &signature).is_ok()
    }

    fn answer(&self, ask: &Ask) -> Answer {
        if let Some(answer) = self.token(ask) {
            return answer;
        }
        if ask.bearer != *self.token.lock().unwrap() || ask.bearer.is_empty() {
            return Answer::new(401, "{\"message\":\"unauthorized\"}");
        }
        let exists = |sn: &str| {
            let listed = self.rows.lock().unwrap().iter().any(|row| serial(row) == sn);
            listed || self.hidden.lock().unwrap().iter().any(|hidden| hidden == sn)
        };
        match ask.path.as_str() {
            "/api/v2/devices/views/natural" => {
                let number = |name: &str| ask.query(name).unwrap().parse::<usize>().unwrap();
                assert_eq!(ask.query("sorting[sortBy]"), Some("serialNumber"));
                assert_eq!(ask.query("sorting[sortOrder]"), Some("asc"));
                let size = number("pagination[pageSize]");
                self.page(ask, size, number("pagination[currentPage]"))
            }
            "/api/v1/devices/capabilities" if ask.query("sn").is_some_and(exists) => {
                Answer::json(&json!({ "reboot": true }))
            }
            _ => Answer::new(404, "{\"message\":\"not found\"}"),
        }
    }
}

/// A register's serial.
pub fn serial(row: &Value) -> &str {
    row["serialNumber"].as_str().unwrap_or_default()
}

pub struct StandIn {
    pub port: u16,
    pub world: Arc<World>,
}

impl StandIn {
    /// An ACS with these registers that never lies.
    pub fn honest(rows: Vec<Value>) -> Self {
        Self::start(rows, None, |_, _, answer| answer)
    }

    /// An ACS whose answers `lie` may change.
    pub fn lying(
        rows: Vec<Value>,
        lie: impl Fn(&World, &Ask, Answer) -> Answer + Send + Sync + 'static,
    ) -> Self {
        Self::start(rows, None, lie)
    }

    pub fn start(
        rows: Vec<Value>,
        public_key: Option<VerifyingKey>,
        lie: impl Fn(&World, &Ask, Answer) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let world = Arc::new(World {
            rows: Mutex::new(rows),
            hidden: Mutex::default(),
            public_key,
            logins: AtomicUsize::new(0),
            token: Mutex::default(),
            seen: Mutex::default(),
            lie: Box::new(lie),
        });
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let serving = Arc::clone(&world);
        thread::spawn(move || {
            for tcp in listener.incoming() {
                let Ok(tcp) = tcp else { return };
                let world = Arc::clone(&serving);
                thread::spawn(move || serve(tcp, &world));
            }
        });
        Self { port, world }
    }

    pub fn seen(&self) -> Vec<Ask> {
        self.world.seen.lock().unwrap().clone()
    }

    /// How many requests came whose path ends so.
    pub fn count(&self, ending: &str) -> usize {
        self.seen().iter().filter(|ask| ask.path.ends_with(ending)).count()
    }

    pub fn logins(&self) -> usize {
        self.world.logins.load(Ordering::SeqCst)
    }
}

fn serve(mut tcp: TcpStream, world: &World) {
    while let Some(ask) = request(&mut tcp) {
        world.seen.lock().unwrap().push(ask.clone());
        let honest = world.answer(&ask);
        let answer = (world.lie)(world, &ask, honest);
        let Answer { status, body, cut } = answer;
        let length = body.len();
        let head = format!(
            "HTTP/1.1 {status} X\r\ncontent-length: {length}\r\ncontent-type: application/json\r\n\
             date: {DATE}\r\n\r\n"
        );
        let sent = cut.unwrap_or(length);
        let _ = tcp.write_all(&[head.as_bytes(), &body[..sent]].concat());
        if sent < length {
            return;
        }
    }
}

fn request(tcp: &mut TcpStream) -> Option<Ask> {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") {
        if tcp.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
    }
    let head = String::from_utf8(bytes).unwrap();
    let header = |name: &str| {
        let found = head.lines().find_map(|line| {
            let (n, value) = line.split_once(": ")?;
            n.eq_ignore_ascii_case(name).then(|| value.to_owned())
        });
        found.unwrap_or_default()
    };
    let mut body = vec![0; header("content-length").parse().unwrap_or(0)];
    tcp.read_exact(&mut body).ok()?;
    let mut words = head.split(' ');
    let (method, target) = (words.next()?, words.next()?);
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    Some(Ask {
        method: method.to_owned(),
        path: path.to_owned(),
        query: pairs(query),
        bearer: header("authorization").strip_prefix("Bearer ").unwrap_or_default().to_owned(),
        form: pairs(std::str::from_utf8(&body).unwrap()),
        body: String::from_utf8(body).unwrap(),
    })
}

fn pairs(text: &str) -> BTreeMap<String, String> {
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    pairs.map(|(name, value)| (decoded(name), decoded(value))).collect()
}

fn decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        bytes.push(match byte {
            b'+' => b' ',
            b'%' => {
                let (hex, after) = rest.split_at(2);
                rest = after;
                u8::from_str_radix(std::str::from_utf8(hex).unwrap(), 16).unwrap()
            }
            plain => plain,
        });
    }
    String::from_utf8(bytes).unwrap()
}
