//! A plan in text: what would be sent, what is left to click, what is left out, and what the
//! guards say.
//!
//! Must not do: judge a plan; every figure is the plan's.

use std::io::{self, Write};

use jiff::Timestamp;

use crate::app::plan::document::{
    PlanCall, PlanChange, PlanDocument, PlanRecord, PlanSkipped, PlanStep, PlanTarget, PlanUndo,
    PlanVerdict,
};
use crate::app::plan::encode::Words;
use crate::domain::text::visible;
use crate::engine::guard::Reason;
use crate::engine::plan::Why;
use crate::engine::{Cause, Fix, Strength};
use crate::headless::report::worklist::worklist;
use crate::words::{
    Voice, cause_title, fix_name, guard_reason, plural, say, skipped_why, strength_name, word,
};

/// Devices that are named of those that one sentence leaves out.
const NAMED_MOST: usize = 5;

/// The sentences of a plan's file.
pub struct PlanWords<'a>(pub &'a Voice);

impl Words for PlanWords<'_> {
    fn reason(&self, reason: &Reason) -> String {
        guard_reason(self.0, reason)
    }

    fn why(&self, why: &Why) -> String {
        skipped_why(self.0, why)
    }
}

/// The plan for a person; `done` are steps that somebody clicked.
///
/// # Errors
/// Where `out` fails.
pub fn plan_text(
    plan: &PlanDocument,
    done: &[u32],
    voice: &Voice,
    out: &mut dyn Write,
) -> io::Result<()> {
    let id = visible(&plan.plan_id);
    let expires = plan.expires.parse::<Timestamp>();
    let expires = expires.map_or_else(|_| visible(&plan.expires), |at| voice.time(at));
    let head = say!(voice, en: "plan {id}, until {expires}", pt: "plano {id}, até {expires}");
    writeln!(out, "{head}")?;
    if plan.undoes {
        let run = visible(&plan.parent);
        let what = say!(voice, en: "undoes what {run} did", pt: "desfaz o que {run} fez");
        writeln!(out, "{what}")?;
    }
    let (sent, by_hand): (Vec<&PlanStep>, Vec<_>) =
        plan.steps.iter().partition(|s| s.call.is_some());
    let n = voice.number(sent.len() as u64);
    writeln!(out, "\n{}", say!(voice, en: "Would be sent: {n}", pt: "Seria enviado: {n}"))?;
    sent.iter().try_for_each(|step| sent_step(step, voice, out))?;
    if sent.iter().any(|step| step.call.as_ref().is_some_and(|call| call.whole_row)) {
        let note = word!(voice,
            en: "* replaces the whole row: every other column is sent as it is then.",
            pt: "* troca a linha inteira: as outras colunas vão como estiverem na hora.");
        writeln!(out, "  {note}")?;
    }
    if !by_hand.is_empty() {
        let n = voice.number(by_hand.len() as u64);
        let head = say!(voice, en: "To be clicked by hand: {n}", pt: "Para clicar à mão: {n}");
        writeln!(out, "\n{head}")?;
        worklist(&by_hand, done, voice, out)?;
    }
    left_out(&plan.skipped, voice, out)?;
    let after = &plan.projection;
    let (acs, provider) = (voice.number(after.acs), voice.number(after.provider));
    let gap = voice.signed(after.gap);
    let after = say!(voice,
        en: "Afterwards: ACS {acs}, Provider {provider}, gap {gap}.",
        pt: "Depois: ACS {acs}, Provedor {provider}, diferença {gap}.");
    writeln!(out, "\n{after}")?;
    verdict(plan, voice, out)
}

fn sent_step(step: &PlanStep, voice: &Voice, out: &mut dyn Write) -> io::Result<()> {
    let Some(call) = &step.call else { return Ok(()) };
    writeln!(out, "  {:>3}  {}: {}", step.seq, what(step, voice), name(&step.target))?;
    writeln!(out, "       {}", call_line(call))?;
    if let Some(was) = was(step) {
        writeln!(out, "       {}", say!(voice, en: "was: {was}", pt: "antes: {was}"))?;
    }
    let undo = match step.undo {
        PlanUndo::Yes => word!(voice, en: "can be undone", pt: "pode ser desfeito"),
        PlanUndo::Tries => {
            word!(voice, en: "can probably be undone", pt: "talvez possa ser desfeito")
        }
        PlanUndo::No => word!(voice, en: "can't be undone", pt: "não pode ser desfeito"),
    };
    let strength = Strength::from_wire(&step.strength).map_or("", |s| strength_name(voice, s));
    let (cause, because) = (cause(&step.cause, voice), visible(&step.because));
    writeln!(out, "       {because} {cause}, {strength}; {undo}")
}

/// What the step does: its fix, or what follows from it.
fn what(step: &PlanStep, voice: &Voice) -> String {
    match &step.change {
        Some(PlanChange::ProviderClearMac { .. }) => {
            word!(voice, en: "clear the login's MAC", pt: "limpar o MAC do login").to_owned()
        }
        Some(PlanChange::ProviderEndSession { .. }) => {
            word!(voice, en: "end the login's session", pt: "encerrar a sessão do login").to_owned()
        }
        _ => fix(&step.fix, voice),
    }
}

/// The call as it is sent; a star where the rest of the row goes with it.
fn call_line(call: &PlanCall) -> String {
    let star = if call.whole_row { "*" } else { "" };
    let mut line = format!("{}{star} {}", visible(&call.method), visible(&call.path));
    for (name, value) in &call.body {
        let value = if value.is_empty() { "\"\"".to_owned() } else { visible(value) };
        line.extend([" ", &visible(name), "=", &value]);
    }
    line
}

/// What stands in the record where something else is written.
fn was(step: &PlanStep) -> Option<String> {
    let Some(PlanChange::ProviderSet { entry, login, cells, .. }) = &step.change else {
        return None;
    };
    let is_it = |r: &&PlanRecord| match entry {
        Some(_) => r.device_id == *entry,
        None => r.login_id == *login,
    };
    let record = step.expect.provider.iter().find(is_it)?;
    let held = [
        ("serial", &record.serial),
        ("mac", &record.mac),
        ("login", &record.login),
        ("login_id", &record.login_id),
    ];
    let replaced = held.into_iter().filter_map(|(name, held)| {
        let held = held.as_ref().filter(|held| !held.is_empty())?;
        cells.contains_key(name).then(|| format!("{name} {}", visible(held)))
    });
    let replaced: Vec<String> = replaced.collect();
    (!replaced.is_empty()).then(|| replaced.join(", "))
}

/// By cause and sentence, the first devices of each.
fn left_out(skipped: &[PlanSkipped], voice: &Voice, out: &mut dyn Write) -> io::Result<()> {
    if skipped.is_empty() {
        return Ok(());
    }
    let n = voice.number(skipped.len() as u64);
    writeln!(out, "\n{}", say!(voice, en: "Left out: {n}", pt: "Fica de fora: {n}"))?;
    let mut groups: Vec<(&PlanSkipped, Vec<&PlanSkipped>)> = Vec::new();
    for one in skipped {
        let is_same = |first: &PlanSkipped| first.cause == one.cause && first.why == one.why;
        match groups.iter_mut().find(|(first, _)| is_same(first)) {
            Some((_, group)) => group.push(one),
            None => groups.push((one, vec![one])),
        }
    }
    for (first, group) in groups {
        let (n, why) = (voice.number(group.len() as u64), visible(&first.why));
        writeln!(out, "  {n:>3}  {}: {why}", cause(&first.cause, voice))?;
        for one in group.iter().take(NAMED_MOST) {
            writeln!(out, "       {} {}", visible(&one.because), name(&one.target))?;
        }
        let more = group.len().saturating_sub(NAMED_MOST) as u64;
        if more > 0 {
            let n = voice.number(more);
            let line = plural!(voice, more,
                en: ["… and {n} more (`plan show PLAN --json` has all)",
                     "… and {n} more (`plan show PLAN --json` has all)"],
                pt: ["… e mais {n} (`plan show PLANO --json` tem todos)",
                     "… e mais {n} (`plan show PLANO --json` tem todos)"]);
            writeln!(out, "       {line}")?;
        }
    }
    Ok(())
}

fn verdict(plan: &PlanDocument, voice: &Voice, out: &mut dyn Write) -> io::Result<()> {
    let n = plan.guard.type_count;
    let text = match plan.guard.verdict {
        PlanVerdict::Safe => {
            word!(voice, en: "The guards let it pass.", pt: "As travas deixam passar.").to_owned()
        }
        PlanVerdict::Confirm => say!(voice,
            en: "The guards ask for a person (count: {n}):",
            pt: "As travas pedem uma pessoa (quantidade: {n}):"),
        PlanVerdict::Refuse => {
            word!(voice, en: "The guards refuse it:", pt: "As travas recusam:").to_owned()
        }
    };
    writeln!(out, "{text}")?;
    plan.guard.reasons.iter().try_for_each(|reason| writeln!(out, "  - {}", visible(reason)))
}

fn cause(wire: &str, voice: &Voice) -> String {
    Cause::from_wire(wire).map_or_else(|| visible(wire), |c| cause_title(voice, c).to_owned())
}

/// A fix in words; a name that is none as it stands.
pub(super) fn fix(wire: &str, voice: &Voice) -> String {
    Fix::from_wire(wire).map_or_else(|| visible(wire), |fix| fix_name(voice, fix).to_owned())
}

/// Which device it is, in a word or two.
pub(super) fn name(target: &PlanTarget) -> String {
    let all = [&target.serial, &target.login, &target.device_id, &target.acs_id];
    let known: Vec<String> = all.into_iter().flatten().take(2).map(|t| visible(t)).collect();
    known.join(" / ")
}
