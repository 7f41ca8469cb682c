//! Applying a plan that is at hand: the lock, recovery, the plan, and what it cost in requests.
//!
//! Must not do: print, or read a plan's file.

use crate::app::apply::Applied;
use crate::app::apply::judged;
use crate::app::apply::progress::Say;
use crate::app::apply::session::{Order, Session};
use crate::app::apply::systems::Systems;
use crate::app::collect::{self, Sources};
use crate::app::error::AppError;
use crate::app::plan::decode::Filed;
use crate::app::plan::{self, Planned};
use crate::app::reconcile::{self, Request, World};
use crate::app::{budget, memory};
use crate::config::Settings;
use crate::engine::Cause;
use crate::engine::guard::{Mode, Verdict};
use crate::engine::plan::Selection;
use crate::store::Store;

/// Applies a plan, or goes on with one that was begun.
///
/// # Errors
/// Where the lock is taken, a side or the store can't be used, or a person has to settle a step
/// first.
pub fn apply(
    settings: &Settings,
    filed: &Filed,
    order: &Order,
    world: World<'_>,
    say: Say<'_>,
) -> Result<Applied, AppError> {
    let store = memory::open_for_run(settings)?;
    let session = Session::begin(settings, &store, world, say)?;
    let sources = open(settings, &store, &order.request, world)?;
    let systems = Systems::new(&sources);
    let recovered = session.recover(&systems, Some(&filed.plan.id));
    let applied = recovered.and_then(|()| session.apply(filed, order, &systems));
    count(&store, &sources, world);
    applied
}

/// What the guards say of a plan that is at hand, if it were applied now; nothing is sent.
///
/// # Errors
/// Where the plan is not what was planned, or the store or a side can't be used.
pub fn rehearse(
    settings: &Settings,
    filed: &Filed,
    (mode, acknowledged, request): (Mode, bool, &Request),
    world: World<'_>,
) -> Result<Verdict, AppError> {
    let store = memory::must_look(settings)?;
    let sources = open(settings, &store, request, world)?;
    let systems = Systems::new(&sources);
    let run = judged::run_of(settings, &store, filed, &systems);
    count(&store, &sources, world);
    let now = world.adapters.clock.now();
    judged::verdict(settings, (&store, &run?), filed, (mode, acknowledged), now)
}

/// What a run of its own did: `--reconcile --apply`.
#[derive(Debug)]
pub struct Unattended {
    /// The plan, and the run that it was made from.
    pub planned: Planned,
    /// How it was applied; `None` where nothing was to be sent, or only a dry run was asked for.
    pub applied: Option<Applied>,
}

/// Recovers, reads both systems, plans the fixes of these causes, and applies them within the
/// limits of a run without a person.
///
/// # Errors
/// As [`apply`].
pub fn unattended(
    settings: &Settings,
    (causes, dry_run): (&[Cause], bool),
    (request, filing): (&Request, &dyn Fn(&Planned) -> Filed),
    world: World<'_>,
    say: Say<'_>,
) -> Result<Unattended, AppError> {
    let store = memory::open_for_run(settings)?;
    let session = if dry_run { None } else { Some(Session::begin(settings, &store, world, say)?) };
    let sources = open(settings, &store, request, world)?;
    let systems = Systems::new(&sources);
    if let Some(session) = &session
        && let Err(error) = session.recover(&systems, None)
    {
        count(&store, &sources, world);
        return Err(error);
    }
    let finished = reconcile::reconcile(settings, request, world)?;
    if let Some(error) = finished.unrecorded {
        return Err(error);
    }
    let order = plan::Order {
        selection: Selection { causes: causes.to_vec(), headless: true, ..Selection::default() },
        keys: Vec::new(),
        synchronise: None,
        fresh: true,
        mode: Mode::Headless,
        request: request.clone(),
    };
    let planned = plan::of_run(settings, &order, world, (finished.run, Some(&store)), &sources)?;
    let has_steps = planned.plan.sent().next().is_some();
    let Some(session) = session.filter(|_| has_steps) else {
        return Ok(Unattended { planned, applied: None });
    };
    let order = Order {
        mode: Mode::Headless,
        typed: None,
        approver: None,
        acknowledged: None,
        keeps: false,
        request: request.clone(),
    };
    let applied = session.apply(&filing(&planned), &order, &systems);
    count(&store, &sources, world);
    Ok(Unattended { planned, applied: Some(applied?) })
}

/// Settles what an earlier apply left, where nobody applies now; a run that only reports does
/// not wait for the lock.
///
/// # Errors
/// Where the store or a side can't be used. Rows that a person has to settle are no error here.
pub fn recover_if_free(
    settings: &Settings,
    request: &Request,
    world: World<'_>,
    say: Say<'_>,
) -> Result<(), AppError> {
    // Nearly always nothing is left, and the run itself reads the files through.
    let Some(glanced) = memory::glance_if_there(settings)? else { return Ok(()) };
    if glanced.open_steps()?.is_empty() || settings.read_only {
        return Ok(());
    }
    drop(glanced);
    let Some(store) = memory::look(settings)? else { return Ok(()) };
    let session = match Session::begin(settings, &store, world, say) {
        Ok(session) => session,
        Err(AppError::Locked { .. }) => return Ok(()),
        Err(error) => return Err(error),
    };
    let sources = open(settings, &store, request, world)?;
    let settled = session.recover(&Systems::new(&sources), None);
    count(&store, &sources, world);
    match settled {
        Ok(()) | Err(AppError::Journal { .. }) => Ok(()),
        Err(error) => Err(error),
    }
}

fn open(
    settings: &Settings,
    store: &Store,
    request: &Request,
    world: World<'_>,
) -> Result<Sources, AppError> {
    let before = budget::before(settings, Some(store), world.adapters.clock.now())?;
    let how = (request.as_of, request.strict);
    collect::open(settings, world.adapters, &before, how, world.env)
}

/// The systems' own limits count what an apply asked, too.
fn count(store: &Store, sources: &Sources, world: World<'_>) {
    if let Err(error) = budget::count(store, sources, world.adapters.clock.now()) {
        tracing::warn!("requests could not be counted: {error}");
    }
}
