//! A second look at a plan, by other means than the planner's: is every step one that its
//! finding allows?
//!
//! A plan is a file between `plan` and `apply`: whoever edits it, hash and all, meets this.
//! Must not do: share code with the planner, or repair anything.

use std::collections::HashMap;

use crate::domain::{AcsChange, Cell, Change, ProviderChange, RecordKey, Untrusted, identity};
use crate::engine::finding::{Finding, Fix};
use crate::engine::plan::{FixPlan, Step, Whole};

/// What `because` says of a synchronisation that no finding asked for.
pub const BY_REQUEST: &str = "synchronise";

/// Why a step may not be in a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objection {
    /// The step.
    pub seq: u32,
    /// Why, in one sentence without foreign text.
    pub why: &'static str,
}

/// Everything that is wrong with the plan, over the findings of the run that it names.
#[must_use]
pub fn check(plan: &FixPlan, findings: &[Finding], whole: Option<Whole>) -> Vec<Objection> {
    let by_id: HashMap<&str, &Finding> = findings.iter().map(|f| (f.id.as_str(), f)).collect();
    let mut holders: HashMap<&str, &str> = HashMap::new();
    let mut objections = Vec::new();
    for (place, step) in (1..).zip(&plan.steps) {
        let mut object = |why| objections.push(Objection { seq: step.seq, why });
        if step.seq != place {
            object("the steps are not numbered one after the other");
        }
        if let Some(why) = order(plan, step) {
            object(why);
        }
        if let Some(send) = &step.send {
            let holder = holders.entry(&send.key).or_insert(&step.because);
            if *holder != step.because {
                object("two findings change one record");
            }
            if send.change.side() != step.side {
                object("it changes another system than it says");
            }
            if step.removal != removes(&send.change) {
                object("it does not say rightly whether it removes");
            }
        }
        if step.removal && whole.is_none() {
            object("it removes, but a side was not read whole");
        }
        if step.because == BY_REQUEST {
            if !step.send.as_ref().is_some_and(|send| is_synchronisation(&send.change)) {
                object("no finding asks for it");
            }
            continue;
        }
        let Some(finding) = by_id.get(step.because.as_str()) else {
            object("its finding is not in the run that the plan names");
            continue;
        };
        if let Some(why) = of_finding(step, finding) {
            object(why);
        }
        if step.also.iter().any(|id| !by_id.contains_key(id.as_str())) {
            object("a finding that it ends too is not in the run that the plan names");
        }
    }
    objections
}

/// A step that follows another comes after it and serves the same finding.
fn order(plan: &FixPlan, step: &Step) -> Option<&'static str> {
    let before = step.follows?;
    let earlier = plan.steps.iter().find(|s| s.seq == before && s.seq < step.seq);
    match earlier {
        None => Some("the step that it follows is not before it"),
        Some(earlier) if earlier.because != step.because => {
            Some("it follows a step of another finding")
        }
        Some(_) => None,
    }
}

fn of_finding(step: &Step, finding: &Finding) -> Option<&'static str> {
    if finding.cause != step.cause {
        return Some("its finding has another cause");
    }
    if step.strength < finding.strength {
        return Some("it says that it is surer than its finding");
    }
    if finding.ignored.is_some() {
        return Some("its finding is ignored");
    }
    if !finding.fixes.contains(&step.fix) {
        return Some("its finding does not offer this fix");
    }
    let Some(send) = &step.send else { return None };
    if !fits(step.fix, &send.change) {
        return Some("the change is none of its fix");
    }
    if !is_of(&send.change, finding) {
        return Some("it changes a record that is not its finding's");
    }
    if !values_are_of(&send.change, finding) {
        return Some("it writes a value that is not its finding's");
    }
    let guarded = step.expect.acs_lacks.is_some() || step.expect.provider_lacks.is_some();
    if step.removal && !guarded && !is_synchronisation(&send.change) {
        let nameless = matches!(&send.change, Change::Acs(AcsChange::Delete { .. }));
        if !nameless || step.expect.acs.is_empty() {
            return Some("it removes without looking whether the other side still lacks it");
        }
    }
    None
}

fn is_synchronisation(change: &Change) -> bool {
    matches!(
        change,
        Change::Acs(AcsChange::Synchronise) | Change::Provider(ProviderChange::Synchronise)
    )
}

/// Does the change by itself remove a device from a side?
fn removes(change: &Change) -> bool {
    match change {
        Change::Acs(AcsChange::Delete { .. }) | Change::Provider(ProviderChange::Synchronise) => {
            true
        }
        Change::Provider(ProviderChange::Set { cells, .. }) => {
            cells.iter().any(|(cell, value)| *cell != Cell::Model && value.raw().is_empty())
        }
        Change::Acs(AcsChange::Send { .. } | AcsChange::Synchronise)
        | Change::Provider(ProviderChange::ClearMac { .. } | ProviderChange::EndSession { .. }) => {
            false
        }
    }
}

fn fits(fix: Fix, change: &Change) -> bool {
    matches!(
        (fix, change),
        (
            Fix::LinkLogin | Fix::CorrectIdentity | Fix::UpdateProvider | Fix::RemoveInProvider,
            Change::Provider(ProviderChange::Set { .. }),
        ) | (
            Fix::ReplaceIdentity,
            Change::Provider(
                ProviderChange::Set { .. }
                    | ProviderChange::ClearMac { .. }
                    | ProviderChange::EndSession { .. },
            ),
        ) | (Fix::SendDevice, Change::Acs(AcsChange::Send { .. }))
            | (Fix::DeleteInAcs, Change::Acs(AcsChange::Delete { .. }))
            | (Fix::Synchronise, Change::Acs(AcsChange::Synchronise))
            | (Fix::SynchroniseProvider, Change::Provider(ProviderChange::Synchronise))
    )
}

fn is_of(change: &Change, finding: &Finding) -> bool {
    let devices = || finding.acs.iter();
    let related = finding.related.as_ref().and_then(|r| r.provider.as_ref());
    let records = || finding.provider.iter().chain(related);
    let logins = || {
        let candidates = finding.candidates.iter().filter_map(|c| c.login_id.as_ref());
        records().filter_map(|r| r.login_id.as_ref()).chain(candidates)
    };
    match change {
        Change::Acs(AcsChange::Delete { id } | AcsChange::Send { id }) => {
            devices().any(|d| d.id == *id)
        }
        Change::Provider(ProviderChange::Set { row: RecordKey::Entry(id), .. }) => {
            records().any(|r| r.device_id.as_ref() == Some(id))
        }
        Change::Provider(
            ProviderChange::Set { row: RecordKey::Login(id), .. }
            | ProviderChange::ClearMac { login_id: id }
            | ProviderChange::EndSession { login_id: id },
        ) => logins().any(|login| login == id),
        Change::Acs(AcsChange::Synchronise) | Change::Provider(ProviderChange::Synchronise) => true,
    }
}

/// Identities come from the finding's device in the ACS, logins from its candidates.
fn values_are_of(change: &Change, finding: &Finding) -> bool {
    let Change::Provider(ProviderChange::Set { cells, .. }) = change else { return true };
    let shape = |value: &Untrusted| identity::classify(value.raw());
    cells.iter().all(|(cell, value)| {
        let same = |known: &Untrusted| shape(known) == shape(value);
        value.raw().is_empty()
            || match cell {
                Cell::Serial => finding.acs.iter().filter_map(|d| d.serial.as_ref()).any(same),
                Cell::Mac => finding.acs.iter().flat_map(|d| &d.macs).any(same),
                Cell::Model => finding.fields.iter().any(|f| f.acs == *value),
                Cell::Login => {
                    finding.candidates.iter().any(|c| c.login_id.as_ref() == Some(value))
                }
            }
    })
}
