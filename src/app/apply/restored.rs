//! After a store was restored: what the journal remembers against what the systems hold now.
//!
//! A backup forgets what was sent after it was made, so nothing is sent until a person has looked
//! (SAFETY.md section 2, C8).
//! Must not do: send anything, or settle a row.

use jiff::{SignedDuration, Timestamp};

use crate::app::apply::systems::Systems;
use crate::app::error::AppError;
use crate::ports::Effect;
use crate::store::{StepRow, StepState, Store};

/// Rows of so long ago are looked at.
const LOOKED_AT: SignedDuration = SignedDuration::from_hours(7 * 24);

/// More lines than this nobody reads in an error.
const TOLD_MOST: usize = 20;

/// The error that stops an apply, with what every row of the last days looks like now.
///
/// # Errors
/// Where the store can't be read.
pub(super) fn refusal(
    store: &Store,
    systems: &Systems<'_>,
    (since, now): (Timestamp, Timestamp),
) -> Result<AppError, AppError> {
    let from = now.checked_sub(LOOKED_AT).unwrap_or(Timestamp::MIN);
    let rows = store.steps_since(from)?;
    let differing: Vec<String> = rows.iter().filter_map(|row| differs(systems, row)).collect();
    let what = format!(
        "the store was restored at {since}: what was sent after the backup is forgotten; of {} \
         steps of the last 7 days {} are not as the journal says",
        rows.len(),
        differing.len()
    );
    let mut hints: Vec<String> = differing.into_iter().take(TOLD_MOST).collect();
    hints.push("look at what the systems hold".to_owned());
    hints.push("then: acerto resolve restored done --reason …".to_owned());
    Ok(AppError::Journal { what, hints })
}

/// How a row is not as the journal says; a side that does not answer is said, not believed.
fn differs(systems: &Systems<'_>, row: &StepRow) -> Option<String> {
    let (action, fix, state) = (&row.action, row.fix.wire(), row.state.wire());
    let told = |what: &str| Some(format!("{action} ({fix}, {state}): {what}"));
    let seen = match systems.look(&row.change) {
        Ok(seen) => seen,
        Err(error) => return told(&error.what),
    };
    let is_done = matches!(row.state, StepState::Verified | StepState::Noop | StepState::Done);
    match (is_done, systems.judge(&row.change, None, &seen)) {
        (true, Effect::Done) | (_, Effect::Untold) | (false, Effect::NotDone) => None,
        (true, Effect::NotDone) => told("it is not in force now"),
        (false, Effect::Done) => told("it is in force now"),
        (_, Effect::Differs(what)) => told(&what),
    }
}
