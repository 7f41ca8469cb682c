//! What is asked and what is answered, as plain values.
//!
//! Must not do: talk to anybody; show a secret, a query, a body or a whole serial in `Debug`.

use std::fmt;

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::domain::text::visible;
use crate::http::address::masked;

/// A method of HTTP.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Reads.
    Get,
    /// Reads the head alone.
    Head,
    /// Makes, acts; with IXC Provedor's `ixcsoft: listar` header it reads.
    Post,
    /// Replaces.
    Put,
    /// Removes.
    Delete,
}

/// What a request is for, which decides whether it may be sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// Changes nothing at the server: retried within the client's limits.
    Read,
    /// May change something: sent exactly once, whatever comes back.
    Write,
}

/// A header's value: plain, or one that no message ever shows.
#[derive(Clone)]
pub enum Header {
    /// Plain.
    Plain(String),
    /// A credential.
    Secret(SecretString),
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Plain(value) => write!(f, "{:?}", visible(value)),
            Self::Secret(_) => f.write_str("[redacted]"),
        }
    }
}

impl Header {
    pub(super) fn value(&self) -> &str {
        match self {
            Self::Plain(value) => value,
            Self::Secret(value) => value.expose_secret(),
        }
    }
}

/// What is sent besides the head. `Debug` shows no value: they may be a customer's.
#[derive(Clone, Default)]
pub enum Body {
    /// Nothing.
    #[default]
    None,
    /// JSON, already written.
    Json(Vec<u8>),
    /// Bytes as somebody else wrote them, with their Content-Type.
    Raw(Option<String>, Vec<u8>),
    /// Form fields; values may be secrets.
    Form(Vec<(&'static str, Header)>),
}

impl fmt::Debug for Body {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("None"),
            Self::Json(bytes) => write!(f, "Json({} bytes)", bytes.len()),
            Self::Raw(_, bytes) => write!(f, "Raw({} bytes)", bytes.len()),
            Self::Form(fields) => {
                let names: Vec<&str> = fields.iter().map(|(name, _)| *name).collect();
                write!(f, "Form({names:?})")
            }
        }
    }
}

/// One request. The client adds scheme, host and port of its own origin.
#[derive(Clone)]
pub struct Request {
    /// Its method.
    pub method: Method,
    /// Its path, already percent-encoded, beginning with `/`.
    pub path: String,
    /// Its query, names and values not yet encoded.
    pub query: Vec<(String, String)>,
    /// Its own headers, lower-case names.
    pub headers: Vec<(&'static str, Header)>,
    /// Its body.
    pub body: Body,
    /// What it is for.
    pub purpose: Purpose,
    /// Is its path a password, as a chat's hook's is? Then no message or log shows it.
    pub is_path_secret: bool,
}

impl fmt::Debug for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.query.iter().map(|(name, _)| visible(name)).collect();
        f.debug_struct("Request")
            .field("method", &self.method)
            .field("path", &self.shown_path())
            .field("query", &names)
            .field("headers", &self.headers)
            .field("body", &self.body)
            .field("purpose", &self.purpose)
            .field("is_path_secret", &self.is_path_secret)
            .finish()
    }
}

impl Request {
    /// A read.
    #[must_use]
    pub fn read(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            headers: Vec::new(),
            body: Body::None,
            purpose: Purpose::Read,
            is_path_secret: false,
        }
    }

    /// The same with a query parameter more.
    #[must_use]
    pub fn query(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// The same with a header more.
    #[must_use]
    pub fn header(mut self, name: &'static str, value: Header) -> Self {
        self.headers.push((name, value));
        self
    }

    /// The same with a path that nothing shows.
    #[must_use]
    pub fn with_secret_path(mut self) -> Self {
        self.is_path_secret = true;
        self
    }

    /// The path as it may be shown.
    pub(super) fn shown_path(&self) -> String {
        if self.is_path_secret { "/…".to_owned() } else { masked(&self.path) }
    }

    /// The same with a body.
    #[must_use]
    pub fn body(mut self, body: Body) -> Self {
        self.body = body;
        self
    }
}

/// The head of an answer. `Debug` shows no header's value: a cookie is a credential.
#[derive(Clone)]
pub struct Head {
    /// Status.
    pub status: u16,
    /// The server's `Date`, where it sent a readable one.
    pub date: Option<Timestamp>,
    /// Names in lower case, values as text; those that are not text are left out.
    pub headers: Vec<(String, String)>,
    /// The reason phrase, where the server sent one of its own (`Device is offline`).
    pub reason: Option<String>,
}

impl fmt::Debug for Head {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names: Vec<String> = self.headers.iter().map(|(name, _)| visible(name)).collect();
        f.debug_struct("Head")
            .field("status", &self.status)
            .field("date", &self.date)
            .field("headers", &names)
            .field("reason", &self.reason.as_deref().map(visible))
            .finish()
    }
}

impl Head {
    /// A header's first value.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// 2xx?
    #[must_use]
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }
}

/// A whole answer, bounded by the client's limits. `Debug` shows no body: it may hold a token.
#[derive(Clone)]
pub struct Reply {
    /// Its head.
    pub head: Head,
    /// Its body, decompressed.
    pub body: Vec<u8>,
}

impl fmt::Debug for Reply {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let body = format!("{} bytes", self.body.len());
        f.debug_struct("Reply").field("head", &self.head).field("body", &body).finish()
    }
}

impl Reply {
    /// Does it look like JSON, by its first character?
    #[must_use]
    pub fn is_json(&self) -> bool {
        let first = self.body.iter().find(|b| !b.is_ascii_whitespace());
        matches!(first, Some(b'{' | b'['))
    }

    /// Does it look like an HTML page, by its first characters rather than by its header?
    #[must_use]
    pub fn is_html(&self) -> bool {
        let start = self.body.iter().position(|b| !b.is_ascii_whitespace()).unwrap_or(0);
        self.body.get(start) == Some(&b'<')
    }
}
