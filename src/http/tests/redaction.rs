//! No message, no `Debug` and no log line holds a secret, a query, a body or a whole serial.
//!
//! Must not do: reach another machine.

use std::io;
use std::sync::{Arc, Mutex};

use secrecy::SecretString;

use super::server::{Server, Then, answer, say};
use super::{client, get};
use crate::http::{Body, Header, HttpError, Method, Request, Trouble};

const SECRET: &str = "geheim-4711";
const SERIAL: &str = "202BC1-BM632w-48575443AB12CD34";

fn full_of_secrets(method: Method) -> Request {
    let secret = || Header::Secret(SecretString::from(SECRET));
    Request::read(method, format!("/devices/{SERIAL}"))
        .query("token", SECRET)
        .header("authorization", secret())
        .body(Body::Form(vec![("client_secret", secret())]))
}

fn clean(text: &str) {
    assert!(!text.contains(SECRET) && !text.contains(SERIAL), "{text}");
}

#[test]
fn requests_answers_and_failures_show_none() {
    clean(&format!("{:?}", full_of_secrets(Method::Post)));
    clean(&format!("{:?}", get("/").body(Body::Json(SECRET.into()))));
    let echo = format!("{{\"access_token\":\"{SECRET}\"}}");
    let cookie = format!("set-cookie: s={SECRET}\r\n");
    for status in ["200 OK", "401 No", "403 No", "429 No", "503 No", "302 No"] {
        let server = Server::saying(answer(status, &cookie, &echo));
        let answered = client(&server.origin()).send(&full_of_secrets(Method::Post));
        clean(&format!("{answered:?}"));
        assert!(server.seen()[0].contains(SECRET), "the server itself gets it");
    }
    let cut = Server::start(|_, _, wire| say(wire, "HTTP/1.1 200", Then::Close));
    let error: HttpError = client(&cut.origin()).send(&full_of_secrets(Method::Get)).unwrap_err();
    clean(&format!("{error:?} {error}"));
    assert!(error.what.contains("/devices/…CD34"), "{}", error.what);
}

#[test]
fn a_secret_that_can_t_be_sent_is_not_named() {
    let server = Server::saying(answer("200 OK", "", "[]"));
    let secret = Header::Secret(SecretString::from(format!("{SECRET}\n")));
    let error =
        client(&server.origin()).send(&get("/").header("authorization", secret)).unwrap_err();
    assert_eq!(error.trouble, Trouble::Settings);
    assert!(error.what.contains("authorization") && error.hints[0].contains("line breaks"));
    clean(&format!("{error:?}"));
    assert!(server.seen().is_empty());
}

#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn a_log_line_has_method_path_status_size_and_time_only() {
    let server = Server::saying(answer("404 Not Found", "", SECRET));
    let ask = || {
        let client = client(&server.origin());
        client.send(&full_of_secrets(Method::Post)).unwrap();
        let mut stream = client.stream(&full_of_secrets(Method::Post)).unwrap();
        while stream.next().unwrap().is_some() {}
    };
    // Once without a listener: a log line that meets its first one here, while other tests run,
    // may be counted as one that nobody wants.
    ask();
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(move || writer.clone())
        .finish();
    tracing::subscriber::with_default(subscriber, ask);
    let text = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    clean(&text);
    for part in ["POST", "/devices/…CD34", "status=404", "bytes=11", "ms=", "whole=true"] {
        assert!(text.contains(part), "{part} is not in: {text}");
    }
}
