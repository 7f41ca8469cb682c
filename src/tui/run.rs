//! The loop: takes all that happened in, draws once, does what has to be done outside, waits.
//!
//! Must not do: decide anything; `update` does, and `view` draws.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use crate::app::AppError;
use crate::app::collect::Adapters;
use crate::app::exit::Signal;
use crate::app::face::Opening;
use crate::config::{ConfigError, Environment, Period, Settings};
use crate::tui::clipboard::{self, Between};
use crate::tui::effect::{Effect, Job};
use crate::tui::ending::End;
use crate::tui::input::{HOLD, HOLD_REMOTE};
use crate::tui::jobs::Jobs;
use crate::tui::keymap::Keymap;
use crate::tui::model::{JobKind, Model};
use crate::tui::msg::Msg;
use crate::tui::plain;
use crate::tui::sources;
use crate::tui::terminal::{self, Screen};
use crate::tui::update::update;
use crate::tui::view::view;
use crate::tui::watch::Watch;
use crate::words::say;

/// Nobody did anything for so long: a production profile locks itself, unless `[ui] lock_after`
/// says another time.
const IDLE: Duration = Duration::from_secs(10 * 60);

/// Between two frames that only show how far a job is.
const LIVE: Duration = Duration::from_millis(250);

/// The same where moving parts are not wanted.
const STILL: Duration = Duration::from_secs(2);

/// Opens the dashboard; gives the exit code once it is closed.
///
/// # Errors
/// Where there is no terminal that it could use.
pub fn open(opening: &Opening<'_>) -> Result<u8, AppError> {
    if opening.plain {
        return plain::open(opening);
    }
    let keys = keymap(opening.settings)?;
    let (to, messages) = channel();
    let watch = Watch::new(opening.settings).map(Arc::new);
    sources::listen(hold(opening.env), watch.clone(), to.clone()).map_err(unusable)?;
    terminal::on_panic_give_back(std::thread::current().id());
    let screen = Screen::open().map_err(unusable)?;
    let now = opening.adapters.clock.now();
    let model = Model::new(opening, keys, screen.size(), now);
    Ok(std::thread::scope(|scope| {
        let jobs = Jobs::new(scope, opening, to);
        let mut face = Face::new(opening, model, screen, jobs, watch);
        // A panic here must not wait for jobs that nobody asked to stop.
        let shown = catch_unwind(AssertUnwindSafe(|| face.run(&messages)));
        let Face { screen, jobs, model, .. } = face;
        drop(screen);
        let code = shown.as_ref().map_or(1, |code| *code);
        End { jobs, messages, patient: opening.demo, code }.wait(&model.voice);
        shown.unwrap_or_else(|panic| resume_unwind(panic))
    }))
}

/// Takes the error by value: it is the end of a `map_err`.
#[allow(clippy::needless_pass_by_value)]
pub(in crate::tui) fn unusable(error: io::Error) -> AppError {
    AppError::usage(
        format!("this terminal can't show the dashboard: {error}"),
        &["use the commands: acerto --help", "or lines of text: acerto --plain"],
    )
}

/// When a production profile locks itself, a person having done something at `active`.
pub(in crate::tui) fn locks_at(
    model: &Model,
    settings: &Settings,
    active: Instant,
) -> Option<Instant> {
    let after = settings.ui.lock_after;
    let after = after.and_then(|Period(after)| after.try_into().ok()).unwrap_or(IDLE);
    (model.setup.production && !model.locked).then(|| active + after)
}

/// Tells the model what time it is.
pub(in crate::tui) fn set_clock(model: &mut Model, adapters: &Adapters) {
    (model.now, model.elapsed) = (adapters.clock.now(), adapters.clock.monotonic());
}

/// The keymap that the configuration names, also one of the user's own beside it.
fn keymap(settings: &Settings) -> Result<Keymap, ConfigError> {
    let folder = settings.file.as_deref().and_then(Path::parent);
    Keymap::load(settings.ui.keymap.as_deref().unwrap_or("default"), folder)
}

/// Over a network the bytes of a key may come apart.
fn hold(env: &dyn Environment) -> Duration {
    let remote = ["SSH_TTY", "SSH_CONNECTION"].into_iter().any(|name| env.var(name).is_some());
    if remote { HOLD_REMOTE } else { HOLD }
}

/// The model, and the outside that it is connected to.
struct Face<'scope, 'env> {
    opening: &'env Opening<'env>,
    model: Model,
    screen: Screen,
    jobs: Jobs<'scope, 'env>,
    watch: Option<Arc<Watch>>,
    /// When the last frame was drawn.
    drawn: Instant,
    /// Something happened that may wait a little to be seen.
    waits: bool,
    /// When a person did something.
    active: Instant,
    /// The store was changed while a job of ours was at it.
    stale: bool,
}

impl<'scope, 'env> Face<'scope, 'env> {
    fn new(
        opening: &'env Opening<'env>,
        model: Model,
        screen: Screen,
        jobs: Jobs<'scope, 'env>,
        watch: Option<Arc<Watch>>,
    ) -> Self {
        let (drawn, active) = (Instant::now(), Instant::now());
        Self { opening, model, screen, jobs, watch, drawn, waits: false, active, stale: false }
    }

    /// Until it is closed: the exit code.
    fn run(&mut self, messages: &Receiver<Msg>) -> u8 {
        let first = if self.opening.fresh { Job::Collect } else { Job::Remember };
        let first = self.model.begin(first);
        self.draw();
        self.perform(vec![first]);
        loop {
            if let Some(code) = self.model.quit {
                return code;
            }
            match self.wait(messages) {
                Some(msg) => {
                    self.waits |= is_progress(&msg);
                    let mut urgent = self.take(msg);
                    while let Ok(msg) = messages.try_recv() {
                        urgent |= self.take(msg);
                    }
                    self.waits |= urgent;
                    if !urgent && self.drawn.elapsed() < self.between_frames() {
                        continue;
                    }
                }
                None => self.expire(),
            }
            if self.waits && self.model.quit.is_none() {
                self.draw();
            }
        }
    }

    /// The next message; `None` where something that waits is due.
    fn wait(&self, messages: &Receiver<Msg>) -> Option<Msg> {
        let frame = self.waits.then(|| self.drawn + self.between_frames());
        match [frame, self.locks_at()].into_iter().flatten().min() {
            // Nothing is due: nobody is woken.
            None => messages.recv().ok(),
            Some(due) => messages.recv_timeout(due.saturating_duration_since(Instant::now())).ok(),
        }
    }

    fn expire(&mut self) {
        if self.locks_at().is_some_and(|at| at <= Instant::now()) {
            self.waits |= self.take(Msg::Idle);
        }
    }

    /// When it locks itself, where it does.
    fn locks_at(&self) -> Option<Instant> {
        locks_at(&self.model, self.opening.settings, self.active)
    }

    fn between_frames(&self) -> Duration {
        if self.model.setup.no_motion { STILL } else { LIVE }
    }

    /// Takes a message in; must it be seen at once?
    fn take(&mut self, msg: Msg) -> bool {
        let is_urgent = !is_progress(&msg);
        match &msg {
            Msg::Key(_) | Msg::Paste(_) | Msg::Click { .. } | Msg::Scroll(_) => {
                self.active = Instant::now();
                self.break_where_asked();
            }
            Msg::StoreChanged if self.is_at_the_store() => {
                self.stale = true;
                return false;
            }
            Msg::Done { job, .. } => {
                self.jobs.ended(*job);
                self.watch.iter().for_each(|watch| watch.look());
            }
            Msg::Resize { .. }
            | Msg::HangUp
            | Msg::Signal(_)
            | Msg::Resumed
            | Msg::StoreChanged
            | Msg::Idle
            | Msg::Progress { .. } => {}
        }
        self.update(msg);
        if self.stale && !self.is_at_the_store() {
            self.stale = false;
            self.update(Msg::StoreChanged);
        }
        is_urgent
    }

    fn update(&mut self, msg: Msg) {
        set_clock(&mut self.model, self.opening.adapters);
        let effects = update(&mut self.model, msg);
        self.perform(effects);
    }

    /// Does a job of ours read or change the store?
    fn is_at_the_store(&self) -> bool {
        self.jobs.any(|kind| match kind {
            JobKind::Remember | JobKind::Collect | JobKind::Apply | JobKind::SpeedTest => true,
            JobKind::Plan
            | JobKind::Steps
            | JobKind::Rows
            | JobKind::Search
            | JobKind::Story
            | JobKind::Views
            | JobKind::Doctor
            | JobKind::Write => false,
        })
    }

    fn perform(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let done = match effect {
                Effect::Begin(id, job) => {
                    self.jobs.begin(id, job);
                    Ok(())
                }
                Effect::Stop(kind) => {
                    self.jobs.stop(kind, Signal::Interrupt);
                    Ok(())
                }
                Effect::Copy(text) => self.copy(&text),
                Effect::Suspend => self.screen.suspend().map(|()| self.resize()),
                Effect::Redraw => self.screen.enter().map(|()| self.resize()),
                Effect::Repaint => self.screen.forget(),
                Effect::Mouse(on) => self.screen.mouse(on),
            };
            self.unless_gone(&done);
        }
    }

    fn resize(&mut self) {
        self.model.size = self.screen.size();
    }

    fn copy(&mut self, text: &str) -> io::Result<()> {
        let between = Between::find(|name| self.opening.env.var(name));
        let voice = self.model.voice.clone();
        let (bytes, most) = (text.len(), clipboard::MOST / 4 * 3);
        let Some(sequence) = clipboard::sequence(text, between) else {
            self.model.complain(say!(voice,
                en: "not copied: {bytes} bytes, and a terminal takes {most}",
                pt: "não copiado: {bytes} bytes, e um terminal aceita {most}"));
            return Ok(());
        };
        self.screen.send(&sequence)?;
        self.model.say(say!(voice,
            en: "sent {bytes} bytes to the terminal's clipboard",
            pt: "{bytes} bytes enviados à área de transferência do terminal"));
        Ok(())
    }

    fn draw(&mut self) {
        let model = &self.model;
        let drawn = self.screen.draw(|frame| view(model, frame));
        (self.drawn, self.waits) = (Instant::now(), false);
        self.unless_gone(&drawn);
    }

    /// A terminal that takes nothing any more has hung up.
    fn unless_gone(&mut self, done: &io::Result<()>) {
        if done.is_err() && self.model.quit.is_none() {
            self.update(Msg::HangUp);
        }
    }

    /// Only debug builds look: `ACERTO_CRASH_AT=key` panics at the first key, for the test that
    /// a panic gives the terminal back.
    fn break_where_asked(&self) {
        #[cfg(debug_assertions)]
        assert!(self.opening.env.var("ACERTO_CRASH_AT").as_deref() != Some("key"), "as asked");
    }
}

fn is_progress(msg: &Msg) -> bool {
    matches!(msg, Msg::Progress { .. })
}
