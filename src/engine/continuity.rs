//! From drafts to findings: ids, keys, what was there before, what a person ignores, and
//! what has ended.
//!
//! Must not do: judge. The cause is decided; here it gets its name and its past.

use compact_str::CompactString;
use hashbrown::{HashMap, HashSet};
use jiff::Timestamp;
use sha2::{Digest, Sha256};

use crate::domain::identity::{Shape, classify};
use crate::domain::{DeviceKey, PppoeLogin, Untrusted};
use crate::engine::baseline::{Ignore, Prior};
use crate::engine::both::both;
use crate::engine::cause::Draft;
use crate::engine::finding::{Cause, Finding, Ignored, Related, State};
use crate::engine::pairing::{Identity, Listed};
use crate::engine::scene::Scene;
use crate::engine::{Resolved, ResolvedHow};

/// So many drafts a thread names at a time.
const AT_A_TIME: usize = 4096;

/// Names the drafts, sorted by cause, then key.
#[must_use]
pub fn findings(scene: &Scene<'_>, drafts: Vec<Draft>) -> Vec<Finding> {
    let ignores = Ignores::of(&scene.input.baseline.ignores, scene.acs_at.max(scene.provider_at));
    let name = |drafts: Vec<Draft>| -> Vec<Finding> {
        drafts.into_iter().map(|draft| named(scene, draft, &ignores)).collect()
    };
    let mut findings: Vec<Finding> = Vec::with_capacity(drafts.len());
    let mut drafts = drafts.into_iter();
    // Some at a time: half of a great report beside the whole of it is when memory is fullest.
    while drafts.len() > 0 {
        let half = drafts.len().min(2 * AT_A_TIME).div_ceil(2);
        let mut some = || drafts.by_ref().take(half).collect();
        let (first, second) = (some(), some());
        let (second, first) = both(|| name(second), || name(first));
        findings.extend(first);
        findings.extend(second);
    }
    sort(&mut findings);
    tell_apart(&mut findings);
    findings
}

/// By cause, then key. A finding is long, and is moved once, to where the short of it belongs. A
/// buffer for the findings themselves would be half of them again, when memory is fullest.
fn sort(findings: &mut [Finding]) {
    findings.sort_by_cached_key(|finding| (finding.cause, finding.keys.first().cloned()));
    let of_one_key =
        |x: &Finding, y: &Finding| (x.cause, x.keys.first()) == (y.cause, y.keys.first());
    for alike in findings.chunk_by_mut(of_one_key) {
        alike.sort_unstable_by(|x, y| x.keys.cmp(&y.keys).then_with(|| ids(x).cmp(&ids(y))));
    }
}

/// What orders findings of one cause and key: their records' ids, or what they go by without.
fn ids(finding: &Finding) -> (Vec<&Untrusted>, Vec<[Option<&Untrusted>; 3]>) {
    let provider = finding.provider.iter().map(|p| {
        [p.device_id.as_ref().or(p.login_id.as_ref()), p.login.as_ref(), p.customer_id.as_ref()]
    });
    (finding.acs.iter().map(|a| &a.id).collect(), provider.collect())
}

/// Two findings of one cause over one key (two boxes that carry the same junk) still need
/// two ids: the second is counted in.
fn tell_apart(findings: &mut [Finding]) {
    let mut seen: HashMap<CompactString, u32> = HashMap::with_capacity(findings.len());
    for finding in findings {
        let count = seen.entry(CompactString::new(&finding.id)).or_default();
        *count += 1;
        if *count > 1 {
            finding.id = finding_id(finding.cause, &finding.keys, *count);
        }
    }
}

fn named(scene: &Scene<'_>, draft: Draft, ignores: &Ignores<'_>) -> Finding {
    let gone = usize::from(draft.gone.is_some());
    let mut keys = Vec::with_capacity(draft.acs.len() + draft.provider.len() + gone);
    let mut left_alone = None;
    let mut look = |identity: &Identity, key: DeviceKey, ids: &[Option<&Untrusted>]| {
        left_alone = left_alone.take().or_else(|| ignores.find(identity, ids));
        keys.push(key);
    };
    for &a in &draft.acs {
        let device = scene.device(a);
        look(scene.acs_id(a), scene.acs_id(a).acs_key(device), &[Some(&device.id)]);
    }
    for &p in &draft.provider {
        let row = scene.row(p);
        let key = scene.provider_id(p).provider_key(row);
        look(scene.provider_id(p), key, &[row.device_id.as_ref(), row.login_id.as_ref()]);
    }
    if let Some((device, _)) = draft.gone.as_deref() {
        let identity = Identity::of_acs(device, scene.input.rules);
        let key = identity.acs_key(device);
        look(&identity, key, &[Some(&device.id)]);
    }
    // The first key hangs first_seen, ignores and notes: the device's, not the old identity's.
    let first = keys.first().cloned();
    keys.sort_unstable();
    keys.dedup();
    if let Some(at) = first.and_then(|f| keys.iter().position(|k| *k == f)) {
        keys[..=at].rotate_right(1);
    }
    // A deletion by hand is news of this interval, whatever was found before.
    let news = draft.cause == Cause::ManualDelete;
    let prior = scene.priors.find(draft.cause, &keys).filter(|_| !news);
    let now = scene.acs_at.max(scene.provider_at);
    let absent_since = absent_since(scene, &draft, prior);
    keys.shrink_to_fit();
    let (gone_acs, gone_provider) = draft.gone.map(|gone| *gone).unzip();
    let acs = draft.acs.iter().map(|&a| scene.device(a).clone());
    let provider = draft.provider.iter().map(|&p| scene.row(p).clone());
    Finding {
        id: finding_id(draft.cause, &keys, 1),
        cause: draft.cause,
        strength: draft.verdict.strength,
        score: draft.verdict.score,
        state: if prior.is_some() { State::Ongoing } else { State::New },
        was: prior.map(|p| p.cause).filter(|&cause| cause != draft.cause),
        first_seen: prior.map_or(now, |p| p.first_seen),
        absent_since,
        ignored: left_alone,
        acs: acs.chain(gone_acs).collect(),
        provider: provider.chain(gone_provider.flatten()).collect(),
        related: draft.related.map(|(a, p)| {
            let (acs, provider) = (scene.device(a).clone(), scene.row(p).clone());
            Box::new(Related { acs: Some(acs), provider: Some(provider) })
        }),
        keys,
        evidence: draft.verdict.evidence,
        fixes: draft.verdict.fixes,
        candidates: draft.verdict.candidates,
        fields: draft.fields,
    }
}

/// The first complete snapshot of the other system without it. What the last run found of the
/// same device may have been about something else, so only its own absence is gone on with.
fn absent_since(scene: &Scene<'_>, draft: &Draft, prior: Option<&Prior>) -> Option<Timestamp> {
    match (&draft.acs[..], &draft.provider[..]) {
        ([], [p]) => scene.first_absent(*p),
        ([_], []) if draft.cause.is_not_integrated() => {
            let before = prior.filter(|p| p.cause.is_not_integrated());
            let whole = || scene.input.provider.is_complete().then_some(scene.provider_at);
            before.and_then(|p| p.absent_since).or_else(whole)
        }
        _ => None,
    }
}

/// `f-` and the first 8 bytes of a SHA-256 over cause and keys.
fn finding_id(cause: Cause, keys: &[DeviceKey], count: u32) -> String {
    let mut hash = Sha256::new();
    hash.update(cause.wire());
    for key in keys {
        hash.update(b"\n");
        hash.update(key.text());
    }
    if count > 1 {
        hash.update(format!("\n#{count}"));
    }
    let first = hash.finalize().first_chunk().map_or(0, |eight| u64::from_be_bytes(*eight));
    format!("f-{first:016x}")
}

/// What persons ignore, by whatever they named it.
struct Ignores<'a> {
    keys: HashMap<DeviceKey, &'a Ignore>,
    logins: Vec<(PppoeLogin, &'a Ignore)>,
    ids: HashMap<&'a str, &'a Ignore>,
}

impl<'a> Ignores<'a> {
    fn of(ignores: &'a [Ignore], now: Timestamp) -> Self {
        let mut index = Self { keys: HashMap::new(), logins: Vec::new(), ids: HashMap::new() };
        for ignore in ignores.iter().filter(|i| i.until.is_none_or(|until| until > now)) {
            let text = ignore.key.raw();
            if let Some(key) = DeviceKey::parse(text) {
                index.keys.insert(key, ignore);
                continue;
            }
            match classify(text) {
                Shape::Serial(serial) => {
                    index.keys.insert(DeviceKey::Serial(serial), ignore);
                }
                Shape::Mac(mac) => {
                    index.keys.insert(DeviceKey::Mac(mac), ignore);
                }
                Shape::Either(serial, mac) => {
                    index.keys.insert(DeviceKey::Serial(serial), ignore);
                    index.keys.insert(DeviceKey::Mac(mac), ignore);
                }
                Shape::Blank => {}
            }
            index.logins.extend(PppoeLogin::new(text).map(|login| (login, ignore)));
            index.ids.insert(text, ignore);
        }
        index
    }

    fn find(&self, identity: &Identity, ids: &[Option<&Untrusted>]) -> Option<Ignored> {
        if self.keys.is_empty() && self.ids.is_empty() {
            return None;
        }
        let serial = identity.serial.clone().map(DeviceKey::Serial);
        let keys = serial.into_iter().chain(identity.all_macs().map(DeviceKey::Mac));
        let id_keys = ids
            .iter()
            .flatten()
            .flat_map(|id| [DeviceKey::AcsId((*id).clone()), DeviceKey::ProviderId((*id).clone())]);
        let by_key = || keys.chain(id_keys).find_map(|k| self.keys.get(&k).copied());
        let by_id = || ids.iter().flatten().find_map(|id| self.ids.get(id.raw()).copied());
        let by_login = || {
            let login = identity.login.as_ref()?;
            self.logins.iter().find(|(l, _)| l.same(login)).map(|(_, ignore)| *ignore)
        };
        let found = by_key().or_else(by_id).or_else(by_login)?;
        Some(Ignored { reason: found.reason.clone(), until: found.until })
    }
}

/// Findings of the last run that are no more, and how each ended; `places` is where their keys are
/// now. Where a side was not read whole, what can't be found may be in the part that was not read:
/// it has not ended.
#[must_use]
pub fn resolved(scene: &Scene<'_>, findings: &[Finding], places: &Whereabouts) -> Vec<Resolved> {
    let present = findings.iter().filter(|f| f.cause != Cause::ManualDelete);
    let now: HashSet<&DeviceKey> = present.flat_map(|f| &f.keys).collect();
    let mut ended: Vec<Resolved> = Vec::new();
    for prior in &scene.input.baseline.priors {
        if prior.cause == Cause::ManualDelete || prior.keys.iter().any(|k| now.contains(k)) {
            continue;
        }
        let how = places.how(prior);
        if scene.both_complete() || matches!(how, ResolvedHow::Matched | ResolvedHow::SetRight) {
            let (id, cause, keys) = (prior.id.clone(), prior.cause, prior.keys.clone());
            ended.push(Resolved { id, cause, keys, how });
        }
    }
    ended.sort_by(|x, y| (x.cause, &x.keys).cmp(&(y.cause, &y.keys)));
    ended
}

/// Places of records that may have one of the keys, in the order of the list: those that carry its
/// serial or MAC, but all of them where a key is an id, which is indexed nowhere.
fn carriers(listed: Listed<'_>, keys: &HashSet<&DeviceKey>, all: usize) -> Vec<u32> {
    let mut places = Vec::new();
    for key in keys {
        match key {
            DeviceKey::Serial(serial) => places.extend(listed.with_serial(serial)),
            DeviceKey::Mac(mac) => places.extend(listed.with_mac(*mac)),
            DeviceKey::AcsId(_) | DeviceKey::ProviderId(_) => {
                return (0..u32::try_from(all).unwrap_or(u32::MAX)).collect();
            }
        }
    }
    places.sort_unstable();
    places.dedup();
    places
}

/// Where each key of the last run's findings is found now.
pub struct Whereabouts {
    acs: HashMap<DeviceKey, bool>,
    provider: HashSet<DeviceKey>,
}

impl Whereabouts {
    /// Looks for them: this needs none of this run's findings.
    #[must_use]
    pub fn of(scene: &Scene<'_>) -> Self {
        let mut places = Self { acs: HashMap::new(), provider: HashSet::new() };
        let wanted: HashSet<&DeviceKey> =
            scene.input.baseline.priors.iter().flat_map(|p| &p.keys).collect();
        if wanted.is_empty() {
            return places;
        }
        let of_acs = |a: u32| {
            let key = scene.acs_id(a).acs_key(scene.device(a));
            let matched = scene.is_matched(scene.pairing.acs[a as usize]);
            wanted.contains(&key).then_some((key, matched))
        };
        let of_provider = |p: u32| {
            let key = scene.provider_id(p).provider_key(scene.row(p));
            (scene.row(p).is_entry() && wanted.contains(&key)).then_some(key)
        };
        let (listed, entries) = (scene.pairing.acs_listed(), scene.pairing.provider_listed());
        let of_lists = both(
            || carriers(listed, &wanted, scene.acs.len()).into_iter().filter_map(of_acs).collect(),
            || {
                let places = carriers(entries, &wanted, scene.provider.len());
                places.into_iter().filter_map(of_provider).collect()
            },
        );
        (places.acs, places.provider) = of_lists;
        places
    }

    fn how(&self, prior: &Prior) -> ResolvedHow {
        let in_acs = prior.keys.iter().any(|k| self.acs.contains_key(k));
        let matched = prior.keys.iter().any(|k| self.acs.get(k) == Some(&true));
        let in_provider = prior.keys.iter().any(|k| self.provider.contains(k));
        match (matched, in_acs, in_provider) {
            (true, ..) if prior.cause == Cause::FieldDrift => ResolvedHow::SetRight,
            (true, ..) => ResolvedHow::Matched,
            (_, false, false) => match prior.cause {
                Cause::LostWebhook
                | Cause::PendingPurge
                | Cause::NeverSeen
                | Cause::RemovedUnknown => ResolvedHow::GoneFromProvider,
                Cause::InactiveLogin
                | Cause::Returned
                | Cause::AwaitingSync
                | Cause::UnlinkedLogin => ResolvedHow::GoneFromAcs,
                Cause::Duplicate
                | Cause::IdentityMismatch
                | Cause::SwappedDevice
                | Cause::Unexplained
                | Cause::FieldDrift
                | Cause::ManualDelete => ResolvedHow::GoneFromBoth,
            },
            (_, true, false) => ResolvedHow::GoneFromProvider,
            (_, false, true) => ResolvedHow::GoneFromAcs,
            (_, true, true) => ResolvedHow::SetRight,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;
    use crate::engine::testing::{device, entry, finding};

    /// Few causes, keys and records: most findings share some of these with others.
    fn some_findings() -> impl Strategy<Value = Vec<Finding>> {
        let one = (0..2_usize, vec(0..2_u8, 0..3), 0..2_u32, 0..2_u32);
        let found = |(cause, keys, a, p): (usize, Vec<u8>, u32, u32)| {
            let mut finding = finding(0, Cause::ALL[cause], Some(device(a)), Some(entry(p)));
            let key = |n: u8| DeviceKey::AcsId(Untrusted::new(&n.to_string()));
            finding.keys = keys.into_iter().map(key).collect();
            finding
        };
        vec(one.prop_map(found), 0..30)
    }

    proptest! {
        #[test]
        fn findings_stand_by_cause_then_keys_then_records(mut findings in some_findings()) {
            sort(&mut findings);
            let place = |f: &Finding| (f.cause, f.keys.clone());
            let are_in_order = |x: &Finding, y: &Finding| {
                place(x).cmp(&place(y)).then_with(|| ids(x).cmp(&ids(y))).is_le()
            };
            prop_assert!(findings.is_sorted_by(are_in_order));
        }
    }
}
