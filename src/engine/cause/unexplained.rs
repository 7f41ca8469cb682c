//! `unexplained`: nothing fits. Honest ignorance is a line of the ledger, not a rounding.
//!
//! Must not do: offer a fix that is sent by itself.

use super::Verdict;
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::Fix;
use crate::engine::scene::Scene;

/// An ACS device that no cause explains.
pub(super) fn acs(scene: &Scene<'_>, a: u32) -> Verdict {
    let mut evidence = Vec::new();
    if let Some(registered) = scene.device(a).registered.filter(|&r| r > scene.provider_at) {
        let kind = EvidenceKind::RegisteredAfterRead;
        evidence.push(Evidence::new(kind).at(registered).until(scene.provider_at));
    }
    evidence.push(Evidence::new(EvidenceKind::NothingFits));
    Verdict::inferred(0.0, evidence, &[Fix::Investigate])
}

/// A counted entry that no cause explains.
pub(super) fn provider(scene: &Scene<'_>, p: u32) -> Verdict {
    let mut evidence = Vec::new();
    if let Some(sign) = scene.row(p).synchronised.filter(|&s| s > scene.acs_at) {
        evidence.push(Evidence::new(EvidenceKind::ConfirmedAfterRead).at(sign).until(scene.acs_at));
    }
    if let Some(junk) = scene.provider_id(p).placeholder() {
        evidence.push(Evidence::new(EvidenceKind::PlaceholderIdentity).a(junk.clone()));
    }
    if !scene.input.acs.is_complete() {
        evidence.push(Evidence::new(EvidenceKind::AcsIncomplete));
    }
    evidence.push(Evidence::new(EvidenceKind::NothingFits));
    Verdict::inferred(0.0, evidence, &[Fix::Investigate])
}
