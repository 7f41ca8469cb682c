//! `doctor`: every check of the set-up, with what to do about each that fails.
//!
//! Must not do: check anything itself.

use crate::app::doctor;
use crate::headless::commands::Context;
use crate::headless::exit::Trouble;
use crate::headless::report;

/// Runs it; the exit code is the worst failing check's.
pub fn run(context: &Context<'_>) -> Result<u8, Trouble> {
    let settings = context.settings();
    let checkup = doctor::examine(settings.as_ref(), context.adapters, context.env);
    let voice = context.console.voice(settings.as_ref().ok());
    super::print(|out| {
        if context.console.json() {
            return report::write_line(&report::DoctorDocument::of(&checkup), out);
        }
        report::doctor_text(&checkup, &voice, context.console.out.color, out)
    })?;
    Ok(checkup.exit())
}
