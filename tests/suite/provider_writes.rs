//! Writes to IXC Provedor against the lab: what the reply says, what is there afterwards, and
//! that whatever else changed is noticed.
//!
//! Must not do: look into the lab's world; what it received is asked for.

use std::collections::BTreeMap;
use std::thread::sleep;
use std::time::{Duration, Instant};

use acerto::domain::{Cell, ProviderChange, ProviderRecord, RecordKey, Untrusted};
use acerto::http::{Limits, Settings};
use acerto::ports::{Effect, Outcome, Provider as _, Seen, Sought, Writer as _};
use acerto::provider::ixc::{
    Auth, Credential, DeviceSource, IxcProvedor, IxcProvedorSettings, Paging, Update, UpdateMode,
};
use jiff::tz::TimeZone;
use secrecy::SecretString;

use crate::lab_process::Lab;

fn adapter(lab: &Lab) -> IxcProvedor {
    let text = lab.configuration();
    let quoted = |key: &str| {
        let at = text.rfind(&format!("{key} = \"")).unwrap() + key.len() + 4;
        text[at..].split_once('"').unwrap().0.to_owned()
    };
    let secret = std::fs::read_to_string(quoted("client_secret_file")).unwrap();
    let limits = Limits {
        request: Duration::from_secs(3),
        retries: 0,
        breaker_open: Duration::ZERO,
        ..Limits::default()
    };
    let origin = format!("http://127.0.0.1:{}", lab.port);
    IxcProvedor::new(IxcProvedorSettings {
        http: Settings { origin, ca_pem: None, limits },
        credential: Credential {
            client_id: Some(quoted("client_id")),
            secret: SecretString::from(secret.trim_end()),
        },
        auth: Auth::BasicToken,
        device_source: DeviceSource::Both,
        paging: Paging::Keyset,
        page_size: None,
        fields: BTreeMap::new(),
        update: Update::All(UpdateMode::Full),
        server_columns: Vec::new(),
        synchronise_path: Some("/webservice/v1/sincronizar".to_owned()),
        timezone: TimeZone::get("America/Sao_Paulo").unwrap(),
        now: "2026-11-23T14:00:00Z".parse().unwrap(),
    })
    .unwrap()
}

/// Linked device entries that are ONU rows.
fn linked(adapter: &IxcProvedor) -> Vec<ProviderRecord> {
    let fetched = adapter.fetch(&|_| {}).unwrap();
    let is_onu = |r: &&ProviderRecord| {
        let id = r.device_id.as_ref().map(Untrusted::raw);
        r.is_counted() && id.is_some_and(|id| !id.starts_with("login-"))
    };
    fetched.records().iter().filter(is_onu).cloned().collect()
}

/// How a change of one row went: by the reply, and by a look afterwards.
fn applied(
    adapter: &IxcProvedor,
    change: &ProviderChange,
    fault: impl FnOnce(),
) -> (Outcome, Effect) {
    let proposals = adapter.propose(change, &ProviderRecord::default()).unwrap();
    let ours: Vec<&str> = proposals[0].call.body.iter().map(|(name, _)| name.as_str()).collect();
    let seen = adapter.look(change).unwrap();
    let Seen::There(image) = &seen else { panic!("{change:?}: it is missing") };
    assert_eq!(adapter.judge(change, None, &seen), Effect::NotDone, "{change:?}");
    let before = image.before(&ours);
    fault();
    let answer = adapter.send(change, &seen);
    assert!(!answer.what.contains("CANARY"), "{}", answer.what);
    let mut effect = Effect::NotDone;
    let until = Instant::now() + Duration::from_secs(10);
    // What is done late is done within a moment; what is not done stays so.
    let patient = answer.outcome == Outcome::Unknown && answer.status.is_none();
    while effect == Effect::NotDone && (Instant::now() < until || !patient) {
        effect = adapter.judge(change, Some(&before), &adapter.look(change).unwrap());
        if !patient {
            break;
        }
        sleep(Duration::from_millis(50));
    }
    (answer.outcome, effect)
}

#[test]
fn every_fault_of_a_put_is_told_for_what_it_is_and_nothing_is_sent_twice() {
    use Outcome::{Done, Refused, RefusedForNow, Unknown};
    let lab = Lab::start(150);
    let adapter = adapter(&lab);
    let entries = linked(&adapter);
    let cases = [
        ("", Done, Some(true)),
        ("502-html", Unknown, Some(true)),
        ("500", Unknown, Some(false)),
        ("503-storm", Unknown, Some(false)),
        ("429", RefusedForNow, Some(false)),
        ("401", Refused, Some(false)),
        ("403", Refused, Some(false)),
        ("302", Unknown, Some(false)),
        ("error-200", Refused, Some(false)),
        ("html-200", Unknown, Some(false)),
        ("deep-json", Unknown, Some(false)),
        ("rst-before-reply", Unknown, Some(true)),
        ("truncated", Unknown, Some(true)),
        ("half-open", Unknown, Some(true)),
        ("late-effect", Unknown, Some(true)),
        ("hidden-column", Done, None),
        ("changed-meanwhile", Done, None),
        ("changed-after", Done, None),
    ];
    for (n, (fault, outcome, is_done)) in cases.into_iter().enumerate() {
        let row = RecordKey::Entry(entries[n].device_id.clone().unwrap());
        let cells = vec![(Cell::Serial, Untrusted::new(&format!("ZTEGAA0000{n:02}")))];
        let change = ProviderChange::Set { row, cells, held_only: false };
        let set = || {
            if !fault.is_empty() {
                lab.fault(fault, "provider", 1);
            }
        };
        let (told, effect) = applied(&adapter, &change, set);
        assert_eq!(told, outcome, "{fault}");
        match is_done {
            Some(true) => assert_eq!(effect, Effect::Done, "{fault}"),
            Some(false) => assert_eq!(effect, Effect::NotDone, "{fault}"),
            None => {
                let Effect::Differs(what) = effect else { panic!("{fault}: {effect:?}") };
                let column = if fault == "hidden-column" { "`chave_olt`" } else { "`endereco`" };
                assert!(what.contains(column), "{fault}: {what}");
            }
        }
    }
    let writes = lab.get("/_lab/writes");
    let writes = writes.as_array().unwrap();
    assert_eq!(writes.len(), cases.len(), "one request each");
    assert!(writes.iter().all(|write| write["method"] == "PUT"));
}

#[test]
fn a_swapped_box_is_replaced_step_by_step() {
    let lab = Lab::start(150);
    let adapter = adapter(&lab);
    let entry = linked(&adapter).into_iter().find(|r| r.mac.is_some()).unwrap();
    let (login_id, id) = (entry.login_id.clone().unwrap(), entry.device_id.clone().unwrap());
    let new = Untrusted::new("ZTEGAA00000A");
    let serial = |row, held_only| ProviderChange::Set {
        row,
        cells: vec![(Cell::Serial, new.clone())],
        held_only,
    };
    let steps = [
        serial(RecordKey::Entry(id.clone()), false),
        serial(RecordKey::Login(login_id.clone()), false),
        ProviderChange::ClearMac { login_id: login_id.clone() },
        ProviderChange::EndSession { login_id },
    ];
    for step in &steps {
        assert_eq!(applied(&adapter, step, || {}), (Outcome::Done, Effect::Done), "{step:?}");
    }
    let now = adapter.record(&RecordKey::Entry(id.clone())).unwrap().unwrap();
    assert_eq!((now.serial.as_ref(), now.mac.as_ref()), (Some(&new), None));
    assert_eq!((now.online, &now.login, &now.plan), (Some(false), &entry.login, &entry.plan));
    let found = adapter.holding(&Sought { serials: vec![new], ..Sought::default() }).unwrap();
    let found: Vec<_> = found.iter().filter_map(|record| record.device_id.clone()).collect();
    assert_eq!(found, [id]);
    let old = Sought { serials: vec![entry.serial.unwrap()], ..Sought::default() };
    assert!(adapter.holding(&old).unwrap().is_empty());
}
