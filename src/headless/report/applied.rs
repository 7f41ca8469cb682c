//! How an apply went: as it goes, and at its end, in text.
//!
//! Must not do: call anything done that the journal does not.

use std::io::{self, Write};

use crate::app::apply::{Applied, StepRow, StepState, Went};
use crate::domain::text::visible;
use crate::words::{Voice, apply_after, apply_reasons, say, step_line, word};

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
        Some(after) => {
            writeln!(out)?;
            apply_after(after, voice).iter().try_for_each(|line| writeln!(out, "{line}"))
        }
        None => Ok(()),
    }
}

/// How many steps are done, how fast, and how long the rest will take.
#[must_use]
pub fn pace(voice: &Voice, (done, of): (usize, usize), rate: f64, left: f64) -> String {
    let (rate, left) = (format!("{rate:.1}"), format!("{left:.0}"));
    say!(voice,
        en: "[{done}/{of}, {rate}/s, {left} s left]",
        pt: "[{done}/{of}, {rate}/s, faltam {left} s]")
}
