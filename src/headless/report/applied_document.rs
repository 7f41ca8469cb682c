//! How an apply went, as JSON.
//!
//! Must not do: call anything done that the journal does not.

use serde::Serialize;

use crate::app::apply::{After, Applied, StepRow, counts};
use crate::domain::text::visible;
use crate::headless::report::document::JournalDocument;
use crate::words::{Voice, apply_reasons};

/// CLI.md section 1; keys are only ever added.
#[derive(Debug, Serialize)]
pub struct AppliedDocument {
    schema: u32,
    run_id: String,
    exit: u8,
    journal: JournalDocument,
    steps: Vec<StepDocument>,
    /// Why it was not sent, or ended early.
    reasons: Vec<String>,
    after: Option<AfterDocument>,
}

#[derive(Debug, Serialize)]
struct StepDocument {
    seq: u32,
    action: String,
    fix: &'static str,
    because: String,
    state: &'static str,
    http: Option<u16>,
    attempt: u32,
    undo: &'static str,
    note: String,
}

#[derive(Debug, Serialize)]
struct AfterDocument {
    run_id: String,
    predicted: CountsDocument,
    found: CountsDocument,
    /// Findings of the steps done that are there no more.
    fixed: Vec<String>,
    /// Those that are there: still, or of an undoing again.
    left: Vec<String>,
}

#[derive(Debug, Serialize)]
struct CountsDocument {
    acs: u64,
    provider: u64,
}

impl AppliedDocument {
    /// The document of an apply.
    #[must_use]
    pub fn of(applied: &Applied, voice: &Voice) -> Self {
        Self {
            schema: 1,
            run_id: applied.run_id.clone(),
            exit: applied.exit(),
            journal: counts(applied.rows()).into(),
            steps: applied.rows().iter().map(step).collect(),
            reasons: apply_reasons(applied, voice),
            after: applied.after.as_ref().map(after),
        }
    }
}

fn step(row: &StepRow) -> StepDocument {
    StepDocument {
        seq: row.seq,
        action: row.action.clone(),
        fix: row.fix.wire(),
        because: row.finding.clone(),
        state: row.state.wire(),
        http: row.status,
        attempt: row.attempt,
        undo: row.undo.wire(),
        note: visible(&row.note),
    }
}

/// Steps by themselves.
#[derive(Debug, Serialize)]
pub struct StepsDocument {
    schema: u32,
    steps: Vec<StepDocument>,
}

impl StepsDocument {
    /// The document of some steps.
    #[must_use]
    pub fn of(rows: &[StepRow]) -> Self {
        Self { schema: 1, steps: rows.iter().map(step).collect() }
    }
}

fn after(after: &After) -> AfterDocument {
    let counts = |(acs, provider)| CountsDocument { acs, provider };
    AfterDocument {
        run_id: after.run.id.clone(),
        predicted: counts(after.predicted),
        found: counts(after.found()),
        fixed: after.fixed.clone(),
        left: after.left.clone(),
    }
}
