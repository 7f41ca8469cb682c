//! One sending of one request, and its answer's head or whole body.
//!
//! Must not do: send twice; decide whether to ask again.

use std::time::Instant;

use jiff::Timestamp;
use reqwest::header::{HeaderName, HeaderValue};
use tokio::time::{Instant as At, timeout_at};

use crate::http::address::{Address, Asked, word};
use crate::http::classify::{self, Phase};
use crate::http::error::{HttpError, Trouble};
use crate::http::limits::Limits;
use crate::http::message::{Body, Head, Header, Reply, Request};
use crate::http::retry::{self, Again, Failure};
use crate::http::status;

/// The most of a failure's body that is kept: a page of a proxy, a line of JSON.
const FAILURE_BYTES_MOST: usize = 64 << 10;

/// What an exchange needs to know.
pub(super) struct Exchange<'a> {
    /// Whom and what.
    pub asked: &'a Asked,
    /// The client's limits.
    pub limits: &'a Limits,
    /// When it was begun.
    pub began: Instant,
    /// When its answer must be there.
    pub until: Instant,
    /// Is that the end of the whole fetch, rather than of this request?
    pub is_last: bool,
}

/// The request as the library sends it.
pub(super) fn prepared(
    client: &reqwest::Client,
    address: &Address,
    request: &Request,
) -> Result<reqwest::Request, HttpError> {
    let method = reqwest::Method::from_bytes(word(request.method).as_bytes());
    let method = method.map_err(|_| unsendable(address, "method"))?;
    let mut builder = client.request(method, address.url(request)?);
    for (name, value) in &request.headers {
        let key = HeaderName::try_from(*name).map_err(|_| unsendable(address, name))?;
        let mut text =
            HeaderValue::from_str(value.value()).map_err(|_| unsendable(address, name))?;
        text.set_sensitive(matches!(value, Header::Secret(_)));
        builder = builder.header(key, text);
    }
    builder = match &request.body {
        Body::None => builder,
        Body::Json(bytes) => builder.header("content-type", "application/json").body(bytes.clone()),
        Body::Raw(None, bytes) => builder.body(bytes.clone()),
        Body::Raw(Some(kind), bytes) => builder.header("content-type", kind).body(bytes.clone()),
        Body::Form(fields) => {
            let fields: Vec<(&str, &str)> = fields.iter().map(|(n, v)| (*n, v.value())).collect();
            builder.form(&fields)
        }
    };
    builder.build().map_err(|_| unsendable(address, "request"))
}

/// Never names a value: it may be the secret.
fn unsendable(address: &Address, name: &str) -> HttpError {
    let what = format!("the {name} for {} can't be sent as it is", address.origin());
    let hint = "look for line breaks, control characters or accents in this side's credentials";
    HttpError::new(Trouble::Settings, what, &[hint])
}

impl Exchange<'_> {
    /// Sends it and waits for the head; one that is a failure is read and given as one.
    pub async fn open(
        &self,
        client: &reqwest::Client,
        request: reqwest::Request,
    ) -> Result<(Head, reqwest::Response), Failure> {
        let sent = timeout_at(At::from_std(self.until), client.execute(request)).await;
        let mut response = match sent {
            Err(_) => return Err(self.late(Phase::Head)),
            Ok(Err(error)) => return Err(classify::failure(&error, &self.at(Phase::Head))),
            Ok(Ok(response)) => response,
        };
        let head = head(&response);
        if !status::is_failure(head.status) {
            return Ok((head, response));
        }
        let most = self.limits.body_bytes.min(FAILURE_BYTES_MOST);
        let body = self.what_there_is(&mut response, most).await;
        let reply = Reply { head, body };
        Err(status::failure(self.asked, reply, self.limits, Timestamp::now()))
    }

    /// Sends it and reads the whole answer.
    pub async fn whole(
        &self,
        client: &reqwest::Client,
        request: reqwest::Request,
    ) -> Result<Reply, Failure> {
        let (head, mut response) = self.open(client, request).await?;
        let body = self.body(&mut response).await?;
        Ok(Reply { head, body })
    }

    async fn body(&self, response: &mut reqwest::Response) -> Result<Vec<u8>, Failure> {
        let mut body = Vec::new();
        loop {
            let piece = timeout_at(At::from_std(self.until), response.chunk()).await;
            let at = self.at(Phase::Body);
            match piece {
                Err(_) => return Err(self.late(Phase::Body)),
                Ok(Err(error)) => return Err(classify::failure(&error, &at)),
                Ok(Ok(None)) => return Ok(body),
                Ok(Ok(Some(piece))) if body.len() + piece.len() > self.limits.body_bytes => {
                    return Err(Failure::ours(classify::too_large(&at)));
                }
                Ok(Ok(Some(piece))) => body.extend_from_slice(&piece),
            }
        }
    }

    /// The body of a failure: what of it comes in time, at most `most` bytes.
    async fn what_there_is(&self, response: &mut reqwest::Response, most: usize) -> Vec<u8> {
        let mut body = Vec::new();
        let read = async {
            while let Ok(Some(piece)) = response.chunk().await {
                let room = most - body.len();
                body.extend_from_slice(&piece[..piece.len().min(room)]);
                if body.len() == most {
                    break;
                }
            }
        };
        // What was read until then is kept.
        let _ = timeout_at(At::from_std(self.until), read).await;
        body
    }

    fn late(&self, phase: Phase) -> Failure {
        if self.is_last {
            return Failure::new(classify::deadline(self.asked, self.limits), Again::No);
        }
        let error = classify::silence(&self.at(phase), self.until - self.began);
        Failure::new(error, Again::No)
    }

    fn at(&self, phase: Phase) -> classify::At<'_> {
        let after = self.began.elapsed();
        classify::At { asked: self.asked, limits: self.limits, phase, after }
    }
}

fn head(response: &reqwest::Response) -> Head {
    let headers = response.headers().iter().filter_map(|(name, value)| {
        Some((name.as_str().to_owned(), value.to_str().ok()?.to_owned()))
    });
    let headers: Vec<(String, String)> = headers.collect();
    let date = headers.iter().find(|(name, _)| name == "date").and_then(|(_, d)| retry::date(d));
    let reason = response.extensions().get::<hyper::ext::ReasonPhrase>();
    let reason = reason.map(|r| String::from_utf8_lossy(r.as_bytes()).into_owned());
    Head { status: response.status().as_u16(), date, headers, reason }
}
