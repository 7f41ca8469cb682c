//! A plan in text: what would be sent, what is left to click, what is left out, and what the
//! guards say.
//!
//! Must not do: judge a plan; every figure is the plan's.

use std::io::{self, Write};

use jiff::Timestamp;

use crate::app::plan::document::{PlanDocument, PlanSkipped, PlanStep, PlanVerdict};
use crate::app::plan::encode::Words;
use crate::domain::text::visible;
use crate::engine::Strength;
use crate::engine::guard::Reason;
use crate::engine::plan::Why;
use crate::headless::report::worklist::worklist;
use crate::words::{
    Voice, guard_reason, plural, say, skipped_why, step_call, step_cause, step_target, step_undo,
    step_was, step_what, strength_name, word,
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
    writeln!(out, "  {:>3}  {}: {}", step.seq, step_what(step, voice), step_target(&step.target))?;
    writeln!(out, "       {}", step_call(call))?;
    if let Some(was) = step_was(step) {
        writeln!(out, "       {}", say!(voice, en: "was: {was}", pt: "antes: {was}"))?;
    }
    let undo = step_undo(step.undo, voice);
    let strength = Strength::from_wire(&step.strength).map_or("", |s| strength_name(voice, s));
    let (cause, because) = (step_cause(&step.cause, voice), visible(&step.because));
    writeln!(out, "       {because} {cause}, {strength}; {undo}")
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
        writeln!(out, "  {n:>3}  {}: {why}", step_cause(&first.cause, voice))?;
        for one in group.iter().take(NAMED_MOST) {
            writeln!(out, "       {} {}", visible(&one.because), step_target(&one.target))?;
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
