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
    let _ = (settings, stop);
    Err(AppError::Bug("the receiver is not built yet".to_owned()))
}
