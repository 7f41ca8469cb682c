//! Makes a plan: from the newest run where that is fresh, else from a new one.
//!
//! Must not do: send anything.

use jiff::SignedDuration;
use uuid::Uuid;

use crate::app::apply::systems::Systems;
use crate::app::budget;
use crate::app::collect::{self, Sources};
use crate::app::error::AppError;
use crate::app::lookup::{Findings, Records, Wanted as Key};
use crate::app::memory;
use crate::app::plan::facts::{self, Asked, Memory};
use crate::app::reconcile::{self, Request, World};
use crate::config::Settings;
use crate::domain::Side;
use crate::engine::guard::{self, Mode, Phase, Verdict};
use crate::engine::plan::{FixPlan, Letterhead, Selection, Wanted, Whole, plan, synchronisation};
use crate::store::Store;
use crate::store::run::Run;

/// A run younger than this may be planned from.
const FRESH: SignedDuration = SignedDuration::from_mins(10);

/// What to plan.
#[derive(Clone, Debug)]
pub struct Order {
    /// Which findings, and what about them.
    pub selection: Selection,
    /// Keys as a person gave them; findings of these devices.
    pub keys: Vec<String>,
    /// A system to synchronise, instead of findings.
    pub synchronise: Option<Side>,
    /// Never plan from what is remembered.
    pub fresh: bool,
    /// Who looks at the plan.
    pub mode: Mode,
    /// How the two sides are read.
    pub request: Request,
}

/// A plan, and what it was made from.
#[derive(Debug)]
pub struct Planned {
    /// The plan.
    pub plan: FixPlan,
    /// What the guards say of it now.
    pub verdict: Verdict,
    /// The run whose findings it is about.
    pub run: Run,
    /// How old what it was made from is.
    pub age: SignedDuration,
}

/// Makes a plan.
///
/// # Errors
/// Where a side or the store can't be read; where a key names nothing.
pub fn make(settings: &Settings, order: &Order, world: World<'_>) -> Result<Planned, AppError> {
    let (run, store) = run(settings, order, world)?;
    let sources = open(settings, store.as_ref(), order, world)?;
    of_run(settings, order, world, (run, store.as_ref()), &sources)
}

/// Makes a plan from a run that is at hand.
///
/// # Errors
/// As [`make`].
pub fn of_run(
    settings: &Settings,
    order: &Order,
    world: World<'_>,
    (run, store): (Run, Option<&Store>),
    sources: &Sources,
) -> Result<Planned, AppError> {
    let now = world.adapters.clock.now();
    let limits = facts::limits(settings, order.mode);
    let memory = Memory::of(store, &run, &limits, now)?;
    let systems = Systems::new(sources);
    let answer = &run.reconciliation;
    let wanted = Wanted {
        findings: &answer.findings,
        between: &answer.between,
        whole: whole(store, &run)?,
        abilities: &systems,
        acs_at: answer.acs.fetched_at,
        absence: limits.absence,
    };
    let head = Letterhead {
        id: Uuid::now_v7().to_string(),
        parent: run.id.clone(),
        profile: run.profile.clone(),
        generation: memory.generation(),
        made: now,
        planner: order.request.actor.clone(),
    };
    let plan = match order.synchronise {
        Some(side) => synchronisation(wanted, side, head),
        None => plan(wanted, &selection(order, &run)?, head),
    };
    let asked = Asked { mode: order.mode, phase: Phase::Plan, now, acknowledged: false };
    let verdict = guard::verdict(&plan, &memory.facts(settings, &run, limits, asked));
    let age = now.duration_since(run.started);
    Ok(Planned { plan, verdict, run, age })
}

/// The newest run where it is whole and fresh, else a new one.
fn run(
    settings: &Settings,
    order: &Order,
    world: World<'_>,
) -> Result<(Run, Option<Store>), AppError> {
    if order.request.forget {
        return Ok((reconcile::reconcile(settings, &order.request, world)?.run, None));
    }
    let store = memory::open_for_run(settings)?;
    let now = world.adapters.clock.now();
    let known = if order.fresh { None } else { store.latest()? };
    let is_fresh = |run: &Run| {
        let age = now.duration_since(run.started);
        let answer = &run.reconciliation;
        (SignedDuration::ZERO..FRESH).contains(&age)
            && run.profile == settings.profile
            && answer.acs.complete
            && answer.provider.complete
    };
    if let Some(run) = known.filter(is_fresh) {
        return Ok((run, Some(store)));
    }
    let finished = reconcile::reconcile(settings, &order.request, world)?;
    match finished.unrecorded {
        // A plan is bound to what the store remembers.
        Some(error) => Err(error),
        None => Ok((finished.run, Some(store))),
    }
}

fn open(
    settings: &Settings,
    store: Option<&Store>,
    order: &Order,
    world: World<'_>,
) -> Result<Sources, AppError> {
    let before = budget::before(settings, store, world.adapters.clock.now())?;
    let how = (order.request.as_of, order.request.strict);
    collect::open(settings, world.adapters, &before, how, world.env)
}

/// By the snapshots themselves where they are remembered.
fn whole(store: Option<&Store>, run: &Run) -> Result<Option<Whole>, AppError> {
    let Some(store) = store else { return Ok(Whole::remembered(&run.reconciliation)) };
    let (acs, provider) = (store.acs_snapshot(&run.id)?, store.provider_snapshot(&run.id)?);
    let (Some(acs), Some(provider)) = (acs, provider) else { return Ok(None) };
    Ok(match (acs.complete(), provider.complete()) {
        (Some(acs), Some(provider)) => Some(Whole::of(acs, provider)),
        _ => None,
    })
}

/// Keys become the findings of these devices.
fn selection(order: &Order, run: &Run) -> Result<Selection, AppError> {
    let mut selection = order.selection.clone();
    if order.keys.is_empty() {
        return Ok(selection);
    }
    let known = Findings::new(&run.reconciliation.findings);
    for key in &order.keys {
        let Some(found) = known.find(&Key::new(key), Records::default()) else {
            let shown = crate::domain::text::visible(key);
            let what = format!("no finding is about `{shown}`");
            let hint = "`acerto explain KEY` tells what is known of it";
            return Err(AppError::not_found(what, &[hint]));
        };
        selection.ids.push(found.id.clone());
    }
    Ok(selection)
}
