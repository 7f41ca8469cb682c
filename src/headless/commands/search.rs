//! `search`: devices by what a caller tells.
//!
//! Must not do: repeat what was typed, in an answer, an error or a log.

use std::io::{self, BufRead as _, IsTerminal as _, Read as _};

use crate::app::exit::Condition;
use crate::app::search::{self, SearchAnswer};
use crate::app::store_admin::Revealed;
use crate::app::{AppError, actor};
use crate::config::Settings;
use crate::headless::args::SearchArgs;
use crate::headless::commands::Context;
use crate::headless::commands::plan::with_world;
use crate::headless::exit::Trouble;
use crate::headless::report::{self, SearchDocument, SearchLook};
use crate::words::search_nothing;

/// A line that is longer is none that somebody typed.
const LINE_BYTES_MAX: u64 = 4096;

/// Searches; 3 where nothing was found.
pub fn run(context: &Context<'_>, args: &SearchArgs) -> Result<u8, Trouble> {
    let query = search::query(&typed(context, args)?)?;
    let settings = context.settings()?;
    let mut answer = if args.live {
        with_world(context, |world| search::live(&settings, &query, args.most(), world))?
    } else {
        search::once(&settings, &query, args.most())?
    };
    if args.reveal && !answer.devices.is_empty() {
        reveal(context, &settings, &mut answer, args)?;
    }
    show(context, &settings, &answer, args)
}

/// What is searched for: the words, or for `-` a line of standard input, which no list of
/// processes shows.
fn typed(context: &Context<'_>, args: &SearchArgs) -> Result<String, Trouble> {
    if args.query != ["-"] {
        return Ok(args.query.join(" "));
    }
    if io::stdin().is_terminal() {
        context.console.say("type what to search for, then Enter");
    }
    let mut line = String::new();
    io::stdin().lock().take(LINE_BYTES_MAX).read_line(&mut line).map_err(|_| {
        AppError::usage("standard input is no text", &["one line of UTF-8: `acerto search -`"])
    })?;
    Ok(line)
}

fn reveal(
    context: &Context<'_>,
    settings: &Settings,
    answer: &mut SearchAnswer,
    args: &SearchArgs,
) -> Result<(), AppError> {
    let (actor, at) = (actor::current(), context.adapters.clock.now());
    let reason = args.reason.as_deref().unwrap_or_default();
    let revealed = Revealed { actor: &actor, reason, at };
    with_world(context, |world| search::reveal(settings, answer, &revealed, world))
}

fn show(
    context: &Context<'_>,
    settings: &Settings,
    answer: &SearchAnswer,
    args: &SearchArgs,
) -> Result<u8, Trouble> {
    let console = &context.console;
    let voice = console.voice(Some(settings));
    let look = SearchLook { live: args.live, whole: args.reveal };
    super::print(|out| {
        if console.json() {
            return report::write_line(&SearchDocument::of(answer, look, &voice), out);
        }
        report::search_text(answer, look, &voice, (console.width, console.out.color), out)
    })?;
    if answer.devices.is_empty() {
        console.say(search_nothing(&voice, args.live));
    }
    let nothing = if answer.devices.is_empty() { Condition::Differences.code() } else { 0 };
    Ok(answer.failed.unwrap_or(nothing))
}
