//! What the use-cases ask of the two remote systems.
//!
//! Must not do: mention files or a vendor.

mod growing;
mod search;
mod speed_test;
mod write;

use std::time::Duration;

use jiff::Timestamp;

use crate::domain::{
    AcsChange, AcsDevice, AnySnapshot, ProviderChange, ProviderRecord, Query, Untrusted,
};

pub use crate::domain::{Call, RecordKey, Sought, Undo};
#[cfg(test)]
pub(crate) use growing::testing::{Told, followed, followed_or_not};
pub use growing::{Follower, Growing};
pub use search::Found;
pub use speed_test::{Sight, SpeedTester, Started};
pub use write::{Answer, Before, Effect, Image, Outcome, Proposal, Seen, Unable, Writer};

/// Progress of a fetch: how many records have been read so far.
pub type Progress<'a> = &'a (dyn Fn(u64) + Sync);

/// Reads the device manager.
pub trait Acs: Send + Sync {
    /// Reads all devices into `list`, whose follower learns of them as they come. A lost page or a
    /// bad line gives a Partial snapshot, never silence.
    ///
    /// # Errors
    /// Where nothing usable could be read at all.
    fn fetch_into(
        &self,
        progress: Progress<'_>,
        list: Growing<'_, AcsDevice>,
    ) -> Result<AnySnapshot<AcsDevice>, FetchError>;

    /// The same, of a list that nobody follows while it grows.
    ///
    /// # Errors
    /// As [`Acs::fetch_into`].
    fn fetch(&self, progress: Progress<'_>) -> Result<AnySnapshot<AcsDevice>, FetchError> {
        self.fetch_into(progress, Growing::alone())
    }

    /// Reads one device again, by the id that [`Acs::fetch`] gave: before it is written to, or
    /// to look at it now. `None` only where the source positively says that it has no such device.
    ///
    /// # Errors
    /// Where the source could not be asked, or its answer is none of the two.
    fn device(&self, id: &Untrusted) -> Result<Option<AcsDevice>, FetchError>;

    /// Reads what the list does not show (MACs) of these devices and fills it in: for devices
    /// that did not pair, because it costs a request a device. A source whose list shows
    /// everything does nothing.
    ///
    /// # Errors
    /// Where the source could not be asked; what was filled in until then stays.
    fn complete(&self, devices: &mut [&mut AcsDevice]) -> Result<(), FetchError> {
        let _ = devices;
        Ok(())
    }

    /// Looks for devices that carry any of the identities: before something is removed because
    /// the ACS lacks it. Empty only where the source positively says that it has none.
    ///
    /// # Errors
    /// Where the source can't be asked for them.
    fn holding(&self, sought: &Sought) -> Result<Vec<AcsDevice>, FetchError> {
        let _ = sought;
        Err(FetchError::cannot_look())
    }

    /// Asks for devices by what somebody typed, at most `most` of them: by every column that the
    /// source can be asked for, in every spelling in which it may keep it. Only what the query
    /// really matches may be handed out, whatever the source answers.
    ///
    /// # Errors
    /// Where the source can't be asked at all.
    fn search(&self, query: &Query, most: usize) -> Result<Found<AcsDevice>, FetchError> {
        let _ = (query, most);
        Err(FetchError::cannot_search())
    }

    /// Writes to it; `None`: everything is clicked by hand.
    fn writer(&self) -> Option<&dyn Writer<Change = AcsChange, Record = AcsDevice>> {
        None
    }

    /// Makes its devices measure their line; `None`: it can't.
    fn speed_test(&self) -> Option<&dyn SpeedTester> {
        None
    }

    /// What was asked of the source so far.
    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}

/// Reads the ERP.
pub trait Provider: Send + Sync {
    /// Reads all device entries and logins into `list`, as [`Acs::fetch_into`] does. A lost page or
    /// a bad line gives a Partial snapshot.
    ///
    /// # Errors
    /// Where nothing usable could be read at all.
    fn fetch_into(
        &self,
        progress: Progress<'_>,
        list: Growing<'_, ProviderRecord>,
    ) -> Result<AnySnapshot<ProviderRecord>, FetchError>;

    /// As [`Acs::fetch`].
    ///
    /// # Errors
    /// As [`Provider::fetch_into`].
    fn fetch(&self, progress: Progress<'_>) -> Result<AnySnapshot<ProviderRecord>, FetchError> {
        self.fetch_into(progress, Growing::alone())
    }

    /// Reads one record again, by the ids that [`Provider::fetch`] gave. `None` only where the
    /// source positively says that it has no such record.
    ///
    /// # Errors
    /// Where the source could not be asked, or its answer is none of the two.
    fn record(&self, key: &RecordKey) -> Result<Option<ProviderRecord>, FetchError>;

    /// As [`Acs::holding`], of device entries and logins.
    ///
    /// # Errors
    /// Where the source can't be asked for them.
    fn holding(&self, sought: &Sought) -> Result<Vec<ProviderRecord>, FetchError> {
        let _ = sought;
        Err(FetchError::cannot_look())
    }

    /// As [`Acs::search`]; customers found by name, document or phone stand for their entries
    /// and logins.
    ///
    /// # Errors
    /// Where the source can't be asked at all.
    fn search(&self, query: &Query, most: usize) -> Result<Found<ProviderRecord>, FetchError> {
        let _ = (query, most);
        Err(FetchError::cannot_search())
    }

    /// As [`Acs::writer`].
    fn writer(&self) -> Option<&dyn Writer<Change = ProviderChange, Record = ProviderRecord>> {
        None
    }

    /// What was asked of the source so far.
    fn traffic(&self) -> Traffic {
        Traffic::default()
    }
}

/// What was asked of a source.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Requests sent, retries among them.
    pub requests: u64,
    /// Of these, retries.
    pub retries: u64,
    /// Times the source said "too many".
    pub slowed: u64,
}

/// The time, for those who may ask it.
pub trait Clock: Send + Sync {
    /// Now, by the wall clock.
    fn now(&self) -> Timestamp;
    /// Time that no clock change moves.
    fn monotonic(&self) -> Duration;
}

/// Checks of one side's set-up, each with its own fix, for `doctor`.
pub trait Probe: Send + Sync {
    /// Makes every check, in the order in which one rests on another; reads only. What can't be
    /// checked because an earlier check failed is [`Verdict::Skip`].
    fn probe(&self) -> Vec<Check>;

    /// Checks what is assumed of the API itself, by a few reads: shapes, names and types of what
    /// it answers. Texts name keys and types, never a value.
    fn assumptions(&self) -> Vec<Check> {
        Vec::new()
    }
}

/// What a check found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should be.
    Ok,
    /// Works, but deserves a look.
    Warn,
    /// Does not work; the kind decides the exit code.
    Fail(FetchErrorKind),
    /// Not checked, because something before it failed or it does not apply.
    Skip,
}

/// One check of a set-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// Stable id: the side, what it is about (`provider-url-path`, `acs-token`).
    pub id: String,
    /// What it found.
    pub verdict: Verdict,
    /// What was found, one sentence, safe to show.
    pub text: String,
    /// What to do about it, safe to show; nothing where all is well.
    pub fix: Option<String>,
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

impl FetchError {
    fn cannot_look() -> Self {
        let what = "this source can't be asked for single devices";
        Self::new(FetchErrorKind::Unavailable, what, &["do it by hand: `acerto plan export`"])
    }

    fn cannot_search() -> Self {
        let what = "this source can't be asked to search";
        Self::new(
            FetchErrorKind::Config,
            what,
            &["leave `--live` out: the last reading is searched"],
        )
    }

    /// A failure with its hints.
    #[must_use]
    pub fn new(kind: FetchErrorKind, what: impl Into<String>, hints: &[&str]) -> Self {
        let hints = hints.iter().map(|h| (*h).to_owned()).collect();
        Self { kind, what: what.into(), hints }
    }
}
