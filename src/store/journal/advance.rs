//! What changes the apply journal: beginning a plan, an arrow, a person's decision.
//!
//! Must not do: change a row without the lock, or in more than one durable commit. The rules
//! I3, I4 and I5 of SAFETY.md are asserted here, in release builds too: who would break one
//! gets an error, and nothing is changed.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::domain::text::visible;
use crate::store::error::StoreError;
use crate::store::journal::arrow::{Arrow, Resolution, settle, take};
use crate::store::journal::filing::{
    open_steps, plan, plan_prefix, put_plan, put_removals, put_step, step_at, step_key, steps,
};
use crate::store::journal::lock::ApplyLock;
use crate::store::journal::step::{PlanRow, StepId, StepRow};
use crate::store::journal::{care, look};
use crate::store::rows::{Edit, Rows};
use crate::store::tables::{META, STEPS, UNTOLD};
use crate::store::{GENERATION, Store};

impl Store {
    /// Begins a plan: all its steps become `INTENT` rows in one durable commit. A plan that was
    /// begun before is gone on with: its rows stay as they are. Returns the rows as they stand.
    ///
    /// # Errors
    /// [`StoreError::PlanOutdated`] where a newer reconciliation is known,
    /// [`StoreError::PlanChanged`] where a plan of this id had another content,
    /// [`StoreError::NotProbed`] after a restore, [`StoreError::Broken`] where the rows are no
    /// plan's, or the lock is not this store's; or where the journal can't be written.
    pub fn begin(
        &self,
        lock: &ApplyLock,
        begun: &PlanRow,
        rows: Vec<StepRow>,
    ) -> Result<Vec<StepRow>, StoreError> {
        lock.guards(self)?;
        self.journal.write(|journal| {
            match plan(journal, &begun.plan_id)? {
                Some(known) => go_on(journal, known, begun)?,
                None => begin_new(journal, begun, rows)?,
            }
            steps(journal, &plan_prefix(&begun.plan_id))
        })
    }

    /// Moves a step along an arrow, in one durable commit, and returns it as it stands then.
    /// `at` is the wall clock.
    ///
    /// # Errors
    /// [`StoreError::Broken`] where there is no such arrow from where the step stands, or a rule
    /// would be broken; for [`Arrow::Send`] also [`StoreError::PlanOutdated`] and
    /// [`StoreError::NotProbed`]; or where the journal can't be written. The step stands where
    /// it stood then.
    pub fn advance(
        &self,
        lock: &ApplyLock,
        id: &StepId,
        arrow: &Arrow,
        at: Timestamp,
    ) -> Result<StepRow, StoreError> {
        self.change(lock, |journal| {
            let row = step_at(journal, &step_key(id))?.ok_or_else(|| no_step(id))?;
            if let Arrow::Send { utc, .. } = arrow {
                may_send(journal, &row)?;
                put_removals(journal, &row, *utc)?;
            }
            take(&row, arrow, at).map_err(|what| StoreError::Broken { what })
        })
    }

    /// Ends a step that a person must decide about, as `by` decided.
    ///
    /// # Errors
    /// [`StoreError::NoAction`] where there is none, [`StoreError::NotUndecided`] where it does
    /// not need a person; or where the journal can't be written.
    pub fn resolve(
        &self,
        lock: &ApplyLock,
        action: &str,
        resolution: Resolution,
        (reason, by): (&str, &str),
        at: Timestamp,
    ) -> Result<StepRow, StoreError> {
        self.change(lock, |journal| {
            let row = look::action(journal, action)?
                .ok_or_else(|| StoreError::NoAction { action: action.to_owned() })?;
            settle(&row, resolution, (reason, by), at).ok_or_else(|| StoreError::NotUndecided {
                action: action.to_owned(),
                state: row.state.wire(),
            })
        })
    }

    /// One row, one commit; an end is told after it.
    pub(super) fn change(
        &self,
        lock: &ApplyLock,
        next: impl FnOnce(&Edit) -> Result<StepRow, StoreError>,
    ) -> Result<StepRow, StoreError> {
        lock.guards(self)?;
        let told = lock.take_told();
        let row = self.journal.write(|journal| {
            journal.remove(UNTOLD, &told)?;
            let row = next(journal)?;
            keeps_its_end(journal, &row)?;
            put_step(journal, &row)?;
            Ok(row)
        });
        match row {
            Ok(row) => {
                self.tell(lock, &row);
                Ok(row)
            }
            Err(error) => {
                lock.give_told(told);
                Err(error)
            }
        }
    }
}

/// I5, once more by what is stored: whatever computed the row, an end stays.
fn keeps_its_end(journal: &Edit, next: &StepRow) -> Result<(), StoreError> {
    match step_at(journal, &step_key(&next.id()))? {
        Some(before) if before.state.is_end() => Err(StoreError::Broken {
            what: format!("I5: step {} has ended as {}", next.seq, before.state.wire()),
        }),
        Some(_) => Ok(()),
        None => Err(no_step(&next.id())),
    }
}

fn no_step(id: &StepId) -> StoreError {
    let what = format!("plan {} has no step {}", visible(&id.plan_id), id.seq);
    StoreError::Broken { what }
}

/// I3 and I4: what has to hold before a request may leave.
fn may_send(journal: &Edit, row: &StepRow) -> Result<(), StoreError> {
    care::is_probed(journal)?;
    let plan = plan(journal, &row.plan_id)?;
    is_current(journal, &plan.ok_or_else(|| journal.damaged("a step without its plan"))?)?;
    let at = step_key(&row.id());
    let other = open_steps(journal)?
        .into_iter()
        .find(|open| open.key == row.key && open.state.is_under_way() && open.at != at);
    let Some(other) = other else { return Ok(()) };
    let other = step_at(journal, &other.at)?.map_or_else(String::new, |o| o.action);
    let what = format!(
        "I3: {} is being changed already, by action {}",
        visible(&row.key),
        visible(&other)
    );
    Err(StoreError::Broken { what })
}

/// I4: nothing is sent by a plan older than the newest reconciliation.
fn is_current(journal: &Edit, plan: &PlanRow) -> Result<(), StoreError> {
    let newest = journal.count(META, GENERATION)?;
    if newest == plan.generation {
        return Ok(());
    }
    Err(StoreError::PlanOutdated { plan: plan.plan_id.clone(), made: plan.generation, newest })
}

fn begin_new(journal: &Edit, plan: &PlanRow, rows: Vec<StepRow>) -> Result<(), StoreError> {
    care::is_probed(journal)?;
    is_current(journal, plan)?;
    is_a_plan(plan, &rows).map_err(|what| StoreError::Broken {
        what: format!("plan {}: {what}", visible(&plan.plan_id)),
    })?;
    put_plan(journal, plan)?;
    for row in rows {
        let row = row.planned(plan.begun);
        // What stands there is of no plan that is known: it is never overwritten.
        if journal.get(STEPS, &step_key(&row.id()))?.is_some() {
            return Err(journal.damaged("a step without its plan"));
        }
        put_step(journal, &row)?;
    }
    Ok(())
}

fn go_on(journal: &Edit, mut known: PlanRow, begun: &PlanRow) -> Result<(), StoreError> {
    if known.sha256 != begun.sha256 {
        return Err(StoreError::PlanChanged { plan: begun.plan_id.clone() });
    }
    let new: Vec<_> = begun.runs.iter().filter(|run| !known.runs.contains(run)).collect();
    if new.is_empty() {
        return Ok(());
    }
    known.runs.extend(new.into_iter().cloned());
    put_plan(journal, &known)
}

/// Do the rows belong together?
fn is_a_plan(plan: &PlanRow, rows: &[StepRow]) -> Result<(), String> {
    let mut seqs = BTreeSet::new();
    let mut actions = BTreeSet::new();
    for row in rows {
        let seq = row.seq;
        let wrong = |what: &str| Err(format!("step {seq} {what}"));
        if row.plan_id != plan.plan_id {
            return wrong("is of another plan");
        }
        if row.side != row.change.side() {
            return wrong("changes the other side");
        }
        if row.key.is_empty() || row.action.is_empty() {
            return wrong("has no key, or no action");
        }
        if row.follows.is_some_and(|before| !seqs.contains(&before)) {
            return wrong("follows a step that does not stand before it");
        }
        if !seqs.insert(seq) || !actions.insert(&row.action) {
            return wrong("has the number or the action of another");
        }
    }
    Ok(())
}
