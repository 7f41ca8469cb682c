//! Couples: an ACS device and an entry that belong to one story, and are no pair.
//!
//! Must not do: take a record twice, or one that nobody counts: an entry without an ACS
//! device that is not counted is in no finding. Couples come before the causes of single records,
//! because their evidence outranks what each half would show alone.

use hashbrown::HashMap;

use super::{Draft, Open, Verdict, identity_mismatch, swapped_device};
use crate::domain::{DeviceKey, MacAddr};
use crate::engine::finding::Cause;
use crate::engine::scene::Scene;

/// Every couple, in CAUSES.md's order: mistyped identities, then swaps.
pub(super) fn all(scene: &Scene<'_>, open: &mut Open) -> Vec<Draft> {
    let mut drafts = Vec::new();
    let mismatches = weighed(scene, by_login(scene, open).chain(by_mac(scene, open)), |a, p| {
        identity_mismatch::holds(scene, a, p)
    });
    take(open, Cause::IdentityMismatch, mismatches, &mut drafts);
    let swaps = weighed(scene, by_login(scene, open), |a, p| swapped_device::holds(scene, a, p));
    take(open, Cause::SwappedDevice, swaps, &mut drafts);
    let alone: Vec<u32> = open.acs_alone(scene).collect();
    for a in alone {
        if let Some((old, verdict)) = swapped_device::old_one_still_there(scene, a) {
            open.take_acs(a);
            let mut draft = Draft::new(Cause::SwappedDevice, verdict, vec![a], Vec::new());
            draft.related = Some(old);
            drafts.push(draft);
        }
    }
    drafts
}

/// A couple with what it would be found as.
struct Couple {
    acs: u32,
    provider: u32,
    verdict: Verdict,
    keys: (DeviceKey, DeviceKey),
}

fn weighed(
    scene: &Scene<'_>,
    couples: impl Iterator<Item = (u32, u32)>,
    holds: impl Fn(u32, u32) -> Option<Verdict>,
) -> Vec<Couple> {
    let mut pairs: Vec<(u32, u32)> = couples.collect();
    pairs.sort_unstable();
    pairs.dedup();
    let mut found: Vec<Couple> = pairs
        .into_iter()
        .filter_map(|(acs, provider)| {
            let verdict = holds(acs, provider)?;
            let acs_key = scene.acs_id(acs).acs_key(scene.device(acs));
            let provider_key = scene.provider_id(provider).provider_key(scene.row(provider));
            Some(Couple { acs, provider, verdict, keys: (acs_key, provider_key) })
        })
        .collect();
    // The likeliest first; keys break ties, so that the input's order doesn't matter.
    found.sort_by(|x, y| {
        y.verdict.score.total_cmp(&x.verdict.score).then_with(|| x.keys.cmp(&y.keys))
    });
    found
}

fn take(open: &mut Open, cause: Cause, couples: Vec<Couple>, drafts: &mut Vec<Draft>) {
    for couple in couples {
        if open.is_acs_open(couple.acs) && open.is_entry_open(couple.provider) {
            open.take_acs(couple.acs);
            open.take_entry(couple.provider);
            let (acs, provider) = (vec![couple.acs], vec![couple.provider]);
            drafts.push(Draft::new(cause, couple.verdict, acs, provider));
        }
    }
}

/// Couples with one PPPoE login, which no other open record of either side carries.
fn by_login<'s>(scene: &'s Scene<'_>, open: &Open) -> impl Iterator<Item = (u32, u32)> + use<'s> {
    let mut couples = Vec::new();
    for a in open.acs_alone(scene) {
        let Some(login) = &scene.acs_id(a).login else { continue };
        let Some(p) = scene.rows_with(login).find(|&p| open.is_counted_open(scene, p)) else {
            continue;
        };
        let devices = |x| open.is_acs_open(x);
        if scene.only_they_share_login((a, p), devices, |x| open.is_counted_open(scene, x)) {
            couples.push((a, p));
        }
    }
    couples.into_iter()
}

/// Couples with one MAC, which no other open record of either side carries.
fn by_mac<'s>(scene: &'s Scene<'_>, open: &Open) -> impl Iterator<Item = (u32, u32)> + use<'s> {
    let mut holders: HashMap<MacAddr, (Vec<u32>, Vec<u32>)> = HashMap::new();
    for p in open.counted(scene) {
        for &mac in &scene.provider_id(p).macs {
            holders.entry(mac).or_default().1.push(p);
        }
    }
    for a in open.acs_alone(scene) {
        for mac in &scene.acs_id(a).macs {
            if let Some(held) = holders.get_mut(mac) {
                held.0.push(a);
            }
        }
    }
    let only =
        holders.into_values().filter_map(|(acs, provider)| match (&acs[..], &provider[..]) {
            (&[a], &[p]) => Some((a, p)),
            _ => None,
        });
    only.collect::<Vec<_>>().into_iter()
}
