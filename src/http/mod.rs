//! One hardened HTTP client, which both sides' network adapters use (SAFETY.md section 4).
//!
//! It knows limits, pace, retries of reads, the breaker, tokens and redaction. Every call blocks
//! its thread; the client may be shared between threads.
//! Must not do: know a vendor's paths or envelopes, follow a redirect or an address from data,
//! retry a write, put a secret or a query into a message, or offer a way to skip TLS checks.

mod checks;
mod client;
mod error;
mod message;
mod token;

pub use checks::{clock, reachability};
pub use client::{Client, Limits, Settings, Stream};
pub use error::{HttpError, Trouble};
pub use message::{Body, Head, Header, Method, Purpose, Reply, Request};
pub use token::{Token, Tokens};
