//! The webhook receiver: takes what the ACS tells, keeps it, and passes it on.
//!
//! Must not do: name the store (use-cases in `app` do), speak to a person, or delete anything.

pub mod child;
pub mod daily;
pub mod notify;

use crate::app::{AppError, Stop};
use crate::config::Settings;

/// Serves until somebody asks to stop.
///
/// # Errors
/// Where it can't begin.
pub fn serve(settings: &Settings, stop: &Stop) -> Result<(), AppError> {
    // Until the receiver is here the schedule alone is kept.
    let _ = settings;
    while stop.asked().is_none() {
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    Ok(())
}
