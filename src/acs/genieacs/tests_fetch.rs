//! Fetches from servers that lie, cut, drip and fall silent: what is complete, what is said.
//!
//! Must not do: sleep longer than a limit under test.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use secrecy::SecretString;

use super::tests_server::{DATE, Play, Server, answer, count, genie, limits, list, now, records};
use super::{GenieAcs, GenieSettings, SpeedTests};
use crate::domain::{AcsDevice, AnySnapshot, Untrusted};
use crate::http::{Limits, Settings};
use crate::ports::{
    Acs as _, FetchError, FetchErrorKind, Growing, Probe as _, Told, Verdict, followed_or_not,
};

fn fetch(plays: Vec<Vec<u8>>) -> (Result<AnySnapshot<AcsDevice>, FetchError>, Vec<String>) {
    let server = Server::new(plays.into_iter().map(Play::Bytes).collect());
    let acs = genie(&server.origin, limits());
    let outcome = followed_or_not(|list| acs.fetch_into(&|_| {}, list));
    (outcome, server.asked_for())
}

fn bad(snapshot: &AnySnapshot<AcsDevice>) -> String {
    let meta = snapshot.meta();
    let said: Vec<String> =
        meta.bad.iter().map(|problem| format!("{}: {}", problem.place, problem.what)).collect();
    said.join("\n")
}

#[test]
fn a_whole_list_is_complete_and_dated_by_the_source() {
    let server = Server::new(vec![Play::Bytes(list(Some(1200), &records(0, 1200)))]);
    let told = Mutex::new(Vec::new());
    let acs = genie(&server.origin, limits());
    let snapshot = acs.fetch(&|n| told.lock().unwrap().push(n)).unwrap();
    assert!(snapshot.is_complete());
    let meta = snapshot.meta();
    assert_eq!((snapshot.records().len(), meta.pages), (1200, 1));
    assert_eq!(meta.fetched_at, "2026-11-23T13:23:19Z".parse().unwrap());
    assert!(meta.remarks.is_empty() && !meta.supplies.integrated);
    assert!(snapshot.records().iter().all(|d| d.integrated.is_none()));
    assert_eq!(*told.lock().unwrap(), [500, 1000, 1200]);
    assert_eq!(acs.traffic().requests, 1);
    let asked = &server.asked()[0];
    assert!(asked.starts_with("GET /devices?projection=Device.DeviceInfo.ModelName%2C"), "{asked}");
    assert!(!asked.contains("query=") && !asked.contains("authorization"), "{asked}");
}

#[test]
fn cut_at_every_byte_a_list_is_never_complete() {
    let whole = list(Some(3), &records(0, 3));
    let cut_at = Arc::new(AtomicUsize::new(0));
    let server = Server::by({
        let (whole, cut_at) = (whole.clone(), Arc::clone(&cut_at));
        move |_, head| {
            let cut = whole[..cut_at.load(Ordering::Relaxed)].to_vec();
            Play::Bytes(if head.starts_with("HEAD") { count(Some(3)) } else { cut })
        }
    });
    let (mut partial, mut failed) = (0, 0);
    for cut in 0..whole.len() {
        cut_at.store(cut, Ordering::Relaxed);
        match genie(&server.origin, limits()).fetch(&|_| {}) {
            Ok(snapshot) => {
                assert!(!snapshot.is_complete(), "cut at {cut} of {}", whole.len());
                assert!(bad(&snapshot).starts_with("the end of the list: "), "{}", bad(&snapshot));
                assert!(!snapshot.records().is_empty());
                partial += 1;
            }
            Err(error) => {
                assert_eq!(error.kind, FetchErrorKind::Unavailable, "{cut}");
                failed += 1;
            }
        }
    }
    assert!(partial > 200 && failed > 200, "{partial} {failed}");
}

#[test]
fn a_cut_list_is_read_once_more() {
    let whole = list(Some(3), &records(0, 3));
    let cut = whole[..whole.len() - 12].to_vec();
    let (outcome, asked) = fetch(vec![cut.clone(), whole.clone()]);
    assert!(outcome.unwrap().is_complete());
    assert_eq!(asked, ["GET /devices", "GET /devices"]);
    // Twice cut: what was read more of is shown, and why it is not all.
    let shorter = whole[..whole.len() - 120].to_vec();
    for plays in [vec![cut.clone(), shorter.clone()], vec![shorter, cut.clone()]] {
        let (outcome, asked) = fetch(plays);
        let snapshot = outcome.unwrap();
        assert_eq!((snapshot.records().len(), snapshot.meta().bad_count), (3, 1));
        assert!(bad(&snapshot).contains("after 3 records"), "{}", bad(&snapshot));
        assert_eq!(asked.len(), 2);
    }
    // Without a total the second list is still worth a try: it can be counted after it.
    let uncounted = list(None, &records(0, 3));
    let cut_uncounted = uncounted[..uncounted.len() - 12].to_vec();
    let (outcome, asked) = fetch(vec![cut_uncounted, uncounted, count(Some(3))]);
    assert!(outcome.unwrap().is_complete());
    assert_eq!(asked.len(), 3);
    // The second try finds nobody who answers: the first is still something.
    let (outcome, asked) = fetch(vec![cut, Vec::new()]);
    assert_eq!(outcome.unwrap().records().len(), 3);
    assert_eq!(asked.len(), 2);
}

#[test]
fn the_total_has_to_agree_before_or_after() {
    let three = records(0, 3);
    let told = |total| list(total, &three);
    for (plays, complete, asked) in [
        (vec![told(Some(4)), count(Some(3))], true, 2),
        (vec![told(Some(2)), count(Some(3))], true, 2),
        (vec![told(None), count(Some(3))], true, 2),
        (vec![told(Some(4)), count(Some(4)), told(Some(3))], true, 3),
        (vec![told(Some(4)), count(Some(4)), told(Some(4)), count(Some(3))], true, 4),
        (vec![told(Some(4)), count(Some(4)), told(Some(4)), count(Some(4))], false, 4),
        (vec![told(Some(2)), count(Some(4)), told(Some(2)), count(None)], false, 4),
        // Nothing tells how many there are, and a second list would not either.
        (vec![told(None), count(None)], false, 2),
        (vec![told(None), answer("404 Not Found", "total: 3\r\n", "")], false, 2),
        (vec![told(None), Vec::new()], false, 2),
    ] {
        let (outcome, requests) = fetch(plays);
        let snapshot = outcome.unwrap();
        assert_eq!(snapshot.records().len(), 3);
        assert_eq!((snapshot.is_complete(), requests.len()), (complete, asked), "{requests:?}");
        if !complete {
            assert!(bad(&snapshot).contains("3 records were read"), "{}", bad(&snapshot));
        }
        if complete && asked == 2 {
            assert_eq!(snapshot.meta().fetched_at, "2026-11-23T13:30:00Z".parse().unwrap());
        }
    }
}

#[test]
fn a_device_listed_twice_is_kept_once_and_told() {
    let mut twice = records(0, 3);
    twice.push(twice[0].clone());
    let (outcome, asked) = fetch(vec![list(Some(4), &twice), list(Some(4), &records(0, 4))]);
    assert!(outcome.unwrap().is_complete());
    assert_eq!(asked.len(), 2);
    let (outcome, _) = fetch(vec![list(Some(4), &twice)]);
    let snapshot = outcome.unwrap();
    assert_eq!((snapshot.records().len(), snapshot.meta().bad_count), (3, 1));
    assert_eq!(snapshot.meta().bad[0].value, Some(Untrusted::new("00259E-HG-0")));
}

#[test]
fn a_list_is_followed_unless_another_is_handed_out_or_it_is_changed() {
    let whole = list(Some(3), &records(0, 3));
    let cut = whole[..whole.len() - 12].to_vec();
    let shorter = whole[..whole.len() - 120].to_vec();
    let twice = list(Some(4), &[&records(0, 3)[..], &records(0, 1)[..]].concat());
    for (plays, stands) in [
        (vec![whole.clone()], true),
        (vec![cut.clone(), whole], false),
        (vec![cut.clone(), Vec::new()], true),
        (vec![cut.clone(), shorter.clone()], true),
        (vec![shorter, cut], false),
        (vec![twice.clone(), twice], false),
    ] {
        let server = Server::new(plays.into_iter().map(Play::Bytes).collect());
        let mut told = Told::default();
        let fetched =
            genie(&server.origin, limits()).fetch_into(&|_| {}, Growing::followed(&mut told));
        let followed = told.all();
        assert_eq!(followed.len(), if stands { 3 } else { 0 });
        assert_eq!(followed == fetched.unwrap().records(), stands);
    }
}

#[test]
fn a_bad_record_makes_the_list_partial_and_the_rest_is_read() {
    let huge = format!("{{\"_id\":\"huge\",\"x\":\"{}\"}}", "x".repeat(1 << 20));
    let deep = format!("{{\"_id\":\"deep\",\"x\":{}1{}}}", "[".repeat(9000), "]".repeat(9000));
    let mut rows = records(0, 2);
    rows.extend(["{\"x\":1}".into(), huge, "null".into(), "{\"_id\":}".into(), deep]);
    let (outcome, asked) = fetch(vec![list(Some(7), &rows)]);
    let snapshot = outcome.unwrap();
    assert_eq!((snapshot.records().len(), snapshot.meta().bad_count), (3, 4));
    assert_eq!(asked.len(), 1, "another try would find the same");
    let said = bad(&snapshot);
    for line in [
        "record 3: a record without an `_id`",
        "record 4: a record is larger than 1 MiB",
        "record 5: a record is no object",
        "record 6: a record can't be read: ",
    ] {
        assert!(said.contains(line), "{said}");
    }
}

#[test]
fn an_empty_list_is_empty_and_not_an_error() {
    let (outcome, _) = fetch(vec![list(Some(0), &[])]);
    let snapshot = outcome.unwrap();
    assert!(snapshot.is_complete() && snapshot.records().is_empty());
    let (outcome, asked) = fetch(vec![list(Some(5), &[]), count(Some(5))]);
    assert!(!outcome.unwrap().is_complete());
    assert_eq!(asked.len(), 3, "{asked:?}");
}

#[test]
fn what_is_no_list_is_told_apart() {
    let html = "<!DOCTYPE html><html><title>Login</title>";
    let ok = |body: &str| answer("200 OK", "", body);
    for (served, kind, said, hint) in [
        (ok(html), FetchErrorKind::Unavailable, "web page", "7557"),
        (ok("{\"error\":\"no \u{1b}[31m\"}"), FetchErrorKind::Unavailable, "\\x1b[31m", "7557"),
        (ok("null"), FetchErrorKind::Unavailable, "text instead", "7557"),
        (ok(""), FetchErrorKind::Unavailable, "nothing", "database"),
        (ok("[\n"), FetchErrorKind::Unavailable, "closing `]`", "database"),
        (ok("[,]"), FetchErrorKind::Unavailable, "broken", "proxy"),
        (answer("404 Not Found", "", html), FetchErrorKind::Unavailable, "404", "7557"),
        (answer("405 Method Not Allowed", "", "no"), FetchErrorKind::Unavailable, ": no", "7557"),
        (answer("400 Bad Request", "", "Syntax"), FetchErrorKind::Unavailable, "Syntax", "7557"),
        (answer("204 No Content", "", ""), FetchErrorKind::Unavailable, "204", "7557"),
        (answer("401 Unauthorized", "", ""), FetchErrorKind::Auth, "", "username"),
        (answer("403 Forbidden", "", html), FetchErrorKind::Auth, "", "username"),
        (
            answer("302 Found", "Location: http://192.0.2.1/\r\n", ""),
            FetchErrorKind::Unavailable,
            "",
            "7557",
        ),
        (answer("500 Oops", "", "stack"), FetchErrorKind::Unavailable, "", ""),
    ] {
        let server = Server::new(vec![Play::Bytes(served)]);
        let acs = genie(&server.origin, limits());
        let errors =
            [acs.fetch(&|_| {}).unwrap_err(), acs.device(&Untrusted::new("x")).unwrap_err()];
        for error in errors {
            assert_eq!(error.kind, kind, "{said}: {error:?}");
            assert!(error.what.contains(said), "{said}: {error:?}");
            let hints = error.hints.join("; ");
            assert!(hints.contains(hint), "{said}: {hints}");
            assert!(!error.what.contains('\u{1b}'));
        }
        assert_eq!(server.asked().len(), 2, "{said}: asked again");
    }
}

#[test]
fn a_broken_list_is_partial_from_there_on() {
    let mut body = format!("[\n{}\n", records(0, 2).join(",\n"));
    body.push_str("{\"_id\":\"no comma\"}\n]");
    let (outcome, asked) = fetch(vec![answer("200 OK", "total: 3\r\n", &body)]);
    let snapshot = outcome.unwrap();
    assert_eq!((snapshot.records().len(), snapshot.is_complete()), (2, false));
    assert!(bad(&snapshot).contains("a comma is missing"), "{}", bad(&snapshot));
    assert_eq!(asked.len(), 2);
}

#[test]
fn a_drip_is_read_and_a_silence_ends() {
    let whole = list(Some(1), &records(0, 1));
    let server = Server::new(vec![Play::Drip(whole.clone(), Duration::from_millis(1))]);
    let snapshot = genie(&server.origin, limits()).fetch(&|_| {}).unwrap();
    assert!(snapshot.is_complete());

    let short = || Limits { stream_idle: Duration::from_millis(300), ..limits() };
    let early = || Limits { stream_first_byte: Duration::from_millis(300), ..short() };
    let server = Server::new(vec![Play::Silence(whole[..whole.len() - 9].to_vec())]);
    let snapshot = genie(&server.origin, short()).fetch(&|_| {}).unwrap();
    assert_eq!((snapshot.records().len(), snapshot.is_complete()), (1, false));
    assert_eq!(server.asked().len(), 2);
    // Silence before the first record may be a worker that died: it is not asked again, even
    // where retries are allowed.
    let body = whole.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
    for sent in [0, body, body + 7] {
        let server = Server::new(vec![Play::Silence(whole[..sent].to_vec())]);
        let acs = genie(&server.origin, Limits { retries: 3, ..early() });
        let error = acs.fetch(&|_| {}).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Unavailable);
        assert!(error.hints.iter().any(|hint| hint.contains("database")), "{error:?}");
        assert_eq!((server.asked().len(), acs.traffic().retries), (1, 0), "{sent}");
    }
}

#[test]
fn who_does_not_listen_is_tried_again_and_told() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let acs = genie(&origin, Limits { retries: 1, ..limits() });
    let error = acs.fetch(&|_| {}).unwrap_err();
    assert_eq!(error.kind, FetchErrorKind::Unavailable);
    assert!(error.hints.iter().any(|hint| hint.contains("7557")), "{error:?}");
    assert_eq!(acs.traffic().retries, 1);
}

#[test]
fn one_device_is_only_what_the_nbi_positively_says() {
    let id = Untrusted::new("00259E-HG-1");
    let one = |plays| {
        let server = Server::new(vec![Play::Bytes(plays)]);
        genie(&server.origin, limits()).device(&id)
    };
    let two = records(0, 2);
    assert_eq!(one(list(Some(1), &two[1..])).unwrap().unwrap().id, id);
    assert_eq!(one(list(Some(0), &[])).unwrap(), None);
    assert_eq!(one(list(None, &[])).unwrap(), None);
    for (served, said) in [
        (list(Some(2), &two), "2 devices"),
        (list(Some(1), &two[..1]), "another one, 00259E-HG-0"),
        (list(Some(1), &[]), "counts 1 and sends none"),
        (list(Some(1), &["{}".to_owned()]), "without an `_id`"),
        (list(Some(1), &["7".to_owned()]), "no object"),
        (list(Some(1), &two[1..])[..260].to_vec(), ""),
        (answer("200 OK", "", "[\n\n"), "closing"),
    ] {
        let error = one(served).unwrap_err();
        assert_eq!(error.kind, FetchErrorKind::Unavailable);
        assert!(error.what.contains(said), "{said}: {error:?}");
    }
}

#[test]
fn an_id_is_a_json_string_and_never_a_pattern() {
    let server = Server::new(vec![Play::Bytes(list(Some(0), &[]))]);
    let acs = genie(&server.origin, limits());
    for id in ["/(/", "/a/i", "a*", "((*", "a/b"] {
        let error = acs.device(&Untrusted::new(id)).unwrap_err();
        assert!(error.what.contains("was not asked for"), "{error:?}");
    }
    assert!(server.asked().is_empty());
    for (id, query) in [
        (
            "a\"},{\"$where\":\"1",
            "%7B%22_id%22%3A%22a%5C%22%7D%2C%7B%5C%22%24where%5C%22%3A%5C%221%22%7D",
        ),
        ("a&skip=-1#%", "%7B%22_id%22%3A%22a%26skip%3D-1%23%25%22%7D"),
        ("é \\", "%7B%22_id%22%3A%22%C3%A9+%5C%5C%22%7D"),
    ] {
        assert_eq!(acs.device(&Untrusted::new(id)).unwrap(), None);
        let asked = server.asked().pop().unwrap();
        let sent = asked.split_once("&query=").unwrap().1.split_once(' ').unwrap().0.to_owned();
        assert_eq!(sent.replace("%20", "+"), query);
    }
}

#[test]
fn a_proxy_s_login_is_sent_and_never_shown() {
    let server = Server::new(vec![Play::Bytes(list(Some(0), &[])), Play::Bytes(count(Some(0)))]);
    let http = Settings { origin: server.origin.clone(), ca_pem: None, limits: limits() };
    let login = Some(("nbi".to_owned(), SecretString::from("s3cret")));
    let settings = GenieSettings {
        http,
        login,
        fields: BTreeMap::new(),
        speed_tests: SpeedTests::default(),
        now: now(),
    };
    assert!(!format!("{settings:?}").contains("s3cret"));
    GenieAcs::new(settings).unwrap().fetch(&|_| {}).unwrap();
    let asked = &server.asked()[0];
    assert!(asked.contains("authorization: Basic bmJpOnMzY3JldA=="), "{asked}");
}

#[test]
fn a_source_without_a_date_is_dated_by_this_machine() {
    let served = String::from_utf8(list(Some(1), &records(0, 1))).unwrap().replace(DATE, "");
    let (outcome, _) = fetch(vec![served.into_bytes()]);
    let meta = outcome.unwrap().meta().clone();
    let late = meta.fetched_at.duration_since(now()).as_secs();
    assert!((0..600).contains(&late), "{late}");
    assert_eq!(meta.remarks.len(), 1);
}

#[test]
fn a_profile_s_path_is_asked_for() {
    let server = Server::new(vec![Play::Bytes(list(Some(0), &[]))]);
    let http = Settings { origin: server.origin.clone(), ca_pem: None, limits: limits() };
    let path = vec!["InternetGatewayDevice.X_GPON.*.SN".to_owned()];
    let mut fields = BTreeMap::from([("serial".to_owned(), path)]);
    let settings = GenieSettings {
        http,
        login: None,
        fields: fields.clone(),
        speed_tests: SpeedTests::default(),
        now: now(),
    };
    GenieAcs::new(settings.clone()).unwrap().fetch(&|_| {}).unwrap();
    assert!(server.asked()[0].contains("InternetGatewayDevice.X_GPON%2C"), "{:?}", server.asked());
    fields.insert("colour".to_owned(), vec!["a.b".to_owned()]);
    let error = GenieAcs::new(GenieSettings { fields, ..settings }).err().unwrap();
    assert_eq!(error.kind, FetchErrorKind::Config);
    assert!(error.what.contains("fields.colour"));
}

fn verdicts(plays: Vec<Vec<u8>>) -> String {
    let server = Server::new(plays.into_iter().map(Play::Bytes).collect());
    let checks = genie(&server.origin, limits()).probe();
    let ids: Vec<&str> = checks.iter().map(|check| check.id.as_str()).collect();
    let expected = "acs-dns acs-tcp acs-tls acs-http acs-nbi acs-list acs-total acs-clock acs-open";
    assert_eq!(ids.join(" "), expected);
    let letter = |verdict| match verdict {
        Verdict::Ok => 'o',
        Verdict::Warn => 'w',
        Verdict::Skip => 's',
        Verdict::Fail(FetchErrorKind::Config) => '2',
        Verdict::Fail(FetchErrorKind::Unavailable) => '6',
        Verdict::Fail(FetchErrorKind::Auth) => '7',
    };
    for check in &checks {
        let wants_fix = !matches!(check.verdict, Verdict::Ok | Verdict::Skip);
        assert_eq!(check.fix.is_some(), wants_fix, "{check:?}");
    }
    checks.iter().map(|check| letter(check.verdict)).collect()
}

#[test]
fn each_check_tells_its_own_thing() {
    let page = answer("200 OK", "", "<html>");
    let date = "Date: Mon, 23 Nov 2026 14:00:00 GMT\r\n";
    let head = |headers: &str| answer("200 OK", &format!("{date}{headers}"), "");
    let one = list(Some(9), &records(0, 1));
    let named = "GenieACS-Version: 1.2.16\r\ntotal: 9\r\n";
    for (plays, expected) in [
        (vec![head(named), one.clone()], "ooooooooo"),
        (vec![head("total: 9\r\n"), one.clone()], "oooowoooo"),
        (vec![head(&named.replace('9', "0")), list(Some(0), &[])], "oooooowoo"),
        (vec![head(named), page.clone()], "ooooo6ooo"),
        (vec![head(named), answer("401 Unauthorized", "", "")], "ooooo7ooo"),
        (vec![answer("200 OK", named, ""), one], "ooooooowo"),
        (vec![head(""), page], "oooo6ssoo"),
    ] {
        assert_eq!(verdicts(plays), expected);
    }
}

#[test]
fn a_plain_address_on_the_network_is_warned_of() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let origin = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);
    let checks = genie(&origin, limits()).probe();
    assert!(checks.iter().any(|check| check.verdict == Verdict::Fail(FetchErrorKind::Unavailable)));
    let skipped = checks.iter().filter(|check| check.verdict == Verdict::Skip).count();
    assert_eq!(skipped, 2 + 5, "{checks:?}");
    for (origin, verdict) in [
        ("http://192.0.2.1:7557", Verdict::Warn),
        ("https://192.0.2.1:7557", Verdict::Ok),
        ("http://127.0.0.1:7557", Verdict::Ok),
    ] {
        assert_eq!(genie(origin, limits()).open_check().verdict, verdict, "{origin}");
    }
}
