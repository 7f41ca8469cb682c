//! One small function a command: settle the settings, call the use-case, print the answer.
//!
//! Must not do: decide anything about a device.

mod apply;
mod config;
mod daily;
mod dashboard;
mod doctor;
mod explain;
mod history;
mod keys;
mod listen;
mod manual;
mod meta;
mod notice;
mod plan;
mod problems;
mod reconcile;
mod rendered;
mod search;
mod speedtest;
mod store;
mod wizard;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use jiff::Timestamp;

use crate::app::exit::Condition;
use crate::app::face::Face;
use crate::app::{Adapters, AppError};
use crate::config::{
    self as settings, Environment, FileSide, Flags, Settings, SideSettings, named_profile,
};
use crate::domain::{Side, Untrusted};
use crate::headless::args::{Cli, Command, LabCommand};
use crate::headless::console::Console;
use crate::headless::exit::Trouble;
use crate::headless::lab::demo::Demo;
use crate::headless::lab::{score, serve};
use crate::headless::stream::write_to;
use crate::headless::whole_file::distinct;

/// What every command needs.
#[derive(Clone, Copy)]
pub struct Context<'a> {
    /// What was typed.
    pub cli: &'a Cli,
    /// The two systems, and the time.
    pub adapters: &'a Adapters,
    /// The environment.
    pub env: &'a (dyn Environment + Sync),
    /// How this process may speak.
    pub console: Console,
    /// The dashboard, and its keys.
    pub face: Face,
    /// The simulated world of `--demo`.
    pub demo: Option<&'a Demo>,
}

/// Does what was asked; gives the exit code.
///
/// # Errors
/// Where it can't.
pub fn run(context: &Context<'_>) -> Result<u8, Trouble> {
    if !context.cli.global.demo {
        return dispatch(context);
    }
    // The dashboard begins with what is remembered, as commands that look back do.
    let looks_back = context.cli.command.is_some() || dashboard::is_asked(context);
    let demo = Demo::prepare(context, looks_back)?;
    let adapters = demo.adapters(context.adapters);
    let done = dispatch(&Context { demo: Some(&demo), adapters: &adapters, ..*context });
    demo.keep(context)?;
    done
}

fn dispatch(context: &Context<'_>) -> Result<u8, Trouble> {
    match &context.cli.command {
        None if dashboard::is_asked(context) => dashboard::open(context),
        None if context.demo.is_some() && !context.cli.reconcile => {
            reconcile::run(context).map(shown)
        }
        None if !context.cli.reconcile => dashboard::instead(context),
        None => reconcile::run(context),
        Some(Command::Status) => history::status(context),
        Some(Command::Explain(args)) => explain::run(context, args),
        Some(Command::Search(args)) => search::run(context, args),
        Some(Command::Speedtest(args)) => speedtest::run(context, args),
        Some(Command::Runs { limit }) => {
            history::runs(context, usize::try_from(*limit).unwrap_or(usize::MAX))
        }
        Some(Command::Show { id }) => history::show(context, id),
        Some(Command::Ignore(args)) => history::ignore(context, args),
        Some(Command::Note { key, text }) => history::note(context, key, text),
        Some(Command::Plan(args)) => plan::run(context, args),
        Some(Command::Apply(args)) => apply::run(context, args),
        Some(Command::Approve { plan }) => plan::approve(context, plan),
        Some(Command::Undo(args)) => plan::undo(context, args),
        Some(Command::Resolve(args)) => apply::resolve(context, args),
        Some(Command::Synchronise(args)) => apply::synchronise(context, args),
        Some(Command::Store(command)) => store::run(context, command),
        Some(Command::Config(command)) => config::run(context, command),
        Some(Command::Keys(command)) => keys::run(context, command),
        Some(Command::Doctor(args)) => doctor::run(context, args),
        Some(Command::Listen(args)) => listen::run(context, *args),
        Some(Command::Lab(args)) => match &args.command {
            Some(LabCommand::Score(args)) => score::run(context, args),
            None => serve::run(args),
        },
        Some(Command::Schema { what }) => meta::schema(*what),
        Some(Command::Completions { shell }) => meta::completions(*shell),
        Some(Command::Man { of, output }) => meta::man(of, output.as_deref()),
    }
}

/// Differences are what the demo is there to show: no failure.
fn shown(exit: u8) -> u8 {
    if exit == Condition::Differences.code() { 0 } else { exit }
}

impl Context<'_> {
    fn flags(&self) -> Flags {
        self.cli.flags()
    }

    /// The settings of a command that only looks: a store named by itself needs no
    /// configuration where there is none.
    fn settings(&self) -> Result<Settings, AppError> {
        if let Some(demo) = self.demo {
            return Ok(demo.settings().clone());
        }
        let flags = self.flags();
        let alone = settings::named_store(&flags, self.env).is_some()
            && named_profile(&flags, self.env).is_none()
            && !settings::is_there(&flags, self.env);
        let loaded = if alone {
            settings::load_for_files(&flags, self.env)
        } else {
            settings::load(&flags, self.env)
        };
        Ok(loaded?)
    }

    /// The settings of a run: the files given in the place of a profile's sides.
    fn run_settings(&self) -> Result<Settings, AppError> {
        if let Some(demo) = self.demo {
            return Ok(demo.settings().clone());
        }
        let (flags, files) = (self.flags(), self.cli.files());
        let both = files.acs_file.is_some() && files.provider_file.is_some();
        let mut settings = if both && named_profile(&flags, self.env).is_none() {
            settings::load_for_files(&flags, self.env)?
        } else {
            let alone = files.any() && !both;
            let hint = "one file alone replaces a side of a profile; give both files";
            let loaded = settings::load(&flags, self.env);
            loaded.map_err(|e| if alone { e.hint(hint) } else { e })?
        };
        let side = |file: &PathBuf| {
            SideSettings::File(FileSide { path: file.clone(), ..FileSide::default() })
        };
        settings.acs = files.acs_file.as_ref().map(side).or(settings.acs);
        settings.provider = files.provider_file.as_ref().map(side).or(settings.provider);
        Ok(settings)
    }

    /// `--as-of`, in the forms that the files may use.
    fn as_of(&self, settings: &Settings) -> Result<Option<Timestamp>, AppError> {
        let Some(text) = self.cli.files().as_of else { return Ok(None) };
        match (self.adapters.time)(&text, &settings.timezone) {
            Some(time) => Ok(Some(time)),
            None => Err(AppError::usage(
                format!("--as-of: `{}` is no time", Untrusted::new(&text)),
                &["write it like 2026-11-20T12:00:00Z, \"2026-11-20 09:00\" or 20/11/2026 09:00"],
            )),
        }
    }

    /// What happened, from a file.
    fn events_file(&self) -> Option<PathBuf> {
        match self.demo {
            Some(demo) => Some(demo.events_file()),
            None => self.cli.files().events_file,
        }
    }

    /// Files that this command reads, and the store: none of them may be written over.
    fn inputs(&self, settings: &Settings) -> Vec<(&'static str, PathBuf)> {
        let side = |side| match settings.side(side) {
            Some(SideSettings::File(file)) => Some(file.path.clone()),
            Some(SideSettings::Network(_)) | None => None,
        };
        let all = [
            ("the file of the ACS", side(Side::Acs)),
            ("the file of the Provider", side(Side::Provider)),
            ("the file of events", self.events_file()),
            ("the configuration", settings.file.clone()),
            ("a part of the store", Some(settings.store_dir.clone())),
        ];
        all.into_iter().filter_map(|(name, path)| Some((name, path?))).collect()
    }

    /// Refuses to write over what this command reads, or twice over one file.
    fn distinct(
        &self,
        settings: &Settings,
        outputs: &[(&str, Option<&Path>)],
    ) -> Result<(), AppError> {
        let outputs: Vec<(&str, &Path)> =
            outputs.iter().filter_map(|(flag, path)| Some((*flag, (*path)?))).collect();
        let inputs = self.inputs(settings);
        let inputs: Vec<(&str, &Path)> = inputs.iter().map(|(n, p)| (*n, p.as_path())).collect();
        distinct(&outputs, &inputs)
    }
}

/// Writes to stdout through a buffer.
pub(super) fn print(write: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> Result<(), Trouble> {
    write_to(BufWriter::new(io::stdout().lock()), write, Trouble::Stream)
}
