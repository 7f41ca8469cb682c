//! How an apply went: as it goes, and at its end, in text.
//!
//! Must not do: call anything done that the journal does not.

use std::io::{self, Write};

use crate::app::apply::{After, Applied, StepRow, StepState, Went};
use crate::domain::text::visible;
use crate::words::{Voice, apply_reasons, plural, say, step_line, word};

/// Steps below a heading; an action's id stands where a person has to settle it.
///
/// # Errors
/// Where `out` fails.
pub fn steps_text(rows: &[StepRow], voice: &Voice, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{}", word!(voice, en: "Steps", pt: "Passos"))?;
    for row in rows {
        step_text(row, voice, out)?;
    }
    Ok(())
}

/// A step, and how a person settles it where one has to.
fn step_text(row: &StepRow, voice: &Voice, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", step_line(row, voice))?;
    if row.state == StepState::NeedsHuman {
        writeln!(out, "       acerto resolve {} done|redo|drop --reason …", row.action)?;
    }
    Ok(())
}

/// How it went, for a person.
///
/// # Errors
/// Where `out` fails.
pub fn applied_text(applied: &Applied, voice: &Voice, out: &mut dyn Write) -> io::Result<()> {
    let run = &applied.run_id;
    match &applied.went {
        Went::Refused(_) => writeln!(
            out,
            "{}",
            word!(voice,
            en: "Refused by the guards; nothing was sent:",
            pt: "Recusado pelas travas; nada foi enviado:")
        )?,
        Went::Unconfirmed(_) => writeln!(
            out,
            "{}",
            word!(voice,
            en: "The guards ask for a person; nothing was sent:",
            pt: "As travas pedem uma pessoa; nada foi enviado:")
        )?,
        Went::Sent { rows, .. } => {
            writeln!(out, "{}", say!(voice, en: "run {run}", pt: "execução {run}"))?;
            rows.iter().try_for_each(|row| step_text(row, voice, out))?;
        }
    }
    for reason in apply_reasons(applied, voice) {
        writeln!(out, "  - {}", visible(&reason))?;
    }
    match &applied.after {
        Some(after) => after_text(after, voice, out),
        None => Ok(()),
    }
}

fn after_text(after: &After, voice: &Voice, out: &mut dyn Write) -> io::Result<()> {
    let (gone, there) = (after.fixed.len() as u64, after.left.len() as u64);
    let (fixed, left) = (voice.number(gone), voice.number(there));
    let again = if after.undoes {
        plural!(voice, there,
            en: ["Read again: {left} finding is back, {fixed} not.",
                 "Read again: {left} findings are back, {fixed} not."],
            pt: ["Lido de novo: {left} diferença voltou, {fixed} não.",
                 "Lido de novo: {left} diferenças voltaram, {fixed} não."])
    } else {
        plural!(voice, gone,
            en: ["Read again: {fixed} finding is gone, {left} still there.",
                 "Read again: {fixed} findings are gone, {left} still there."],
            pt: ["Lido de novo: {fixed} diferença sumiu, {left} continua.",
                 "Lido de novo: {fixed} diferenças sumiram, {left} continuam."])
    };
    let counts = |(acs, provider): (u64, u64)| {
        let (acs, provider) = (voice.number(acs), voice.number(provider));
        say!(voice, en: "ACS {acs}, Provider {provider}", pt: "ACS {acs}, Provedor {provider}")
    };
    let (predicted, found) = (counts(after.predicted), counts(after.found()));
    let compared = if after.predicted == after.found() {
        say!(voice, en: "As the plan said: {found}.", pt: "Como o plano disse: {found}.")
    } else {
        say!(voice,
            en: "The plan said {predicted}; there are: {found}.",
            pt: "O plano disse {predicted}; há: {found}.")
    };
    writeln!(out, "\n{again}\n{compared}")?;
    let unexpected = if after.undoes { &after.fixed } else { &after.left };
    unexpected.iter().try_for_each(|id| writeln!(out, "  - {}", visible(id)))
}

/// How many steps are done, how fast, and how long the rest will take.
#[must_use]
pub fn pace(voice: &Voice, (done, of): (usize, usize), rate: f64, left: f64) -> String {
    let (rate, left) = (format!("{rate:.1}"), format!("{left:.0}"));
    say!(voice,
        en: "[{done}/{of}, {rate}/s, {left} s left]",
        pt: "[{done}/{of}, {rate}/s, faltam {left} s]")
}
