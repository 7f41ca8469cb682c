//! `store`: check, back up, drill, restore, export, compact.
//!
//! Must not do: touch a file of the store itself.

use std::fs::File;
use std::io;
use std::path::Path;

use serde::Serialize;

use crate::app::exit::Condition;
use crate::app::store_admin::{self, Revealed};
use crate::app::{CheckReport, DrillReport, actor};
use crate::config::Settings;
use crate::domain::text::visible;
use crate::headless::args::StoreCommand;
use crate::headless::commands::Context;
use crate::headless::exit::Trouble;
use crate::headless::report;
use crate::headless::whole_file::{PRIVATE, WholeFile};
use crate::words::{drilled, rotated};

/// Runs one of them.
pub fn run(context: &Context<'_>, command: &StoreCommand) -> Result<u8, Trouble> {
    let settings = context.settings()?;
    let place = visible(&settings.store_dir.to_string_lossy());
    match command {
        StoreCommand::Check => return check(context, &settings),
        StoreCommand::Backup { file, keep: Some(keep), .. } => {
            rotate(context, &settings, file, (*keep).into())?;
        }
        StoreCommand::Drill { file } => {
            let (file, drilled) = store_admin::drill(&settings, file)?;
            tell_drill(context, &settings, &file, &drilled)?;
        }
        StoreCommand::Backup { file, force, keep: None } => {
            let bytes = store_admin::backup(&settings, file, *force)?;
            context.console.say(&format!("{place} is backed up in {}: {bytes} bytes", shown(file)));
        }
        StoreCommand::Restore { file, force } => {
            File::open(file).map_err(Trouble::early(file))?;
            store_admin::restore(&settings, file, *force)?;
            context.console.say(&format!("{place} is as {} remembers it", shown(file)));
        }
        StoreCommand::Export { output, with_pii, reason } => {
            export(context, &settings, (output.as_deref(), *with_pii, reason.as_deref()))?;
        }
        StoreCommand::Compact => {
            let (before, after) = store_admin::compact(&settings)?;
            context.console.say(&format!("{place}: {before} bytes before, {after} after"));
        }
    }
    Ok(0)
}

fn shown(file: &Path) -> String {
    visible(&file.to_string_lossy())
}

/// A dated backup, tried; then the old ones go.
fn rotate(
    context: &Context<'_>,
    settings: &Settings,
    folder: &Path,
    keep: usize,
) -> Result<(), Trouble> {
    let now = context.adapters.clock.now();
    let done = store_admin::back_up_and_rotate(settings, folder, keep, now)?;
    let voice = context.console.voice(Some(settings));
    context.console.say(&drilled(&voice, &shown(&done.file), &done.drill));
    if done.removed > 0 {
        context.console.say(&rotated(&voice, done.removed));
    }
    Ok(())
}

#[derive(Serialize)]
struct DrillDocument {
    schema: u32,
    backup: String,
    whole: bool,
    bytes: u64,
    rows: u64,
    runs: u64,
    lists: u64,
    records: u64,
    newest: Option<NewestDocument>,
}

#[derive(Serialize)]
struct NewestDocument {
    run_id: String,
    started: String,
}

fn tell_drill(
    context: &Context<'_>,
    settings: &Settings,
    file: &Path,
    report: &DrillReport,
) -> Result<(), Trouble> {
    super::print(|out| {
        if !context.console.json() {
            let voice = context.console.voice(Some(settings));
            return writeln!(out, "{}", drilled(&voice, &shown(file), report));
        }
        let DrillReport { bytes, rows, runs, lists, records, .. } = *report;
        let newest = report.newest.as_ref();
        let newest =
            newest.map(|(id, at)| NewestDocument { run_id: id.clone(), started: at.to_string() });
        let backup = shown(file);
        let (schema, whole) = (1, true);
        let document =
            DrillDocument { schema, backup, whole, bytes, rows, runs, lists, records, newest };
        report::write_line(&document, out)
    })
}

#[derive(Serialize)]
struct CheckDocument<'a> {
    schema: u32,
    store: String,
    whole: bool,
    runs: u64,
    lists: u64,
    records: u64,
    problems: &'a [String],
}

/// Whole: 0; anything wrong: 10.
fn check(context: &Context<'_>, settings: &Settings) -> Result<u8, Trouble> {
    let report = store_admin::check(settings)?;
    let whole = report.problems.is_empty();
    let store = visible(&settings.store_dir.to_string_lossy());
    super::print(|out| {
        let CheckReport { runs, lists, records, .. } = report;
        if context.console.json() {
            let problems = &report.problems;
            let schema = 1;
            let document = CheckDocument { schema, store, whole, runs, lists, records, problems };
            return report::write_line(&document, out);
        }
        writeln!(out, "{store}: {runs} runs, {lists} lists, {records} records")?;
        for problem in &report.problems {
            writeln!(out, "  {}", visible(problem))?;
        }
        let word = if whole { "whole" } else { "damaged: acerto store restore FILE" };
        writeln!(out, "  {word}")
    })?;
    Ok(if whole { 0 } else { Condition::Store.code() })
}

fn export(
    context: &Context<'_>,
    settings: &Settings,
    (output, with_pii, reason): (Option<&Path>, bool, Option<&str>),
) -> Result<(), Trouble> {
    let actor = actor::current();
    let at = context.adapters.clock.now();
    let reveal =
        with_pii.then(|| Revealed { actor: &actor, reason: reason.unwrap_or_default(), at });
    let write = |out: &mut dyn io::Write| {
        store_admin::export(settings, out, reveal).map_err(io::Error::other)?
    };
    let Some(path) = output else { return super::print(write) };
    context.distinct(settings, &[("--output", Some(path))])?;
    let mut file = WholeFile::create(path, PRIVATE)?;
    file.fill(write)?;
    file.finish()
}
