//! `status`, `runs`, `show`, `ignore`, `note`: what is remembered, and what persons say of it.
//!
//! Must not do: fetch anything.

use std::io::{self, Write};

use serde::Serialize;

use crate::app::apply::StepRow;
use crate::app::history::{self, Remembered, Shown};
use crate::app::remarks::{self, Kept};
use crate::app::{KnownIgnore, actor};
use crate::config::Settings;
use crate::domain::Untrusted;
use crate::headless::args::{IgnoreArgs, IgnoreCommand};
use crate::headless::commands::Context;
use crate::headless::console::local_zone;
use crate::headless::exit::Trouble;
use crate::headless::report::{self, FindingsKept, Format, ReportOptions};
use crate::words::{Voice, word};

/// `status`.
pub fn status(context: &Context<'_>) -> Result<u8, Trouble> {
    let settings = context.settings()?;
    let (run, steps) = history::status(&settings)?;
    let code = print_run(context, &settings, &run)?;
    print_steps(context, &settings, &steps?)?;
    Ok(code)
}

/// In text they stand below a report; JSON stays one document.
fn print_steps(
    context: &Context<'_>,
    settings: &Settings,
    steps: &[StepRow],
) -> Result<(), Trouble> {
    if steps.is_empty() || context.console.json() {
        return Ok(());
    }
    let voice = context.console.voice(Some(settings));
    super::print(|out| report::steps_text(steps, &voice, out))
}

/// `runs`.
pub fn runs(context: &Context<'_>, limit: usize) -> Result<u8, Trouble> {
    let settings = context.settings()?;
    let runs = history::runs(&settings, limit)?;
    let voice = context.console.voice(Some(&settings));
    super::print(|out| {
        if context.console.json() {
            return report::run_list_json(&runs, out);
        }
        report::run_list(&runs, &voice, context.console.width, out)
    })?;
    Ok(0)
}

/// `show`.
pub fn show(context: &Context<'_>, id: &str) -> Result<u8, Trouble> {
    let settings = context.settings()?;
    match history::show(&settings, id)? {
        Shown::Run(run) => {
            let code = print_run(context, &settings, &run)?;
            print_steps(context, &settings, &history::steps_of(&settings, &run.run.id)?)?;
            Ok(code)
        }
        Shown::Steps(steps) => {
            let voice = context.console.voice(Some(&settings));
            super::print(|out| {
                if context.console.json() {
                    return report::write_line(&report::StepsDocument::of(&steps), out);
                }
                report::steps_text(&steps, &voice, out)
            })?;
            Ok(0)
        }
        Shown::Finding(finding) => {
            let explained = finding.explained();
            super::print(|out| super::explain::one(context, &settings, id, &explained, out))?;
            Ok(0)
        }
    }
}

fn print_run(
    context: &Context<'_>,
    settings: &Settings,
    remembered: &Remembered,
) -> Result<u8, Trouble> {
    let console = &context.console;
    let format = if console.json() { Format::Json } else { Format::Text };
    let options = ReportOptions {
        format,
        lang: console.lang(Some(settings), format != Format::Text),
        width: console.width,
        color: console.out.color,
        timezone: local_zone(settings),
        findings: if remembered.expired { FindingsKept::Expired } else { FindingsKept::Kept },
        ..ReportOptions::default()
    };
    super::print(|out| report::write(&remembered.run, &options, out))?;
    Ok(0)
}

/// `ignore`, and its commands.
pub fn ignore(context: &Context<'_>, args: &IgnoreArgs) -> Result<u8, Trouble> {
    let settings = context.settings()?;
    let now = context.adapters.clock.now();
    match &args.command {
        Some(IgnoreCommand::List) => {
            let ignores = remarks::ignores(&settings, now)?;
            print_ignores(context, &settings, &ignores)?;
        }
        Some(IgnoreCommand::Remove { key }) => {
            let key = remarks::ignore_remove(&settings, key, now)?;
            context.console.say(&format!("{} is looked at again", Untrusted::new(&key)));
        }
        None => {
            let key = args.key.as_deref().unwrap_or_default();
            let reason = args.reason.as_deref().unwrap_or_default();
            let kept = remarks::ignore(&settings, key, (reason, args.days), now)?;
            say_kept(context, &kept, "is left alone from the next run on");
        }
    }
    Ok(0)
}

/// `note`.
pub fn note(context: &Context<'_>, key: &str, text: &str) -> Result<u8, Trouble> {
    let settings = context.settings()?;
    let now = context.adapters.clock.now();
    let kept = remarks::note(&settings, key, (text, &actor::current()), now)?;
    say_kept(context, &kept, "is noted");
    Ok(0)
}

fn say_kept(context: &Context<'_>, kept: &Kept, what: &str) {
    let key = Untrusted::new(&kept.key);
    context.console.say(&format!("{key} {what}"));
    if !kept.known {
        context.console.say("  no device of the last run has this key; it is kept all the same");
    }
}

#[derive(Serialize)]
struct IgnoreList<'a> {
    schema: u32,
    ignores: Vec<IgnoreDocument<'a>>,
}

#[derive(Serialize)]
struct IgnoreDocument<'a> {
    key: &'a str,
    given: &'a str,
    reason: &'a str,
    since: String,
    until: Option<String>,
    expired: bool,
}

fn print_ignores(
    context: &Context<'_>,
    settings: &Settings,
    ignores: &[KnownIgnore],
) -> Result<(), Trouble> {
    let voice = context.console.voice(Some(settings));
    super::print(|out| {
        if context.console.json() {
            let ignores = ignores.iter().map(document).collect();
            return report::write_line(&IgnoreList { schema: 1, ignores }, out);
        }
        if ignores.is_empty() {
            return writeln!(
                out,
                "{}",
                word!(voice, en: "Nothing is ignored.", pt: "Nada é ignorado.")
            );
        }
        ignores.iter().try_for_each(|known| line(known, &voice, out))
    })
}

fn document(known: &KnownIgnore) -> IgnoreDocument<'_> {
    IgnoreDocument {
        key: known.key.raw(),
        given: known.ignore.key.raw(),
        reason: &known.ignore.reason,
        since: known.ignore.since.to_string(),
        until: known.ignore.until.map(|t| t.to_string()),
        expired: known.expired,
    }
}

fn line(known: &KnownIgnore, voice: &Voice, out: &mut dyn Write) -> io::Result<()> {
    let until = match (known.ignore.until, known.expired) {
        (Some(until), false) => {
            format!("{} {}", word!(voice, en: "until", pt: "até"), voice.time(until))
        }
        (Some(until), true) => {
            format!("{} {}", word!(voice, en: "ended", pt: "terminou"), voice.time(until))
        }
        (None, _) => word!(voice, en: "until removed", pt: "até ser removido").to_owned(),
    };
    writeln!(out, "{}  {until}: {}", known.key, Untrusted::new(&known.ignore.reason))
}
