//! Starting a speed test: a write to a customer's device, which fills their line for a while.
//!
//! Must not do: send anything that a guard refuses, start one test twice, or start a second
//! while one goes on. A start is written down before it is sent.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::app::error::AppError;
use crate::app::exit::{Condition, Signal};
use crate::app::reconcile::World;
use crate::app::speed_test::device::{Device, OpenAcs, failed, network, store};
use crate::app::speed_test::look::told;
use crate::app::speed_test::poll::{self, Waited};
use crate::app::speed_test::{Said, Say, Speed, SpeedState, SpeedTest, is_measured};
use crate::config::Settings;
use crate::domain::{Direction, TestOffer, Untrusted, Ways};
use crate::ports::{FetchError, FetchErrorKind, Outcome, Sight, SpeedTester};
use crate::store::{Barred, SpeedLimits, Store};

/// Least time between two tests of one device.
const GAP: SignedDuration = SignedDuration::from_mins(10);

/// What a person asked for.
#[derive(Clone, Debug)]
pub struct Order {
    /// May it be sent? Else it is only told what would be.
    pub sends: bool,
    /// Who asks.
    pub actor: String,
}

/// What would be started.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planned {
    /// The device's id in the ACS.
    pub device: Untrusted,
    /// The tests, in their order.
    pub offers: Vec<TestOffer>,
}

/// What came of it.
#[derive(Debug)]
pub enum Asked {
    /// Nothing was sent; this would be.
    Rehearsed(Planned),
    /// It was started.
    Tested(Box<Tested>),
}

/// A test that was started.
#[derive(Debug)]
pub struct Tested {
    /// The test, as far as it came.
    pub test: SpeedTest,
    /// How it ended.
    pub ended: Ended,
    /// What is known of the device's speed now.
    pub speed: Speed,
}

/// How a started test ended here.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With a result that counts.
    Measured,
    /// Without one.
    Failed,
    /// Nobody waits any longer: it may still go on at the device.
    Left,
    /// A person stopped waiting: it goes on at the device.
    Stopped(Signal),
    /// The ACS failed while it was waited for: why, safe to show, and the exit code.
    Trouble(String, u8),
}

/// Starts a test of the device of a key, and waits for it.
///
/// # Errors
/// Where a guard refuses, the device is not known, or nothing was started.
pub fn start(
    settings: &Settings,
    key: &str,
    order: &Order,
    world: World<'_>,
    say: Say<'_>,
) -> Result<Asked, AppError> {
    refuse_read_only(settings)?;
    let device = Device::find(settings, key)?;
    device.be_the_only(key)?;
    let Some(id) = device.acs.as_ref().map(|acs| acs.id.clone()) else {
        let what = format!("the ACS has no device {}: nothing to test", Untrusted::new(key));
        return Err(AppError::not_found(what, &["it can be tested once it calls the ACS"]));
    };
    let (side, _) = network(settings).ok_or_else(cannot)?;
    let store = store(settings)?;
    let open = OpenAcs::open(settings, side, &store, world)?;
    let tester = open.acs.speed_test().ok_or_else(cannot)?;
    let offers = tester.offers().map_err(failed)?;
    let test = test_of(&id, order, world.adapters.clock.now());
    if let Some(barred) = store.speed_test_barred(&test, limits(settings))? {
        return Err(refused(barred, test.at));
    }
    if !order.sends {
        return Ok(Asked::Rehearsed(Planned { device: id, offers }));
    }
    say(Said::Looking);
    let sight = tester.look(&id, true).map_err(failed)?.ok_or_else(|| gone(&id))?;
    refuse_under_way(&sight)?;
    let known = store.speed_tests(&id)?;
    let before = before(&sight, &known);
    let (at, asked) = (world.adapters.clock.now(), sight.at);
    let test = SpeedTest { at, asked, before, ..test };
    if let Err(barred) = store.begin_speed_test(&test, limits(settings))? {
        return Err(refused(barred, test.at));
    }
    tracing::info!(test = test.id, "a speed test is started");
    let bench = Bench { tester, store: &store, world, say };
    let (test, ended) = bench.run(test, &offers, &sight)?;
    let history = store.speed_tests(&id)?;
    let speed = told(settings, device, history, Vec::new(), world);
    Ok(Asked::Tested(Box::new(Tested { test, ended, speed })))
}

fn limits(settings: &Settings) -> SpeedLimits {
    SpeedLimits { gap: GAP, per_day: settings.guard.speedtests_per_day }
}

fn test_of(id: &Untrusted, order: &Order, at: Timestamp) -> SpeedTest {
    SpeedTest {
        id: Uuid::now_v7().to_string(),
        device: id.clone(),
        at,
        asked: None,
        by: Some(order.actor.clone()),
        state: SpeedState::Asked,
        why: None,
        measured: Ways::default(),
        before: Ways::default(),
    }
}

/// The device's last end of each direction, as it tells it or as it is remembered.
fn before(sight: &Sight, known: &[SpeedTest]) -> Ways<Option<Timestamp>> {
    let last = |way| {
        let told = sight.ways.of(way).as_ref().and_then(|told| told.eom);
        let kept = known.iter().filter_map(|test| (*test.measured.of(way)).map(|m| m.ended)).max();
        // What it tells now is newer than what is remembered: a clock that was wrong has been set.
        told.or(kept)
    };
    Ways { down: last(Direction::Down), up: last(Direction::Up) }
}

/// A started test, and all that it needs.
pub(super) struct Bench<'a> {
    pub tester: &'a dyn SpeedTester,
    pub store: &'a Arc<Store>,
    pub world: World<'a>,
    pub say: Say<'a>,
}

impl Bench<'_> {
    /// Makes each test after the other: a write for the next would abort the one before.
    pub fn run(
        &self,
        mut test: SpeedTest,
        offers: &[TestOffer],
        sight: &Sight,
    ) -> Result<(SpeedTest, Ended), AppError> {
        let mut ended = Ended::Failed;
        for (at, offer) in offers.iter().enumerate() {
            match self.one(&mut test, offer, sight) {
                Ok(None) => {}
                Ok(Some(early)) => {
                    ended = early;
                    break;
                }
                Err(error) if at == 0 => {
                    self.store.remove_speed_test(&test)?;
                    return Err(failed(error));
                }
                Err(error) => {
                    let exit = failed(error.clone()).exit();
                    ended = Ended::Trouble(error.what, exit);
                    break;
                }
            }
        }
        if is_measured(&test) && ended == Ended::Failed {
            ended = Ended::Measured;
        }
        test.state = match ended {
            _ if is_measured(&test) => SpeedState::Done,
            Ended::Measured => SpeedState::Done,
            Ended::Failed => SpeedState::Failed,
            Ended::Left | Ended::Stopped(_) | Ended::Trouble(..) => SpeedState::Left,
        };
        self.store.put_speed_test(&test)?;
        Ok((test, ended))
    }

    /// Starts one and waits for it; `Some`: the rest is not started any more.
    fn one(
        &self,
        test: &mut SpeedTest,
        offer: &TestOffer,
        sight: &Sight,
    ) -> Result<Option<Ended>, FetchError> {
        let started = self.tester.start(&test.device, offer, sight);
        let what = started.answer.what;
        match started.answer.outcome {
            Outcome::Done => {}
            // It may have been taken: waiting tells.
            Outcome::Unknown => (self.say)(Said::Trouble(&what)),
            Outcome::NotSent | Outcome::Refused | Outcome::RefusedForNow => {
                let hint = "nothing was started; look at the device in the ACS, then try again";
                return Err(FetchError::new(FetchErrorKind::Unavailable, what, &[hint]));
            }
        }
        (self.say)(Said::Started { ways: &offer.ways, at_once: started.at_once });
        // The time of the look stands for one that the reply does not tell.
        let asked = started.at.or(sight.at);
        if !is_measured(test) {
            test.asked = asked;
        }
        if let Err(error) = self.store.put_speed_test(test) {
            return Ok(Some(Ended::Trouble(error.to_string(), Condition::Store.code())));
        }
        Ok(match poll::wait((self.tester, offer), test, asked, self.world, self.say) {
            Ok(Waited::Ended) => None,
            Ok(Waited::Left) => Some(Ended::Left),
            Ok(Waited::Gone) => {
                let what = "the ACS has the device no more".to_owned();
                Some(Ended::Trouble(what, Condition::Source.code()))
            }
            Err(AppError::Stopped(signal)) => Some(Ended::Stopped(signal)),
            Err(error) => Some(Ended::Trouble(error.to_string(), error.exit())),
        })
    }
}

fn refuse_read_only(settings: &Settings) -> Result<(), AppError> {
    if !settings.read_only {
        return Ok(());
    }
    let profile = &settings.profile;
    Err(AppError::Refused {
        what: format!("profile `{profile}` is read_only: no test is started"),
        hints: vec!["a test writes to a customer's device and fills their line".to_owned()],
    })
}

/// A test that goes on is left alone; one that has been asked for long ago is none any more.
fn refuse_under_way(sight: &Sight) -> Result<(), AppError> {
    let is_recent = |read: Option<Timestamp>| match (read, sight.at) {
        (Some(read), Some(at)) => at.duration_since(read) < GAP,
        _ => true,
    };
    let requested = |told: &&crate::domain::Diagnostics| {
        told.state.as_ref().is_some_and(|state| state.raw().trim() == "Requested")
    };
    let mut told = sight.ways.down.iter().chain(&sight.ways.up);
    if !sight.queued && !told.any(|told| requested(&told) && is_recent(told.read)) {
        return Ok(());
    }
    let what = if sight.queued {
        "an order for a test waits in the ACS until the device calls"
    } else {
        "the device is making a test just now"
    };
    Err(AppError::Refused {
        what: format!("{what}: no second one is started"),
        hints: vec![
            "look again in some minutes: `acerto speedtest KEY`".to_owned(),
            "an order that nobody wants any more is deleted in the ACS".to_owned(),
        ],
    })
}

fn refused(barred: Barred, now: Timestamp) -> AppError {
    match barred {
        Barred::TooSoon(at) => {
            let minutes = now.duration_since(at).as_mins().max(0);
            AppError::Refused {
                what: format!("a test of this device was started {minutes} min ago"),
                hints: vec![
                    "one in 10 minutes: each fills the customer's line".to_owned(),
                    "`acerto speedtest KEY` tells its result".to_owned(),
                ],
            }
        }
        Barred::TooMany(n) => AppError::Refused {
            what: format!("{n} tests were started in the last 24 hours, the most there may be"),
            hints: vec!["[guard] speedtests_per_day is the limit".to_owned()],
        },
    }
}

fn gone(id: &Untrusted) -> AppError {
    let what = format!("the ACS has no device {id} any more: nothing was started");
    AppError::not_found(what, &["read both systems again: `acerto --reconcile`"])
}

fn cannot() -> AppError {
    let what = "this ACS can't be asked for a speed test";
    AppError::usage(what, &["GenieACS and IXC ACS can, over the network; a file can't"])
}
