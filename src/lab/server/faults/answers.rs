//! What is answered instead of what was asked for.
//!
//! Must not do: depend on which API it is; a proxy in front answers so for all.

use serde_json::json;

use crate::lab::server::message::{Answer, Asked};

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

pub(super) fn gateway(status: u16) -> Answer {
    let reason = reason(status);
    Answer::html(
        status,
        format!(
            "<html>\r\n<head><title>{status} {reason}</title></head>\r\n<body>\r\n<center><h1>\
             {status} {reason}</h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
        ),
    )
}

pub(super) fn moved(status: u16, host: &str, asked: &Asked, port: u16) -> Answer {
    let query: Vec<String> = asked.query.iter().map(|(n, v)| format!("{n}={v}")).collect();
    let query = if query.is_empty() { String::new() } else { format!("?{}", query.join("&")) };
    // A line end in a query would be a header of the client's making.
    let query: String = query.chars().filter(char::is_ascii_graphic).collect();
    Answer::empty(status).with("location", format!("http://{host}:{port}{}{query}", asked.path))
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

/// The usual words for a status.
pub(in super::super) fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Unknown")
}
