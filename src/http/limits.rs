//! What a client is told before it starts: its one server, and how far it may go.
//!
//! Must not do: know a key of the configuration; whoever makes a client translates.

use std::time::Duration;

/// How a client reaches its one server.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Scheme, host and port; nothing else is ever asked, and a proxy that the environment names
    /// (`HTTPS_PROXY`) is not used: it would see every request, and it is no configured origin.
    pub origin: String,
    /// A certificate authority of one's own, PEM, beside the system's.
    pub ca_pem: Option<Vec<u8>>,
    /// Its limits.
    pub limits: Limits,
}

/// Limits of one client (SAFETY.md section 4).
#[derive(Clone, Debug)]
pub struct Limits {
    /// Longest wait for a connection: name, TCP and TLS together.
    pub connect: Duration,
    /// Longest request, whole, each time that it is sent.
    pub request: Duration,
    /// Longest wait for the first byte of a stream.
    pub stream_first_byte: Duration,
    /// Longest silence inside a stream.
    pub stream_idle: Duration,
    /// Longest fetch, whole: from the client's first request on, or from the first after
    /// [`crate::http::Client::begin_fetch`].
    pub fetch: Duration,
    /// Most bytes of a whole answer, decompressed.
    pub body_bytes: usize,
    /// Reads a second; 0 = no limit.
    pub per_second: f64,
    /// Writes a second; 0 = no limit.
    pub writes_per_second: f64,
    /// Requests a minute, reads and writes together; 0 = no limit.
    pub per_minute: u32,
    /// Requests that may still be made today; `None` = no limit.
    pub left_today: Option<u64>,
    /// An idle connection is not used again after this time.
    pub keep_alive: Duration,
    /// How many times a read is sent again at most.
    pub retries: u32,
    /// The wait before a read is sent again is drawn from 0 to this, doubled each time.
    pub retry_least: Duration,
    /// The doubling ends here.
    pub retry_most: Duration,
    /// A server that asks for a longer pause (`Retry-After`) is not waited for.
    pub retry_after_most: Duration,
    /// A connection that ends without an answer after this much silence is not tried again: the
    /// request itself may be what ends the server's worker (GENIEACS.md section 4).
    pub silence: Duration,
    /// How long the breaker stays open.
    pub breaker_open: Duration,
}

impl Limits {
    /// The same where a duration stands for "no limit": no clock holds the end of time.
    pub(super) fn within_a_year(self) -> Self {
        const YEAR: Duration = Duration::from_secs(365 * 24 * 60 * 60);
        let most = |limit: Duration| limit.min(YEAR);
        Self {
            connect: most(self.connect),
            request: most(self.request),
            stream_first_byte: most(self.stream_first_byte),
            stream_idle: most(self.stream_idle),
            fetch: most(self.fetch),
            keep_alive: most(self.keep_alive),
            retry_least: most(self.retry_least),
            retry_most: most(self.retry_most),
            retry_after_most: most(self.retry_after_most),
            silence: most(self.silence),
            breaker_open: most(self.breaker_open),
            ..self
        }
    }
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
            writes_per_second: 0.0,
            per_minute: 0,
            left_today: None,
            keep_alive: Duration::from_secs(4),
            retries: 4,
            retry_least: Duration::from_millis(500),
            retry_most: Duration::from_secs(60),
            retry_after_most: Duration::from_secs(300),
            silence: Duration::from_secs(10),
            breaker_open: Duration::from_secs(30),
        }
    }
}
