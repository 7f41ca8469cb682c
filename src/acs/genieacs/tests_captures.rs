//! The recorded exchanges of a real GenieACS, played back byte for byte.
//!
//! Must not do: alter what was recorded; those of which only the text was kept get the framing
//! that the raw ones show (a chunk a record, a chunk a separator).

use std::fs;
use std::path::PathBuf;
use std::time::Duration;

use super::tests_server::{Play, Server, genie, limits};
use crate::domain::{AcsDevice, Untrusted};
use crate::http::Limits;
use crate::ports::{Acs as _, FetchErrorKind, Probe as _, Verdict};

fn folder() -> PathBuf {
    [env!("CARGO_MANIFEST_DIR"), "tests", "captures", "genieacs"].iter().collect()
}

/// Every recording whose request begins with `request`: name, its bytes as served.
pub(super) fn recordings(request: &str) -> Vec<(String, Vec<u8>)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.extension().is_none_or(|end| end != "txt") {
            continue;
        }
        let bytes = fs::read(&path).unwrap();
        if recorded_request(&bytes).starts_with(request)
            && let Some(served) = served(&bytes)
        {
            found.push((name, served));
        }
    }
    found.sort();
    found
}

fn recorded_request(bytes: &[u8]) -> String {
    let text = String::from_utf8_lossy(bytes);
    let line = text.lines().map(|line| line.trim_start_matches(">>> ")).find(|line| {
        ["GET ", "HEAD ", "POST ", "DELETE "].iter().any(|method| line.starts_with(method))
    });
    line.unwrap().to_owned()
}

/// The answer's bytes; `None` where there was none.
fn served(bytes: &[u8]) -> Option<Vec<u8>> {
    let raw = b"<<< raw bytes\n";
    if let Some(at) = memchr::memmem::find(bytes, raw) {
        let served = &bytes[at + raw.len()..];
        return Some(served.strip_suffix(b"\n").unwrap_or(served).to_vec());
    }
    let text = std::str::from_utf8(bytes).unwrap();
    let answer = text.split_once("<<< response").unwrap().1.split_once('\n').unwrap().1;
    if !answer.starts_with("HTTP/1.1 ") {
        return None;
    }
    let (head, body) = answer.split_once("\n\n").unwrap_or((answer, ""));
    let mut out = head.trim_end().replace('\n', "\r\n").into_bytes();
    out.extend_from_slice(b"\r\n\r\n");
    if !head.contains("Transfer-Encoding: chunked") {
        out.extend_from_slice(body.as_bytes());
        return Some(out);
    }
    for chunk in chunks(body.strip_suffix('\n').unwrap_or(body)) {
        out.extend_from_slice(format!("{:x}\r\n{chunk}\r\n", chunk.len()).as_bytes());
    }
    out.extend_from_slice(b"0\r\n\r\n");
    Some(out)
}

fn chunks(body: &str) -> Vec<String> {
    let Some(inner) = body.strip_prefix("[\n").and_then(|rest| rest.strip_suffix("\n]")) else {
        return vec![body.to_owned()].into_iter().filter(|body| !body.is_empty()).collect();
    };
    let mut chunks = vec!["[\n".to_owned()];
    for (nth, record) in inner.split(",\n").filter(|record| !record.is_empty()).enumerate() {
        chunks.extend((nth > 0).then(|| ",\n".to_owned()));
        chunks.push(record.to_owned());
    }
    chunks.push("\n]".to_owned());
    chunks
}

pub(super) fn recording(name: &str) -> Vec<u8> {
    let all = ["GET", "HEAD", "DELETE"].map(recordings).concat();
    all.into_iter().find(|(file, _)| file.starts_with(name)).unwrap().1
}

fn devices(name: &str) -> Vec<AcsDevice> {
    let server = Server::new(vec![Play::Bytes(recording(name))]);
    genie(&server.origin, limits()).fetch(&|_| {}).unwrap().records().to_vec()
}

fn raw(value: Option<&Untrusted>) -> &str {
    value.map_or("-", Untrusted::raw)
}

#[test]
fn every_recorded_list_is_read_to_its_end_and_only_whole_ones_are_complete() {
    let lists = recordings("GET /devices");
    let mut read = 0;
    for (name, served) in lists {
        let text = String::from_utf8_lossy(&served).into_owned();
        if !text.starts_with("HTTP/1.1 200") {
            continue;
        }
        let ids = text.matches("{\"_id\":").count();
        let total = text.split_once("total: ").unwrap().1.split_once('\r').unwrap().0;
        let whole = text.ends_with("0\r\n\r\n") && total.parse() == Ok(ids);
        let server = Server::new(vec![Play::Bytes(served)]);
        let outcome = genie(&server.origin, limits()).fetch(&|_| {});
        if !text.ends_with("0\r\n\r\n") {
            assert_eq!(outcome.unwrap_err().kind, FetchErrorKind::Unavailable, "{name}");
            assert_eq!(server.asked_for(), ["GET /devices"], "{name}: sent again after silence");
            continue;
        }
        let snapshot = outcome.unwrap();
        assert_eq!((snapshot.records().len(), snapshot.is_complete()), (ids, whole), "{name}");
        assert_eq!((snapshot.meta().unparsed_count, snapshot.meta().pages), (0, 1), "{name}");
        let read_once = server.asked_for() == ["GET /devices"];
        assert_eq!(read_once, whole, "{name}");
        read += 1;
    }
    assert!(read >= 20, "{read} lists");
}

const HUAWEI: &str = "Huawei Technologies Co., Ltd";

/// Id, serial, OUI, product class, manufacturer, login, MAC and WAN IP of some of them.
const REAL: [[&str; 8]; 4] = [
    [
        "00259E-HG8145V5-48575443A1B2C301",
        "48575443A1B2C301",
        "00259E",
        "HG8145V5",
        HUAWEI,
        "joao.silva",
        "00:25:9E:00:00:01",
        "100.64.0.11",
    ],
    [
        "98DED0-Archer%20C5%20%28BR%29-2207%2EB%2AX%251",
        "2207.B*X%1",
        "98DED0",
        "Archer C5 (BR)",
        "TP-Link",
        "ana_p",
        "98:DE:D0:00:00:04",
        "100.64.0.14",
    ],
    [
        "A4F4C2-WTNOPC0001",
        "WTNOPC0001",
        "A4F4C2",
        "-",
        "Intelbras",
        "semclasse",
        "A4:F4:C2:00:00:05",
        "100.64.0.15",
    ],
    [
        "123456-EMOJI-%EF%BF%BD%EF%BF%BD1",
        "😀1",
        "123456",
        "EMOJI",
        HUAWEI,
        "emoji",
        "12:34:56:00:00:07",
        "100.64.0.17",
    ],
];

#[test]
fn reads_what_real_devices_told() {
    let rows: Vec<[String; 8]> = devices("10-")
        .iter()
        .map(|d| {
            assert!(d.last_inform.is_some() && d.registered.is_some() && d.tags.is_empty());
            assert_eq!(d.macs.len(), 1);
            [
                d.id.raw(),
                raw(d.serial.as_ref()),
                raw(d.oui.as_ref()),
                raw(d.product_class.as_ref()),
                raw(d.manufacturer.as_ref()),
                raw(d.pppoe_login.as_ref()),
                d.macs[0].raw(),
                raw(d.wan_ip.as_ref()),
            ]
            .map(str::to_owned)
        })
        .collect();
    assert_eq!(rows.len(), 7);
    for row in REAL {
        assert!(rows.iter().any(|have| *have == row), "{row:?}");
    }
    let first = &devices("11-")[0];
    assert_eq!(raw(first.firmware.as_ref()), "V5R019C10S125");
    assert_eq!(raw(first.model.as_ref()), "HG8145V5");
    assert_eq!(first.last_inform, Some("2026-11-23T13:23:19.729Z".parse().unwrap()));
    assert_eq!(first.registered, Some("2026-11-23T13:23:13.202Z".parse().unwrap()));
}

#[test]
fn reads_odd_identities_and_tags() {
    let devices_c1 = devices("C1-");
    let of = |id: &str| devices_c1.iter().find(|d| d.id.raw() == id).unwrap();
    assert_eq!(of("AABBCC-NOPC1").product_class, None);
    assert_eq!(raw(of("AABBCC-TAB-A%9B1").serial.as_ref()), "A\tB1");
    assert_eq!(raw(of("aabbcc-x-lower%2Dcase").oui.as_ref()), "aabbcc");
    assert_eq!(raw(of("AABBCC-A-B%2DC").serial.as_ref()), "B-C");
    let tags = |name: &str| {
        let devices = devices(name);
        devices[0].tags.iter().map(|tag| tag.raw().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(tags("33-"), ["inadimplente", "contrato nº 12/á"]);
    assert!(tags("36d-").is_empty());
    let back = &devices("97-")[0];
    assert_eq!(back.registered, back.last_inform);
}

#[test]
fn one_device_is_found_or_positively_not() {
    let id = Untrusted::new("00E0FC-EG8145V5-4857%2D5443%20D4%2FE5");
    for (name, found) in [("92-", true), ("94-", false), ("97a-", true), ("20-", false)] {
        let server = Server::new(vec![Play::Bytes(recording(name))]);
        let device = genie(&server.origin, limits()).device(&id).unwrap();
        assert_eq!(device.map(|d| d.id), found.then(|| id.clone()), "{name}");
        let asked = &server.asked()[0];
        let query = "query=%7B%22_id%22%3A%2200E0FC-EG8145V5-4857%252D5443%2520D4%252FE5%22%7D";
        assert!(asked.starts_with("GET /devices?projection="), "{asked}");
        assert!(asked.contains(query), "{asked}");
    }
}

#[test]
fn recorded_refusals_are_errors() {
    for (name, said) in [
        ("80-", "405"),
        ("82-", "SyntaxError"),
        ("84-", "404"),
        ("85-", "404"),
        ("86-", "404"),
        ("D-in-400", "431"),
    ] {
        let server = Server::new(vec![Play::Bytes(recording(name))]);
        // One each: the recorded head promises a connection that the server does not keep.
        let acs = || genie(&server.origin, limits());
        let one = acs().device(&Untrusted::new("x")).unwrap_err();
        let all = acs().fetch(&|_| {}).unwrap_err();
        for error in [one, all] {
            assert_eq!(error.kind, FetchErrorKind::Unavailable, "{name}");
            assert!(error.what.contains(said) && !error.hints.is_empty(), "{error:?}");
        }
    }
}

#[test]
fn a_real_nbi_passes_its_checks() {
    let server = Server::by(|_, head| {
        let name = if head.starts_with("HEAD") { "14-" } else { "D-accept-gzip" };
        Play::Bytes(recording(name))
    });
    let checks = genie(&server.origin, limits()).probe();
    let verdicts: Vec<(&str, Verdict)> =
        checks.iter().map(|check| (check.id.as_str(), check.verdict)).collect();
    // The recording is 37 minutes older than the tests' clock.
    let expected = ["dns", "tcp", "tls", "http", "nbi", "list", "total", "clock", "open"]
        .map(|id| (id, if id == "clock" { Verdict::Warn } else { Verdict::Ok }));
    let expected: Vec<(String, Verdict)> =
        expected.iter().map(|(id, verdict)| (format!("acs-{id}"), *verdict)).collect();
    let expected: Vec<(&str, Verdict)> = expected.iter().map(|(id, v)| (id.as_str(), *v)).collect();
    assert_eq!(verdicts, expected);
    assert!(checks[6].text.contains("7 devices"), "{:?}", checks[6]);
}

#[test]
fn a_database_that_is_down_is_told_and_not_asked_again() {
    // As in G1: the request is taken, and long after the connection closed without an answer.
    let server = Server::new(vec![Play::Late(Duration::from_millis(300))]);
    let limits = Limits { retries: 3, silence: Duration::from_millis(100), ..limits() };
    let acs = genie(&server.origin, limits);
    for error in [acs.fetch(&|_| {}).unwrap_err(), acs.device(&Untrusted::new("x")).unwrap_err()] {
        assert_eq!(error.kind, FetchErrorKind::Unavailable);
        assert!(error.hints.iter().any(|hint| hint.contains("database")), "{error:?}");
    }
    assert_eq!(server.asked_for(), ["GET /devices", "GET /devices"]);
    assert_eq!(acs.traffic().retries, 0);
}
