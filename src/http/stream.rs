//! An answer that is read piece by piece, within its own limits.
//!
//! Must not do: copy what it hands on, or take an early end for an end.

use std::collections::VecDeque;
use std::io;
use std::time::{Duration, Instant};

use hyper::body::Buf as _;
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
const READY_MOST: usize = 256;

/// Where a wait took all that there was, the server is let go ahead for so long: waking up for
/// each of 8,000 pieces a second costs more than to read them. What a socket holds meanwhile is
/// far less than its buffer.
const LET_GO_AHEAD: Duration = Duration::from_millis(4);

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
    /// What came in the same wait as the last piece; an end or a failure is the last of it.
    ready: VecDeque<Given>,
    /// The last wait took all that there was.
    drained: bool,
    rest: Piece,
    state: State,
}

enum State {
    Open(reqwest::Response),
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
        let (ready, rest, state) = (VecDeque::new(), Piece::new(), State::Open(response));
        Self {
            client,
            head,
            asked,
            began,
            first_until,
            bytes: 0,
            ready,
            drained: false,
            rest,
            state,
        }
    }

    /// The next piece; `None` only after the server's own end of the body (its final chunk,
    /// its announced length, or the end of a connection that announced neither).
    ///
    /// # Errors
    /// Where the connection ends early, is silent for too long, or a limit is reached.
    #[allow(clippy::should_implement_trait)] // it can fail, so it is no Iterator
    pub fn next(&mut self) -> Result<Option<Piece>, HttpError> {
        let response = match &mut self.state {
            State::Open(response) => response,
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
        let given = if let Some(given) = self.ready.pop_front() {
            Ok(given)
        } else {
            if self.drained {
                // Not the runtime's sleep: that would wake up for each piece all the same.
                std::thread::sleep(LET_GO_AHEAD);
            }
            let ready = &mut self.ready;
            let given = self.client.wait_for(async {
                let first = timeout_at(At::from_std(until.min(end)), response.chunk()).await;
                if matches!(first, Ok(Ok(Some(_)))) {
                    take_ready(response, ready).await;
                }
                first
            });
            self.drained = self.ready.len() < READY_MOST;
            given
        };
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

/// Takes what came with the first piece. Most of a stream's own cost is to begin and to end a
/// wait, and GenieACS sends two pieces a device.
async fn take_ready(response: &mut reqwest::Response, ready: &mut VecDeque<Given>) {
    while ready.len() < READY_MOST {
        let given = tokio::select! {
            biased;
            given = response.chunk() => given,
            // The connection's task runs meanwhile; what it had is there now, or it had nothing.
            () = tokio::task::yield_now() => return,
        };
        let goes_on = matches!(given, Ok(Some(_)));
        ready.push_back(given);
        if !goes_on {
            return;
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
