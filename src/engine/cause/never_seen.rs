//! `never-seen`: the Provider has it, the ACS never did.
//!
//! Must not do: take missing memory for knowledge. Without `synchronised`, only an entry
//! that we saw arrive after our first look at the ACS can be called never seen.

use super::Verdict;
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::Fix;
use crate::engine::scene::Scene;

const FIXES: [Fix; 2] = [Fix::Investigate, Fix::Ignore];

/// Does it hold for this counted entry?
pub(super) fn holds(scene: &Scene<'_>, p: u32) -> Option<Verdict> {
    if scene.presence(p).is_some() || scene.row(p).synchronised.is_some() {
        return None;
    }
    if scene.input.provider.meta().supplies.synchronised {
        let mut evidence = vec![Evidence::new(EvidenceKind::NeverConfirmed)];
        let old_enough = age(scene, p, &mut evidence);
        let sure = is_whole(scene, &mut evidence) && old_enough;
        return Some(Verdict::proven_if(sure, 0.8, evidence, &FIXES));
    }
    let arrived = scene.arrived_after_first_look(p)?;
    let mut evidence = vec![Evidence::new(EvidenceKind::NeverInSnapshots).at(arrived)];
    age(scene, p, &mut evidence);
    is_whole(scene, &mut evidence);
    // Between two snapshots it may have come and gone.
    Some(Verdict::inferred(0.8, evidence, &FIXES))
}

/// Is the entry older than the first-contact grace? Says so either way.
fn age(scene: &Scene<'_>, p: u32, evidence: &mut Vec<Evidence>) -> bool {
    let Some(registered) = scene.row(p).registered else { return false };
    let grace = scene.input.rules.first_contact_grace;
    let age = scene.provider_at.duration_since(registered);
    let days = |d: jiff::SignedDuration| d.as_hours() / 24;
    if age > grace {
        evidence.push(Evidence::new(EvidenceKind::EntryAge).at(registered).n(days(age)));
        return true;
    }
    evidence.push(Evidence::new(EvidenceKind::EntryYoung).at(registered).n(days(grace)));
    false
}

fn is_whole(scene: &Scene<'_>, evidence: &mut Vec<Evidence>) -> bool {
    if !scene.input.acs.is_complete() {
        evidence.push(Evidence::new(EvidenceKind::AcsIncomplete));
    }
    scene.both_complete()
}
