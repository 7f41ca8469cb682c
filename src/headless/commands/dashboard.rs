//! `acerto` alone: the dashboard where a person sits at a terminal, else what takes its place.
//!
//! Must not do: draw; the dashboard is another face, and is handed over by the program.

use std::io::IsTerminal as _;

use crate::app::AppError;
use crate::app::exit::Condition;
use crate::app::face::Opening;
use crate::config;
use crate::headless::args::nothing_asked;
use crate::headless::commands::{Context, history, plan};
use crate::headless::exit::Trouble;
use crate::headless::report;

/// Is it asked for, and is there somebody at a terminal?
pub fn is_asked(context: &Context<'_>) -> bool {
    let cli = context.cli;
    let alone = cli.command.is_none() && !cli.reconcile && cli.global.format.is_none();
    alone && is_at_terminal(context)
}

fn is_at_terminal(context: &Context<'_>) -> bool {
    context.console.out.terminal && std::io::stdin().is_terminal()
}

fn is_dumb(context: &Context<'_>) -> bool {
    context.env.var("TERM").is_none_or(|term| term == "dumb")
}

/// Opens it; the exit code is its own.
pub fn open(context: &Context<'_>) -> Result<u8, Trouble> {
    let settings = context.run_settings().map_err(|error| or_demo(context, error))?;
    let request = plan::request(context, &settings)?;
    let lang = context.console.lang(Some(&settings), false);
    Ok((context.face.dashboard)(&Opening {
        settings: &settings,
        adapters: context.adapters,
        env: context.env,
        request: &request,
        fresh: context.cli.global.fresh,
        demo: context.demo.is_some(),
        lang: lang.name(),
        color: context.console.out.color,
        plain: context.cli.global.plain || is_dumb(context),
        summary: report::summary_text,
    })?)
}

/// Who comes without a configuration may look first.
#[expect(clippy::wildcard_enum_match_arm, reason = "one error alone is told otherwise")]
fn or_demo(context: &Context<'_>, error: AppError) -> AppError {
    match error {
        AppError::Config(error) if !config::is_there(&context.flags(), context.env) => {
            let hint = "or look at a simulated ISP, with nothing to set up: acerto --demo";
            AppError::Config(error.hint(hint))
        }
        other => other,
    }
}

/// What was remembered, where lines of text were asked for; a script that asks for nothing has to
/// ask for something.
pub fn instead(context: &Context<'_>) -> Result<u8, Trouble> {
    if context.cli.global.plain {
        return history::status(context);
    }
    // A closed stderr must not hide the exit code.
    let _ = nothing_asked().print();
    Ok(Condition::Usage.code())
}
