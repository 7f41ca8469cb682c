//! HTTP/1.1 byte by byte: every fault of the network is a way of sending an answer.
//!
//! Must not do: know what an answer means.

use std::io;
use std::net::TcpListener as StdListener;
use std::sync::Arc;
use std::time::Duration;

use flate2::{Compression, Crc, FlushCompress};
use jiff::Timestamp;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{sleep, timeout};

use super::clock::http_date;
use super::message::{Answer, Asked, Body, pairs, reason};
use super::start::Shared;
use super::state::Reply;

/// The longest head; beyond it Node.js answers 431.
const HEAD_MOST: usize = 16 << 10;

/// The longest body.
const BODY_MOST: usize = 8 << 20;

/// An idle connection is closed after this, as GenieACS does.
const IDLE: Duration = Duration::from_secs(5);

/// How long a refused client may go on sending.
const LEAVING: Duration = Duration::from_secs(2);

/// A request that began must be whole by then.
const PATIENCE: Duration = Duration::from_secs(60);

/// How an answer is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Send {
    /// As it is.
    Plain,
    /// After a while.
    Wait(Duration),
    /// So many bytes, so often.
    Pace { bytes: usize, every: Duration },
    /// Not at all; the connection is closed after a while.
    Nothing(Duration),
    /// Reset before a byte.
    ResetFirst,
    /// Reset inside the body, in its middle or after so many bytes.
    Reset(Option<usize>),
    /// Closed inside the body, in its middle or after so many bytes.
    Cut(Option<usize>),
    /// In chunks, and closed inside one.
    CutChunk,
    /// Instead of it, gzip that becomes so much.
    Bomb { mebibytes: u32 },
    /// Instead of it, JSON with so many bytes of one kind in it.
    Flood { of: u8, bytes: u64 },
}

impl Send {
    /// Does the client not get the whole answer?
    pub fn loses_answer(self) -> bool {
        !matches!(self, Self::Plain | Self::Wait(_) | Self::Pace { .. })
    }
}

/// What a connection brought.
enum Came {
    Request(Asked),
    /// Answer this and close.
    Refused(u16),
    End,
}

/// Accepts connections until the lab stops.
pub(super) async fn serve(listener: StdListener, shared: Arc<Shared>) {
    let listener = match TcpListener::from_std(listener) {
        Ok(listener) => listener,
        Err(error) => {
            tracing::error!(%error, "the lab can't listen");
            return;
        }
    };
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                let shared = Arc::clone(&shared);
                tokio::spawn(async move {
                    if let Err(error) = converse(stream, &shared).await {
                        tracing::debug!(%error, "a connection to the lab broke");
                    }
                });
            }
            Err(error) => {
                // Too many open files: wait for some to close.
                tracing::info!(%error, "the lab can't accept a connection");
                sleep(Duration::from_millis(50)).await;
            }
        }
    }
}

async fn converse(mut stream: TcpStream, shared: &Arc<Shared>) -> io::Result<()> {
    stream.set_nodelay(true)?;
    let mut held = Vec::new();
    loop {
        let asked = match receive(&mut stream, &mut held).await? {
            Came::End => return Ok(()),
            Came::Refused(status) => {
                let date = shared.lock().tick();
                let (head, body) = encoded(&Answer::empty(status), date, false, false);
                stream.write_all(&[head, body].concat()).await?;
                stream.shutdown().await?;
                // What was not read would make the end a reset, which could take the answer
                // with it.
                return silent(&mut stream, LEAVING).await;
            }
            Came::Request(asked) => asked,
        };
        let reply = shared.lock().reply(&asked, shared.port);
        if let Some((write, after)) = reply.late.clone() {
            let shared = Arc::clone(shared);
            tokio::spawn(async move {
                sleep(after).await;
                shared.lock().do_late(&write);
            });
        }
        let closes = asked.header("connection").is_some_and(|c| c.eq_ignore_ascii_case("close"));
        if !send(&mut stream, &asked, reply, !closes).await? || closes {
            return Ok(());
        }
    }
}

/// Sends an answer; `false` where the connection ends with it.
async fn send(
    stream: &mut TcpStream,
    asked: &Asked,
    reply: Reply,
    keeps: bool,
) -> io::Result<bool> {
    let is_head = asked.method == "HEAD";
    let answer = match reply.send {
        Send::CutChunk => in_chunks(reply.answer),
        _ => reply.answer,
    };
    let (head, body) = encoded(&answer, reply.date, keeps, is_head);
    match reply.send {
        Send::Plain => stream.write_all(&[head, body].concat()).await?,
        Send::Wait(span) => {
            sleep(span).await;
            stream.write_all(&[head, body].concat()).await?;
        }
        Send::Pace { bytes, every } => {
            for part in [head, body].concat().chunks(bytes.max(1)) {
                stream.write_all(part).await?;
                sleep(every).await;
            }
        }
        Send::Nothing(span) => {
            silent(stream, span).await?;
            return Ok(false);
        }
        Send::ResetFirst => {
            stream.set_zero_linger()?;
            return Ok(false);
        }
        Send::Reset(at) => {
            let end = at.unwrap_or(body.len() / 2).min(body.len());
            stream.write_all(&[head.as_slice(), &body[..end]].concat()).await?;
            // What was sent must arrive before the reset, which throws away what did not.
            sleep(Duration::from_millis(50)).await;
            stream.set_zero_linger()?;
            return Ok(false);
        }
        Send::Cut(at) => {
            let end = at.unwrap_or(body.len() / 2).min(body.len());
            stream.write_all(&[head.as_slice(), &body[..end]].concat()).await?;
            return Ok(false);
        }
        Send::CutChunk => {
            let end = body.len() / 2;
            stream.write_all(&[head.as_slice(), &body[..end]].concat()).await?;
            return Ok(false);
        }
        Send::Bomb { mebibytes } => bomb(stream, reply.date, mebibytes).await?,
        Send::Flood { of, bytes } => flood(stream, reply.date, of, bytes).await?,
    }
    Ok(true)
}

/// Says nothing until the client goes or the time is over.
async fn silent(stream: &mut TcpStream, span: Duration) -> io::Result<()> {
    let mut ignored = [0; 1024];
    let gone = async {
        loop {
            match stream.read(&mut ignored).await {
                Ok(0) | Err(_) => return,
                Ok(_) => {}
            }
        }
    };
    // Either end is fine.
    let _ = timeout(span, gone).await;
    Ok(())
}

/// A whole body as two chunks.
fn in_chunks(answer: Answer) -> Answer {
    let bytes = answer.bytes().into_owned();
    let (one, two) = bytes.split_at(bytes.len() / 3);
    Answer { body: Body::Chunks(vec![one.to_vec(), two.to_vec()]), ..answer }
}

/// Head and body as bytes.
fn encoded(answer: &Answer, date: Timestamp, keeps: bool, is_head: bool) -> (Vec<u8>, Vec<u8>) {
    let (length, body) = match &answer.body {
        Body::Whole(bytes) => (format!("Content-Length: {}\r\n", bytes.len()), bytes.clone()),
        Body::Chunks(chunks) => {
            let mut body = Vec::new();
            for chunk in chunks.iter().filter(|chunk| !chunk.is_empty()) {
                body.extend_from_slice(format!("{:x}\r\n", chunk.len()).as_bytes());
                body.extend_from_slice(chunk);
                body.extend_from_slice(b"\r\n");
            }
            body.extend_from_slice(b"0\r\n\r\n");
            ("Transfer-Encoding: chunked\r\n".to_owned(), body)
        }
    };
    let mut head = start(answer.status, answer.reason, date, keeps);
    for (name, value) in &answer.headers {
        head.extend([*name, ": ", value, "\r\n"]);
    }
    head.push_str(&length);
    head.push_str("\r\n");
    (head.into_bytes(), if is_head { Vec::new() } else { body })
}

fn start(status: u16, words: Option<&str>, date: Timestamp, keeps: bool) -> String {
    let words = words.unwrap_or_else(|| reason(status));
    let connection = if keeps { "keep-alive\r\nKeep-Alive: timeout=5" } else { "close" };
    format!(
        "HTTP/1.1 {status} {words}\r\nDate: {}\r\nConnection: {connection}\r\n",
        http_date(date)
    )
}

/// One MiB of white space, deflated and flushed so that it may be repeated; the whole is gzip.
async fn bomb(stream: &mut TcpStream, date: Timestamp, mebibytes: u32) -> io::Result<()> {
    let plain = vec![b' '; 1 << 20];
    let block = deflated(&plain)?;
    let mut crc = Crc::new();
    let mut one = Crc::new();
    one.update(&plain);
    for _ in 0..mebibytes {
        crc.combine(&one);
    }
    let size = mebibytes << 20;
    let length = 10 + block.len() * mebibytes as usize + 2 + 8;
    let head = format!(
        "{}Content-Type: application/json\r\nContent-Encoding: gzip\r\nContent-Length: {length}\
         \r\n\r\n",
        start(200, None, date, true)
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255]).await?;
    for _ in 0..mebibytes {
        stream.write_all(&block).await?;
    }
    // An empty last block with fixed codes.
    stream.write_all(&[3, 0]).await?;
    stream.write_all(&crc.sum().to_le_bytes()).await?;
    stream.write_all(&size.to_le_bytes()).await
}

/// Deflated up to a full flush: at a byte's end, and without reference to what came before.
fn deflated(plain: &[u8]) -> io::Result<Vec<u8>> {
    let mut compress = flate2::Compress::new(Compression::best(), false);
    let mut block = Vec::with_capacity(64 << 10);
    compress.compress_vec(plain, &mut block, FlushCompress::Full).map_err(io::Error::other)?;
    Ok(block)
}

/// JSON that never comes to the point; made as it is sent.
async fn flood(stream: &mut TcpStream, date: Timestamp, of: u8, bytes: u64) -> io::Result<()> {
    let (before, after): (&[u8], &[u8]) = if of == b' ' {
        (b"{\"page\":\"1\",", b"\"total\":\"0\"}")
    } else {
        (b"{\"page\":\"", b"\",\"total\":\"0\"}")
    };
    let length = bytes + (before.len() + after.len()) as u64;
    let head = format!(
        "{}Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n",
        start(200, None, date, true)
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(before).await?;
    let block = vec![of; 64 << 10];
    let mut left = bytes;
    while left > 0 {
        let now = usize::try_from(left).unwrap_or(block.len()).min(block.len());
        stream.write_all(&block[..now]).await?;
        left -= now as u64;
    }
    stream.write_all(after).await
}

/// Reads the next request; what came beyond it stays in `held`.
async fn receive(stream: &mut TcpStream, held: &mut Vec<u8>) -> io::Result<Came> {
    let end = loop {
        if let Some(end) = held.windows(4).position(|part| part == b"\r\n\r\n") {
            break end;
        }
        if held.len() > HEAD_MOST {
            return Ok(Came::Refused(431));
        }
        // Whoever speaks TLS here hears that this is HTTP, as from any web server.
        if held.first().is_some_and(|byte| !byte.is_ascii_alphabetic()) {
            return Ok(Came::Refused(400));
        }
        let span = if held.is_empty() { IDLE } else { PATIENCE };
        match timeout(span, stream.read_buf(held)).await {
            Ok(Ok(0)) | Err(_) => return Ok(Came::End),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error),
        }
    };
    if end > HEAD_MOST {
        return Ok(Came::Refused(431));
    }
    let Some(mut asked) = head(&held[..end]) else { return Ok(Came::Refused(400)) };
    held.drain(..end + 4);
    if asked.header("transfer-encoding").is_some() {
        return Ok(Came::Refused(411));
    }
    let length = match asked.header("content-length").map(str::parse::<usize>) {
        None => 0,
        Some(Ok(length)) if length <= BODY_MOST => length,
        Some(Ok(_)) => return Ok(Came::Refused(413)),
        Some(Err(_)) => return Ok(Came::Refused(400)),
    };
    while held.len() < length {
        match timeout(PATIENCE, stream.read_buf(held)).await {
            Ok(Ok(0)) | Err(_) => return Ok(Came::End),
            Ok(Ok(_)) => {}
            Ok(Err(error)) => return Err(error),
        }
    }
    asked.body = held.drain(..length).collect();
    Ok(Came::Request(asked))
}

/// Reads a request's line and headers.
fn head(bytes: &[u8]) -> Option<Asked> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut lines = text.split("\r\n");
    let mut line = lines.next()?.split(' ');
    let (method, target, version) = (line.next()?, line.next()?, line.next()?);
    if !version.starts_with("HTTP/1.") || line.next().is_some() || !target.starts_with('/') {
        return None;
    }
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let mut headers = Vec::new();
    for line in lines {
        let (name, value) = line.split_once(':')?;
        headers.push((name.to_ascii_lowercase(), value.trim().to_owned()));
    }
    Some(Asked {
        method: method.to_ascii_uppercase(),
        path: path.to_owned(),
        query: pairs(query),
        headers,
        body: Vec::new(),
    })
}
