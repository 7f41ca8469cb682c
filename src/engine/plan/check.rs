//! A second look at a plan, by other means than the planner's: is every step one that its
//! finding allows?
//!
//! A plan is a file between `plan` and `apply`: whoever edits it, hash and all, meets this.
//! Must not do: share code with the planner, or repair anything.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::{
    AcsChange, Cell, Change, ProviderChange, RecordKey, Sought, Untrusted, identity,
};
use crate::engine::finding::{Cause, Finding, Fix, Strength};
use crate::engine::plan::expect::{of_device, of_record};
use crate::engine::plan::{FixPlan, Step, Whole};

/// What `because` says of a synchronisation that no finding asked for.
pub const BY_REQUEST: &str = "synchronise";

/// A plan with removals holds no longer than the first, any other no longer than the second.
const LONGEST: [SignedDuration; 2] = [SignedDuration::from_mins(15), SignedDuration::from_mins(60)];

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
    let longest = if plan.removes() { LONGEST[0] } else { LONGEST[1] };
    for (place, step) in (1..).zip(&plan.steps) {
        let mut object = |why| objections.push(Objection { seq: step.seq, why });
        if plan.expires > plan.made + longest {
            object("its plan holds for longer than any does");
        }
        if step.seq != place {
            object("the steps are not numbered one after the other");
        }
        order(plan, step).into_iter().for_each(&mut object);
        of_itself(step).into_iter().for_each(&mut object);
        if let Some(send) = &step.send {
            let holder = holders.entry(&send.key).or_insert(&step.because);
            if *holder != step.because {
                object("two findings change one record");
            }
            if drops(&send.change) {
                of_all_dropped(step, findings).into_iter().for_each(&mut object);
            }
        }
        if step.removal && whole.is_none() {
            object("it removes, but a side was not read whole");
        }
        if step.also.iter().any(|id| !by_id.contains_key(id.as_str())) {
            object("a finding that it ends too is not in the run that the plan names");
        }
        if step.because == BY_REQUEST {
            by_request(step).into_iter().for_each(object);
            continue;
        }
        match by_id.get(step.because.as_str()) {
            None => object("its finding is not in the run that the plan names"),
            Some(finding) => of_finding(step, finding, plan.made).into_iter().for_each(object),
        }
    }
    objections
}

/// A synchronisation that no finding asked for.
fn by_request(step: &Step) -> Option<&'static str> {
    let asked = |fix: Fix| step.send.as_ref().is_none_or(|send| fits(fix, &send.change));
    let is_one = matches!(step.fix, Fix::Synchronise | Fix::SynchroniseProvider);
    (!is_one || !asked(step.fix)).then_some("no finding asks for it")
}

/// What a step says of itself that its change tells otherwise.
fn of_itself(step: &Step) -> Option<&'static str> {
    let send = step.send.as_ref()?;
    if send.change.side() != step.side {
        return Some("it changes another system than it says");
    }
    if step.removal != removes(&send.change) {
        return Some("it does not say rightly whether it removes");
    }
    let one = u32::from(step.removal && step.follows.is_none());
    if !drops(&send.change) && step.removes != one {
        return Some("it does not say rightly how many it removes");
    }
    None
}

/// The Provider's synchronisation drops whatever the ACS lacks, asked for or not.
fn drops(change: &Change) -> bool {
    *change == Change::Provider(ProviderChange::Synchronise)
}

fn of_all_dropped(step: &Step, findings: &[Finding]) -> Option<&'static str> {
    let is_dropped = |f: &&Finding| {
        use Cause as C;
        matches!(f.cause, C::LostWebhook | C::PendingPurge | C::SwappedDevice | C::RemovedUnknown)
    };
    let dropped = || findings.iter().filter(is_dropped);
    let entries = dropped().flat_map(|f| &f.provider).filter(|record| record.is_entry());
    if u64::from(step.removes) != entries.count() as u64 {
        return Some("it does not say rightly how many it removes");
    }
    let unsure = dropped().any(|f| f.strength == Strength::Inferred) || dropped().count() == 0;
    if unsure && step.strength != Strength::Inferred {
        return Some("it says that it is surer than what it drops");
    }
    let named = |id: &String| step.because == *id || step.also.contains(id);
    let all = dropped().all(|f| named(&f.id));
    (!all).then_some("it does not name all that it drops")
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

fn of_finding(step: &Step, finding: &Finding, made: Timestamp) -> Option<&'static str> {
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
    if !is_synchronisation(&send.change) && !looks_again(step, &send.change, finding) {
        return Some("it does not look again at what its finding is about");
    }
    let removes_one = step.removal && !is_synchronisation(&send.change);
    if removes_one && !looks_across(step, finding, made) {
        return Some("it removes without looking whether the other side still lacks it");
    }
    None
}

/// Is the record that it changes read again just before, as its finding has it?
fn looks_again(step: &Step, change: &Change, finding: &Finding) -> bool {
    let devices = finding.acs.iter().map(of_device);
    let mut devices = devices.take(1).filter(|then| !step.expect.acs.contains(then));
    if devices.next().is_some() {
        return false;
    }
    // What the step before it has just written is told by the record itself.
    let mut by_record = step.expect.provider.iter();
    match change {
        Change::Acs(_) => true,
        Change::Provider(_) if step.follows.is_some() => true,
        Change::Provider(ProviderChange::Set { row: RecordKey::Login(id), .. })
            if step.fix == Fix::LinkLogin =>
        {
            by_record.any(|then| then.login_id.as_ref() == Some(id))
        }
        Change::Provider(_) => {
            let related = finding.related.as_ref().and_then(|r| r.provider.as_ref());
            let mut known = finding.provider.iter().chain(related).map(of_record);
            known.any(|record| step.expect.provider.contains(&record))
        }
    }
}

/// Does it look, just before, whether the other side still lacks what it removes?
fn looks_across(step: &Step, finding: &Finding, made: Timestamp) -> bool {
    let expect = &step.expect;
    if !expect.silent && !showed_life(finding, made) {
        return false;
    }
    if step.fix == Fix::DeleteInAcs {
        let sought = finding.acs.first().map(Sought::of_device);
        let sought = sought.map(|s| Sought { logins: Vec::new(), ..s });
        return expect.provider_lacks == sought.filter(|s| !s.is_empty());
    }
    let related = finding.related.as_ref().and_then(|r| r.provider.as_ref());
    let record = finding.provider.first().or(related);
    step.fix == Fix::RemoveInProvider && expect.acs_lacks == record.map(Sought::of_record)
}

/// A device that informed in the last day before the plan is in use; an hour more, since the
/// lists are older than the plan.
const INFORMED: SignedDuration = SignedDuration::from_hours(25);

/// Could its name have been shown to a person as one that is in use?
fn showed_life(finding: &Finding, made: Timestamp) -> bool {
    let mut informed = finding.acs.iter().filter_map(|d| d.last_inform);
    finding.provider.iter().any(|p| p.online == Some(true))
        || informed.any(|at| made.duration_since(at) < INFORMED)
}

fn is_synchronisation(change: &Change) -> bool {
    matches!(
        change,
        Change::Acs(AcsChange::Synchronise) | Change::Provider(ProviderChange::Synchronise)
    )
}

/// Does the change by itself remove a device from a side?
#[must_use]
pub fn removes(change: &Change) -> bool {
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
