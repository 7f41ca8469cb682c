//! `--notify`: after a run, whoever is configured is told what got worse.
//!
//! Must not do: change the run's exit code, whatever becomes of the message.

use crate::app::exit::Condition;
use crate::app::notice::{self, Outcome};
use crate::app::{AppError, Clock, Notices, Run, Standing, Untold};
use crate::config::{Environment, Settings};
use crate::headless::args::Attempt;
use crate::headless::console::Console;
use crate::headless::exit::Trouble;
use crate::headless::report::Notice;
use crate::listen::notify::{self, Message};

/// What became of it; `listen --schedule` reads it from its child.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Told {
    /// The same or better: nobody is told.
    Silent,
    /// Somebody was told.
    Sent,
    /// Nobody could be told.
    Failed,
    /// The run is tried again first.
    PutOff,
}

/// How the child's line begins; no report has such a key.
pub(super) const TOLD_KEY: &str = "{\"told\":";

impl Told {
    /// The line for whoever made this run.
    #[must_use]
    pub fn line(self) -> String {
        let word = match self {
            Self::Silent => "silent",
            Self::Sent => "sent",
            Self::Failed => "failed",
            Self::PutOff => "put-off",
        };
        format!("{TOLD_KEY}\"{word}\"}}")
    }
}

/// Who tells, and with what.
#[derive(Clone, Copy)]
pub struct Desk<'a> {
    /// How this process may speak.
    pub console: &'a Console,
    /// Who is told, and what of.
    pub settings: &'a Settings,
    /// The time.
    pub clock: &'a dyn Clock,
    /// The environment, for the address of the hook.
    pub env: &'a dyn Environment,
}

/// A run that ended.
pub struct Ended<'a> {
    /// Its exit code.
    pub exit: u8,
    /// Its report, where there is one.
    pub run: Option<&'a Run>,
    /// Why there is none, and what to do.
    pub failure: String,
}

impl<'a> Ended<'a> {
    /// A run with a report, or what went wrong.
    pub fn of(went: &'a Result<Run, Trouble>) -> Self {
        match went {
            Ok(run) => Self { exit: run.exit, run: Some(run), failure: String::new() },
            Err(trouble) => {
                let mut lines = vec![trouble.to_string()];
                lines.extend(trouble.hints());
                Self { exit: trouble.code(), run: None, failure: lines.join("\n") }
            }
        }
    }
}

/// Refuses `--notify` where nobody is to be told.
pub fn somebody(settings: &Settings) -> Result<(), AppError> {
    if settings.listen.notifies() {
        return Ok(());
    }
    let hint = "set notify_url_file or notify_command under [listen], or leave --notify out";
    Err(AppError::usage("--notify: the configuration names nobody to tell", &[hint]))
}

impl Desk<'_> {
    /// Tells what got worse, if anything did.
    pub fn tell(&self, ended: &Ended<'_>, attempt: Option<Attempt>) -> Told {
        // Stopped by a person: neither worse nor better.
        if [129, 130, 143].contains(&ended.exit) {
            return Told::Silent;
        }
        if ended.exit == Condition::Source.code() && attempt == Some(Attempt::Again) {
            return Told::PutOff;
        }
        // A store that can't be read makes everything news: rather told twice than never.
        let known = notice::recall(self.settings).unwrap_or_default();
        let outcome = Outcome { exit: ended.exit, run: ended.run, at: self.clock.now() };
        let Some(reasons) = notice::worse(known.standing.as_ref(), &outcome) else {
            // Who was not reached is no better off for that nothing got worse since; what reached
            // nobody at all is over.
            let standing = notice::standing(known.standing.as_ref(), &outcome, false);
            self.keep(Some(&standing), known.untold.as_ref().filter(|u| u.partly));
            return Told::Silent;
        };
        let voice = self.console.voice_of_people(self.settings);
        let (profile, failure) = (&self.settings.profile, &ended.failure);
        let (exit, run) = (ended.exit, ended.run);
        let notice = Notice { profile, exit, reasons: &reasons, run, failure };
        let message = Message {
            json: notice.json(&voice),
            text: notice.text(&voice),
            profile: profile.clone(),
            exit,
            run_id: run.map(|run| run.id.clone()),
        };
        let listen = &self.settings.listen;
        let hook = listen.hook(self.settings.file.as_deref(), self.env);
        let (told, failed) = notify::send(listen, hook, &message);
        for what in &failed {
            tracing::warn!("nobody was told there: {what}");
        }
        let what = failed.join("; ");
        let untold = (!failed.is_empty()).then_some(Untold { at: outcome.at, what, partly: told });
        self.remember(&known, &outcome, told, untold.as_ref());
        if told { Told::Sent } else { Told::Failed }
    }

    /// What reached nobody is told with the next run: how things stand stays as it was.
    fn remember(&self, known: &Notices, now: &Outcome<'_>, told: bool, untold: Option<&Untold>) {
        let standing = (told || untold.is_none())
            .then(|| notice::standing(known.standing.as_ref(), now, told));
        self.keep(standing.as_ref(), untold);
    }

    fn keep(&self, standing: Option<&Standing>, untold: Option<&Untold>) {
        if let Err(error) = notice::remember(self.settings, standing, untold) {
            tracing::warn!("what was told could not be remembered: {error}");
        }
    }
}
