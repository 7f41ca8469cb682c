//! One error for both faces: its kind, what happened, and what to do next.
//!
//! Must not do: print, or repeat a source's own words unescaped.

use crate::app::exit::{Condition, Signal, exit_code, gravest};
use crate::config::ConfigError;
use crate::domain::Side;
use crate::ports::{FetchError, FetchErrorKind};
use crate::store::{StoreError, StoreErrorKind};

/// What kind of failure it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AppErrorKind {
    /// Usage or configuration.
    Config,
    /// Authentication, TLS, permission.
    Auth,
    /// A source is unreachable, not complete, or empty.
    Upstream,
    /// The store can't be used.
    Store,
    /// A guard refused.
    Guard,
    /// Another apply holds the lock.
    Locked,
    /// Journal rows are in doubt, or need a person.
    Journal,
    /// A mistake of ours.
    Bug,
    /// What was asked for is not there.
    NotFound,
    /// Stopped by a signal.
    Stopped(Signal),
}

impl AppErrorKind {
    /// The condition that decides the exit code.
    #[must_use]
    pub fn condition(self) -> Condition {
        match self {
            Self::Config => Condition::Usage,
            Self::Auth => Condition::Auth,
            Self::Upstream => Condition::Source,
            Self::Store => Condition::Store,
            Self::Guard => Condition::Guard,
            Self::Locked => Condition::Locked,
            Self::Journal => Condition::Journal,
            Self::Bug => Condition::Bug,
            Self::NotFound => Condition::Differences,
            Self::Stopped(signal) => Condition::Stopped(signal),
        }
    }
}

/// Why a use-case could not do its work.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    /// The configuration is wrong.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The command asks for something that can't be.
    #[error("{what}")]
    Usage {
        /// What happened.
        what: String,
        /// What to do next.
        hints: Vec<String>,
    },
    /// One side or both could not be read.
    #[error("{}", sides(.0))]
    Fetch(Vec<SideFailure>),
    /// The events file could not be read.
    #[error("{0}")]
    Events(FetchError),
    /// The store can't be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Nothing of that name is known.
    #[error("{what}")]
    NotFound {
        /// What happened.
        what: String,
        /// What to do next.
        hints: Vec<String>,
    },
    /// A guard refused.
    #[error("{what}")]
    Refused {
        /// What happened.
        what: String,
        /// What to do next.
        hints: Vec<String>,
    },
    /// Another apply holds the lock.
    #[error("{what}")]
    Locked {
        /// What happened.
        what: String,
        /// What to do next.
        hints: Vec<String>,
    },
    /// Rows of the journal have to be settled first.
    #[error("{what}")]
    Journal {
        /// What happened.
        what: String,
        /// What to do next.
        hints: Vec<String>,
    },
    /// Stopped by a signal; nothing is half-written.
    #[error("stopped; nothing was stored or sent")]
    Stopped(Signal),
    /// A mistake of ours.
    #[error("internal error: {0}")]
    Bug(String),
}

/// A side that could not be read.
#[derive(Clone, Debug)]
pub struct SideFailure {
    /// Which.
    pub side: Side,
    /// Why.
    pub error: FetchError,
}

/// Both failures, each with its side; a reader must not fix one only to meet the other.
fn sides(failures: &[SideFailure]) -> String {
    let name = |side| match side {
        Side::Acs => "ACS",
        Side::Provider => "Provider",
    };
    let lines: Vec<String> =
        failures.iter().map(|f| format!("{}: {}", name(f.side), f.error)).collect();
    lines.join("\n")
}

impl AppError {
    /// A usage error.
    #[must_use]
    pub fn usage(what: impl Into<String>, hints: &[&str]) -> Self {
        Self::Usage { what: what.into(), hints: owned(hints) }
    }

    /// Nothing of that name.
    #[must_use]
    pub fn not_found(what: impl Into<String>, hints: &[&str]) -> Self {
        Self::NotFound { what: what.into(), hints: owned(hints) }
    }

    /// Its kinds: two where both sides failed, each for its own reason.
    fn kinds(&self) -> Vec<AppErrorKind> {
        match self {
            Self::Config(_) | Self::Usage { .. } => vec![AppErrorKind::Config],
            Self::Fetch(failures) => failures.iter().map(|f| fetch_kind(&f.error)).collect(),
            Self::Events(error) => vec![fetch_kind(error)],
            Self::Store(error) => vec![match error.kind() {
                StoreErrorKind::Store => AppErrorKind::Store,
                StoreErrorKind::Usage => AppErrorKind::Config,
                StoreErrorKind::Refused => AppErrorKind::Guard,
                StoreErrorKind::Bug => AppErrorKind::Bug,
            }],
            Self::NotFound { .. } => vec![AppErrorKind::NotFound],
            Self::Refused { .. } => vec![AppErrorKind::Guard],
            Self::Locked { .. } => vec![AppErrorKind::Locked],
            Self::Journal { .. } => vec![AppErrorKind::Journal],
            Self::Stopped(signal) => vec![AppErrorKind::Stopped(*signal)],
            Self::Bug(_) => vec![AppErrorKind::Bug],
        }
    }

    /// The condition that decides the exit code: of two that hold, the graver one.
    #[must_use]
    pub fn condition(&self) -> Condition {
        gravest(self.kinds().into_iter().map(AppErrorKind::condition)).unwrap_or(Condition::Bug)
    }

    /// The exit code.
    #[must_use]
    pub fn exit(&self) -> u8 {
        exit_code(self.kinds().into_iter().map(AppErrorKind::condition))
    }

    /// What to do next; sentences, safe to show.
    #[must_use]
    pub fn hints(&self) -> Vec<String> {
        match self {
            Self::Config(error) => error.hints.clone(),
            Self::Usage { hints, .. }
            | Self::NotFound { hints, .. }
            | Self::Refused { hints, .. }
            | Self::Locked { hints, .. }
            | Self::Journal { hints, .. } => hints.clone(),
            Self::Fetch(failures) => {
                let mut all: Vec<String> = Vec::new();
                for hint in failures.iter().flat_map(|f| &f.error.hints) {
                    if !all.contains(hint) {
                        all.push(hint.clone());
                    }
                }
                all
            }
            Self::Events(error) => error.hints.clone(),
            Self::Store(error) => error.hints(),
            Self::Stopped(_) => vec!["run the same command again".to_owned()],
            Self::Bug(_) => vec![
                "this is a mistake in acerto; please report it with the command and `-vv` output"
                    .to_owned(),
            ],
        }
    }
}

fn fetch_kind(error: &FetchError) -> AppErrorKind {
    match error.kind {
        FetchErrorKind::Config => AppErrorKind::Config,
        FetchErrorKind::Unavailable => AppErrorKind::Upstream,
        FetchErrorKind::Auth => AppErrorKind::Auth,
    }
}

fn owned(hints: &[&str]) -> Vec<String> {
    hints.iter().map(|h| (*h).to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failed(side: Side, kind: FetchErrorKind, hint: &str) -> SideFailure {
        let error = FetchError {
            kind,
            what: format!("no answer ({kind:?})"),
            hints: vec![hint.to_owned()],
        };
        SideFailure { side, error }
    }

    #[test]
    fn what_the_apply_journal_refuses_has_the_code_of_its_kind() {
        let plan = || "p".to_owned();
        for (error, code) in [
            (StoreError::PlanOutdated { plan: plan(), made: 1, newest: 2 }, 5),
            (StoreError::PlanChanged { plan: plan() }, 5),
            (StoreError::NotProbed { since: jiff::Timestamp::UNIX_EPOCH }, 5),
            (StoreError::Broken { what: plan() }, 1),
            (StoreError::NoAction { action: plan() }, 2),
            (StoreError::NotUndecided { action: plan(), state: "verified" }, 2),
        ] {
            let error = AppError::from(error);
            assert_eq!(error.exit(), code, "{error}");
            assert!(!error.hints().is_empty(), "{error}");
        }
    }

    #[test]
    fn two_failed_sides_are_both_told_and_the_graver_decides() {
        use FetchErrorKind::{Auth, Config, Unavailable};
        for (acs, provider, code) in
            [(Unavailable, Unavailable, 6), (Unavailable, Auth, 7), (Config, Auth, 2)]
        {
            let error = AppError::Fetch(vec![
                failed(Side::Acs, acs, "check the network"),
                failed(Side::Provider, provider, "check the network"),
            ]);
            assert_eq!(error.exit(), code);
            let said = error.to_string();
            assert!(said.contains("ACS: ") && said.contains("\nProvider: "), "{said}");
            assert_eq!(error.hints(), ["check the network"]);
        }
    }
}
