//! What is answered instead of what was asked for.
//!
//! Must not do: depend on which API it is; a proxy in front answers so for all.

use serde_json::json;

use crate::lab::server::message::{Answer, Asked, reason};

/// How deep the deep one is.
const DEPTH: usize = 100_000;

pub(super) fn status(status: u16) -> Answer {
    Answer::json(status, &json!({"message": reason(status)}))
}

pub(super) fn too_many(retry_after: Option<&'static str>) -> Answer {
    let answer = status(429);
    match retry_after {
        Some(seconds) => answer.with("retry-after", seconds),
        None => answer,
    }
}

pub(super) fn moved(status: u16, host: &str, asked: &Asked, port: u16) -> Answer {
    let query: Vec<String> =
        asked.query.iter().map(|(n, v)| format!("{}={}", encoded(n), encoded(v))).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    Answer::empty(status).with("location", format!("http://{host}:{port}{}{query}", asked.path))
}

/// A query's name or value, so that none of it is taken for a header's end.
fn encoded(text: &str) -> String {
    let one = |byte: u8| match byte {
        b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'.' | b'_' | b'~' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(one).collect()
}

pub(super) fn error_200() -> Answer {
    let message = "Ocorreu um erro ao processar a requisição!<br />Tente novamente.";
    Answer::whole(200, "text/x-json", json!({"type": "error", "message": message}).to_string())
}

pub(super) fn login_page() -> Answer {
    Answer::html(
        200,
        "<!DOCTYPE html><html><head><title>Login</title></head><body><form method=\"post\" \
         action=\"/login\"><input name=\"email\"><input name=\"senha\" type=\"password\"></form>\
         </body></html>",
    )
}

pub(super) fn deep() -> Answer {
    let json = format!("{}{}", "[".repeat(DEPTH), "]".repeat(DEPTH));
    Answer::whole(200, "application/json", json)
}
