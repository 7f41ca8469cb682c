//! First thing under the lock: what an earlier apply left is settled (SAFETY.md section 2).
//!
//! Must not do: send anything. What was surely not done goes back to INTENT, and is sent again
//! only by the plan it is of, while that may still be applied.

use crate::app::apply::desk::Desk;
use crate::app::apply::doubts;
use crate::app::apply::progress::Said;
use crate::app::error::AppError;
use crate::store::{Arrow, StepRow, StepState};

/// Settles every open row. INTENT rows stay only where they are `resumed`'s, a plan that is about
/// to be gone on with; those of all other plans are superseded, since nothing of them is sent.
///
/// # Errors
/// As [`doubts::settle`].
pub(super) fn recover(desk: &Desk<'_>, resumed: Option<&str>) -> Result<Vec<StepRow>, AppError> {
    let open = desk.store.open_steps()?;
    if open.is_empty() {
        return Ok(Vec::new());
    }
    (desk.say)(Said::Recovering(open.len()));
    let rows = doubts::settle(desk, open)?;
    rows.into_iter().map(|row| end_of_plan(desk, resumed, row)).collect()
}

fn end_of_plan(desk: &Desk<'_>, resumed: Option<&str>, row: StepRow) -> Result<StepRow, AppError> {
    if row.state != StepState::Intent || resumed == Some(row.plan_id.as_str()) {
        return Ok(row);
    }
    desk.advance(&row, &Arrow::Expire)
}

/// Rows that no apply may pass by.
#[must_use]
pub(super) fn blocking(rows: &[StepRow]) -> Vec<&StepRow> {
    let blocks = |row: &&StepRow| row.state.is_under_way() || row.state == StepState::NeedsHuman;
    rows.iter().filter(blocks).collect()
}
