//! The NBI's habits.

use std::io::Write as _;
use std::net::TcpStream;
use std::time::Duration;

use serde_json::{Value, json};

use super::client::{End, read};
use super::{Answer, Client, lab};

fn ids(answer: &Answer) -> Vec<String> {
    let rows = answer.json();
    rows.as_array().unwrap().iter().map(|row| row["_id"].as_str().unwrap().to_owned()).collect()
}

/// Percent-encodes all that is not a letter, a digit, `-` or `_`.
fn encoded(text: &str) -> String {
    text.bytes()
        .map(|b| match b {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => char::from(b).to_string(),
            _ => format!("%{b:02X}"),
        })
        .collect()
}

#[test]
fn a_list_is_streamed_a_chunk_an_item() {
    let lab = lab();
    let client = Client::of(&lab);
    let answer = client.get("/devices?projection=_id,_lastInform");
    let count: usize = answer.header("total").unwrap().parse().unwrap();
    assert_eq!(answer.end, End::Whole);
    let chunks = answer.chunks();
    assert_eq!(chunks.len(), 2 * count + 1, "an opening, items, separators, an end");
    assert_eq!(chunks[0], b"[\n");
    assert_eq!(chunks[2], b",\n");
    assert_eq!(chunks.last().unwrap(), b"\n]");
    let item: Value = serde_json::from_slice(&chunks[1]).unwrap();
    assert_eq!(item.as_object().unwrap().len(), 2, "{item}");
    assert_eq!(client.get("/devices?query=%7B%22_id%22%3A%22x%22%7D").text(), "[\n\n]");
    let head = client.ask("HEAD", "/devices", &[], "");
    let total = head.header("total").map(str::to_owned);
    assert_eq!((head.status, total, head.raw.len()), (200, Some(count.to_string()), 0));
}

#[test]
fn documents_are_of_both_models_and_optional_fields_are_missing() {
    let lab = lab();
    let client = Client::of(&lab);
    let rows = client.get("/devices/").json();
    let rows = rows.as_array().unwrap();
    let has = |fits: &dyn Fn(&Value) -> bool| rows.iter().any(fits);
    assert!(has(&|r| r.get("InternetGatewayDevice").is_some()));
    assert!(has(&|r| r.get("Device").is_some()));
    assert!(has(&|r| r["_deviceId"]["_ProductClass"].is_null()));
    assert!(has(&|r| r["_deviceId"]["_ProductClass"] == ""));
    assert!(has(&|r| r.get("_tags").is_none()));
    assert!(has(&|r| r.to_string().contains("antigo@desligado")), "an old connection first");
    let state = lab.shared.lock();
    for row in rows {
        let serial = row["_deviceId"]["_SerialNumber"].as_str().unwrap();
        let cpe = &state.world.acs.cpes[serial];
        for mac in &cpe.macs {
            assert!(row.to_string().contains(mac.as_str()), "{row}");
        }
        if let Some(login) = &cpe.pppoe_login {
            assert!(row.to_string().contains(login.as_str()), "{row}");
        }
    }
}

#[test]
fn queries_sorts_and_cuts() {
    let lab = lab();
    let client = Client::of(&lab);
    let all = ids(&client.get("/devices?projection=_id&sort=%7B%22_id%22%3A1%7D"));
    assert!(all.is_sorted() && all.len() > 20);
    let list = |query: &Value, more: &str| {
        client.get(&format!("/devices?projection=_id&query={}{more}", encoded(&query.to_string())))
    };
    assert_eq!(ids(&list(&json!({"_id": all[3]}), "")), [all[3].clone()]);
    let two = list(&json!({"_id": {"$in": [all[1], all[5], "x"]}}), "&sort=%7B%22_id%22%3A-1%7D");
    assert_eq!(ids(&two), [all[5].clone(), all[1].clone()]);
    let after = list(&json!({"_id": {"$gt": all[9]}}), "&sort=%7B%22_id%22%3A1%7D&limit=3&skip=1");
    assert_eq!(ids(&after), all[11..14]);
    assert_eq!(after.header("total"), Some((all.len() - 10).to_string().as_str()));
    assert_eq!(ids(&client.get("/devices?projection=_id&limit=-2")).len(), 2);
    assert_eq!(ids(&client.get("/devices?projection=_id&limit=0")).len(), all.len());
    assert_eq!(client.get("/devices?query=%7B").status, 400);
}

#[test]
fn a_deletion_always_succeeds_but_in_a_session() {
    let lab = lab();
    let client = Client::of(&lab);
    let delete = |id: &str| client.ask("DELETE", &format!("/devices/{}", encoded(id)), &[], "");
    let all = ids(&client.get("/devices?projection=_id"));
    let escaped = all.iter().find(|id| id.contains('%')).unwrap();
    let wrongly = client.ask("DELETE", &format!("/devices/{escaped}"), &[], "");
    assert_eq!(wrongly.status, 200, "decoded once too often, it names nobody");
    assert_eq!(ids(&client.get("/devices?projection=_id")).len(), all.len());
    let gone = delete(escaped);
    assert_eq!((gone.status, gone.text().as_str()), (200, ""));
    assert_eq!(delete(escaped).status, 200);
    let left = ids(&client.get("/devices?projection=_id"));
    assert_eq!(left.len(), all.len() - 1);
    client.fault(&json!({"name": "in-session", "side": "acs"}));
    for _ in 0..2 {
        let busy = delete(&left[0]);
        assert_eq!((busy.status, busy.text().as_str()), (503, "Device is in session"));
    }
    lab.advance_to(lab.now() + jiff::SignedDuration::from_secs(31));
    assert_eq!(delete(&left[0]).status, 200);
    assert_eq!(ids(&client.get("/devices?projection=_id")).len(), all.len() - 2);
}

#[test]
fn the_table_of_statuses() {
    let lab = lab();
    let client = Client::of(&lab);
    let id = encoded(&ids(&client.get("/devices?projection=_id")).remove(0));
    let task = r#"{"name":"reboot"}"#;
    for (method, target, body, status) in [
        ("GET", format!("/devices/{id}"), "", 405),
        ("POST", "/devices".to_owned(), "", 405),
        ("POST", format!("/devices/{id}/tags/caf%C3%A9"), "", 200),
        ("DELETE", format!("/devices/{id}/tags/caf%C3%A9"), "", 200),
        ("POST", "/devices/x/tags/a".to_owned(), "", 404),
        ("POST", format!("/devices/{id}/tags/a.b"), "", 404),
        ("POST", format!("/devices/{id}/tasks"), task, 202),
        ("POST", format!("/devices/{id}/tasks"), "", 400),
        ("POST", format!("/devices/{id}/tasks"), "{", 400),
        ("POST", "/devices/x/tasks".to_owned(), task, 404),
        ("DELETE", "/tasks/0123456789abcdef01234567".to_owned(), "", 404),
        ("GET", "/faults".to_owned(), "", 200),
        ("DELETE", "/faults/x%3Ay".to_owned(), "", 200),
        ("GET", "/nada".to_owned(), "", 404),
        ("GET", format!("/devices/?query={}", "x".repeat(17_000)), "", 431),
    ] {
        let answer = client.ask(method, &target, &[], body);
        assert_eq!(answer.status, status, "{method} {target:.60}");
    }
    // A box that was swapped away is unplugged.
    let swapped = client.get("/devices").json().as_array().unwrap().iter().any(|row| {
        let serial = &row["_deviceId"]["_SerialNumber"];
        client.control("event", &json!({"kind": "swap", "key": serial})).status == 200
    });
    assert!(swapped);
    lab.advance_hours(72);
    let silent = json!({"_lastInform": {"$lt": "2026-11-24T00:00:00Z"}}).to_string();
    let silent = client.get(&format!("/devices?projection=_id&query={}", encoded(&silent)));
    let id = encoded(&ids(&silent).remove(0));
    let called = format!("/devices/{id}/tasks?connection_request&timeout=100");
    let offline = client.ask("POST", &called, &[], task);
    assert_eq!((offline.status, offline.reason.as_str()), (202, "Device is offline"));
    assert_eq!(client.ask("POST", &called, &[], "").status, 504);
    let tasks = client.get("/tasks").json();
    let task = tasks[0]["_id"].as_str().unwrap();
    let delete = || client.ask("DELETE", &format!("/tasks/{task}"), &[], "").status;
    assert_eq!((delete(), delete()), (200, 404));
    let tagged = client.get("/devices?query=%7B%22_tags%22%3A%7B%22%24exists%22%3Atrue%7D%7D");
    assert!(tagged.json().as_array().unwrap().iter().any(|row| row["_tags"] == json!([])));
}

#[test]
fn a_box_that_comes_back_has_lost_its_tags() {
    let lab = lab();
    let client = Client::of(&lab);
    let first = client.get("/devices?projection=_deviceId,_registered&limit=1").json();
    let row = &first[0];
    let (id, serial) = (row["_id"].as_str().unwrap(), &row["_deviceId"]["_SerialNumber"]);
    let tag = format!("/devices/{}/tags/a", encoded(id));
    assert_eq!(client.ask("POST", &tag, &[], "").status, 200);
    let event = |kind: &str| json!({"kind": kind, "key": serial}).to_string();
    for kind in ["manual-delete", "return"] {
        let answer = client.ask("POST", "/_lab/event", &[], &event(kind));
        assert_eq!(answer.status, 200, "{kind}: {}", answer.text());
    }
    let query = encoded(&json!({"_id": id}).to_string());
    let back = client.get(&format!("/devices?projection=_tags,_registered&query={query}")).json();
    assert_ne!(back[0]["_registered"], row["_registered"], "{back}");
    assert!(back[0].get("_tags").is_none(), "none, not an empty list: {back}");
}

#[test]
fn a_list_is_sorted_by_the_first_name_first() {
    let lab = lab();
    let client = Client::of(&lab);
    let sorted = |sort: &str| {
        let sort = encoded(sort);
        let target = format!("/devices?projection=_registered&sort={sort}");
        let rows = client.get(&target).json();
        let rows = rows.as_array().unwrap().iter();
        let pair = |row: &Value| (row["_registered"].to_string(), row["_id"].to_string());
        rows.map(pair).collect::<Vec<_>>()
    };
    assert!(sorted(r#"{"_registered":1,"_id":1}"#).is_sorted());
    assert!(!sorted(r#"{"_id":1,"_registered":1}"#).is_sorted());
    assert!(sorted(r#"{"_registered":-1,"_id":-1}"#).is_sorted_by(|a, b| a >= b));
}

#[test]
fn a_bad_request_is_never_answered() {
    let lab = lab();
    let client = Client::of(&lab);
    for (method, target) in [
        ("DELETE", "/devices/%9"),
        ("DELETE", "/tasks/abc"),
        ("GET", "/devices?query=null"),
        ("GET", "/devices?skip=-1"),
        ("GET", "/devices?query=%7B%22_id%22%3A%7B%22%24like%22%3A1%7D%7D"),
        ("POST", "/tasks/0123456789abcdef01234567/retry"),
    ] {
        let answer = client.ask(method, target, &[], "");
        assert_eq!((answer.status, answer.end), (0, End::Closed), "{method} {target}");
    }
}

#[test]
fn a_connection_is_used_again() {
    let lab = lab();
    let mut stream = TcpStream::connect(("127.0.0.1", lab.port())).unwrap();
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    for _ in 0..2 {
        stream.write_all(b"GET /devices/x HTTP/1.1\r\nHost: lab\r\n\r\n").unwrap();
        let answer = read(&mut stream, false);
        assert_eq!((answer.status, answer.end), (405, End::Silent));
        assert_eq!(answer.header("keep-alive"), Some("timeout=5"));
        assert_eq!(answer.header("date"), Some("Mon, 23 Nov 2026 19:20:00 GMT"));
    }
}
