//! `returned`: deleted by hand in the ACS, then called home again.
//!
//! Must not do: be proven for a device that was counted again after it came back: then
//! something newer explains why it no longer is, and deleting it is not the answer.

use super::Verdict;
use crate::domain::EventKind;
use crate::engine::baseline::Removal;
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::Fix;
use crate::engine::scene::Scene;

const FIXES: [Fix; 2] = [Fix::SendDevice, Fix::DeleteInAcs];

/// Does it hold for this ACS device?
pub(super) fn holds(scene: &Scene<'_>, a: u32) -> Option<Verdict> {
    let registered = scene.device(a).registered?;
    let counted_since = was_counted_since(scene, a);
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
    let stone = scene.memory.find(scene.acs_id(a), Some(scene.device(a).id.raw()))?;
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

/// How likely, where it is not proven.
fn score(counted_since: bool) -> f64 {
    if counted_since { 0.4 } else { 0.8 }
}

/// Was it linked again after it returned: did the last complete snapshots hold this very
/// registration, counted, or did a synchronisation confirm its entry since?
fn was_counted_since(scene: &Scene<'_>, a: u32) -> bool {
    let device = scene.device(a);
    let entry = scene.entry_of(a).map(|p| scene.row(p));
    // A confirmation after it came back is an integration too.
    let confirmed = entry.and_then(|e| e.synchronised).zip(device.registered);
    if confirmed.is_some_and(|(confirmed, registered)| confirmed > registered) {
        return true;
    }
    scene.was_registered(device) && scene.was_listed(scene.acs_id(a))
}
