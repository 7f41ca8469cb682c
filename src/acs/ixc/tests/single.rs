//! One device at a time: whether it exists, what its register says, and its MACs.
//!
//! Must not do: read the whole list.

use serde_json::json;

use super::server::{Answer, StandIn};
use super::{acs, fetch, name, row, rows, settings};
use crate::acs::ixc::{Call, Calls, IxcAcs, IxcAcsSettings, StatusMeans};
use crate::domain::{AcsDevice, Untrusted};
use crate::http::Method;
use crate::ports::{Acs as _, FetchErrorKind};

fn device(serial: &str) -> AcsDevice {
    AcsDevice { id: Untrusted::new(serial), ..AcsDevice::default() }
}

#[test]
fn a_device_is_read_by_exactly_its_serial() {
    // The search finds others whose serials hold the same text.
    let serials = ["AB", "AB1", "AB10", "AB2", "XAB"];
    let server = StandIn::honest(serials.iter().map(|s| row(s)).collect());
    let acs = acs(&server);
    for serial in serials {
        let found = acs.device(&Untrusted::new(serial)).unwrap().unwrap();
        assert_eq!(found.id.raw(), serial);
    }
    assert_eq!(acs.device(&Untrusted::new("B1")).unwrap(), None);
    assert_eq!(acs.device(&Untrusted::new("a%&=é")).unwrap(), None);
}

#[test]
fn a_device_is_gone_only_where_the_acs_says_so() {
    type Lie = fn(&str, Answer) -> Answer;
    let broken: [Lie; 5] = [
        |path, answer| if is_probe(path) { Answer::new(404, "<html></html>") } else { answer },
        |path, answer| if is_probe(path) { Answer::new(500, "{}") } else { answer },
        |path, answer| if is_probe(path) { Answer::new(400, "{}") } else { answer },
        |path, answer| if is_probe(path) { Answer::new(200, "{}") } else { answer },
        |path, answer| if is_probe(path) { answer } else { Answer::new(404, "{}") },
    ];
    for (n, lie) in broken.into_iter().enumerate() {
        let server = StandIn::lying(rows(2), move |_, ask, answer| match ask.path.as_str() {
            path if path.contains("/token/") => answer,
            path => lie(path, answer),
        });
        let outcome = acs(&server).device(&Untrusted::new("HWTC9"));
        assert_eq!(outcome.unwrap_err().kind, FetchErrorKind::Unavailable, "lie {n}");
    }
    // "Unknown", of a device that it lists: it is there.
    let server =
        StandIn::lying(
            rows(2),
            |_, ask, answer| {
                if is_probe(&ask.path) { Answer::new(404, "{}") } else { answer }
            },
        );
    assert!(acs(&server).device(&Untrusted::new(&name(1))).unwrap().is_some());
}

fn is_probe(path: &str) -> bool {
    path.ends_with("/capabilities")
}

#[test]
fn a_device_that_is_listed_as_removed_is_gone_where_status_means_that() {
    let server = StandIn::honest(vec![json!({"serialNumber": "A", "status": false})]);
    for (status_means, there) in [(None, true), (Some(StatusMeans::Active), false)] {
        let acs = IxcAcs::new(IxcAcsSettings { status_means, ..settings(&server) }).unwrap();
        assert_eq!(acs.device(&Untrusted::new("A")).unwrap().is_some(), there);
    }
}

#[test]
fn macs_and_address_are_filled_in_and_nothing_else() {
    let server = StandIn::lying(rows(2), |_, ask, answer| match ask.path.as_str() {
        "/api/v2/devices/A%2FB/ethernet/ppp" => Answer::json(&json!([{
            "macAddress": "00:25:9E:00:00:10", "password": "CANARIO", "username": "CANARIO",
            "externalIPAddress": "100.64.0.9",
        }, {"macAddress": "00259e000010"}, {"macAddress": "00:25:9E:00:00:11"}])),
        _ => answer,
    });
    let (mut found, mut absent) = (device("A/B"), device("C"));
    found.macs.push(Untrusted::new("0025.9e00.0011"));
    acs(&server).complete(&mut [&mut found, &mut absent]).unwrap();
    let macs: Vec<&str> = found.macs.iter().map(Untrusted::raw).collect();
    assert_eq!(macs, ["0025.9e00.0011", "00:25:9E:00:00:10"]);
    assert_eq!(found.wan_ip.as_ref().unwrap().raw(), "100.64.0.9");
    assert!(!format!("{found:?}").contains("CANARIO"));
    assert_eq!(absent, device("C"));
}

#[test]
fn one_device_that_fails_does_not_stop_the_others_and_many_do() {
    let server = StandIn::lying(rows(2), |_, ask, answer| match ask.path.as_str() {
        path if path.contains("/bad") => Answer::new(500, "{}"),
        path if path.contains("/ethernet/ppp") => {
            Answer::json(&json!({"mac": "00:25:9E:00:00:10"}))
        }
        _ => answer,
    });
    let acs = acs(&server);
    let mut devices: Vec<AcsDevice> = ["bad1", "A", "bad2", "..", "B"].map(device).to_vec();
    acs.complete(&mut devices.iter_mut().collect::<Vec<_>>()).unwrap();
    let filled: Vec<usize> = devices.iter().map(|d| d.macs.len()).collect();
    assert_eq!(filled, [0, 1, 0, 0, 1]);
    let mut devices: Vec<AcsDevice> = ["A", "bad1", "bad2", "bad3", "B"].map(device).to_vec();
    let outcome = acs.complete(&mut devices.iter_mut().collect::<Vec<_>>());
    assert_eq!(outcome.unwrap_err().kind, FetchErrorKind::Unavailable);
    assert_eq!(devices[0].macs.len(), 1);
}

fn with_state(server: &StandIn) -> IxcAcs {
    let path = "/api/v2/integration".to_owned();
    let state = Some(Call { method: Method::Get, path, body: None, success: Vec::new() });
    let calls = Calls { state, ..Calls::default() };
    IxcAcs::new(IxcAcsSettings { calls, ..settings(server) }).unwrap()
}

#[test]
fn the_state_of_the_integration_is_told_and_never_fails_a_fetch() {
    for (status, body, synchronised, remark) in [
        (
            200,
            json!({"enabled": true, "lastSynchronized": "2026-11-24 03:00:00", "lastError": null}),
            Some("2026-11-24T06:00:00Z"),
            None,
        ),
        (200, json!({"enabled": false}), None, Some("switched off")),
        (
            200,
            json!({"lastSynchronized": "2026-11-24T03:00:00Z", "lastError": "bad \u{1b}key"}),
            Some("2026-11-24T03:00:00Z"),
            Some("bad \\x1bkey"),
        ),
        (404, json!({"message": "no"}), None, Some("not known")),
        (403, json!({}), None, Some("not known")),
        (500, json!({}), None, Some("not known")),
        (200, json!([]), None, Some("not known")),
    ] {
        let text = body.to_string();
        let server = StandIn::lying(rows(2), move |_, ask, answer| {
            if ask.path.ends_with("/integration") {
                Answer::new(status, text.clone())
            } else {
                answer
            }
        });
        let snapshot = fetch(&with_state(&server)).unwrap();
        assert!(snapshot.is_complete());
        let meta = snapshot.meta();
        assert_eq!(meta.last_synchronised, synchronised.map(|at| at.parse().unwrap()));
        assert_eq!(meta.remarks.len(), usize::from(remark.is_some()), "{:?}", meta.remarks);
        assert!(remark.is_none_or(|words| meta.remarks[0].contains(words)), "{:?}", meta.remarks);
    }
}

#[test]
fn a_state_is_asked_for_by_a_read() {
    let server = StandIn::honest(rows(1));
    for (method, path) in [
        (Method::Delete, "/api/v2/integration"),
        (Method::Put, "/api/v2/integration"),
        (Method::Get, "http://other.example/"),
        (Method::Get, "/api/v2/devices/{serial}"),
    ] {
        let path = path.to_owned();
        let state = Some(Call { method, path, body: None, success: Vec::new() });
        let calls = Calls { state, ..Calls::default() };
        let made = IxcAcs::new(IxcAcsSettings { calls, ..settings(&server) });
        assert_eq!(made.err().unwrap().kind, FetchErrorKind::Config);
    }
}
