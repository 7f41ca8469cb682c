//! Everything that happened, as an audit export tells it, or only what a webhook receiver heard.
//!
//! Must not do: say more than its source would: a webhook receiver hears of no mass exclusion
//! (R4) and of no synchronisation.

use std::fmt::Write as _;

use jiff::Timestamp;

use super::World;

/// What happened in the ACS or between the systems.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Happening {
    /// A device registered.
    Added(String),
    /// A device was deleted by hand; its webhook may have been lost.
    Deleted {
        /// Serial, in the box's spelling.
        serial: String,
        /// Did the webhook never arrive?
        is_lost: bool,
    },
    /// A mass exclusion ran.
    ExclusionRan,
    /// It took this device.
    Excluded(String),
    /// The ACS synchronised.
    AcsSync,
    /// The Provider synchronised.
    ProviderSync,
}

impl Happening {
    /// The wire name of its kind, and the device concerned.
    #[must_use]
    pub fn told(&self) -> (&'static str, Option<&str>) {
        match self {
            Self::Added(serial) => ("device-added", Some(serial)),
            Self::Deleted { serial, .. } => ("device-deleted", Some(serial)),
            Self::ExclusionRan => ("mass-exclusion", None),
            Self::Excluded(serial) => ("mass-exclusion", Some(serial)),
            Self::AcsSync => ("acs-sync", None),
            Self::ProviderSync => ("provider-sync", None),
        }
    }

    /// Did a webhook of it arrive?
    #[must_use]
    pub fn was_heard(&self) -> bool {
        matches!(self, Self::Added(_) | Self::Deleted { is_lost: false, .. })
    }
}

impl World {
    pub(super) fn note(&mut self, happening: Happening) {
        self.audit.push((self.now, happening));
    }

    /// What happened from `from` on, in time order.
    pub fn happenings(&self, from: Timestamp) -> impl Iterator<Item = &(Timestamp, Happening)> {
        let first = self.audit.partition_point(|(at, _)| *at < from);
        self.audit[first..].iter()
    }

    /// NDJSON of CLI.md section 3. The audit log is complete between its ends; as a listener,
    /// only what arrived while it was up.
    #[must_use]
    pub fn events(&self, from: Timestamp, as_listener: bool) -> String {
        let from = from.max(self.start).min(self.now);
        let (begin, end) = if as_listener {
            ("webhook-from", "webhook-to")
        } else {
            ("listening-from", "listening-to")
        };
        let watched = if as_listener { self.listened(from) } else { vec![(from, self.now)] };
        let mut text = String::new();
        for (up, down) in &watched {
            line(&mut text, *up, begin, None);
            line(&mut text, *down, end, None);
        }
        for (at, happening) in self.happenings(from) {
            let is_up = watched.iter().any(|(up, down)| up <= at && at <= down);
            if is_up && (!as_listener || happening.was_heard()) {
                let (kind, key) = happening.told();
                line(&mut text, *at, kind, key);
            }
        }
        text
    }

    /// When the receiver was up since `from`.
    fn listened(&self, from: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let mut gaps = self.listener_gaps.clone();
        gaps.sort_unstable();
        let (mut up, mut watched) = (from, Vec::new());
        for (down, again) in gaps {
            if again <= up || down >= self.now {
                continue;
            }
            if down > up {
                watched.push((up, down));
            }
            up = again;
        }
        if up < self.now {
            watched.push((up, self.now));
        }
        watched
    }
}

fn line(text: &mut String, at: Timestamp, kind: &str, key: Option<&str>) {
    let mut event = serde_json::json!({"time": at.to_string(), "kind": kind});
    if let Some(key) = key {
        event["key"] = key.into();
    }
    // Writing to a String can't fail.
    let _ = writeln!(text, "{event}");
}
