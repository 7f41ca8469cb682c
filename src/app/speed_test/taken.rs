//! From what the ACS shows to what is kept: results of our own tests that were not waited for,
//! and results of tests that were not started here.
//!
//! Must not do: take one result twice, or an old one for a new one.

use jiff::Timestamp;
use uuid::Uuid;

use crate::app::error::AppError;
use crate::domain::{Direction, Measure, TestOffer, Untrusted, Ways};
use crate::engine::speed::{Judged, Wanted, judge};
use crate::ports::Sight;
use crate::store::{SpeedState, SpeedTest, Store};

/// Takes what counts and is new; what is remembered of the device then, newest first.
pub(super) fn take(
    store: &Store,
    device: &Untrusted,
    sight: &Sight,
    offers: &[TestOffer],
    now: Timestamp,
) -> Result<Vec<SpeedTest>, AppError> {
    let known = store.speed_tests(device)?;
    let mut of_ours = known.first().filter(|test| test.state.is_open()).cloned();
    let mut foreign: Ways<Option<Measure>> = Ways::default();
    for way in Direction::BOTH {
        let Some(told) = sight.ways.of(way) else { continue };
        let is_known = |measure: &Measure| {
            let ends = known.iter().filter_map(|test| *test.measured.of(way));
            ends.into_iter().any(|known| known.ended == measure.ended)
        };
        if let Some(test) = &mut of_ours {
            let wanted = wanted(test, way, offers);
            if let (Judged::Counts(measure), None) =
                (judge(way, told, &wanted), test.measured.of(way))
            {
                *test.measured.of_mut(way) = Some(measure);
            }
        } else if let Judged::Counts(measure) = judge(way, told, &Wanted::default())
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
