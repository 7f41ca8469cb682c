//! The TLS side of a client: whom it trusts, and why it did not.
//!
//! Must not do: offer a way to skip a check.

use jiff::Timestamp;
use rustls::pki_types::UnixTime;
use rustls::{CertificateError, InvalidMessage};

use crate::domain::text::visible;
use crate::http::address::Address;
use crate::http::error::{HttpError, Trouble};
use crate::http::limits::Settings;
use crate::http::lookup::Lookup;

/// What every client starts from; for https the system's authorities and one's own.
pub(super) fn builder(
    settings: &Settings,
    address: &Address,
) -> Result<reqwest::ClientBuilder, HttpError> {
    // A second client finds it installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let own = match &settings.ca_pem {
        Some(pem) => authorities(pem)?,
        None => Vec::new(),
    };
    let builder = reqwest::Client::builder()
        .user_agent(concat!("acerto/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
        .referer(false)
        .no_proxy()
        .dns_resolver(Lookup)
        .tcp_nodelay(true)
        .connect_timeout(settings.limits.connect)
        .pool_idle_timeout(settings.limits.keep_alive);
    // Plain http needs no authority, so a machine without any can use it.
    Ok(if address.is_https() { builder.tls_certs_merge(own) } else { builder.tls_certs_only(own) })
}

fn authorities(pem: &[u8]) -> Result<Vec<reqwest::Certificate>, HttpError> {
    let hint = "ca_file must hold one or more blocks of -----BEGIN CERTIFICATE-----";
    let wrong = |what: &str| HttpError::new(Trouble::Settings, what, &[hint]);
    let found = reqwest::Certificate::from_pem_bundle(pem)
        .map_err(|_| wrong("the file of one's own certificate authority is no readable PEM"))?;
    if found.is_empty() {
        return Err(wrong("the file of one's own certificate authority holds no certificate"));
    }
    Ok(found)
}

/// A client that could not be made.
pub(super) fn unusable(error: &reqwest::Error, settings: &Settings) -> HttpError {
    let causes = super::classify::causes(error);
    let inner = causes.last().map(|e| visible(&e.to_string())).unwrap_or_default();
    let hint = match settings.ca_pem {
        Some(_) => "check the certificates in ca_file",
        None => "install the system's certificates (package ca-certificates), or set ca_file",
    };
    HttpError::new(Trouble::Settings, format!("TLS can't be set up: {inner}"), &[hint])
}

/// Why a TLS connection was not made, to whom.
pub(super) fn refused(error: &rustls::Error, address: &Address) -> HttpError {
    use rustls::Error as E;
    let origin = address.origin();
    let no_tls = "if it has no TLS, write the url with http:// and set allow_http = true";
    let (what, hints) = match error {
        E::InvalidCertificate(why) => return certificate(why, address),
        E::InvalidMessage(InvalidMessage::InvalidContentType) => (
            format!("{origin} does not speak TLS on this port"),
            vec!["check scheme and port of the url", no_tls],
        ),
        E::InvalidMessage(_) | E::InappropriateMessage { .. } => (
            format!("{origin} does not answer as a TLS server does"),
            vec!["check scheme and port of the url"],
        ),
        E::PeerIncompatible(_) => (
            format!("{origin} offers no TLS version or cipher that is still safe"),
            vec!["acerto speaks TLS 1.2 and 1.3: update the server or its proxy"],
        ),
        E::AlertReceived(alert) => (
            format!("{origin} ended the TLS handshake: {}", visible(&format!("{alert:?}"))),
            vec!["it may want TLS below 1.2, another host name, or a client certificate"],
        ),
        E::NoCertificatesPresented => {
            (format!("{origin} shows no certificate"), vec!["check the server's TLS set-up"])
        }
        other => (
            format!("TLS with {origin} failed: {}", visible(&other.to_string())),
            vec!["see the server's or its proxy's TLS log"],
        ),
    };
    HttpError::new(Trouble::Tls, what, &hints)
}

fn certificate(why: &CertificateError, address: &Address) -> HttpError {
    use CertificateError as C;
    let origin = address.origin();
    let renew = "renew it at the server; acerto never skips this check";
    let (what, hints) = match why {
        C::UnknownIssuer => (
            "is signed by an authority that this machine does not know".to_owned(),
            vec![
                "set ca_file to the PEM of the authority that signed it",
                "or let the server send its intermediate certificates too",
            ],
        ),
        C::BadSignature => (
            "is not signed by the authority of that name that this machine knows".to_owned(),
            vec!["the authority was made anew: set ca_file to its present PEM"],
        ),
        C::Expired => ("has expired".to_owned(), vec![renew]),
        C::ExpiredContext { not_after, .. } => {
            (format!("expired on {}", date(*not_after)), vec![renew, "check this machine's clock"])
        }
        C::NotValidYet => {
            ("is not valid yet".to_owned(), vec!["check this machine's clock", renew])
        }
        C::NotValidYetContext { not_before, .. } => (
            format!("is not valid before {}", date(*not_before)),
            vec!["check this machine's clock", renew],
        ),
        C::NotValidForName => (format!("is not for {}", visible(address.host())), vec![NAME]),
        C::NotValidForNameContext { presented, .. } => (
            format!("is not for {}, but for {}", visible(address.host()), names(presented)),
            vec![NAME],
        ),
        C::Revoked => ("is revoked".to_owned(), vec![renew]),
        other => {
            let words = visible(&format!("{other:?}"));
            if words.contains("CaUsedAsEndEntity") {
                let hint = "make a server certificate signed by it; for one that stands alone: \
                            openssl req -x509 -addext basicConstraints=critical,CA:FALSE …";
                ("is an authority's own, not a server's".to_owned(), vec![hint])
            } else {
                (format!("can't be used: {words}"), vec![renew])
            }
        }
    };
    HttpError::new(Trouble::Tls, format!("the certificate of {origin} {what}"), &hints)
}

const NAME: &str = "use the name in the certificate as the url's host, or renew it for this one";

/// The first names of a certificate: they are the server's words, so few and visible.
fn names(presented: &[String]) -> String {
    let few = presented.iter().take(3).map(|name| {
        let name =
            name.strip_prefix("DnsName(\"").and_then(|n| n.strip_suffix("\")")).unwrap_or(name);
        visible(name)
    });
    match few.collect::<Vec<_>>().join(", ") {
        none if none.is_empty() => "nobody".to_owned(),
        some => some,
    }
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds).map_or_else(
        |_| "a date out of range".to_owned(),
        |t| t.strftime("%Y-%m-%d %H:%M UTC").to_string(),
    )
}
