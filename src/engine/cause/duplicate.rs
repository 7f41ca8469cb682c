//! `duplicate`: one identity on several records; none of them is matched.
//!
//! Must not do: choose. The record whose login and MAC agree as well is offered, never taken.

use hashbrown::HashMap;

use super::{Draft, Verdict};
use crate::domain::{MacAddr, Serial, Untrusted};
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::{Candidate, Cause, Fix, Reason};
use crate::engine::pairing::{Group, Identity};
use crate::engine::scene::Scene;

/// One finding a group.
pub(super) fn all(scene: &Scene<'_>) -> Vec<Draft> {
    scene.pairing.groups.iter().map(|group| draft(scene, group)).collect()
}

fn draft(scene: &Scene<'_>, group: &Group) -> Draft {
    let verdict = Verdict::proven(evidence(scene, group), &[Fix::ChooseByHand])
        .with_candidates(likely(scene, group));
    Draft::new(Cause::Duplicate, verdict, group.acs.clone(), group.provider.clone())
}

fn members<'s>(scene: &'s Scene<'_>, group: &'s Group) -> impl Iterator<Item = &'s Identity> {
    let acs = group.acs.iter().map(|&a| scene.acs_id(a));
    acs.chain(group.provider.iter().map(|&p| scene.provider_id(p)))
}

fn evidence(scene: &Scene<'_>, group: &Group) -> Vec<Evidence> {
    let mut serials: HashMap<&Serial, i64> = HashMap::new();
    let mut macs: HashMap<MacAddr, i64> = HashMap::new();
    for identity in members(scene, group) {
        if let Some(serial) = &identity.serial {
            *serials.entry(serial).or_default() += 1;
        }
        for mac in identity.all_macs() {
            *macs.entry(mac).or_default() += 1;
        }
    }
    let most_serial =
        serials.into_iter().filter(|(_, n)| *n > 1).max_by(|x, y| (x.1, y.0).cmp(&(y.1, x.0)));
    let most_mac =
        macs.into_iter().filter(|(_, n)| *n > 1).max_by(|x, y| (x.1, y.0).cmp(&(y.1, x.0)));
    let serial = most_serial.map(|(s, n)| (Untrusted::new(s.as_str()), n));
    let mac = most_mac.map(|(m, n)| (Untrusted::new(&m.to_string()), n));
    let total = i64::try_from(group.acs.len() + group.provider.len()).unwrap_or(i64::MAX);
    let mut found = Vec::new();
    if let (Some((s, n)), Some((m, _))) = (&serial, &mac)
        && *n < total
    {
        found.push(Evidence::new(EvidenceKind::CrossedIdentities).a(s.clone()).b(m.clone()));
    }
    found.extend(serial.map(|(s, n)| Evidence::new(EvidenceKind::GroupSharesSerial).a(s).n(n)));
    found.extend(mac.map(|(m, n)| Evidence::new(EvidenceKind::GroupSharesMac).a(m).n(n)));
    found
}

/// More couples than this in one group are a word that many boxes carry, not one device.
const COMPARED_MAX: usize = 4096;

/// Records of the crowded side whose login and MAC agree with a record of the other side.
fn likely(scene: &Scene<'_>, group: &Group) -> Vec<Candidate> {
    let mut found = Vec::new();
    if group.acs.len() * group.provider.len() > COMPARED_MAX {
        return found;
    }
    for &a in &group.acs {
        for &p in &group.provider {
            let (mine, theirs) = (scene.acs_id(a), scene.provider_id(p));
            if !(mine.same_login(theirs) && mine.shares_mac(theirs)) {
                continue;
            }
            let row = scene.row(p);
            found.push(Candidate {
                login_id: row.login_id.clone(),
                login: row.login.clone(),
                device_id: row.device_id.clone(),
                acs_id: Some(scene.device(a).id.clone()),
                score: 0.9,
                why: vec![Reason::SameLogin, Reason::SameMac],
            });
        }
    }
    found.sort_by(|x, y| {
        (&x.acs_id, &x.device_id, &x.login_id).cmp(&(&y.acs_id, &y.device_id, &y.login_id))
    });
    found
}
