//! `speedtest`: measured beside contracted; with `--start`, a test is made.
//!
//! Must not do: decide whether a test may be started; the use-case's guards do.

use std::cell::Cell;
use std::io::{self, Write as _};

use crate::app::actor;
use crate::app::exit::Condition;
use crate::app::speed_test::{self, Asked, Ended, Order, Planned, Said, Speed, Tested};
use crate::config::Settings;
use crate::headless::args::SpeedtestArgs;
use crate::headless::commands::Context;
use crate::headless::commands::plan::with_world;
use crate::headless::exit::Trouble;
use crate::headless::report::{self, SpeedDocument};
use crate::words::{Voice, direction_name, speed_ended, speed_rehearsed, speed_said};

/// Tells or starts; 3 where no result is known.
pub fn run(context: &Context<'_>, args: &SpeedtestArgs) -> Result<u8, Trouble> {
    let settings = context.settings()?;
    let voice = context.console.voice(Some(&settings));
    if args.start {
        return start(context, &settings, args, &voice);
    }
    let speed = with_world(context, |world| speed_test::look(&settings, &args.key, world))?;
    let found = speed.last().is_some();
    show(context, &args.key, &speed, None, &voice)?;
    Ok(if found { 0 } else { Condition::Differences.code() })
}

fn show(
    context: &Context<'_>,
    key: &str,
    speed: &Speed,
    started: Option<&'static str>,
    voice: &Voice,
) -> Result<(), Trouble> {
    let console = &context.console;
    super::print(|out| {
        if console.json() {
            return report::write_line(&SpeedDocument::of(key, speed, started), out);
        }
        let look = (console.width, console.out.color, console.blocks);
        report::speed_text(key, speed, voice, look, out)
    })
}

fn start(
    context: &Context<'_>,
    settings: &Settings,
    args: &SpeedtestArgs,
    voice: &Voice,
) -> Result<u8, Trouble> {
    let sends = args.yes || !settings.production;
    let order = Order { sends, actor: actor::current() };
    let teller = Teller { context, voice, line: Cell::new(false) };
    let say = |said: Said<'_>| teller.tell(said);
    let asked =
        with_world(context, |world| speed_test::start(settings, &args.key, &order, world, &say));
    teller.clear();
    match asked? {
        Asked::Rehearsed(planned) => {
            context.console.say(&rehearsed(voice, &planned));
            // The answer itself is what is known without it.
            let speed = with_world(context, |world| speed_test::look(settings, &args.key, world))?;
            show(context, &args.key, &speed, Some("no"), voice)?;
            Ok(0)
        }
        Asked::Tested(tested) => {
            let Tested { test, ended, speed } = *tested;
            show(context, &args.key, &speed, Some(wire(&ended)), voice)?;
            if let Some(text) = speed_ended(voice, &test, &ended) {
                context.console.say(&text);
            }
            Ok(code(&ended))
        }
    }
}

fn rehearsed(voice: &Voice, planned: &Planned) -> String {
    let files = planned.offers.iter().flat_map(|offer| {
        offer.ways.iter().map(|way| match &offer.url {
            Some(url) => format!("{} ({url})", direction_name(voice, *way)),
            None => direction_name(voice, *way).to_owned(),
        })
    });
    let files = files.collect::<Vec<_>>().join(" + ");
    speed_rehearsed(voice, &planned.device, &files)
}

fn wire(ended: &Ended) -> &'static str {
    match ended {
        Ended::Measured => "measured",
        Ended::Failed => "failed",
        Ended::Left => "left",
        Ended::Stopped(_) => "stopped",
        Ended::Trouble(..) => "trouble",
    }
}

/// A test that was asked for and has no result is no success; what stopped it decides.
fn code(ended: &Ended) -> u8 {
    match ended {
        Ended::Measured => 0,
        Ended::Failed | Ended::Left => Condition::Differences.code(),
        Ended::Stopped(signal) => Condition::Stopped(*signal).code(),
        Ended::Trouble(_, code) => *code,
    }
}

/// Says how it goes: a line each, and waiting as one line that is rewritten on a terminal.
struct Teller<'a> {
    context: &'a Context<'a>,
    voice: &'a Voice,
    line: Cell<bool>,
}

impl Teller<'_> {
    fn tell(&self, said: Said<'_>) {
        let console = &self.context.console;
        let text = speed_said(self.voice, said);
        if !matches!(said, Said::Waiting(_)) {
            self.clear();
            return console.say(&text);
        }
        if console.err.terminal && !console.quiet {
            let _ = write!(io::stderr(), "\r\x1b[K{text}");
            self.line.set(true);
        }
    }

    fn clear(&self) {
        if self.line.replace(false) {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
