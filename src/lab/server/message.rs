//! A request and an answer as the three simulated systems see them.
//!
//! Must not do: touch a socket, or know a system's paths.

use std::borrow::Cow;

/// A request, whole.
#[derive(Clone, Debug)]
pub struct Asked {
    /// Its method in capitals.
    pub method: String,
    /// Its path as it was sent, still percent-encoded, without the query.
    pub path: String,
    /// Its query, names and values decoded, in the order sent.
    pub query: Vec<(String, String)>,
    /// Its headers, names in lower case.
    pub headers: Vec<(String, String)>,
    /// Its body.
    pub body: Vec<u8>,
}

impl Asked {
    /// A header's first value; `name` in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }

    /// A query parameter's first value.
    #[must_use]
    pub fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str())
    }
}

/// What is sent after the head.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Body {
    /// With its length announced.
    Whole(Vec<u8>),
    /// In chunks, exactly these.
    Chunks(Vec<Vec<u8>>),
}

/// An answer. `Date` is added where it is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Status.
    pub status: u16,
    /// The reason phrase, where it is not the usual one.
    pub reason: Option<&'static str>,
    /// Headers besides `Date`, `Content-Length` and `Transfer-Encoding`.
    pub headers: Vec<(&'static str, Cow<'static, str>)>,
    /// The body.
    pub body: Body,
}

impl Answer {
    /// A status with nothing in it.
    #[must_use]
    pub fn empty(status: u16) -> Self {
        Self { status, reason: None, headers: Vec::new(), body: Body::Whole(Vec::new()) }
    }

    /// A whole body of a content type.
    #[must_use]
    pub fn whole(status: u16, content_type: &'static str, body: impl Into<Vec<u8>>) -> Self {
        let headers = vec![("content-type", Cow::Borrowed(content_type))];
        Self { status, reason: None, headers, body: Body::Whole(body.into()) }
    }

    /// JSON.
    #[must_use]
    pub fn json(status: u16, value: &serde_json::Value) -> Self {
        Self::whole(status, "application/json", value.to_string())
    }
}
