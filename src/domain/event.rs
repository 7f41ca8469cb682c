//! What happened in the two systems, and over which time somebody was watching.
//!
//! Must not do: take silence for proof. Only complete coverage makes the absence of
//! an event mean something; listening coverage merely supports it.

use jiff::Timestamp;

use crate::domain::text::Untrusted;

/// What kind of thing happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum EventKind {
    /// A device registered in the ACS.
    DeviceAdded,
    /// A device was deleted by hand in the ACS.
    DeviceDeleted,
    /// With a key: this device was removed by a mass exclusion. Without: one ran.
    MassExclusion,
    /// The ACS finished a synchronisation.
    AcsSync,
    /// The Provider finished a synchronisation.
    ProviderSync,
}

/// One event.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Event {
    /// When it happened.
    pub time: Timestamp,
    /// What happened.
    pub kind: EventKind,
    /// Serial, MAC or ACS id of the device concerned, raw.
    pub key: Option<Untrusted>,
    /// A remark of the source.
    pub note: Option<Untrusted>,
}

/// How much the absence of an event proves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CoverageKind {
    /// An audit export: within it nothing can be missing.
    Complete,
    /// A receiver was up; a hook may still have been lost on its way.
    Listening,
}

/// An interval over which somebody watched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Coverage {
    /// How much its silence proves.
    pub kind: CoverageKind,
    /// First instant covered.
    pub from: Timestamp,
    /// Last instant covered.
    pub to: Timestamp,
}

/// A line of an event file or log: an event, or the start or end of coverage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// Something happened.
    Event(Event),
    /// Coverage begins.
    From(CoverageKind, Timestamp),
    /// Coverage ends.
    To(CoverageKind, Timestamp),
}

/// Events in time order, each once, and the coverage intervals, merged.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventLog {
    /// Sorted by time, kind, key; no event twice.
    pub events: Vec<Event>,
    /// Sorted; intervals of one kind never touch.
    pub coverage: Vec<Coverage>,
}

impl EventLog {
    /// Builds the log; the order of `marks` means nothing and the same mark twice changes nothing.
    ///
    /// A beginning that no end follows covers up to the last mark of the log, as listening:
    /// completeness is only promised between two ends. One that another beginning follows
    /// covers nothing: nobody knows when watching stopped.
    #[must_use]
    pub fn from_marks(marks: impl IntoIterator<Item = Mark>) -> Self {
        let mut events = Vec::new();
        let mut bounds = Vec::new();
        for mark in marks {
            match mark {
                Mark::Event(event) => events.push(event),
                Mark::From(kind, at) => bounds.push((kind, at, true)),
                Mark::To(kind, at) => bounds.push((kind, at, false)),
            }
        }
        events.sort_unstable();
        events.dedup();
        bounds.sort_unstable_by_key(|&(kind, at, from)| (kind, at, from));
        bounds.dedup();
        let last =
            events.last().map(|e| e.time).into_iter().chain(bounds.iter().map(|b| b.1)).max();
        let coverage = intervals(&bounds, last);
        Self { events, coverage }
    }

    /// The same log with `other`'s events and coverage joined in.
    #[must_use]
    pub fn merged(mut self, other: Self) -> Self {
        self.events.extend(other.events);
        self.events.sort_unstable();
        self.events.dedup();
        self.coverage.extend(other.coverage);
        self.coverage = merge(self.coverage);
        self
    }

    /// Does one interval of `kind` hold all of `from..=to`?
    #[must_use]
    pub fn covers(&self, kind: CoverageKind, from: Timestamp, to: Timestamp) -> bool {
        self.coverage.iter().any(|c| c.kind == kind && c.from <= from && to <= c.to)
    }

    /// Complete or, failing that, listening coverage of all of `from..=to`; both kinds
    /// together count as listening.
    #[must_use]
    pub fn coverage_of(&self, from: Timestamp, to: Timestamp) -> Option<CoverageKind> {
        if self.covers(CoverageKind::Complete, from, to) {
            return Some(CoverageKind::Complete);
        }
        let any = self
            .coverage
            .iter()
            .map(|c| Coverage { kind: CoverageKind::Listening, ..*c })
            .collect();
        let joined = merge(any);
        joined.iter().any(|c| c.from <= from && to <= c.to).then_some(CoverageKind::Listening)
    }

    /// Time of the last event of `kind` at or before `until`.
    #[must_use]
    pub fn last(&self, kind: EventKind, until: Timestamp) -> Option<Timestamp> {
        self.events.iter().rev().find(|e| e.kind == kind && e.time <= until).map(|e| e.time)
    }
}

fn intervals(bounds: &[(CoverageKind, Timestamp, bool)], last: Option<Timestamp>) -> Vec<Coverage> {
    let mut found = Vec::new();
    for kind in [CoverageKind::Complete, CoverageKind::Listening] {
        let (mut open, mut ended) = (None, None);
        for &(_, at, is_from) in bounds.iter().filter(|b| b.0 == kind) {
            if !is_from {
                // An end sorts before a beginning of the same instant.
                match open.take() {
                    Some(from) => found.push(Coverage { kind, from, to: at }),
                    None => ended = Some(at),
                }
            } else if ended != Some(at) {
                open = Some(at);
            }
        }
        // Nobody says that it went on: what is known of it is that somebody listened.
        if let (Some(from), Some(to)) = (open, last) {
            found.push(Coverage { kind: CoverageKind::Listening, from, to });
        }
    }
    merge(found)
}

fn merge(mut coverage: Vec<Coverage>) -> Vec<Coverage> {
    coverage.sort_unstable();
    let mut merged: Vec<Coverage> = Vec::with_capacity(coverage.len());
    for next in coverage {
        match merged.last_mut() {
            Some(open) if open.kind == next.kind && next.from <= open.to => {
                open.to = open.to.max(next.to);
            }
            _ => merged.push(next),
        }
    }
    merged
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(s: &str) -> Timestamp {
        format!("2026-11-{s}:00Z").parse().unwrap()
    }

    #[test]
    fn coverage_is_built_from_marks_in_any_order() {
        use CoverageKind::{Complete, Listening};
        let log = EventLog::from_marks([
            Mark::To(Complete, at("03T00:00")),
            Mark::From(Complete, at("01T00:00")),
            Mark::From(Complete, at("01T00:00")),
            Mark::From(Listening, at("03T00:00")),
            Mark::To(Listening, at("05T00:00")),
        ]);
        assert_eq!(log.coverage.len(), 2);
        assert_eq!(log.coverage_of(at("01T00:00"), at("03T00:00")), Some(Complete));
        assert_eq!(log.coverage_of(at("02T00:00"), at("04T00:00")), Some(Listening));
        assert_eq!(log.coverage_of(at("02T00:00"), at("06T00:00")), None);
    }

    #[test]
    fn a_beginning_without_an_end_covers_only_what_is_known() {
        let kind = CoverageKind::Complete;
        let log = EventLog::from_marks([
            Mark::From(kind, at("01T00:00")),
            Mark::From(kind, at("02T00:00")),
            Mark::To(kind, at("03T00:00")),
            Mark::From(kind, at("04T00:00")),
            Mark::Event(Event {
                time: at("05T00:00"),
                kind: EventKind::AcsSync,
                key: None,
                note: None,
            }),
        ]);
        let got: Vec<_> = log.coverage.iter().map(|c| (c.kind, c.from, c.to)).collect();
        let open = (CoverageKind::Listening, at("04T00:00"), at("05T00:00"));
        assert_eq!(got, [(kind, at("02T00:00"), at("03T00:00")), open]);
    }

    #[test]
    fn an_instant_covers_nothing_after_it() {
        let kind = CoverageKind::Complete;
        let later = Event { time: at("09T00:00"), kind: EventKind::AcsSync, key: None, note: None };
        let marks = [Mark::From(kind, at("01T00:00")), Mark::To(kind, at("01T00:00"))];
        let log = EventLog::from_marks(marks.into_iter().chain([Mark::Event(later)]));
        assert_eq!(log.coverage_of(at("02T00:00"), at("03T00:00")), None);
        let marks = [
            Mark::From(kind, at("01T00:00")),
            Mark::To(kind, at("02T00:00")),
            Mark::From(kind, at("02T00:00")),
            Mark::To(kind, at("03T00:00")),
        ];
        let log = EventLog::from_marks(marks);
        assert_eq!(log.coverage_of(at("01T00:00"), at("03T00:00")), Some(kind));
    }
}
