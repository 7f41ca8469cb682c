//! What can be asked of the apply journal; none of it needs the lock.
//!
//! Must not do: change a row.

use jiff::Timestamp;

use crate::domain::Side;
use crate::store::error::StoreError;
use crate::store::journal::filing::{
    decode, open_steps, plan, plan_prefix, plans, removals, step_at, steps,
};
use crate::store::journal::step::{PlanRow, StepRow, StepState};
use crate::store::rows::{Order, Rows};
use crate::store::tables::STEPS;
use crate::store::{JournalCounts, Store};

impl Store {
    /// The steps that have not ended, of all plans: planned, under way, in doubt, or waiting for
    /// a person.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn open_steps(&self) -> Result<Vec<StepRow>, StoreError> {
        self.journal.read(|journal| {
            let open = open_steps(journal)?;
            let row = |at: &Vec<u8>| {
                step_at(journal, at)?
                    .ok_or_else(|| journal.damaged("an open step that is not there"))
            };
            open.iter().map(|o| row(&o.at)).collect()
        })
    }

    /// The steps of a plan, or of all plans that a run applied; by its whole id. None where
    /// nothing of that name was begun.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn steps_of(&self, id: &str) -> Result<Vec<StepRow>, StoreError> {
        self.journal.read(|journal| steps_of(journal, id))
    }

    /// The steps that came to their state since `since`, ended ones too: after a restore these
    /// are probed.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn steps_since(&self, since: Timestamp) -> Result<Vec<StepRow>, StoreError> {
        self.journal.read(|journal| {
            let mut all = Vec::new();
            journal.walk(STEPS, &[], Order::Up, &mut |key, body| {
                let row = decode(key, body)?;
                if row.updated >= since {
                    all.push(row);
                }
                Ok(true)
            })?;
            Ok(all)
        })
    }

    /// The plans that were begun, by id, so by time.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn plans(&self) -> Result<Vec<PlanRow>, StoreError> {
        self.journal.read(plans)
    }

    /// A plan, if it was begun.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn plan_applied(&self, plan_id: &str) -> Result<Option<PlanRow>, StoreError> {
        self.journal.read(|journal| plan(journal, plan_id))
    }

    /// How many removals were sent to a side since `since`, over all sessions, whatever became
    /// of them. Those of more than 48 hours ago are forgotten.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn removals_since(&self, side: Side, since: Timestamp) -> Result<u64, StoreError> {
        let sent = self.journal.read(|journal| removals(journal, side, since))?;
        Ok(sent.values().fold(0, |sum: u64, n| sum.saturating_add(*n)))
    }

    /// The journal in numbers: the steps of all plans that are in doubt or need a person, and
    /// how those ended that the run `run_id` applied; without a run, all that are remembered.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn journal_counts(&self, run_id: Option<&str>) -> Result<JournalCounts, StoreError> {
        self.journal.read(|journal| {
            let mut counts = JournalCounts::default();
            for open in open_steps(journal)? {
                counts.add(open.state);
            }
            let mut add_end = |state: StepState| {
                if state.is_end() {
                    counts.add(state);
                }
            };
            match run_id {
                Some(run) => steps_of(journal, run)?.iter().for_each(|row| add_end(row.state)),
                None => journal.walk(STEPS, &[], Order::Up, &mut |key, body| {
                    add_end(decode(key, body)?.state);
                    Ok(true)
                })?,
            }
            Ok(counts)
        })
    }
}

impl JournalCounts {
    /// Counts a step. What a person called done counts as verified; what nobody wants any more
    /// as superseded. A step that is planned or under way is not counted.
    pub fn add(&mut self, state: StepState) {
        match state {
            StepState::Verified | StepState::Noop | StepState::Done => self.verified += 1,
            StepState::Superseded | StepState::Redo | StepState::Dropped => self.superseded += 1,
            StepState::Failed => self.failed += 1,
            StepState::InDoubt => self.in_doubt += 1,
            StepState::NeedsHuman => self.needs_human += 1,
            StepState::Intent | StepState::Sent | StepState::Acked => {}
        }
    }
}

fn steps_of(journal: &impl Rows, id: &str) -> Result<Vec<StepRow>, StoreError> {
    if plan(journal, id)?.is_some() {
        return steps(journal, &plan_prefix(id));
    }
    let mut all = Vec::new();
    for plan in plans(journal)? {
        if plan.runs.iter().any(|run| run == id) {
            all.extend(steps(journal, &plan_prefix(&plan.plan_id))?);
        }
    }
    Ok(all)
}

/// The step of an action: what waits for a person is looked at first, since it is nearly
/// always that.
pub(super) fn action(journal: &impl Rows, action: &str) -> Result<Option<StepRow>, StoreError> {
    for open in open_steps(journal)? {
        if let Some(row) = step_at(journal, &open.at)?
            && row.action == action
        {
            return Ok(Some(row));
        }
    }
    let mut found = None;
    journal.walk(STEPS, &[], Order::Up, &mut |key, body| {
        found = Some(decode(key, body)?).filter(|row| row.action == action);
        Ok(found.is_none())
    })?;
    Ok(found)
}
