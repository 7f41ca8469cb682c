//! Deleting devices and synchronising at the lab's two ACSs, through every reply that lies: what
//! was sent is sent once, and what is said of it is what the lab did.
//!
//! Must not do: look into the lab's world; it is asked over its port.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use acerto::acs::genieacs::{GenieAcs, GenieSettings, SpeedTests};
use acerto::acs::ixc::{Call, Calls, IxcAcs, IxcAcsSettings, Login};
use acerto::domain::{AcsChange, AcsDevice, Untrusted};
use acerto::http::{Limits, Method, Settings};
use acerto::ports::{Acs, Answer, Before, Effect, Outcome, Seen, Sought, Writer};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::SecretString;
use serde_json::{Value, json};

use crate::lab_process::Lab;

type AcsWriter = dyn Writer<Change = AcsChange, Record = AcsDevice>;

/// A side of the lab's configuration.
fn side(lab: &Lab, profile: &str) -> toml::Value {
    let all: toml::Value = toml::from_str(&lab.configuration()).unwrap();
    all["profiles"][profile]["acs"].clone()
}

fn http(lab: &Lab) -> Settings {
    let limits = Limits {
        retry_least: Duration::from_millis(1),
        retry_most: Duration::from_millis(4),
        breaker_open: Duration::ZERO,
        ..Limits::default()
    };
    Settings { origin: format!("http://127.0.0.1:{}", lab.port), ca_pem: None, limits }
}

fn genieacs(lab: &Lab) -> GenieAcs {
    let now = Timestamp::now();
    GenieAcs::new(GenieSettings {
        http: http(lab),
        login: None,
        fields: BTreeMap::new(),
        speed_tests: SpeedTests::default(),
        now,
    })
    .unwrap()
}

/// By the calls that the lab's configuration names.
fn ixc(lab: &Lab) -> IxcAcs {
    let side = side(lab, "lab");
    let text = |name: &str| side[name].as_str().unwrap().to_owned();
    let call = |name: &str| {
        let call = &side["calls"][name];
        let method = match call["method"].as_str().unwrap() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "DELETE" => Method::Delete,
            other => panic!("{other}"),
        };
        let listed = call.get("success").and_then(toml::Value::as_array).into_iter().flatten();
        let success =
            listed.map(|status| u16::try_from(status.as_integer().unwrap()).unwrap()).collect();
        let path = call["path"].as_str().unwrap().to_owned();
        Some(Call { method, path, body: None, success })
    };
    let secret = std::fs::read_to_string(text("client_secret_file")).unwrap();
    let login = Login::Oauth { client_id: text("client_id"), secret: SecretString::from(secret) };
    IxcAcs::new(IxcAcsSettings {
        http: http(lab),
        login,
        token_path: None,
        devices_path: None,
        page_size: None,
        status_means: None,
        fields: BTreeMap::new(),
        calls: Calls {
            state: call("state"),
            delete: call("delete"),
            send: call("send"),
            synchronise: call("synchronise"),
            ..Calls::default()
        },
        known: Vec::new(),
        gone: Vec::new(),
        timezone: TimeZone::UTC,
        now: Timestamp::now(),
    })
    .unwrap()
}

fn devices(acs: &dyn Acs) -> Vec<AcsDevice> {
    acs.fetch(&|_| {}).unwrap().records().to_vec()
}

fn count(lab: &Lab) -> u64 {
    lab.get("/_lab/state")["counts"]["acs"].as_u64().unwrap()
}

/// What the lab received, by what became of it.
fn writes(lab: &Lab) -> Vec<(String, String)> {
    let all = lab.get("/_lab/writes");
    let text = |write: &Value, name: &str| write[name].as_str().unwrap().to_owned();
    let all = all.as_array().unwrap().iter();
    all.map(|write| (text(write, "key"), text(write, "outcome"))).collect()
}

fn delete(device: &AcsDevice) -> AcsChange {
    AcsChange::Delete { id: device.id.clone() }
}

fn before(writer: &AcsWriter, change: &AcsChange, seen: &Seen) -> Before {
    match seen {
        Seen::There(image) => image.before(writer.remembers(change)),
        Seen::Missing => panic!("there is no such device"),
    }
}

/// Sends a change as it is proposed, over what is there now.
fn sent(writer: &AcsWriter, change: &AcsChange) -> (Before, Answer) {
    let proposals = writer.propose(change, &AcsDevice::default()).unwrap();
    assert_eq!((proposals.len(), &proposals[0].change), (1, change));
    let seen = writer.look(change).unwrap();
    let before = before(writer, change, &seen);
    (before, writer.send(change, &seen))
}

fn effect(writer: &AcsWriter, change: &AcsChange, before: &Before) -> Effect {
    writer.judge(change, Some(before), &writer.look(change).unwrap())
}

/// Waits for what the lab does later. Where that comes between two questions of one look, the ACS
/// knows the device and does not list it, which is no answer: it is looked at again.
fn until_done(writer: &AcsWriter, change: &AcsChange, before: &Before) {
    let given_up = Instant::now() + Duration::from_secs(30);
    let is_done = |seen: Seen| writer.judge(change, Some(before), &seen) == Effect::Done;
    while !writer.look(change).is_ok_and(is_done) {
        assert!(Instant::now() < given_up, "never done");
        sleep(Duration::from_millis(20));
    }
}

/// Both of the lab's ACSs, each at a lab of its own.
fn each(test: impl Fn(&Lab, &dyn Acs, &AcsWriter)) {
    let lab = Lab::start(80);
    let acs = genieacs(&lab);
    test(&lab, &acs, &acs);
    let lab = Lab::start(80);
    let acs = ixc(&lab);
    test(&lab, &acs, &acs);
}

#[test]
fn a_device_is_deleted_by_one_request_and_is_gone() {
    each(|lab, acs, writer| {
        let (devices, there) = (devices(acs), count(lab));
        let change = delete(&devices[3]);
        let (before, answer) = sent(writer, &change);
        assert_eq!(answer.outcome, Outcome::Done, "{answer:?}");
        assert_eq!(effect(writer, &change, &before), Effect::Done);
        assert_eq!(count(lab), there - 1);
        let key = devices[3].id.raw().to_owned();
        assert_eq!(writes(lab), [(key, "done".to_owned())]);
        assert_eq!(acs.device(&devices[3].id).unwrap(), None);
        assert!(acs.device(&devices[4].id).unwrap().is_some());
    });
}

#[test]
fn one_that_calls_home_again_was_deleted_and_is_back() {
    each(|lab, acs, writer| {
        let device = devices(acs).swap_remove(5);
        let change = delete(&device);
        let (before, _) = sent(writer, &change);
        lab.post("/_lab/advance", &json!({"hours": 0.1}));
        let serial = device.serial.unwrap();
        lab.post("/_lab/event", &json!({"kind": "return", "key": serial.raw()}));
        let seen = writer.look(&change).unwrap();
        assert!(matches!(seen, Seen::There(_)), "{seen:?}");
        assert_eq!(writer.judge(&change, Some(&before), &seen), Effect::Done);
        assert_eq!(writer.judge(&change, None, &seen), Effect::NotDone, "and may be deleted anew");
    });
}

/// Fault, what is said of the sending, is it done, what the lab noted.
const REPLIES: [(&str, Outcome, bool, &str); 8] = [
    ("half-open", Outcome::Unknown, true, "lost-reply"),
    ("rst-before-reply", Outcome::Unknown, true, "lost-reply"),
    ("502-html", Outcome::Unknown, true, "lost-reply"),
    ("html-200", Outcome::Unknown, false, "refused"),
    ("500", Outcome::Unknown, false, "refused"),
    ("503-storm", Outcome::Unknown, false, "refused"),
    ("429", Outcome::RefusedForNow, false, "refused"),
    ("403", Outcome::Refused, false, "refused"),
];

#[test]
fn no_reply_makes_it_sent_twice_or_is_taken_for_what_it_is_not() {
    each(|lab, acs, writer| {
        let devices = devices(acs);
        for (device, (fault, outcome, is_done, noted)) in devices.iter().zip(REPLIES) {
            let already = writes(lab).len();
            let change = delete(device);
            let seen = writer.look(&change).unwrap();
            let before = before(writer, &change, &seen);
            lab.post("/_lab/fault", &json!({"name": fault, "side": "acs", "ms": 100}));
            let answer = writer.send(&change, &seen);
            assert_eq!(answer.outcome, outcome, "{fault}: {answer:?}");
            let wanted = if is_done { Effect::Done } else { Effect::NotDone };
            assert_eq!(effect(writer, &change, &before), wanted, "{fault}");
            let noted = (device.id.raw().to_owned(), noted.to_owned());
            assert_eq!(writes(lab)[already..], [noted], "{fault}");
        }
    });
}

#[test]
fn a_device_in_a_session_is_refused_for_now_and_deleted_later() {
    each(|lab, acs, writer| {
        let change = delete(&devices(acs)[2]);
        lab.fault("in-session", "acs", 1);
        let (before, answer) = sent(writer, &change);
        assert_eq!(answer.outcome, Outcome::RefusedForNow, "{answer:?}");
        assert!(answer.what.contains("session"), "{}", answer.what);
        assert_eq!(effect(writer, &change, &before), Effect::NotDone);
        lab.post("/_lab/advance", &json!({"hours": 0.02}));
        let (_, answer) = sent(writer, &change);
        assert_eq!(answer.outcome, Outcome::Done, "{answer:?}");
        assert_eq!(effect(writer, &change, &before), Effect::Done);
        let outcomes: Vec<String> = writes(lab).into_iter().map(|(_, outcome)| outcome).collect();
        assert_eq!(outcomes, ["refused", "done"]);
    });
}

/// As SAFETY.md section 1 has it: of the writes that nobody answers, each is done a little later.
#[test]
fn of_many_deletions_with_late_effects_none_is_lost_or_doubled() {
    each(|lab, acs, writer| {
        let (devices, there) = (devices(acs), count(lab));
        lab.post(
            "/_lab/fault",
            &json!({"name": "late-effect", "side": "acs", "percent": 15, "times": 0, "ms": 60}),
        );
        let mut late = 0;
        for device in devices.iter().take(40) {
            let change = delete(device);
            let (before, answer) = sent(writer, &change);
            match answer.outcome {
                Outcome::Done => assert_eq!(effect(writer, &change, &before), Effect::Done),
                Outcome::Unknown => {
                    late += 1;
                    until_done(writer, &change, &before);
                }
                other => panic!("{other:?}: {answer:?}"),
            }
        }
        assert_eq!(count(lab), there - 40);
        let writes = writes(lab);
        assert_eq!(writes.len(), 40);
        let noted = writes.iter().filter(|(_, outcome)| outcome == "late").count();
        assert_eq!(noted, late);
        assert!((1..=20).contains(&late), "15 % of 40, not {late}");
    });
}

#[test]
fn a_device_is_found_by_its_serial_and_its_login_until_it_is_deleted() {
    each(|_, acs, writer| {
        let devices = devices(acs);
        let all = devices.iter().filter(|d| d.serial.is_some() && d.pppoe_login.is_some());
        for device in all.take(12) {
            let serials =
                Sought { serials: device.serial.iter().cloned().collect(), ..Sought::default() };
            let logins = Sought {
                logins: device.pppoe_login.iter().cloned().collect(),
                ..Sought::default()
            };
            let ids = |sought: &Sought| -> Vec<Untrusted> {
                acs.holding(sought).unwrap().into_iter().map(|device| device.id).collect()
            };
            assert!(ids(&serials).contains(&device.id), "{serials:?}");
            assert!(ids(&logins).contains(&device.id), "{logins:?}");
            sent(writer, &delete(device));
            assert!(!ids(&serials).contains(&device.id), "{serials:?}");
            assert!(!ids(&logins).contains(&device.id), "{logins:?}");
        }
    });
}

fn with_mac(devices: &[AcsDevice]) -> impl Iterator<Item = &AcsDevice> {
    devices.iter().filter(|device| !device.macs.is_empty())
}

#[test]
fn genieacs_finds_a_device_by_its_mac_alone() {
    let lab = Lab::start(80);
    let acs = genieacs(&lab);
    let devices = devices(&acs);
    assert!(with_mac(&devices).count() > 10);
    for device in with_mac(&devices).take(12) {
        let mac = acerto::domain::identity::mac(device.macs[0].raw()).unwrap();
        let macs = vec![Untrusted::new(&mac.to_string())];
        let found = acs.holding(&Sought { macs, ..Sought::default() }).unwrap();
        assert!(found.iter().any(|one| one.id == device.id), "{mac}");
    }
}

#[test]
fn the_acs_is_made_to_synchronise_and_to_send_a_device() {
    let lab = Lab::start(80);
    let acs = ixc(&lab);
    lab.post("/_lab/advance", &json!({"hours": 0.5}));
    let (before, answer) = sent(&acs, &AcsChange::Synchronise);
    assert_eq!((answer.outcome, answer.status), (Outcome::Done, Some(202)), "{answer:?}");
    assert_eq!(effect(&acs, &AcsChange::Synchronise, &before), Effect::Done);
    let id = devices(&acs)[0].id.clone();
    let send = AcsChange::Send { id: id.clone() };
    let (before, answer) = sent(&acs, &send);
    assert_eq!((answer.outcome, answer.status), (Outcome::Done, Some(202)), "{answer:?}");
    assert_eq!(effect(&acs, &send, &before), Effect::Untold);
    let done = |key: &str| (key.to_owned(), "done".to_owned());
    assert_eq!(writes(&lab), [done("integration/synchronize"), done(id.raw())]);
}

#[test]
fn a_call_that_is_none_is_a_fault_of_the_configuration() {
    let lab = Lab::start(60);
    let good = lab.configuration();
    let delete = "delete = { method = \"DELETE\", path = \"/api/v2/devices/{serial}\" }";
    assert!(good.contains(delete));
    for (call, names) in [
        ("delete = { method = \"DELETE\", path = \"/api/v2/devices\" }", "{serial}"),
        (
            "delete = { method = \"POST\", path = \"/x/{serial}\", body = { at = 2026-11-24 } }",
            "a date",
        ),
    ] {
        lab.configure(&good.replace(delete, call));
        let answer = lab.reconcile("lab");
        assert_eq!(answer.exit, Some(2), "{call}: {}", answer.said());
        assert!(answer.stderr.contains("calls.delete"), "{}", answer.stderr);
        assert!(answer.stderr.contains(names), "{}", answer.stderr);
    }
    let body = "delete = { method = \"POST\", path = \"/x\", body = { sn = \"{serial}\" } }";
    lab.configure(&good.replace(delete, body));
    assert_eq!(lab.reconcile("lab").exit, Some(3));
}
