//! Addresses: the one origin, what may be asked of it, and how much of it a message shows.
//!
//! Must not do: leave the origin, whatever a path says; show a query, a user or a whole serial.

use std::fmt;
use std::net::TcpStream;
use std::time::Duration;

use reqwest::Url;

use crate::domain::text::visible;
use crate::http::error::{HttpError, Trouble};
use crate::http::message::{Method, Request};

/// The origin of a client.
#[derive(Clone, Debug)]
pub(super) struct Address {
    base: Url,
    origin: String,
}

impl Address {
    /// The origin that `text` names.
    pub fn new(text: &str) -> Result<Self, HttpError> {
        let example = "write scheme, host and port only, like \"https://isp.example\"";
        let wrong = |why: &str| HttpError::new(Trouble::Settings, why, &[example]);
        let base = Url::parse(text).map_err(|_| wrong("the url is no address"))?;
        if !matches!(base.scheme(), "http" | "https") || base.host_str().is_none() {
            return Err(wrong("the url is neither https:// nor http://"));
        }
        if !base.username().is_empty() || base.password().is_some() {
            return Err(wrong("the url carries a user or a password"));
        }
        if base.path() != "/" || base.query().is_some() || base.fragment().is_some() {
            return Err(wrong("the url carries more than an origin"));
        }
        let origin = base.origin().ascii_serialization();
        Ok(Self { base, origin })
    }

    /// The whole address of a request.
    pub fn url(&self, request: &Request) -> Result<Url, HttpError> {
        let refused = || {
            let what = format!("{} is no path that may be asked", request.shown_path());
            let hint = "this is a fault of acerto or of a configured call's path; nothing was sent";
            HttpError::new(Trouble::Settings, what, &[hint])
        };
        let path = request.path.split('?').next().unwrap_or_default();
        if !path.starts_with('/') || path.contains(['#', '\\']) || path.split('/').any(is_dots) {
            return Err(refused());
        }
        let text = format!("{}{}", self.origin, request.path);
        let mut url = Url::parse(&text).map_err(|_| refused())?;
        if url.origin() != self.base.origin() || !url.username().is_empty() {
            return Err(refused());
        }
        if !request.query.is_empty() {
            url.query_pairs_mut().extend_pairs(&request.query);
        }
        Ok(url)
    }

    /// Scheme, host and port.
    pub fn origin(&self) -> &str {
        &self.origin
    }

    /// The host alone.
    pub fn host(&self) -> &str {
        self.base.host_str().unwrap_or_default()
    }

    /// With TLS?
    pub fn is_https(&self) -> bool {
        self.base.scheme() == "https"
    }

    /// Is a connection made there, within `limit` an address? Nothing is sent on it.
    pub fn takes_connections(&self, limit: Duration) -> bool {
        let found = self.base.socket_addrs(|| None).unwrap_or_default();
        found.iter().take(2).any(|at| TcpStream::connect_timeout(at, limit).is_ok())
    }

    /// The address that a `Location` means.
    pub fn target(&self, location: &str) -> Option<Url> {
        self.base.join(location).ok()
    }
}

/// `.` or `..`, encoded or not: an address parser takes them for a way up.
fn is_dots(segment: &str) -> bool {
    let plain = segment.to_ascii_lowercase().replace("%2e", ".");
    plain == "." || plain == ".."
}

/// A request as messages and logs name it: method, origin and path.
#[derive(Clone, Debug)]
pub(super) struct Asked {
    /// GET, POST.
    pub method: &'static str,
    /// The server.
    pub address: Address,
    /// The path, masked.
    pub path: String,
}

impl Asked {
    /// `request` at `address`.
    pub fn new(address: &Address, request: &Request) -> Self {
        let method = word(request.method);
        Self { method, address: address.clone(), path: request.shown_path() }
    }
}

impl fmt::Display for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}{}", self.method, self.address.origin(), self.path)
    }
}

/// A method's word.
pub(super) fn word(method: Method) -> &'static str {
    match method {
        Method::Get => "GET",
        Method::Head => "HEAD",
        Method::Post => "POST",
        Method::Put => "PUT",
        Method::Delete => "DELETE",
    }
}

/// A path without its query, whose ids show their last four places only (SAFETY.md section 5).
pub(super) fn masked(path: &str) -> String {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let segments = path.split('/').map(|segment| {
        let digits = segment.chars().filter(char::is_ascii_digit).count();
        let length = segment.chars().count();
        let is_id = digits > 0 && (length > 6 || (digits == length && length > 4));
        if !is_id {
            return visible(segment);
        }
        let last: String = segment.chars().skip(length - 4).collect();
        format!("…{}", visible(&last))
    });
    segments.collect::<Vec<_>>().join("/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (text, origin) in [
            ("https://acs.example", "https://acs.example"),
            ("https://acs.example/", "https://acs.example"),
            ("https://ACS.example:443", "https://acs.example"),
            ("http://127.0.0.1:7557", "http://127.0.0.1:7557"),
            ("http://[::1]:7557", "http://[::1]:7557"),
        ] {
            assert_eq!(Address::new(text).unwrap().origin(), origin);
        }
        for text in [
            "",
            "acs.example",
            "ftp://acs.example",
            "https://user:geheim@acs.example",
            "https://acs.example/adm",
            "https://acs.example/?x=geheim",
        ] {
            let error = Address::new(text).unwrap_err();
            assert_eq!(error.trouble, Trouble::Settings, "{text}");
            assert!(!format!("{error:?}").contains("geheim"), "{error:?}");
        }
    }

    #[test]
    fn no_path_leaves_the_origin_or_climbs() {
        let address = Address::new("https://acs.example").unwrap();
        for path in [
            "@evil.example/",
            ".evil.example/",
            ":8080/",
            "devices",
            "",
            "/devices/../users",
            "/devices/%2E%2e/users",
            "/devices/.%2e",
            "/devices\\..\\users",
            "/devices#x",
        ] {
            let error = address.url(&Request::read(Method::Get, path)).unwrap_err();
            assert_eq!(error.trouble, Trouble::Settings, "{path}");
        }
        for path in ["/devices/00259E-X%2D1-4857/tasks", "//evil.example/", "/a..b/c."] {
            let url = address.url(&Request::read(Method::Get, path)).unwrap();
            assert_eq!(url.host_str(), Some("acs.example"));
            assert_eq!(url.path(), path);
        }
    }

    #[test]
    fn a_query_is_encoded_and_never_shown() {
        let address = Address::new("https://acs.example").unwrap();
        let request = Request::read(Method::Get, "/devices").query("query", "{\"a&b\":1}");
        let url = address.url(&request).unwrap();
        assert_eq!(url.query(), Some("query=%7B%22a%26b%22%3A1%7D"));
        assert_eq!(Asked::new(&address, &request).to_string(), "GET https://acs.example/devices");
    }

    #[test]
    fn ids_in_a_path_show_their_last_four() {
        for (path, shown) in [
            ("/devices/202BC1-BM632w-48575443AB12CD34/tasks", "/devices/…CD34/tasks"),
            ("/webservice/v1/radusuarios?token=geheim", "/webservice/v1/radusuarios"),
            ("/api/v2/token/oauth", "/api/v2/token/oauth"),
            ("/contracts/12345", "/contracts/…2345"),
            ("/tr069/a\u{1b}[2J", "/tr069/a\\x1b[2J"),
        ] {
            assert_eq!(masked(path), shown);
        }
    }
}
