//! `unlinked-login`: the Provider has no login for the device, or nobody linked the one that fits.
//!
//! Must not do: prove it while another reading is open: a login that fits, a login held by
//! another device, a side that was not read whole, or a device with a past: that one may
//! have been deleted by hand and have returned, which nobody saw.

use super::Verdict;
use super::awaiting_sync::fit_evidence;
use super::past;
use crate::engine::candidates;
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::Fix;
use crate::engine::pairing::entry_id;
use crate::engine::scene::Scene;

const FIXES: [Fix; 2] = [Fix::LinkLogin, Fix::Ignore];

/// Does it hold for this ACS device?
pub(super) fn holds(scene: &Scene<'_>, a: u32) -> Option<Verdict> {
    let fits = scene.fits(a);
    let active: Vec<u32> = fits.iter().copied().filter(|&f| scene.row(f).is_active()).collect();
    if active.is_empty() {
        // It came after the Provider was read: what fits it was not there to be read.
        let too_new = scene.device(a).registered.is_some_and(|r| r > scene.provider_at);
        return (!too_new).then(|| nothing_fits(scene, a, fits.len()));
    }
    let mut evidence = Vec::new();
    if let [fit] = active[..] {
        evidence.push(passed_over(scene, a));
        evidence.push(fit_evidence(scene, a, fit));
    } else {
        let n = i64::try_from(active.len()).unwrap_or(i64::MAX);
        evidence.push(Evidence::new(EvidenceKind::SeveralLoginsFit).n(n));
    }
    evidence.extend(past::of(scene, a));
    let candidates = active.iter().map(|&fit| candidates::of_fit(scene, a, fit)).collect();
    let score = if active.len() == 1 { 0.8 } else { 0.6 };
    Some(Verdict::inferred(score, evidence, &FIXES).with_candidates(candidates))
}

/// A synchronisation came after the device registered, and did not link the login that fits.
fn passed_over(scene: &Scene<'_>, a: u32) -> Evidence {
    let Some(registered) = scene.device(a).registered else {
        return Evidence::new(EvidenceKind::RegistrationUnknown);
    };
    match scene.acs_sync {
        Some(sync) => {
            Evidence::new(EvidenceKind::RegisteredBeforeSync).at(registered).until(sync.at)
        }
        None => Evidence::new(EvidenceKind::SyncAssumedDaily).at(registered),
    }
}

/// No active login fits; `inactive` are that do, several of them.
fn nothing_fits(scene: &Scene<'_>, a: u32, inactive: usize) -> Verdict {
    let identity = scene.acs_id(a);
    let mut evidence = Vec::new();
    let mut sure = scene.both_complete();
    if let Some(entry) = scene.entry_of(a) {
        let listed = Evidence::new(EvidenceKind::ListedWithoutLogin);
        evidence.push(listed.a(entry_id(scene.row(entry))));
    } else if inactive > 0 {
        let n = i64::try_from(inactive).unwrap_or(i64::MAX);
        evidence.push(Evidence::new(EvidenceKind::SeveralLoginsFit).n(n));
        sure = false;
    } else if scene.provider_lists(identity) {
        // Another record is as good a claimant, so nothing was paired with that entry.
        evidence.push(Evidence::new(EvidenceKind::IdentityElsewhere));
        sure = false;
    } else {
        evidence.push(Evidence::new(EvidenceKind::NoLoginFits));
    }
    if let Some(held) = held_elsewhere(scene, a) {
        evidence.push(held);
        sure = false;
    }
    if identity.has_generic_login() {
        let login = scene.device(a).pppoe_login.clone();
        evidence.push(Evidence::new(EvidenceKind::GenericLogin).a(login));
    }
    if let Some(junk) = identity.placeholder() {
        evidence.push(Evidence::new(EvidenceKind::PlaceholderIdentity).a(junk.clone()));
    }
    if identity.is_nobody() && scene.entry_of(a).is_none() {
        evidence.push(Evidence::new(EvidenceKind::IdentifiesNobody));
        sure = false;
    }
    if let Some(past) = past::of(scene, a) {
        evidence.push(past);
        sure = false;
    }
    if !scene.input.provider.is_complete() {
        evidence.push(Evidence::new(EvidenceKind::ProviderIncomplete));
    }
    let verdict = Verdict::proven_if(sure, 0.7, evidence, &FIXES);
    verdict.with_candidates(candidates::for_device(scene, a))
}

/// The login of that name which another, counted entry holds.
fn held_elsewhere(scene: &Scene<'_>, a: u32) -> Option<Evidence> {
    let login = scene.acs_id(a).login.as_ref()?;
    let holders = scene.rows_with(login).filter_map(|row| scene.holder(row));
    let row = holders.map(|holder| scene.row(holder)).min_by_key(|row| entry_id(row))?;
    Some(Evidence::new(EvidenceKind::LoginHeld).a(row.login.clone()).b(entry_id(row)))
}
