//! From what the ACS shows to what is kept: results of our own tests that were not waited for,
//! and results of tests that were not started here.
//!
//! Must not do: take one result twice, or an old one for a new one.

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::app::error::AppError;
use crate::domain::{Diagnostics, Direction, Measure, TestOffer, Untrusted, Ways};
use crate::engine::speed::{Judged, Wanted, judge};
use crate::ports::Sight;
use crate::store::{SpeedState, SpeedTest, Store};

/// A device that has not called for a week is not asked for its result any more.
const AWAITED: SignedDuration = SignedDuration::from_hours(7 * 24);

/// Takes what counts and is new; what is remembered of the device then, newest first.
pub(super) fn take(
    store: &Store,
    device: &Untrusted,
    sight: &Sight,
    offers: &[TestOffer],
    now: Timestamp,
) -> Result<Vec<SpeedTest>, AppError> {
    let known = store.speed_tests(device)?;
    let mut of_ours = awaited(&known, now).cloned();
    let mut foreign: Ways<Option<Measure>> = Ways::default();
    for way in Direction::BOTH {
        let Some(told) = sight.ways.of(way) else { continue };
        let is_known = |measure: &Measure| {
            let ends = known.iter().filter_map(|test| *test.measured.of(way));
            ends.into_iter().any(|known| known.ended == measure.ended)
        };
        let is_asked = offers.iter().any(|offer| offer.ways.contains(&way));
        if let Some(test) = of_ours.as_mut().filter(|_| is_asked) {
            let wanted = wanted(test, way, offers);
            if let (Judged::Counts(measure), None) =
                (judge(way, told, &wanted), test.measured.of(way))
            {
                *test.measured.of_mut(way) = Some(measure);
            }
        } else if !was_refused(&known, way, told)
            && let Judged::Counts(measure) = judge(way, told, &of_any(way, told, offers))
            && !is_known(&measure)
        {
            *foreign.of_mut(way) = Some(measure);
        }
    }
    let is_any = |ways: &Ways<Option<Measure>>| ways.down.is_some() || ways.up.is_some();
    if let Some(test) = of_ours.filter(|test| is_any(&test.measured)) {
        store.put_speed_test(&SpeedTest { state: SpeedState::Done, ..test })?;
    }
    if is_any(&foreign) {
        store.put_speed_test(&SpeedTest {
            id: Uuid::now_v7().to_string(),
            device: device.clone(),
            at: now,
            asked: None,
            by: None,
            state: SpeedState::Done,
            why: None,
            measured: foreign,
            before: Ways::default(),
        })?;
    }
    Ok(store.speed_tests(device)?)
}

/// Was it looked at already, as the result of a test of ours, and did not count?
fn was_refused(known: &[SpeedTest], way: Direction, told: &Diagnostics) -> bool {
    let own = known.iter().find(|test| test.by.is_some());
    own.is_some_and(|test| {
        test.state == SpeedState::Failed
            && test.measured.of(way).is_none()
            && told.eom > *test.before.of(way)
    })
}

/// What a result must be of where nobody here asked for it: of a file of ours as large as that is.
fn of_any(way: Direction, told: &Diagnostics, offers: &[TestOffer]) -> Wanted {
    let url = told.url.as_ref().map(|url| url.raw().trim());
    let mut ours = offers.iter().filter(|offer| offer.ways.contains(&way) && offer.url.is_some());
    match ours.find(|offer| offer.url.as_deref() == url) {
        Some(offer) => Wanted { url: offer.url.clone(), bytes: offer.bytes, ..Wanted::default() },
        None => Wanted::default(),
    }
}

/// The test of ours whose result may still come: the newest one, for a week.
pub(super) fn awaited(known: &[SpeedTest], now: Timestamp) -> Option<&SpeedTest> {
    let newest = known.iter().find(|test| test.by.is_some())?;
    let is_recent = now.duration_since(newest.at) < AWAITED;
    (newest.state.is_open() && is_recent).then_some(newest)
}

/// What a result must be of, to be of this test.
pub(super) fn wanted(test: &SpeedTest, way: Direction, offers: &[TestOffer]) -> Wanted {
    let offer = offers.iter().find(|offer| offer.ways.contains(&way));
    Wanted {
        url: offer.and_then(|offer| offer.url.clone()),
        bytes: offer.and_then(|offer| offer.bytes),
        eom_before: *test.before.of(way),
        asked: test.asked,
    }
}
