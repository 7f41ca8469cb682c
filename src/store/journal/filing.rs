//! Rows of the apply journal and the tables beside them, within one transaction.
//!
//! Must not do: judge a change. A row and what is known of it by its key go together.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::domain::Side;
use crate::store::codec::step::{PlanLine, StepLine};
use crate::store::codec::{Bad, bad, from_json, to_json, wired};
use crate::store::error::StoreError;
use crate::store::journal::step::{PlanRow, StepId, StepRow, StepState};
use crate::store::marks::time_key;
use crate::store::rows::{Edit, Order, Rows};
use crate::store::tables::{OPEN_STEPS, PLANS, REMOVALS, STEPS, UNTOLD};

/// Removals sent longer ago are nobody's budget; the longest is of a day.
const REMOVALS_KEPT: SignedDuration = SignedDuration::from_hours(48);
/// Bytes of a side and a time before a step's key.
const REMOVAL_HEAD: usize = 17;

/// The keys of a plan's steps begin so. The id's length goes first, so that no id is the
/// beginning of another.
pub(super) fn plan_prefix(plan_id: &str) -> Vec<u8> {
    let length = u32::try_from(plan_id.len()).unwrap_or(u32::MAX);
    [&length.to_be_bytes(), plan_id.as_bytes()].concat()
}

pub(super) fn step_key(id: &StepId) -> Vec<u8> {
    [plan_prefix(&id.plan_id), id.seq.to_be_bytes().to_vec()].concat()
}

/// A step that has not ended, as far as it is known without its row.
pub(super) struct OpenStep {
    /// Its key.
    pub at: Vec<u8>,
    /// Where it stands.
    pub state: StepState,
    /// Which record it is about.
    pub key: String,
}

pub(super) fn decode(key: &[u8], body: &[u8]) -> Result<StepRow, Bad> {
    let row = from_json::<StepLine>(body)?.step()?;
    if step_key(&row.id()) == key { Ok(row) } else { Err(bad("a step under another's key")) }
}

/// The row under a key.
pub(super) fn step_at(rows: &impl Rows, key: &[u8]) -> Result<Option<StepRow>, StoreError> {
    let Some(body) = rows.get(STEPS, key)? else { return Ok(None) };
    rows.believe(decode(key, &body)).map(Some)
}

/// The steps whose keys begin so, in order.
pub(super) fn steps(rows: &impl Rows, prefix: &[u8]) -> Result<Vec<StepRow>, StoreError> {
    let mut all = Vec::new();
    rows.walk(STEPS, prefix, Order::Up, &mut |key, body| {
        all.push(decode(key, body)?);
        Ok(true)
    })?;
    Ok(all)
}

/// Writes a row; its marks follow its state.
pub(super) fn put_step(journal: &Edit, row: &StepRow) -> Result<(), StoreError> {
    let at = step_key(&row.id());
    let line = journal.believe(to_json(&StepLine::of(row)))?;
    journal.put(STEPS, &at, &line)?;
    if row.state.is_end() {
        journal.remove(OPEN_STEPS, [&at])?;
        return journal.put(UNTOLD, &at, &[]);
    }
    journal.put(OPEN_STEPS, &at, open_mark(row).as_bytes())
}

/// State and natural key.
pub(super) fn open_mark(row: &StepRow) -> String {
    format!("{} {}", row.state.wire(), row.key)
}

/// The steps that have not ended.
pub(super) fn open_steps(rows: &impl Rows) -> Result<Vec<OpenStep>, StoreError> {
    let mut all = Vec::new();
    rows.walk(OPEN_STEPS, &[], Order::Up, &mut |at, body| {
        let text = std::str::from_utf8(body).ok().and_then(|t| t.split_once(' '));
        let (state, key) = text.ok_or_else(|| bad("an open step without a state"))?;
        let state = wired(StepState::from_wire, state)?;
        all.push(OpenStep { at: at.to_vec(), state, key: key.to_owned() });
        Ok(true)
    })?;
    Ok(all)
}

/// Keys of steps that ended and may be missing in `journal.jsonl`.
pub(super) fn untold(rows: &impl Rows) -> Result<Vec<Vec<u8>>, StoreError> {
    let mut all = Vec::new();
    rows.walk(UNTOLD, &[], Order::Up, &mut |key, _| {
        all.push(key.to_vec());
        Ok(true)
    })?;
    Ok(all)
}

pub(super) fn plan(rows: &impl Rows, plan_id: &str) -> Result<Option<PlanRow>, StoreError> {
    let Some(body) = rows.get(PLANS, plan_id.as_bytes())? else { return Ok(None) };
    rows.believe(decode_plan(plan_id.as_bytes(), &body)).map(Some)
}

pub(super) fn put_plan(journal: &Edit, plan: &PlanRow) -> Result<(), StoreError> {
    let line = journal.believe(to_json(&PlanLine::of(plan)))?;
    journal.put(PLANS, plan.plan_id.as_bytes(), &line)
}

/// All plans, by id.
pub(super) fn plans(rows: &impl Rows) -> Result<Vec<PlanRow>, StoreError> {
    let mut all = Vec::new();
    rows.walk(PLANS, &[], Order::Up, &mut |key, body| {
        all.push(decode_plan(key, body)?);
        Ok(true)
    })?;
    Ok(all)
}

fn decode_plan(key: &[u8], body: &[u8]) -> Result<PlanRow, Bad> {
    let plan = from_json::<PlanLine>(body)?.plan()?;
    let is_its = plan.plan_id.as_bytes() == key;
    if is_its { Ok(plan) } else { Err(bad("a plan under another's key")) }
}

fn letter(side: Side) -> u8 {
    match side {
        Side::Acs => b'a',
        Side::Provider => b'p',
    }
}

/// Notes that removals are sent now, and forgets those of days ago.
pub(super) fn put_removals(
    journal: &Edit,
    row: &StepRow,
    sent: Timestamp,
) -> Result<(), StoreError> {
    if row.removals == 0 {
        return Ok(());
    }
    let until = sent.checked_sub(REMOVALS_KEPT).unwrap_or(Timestamp::MIN);
    let mut old = Vec::new();
    let until = [vec![letter(row.side)], time_key(until)].concat();
    journal.walk(REMOVALS, &[letter(row.side)], Order::Up, &mut |key, _| {
        let is_old = *key < *until;
        if is_old {
            old.push(key.to_vec());
        }
        Ok(is_old)
    })?;
    journal.remove(REMOVALS, old)?;
    let key = [vec![letter(row.side)], time_key(sent), step_key(&row.id())].concat();
    journal.put_count(REMOVALS, &key, row.removals.into())
}

/// Removals sent since then, by step: one that was sent twice counts once.
pub(super) fn removals(
    rows: &impl Rows,
    side: Side,
    since: Timestamp,
) -> Result<BTreeMap<Vec<u8>, u64>, StoreError> {
    let since = [vec![letter(side)], time_key(since)].concat();
    let mut sent = BTreeMap::new();
    rows.walk(REMOVALS, &[letter(side)], Order::Down, &mut |key, body| {
        let n = std::str::from_utf8(body).ok().and_then(|text| text.parse().ok());
        let step = key.get(REMOVAL_HEAD..);
        let (step, n) = step.zip(n).ok_or_else(|| bad("removals that are no number"))?;
        if *key < *since {
            return Ok(false);
        }
        sent.insert(step.to_vec(), n);
        Ok(true)
    })?;
    Ok(sent)
}
