//! Every write that a system received, and what became of it.
//!
//! Must not do: hold reads.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

/// The writes kept; older ones go.
const KEPT: usize = 100_000;

/// What became of a write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum Outcome {
    /// Done, and the answer was sent.
    Done,
    /// Done after the client was left without an answer.
    Late,
    /// Not done.
    Refused,
    /// Done, and the answer never arrived whole.
    LostReply,
}

/// One write.
#[derive(Clone, Debug, Serialize)]
pub(super) struct Write {
    pub seq: u64,
    pub time: Timestamp,
    pub side: &'static str,
    pub method: String,
    pub path: String,
    pub key: String,
    pub body: Value,
    pub outcome: Outcome,
}

/// All writes, in the order in which they took effect.
#[derive(Debug, Default)]
pub(super) struct Journal {
    writes: Vec<Write>,
    next: u64,
}

impl Journal {
    /// Notes a write; its number is given.
    pub fn note(&mut self, write: Write) {
        self.next += 1;
        self.writes.push(Write { seq: self.next, ..write });
        if self.writes.len() > KEPT {
            self.writes.drain(..KEPT / 10);
        }
    }

    /// All of them.
    pub fn all(&self) -> &[Write] {
        &self.writes
    }
}

/// A body as JSON; as text where it is none.
pub(super) fn body_of(bytes: &[u8]) -> Value {
    if bytes.is_empty() {
        return Value::Null;
    }
    serde_json::from_slice(bytes)
        .unwrap_or_else(|_| Value::String(String::from_utf8_lossy(bytes).into_owned()))
}
