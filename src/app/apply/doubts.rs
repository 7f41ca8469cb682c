//! Steps of which nobody knows whether they are done: a wait, and a probe.
//!
//! Must not do: conclude anything before a late effect can no longer land (I2).

use std::time::Duration;

use crate::app::apply::crash::Point;
use crate::app::apply::desk::Desk;
use crate::app::apply::progress::Said;
use crate::app::apply::step::{remembered, verified, verify};
use crate::app::error::AppError;
use crate::domain::Change;
use crate::ports::Effect;
use crate::store::{Arrow, StepRow, StepState};

/// Between two probes of a record that is neither as it was nor as it should be.
const BETWEEN_PROBES: Duration = Duration::from_secs(2);

/// Settles every row that was sent: to an end, back to INTENT, or to a person.
///
/// # Errors
/// Where a side or the store can't be used, or a signal came; rows stay where they are.
pub(super) fn settle(desk: &Desk<'_>, rows: Vec<StepRow>) -> Result<Vec<StepRow>, AppError> {
    let doubtful: Vec<&StepRow> = rows.iter().filter(|row| is_doubtful(row)).collect();
    let wait = doubtful.iter().map(|row| desk.quiet_left(row)).max().unwrap_or_default();
    if !wait.is_zero() {
        (desk.say)(Said::Waiting { steps: doubtful.len(), wait });
    }
    let mut settled = Vec::with_capacity(rows.len());
    for row in rows {
        settled.push(one(desk, row)?);
    }
    Ok(settled)
}

fn is_doubtful(row: &StepRow) -> bool {
    matches!(row.state, StepState::Sent | StepState::InDoubt)
}

fn one(desk: &Desk<'_>, mut row: StepRow) -> Result<StepRow, AppError> {
    let change = row.change.clone();
    if row.state == StepState::Acked {
        row = verify(desk, &change, &row)?;
    }
    while is_doubtful(&row) {
        desk.wait(desk.quiet_left(&row))?;
        desk.crash.at(Point::C7);
        row = probe(desk, &change, &row)?;
        if is_doubtful(&row) {
            desk.wait(BETWEEN_PROBES)?;
        }
    }
    Ok(row)
}

fn probe(desk: &Desk<'_>, change: &Change, row: &StepRow) -> Result<StepRow, AppError> {
    // The time of the probe is that before it: what it shows may be as old as that.
    let boottime = desk.clock.monotonic();
    let seen = desk.patiently(row.side, || desk.systems.look(change))?;
    let (boot_id, quiet) = (desk.boot_id.clone(), desk.quiet(row.side));
    let locked = desk.began;
    let not_done = Arrow::NotDone { boot_id, boottime, quiet, locked };
    let arrow = match desk.systems.judge(change, remembered(row).as_ref(), &seen) {
        Effect::Done => verified(row, "a probe shows that it is done"),
        // To ask for it twice does no harm, and nothing shows whether it was asked for.
        Effect::NotDone | Effect::Untold => not_done,
        Effect::Differs(why) => Arrow::ProbeDiffers { why },
    };
    desk.advance(row, &arrow)
}
