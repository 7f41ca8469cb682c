//! Who may send: by address, and by a secret that is shared or that signs.
//!
//! Must not do: say which part of a key was wrong, or keep the secret as text.

use std::net::IpAddr;

use http::HeaderMap;
use ipnet::IpNet;
use jiff::{SignedDuration, Timestamp};
use ring::hmac;
use secrecy::{ExposeSecret as _, SecretString};

use crate::config::ListenMode;
use crate::listen::refusal::Refusal;

const SECRET: &str = "x-acerto-secret";
const TIMESTAMP: &str = "x-acerto-timestamp";
const SIGNATURE: &str = "x-acerto-signature";

/// The parameter of a bare address that carries the secret.
const PARAMETER: &str = "secret";

/// What a delivery proved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Proof {
    /// Its sender knows the secret.
    Shared,
    /// It was signed with it: the signature, and the time that it covers.
    Signed([u8; 32], Timestamp),
}

/// The rules.
pub struct Gate {
    pub(super) mode: ListenMode,
    pub(super) allow: Option<Vec<IpNet>>,
    pub(super) proxies: Vec<IpNet>,
    pub(super) tolerance: SignedDuration,
    key: hmac::Key,
    /// The secret's own tag: comparing tags tells nothing about the secret, whatever it takes.
    tag: hmac::Tag,
}

impl Gate {
    /// A gate for this secret, open to every address.
    #[must_use]
    pub fn new(mode: ListenMode, secret: &SecretString, tolerance: SignedDuration) -> Self {
        let secret = secret.expose_secret().as_bytes();
        let key = hmac::Key::new(hmac::HMAC_SHA256, secret);
        let tag = hmac::sign(&key, secret);
        Self { mode, allow: None, proxies: Vec::new(), tolerance, key, tag }
    }

    /// Who is behind the connection: a proxy that is trusted may tell.
    #[must_use]
    pub fn sender(&self, peer: IpAddr, headers: &HeaderMap) -> IpAddr {
        let mut sender = peer.to_canonical();
        let told = headers.get_all("x-forwarded-for").iter().filter_map(|v| v.to_str().ok());
        let told: Vec<&str> = told.flat_map(|line| line.split(',')).map(str::trim).collect();
        for hop in told.iter().rev() {
            if !holds(&self.proxies, sender) {
                break;
            }
            let Ok(address) = hop.parse::<IpAddr>() else { break };
            sender = address.to_canonical();
        }
        sender
    }

    /// May this address send?
    ///
    /// # Errors
    /// Where it may not.
    pub fn admits(&self, sender: IpAddr) -> Result<(), Refusal> {
        let is_in = self.allow.as_ref().is_none_or(|allow| holds(allow, sender));
        is_in.then_some(()).ok_or(Refusal::Address)
    }

    /// Does it prove itself?
    ///
    /// # Errors
    /// Where it does not.
    pub fn check(
        &self,
        headers: &HeaderMap,
        query: &str,
        body: &[u8],
        now: Timestamp,
    ) -> Result<Proof, Refusal> {
        match self.mode {
            ListenMode::SharedSecret => self.shared(headers, query),
            ListenMode::Hmac => self.signed(headers, body, now),
        }
    }

    fn shared(&self, headers: &HeaderMap, query: &str) -> Result<Proof, Refusal> {
        let bearer = text(headers, "authorization").and_then(|value| {
            let (scheme, token) = value.split_once(' ')?;
            scheme.eq_ignore_ascii_case("bearer").then(|| token.trim().to_owned())
        });
        let own = text(headers, SECRET).map(str::to_owned);
        let pairs = form_urlencoded::parse(query.as_bytes());
        let typed =
            pairs.filter(|(name, _)| name == PARAMETER).map(|(_, value)| value.into_owned());
        let mut refusal = Refusal::MissingKey;
        for given in bearer.into_iter().chain(own).chain(typed) {
            let given = secrecy::zeroize::Zeroizing::new(given);
            if hmac::verify(&self.key, given.as_bytes(), self.tag.as_ref()).is_ok() {
                return Ok(Proof::Shared);
            }
            refusal = Refusal::WrongKey;
        }
        Err(refusal)
    }

    fn signed(&self, headers: &HeaderMap, body: &[u8], now: Timestamp) -> Result<Proof, Refusal> {
        let time = text(headers, TIMESTAMP).ok_or(Refusal::MissingKey)?;
        let given = text(headers, SIGNATURE).ok_or(Refusal::MissingKey)?;
        let hex = given.strip_prefix("sha256=").ok_or(Refusal::WrongKey)?;
        let signature = unhex(hex).ok_or(Refusal::WrongKey)?;
        let message = [time.as_bytes(), b".", body].concat();
        hmac::verify(&self.key, &message, &signature).map_err(|_| Refusal::WrongKey)?;
        let at = time.parse().ok().and_then(|s| Timestamp::from_second(s).ok());
        let at = at.ok_or(Refusal::Stale)?;
        if now.duration_since(at).abs() > self.tolerance {
            return Err(Refusal::Stale);
        }
        Ok(Proof::Signed(signature, at))
    }
}

/// The query without our secret; what is left stays as it was written.
#[must_use]
pub fn without_secret(query: &str) -> String {
    let is_secret =
        |pair: &&str| form_urlencoded::parse(pair.as_bytes()).any(|(name, _)| name == PARAMETER);
    let kept: Vec<&str> = query.split('&').filter(|pair| !is_secret(pair)).collect();
    kept.join("&")
}

fn holds(nets: &[IpNet], address: IpAddr) -> bool {
    nets.iter().any(|net| net.contains(&address))
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let digits = text.as_bytes();
    let mut bytes = [0; 32];
    if digits.len() != 64 || !digits.iter().all(u8::is_ascii_hexdigit) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(digits.chunks(2)) {
        *byte = u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}
