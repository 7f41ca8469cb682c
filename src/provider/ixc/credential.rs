//! The `Authorization` header: Basic in either form that installations hand out, or a bearer
//! token that is asked for.
//!
//! Must not do: show a secret, or any part of one.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret as _, SecretString};
use serde::Deserialize;

use crate::http::{Body, Client, Header, HttpError, Method, Request, Token, Tokens};
use crate::ports::{FetchError, FetchErrorKind};
use crate::provider::ixc::settings::{Auth, Credential};

/// Makes the header.
#[derive(Debug)]
pub(super) enum Authorization {
    Basic(SecretString),
    Bearer { path: String, id: String, secret: SecretString, tokens: Tokens },
}

impl Authorization {
    pub(super) fn new(auth: &Auth, credential: &Credential) -> Result<Self, FetchError> {
        let id = credential.client_id.as_deref();
        match auth {
            Auth::BasicToken => basic(id, &credential.secret).map(Self::Basic),
            Auth::ClientCredentials { token_path } => {
                let id = id.ok_or_else(|| config("client_id is missing", "set client_id"))?;
                if !token_path.starts_with('/') {
                    return Err(config(
                        "token_path does not begin with `/`",
                        "set token_path to the path of the token, without scheme and host",
                    ));
                }
                Ok(Self::Bearer {
                    path: token_path.clone(),
                    id: id.to_owned(),
                    secret: credential.secret.clone(),
                    tokens: Tokens::default(),
                })
            }
        }
    }

    /// The header's value as of now.
    pub(super) fn header(&self, client: &Client) -> Result<SecretString, FetchError> {
        match self {
            Self::Basic(value) => Ok(value.clone()),
            Self::Bearer { path, id, secret, tokens } => {
                let token = tokens.get(|| login(client, path, id, secret))?;
                Ok(SecretString::from(format!("Bearer {}", token.expose_secret())))
            }
        }
    }

    /// `used` was refused: is there another to be had?
    pub(super) fn renew(&self, used: &SecretString) -> bool {
        match self {
            Self::Basic(_) => false,
            Self::Bearer { tokens, .. } => {
                let token = used.expose_secret().trim_start_matches("Bearer ");
                tokens.refused(&SecretString::from(token));
                true
            }
        }
    }
}

#[derive(Deserialize)]
struct Answer {
    access_token: SecretString,
    expires_in: Option<u64>,
}

/// Asks for a token; repeating that changes nothing, so it counts as a read.
fn login(
    client: &Client,
    path: &str,
    id: &str,
    secret: &SecretString,
) -> Result<Token, FetchError> {
    let request = Request::read(Method::Post, path).body(Body::Form(vec![
        ("grant_type", Header::Plain("client_credentials".to_owned())),
        ("client_id", Header::Plain(id.to_owned())),
        ("client_secret", Header::Secret(secret.clone())),
    ]));
    let reply = client.send(&request).map_err(refused)?;
    let answer: Option<Answer> = serde_json::from_slice(&reply.body).ok();
    match answer {
        Some(answer) if reply.head.is_success() => Ok(Token {
            secret: answer.access_token,
            expires_in: answer.expires_in.map(Duration::from_secs),
        }),
        _ => Err(FetchError::new(
            FetchErrorKind::Auth,
            format!("no token was given at token_path (status {})", reply.head.status),
            &["check client_id, the client secret and token_path"],
        )),
    }
}

fn refused(error: HttpError) -> FetchError {
    let mut error = FetchError::from(error);
    error.hints.push("check client_id, the client secret and token_path".to_owned());
    error
}

fn basic(id: Option<&str>, secret: &SecretString) -> Result<SecretString, FetchError> {
    let secret = secret.expose_secret();
    let encoded = |pair: &str| {
        SecretString::from(format!("Basic {}", BASE64_STANDARD.encode(pair.as_bytes())))
    };
    if is_hex(secret) {
        let digits = |id: &&str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit());
        return match id.filter(digits) {
            Some(id) => Ok(encoded(&format!("{id}:{secret}"))),
            None => Err(config(
                "client_id is missing or no number, and the client secret does not carry it",
                "set client_id to the id of the token's user",
            )),
        };
    }
    if is_pair(secret) {
        return Ok(encoded(secret));
    }
    let decoded = BASE64_STANDARD.decode(secret).ok().and_then(|b| String::from_utf8(b).ok());
    if decoded.as_deref().is_some_and(is_pair) {
        return Ok(SecretString::from(format!("Basic {secret}")));
    }
    Err(config(
        "the client secret has none of the forms of an IXC Provedor token",
        "a token is 64 hex digits, or `USER-ID:64 hex digits`, or the base64 of that",
    ))
}

fn is_hex(text: &str) -> bool {
    text.len() == 64 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

fn is_pair(text: &str) -> bool {
    text.split_once(':').is_some_and(|(id, hex)| {
        !id.is_empty() && id.bytes().all(|b| b.is_ascii_digit()) && is_hex(hex)
    })
}

fn config(what: &str, hint: &str) -> FetchError {
    FetchError::new(FetchErrorKind::Config, what, &[hint])
}
