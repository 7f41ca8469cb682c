//! What `update` wants done outside: jobs in the background, and things of the terminal.
//!
//! Must not do: anything itself; `work` and `run` do.

use std::path::PathBuf;
use std::sync::Arc;

use crate::app::Run;
use crate::app::plan::{Order, PlanDocument};
use crate::app::views::SavedView;
use crate::engine::Finding;
use crate::tui::filter::Wanted;
use crate::tui::model::JobKind;
use crate::tui::msg::JobId;
use crate::tui::search::Asked;

/// Something to be done outside.
#[derive(Debug)]
pub enum Effect {
    /// Begin a job.
    Begin(JobId, Job),
    /// Ask the job of a kind to stop: after the call that is under way.
    Stop(JobKind),
    /// Copy to the clipboard of whoever sits there.
    Copy(String),
    /// Go to the background, as a shell's job.
    Suspend,
    /// Take the terminal again, and draw everything.
    Redraw,
    /// Draw everything: what the terminal still shows of it is not known.
    Repaint,
    /// Take the mouse, or leave it alone.
    Mouse(bool),
}

/// What runs in the background.
#[derive(Debug)]
pub enum Job {
    /// Read what is remembered.
    Remember,
    /// Read both systems.
    Collect,
    /// Make a plan.
    Plan(Box<Order>),
    /// Ask the guards about a plan again.
    Rehearse(Box<PlanDocument>),
    /// Apply a plan.
    Apply(Box<Sending>),
    /// A plan that undoes a run.
    Undo(String),
    /// The steps of a run.
    Steps(String),
    /// Two runs side by side, by their ids.
    Compare(String, String),
    /// Filter and group the differences of a run.
    Rows(Arc<Run>, Wanted),
    /// Search for devices, and for their findings in a run.
    Search(Asked, Option<Arc<Run>>),
    /// Check the connections.
    Doctor,
    /// Leave a device alone.
    Ignore {
        /// Its key.
        key: String,
        /// Why.
        reason: String,
    },
    /// A note about a device.
    Note {
        /// Its key.
        key: String,
        /// The note.
        text: String,
    },
    /// What befell the device of a finding.
    Story(Box<Finding>),
    /// Start a speed test, and wait for it.
    SpeedTest {
        /// The finding of its device.
        finding: String,
        /// The device's key.
        key: String,
    },
    /// Note that the personal data of a finding is about to be shown.
    Reveal(String),
    /// Read the saved views.
    Views,
    /// Write the saved views.
    KeepViews(Vec<SavedView>),
    /// Write a plan to a file.
    Export(Box<PlanDocument>, PathBuf),
}

/// A plan to be sent, and what persons gave for it.
#[derive(Debug)]
pub struct Sending {
    /// The plan.
    pub document: PlanDocument,
    /// The count that was typed.
    pub typed: Option<u64>,
    /// Its file, where a second person approves it.
    pub file: Option<PathBuf>,
}

impl Job {
    /// Of which kind at most one goes on.
    #[must_use]
    pub fn kind(&self) -> JobKind {
        match self {
            Self::Remember => JobKind::Remember,
            Self::Collect => JobKind::Collect,
            Self::Plan(_) | Self::Rehearse(_) | Self::Undo(_) => JobKind::Plan,
            Self::Apply(_) => JobKind::Apply,
            Self::Steps(_) | Self::Compare(..) => JobKind::Steps,
            Self::Rows(..) => JobKind::Rows,
            Self::Search(..) => JobKind::Search,
            Self::Doctor => JobKind::Doctor,
            Self::Story(_) => JobKind::Story,
            Self::SpeedTest { .. } => JobKind::SpeedTest,
            Self::Views => JobKind::Views,
            Self::Ignore { .. }
            | Self::Note { .. }
            | Self::Reveal(_)
            | Self::KeepViews(_)
            | Self::Export(..) => JobKind::Write,
        }
    }
}
