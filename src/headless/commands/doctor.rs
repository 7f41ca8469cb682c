//! `doctor`: every check of the set-up, with what to do about each that fails.
//!
//! Must not do: check anything itself.

use std::path::Path;

use crate::app::doctor::{self, Patient};
use crate::app::{AppError, Checkup, history, store_admin};
use crate::config::Settings;
use crate::domain::text::visible;
use crate::headless::args::DoctorArgs;
use crate::headless::commands::Context;
use crate::headless::commands::config::all_rows;
use crate::headless::exit::Trouble;
use crate::headless::report;
use crate::headless::whole_file::{PRIVATE, WholeFile};

/// So many runs are told to support.
const RUNS: usize = 20;

/// Runs it; the exit code is the worst failing check's.
pub fn run(context: &Context<'_>, args: &DoctorArgs) -> Result<u8, Trouble> {
    let settings = context.settings();
    // A wrong place is known before anything is asked.
    let file = match &args.bundle {
        Some(path) => Some(place(context, settings.as_ref().ok(), path, args.force)?),
        None => None,
    };
    let checkup = doctor::examine(&Patient {
        settings: settings.as_ref(),
        adapters: context.adapters,
        env: context.env,
        screen: context.console.screen(),
        assumptions: args.probe,
    });
    let voice = context.console.voice(settings.as_ref().ok());
    super::print(|out| {
        if context.console.json() {
            return report::write_line(&report::DoctorDocument::of(&checkup, &voice), out);
        }
        report::doctor_text(&checkup, &voice, context.console.out.color, out)
    })?;
    if let (Some(file), Some(path)) = (file, &args.bundle) {
        bundle(context, settings.as_ref().ok(), &checkup, file)?;
        let path = visible(&path.to_string_lossy());
        context.console.say(&format!("{path} is written: read it through before you send it"));
    }
    Ok(checkup.exit())
}

/// Opens the bundle's file; one that is there is only replaced where that was asked for.
fn place(
    context: &Context<'_>,
    settings: Option<&Settings>,
    path: &Path,
    force: bool,
) -> Result<WholeFile, Trouble> {
    if let Some(settings) = settings {
        context.distinct(settings, &[("--bundle", Some(path))])?;
    }
    if path.symlink_metadata().is_ok() && !force {
        let what = format!("{} is there already", visible(&path.to_string_lossy()));
        return Err(AppError::usage(what, &["name another file, or replace it: --force"]).into());
    }
    WholeFile::create(path, PRIVATE)
}

fn bundle(
    context: &Context<'_>,
    settings: Option<&Settings>,
    checkup: &Checkup,
    mut file: WholeFile,
) -> Result<(), Trouble> {
    let rows = settings.map(|settings| (settings.profile.as_str(), all_rows(settings)));
    let none = || "the configuration can't be used".to_owned();
    let store = settings
        .ok_or_else(none)
        .and_then(|settings| store_admin::check(settings).map_err(|error| error.to_string()));
    let runs = settings.and_then(|settings| history::runs(settings, RUNS).ok());
    let latest = settings.and_then(|settings| history::status(settings).ok());
    let bundle = report::Bundle {
        rows: rows.as_ref().map(|(profile, rows)| (*profile, rows.as_slice())),
        checkup,
        runs: &runs.unwrap_or_default(),
        latest: latest.as_ref().map(|(remembered, _)| &remembered.run),
        store: store.as_ref().map_err(Clone::clone),
        env: context.env,
        at: context.adapters.clock.now().strftime("%Y-%m-%d %H:%M UTC").to_string(),
    };
    file.fill(|out| bundle.write(out))?;
    file.finish()
}
