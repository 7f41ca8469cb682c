//! `field-drift`: matched, but a field differs after normalisation.
//!
//! Must not do: compare where a side has no value, or call a WAN IP drift.

use super::{Draft, Verdict};
use crate::domain::Untrusted;
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::{Cause, Field, FieldDrift, Fix};
use crate::engine::pairing::Pass;
use crate::engine::scene::Scene;

/// One finding a matched pair that drifts.
pub(super) fn all(scene: &Scene<'_>) -> Vec<Draft> {
    scene.matched().filter_map(|(a, p, pass)| draft(scene, a, p, pass)).collect()
}

fn draft(scene: &Scene<'_>, a: u32, p: u32, pass: Pass) -> Option<Draft> {
    // A link may pair two serials; anything else that is compared is in their likeness.
    let one_serial = || pass != Pass::Link || !scene.acs_id(a).serials_differ(scene.provider_id(p));
    if scene.pairing.surely_agrees(a) && one_serial() {
        return None;
    }
    let wanted = scene.input.rules.drift.iter();
    let fields: Vec<FieldDrift> = wanted.filter_map(|f| differs(scene, a, p, pass, *f)).collect();
    if fields.is_empty() {
        return None;
    }
    let named = |f: &FieldDrift| {
        Evidence::new(EvidenceKind::FieldDiffers).a(Untrusted::new(f.field.wire()))
    };
    let evidence = fields.iter().map(named).collect();
    let verdict = Verdict::proven(evidence, &[Fix::UpdateProvider]);
    let mut draft = Draft::new(Cause::FieldDrift, verdict, vec![a], vec![p]);
    draft.fields = fields;
    Some(draft)
}

fn differs(scene: &Scene<'_>, a: u32, p: u32, pass: Pass, field: Field) -> Option<FieldDrift> {
    let (device, row) = (scene.device(a), scene.row(p));
    let (mine, theirs) = (scene.acs_id(a), scene.provider_id(p));
    let drift = |acs: Option<Untrusted>, provider: Option<Untrusted>| {
        Some(FieldDrift { field, acs: acs?, provider: provider? })
    };
    match field {
        Field::Login => {
            let both = mine.login.is_some() && theirs.login.is_some();
            let differ = both && !mine.same_login(theirs);
            differ.then(|| drift(device.pppoe_login.clone(), row.login.clone())).flatten()
        }
        Field::Mac if mine.macs_disagree(theirs) => {
            let list = device.macs.iter().map(Untrusted::raw).collect::<Vec<_>>().join(";");
            let acs = Untrusted::present(&list).or_else(|| device.serial.clone());
            let provider = row.mac.clone().or_else(|| row.serial.clone());
            drift(acs, provider)
        }
        Field::Serial => {
            let differ = pass == Pass::Link && mine.serials_differ(theirs);
            differ.then(|| drift(device.serial.clone(), row.serial.clone())).flatten()
        }
        Field::Model => {
            let (ours, written) = (device.model.as_ref()?, row.model.as_ref()?);
            let differ = !same_model(ours.raw(), written.raw());
            differ.then(|| drift(Some(ours.clone()), Some(written.clone()))).flatten()
        }
        Field::Mac | Field::WanIp => None,
    }
}

/// Letters and digits only; equal when one contains the other. A value without any is none.
fn same_model(ours: &str, written: &str) -> bool {
    // The common case: written alike, to the letter.
    if ours == written {
        return true;
    }
    let bare = |s: &str| -> String {
        s.chars().filter(|c| c.is_alphanumeric()).flat_map(char::to_lowercase).collect()
    };
    let (ours, written) = (bare(ours), bare(written));
    ours.is_empty() || written.is_empty() || ours.contains(&written) || written.contains(&ours)
}
