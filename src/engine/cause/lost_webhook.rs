//! `lost-webhook`: deleted by hand in the ACS, and the Provider still lists it.
//!
//! Must not do: accuse a webhook that may still be on its way, or prove it where the
//! entry outlived a Provider synchronisation since.

use super::Verdict;
use crate::domain::{Event, EventKind, Untrusted};
use crate::engine::baseline::Removal;
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::Fix;
use crate::engine::scene::Scene;

const FIXES: [Fix; 2] = [Fix::SynchroniseProvider, Fix::RemoveInProvider];

/// Does it hold for this counted entry?
pub(super) fn holds(scene: &Scene<'_>, p: u32) -> Option<Verdict> {
    let events = scene.entry_events(p);
    let mut removals = events.iter().rev().filter(|e| {
        e.time <= scene.provider_at
            && matches!(e.kind, EventKind::DeviceDeleted | EventKind::MassExclusion)
    });
    match removals.next() {
        Some(event) if event.kind == EventKind::DeviceDeleted => by_event(scene, p, event),
        Some(_) => None,
        None => by_memory(scene, p).or_else(|| by_login(scene, p)),
    }
}

fn by_event(scene: &Scene<'_>, p: u32, event: &Event) -> Option<Verdict> {
    // Signs of presence after the deletion: it came back, and left again some other way.
    if scene.presence(p).is_some_and(|presence| presence.last_sign >= event.time) {
        return None;
    }
    let deleted = Evidence::new(EvidenceKind::DeletedByHand).at(event.time).a(event.note.clone());
    let mut evidence = vec![deleted];
    let age = scene.provider_at.duration_since(event.time);
    let fresh = age <= scene.input.rules.webhook_grace;
    if fresh {
        evidence.push(Evidence::new(EvidenceKind::WebhookOnItsWay).n(age.as_secs() / 60));
    }
    let survived = scene.survived(event.time);
    evidence.extend(survived.map(|at| Evidence::new(EvidenceKind::SurvivedProviderSync).at(at)));
    if !scene.input.acs.is_complete() {
        evidence.push(Evidence::new(EvidenceKind::AcsIncomplete));
    }
    let stayed_away = scene.stayed_away(p, event.time);
    if !stayed_away {
        let watched = Evidence::new(EvidenceKind::NobodyWatched);
        evidence.push(watched.at(event.time).until(scene.acs_at));
    }
    let sure = !fresh && survived.is_none() && stayed_away && scene.both_complete();
    let score = if fresh { 0.6 } else { 0.8 };
    Some(Verdict::proven_if(sure, score, evidence, &FIXES))
}

/// No event is left in the log, but the tombstone was made by one.
fn by_memory(scene: &Scene<'_>, p: u32) -> Option<Verdict> {
    let stone = scene.remembered(p).filter(|stone| stone.removal == Removal::ByHand)?;
    if scene.presence(p)?.last_sign > stone.missed {
        return None;
    }
    let left = Evidence::new(EvidenceKind::LeftBetween).at(stone.seen).until(stone.missed);
    Some(Verdict::inferred(0.9, vec![left], &FIXES))
}

/// What was deleted carried the entry's login; a list without MACs shows no more of it. That is
/// enough not to call the deletion somebody else's, and too little to prove anything.
fn by_login(scene: &Scene<'_>, p: u32) -> Option<Verdict> {
    let event = scene.deletion_of_login(p)?;
    if scene.presence(p).is_some_and(|presence| presence.last_sign >= event.time) {
        return None;
    }
    let login = scene.provider_id(p).login.as_ref().map(|l| Untrusted::new(l.as_str()));
    let deleted = Evidence::new(EvidenceKind::DeletedByHand).at(event.time).a(event.note.clone());
    let same = Evidence::new(EvidenceKind::SameLogin).a(login);
    Some(Verdict::inferred(0.8, vec![deleted, same], &FIXES))
}
