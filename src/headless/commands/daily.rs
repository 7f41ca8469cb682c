//! The daily run of `listen --schedule`: a process of its own, so that whatever happens to it
//! happens to it alone.
//!
//! Must not do: reconcile in this process, or leave a run behind.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use jiff::Timestamp;

use crate::app::exit::Condition;
use crate::app::timetable::Timetable;
use crate::app::{AppError, Clock, Stop, notice};
use crate::config::{Environment, Settings, StoreMode};
use crate::headless::args::{Attempt, GlobalArgs, LangArg};
use crate::headless::commands::Context;
use crate::headless::commands::notice::{Desk, Ended, TOLD_KEY};
use crate::headless::console::Console;
use crate::listen::child::{self, Patience};
use crate::listen::daily::{self, Runs, Waiting};

/// A run stops within 35 s of being asked (SAFETY.md section 8).
const GRACE: Duration = Duration::from_secs(35);

/// How soon a wish to stop is noticed.
const STOP_LATENCY: Duration = Duration::from_millis(100);

/// What came of the loop is a mistake of ours: it begins anew, and not in haste.
const AFTER_A_BUG: Duration = Duration::from_secs(60);

/// The schedule of one profile.
pub struct Daily<'a> {
    settings: &'a Settings,
    flags: &'a GlobalArgs,
    console: &'a Console,
    clock: &'static dyn Clock,
    env: &'a (dyn Environment + Sync),
    timetable: Timetable,
}

impl<'a> Daily<'a> {
    /// The schedule as it is configured.
    pub fn of(context: &'a Context<'_>, settings: &'a Settings) -> Result<Self, AppError> {
        if settings.store.mode == StoreMode::Exclusive {
            let what = "--schedule needs a store that two processes may open: mode is exclusive";
            let hint = "set [store] mode = \"multi\", or run `acerto --reconcile` from a timer";
            return Err(AppError::usage(what, &[hint]));
        }
        let uname = rustix::system::uname();
        Ok(Self {
            settings,
            flags: &context.cli.global,
            console: &context.console,
            clock: context.adapters.clock,
            env: context.env,
            timetable: Timetable::of(settings, &uname.nodename().to_string_lossy())?,
        })
    }

    /// Makes the runs until somebody asks to stop.
    pub fn keep(&self, stop: &Stop) {
        let wait = |time: Duration| {
            let until = std::time::Instant::now() + time;
            while stop.asked().is_none() && std::time::Instant::now() < until {
                let left = until.saturating_duration_since(std::time::Instant::now());
                std::thread::sleep(left.min(STOP_LATENCY));
            }
        };
        while stop.asked().is_none() {
            let waiting = Waiting { clock: self.clock, wait: &wait, stop };
            let runs = Children { daily: self, stop };
            let kept = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
                daily::keep(&self.timetable, &waiting, &runs);
            }));
            if kept.is_err() {
                tracing::error!("the schedule begins anew");
                wait(AFTER_A_BUG);
            }
        }
    }

    /// The run as a person would start it.
    fn command(&self, attempt: Attempt) -> Command {
        let mut command = Command::new(program());
        command.args(["--reconcile", "--format", "json", "--profile", &self.settings.profile]);
        command.args(["--scheduled", attempt.name()]);
        if self.settings.listen.notifies() {
            command.arg("--notify");
        }
        let metrics = &self.settings.listen.schedule_metrics_file;
        for (flag, path) in [
            ("--config", &self.flags.config),
            ("--store", &self.flags.store),
            ("--metrics", metrics),
        ] {
            if let Some(path) = path {
                command.arg(flag).arg(path);
            }
        }
        if let Some(lang) = self.flags.lang {
            command.args(["--lang", if lang == LangArg::En { "en" } else { "pt-BR" }]);
        }
        command.args(std::iter::repeat_n("-v", usize::from(self.flags.verbose)));
        command.args(self.flags.quiet.then_some("-q"));
        command
    }
}

/// This program, also where a newer one has taken its place on the disk meanwhile.
fn program() -> PathBuf {
    let own = PathBuf::from("/proc/self/exe");
    if own.exists() { own } else { std::env::current_exe().unwrap_or_else(|_| "acerto".into()) }
}

/// Runs as children.
struct Children<'a> {
    daily: &'a Daily<'a>,
    stop: &'a Stop,
}

impl Children<'_> {
    /// The exit code, whether somebody was told by the run itself, and what to say otherwise.
    fn run(&self, attempt: Attempt) -> std::io::Result<(u8, bool, String)> {
        let limit = self.daily.settings.listen.schedule_limit;
        let patience = Patience { limit: limit.0.unsigned_abs(), grace: GRACE };
        let mut output = tempfile::tempfile()?;
        let mut command = self.daily.command(attempt);
        let ended = child::run(&mut command, b"", Some(&output), patience, Some(self.stop))?;
        let told = child::said(&mut output)?.lines().any(|line| line.starts_with(TOLD_KEY));
        let bug = Condition::Bug.code();
        let (exit, what) = match ended {
            child::Ended::Exited(code) => {
                (u8::try_from(code).unwrap_or(bug), format!("the run ended with exit code {code}"))
            }
            child::Ended::Killed(signal) => (bug, format!("the run was ended by signal {signal}")),
            child::Ended::TooLong => {
                (bug, format!("the run was ended: it took longer than {limit}"))
            }
            child::Ended::Stopped => (143, String::new()),
        };
        Ok((exit, told, what))
    }
}

impl Runs for Children<'_> {
    fn last(&self, now: Timestamp) -> Option<Timestamp> {
        notice::last_scheduled(self.daily.settings, now).unwrap_or_else(|error| {
            tracing::warn!("when the last run was can't be read: {error}");
            None
        })
    }

    fn make(&self, is_last: bool) -> u8 {
        let attempt = if is_last { Attempt::Last } else { Attempt::Again };
        let (exit, told, what) = self.run(attempt).unwrap_or_else(|error| {
            (Condition::Bug.code(), false, format!("the run can't be started: {error}"))
        });
        if !told && self.daily.settings.listen.notifies() {
            let profile = &self.daily.settings.profile;
            let failure = format!("{what}\nlook at why: acerto --reconcile --profile {profile}");
            let desk = Desk {
                console: self.daily.console,
                settings: self.daily.settings,
                clock: self.daily.clock,
                env: self.daily.env,
            };
            desk.tell(&Ended { exit, run: None, failure }, Some(attempt));
        }
        exit
    }

    fn made(&self, began: Timestamp) {
        if let Err(error) = notice::scheduled(self.daily.settings, began) {
            tracing::warn!("that the run was made could not be remembered: {error}");
        }
    }
}

/// Ends this process where the one that made it is gone: no run is left behind.
pub fn end_with_parent() {
    #[cfg(target_os = "linux")]
    {
        use rustix::process::{Signal, set_parent_process_death_signal};
        // Where the system can't, the run ends by itself.
        let _ = set_parent_process_death_signal(Some(Signal::TERM));
    }
}
