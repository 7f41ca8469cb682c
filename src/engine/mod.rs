//! Verbs of the product: pairing, causes, drift, ledgers, projections.
//!
//! Pure: the same input gives the same output, in any input order. Must not do: I/O,
//! clocks, randomness. It can't fail on bad data; it reports it.

// A new cause must not build until every match has decided what it means there.
#![deny(clippy::wildcard_enum_match_arm)]

pub mod baseline;
pub(crate) mod both;
mod candidates;
mod cause;
mod continuity;
pub mod evidence;
pub mod finding;
mod glance;
pub mod guard;
mod happenings;
mod informed;
pub mod ledger;
mod memory;
pub mod pairing;
pub mod plan;
pub mod project;
pub mod rules;
mod scene;
mod since;
pub mod speed;
#[cfg(test)]
pub(crate) mod testing;
mod tombstones;
pub mod warning;
mod watch;

use jiff::Timestamp;

pub use baseline::{Baseline, Ignore, PreviousSide, Prior, Removal, Tombstone};
pub use both::Threads;
pub use evidence::{Evidence, EvidenceKind};
pub use finding::{
    Candidate, Cause, Field, FieldDrift, Finding, Fix, Ignored, Reason, Related, State, Strength,
};
pub use informed::Informed;
pub use ledger::{Between, BetweenRow, Change, Since, SinceSide};
pub use pairing::{Indexed, Indexing, Taken};
pub use project::{Projected, Projection};
pub use rules::Rules;
pub use tombstones::Tombstones;
pub use warning::{Warning, WarningCode};

use crate::domain::identity::fold;
use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord};
use crate::engine::both::both;
use glance::Glance;
use pairing::{Pairing, Sides};
use scene::Scene;

/// What one reconciliation is made from.
#[derive(Clone, Copy, Debug)]
pub struct Input<'a> {
    /// The ACS now.
    pub acs: &'a AnySnapshot<AcsDevice>,
    /// The Provider now.
    pub provider: &'a AnySnapshot<ProviderRecord>,
    /// What earlier runs left.
    pub baseline: &'a Baseline,
    /// The ISP's settings.
    pub rules: &'a Rules,
}

/// One side in figures.
#[derive(Clone, Debug, PartialEq)]
pub struct SideCounts {
    /// ACS: devices. Provider: device entries with a linked and active login (R1).
    pub devices: u64,
    /// ACS: devices that it shows as synchronised, where it shows that.
    pub integrated: Option<u64>,
    /// Provider: device entries, counted or not.
    pub entries: u64,
    /// Provider: distinct login ids.
    pub logins: u64,
    /// Was the source read to its end?
    pub complete: bool,
    /// Pages, or files, read.
    pub pages: u32,
    /// When the source says it was read.
    pub fetched_at: Timestamp,
    /// The side's last synchronisation known, from the source or an event.
    pub last_synchronised: Option<Timestamp>,
    /// ACS: its devices by their last Inform, where it tells that.
    pub informed: Option<Informed>,
    /// Names of the unknown columns, for `extra` of the records.
    pub extra_columns: Vec<Box<str>>,
}

/// A finding of the last run whose difference is no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolved {
    /// Its id then.
    pub id: String,
    /// Its cause then.
    pub cause: Cause,
    /// Its first key.
    pub keys: Vec<crate::domain::DeviceKey>,
    /// How it ended.
    pub how: ResolvedHow,
}

finding::wire_enum! {
    /// How a difference ended.
    ResolvedHow {
        /// Now in both, and counted.
        Matched = "matched",
        /// Gone from both sides.
        GoneFromBoth = "gone-from-both",
        /// No longer in the Provider.
        GoneFromProvider = "gone-from-provider",
        /// No longer in the ACS.
        GoneFromAcs = "gone-from-acs",
        /// The fields agree again, or the records were set right.
        SetRight = "set-right",
    }
}

/// The whole answer. Self-contained: it can be stored and shown without the snapshots.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconciliation {
    /// The ACS in figures.
    pub acs: SideCounts,
    /// The Provider in figures.
    pub provider: SideCounts,
    /// Pairs whose entry is counted.
    pub matched: u64,
    /// Every difference, sorted by cause, then key.
    pub findings: Vec<Finding>,
    /// The ledger between the systems.
    pub between: Between,
    /// The ledger since the baseline.
    pub since: Since,
    /// What the counts would be.
    pub projections: Vec<Projection>,
    /// Findings of the last run that are no more.
    pub resolved: Vec<Resolved>,
    /// Things a person should know.
    pub warnings: Vec<Warning>,
    /// Devices that left the ACS since its baseline; empty where the ACS was not read whole.
    pub departures: Vec<Tombstone>,
}

/// Two lists, and who is who: needs nothing of what earlier runs left, so that it is found out
/// while the store is asked for that.
#[derive(Debug)]
pub struct Paired<'a> {
    acs: &'a AnySnapshot<AcsDevice>,
    provider: &'a AnySnapshot<ProviderRecord>,
    rules: &'a Rules,
    pairing: Pairing,
}

impl<'a> Paired<'a> {
    /// Pairs both lists.
    #[must_use]
    pub fn of(
        acs: &'a AnySnapshot<AcsDevice>,
        provider: &'a AnySnapshot<ProviderRecord>,
        rules: &'a Rules,
    ) -> Self {
        let sides = Sides { acs: acs.records(), provider: provider.records() };
        let oui = provider_oui(&provider.meta().extra_columns);
        Self { acs, provider, rules, pairing: Pairing::of(sides, oui, rules) }
    }

    /// Pairs lists that were indexed by these rules as each was read.
    ///
    /// # Panics
    /// As [`Pairing::of_indexed`].
    #[must_use]
    pub fn of_indexed(
        (acs, provider): (&'a AnySnapshot<AcsDevice>, &'a AnySnapshot<ProviderRecord>),
        rules: &'a Rules,
        indexed: (Indexed<AcsDevice>, Indexed<ProviderRecord>),
    ) -> Self {
        let sides = Sides { acs: acs.records(), provider: provider.records() };
        let oui = provider_oui(&provider.meta().extra_columns);
        let pairing = Pairing::of_indexed(sides, oui.is_some(), indexed);
        Self { acs, provider, rules, pairing }
    }

    /// The places of the ACS devices that stand alone: neither paired nor in a group of records
    /// that share an identity. In the order of the list.
    #[must_use]
    pub fn unpaired(&self) -> Vec<usize> {
        let alone = self.pairing.acs.iter().enumerate();
        alone.filter(|(_, b)| **b == pairing::Bucket::Left).map(|(place, _)| place).collect()
    }

    /// Who is who, without the lists: so that it can be freed by another thread.
    #[must_use]
    pub fn into_pairing(self) -> Pairing {
        self.pairing
    }

    /// Explains what differs, beside what earlier runs left.
    ///
    /// # Panics
    /// As [`reconcile`].
    #[must_use]
    pub fn explain(&self, baseline: &'a Baseline) -> Reconciliation {
        let Self { acs, provider, rules, pairing } = self;
        explain(&Input { acs, provider, baseline, rules }, pairing)
    }
}

/// Pairs, explains and sums up.
///
/// # Panics
/// Where a ledger does not balance, or the baseline was compared with other lists: a bug that no
/// report may hide (checked in release builds).
#[must_use]
pub fn reconcile(input: &Input<'_>) -> Reconciliation {
    Paired::of(input.acs, input.provider, input.rules).explain(input.baseline)
}

/// Explains and sums up: the one parent that calls the verbs in order.
fn explain(input: &Input<'_>, pairing: &Pairing) -> Reconciliation {
    let Baseline { acs, provider, .. } = input.baseline;
    assert!(
        acs.as_ref().is_none_or(|then| then.is_beside(input.acs.records()))
            && provider.as_ref().is_none_or(|then| then.is_beside(input.provider.records())),
        "the baseline was compared with other lists than these"
    );
    let scene = Scene::new(*input, pairing);
    let found = || continuity::findings(&scene, cause::explain(&scene));
    let counted = || {
        let looked = || (Glance::of(&scene), continuity::Whereabouts::of(&scene));
        let (since, (glance, places)) = both(|| since::since(&scene), looked);
        let sides = (acs_counts(&scene, &glance), provider_counts(&scene));
        let of_lists = watch::of_lists(&scene, &glance, &since);
        (sides, scene.matched().count() as u64, since, of_lists, places)
    };
    let (findings, ((acs, provider), matched, since, of_lists, places)) = both(found, counted);
    let between = Between::of(acs.devices, provider.devices, matched, &findings);
    assert!(between.balanced(), "the ledger between the systems does not balance: {between:?}");
    assert!(
        since.acs.balanced() && since.provider.balanced(),
        "the ledger since the baseline does not balance: {since:?}"
    );
    let projections = project::projections(&scene, &findings, &between);
    let ended = || continuity::resolved(&scene, &findings, &places);
    let watched = || (watch::warnings(&scene, &findings, of_lists), scene.memory.departed.clone());
    let (resolved, (warnings, departures)) = both(ended, watched);
    Reconciliation {
        acs,
        provider,
        matched,
        findings,
        between,
        since,
        projections,
        resolved,
        warnings,
        departures,
    }
}

/// The number of the Provider's extra column that holds an OUI, where one of `columns` does.
fn provider_oui(columns: &[Box<str>]) -> Option<u16> {
    columns.iter().position(|c| fold(c) == "OUI").and_then(|i| u16::try_from(i).ok())
}

fn acs_counts(scene: &Scene<'_>, glance: &Glance) -> SideCounts {
    let meta = scene.input.acs.meta();
    SideCounts {
        devices: scene.acs.len() as u64,
        integrated: meta.supplies.integrated.then_some(glance.integrated),
        entries: scene.acs.len() as u64,
        logins: 0,
        complete: scene.input.acs.is_complete(),
        pages: meta.pages,
        fetched_at: meta.fetched_at,
        last_synchronised: scene.acs_sync.map(|sync| sync.at),
        informed: glance.informed.known(),
        extra_columns: meta.extra_columns.clone(),
    }
}

fn provider_counts(scene: &Scene<'_>) -> SideCounts {
    let meta = scene.input.provider.meta();
    SideCounts {
        devices: scene.pairing.counted.iter().filter(|counted| **counted).count() as u64,
        integrated: None,
        entries: scene.pairing.entries(),
        logins: scene.pairing.distinct_logins,
        complete: scene.input.provider.is_complete(),
        pages: meta.pages,
        fetched_at: meta.fetched_at,
        last_synchronised: watch::last_provider_sync(scene),
        informed: None,
        extra_columns: meta.extra_columns.clone(),
    }
}
