//! `listen`: the webhook receiver, until somebody stops it.
//!
//! Must not do: decide about a webhook; `listen` does.

use crate::app::exit::Signal;
use crate::app::{AppError, Stop};
use crate::headless::args::ListenArgs;
use crate::headless::commands::Context;
use crate::headless::commands::daily::Daily;
use crate::headless::exit::Trouble;
use crate::listen;

/// Serves; ends with the signal's code.
pub fn run(context: &Context<'_>, args: ListenArgs) -> Result<u8, Trouble> {
    let settings = context.run_settings()?;
    let daily = args.schedule.then(|| Daily::of(context, &settings)).transpose()?;
    let stop =
        Stop::listen().map_err(|e| AppError::Bug(format!("signals can't be listened to: {e}")))?;
    std::thread::scope(|scope| {
        if let Some(daily) = &daily {
            let schedule = std::thread::Builder::new().name("schedule".to_owned());
            let kept = schedule.spawn_scoped(scope, || daily.keep(&stop));
            kept.map_err(|e| AppError::Bug(format!("no thread for the schedule: {e}")))?;
        }
        let served = listen::serve(&settings, &stop);
        // Whatever ended the receiver ends the schedule, and the run that is being made.
        if stop.asked().is_none() {
            stop.ask_as(Signal::Terminate);
        }
        served
    })?;
    stop.check()?;
    Ok(0)
}
