//! A server that answers byte for byte what a test says.
//!
//! Must not do: know HTTP beyond where a request ends.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

/// What a test does with one request: the how-manieth it is, its text, and where to answer.
pub type Answer = dyn Fn(usize, &str, &mut dyn Wire) -> Then + Send + Sync;

/// A connection, plain or not.
pub trait Wire: Read + Write {}
impl<T: Read + Write> Wire for T {}

/// What becomes of the connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Then {
    Keep,
    Close,
    /// With a reset instead of an end.
    Reset,
}

pub struct Server {
    pub port: u16,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// A server over plain TCP.
    pub fn start(
        answer: impl Fn(usize, &str, &mut dyn Wire) -> Then + Send + Sync + 'static,
    ) -> Self {
        Self::over(Arc::new(answer), |tcp| Some(Box::new(tcp)))
    }

    /// A server whose every connection goes through `wrap` first.
    pub fn over(
        answer: Arc<Answer>,
        wrap: impl Fn(TcpStream) -> Option<Box<dyn Wire>> + Send + Sync + 'static,
    ) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let (kept, wrap) = (Arc::clone(&seen), Arc::new(wrap));
        thread::spawn(move || {
            for tcp in listener.incoming() {
                let Ok(tcp) = tcp else { return };
                let (answer, kept, wrap) = (answer.clone(), Arc::clone(&kept), wrap.clone());
                thread::spawn(move || {
                    let raw = tcp.try_clone().unwrap();
                    let Some(mut wire) = wrap(tcp) else { return };
                    serve(&raw, &mut *wire, &*answer, &kept);
                });
            }
        });
        Self { port, seen }
    }

    /// A server that always says the same and keeps the connection.
    pub fn saying(answer: impl Into<Vec<u8>>) -> Self {
        let answer = answer.into();
        Self::start(move |_, _, wire| say(wire, &answer, Then::Keep))
    }

    pub fn origin(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// The requests that came, whole.
    pub fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

fn serve(raw: &TcpStream, wire: &mut dyn Wire, answer: &Answer, seen: &Mutex<Vec<String>>) {
    while let Some(request) = request(wire) {
        let n = {
            let mut seen = seen.lock().unwrap();
            seen.push(request.clone());
            seen.len() - 1
        };
        match answer(n, &request, wire) {
            Then::Keep => {}
            Then::Close => return,
            Then::Reset => return reset(raw),
        }
    }
}

/// When the last handle of the connection goes, it ends with a reset.
fn reset(raw: &TcpStream) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build().unwrap();
    let _inside = runtime.enter();
    raw.set_nonblocking(true).unwrap();
    let tcp = tokio::net::TcpStream::from_std(raw.try_clone().unwrap()).unwrap();
    tcp.set_zero_linger().unwrap();
}

/// Reads to the end of a request; `None` where the connection ended.
fn request(wire: &mut dyn Wire) -> Option<String> {
    let (mut bytes, mut byte) = (Vec::new(), [0]);
    while !bytes.ends_with(b"\r\n\r\n") {
        if wire.read(&mut byte).ok()? == 0 {
            return None;
        }
        bytes.push(byte[0]);
    }
    let head = String::from_utf8_lossy(&bytes).to_ascii_lowercase();
    let length = head.split("content-length: ").nth(1).and_then(|t| t.lines().next());
    let mut body = vec![0; length.map_or(0, |t| t.trim().parse().unwrap())];
    wire.read_exact(&mut body).ok()?;
    bytes.extend(body);
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Writes `bytes`; a client that is gone is no failure of the server.
pub fn say(wire: &mut dyn Wire, bytes: impl AsRef<[u8]>, then: Then) -> Then {
    let _ = wire.write_all(bytes.as_ref());
    let _ = wire.flush();
    then
}

/// An answer with a length.
pub fn answer(status: &str, headers: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n{headers}\r\n{body}").into_bytes()
}

/// Waits until the client is gone.
pub fn wait_for_end(wire: &mut dyn Wire) {
    let mut bytes = [0; 1024];
    while wire.read(&mut bytes).is_ok_and(|n| n > 0) {}
}

/// `plain`, compressed.
pub fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(plain).unwrap();
    encoder.finish().unwrap()
}
