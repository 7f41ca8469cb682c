//! `swapped-device`: the customer got another CPE; the Provider holds the old identity.
//!
//! Must not do: prove a swap from a login alone; the new device must have come after the
//! old one's last sign of life, and the old one must be gone.

use jiff::SignedDuration;

use super::Verdict;
use crate::domain::Untrusted;
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::Fix;
use crate::engine::pairing::entry_id;
use crate::engine::scene::Scene;

/// A device silent for longer than this has stopped informing.
const SILENT: SignedDuration = SignedDuration::from_hours(1);

/// A device silent for longer than this is off, not restarting.
const LONG_SILENT: SignedDuration = SignedDuration::from_hours(24);

/// The old one is gone from the ACS: a device that the Provider lacks and an entry that
/// the ACS lacks share one PPPoE login.
pub(super) fn holds(scene: &Scene<'_>, a: u32, p: u32) -> Option<Verdict> {
    let (mine, theirs) = (scene.acs_id(a), scene.provider_id(p));
    if !mine.same_login(theirs) {
        return None;
    }
    let login = theirs.login.as_ref()?;
    let mut evidence =
        vec![Evidence::new(EvidenceKind::SameLogin).a(Untrusted::new(login.as_str()))];
    let has_identity = theirs.serial.is_some() || !theirs.macs.is_empty();
    let gone = has_identity && !scene.acs_holds(theirs);
    if gone {
        let old = theirs.serial.as_ref().map(|s| s.as_str().to_owned());
        let old = old.or_else(|| theirs.macs.first().map(ToString::to_string));
        evidence
            .push(Evidence::new(EvidenceKind::OldIdentityGone).a(old.map(|o| Untrusted::new(&o))));
    }
    let registered = scene.device(a).registered;
    let last_sign = scene.presence(p).map(|presence| presence.last_sign);
    let after = match (registered, last_sign) {
        (Some(registered), Some(sign)) => {
            let kind = if registered > sign {
                EvidenceKind::RegisteredAfterOld
            } else {
                EvidenceKind::RegisteredBeforeOld
            };
            evidence.push(Evidence::new(kind).at(registered).until(sign));
            registered > sign
        }
        (None, _) => {
            evidence.push(Evidence::new(EvidenceKind::RegistrationUnknown));
            false
        }
        (_, None) => {
            evidence.push(Evidence::new(EvidenceKind::OldSignUnknown));
            false
        }
    };
    let only = scene.only_they_share_login((a, p), |_| true, |r| scene.row(r).is_entry());
    let sure = gone && after && only && scene.both_complete();
    let score = if gone && last_sign.is_none() { 0.8 } else { 0.7 };
    Some(Verdict::proven_if(sure, score, evidence, &[Fix::ReplaceIdentity]))
}

/// The old one is still in the ACS, silent: the other of exactly two devices with one
/// login. Gives the old pair (device, entry), which stays matched.
pub(super) fn old_one_still_there(scene: &Scene<'_>, a: u32) -> Option<((u32, u32), Verdict)> {
    let login = scene.acs_id(a).login.as_ref()?;
    let registered = scene.device(a).registered?;
    let mut others = scene.acs_with(login).filter(|&x| x != a);
    let (old, None) = (others.next()?, others.next()) else { return None };
    let entry = scene.entry_of(old)?;
    if !scene.provider_id(entry).same_login(scene.acs_id(a)) {
        return None;
    }
    let last = scene.device(old).last_inform?;
    let silent = scene.acs_at.duration_since(last);
    if last > registered || silent <= SILENT {
        return None;
    }
    let evidence = vec![
        Evidence::new(EvidenceKind::SameLogin).a(Untrusted::new(login.as_str())),
        Evidence::new(EvidenceKind::OldDeviceSilent)
            .a(scene.device(old).id.clone())
            .b(entry_id(scene.row(entry)))
            .at(last)
            .until(registered),
    ];
    let score = if silent > LONG_SILENT { 0.9 } else { 0.7 };
    Some(((old, entry), Verdict::inferred(score, evidence, &[Fix::ReplaceIdentity])))
}
