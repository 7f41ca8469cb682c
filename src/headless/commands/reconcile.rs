//! `--reconcile`: read, explain, record, report.
//!
//! Must not do: print anything but the report on stdout.

use std::io::Write;
use std::time::Duration;

use jiff::Timestamp;

use crate::app::apply::{Said, recover_if_free};
use crate::app::exit::Condition;
use crate::app::{
    AppError, FailOn, Finished, Request, Run, Stop, World, actor, reconcile, store_admin,
};
use crate::config::{FILES_PROFILE, Settings};
use crate::headless::args::{FailOnArg, ReportArgs};
use crate::headless::commands::notice::{Desk, Ended};
use crate::headless::commands::plan::with_world;
use crate::headless::commands::rendered::Rendered;
use crate::headless::commands::{Context, apply, daily, notice, problems};
use crate::headless::console::local_zone;
use crate::headless::exit::Trouble;
use crate::headless::progress;
use crate::headless::report::{FindingsKept, Format, ReportOptions, group_by, metrics};
use crate::headless::whole_file::{PRIVATE, PUBLIC, WholeFile};
use crate::words::apply_said;

/// Runs it, and tells whoever is to be told; the exit code is the run's.
pub fn run(context: &Context<'_>) -> Result<u8, Trouble> {
    let args = &context.cli.report;
    if args.scheduled.is_some() {
        daily::end_with_parent();
    }
    let settings = context.run_settings()?;
    if !args.notify {
        let run = reconciled(context, &settings)?;
        let exit = run.exit;
        // As with the lists: what little comes after it needs no memory.
        std::mem::forget(run);
        return Ok(exit);
    }
    notice::somebody(&settings)?;
    let went = reconciled(context, &settings);
    let (console, clock) = (&context.console, context.adapters.clock);
    let desk = Desk { console, settings: &settings, clock, env: context.env };
    let told = desk.tell(&Ended::of(&went), args.scheduled);
    if args.scheduled.is_some() {
        super::print(|out| writeln!(out, "{}", told.line()))?;
    }
    went.map(|run| run.exit)
}

/// Runs it and prints the report.
fn reconciled(context: &Context<'_>, settings: &Settings) -> Result<Run, Trouble> {
    let args = &context.cli.report;
    let request = request(context, settings)?;
    let outputs = [("--output", args.output.as_deref()), ("--metrics", args.metrics.as_deref())];
    context.distinct(settings, &outputs)?;
    // Both files are opened before any work: a wrong path must not cost a whole run.
    let report_file = args.output.as_deref().map(|p| WholeFile::create(p, PRIVATE)).transpose()?;
    let metrics_file = args.metrics.as_deref().map(|p| WholeFile::create(p, PUBLIC)).transpose()?;
    let begun = (context.adapters.clock.now(), context.adapters.clock.monotonic());
    let ended = run_and_report(context, settings, &request, report_file);
    if let Some(file) = metrics_file {
        write_metrics(context, file, &ended, begun)?;
    }
    let Ran { run, unrecorded } = ended?;
    if let Some(error) = &unrecorded {
        context.console.app_error(error);
    }
    Ok(run)
}

/// A run that has an answer.
struct Ran {
    run: Run,
    /// The store's failure after the answer was known.
    unrecorded: Option<AppError>,
}

fn run_and_report(
    context: &Context<'_>,
    settings: &Settings,
    request: &Request,
    report_file: Option<WholeFile>,
) -> Result<Ran, Trouble> {
    let args = &context.cli.report;
    if args.with_pii {
        reveal(context, settings, request)?;
    }
    let options = options(context, settings, report_file.is_some());
    // Whoever made a scheduled run looks at the store.
    let prints = args.scheduled.is_none();
    let (run, plan, unrecorded, made) = if args.apply.is_empty() {
        recover(context, settings, request)?;
        let render = |run: &Run| prints.then(|| Rendered::of(run, &options)).flatten();
        let (finished, made) = collect_and_tell(context, settings, request, render)?;
        // The process ends with this run: to free its million records one by one helps nobody.
        std::mem::forget(finished.collected);
        (finished.run, None, finished.unrecorded, made.flatten())
    } else {
        let ran = apply::headless(context, settings, request)?;
        (ran.run, Some(ran.plan), None, None)
    };
    if let Some(column) = &args.group_by {
        group_by::check(&run, column).map_err(|what| AppError::usage(what, &[]))?;
    }
    if prints {
        print(&run, &ReportOptions { plan, ..options }, made, report_file)?;
    }
    Ok(Ran { run, unrecorded })
}

/// The figures of the run; of one that failed its exit code, so that an old file does not go on
/// telling of good days. A mistake in the command was no run.
fn write_metrics(
    context: &Context<'_>,
    mut file: WholeFile,
    ended: &Result<Ran, Trouble>,
    (started, begun): (Timestamp, Duration),
) -> Result<(), Trouble> {
    let text = match ended {
        Ok(ran) => metrics::render(&ran.run),
        Err(trouble) if trouble.code() == Condition::Usage.code() => return Ok(()),
        Err(trouble) => {
            let seconds = context.adapters.clock.monotonic().saturating_sub(begun).as_secs_f64();
            metrics::render_failed(trouble.code(), started, seconds)
        }
    };
    let written = file.fill(|out| out.write_all(text.as_bytes())).and_then(|()| file.finish());
    // What the run itself met is graver than its figures.
    if ended.is_ok() { written } else { Ok(()) }
}

/// What an earlier apply left is settled first, where nobody applies now.
fn recover(context: &Context<'_>, settings: &Settings, request: &Request) -> Result<(), AppError> {
    if request.forget {
        return Ok(());
    }
    let voice = context.console.voice(Some(settings));
    let say = |said: Said<'_>| {
        if let Some(line) = apply_said(said, &voice) {
            context.console.say(&line);
        }
    };
    with_world(context, |world| recover_if_free(settings, request, world, &say))
}

/// The use-case, with a line of progress and a clean stop.
pub(super) fn collect_and_reconcile(
    context: &Context<'_>,
    settings: &Settings,
    request: &Request,
) -> Result<Finished, AppError> {
    collect_and_tell(context, settings, request, |_| ()).map(|(finished, _)| finished)
}

/// The same; `told` hears of the run while it is recorded.
fn collect_and_tell<T: Send>(
    context: &Context<'_>,
    settings: &Settings,
    request: &Request,
    told: impl FnOnce(&Run) -> T + Send,
) -> Result<(Finished, Option<T>), AppError> {
    let stop =
        Stop::listen().map_err(|e| AppError::Bug(format!("signals can't be listened to: {e}")))?;
    let progress = progress::Line::new(&context.console);
    let heard = progress.told();
    let world =
        World { adapters: context.adapters, env: context.env, progress: &heard, stop: &stop };
    let ended = reconcile::reconcile_telling(settings, request, world, told);
    progress.clear();
    let (finished, told) = ended?;
    problems::tell(&context.console, &finished);
    Ok((finished, told))
}

fn request(context: &Context<'_>, settings: &Settings) -> Result<Request, AppError> {
    let args = &context.cli.report;
    // Two exports without profile or store: nobody asked to remember them.
    let nameless = settings.profile == FILES_PROFILE && !settings.store_origin.is_named();
    Ok(Request {
        forget: args.no_store || nameless,
        events: context.events_file(),
        as_of: context.as_of(settings)?,
        strict: args.strict,
        fail_on: match args.fail_on {
            None | Some(FailOnArg::Any) => FailOn::Any,
            Some(FailOnArg::Unexplained) => FailOn::Unexplained,
            Some(FailOnArg::None) => FailOn::Nothing,
        },
        actor: match args.scheduled {
            Some(_) => actor::SCHEDULE.to_owned(),
            None => actor::current(),
        },
        ..Request::default()
    })
}

/// Notes why personal data is shown, before any is.
fn reveal(context: &Context<'_>, settings: &Settings, request: &Request) -> Result<(), AppError> {
    if request.forget {
        let hint = "name a store: --store DIR, or a profile: --profile NAME";
        return Err(AppError::usage("--with-pii is noted in a store, and there is none", &[hint]));
    }
    let reason = context.cli.report.reason.as_deref().unwrap_or_default();
    let at = context.adapters.clock.now();
    store_admin::reveal(settings, &store_admin::Revealed { actor: &request.actor, reason, at })
}

fn options(context: &Context<'_>, settings: &Settings, to_file: bool) -> ReportOptions {
    let ReportArgs { summary, group_by, csv_separator, with_pii, .. } = &context.cli.report;
    let console = &context.console;
    let to_terminal = console.out.terminal && !to_file;
    // The demo stands for the dashboard: for eyes, unless a format is asked for.
    let for_eyes = to_terminal || (context.demo.is_some() && !context.cli.reconcile);
    let format = if *summary { Format::Text } else { console.report_format(for_eyes) };
    ReportOptions {
        findings: FindingsKept::Kept,
        format,
        lang: console.lang(Some(settings), format != Format::Text),
        summary: *summary,
        group_by: group_by.clone(),
        csv_separator: *csv_separator,
        with_pii: *with_pii,
        width: console.width,
        color: console.out.color && !to_file,
        timezone: local_zone(settings),
        plan: None,
    }
}

fn print(
    run: &Run,
    options: &ReportOptions,
    made: Option<Rendered>,
    file: Option<WholeFile>,
) -> Result<(), Trouble> {
    let write = |out: &mut dyn Write| Rendered::write(made, run, options, out);
    let Some(mut file) = file else {
        // A reader that had enough (`| head`) must not hide the run's exit code.
        let printed = super::print(write);
        return if matches!(&printed, Err(t) if t.is_closed_pipe()) { Ok(()) } else { printed };
    };
    file.fill(write)?;
    file.finish()
}
