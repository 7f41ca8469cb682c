//! Deletions and searches: what was recorded of a real GenieACS, and what a server makes of it.
//!
//! Must not do: look for anything but what a deletion promises.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::time::Duration;

use secrecy::SecretString;

use super::tests_captures::{recording, recordings};
use super::tests_server::{Play, Server, answer, genie, limits, list, now};
use super::{GenieAcs, GenieSettings, SpeedTests};
use crate::domain::{AcsChange, AcsDevice, Untrusted};
use crate::http::{Limits, Settings};
use crate::ports::{
    Acs as _, Answer, Effect, FetchErrorKind, Outcome, Seen, Sought, Undo, Writer as _,
};

const ODD: &str = "00E0FC-EG8145V5-4857%2D5443%20D4%2FE5";

fn delete(id: &str) -> AcsChange {
    AcsChange::Delete { id: Untrusted::new(id) }
}

fn there(acs: &GenieAcs, change: &AcsChange) -> Seen {
    let seen = acs.look(change).unwrap();
    assert!(matches!(seen, Seen::There(_)), "{seen:?}");
    seen
}

/// A device's record that began so many seconds after the hour.
fn record(id: &str, serial: &str, began: u32, informed: u32) -> String {
    format!(
        "{{\"_id\":\"{id}\",\"_deviceId\":{{\"_SerialNumber\":\"{serial}\",\"_OUI\":\"00259E\"}},\
         \"_registered\":\"2026-11-23T13:00:{began:02}.000Z\",\
         \"_lastInform\":\"2026-11-23T13:30:{informed:02}.000Z\"}}"
    )
}

fn listed(records: &[String]) -> Play {
    Play::Bytes(list(Some(records.len() as u64), records))
}

fn done() -> Play {
    Play::Bytes(answer("200 OK", "GenieACS-Version: 1.2.16\r\n", ""))
}

#[test]
fn a_real_device_is_deleted_by_its_id_encoded_once_more_and_comes_back() {
    let plays = ["97-", "93-", "94-", "97-"].map(|name| Play::Bytes(recording(name)));
    let server = Server::new(plays.to_vec());
    let acs = genie(&server.origin, limits());
    let change = delete(ODD);
    let seen = there(&acs, &change);
    let Seen::There(image) = &seen else { unreachable!() };
    assert_eq!(image.get("_registered"), Some("2026-11-23T13:23:26.357Z"));
    assert_eq!(image.at, Some("2026-11-23T13:23:27Z".parse().unwrap()));
    let before = image.before(acs.remembers(&change));
    assert_eq!(acs.judge(&change, Some(&before), &seen), Effect::NotDone);
    assert_eq!(acs.judge(&change, None, &seen), Effect::NotDone);

    let sent = acs.send(&change, &seen);
    assert_eq!((sent.outcome, sent.status), (Outcome::Done, Some(200)), "{sent:?}");
    let gone = acs.look(&change).unwrap();
    assert!(matches!(gone, Seen::Missing), "{gone:?}");
    assert_eq!(acs.judge(&change, Some(&before), &gone), Effect::Done);
    let deletions: Vec<String> =
        server.asked().into_iter().filter(|head| head.starts_with("DELETE")).collect();
    assert_eq!(deletions.len(), 1);
    let line = "DELETE /devices/00E0FC-EG8145V5-4857%252D5443%2520D4%252FE5 HTTP/1.1\r\n";
    assert!(deletions[0].starts_with(line), "{}", deletions[0]);
}

/// cap:91, 95 and 96: nothing was deleted, and the answer is the same.
#[test]
fn every_recorded_deletion_says_done_whether_it_was_or_not() {
    let deletions = recordings("DELETE /devices");
    assert_eq!(deletions.len(), 5);
    for (name, bytes) in deletions {
        let server = Server::new(vec![listed(&[record("a", "A", 1, 1)]), Play::Bytes(bytes)]);
        let acs = genie(&server.origin, limits());
        let sent = acs.send(&delete("a"), &there(&acs, &delete("a")));
        let in_session = name.starts_with("98-");
        let outcome = if in_session { Outcome::RefusedForNow } else { Outcome::Done };
        assert_eq!(sent.outcome, outcome, "{name}: {sent:?}");
        assert_eq!(sent.what.contains("session"), in_session, "{}", sent.what);
    }
}

#[test]
fn only_a_newer_record_of_the_same_device_is_one_that_came_back() {
    let change = delete("a");
    for (after, effect) in [
        (vec![], Some(Effect::Done)),
        (vec![record("a", "A", 5, 9)], Some(Effect::NotDone)),
        (vec![record("a", "A", 6, 9)], Some(Effect::Done)),
        (vec![record("a", "A", 4, 9)], None),
        (vec![record("a", "B", 5, 9)], None),
    ] {
        let server = Server::new(vec![listed(&[record("a", "A", 5, 1)]), listed(&after)]);
        let acs = genie(&server.origin, limits());
        let Seen::There(image) = there(&acs, &change) else { unreachable!() };
        let before = image.before(acs.remembers(&change));
        let judged = acs.judge(&change, Some(&before), &acs.look(&change).unwrap());
        match effect {
            Some(effect) => assert_eq!(judged, effect, "{after:?}"),
            None => assert!(matches!(judged, Effect::Differs(_)), "{after:?}: {judged:?}"),
        }
    }
}

#[test]
fn an_answer_that_tells_nothing_is_no_look() {
    for play in [
        Play::Bytes(answer("500 Oops", "", "")),
        Play::Bytes(answer("200 OK", "", "<html>")),
        Play::Bytes(list(Some(1), &[])),
        listed(&[record("b", "B", 1, 1)]),
        listed(&[record("a", "A", 1, 1), record("a", "A", 2, 1)]),
    ] {
        let server = Server::new(vec![play]);
        let error = genie(&server.origin, limits()).look(&delete("a")).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Unavailable, "{error:?}");
    }
}

/// What became of a deletion that is answered so, by `limits`, and how often it was sent.
fn sent(play: Play, limits: &Limits) -> (Answer, usize) {
    let server = Server::by(move |_, head| {
        let is_deletion = head.starts_with("DELETE");
        if is_deletion { play.clone() } else { listed(&[record("a", "A", 1, 1)]) }
    });
    let acs = genie(&server.origin, Limits { retries: 3, ..limits.clone() });
    let sent = acs.send(&delete("a"), &there(&acs, &delete("a")));
    (sent, server.asked_for().iter().filter(|line| line.starts_with("DELETE")).count())
}

#[test]
fn it_is_sent_once_whatever_comes_back() {
    let html = "<html>login</html>";
    for (play, outcome, words) in [
        (answer("200 OK", "", ""), Outcome::Done, "200"),
        (answer("202 Accepted", "", "\r\n"), Outcome::Done, "202"),
        (answer("200 OK", "", html), Outcome::Unknown, "web page"),
        (answer("200 OK", "", "{\"type\":\"error\"}"), Outcome::Unknown, "error"),
        (answer("400 Bad", "", "no"), Outcome::Refused, ": no"),
        (answer("404 Not Found", "", "404 Not Found"), Outcome::Refused, "404"),
        (answer("405 No", "", ""), Outcome::Refused, "405"),
        (answer("401 Who", "", html), Outcome::Refused, "password"),
        (answer("403 No", "", ""), Outcome::Refused, "password"),
        (answer("307 There", "Location: /x\r\n", ""), Outcome::Refused, "points to"),
        (answer("302 There", "Location: /x\r\n", ""), Outcome::Unknown, "points to"),
        (answer("429 Slow", "Retry-After: 0\r\n", ""), Outcome::RefusedForNow, "too many"),
        (answer("503 Down", "", ""), Outcome::Unknown, "503"),
        (answer("503 Down", "", "Device is in session"), Outcome::RefusedForNow, "session"),
        (answer("500 Oops", "", ""), Outcome::Unknown, "500"),
        (answer("502 Bad Gateway", "", html), Outcome::Unknown, "502"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n".to_vec(), Outcome::Unknown, "ended"),
        (b"HTTP/1.1 200 OK\r\nConten".to_vec(), Outcome::Unknown, "ended"),
        (Vec::new(), Outcome::Unknown, "ended"),
    ] {
        let shown = String::from_utf8_lossy(&play).into_owned();
        let (answer, times) = sent(Play::Bytes(play), &limits());
        assert_eq!((answer.outcome, times), (outcome, 1), "{shown}: {answer:?}");
        assert!(answer.what.contains(words), "{shown}: {}", answer.what);
    }
}

#[test]
fn silence_and_a_worker_that_dies_are_not_done_and_not_undone() {
    let short = Limits { request: Duration::from_millis(300), ..limits() };
    let (answer, times) = sent(Play::Silence(Vec::new()), &short);
    assert_eq!((answer.outcome, answer.status, times), (Outcome::Unknown, None, 1), "{answer:?}");
    // As in A1: the connection ends long after, without an answer.
    let short = Limits { silence: Duration::from_millis(100), ..limits() };
    let (answer, times) = sent(Play::Late(Duration::from_millis(200)), &short);
    assert_eq!((answer.outcome, times), (Outcome::Unknown, 1), "{answer:?}");
}

#[test]
fn where_nobody_is_nothing_was_sent() {
    // As in G2. A port that was free a moment ago.
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let acs = genie(&format!("http://127.0.0.1:{port}"), limits());
    let server = Server::new(vec![listed(&[record("a", "A", 1, 1)])]);
    let seen = there(&genie(&server.origin, limits()), &delete("a"));
    let answer = acs.send(&delete("a"), &seen);
    assert_eq!((answer.outcome, answer.status), (Outcome::NotSent, None), "{answer:?}");
    // A device that is gone is not deleted.
    let acs = genie(&server.origin, limits());
    assert_eq!(acs.send(&delete("a"), &Seen::Missing).outcome, Outcome::NotSent);
    assert_eq!(server.asked_for(), ["GET /devices"]);
}

#[test]
fn a_proxys_password_goes_with_a_deletion() {
    let server = Server::new(vec![listed(&[record("a", "A", 1, 1)]), done()]);
    let http = Settings { origin: server.origin.clone(), ca_pem: None, limits: limits() };
    let login = Some(("acerto".to_owned(), SecretString::from("x")));
    let settings = GenieSettings {
        http,
        login,
        fields: BTreeMap::new(),
        speed_tests: SpeedTests::default(),
        now: now(),
    };
    let acs = GenieAcs::new(settings).unwrap();
    assert_eq!(acs.send(&delete("a"), &there(&acs, &delete("a"))).outcome, Outcome::Done);
    let head = server.asked().pop().unwrap();
    assert!(
        head.starts_with("DELETE /devices/a ") && head.contains("Basic YWNlcnRvOng="),
        "{head}"
    );
}

#[test]
fn a_deletion_is_proposed_as_it_will_be_sent_and_nothing_else_is() {
    let acs = genie("http://127.0.0.1:7557", limits());
    let of = AcsDevice::default();
    let proposals = acs.propose(&delete(ODD), &of).unwrap();
    let [proposal] = proposals.as_slice() else { panic!("{proposals:?}") };
    assert_eq!(proposal.change, delete(ODD));
    assert_eq!(proposal.key, format!("acs:device:{ODD}"));
    assert_eq!(proposal.call.method, "DELETE");
    assert_eq!(proposal.call.path, "/devices/00E0FC-EG8145V5-4857%252D5443%2520D4%252FE5");
    assert_eq!((proposal.undo, proposal.call.whole_row), (Undo::No, false));
    let send = AcsChange::Send { id: Untrusted::new("a") };
    for change in [send.clone(), AcsChange::Synchronise] {
        let unable = acs.propose(&change, &of).unwrap_err();
        assert!(unable.why.contains("no integration"), "{}", unable.why);
        assert_eq!(acs.send(&change, &Seen::Missing).outcome, Outcome::NotSent);
        assert!(acs.look(&change).is_err());
    }
    // What could not be looked at afterwards.
    for id in ["a*", "/a/"] {
        assert!(acs.propose(&delete(id), &of).unwrap_err().why.contains("pattern"), "{id}");
    }
    assert_eq!(acs.traffic().requests, 0);
}

fn all(values: &[&str]) -> Vec<Untrusted> {
    values.iter().map(|value| Untrusted::new(value)).collect()
}

#[test]
fn devices_are_found_by_every_spelling_and_only_those_that_carry_it() {
    let mut logins = record("c", "C", 1, 1);
    logins.truncate(logins.len() - 1);
    logins.push_str(
        ",\"Device\":{\"PPP\":{\"Interface\":{\"3\":{\"Username\":{\"_value\":\"Ana@isp\"}}}}}}",
    );
    let records =
        [record("a", "4857544312345678", 1, 1), record("b", "HWTC12345679", 1, 1), logins];
    let server = Server::by(move |_, _| listed(&records));
    let acs = genie(&server.origin, limits());
    let sought = Sought {
        serials: all(&["HWTC12345678", "4857544312345678"]),
        macs: all(&["00:25:9E:00:00:AB"]),
        logins: all(&["ana@isp"]),
    };
    let found = acs.holding(&sought).unwrap();
    let ids: Vec<&str> = found.iter().map(|device| device.id.raw()).collect();
    assert_eq!(ids, ["a", "c"], "each once, and no other");
    let asked = server.asked();
    assert!(asked.iter().all(|head| head.len() < 16 << 10 && head.starts_with("GET /devices?")));
    let asked = asked.concat();
    for words in [
        "_deviceId._SerialNumber%22%3A%7B%22%24in%22%3A%5B%22HWTC12345678%22%2C%224857544312345678",
        "%22ana%40isp%22",
        "Device.PPP.Interface.8.Username",
        "WANDevice.1.WANConnectionDevice.8.WANPPPConnection.4.Username",
        "%2200%3A25%3A9e%3A00%3A00%3Aab%22",
        "%2200259E0000AB%22",
        "Device.Ethernet.Interface.1.MACAddress",
    ] {
        assert!(asked.contains(words), "{words}");
    }
}

#[test]
fn none_is_said_only_where_everything_could_be_asked_for() {
    let none = || Server::new(vec![listed(&[])]);
    let serials = |values: &[&str]| Sought { serials: all(values), ..Sought::default() };
    let server = none();
    let acs = genie(&server.origin, limits());
    assert!(acs.holding(&serials(&["HWTC1"])).unwrap().is_empty());
    for unsafe_one in [&["a*b"][..], &["/a/"], &["HWTC1", "a*b"], &[]] {
        let error = acs.holding(&serials(unsafe_one)).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Unavailable, "{unsafe_one:?}");
    }
    let line = |head: &String| head.lines().next().unwrap().to_owned();
    let asked: String = server.asked().iter().map(line).collect();
    assert!(!asked.contains('*') && !asked.contains("%2A") && !asked.contains("%2Fa"), "{asked}");
    // It counts one, and sends none; it answers with something else.
    for play in [
        Play::Bytes(list(Some(1), &[])),
        Play::Bytes(answer("200 OK", "", "<html>")),
        Play::Bytes(recording("A5-")),
    ] {
        let server = Server::new(vec![play]);
        let error = genie(&server.origin, limits()).holding(&serials(&["HWTC1"])).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Unavailable);
    }
    // Found in spite of a spelling that could not be asked for.
    let server = Server::new(vec![listed(&[record("a", "HWTC1", 1, 1)])]);
    let found = genie(&server.origin, limits()).holding(&serials(&["HWTC1", "a*b"])).unwrap();
    assert_eq!(found.len(), 1);
}
