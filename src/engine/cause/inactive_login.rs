//! `inactive-login`: the entry's login, or the only login that fits, is not active.
//!
//! Must not do: offer to send anything; the contract's state is the reason, and a person's
//! business.

use super::{Verdict, past};
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::Fix;
use crate::engine::scene::Scene;

/// Does it hold for this ACS device?
pub(super) fn holds(scene: &Scene<'_>, a: u32) -> Option<Verdict> {
    if let Some(entry) = scene.entry_of(a).map(|p| scene.row(p))
        && entry.has_login()
        && !entry.is_active()
    {
        let login = entry.login.clone().or_else(|| entry.login_id.clone());
        let inactive =
            Evidence::new(EvidenceKind::LoginInactive).a(login).b(entry.contract_status.clone());
        let evidence = with_past(scene, a, inactive);
        return Some(Verdict::proven_if(entry.is_linked(), 0.9, evidence, &[Fix::Ignore]));
    }
    let fits = scene.fits(a);
    let [only] = fits[..] else { return None };
    let row = scene.row(only);
    if row.is_active() {
        return None;
    }
    let inactive = Evidence::new(EvidenceKind::FittingLoginInactive)
        .a(row.login.clone())
        .b(row.contract_status.clone());
    Some(Verdict::inferred(0.8, with_past(scene, a, inactive), &[Fix::Ignore]))
}

/// Its past is told for the day on which the login is no longer the reason.
fn with_past(scene: &Scene<'_>, a: u32, inactive: Evidence) -> Vec<Evidence> {
    std::iter::once(inactive).chain(past::of(scene, a)).collect()
}
