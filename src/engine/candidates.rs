//! Proposals to a person: which login may belong to a device that has none.
//!
//! Must not do: propose a login that a counted entry holds, or let a proposal decide anything.

use crate::domain::ProviderRecord;
use crate::engine::cause::identity_mismatch;
use crate::engine::finding::{Candidate, Reason};
use crate::engine::scene::Scene;

/// At most so many proposals a device.
const CANDIDATES_MAX: usize = 5;

/// A weaker proposal than this is noise.
const SCORE_MIN: f64 = 0.5;

/// A login that fits: by its name, or named by the device's own entry.
#[must_use]
pub fn of_fit(scene: &Scene<'_>, a: u32, row: u32) -> Candidate {
    let (mine, theirs) = (scene.acs_id(a), scene.provider_id(row));
    let mut why = Vec::new();
    if scene.entry_of(a) == Some(row) {
        why.push(Reason::NamedByEntry);
    }
    if mine.same_login(theirs) {
        why.push(Reason::SameLogin);
    }
    if mine.serial.is_some() && mine.serial == theirs.serial {
        why.push(Reason::SameSerial);
    }
    if mine.shares_mac(theirs) {
        why.push(Reason::SameMac);
    }
    why.extend(weak_reasons(scene, a, row).into_iter().filter(|r| *r == Reason::SameWanIp));
    let score = 1.0 - 0.3 / f64::from(u32::try_from(why.len()).unwrap_or(1).max(1));
    candidate(scene.row(row), score, why)
}

/// Logins that resemble a device nothing fits: by WAN IP, nearly the same login, or the
/// customer's name.
#[must_use]
pub fn for_device(scene: &Scene<'_>, a: u32) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = scene
        .free_logins()
        .near(scene, a)
        .into_iter()
        .filter_map(|row| {
            let why = weak_reasons(scene, a, row);
            let doubt: f64 = why.iter().map(|r| 1.0 - weight(*r)).product();
            let score = 1.0 - doubt;
            (score >= SCORE_MIN).then(|| candidate(scene.row(row), score, why))
        })
        .collect();
    found.sort_by(|x, y| {
        let names = |c: &Candidate| (c.login_id.clone(), c.device_id.clone());
        y.score.total_cmp(&x.score).then_with(|| names(x).cmp(&names(y)))
    });
    found.truncate(CANDIDATES_MAX);
    found
}

fn candidate(row: &ProviderRecord, score: f64, why: Vec<Reason>) -> Candidate {
    Candidate {
        login_id: row.login_id.clone(),
        login: row.login.clone(),
        device_id: row.device_id.clone(),
        acs_id: None,
        score: (score * 100.0).round() / 100.0,
        why,
    }
}

/// How much each weak reason tells by itself.
fn weight(reason: Reason) -> f64 {
    match reason {
        Reason::SameWanIp => 0.6,
        Reason::LoginAlike => 0.55,
        Reason::NameAlike | Reason::MacNeighbour => 0.5,
        Reason::MacOneDigitOff | Reason::SerialAlike => 0.4,
        Reason::SameModel => 0.1,
        Reason::SameLogin | Reason::SameMac | Reason::SameSerial | Reason::NamedByEntry => 0.9,
    }
}

fn weak_reasons(scene: &Scene<'_>, a: u32, row: u32) -> Vec<Reason> {
    let (device, record) = (scene.device(a), scene.row(row));
    let (mine, theirs) = (scene.acs_id(a), scene.provider_id(row));
    let mut why = Vec::new();
    if device.wan_ip.is_some() && device.wan_ip == record.wan_ip {
        why.push(Reason::SameWanIp);
    }
    if let (Some(x), Some(y)) = (&mine.login, &theirs.login)
        && !x.same(y)
        && alike(x.local(), y.local())
    {
        why.push(Reason::LoginAlike);
    }
    if let (Some(login), Some(name)) = (&mine.login, &record.customer_name)
        && name_key(name.0.raw()).is_some_and(|key| login_key(login.local()) == Some(key))
    {
        why.push(Reason::NameAlike);
    }
    // Boxes bought in one batch differ by a digit; two customers' logins tell them apart.
    let other_customer = matches!((&mine.login, &theirs.login), (Some(x), Some(y))
        if !x.same(y) && !alike(x.local(), y.local()));
    if !other_customer {
        why.extend(slips_of_identity(scene, a, row));
    }
    if device.model.is_some() && device.model == record.model {
        why.push(Reason::SameModel);
    }
    why
}

/// What a slip of the pen in serial or MAC, or the next MAC of one box, looks like.
fn slips_of_identity(scene: &Scene<'_>, a: u32, row: u32) -> Vec<Reason> {
    let (mine, theirs) = (scene.acs_id(a), scene.provider_id(row));
    let mut why = Vec::new();
    if let (Some(x), Some(y)) = (&mine.serial, &theirs.serial)
        && x != y
        && identity_mismatch::alike(x, y)
    {
        why.push(Reason::SerialAlike);
    }
    let mut macs = mine.macs.iter().flat_map(|m| theirs.macs.iter().map(move |o| (m, o)));
    if macs.any(|(m, o)| m.is_neighbour(*o)) {
        why.push(Reason::MacNeighbour);
    }
    let mut macs = mine.macs.iter().flat_map(|m| theirs.macs.iter().map(move |o| (m, o)));
    if macs.any(|(m, o)| m.one_digit_off(*o) && !m.is_neighbour(*o)) {
        why.push(Reason::MacOneDigitOff);
    }
    why
}

/// One slip of the pen in a login of some length.
fn alike(x: &str, y: &str) -> bool {
    let longest = x.len().max(y.len());
    longest >= 5 && x.len().abs_diff(y.len()) <= 1 && strsim::osa_distance(x, y) == 1
}

/// First and last word of a name, accents and case folded: `ana lima`.
pub(crate) fn name_key(name: &str) -> Option<String> {
    let folded = fold_accents(name);
    let mut words = folded.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    let first = words.next()?;
    let last = words.next_back()?;
    Some(format!("{first} {last}"))
}

/// The same key of a login of the form `ana.lima`.
pub(crate) fn login_key(local: &str) -> Option<String> {
    name_key(local)
}

fn fold_accents(text: &str) -> String {
    use unicode_normalization::{UnicodeNormalization, char::is_combining_mark};
    text.nfd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase).collect()
}
