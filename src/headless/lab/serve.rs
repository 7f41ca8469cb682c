//! `acerto lab`: both systems simulated until somebody stops it.
//!
//! Must not do: print more on stdout than the one line that says where it is.

use std::path::Path;
use std::thread;
use std::time::Duration;

use serde::Serialize;

use crate::app::{AppError, Stop};
use crate::headless::args::LabArgs;
use crate::headless::commands::print;
use crate::headless::exit::Trouble;
use crate::headless::lab::simulated::{no_lab, no_room};
use crate::lab::server::{Lab, LabOptions};

/// How long a signal may go unnoticed.
const STOP_LATENCY: Duration = Duration::from_millis(50);

/// Where the lab is, for a script.
#[derive(Serialize)]
struct Ready<'a> {
    port: u16,
    config: &'a str,
}

/// Serves; ends with the signal's code.
pub fn run(args: &LabArgs) -> Result<u8, Trouble> {
    let stop =
        Stop::listen().map_err(|e| AppError::Bug(format!("signals can't be listened to: {e}")))?;
    // Goes away with the lab, where nobody asked for the file.
    let folder = tempfile::Builder::new().prefix("acerto-lab-").tempdir().map_err(no_room)?;
    let config = match &args.config_out {
        Some(path) => std::path::absolute(path).map_err(no_room)?,
        None => folder.path().join("lab.toml"),
    };
    let lab = Lab::start(options(args)).map_err(no_lab)?;
    lab.write_config(&config).map_err(no_room)?;
    tell(&lab, &config)?;
    while stop.asked().is_none() {
        thread::sleep(STOP_LATENCY);
    }
    drop(lab);
    stop.check()?;
    Ok(0)
}

fn options(args: &LabArgs) -> LabOptions {
    LabOptions {
        seed: args.seed,
        devices: usize::try_from(args.devices).unwrap_or(usize::MAX),
        days: args.days,
        port: args.port,
        speed: args.speed,
        epoch: args.epoch,
        webhook: args.webhook.clone(),
        ..LabOptions::default()
    }
}

/// Whoever started it may have gone: it serves all the same.
fn tell(lab: &Lab, config: &Path) -> Result<(), Trouble> {
    let config = config.to_string_lossy();
    let ready = Ready { port: lab.port(), config: &config };
    let told = print(|out| {
        serde_json::to_writer(&mut *out, &ready)?;
        writeln!(out)
    });
    match told {
        Err(trouble) if trouble.is_closed_pipe() => Ok(()),
        told => told,
    }
}
