//! `identity-mismatch`: one device, written differently beyond normalisation.
//!
//! Must not do: take a swap for a typing error: a device that registered after the entry
//! was last confirmed is another device, unless the MAC says otherwise.

use super::Verdict;
use crate::domain::{Serial, Untrusted};
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::Fix;
use crate::engine::pairing::Identity;
use crate::engine::scene::Scene;

/// Shorter serials than this are not recognised as cut short: too many begin alike.
const CUT_SHORT_MIN: usize = 6;

/// Does it hold for this device and this entry?
pub(super) fn holds(scene: &Scene<'_>, a: u32, p: u32) -> Option<Verdict> {
    let (mine, theirs) = (scene.acs_id(a), scene.provider_id(p));
    let (Some(ours), Some(written)) = (&mine.serial, &theirs.serial) else { return None };
    if ours == written {
        return None;
    }
    typed_wrong(scene, a, p, ours, written).or_else(|| same_mac(mine, theirs, ours, written))
}

fn typed_wrong(
    scene: &Scene<'_>,
    a: u32,
    p: u32,
    ours: &Serial,
    written: &Serial,
) -> Option<Verdict> {
    let (mine, theirs) = (scene.acs_id(a), scene.provider_id(p));
    if !alike(ours, written) || !mine.same_login(theirs) {
        return None;
    }
    let (device, row) = (scene.device(a), scene.row(p));
    let after = matches!((device.registered, row.synchronised), (Some(r), Some(s)) if r > s);
    if after {
        return None;
    }
    let (support, score) = support(scene, a, p)?;
    let login = row.login.clone();
    let mut evidence = vec![
        pair_of(EvidenceKind::SerialsAlike, ours, written),
        Evidence::new(EvidenceKind::SameLogin).a(login),
        support,
    ];
    let registration_known = row.synchronised.is_none() || device.registered.is_some();
    if !registration_known {
        evidence.push(Evidence::new(EvidenceKind::RegistrationUnknown));
    }
    let only_login = scene.only_they_share_login((a, p), |_| true, |r| scene.row(r).is_entry());
    let sure = mine.shares_mac(theirs) && registration_known && only_login && scene.both_complete();
    Some(Verdict::proven_if(sure, score, evidence, &[Fix::CorrectIdentity]))
}

/// The third fact beside serial and login, and how likely it makes a typing error.
fn support(scene: &Scene<'_>, a: u32, p: u32) -> Option<(Evidence, f64)> {
    let (mine, theirs) = (scene.acs_id(a), scene.provider_id(p));
    if let Some(mac) = mine.all_macs().find(|m| theirs.all_macs().any(|o| o == *m)) {
        return Some((
            Evidence::new(EvidenceKind::SameMac).a(Untrusted::new(&mac.to_string())),
            0.95,
        ));
    }
    let ip = scene.device(a).wan_ip.as_ref().filter(|ip| scene.row(p).wan_ip.as_ref() == Some(ip));
    if let Some(ip) = ip {
        return Some((Evidence::new(EvidenceKind::SameWanIp).a(ip.clone()), 0.9));
    }
    let mut couples = mine.macs.iter().flat_map(|m| theirs.macs.iter().map(move |o| (m, o)));
    let (m, o) = couples.find(|(m, o)| m.one_digit_off(**o))?;
    let text = |mac: &crate::domain::MacAddr| Untrusted::new(&mac.to_string());
    Some((Evidence::new(EvidenceKind::MacOneDigitOff).a(text(m)).b(text(o)), 0.85))
}

/// Whenever it registered: one MAC under two plausible serials.
fn same_mac(
    mine: &Identity,
    theirs: &Identity,
    ours: &Serial,
    written: &Serial,
) -> Option<Verdict> {
    if !mine.serials_differ(theirs) {
        return None;
    }
    let mac = mine.macs.iter().find(|m| theirs.macs.contains(m))?;
    let mut evidence = vec![
        Evidence::new(EvidenceKind::SameMac).a(Untrusted::new(&mac.to_string())),
        pair_of(EvidenceKind::SerialsDiffer, ours, written),
    ];
    let same_login = mine.same_login(theirs);
    if let (true, Some(login)) = (same_login, &theirs.login) {
        evidence.push(Evidence::new(EvidenceKind::SameLogin).a(Untrusted::new(login.as_str())));
    }
    let score = if same_login { 0.8 } else { 0.6 };
    Some(Verdict::inferred(score, evidence, &[Fix::CorrectIdentity]))
}

fn pair_of(kind: EvidenceKind, ours: &Serial, written: &Serial) -> Evidence {
    let text = |s: &Serial| Untrusted::new(s.as_str());
    Evidence::new(kind).a(text(ours)).b(text(written))
}

/// One character, one transposition, or one is the other cut short at either end; GPON
/// serials are compared in their hex form too, because that is how some were typed.
pub(in crate::engine) fn alike(a: &Serial, b: &Serial) -> bool {
    slip(a.as_str(), b.as_str()) || {
        (a.is_gpon() != b.is_gpon()) && slip(&hex_form(a), &hex_form(b))
    }
}

fn slip(a: &str, b: &str) -> bool {
    let (short, long) = if a.len() < b.len() { (a, b) } else { (b, a) };
    let cut = short.len() >= CUT_SHORT_MIN && (long.starts_with(short) || long.ends_with(short));
    cut || (long.len() - short.len() <= 1 && strsim::osa_distance(a, b) == 1)
}

fn hex_form(serial: &Serial) -> String {
    let text = serial.as_str();
    if !serial.is_gpon() {
        return text.to_owned();
    }
    let vendor = text.bytes().take(4).fold(0_u32, |hex, b| hex << 8 | u32::from(b));
    format!("{vendor:08X}{}", &text[4..])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::identity::{Shape, classify};

    fn serial(s: &str) -> Serial {
        match classify(s) {
            Shape::Serial(serial) => serial,
            other @ (Shape::Blank | Shape::Mac(_) | Shape::Either(..)) => panic!("{other:?}"),
        }
    }

    #[test]
    fn slips_of_the_pen() {
        for (a, b, same) in [
            ("HWTC00000012", "HWTC00000072", true),
            ("HWTC00001234", "HWTC00001324", true),
            ("HWTC1234ABCD", "1234ABCD", true),
            ("HWTC1234ABCD", "HWTC1234ABC", true),
            ("HWTC1234ABCD", "HWTC1234ABCDE", true),
            ("4857544300000012", "4857544800000012", true),
            ("HWTC00000012", "HWTC00000073", false),
            ("HWTC00001234", "HWTC00004321", false),
            ("HWTC1234ABCD", "ABCD", false),
        ] {
            assert_eq!(alike(&serial(a), &serial(b)), same, "{a} {b}");
        }
    }
}
