//! The jobs that go on, each in a thread of its own.
//!
//! Must not do: know what a job is for; `work` does it, and the loop hears of it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::sync::mpsc::Sender;
use std::thread::Scope;

use crate::app::exit::Signal;
use crate::app::face::Opening;
use crate::app::search::Typing;
use crate::app::{AppError, Stop};
use crate::tui::effect::Job;
use crate::tui::model::JobKind;
use crate::tui::msg::{Answer, JobId, Msg};
use crate::tui::work::{Tell, work};

/// A job that goes on.
struct Going {
    id: JobId,
    kind: JobKind,
    stop: Stop,
}

/// What goes on, and where it is told.
pub struct Jobs<'scope, 'env> {
    scope: &'scope Scope<'scope, 'env>,
    opening: &'env Opening<'env>,
    to: Sender<Msg>,
    going: Vec<Going>,
    /// What the search keeps between two letters.
    typing: Arc<Typing>,
}

impl<'scope, 'env> Jobs<'scope, 'env> {
    /// None yet.
    #[must_use]
    pub fn new(
        scope: &'scope Scope<'scope, 'env>,
        opening: &'env Opening<'env>,
        to: Sender<Msg>,
    ) -> Self {
        Self { scope, opening, to, going: Vec::new(), typing: Arc::default() }
    }

    /// Begins one. An older one of its kind whose answer nobody waits for is asked to stop, but
    /// never one that writes.
    pub fn begin(&mut self, id: JobId, job: Job) {
        let kind = job.kind();
        if !writes(kind) {
            self.stop(kind, Signal::Interrupt);
        }
        let stop = Stop::default();
        self.going.push(Going { id, kind, stop: stop.clone() });
        let (opening, to) = (self.opening, self.to.clone());
        let (told, typing) = (to.clone(), Arc::clone(&self.typing));
        // Where the loop has ended nobody is told any more.
        let tell: Tell = Arc::new(move |step| drop(told.send(Msg::Progress { job: id, step })));
        let run = move || {
            let done =
                catch_unwind(AssertUnwindSafe(|| work((opening, &typing), job, &tell, &stop)));
            let answer = Box::new(done.unwrap_or_else(|_| failed()));
            drop(to.send(Msg::Done { job: id, answer }));
        };
        let name = format!("job-{}", id.0);
        if let Err(error) = std::thread::Builder::new().name(name).spawn_scoped(self.scope, run) {
            let why = AppError::Bug(format!("no thread for a job: {error}"));
            let answer = Box::new(Answer::Failed(why));
            drop(self.to.send(Msg::Done { job: id, answer }));
        }
    }

    /// Asks the jobs of a kind to stop: after the call that is under way.
    pub fn stop(&self, kind: JobKind, signal: Signal) {
        self.going.iter().filter(|going| going.kind == kind).for_each(|g| g.stop.ask_as(signal));
    }

    /// Asks all to stop, but what is being written is written.
    pub fn stop_all(&self, signal: Signal) {
        self.going.iter().for_each(|going| going.stop.ask_as(signal));
    }

    /// One has ended: its kind, where it was one of ours.
    pub fn ended(&mut self, id: JobId) -> Option<JobKind> {
        let at = self.going.iter().position(|going| going.id == id)?;
        Some(self.going.remove(at).kind)
    }

    /// Does any of these go on?
    #[must_use]
    pub fn any(&self, of: impl Fn(JobKind) -> bool) -> bool {
        self.going.iter().any(|going| of(going.kind))
    }
}

/// Does it change the store or a system?
#[must_use]
pub fn writes(kind: JobKind) -> bool {
    match kind {
        JobKind::Apply | JobKind::Write | JobKind::Views | JobKind::SpeedTest => true,
        JobKind::Remember
        | JobKind::Collect
        | JobKind::Plan
        | JobKind::Steps
        | JobKind::Rows
        | JobKind::Search
        | JobKind::Story
        | JobKind::Doctor => false,
    }
}

fn failed() -> Answer {
    Answer::Failed(AppError::Bug("a job broke off; see the messages after the dashboard".into()))
}
