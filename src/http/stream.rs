//! An answer that is read piece by piece, within its own limits.
//!
//! Must not do: copy what it hands on, or take an early end for an end.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use hyper::body::Buf as _;
use tokio::time::error::Elapsed;
use tokio::time::{Instant as At, timeout_at};

use crate::http::address::Asked;
use crate::http::classify::{self, Phase};
use crate::http::client::Client;
use crate::http::error::HttpError;
use crate::http::message::Head;

/// A piece of an answer: bytes, cheap to clone and to hand on.
pub type Piece = hyper::body::Bytes;

/// What the body gave: a piece, its end, or how it broke off.
type Given = reqwest::Result<Option<Piece>>;

/// The most that is taken in one wait.
const TAKEN_MOST: usize = 64 << 10;

/// Where a wait took all that there was, the server is let go ahead for so long: waking up for
/// each of 8,000 pieces a second costs more than to read them. What a faster server sends
/// meanwhile is more than [`TAKEN_MOST`], and then it is not let go ahead again: the socket's
/// buffer (128 KiB at first) must not fill, or it would have to wait for us.
const LET_GO_AHEAD: Duration = Duration::from_millis(10);

/// An answer that is read piece by piece; dropping it early closes the connection.
pub struct Stream<'c> {
    client: &'c Client,
    /// Its head.
    pub head: Head,
    asked: Asked,
    began: Instant,
    /// The first piece may take until then.
    first_until: Instant,
    bytes: u64,
    rest: Piece,
    state: State,
}

enum State {
    Open(Source),
    Ended,
    // Read again, it must not look like an end.
    Failed(HttpError),
}

impl<'c> Stream<'c> {
    pub(super) fn new(
        client: &'c Client,
        asked: Asked,
        (head, response): (Head, reqwest::Response),
        (began, first_until): (Instant, Instant),
    ) -> Self {
        let (rest, state) = (Piece::new(), State::Open(Source::new(response)));
        Self { client, head, asked, began, first_until, bytes: 0, rest, state }
    }

    /// The next piece; `None` only after the server's own end of the body (its final chunk,
    /// its announced length, or the end of a connection that announced neither).
    ///
    /// # Errors
    /// Where the connection ends early, is silent for too long, or a limit is reached.
    #[allow(clippy::should_implement_trait)] // it can fail, so it is no Iterator
    pub fn next(&mut self) -> Result<Option<Piece>, HttpError> {
        let source = match &mut self.state {
            State::Open(source) => source,
            State::Ended => return Ok(None),
            State::Failed(error) => return Err(error.clone()),
        };
        let asked_at = Instant::now();
        let limits = self.client.limits();
        let mut until = asked_at + limits.stream_idle;
        if self.bytes == 0 {
            until = until.max(self.first_until);
        }
        let end = self.client.deadline();
        let given = source.next(self.client, until.min(end));
        let error = match given {
            Ok(Ok(Some(piece))) => {
                self.bytes += piece.len() as u64;
                return Ok(Some(piece));
            }
            Ok(Ok(None)) => {
                self.close(State::Ended);
                return Ok(None);
            }
            Err(_) if end <= until => classify::deadline(&self.asked, limits),
            late_or_cut => {
                let (phase, after) = (Phase::Body, asked_at.elapsed());
                let at = classify::At { asked: &self.asked, limits, phase, after };
                match late_or_cut {
                    Ok(Err(error)) => classify::failure(&error, &at).error,
                    _ => classify::silence(&at, until - asked_at),
                }
            }
        };
        self.client.failed_in_stream();
        self.close(State::Failed(error.clone()));
        Err(error)
    }

    fn close(&mut self, state: State) {
        tracing::debug!(
            method = self.asked.method,
            path = %self.asked.path,
            status = self.head.status,
            bytes = self.bytes,
            ms = self.began.elapsed().as_millis(),
            whole = matches!(state, State::Ended),
            "http stream"
        );
        self.state = state;
        // The connection's own task closes it, and runs only while somebody waits.
        self.client.settle();
    }
}

/// The body as the connection gives it.
struct Source {
    response: reqwest::Response,
    /// What came in the same wait as the last piece; an end or a failure is the last of it.
    ready: VecDeque<Given>,
    /// The last wait took all that there was.
    drained: bool,
}

impl Source {
    fn new(response: reqwest::Response) -> Self {
        Self { response, ready: VecDeque::new(), drained: false }
    }

    fn next(&mut self, client: &Client, until: Instant) -> Result<Given, Elapsed> {
        if let Some(given) = self.ready.pop_front() {
            return Ok(given);
        }
        if self.drained {
            // Not the runtime's sleep: that would wake up for each piece all the same.
            std::thread::sleep(LET_GO_AHEAD);
        }
        client.wait_for(async {
            let first = timeout_at(At::from_std(until), self.response.chunk()).await?;
            if let Ok(Some(piece)) = &first {
                self.take_ready(TAKEN_MOST.saturating_sub(piece.len())).await;
            }
            Ok(first)
        })
    }

    /// Takes what came with the first piece, until that is `most` bytes. Most of a stream's own
    /// cost is to begin and to end a wait, and GenieACS sends two pieces a device.
    async fn take_ready(&mut self, most: usize) {
        let mut left = most;
        self.drained = false;
        while left > 0 {
            let given = tokio::select! {
                biased;
                given = self.response.chunk() => given,
                // The connection's task runs meanwhile; what it had is there now, or it had none.
                () = tokio::task::yield_now() => {
                    self.drained = true;
                    return;
                }
            };
            let size = if let Ok(Some(piece)) = &given { piece.len().max(1) } else { left };
            left = left.saturating_sub(size);
            self.ready.push_back(given);
        }
    }
}

impl Drop for Stream<'_> {
    fn drop(&mut self) {
        if matches!(self.state, State::Open(_)) {
            self.close(State::Ended);
        }
    }
}

impl io::Read for Stream<'_> {
    /// An error's inner error is the [`HttpError`].
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        while self.rest.is_empty() {
            match self.next().map_err(io::Error::other)? {
                Some(piece) => self.rest = piece,
                None => return Ok(0),
            }
        }
        let taken = self.rest.len().min(buffer.len());
        self.rest.copy_to_slice(&mut buffer[..taken]);
        Ok(taken)
    }
}
