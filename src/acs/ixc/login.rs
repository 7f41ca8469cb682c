//! Logging in: a token for client id and secret (OAuth), or for a signed JWT.
//!
//! Must not do: show a secret, a token, or an answer that may hold one.

use std::time::Duration;

use jiff::Timestamp;
use secrecy::SecretString;
use serde::Deserialize;

use crate::acs::ixc::answer;
use crate::acs::ixc::key::Key;
use crate::http::{Body, Client, Header, HttpError, Method, Reply, Request, Token, Trouble};
use crate::ports::{FetchError, FetchErrorKind};

/// Where tokens are asked for, newest first [IXC.md section 2].
const OAUTH_PATHS: [&str; 2] = ["/api/v2/token/oauth", "/api/v1/token/oauth"];

const JWT_PATHS: [&str; 1] = ["/api/v1/token"];

/// The longest life of a token that is believed.
const LIFE_MOST: Duration = Duration::from_secs(366 * 24 * 3600);

/// How an API client proves who it is.
#[derive(Clone, Debug)]
pub enum Login {
    /// By id and secret.
    Oauth {
        /// The API client's id.
        client_id: String,
        /// Its secret.
        secret: SecretString,
    },
    /// By a JWT (ES256) that is signed with a private key.
    Jwt {
        /// The API client's id: the claim `iss`.
        client_id: String,
        /// The key, PEM: PKCS#8 or SEC1, curve P-256.
        private_key: SecretString,
    },
}

#[derive(Debug)]
enum Proof {
    Secret(SecretString),
    Key(Key),
}

/// A login whose key has been read.
#[derive(Debug)]
pub(super) struct Entrance {
    client_id: String,
    proof: Proof,
    path: Option<String>,
}

/// The known part of the answer; a token is never shown.
#[derive(Deserialize)]
struct Granted {
    #[serde(default, alias = "token")]
    access_token: Option<String>,
    #[serde(default)]
    expires_in: Option<Seconds>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Seconds {
    Number(f64),
    Text(String),
}

impl Entrance {
    /// A login at `path`, or at the usual places.
    ///
    /// # Errors
    /// Where the private key is none.
    pub fn new(login: Login, path: Option<String>) -> Result<Self, FetchError> {
        let (client_id, proof) = match login {
            Login::Oauth { client_id, secret } => (client_id, Proof::Secret(secret)),
            Login::Jwt { client_id, private_key } => {
                (client_id, Proof::Key(Key::read(&private_key)?))
            }
        };
        if client_id.trim() != client_id || client_id.is_empty() {
            let what = "client_id is empty, or has white space at its ends";
            let hint = "copy it again from the ACS: Tools > API Clients";
            return Err(FetchError::new(FetchErrorKind::Config, what, &[hint]));
        }
        Ok(Self { client_id, proof, path })
    }

    /// Asks for a token.
    ///
    /// # Errors
    /// Where none was given.
    pub fn log_in(&self, client: &Client, now: Timestamp) -> Result<Token, FetchError> {
        let usual: &[&str] = match self.proof {
            Proof::Secret(_) => &OAUTH_PATHS,
            Proof::Key(_) => &JWT_PATHS,
        };
        let own = self.path.as_deref().map(|path| [path]);
        let paths = own.as_ref().map_or(usual, |own| own.as_slice());
        for path in paths {
            let reply = client.send(&self.request(path, now)).map_err(|e| self.failed(e))?;
            if reply.head.status != 404 {
                return self.granted(&reply);
            }
        }
        let place = paths.join(" or ");
        let what = format!("{} gives no tokens at {place} (HTTP 404)", client.origin());
        Err(FetchError::new(FetchErrorKind::Unavailable, what, &[answer::ROOT, answer::TOKEN_PATH]))
    }

    fn request(&self, path: &str, now: Timestamp) -> Request {
        match &self.proof {
            Proof::Secret(secret) => {
                let plain = |text: &str| Header::Plain(text.to_owned());
                Request::read(Method::Post, path).body(Body::Form(vec![
                    ("grant_type", plain("client_credentials")),
                    ("client_id", plain(&self.client_id)),
                    ("client_secret", Header::Secret(secret.clone())),
                ]))
            }
            Proof::Key(key) => {
                let signed = key.sign(&self.client_id, now);
                answer::with_token(Request::read(Method::Get, path), &signed)
            }
        }
    }

    fn failed(&self, error: HttpError) -> FetchError {
        match error.trouble {
            Trouble::Unauthorised => self.refused(401),
            Trouble::Forbidden => self.refused(403),
            _ => error.into(),
        }
    }

    fn granted(&self, reply: &Reply) -> Result<Token, FetchError> {
        if reply.is_html() {
            return Err(answer::html("a token"));
        }
        let status = reply.head.status;
        if !reply.head.is_success() {
            return Err(self.refused(status));
        }
        let Some(Granted { access_token, expires_in }) = answer::object(&reply.body) else {
            let what = "the ACS answered the login with something that is no token";
            return Err(FetchError::new(FetchErrorKind::Unavailable, what, &[answer::ROOT]));
        };
        let token =
            access_token.filter(|t| !t.is_empty() && t.bytes().all(|b| b.is_ascii_graphic()));
        // A refusal may come as a 200 without a token.
        let token = token.ok_or_else(|| self.refused(status))?;
        Ok(Token { secret: SecretString::from(token), expires_in: expires_in.and_then(life) })
    }

    /// The login was refused: R6's list (CAUSES.md section 1).
    pub fn refused(&self, status: u16) -> FetchError {
        let what = format!("the ACS refuses the login of this API client (HTTP {status})");
        let hints: &[&str] = match self.proof {
            Proof::Secret(_) => &SECRET_HINTS,
            Proof::Key(_) => &KEY_HINTS,
        };
        FetchError::new(FetchErrorKind::Auth, what, hints)
    }
}

const CLIENT_HINT: &str = "look at client_id: it is the id of the API client in the ACS, under \
     Tools > API Clients, without spaces before or after it";

const BLOCKED_HINT: &str = "look at the API client in the ACS: it may be blocked, its token \
     expired, or its requests of the day used up";

const SECRET_HINTS: [&str; 4] = [
    CLIENT_HINT,
    "look at the secret: copied whole, without spaces or a line more, and not an older one",
    BLOCKED_HINT,
    "where the API client holds a public key instead of a secret, set auth = \"jwt\"",
];

const KEY_HINTS: [&str; 4] = [
    CLIENT_HINT,
    "look at the public key in the API client: it must be the one of private_key_file, whole, \
     without spaces before or after it",
    BLOCKED_HINT,
    "look at this machine's clock: a signed login is good for 5 minutes",
];

fn life(seconds: Seconds) -> Option<Duration> {
    let seconds = match seconds {
        Seconds::Number(seconds) => seconds,
        Seconds::Text(text) => text.trim().parse().ok()?,
    };
    Duration::try_from_secs_f64(seconds).ok().map(|life| life.min(LIFE_MOST))
}
