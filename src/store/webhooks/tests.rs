//! What the receiver keeps, by itself: no network, no threads.
//!
//! Must not do: rely on the machine's clock.

use super::*;
use crate::domain::EventKind;
use crate::store::{StoreOptions, admin};

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_795_000_000 + seconds).unwrap()
}

fn store(dir: &std::path::Path) -> Store {
    Store::open(dir, &StoreOptions::default()).unwrap()
}

fn delivery(n: u8, until: i64) -> Delivery {
    let key = Some(Untrusted::new(&format!("HWTC0000000{n}")));
    Delivery {
        digest: [n; 32],
        known_until: at(until),
        events: vec![Event { time: at(0), kind: EventKind::DeviceDeleted, key, note: None }],
        unmapped: Vec::new(),
        parcel: None,
    }
}

fn with_parcel(n: u8, seconds: i64) -> Delivery {
    let parcel = Parcel {
        received: at(seconds),
        content_type: Some("application/json".to_owned()),
        query: "a=1".to_owned(),
        body: format!("{{\"n\":{n},\"document\":\"123.456.789-00\"}}").into_bytes(),
    };
    Delivery { parcel: Some(parcel), ..delivery(n, 999_999) }
}

#[test]
fn a_delivery_is_taken_once_while_it_is_known() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let take = |all: &[Delivery], now| store.receive(all, None, at(now), 9).unwrap().taken;
    let (a, b) = (delivery(1, 600), delivery(2, 600));
    assert_eq!(
        take(&[a.clone(), b.clone(), a.clone()], 0),
        [Taken::Accepted, Taken::Accepted, Taken::Replayed]
    );
    assert_eq!(take(std::slice::from_ref(&a), 600), [Taken::Replayed]);
    assert_eq!(take(std::slice::from_ref(&a), 601), [Taken::Accepted], "it was not known any more");
    assert_eq!(store.events().unwrap().events.len(), 2, "the same event changes nothing");
    assert_eq!(take(&[delivery(3, 900)], 601), [Taken::Accepted]);
    store.forget_replays(at(602)).unwrap();
    let left = store.journal.read(|j| j.rows(REPLAYS)).unwrap();
    assert_eq!(left, 1, "the one that could still be accepted");
}

#[test]
fn coverage_goes_on_and_a_gap_is_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    for watched in [(0, 0), (0, 60), (0, 120), (300, 300), (300, 360)] {
        let watched = Some((at(watched.0), at(watched.1)));
        store.receive(&[], watched, at(0), 9).unwrap();
    }
    let found: Vec<_> =
        store.events().unwrap().coverage.iter().map(|c| (c.kind, c.from, c.to)).collect();
    let kind = CoverageKind::Listening;
    assert_eq!(found, [(kind, at(0), at(120)), (kind, at(300), at(360))]);
    assert_eq!(store.listened_until().unwrap(), Some(at(360)));
}

#[test]
fn parcels_wait_in_order_sealed_and_leave_no_trace() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let all: Vec<Delivery> = (1..=3).map(|n| with_parcel(n, n.into())).collect();
    store.receive(&all, None, at(9), 9).unwrap();
    let state = store.queue_state().unwrap();
    assert_eq!(state, QueueState { waiting: 3, oldest: Some(at(1)) });
    for n in 1..=3_u8 {
        let first = store.first_parcel().unwrap().unwrap();
        assert_eq!(first.parcel.as_ref(), with_parcel(n, n.into()).parcel.as_ref());
        store.settle_parcel(first.number, Fate::Delivered, at(9)).unwrap();
    }
    assert_eq!(store.first_parcel().unwrap(), None);
    assert_eq!(store.webhook_tallies().unwrap(), Tallies::default());
    for entry in std::fs::read_dir(dir.path()).unwrap() {
        let bytes = std::fs::read(entry.unwrap().path()).unwrap();
        assert!(!bytes.windows(11).any(|w| w == b"123.456.789"));
    }
}

#[test]
fn what_is_not_passed_on_is_counted() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let all: Vec<Delivery> = (1..=5).map(|n| with_parcel(n, n.into())).collect();
    assert_eq!(store.receive(&all, None, at(9), 4).unwrap().dropped, 1);
    assert_eq!(store.first_parcel().unwrap().unwrap().received, at(2), "the oldest went");
    assert_eq!(store.drop_late_parcels(SignedDuration::from_secs(6), at(9)).unwrap(), 1);
    let first = store.first_parcel().unwrap().unwrap().number;
    store.settle_parcel(first, Fate::Refused, at(10)).unwrap();
    store.settle_parcel(first, Fate::Refused, at(11)).unwrap();
    let told = store.webhook_tallies().unwrap();
    assert_eq!((told.dropped.unwrap().n, told.refused.unwrap().n), (2, 1));
    assert_eq!(store.queue_state().unwrap().waiting, 2);
}

#[test]
fn words_of_kinds_are_kept_masked_and_only_so_many() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let word = |n: u32| match n {
        0 => Untrusted::new("reset of 123.456.789-00"),
        n => Untrusted::new(&format!("kind{n}{}", "x".repeat(100))),
    };
    let unmapped = (0..150).map(word).chain([word(0)]).collect();
    let all = [Delivery { unmapped, ..delivery(1, 9) }];
    store.receive(&all, None, at(0), 9).unwrap();
    let told = store.webhook_tallies().unwrap().unmapped;
    assert!(told.len() <= 101, "{}", told.len());
    assert_eq!(told.iter().map(|(_, t)| t.n).sum::<u64>(), 151);
    assert!(told.iter().all(|(w, _)| w.raw().chars().count() <= WORD_MOST));
    assert!(!format!("{told:?}").contains("123.456.789-00"));
    assert!(told.iter().any(|(_, t)| t.n == 2));
}

/// As `tallies` has it.
const WORD_MOST: usize = 64;

#[test]
fn a_check_reads_it_a_backup_holds_it_and_a_lost_key_is_seen() {
    let (dir, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let options = StoreOptions::default();
    let store = store(dir.path());
    store.receive(&[with_parcel(1, 1)], None, at(9), 4).unwrap();
    let (backup, restored) = (other.path().join("b"), other.path().join("store"));
    admin::backup(dir.path(), &backup, &options, false).unwrap();
    admin::restore(&backup, &restored, &options, false).unwrap();
    let again = Store::open(&restored, &options).unwrap();
    let again =
        again.receive(&[with_parcel(1, 1)], None, at(9), 4).map(|t| (t, again.first_parcel()));
    let (taken, first) = again.unwrap();
    assert_eq!(taken.taken, [Taken::Replayed]);
    assert_eq!(first.unwrap().unwrap().parcel, None, "the key is in no backup");
    let problems = || admin::check(dir.path(), &options).unwrap().unwrap().problems;
    assert_eq!(problems(), [""; 0]);
    store.journal.write(|journal| journal.put(REPLAYS, b"X", b"no time")).unwrap();
    assert_eq!(problems().len(), 1, "{:?}", problems());
}

#[test]
fn one_receiver_a_store() {
    let dir = tempfile::tempdir().unwrap();
    let store = store(dir.path());
    let lock = store.lock_for_listening().unwrap();
    assert!(lock.is_some());
    assert!(store.lock_for_listening().unwrap().is_none());
    assert_eq!(store.listener().map(|h| h.pid), Some(std::process::id()));
    assert!(store.lock_for_apply().unwrap().is_some(), "an apply has another");
    drop(lock);
    assert!(store.lock_for_listening().unwrap().is_some());
}
