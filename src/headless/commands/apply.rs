//! `apply`, `synchronise`, `resolve`, and `--reconcile --apply`.
//!
//! Must not do: decide whether anything may be sent; the guards and persons do.

use std::cell::Cell;
use std::time::Instant;

use crate::app::apply::{self, Applied, Order, Resolution, Said, Unattended, counts};
use crate::app::exit::Condition;
use crate::app::plan::document::PlanDocument;
use crate::app::plan::{self, Filed, Planned, approval, encode, file};
use crate::app::{AppError, Request, Run, actor};
use crate::config::Settings;
use crate::domain::Side;
use crate::engine::guard::Verdict;
use crate::engine::plan::Selection;
use crate::headless::args::{
    ApplyArgs, ConfirmArgs, Decision, ResolveArgs, SideArg, SynchroniseArgs,
};
use crate::headless::commands::Context;
use crate::headless::commands::plan::{hand_over, mode, request, with_world};
use crate::headless::exit::Trouble;
use crate::headless::report::{self, AppliedDocument, PlanWords};
use crate::words::{Voice, apply_reasons, apply_said, step_line, word};

/// `apply`.
pub fn run(context: &Context<'_>, args: &ApplyArgs) -> Result<u8, Trouble> {
    let settings = context.run_settings()?;
    let plan = file::read(&args.plan)?;
    let approver = approval::approver(&args.plan, &plan)?;
    if !args.confirm.yes {
        return dry_run(context, &settings, args, &plan.filed);
    }
    let order = order(context, &settings, &args.confirm, (approver, true))?;
    let voice = context.console.voice(Some(&settings));
    let teller = Teller::new(context, &voice);
    let say = |said: Said<'_>| teller.tell(said);
    let applied =
        with_world(context, |world| apply::apply(&settings, &plan.filed, &order, world, &say))?;
    show(context, &applied, &voice)?;
    Ok(applied.exit())
}

fn order(
    context: &Context<'_>,
    settings: &Settings,
    confirm: &ConfirmArgs,
    (approver, keeps): (Option<String>, bool),
) -> Result<Order, AppError> {
    Ok(Order {
        mode: mode(),
        typed: confirm.type_count,
        approver,
        acknowledged: confirm.acknowledge.clone(),
        keeps,
        request: request(context, settings)?,
    })
}

/// Says what happens while it does; behind each step that ended stand how many are done, how
/// fast, and how long the rest will take.
struct Teller<'a> {
    context: &'a Context<'a>,
    voice: &'a Voice,
    begun: Instant,
    done: Cell<usize>,
    of: Cell<usize>,
}

impl<'a> Teller<'a> {
    fn new(context: &'a Context<'a>, voice: &'a Voice) -> Self {
        Self { context, voice, begun: Instant::now(), done: Cell::new(0), of: Cell::new(0) }
    }

    fn tell(&self, said: Said<'_>) {
        if let Said::Begun(steps) = said {
            self.of.set(steps);
        }
        let Some(line) = apply_said(said, self.voice) else { return };
        let counts = matches!(said, Said::Step(row) if row.state.is_end()) && self.of.get() > 0;
        if !counts {
            return self.context.console.say(&line);
        }
        self.done.set(self.done.get() + 1);
        self.context.console.say(&format!("{line}  {}", self.pace()));
    }

    /// `[12/38, 1.0/s, 26 s left]`
    fn pace(&self) -> String {
        let (done, of) = (self.done.get(), self.of.get());
        let left = of.saturating_sub(done);
        let each = self.begun.elapsed().as_secs_f64() / f64::from(u32::try_from(done).unwrap_or(1));
        let rate = if each > 0.0 { each.recip() } else { 0.0 };
        let seconds = each * f64::from(u32::try_from(left).unwrap_or(u32::MAX));
        report::pace(self.voice, (done, of), rate, seconds)
    }
}

fn show(context: &Context<'_>, applied: &Applied, voice: &Voice) -> Result<(), Trouble> {
    super::print(|out| {
        if context.console.json() {
            return report::write_line(&AppliedDocument::of(applied, voice), out);
        }
        report::applied_text(applied, voice, out)
    })
}

/// What would be sent, and what the guards say of it now.
fn dry_run(
    context: &Context<'_>,
    settings: &Settings,
    args: &ApplyArgs,
    filed: &Filed,
) -> Result<u8, Trouble> {
    let asked = (mode(), args.confirm.acknowledge.is_some(), &request(context, settings)?);
    let verdict = with_world(context, |world| apply::rehearse(settings, filed, asked, world))?;
    let voice = context.console.voice(Some(settings));
    let document = encode::document(&filed.plan, filed.undoes, &verdict, &PlanWords(&voice));
    let done = file::done(&args.plan, &filed.plan.id)?;
    super::print(|out| {
        if context.console.json() {
            return report::write_line(&document, out);
        }
        report::plan_text(&document, &done, &voice, out)
    })?;
    context.console.say(word!(voice,
        en: "a dry run: nothing was sent; --yes sends it",
        pt: "só um ensaio: nada foi enviado; --yes envia"));
    Ok(verdict_code(&verdict))
}

fn verdict_code(verdict: &Verdict) -> u8 {
    match verdict {
        Verdict::Safe | Verdict::Confirm(_) => 0,
        Verdict::Refuse(_) => Condition::Guard.code(),
    }
}

/// `synchronise`.
pub fn synchronise(context: &Context<'_>, args: &SynchroniseArgs) -> Result<u8, Trouble> {
    let settings = context.run_settings()?;
    let side = match args.side {
        SideArg::Acs => Side::Acs,
        SideArg::Provider => Side::Provider,
    };
    let order = order(context, &settings, &args.confirm, (None, false))?;
    let wanted = plan::Order {
        selection: Selection::default(),
        keys: Vec::new(),
        synchronise: Some(side),
        fresh: context.cli.global.fresh,
        mode: order.mode,
        request: order.request.clone(),
    };
    let voice = context.console.voice(Some(&settings));
    let planned = with_world(context, |world| plan::make(&settings, &wanted, world))?;
    let document = encode::document(&planned.plan, false, &planned.verdict, &PlanWords(&voice));
    let can_be_sent = planned.plan.sent().next().is_some();
    if !args.confirm.yes || !can_be_sent {
        hand_over(context, &document, args.output.as_deref(), &voice)?;
        return Ok(verdict_code(&planned.verdict));
    }
    let filed = filed(&planned, &document);
    let teller = Teller::new(context, &voice);
    let say = |said: Said<'_>| teller.tell(said);
    let applied =
        with_world(context, |world| apply::apply(&settings, &filed, &order, world, &say))?;
    show(context, &applied, &voice)?;
    Ok(applied.exit())
}

fn filed(planned: &Planned, document: &PlanDocument) -> Filed {
    Filed { plan: planned.plan.clone(), undoes: false, sha256: document.sha256.clone() }
}

/// `resolve`.
pub fn resolve(context: &Context<'_>, args: &ResolveArgs) -> Result<u8, Trouble> {
    let settings = context.settings()?;
    let resolution = match args.decision {
        Decision::Done => Resolution::Done,
        Decision::Redo => Resolution::Redo,
        Decision::Drop => Resolution::Drop,
    };
    let (by, now) = (actor::current(), context.adapters.clock.now());
    let row = apply::resolve(&settings, &args.action, resolution, (&args.reason, &by), now)?;
    let voice = context.console.voice(Some(&settings));
    context.console.say(&match row {
        Some(row) => step_line(&row, &voice),
        None => word!(voice,
            en: "the restored store may be applied from again",
            pt: "o banco restaurado pode ser usado de novo para aplicar")
        .to_owned(),
    });
    Ok(0)
}

/// How `--reconcile --apply` ended.
pub(super) struct Ran {
    /// The run to report: the one after, where there is one.
    pub run: Run,
    /// The plan.
    pub plan: PlanDocument,
}

/// `--reconcile --apply CAUSE`: recovers, reads, plans, asks the guards, sends, reads again.
pub(super) fn headless(
    context: &Context<'_>,
    settings: &Settings,
    request: &Request,
) -> Result<Ran, AppError> {
    let voice = context.console.voice(Some(settings));
    let teller = Teller::new(context, &voice);
    let say = |said: Said<'_>| teller.tell(said);
    let words = PlanWords(&voice);
    let document =
        |planned: &Planned| encode::document(&planned.plan, false, &planned.verdict, &words);
    let filing = |planned: &Planned| filed(planned, &document(planned));
    let args = &context.cli.report;
    let asked = (args.apply.as_slice(), args.dry_run);
    let Unattended { planned, applied } = with_world(context, |world| {
        apply::unattended(settings, asked, (request, &filing), world, &say)
    })?;
    let plan = document(&planned);
    let Some(applied) = applied else {
        let refused = verdict_code(&planned.verdict);
        let partial = refused == 0 && !is_whole(&planned.run);
        let exit = if partial { Condition::Source.code() } else { refused };
        return Ok(Ran { run: Run { exit, ..planned.run }, plan });
    };
    for reason in apply_reasons(&applied, &voice) {
        context.console.say(&reason);
    }
    let (exit, journal) = (applied.exit(), counts(applied.rows()));
    let run = applied.after.map_or(planned.run, |after| after.run);
    Ok(Ran { run: Run { exit, journal, ..run }, plan })
}

fn is_whole(run: &Run) -> bool {
    run.reconciliation.acs.complete && run.reconciliation.provider.complete
}
