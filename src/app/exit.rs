//! Exit codes: which condition means which number, and which of several wins (SAFETY.md section 6).
//!
//! Must not do: I/O. One pure function, one table.

/// Something that holds at the end of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Usage or configuration: decided before any work.
    Usage,
    /// Stopped by a signal, after a clean stop.
    Stopped(Signal),
    /// A mistake of ours.
    Bug,
    /// The store is damaged, full, or of a newer schema.
    Store,
    /// Journal rows in doubt, or that a person must decide.
    Journal,
    /// Authentication, TLS, permission.
    Auth,
    /// A guard refused the plan.
    Guard,
    /// A source is unreachable, not complete, or empty.
    Source,
    /// A plan was applied in part.
    PartlyApplied,
    /// Differences, or nothing found.
    Differences,
    /// Another apply holds the lock.
    Locked,
}

/// A signal that stops a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// The terminal went away.
    Hangup,
    /// Ctrl-C.
    Interrupt,
    /// Asked to end.
    Terminate,
}

impl Condition {
    /// Its exit code.
    #[must_use]
    pub fn code(self) -> u8 {
        match self {
            Self::Usage => 2,
            Self::Stopped(Signal::Hangup) => 129,
            Self::Stopped(Signal::Interrupt) => 130,
            Self::Stopped(Signal::Terminate) => 143,
            Self::Bug => 1,
            Self::Store => 10,
            Self::Journal => 9,
            Self::Auth => 7,
            Self::Guard => 5,
            Self::Source => 6,
            Self::PartlyApplied => 4,
            Self::Differences => 3,
            Self::Locked => 8,
        }
    }

    /// Lower wins: 2 is decided before any work; then signal > 1 > 10 > 9 > 7 > 5 > 6 > 4 > 3 > 8.
    fn rank(self) -> u8 {
        match self {
            Self::Usage => 0,
            Self::Stopped(_) => 1,
            Self::Bug => 2,
            Self::Store => 3,
            Self::Journal => 4,
            Self::Auth => 5,
            Self::Guard => 6,
            Self::Source => 7,
            Self::PartlyApplied => 8,
            Self::Differences => 9,
            Self::Locked => 10,
        }
    }
}

/// The exit code of everything that holds; 0 where nothing does.
#[must_use]
pub fn exit_code(conditions: impl IntoIterator<Item = Condition>) -> u8 {
    gravest(conditions).map_or(0, Condition::code)
}

/// Is an exit code graver than another? Whether differences are found is no matter of this.
#[must_use]
pub fn is_graver(code: u8, than: u8) -> bool {
    rank_of(code) < rank_of(than)
}

/// 0 and 3 are alike: a run went well. An unknown code is one of ours.
fn rank_of(code: u8) -> u8 {
    use Signal::{Hangup, Interrupt, Terminate};
    let stopped = [Hangup, Interrupt, Terminate].map(Condition::Stopped);
    let others = [
        Condition::Usage,
        Condition::Bug,
        Condition::Store,
        Condition::Journal,
        Condition::Auth,
        Condition::Guard,
        Condition::Source,
        Condition::PartlyApplied,
        Condition::Locked,
    ];
    if code == 0 || code == Condition::Differences.code() {
        return u8::MAX;
    }
    let found = stopped.iter().chain(&others).find(|c| c.code() == code);
    found.copied().unwrap_or(Condition::Bug).rank()
}

/// The one of several conditions that wins.
#[must_use]
pub fn gravest(conditions: impl IntoIterator<Item = Condition>) -> Option<Condition> {
    conditions.into_iter().min_by_key(|c| c.rank())
}

#[cfg(test)]
mod tests {
    use super::Condition as C;
    use super::*;

    #[test]
    fn the_graver_one_wins() {
        let signal = C::Stopped(Signal::Terminate);
        for (conditions, code) in [
            (vec![], 0),
            (vec![C::Differences], 3),
            (vec![C::Differences, C::Source], 6),
            (vec![C::Source, C::Differences], 6),
            (vec![C::Source, C::Guard], 5),
            (vec![C::Guard, C::Auth, C::Source], 7),
            (vec![C::Auth, C::Journal], 9),
            (vec![C::Journal, C::Store, C::Differences], 10),
            (vec![C::Store, C::Bug], 1),
            (vec![C::Bug, signal], 143),
            (vec![C::PartlyApplied, C::Differences], 4),
            (vec![C::PartlyApplied, C::Source], 6),
            (vec![C::Locked], 8),
            (vec![C::Locked, C::Differences], 3),
            (vec![C::Usage, C::Auth, signal], 2),
            (vec![C::Stopped(Signal::Hangup)], 129),
            (vec![C::Stopped(Signal::Interrupt), C::Store], 130),
        ] {
            assert_eq!(exit_code(conditions.iter().copied()), code, "{conditions:?}");
        }
    }

    #[test]
    fn codes_are_compared_by_what_they_mean() {
        for (code, than, graver) in [
            (3, 0, false),
            (0, 3, false),
            (6, 3, true),
            (6, 6, false),
            (7, 6, true),
            (6, 7, false),
            (8, 0, true),
            (9, 7, true),
            (10, 9, true),
            (1, 10, true),
            (2, 1, true),
            (0, 10, false),
            (77, 3, true),
        ] {
            assert_eq!(is_graver(code, than), graver, "{code} than {than}");
        }
    }

    #[test]
    fn no_two_conditions_tie() {
        let all = [
            C::Usage,
            C::Stopped(Signal::Hangup),
            C::Bug,
            C::Store,
            C::Journal,
            C::Auth,
            C::Guard,
            C::Source,
            C::PartlyApplied,
            C::Differences,
            C::Locked,
        ];
        let ranks: Vec<u8> = all.iter().map(|c| c.rank()).collect();
        assert!(ranks.is_sorted_by(|a, b| a < b));
    }
}
