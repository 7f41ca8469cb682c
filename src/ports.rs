//! What the use-cases ask of the two remote systems.
//!
//! Must not do: mention HTTP, files or a vendor.

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord};

/// Progress of a fetch: how many records have been read so far.
pub type Progress<'a> = &'a (dyn Fn(u64) + Sync);

/// Reads the device manager.
pub trait Acs: Send + Sync {
    /// Reads all devices. A lost page or a bad line gives a Partial snapshot, never silence.
    ///
    /// # Errors
    /// Where nothing usable could be read at all.
    fn fetch(&self, progress: Progress<'_>) -> Result<AnySnapshot<AcsDevice>, FetchError>;
}

/// Reads the ERP.
pub trait Provider: Send + Sync {
    /// Reads all device entries and logins. A lost page or a bad line gives a Partial snapshot.
    ///
    /// # Errors
    /// Where nothing usable could be read at all.
    fn fetch(&self, progress: Progress<'_>) -> Result<AnySnapshot<ProviderRecord>, FetchError>;
}

/// The time, for those who may ask it.
pub trait Clock: Send + Sync {
    /// Now, by the wall clock.
    fn now(&self) -> Timestamp;
    /// Time that no clock change moves.
    fn monotonic(&self) -> Duration;
}

/// Why a fetch failed, which decides the exit code (SAFETY.md section 6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchErrorKind {
    /// The configuration is wrong: a missing file or column. Exit 2.
    Config,
    /// Unreachable, not complete, or empty: retryable. Exit 6.
    Unavailable,
    /// Authentication, TLS or permission. Exit 7.
    Auth,
}

/// A failed fetch: what happened, to what, and what to do next.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{what}")]
pub struct FetchError {
    /// Which kind.
    pub kind: FetchErrorKind,
    /// What happened, to what; one sentence, safe to show.
    pub what: String,
    /// What to do next; sentences, safe to show.
    pub hints: Vec<String>,
}
