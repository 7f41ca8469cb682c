//! A second look at devices that did not pair: what the ACS's list does not show is asked for.
//!
//! Must not do: fail a run. What can't be read now is said, and the devices stay as they are.

use std::sync::Arc;
use std::sync::mpsc;

use crate::app::collect::{self, Collected, Sources};
use crate::app::error::AppError;
use crate::app::stop::Stop;
use crate::domain::{AcsDevice, AnySnapshot, Side};
use crate::engine::{Paired, Rules};
use crate::ports::{Acs, FetchError};

/// A request a device: more would take longer than a person waits, and eat a day's budget.
const DEVICES_MAX: usize = 500;

/// Reads the MACs of ACS devices that have none and did not pair, where the ACS is asked over
/// the network. Tells whether anything was asked: then the ACS's list may be another than before.
///
/// # Errors
/// Where a signal asked to stop.
pub fn look(
    collected: Collected,
    sources: &Sources,
    rules: &Rules,
    stop: &Stop,
) -> Result<(Collected, bool), AppError> {
    let bare = |d: &AcsDevice| d.macs.is_empty();
    if !sources.is_network(Side::Acs) || !collected.acs.records().iter().any(bare) {
        return Ok((collected, false));
    }
    let devices = collected.acs.records();
    let mut places = Paired::of(&collected.acs, &collected.provider, rules).unpaired();
    places.retain(|&place| devices.get(place).is_some_and(bare));
    let wanted = places.len();
    places.truncate(DEVICES_MAX);
    if places.is_empty() {
        return Ok((collected, false));
    }
    let asked = sources.acs.traffic().requests;
    let (acs, failed) = complete(&sources.acs, collected.acs, places, stop)?;
    let asked = sources.acs.traffic().requests > asked;
    let (mut meta, devices) = acs.into_parts();
    meta.remarks.extend(remark(wanted, asked, failed.as_ref()));
    Ok((Collected { acs: AnySnapshot::new(meta, devices), ..collected }, asked))
}

/// What a person should know of the second look; nothing where it went well, or where the
/// source had nothing more to tell.
fn remark(wanted: usize, asked: bool, failed: Option<&FetchError>) -> Option<String> {
    if let Some(error) = failed {
        return Some(format!(
            "the MACs of ACS devices that did not pair could not all be read: {error}; they are \
             compared by what the list shows"
        ));
    }
    (asked && wanted > DEVICES_MAX).then(|| {
        format!(
            "{wanted} ACS devices without a MAC did not pair; the MACs of the first \
             {DEVICES_MAX} were asked for"
        )
    })
}

/// On a thread of its own, so that a signal ends the wait for it.
fn complete(
    source: &Arc<dyn Acs>,
    snapshot: AnySnapshot<AcsDevice>,
    places: Vec<usize>,
    stop: &Stop,
) -> Result<(AnySnapshot<AcsDevice>, Option<FetchError>), AppError> {
    let source = Arc::clone(source);
    let (sender, answers) = mpsc::channel();
    let job = move || {
        let (meta, mut devices) = snapshot.into_parts();
        let chosen = devices.iter_mut().enumerate();
        let chosen = chosen.filter(|(place, _)| places.binary_search(place).is_ok());
        let mut chosen: Vec<&mut AcsDevice> = chosen.map(|(_, device)| device).collect();
        let failed = source.complete(&mut chosen).err();
        // Nobody listens any more where a signal came first.
        let _ = sender.send((AnySnapshot::new(meta, devices), failed));
    };
    collect::apart("second-look", job)?;
    collect::next(&answers, stop)
}
