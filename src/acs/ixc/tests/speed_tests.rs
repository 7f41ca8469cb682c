//! Speed tests by the two calls that a profile may name.
//!
//! Must not do: judge a result; the engine's own tests do.

use serde_json::{Value, json};

use super::server::{Answer, Ask, StandIn, World};
use super::{row, settings};
use crate::acs::ixc::{Call, Calls, IxcAcs, IxcAcsSettings};
use crate::domain::{Direction, Untrusted};
use crate::http::Method;
use crate::ports::{FetchErrorKind, Outcome, Sight, SpeedTester as _};

const PATH: &str = "/api/v2/devices/{serial}/speedtest";

fn call(method: Method) -> Call {
    Call { method, path: PATH.to_owned(), body: None, success: Vec::new() }
}

fn with(server: &StandIn, speedtest_start: Option<Call>, speedtest: Option<Call>) -> IxcAcs {
    let calls = Calls { speedtest_start, speedtest, ..Calls::default() };
    IxcAcs::new(IxcAcsSettings { calls, ..settings(server) }).unwrap()
}

fn both(server: &StandIn) -> IxcAcs {
    with(server, Some(call(Method::Post)), Some(call(Method::Get)))
}

fn id() -> Untrusted {
    Untrusted::new("A/1")
}

/// An ACS whose speed test is this answer, whatever the method.
fn answering(status: u16, body: &Value) -> StandIn {
    let body = body.to_string();
    StandIn::lying(vec![row("A/1")], move |_: &World, ask: &Ask, answer| {
        if ask.path == "/api/v2/devices/A%2F1/speedtest" {
            Answer::new(status, body.clone())
        } else {
            answer
        }
    })
}

#[test]
fn a_test_is_taken_apart_by_name_and_a_look_writes_nothing() {
    let server = answering(
        200,
        &json!({
            "state": "Completed", "requestedAt": "2026-11-24T11:59:00Z",
            "bomTime": "2026-11-24T11:59:05Z", "eomTime": "0001-01-01T00:00:00Z",
            "testBytesReceived": 7, "downloadKbps": 9, "uploadKbps": 3,
        }),
    );
    let sight = both(&server).look(&id(), true).unwrap().unwrap();
    let (down, up) = (sight.ways.down.unwrap(), sight.ways.up.unwrap());
    assert_eq!(
        (down.test_bytes, down.kbps, up.test_bytes, up.kbps),
        (Some(7), Some(9), None, Some(3))
    );
    assert_eq!((down.bom.is_some(), down.eom), (true, None));
    assert_eq!(down.read, Some("2026-11-24T11:59:00Z".parse().unwrap()));
    assert_eq!(sight.at, Some("2026-11-24T12:00:00Z".parse().unwrap()));
    let asked = server.seen();
    let writes = asked.iter().filter(|a| a.method != "GET" && !a.path.contains("/token"));
    assert_eq!(writes.count(), 0);
}

#[test]
fn no_test_is_no_missing_device_and_an_odd_answer_is_neither() {
    let server = answering(404, &json!({"message": "No speed test was asked for"}));
    let sight = both(&server).look(&id(), false).unwrap().unwrap();
    assert_eq!((&sight.ways.down, &sight.ways.up), (&None, &None));
    let none = both(&server).look(&Untrusted::new("B"), false).unwrap();
    assert_eq!(none, None);
    for (status, body, is_told) in [
        (200, json!({}), true),
        (200, json!([]), false),
        (200, json!("x"), false),
        (500, json!({}), false),
    ] {
        let look = both(&answering(status, &body)).look(&id(), false);
        assert_eq!(look.is_ok(), is_told, "{status} {body}");
    }
}

#[test]
fn a_start_is_one_request_and_off_until_both_calls_are_named() {
    for (status, outcome, at_once) in
        [(202, Outcome::Done, true), (404, Outcome::Refused, false), (500, Outcome::Unknown, false)]
    {
        let server = answering(status, &json!({}));
        let acs = both(&server);
        let offers = acs.offers().unwrap();
        assert_eq!(offers.len(), 1);
        assert_eq!(offers[0].ways, Direction::BOTH);
        let started = acs.start(&id(), &offers[0], &Sight::default());
        assert_eq!((started.answer.outcome, started.at_once), (outcome, at_once), "{started:?}");
        assert_eq!(server.count("/speedtest"), 1);
    }
    let server = answering(202, &json!({}));
    for (start, read, named) in [
        (None, Some(call(Method::Get)), "speedtest_start"),
        (Some(call(Method::Post)), None, "`speedtest`"),
    ] {
        let error = with(&server, start, read).offers().unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Config);
        assert!(error.what.contains(named), "{}", error.what);
    }
    let calls = Calls { speedtest: Some(call(Method::Post)), ..Calls::default() };
    let wrong = IxcAcs::new(IxcAcsSettings { calls, ..settings(&server) });
    assert!(wrong.is_err(), "a call that reads is a GET");
}
