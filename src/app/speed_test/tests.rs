//! Waiting for a test, and what becomes of one, by a clock that the tests move.
//!
//! Must not do: judge a result; the engine's own tests do.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use jiff::Timestamp;

use super::poll::{self, Waited};
use super::start::{Bench, Ended};
use super::{Said, SpeedState, SpeedTest};
use crate::app::collect::{Adapters, Progress};
use crate::app::error::AppError;
use crate::app::reconcile::World;
use crate::app::stop::Stop;
use crate::app::testing::HOSTS;
use crate::domain::{Diagnostics, Direction, TestOffer, Untrusted, Ways};
use crate::ports::{
    Answer, Clock, FetchError, FetchErrorKind, Outcome, Sight, SpeedTester, Started,
};
use crate::store::{Store, StoreOptions};

const START: i64 = 1_795_000_000;

/// Four seconds pass whenever somebody looks at it.
struct QuickClock(AtomicU64);

impl Clock for QuickClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(START).unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::from_secs(self.0.fetch_add(4, Ordering::Relaxed))
    }
}

/// What a look finds.
#[derive(Clone, Copy)]
enum Look {
    Requested,
    Done(Direction),
    Error,
    Gone,
    Fails(FetchErrorKind),
    Stops,
}

/// An ACS whose looks find what the test says, the last one again and again.
struct Script {
    looks: Vec<Look>,
    starts: Vec<Outcome>,
    stop: Stop,
    looked: Mutex<usize>,
    started: Mutex<Vec<Vec<Direction>>>,
}

fn told(state: &str) -> Diagnostics {
    let at = |seconds| Timestamp::from_second(START + seconds).ok();
    Diagnostics {
        state: Some(Untrusted::new(state)),
        bom: at(1),
        eom: at(3),
        test_bytes: Some(1_000_000),
        ..Diagnostics::default()
    }
}

impl SpeedTester for Script {
    fn offers(&self) -> Result<Vec<TestOffer>, FetchError> {
        Ok(offers())
    }

    fn look(&self, _: &Untrusted, _: bool) -> Result<Option<Sight>, FetchError> {
        let mut looked = self.looked.lock().unwrap();
        let look = self.looks[(*looked).min(self.looks.len() - 1)];
        *looked += 1;
        let mut ways = Ways { down: Some(told("Requested")), up: Some(told("Requested")) };
        match look {
            Look::Gone => return Ok(None),
            Look::Fails(kind) => return Err(FetchError::new(kind, "no answer", &[])),
            Look::Stops => self.stop.ask(),
            Look::Requested => {}
            Look::Done(way) => *ways.of_mut(way) = Some(told("Completed")),
            Look::Error => ways.down = Some(told("Error_NoResponse")),
        }
        Ok(Some(Sight { ways, ..Sight::default() }))
    }

    fn start(&self, _: &Untrusted, offer: &TestOffer, _: &Sight) -> Started {
        let mut started = self.started.lock().unwrap();
        let outcome = self.starts[started.len().min(self.starts.len() - 1)];
        started.push(offer.ways.clone());
        let answer = Answer { outcome, status: None, what: "said".to_owned(), body_hash: None };
        Started { answer, at_once: true, at: None }
    }
}

fn offers() -> Vec<TestOffer> {
    let offer = |way| TestOffer { ways: vec![way], url: None, bytes: None };
    Direction::BOTH.map(offer).to_vec()
}

fn script(looks: &[Look], starts: &[Outcome]) -> Script {
    Script {
        looks: looks.to_vec(),
        starts: starts.to_vec(),
        stop: Stop::default(),
        looked: Mutex::new(0),
        started: Mutex::default(),
    }
}

fn asked() -> SpeedTest {
    SpeedTest {
        id: "t1".to_owned(),
        device: Untrusted::new("A"),
        at: Timestamp::from_second(START).unwrap(),
        asked: None,
        by: Some("ana".to_owned()),
        state: SpeedState::Asked,
        why: None,
        measured: Ways::default(),
        before: Ways::default(),
    }
}

/// A world of which only clock and stop are looked at.
fn with_world<T>(script: &Script, work: impl FnOnce(World<'_>, &'static QuickClock) -> T) -> T {
    let clock: &'static QuickClock = Box::leak(Box::new(QuickClock(AtomicU64::new(1000))));
    let adapters = Adapters { clock, ..HOSTS };
    let progress: Progress = Arc::new(|_, _| {});
    let env = BTreeMap::<&str, &str>::new();
    let world = World { adapters: &adapters, env: &env, progress: &progress, stop: &script.stop };
    work(world, clock)
}

#[test]
fn it_looks_after_6_s_and_every_8_s_and_gives_up_at_150_s() {
    let script = script(&[Look::Requested], &[Outcome::Done]);
    let mut test = asked();
    let (waited, passed) = with_world(&script, |world, clock| {
        let say = |_: Said<'_>| {};
        let waited = poll::wait((&script, &offers()[0]), &mut test, None, world, &say);
        (waited, clock.0.load(Ordering::Relaxed) - 1000)
    });
    assert!(matches!(waited, Ok(Waited::Left)), "{waited:?}");
    assert!((140..=170).contains(&passed), "{passed} s");
    let looked = *script.looked.lock().unwrap();
    assert!((6..=19).contains(&looked), "{looked} looks");
}

#[test]
fn what_a_look_finds_ends_the_waiting_or_does_not() {
    use FetchErrorKind::{Auth, Unavailable};
    for (looks, told) in [
        (vec![Look::Requested, Look::Done(Direction::Down)], "ended 4000 measured"),
        (vec![Look::Fails(Unavailable), Look::Done(Direction::Down)], "ended 4000 trouble"),
        (vec![Look::Error], "ended device:Error_NoResponse"),
        (vec![Look::Gone], "gone"),
        (vec![Look::Fails(Auth)], "exit 7"),
        (vec![Look::Stops, Look::Done(Direction::Down)], "stopped"),
    ] {
        let script = script(&looks, &[Outcome::Done]);
        let (mut test, said) = (asked(), RefCell::new(String::new()));
        let waited = with_world(&script, |world, _| {
            let say = |what: Said<'_>| match what {
                Said::Trouble(_) => said.borrow_mut().push_str(" trouble"),
                Said::Measured(..) if said.borrow().is_empty() => {
                    said.borrow_mut().push_str(" measured");
                }
                _ => {}
            };
            poll::wait((&script, &offers()[0]), &mut test, None, world, &say)
        });
        let came = match (&waited, &test.measured.down, &test.why) {
            (Ok(Waited::Ended), Some(measure), _) => {
                format!("ended {}{}", measure.kbps, said.borrow())
            }
            (Ok(Waited::Ended), None, why) => format!("ended {}", why.clone().unwrap()),
            (Ok(Waited::Gone), ..) => "gone".to_owned(),
            (Err(AppError::Stopped(_)), ..) => "stopped".to_owned(),
            (Err(error), ..) => format!("exit {}", error.exit()),
            (Ok(Waited::Left), ..) => "left".to_owned(),
        };
        assert_eq!(came, told);
    }
}

/// What became of a test: how it ended, how it is kept, and how many orders were sent.
fn run(looks: &[Look], starts: &[Outcome]) -> (Result<Ended, u8>, Option<SpeedTest>, usize) {
    let dir = tempfile::tempdir().unwrap();
    let store = Arc::new(Store::open(dir.path(), &StoreOptions::default()).unwrap());
    store.put_speed_test(&asked()).unwrap();
    let script = script(looks, starts);
    let ended = with_world(&script, |world, _| {
        let bench = Bench { tester: &script, store: &store, world, say: &|_| {} };
        bench.run(asked(), &offers(), &Sight::default())
    });
    let ended = ended.map(|(_, ended)| ended).map_err(|error| error.exit());
    let kept = store.speed_tests(&Untrusted::new("A")).unwrap().into_iter().next();
    let orders = script.started.lock().unwrap().len();
    (ended, kept, orders)
}

#[test]
fn what_was_surely_not_started_is_forgotten_and_nothing_is_sent_twice() {
    use Direction::{Down, Up};
    for outcome in [Outcome::NotSent, Outcome::Refused, Outcome::RefusedForNow] {
        let (ended, kept, orders) = run(&[Look::Done(Down)], &[outcome]);
        assert_eq!((ended, kept, orders), (Err(6), None, 1), "{outcome:?}");
    }
    // Nobody knows whether it was taken: waiting tells.
    let (ended, kept, orders) = run(&[Look::Done(Down), Look::Done(Up)], &[Outcome::Unknown]);
    assert_eq!((ended, orders), (Ok(Ended::Measured), 2));
    let kept = kept.unwrap();
    assert_eq!(kept.state, SpeedState::Done);
    assert!(kept.measured.down.is_some() && kept.measured.up.is_some());
    // The upload is refused: the download is kept.
    let starts = [Outcome::Done, Outcome::Refused];
    let (ended, kept, orders) = run(&[Look::Done(Down)], &starts);
    assert_eq!((ended, orders), (Ok(Ended::Trouble("said".to_owned(), 6)), 2));
    assert_eq!(kept.map(|test| test.state), Some(SpeedState::Done));
    // A download that has no end is not followed by an upload.
    let (ended, kept, orders) = run(&[Look::Requested], &[Outcome::Done]);
    assert_eq!((ended, orders), (Ok(Ended::Left), 1));
    assert_eq!(kept.map(|test| test.state), Some(SpeedState::Left));
    // One that failed is: the way up may be sound.
    let (ended, kept, orders) = run(&[Look::Error, Look::Done(Up)], &[Outcome::Done]);
    assert_eq!((ended, orders), (Ok(Ended::Measured), 2));
    let kept = kept.unwrap();
    assert_eq!((kept.state, kept.measured.down), (SpeedState::Done, None));
    assert_eq!(kept.why.as_deref(), Some("device:Error_NoResponse"));
}

#[test]
fn what_is_seen_is_taken_once_and_as_whose_it_is() {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path(), &StoreOptions::default()).unwrap();
    let device = Untrusted::new("A");
    let now = |hours: i64| Timestamp::from_second(START + hours * 3600).unwrap();
    let down_only = &offers()[..1];
    let seen = Sight {
        ways: Ways { down: Some(told("Completed")), up: Some(told("Completed")) },
        ..Sight::default()
    };
    let take = |hours, sight: &Sight| {
        let all = super::taken::take(&store, &device, sight, down_only, now(hours)).unwrap();
        let told = |test: &SpeedTest| {
            let ways = [test.measured.down, test.measured.up].map(|way| way.is_some());
            (test.by.is_some(), test.state, ways)
        };
        all.iter().map(told).collect::<Vec<_>>()
    };
    let (done, left) = (SpeedState::Done, SpeedState::Left);
    // Of ours is what was asked for; the upload is another's.
    store.put_speed_test(&SpeedTest { state: left, ..asked() }).unwrap();
    let all = [(false, done, [false, true]), (true, done, [true, false])];
    assert_eq!(take(1, &seen), all);
    assert_eq!(take(2, &seen), all, "once");
    // A later order is not ended by an earlier result, and nobody waits for it for ever.
    let later = SpeedTest {
        id: "t2".to_owned(),
        at: now(3),
        state: left,
        before: Ways { down: told("").eom, up: told("").eom },
        ..asked()
    };
    store.put_speed_test(&later).unwrap();
    assert_eq!(take(4, &seen)[0], (true, left, [false, false]));
    let known = store.speed_tests(&device).unwrap();
    let is_awaited = |hours| super::taken::awaited(&known, now(hours)).is_some();
    assert!(is_awaited(4) && is_awaited(3 + 7 * 24 - 1) && !is_awaited(3 + 7 * 24));
}
