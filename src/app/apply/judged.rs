//! A plan that is at hand, before anything of it is sent: is it what was planned, and what do
//! the guards say of it now?
//!
//! Must not do: send, or decide what a person may confirm.

use jiff::Timestamp;

use crate::app::apply::sound;
use crate::app::apply::systems::Systems;
use crate::app::error::AppError;
use crate::app::plan::decode::Filed;
use crate::app::plan::facts::{self, Asked, Memory};
use crate::config::Settings;
use crate::engine::guard::{self, Mode, Phase, Verdict};
use crate::store::Store;
use crate::store::run::Run;

/// The run whose findings it is about, where it is what was planned from that run.
///
/// # Errors
/// [`AppError::Refused`] where it is not, or the store does not know the run.
pub(super) fn run_of(
    settings: &Settings,
    store: &Store,
    filed: &Filed,
    systems: &Systems<'_>,
) -> Result<Run, AppError> {
    let known = if filed.undoes { store.latest()? } else { store.run(&filed.plan.parent)? };
    let run = known.ok_or_else(|| {
        let what = "the store does not know the run that the plan was made from";
        refused(what.to_owned(), "plan again, over the store that you apply from")
    })?;
    match sound::wrong(filed, &settings.profile, (store, &run), systems)? {
        None => Ok(run),
        Some(what) => Err(refused(what, "plan again: a plan is never edited")),
    }
}

/// What the guards say of it now. What of it was sent already counts once.
///
/// # Errors
/// Where the store can't be read.
pub(super) fn verdict(
    settings: &Settings,
    (store, run): (&Store, &Run),
    filed: &Filed,
    (mode, acknowledged): (Mode, bool),
    now: Timestamp,
) -> Result<Verdict, AppError> {
    let begun = store.steps_of(&filed.plan.id)?;
    let limits = facts::limits(settings, mode);
    let memory = Memory::of(Some(store), run, &limits, now)?.without_plan(&begun, now);
    let asked = Asked { mode, phase: Phase::Apply, now, acknowledged };
    Ok(guard::verdict(&filed.plan, &memory.facts(settings, run, limits, asked)))
}

fn refused(what: String, hint: &str) -> AppError {
    AppError::Refused { what, hints: vec![hint.to_owned()] }
}
