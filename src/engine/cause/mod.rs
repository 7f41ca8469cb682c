//! Why each record is counted on one side only: the one visible parent that tries the
//! causes in CAUSES.md's order, the first that holds wins.
//!
//! Must not do: let a record into two findings, or call anything `proven` that a fact
//! still unknown could overturn.

mod awaiting_sync;
mod couples;
mod duplicate;
mod field_drift;
pub(in crate::engine) mod identity_mismatch;
mod inactive_login;
mod lost_webhook;
mod manual_delete;
mod never_seen;
mod past;
mod pending_purge;
mod removed_unknown;
mod returned;
mod swapped_device;
mod unexplained;
mod unlinked_login;

use crate::domain::{AcsDevice, ProviderRecord};
use crate::engine::both::both;
use crate::engine::evidence::{Evidence, EvidenceKind};
use crate::engine::finding::{Candidate, Cause, FieldDrift, Fix, Strength};
use crate::engine::pairing::Bucket;
use crate::engine::scene::Scene;

/// What a cause function returns where its cause holds.
#[derive(Clone, Debug, PartialEq)]
pub struct Verdict {
    /// How sure.
    pub strength: Strength,
    /// 0 to 1.
    pub score: f64,
    /// Strongest first.
    pub evidence: Vec<Evidence>,
    /// First choice first.
    pub fixes: Vec<Fix>,
    /// Best first.
    pub candidates: Vec<Candidate>,
}

impl Verdict {
    /// Never wrong.
    fn proven(evidence: Vec<Evidence>, fixes: &[Fix]) -> Self {
        let fixes = fixes.to_vec();
        Self { strength: Strength::Proven, score: 1.0, evidence, fixes, candidates: Vec::new() }
    }

    /// The best reading, and how likely it is.
    fn inferred(score: f64, evidence: Vec<Evidence>, fixes: &[Fix]) -> Self {
        let fixes = fixes.to_vec();
        Self { strength: Strength::Inferred, score, evidence, fixes, candidates: Vec::new() }
    }

    /// Proven where `sure`, else inferred with `score`.
    fn proven_if(sure: bool, score: f64, evidence: Vec<Evidence>, fixes: &[Fix]) -> Self {
        if sure { Self::proven(evidence, fixes) } else { Self::inferred(score, evidence, fixes) }
    }

    fn with_candidates(self, candidates: Vec<Candidate>) -> Self {
        Self { candidates, ..self }
    }
}

/// A finding before it is given its id and its past.
#[derive(Clone, Debug)]
pub struct Draft {
    /// Why.
    pub cause: Cause,
    /// The rest of the story.
    pub verdict: Verdict,
    /// ACS records.
    pub acs: Vec<u32>,
    /// Provider records.
    pub provider: Vec<u32>,
    /// The old pair of a swap.
    pub related: Option<(u32, u32)>,
    /// For `field-drift`.
    pub fields: Vec<FieldDrift>,
    /// For `manual-delete`: the records as the baseline held them. Boxed: most drafts have none,
    /// and there is one for every difference.
    pub gone: Option<Box<(AcsDevice, Option<ProviderRecord>)>>,
}

impl Draft {
    fn new(cause: Cause, mut verdict: Verdict, acs: Vec<u32>, provider: Vec<u32>) -> Self {
        // A fact is large, there is a draft for every difference, and no fact is added from here.
        verdict.evidence.shrink_to_fit();
        Self { cause, verdict, acs, provider, related: None, fields: Vec::new(), gone: None }
    }
}

/// Explains every difference. What needs nothing of one another is done at once.
#[must_use]
pub fn explain(scene: &Scene<'_>) -> Vec<Draft> {
    let (mut drafts, of_others) = both(
        || one_sided(scene),
        || {
            let mut drafts = field_drift::all(scene);
            drafts.extend(manual_delete::all(scene));
            drafts
        },
    );
    drafts.reserve_exact(of_others.len());
    drafts.extend(of_others);
    if !scene.both_complete() {
        for draft in &mut drafts {
            offer_no_removal(&mut draft.verdict);
        }
    }
    drafts
}

/// Groups, couples, and what is left on either side: each takes its records before the next.
fn one_sided(scene: &Scene<'_>) -> Vec<Draft> {
    let mut drafts = duplicate::all(scene);
    let mut open = Open::of(scene);
    drafts.extend(couples::all(scene, &mut open));
    let of_acs = |a| {
        let (cause, verdict) = acs_side(scene, a);
        Draft::new(cause, verdict, vec![a], scene.entry_of(a).into_iter().collect())
    };
    let of_provider = |p| {
        let (cause, verdict) = provider_side(scene, p);
        Draft::new(cause, verdict, Vec::new(), vec![p])
    };
    let devices: Vec<u32> = open.acs().collect();
    let entries: Vec<u32> = open.counted(scene).collect();
    let (early_devices, late_devices) = devices.split_at(devices.len() / 2);
    let (early_entries, late_entries) = entries.split_at(entries.len() / 2);
    let explained = |devices: &[u32], entries: &[u32]| {
        let of_devices: Vec<Draft> = devices.iter().copied().map(of_acs).collect();
        let of_entries: Vec<Draft> = entries.iter().copied().map(of_provider).collect();
        (of_devices, of_entries)
    };
    // Half of either side has a thread.
    let (early, late) =
        both(|| explained(early_devices, early_entries), || explained(late_devices, late_entries));
    let parts = [early.0, late.0, early.1, late.1];
    drafts.reserve_exact(parts.iter().map(Vec::len).sum());
    for part in parts {
        drafts.extend(part);
    }
    drafts
}

/// What a list lacks that was not read whole may be there: nothing is removed on its word.
fn offer_no_removal(verdict: &mut Verdict) {
    let all = verdict.fixes.len();
    verdict.fixes.retain(|fix| {
        !matches!(fix, Fix::RemoveInProvider | Fix::DeleteInAcs | Fix::SynchroniseProvider)
    });
    if verdict.fixes.len() < all {
        verdict.fixes.push(Fix::Investigate);
    }
}

/// A device that the ACS lists and the Provider doesn't count.
fn acs_side(scene: &Scene<'_>, a: u32) -> (Cause, Verdict) {
    let tried = inactive_login::holds(scene, a)
        .map(|v| (Cause::InactiveLogin, v))
        .or_else(|| returned::holds(scene, a).map(|v| (Cause::Returned, v)))
        .or_else(|| awaiting_sync::holds(scene, a).map(|v| (Cause::AwaitingSync, v)))
        .or_else(|| unlinked_login::holds(scene, a).map(|v| (Cause::UnlinkedLogin, v)));
    tried.unwrap_or_else(|| (Cause::Unexplained, unexplained::acs(scene, a)))
}

/// An entry that the Provider counts and the ACS doesn't list.
fn provider_side(scene: &Scene<'_>, p: u32) -> (Cause, Verdict) {
    if !scene.may_be_in_acs(p) {
        return absent(scene, p);
    }
    // The ACS holds something that may be this device after all: with a serial of its own
    // that the ACS lacks, the cause is likely; else nothing says that it is not there.
    let (cause, mut verdict) = if scene.provider_id(p).serial.is_some() {
        absent(scene, p)
    } else {
        (Cause::Unexplained, unexplained::provider(scene, p))
    };
    verdict.strength = Strength::Inferred;
    verdict.score = verdict.score.min(MAYBE_THERE_SCORE);
    verdict.evidence.insert(0, Evidence::new(EvidenceKind::MayBeInAcs));
    verdict.fixes = vec![Fix::Investigate];
    (cause, verdict)
}

/// How likely any absence is, where the ACS holds something that may be the device.
const MAYBE_THERE_SCORE: f64 = 0.5;

/// The causes of an entry whose device the ACS surely lacks.
fn absent(scene: &Scene<'_>, p: u32) -> (Cause, Verdict) {
    let tried = lost_webhook::holds(scene, p)
        .map(|v| (Cause::LostWebhook, v))
        .or_else(|| pending_purge::holds(scene, p).map(|v| (Cause::PendingPurge, v)))
        .or_else(|| never_seen::holds(scene, p).map(|v| (Cause::NeverSeen, v)))
        .or_else(|| removed_unknown::holds(scene, p).map(|v| (Cause::RemovedUnknown, v)));
    tried.unwrap_or_else(|| (Cause::Unexplained, unexplained::provider(scene, p)))
}

/// Records that no finding has taken yet.
struct Open {
    acs: Vec<bool>,
    provider: Vec<bool>,
}

impl Open {
    /// ACS devices that are not matched and in no group; entries that are not paired and in none.
    fn of(scene: &Scene<'_>) -> Self {
        let acs = scene.pairing.acs.iter().map(|b| match b {
            Bucket::Left => true,
            Bucket::Paired(p, _) => !scene.is_counted(*p),
            Bucket::Group(_) | Bucket::NoDevice => false,
        });
        let provider = scene.pairing.provider.iter().map(|b| *b == Bucket::Left);
        Self { acs: acs.collect(), provider: provider.collect() }
    }

    /// Open ACS devices without any entry.
    fn acs_alone<'s>(&'s self, scene: &'s Scene<'_>) -> impl Iterator<Item = u32> + 's {
        self.acs().filter(|&a| scene.entry_of(a).is_none())
    }

    fn acs(&self) -> impl Iterator<Item = u32> + use<'_> {
        open_indices(&self.acs)
    }

    fn entries(&self) -> impl Iterator<Item = u32> + use<'_> {
        open_indices(&self.provider)
    }

    fn counted<'s>(&'s self, scene: &'s Scene<'_>) -> impl Iterator<Item = u32> + 's {
        self.entries().filter(|&p| scene.is_counted(p))
    }

    fn is_acs_open(&self, a: u32) -> bool {
        self.acs[a as usize]
    }

    fn is_entry_open(&self, p: u32) -> bool {
        self.provider[p as usize]
    }

    fn is_counted_open(&self, scene: &Scene<'_>, p: u32) -> bool {
        self.is_entry_open(p) && scene.is_counted(p)
    }

    fn take_acs(&mut self, a: u32) {
        self.acs[a as usize] = false;
    }

    fn take_entry(&mut self, p: u32) {
        self.provider[p as usize] = false;
    }
}

fn open_indices(flags: &[bool]) -> impl Iterator<Item = u32> + '_ {
    let open = flags.iter().enumerate().filter(|(_, open)| **open);
    open.map(|(i, _)| u32::try_from(i).unwrap_or(u32::MAX))
}
