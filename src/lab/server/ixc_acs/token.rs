//! Tokens: for id and secret, or for a JWT that the API client signed (ES256, RFC 7518).
//!
//! Must not do: tell why a login was refused; the real one says only that it was.

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::{SignedDuration, Timestamp};
use p256::ecdsa::signature::Verifier as _;
use p256::ecdsa::{Signature, SigningKey, VerifyingKey};
use p256::pkcs8::{EncodePrivateKey as _, LineEnding};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::problem;
use crate::lab::server::message::{Answer, Asked, pairs};

/// The id of the one API client.
const CLIENT: &str = "acerto-lab";

/// How long a token holds, seconds.
const LIFE: i64 = 3600;

/// The longest life that a signed login may have, seconds.
const SIGNED_LIFE: i64 = 86_400;

/// What an API client logs in with.
#[derive(Clone)]
pub struct Credentials {
    /// Its id.
    pub client_id: String,
    /// Its secret.
    pub client_secret: String,
    /// The private key whose public half the ACS has: PEM, PKCS#8.
    pub private_key_pem: String,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Credentials").field("client_id", &self.client_id).finish_non_exhaustive()
    }
}

#[derive(Debug)]
pub(super) struct Tokens {
    secret: String,
    key: VerifyingKey,
    private_key_pem: String,
    given: HashMap<String, Timestamp>,
    count: u64,
}

impl Tokens {
    pub fn new(seed: u64) -> Self {
        let key = signing_key(seed);
        // A key that was just made can be written; without it only the JWT login is lost.
        let pem = key.to_pkcs8_pem(LineEnding::LF).map(|pem| pem.to_string());
        Self {
            secret: hex(&made_of("client secret", seed, 0)),
            key: *key.verifying_key(),
            private_key_pem: pem.unwrap_or_default(),
            given: HashMap::new(),
            count: 0,
        }
    }

    pub fn credentials(&self) -> Credentials {
        Credentials {
            client_id: CLIENT.to_owned(),
            client_secret: self.secret.clone(),
            private_key_pem: self.private_key_pem.clone(),
        }
    }

    pub fn revoke(&mut self) {
        self.given.clear();
    }

    /// Does the request carry a token that holds?
    pub fn holds(&self, asked: &Asked, now: Timestamp) -> bool {
        bearer(asked).and_then(|token| self.given.get(token)).is_some_and(|until| *until > now)
    }

    /// Answers a login; `None` where the path is none's.
    pub fn answer(&mut self, asked: &Asked, parts: &[&str], now: Timestamp) -> Option<Answer> {
        match (asked.method.as_str(), parts) {
            ("POST", ["v1" | "v2", "token", "oauth"]) => Some(self.by_secret(asked, now)),
            ("GET", ["v1", "token"]) => Some(self.by_signature(asked, now)),
            (_, ["v1" | "v2", "token", ..]) => Some(problem(404, "Not Found")),
            _ => None,
        }
    }

    fn by_secret(&mut self, asked: &Asked, now: Timestamp) -> Answer {
        let form: HashMap<String, String> = match serde_json::from_slice(&asked.body) {
            Ok(fields) => fields,
            Err(_) => pairs(&String::from_utf8_lossy(&asked.body)).into_iter().collect(),
        };
        let field = |name: &str| form.get(name).map(String::as_str);
        let grant = field("grant_type").unwrap_or("client_credentials");
        if grant != "client_credentials" {
            return Answer::json(400, &json!({"error": "unsupported_grant_type"}));
        }
        if field("client_id") == Some(CLIENT) && field("client_secret") == Some(&self.secret) {
            self.give(now)
        } else {
            Answer::json(401, &json!({"error": "invalid_client"}))
        }
    }

    /// The claims are looked at by the lab's clock and by the machine's: whoever signs does not
    /// know that the lab's was put forward.
    fn by_signature(&mut self, asked: &Asked, now: Timestamp) -> Answer {
        let signed = bearer(asked).and_then(|jwt| self.claims(jwt));
        let is_good = signed.is_some_and(|claims| {
            let time = |name: &str| claims.get(name).and_then(Value::as_i64);
            let (Some(from), Some(until)) = (time("iat"), time("exp")) else { return false };
            let holds = |at: Timestamp| from <= at.as_second() + 60 && at.as_second() < until;
            claims.get("iss").and_then(Value::as_str) == Some(CLIENT)
                && until > from
                && until - from <= SIGNED_LIFE
                && (holds(now) || holds(Timestamp::now()))
        });
        if is_good { self.give(now) } else { problem(401, "Unauthorized") }
    }

    fn claims(&self, jwt: &str) -> Option<Value> {
        let (signed, signature) = jwt.rsplit_once('.')?;
        let (header, claims) = signed.split_once('.')?;
        let read = |part: &str| -> Option<Value> {
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).ok()?).ok()
        };
        if read(header)?.get("alg")?.as_str()? != "ES256" {
            return None;
        }
        let signature = URL_SAFE_NO_PAD.decode(signature).ok()?;
        let signature = Signature::from_slice(&signature).ok()?;
        self.key.verify(signed.as_bytes(), &signature).ok()?;
        read(claims)
    }

    fn give(&mut self, now: Timestamp) -> Answer {
        self.count += 1;
        self.given.retain(|_, until| *until > now);
        let token = hex(&made_of(&format!("token {}", self.secret), self.count, 0));
        let until = now.checked_add(SignedDuration::from_secs(LIFE)).unwrap_or(now);
        self.given.insert(token.clone(), until);
        Answer::json(
            200,
            &json!({
                "access_token": token, "token_type": "Bearer", "expires_in": LIFE,
                "expires_at": until.to_string(),
            }),
        )
    }
}

fn bearer(asked: &Asked) -> Option<&str> {
    let (scheme, token) = asked.header("authorization")?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}

fn made_of(what: &str, seed: u64, attempt: u32) -> [u8; 32] {
    Sha256::digest(format!("lab {what} {seed} {attempt}").as_bytes()).into()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Nearly every 32 bytes are a key; where they are none, the next ones are.
fn signing_key(seed: u64) -> SigningKey {
    let mut attempt = 0;
    loop {
        if let Ok(key) = SigningKey::from_slice(&made_of("api client key", seed, attempt)) {
            return key;
        }
        attempt += 1;
    }
}
