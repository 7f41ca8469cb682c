//! The private key of an API client, and the JWT that is signed with it (ES256, RFC 7518).
//!
//! Must not do: show a character of a key, in a message or in `Debug`.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use p256::SecretKey;
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use secrecy::{ExposeSecret as _, SecretString};

use crate::ports::{FetchError, FetchErrorKind};

/// How long a signed login is good for, seconds: it is sent at once.
const LIFE_SECONDS: i64 = 300;

const WANTED: &str = "private_key_file must hold an EC private key on the curve P-256, as PEM: \
     BEGIN PRIVATE KEY (PKCS#8) or BEGIN EC PRIVATE KEY (SEC1)";

const MAKE_ONE: &str =
    "such a pair is made by: openssl ecparam -name prime256v1 -genkey -noout -out acs.key";

/// A key that signs logins.
pub(super) struct Key(SigningKey);

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key([redacted])")
    }
}

impl Key {
    /// Reads a key.
    ///
    /// # Errors
    /// Where it is none of the wanted forms, saying which it is.
    pub fn read(pem: &SecretString) -> Result<Self, FetchError> {
        let text = pem.expose_secret();
        // `openssl ecparam -genkey` puts the curve's parameters before the key.
        let starts = ["-----BEGIN EC PRIVATE KEY", "-----BEGIN PRIVATE KEY"];
        let start = starts.iter().find_map(|label| text.find(label));
        let Some(key) = start.and_then(|at| text.get(at..)) else { return Err(wrong(text)) };
        let read = SecretKey::from_pem(key.trim()).map_err(|_| {
            refused("the private key can't be read: damaged, or not on the curve P-256")
        })?;
        Ok(Self(SigningKey::from(&read)))
    }

    /// A login of API client `issuer`, good from `now` on for a few minutes.
    pub fn sign(&self, issuer: &str, now: Timestamp) -> SecretString {
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let issued = now.as_second();
        let header = serde_json::json!({ "alg": "ES256", "typ": "JWT" });
        let claims =
            serde_json::json!({ "iss": issuer, "iat": issued, "exp": issued + LIFE_SECONDS });
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature: Signature = self.0.sign(signed.as_bytes());
        SecretString::from(format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature.to_bytes())))
    }
}

/// What is there instead of a key.
fn wrong(text: &str) -> FetchError {
    let has = |label: &str| text.contains(&format!("-----BEGIN {label}"));
    if has("PUBLIC KEY") || has("RSA PUBLIC KEY") || has("CERTIFICATE") {
        return refused(
            "this is the public key, which belongs into the ACS's API client: the private key \
             is wanted here",
        );
    }
    if has("ENCRYPTED PRIVATE KEY") {
        return refused("the private key is encrypted with a password: store it without one");
    }
    if has("RSA PRIVATE KEY") || has("DSA PRIVATE KEY") || has("OPENSSH PRIVATE KEY") {
        return refused("the private key is of another kind: RSA, DSA or SSH");
    }
    refused("there is no private key in it: no line BEGIN … PRIVATE KEY")
}

fn refused(what: &str) -> FetchError {
    FetchError::new(FetchErrorKind::Config, what, &[WANTED, MAKE_ONE])
}

#[cfg(test)]
mod tests {
    use p256::ecdsa::VerifyingKey;
    use p256::ecdsa::signature::Verifier as _;
    use p256::pkcs8::{EncodePrivateKey as _, EncodePublicKey as _, LineEnding};

    use super::*;

    fn pair() -> SecretKey {
        SecretKey::from_slice(&[7; 32]).unwrap()
    }

    fn read(text: &str) -> Result<Key, FetchError> {
        Key::read(&SecretString::from(text.to_owned()))
    }

    #[test]
    fn both_forms_of_a_private_key_are_read() {
        let secret = pair();
        let pkcs8 = secret.to_pkcs8_pem(LineEnding::LF).unwrap().to_string();
        let sec1 = secret.to_sec1_pem(LineEnding::LF).unwrap().to_string();
        let parameters =
            "-----BEGIN EC PARAMETERS-----\nBggqhkjOPQMBBw==\n-----END EC PARAMETERS-----\n";
        let with_parameters = format!("{parameters}{sec1}");
        for text in [&pkcs8, &sec1, &with_parameters, &pkcs8.replace('\n', "\r\n")] {
            let key = read(text).unwrap();
            let token = key.sign("acerto", Timestamp::UNIX_EPOCH);
            let (signed, signature) = token.expose_secret().rsplit_once('.').unwrap();
            let signature = URL_SAFE_NO_PAD.decode(signature).unwrap();
            let signature = Signature::from_slice(&signature).unwrap();
            let public = VerifyingKey::from(secret.public_key());
            public.verify(signed.as_bytes(), &signature).unwrap();
            let claims = URL_SAFE_NO_PAD.decode(signed.split_once('.').unwrap().1).unwrap();
            let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap();
            assert_eq!(claims, serde_json::json!({"iss": "acerto", "iat": 0, "exp": 300}));
            assert_eq!(format!("{key:?}"), "Key([redacted])");
        }
    }

    #[test]
    fn anything_else_says_what_is_wanted_and_shows_no_key() {
        let public = pair().public_key().to_public_key_pem(LineEnding::LF).unwrap();
        let pkcs8 = pair().to_pkcs8_pem(LineEnding::LF).unwrap().to_string();
        let damaged = pkcs8.replacen("MIGH", "MIGX", 1);
        assert_ne!(damaged, pkcs8);
        for (text, words) in [
            (public.as_str(), "public key"),
            (damaged.as_str(), "damaged"),
            ("-----BEGIN ENCRYPTED PRIVATE KEY-----\nGEHEIM\n", "password"),
            ("-----BEGIN RSA PRIVATE KEY-----\nGEHEIM\n", "RSA"),
            ("-----BEGIN PRIVATE KEY-----\nGEHEIM\n-----END PRIVATE KEY-----\n", "damaged"),
            ("GEHEIM", "no private key"),
            ("", "no private key"),
        ] {
            let error = read(text).unwrap_err();
            assert_eq!(error.kind, FetchErrorKind::Config);
            assert!(error.what.contains(words), "{}", error.what);
            assert!(error.hints[0].contains("P-256"));
            assert!(!format!("{error:?}").contains("GEHEIM"));
        }
    }
}
