//! `manual-delete`: deleted by hand since the baseline, and gone from both sides: it leaves
//! no gap today, but it is why today's number is not yesterday's.
//!
//! Must not do: be proven without an event; what merely left both sides is inferred.

use super::{Draft, Verdict};
use crate::domain::EventKind;
use crate::engine::baseline::Removal;
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::Cause;
use crate::engine::scene::Scene;

/// One finding a device that was deleted by hand since the baseline.
pub(super) fn all(scene: &Scene<'_>) -> Vec<Draft> {
    let mut drafts = Vec::new();
    for (stone, identity) in scene.memory.departures() {
        let by_hand = matches!(stone.removal, Removal::ByHand | Removal::ByHandLikely);
        if !by_hand || scene.provider_lists(identity) {
            continue;
        }
        let events = scene.happenings.naming(identity, Some(stone.device.id.raw()));
        let event = events.iter().rev().find(|e| e.kind == EventKind::DeviceDeleted);
        let deleted =
            event.map(|e| Evidence::new(EvidenceKind::DeletedByHand).at(e.time).a(e.note.clone()));
        let gone = Evidence::new(EvidenceKind::GoneFromBoth).at(stone.seen).until(stone.missed);
        let sure = stone.removal == Removal::ByHand && scene.input.provider.is_complete();
        let evidence = deleted.into_iter().chain([gone]).collect();
        let verdict = Verdict::proven_if(sure, 0.7, evidence, &[]);
        let mut draft = Draft::new(Cause::ManualDelete, verdict, Vec::new(), Vec::new());
        draft.gone = Some(Box::new((stone.device.clone(), scene.was_entry(identity).cloned())));
        drafts.push(draft);
    }
    drafts
}
