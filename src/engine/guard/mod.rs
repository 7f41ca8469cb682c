//! May a plan be applied? One pure function over everything that the answer rests on.
//!
//! Each limit of SAFETY.md section 3 is one [`Guard`] and one table of tests. Values are
//! configuration; no flag raises them.
//! Must not do: read a clock, a file or a store; change the plan.

#[cfg(test)]
mod tests;

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::Side;
use crate::engine::finding::{Finding, Fix, Strength, wire_enum};
use crate::engine::plan::{FixPlan, Step, Target, absent_for, life_sign, target};

/// Who looks at the plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Nobody.
    Headless,
    /// A person at a terminal.
    Interactive,
}

/// When it is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phase {
    /// The plan is made or looked at.
    Plan,
    /// It is about to be sent.
    Apply,
}

/// The configured limits of one mode.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// May anything be removed at all?
    pub removals: bool,
    /// Removals, per cent of a side. Interactive: beyond it a second person is needed.
    pub removals_percent: f64,
    /// Removals. Interactive: likewise.
    pub removals_max: u64,
    /// Other changes, per cent of a side. Interactive: beyond it the count is typed.
    pub changes_percent: f64,
    /// Other changes.
    pub changes_max: u64,
    /// Removals in 24 hours, per side, over all sessions.
    pub daily_removals: u64,
    /// A smaller fleet is small.
    pub small_fleet: u64,
    /// Between the two snapshots that must both lack a device.
    pub absence: SignedDuration,
    /// How much a side may shrink between two complete lists, per cent.
    pub shrunk_percent: f64,
}

/// A person present may not remove more than this at once, per cent of a side.
const REMOVED_MOST_PERCENT: f64 = 10.0;
/// Nor more than this.
const REMOVED_MOST: u64 = 1000;

/// A side that became much smaller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shrunk {
    /// Which.
    pub side: Side,
    /// Devices before.
    pub from: u64,
    /// Devices after.
    pub to: u64,
}

/// What the answer rests on, beside the plan.
#[derive(Clone, Debug)]
#[allow(clippy::struct_excessive_bools, reason = "each is a fact by itself")]
pub struct Facts<'a> {
    /// Who looks at it.
    pub mode: Mode,
    /// When it is asked.
    pub phase: Phase,
    /// The limits of that mode.
    pub limits: Limits,
    /// The profile changes nothing.
    pub read_only: bool,
    /// Now.
    pub now: Timestamp,
    /// When the ACS was read.
    pub acs_at: Timestamp,
    /// Now lies in the time of day in which the systems synchronise.
    pub in_sync_window: bool,
    /// Were both sides read whole?
    pub whole: bool,
    /// Devices of the ACS, counted entries of the Provider.
    pub sizes: [u64; 2],
    /// Sides that shrank, and have not been read again long enough after that.
    pub shrunk: &'a [Shrunk],
    /// A person acknowledged that with a reason.
    pub acknowledged: bool,
    /// Removals in the last 24 hours, per side.
    pub removed_today: [u64; 2],
    /// The store's newest complete reconciliation.
    pub generation: u64,
    /// All findings of the run.
    pub findings: &'a [Finding],
}

/// May it be applied?
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Yes.
    Safe,
    /// Once persons confirm.
    Confirm(Vec<Reason>),
    /// No.
    Refuse(Vec<Reason>),
}

impl Verdict {
    /// Its reasons.
    #[must_use]
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Self::Safe => &[],
            Self::Confirm(reasons) | Self::Refuse(reasons) => reasons,
        }
    }
}

/// One reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reason {
    /// Which guard speaks.
    pub guard: Guard,
    /// What it asks for.
    pub asks: Asks,
    /// The side, where it is of one.
    pub side: Option<Side>,
    /// How many there are.
    pub n: u64,
    /// How many there may be.
    pub most: u64,
    /// Whom it names.
    pub names: Vec<String>,
}

/// What a guard asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Asks {
    /// The count, typed by a person.
    Count,
    /// The count, and another person's approval.
    SecondPerson,
    /// Nothing: it is refused.
    Nothing,
}

wire_enum! {
    /// The guards, in the order in which they are asked.
    Guard {
        /// The profile is read-only.
        ReadOnly = "read-only",
        /// A side is empty.
        EmptySide = "empty-side",
        /// A side was not read whole.
        NotWhole = "not-whole",
        /// The plan's time is over.
        Expired = "expired",
        /// There is a newer complete reconciliation.
        NewerRun = "newer-run",
        /// The systems synchronise at this time of day.
        SyncWindow = "sync-window",
        /// Removals are not enabled.
        RemovalsOff = "removals-off",
        /// Too many removals.
        Removals = "removals",
        /// Too many other changes.
        Changes = "changes",
        /// The fleet is small.
        SmallFleet = "small-fleet",
        /// A side shrank.
        SideShrank = "side-shrank",
        /// Not absent for long enough.
        Absence = "absence",
        /// Too many removals in a day.
        DailyRemovals = "daily-removals",
        /// Something that would be removed showed life.
        LifeSign = "life-sign",
        /// Something that would be removed is not proven.
        Strength = "strength",
    }
}

/// The verdict: of all guards, what the strictest asks for.
#[must_use]
pub fn verdict(plan: &FixPlan, facts: &Facts<'_>) -> Verdict {
    if plan.sent().next().is_none() {
        return Verdict::Safe;
    }
    let case = Case::new(plan, facts);
    let mut reasons: Vec<Reason> = Guard::ALL.iter().flat_map(|g| case.ask(*g)).collect();
    match reasons.iter().map(|r| r.asks).max() {
        None => Verdict::Safe,
        Some(Asks::Nothing) => {
            reasons.retain(|r| r.asks == Asks::Nothing);
            Verdict::Refuse(reasons)
        }
        Some(Asks::Count | Asks::SecondPerson) => Verdict::Confirm(reasons),
    }
}

/// The number that a person types: how many devices the plan touches.
#[must_use]
pub fn count(plan: &FixPlan) -> u64 {
    let removed: u64 = plan.sent().map(|s| u64::from(s.removes)).sum();
    removed + plan.sent().filter(|s| is_change(s)).count() as u64
}

fn is_change(step: &Step) -> bool {
    !step.removal && step.follows.is_none()
}

struct Case<'a> {
    plan: &'a FixPlan,
    facts: &'a Facts<'a>,
    findings: HashMap<&'a str, &'a Finding>,
}

impl<'a> Case<'a> {
    fn new(plan: &'a FixPlan, facts: &'a Facts<'a>) -> Self {
        let findings = facts.findings.iter().map(|f| (f.id.as_str(), f)).collect();
        Self { plan, facts, findings }
    }

    fn interactive(&self) -> bool {
        self.facts.mode == Mode::Interactive
    }

    /// Refused without a person; else what a person is asked for.
    fn unless_person(&self, asks: Asks) -> Asks {
        if self.interactive() { asks } else { Asks::Nothing }
    }

    fn ask(&self, guard: Guard) -> Vec<Reason> {
        let (facts, removes) = (self.facts, self.plan.removes());
        let plain = |holds: bool| self.plain(guard, holds);
        match guard {
            Guard::ReadOnly => plain(facts.read_only),
            Guard::EmptySide => plain(facts.sizes.contains(&0)),
            Guard::NotWhole => plain(removes && !facts.whole),
            Guard::Expired => plain(facts.now >= self.plan.expires || facts.now < self.plan.made),
            Guard::NewerRun => plain(facts.generation != self.plan.generation),
            Guard::SyncWindow => plain(facts.phase == Phase::Apply && facts.in_sync_window),
            Guard::RemovalsOff => plain(removes && !facts.limits.removals),
            Guard::Removals => each_side(|side| self.removals(side)),
            Guard::Changes => each_side(|side| self.changes(side)),
            Guard::SmallFleet => each_side(|side| self.small_fleet(side)),
            Guard::SideShrank => self.shrunk(),
            Guard::Absence => self.absence(),
            Guard::DailyRemovals => each_side(|side| self.daily(side)),
            Guard::LifeSign => self.life_signs(),
            Guard::Strength => self.strength(),
        }
    }

    fn plain(&self, guard: Guard, holds: bool) -> Vec<Reason> {
        let reason = || Reason {
            guard,
            asks: Asks::Nothing,
            side: None,
            n: count(self.plan),
            most: 0,
            names: Vec::new(),
        };
        holds.then(reason).into_iter().collect()
    }

    fn size(&self, side: Side) -> u64 {
        self.facts.sizes[at(side)]
    }

    /// Devices that leave a side.
    fn removed(&self, side: Side) -> u64 {
        let steps = self.plan.sent().filter(|s| s.side == side);
        steps.map(|s| u64::from(s.removes)).sum()
    }

    fn removals(&self, side: Side) -> Option<Reason> {
        let (n, size, limits) = (self.removed(side), self.size(side), self.facts.limits);
        if n == 0 {
            return None;
        }
        let most = share(size, limits.removals_percent).min(limits.removals_max);
        let asks = match self.facts.mode {
            Mode::Headless => Asks::Nothing,
            Mode::Interactive if n > share(size, REMOVED_MOST_PERCENT) || n > REMOVED_MOST => {
                Asks::Nothing
            }
            Mode::Interactive => Asks::SecondPerson,
        };
        let names = Vec::new();
        let guard = Guard::Removals;
        (n > most).then_some(Reason { guard, asks, side: Some(side), n, most, names })
    }

    fn changes(&self, side: Side) -> Option<Reason> {
        let n = self.plan.sent().filter(|s| s.side == side && is_change(s)).count() as u64;
        let limits = self.facts.limits;
        let most = share(self.size(side), limits.changes_percent).min(limits.changes_max);
        let asks = self.unless_person(Asks::Count);
        let (guard, names) = (Guard::Changes, Vec::new());
        (n > most).then_some(Reason { guard, asks, side: Some(side), n, most, names })
    }

    fn small_fleet(&self, side: Side) -> Option<Reason> {
        let (n, size) = (self.removed(side), self.size(side));
        let (guard, asks) = (Guard::SmallFleet, self.unless_person(Asks::Count));
        let is_small = n > 0 && size < self.facts.limits.small_fleet;
        let names = if is_small { self.names(|s| s.removal && s.side == side) } else { Vec::new() };
        let most = 0;
        is_small.then_some(Reason { guard, asks, side: Some(side), n, most, names })
    }

    fn shrunk(&self) -> Vec<Reason> {
        if !self.plan.removes() || (self.interactive() && self.facts.acknowledged) {
            return Vec::new();
        }
        let percent = self.facts.limits.shrunk_percent;
        let much = |s: &&Shrunk| s.from.saturating_sub(s.to) > share(s.from, percent);
        let reason = |s: &Shrunk| Reason {
            guard: Guard::SideShrank,
            asks: Asks::Nothing,
            side: Some(s.side),
            n: s.from.saturating_sub(s.to),
            most: share(s.from, percent),
            names: Vec::new(),
        };
        self.facts.shrunk.iter().filter(much).map(reason).collect()
    }

    /// Two complete lists, hours apart, that both lack it; a person may go by one.
    fn absence(&self) -> Vec<Reason> {
        if self.interactive() {
            return Vec::new();
        }
        let least = self.facts.limits.absence;
        let short = |f: &Finding| absent_for(f, self.facts.acs_at) < least;
        self.named(Guard::Absence, Asks::Nothing, short)
    }

    fn daily(&self, side: Side) -> Option<Reason> {
        let n = self.removed(side);
        let (today, most) = (self.facts.removed_today[at(side)], self.facts.limits.daily_removals);
        let (guard, asks, names) = (Guard::DailyRemovals, Asks::Nothing, Vec::new());
        let n = (n > 0).then_some(n + today).filter(|n| *n > most)?;
        Some(Reason { guard, asks, side: Some(side), n, most, names })
    }

    fn life_signs(&self) -> Vec<Reason> {
        let alive = |f: &Finding| life_sign(f, self.facts.acs_at);
        self.named(Guard::LifeSign, self.unless_person(Asks::Count), alive)
    }

    fn strength(&self) -> Vec<Reason> {
        let unsure = |f: &Finding| f.strength != Strength::Proven;
        let mut reasons = self.named(Guard::Strength, self.unless_person(Asks::Count), unsure);
        // A synchronisation drops more than what was chosen, and says how sure all of that is.
        let inferred = |s: &&Step| s.removal && s.strength != Strength::Proven;
        if reasons.is_empty()
            && let Some(step) = self.plan.sent().find(inferred)
        {
            reasons.push(Reason {
                guard: Guard::Strength,
                asks: self.unless_person(Asks::Count),
                side: Some(step.side),
                n: u64::from(step.removes),
                most: 0,
                names: Vec::new(),
            });
        }
        let by_request = |s: &Step| s.fix == Fix::SynchroniseProvider && s.removes > 0;
        if reasons.is_empty() && self.interactive() && self.plan.sent().any(by_request) {
            reasons.extend(self.plain(Guard::Removals, true).into_iter().map(|r| Reason {
                asks: Asks::Count,
                side: Some(Side::Provider),
                ..r
            }));
        }
        reasons
    }

    /// One reason that names every device whose removal `holds` of its finding.
    fn named(&self, guard: Guard, asks: Asks, holds: impl Fn(&Finding) -> bool) -> Vec<Reason> {
        let removals = self.plan.sent().filter(|step| step.removal && step.follows.is_none());
        let names: Vec<String> = removals
            .flat_map(|step| {
                let ids = std::iter::once(&step.because).chain(&step.also);
                let found = ids.filter_map(|id| self.findings.get(id.as_str()));
                found.filter(|f| holds(f)).map(move |f| name(&target(f, step.side, None)))
            })
            .collect();
        let n = names.len() as u64;
        let reason = || Reason { guard, asks, side: None, n, most: 0, names };
        (n > 0).then(reason).into_iter().collect()
    }

    /// The targets of these steps.
    fn names(&self, of: impl Fn(&Step) -> bool) -> Vec<String> {
        self.plan.sent().filter(|step| of(step)).map(|step| name(&step.target)).collect()
    }
}

/// What people know a device by.
fn name(target: &Target) -> String {
    let ids = [&target.serial, &target.device_id, &target.acs_id, &target.login];
    ids.into_iter().flatten().next().map_or_else(|| "?".to_owned(), ToString::to_string)
}

fn each_side(one: impl Fn(Side) -> Option<Reason>) -> Vec<Reason> {
    [Side::Acs, Side::Provider].into_iter().filter_map(one).collect()
}

fn at(side: Side) -> usize {
    match side {
        Side::Acs => 0,
        Side::Provider => 1,
    }
}

/// So many per cent of `size`, rounded down: a limit is never exceeded by rounding.
fn share(size: u64, percent: f64) -> u64 {
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a fleet is far below 2^53, and a percentage is not negative"
    )]
    {
        (size as f64 * percent / 100.0).floor() as u64
    }
}
