//! `plan`, `plan show|export|done`, `approve`, `undo`: plans before they are sent.
//!
//! Must not do: send anything, or judge a plan.

use std::io::IsTerminal as _;
use std::path::Path;

use crate::app::exit::Condition;
use crate::app::plan::document::{PlanDocument, PlanStep, PlanVerdict};
use crate::app::plan::{self, Order, Planned, approval, encode, file};
use crate::app::{AppError, Request, Stop, World, actor};
use crate::config::Settings;
use crate::engine::guard::Mode;
use crate::engine::plan::Selection;
use crate::headless::args::{FormatArg, PlanArgs, PlanCommand, UndoArgs};
use crate::headless::commands::Context;
use crate::headless::exit::Trouble;
use crate::headless::progress;
use crate::headless::report::{self, PlanWords};
use crate::headless::whole_file::{PRIVATE, WholeFile};
use crate::words::{Voice, say};

/// Runs it.
pub fn run(context: &Context<'_>, args: &PlanArgs) -> Result<u8, Trouble> {
    match &args.command {
        Some(PlanCommand::Show { plan }) => show(context, plan),
        Some(PlanCommand::Export { plan, all }) => export(context, plan, *all),
        Some(PlanCommand::Done { plan, steps }) => {
            let now = context.adapters.clock.now();
            file::mark_done(plan, steps, &actor::current(), now)?;
            Ok(0)
        }
        None => make(context, args),
    }
}

/// A person looks on where there is a terminal to type at.
pub(super) fn mode() -> Mode {
    if std::io::stdin().is_terminal() { Mode::Interactive } else { Mode::Headless }
}

fn make(context: &Context<'_>, args: &PlanArgs) -> Result<u8, Trouble> {
    let settings = context.run_settings()?;
    let order = Order {
        selection: Selection {
            causes: args.cause.clone(),
            fix: args.fix,
            candidate: args.candidate.clone(),
            ..Selection::default()
        },
        keys: args.key.clone(),
        synchronise: None,
        fresh: context.cli.global.fresh || context.cli.files().any(),
        mode: mode(),
        request: request(context, &settings)?,
    };
    let planned = with_world(context, |world| plan::make(&settings, &order, world))?;
    let voice = context.console.voice(Some(&settings));
    say_age(context, &planned, &voice);
    let document = encode::document(&planned.plan, false, &planned.verdict, &PlanWords(&voice));
    hand_over(context, &document, args.output.as_deref(), &voice)?;
    Ok(code(&document))
}

/// How the sides are read, where they have to be.
pub(super) fn request(context: &Context<'_>, settings: &Settings) -> Result<Request, AppError> {
    let nameless =
        settings.profile == crate::config::FILES_PROFILE && !settings.store_origin.is_named();
    Ok(Request {
        forget: nameless,
        events: context.events_file(),
        as_of: context.as_of(settings)?,
        actor: actor::current(),
        ..Request::default()
    })
}

/// A use-case over both systems, with a line of progress and a clean stop.
pub(super) fn with_world<T>(
    context: &Context<'_>,
    work: impl FnOnce(World<'_>) -> Result<T, AppError>,
) -> Result<T, AppError> {
    let stop =
        Stop::listen().map_err(|e| AppError::Bug(format!("signals can't be listened to: {e}")))?;
    let progress = progress::Line::new(&context.console);
    let told = progress.told();
    let world =
        World { adapters: context.adapters, env: context.env, progress: &told, stop: &stop };
    let done = work(world);
    progress.clear();
    done
}

fn say_age(context: &Context<'_>, planned: &Planned, voice: &Voice) {
    let seconds = planned.age.as_secs();
    if seconds > 1 {
        context.console.say(&say!(voice,
            en: "planned from the run of {seconds} s ago (--fresh: read again)",
            pt: "planejado com a execução de {seconds} s atrás (--fresh: ler de novo)"));
    }
}

/// To its file, or to stdout where none is named.
pub(super) fn hand_over(
    context: &Context<'_>,
    document: &PlanDocument,
    output: Option<&Path>,
    voice: &Voice,
) -> Result<(), Trouble> {
    if let Some(path) = output {
        let mut file = WholeFile::create(path, PRIVATE)?;
        file.fill(|out| report::write_line(document, out))?;
        file.finish()?;
    }
    let json = context.console.json();
    if json && output.is_none() {
        return super::print(|out| report::write_line(document, out));
    }
    super::print(|out| report::plan_text(document, &[], voice, out))
}

/// 0 with steps, 3 with none, 5 refused.
fn code(document: &PlanDocument) -> u8 {
    if document.steps.is_empty() {
        return Condition::Differences.code();
    }
    match document.guard.verdict {
        PlanVerdict::Safe | PlanVerdict::Confirm => 0,
        PlanVerdict::Refuse => Condition::Guard.code(),
    }
}

fn show(context: &Context<'_>, path: &Path) -> Result<u8, Trouble> {
    let plan = file::read(path)?;
    let done = file::done(path, &plan.document.plan_id)?;
    let voice = context.console.voice(None);
    super::print(|out| {
        if context.console.json() {
            return report::write_line(&plan.document, out);
        }
        report::plan_text(&plan.document, &done, &voice, out)
    })?;
    if let Some(name) = approval::approver(path, &plan)? {
        let line = say!(voice, en: "approved by {name}", pt: "aprovado por {name}");
        context.console.say(&line);
    }
    Ok(code(&plan.document))
}

fn export(context: &Context<'_>, path: &Path, all: bool) -> Result<u8, Trouble> {
    let plan = file::read(path)?;
    let done = file::done(path, &plan.document.plan_id)?;
    let voice = context.console.voice(None);
    let wanted = |step: &&PlanStep| all || step.call.is_none();
    let steps: Vec<&PlanStep> = plan.document.steps.iter().filter(wanted).collect();
    super::print(|out| {
        if context.cli.global.format == Some(FormatArg::Csv) {
            report::worklist_csv(&steps, &done, &voice, out)
        } else if context.console.json() {
            report::write_line(&steps, out)
        } else {
            report::worklist(&steps, &done, &voice, out)
        }
    })?;
    Ok(if steps.is_empty() { Condition::Differences.code() } else { 0 })
}

/// `approve`.
pub fn approve(context: &Context<'_>, path: &Path) -> Result<u8, Trouble> {
    let plan = approval::approve(path)?;
    let id = crate::domain::text::visible(&plan.document.plan_id);
    let (voice, who) = (context.console.voice(None), actor::current());
    context.console.say(&say!(voice,
        en: "plan {id} is approved by {who}",
        pt: "o plano {id} está aprovado por {who}"));
    Ok(0)
}

/// `undo`.
pub fn undo(context: &Context<'_>, args: &UndoArgs) -> Result<u8, Trouble> {
    let settings = context.run_settings()?;
    let request = request(context, &settings)?;
    let (plan, verdict) = with_world(context, |world| {
        plan::undo::make(&settings, &args.run, (mode(), &request), world)
    })?;
    let voice = context.console.voice(Some(&settings));
    let document = encode::document(&plan, true, &verdict, &PlanWords(&voice));
    hand_over(context, &document, args.output.as_deref(), &voice)?;
    Ok(code(&document))
}
