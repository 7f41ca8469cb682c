//! How an apply ended, and the exit code that it makes.
//!
//! Must not do: call anything done that was not read back.

use crate::app::apply::after::After;
use crate::app::apply::batches::Halt;
use crate::app::exit::{Condition, exit_code};
use crate::engine::guard::Verdict;
use crate::store::{JournalCounts, StepRow, StepState};

/// How an apply ended.
#[derive(Debug)]
pub struct Applied {
    /// Its id: that of the run that read everything again, and what `undo` is told.
    pub run_id: String,
    /// What became of the plan.
    pub went: Went,
    /// What was read afterwards.
    pub after: Option<After>,
    /// Why it could not be read, or not whole.
    pub unread: Option<crate::app::error::AppError>,
}

/// What became of a plan.
#[derive(Debug)]
pub enum Went {
    /// The guards did not let it pass.
    Refused(Verdict),
    /// A person has to confirm it first.
    Unconfirmed(Verdict),
    /// It was sent, as far as it went.
    Sent {
        /// Its steps as they stand.
        rows: Vec<StepRow>,
        /// Why it ended before the last.
        halted: Option<Halt>,
    },
}

impl Applied {
    /// Its steps as they stand.
    #[must_use]
    pub fn rows(&self) -> &[StepRow] {
        match &self.went {
            Went::Sent { rows, .. } => rows,
            Went::Refused(_) | Went::Unconfirmed(_) => &[],
        }
    }

    /// Why it ended before the last step.
    #[must_use]
    pub fn halted(&self) -> Option<&Halt> {
        match &self.went {
            Went::Sent { halted, .. } => halted.as_ref(),
            Went::Refused(_) | Went::Unconfirmed(_) => None,
        }
    }

    /// The exit code of everything that holds.
    #[must_use]
    pub fn exit(&self) -> u8 {
        exit_code(self.conditions())
    }

    fn conditions(&self) -> Vec<Condition> {
        let mut hold = match &self.went {
            Went::Refused(_) | Went::Unconfirmed(_) => vec![Condition::Guard],
            Went::Sent { rows, halted } => {
                let mut hold: Vec<Condition> = rows.iter().filter_map(condition).collect();
                hold.extend(halted.as_ref().map(halt));
                hold
            }
        };
        hold.extend(self.unread.as_ref().map(crate::app::error::AppError::condition));
        if self.after.as_ref().is_some_and(|after| !after.is_whole()) {
            hold.push(Condition::Source);
        }
        hold
    }
}

fn condition(row: &StepRow) -> Option<Condition> {
    match row.state {
        StepState::Verified | StepState::Noop | StepState::Done => None,
        // The system does not let us: what cron mails about says so.
        StepState::Failed if matches!(row.status, Some(401 | 403)) => Some(Condition::Auth),
        StepState::Intent
        | StepState::Superseded
        | StepState::Failed
        | StepState::Redo
        | StepState::Dropped => Some(Condition::PartlyApplied),
        StepState::Sent | StepState::Acked | StepState::InDoubt | StepState::NeedsHuman => {
            Some(Condition::Journal)
        }
    }
}

fn halt(halt: &Halt) -> Condition {
    match halt {
        Halt::Canary(_) | Halt::Expired => Condition::PartlyApplied,
        Halt::NeedsHuman(_) => Condition::Journal,
        Halt::Unsent(_) => Condition::Source,
        Halt::SyncWindow => Condition::Guard,
        Halt::Error(error) => error.condition(),
    }
}

/// Rows by state, for the report.
#[must_use]
pub fn counts(rows: &[StepRow]) -> JournalCounts {
    let mut counts = JournalCounts::default();
    for row in rows {
        counts.add(row.state);
    }
    counts
}
