//! What the client promises, against real servers on this machine.
//!
//! Must not do: reach another machine.

mod faults;
mod limits;
mod redaction;
mod retries;
mod sent;
mod server;
mod statuses;
mod streams;
mod tls;
mod tokens;
mod writes;

use std::time::Duration;

use crate::http::{Client, Limits, Method, Request, Settings};

/// Limits whose waits are tiny, and whose timeouts a busy machine still keeps.
fn limits() -> Limits {
    Limits {
        retry_least: Duration::from_millis(1),
        retry_most: Duration::from_millis(4),
        ..Limits::default()
    }
}

fn client_with(origin: &str, limits: Limits) -> Client {
    Client::new(Settings { origin: origin.to_owned(), ca_pem: None, limits }).unwrap()
}

fn client(origin: &str) -> Client {
    client_with(origin, limits())
}

fn get(path: &str) -> Request {
    Request::read(Method::Get, path)
}
