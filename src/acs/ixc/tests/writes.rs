//! The calls that a profile names: sent once, with a token, and judged by what is seen after.
//!
//! Must not do: read the whole list.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use serde_json::{Value, json};

use super::server::{Answer, Ask, StandIn, World, serial};
use super::settings;
use crate::acs::ixc::{Call, Calls, IxcAcs, IxcAcsSettings};
use crate::domain::{AcsChange, AcsDevice, Untrusted};
use crate::http::{Limits, Method};
use crate::ports::{Acs as _, Before, Effect, FetchErrorKind, Outcome, Seen, Undo, Writer as _};

const STATE: &str = "/api/v2/integration";

fn call(method: Method, path: &str) -> Call {
    Call { method, path: path.to_owned(), body: None, success: Vec::new() }
}

/// As the lab serves them.
fn calls() -> Calls {
    Calls {
        state: Some(call(Method::Get, STATE)),
        delete: Some(call(Method::Delete, "/api/v2/devices/{serial}")),
        send: Some(call(Method::Post, "/api/v2/devices/{serial}/integration/send")),
        synchronise: Some(call(Method::Post, "/api/v2/integration/synchronize")),
        ..Calls::default()
    }
}

fn with(server: &StandIn, calls: Calls) -> IxcAcs {
    IxcAcs::new(IxcAcsSettings { calls, ..settings(server) }).unwrap()
}

fn delete(id: &str) -> AcsChange {
    AcsChange::Delete { id: Untrusted::new(id) }
}

fn send(id: &str) -> AcsChange {
    AcsChange::Send { id: Untrusted::new(id) }
}

fn row(serial: &str, created: &str) -> Value {
    json!({"serialNumber": serial, "created": created, "lastInform": "2026-11-24T11:00:00Z"})
}

fn rows() -> Vec<Value> {
    vec![row("A/1", "2026-11-20T10:00:00Z"), row("B", "2026-11-20T10:00:00Z")]
}

/// An ACS that deletes.
fn deleting(world: &World, ask: &Ask, answer: Answer) -> Answer {
    match (ask.method.as_str(), ask.path.as_str()) {
        ("DELETE", "/api/v2/devices/A%2F1") => {
            world.rows.lock().unwrap().retain(|row| serial(row) != "A/1");
            Answer::json(&json!({"message": "Device deleted"}))
        }
        _ => answer,
    }
}

/// The requests that are no reads.
fn writes(server: &StandIn) -> Vec<Ask> {
    let is_write = |ask: &Ask| ask.method != "GET" && !ask.path.contains("/token/");
    server.seen().into_iter().filter(is_write).collect()
}

fn before(acs: &IxcAcs, change: &AcsChange, seen: &Seen) -> Before {
    match seen {
        Seen::There(image) => image.before(acs.remembers(change)),
        Seen::Missing => panic!("there is none"),
    }
}

#[test]
fn a_device_is_deleted_once_and_seen_to_be_gone() {
    let server = StandIn::lying(rows(), deleting);
    let (acs, change) = (with(&server, calls()), delete("A/1"));
    let seen = acs.look(&change).unwrap();
    let before = before(&acs, &change, &seen);
    assert_eq!(acs.judge(&change, Some(&before), &seen), Effect::NotDone);
    assert_eq!(acs.judge(&change, None, &seen), Effect::NotDone);
    let sent = acs.send(&change, &seen);
    assert_eq!((sent.outcome, sent.status), (Outcome::Done, Some(200)), "{sent:?}");
    let seen = acs.look(&change).unwrap();
    assert!(matches!(seen, Seen::Missing), "{seen:?}");
    assert_eq!(acs.judge(&change, Some(&before), &seen), Effect::Done);
    let writes = writes(&server);
    assert_eq!(writes.len(), 1);
    assert_eq!((writes[0].path.as_str(), writes[0].body.as_str()), ("/api/v2/devices/A%2F1", ""));
    assert!(!writes[0].bearer.is_empty());
    assert_eq!(acs.send(&change, &seen).outcome, Outcome::NotSent, "it is gone");
}

#[test]
fn a_device_that_called_home_again_was_deleted() {
    for (now, effect) in [
        (row("B", "2026-11-20T10:00:00Z"), Effect::NotDone),
        (row("B", "2026-11-24T11:59:00Z"), Effect::Done),
    ] {
        let server = StandIn::honest(rows());
        let (acs, change) = (with(&server, calls()), delete("B"));
        let before = before(&acs, &change, &acs.look(&change).unwrap());
        *server.world.rows.lock().unwrap() = vec![now];
        let seen = acs.look(&change).unwrap();
        assert_eq!(acs.judge(&change, Some(&before), &seen), effect);
    }
}

#[test]
fn the_configured_call_is_what_is_proposed_and_sent() {
    let server = StandIn::lying(rows(), |_, ask, answer| match ask.path.as_str() {
        "/api/v1/devices/remove" => Answer::new(202, ""),
        _ => answer,
    });
    let body = Some(json!({"sn": "{serial}", "why": ["{serial}", 7]}));
    let path = "/api/v1/devices/remove?sn={serial}".to_owned();
    let delete_call = Call { method: Method::Post, path, body, success: vec![202] };
    let acs = with(&server, Calls { delete: Some(delete_call), ..Calls::default() });
    let proposals = acs.propose(&delete("A/1"), &AcsDevice::default()).unwrap();
    let [proposal] = proposals.as_slice() else { panic!("{proposals:?}") };
    assert_eq!((proposal.key.as_str(), proposal.undo), ("acs:device:A/1", Undo::No));
    assert_eq!(proposal.call.method, "POST");
    assert_eq!(proposal.call.path, "/api/v1/devices/remove?sn=A%2F1");
    let body = [("sn", "A/1"), ("why", "[\"A/1\",7]")];
    let body = body.map(|(name, value)| (name.to_owned(), Untrusted::new(value)));
    assert_eq!(proposal.call.body, body);
    let sent = acs.send(&proposal.change, &acs.look(&proposal.change).unwrap());
    assert_eq!((sent.outcome, sent.status), (Outcome::Done, Some(202)), "{sent:?}");
    let writes = writes(&server);
    assert_eq!(writes.len(), 1);
    assert_eq!(writes[0].query("sn"), Some("A/1"));
    let body: Value = serde_json::from_str(&writes[0].body).unwrap();
    assert_eq!(body, json!({"sn": "A/1", "why": ["A/1", 7]}));
}

#[test]
fn what_is_not_configured_is_left_to_a_person_with_the_words_of_what_to_set() {
    let server = StandIn::honest(rows());
    let acs = with(&server, Calls::default());
    for (change, key) in [
        (delete("B"), "delete = "),
        (send("B"), "send = "),
        (AcsChange::Synchronise, "synchronise"),
    ] {
        let unable = acs.propose(&change, &AcsDevice::default()).unwrap_err();
        assert!(unable.why.contains("[profiles.X.acs.calls]"), "{}", unable.why);
        assert!(unable.why.contains(key), "{}", unable.why);
        let seen = acs.look(&change).unwrap();
        assert_eq!(acs.send(&change, &seen).outcome, Outcome::NotSent);
    }
    let nameless = with(&server, calls()).propose(&delete(" "), &AcsDevice::default());
    assert!(nameless.unwrap_err().why.contains("without a serial"));
    assert!(writes(&server).is_empty());
}

#[test]
fn calls_that_are_none_are_refused_before_anything_is_sent() {
    let server = StandIn::honest(rows());
    let (post, get) = (Method::Post, Method::Get);
    for (calls, key) in [
        (Calls { delete: Some(call(post, "/api/v2/devices")), ..Calls::default() }, "calls.delete"),
        (Calls { send: Some(call(post, "x/{serial}")), ..Calls::default() }, "calls.send"),
        (
            Calls { synchronise: Some(call(post, "/x/{serial}")), ..Calls::default() },
            "calls.synchronise",
        ),
        (Calls { state: Some(call(get, "/x/{serial}")), ..Calls::default() }, "calls.state"),
    ] {
        let made = IxcAcs::new(IxcAcsSettings { calls, ..settings(&server) });
        let error = made.err().unwrap();
        assert_eq!(error.kind, FetchErrorKind::Config);
        assert!(error.what.starts_with(key), "{}", error.what);
    }
}

#[test]
fn a_write_is_sent_once_whatever_comes_back() {
    let error = |id: Value| json!({"type": "error", "message": "não", "id": id}).to_string();
    let bare = json!({"type": "error", "message": "não"}).to_string();
    for (status, body, outcome, words) in [
        (200, "{}".to_owned(), Outcome::Done, "200"),
        (202, "{\"uuid\":\"1\"}".to_owned(), Outcome::Done, "202"),
        (204, String::new(), Outcome::Done, "204"),
        (200, "<html>login</html>".to_owned(), Outcome::Unknown, "web page"),
        (200, bare, Outcome::Refused, "não"),
        (200, error(json!("7")), Outcome::Unknown, "não"),
        (200, "{\"success\":false}".to_owned(), Outcome::Unknown, "error"),
        (400, "{\"message\":\"bad\"}".to_owned(), Outcome::Refused, "bad"),
        (404, "{\"message\":\"Device not found\"}".to_owned(), Outcome::Refused, "not found"),
        (409, "{\"message\":\"in session\"}".to_owned(), Outcome::RefusedForNow, "session"),
        (403, "{}".to_owned(), Outcome::Refused, "403"),
        (429, "{}".to_owned(), Outcome::RefusedForNow, "429"),
        (500, "{}".to_owned(), Outcome::Unknown, "500"),
        (503, "{}".to_owned(), Outcome::Unknown, "503"),
    ] {
        let (text, shown) = (body.clone(), format!("{status} {body}"));
        let server = StandIn::lying(rows(), move |_, ask, answer| match ask.method.as_str() {
            "DELETE" => Answer::new(status, text.clone()),
            _ => answer,
        });
        let acs = with(&server, calls());
        let sent = acs.send(&delete("B"), &acs.look(&delete("B")).unwrap());
        assert_eq!((sent.outcome, sent.status), (outcome, Some(status)), "{shown}: {sent:?}");
        assert!(sent.what.contains(words), "{shown}: {}", sent.what);
        assert_eq!(writes(&server).len(), 1, "{shown}");
    }
}

#[test]
fn what_success_lists_is_done_and_nothing_else() {
    for (status, outcome) in [
        (202, Outcome::Done),
        (200, Outcome::Unknown),
        (404, Outcome::Done),
        (400, Outcome::Refused),
    ] {
        let server = StandIn::lying(rows(), move |_, ask, answer| match ask.method.as_str() {
            "DELETE" => Answer::new(status, "{}"),
            _ => answer,
        });
        let delete_call = calls().delete.map(|call| Call { success: vec![202, 404], ..call });
        let acs = with(&server, Calls { delete: delete_call, ..Calls::default() });
        let sent = acs.send(&delete("B"), &acs.look(&delete("B")).unwrap());
        assert_eq!(sent.outcome, outcome, "{status}: {sent:?}");
    }
}

#[test]
fn cut_and_silent_replies_tell_nothing() {
    let server = StandIn::lying(rows(), |_, ask, answer| match ask.method.as_str() {
        "DELETE" => Answer { cut: Some(3), ..Answer::new(200, "{\"a\":1}") },
        "POST" if !ask.path.contains("/token/") => {
            std::thread::sleep(Duration::from_millis(600));
            answer
        }
        _ => answer,
    });
    let mut set = settings(&server);
    set.http.limits = Limits { request: Duration::from_millis(300), ..set.http.limits };
    let acs = IxcAcs::new(IxcAcsSettings { calls: calls(), ..set }).unwrap();
    for change in [delete("B"), send("B")] {
        let sent = acs.send(&change, &acs.look(&change).unwrap());
        assert_eq!(sent.outcome, Outcome::Unknown, "{sent:?}");
    }
    assert_eq!(writes(&server).len(), 2);
}

#[test]
fn a_token_is_asked_for_before_and_a_refused_one_costs_one_sending() {
    let refusals = Arc::new(AtomicUsize::new(0));
    let left = Arc::clone(&refusals);
    let server = StandIn::lying(rows(), move |_, ask, answer| {
        let refuse = ask.method == "DELETE"
            && left.fetch_update(Ordering::SeqCst, Ordering::SeqCst, |n| n.checked_sub(1)).is_ok();
        if refuse { Answer::new(401, "{\"message\":\"unauthorized\"}") } else { answer }
    });
    let acs = with(&server, calls());
    let seen = acs.look(&delete("B")).unwrap();
    let sent = || acs.send(&delete("B"), &seen);
    refusals.store(1, Ordering::SeqCst);
    let logins = server.logins();
    assert_eq!(sent().outcome, Outcome::RefusedForNow);
    assert_eq!(
        (writes(&server).len(), server.logins()),
        (1, logins),
        "sent once, no new login yet"
    );
    assert_eq!(sent().outcome, Outcome::Refused, "404, with a token of its own");
    assert_eq!(server.logins(), logins + 1);
    refusals.store(3, Ordering::SeqCst);
    let twice = [sent(), sent()];
    assert_eq!(twice.each_ref().map(|a| a.outcome), [Outcome::RefusedForNow, Outcome::Refused]);
    assert!(twice[1].what.contains("then refuses it"), "{}", twice[1].what);
    assert_eq!(writes(&server).len(), 4);
}

#[test]
fn without_a_login_nothing_is_sent() {
    let server = StandIn::honest(rows());
    let seen = with(&server, calls()).look(&delete("B")).unwrap();
    for (status, outcome) in [(401, Outcome::Refused), (500, Outcome::NotSent)] {
        let closed = StandIn::lying(rows(), move |_, _, _| Answer::new(status, "{}"));
        let sent = with(&closed, calls()).send(&delete("B"), &seen);
        assert_eq!((sent.outcome, sent.status), (outcome, None), "{sent:?}");
        assert!(writes(&closed).is_empty());
    }
}

#[test]
fn a_synchronisation_is_done_when_the_acs_tells_a_later_one() {
    let times: [Value; 5] = [
        Value::Null,
        json!("2026-11-24T03:00:00Z"),
        json!("2026-11-24T03:00:00.000Z"),
        json!("2026-11-24 00:00:01"),
        json!("2026-11-23T03:00:00Z"),
    ];
    let now = Arc::new(AtomicUsize::new(0));
    let shown = Arc::clone(&now);
    let server = StandIn::lying(rows(), move |_, ask, answer| match ask.path.as_str() {
        STATE => Answer::json(
            &json!({"enabled": true, "lastSynchronized": times[shown.load(Ordering::SeqCst)]}),
        ),
        "/api/v2/integration/synchronize" => Answer::json(&json!({"uuid": "1"})),
        _ => answer,
    });
    let (acs, change) = (with(&server, calls()), AcsChange::Synchronise);
    let look = |nth: usize| {
        now.store(nth, Ordering::SeqCst);
        acs.look(&change).unwrap()
    };
    for (then, later, effect) in [
        (0, 0, Effect::NotDone),
        (0, 1, Effect::Done),
        (1, 1, Effect::NotDone),
        (1, 2, Effect::NotDone),
        (1, 3, Effect::Done),
        (1, 4, Effect::NotDone),
        (1, 0, Effect::NotDone),
    ] {
        let before = before(&acs, &change, &look(then));
        assert_eq!(acs.judge(&change, Some(&before), &look(later)), effect, "{then} {later}");
    }
    assert_eq!(acs.judge(&change, None, &look(1)), Effect::NotDone);
    assert_eq!(acs.judge(&change, Some(&Before::default()), &look(1)), Effect::Untold);
    let proposals = acs.propose(&change, &AcsDevice::default()).unwrap();
    assert_eq!(proposals[0].key, "acs:integration");
    assert_eq!(acs.send(&change, &look(1)).outcome, Outcome::Done);
    assert_eq!(writes(&server).len(), 1);
}

#[test]
fn a_state_that_can_t_be_had_or_read_is_no_look() {
    for (status, body) in [(500, "{}"), (200, "[]"), (200, "{\"lastSynchronized\":\"soon\"}")] {
        let server = StandIn::lying(rows(), move |_, ask, answer| match ask.path.as_str() {
            STATE => Answer::new(status, body),
            _ => answer,
        });
        let error = with(&server, calls()).look(&AcsChange::Synchronise).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Unavailable, "{body}");
    }
}

#[test]
fn what_the_acs_does_not_show_is_untold() {
    let server = StandIn::lying(rows(), |_, ask, answer| match ask.path.as_str() {
        STATE => Answer::json(&json!({"enabled": true})),
        _ => answer,
    });
    let without = with(&server, Calls { state: None, ..calls() });
    let acs = with(&server, calls());
    let seen = acs.look(&send("B")).unwrap();
    let before = before(&acs, &send("B"), &seen);
    assert_eq!(acs.judge(&send("B"), Some(&before), &seen), Effect::Untold);
    assert!(matches!(acs.judge(&send("B"), None, &Seen::Missing), Effect::Differs(_)));
    let seen = without.look(&AcsChange::Synchronise).unwrap();
    assert_eq!(without.judge(&AcsChange::Synchronise, None, &seen), Effect::Untold);
    assert!(acs.writer().is_some());
}
