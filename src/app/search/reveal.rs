//! Who was found, whole: read from the Provider at that moment, for a reason that is noted first.
//!
//! Must not do: show anything where the note could not be written.

use crate::app::error::{AppError, SideFailure};
use crate::app::reconcile::World;
use crate::app::search::live::with_sources;
use crate::app::search::{FoundDevice, SearchAnswer};
use crate::app::store_admin::{self, Revealed};
use crate::config::Settings;
use crate::domain::{RecordKey, Side};
use crate::ports::FetchError;

/// At most so many people at once: a caller is about one device, not about a list.
pub const REVEALED_MAX: usize = 10;

/// Puts the Provider's records of now in the place of those remembered, names, documents and
/// phones among them. A record that is there no more stays as it was.
///
/// # Errors
/// Where more than ten devices are meant, the reason can't be noted, or the Provider
/// can't be asked.
pub fn reveal(
    settings: &Settings,
    answer: &mut SearchAnswer,
    revealed: &Revealed<'_>,
    world: World<'_>,
) -> Result<(), AppError> {
    if answer.devices.len() > REVEALED_MAX || answer.more {
        let what = format!("--reveal shows at most {REVEALED_MAX} devices, and more were found");
        return Err(AppError::Refused { what, hints: vec!["search for one device".to_owned()] });
    }
    store_admin::reveal(settings, revealed)?;
    let of = |device: &FoundDevice| device.provider.as_ref().and_then(RecordKey::of);
    let keys: Vec<Option<RecordKey>> = answer.devices.iter().map(of).collect();
    let read = with_sources(settings, world, move |sources| {
        let now = |key: Option<RecordKey>| match key {
            Some(key) => sources.provider.record(&key),
            None => Ok(None),
        };
        keys.into_iter().map(now).collect::<Result<Vec<_>, FetchError>>()
    })?;
    let failed = |error| AppError::Fetch(vec![SideFailure { side: Side::Provider, error }]);
    for (device, record) in answer.devices.iter_mut().zip(read.map_err(failed)?) {
        device.provider = record.or(device.provider.take());
    }
    Ok(())
}
