//! Speed tests: who started which, what came of it, and whether another may be started.
//!
//! A test fills a customer's line, so starts are counted here, in the same transaction that
//! writes one down: two processes can't both be the first.
//! Must not do: know how a test is made, or keep more than [`PER_DEVICE_MAX`] of a device.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{Measure, Untrusted, Ways};
use crate::store::Store;
use crate::store::codec::speed_test::SpeedTestLine;
use crate::store::codec::{from_json, to_json};
use crate::store::error::StoreError;
use crate::store::marks::time_key;
use crate::store::rows::{Edit, Order, Rows};
use crate::store::tables::SPEED_TESTS;

/// Tests of one device that are kept; the oldest go first.
const PER_DEVICE_MAX: usize = 200;

/// What starts are counted over.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// A speed test of a device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SpeedTest {
    /// Its id.
    pub id: String,
    /// The device's id in the ACS.
    pub device: Untrusted,
    /// When it was asked for; of one that was not started here, when it was first seen.
    pub at: Timestamp,
    /// When the ACS took the order, by its own clock.
    pub asked: Option<Timestamp>,
    /// Who asked for it; `None`: it was not started here.
    pub by: Option<String>,
    /// How far it is.
    pub state: SpeedState,
    /// Why it has no result: the name of a refusal, which holds no word of a person.
    pub why: Option<String>,
    /// What was measured.
    pub measured: Ways<Option<Measure>>,
    /// The device's last ends when it was asked for: only a newer one is of this test.
    pub before: Ways<Option<Timestamp>>,
}

/// How far a speed test is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SpeedState {
    /// It was asked for.
    Asked,
    /// It has a result.
    Done,
    /// It ended without one.
    Failed,
    /// Nobody waited for it any longer; a result may still come.
    Left,
}

impl SpeedState {
    const ALL: [(Self, &'static str); 4] = [
        (Self::Asked, "asked"),
        (Self::Done, "done"),
        (Self::Failed, "failed"),
        (Self::Left, "left"),
    ];

    /// Its name in JSON and in the store.
    #[must_use]
    pub fn wire(self) -> &'static str {
        Self::ALL.iter().find(|(state, _)| *state == self).map_or("", |(_, name)| name)
    }

    /// The state of a name.
    #[must_use]
    pub fn from_wire(name: &str) -> Option<Self> {
        Self::ALL.iter().find(|(_, n)| *n == name).map(|(state, _)| *state)
    }

    /// May a result still come?
    #[must_use]
    pub fn is_open(self) -> bool {
        matches!(self, Self::Asked | Self::Left)
    }
}

/// How often tests may be started.
#[derive(Clone, Copy, Debug)]
pub struct SpeedLimits {
    /// Least time between two of one device.
    pub gap: SignedDuration,
    /// Most in 24 hours, of all devices.
    pub per_day: u32,
}

/// Why another test is not started.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Barred {
    /// One of the same device was started a moment ago.
    TooSoon(Timestamp),
    /// So many were started in 24 hours.
    TooMany(u64),
}

impl Store {
    /// Writes a start down, unless one of the limits bars it. Of several processes that start a
    /// test of one device at once, one is let through.
    ///
    /// # Errors
    /// Where the journal can't be used.
    pub fn begin_speed_test(
        &self,
        test: &SpeedTest,
        limits: SpeedLimits,
    ) -> Result<Result<(), Barred>, StoreError> {
        self.journal.write(|journal| {
            if let Some(barred) = barred(journal, test, limits)? {
                return Ok(Err(barred));
            }
            put(journal, test).map(Ok)
        })
    }

    /// Would a start of a device's test at a time be barred now?
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn speed_test_barred(
        &self,
        test: &SpeedTest,
        limits: SpeedLimits,
    ) -> Result<Option<Barred>, StoreError> {
        self.journal.read(|journal| barred(journal, test, limits))
    }

    /// Keeps how far a test is, in the place of what was kept of it before.
    ///
    /// # Errors
    /// Where the journal can't be written.
    pub fn put_speed_test(&self, test: &SpeedTest) -> Result<(), StoreError> {
        self.journal.write(|journal| put(journal, test))
    }

    /// Forgets a test that surely was not started.
    ///
    /// # Errors
    /// Where the journal can't be written.
    pub fn remove_speed_test(&self, test: &SpeedTest) -> Result<(), StoreError> {
        self.journal.write(|journal| journal.remove(SPEED_TESTS, [key(test)]).map(drop))
    }

    /// The tests of a device, newest first.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn speed_tests(&self, device: &Untrusted) -> Result<Vec<SpeedTest>, StoreError> {
        self.journal.read(|journal| {
            let mut all = Vec::new();
            journal.walk(SPEED_TESTS, &prefix(device), Order::Down, &mut |_, body| {
                all.push(from_json::<SpeedTestLine>(body)?.test()?);
                Ok(true)
            })?;
            Ok(all)
        })
    }
}

/// A start of a later time than now was written by a clock that was wrong: it counts, too.
fn barred(
    rows: &impl Rows,
    test: &SpeedTest,
    limits: SpeedLimits,
) -> Result<Option<Barred>, StoreError> {
    let since = |span| test.at.checked_sub(span).unwrap_or(Timestamp::MIN);
    let (soon, day) = (since(limits.gap), since(DAY));
    let (mut last, mut started) = (None, 0_u64);
    rows.walk(SPEED_TESTS, &[], Order::Up, &mut |_, body| {
        let other = from_json::<SpeedTestLine>(body)?.test()?;
        if other.by.is_none() {
            return Ok(true);
        }
        started += u64::from(other.at > day);
        if other.device == test.device && other.at > soon {
            last = last.max(Some(other.at));
        }
        Ok(true)
    })?;
    if let Some(at) = last {
        return Ok(Some(Barred::TooSoon(at)));
    }
    Ok((started >= u64::from(limits.per_day)).then_some(Barred::TooMany(started)))
}

fn put(journal: &Edit, test: &SpeedTest) -> Result<(), StoreError> {
    let line = journal.believe(to_json(&SpeedTestLine::of(test)))?;
    journal.put(SPEED_TESTS, &key(test), &line)?;
    let mut keys = Vec::new();
    journal.walk(SPEED_TESTS, &prefix(&test.device), Order::Down, &mut |key, _| {
        keys.push(key.to_vec());
        Ok(true)
    })?;
    journal.remove(SPEED_TESTS, keys.into_iter().skip(PER_DEVICE_MAX)).map(drop)
}

/// The id's length goes first, so that no id is the beginning of another.
fn prefix(device: &Untrusted) -> Vec<u8> {
    let id = device.raw().as_bytes();
    let length = u32::try_from(id.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), id].concat()
}

fn key(test: &SpeedTest) -> Vec<u8> {
    [&prefix(&test.device)[..], &time_key(test.at), test.id.as_bytes()].concat()
}

/// Forgets tests of before a time.
pub(super) fn prune(journal: &Edit, until: Timestamp) -> Result<(), StoreError> {
    let mut old = Vec::new();
    journal.walk(SPEED_TESTS, &[], Order::Up, &mut |key, body| {
        if from_json::<SpeedTestLine>(body)?.at < until {
            old.push(key.to_vec());
        }
        Ok(true)
    })?;
    journal.remove(SPEED_TESTS, old).map(drop)
}

/// Reads every one once.
pub(super) fn check(rows: &impl Rows) -> Result<(), StoreError> {
    rows.walk(SPEED_TESTS, &[], Order::Up, &mut |_, body| {
        from_json::<SpeedTestLine>(body)?.test().map(|_| true)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::{StoreOptions, admin};

    const LIMITS: SpeedLimits = SpeedLimits { gap: SignedDuration::from_mins(10), per_day: 3 };

    fn at(minutes: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + minutes * 60).unwrap()
    }

    fn test(device: &str, minutes: i64) -> SpeedTest {
        SpeedTest {
            id: format!("t{minutes}"),
            device: Untrusted::new(device),
            at: at(minutes),
            asked: None,
            by: Some("ana".to_owned()),
            state: SpeedState::Asked,
            why: None,
            measured: Ways::default(),
            before: Ways { down: Some(at(-5)), up: None },
        }
    }

    fn store() -> (tempfile::TempDir, Store) {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path(), &StoreOptions::default()).unwrap();
        (dir, store)
    }

    #[test]
    fn one_of_a_device_in_ten_minutes_and_so_many_a_day() {
        let (_dir, store) = store();
        for (device, minutes, barred) in [
            ("A", 0, None),
            ("A", 9, Some(Barred::TooSoon(at(0)))),
            ("B", 1, None),
            ("A", 10, None),
            ("C", 11, Some(Barred::TooMany(3))),
            ("A", 11, Some(Barred::TooSoon(at(10)))),
            // The clock was set back: what is of a later time counts.
            ("A", -5, Some(Barred::TooSoon(at(10)))),
            ("C", 24 * 60 - 1, Some(Barred::TooMany(3))),
            ("C", 24 * 60, None),
        ] {
            let test = test(device, minutes);
            let was = store.speed_test_barred(&test, LIMITS).unwrap();
            let begun = store.begin_speed_test(&test, LIMITS).unwrap();
            assert_eq!((was, begun.err()), (barred, barred), "{device} {minutes}");
        }
        let none = SpeedLimits { per_day: 0, ..LIMITS };
        let begun = store.begin_speed_test(&test("D", 9999), none).unwrap();
        assert_eq!(begun, Err(Barred::TooMany(0)));
    }

    #[test]
    fn of_several_at_once_one_is_let_through() {
        let (dir, _store) = store();
        let begun: Vec<bool> = std::thread::scope(|scope| {
            let start = |n: i64| {
                let dir = dir.path();
                scope.spawn(move || {
                    let store = Store::open(dir, &StoreOptions::default()).unwrap();
                    let test = SpeedTest { id: n.to_string(), ..test("A", 0) };
                    store.begin_speed_test(&test, LIMITS).unwrap().is_ok()
                })
            };
            let all: Vec<_> = (0..4).map(start).collect();
            all.into_iter().map(|one| one.join().unwrap()).collect()
        });
        assert_eq!(begun.iter().filter(|ok| **ok).count(), 1);
    }

    #[test]
    fn results_of_devices_own_tests_count_for_no_limit_and_the_oldest_are_forgotten() {
        let (dir, store) = store();
        let measure = Measure { kbps: 7, bytes: Some(1), other_bytes: None, ended: at(1) };
        for minutes in 0..203 {
            let measured = Ways { down: Some(measure), up: None };
            let (by, state) = (None, SpeedState::Done);
            let test = SpeedTest { by, state, measured, ..test("A", minutes) };
            store.put_speed_test(&test).unwrap();
            store.put_speed_test(&test).unwrap();
        }
        store.put_speed_test(&SpeedTest { by: None, ..test("AB", 1) }).unwrap();
        let all = store.speed_tests(&Untrusted::new("A")).unwrap();
        assert_eq!((all.len(), all[0].at, all[199].at), (200, at(202), at(3)));
        assert_eq!((all[0].measured.down, all[0].before.down), (Some(measure), Some(at(-5))));
        assert!(store.begin_speed_test(&test("A", 203), LIMITS).unwrap().is_ok());
        store.remove_speed_test(&test("A", 203)).unwrap();
        store.journal.write(|journal| prune(journal, at(100))).unwrap();
        let left = store.speed_tests(&Untrusted::new("A")).unwrap();
        assert_eq!((left.len(), left[0].at), (103, at(202)));

        let options = StoreOptions::default();
        let problems = || admin::check(dir.path(), &options).unwrap().unwrap().problems;
        assert_eq!(problems(), [""; 0]);
        store.journal.write(|journal| journal.put(SPEED_TESTS, b"X", b"{}")).unwrap();
        assert_eq!(problems().len(), 1, "{:?}", problems());
    }
}
