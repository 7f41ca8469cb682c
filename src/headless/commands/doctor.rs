//! `doctor`: every check of the set-up, with what to do about each that fails.
//!
//! Must not do: check anything itself.

use crate::app::doctor::{self, Patient};
use crate::headless::args::DoctorArgs;
use crate::headless::commands::Context;
use crate::headless::exit::Trouble;
use crate::headless::report;

/// Runs it; the exit code is the worst failing check's.
pub fn run(context: &Context<'_>, args: &DoctorArgs) -> Result<u8, Trouble> {
    let settings = context.settings();
    let checkup = doctor::examine(&Patient {
        settings: settings.as_ref(),
        adapters: context.adapters,
        env: context.env,
        screen: context.console.screen(),
        assumptions: args.probe,
    });
    let voice = context.console.voice(settings.as_ref().ok());
    super::print(|out| {
        if context.console.json() {
            return report::write_line(&report::DoctorDocument::of(&checkup, &voice), out);
        }
        report::doctor_text(&checkup, &voice, context.console.out.color, out)
    })?;
    Ok(checkup.exit())
}
