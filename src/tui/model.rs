//! Everything that is on screen, as a value.
//!
//! Must not do: I/O, or read a clock: time, size and answers come with messages.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;

use crate::app::Run;
use crate::app::apply::StepRow;
use crate::app::face::Opening;
use crate::app::speed_test::{Ceilings, ceilings};
use crate::app::{JournalCounts, RunSummary, actor};
use crate::config::{Row, Settings, SideSettings};
use crate::domain::Side;
use crate::domain::text::visible;
use crate::tui::action::Action;
use crate::tui::effect::{Effect, Job};
use crate::tui::key::Key;
use crate::tui::keymap::Keymap;
use crate::tui::msg::{JobId, Memory};
use crate::tui::overlay::Overlay;
use crate::tui::screens::{connections, dashboard, detail, diff, plan, progress, runs, settings};
use crate::tui::search;
use crate::tui::theme::Theme;
use crate::words::{Lang, Voice};

/// What stays the same while the dashboard is open.
#[expect(clippy::struct_excessive_bools, reason = "each is a yes or no of its own")]
#[derive(Clone, Debug)]
pub struct Setup {
    /// The profile's name.
    pub profile: String,
    /// Is it a production profile?
    pub production: bool,
    /// Is every write refused?
    pub read_only: bool,
    /// Nothing real can be harmed.
    pub demo: bool,
    /// Where the two systems are, without secrets.
    pub addresses: [String; 2],
    /// Every setting with where it came from.
    pub settings: Vec<Row>,
    /// The configuration's file, where there is one; safe to show.
    pub file: Option<String>,
    /// Who sits there.
    pub actor: String,
    /// No moving parts.
    pub no_motion: bool,
    /// Are names masked?
    pub mask: bool,
    /// The most that models can test.
    pub ceilings: Ceilings,
}

/// A screen, by its tab.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Screen {
    /// Why the counts differ.
    #[default]
    Dashboard,
    /// The differences, one by one.
    Diff,
    /// What would be sent.
    Plan,
    /// What was done.
    Runs,
    /// The two systems, and the doctor.
    Connections,
    /// Settings.
    Settings,
}

impl Screen {
    /// In the order of their tabs.
    pub const ALL: [Self; 6] =
        [Self::Dashboard, Self::Diff, Self::Plan, Self::Runs, Self::Connections, Self::Settings];
}

/// What is known, and from when.
#[derive(Debug, Default)]
pub struct Known {
    /// The newest run.
    pub run: Option<Arc<Run>>,
    /// Its findings are past their time.
    pub expired: bool,
    /// The newest runs, newest first.
    pub runs: Vec<RunSummary>,
    /// Steps that nobody knows about yet, or that need a person.
    pub open_steps: Vec<StepRow>,
    /// What became of the steps that runs applied, by the run.
    pub applied: BTreeMap<String, JournalCounts>,
    /// Was the store looked at?
    pub looked: bool,
}

/// A job that goes on in the background.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Running {
    /// Its number.
    pub id: JobId,
    /// What it is.
    pub kind: JobKind,
    /// Records read so far, of the ACS and of the Provider.
    pub read: [u64; 2],
}

/// What a job does; at most one of a kind goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobKind {
    /// Reads what is remembered.
    Remember,
    /// Reads both systems.
    Collect,
    /// Makes a plan, or asks the guards.
    Plan,
    /// Applies a plan.
    Apply,
    /// Reads the steps of a run.
    Steps,
    /// Filters the list.
    Rows,
    /// Searches for devices.
    Search,
    /// Checks the connections.
    Doctor,
    /// Reads what befell a device.
    Story,
    /// Makes a speed test.
    SpeedTest,
    /// Reads the saved views.
    Views,
    /// Writes a note, an ignore, a file.
    Write,
}

/// A short word to whoever sits there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Toast {
    /// What.
    pub text: String,
    /// Is it bad news?
    pub bad: bool,
}

/// Lines of the log that are kept.
const LOG_MOST: usize = 500;

/// Everything that is on screen.
#[derive(Debug)]
pub struct Model {
    /// What stays the same.
    pub setup: Setup,
    /// The summary of a run for a chat, in a language.
    pub summary: fn(&Run, &str) -> String,
    /// The language, and the zone of times.
    pub voice: Voice,
    /// The colours.
    pub theme: Theme,
    /// The keys.
    pub keys: Keymap,
    /// Keys of a sequence that was begun.
    pub pending: Vec<Key>,
    /// Columns and rows of the terminal.
    pub size: (u16, u16),
    /// The wall clock at the last message.
    pub now: Timestamp,
    /// Since boot, at the last message.
    pub elapsed: Duration,
    /// May anything be applied?
    pub locked: bool,
    /// Does the mouse work?
    pub mouse: bool,
    /// The screen.
    pub screen: Screen,
    /// What lies over it, the last on top.
    pub overlays: Vec<Overlay>,
    /// What is known.
    pub known: Known,
    /// What goes on.
    pub running: Vec<Running>,
    /// The last number given to a job.
    pub last_job: JobId,
    /// A short word.
    pub toast: Option<Toast>,
    /// What happened, oldest first.
    pub log: VecDeque<(Timestamp, String)>,
    /// Set: it closes, with this exit code.
    pub quit: Option<u8>,
    /// The first screen.
    pub dashboard: dashboard::State,
    /// The list of differences.
    pub diff: diff::State,
    /// One difference.
    pub detail: detail::State,
    /// What would be sent.
    pub plan: plan::State,
    /// What is being sent.
    pub progress: progress::State,
    /// What was done.
    pub runs: runs::State,
    /// The two systems.
    pub connections: connections::State,
    /// Settings.
    pub settings: settings::State,
    /// The search over it all.
    pub search: search::State,
}

impl Model {
    /// At the start: locked, and nothing known yet.
    #[must_use]
    pub fn new(opening: &Opening<'_>, keys: Keymap, size: (u16, u16), now: Timestamp) -> Self {
        let settings = opening.settings;
        let lang = Lang::parse(opening.lang).unwrap_or_default();
        let mut voice = Voice::new(lang);
        voice.zone = Some(settings.timezone.clone());
        let theme = settings.ui.theme.as_deref().and_then(Theme::from_name).unwrap_or_default();
        Self {
            setup: setup(opening),
            summary: opening.summary,
            voice,
            theme: if opening.color { theme } else { Theme::Mono },
            keys,
            pending: Vec::new(),
            size,
            now,
            elapsed: Duration::ZERO,
            locked: true,
            mouse: false,
            screen: Screen::default(),
            overlays: Vec::new(),
            known: Known::default(),
            running: Vec::new(),
            last_job: JobId::default(),
            toast: None,
            log: VecDeque::new(),
            quit: None,
            dashboard: dashboard::State::default(),
            diff: diff::State::default(),
            detail: detail::State::default(),
            plan: plan::State::default(),
            progress: progress::State::default(),
            runs: runs::State::default(),
            connections: connections::State::default(),
            settings: settings::State::default(),
            search: search::State::default(),
        }
    }

    /// The newest run.
    #[must_use]
    pub fn run(&self) -> Option<&Arc<Run>> {
        self.known.run.as_ref()
    }

    /// Does a job of this kind go on?
    #[must_use]
    pub fn is_running(&self, kind: JobKind) -> bool {
        self.running.iter().any(|running| running.kind == kind)
    }

    /// Begins a job; an older one of its kind is replaced, and its answer dropped.
    pub fn begin(&mut self, job: Job) -> Effect {
        self.last_job = JobId(self.last_job.0 + 1);
        let (id, kind) = (self.last_job, job.kind());
        self.running.retain(|running| running.kind != kind);
        self.running.push(Running { id, kind, read: [0, 0] });
        Effect::Begin(id, job)
    }

    /// Notes how far reading is.
    pub fn read(&mut self, job: JobId, side: Side, records: u64) {
        if let Some(running) = self.running.iter_mut().find(|running| running.id == job) {
            running.read[usize::from(side == Side::Provider)] = records;
        }
    }

    /// Takes in what is remembered.
    pub fn remember(&mut self, memory: Option<Memory>) {
        self.known.looked = true;
        if let Some(memory) = memory {
            self.known.run = Some(memory.run);
            self.known.expired = memory.expired;
            self.known.runs = memory.runs;
            self.known.open_steps = memory.open_steps;
            self.known.applied = memory.applied;
        }
    }

    /// A short word; it goes to the log, too.
    pub fn say(&mut self, text: impl Into<String>) {
        self.toast(text.into(), false);
    }

    /// Bad news.
    pub fn complain(&mut self, text: impl Into<String>) {
        self.toast(text.into(), true);
    }

    fn toast(&mut self, text: String, bad: bool) {
        self.note(text.clone());
        self.toast = Some(Toast { text, bad });
    }

    /// A line of the log.
    pub fn note(&mut self, text: String) {
        if self.log.len() == LOG_MOST {
            self.log.pop_front();
        }
        self.log.push_back((self.now, text));
    }

    /// Why an action can't be done now; `None` where it can.
    #[must_use]
    pub fn why_not(&self, action: Action) -> Option<&'static str> {
        crate::tui::update::why_not(self, action)
    }
}

fn setup(opening: &Opening<'_>) -> Setup {
    let settings: &Settings = opening.settings;
    let address = |side| settings.side(side).map(SideSettings::address).unwrap_or_default();
    Setup {
        profile: settings.profile.clone(),
        production: settings.production,
        read_only: settings.read_only,
        demo: opening.demo,
        addresses: [address(Side::Acs), address(Side::Provider)],
        settings: settings.rows.clone(),
        file: settings.file.as_ref().map(|file| visible(&file.to_string_lossy())),
        actor: actor::current(),
        no_motion: opening.env.var("NO_MOTION").is_some(),
        mask: settings.ui.mask,
        ceilings: ceilings(settings),
    }
}
