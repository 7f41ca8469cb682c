//! Logging in: once however many ask, again where a token is refused, and never a third time.
//!
//! Must not do: show a secret.

use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};

use p256::SecretKey;
use p256::ecdsa::VerifyingKey;
use p256::pkcs8::EncodePrivateKey as _;
use secrecy::SecretString;

use super::server::{Answer, CLIENT, SECRET, StandIn};
use super::{acs, fetch, ids, name, names, rows, settings};
use crate::acs::ixc::{IxcAcs, IxcAcsSettings, Login};
use crate::domain::Untrusted;
use crate::ports::{Acs as _, FetchErrorKind};

#[test]
fn a_token_that_ends_in_the_middle_costs_one_login() {
    for status in [401, 400] {
        let pages = AtomicUsize::new(0);
        let server = StandIn::lying(rows(8), move |world, ask, answer| {
            if ask.page() == Some(2) && pages.fetch_add(1, Ordering::SeqCst) == 0 {
                world.token.lock().unwrap().clear();
                return Answer::new(status, "{\"message\":\"Token expirado\"}");
            }
            answer
        });
        let snapshot = fetch(&acs(&server)).unwrap();
        assert!(snapshot.is_complete());
        assert_eq!((ids(&snapshot), server.logins()), (names(8), 2));
    }
}

#[test]
fn a_second_refusal_ends_the_run_with_what_to_look_at() {
    let server =
        StandIn::lying(
            rows(8),
            |_, ask, answer| {
                if ask.page().is_some() { Answer::new(401, "{}") } else { answer }
            },
        );
    let error = fetch(&acs(&server)).unwrap_err();
    assert_eq!(error.kind, FetchErrorKind::Auth);
    assert_eq!(server.logins(), 2);
    let hints = error.hints.join(" ");
    for words in ["client_id", "secret", "spaces", "expired", "blocked", "public key"] {
        assert!(hints.contains(words), "{words}: {hints}");
    }
}

#[test]
fn a_wrong_secret_is_a_refused_login_and_is_never_shown() {
    let server = StandIn::honest(rows(1));
    let login = Login::Oauth {
        client_id: CLIENT.to_owned(),
        secret: SecretString::from("GEHEIM".to_owned()),
    };
    let settings = IxcAcsSettings { login, ..settings(&server) };
    assert!(!format!("{settings:?}").contains("GEHEIM"));
    let error = fetch(&IxcAcs::new(settings).unwrap()).unwrap_err();
    assert_eq!(error.kind, FetchErrorKind::Auth);
    assert!(!format!("{error:?}").contains("GEHEIM"));
    assert_eq!(server.seen().len(), 1);
}

#[test]
fn the_older_place_of_tokens_is_found() {
    let server = StandIn::lying(rows(2), |_, ask, answer| match ask.path.as_str() {
        "/api/v2/token/oauth" | "/outro/token" => Answer::new(404, "{}"),
        _ => answer,
    });
    assert!(fetch(&acs(&server)).unwrap().is_complete());
    let token_path = Some("/outro/token".to_owned());
    let acs = IxcAcs::new(IxcAcsSettings { token_path, ..settings(&server) }).unwrap();
    let error = fetch(&acs).unwrap_err();
    assert_eq!(error.kind, FetchErrorKind::Unavailable);
    assert!(error.what.contains("/outro/token"), "{}", error.what);
}

#[test]
fn a_token_comes_under_either_name_and_lasts_as_long_as_it_says() {
    for (body, logins) in [
        ("{\"access_token\":\"T\",\"expires_in\":3600}", 1),
        ("{\"access_token\":\"T\",\"expires_in\":\"3600\"}", 1),
        ("{\"token\":\"T\",\"token_type\":\"Bearer\"}", 1),
        ("{\"token\":\"T\",\"expires_in\":null}", 1),
        ("{\"token\":\"T\",\"expires_in\":1e300}", 1),
        ("{\"token\":\"T\",\"expires_in\":0}", 5),
    ] {
        let server = StandIn::lying(rows(8), move |world, ask, answer| {
            if ask.path != "/api/v2/token/oauth" {
                return answer;
            }
            "T".clone_into(&mut world.token.lock().unwrap());
            Answer::new(200, body)
        });
        assert!(fetch(&acs(&server)).unwrap().is_complete(), "{body}");
        // 3 pages, one after the end, the first again.
        assert_eq!(server.count("/token/oauth"), logins, "{body}");
    }
}

#[test]
fn what_is_no_token_is_no_login() {
    for (status, body, kind) in [
        (200, "<html>login</html>", FetchErrorKind::Unavailable),
        (200, "", FetchErrorKind::Unavailable),
        (200, "[]", FetchErrorKind::Unavailable),
        (200, "{\"error\":\"invalid_client\"}", FetchErrorKind::Auth),
        (200, "{\"access_token\":\"\"}", FetchErrorKind::Auth),
        (200, "{\"access_token\":\"a\\r\\nx-evil: 1\"}", FetchErrorKind::Auth),
        (400, "{\"error\":\"invalid_client\"}", FetchErrorKind::Auth),
        (403, "{}", FetchErrorKind::Auth),
        (500, "{}", FetchErrorKind::Unavailable),
    ] {
        let server = StandIn::lying(rows(1), move |_, ask, answer| {
            if ask.path.ends_with("/oauth") { Answer::new(status, body) } else { answer }
        });
        assert_eq!(fetch(&acs(&server)).unwrap_err().kind, kind, "{status} {body}");
    }
}

#[test]
fn a_signed_login_is_verified_by_the_server() {
    let (secret, other) =
        (SecretKey::from_slice(&[7; 32]).unwrap(), SecretKey::from_slice(&[8; 32]).unwrap());
    let public = VerifyingKey::from(secret.public_key());
    for (key, granted) in [(&secret, true), (&other, false)] {
        let server = StandIn::start(rows(4), Some(public), |_, _, answer| answer);
        let pem = key.to_pkcs8_pem(p256::pkcs8::LineEnding::LF).unwrap().to_string();
        let login =
            Login::Jwt { client_id: CLIENT.to_owned(), private_key: SecretString::from(pem) };
        let acs = IxcAcs::new(IxcAcsSettings { login, ..settings(&server) }).unwrap();
        let outcome = fetch(&acs);
        assert_eq!(server.seen()[0].path, "/api/v1/token");
        match outcome {
            Ok(snapshot) => assert!(granted && snapshot.is_complete()),
            Err(error) => {
                assert!(!granted);
                assert_eq!(error.kind, FetchErrorKind::Auth);
                assert!(error.hints.iter().any(|hint| hint.contains("public key")));
            }
        }
    }
}

#[test]
fn many_who_ask_at_once_log_in_once() {
    let server = StandIn::honest(rows(8));
    let (acs, barrier) = (acs(&server), Barrier::new(8));
    let all_ask = || {
        std::thread::scope(|scope| {
            for n in 0..8 {
                let (acs, barrier) = (&acs, &barrier);
                scope.spawn(move || {
                    barrier.wait();
                    let device = acs.device(&Untrusted::new(&name(n))).unwrap().unwrap();
                    assert_eq!(device.id.raw(), name(n));
                });
            }
        });
    };
    all_ask();
    assert_eq!(server.logins(), 1);
    server.world.token.lock().unwrap().clear();
    all_ask();
    assert_eq!(server.logins(), 2);
}

#[test]
fn a_client_id_with_white_space_is_refused_before_anything_is_sent() {
    let server = StandIn::honest(rows(1));
    for client_id in ["", " x", "x\n"] {
        let secret = SecretString::from(SECRET.to_owned());
        let login = Login::Oauth { client_id: client_id.to_owned(), secret };
        let made = IxcAcs::new(IxcAcsSettings { login, ..settings(&server) });
        assert_eq!(made.err().unwrap().kind, FetchErrorKind::Config);
    }
}
