//! Is a plan's file what was planned? Whoever edits one, hash and all, meets this.
//!
//! Must not do: mend a plan, or look at the systems.

use crate::app::apply::systems::Systems;
use crate::app::error::AppError;
use crate::app::plan::decode::Filed;
use crate::app::plan::encode;
use crate::app::plan::undo::{self, record_of};
use crate::domain::text::visible;
use crate::domain::{AcsChange, AcsDevice, Change};
use crate::engine::Finding;
use crate::engine::plan::{Abilities as _, Record, Send, Step, Whole, check};
use crate::store::Store;
use crate::store::run::Run;

/// What is wrong with it, one sentence; `None`: nothing.
///
/// # Errors
/// Where the store can't be read.
pub(super) fn wrong(
    filed: &Filed,
    profile: &str,
    (store, run): (&Store, &Run),
    systems: &Systems<'_>,
) -> Result<Option<String>, AppError> {
    let plan = &filed.plan;
    if plan.profile != profile {
        let theirs = visible(&plan.profile);
        return Ok(Some(format!("the plan is for profile `{theirs}`, not `{profile}`")));
    }
    if filed.undoes {
        let is_still = undo::is_still(plan, store, systems, run)?;
        let what = "the plan is not what undoing that run means".to_owned();
        return Ok((!is_still).then_some(what));
    }
    let findings = &run.reconciliation.findings;
    let objections = check(plan, findings, Whole::remembered(&run.reconciliation));
    if let Some(first) = objections.first() {
        let (seq, why) = (first.seq, first.why);
        return Ok(Some(format!("step {seq} of the plan is none that its finding allows: {why}")));
    }
    let other = plan.sent().find(|step| !is_its_call(step, findings, systems));
    Ok(other.map(|step| format!("step {} of the plan does not show what it sends", step.seq)))
}

/// Is the call that people are shown, with its record, the one that would be sent?
fn is_its_call(step: &Step, findings: &[Finding], systems: &Systems<'_>) -> bool {
    let Some(send) = &step.send else { return true };
    let finding = findings.iter().find(|f| f.id == step.because);
    let Ok(proposed) = systems.propose(&send.change, &of(&send.change, finding)) else {
        return false;
    };
    let [only] = proposed.as_slice() else { return false };
    is_same(step, only)
}

fn is_same(step: &Step, send: &Send) -> bool {
    let with = |send: &Send| Step { send: Some(send.clone()), ..step.clone() };
    encode::step(step) == encode::step(&with(send))
}

/// The record that a change is about, as its finding has it.
fn of(change: &Change, finding: Option<&Finding>) -> Record {
    match change {
        Change::Acs(AcsChange::Delete { id } | AcsChange::Send { id }) => {
            let known = finding.and_then(|f| f.acs.iter().find(|d| d.id == *id));
            let stub = || AcsDevice { id: id.clone(), ..AcsDevice::default() };
            Record::Acs(known.cloned().unwrap_or_else(stub))
        }
        Change::Acs(AcsChange::Synchronise) => Record::Acs(AcsDevice::default()),
        Change::Provider(_) => {
            let related = finding.and_then(|f| f.related.as_ref()?.provider.as_ref());
            let known = finding.and_then(|f| f.provider.first()).or(related);
            Record::Provider(known.cloned().unwrap_or_else(|| record_of(change)))
        }
    }
}
