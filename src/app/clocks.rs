//! Do the clocks agree: each source's own time against this machine's, and both sources'.
//!
//! Must not do: set a time right. A file's time is that of its export and proves no clock.

use jiff::{SignedDuration, Timestamp};

use crate::app::collect::{Collected, Sources, Span};
use crate::domain::Side;
use crate::engine::{Warning, WarningCode};

/// Clocks may differ by this much.
const SKEW_MAX: SignedDuration = SignedDuration::from_mins(5);

/// How far a source's clock is ahead of ours: between these two, as it was asked sometime
/// while it was read.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    least: SignedDuration,
    most: SignedDuration,
}

impl Ahead {
    fn of(told: Timestamp, read: Span) -> Self {
        let (a, b) = (told.duration_since(read.to), told.duration_since(read.from));
        // Where our own clock was turned back meanwhile, the ends change places.
        Self { least: a.min(b), most: a.max(b) }
    }

    /// The least by which it is ahead (or behind: negative) for sure.
    fn surely(self) -> SignedDuration {
        if self.least.is_positive() {
            self.least
        } else if self.most.is_negative() {
            self.most
        } else {
            SignedDuration::ZERO
        }
    }

    fn minus(self, other: Self) -> Self {
        Self { least: self.least - other.most, most: self.most - other.least }
    }
}

/// Sides over the network whose time differs too much, each by itself, else both together.
#[must_use]
pub fn warnings(collected: &Collected, sources: &Sources) -> Vec<Warning> {
    let acs = Ahead::of(collected.acs.meta().fetched_at, collected.acs_read);
    let provider = Ahead::of(collected.provider.meta().fetched_at, collected.provider_read);
    let asked = |side, ahead| sources.is_network(side).then_some((side, ahead));
    skewed(asked(Side::Acs, acs), asked(Side::Provider, provider))
}

type Asked = Option<(Side, Ahead)>;

fn skewed(acs: Asked, provider: Asked) -> Vec<Warning> {
    let alone = [acs, provider].into_iter().flatten();
    let found: Vec<Warning> =
        alone.filter_map(|(side, ahead)| warning(Some(side), ahead)).collect();
    let (true, Some((_, acs)), Some((_, provider))) = (found.is_empty(), acs, provider) else {
        return found;
    };
    warning(None, acs.minus(provider)).into_iter().collect()
}

fn warning(side: Option<Side>, ahead: Ahead) -> Option<Warning> {
    let surely = ahead.surely();
    let warning = Warning::new(WarningCode::ClockSkew);
    let n = Some(surely.as_secs());
    (surely.abs() > SKEW_MAX).then_some(Warning { side, n, ..warning })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_000_000 + seconds).unwrap()
    }

    #[test]
    fn only_what_the_reading_itself_can_not_explain_is_a_wrong_clock() {
        let (acs, provider) = (Some(Side::Acs), Some(Side::Provider));
        for (told_acs, told_provider, told) in [
            (Some(0), Some(0), vec![]),
            // Read for 100 s: the source may have told its time at any moment of them.
            (Some(400), Some(-300), vec![(None, 600)]),
            (Some(401), Some(0), vec![(acs, 301)]),
            (Some(0), Some(-301), vec![(provider, -301)]),
            (Some(9000), Some(9000), vec![(acs, 8900), (provider, 8900)]),
            (Some(300), Some(-200), vec![(None, 400)]),
            (Some(200), Some(-200), vec![]),
            // A file is as old as it is.
            (None, Some(0), vec![]),
            (None, Some(-301), vec![(provider, -301)]),
            (None, None, vec![]),
        ] {
            let read = Span { from: at(0), to: at(100) };
            let asked = |side, told: Option<i64>| Some((side, Ahead::of(at(told?), read)));
            let found = skewed(asked(Side::Acs, told_acs), asked(Side::Provider, told_provider));
            let found: Vec<_> = found.iter().map(|w| (w.side, w.n.unwrap())).collect();
            assert_eq!(found, told, "{told_acs:?} {told_provider:?}");
        }
    }
}
