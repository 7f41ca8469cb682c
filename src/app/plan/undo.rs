//! A new plan that puts back what an apply changed, last change first.
//!
//! Must not do: undo what nobody can (a deletion comes back by itself, a session dials in anew),
//! or what was changed by somebody else since.

use std::collections::HashMap;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::app::apply::step::remembered;
use crate::app::apply::systems::Systems;
use crate::app::collect;
use crate::app::error::AppError;
use crate::app::plan::encode;
use crate::app::plan::facts::{self, Asked, Memory};
use crate::app::reconcile::{Request, World};
use crate::app::{budget, memory};
use crate::config::Settings;
use crate::domain::{Change, ProviderRecord, RecordKey, Undo};
use crate::engine::guard::{self, Mode, Phase, Verdict};
use crate::engine::plan::{
    Abilities as _, Expect, FixPlan, Record, Send, Skipped, Step, Target, Why, effect_of, removes,
    target,
};
use crate::engine::{Cause, Finding, Projected, Projection, Strength};
use crate::store::run::Run;
use crate::store::{StepRow, StepState, Store, Undoable};

/// How long it may be applied: where something is removed, and else.
const EXPIRES: [SignedDuration; 2] = [SignedDuration::from_mins(15), SignedDuration::from_mins(60)];

/// The plan that undoes what `run` did.
///
/// # Errors
/// Where the store knows no such apply.
pub fn undo(
    store: &Store,
    run: &str,
    systems: &Systems<'_>,
    (latest, planner, now): (&Run, &str, Timestamp),
) -> Result<FixPlan, AppError> {
    let rows = store.steps_of(run)?;
    if rows.is_empty() {
        let shown = crate::domain::text::visible(run);
        let what = format!("nothing was applied by a run or a plan `{shown}`");
        return Err(AppError::not_found(what, &["`acerto runs` lists them; give the whole id"]));
    }
    let (mut steps, mut skipped): (Vec<Step>, Vec<Skipped>) = (Vec::new(), Vec::new());
    let mut findings = Found::default();
    for row in rows.iter().rev().filter(|row| row.state == StepState::Verified) {
        match reversed(systems, row) {
            Some((send, in_force)) => {
                let seq = u32::try_from(steps.len()).unwrap_or(u32::MAX - 1) + 1;
                let follows = steps.iter().rfind(|s| s.because == row.finding).map(|s| s.seq);
                let found = findings.finding(store, row)?;
                let effect = match follows {
                    Some(_) => (0, 0),
                    None => undone(found, row),
                };
                let step = step(seq, (row, found), send, in_force);
                let removes = u32::from(step.removal && follows.is_none());
                steps.push(Step { removes, follows, effect, ..step });
            }
            None => skipped.push(Skipped {
                because: row.finding.clone(),
                cause: row.cause.unwrap_or(Cause::AwaitingSync),
                target: target_of(row, findings.finding(store, row)?),
                why: Why::CantBeUndone,
            }),
        }
    }
    let between = &latest.reconciliation.between;
    let after = |now: u64, by: i64| now.saturating_add_signed(by);
    let provider = after(between.provider, steps.iter().map(|s| s.effect.1).sum());
    let acs = after(between.acs, steps.iter().map(|s| s.effect.0).sum());
    Ok(FixPlan {
        id: Uuid::now_v7().to_string(),
        parent: run.to_owned(),
        profile: latest.profile.clone(),
        generation: store.generation()?,
        made: now,
        expires: now + if steps.iter().any(|s| s.removal) { EXPIRES[0] } else { EXPIRES[1] },
        planner: planner.to_owned(),
        steps,
        skipped,
        projection: Projection {
            step: Projected::Plan,
            acs,
            provider,
            provider_least: provider,
            devices: 0,
            active_logins: 0,
        },
    })
}

/// The findings that steps were for, by their runs.
#[derive(Default)]
struct Found(HashMap<String, Vec<Finding>>);

impl Found {
    /// Nothing, where the run's findings are past their time.
    fn finding(&mut self, store: &Store, row: &StepRow) -> Result<Option<&Finding>, AppError> {
        if !self.0.contains_key(&row.parent) {
            let run = store.run(&row.parent)?;
            let findings = run.map(|run| run.reconciliation.findings).unwrap_or_default();
            self.0.insert(row.parent.clone(), findings);
        }
        let mut findings = self.0.get(&row.parent).into_iter().flatten();
        Ok(findings.find(|f| f.id == row.finding))
    }
}

/// The contrary of what a row's fix did to the counts.
fn undone(found: Option<&Finding>, row: &StepRow) -> (i64, i64) {
    let (acs, provider) = found.map_or((0, 0), |f| effect_of(f, row.fix));
    (-acs, -provider)
}

/// The device, by the finding; the record, by what was written.
fn target_of(row: &StepRow, found: Option<&Finding>) -> Target {
    let of = record_of(&row.change);
    let known = found.map(|f| target(f, row.side, None)).unwrap_or_default();
    Target {
        device_id: of.device_id.or(known.device_id),
        login_id: of.login_id.or(known.login_id),
        ..known
    }
}

/// Makes the plan and asks the guards.
///
/// # Errors
/// As [`undo`]; where the store or a side can't be used.
pub fn make(
    settings: &Settings,
    run: &str,
    (mode, request): (Mode, &Request),
    world: World<'_>,
) -> Result<(FixPlan, Verdict), AppError> {
    let store = memory::must_look(settings)?;
    let latest = store.latest()?.ok_or_else(|| memory::nothing_yet(settings))?;
    let now = world.adapters.clock.now();
    let before = budget::before(settings, Some(&store), now)?;
    let how = (request.as_of, request.strict);
    let sources = collect::open(settings, world.adapters, &before, how, world.env)?;
    let plan = undo(&store, run, &Systems::new(&sources), (&latest, &request.actor, now))?;
    let limits = facts::limits(settings, mode);
    let remembered = Memory::of(Some(&store), &latest, &limits, now)?;
    let asked = Asked { mode, phase: Phase::Plan, now, acknowledged: false };
    let facts = remembered.facts(settings, &latest, limits, asked);
    let verdict = guard::verdict(&plan, &facts);
    Ok((plan, verdict))
}

/// Is `plan` still what undoing `parent` means? It is made again and compared.
///
/// # Errors
/// As [`undo`].
pub(crate) fn is_still(
    plan: &FixPlan,
    store: &Store,
    systems: &Systems<'_>,
    latest: &Run,
) -> Result<bool, AppError> {
    let again = undo(store, &plan.parent, systems, (latest, &plan.planner, plan.made))?;
    // A file does not keep the order of a row's columns.
    let steps = |plan: &FixPlan| plan.steps.iter().map(encode::step).collect::<Vec<_>>();
    Ok(steps(&again) == steps(plan) && again.expires == plan.expires)
}

fn reversed(systems: &Systems<'_>, row: &StepRow) -> Option<(Send, Change)> {
    if row.undo == Undoable::No {
        return None;
    }
    let change = systems.reverse(&row.change, &remembered(row)?)?;
    let of = Record::Provider(record_of(&change));
    let mut sends = systems.propose(&change, &of).ok()?;
    let send = sends.pop().filter(|_| sends.is_empty())?;
    Some((send, row.change.clone()))
}

/// As much of the record as its key tells: the reverse of one row's change is of that row.
pub(crate) fn record_of(change: &Change) -> ProviderRecord {
    use crate::domain::ProviderChange as P;
    let (device_id, login_id) = match change {
        Change::Provider(P::Set { row: RecordKey::Entry(id), .. }) => (Some(id.clone()), None),
        Change::Provider(
            P::Set { row: RecordKey::Login(id), .. }
            | P::ClearMac { login_id: id }
            | P::EndSession { login_id: id },
        ) => (None, Some(id.clone())),
        Change::Provider(P::Synchronise) | Change::Acs(_) => (None, None),
    };
    ProviderRecord { device_id, login_id, ..ProviderRecord::default() }
}

fn step(
    seq: u32,
    (row, found): (&StepRow, Option<&Finding>),
    send: Send,
    in_force: Change,
) -> Step {
    // What takes a link back removes like any other removal, and counts as one. That it is
    // what this program itself wrote is proven, and that it still stands is looked at.
    let removal = removes(&send.change);
    let undo = if row.undo == Undoable::Yes { send.undo } else { Undo::Tries };
    Step {
        seq,
        fix: row.fix,
        side: row.side,
        send: Some(Send { undo, ..send }),
        target: target_of(row, found),
        expect: Expect { in_force: Some(in_force), ..Expect::default() },
        because: row.finding.clone(),
        also: Vec::new(),
        cause: row.cause.unwrap_or(Cause::AwaitingSync),
        strength: Strength::Proven,
        removal,
        removes: 0,
        follows: None,
        effect: (0, 0),
    }
}
