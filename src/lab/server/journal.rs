//! Every write that a system received, and what became of it.
//!
//! Must not do: hold reads.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::message::Asked;

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

/// A write that took effect, as much as it takes to do it again.
#[derive(Clone, Debug, Deserialize, PartialEq, Eq, Serialize)]
pub struct KeptWrite {
    method: String,
    path: String,
    body: Value,
}

impl KeptWrite {
    /// The request, without its token.
    pub(super) fn asked(&self) -> Asked {
        let body = match &self.body {
            Value::Null => Vec::new(),
            Value::String(text) => text.clone().into_bytes(),
            other => other.to_string().into_bytes(),
        };
        let (method, path) = (self.method.clone(), self.path.clone());
        Asked { method, path, query: Vec::new(), headers: Vec::new(), body }
    }
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

    /// Those that took effect.
    pub fn effective(&self) -> Vec<KeptWrite> {
        let done = self.writes.iter().filter(|write| write.outcome != Outcome::Refused);
        done.map(|write| KeptWrite {
            method: write.method.clone(),
            path: write.path.clone(),
            body: write.body.clone(),
        })
        .collect()
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
