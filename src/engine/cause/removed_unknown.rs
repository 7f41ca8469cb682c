//! `removed-unknown`: was in the ACS, left it, and nothing tells by hand from mass; or, on a
//! first run, not in the ACS, and nobody knows whether it ever was.
//!
//! Must not do: prove anything.

use super::Verdict;
use super::pending_purge::last_sign;
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::Fix;
use crate::engine::scene::Scene;

/// Does it hold for this counted entry?
pub(super) fn holds(scene: &Scene<'_>, p: u32) -> Option<Verdict> {
    // Missing from a list that was not read whole, or named by nothing that could be looked
    // up: then nothing says that it left.
    if !scene.input.acs.is_complete() || scene.provider_id(p).is_nobody() {
        return None;
    }
    let Some(x) = scene.presence(p) else { return Some(no_memory(scene)) };
    if x.last_sign > x.first_absent {
        return None;
    }
    let watched = Evidence::new(EvidenceKind::NobodyWatched).at(x.last_sign).until(x.first_absent);
    let stranger = Evidence::new(EvidenceKind::DeletionOfAStranger);
    let stranger = stranger.at(x.last_sign).until(x.first_absent);
    let unwatched = scene.happenings.coverage(x.last_sign, x.first_absent).is_none();
    let evidence = vec![last_sign(scene, p, x), if unwatched { watched } else { stranger }];
    Some(Verdict::inferred(0.5, evidence, &[Fix::SynchroniseProvider, Fix::RemoveInProvider]))
}

/// It claims only "not in the ACS"; a person has to look.
fn no_memory(scene: &Scene<'_>) -> Verdict {
    let evidence = match scene.input.baseline.first_complete_acs {
        Some(at) => Evidence::new(EvidenceKind::MissingFromStart).at(at),
        None => Evidence::new(EvidenceKind::NoMemory),
    };
    Verdict::inferred(0.4, vec![evidence], &[Fix::Investigate, Fix::Ignore])
}
