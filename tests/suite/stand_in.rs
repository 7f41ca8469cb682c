//! Servers that stand in for a system, a proxy or nobody: they answer what a test says.
//!
//! Must not do: simulate a system; the lab does.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// A connection, plain or not.
trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

/// What is asked.
pub struct Asked {
    pub method: String,
    pub path: String,
    pub body: String,
}

/// An answer: status line, more headers (each with CRLF), body.
pub type Said = (&'static str, String, String);

/// Answers by what is asked.
pub type Script = Arc<dyn Fn(&Asked) -> Said + Send + Sync>;

/// A server that goes on until the test ends; its port.
pub fn serve(script: Script) -> u16 {
    listen(move |tcp| answer_all(tcp, &script, Timestamp::now()))
}

/// The same by another clock.
pub fn serve_off(script: Script, by: SignedDuration) -> u16 {
    listen(move |tcp| answer_all(tcp, &script, Timestamp::now() + by))
}

/// One that always says the same.
pub fn saying(status: &'static str, headers: &str, body: &str) -> u16 {
    let said = (headers.to_owned(), body.to_owned());
    serve(Arc::new(move |_| (status, said.0.clone(), said.1.clone())))
}

/// One that takes connections, and says nothing; its port, and how many it took.
pub fn silent() -> (u16, Arc<AtomicUsize>) {
    let taken = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&taken);
    let port = listen(move |tcp| {
        count.fetch_add(1, Ordering::SeqCst);
        thread::sleep(Duration::from_secs(60));
        drop(tcp);
    });
    (port, taken)
}

/// A port that nobody listens at.
pub fn closed() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port()
}

/// A port that answers no attempt to connect, as behind a firewall: its queue is full.
pub struct Filtered {
    pub port: u16,
    _held: (TcpListener, Vec<TcpStream>),
}

impl Filtered {
    pub fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut held = Vec::new();
        let at = listener.local_addr().unwrap();
        while let Ok(one) = TcpStream::connect_timeout(&at, Duration::from_millis(300)) {
            held.push(one);
            assert!(held.len() < 5000, "the queue is never full");
        }
        Self { port, _held: (listener, held) }
    }
}

fn listen(with: impl Fn(TcpStream) + Send + Sync + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let with = Arc::new(with);
    thread::spawn(move || {
        for tcp in listener.incoming().flatten() {
            let with = Arc::clone(&with);
            thread::spawn(move || with(tcp));
        }
    });
    port
}

fn answer_all(mut wire: impl Wire, script: &Script, now: Timestamp) {
    while let Some(asked) = request(&mut wire) {
        let (status, headers, body) = script(&asked);
        let date = now.strftime("%a, %d %b %Y %H:%M:%S GMT");
        let length = body.len();
        let body = if asked.method == "HEAD" { "" } else { &body };
        let said = format!(
            "HTTP/1.1 {status}\r\ndate: {date}\r\ncontent-length: {length}\r\n{headers}\r\n{body}"
        );
        if wire.write_all(said.as_bytes()).and_then(|()| wire.flush()).is_err() {
            return;
        }
    }
}

/// Reads to the end of a request; whoever speaks something else is answered as such.
fn request(wire: &mut impl Wire) -> Option<Asked> {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") {
        if wire.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
        if bytes[0] == 0x16 {
            // The beginning of TLS, at a port without it.
            let _ = wire.write_all(b"HTTP/1.1 400 Bad Request\r\nconnection: close\r\n\r\n");
            return None;
        }
    }
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let lower = head.to_ascii_lowercase();
    let length = lower.split("content-length: ").nth(1).and_then(|t| t.lines().next());
    let mut body = vec![0; length.map_or(0, |t| t.trim().parse().unwrap())];
    wire.read_exact(&mut body).ok()?;
    let mut words = head.split(' ');
    let (method, path) = (words.next()?.to_owned(), words.next()?.to_owned());
    Some(Asked { method, path, body: String::from_utf8_lossy(&body).into_owned() })
}

/// An authority, and servers that show its certificates.
pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// A server for `name`, its certificate valid from one year to another.
    pub fn serve(&self, name: &str, years: (i32, i32), script: Script) -> u16 {
        let config = self.config(name, years);
        listen(move |tcp| {
            let Ok(connection) = ServerConnection::new(Arc::clone(&config)) else { return };
            answer_all(StreamOwned::new(connection, tcp), &script, Timestamp::now());
        })
    }

    fn config(&self, name: &str, (from, to): (i32, i32)) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Arc::new(config)
    }
}
