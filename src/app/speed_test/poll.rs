//! Waiting for a test: a first look soon, then one every few seconds, and an end to it.
//!
//! Must not do: start anything, or wait past [`PATIENCE`].

use std::time::Duration;

use jiff::Timestamp;

use crate::app::error::AppError;
use crate::app::reconcile::World;
use crate::app::speed_test::device::failed;
use crate::app::speed_test::taken::wanted;
use crate::app::speed_test::{Said, Say, SpeedTest};
use crate::domain::{Direction, TestOffer};
use crate::engine::speed::{Judged, Refusal, Wanted, judge};
use crate::ports::{FetchErrorKind, Sight, SpeedTester};

/// Until the first look.
const FIRST: Duration = Duration::from_secs(6);
/// Between two looks.
const EVERY: Duration = Duration::from_secs(8);
/// Nobody waits longer; the slowest lines and files are through by then.
const PATIENCE: Duration = Duration::from_secs(150);

/// How waiting ended.
#[derive(Debug)]
pub(super) enum Waited {
    /// Every direction has a result, or ended without one.
    Ended,
    /// No result within the time.
    Left,
    /// The ACS has the device no more.
    Gone,
}

/// Waits for the directions of an offer; results go into `test`, what ended without one is told.
pub(super) fn wait(
    (tester, offer): (&dyn SpeedTester, &TestOffer),
    test: &mut SpeedTest,
    asked: Option<Timestamp>,
    world: World<'_>,
    say: Say<'_>,
) -> Result<Waited, AppError> {
    let clock = world.adapters.clock;
    let began = clock.monotonic();
    let mut open: Vec<Direction> = offer.ways.clone();
    let mut pause = FIRST;
    while clock.monotonic().saturating_sub(began) + pause <= PATIENCE {
        world.stop.wait(clock, pause)?;
        pause = EVERY;
        match tester.look(&test.device, true) {
            Ok(None) => return Ok(Waited::Gone),
            Ok(Some(sight)) => open.retain(|way| !ended(*way, &sight, test, (offer, asked), say)),
            Err(error) if error.kind == FetchErrorKind::Unavailable => {
                say(Said::Trouble(&error.what));
            }
            Err(error) => return Err(failed(error)),
        }
        if open.is_empty() {
            return Ok(Waited::Ended);
        }
        say(Said::Waiting(clock.monotonic().saturating_sub(began).as_secs()));
    }
    Ok(Waited::Left)
}

/// Has a direction ended?
fn ended(
    way: Direction,
    sight: &Sight,
    test: &mut SpeedTest,
    (offer, asked): (&TestOffer, Option<Timestamp>),
    say: Say<'_>,
) -> bool {
    let Some(told) = sight.ways.of(way) else { return false };
    let wanted = Wanted { asked, ..wanted(test, way, std::slice::from_ref(offer)) };
    match judge(way, told, &wanted) {
        Judged::Waiting => return false,
        Judged::Counts(measure) => {
            say(Said::Measured(way, &measure));
            *test.measured.of_mut(way) = Some(measure);
        }
        Judged::Refused(refusal) => refused(way, &refusal, test, say),
    }
    true
}

fn refused(way: Direction, refusal: &Refusal, test: &mut SpeedTest, say: Say<'_>) {
    say(Said::Refused(way, refusal));
    test.why = Some(refusal.code());
}
