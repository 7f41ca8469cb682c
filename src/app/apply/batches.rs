//! The steps of a plan in batches: the first five, then 25, then the rest.
//!
//! Must not do: begin a batch while a step of the one before is open or failed.

use crate::app::apply::desk::Desk;
use crate::app::apply::progress::Said;
use crate::app::apply::{doubts, step};
use crate::app::error::AppError;
use crate::engine::plan::{FixPlan, Send, Step};
use crate::store::{Arrow, StepRow, StepState};

/// Steps of the canary, and of the batch after it.
const BATCHES: [usize; 2] = [5, 25];

/// How the steps went.
#[derive(Debug)]
pub(super) struct Went {
    pub rows: Vec<StepRow>,
    /// Why it ended before the last step.
    pub halted: Option<Halt>,
}

/// Why an apply ended early.
#[derive(Debug)]
pub enum Halt {
    /// A step of the first batch failed.
    Canary(u32),
    /// A step needs a person.
    NeedsHuman(u32),
    /// A system can't be reached.
    Unsent(u32),
    /// The systems synchronise at this time of day.
    SyncWindow,
    /// The plan's time is over.
    Expired,
    /// A side or the store can't be used, or a signal came.
    Error(AppError),
}

/// Sends every step of the plan that is not at its end. `may_go`: asked before each.
pub(super) fn run(
    desk: &Desk<'_>,
    plan: &FixPlan,
    rows: Vec<StepRow>,
    may_go: &dyn Fn() -> Option<Halt>,
) -> Went {
    let mut run = Run { desk, plan, rows, may_go };
    let halted = run.batches().err().map(|halt| *halt);
    if let Some(halt) = &halted
        && ends_the_plan(halt)
    {
        run.give_up_the_rest();
    }
    Went { rows: run.rows, halted }
}

/// After a failure nothing of the plan is sent any more; after a pause it may be gone on with.
fn ends_the_plan(halt: &Halt) -> bool {
    matches!(halt, Halt::Canary(_) | Halt::NeedsHuman(_) | Halt::Expired)
}

struct Run<'a> {
    desk: &'a Desk<'a>,
    plan: &'a FixPlan,
    rows: Vec<StepRow>,
    may_go: &'a dyn Fn() -> Option<Halt>,
}

type Halts = Result<(), Box<Halt>>;

impl Run<'_> {
    fn batches(&mut self) -> Halts {
        let mut begin = 0_usize;
        for (number, size) in BATCHES.into_iter().chain([usize::MAX]).enumerate() {
            let end = begin.saturating_add(size).min(self.rows.len());
            if begin == end {
                return Ok(());
            }
            (self.desk.say)(Said::Batch { done: begin, steps: end - begin });
            self.batch(begin, end, number == 0)?;
            begin = end;
        }
        Ok(())
    }

    /// Until every step of it is at its end.
    fn batch(&mut self, begin: usize, end: usize, canary: bool) -> Halts {
        loop {
            let sent = self.send(begin, end, canary);
            // Nothing is sent any more after an error, and nothing asked; else every doubt of
            // the batch is settled first, whatever ends it.
            if !matches!(&sent, Err(halt) if matches!(**halt, Halt::Error(_))) {
                self.settle(begin, end)?;
            }
            let sent = sent?;
            (begin..end).try_for_each(|at| self.no_person(at))?;
            let open = self.rows[begin..end].iter().find(|row| !row.state.is_end());
            match open {
                None => return Ok(()),
                Some(row) if sent == 0 => return Err(Box::new(Halt::Unsent(row.seq))),
                Some(_) => {}
            }
        }
    }

    /// Every step of it as far as it gets now; of how many was anything done?
    fn send(&mut self, begin: usize, end: usize, canary: bool) -> Result<usize, Box<Halt>> {
        let mut sent = 0;
        for at in begin..end {
            sent += usize::from(self.step(at)?);
            if canary {
                self.no_failure(at)?;
            }
            self.no_person(at)?;
        }
        Ok(sent)
    }

    /// Takes one step as far as it gets now; was anything done about it?
    fn step(&mut self, at: usize) -> Result<bool, Box<Halt>> {
        let row = self.rows[at].clone();
        if row.state != StepState::Intent {
            return Ok(false);
        }
        let Some((step, send)) = planned(self.plan, row.seq) else {
            let why = "the plan has no such step".to_owned();
            return self.end(at, &row, &Arrow::Supersede { why });
        };
        match self.before(step) {
            Before::Done => {}
            Before::Open => return Ok(false),
            Before::Failed => {
                let why = "the step before it was not done".to_owned();
                return self.end(at, &row, &Arrow::Supersede { why });
            }
        }
        if let Some(halt) = (self.may_go)() {
            return Err(Box::new(halt));
        }
        let attempts = (row.attempt, row.refusals);
        let next = step::go(self.desk, (step, send), row, &|| (self.may_go)().is_none())?;
        let is_stuck = next.state == StepState::Intent && (next.attempt, next.refusals) == attempts;
        self.rows[at] = next;
        if is_stuck && let Some(halt) = (self.may_go)() {
            return Err(Box::new(halt));
        }
        Ok(!is_stuck)
    }

    fn end(&mut self, at: usize, row: &StepRow, arrow: &Arrow) -> Result<bool, Box<Halt>> {
        self.rows[at] = self.desk.advance(row, arrow)?;
        Ok(true)
    }

    fn before(&self, step: &Step) -> Before {
        let Some(before) = step.follows else { return Before::Done };
        let row = self.rows.iter().find(|row| row.seq == before);
        match row.map(|row| row.state) {
            Some(StepState::Verified | StepState::Noop | StepState::Done) => Before::Done,
            Some(state) if !state.is_end() => Before::Open,
            Some(_) | None => Before::Failed,
        }
    }

    fn settle(&mut self, begin: usize, end: usize) -> Halts {
        let rows = self.rows[begin..end].to_vec();
        let settled = doubts::settle(self.desk, rows).inspect_err(|_| {
            // Rows that were settled before the error are in the journal.
            self.reload();
        })?;
        self.rows[begin..end].clone_from_slice(&settled);
        Ok(())
    }

    fn reload(&mut self) {
        if let Ok(rows) = self.desk.store.steps_of(&self.plan.id) {
            self.rows = rows;
        }
    }

    fn no_failure(&self, at: usize) -> Halts {
        let row = &self.rows[at];
        if row.state == StepState::Failed {
            return Err(Box::new(Halt::Canary(row.seq)));
        }
        Ok(())
    }

    /// A record that is not what anybody expected: others may be so too.
    fn no_person(&self, at: usize) -> Halts {
        let row = &self.rows[at];
        if row.state == StepState::NeedsHuman {
            return Err(Box::new(Halt::NeedsHuman(row.seq)));
        }
        Ok(())
    }

    /// What was not sent is not sent any more.
    fn give_up_the_rest(&mut self) {
        for row in &mut self.rows {
            if row.state == StepState::Intent {
                let why = "the apply ended before this step".to_owned();
                // What can't be written now is superseded at the next start.
                if let Ok(next) = self.desk.advance(row, &Arrow::Supersede { why }) {
                    *row = next;
                }
            }
        }
    }
}

enum Before {
    Done,
    Open,
    Failed,
}

impl From<AppError> for Box<Halt> {
    fn from(error: AppError) -> Self {
        Self::new(Halt::Error(error))
    }
}

fn planned(plan: &FixPlan, seq: u32) -> Option<(&Step, &Send)> {
    let step = plan.steps.iter().find(|step| step.seq == seq)?;
    Some((step, step.send.as_ref()?))
}
