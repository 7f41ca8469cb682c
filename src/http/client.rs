//! The client: sends a request within its limits, and gives the answer whole or as a stream.
//!
//! Must not do: decide what an answer means.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::runtime::Runtime;

use crate::http::error::{HttpError, Trouble};
use crate::http::message::{Body, Head, Method, Reply, Request};
use crate::ports::Traffic;

/// How a client reaches its one server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Scheme, host and port; nothing else is ever asked.
    pub origin: String,
    /// A certificate authority of one's own, PEM, beside the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// Its limits.
    pub limits: Limits,
}

/// Limits of one client (SAFETY.md section 4).
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest wait for a connection.
    pub connect: Duration,
    /// Longest request, whole.
    pub request: Duration,
    /// Longest wait for the first byte of a stream.
    pub stream_first_byte: Duration,
    /// Longest silence inside a stream.
    pub stream_idle: Duration,
    /// Longest fetch, whole: from the client's first request on.
    pub fetch: Duration,
    /// Most bytes of a whole answer, decompressed.
    pub body_bytes: usize,
    /// Requests a second; 0 = no limit.
    pub per_second: f64,
    /// Requests a minute; 0 = no limit.
    pub per_minute: u32,
    /// Requests that may still be made today; `None` = no limit.
    pub left_today: Option<u64>,
    /// An idle connection is not used again after this time.
    pub keep_alive: Duration,
    /// How many times a read is sent again at most.
    pub retries: u32,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connect: Duration::from_secs(5),
            request: Duration::from_secs(30),
            stream_first_byte: Duration::from_secs(60),
            stream_idle: Duration::from_secs(30),
            fetch: Duration::from_secs(15 * 60),
            body_bytes: 32 << 20,
            per_second: 0.0,
            per_minute: 0,
            left_today: None,
            keep_alive: Duration::from_secs(4),
            retries: 4,
        }
    }
}

/// One server's client.
pub struct Client {
    runtime: Runtime,
    inner: reqwest::Client,
    settings: Settings,
    requests: AtomicU64,
}

impl Client {
    /// A client for one origin; nothing is sent yet.
    ///
    /// # Errors
    /// Where the settings can't be used.
    pub fn new(settings: Settings) -> Result<Self, HttpError> {
        let broken = |e: &dyn std::fmt::Display| {
            HttpError::new(Trouble::Settings, format!("no HTTP client could be made: {e}"), &[])
        };
        // A second client finds it installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| broken(&e))?;
        let inner = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .connect_timeout(settings.limits.connect)
            .pool_idle_timeout(settings.limits.keep_alive)
            .build()
            .map_err(|e| broken(&e))?;
        Ok(Self { runtime, inner, settings, requests: AtomicU64::new(0) })
    }

    /// Sends a request and reads the whole answer. Any final status comes back as an answer
    /// except 401, 403, 429, 3xx and 5xx, which are errors that carry it.
    ///
    /// # Errors
    /// Where there is no usable answer within the limits.
    pub fn send(&self, request: &Request) -> Result<Reply, HttpError> {
        let stream = self.stream(request)?;
        let head = stream.head.clone();
        let mut body = Vec::new();
        let mut stream = stream;
        while let Some(chunk) = stream.next()? {
            body.extend_from_slice(&chunk);
        }
        Ok(Reply { head, body })
    }

    /// Sends a request and gives the answer piece by piece; only the sending is retried.
    ///
    /// # Errors
    /// As [`Client::send`], until the head has come.
    pub fn stream(&self, request: &Request) -> Result<Stream<'_>, HttpError> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        let method = match request.method {
            Method::Get => reqwest::Method::GET,
            Method::Head => reqwest::Method::HEAD,
            Method::Post => reqwest::Method::POST,
            Method::Put => reqwest::Method::PUT,
            Method::Delete => reqwest::Method::DELETE,
        };
        let url = format!("{}{}", self.settings.origin, request.path);
        let mut builder = self.inner.request(method, url).query(&request.query);
        for (name, value) in &request.headers {
            builder = builder.header(*name, value.value());
        }
        builder = match &request.body {
            Body::None => builder,
            Body::Json(bytes) => {
                builder.header("content-type", "application/json").body(bytes.clone())
            }
            Body::Form(fields) => {
                let fields: Vec<(&str, &str)> =
                    fields.iter().map(|(n, v)| (*n, v.value())).collect();
                builder.form(&fields)
            }
        };
        let failed = |e: reqwest::Error| {
            HttpError::new(Trouble::Connect, format!("no answer: {}", e.without_url()), &[])
        };
        let response = self.runtime.block_on(builder.send()).map_err(failed)?;
        let headers = response.headers().iter().filter_map(|(name, value)| {
            Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
        });
        let headers: Vec<(String, String)> = headers.collect();
        let date = headers
            .iter()
            .find(|(n, _)| n == "date")
            .and_then(|(_, d)| jiff::fmt::rfc2822::parse(d).ok().map(|zoned| zoned.timestamp()));
        let head = Head { status: response.status().as_u16(), date, headers, reason: None };
        Ok(Stream { client: self, head, response, rest: Vec::new() })
    }

    /// What was sent so far.
    #[must_use]
    pub fn traffic(&self) -> Traffic {
        Traffic { requests: self.requests.load(Ordering::Relaxed), retries: 0, slowed: 0 }
    }

    /// The one server.
    #[must_use]
    pub fn origin(&self) -> &str {
        &self.settings.origin
    }
}

/// An answer that is read piece by piece; dropping it early closes the connection.
pub struct Stream<'c> {
    client: &'c Client,
    /// Its head.
    pub head: Head,
    response: reqwest::Response,
    rest: Vec<u8>,
}

impl Stream<'_> {
    /// The next piece; `None` only after the server's own end of the body (its final chunk,
    /// its announced length, or the end of a connection that announced neither).
    ///
    /// # Errors
    /// Where the connection ends early, is silent for too long, or a limit is reached.
    #[allow(clippy::should_implement_trait)] // it can fail, so it is no Iterator
    pub fn next(&mut self) -> Result<Option<Vec<u8>>, HttpError> {
        let chunk = self.client.runtime.block_on(self.response.chunk());
        let failed = |e: reqwest::Error| {
            HttpError::new(Trouble::Cut, format!("cut: {}", e.without_url()), &[])
        };
        Ok(chunk.map_err(failed)?.map(|bytes| bytes.to_vec()))
    }
}

impl io::Read for Stream<'_> {
    /// An error's inner error is the [`HttpError`].
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() {
            match self.next().map_err(io::Error::other)? {
                Some(chunk) => self.rest = chunk,
                None => return Ok(0),
            }
        }
        let taken = self.rest.len().min(buffer.len());
        buffer[..taken].copy_from_slice(&self.rest[..taken]);
        self.rest.drain(..taken);
        Ok(taken)
    }
}
