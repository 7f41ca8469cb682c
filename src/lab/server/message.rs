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

    /// A page for people.
    #[must_use]
    pub fn html(status: u16, page: impl Into<Vec<u8>>) -> Self {
        Self::whole(status, "text/html; charset=UTF-8", page)
    }

    /// The page that the web server in front shows for a status.
    #[must_use]
    pub fn nginx(status: u16) -> Self {
        let words = if status == 401 { "Authorization Required" } else { reason(status) };
        let title = format!("{status} {words}");
        Self::html(
            status,
            format!(
                "<html>\r\n<head><title>{title}</title></head>\r\n<body>\r\n<center><h1>{title}\
                 </h1></center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n"
            ),
        )
    }

    /// Plain words without a content type, as GenieACS answers.
    #[must_use]
    pub fn words(status: u16, words: impl Into<Vec<u8>>) -> Self {
        Self { body: Body::Whole(words.into()), ..Self::empty(status) }
    }

    /// With a header more.
    #[must_use]
    pub fn with(mut self, name: &'static str, value: impl Into<Cow<'static, str>>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    /// With a reason phrase of its own.
    #[must_use]
    pub fn because(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    /// Its body in one piece.
    #[must_use]
    pub fn bytes(&self) -> Cow<'_, [u8]> {
        match &self.body {
            Body::Whole(bytes) => Cow::Borrowed(bytes),
            Body::Chunks(chunks) => Cow::Owned(chunks.concat()),
        }
    }
}

/// The usual words for a status.
#[must_use]
pub fn reason(status: u16) -> &'static str {
    http::StatusCode::from_u16(status).ok().and_then(|s| s.canonical_reason()).unwrap_or("Unknown")
}

/// Undoes percent-encoding once; `None` where it is malformed.
#[must_use]
pub fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'%' {
            let digit = |b: Option<u8>| char::from(b?).to_digit(16);
            let (high, low) = (digit(rest.next())?, digit(rest.next())?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    Some(String::from_utf8_lossy(&bytes).into_owned())
}

/// Names and values of a query or a form.
#[must_use]
pub fn pairs(text: &str) -> Vec<(String, String)> {
    let plain = |part: &str| {
        let spaced = part.replace('+', " ");
        decoded(&spaced).unwrap_or(spaced)
    };
    text.split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (plain(name), plain(value)))
        .collect()
}
