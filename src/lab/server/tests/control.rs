//! The control API, the configuration and the webhooks.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt as _;
use std::time::Duration;

use serde_json::json;

use super::{Client, LabOptions, lab, lab_of};

#[test]
fn time_goes_only_by_advance_and_shows_in_every_answer() {
    let lab = lab();
    let client = Client::of(&lab);
    let state = client.get("/_lab/state").json();
    assert_eq!(state["now"], "2026-11-23T19:20:00Z");
    let later = client.control("advance", &json!({"hours": 30}));
    assert_eq!(later.json()["now"], "2026-11-25T01:20:00Z");
    assert_eq!(later.header("date"), Some("Wed, 25 Nov 2026 01:20:00 GMT"));
    assert_eq!(client.control("advance", &json!({"hours": -1})).status, 400);
    let reset = client.control("reset", &json!({"seed": 3})).json();
    assert_eq!(reset, state, "the same seed is the same world");
    let other = client.control("reset", &json!({"seed": 4})).json();
    assert_ne!(other["counts"], state["counts"]);
    assert_eq!(client.rows("radusuarios", 0, 1).status, 200, "credentials stay");
}

#[test]
fn truth_and_events_are_the_worlds() {
    let lab = lab();
    let client = Client::of(&lab);
    let truth = client.get("/_lab/truth").json();
    assert_eq!(truth, serde_json::to_value(lab.truth()).unwrap());
    let serials = &truth["differences"];
    let genieacs = client.get("/_lab/truth?acs=genieacs").json();
    assert_eq!(genieacs["counts"], truth["counts"]);
    assert_ne!(&genieacs["differences"], serials, "ids are those of GenieACS");
    let all = client.get("/_lab/events").text();
    assert!(all.lines().next().unwrap().contains("listening-from"));
    let heard = client.get("/_lab/events?from=2026-11-20T00:00:00Z&as=listener").text();
    assert!(heard.contains("webhook-to") && heard.len() < all.len());
    assert_eq!(client.get("/_lab/events?from=yesterday").status, 400);
    assert_eq!(client.get("/_lab/events?as=nobody").status, 400);
}

#[test]
fn events_are_made_to_happen() {
    let lab = lab();
    let client = Client::of(&lab);
    let made = client.control("event", &json!({"kind": "new-device", "key": "HWTC0BADCAFE"}));
    assert_eq!(made.status, 200);
    assert!(made.json()["changed"].as_array().is_some_and(|changed| !changed.is_empty()));
    let token = client.token();
    let known = || {
        let target = "/api/v1/devices/capabilities?sn=HWTC0BADCAFE";
        client.ask("GET", target, &[&token], "").status
    };
    assert_eq!(known(), 200);
    let deletion = json!({"kind": "manual-delete", "key": "HWTC0BADCAFE", "webhook": "lost"});
    assert_eq!(client.control("event", &deletion).status, 200);
    assert_eq!(known(), 404);
    let told = |listener: &str| {
        let events = client.get(&format!("/_lab/events{listener}")).text();
        events.lines().any(|l| l.contains("device-deleted") && l.contains("HWTC0BADCAFE"))
    };
    assert!(told("") && !told("?as=listener"));
    for (body, status) in [
        (json!({"kind": "swap", "key": "NADA"}), 404),
        (json!({"kind": "explode", "key": "NADA"}), 400),
        (json!({"key": "NADA"}), 400),
        (json!({"kind": "manual-delete", "key": "NADA", "webhook": "maybe"}), 400),
        (json!({"kind": "mass-exclusion", "days": "many"}), 400),
    ] {
        assert_eq!(client.control("event", &body).status, status, "{body}");
    }
    for (method, target, status) in
        [("GET", "/_lab/nada", 404), ("POST", "/_lab/truth", 405), ("GET", "/_lab/event", 405)]
    {
        let answer = client.ask(method, target, &[], "");
        assert_eq!(answer.status, status, "{target}");
        assert!(answer.json()["error"].is_string());
    }
    assert_eq!(client.ask("POST", "/_lab/event", &[], "[").status, 400);
}

#[test]
fn a_configuration_with_secrets_beside_it() {
    let lab = lab();
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("lab.toml");
    lab.write_config(&path).unwrap();
    lab.write_config(&path).unwrap();
    let text = std::fs::read_to_string(&path).unwrap();
    let config: toml::Value = toml::from_str(&text).unwrap();
    let url = format!("http://127.0.0.1:{}", lab.port());
    for (profile, kind) in [("lab", "ixc-acs"), ("lab-genieacs", "genieacs")] {
        let profile = &config["profiles"][profile];
        assert_eq!(profile["acs"]["kind"].as_str(), Some(kind));
        assert_eq!(profile["acs"]["url"].as_str(), Some(url.as_str()));
        assert_eq!(profile["provider"]["url"].as_str(), Some(url.as_str()));
    }
    let calls = config["profiles"]["lab"]["acs"]["calls"].as_table().unwrap();
    let names = ["delete", "send", "speedtest", "speedtest_start", "state", "synchronise"];
    assert!(names.iter().all(|name| calls.contains_key(*name)) && calls.len() == names.len());
    let access = lab.shared.lock().access(lab.port());
    for (name, secret) in [
        ("acs.secret", access.client_secret),
        ("acs.key", access.private_key_pem),
        ("provider.secret", access.provider.1),
    ] {
        let file = folder.path().join(name);
        assert_eq!(std::fs::read_to_string(&file).unwrap(), secret);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        assert!(!text.contains(&secret), "{name} stands in the configuration");
    }
}

#[test]
fn webhooks_tell_what_was_not_lost() {
    let receiver = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/hook", receiver.local_addr().unwrap());
    let lab = lab_of(LabOptions { webhook: Some(url), ..LabOptions::default() });
    let client = Client::of(&lab);
    let added = |key: &str| client.control("event", &json!({"kind": "new-device", "key": key}));
    added("HWTC00000A01");
    added("HWTC00000A02");
    for (key, webhook) in [("HWTC00000A01", "lost"), ("HWTC00000A02", "sent")] {
        client.control("event", &json!({"kind": "manual-delete", "key": key, "webhook": webhook}));
    }
    let mut heard = Vec::new();
    while heard.len() < 3 {
        let (mut stream, _) = receiver.accept().unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let mut message = String::new();
        let mut part = [0; 4096];
        while !message.ends_with("Z\"}") {
            let count = stream.read(&mut part).unwrap();
            assert!(count > 0, "{message}");
            message.push_str(std::str::from_utf8(&part[..count]).unwrap());
        }
        stream.write_all(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n").unwrap();
        assert!(message.starts_with("POST /hook HTTP/1.1\r\n"));
        let body = message.split("\r\n\r\n").nth(1).unwrap();
        let body: serde_json::Value = serde_json::from_str(body).unwrap();
        let text = |value: &serde_json::Value| value.as_str().unwrap().to_owned();
        heard.push((text(&body["event"]), text(&body["device"]["serialNumber"])));
    }
    let wanted = |event: &str, serial: &str| (event.to_owned(), serial.to_owned());
    assert_eq!(
        heard,
        [
            wanted("device-added", "HWTC00000A01"),
            wanted("device-added", "HWTC00000A02"),
            wanted("device-deleted", "HWTC00000A02"),
        ]
    );
}
