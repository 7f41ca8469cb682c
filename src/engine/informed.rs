//! Who of the ACS's devices is online: all of them by their last Inform (TR-069).
//!
//! Must not do: ask a clock. Ages are counted back from when the ACS was read.

use jiff::{SignedDuration, Timestamp};

/// A device that informed so short a time before it was read is online: the first of the three
/// bands that `GenieACS` ships for its own overview, as the next one.
const ONLINE: SignedDuration = SignedDuration::from_mins(5);
/// Beyond this it is not just a night without power.
const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Devices of the ACS by their last Inform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Informed {
    /// Within five minutes of the reading.
    pub now: u64,
    /// Within a day.
    pub day: u64,
    /// Longer ago.
    pub older: u64,
    /// Nobody knows.
    pub unknown: u64,
}

impl Informed {
    /// Counts a device by its last Inform, of a side that was `read` then.
    pub fn count(&mut self, last: Option<Timestamp>, read: Timestamp) {
        *self.slot(last, read) += 1;
    }

    /// Nothing where no device has a last Inform.
    #[must_use]
    pub fn known(self) -> Option<Self> {
        (self.unknown < self.all()).then_some(self)
    }

    /// All of them.
    #[must_use]
    pub fn all(&self) -> u64 {
        self.now + self.day + self.older + self.unknown
    }

    fn slot(&mut self, last: Option<Timestamp>, read: Timestamp) -> &mut u64 {
        match last.map(|last| read.duration_since(last)) {
            None => &mut self.unknown,
            Some(age) if age < ONLINE => &mut self.now,
            Some(age) if age < DAY => &mut self.day,
            Some(_) => &mut self.older,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_device_is_in_one_band() {
        let read: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let ago = |seconds: i64| Some(read - SignedDuration::from_secs(seconds));
        let told = |all: &[Option<Timestamp>]| {
            let mut informed = Informed::default();
            for last in all {
                informed.count(*last, read);
            }
            informed.known()
        };
        // A clock that is ahead makes nobody offline.
        let all = [ago(-30), ago(299), ago(300), ago(86_399), ago(86_400), None];
        let counted = told(&all);
        assert_eq!(counted, Some(Informed { now: 2, day: 2, older: 1, unknown: 1 }));
        assert_eq!(counted.unwrap().all(), 6);
        assert_eq!((told(&[None]), told(&[])), (None, None));
    }
}
