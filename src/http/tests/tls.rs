//! TLS: whom the client trusts, and what it says where it does not.
//!
//! Must not do: reach another machine.

use std::io::Write as _;
use std::net::TcpStream;
use std::sync::{Arc, Mutex};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};

use super::server::{Server, Then, Wire, answer, say, wait_for_end};
use super::{get, limits};
use crate::http::{Client, HttpError, Limits, Settings, Trouble};
use crate::ports::FetchErrorKind;

/// An authority, and the server certificates that it signs.
struct Authority {
    pem: Vec<u8>,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Self {
        Self::named("Our Authority")
    }

    fn named(name: &str) -> Self {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem().into_bytes();
        Self { pem, issuer: Issuer::new(params, key) }
    }

    /// A server that shows a certificate for `name`, valid from one year to another.
    fn server(&self, name: &str, years: (i32, i32)) -> Server {
        self.saying(name, years, answer("200 OK", "", "[]"), Then::Keep)
    }

    fn saying(&self, name: &str, years: (i32, i32), said: Vec<u8>, then: Then) -> Server {
        let config = self.config(name, years);
        let wrap = move |tcp: TcpStream| -> Option<Box<dyn Wire>> {
            let connection = ServerConnection::new(Arc::clone(&config)).ok()?;
            Some(Box::new(StreamOwned::new(connection, tcp)))
        };
        let list = move |_: usize, _: &str, wire: &mut dyn Wire| say(wire, &said, then);
        Server::over(Arc::new(list), wrap)
    }

    fn config(&self, name: &str, (from, to): (i32, i32)) -> Arc<ServerConfig> {
        let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
        params.not_before = date_time_ymd(from, 1, 1);
        params.not_after = date_time_ymd(to, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = params.signed_by(&key, &self.issuer).unwrap();
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key)
            .unwrap();
        Arc::new(config)
    }
}

const VALID: (i32, i32) = (2020, 2100);

/// A client for https; on a machine without authorities of its own it needs one to begin with.
pub(super) fn client_trusting(origin: &str, ca: Option<&[u8]>, limits: Limits) -> Client {
    let ca_pem = ca.map_or_else(|| Authority::new().pem, <[u8]>::to_vec);
    Client::new(Settings { origin: origin.to_owned(), ca_pem: Some(ca_pem), limits }).unwrap()
}

fn ask(server: &Server, host: &str, ca: Option<&[u8]>) -> Result<Vec<u8>, HttpError> {
    let client = client_trusting(&format!("https://{host}:{}", server.port), ca, limits());
    client.send(&get("/devices")).map(|reply| reply.body)
}

fn refused(answer: Result<Vec<u8>, HttpError>, words: &str, hint: &str) {
    let error = answer.unwrap_err();
    assert_eq!((error.trouble, error.kind()), (Trouble::Tls, FetchErrorKind::Auth), "{error:?}");
    assert!(error.what.contains(words), "{}", error.what);
    assert!(error.hints.concat().contains(hint), "{:?}", error.hints);
    assert!(!error.was_sent(), "{error:?}");
}

/// The trouble is called the same; but by then the request was there.
#[test]
fn tls_that_breaks_after_the_request_may_have_brought_it() {
    let authority = Authority::new();
    let raw: Arc<Mutex<Option<TcpStream>>> = Arc::default();
    let kept = Arc::clone(&raw);
    let spoil = move |_: usize, _: &str, _: &mut dyn Wire| {
        let mut raw = raw.lock().unwrap().take().unwrap();
        raw.write_all(b"no record of TLS").unwrap();
        wait_for_end(&mut raw);
        Then::Close
    };
    let config = authority.config("localhost", VALID);
    let server = Server::over(Arc::new(spoil), move |tcp| {
        *kept.lock().unwrap() = Some(tcp.try_clone().ok()?);
        let connection = ServerConnection::new(Arc::clone(&config)).ok()?;
        Some(Box::new(StreamOwned::new(connection, tcp)))
    });
    let error = ask(&server, "localhost", Some(&authority.pem)).unwrap_err();
    assert_eq!(error.trouble, Trouble::Tls, "{error:?}");
    assert!(error.was_sent() && server.seen().len() == 1, "{error:?}");
}

#[test]
fn ones_own_authority_is_trusted_by_address_and_by_name() {
    let authority = Authority::new();
    for host in ["127.0.0.1", "localhost"] {
        let server = authority.server(host, VALID);
        assert_eq!(ask(&server, host, Some(&authority.pem)).unwrap(), b"[]");
    }
}

#[test]
fn an_unknown_authority_is_refused_before_anything_is_sent() {
    let server = Authority::named("Another Authority").server("localhost", VALID);
    refused(ask(&server, "localhost", None), "does not know", "ca_file");
    assert!(server.seen().is_empty());
    let server = Authority::new().server("localhost", VALID);
    refused(ask(&server, "localhost", None), "authority of that name", "made anew");
    assert!(server.seen().is_empty());
}

#[test]
fn a_certificate_out_of_its_time_is_refused_with_the_date() {
    let authority = Authority::new();
    let expired = authority.server("localhost", (2020, 2021));
    let words = "expired on 2021-01-01";
    refused(ask(&expired, "localhost", Some(&authority.pem)), words, "renew it");
    let early = authority.server("localhost", (2090, 2100));
    let words = "not valid before 2090-01-01";
    refused(ask(&early, "localhost", Some(&authority.pem)), words, "clock");
    assert!(expired.seen().is_empty() && early.seen().is_empty());
}

#[test]
fn a_certificate_for_another_name_is_refused() {
    let authority = Authority::new();
    let server = authority.server("acs.example", VALID);
    let words = "is not for localhost, but for acs.example";
    refused(ask(&server, "localhost", Some(&authority.pem)), words, "name");
    assert!(server.seen().is_empty());
}

#[test]
fn a_server_without_tls_is_said_to_have_none() {
    let server = Server::over(Arc::new(|_, _: &str, _: &mut dyn Wire| Then::Close), |mut tcp| {
        say(&mut tcp, answer("400 Bad Request", "", "no TLS here"), Then::Close);
        wait_for_end(&mut tcp);
        None
    });
    refused(ask(&server, "localhost", None), "does not speak TLS", "http://");
}

#[test]
fn an_authority_that_is_shown_as_a_server_is_explained() {
    let key = KeyPair::generate().unwrap();
    let mut params = CertificateParams::new(vec!["localhost".to_owned()]).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let certificate = params.self_signed(&key).unwrap();
    let pem = certificate.pem().into_bytes();
    let der = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], der)
        .unwrap();
    let config = Arc::new(config);
    let server = Server::over(Arc::new(|_, _: &str, _: &mut dyn Wire| Then::Close), move |tcp| {
        let connection = ServerConnection::new(Arc::clone(&config)).ok()?;
        Some(Box::new(StreamOwned::new(connection, tcp)))
    });
    refused(
        ask(&server, "localhost", Some(&pem)),
        "an authority's own",
        "make a server certificate",
    );
}

#[test]
fn an_authority_file_that_holds_none_is_refused_at_once() {
    let broken = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for pem in [&b""[..], b"no certificate", broken] {
        for origin in ["https://acs.example", "http://127.0.0.1:7557"] {
            let settings = Settings {
                origin: origin.to_owned(),
                ca_pem: Some(pem.to_vec()),
                limits: limits(),
            };
            let error = Client::new(settings).err().unwrap();
            assert_eq!((error.trouble, error.kind()), (Trouble::Settings, FetchErrorKind::Config));
            assert!(error.hints[0].contains("ca_file"), "{error:?}");
        }
    }
}

/// Anybody on the way can end a connection; only the server itself can say that it did.
#[test]
fn under_tls_an_end_that_the_server_did_not_announce_is_cut() {
    let authority = Authority::new();
    for said in [
        "HTTP/1.0 200 OK\r\n\r\n[]".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\n[]".to_owned(),
        "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n[]\r\n".to_owned(),
    ] {
        let server = authority.saying("localhost", VALID, said.into_bytes(), Then::Close);
        let error = ask(&server, "localhost", Some(&authority.pem)).unwrap_err();
        assert_eq!(error.trouble, Trouble::Cut, "{error:?}");
    }
}

/// Runs itself again where no authority is installed.
#[test]
fn a_machine_without_authorities_can_use_plain_http_and_ones_own() {
    const INSIDE: &str = "ACERTO_TEST_ON_A_BARE_MACHINE";
    if std::env::var_os(INSIDE).is_none() {
        let nothing = tempfile::tempdir().unwrap();
        let name =
            "http::tests::tls::a_machine_without_authorities_can_use_plain_http_and_ones_own";
        let run = std::process::Command::new(std::env::current_exe().unwrap())
            .args(["--exact", name])
            .env(INSIDE, "1")
            .env("SSL_CERT_FILE", nothing.path().join("none"))
            .env("SSL_CERT_DIR", nothing.path())
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&run.stdout);
        assert!(run.status.success() && said.contains("1 passed"), "{said}");
        return;
    }
    let new = |origin: String, ca_pem| Client::new(Settings { origin, ca_pem, limits: limits() });
    let error = new("https://acs.example".to_owned(), None).err().unwrap();
    assert_eq!(error.trouble, Trouble::Settings);
    assert!(error.hints[0].contains("ca-certificates"), "{error:?}");
    let plain = Server::saying(answer("200 OK", "", "[]"));
    assert!(new(plain.origin(), None).unwrap().send(&get("/devices")).is_ok());
    let authority = Authority::new();
    let server = authority.server("localhost", VALID);
    assert_eq!(ask(&server, "localhost", Some(&authority.pem)).unwrap(), b"[]");
}

#[test]
fn connections_are_kept_and_streamed_under_tls_too() {
    let authority = Authority::new();
    let server = authority.server("localhost", VALID);
    let origin = format!("https://localhost:{}", server.port);
    let client = client_trusting(&origin, Some(&authority.pem), limits());
    for _ in 0..3 {
        assert_eq!(client.send(&get("/devices")).unwrap().body, b"[]");
    }
    let mut stream = client.stream(&get("/devices")).unwrap();
    while stream.next().unwrap().is_some() {}
    assert_eq!(server.seen().len(), 4);
}
