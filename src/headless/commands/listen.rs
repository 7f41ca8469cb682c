//! `listen`: the webhook receiver, until somebody stops it.
//!
//! Must not do: decide about a webhook; `listen` does.

use crate::app::{AppError, Stop};
use crate::headless::args::ListenArgs;
use crate::headless::commands::Context;
use crate::headless::exit::Trouble;
use crate::listen;

/// Serves; ends with the signal's code.
pub fn run(context: &Context<'_>, args: ListenArgs) -> Result<u8, Trouble> {
    if args.schedule {
        let hint = "run `acerto --reconcile` from cron or a systemd timer";
        return Err(AppError::usage("--schedule is not built yet", &[hint]).into());
    }
    let settings = context.run_settings()?;
    let stop =
        Stop::listen().map_err(|e| AppError::Bug(format!("signals can't be listened to: {e}")))?;
    listen::serve(&settings, &stop)?;
    stop.check()?;
    Ok(0)
}
