//! `manual-delete`: deleted by hand since the baseline, and gone from both sides: it leaves
//! no gap today, but it is why today's number is not yesterday's.
//!
//! Must not do: hold without an event; what merely vanished is a line of the ledger.

use super::{Draft, Verdict};
use crate::domain::EventKind;
use crate::engine::baseline::Removal;
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::Cause;
use crate::engine::scene::Scene;

/// One finding a device that was deleted by hand since the baseline.
pub(super) fn all(scene: &Scene<'_>) -> Vec<Draft> {
    let departed = scene.memory.gone.iter().zip(&scene.memory.identities);
    let mut drafts = Vec::new();
    for (stone, identity) in departed.take(scene.memory.departed) {
        if stone.removal != Removal::ByHand || scene.provider_lists(identity) {
            continue;
        }
        let events = scene.happenings.naming(identity, Some(stone.device.id.raw()));
        let event = events.iter().rev().find(|e| e.kind == EventKind::DeviceDeleted);
        let deleted = Evidence::new(EvidenceKind::DeletedByHand)
            .at(event.map(|e| e.time))
            .a(event.and_then(|e| e.note.clone()));
        let gone = Evidence::new(EvidenceKind::GoneFromBoth).at(stone.seen).until(stone.missed);
        let sure = scene.input.provider.is_complete();
        let verdict = Verdict::proven_if(sure, 0.8, vec![deleted, gone], &[]);
        let mut draft = Draft::new(Cause::ManualDelete, verdict, Vec::new(), Vec::new());
        draft.gone = Some((stone.device.clone(), scene.was_entry(identity).cloned()));
        drafts.push(draft);
    }
    drafts
}
