//! What payloads mean, and who a sender is, as tables.
//!
//! Must not do: need a network or a store.

use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use std::collections::BTreeMap;

use crate::domain::{EventKind, Untrusted};
use crate::listen::gate::without_secret;
use crate::listen::mapping::{IDS, KEYS, KINDS, Mapping, Meaning, TIMES, fold};
use crate::listen::refusal::Refusal;

fn now() -> Timestamp {
    "2026-11-26T12:00:00Z".parse().unwrap()
}

fn mapping(kinds: &[(&str, &str)]) -> Mapping {
    let owned = |all: &[&str]| all.iter().map(|p| (*p).to_owned()).collect();
    let one = |(theirs, ours): &(&str, &str)| (fold(theirs), Meaning::of(ours).unwrap());
    Mapping {
        kind: owned(&KINDS),
        key: owned(&KEYS),
        time: owned(&TIMES),
        id: owned(&IDS),
        kinds: kinds.iter().map(one).collect::<BTreeMap<_, _>>(),
        read_time: |text, _| text.parse().ok(),
        zone: TimeZone::UTC,
    }
}

/// Kind and key of an entry's event; nothing where it is none.
fn told(mapping: &Mapping, body: &str) -> Option<(EventKind, Option<String>)> {
    let heard = mapping.read(body.as_bytes(), now()).unwrap();
    let event = heard.events.first()?;
    Some((event.kind, event.key.as_ref().map(|key| key.raw().to_owned())))
}

#[test]
fn only_what_names_its_device_and_its_kind_is_an_event() {
    use EventKind::{AcsSync, DeviceAdded, DeviceDeleted, MassExclusion};

    let shipped = mapping(&[]);
    let device = |kind, key: &str| Some((kind, Some(key.to_owned())));
    for (body, wanted) in [
        (r#"{"event":"device-deleted","serialNumber":"A1"}"#, device(DeviceDeleted, "A1")),
        (r#"{"type":"DeviceDeleted","device":{"serial":"A1"}}"#, device(DeviceDeleted, "A1")),
        (
            r#"{"action":"dispositivo excluído","data":{"mac":"00:25:9E:00:00:01"}}"#,
            device(DeviceDeleted, "00:25:9E:00:00:01"),
        ),
        (r#"{"event":"Dispositivo Adicionado","serial":"A1"}"#, device(DeviceAdded, "A1")),
        (r#"{"event":"device_added","id":77}"#, device(DeviceAdded, "77")),
        (r#"{"event":"mass-exclusion","serial":"A1"}"#, device(MassExclusion, "A1")),
        (r#"{"event":"acs-sync"}"#, Some((AcsSync, None))),
        // It names no device, no kind, or not for certain.
        (r#"{"event":"device-deleted"}"#, None),
        (r#"{"serialNumber":"A1"}"#, None),
        (r#"{"event":"deleted?","serialNumber":"A1"}"#, None),
        (r#"{"event":"device-deleted","serialNumber":["A1"]}"#, None),
        (r#"{"event":"device-deleted","serialNumber":"A1","success":false}"#, None),
        (r#"{"event":"device-deleted","serialNumber":"A1","status":"Falhou"}"#, None),
        // Asked for, acknowledged, failed further down; then done.
        (r#"{"event":"deleteDevice","serialNumber":"A1"}"#, None),
        (r#"{"event":"deleteDevice","serialNumber":"A1","status":"pending","uuid":"u"}"#, None),
        (r#"{"event":"device-deleted","serialNumber":"A1","success":"false"}"#, None),
        (r#"{"event":"device-deleted","data":{"serialNumber":"A1","status":"error"}}"#, None),
        (r#"{"event":"device-deleted","serialNumber":"A1","status":500}"#, None),
        (
            r#"{"event":"deleteDevice","serialNumber":"A1","status":"success","uuid":"u"}"#,
            device(DeviceDeleted, "A1"),
        ),
        (
            r#"{"event":"device-added","device":{"serial":"A1","status":"online"}}"#,
            device(DeviceAdded, "A1"),
        ),
        (
            r#"{"event":"device-deleted","device":{"serialNumber":"A1","status":false}}"#,
            device(DeviceDeleted, "A1"),
        ),
        // A time that nobody can read may be of last week.
        (r#"{"event":"device-deleted","serialNumber":"A1","time":"last tuesday"}"#, None),
    ] {
        assert_eq!(told(&shipped, body), wanted, "{body}");
    }
}

#[test]
fn words_of_the_isp_go_before_those_that_are_known() {
    let theirs = mapping(&[("CPE.removed", "device-deleted"), ("device-deleted", "ignored")]);
    let removed = r#"{"event":"cpe removed","serial":"A1"}"#;
    assert_eq!(told(&theirs, removed), Some((EventKind::DeviceDeleted, Some("A1".to_owned()))));
    let heard = theirs.read(br#"{"event":"device-deleted","serial":"A1"}"#, now()).unwrap();
    assert!(heard.events.is_empty() && heard.unmapped.is_empty(), "{heard:?}");
}

#[test]
fn an_unknown_kind_is_named_and_nothing_else_of_it_is_kept() {
    let heard = mapping(&[]).read(br#"{"event":"wifi-changed","psk":"x"}"#, now()).unwrap();
    assert_eq!(heard.unmapped, [Untrusted::new("wifi-changed")]);
    assert!(heard.events.is_empty());
}

#[test]
fn old_and_future_times_are_stale_and_a_body_without_one_is_not() {
    let (age, ahead) = (SignedDuration::from_hours(24), SignedDuration::from_mins(5));
    for (time, is_fresh) in [
        ("2026-11-26T11:59:00Z", true),
        ("2026-11-25T12:00:01Z", true),
        ("2026-11-25T11:59:00Z", false),
        ("2026-11-26T12:04:00Z", true),
        ("2026-11-26T12:06:00Z", false),
    ] {
        let body = format!(r#"[{{"time":"2026-11-26T11:59:59Z"}},{{"time":"{time}"}}]"#);
        let heard = mapping(&[]).read(body.as_bytes(), now()).unwrap();
        assert_eq!(heard.is_fresh(now(), age, ahead), is_fresh, "{time}");
        assert!(heard.is_unique);
    }
    let heard = mapping(&[]).read(br#"{"event":"acs-sync"}"#, now()).unwrap();
    assert!(heard.is_fresh(now(), age, ahead) && !heard.is_unique);
}

#[test]
fn a_time_is_read_where_any_of_them_can_be_and_an_id_of_the_device_is_no_deliverys() {
    let heard = |body: &str| mapping(&[]).read(body.as_bytes(), now()).unwrap();
    let old = "2015-01-01T00:00:00Z".parse().ok();
    for body in [
        r#"{"event":"acs-sync","time":"Thu, 01 Jan 2015 00:00:00 GMT"}"#,
        r#"{"event":"acs-sync","time":"?","timestamp":"2015-01-01T00:00:00Z"}"#,
    ] {
        assert_eq!(heard(body).oldest, old, "{body}");
        assert!(!heard(body).is_fresh(now(), SignedDuration::from_hours(24), SignedDuration::ZERO));
    }
    let body = r#"{"event":"device-added","serialNumber":"A1","id":77}"#;
    assert!(!heard(body).is_unique, "the same device comes and goes");
    assert!(heard(r#"{"event":"device-added","serialNumber":"A1","eventId":77}"#).is_unique);
}

#[test]
fn what_is_no_list_of_objects_is_refused() {
    let deep = "[".repeat(100_000);
    for body in ["", "7", "[]", "[1]", "{", "null", &deep] {
        let read = mapping(&[]).read(body.as_bytes(), now());
        assert_eq!(read.unwrap_err(), Refusal::NotJson, "{}", &body[..body.len().min(9)]);
    }
}

#[test]
fn a_query_loses_our_secret_alone() {
    for (query, left) in [
        ("secret=x", ""),
        ("a=1&secret=x&b=%20", "a=1&b=%20"),
        ("s%65cret=x&a=1", "a=1"),
        ("secrets=x", "secrets=x"),
        ("", ""),
    ] {
        assert_eq!(without_secret(query), left, "{query}");
    }
}
