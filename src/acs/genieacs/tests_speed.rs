//! Speed tests by tasks: what is sent, in which order, and what is made of what comes back.
//!
//! Must not do: judge a result; the engine's own tests do.

use serde_json::{Value, json};

use super::tests_server::{Play, Server, answer, limits, list, now};
use super::{GenieAcs, GenieSettings, SpeedTests, TestFile};
use crate::domain::{Direction, Untrusted};
use crate::http::Settings;
use crate::ports::{FetchErrorKind, Outcome, Sight, SpeedTester as _};

const ID: &str = "00259E-HG8145V5-4857%2D1";
const TASK: &str = "{\"_id\":\"6743a1b2c3d4e5f601234567\",\"name\":\"setParameterValues\"}";
const URL: &str = "http://speed.isp.example/f";

fn file(url: &str, bytes: u64) -> TestFile {
    TestFile { url: url.to_owned(), bytes }
}

fn acs(server: &Server, speed_tests: SpeedTests) -> GenieAcs {
    let http = Settings { origin: server.origin.clone(), ca_pem: None, limits: limits() };
    let fields = std::collections::BTreeMap::new();
    GenieAcs::new(GenieSettings { http, login: None, fields, speed_tests, now: now() }).unwrap()
}

fn both() -> SpeedTests {
    SpeedTests {
        download: Some(file(URL, 100)),
        upload: Some(file("http://speed.isp.example/up", 50)),
    }
}

fn id() -> Untrusted {
    Untrusted::new(ID)
}

fn rows(records: &[Value]) -> Play {
    let records: Vec<String> = records.iter().map(Value::to_string).collect();
    Play::Bytes(list(Some(records.len() as u64), &records))
}

fn bare(root: &str) -> Value {
    json!({"_id": ID, root: {"DeviceInfo": {"SoftwareVersion": {"_value": "1"}}}})
}

fn task(status: &str) -> Play {
    Play::Bytes(answer(status, "GenieACS-Version: 1.2.16\r\n", TASK))
}

fn leaf(value: &Value) -> Value {
    json!({"_value": value, "_timestamp": "2026-11-23T13:59:00.000Z"})
}

#[test]
fn the_address_is_written_first_and_then_the_state_in_the_data_model_of_the_device() {
    for (place, way) in [
        ("InternetGatewayDevice", Direction::Down),
        ("Device.IP.Diagnostics", Direction::Down),
        ("InternetGatewayDevice", Direction::Up),
    ] {
        let server = Server::new(vec![task("202 Accepted"), task("200 OK")]);
        let acs = acs(&server, both());
        let offers = acs.offers().unwrap();
        let offer = offers.iter().find(|offer| offer.ways == [way]).unwrap();
        let sight = Sight { place: Some(place.to_owned()), ..Sight::default() };
        let started = acs.start(&id(), offer, &sight);
        assert_eq!(started.answer.outcome, Outcome::Done, "{started:?}");
        assert!(started.at_once);
        let asked = server.asked();
        assert_eq!(asked.len(), 2, "{asked:?}");
        let path = "POST /devices/00259E-HG8145V5-4857%252D1/tasks";
        assert!(asked[0].starts_with(&format!("{path} HTTP")), "{}", asked[0]);
        assert!(asked[1].starts_with(&format!("{path}?connection_request=")), "{}", asked[1]);
        let values = |head: &str| {
            let body: Value = serde_json::from_str(head.split("\r\n\r\n").nth(1).unwrap()).unwrap();
            assert_eq!(body["name"], "setParameterValues");
            body["parameterValues"].clone()
        };
        let object =
            if way == Direction::Down { "DownloadDiagnostics" } else { "UploadDiagnostics" };
        let first = match way {
            Direction::Down => {
                json!([[format!("{place}.{object}.DownloadURL"), URL, "xsd:string"]])
            }
            Direction::Up => json!([
                [
                    format!("{place}.{object}.UploadURL"),
                    "http://speed.isp.example/up",
                    "xsd:string"
                ],
                [format!("{place}.{object}.TestFileLength"), 50, "xsd:unsignedInt"],
            ]),
        };
        assert_eq!(values(&asked[0]), first);
        let state =
            json!([[format!("{place}.{object}.DiagnosticsState"), "Requested", "xsd:string"]]);
        assert_eq!(values(&asked[1]), state);
    }
}

#[test]
fn what_became_of_it_is_told_by_the_reply_and_nothing_is_sent_twice() {
    for (plays, outcome, at_once, requests) in [
        (vec![task("202 Accepted"), task("202 Device is offline")], Outcome::Done, false, 2),
        (vec![task("202 Accepted"), task("202 Task faulted")], Outcome::Refused, false, 2),
        (
            vec![Play::Bytes(answer("404 Not Found", "", "No such device"))],
            Outcome::Refused,
            false,
            1,
        ),
        (vec![Play::Bytes(answer("200 OK", "", "<html>"))], Outcome::Unknown, false, 1),
        (vec![Play::Bytes(answer("503 Service Unavailable", "", "x"))], Outcome::Unknown, false, 1),
    ] {
        let server = Server::new(plays);
        let acs = acs(&server, both());
        let offer = &acs.offers().unwrap()[0];
        let sight = Sight { place: Some("InternetGatewayDevice".to_owned()), ..Sight::default() };
        let started = acs.start(&id(), offer, &sight);
        assert_eq!((started.answer.outcome, started.at_once), (outcome, at_once), "{started:?}");
        assert_eq!(server.asked().len(), requests);
    }
}

#[test]
fn values_are_read_by_the_names_of_tr_143_whatever_their_type() {
    let device = json!({"_id": ID, "InternetGatewayDevice": {"DownloadDiagnostics": {
        "DiagnosticsState": leaf(&json!(" Complete ")),
        "DownloadURL": leaf(&json!(URL)),
        "BOMTime": leaf(&json!("2026-11-23T13:58:00.250Z")),
        "EOMTime": leaf(&json!("0001-01-01T00:00:00Z")),
        "TestBytesReceived": leaf(&json!("100")),
        "TotalBytesReceived": leaf(&json!(120)),
        "PeriodOfFullLoading": leaf(&json!(-1)),
        "ROMTime": {"_writable": false},
    }}});
    let server = Server::new(vec![rows(&[device]), rows(&[])]);
    let sight = acs(&server, both()).look(&id(), false).unwrap().unwrap();
    let down = sight.ways.down.unwrap();
    assert_eq!(down.state, Untrusted::present("Complete"));
    assert_eq!(down.bom, Some("2026-11-23T13:58:00.25Z".parse().unwrap()));
    assert_eq!((down.test_bytes, down.total_bytes, down.full_period), (Some(100), Some(120), None));
    assert_eq!(down.read, Some("2026-11-23T13:59:00Z".parse().unwrap()));
    assert_eq!((sight.ways.up, sight.queued, sight.reached), (None, false, None));
    assert_eq!(sight.place.as_deref(), Some("InternetGatewayDevice"));
    assert!(server.asked().iter().all(|head| head.starts_with("GET ")), "a look writes nothing");
}

#[test]
fn a_device_that_does_not_answer_is_left_one_question_a_direction() {
    let waiting = json!({"name": "refreshObject", "device": ID,
        "objectName": "InternetGatewayDevice.DownloadDiagnostics"});
    let offline = Play::Bytes(answer("504 Device is offline", "", "Device is offline"));
    let igd = bare("InternetGatewayDevice");
    let server = Server::new(vec![
        rows(std::slice::from_ref(&igd)),
        rows(&[waiting]),
        task("202 Accepted"),
        offline,
        rows(&[igd]),
    ]);
    let sight = acs(&server, both()).look(&id(), true).unwrap().unwrap();
    assert_eq!(sight.reached, Some(false));
    let asked = server.asked();
    let posts: Vec<&String> = asked.iter().filter(|head| head.starts_with("POST")).collect();
    assert_eq!(posts.len(), 2, "{posts:?}");
    assert!(posts[0].contains("InternetGatewayDevice.UploadDiagnostics"), "{}", posts[0]);
    assert!(posts[1].contains("connection_request") && !posts[1].contains("refresh"));
}

#[test]
fn an_order_that_waits_is_seen_and_another_device_is_none() {
    let order = json!({"name": "setParameterValues", "parameterValues": [
        ["Device.IP.Diagnostics.DownloadDiagnostics.DiagnosticsState", "Requested"]]});
    let server = Server::new(vec![rows(&[bare("Device")]), rows(&[order])]);
    let sight = acs(&server, both()).look(&id(), false).unwrap().unwrap();
    assert!(sight.queued);
    assert_eq!(sight.place.as_deref(), Some("Device.IP.Diagnostics"));
    let server = Server::new(vec![rows(&[])]);
    assert_eq!(acs(&server, both()).look(&id(), true).unwrap(), None);
    let other = json!({"_id": "other"});
    let server = Server::new(vec![rows(&[other])]);
    assert!(acs(&server, both()).look(&id(), false).is_err());
    let server = Server::new(vec![Play::Bytes(answer("200 OK", "", "<html>"))]);
    assert!(acs(&server, both()).look(&id(), false).is_err());
    let server = Server::new(Vec::new());
    assert!(acs(&server, both()).look(&Untrusted::new("a/b*"), false).is_err());
}

#[test]
fn without_a_file_it_is_said_what_to_set() {
    let server = Server::new(Vec::new());
    let error = acs(&server, SpeedTests::default()).offers().unwrap_err();
    assert_eq!(error.kind, FetchErrorKind::Config);
    assert!(error.hints.iter().any(|hint| hint.contains("speedtest_url")), "{error:?}");
}
