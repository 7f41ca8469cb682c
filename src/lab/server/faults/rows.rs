//! Lists that are not what they should be, in the envelopes of all three APIs.
//!
//! Must not do: change an answer that is no list.

use serde_json::{Map, Value, json};

use crate::lab::server::message::{Answer, Asked, Body};

/// How a list lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Lie {
    /// More are promised than there are.
    TotalLies,
    /// Another total each time.
    TotalChanges,
    /// A page without rows.
    EmptyPage,
    /// No rows at all.
    Empty,
    /// One row twice.
    DuplicateIds,
    /// Rows in reverse order.
    IdsFalling,
    /// JSON that ends in the middle.
    CutJson,
}

/// How many rows more than there are the total says.
const MORE: u64 = 7;

/// Tells `answer` as a lie; `struck` counts the lies of this kind.
pub(in super::super) fn told(lie: Lie, answer: Answer, struck: u64) -> Answer {
    if answer.status != 200 {
        return answer;
    }
    if lie == Lie::CutJson {
        let bytes = answer.bytes();
        let half = bytes[..bytes.len() / 2].to_vec();
        return Answer { body: Body::Whole(half), ..answer };
    }
    match serde_json::from_slice(&answer.bytes()) {
        Ok(Value::Object(envelope)) if envelope.contains_key("total") => {
            provedor(lie, answer, envelope, struck)
        }
        Ok(Value::Object(envelope)) if envelope.contains_key("registers") => {
            registers(lie, answer, envelope)
        }
        Ok(Value::Array(rows)) => genieacs(lie, answer, rows, struck),
        _ => answer,
    }
}

fn total(lie: Lie, is: u64, struck: u64) -> u64 {
    match lie {
        Lie::TotalLies => is + MORE,
        Lie::TotalChanges => is + struck,
        Lie::Empty => 0,
        _ => is,
    }
}

/// The rows of a list that lies.
fn changed(lie: Lie, mut rows: Vec<Value>) -> Vec<Value> {
    match lie {
        Lie::EmptyPage | Lie::Empty => rows.clear(),
        Lie::IdsFalling => rows.reverse(),
        Lie::DuplicateIds => {
            if let [first, .., last] = rows.as_mut_slice() {
                *last = first.clone();
            }
        }
        Lie::TotalLies | Lie::TotalChanges | Lie::CutJson => {}
    }
    rows
}

fn provedor(lie: Lie, answer: Answer, mut envelope: Map<String, Value>, struck: u64) -> Answer {
    let is = envelope.get("total").and_then(Value::as_str).and_then(|t| t.parse().ok());
    let says = total(lie, is.unwrap_or_default(), struck);
    envelope.insert("total".to_owned(), Value::String(says.to_string()));
    if let Some(Value::Array(rows)) = envelope.remove("registros") {
        let rows = changed(lie, rows);
        if !rows.is_empty() {
            envelope.insert("registros".to_owned(), Value::Array(rows));
        }
    }
    let body = Body::Whole(Value::Object(envelope).to_string().into_bytes());
    Answer { body, ..answer }
}

fn registers(lie: Lie, answer: Answer, mut envelope: Map<String, Value>) -> Answer {
    if let Some(Value::Array(rows)) = envelope.remove("registers") {
        envelope.insert("registers".to_owned(), Value::Array(changed(lie, rows)));
    }
    let more = match lie {
        Lie::TotalLies | Lie::TotalChanges | Lie::EmptyPage => Some(true),
        Lie::Empty => Some(false),
        _ => None,
    };
    if let Some(more) = more {
        envelope.insert("hasNextPage".to_owned(), Value::Bool(more));
    }
    let body = Body::Whole(Value::Object(envelope).to_string().into_bytes());
    Answer { body, ..answer }
}

fn genieacs(lie: Lie, answer: Answer, rows: Vec<Value>, struck: u64) -> Answer {
    let mut headers = answer.headers;
    for (name, value) in &mut headers {
        if *name == "total" {
            let is = value.parse().unwrap_or_default();
            *value = total(lie, is, struck).to_string().into();
        }
    }
    let rows: Vec<Vec<u8>> =
        changed(lie, rows).iter().map(|row| row.to_string().into_bytes()).collect();
    Answer { headers, body: Body::Chunks(in_chunks(rows)), ..answer }
}

/// As GenieACS streams a list: a chunk for each item, and one for each separator.
pub(in super::super) fn in_chunks(rows: Vec<Vec<u8>>) -> Vec<Vec<u8>> {
    let mut chunks = vec![b"[\n".to_vec()];
    for (n, row) in rows.into_iter().enumerate() {
        if n > 0 {
            chunks.push(b",\n".to_vec());
        }
        chunks.push(row);
    }
    chunks.push(b"\n]".to_vec());
    chunks
}

/// The page before is asked for again: the last list of the same path.
pub(super) fn earlier(asked: &mut Asked, before: Option<&Asked>) {
    if let Some(before) = before {
        asked.query.clone_from(&before.query);
        asked.body.clone_from(&before.body);
    }
}

/// Pages 1, 2, 3, 4 become 2, 1, 4, 3; by key, every page is the one after it.
pub(super) fn out_of_order(asked: &mut Asked, _: Option<&Asked>) {
    let swapped = |page: u64| if page % 2 == 1 { page + 1 } else { page - 1 };
    page_of(asked, &|page| swapped(page.max(1)), "page", "pagination[currentPage]");
    let skip = parameter(asked, "skip");
    let limit = parameter(asked, "limit");
    if let (Some(skip), Some(limit @ 1..)) = (skip, limit) {
        let other = (swapped(skip / limit + 1) - 1) * limit;
        set(asked, "skip", other);
    }
}

/// As where the size of a page is not respected.
pub(super) fn twice_as_many(asked: &mut Asked, _: Option<&Asked>) {
    page_of(asked, &|rows| rows * 2, "rp", "pagination[pageSize]");
    if let Some(limit) = parameter(asked, "limit") {
        set(asked, "limit", limit * 2);
    }
}

fn page_of(asked: &mut Asked, change: &dyn Fn(u64) -> u64, field: &str, name: &str) {
    if let Some(number) = parameter(asked, name) {
        set(asked, name, change(number));
    }
    if let Ok(Value::Object(mut fields)) = serde_json::from_slice(&asked.body) {
        let number = match fields.get(field) {
            Some(Value::String(text)) => text.parse().unwrap_or(1),
            Some(Value::Number(number)) => number.as_u64().unwrap_or(1),
            _ => return,
        };
        fields.insert(field.to_owned(), json!(change(number).to_string()));
        asked.body = Value::Object(fields).to_string().into_bytes();
    }
}

fn parameter(asked: &Asked, name: &str) -> Option<u64> {
    asked.parameter(name)?.parse().ok()
}

fn set(asked: &mut Asked, name: &str, value: u64) {
    for (known, held) in &mut asked.query {
        if known == name {
            *held = value.to_string();
        }
    }
}
