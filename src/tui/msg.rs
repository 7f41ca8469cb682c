//! What happens: keys, and answers of what runs in the background.
//!
//! Must not do: carry anything that draws or runs; every message is a value.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::app::apply::{Applied, StepRow};
use crate::app::compare::Comparison;
use crate::app::plan::{PlanDocument, Planned};
use crate::app::views::SavedView;
use crate::app::{AppError, Checkup, JournalCounts, Past, Run, RunSummary};
use crate::domain::Side;
use crate::tui::filter::Line;
use crate::tui::key::Key;
use crate::tui::search::Found;

/// Something happened.
#[derive(Debug)]
pub enum Msg {
    /// A key was pressed.
    Key(Key),
    /// Text was pasted.
    Paste(String),
    /// A mouse button was pressed there.
    Click {
        /// Column, from 0.
        column: u16,
        /// Row, from 0.
        row: u16,
    },
    /// The wheel moved; so many rows down, or up where negative.
    Scroll(i32),
    /// The terminal has another size.
    Resize {
        /// Columns.
        width: u16,
        /// Rows.
        height: u16,
    },
    /// The terminal is gone.
    HangUp,
    /// Somebody asked the process to stop; the signal's number.
    Signal(i32),
    /// Back in the foreground: everything has to be drawn again.
    Resumed,
    /// Another process changed the store.
    StoreChanged,
    /// Nobody did anything for a while: a production profile locks itself.
    Idle,
    /// How far a job is.
    Progress {
        /// Which job.
        job: JobId,
        /// How far.
        step: Step,
    },
    /// A job ended.
    Done {
        /// Which job; an answer of one that was replaced is dropped.
        job: JobId,
        /// What came of it.
        answer: Box<Answer>,
    },
}

/// A job, from 1, in the order in which jobs were begun.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct JobId(pub u64);

/// How far a job is.
#[derive(Clone, Debug)]
pub enum Step {
    /// So many records of a side were read.
    Read(Side, u64),
    /// An apply has begun; so many steps.
    Begun(usize),
    /// A step of an apply went on.
    Row(Box<StepRow>),
    /// Something worth a line in the log.
    Said(String),
    /// How far a speed test is.
    Speed(String),
}

/// What a job found.
#[derive(Debug)]
pub enum Answer {
    /// What is remembered; nothing yet where there is no run.
    Remembered(Option<Box<Memory>>),
    /// Both systems were read.
    Collected(Arc<Run>),
    /// A plan, with its document.
    Planned(Box<Planned>, Box<PlanDocument>),
    /// What undoing a run would be.
    Undoing(Box<PlanDocument>),
    /// What the guards say of a plan now.
    Rehearsed(Box<PlanDocument>),
    /// A plan was applied, or was not.
    Applied(Box<Applied>),
    /// The steps of a run.
    Steps(String, Vec<StepRow>),
    /// Two runs side by side.
    Compared(Box<Comparison>),
    /// The lines of the list, filtered and grouped.
    Rows(Vec<Line>),
    /// What befell the device of a finding.
    Story(String, Box<Past>),
    /// The personal data of a finding may be shown: it is noted who saw it.
    Revealed(String),
    /// The speed test of a finding's device has ended: what came of it, and whether it is bad.
    SpeedTested(String, String, bool),
    /// The saved views.
    Views(Vec<SavedView>),
    /// Devices were found, or none.
    Searched(Box<Found>),
    /// The connections.
    Examined(Box<Checkup>),
    /// Something short was done; a line about it.
    Told(String),
    /// It could not be done.
    Failed(AppError),
}

/// What is remembered.
#[derive(Debug)]
pub struct Memory {
    /// The newest run.
    pub run: Arc<Run>,
    /// Its findings are past their time.
    pub expired: bool,
    /// The newest runs, newest first.
    pub runs: Vec<RunSummary>,
    /// Steps that nobody knows about yet, or that need a person.
    pub open_steps: Vec<StepRow>,
    /// What became of the steps that runs applied, by the run.
    pub applied: BTreeMap<String, JournalCounts>,
}
