//! The loop of the text mode: a line in, what it does, what is told, and the prompt.
//!
//! Must not do: decide anything; `steer` acts, `update` decides, and `tell` words it.

use std::collections::VecDeque;
use std::io::{self, Write as _};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

use super::command::{self, Command};
use super::steer::{answer, steer};
use super::tell::{self, Page, ROWS};
use crate::app::AppError;
use crate::app::exit::Signal;
use crate::app::face::Opening;
use crate::domain::text::visible;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job};
use crate::tui::ending::End;
use crate::tui::jobs::Jobs;
use crate::tui::keymap::Keymap;
use crate::tui::model::{JobKind, Model};
use crate::tui::msg::{Answer, Msg, Step};
use crate::tui::overlay::Overlay;
use crate::tui::run::{locks_at, set_clock, unusable};
use crate::tui::sources::{self, END_OF_INPUT};
use crate::tui::update::{TYPED_AHEAD, update};
use crate::tui::watch::Watch;
use crate::tui::widgets::text::unaligned;
use crate::words::{say, step_line, word};

/// Rows and columns that screens reckon with; nothing is drawn.
const SIZE: (u16, u16) = (80, 24);

/// Up to so many steps are told one by one; of more, each so-many-th.
const STEPS: usize = 25;

/// Talks until it is closed; gives the exit code.
///
/// # Errors
/// Where the terminal can't be listened to.
pub fn open(opening: &Opening<'_>) -> Result<u8, AppError> {
    let (to, messages) = channel();
    let watch = Watch::new(opening.settings).map(Arc::new);
    sources::listen_for_lines(watch.clone(), to.clone()).map_err(unusable)?;
    let now = opening.adapters.clock.now();
    let model = Model::new(opening, Keymap::standard(), SIZE, now);
    Ok(std::thread::scope(|scope| {
        let jobs = Jobs::new(scope, opening, to);
        let mut talk = Talk::new(opening, model, jobs, watch);
        let shown = catch_unwind(AssertUnwindSafe(|| talk.run(&messages)));
        let Talk { jobs, model, .. } = talk;
        let code = shown.as_ref().map_or(1, |code| *code);
        End { jobs, messages, patient: opening.demo, code }.wait(&model.voice);
        shown.unwrap_or_else(|panic| resume_unwind(panic))
    }))
}

/// A conversation.
struct Talk<'scope, 'env> {
    opening: &'env Opening<'env>,
    model: Model,
    jobs: Jobs<'scope, 'env>,
    watch: Option<Arc<Watch>>,
    /// What is told once no job goes on.
    due: Option<Page>,
    /// Lines that were typed while a job went on.
    lines: VecDeque<String>,
    /// Is the prompt the last that was written?
    prompted: bool,
    /// The question was asked, and until then no line is an answer to it.
    deaf: Option<Instant>,
    /// Was it told that a line came too early?
    warned: bool,
    /// The row of the list that was not told yet.
    next: usize,
    /// When a person did something.
    active: Instant,
    /// Another process changed the store while a job of ours went on.
    stale: bool,
}

impl<'scope, 'env> Talk<'scope, 'env> {
    fn new(
        opening: &'env Opening<'env>,
        model: Model,
        jobs: Jobs<'scope, 'env>,
        watch: Option<Arc<Watch>>,
    ) -> Self {
        Self {
            opening,
            model,
            jobs,
            watch,
            due: Some(Page::Summary),
            lines: VecDeque::new(),
            prompted: false,
            deaf: None,
            warned: false,
            next: 0,
            active: Instant::now(),
            stale: false,
        }
    }

    /// Until it is closed: the exit code.
    fn run(&mut self, messages: &Receiver<Msg>) -> u8 {
        let first = if self.opening.fresh { Job::Collect } else { Job::Remember };
        let first = self.model.begin(first);
        self.tell(word!(self.model.voice,
            en: "acerto in lines of text; help lists the commands",
            pt: "acerto em linhas de texto; ajuda lista os comandos"));
        self.perform(vec![first]);
        loop {
            self.go_on();
            if let Some(code) = self.model.quit {
                return code;
            }
            match self.wait(messages) {
                Some(msg) => self.take(msg),
                None => self.expire(),
            }
        }
    }

    fn is_busy(&self) -> bool {
        !self.model.running.is_empty()
    }

    /// Where no job goes on: what is due is told, then lines that wait are taken, then it asks.
    fn go_on(&mut self) {
        while !self.is_busy() && self.model.quit.is_none() && self.deaf.is_none() {
            if self.stale {
                self.stale = false;
                self.update(Msg::StoreChanged);
            } else if let Some(page) = self.due.take() {
                self.page(page);
            } else if let Some(line) = self.lines.pop_front() {
                self.line(&line);
            } else {
                return self.prompt();
            }
        }
    }

    fn page(&mut self, page: Page) {
        if let Page::List(from) = page {
            self.next = from + ROWS;
        }
        let lines = tell::lines(&self.model, page);
        self.tell_all(&lines);
    }

    fn prompt(&mut self) {
        if !self.prompted {
            self.write("acerto> ");
            self.prompted = true;
        }
    }

    /// A line; behind a prompt that nobody has answered it begins a new one.
    fn tell(&mut self, text: &str) {
        let before = if std::mem::take(&mut self.prompted) { "\n" } else { "" };
        self.write(&format!("{before}{}\n", text.trim_end()));
    }

    fn tell_all(&mut self, lines: &[String]) {
        for line in lines {
            self.tell(line);
        }
    }

    /// A terminal that takes nothing any more has hung up.
    fn write(&mut self, text: &str) {
        let mut out = io::stdout().lock();
        let done = out.write_all(text.as_bytes()).and_then(|()| out.flush());
        drop(out);
        if done.is_err() && self.model.quit.is_none() {
            self.model.quit = Some(129);
        }
    }

    /// The next message; `None` where something that waits is due.
    fn wait(&self, messages: &Receiver<Msg>) -> Option<Msg> {
        match [self.deaf, self.locks_at()].into_iter().flatten().min() {
            None => messages.recv().ok(),
            Some(due) => messages.recv_timeout(due.saturating_duration_since(Instant::now())).ok(),
        }
    }

    fn expire(&mut self) {
        let now = Instant::now();
        if self.deaf.is_some_and(|until| until <= now) {
            self.deaf = None;
        }
        if self.locks_at().is_some_and(|at| at <= now) {
            self.update(Msg::Idle);
        }
    }

    /// When it locks itself, where it does.
    fn locks_at(&self) -> Option<Instant> {
        locks_at(&self.model, self.opening.settings, self.active)
    }

    fn take(&mut self, msg: Msg) {
        match msg {
            Msg::Paste(line) => self.typed(line),
            Msg::StoreChanged if self.is_busy() => self.stale = true,
            Msg::Progress { job, step } => {
                self.progress(&step);
                self.update(Msg::Progress { job, step });
            }
            Msg::Done { job, answer } => {
                self.jobs.ended(job);
                self.watch.iter().for_each(|watch| watch.look());
                let failed =
                    if let Answer::Failed(error) = &*answer { Some(error.hints()) } else { None };
                self.done(Msg::Done { job, answer }, failed);
            }
            other @ (Msg::Key(_)
            | Msg::Click { .. }
            | Msg::Scroll(_)
            | Msg::Resize { .. }
            | Msg::HangUp
            | Msg::Signal(_)
            | Msg::Resumed
            | Msg::StoreChanged
            | Msg::Idle) => self.update(other),
        }
    }

    /// How far an apply is.
    fn progress(&mut self, step: &Step) {
        let (ended, all) = self.model.progress.far();
        let text = match step {
            Step::Row(row) if row.state.is_end() && all <= STEPS => {
                step_line(row, &self.model.voice)
            }
            Step::Row(row) if row.state.is_end() && (ended + 1) % STEPS == 0 => {
                let ended = ended + 1;
                say!(self.model.voice, en: "{ended} of {all} ended", pt: "{ended} de {all} feitos")
            }
            Step::Said(text) | Step::Speed(text) => text.clone(),
            Step::Row(_) | Step::Read(..) | Step::Begun(_) => return,
        };
        self.tell(&unaligned(&text));
    }

    /// A job ended; where it failed, with what to do next.
    fn done(&mut self, msg: Msg, failed: Option<Vec<String>>) {
        let applied = self.model.is_running(JobKind::Apply);
        self.update(msg);
        let is_over = applied && !self.model.is_running(JobKind::Apply);
        match failed {
            Some(hints) => {
                // What was to be told is not there.
                self.due = self.due.filter(|page| *page == Page::Summary);
                self.tell_all(&hints);
            }
            None if is_over => {
                let outcome = self.model.progress.outcome().to_vec();
                // The first of it was said as it ended.
                self.tell_all(outcome.get(1..).unwrap_or_default());
            }
            None => {}
        }
    }

    /// A line was typed: its echo ended the line of the prompt.
    fn typed(&mut self, line: String) {
        self.active = Instant::now();
        self.prompted = false;
        if line == END_OF_INPUT {
            self.update(Msg::HangUp);
            self.model.quit = Some(0);
            return;
        }
        let urgent =
            matches!(command::parse(&line), Some(Command::Quit | Command::Act(Action::StopRun)));
        if self.deaf.is_some() && !urgent {
            self.too_early();
        } else if urgent || self.model.is_running(JobKind::Apply) {
            self.line(&line);
        } else {
            self.lines.push_back(line);
        }
    }

    fn line(&mut self, line: &str) {
        self.prompted = false;
        let urgent = matches!(command::parse(line), Some(Command::Quit));
        if matches!(self.model.overlays.last(), Some(Overlay::Confirm(_))) {
            let effects = answer(&mut self.model, line);
            self.perform(effects);
            self.toast();
            self.clock();
            // One removal is confirmed, and the next one is asked for.
            self.question();
            if !urgent {
                return;
            }
        }
        let Some(command) = command::parse(line) else {
            let line = visible(line.trim());
            return self.tell(&say!(self.model.voice,
                en: "not understood: {line}; help lists the commands",
                pt: "não entendi: {line}; ajuda lista os comandos"));
        };
        self.clock();
        let steered = steer(&mut self.model, command, self.next);
        self.due = steered.page;
        self.perform(steered.effects);
        self.tell_all(&steered.lines);
        self.toast();
        self.question();
    }

    /// Asks; what was typed ahead is no answer.
    fn question(&mut self) {
        let Some(Overlay::Confirm(confirm)) = self.model.overlays.last() else { return };
        let lines = tell::question(&self.model, confirm);
        self.tell_all(&lines);
        self.deaf = Some(Instant::now() + TYPED_AHEAD);
        self.warned = false;
        if !self.lines.is_empty() {
            self.lines.clear();
            self.too_early();
        }
    }

    /// Told once a question.
    fn too_early(&mut self) {
        if !std::mem::replace(&mut self.warned, true) {
            self.tell(word!(self.model.voice,
                en: "typed before the question: not an answer",
                pt: "digitado antes da pergunta: não vale como resposta"));
        }
    }

    fn clock(&mut self) {
        set_clock(&mut self.model, self.opening.adapters);
    }

    fn update(&mut self, msg: Msg) {
        self.clock();
        let effects = update(&mut self.model, msg);
        self.perform(effects);
        self.toast();
    }

    fn toast(&mut self) {
        if let Some(toast) = self.model.toast.take() {
            self.tell(&toast.text);
        }
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            match effect {
                Effect::Begin(id, job) => {
                    if matches!(job, Job::Collect) {
                        self.tell(word!(self.model.voice,
                            en: "reading both systems", pt: "lendo os dois sistemas"));
                    }
                    self.jobs.begin(id, job);
                }
                Effect::Stop(kind) => self.jobs.stop(kind, Signal::Interrupt),
                // Each is a thing of a screen.
                Effect::Copy(_)
                | Effect::Suspend
                | Effect::Redraw
                | Effect::Repaint
                | Effect::Mouse(_) => {}
            }
        }
    }
}
