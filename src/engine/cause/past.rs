//! What shows that a device had a life before the difference: it was counted, or it registered
//! anew. It may then have been deleted by hand and have returned, which no list shows and which
//! comes first in CAUSES.md's order.
//!
//! Must not do: say that it was deleted; only `returned` does.

use jiff::Timestamp;

use crate::engine::baseline::Removal;
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::Cause;
use crate::engine::scene::Scene;

/// What forbids to prove a cause that comes after `returned`.
pub(super) fn of(scene: &Scene<'_>, a: u32) -> Option<Evidence> {
    if was_counted(scene, a) {
        return Some(Evidence::new(EvidenceKind::CountedBefore));
    }
    let registered = scene.device(a).registered;
    if registered.is_some_and(|registered| registered_anew(scene, a, registered)) {
        return Some(Evidence::new(EvidenceKind::RegisteredAgain).at(registered));
    }
    goes_on(scene, a)
}

/// Was it counted under its present registration: did the last complete snapshots hold that
/// one, counted, or did a synchronisation confirm its entry since?
pub(super) fn was_counted(scene: &Scene<'_>, a: u32) -> bool {
    let device = scene.device(a);
    let entry = scene.entry_of(a).map(|p| scene.row(p));
    // A confirmation after it came back is an integration too.
    let confirmed = entry.and_then(|e| e.synchronised).zip(device.registered);
    if confirmed.is_some_and(|(confirmed, registered)| confirmed > registered) {
        return true;
    }
    scene.was_registered(a) && scene.was_listed(scene.acs_id(a))
}

/// Did the last list hold an older registration, or did it leave before this one, and not
/// surely by a mass exclusion?
fn registered_anew(scene: &Scene<'_>, a: u32, registered: Timestamp) -> bool {
    if scene.registered_before(a).is_some() {
        return true;
    }
    let left = scene.memory.find(scene.acs_id(a), Some(scene.device(a).id.raw()));
    left.is_some_and(|stone| stone.removal != Removal::MassExclusion && stone.seen < registered)
}

/// The last run's finding showed a past, of this same registration; an inactive login had been
/// linked.
fn goes_on(scene: &Scene<'_>, a: u32) -> Option<Evidence> {
    if !scene.was_registered(a) {
        return None;
    }
    let key = scene.acs_id(a).acs_key(scene.device(a));
    let prior = scene.priors.find(Cause::UnlinkedLogin, &[key])?;
    match prior.past {
        Some(EvidenceKind::RegisteredAgain) => {
            Some(Evidence::new(EvidenceKind::RegisteredAgain).at(scene.device(a).registered))
        }
        Some(_) => Some(Evidence::new(EvidenceKind::CountedBefore)),
        None => (prior.cause == Cause::InactiveLogin)
            .then(|| Evidence::new(EvidenceKind::CountedBefore)),
    }
}
