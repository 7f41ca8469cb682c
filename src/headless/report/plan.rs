//! A plan in text, and its worklist in text and CSV.
//!
//! Must not do: judge a plan; every figure is the plan's.

use std::io::{self, Write};

use crate::app::plan::document::{PlanDocument, PlanStep, PlanVerdict};
use crate::app::plan::encode::Words;
use crate::domain::Untrusted;
use crate::domain::text::visible;
use crate::engine::Fix;
use crate::engine::guard::Reason;
use crate::engine::plan::Why;
use crate::headless::report::csv_rows::shown;
use crate::headless::words::{Voice, fix_how, guard_reason, say, skipped_why, word};

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

/// The plan for a person: what would be sent, what is left to click, what is left out, and what
/// the guards say.
///
/// # Errors
/// Where `out` fails.
pub fn plan_text(
    plan: &PlanDocument,
    done: &[u32],
    voice: &Voice,
    out: &mut dyn Write,
) -> io::Result<()> {
    let (id, expires) = (visible(&plan.plan_id), visible(&plan.expires));
    writeln!(
        out,
        "{}",
        say!(voice, en: "plan {id}, until {expires}", pt: "plano {id}, até {expires}")
    )?;
    let sent: Vec<&PlanStep> = plan.steps.iter().filter(|s| s.call.is_some()).collect();
    let by_hand: Vec<&PlanStep> = plan.steps.iter().filter(|s| s.call.is_none()).collect();
    let n = voice.number(sent.len() as u64);
    writeln!(out, "\n{}", say!(voice, en: "Would be sent: {n}", pt: "Seria enviado: {n}"))?;
    for step in sent {
        sent_step(step, voice, out)?;
    }
    if !by_hand.is_empty() {
        let n = voice.number(by_hand.len() as u64);
        writeln!(
            out,
            "\n{}",
            say!(voice, en: "To be clicked by hand: {n}", pt: "Para clicar à mão: {n}")
        )?;
        worklist(&by_hand, done, voice, out)?;
    }
    if !plan.skipped.is_empty() {
        let n = voice.number(plan.skipped.len() as u64);
        writeln!(out, "\n{}", say!(voice, en: "Left out: {n}", pt: "Fica de fora: {n}"))?;
        for skipped in &plan.skipped {
            let (id, cause, why) =
                (visible(&skipped.because), visible(&skipped.cause), visible(&skipped.why));
            writeln!(out, "  {id} {cause}: {why}")?;
        }
    }
    let after = &plan.projection;
    let (acs, provider) = (voice.number(after.acs), voice.number(after.provider));
    let gap = format!("{:+}", after.gap);
    writeln!(
        out,
        "\n{}",
        say!(voice,
        en: "Afterwards: ACS {acs}, Provider {provider}, gap {gap}.",
        pt: "Depois: ACS {acs}, Provedor {provider}, diferença {gap}.")
    )?;
    verdict(plan, voice, out)
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
    for reason in &plan.guard.reasons {
        writeln!(out, "  - {}", visible(reason))?;
    }
    Ok(())
}

fn sent_step(step: &PlanStep, voice: &Voice, out: &mut dyn Write) -> io::Result<()> {
    let Some(call) = &step.call else { return Ok(()) };
    let (method, path) = (visible(&call.method), visible(&call.path));
    let body: Vec<String> = call
        .body
        .iter()
        .map(|(name, value)| format!("{}={}", visible(name), quoted(value)))
        .collect();
    let rest = if call.whole_row {
        word!(voice,
            en: " (the rest of the row as it is then)",
            pt: " (o resto da linha como estiver)")
    } else {
        ""
    };
    writeln!(out, "  {:>3}  {} {}", step.seq, visible(&step.fix), name(step))?;
    writeln!(out, "       {method} {path} {}{rest}", body.join(" "))?;
    let undo = match step.undo {
        crate::app::plan::document::PlanUndo::Yes => {
            word!(voice, en: "can be undone", pt: "pode ser desfeito")
        }
        crate::app::plan::document::PlanUndo::Tries => {
            word!(voice, en: "can probably be undone", pt: "talvez possa ser desfeito")
        }
        crate::app::plan::document::PlanUndo::No => {
            word!(voice, en: "can't be undone", pt: "não pode ser desfeito")
        }
    };
    let because = visible(&step.because);
    writeln!(out, "       {because} {} {}; {undo}", visible(&step.cause), visible(&step.strength))
}

fn quoted(value: &str) -> String {
    if value.is_empty() { "\"\"".to_owned() } else { visible(value) }
}

/// Whom a step is about, in a word.
fn name(step: &PlanStep) -> String {
    let target = &step.target;
    let all = [&target.serial, &target.login, &target.device_id, &target.acs_id];
    let known: Vec<String> = all.into_iter().flatten().take(2).map(|t| visible(t)).collect();
    known.join(" / ")
}

/// Lines of a worklist, one or two a step.
///
/// # Errors
/// Where `out` fails.
pub fn worklist(
    steps: &[&PlanStep],
    done: &[u32],
    voice: &Voice,
    out: &mut dyn Write,
) -> io::Result<()> {
    for step in steps {
        let mark = if done.contains(&step.seq) { "[x]" } else { "[ ]" };
        writeln!(out, "  {mark} {:>3}  {} {}", step.seq, visible(&step.fix), name(step))?;
        let how = Fix::from_wire(&step.fix).map_or("", |fix| fix_how(voice, fix));
        writeln!(out, "       {how}")?;
    }
    Ok(())
}

/// The columns of a worklist's table.
const COLUMNS: [&str; 12] = [
    "step",
    "done",
    "fix",
    "side",
    "cause",
    "strength",
    "serial",
    "acs_id",
    "provider_device_id",
    "provider_login_id",
    "login",
    "what_to_do",
];

/// The same as CSV; cells that a spreadsheet would take for a formula are made text.
///
/// # Errors
/// Where `out` fails.
pub fn worklist_csv(
    steps: &[&PlanStep],
    done: &[u32],
    voice: &Voice,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(COLUMNS)?;
    for step in steps {
        let target = &step.target;
        let cell = |value: &Option<String>| {
            value.as_deref().map(|v| shown(&[&Untrusted::new(v)])).unwrap_or_default()
        };
        let how = Fix::from_wire(&step.fix).map_or("", |fix| fix_how(voice, fix));
        let side = match step.side {
            crate::app::plan::document::PlanSide::Acs => "acs",
            crate::app::plan::document::PlanSide::Provider => "provider",
        };
        csv.write_record([
            step.seq.to_string(),
            if done.contains(&step.seq) { "yes" } else { "no" }.to_owned(),
            step.fix.clone(),
            side.to_owned(),
            step.cause.clone(),
            step.strength.clone(),
            cell(&target.serial),
            cell(&target.acs_id),
            cell(&target.device_id),
            cell(&target.login_id),
            cell(&target.login),
            how.to_owned(),
        ])?;
    }
    csv.flush()
}
