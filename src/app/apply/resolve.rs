//! What only a person can decide: a step that needs one, and a store that was put back.
//!
//! Must not do: send, or look at a system.

use jiff::Timestamp;

use crate::app::apply::session::locked;
use crate::app::error::AppError;
use crate::app::memory;
use crate::config::Settings;
use crate::store::{ApplyLock, Note, RESTORED_KEY, Resolution, StepRow, Store};

/// A person decides about a step that needs one.
///
/// # Errors
/// Where another apply runs, there is no such action, or it needs nobody.
pub fn resolve(
    settings: &Settings,
    action: &str,
    resolution: Resolution,
    (reason, by): (&str, &str),
    now: Timestamp,
) -> Result<Option<StepRow>, AppError> {
    let store = memory::must_look(settings)?;
    let Some(lock) = store.lock_for_apply()? else { return Err(locked(&store)) };
    if action == RESTORED {
        return looked_through(&store, &lock, resolution, (reason, by), now).map(|()| None);
    }
    Ok(Some(store.resolve(&lock, action, resolution, (reason, by), now)?))
}

/// A person looked at both systems after the store was put back. Only they can say so, and why
/// is kept.
fn looked_through(
    store: &Store,
    lock: &ApplyLock,
    resolution: Resolution,
    (reason, by): (&str, &str),
    at: Timestamp,
) -> Result<(), AppError> {
    if resolution != Resolution::Done {
        let what = "of a store that was put back, `done` is all that can be said".to_owned();
        let hints = vec![format!("acerto resolve {RESTORED} done --reason …")];
        return Err(AppError::Usage { what, hints });
    }
    let note = Note { text: reason.to_owned(), actor: by.to_owned(), at };
    store.add_note(RESTORED_KEY, &note)?;
    Ok(store.probed(lock)?)
}

/// What `resolve` is told of a store that was restored.
const RESTORED: &str = "restored";
