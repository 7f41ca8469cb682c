//! What is known of a device's speed: remembered, and what its ACS shows now.
//!
//! Must not do: fail because the ACS can't be asked where something is remembered; that is said.

use crate::app::error::AppError;
use crate::app::reconcile::World;
use crate::app::speed_test::device::{Device, OpenAcs, ceilings, failed, network, store};
use crate::app::speed_test::taken::{awaited, take};
use crate::app::speed_test::{Missing, Speed};
use crate::config::Settings;
use crate::domain::Untrusted;
use crate::ports::FetchErrorKind;
use crate::store::SpeedTest;

/// What is known of the device of a key. The ACS is asked for results that are not remembered
/// yet; nothing is started. A device whose test was not waited for is called, to tell of it.
///
/// # Errors
/// Where no run knows the device, or the store can't be used; where the ACS can't be asked and
/// nothing is remembered.
pub fn look(settings: &Settings, key: &str, world: World<'_>) -> Result<Speed, AppError> {
    let device = Device::find(settings, key)?;
    let id = device.acs.as_ref().map(|acs| acs.id.clone());
    let mut missing = Vec::new();
    let history = match &id {
        None => {
            missing.push(Missing::NotInAcs);
            Vec::new()
        }
        Some(id) => match history(settings, id, world, &mut missing) {
            Ok(history) => history,
            Err(error @ AppError::Fetch(_)) => {
                let remembered = store(settings)?.speed_tests(id)?;
                if remembered.is_empty() {
                    return Err(error);
                }
                missing.push(Missing::NotAsked(error.to_string()));
                remembered
            }
            Err(error) => return Err(error),
        },
    };
    Ok(told(settings, device, history, missing, world))
}

/// Puts it together.
pub(super) fn told(
    settings: &Settings,
    device: Device,
    history: Vec<SpeedTest>,
    missing: Vec<Missing>,
    world: World<'_>,
) -> Speed {
    let Device { acs, provider, .. } = device;
    let now = world.adapters.clock.now();
    let mut speed = Speed::known(acs, provider, history, &ceilings(settings), now);
    speed.missing.splice(0..0, missing);
    speed
}

/// What is remembered, and what the ACS shows besides.
fn history(
    settings: &Settings,
    id: &Untrusted,
    world: World<'_>,
    missing: &mut Vec<Missing>,
) -> Result<Vec<SpeedTest>, AppError> {
    let store = store(settings)?;
    let remembered = store.speed_tests(id)?;
    let cannot = |why: &str| Missing::AcsCannot(why.to_owned());
    let Some((side, _)) = network(settings) else {
        missing.push(cannot("the ACS is read from a file"));
        return Ok(remembered);
    };
    let open = OpenAcs::open(settings, side, &store, world)?;
    let Some(tester) = open.acs.speed_test() else {
        missing.push(cannot("this kind of ACS has no speed tests"));
        return Ok(remembered);
    };
    let offers = match tester.offers() {
        Ok(offers) => offers,
        Err(error) => {
            missing.push(cannot(&error.what));
            Vec::new()
        }
    };
    let now = world.adapters.clock.now();
    let waits = awaited(&remembered, now).is_some();
    match tester.look(id, waits && !settings.read_only && !offers.is_empty()) {
        Ok(Some(sight)) => take(&store, id, &sight, &offers, now),
        Ok(None) => {
            missing.push(Missing::NotInAcs);
            Ok(remembered)
        }
        // Nothing that reads a test is configured: that was said.
        Err(error) if error.kind == FetchErrorKind::Config => Ok(remembered),
        Err(error) => Err(failed(error)),
    }
}
