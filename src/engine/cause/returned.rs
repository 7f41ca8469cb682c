//! `returned`: deleted by hand in the ACS, then called home again.
//!
//! Must not do: be proven for a device that was counted again after it came back: then
//! something newer explains why it no longer is, and deleting it is not the answer.

use super::Verdict;
use super::awaiting_sync::only_active_fit;
use super::past;
use jiff::Timestamp;

use crate::domain::{CoverageKind, EventKind};
use crate::engine::baseline::Removal;
use crate::engine::candidates;
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::{Cause, Fix};
use crate::engine::scene::Scene;

const FIXES: [Fix; 2] = [Fix::SendDevice, Fix::DeleteInAcs];

/// Does it hold for this ACS device? The login that it would get by being sent is named.
pub(super) fn holds(scene: &Scene<'_>, a: u32) -> Option<Verdict> {
    let verdict = came_back(scene, a)?;
    let fit = only_active_fit(scene, a).map(|fit| candidates::of_fit(scene, a, fit));
    Some(verdict.with_candidates(fit.into_iter().collect()))
}

fn came_back(scene: &Scene<'_>, a: u32) -> Option<Verdict> {
    let registered = scene.device(a).registered?;
    let counted_since = past::was_counted(scene, a);
    let fixes = if counted_since { &FIXES[..1] } else { &FIXES[..] };
    let again = Evidence::new(EvidenceKind::RegisteredAgain).at(registered);
    let since = counted_since.then(|| Evidence::new(EvidenceKind::CountedSince));
    // The Provider may count it in the part that was not read.
    let read = scene.entry_of(a).is_some() || scene.input.provider.is_complete();
    let sure = read && !counted_since;
    let events = scene.acs_events(a);
    let mut removals = events.iter().rev().filter(|e| {
        e.time < registered && matches!(e.kind, EventKind::DeviceDeleted | EventKind::MassExclusion)
    });
    if let Some(removal) = removals.next() {
        if removal.kind == EventKind::MassExclusion {
            return None;
        }
        let deleted = Evidence::new(EvidenceKind::DeletedByHand).at(removal.time);
        let evidence = [deleted.a(removal.note.clone()), again].into_iter().chain(since).collect();
        return Some(Verdict::proven_if(sure, score(counted_since), evidence, fixes));
    }
    let Some(stone) = scene.left(a) else {
        return between_snapshots(scene, a, registered);
    };
    if registered <= stone.seen {
        return None;
    }
    let (kind, proven) = match stone.removal {
        Removal::ByHand => (EvidenceKind::DeletedByHand, true),
        Removal::ByHandLikely => (EvidenceKind::LeftBothSides, false),
        Removal::MassExclusion | Removal::MassExclusionLikely | Removal::Unknown => return None,
    };
    let left = Evidence::new(kind).at(stone.seen).until(stone.missed);
    let evidence = [left, again].into_iter().chain(since).collect();
    Some(Verdict::proven_if(sure && proven, score(counted_since), evidence, fixes))
}

/// It came back before any snapshot missed it: the baseline held an older registration and a
/// counted entry, and now the Provider lists none, as after a deletion by hand. That goes for
/// the days after as well, while it is still the same registration.
fn between_snapshots(scene: &Scene<'_>, a: u32, registered: Timestamp) -> Option<Verdict> {
    let identity = scene.acs_id(a);
    if !scene.both_complete() || scene.provider_lists(identity) {
        return None;
    }
    let again = Evidence::new(EvidenceKind::RegisteredAgain).at(registered);
    if scene.was_registered(a) {
        let prior = scene.priors.find(Cause::Returned, &[identity.acs_key(scene.device(a))])?;
        let goes_on = prior.cause == Cause::Returned;
        return goes_on.then(|| Verdict::inferred(LEFT_UNSEEN_SCORE, vec![again], &FIXES));
    }
    scene.registered_before(a)?;
    let seen = scene.input.baseline.acs.as_ref()?.fetched_at;
    let all_heard = scene.happenings.coverage(seen, registered) == Some(CoverageKind::Complete);
    if all_heard || !scene.was_listed(identity) {
        return None;
    }
    let left = Evidence::new(EvidenceKind::LeftBothSides).at(seen).until(registered);
    Some(Verdict::inferred(LEFT_UNSEEN_SCORE, vec![left, again], &FIXES))
}

/// How likely a deletion by hand is that no event and no snapshot shows.
const LEFT_UNSEEN_SCORE: f64 = 0.7;

/// How likely, where it is not proven.
fn score(counted_since: bool) -> f64 {
    if counted_since { 0.4 } else { 0.8 }
}
