//! `awaiting-sync`: one active login fits, and the next ACS synchronisation will tell.
//!
//! Must not do: hold for a device that a synchronisation has already passed over.

use jiff::SignedDuration;

use super::{Verdict, past};
use crate::domain::Untrusted;
use crate::engine::candidates;
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::Fix;
use crate::engine::scene::Scene;

/// Where no synchronisation is known, one a day is assumed; after two days it has happened.
pub(super) const ASSUMED_WITHIN: SignedDuration = SignedDuration::from_hours(48);

const FIXES: [Fix; 2] = [Fix::Synchronise, Fix::SendDevice];

/// Does it hold for this ACS device?
pub(super) fn holds(scene: &Scene<'_>, a: u32) -> Option<Verdict> {
    let registered = scene.device(a).registered?;
    let fit = only_active_fit(scene, a)?;
    let (when, sure) = match scene.acs_sync {
        Some(sync) if registered > sync.at => {
            let kind = EvidenceKind::RegisteredAfterSync;
            (Evidence::new(kind).at(registered).until(sync.at), sync.surely_last)
        }
        None if scene.acs_at.duration_since(registered) <= ASSUMED_WITHIN => {
            (Evidence::new(EvidenceKind::SyncAssumedDaily).at(registered), false)
        }
        _ => return None,
    };
    let mut evidence = vec![when, fit_evidence(scene, a, fit)];
    let spellings = [scene.acs_id(a).login.as_ref(), scene.provider_id(fit).login.as_ref()];
    let alone = spellings.into_iter().flatten().all(|l| scene.acs_with(l).all(|x| x == a));
    let past = past::of(scene, a);
    let sure = sure && alone && past.is_none() && scene.both_complete();
    evidence.extend(past);
    let verdict = Verdict::proven_if(sure, 0.8, evidence, &FIXES);
    Some(verdict.with_candidates(vec![candidates::of_fit(scene, a, fit)]))
}

/// The one active login that fits.
pub(super) fn only_active_fit(scene: &Scene<'_>, a: u32) -> Option<u32> {
    let fits = scene.fits(a);
    let mut active = fits.iter().copied().filter(|&f| scene.row(f).is_active());
    match (active.next(), active.next()) {
        (Some(fit), None) => Some(fit),
        _ => None,
    }
}

/// How the login fits: the device's own entry names it, or its name is the device's login.
pub(super) fn fit_evidence(scene: &Scene<'_>, a: u32, fit: u32) -> Evidence {
    let row = scene.row(fit);
    let login = row.login.clone().or_else(|| row.login_id.clone());
    if scene.entry_of(a) == Some(fit) {
        let entry: Untrusted = crate::engine::pairing::entry_id(row);
        return Evidence::new(EvidenceKind::EntryNamesLogin).a(login).b(entry);
    }
    Evidence::new(EvidenceKind::LoginFits).a(login)
}
