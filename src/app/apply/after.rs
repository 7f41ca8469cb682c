//! The same devices read again once a plan was applied: is it as the plan said?
//!
//! Must not do: take a verified step for a finding that is gone.

use std::collections::HashSet;

use jiff::Timestamp;

use crate::app::apply::step::ACCEPTED;
use crate::app::error::AppError;
use crate::app::reconcile::{self, Request, World};
use crate::config::Settings;
use crate::domain::{AcsChange, Change, Event, EventKind, Mark, ProviderChange};
use crate::engine::plan::FixPlan;
use crate::store::run::Run;
use crate::store::{StepRow, StepState};

/// What was read after an apply, beside what the plan said.
#[derive(Debug)]
pub struct After {
    /// The run that read it.
    pub run: Run,
    /// ACS devices and counted Provider entries that the steps done should leave.
    pub predicted: (u64, u64),
    /// Findings that the steps done should end, and that are there no more.
    pub fixed: Vec<String>,
    /// Those that are still there; of an undoing: that are back.
    pub left: Vec<String>,
    /// Was something undone?
    pub undoes: bool,
}

impl After {
    /// What was read.
    #[must_use]
    pub fn found(&self) -> (u64, u64) {
        let between = &self.run.reconciliation.between;
        (between.acs, between.provider)
    }

    /// Were both sides read whole?
    #[must_use]
    pub fn is_whole(&self) -> bool {
        let answer = &self.run.reconciliation;
        answer.acs.complete && answer.provider.complete
    }
}

/// Reads both sides again and compares.
///
/// # Errors
/// Where a side or the store can't be read.
pub(super) fn look(
    settings: &Settings,
    (plan, undoes, rows): (&FixPlan, bool, &[StepRow]),
    before: &Run,
    request: &Request,
    world: World<'_>,
) -> Result<After, AppError> {
    let now = world.adapters.clock.now();
    let own = rows.iter().filter_map(|row| happened(row, now)).collect();
    let finished = reconcile::reconcile(settings, &Request { own, ..request.clone() }, world)?;
    if let Some(error) = finished.unrecorded {
        return Err(error);
    }
    let done: HashSet<u32> = rows.iter().filter(|row| is_done(row)).map(|row| row.seq).collect();
    let steps = || plan.sent().filter(|step| done.contains(&step.seq));
    let between = &before.reconciliation.between;
    let predicted = (
        between.acs.saturating_add_signed(steps().map(|s| s.effect.0).sum()),
        between.provider.saturating_add_signed(steps().map(|s| s.effect.1).sum()),
    );
    let there: HashSet<&str> =
        finished.run.reconciliation.findings.iter().map(|f| f.id.as_str()).collect();
    let mut ends: Vec<String> =
        steps().flat_map(|s| std::iter::once(&s.because).chain(&s.also)).cloned().collect();
    ends.sort_unstable();
    ends.dedup();
    let (left, fixed) = ends.into_iter().partition(|id| there.contains(id.as_str()));
    Ok(After { run: finished.run, predicted, fixed, left, undoes })
}

fn is_done(row: &StepRow) -> bool {
    matches!(row.state, StepState::Verified | StepState::Noop | StepState::Done)
}

/// What we did ourselves is an event like any other: a device that we deleted was deleted by
/// hand, and a synchronisation that we asked for ran.
fn happened(row: &StepRow, now: Timestamp) -> Option<Mark> {
    // What was only accepted may still be going on: nobody saw it end.
    if row.state != StepState::Verified || row.note == ACCEPTED {
        return None;
    }
    let (kind, key) = match &row.change {
        Change::Acs(AcsChange::Delete { id }) => (EventKind::DeviceDeleted, Some(id.clone())),
        Change::Acs(AcsChange::Synchronise) => (EventKind::AcsSync, None),
        Change::Provider(ProviderChange::Synchronise) => (EventKind::ProviderSync, None),
        Change::Acs(AcsChange::Send { .. }) | Change::Provider(_) => return None,
    };
    let time = row.sent_utc.unwrap_or(now);
    Some(Mark::Event(Event { time, kind, key, note: None }))
}
