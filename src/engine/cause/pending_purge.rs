//! `pending-purge`: a mass exclusion took it from the ACS; the Provider has not synchronised since.
//!
//! Must not do: prove it from silence, unless nothing could be missed in all the time in
//! which the device may have left.

use super::Verdict;
use crate::domain::{CoverageKind, EventKind};
use crate::engine::baseline::{Removal, Tombstone};
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::Fix;
use crate::engine::memory::would_take;
use crate::engine::scene::{Presence, Scene};

const FIXES: [Fix; 2] = [Fix::SynchroniseProvider, Fix::RemoveInProvider];

/// Does it hold for this counted entry?
pub(super) fn holds(scene: &Scene<'_>, p: u32) -> Option<Verdict> {
    let presence = scene.presence(p);
    named(scene, p, presence).or_else(|| {
        let presence = presence.filter(|x| x.last_sign <= x.first_absent)?;
        covered(scene, p, presence)
            .or_else(|| excluded_unnamed(scene, p, presence))
            .or_else(|| left_with_others(scene, p, presence))
            .or_else(|| listened(scene, p, presence))
            .or_else(|| since_survival(scene, p, presence))
    })
}

/// A mass exclusion names the device, after its last sign of presence.
fn named(scene: &Scene<'_>, p: u32, presence: Option<Presence>) -> Option<Verdict> {
    let events = scene.entry_events(p);
    let event = events
        .iter()
        .rev()
        .find(|e| e.kind == EventKind::MassExclusion && e.time <= scene.provider_at)?;
    if presence.is_some_and(|x| x.last_sign > event.time) {
        return None;
    }
    let names =
        Evidence::new(EvidenceKind::MassExclusionNames).at(event.time).a(event.note.clone());
    let mut evidence = vec![names];
    let survived = scene.survived(event.time);
    evidence.extend(survived.map(|at| Evidence::new(EvidenceKind::SurvivedProviderSync).at(at)));
    let sure = survived.is_none() && whole(scene, &mut evidence);
    Some(Verdict::proven_if(sure, 0.85, evidence, &FIXES))
}

/// Nothing could be missed from its last sign to the first snapshot without it.
fn covered(scene: &Scene<'_>, p: u32, x: Presence) -> Option<Verdict> {
    if scene.happenings.coverage(x.last_sign, x.first_absent)? != CoverageKind::Complete {
        return None;
    }
    let mut evidence =
        vec![Evidence::new(EvidenceKind::CoveredNoDelete).at(x.last_sign).until(x.first_absent)];
    evidence.push(last_sign(scene, p, x));
    let doubt = scene.happenings.maybe_deleted(scene.provider_id(p), x.last_sign, x.first_absent);
    if doubt {
        let kind = EvidenceKind::DeletionOfAStranger;
        evidence.push(Evidence::new(kind).at(x.last_sign).until(x.first_absent));
    }
    let survived = scene.survived(x.first_absent);
    evidence.extend(survived.map(|at| Evidence::new(EvidenceKind::SurvivedProviderSync).at(at)));
    let sure = !doubt && survived.is_none() && whole(scene, &mut evidence);
    Some(Verdict::proven_if(sure, 0.7, evidence, &FIXES))
}

/// A mass exclusion that names nobody ran in the interval, and the device fits its criterion.
fn excluded_unnamed(scene: &Scene<'_>, p: u32, x: Presence) -> Option<Verdict> {
    let stone = remembered(scene, p, x)?;
    let mut exclusions = scene.happenings.exclusions(x.last_sign, x.first_absent);
    let ran = exclusions.find(|e| would_take(e, &stone.device, scene.input.rules))?;
    let evidence = vec![
        Evidence::new(EvidenceKind::MassExclusionRan).at(ran.time).a(ran.note.clone()),
        silent(stone),
    ];
    Some(Verdict::inferred(0.85, evidence, &FIXES))
}

/// It left with others that all fit the criterion.
fn left_with_others(scene: &Scene<'_>, p: u32, x: Presence) -> Option<Verdict> {
    let stone = remembered(scene, p, x)?;
    if !matches!(stone.removal, Removal::MassExclusion | Removal::MassExclusionLikely) {
        return None;
    }
    let mut evidence =
        vec![Evidence::new(EvidenceKind::LeftBetween).at(stone.seen).until(stone.missed)];
    if stone.cohort > 1 {
        evidence.push(Evidence::new(EvidenceKind::LeftWithOthers).n(i64::from(stone.cohort)));
    }
    if stone.device.last_inform.is_some() {
        evidence.push(silent(stone));
    }
    Some(Verdict::inferred(0.75, evidence, &FIXES))
}

/// The listener was up all the time and heard of no deletion; one may have been lost.
fn listened(scene: &Scene<'_>, p: u32, x: Presence) -> Option<Verdict> {
    scene.happenings.coverage(x.last_sign, x.first_absent)?;
    if scene.happenings.maybe_deleted(scene.provider_id(p), x.last_sign, x.first_absent) {
        return None;
    }
    let heard = Evidence::new(EvidenceKind::ListenedNoDelete).at(x.last_sign).until(x.first_absent);
    let evidence = vec![heard, last_sign(scene, p, x)];
    Some(Verdict::inferred(0.6, evidence, &FIXES))
}

/// It outlived a Provider synchronisation (R4b), and was watched from then on.
fn since_survival(scene: &Scene<'_>, p: u32, x: Presence) -> Option<Verdict> {
    let at = scene.happenings.provider_sync_between(x.last_sign, x.first_absent)?;
    let watched = scene.happenings.coverage(at, x.first_absent)?;
    if scene.happenings.maybe_deleted(scene.provider_id(p), at, x.first_absent) {
        return None;
    }
    let kind = match watched {
        CoverageKind::Complete => EvidenceKind::CoveredNoDelete,
        CoverageKind::Listening => EvidenceKind::ListenedNoDelete,
    };
    let evidence = vec![
        Evidence::new(kind).at(at).until(x.first_absent),
        Evidence::new(EvidenceKind::SurvivedProviderSync).at(at),
    ];
    Some(Verdict::inferred(0.6, evidence, &FIXES))
}

/// Our memory of the departure, where no later sign contradicts it.
fn remembered<'s>(scene: &'s Scene<'_>, p: u32, x: Presence) -> Option<&'s Tombstone> {
    scene.remembered(p).filter(|stone| x.last_sign <= stone.missed)
}

fn silent(stone: &Tombstone) -> Evidence {
    let last = stone.device.last_inform;
    let days = last.map_or(0, |at| stone.missed.duration_since(at).as_hours() / 24);
    Evidence::new(EvidenceKind::SilentDays).at(last).n(days)
}

/// The last sign in words: the ACS's confirmation, our own snapshot, or an event.
pub(super) fn last_sign(scene: &Scene<'_>, p: u32, x: Presence) -> Evidence {
    if scene.row(p).synchronised == Some(x.last_sign) {
        return Evidence::new(EvidenceKind::LastConfirmed).at(x.last_sign);
    }
    match scene.remembered(p).filter(|stone| x.last_sign <= stone.missed) {
        Some(stone) => Evidence::new(EvidenceKind::LeftBetween).at(stone.seen).until(stone.missed),
        None => Evidence::new(EvidenceKind::AddedByEvent).at(x.last_sign),
    }
}

/// Were both sides read whole? If not, says which was not.
fn whole(scene: &Scene<'_>, evidence: &mut Vec<Evidence>) -> bool {
    if !scene.input.acs.is_complete() {
        evidence.push(Evidence::new(EvidenceKind::AcsIncomplete));
    }
    if !scene.input.provider.is_complete() {
        evidence.push(Evidence::new(EvidenceKind::ProviderIncomplete));
    }
    scene.both_complete()
}
