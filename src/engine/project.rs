//! What the counts would be, before anything is done.
//!
//! Must not do: guess silently. Where memory is missing the figure is a range.

use crate::engine::evidence::EvidenceKind;
use crate::engine::finding::{Cause, Finding, wire_enum};
use crate::engine::ledger::Between;
use crate::engine::memory::silent_for;
use crate::engine::scene::Scene;

wire_enum! {
    /// The step imagined.
    Projected {
        /// The Provider synchronises now (R4b).
        ProviderSynchronises = "provider-synchronises",
        /// The ACS synchronises now (R1).
        AcsSynchronises = "acs-synchronises",
        /// The mass exclusion runs now.
        MassExclusion = "mass-exclusion",
        /// A plan is applied.
        Plan = "plan",
    }
}

/// The counts after a step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Projection {
    /// The step.
    pub step: Projected,
    /// ACS devices after it.
    pub acs: u64,
    /// Counted Provider entries after it.
    pub provider: u64,
    /// The fewest that the Provider could count, where memory is missing.
    pub provider_least: u64,
    /// Devices that the step touches.
    pub devices: u64,
    /// Of these, how many have an active login: customers who would vanish from the ACS.
    pub active_logins: u64,
}

impl Projection {
    /// ACS devices minus counted Provider entries, signed.
    #[must_use]
    pub fn gap(&self) -> i64 {
        i64::try_from(self.acs).unwrap_or(i64::MAX)
            - i64::try_from(self.provider).unwrap_or(i64::MAX)
    }
}

/// The systems' own next steps. A step that changes no count is left out.
#[must_use]
pub fn projections(scene: &Scene<'_>, findings: &[Finding], between: &Between) -> Vec<Projection> {
    let provider_synchronises =
        provider_synchronises(findings, between, scene.input.acs.is_complete());
    let acs_synchronises = acs_synchronises(findings, between);
    let mass_exclusion = mass_exclusion(scene, between);
    [provider_synchronises, acs_synchronises, mass_exclusion].into_iter().flatten().collect()
}

/// R4b: it drops every entry it had synchronised before whose device the ACS no longer
/// holds. Where nobody knows whether the ACS ever held it, the figure is a range.
/// Where the ACS was not read whole, nothing is sure to be dropped.
fn provider_synchronises(
    findings: &[Finding],
    between: &Between,
    acs_whole: bool,
) -> Option<Projection> {
    let entries = |f: &Finding| f.provider.iter().filter(|p| p.is_counted()).count() as u64;
    let dropped = |f: &&Finding| match f.cause {
        Cause::LostWebhook | Cause::PendingPurge | Cause::SwappedDevice => true,
        Cause::RemovedUnknown => !is_without_memory(f),
        Cause::Duplicate
        | Cause::IdentityMismatch
        | Cause::InactiveLogin
        | Cause::Returned
        | Cause::AwaitingSync
        | Cause::UnlinkedLogin
        | Cause::NeverSeen
        | Cause::Unexplained
        | Cause::FieldDrift
        | Cause::ManualDelete => false,
    };
    let doubtful = |f: &&Finding| f.cause == Cause::RemovedUnknown && is_without_memory(f);
    let mut drops: u64 = findings.iter().filter(dropped).map(entries).sum();
    let mut perhaps: u64 = findings.iter().filter(doubtful).map(entries).sum();
    if !acs_whole {
        perhaps += std::mem::take(&mut drops);
    }
    (drops + perhaps > 0).then(|| Projection {
        step: Projected::ProviderSynchronises,
        acs: between.acs,
        provider: between.provider - drops,
        provider_least: between.provider - drops - perhaps,
        devices: drops,
        active_logins: drops,
    })
}

/// First run: whether the ACS ever held it, nobody knows.
fn is_without_memory(finding: &Finding) -> bool {
    let kinds = [EvidenceKind::NoMemory, EvidenceKind::MissingFromStart];
    finding.evidence.iter().any(|e| kinds.contains(&e.kind))
}

/// R1: it asks for devices with a linked and active login; what waits for it fits exactly one
/// such login, and becomes counted.
fn acs_synchronises(findings: &[Finding], between: &Between) -> Option<Projection> {
    let linked = findings.iter().filter(|f| f.cause == Cause::AwaitingSync).count() as u64;
    (linked > 0).then_some(Projection {
        step: Projected::AcsSynchronises,
        acs: between.acs,
        provider: between.provider + linked,
        provider_least: between.provider + linked,
        devices: linked,
        active_logins: linked,
    })
}

/// R4, where the criterion is known: these devices would leave the ACS, some of them a
/// customer's whose login is active.
fn mass_exclusion(scene: &Scene<'_>, between: &Between) -> Option<Projection> {
    let days = scene.input.rules.mass_exclusion_days?;
    let (mut devices, mut active_logins) = (0, 0);
    for (device, bucket) in scene.acs.iter().zip(&scene.pairing.acs) {
        if silent_for(device, scene.acs_at, days) {
            devices += 1;
            active_logins += u64::from(scene.is_matched(*bucket));
        }
    }
    (devices > 0).then_some(Projection {
        step: Projected::MassExclusion,
        acs: between.acs - devices,
        provider: between.provider,
        provider_least: between.provider,
        devices,
        active_logins,
    })
}
