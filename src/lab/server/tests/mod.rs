//! What the lab serves, seen by a client that shows every byte.
//!
//! Must not do: use a client that repairs what is broken.

mod client;
mod control;
mod faults;
mod genieacs;
mod ixc_acs;
mod lifetime;
mod provedor;

use std::time::Duration;

use super::{Lab, LabOptions};

pub(super) use client::{Answer, Client};

/// A small lab whose clock stands still.
fn lab() -> Lab {
    lab_of(LabOptions::default())
}

/// As given, but small, at a fixed time and with a clock that stands still.
fn lab_of(options: LabOptions) -> Lab {
    let options = LabOptions {
        seed: 3,
        devices: 60,
        days: 12,
        speed: 0.0,
        epoch: "2026-11-23T19:20:00Z".parse().ok(),
        silence: Duration::from_millis(200),
        ..options
    };
    Lab::start(options).unwrap()
}
