//! What shows that a device had a life before the difference: it was counted, or it registered
//! anew. It may then have been deleted by hand and have returned, which no list shows and which
//! comes first in CAUSES.md's order.
//!
//! Must not do: say that it was deleted; only `returned` does.

use jiff::{SignedDuration, Timestamp};

use crate::domain::{CoverageKind, EventKind};
use crate::engine::baseline::Removal;
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::scene::Scene;

/// An event and the list may write one registration so far apart.
const ONE_REGISTRATION: SignedDuration = SignedDuration::from_mins(10);

/// What forbids to prove a cause that comes after `returned`.
pub(super) fn of(scene: &Scene<'_>, a: u32) -> Option<Evidence> {
    if was_excluded(scene, a) {
        return None;
    }
    let entry = scene.entry_of(a).map(|p| scene.row(p));
    // Only what was counted is ever confirmed.
    let confirmed = entry.is_some_and(|entry| entry.synchronised.is_some());
    if confirmed || scene.was_listed(scene.acs_id(a)) {
        return Some(Evidence::new(EvidenceKind::CountedBefore));
    }
    let registered = scene.device(a).registered;
    let again = || Evidence::new(EvidenceKind::RegisteredAgain).at(registered);
    if registered.is_some_and(|registered| registered_anew(scene, a, registered)) {
        return Some(again());
    }
    let known = goes_on(scene, a)?;
    if known == EvidenceKind::RegisteredAgain {
        return Some(again());
    }
    let counted = known == EvidenceKind::CountedSince;
    Some(Evidence::new(if counted { EvidenceKind::CountedBefore } else { known }))
}

/// Was it counted under its present registration: did the last complete snapshots hold that
/// one, counted, or did a synchronisation confirm its entry since; or did the last run know?
pub(super) fn was_counted(scene: &Scene<'_>, a: u32) -> bool {
    let device = scene.device(a);
    let entry = scene.entry_of(a).map(|p| scene.row(p));
    // A confirmation after it came back is an integration too.
    let confirmed = entry.and_then(|e| e.synchronised).zip(device.registered);
    if confirmed.is_some_and(|(confirmed, registered)| confirmed > registered) {
        return true;
    }
    let counted = || {
        scene.was_listed(scene.acs_id(a))
            || matches!(
                goes_on(scene, a),
                Some(EvidenceKind::CountedBefore | EvidenceKind::CountedSince)
            )
    };
    scene.was_registered(a) && counted()
}

/// Is it back from a mass exclusion that is sure, and was the last list without it?
fn was_excluded(scene: &Scene<'_>, a: u32) -> bool {
    let Some(registered) = scene.device(a).registered else { return false };
    let was_there = scene.was_registered(a) || scene.registered_before(a).is_some();
    let left = scene.left(a);
    !was_there && left.is_some_and(|s| s.removal == Removal::MassExclusion && s.seen < registered)
}

/// Did the last list or an event hold an older registration, or did it leave before this one,
/// and not surely by a mass exclusion?
fn registered_anew(scene: &Scene<'_>, a: u32, registered: Timestamp) -> bool {
    if scene.registered_before(a).is_some() {
        return true;
    }
    let left = scene.left(a);
    if left.is_some_and(|s| s.removal != Removal::MassExclusion && s.seen < registered) {
        return true;
    }
    // Where everything was heard, so was what became of the older registration.
    scene.acs_events(a).iter().any(|event| {
        event.kind == EventKind::DeviceAdded
            && registered.duration_since(event.time) > ONE_REGISTRATION
            && scene.happenings.coverage(event.time, registered) != Some(CoverageKind::Complete)
    })
}

/// What the last run's findings of the device knew of its past. Those of records that were in a
/// group or a couple don't ask.
fn goes_on(scene: &Scene<'_>, a: u32) -> Option<EvidenceKind> {
    let key = scene.acs_id(a).acs_key(scene.device(a));
    let known = scene.priors.of_key(&key).filter_map(|prior| {
        let unasked = !prior.cause.is_not_integrated();
        prior.past.or_else(|| unasked.then_some(EvidenceKind::UnclearBefore))
    });
    EvidenceKind::of_a_past(known)
}
