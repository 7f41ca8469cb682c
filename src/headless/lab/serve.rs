//! `acerto lab`: both systems simulated until somebody stops it.
//!
//! Must not do: print more on stdout than the one line that says where it is.

use std::path::{Path, PathBuf};
use std::time::Duration;
use std::{io, thread};

use serde::Serialize;
use tempfile::TempDir;

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
    let (config, _folder) = config_path(args.config_out.as_deref()).map_err(no_room)?;
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

/// Where the configuration goes. Where nobody named a place its folder goes away with the lab; else
/// there is none, as one that is killed would leave it behind.
fn config_path(asked_for: Option<&Path>) -> io::Result<(PathBuf, Option<TempDir>)> {
    if let Some(path) = asked_for {
        return Ok((std::path::absolute(path)?, None));
    }
    let folder = tempfile::Builder::new().prefix("acerto-lab-").tempdir()?;
    Ok((folder.path().join("lab.toml"), Some(folder)))
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
