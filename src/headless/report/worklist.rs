//! The steps of a plan that a person does: as text, and as CSV for a spreadsheet.
//!
//! Must not do: send, or mark anything done.

use std::io::{self, Write};

use crate::app::plan::document::{PlanSide, PlanStep};
use crate::domain::Untrusted;
use crate::engine::Fix;
use crate::headless::report::csv_rows::shown;
use crate::words::{Voice, fix_how, step_fix, step_target, word};

/// Two lines a step; or that there is none.
///
/// # Errors
/// Where `out` fails.
pub fn worklist(
    steps: &[&PlanStep],
    done: &[u32],
    voice: &Voice,
    out: &mut dyn Write,
) -> io::Result<()> {
    if steps.is_empty() {
        let none = word!(voice,
            en: "Nothing to click by hand.", pt: "Nada para clicar à mão.");
        return writeln!(out, "{none}");
    }
    for step in steps {
        let mark = if done.contains(&step.seq) { "[x]" } else { "[ ]" };
        let (fix, name) = (step_fix(&step.fix, voice), step_target(&step.target));
        writeln!(out, "  {mark} {:>3}  {fix}: {name}", step.seq)?;
        writeln!(out, "       {}", how(step, voice))?;
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
        let side = match step.side {
            PlanSide::Acs => "acs",
            PlanSide::Provider => "provider",
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
            how(step, voice).to_owned(),
        ])?;
    }
    csv.flush()
}

fn how(step: &PlanStep, voice: &Voice) -> &'static str {
    Fix::from_wire(&step.fix).map_or("", |fix| fix_how(voice, fix))
}
