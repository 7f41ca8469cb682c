//! One hardened HTTP client, which both sides' network adapters use (SAFETY.md section 4).
//!
//! It knows limits, pace, retries of reads, the breaker, tokens and redaction. Every call blocks
//! its thread; the client may be shared between threads.
//! Must not do: know a vendor's paths or envelopes, follow a redirect or an address from data,
//! retry a write, put a secret or a query into a message, or offer a way to skip TLS checks.

mod address;
mod breaker;
mod checks;
mod classify;
mod client;
mod error;
mod exchange;
mod limits;
mod lookup;
mod message;
mod pace;
mod retry;
pub mod shape;
mod status;
mod stream;
mod tls;
mod token;

#[cfg(test)]
mod tests;

pub use checks::{clock, reachability, through};
pub use client::Client;
pub use error::{HttpError, Trouble};
pub use limits::{Limits, Settings};
pub use message::{Body, Head, Header, Method, Purpose, Reply, Request};
pub use stream::{Piece, Stream};
pub use token::{Token, Tokens};
