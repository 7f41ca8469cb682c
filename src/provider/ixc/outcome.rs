//! What the reply to a write says of it: done, refused, not sent, or nobody knows.
//!
//! Must not do: take for done or for refused what does not say so in the Provider's envelope;
//! repeat a value of a row.

use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::domain::scrub::scrub;
use crate::domain::text::visible;
use crate::http::{HttpError, Reply, Trouble};
use crate::ports::{Answer, FetchErrorKind, Outcome};
use crate::provider::ixc::envelope::{self, Class, Fault};
use crate::provider::ixc::gate::Sent;

/// The most bytes of a reply that are read; a reply to a write is a line.
const REPLY_BYTES_MOST: usize = 1 << 20;

/// So much of a value is not repeated either.
const PART_CHARS: usize = 8;

/// What was asked, and what of it may not be repeated.
pub(super) struct Asked<'a> {
    /// `PUT of row 57 of radusuarios`
    pub(super) what: String,
    /// The row that was written.
    pub(super) row: Option<u64>,
    /// Values that may not be repeated, longest first.
    pub(super) hidden: Vec<&'a str>,
}

/// What became of it; and a fault, where nothing more may be sent.
pub(super) fn of(sent: Sent, asked: &Asked<'_>) -> (Answer, Option<Fault>) {
    match sent {
        Sent::Not(error) => {
            let outcome = match error.kind {
                FetchErrorKind::Auth => Outcome::Refused,
                _ => Outcome::NotSent,
            };
            let what = format!("{} was not sent: {}", asked.what, error.what);
            (Answer { outcome, status: None, what, body_hash: None }, None)
        }
        Sent::Answered(reply) => answered(&reply, asked),
        Sent::Failed { error, renewed } => failed(&error, renewed, asked),
    }
}

fn answer(outcome: Outcome, reply: &Reply, asked: &Asked<'_>, words: &str) -> Answer {
    let status = reply.head.status;
    Answer {
        outcome,
        status: Some(status),
        what: format!("{}: {words} (status {status})", asked.what),
        body_hash: Some(Sha256::digest(&reply.body).into()),
    }
}

fn answered(reply: &Reply, asked: &Asked<'_>) -> (Answer, Option<Fault>) {
    let told = |outcome, words: &str| answer(outcome, reply, asked, words);
    let is_refusal = (400..500).contains(&reply.head.status);
    let said = if reply.is_html() { None } else { said(reply) };
    let Some(said) = said else {
        let what = if reply.is_html() { "an HTML page" } else { "no answer that is understood" };
        // The server did not get all of it, or a proxy says so of what it passed on.
        let outcome = match reply.head.status {
            408 => Outcome::Unknown,
            _ if is_refusal => Outcome::Refused,
            _ => Outcome::Unknown,
        };
        return (told(outcome, what), None);
    };
    let words = shown(&said.words, asked);
    let id = said.id.as_deref().filter(|id| !matches!(*id, "" | "0"));
    match (said.success, id) {
        (true, Some(id)) if asked.row.is_some_and(|row| id != row.to_string()) => {
            let fault = made(asked, id);
            let words = format!("the Provider says that row {} was written", visible(id));
            (told(Outcome::Unknown, &words), Some(fault))
        }
        (true, _) if reply.head.is_success() => (told(Outcome::Done, &words), None),
        (true, _) => (told(Outcome::Unknown, &format!("success by an error: {words}")), None),
        (false, Some(_)) => {
            let words = format!("an error that carries an id, so it may be done: {words}");
            (told(Outcome::Unknown, &words), None)
        }
        (false, None) if reply.head.is_success() || is_refusal => {
            (told(Outcome::Refused, &format!("refused: {words}")), None)
        }
        (false, None) => (told(Outcome::Unknown, &words), None),
    }
}

fn made(asked: &Asked<'_>, id: &str) -> Fault {
    let what = format!(
        "the answer to the {} names row {}: something between acerto and the Provider changes \
         requests; nothing more was sent",
        asked.what,
        visible(id)
    );
    let hints = ["look at both rows in the Provider", "take away what changes requests on the way"];
    Fault::new(Class::Created, FetchErrorKind::Unavailable, what, &hints)
}

fn failed(error: &HttpError, renewed: bool, asked: &Asked<'_>) -> (Answer, Option<Fault>) {
    let outcome = match error.trouble {
        _ if !error.was_sent() => Outcome::NotSent,
        Trouble::Unauthorised if renewed => Outcome::RefusedForNow,
        Trouble::Unauthorised | Trouble::Forbidden => Outcome::Refused,
        Trouble::TooMany => Outcome::RefusedForNow,
        // A redirect says nothing about what was done before it, and TLS also fails on
        // connections that were made.
        Trouble::Settings
        | Trouble::Dns
        | Trouble::Connect
        | Trouble::Tls
        | Trouble::Budget
        | Trouble::Breaker
        | Trouble::Timeout
        | Trouble::Cut
        | Trouble::TooLarge
        | Trouble::Garbled
        | Trouble::Redirect
        | Trouble::Server
        | Trouble::Deadline => Outcome::Unknown,
    };
    let mut what = format!("{}: {}", asked.what, error.what);
    if outcome == Outcome::Refused {
        what.push_str("; check that the token's user is active and may write this");
    }
    let status = error.reply.as_ref().map(|reply| reply.head.status);
    let body_hash = error.reply.as_ref().map(|reply| Sha256::digest(&reply.body).into());
    (Answer { outcome, status, what, body_hash }, None)
}

/// What an envelope says.
struct Said {
    success: bool,
    id: Option<String>,
    words: String,
}

/// Reads `{"type":…,"message":…,"id":…}`, or `{"msg":[{"type":…,"message":…}]}` of an action.
fn said(reply: &Reply) -> Option<Said> {
    if reply.body.len() > REPLY_BYTES_MOST {
        return None;
    }
    let body: Value = serde_json::from_str(&envelope::decoded(&reply.body)).ok()?;
    // A list is no answer to a write.
    if body.get("registros").is_some() || body.get("total").is_some() {
        return None;
    }
    if body.get("type").is_some() {
        return one(&body);
    }
    let parts: Option<Vec<Said>> = body.get("msg")?.as_array()?.iter().map(one).collect();
    let parts = parts.filter(|parts| !parts.is_empty())?;
    let words: Vec<&str> = parts.iter().map(|part| part.words.as_str()).collect();
    Some(Said {
        success: parts.iter().all(|part| part.success),
        id: parts.iter().find_map(|part| part.id.clone()),
        words: words.join("; "),
    })
}

fn one(part: &Value) -> Option<Said> {
    let kind = part.get("type")?.as_str()?;
    let success = kind.eq_ignore_ascii_case("success");
    if !success && !kind.eq_ignore_ascii_case("error") {
        return None;
    }
    let id = match part.get("id") {
        Some(Value::String(id)) => Some(id.trim().to_owned()),
        Some(Value::Number(id)) => Some(id.to_string()),
        _ => None,
    };
    let words = ["message", "mensagem", "valor", "msg"];
    let words = words.iter().find_map(|name| part.get(*name)?.as_str().filter(|t| !t.is_empty()));
    Some(Said { success, id, words: words.unwrap_or_default().to_owned() })
}

/// The Provider's words without a value of the row, a person's number or a tag.
fn shown(words: &str, asked: &Asked<'_>) -> String {
    let mut words = words.replace("<br />", " ");
    for value in &asked.hidden {
        // A long one may be repeated in part.
        if let Some((end, _)) = value.char_indices().nth(PART_CHARS)
            && words.contains(&value[..end])
        {
            return "words that repeat a value of the row, and are not shown".to_owned();
        }
        words = words.replace(value, "***");
    }
    let words = visible(&scrub(words.trim()));
    let known = words.contains("Recurso") && words.contains("dispon");
    match words.as_str() {
        "" => "no words".to_owned(),
        _ if known => format!("{words}; the token's user may not do this there"),
        _ => words,
    }
}
