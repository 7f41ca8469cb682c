//! Care of the apply journal: checking it, forgetting what is old, and what a restore means.
//!
//! Must not do: repair, or forget a step that has not ended.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::domain::Side;
use crate::store::Store;
use crate::store::codec::{from_json, to_json};
use crate::store::door::DbFile;
use crate::store::error::StoreError;
use crate::store::journal::filing::{
    open_mark, plan_prefix, plans, removals, step_at, step_key, steps, untold,
};
use crate::store::journal::lock::ApplyLock;
use crate::store::rows::{Edit, Order, Rows, key_text};
use crate::store::tables::{META, OPEN_STEPS, PLANS, STEPS, UNTOLD};

/// When the store was put back from a backup, until all was probed.
const RESTORED: &[u8] = b"restored";

impl Store {
    /// When the store was restored, where nobody confirmed since that the steps of the last 7
    /// days ([`Store::steps_since`]) were looked at in both systems. Until then nothing is sent:
    /// what was done after the backup was made is not known.
    ///
    /// # Errors
    /// Where the journal can't be read.
    pub fn must_probe_all(&self) -> Result<Option<Timestamp>, StoreError> {
        self.journal.read(restored)
    }

    /// All steps of the last 7 days were probed after a restore, and a person confirmed it.
    ///
    /// # Errors
    /// Where the lock is not this store's, or the journal can't be written.
    pub fn probed(&self, lock: &ApplyLock) -> Result<(), StoreError> {
        lock.guards(self)?;
        self.journal.write(|journal| journal.remove(META, [RESTORED]).map(drop))
    }
}

fn restored(rows: &impl Rows) -> Result<Option<Timestamp>, StoreError> {
    let at = rows.get(META, RESTORED)?;
    at.map(|at| rows.believe(from_json(&at))).transpose()
}

/// C8: a restored store sends nothing until a person confirmed.
pub(super) fn is_probed(rows: &impl Rows) -> Result<(), StoreError> {
    match restored(rows)? {
        Some(since) => Err(StoreError::NotProbed { since }),
        None => Ok(()),
    }
}

/// Notes that a journal was put back from a backup.
pub(in crate::store) fn mark_restored(journal: &DbFile, at: Timestamp) -> Result<(), StoreError> {
    journal.write(|journal| journal.put(META, RESTORED, &journal.believe(to_json(&at))?))
}

/// Reads every row once, and whether the marks beside them are those that belong to them.
pub(in crate::store) fn check(rows: &impl Rows) -> Result<(), StoreError> {
    restored(rows)?;
    let plans: BTreeMap<_, _> = plans(rows)?.into_iter().map(|p| (p.plan_id, p.runs)).collect();
    let mut open = Vec::new();
    for row in steps(rows, &[])? {
        if !plans.contains_key(&row.plan_id) {
            return Err(rows.damaged("a step without its plan"));
        }
        if !row.state.is_end() {
            open.push((step_key(&row.id()), open_mark(&row)));
        }
    }
    let mut marks = Vec::new();
    rows.walk(OPEN_STEPS, &[], Order::Up, &mut |key, body| {
        marks.push((key.to_vec(), key_text(body)?.to_owned()));
        Ok(true)
    })?;
    if marks != open {
        return Err(rows.damaged("the steps that have not ended are not those that are listed"));
    }
    for key in untold(rows)? {
        if step_at(rows, &key)?.is_none_or(|row| !row.state.is_end()) {
            return Err(rows.damaged("a step to be told that has not ended"));
        }
    }
    [Side::Acs, Side::Provider]
        .iter()
        .try_for_each(|side| removals(rows, *side, Timestamp::MIN).map(drop))
}

/// Forgets the plans whose steps all ended before `until`.
pub(in crate::store) fn prune(journal: &Edit, until: Timestamp) -> Result<(), StoreError> {
    for plan in plans(journal)? {
        // No step ends before its plan is begun, whatever the clock said later.
        if plan.begun >= until {
            continue;
        }
        let rows = steps(journal, &plan_prefix(&plan.plan_id))?;
        if rows.iter().any(|row| !row.state.is_end() || row.updated >= until) {
            continue;
        }
        let keys: Vec<_> = rows.iter().map(|row| step_key(&row.id())).collect();
        journal.remove(STEPS, &keys)?;
        journal.remove(UNTOLD, &keys)?;
        journal.remove(PLANS, [plan.plan_id.as_bytes()])?;
    }
    Ok(())
}
