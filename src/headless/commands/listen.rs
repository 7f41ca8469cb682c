//! `listen`: the webhook receiver, until somebody stops it.
//!
//! Must not do: decide about a webhook; `listen` does.

use crate::app::exit::Signal;
use crate::app::{AppError, Stop};
use crate::config::Settings;
use crate::headless::args::ListenArgs;
use crate::headless::commands::Context;
use crate::headless::commands::daily::Daily;
use crate::headless::exit::Trouble;
use crate::listen::{self, Ended, Opening, Ready};
use crate::words::{listen_ended, listen_ready, listen_unknown};

/// Serves; ends with the signal's code.
pub fn run(context: &Context<'_>, args: ListenArgs) -> Result<u8, Trouble> {
    let settings = context.run_settings()?;
    let daily = args.schedule.then(|| Daily::of(context, &settings)).transpose()?;
    let stop =
        Stop::listen().map_err(|e| AppError::Bug(format!("signals can't be listened to: {e}")))?;
    let ended = std::thread::scope(|scope| {
        if let Some(daily) = &daily {
            let schedule = std::thread::Builder::new().name("schedule".to_owned());
            let kept = schedule.spawn_scoped(scope, || daily.keep(&stop));
            kept.map_err(|e| AppError::Bug(format!("no thread for the schedule: {e}")))?;
        }
        let served = receive(context, &settings, &stop);
        // Whatever ended the receiver ends the schedule, and the run that is being made.
        if stop.asked().is_none() {
            stop.ask_as(Signal::Terminate);
        }
        served
    })?;
    let voice = context.console.voice(Some(&settings));
    let kept = [ended.accepted, ended.replayed, ended.refused, ended.unmapped];
    context.console.say(&listen_ended(&voice, kept, [ended.forwarded, ended.waiting]));
    if !ended.unknown.is_empty() {
        context.console.say(&listen_unknown(&voice, &ended.unknown));
    }
    // A signal is how it ends.
    Ok(stop.check().map_or_else(|stopped| stopped.exit(), |()| 0))
}

fn receive(context: &Context<'_>, settings: &Settings, stop: &Stop) -> Result<Ended, AppError> {
    let voice = context.console.voice(Some(settings));
    let ready = |ready: &Ready| {
        let Ready { address, path, mode, forward } = ready;
        let place = format!("http://{address}{path}");
        context.console.say(&listen_ready(&voice, &place, mode, forward.as_deref()));
    };
    listen::serve(&Opening {
        settings,
        env: context.env,
        clock: context.adapters.clock,
        read_time: context.adapters.time,
        stop,
        ready: &ready,
    })
}
