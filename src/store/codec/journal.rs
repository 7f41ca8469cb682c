//! Stored forms of the journal's small things: tombstones, events, coverage, ignores, notes.
//!
//! Must not do: hold more of a device than tells who it was, and when; or a person's number
//! or address that somebody typed into a remark.

use std::borrow::Cow;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::subscriber::scrub;
use crate::domain::{AcsDevice, Coverage, CoverageKind, Event, EventKind, Untrusted};
use crate::engine::{Ignore, Removal, Tombstone};
use crate::store::codec::{Bad, bad, wired};
use crate::store::notes::Note;

/// Mirror of [`Tombstone`]: the device's identity, model and times.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct TombstoneLine<'a> {
    #[serde(borrow)]
    device: DeviceLine<'a>,
    pub seen: Timestamp,
    pub missed: Timestamp,
    #[serde(borrow)]
    removal: Cow<'a, str>,
    cohort: u32,
}

#[derive(Serialize, Deserialize)]
struct DeviceLine<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    serial: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    oui: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    product_class: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    manufacturer: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    model: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    macs: Vec<Known<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pppoe_login: Text<'a>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    firmware: Text<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_inform: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registered: Option<Timestamp>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    provider_device_id: Text<'a>,
}

/// A text that is read where it lies, unless JSON had to escape it.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
struct Known<'a>(#[serde(borrow)] Cow<'a, str>);

impl<'a> Known<'a> {
    fn of(value: &'a Untrusted) -> Self {
        Self(Cow::Borrowed(value.raw()))
    }

    fn untrusted(&self) -> Untrusted {
        Untrusted::new(&self.0)
    }
}

type Text<'a> = Option<Known<'a>>;

fn text(value: Option<&Untrusted>) -> Text<'_> {
    value.map(Known::of)
}

fn untrusted(value: Text<'_>) -> Option<Untrusted> {
    value.map(|v| v.untrusted())
}

impl<'a> TombstoneLine<'a> {
    pub(in crate::store) fn of(tombstone: &'a Tombstone) -> Self {
        let d = &tombstone.device;
        Self {
            device: DeviceLine {
                id: Cow::Borrowed(d.id.raw()),
                serial: text(d.serial.as_ref()),
                oui: text(d.oui.as_ref()),
                product_class: text(d.product_class.as_ref()),
                manufacturer: text(d.manufacturer.as_ref()),
                model: text(d.model.as_ref()),
                macs: d.macs.iter().map(Known::of).collect(),
                pppoe_login: text(d.pppoe_login.as_ref()),
                firmware: text(d.firmware.as_ref()),
                last_inform: d.last_inform,
                registered: d.registered,
                provider_device_id: text(d.provider_device_id.as_ref()),
            },
            seen: tombstone.seen,
            missed: tombstone.missed,
            removal: Cow::Borrowed(tombstone.removal.wire()),
            cohort: tombstone.cohort,
        }
    }

    pub(in crate::store) fn tombstone(self) -> Result<Tombstone, Bad> {
        let d = self.device;
        let device = AcsDevice {
            id: Untrusted::new(&d.id),
            serial: untrusted(d.serial),
            oui: untrusted(d.oui),
            product_class: untrusted(d.product_class),
            manufacturer: untrusted(d.manufacturer),
            model: untrusted(d.model),
            macs: d.macs.iter().map(Known::untrusted).collect(),
            pppoe_login: untrusted(d.pppoe_login),
            firmware: untrusted(d.firmware),
            last_inform: d.last_inform,
            registered: d.registered,
            provider_device_id: untrusted(d.provider_device_id),
            ..AcsDevice::default()
        };
        let removal = wired(Removal::from_wire, &self.removal)?;
        let Self { seen, missed, cohort, .. } = self;
        Ok(Tombstone { device, seen, missed, removal, cohort })
    }
}

/// When a device was missed, of its tombstone; the rest is passed over.
#[derive(Deserialize)]
pub(in crate::store) struct MissedLine {
    pub missed: Timestamp,
}

/// Names and key bytes of the kinds of events (CLI.md section 3). Numbers are never reused.
const KINDS: [(EventKind, &str, u8); 5] = [
    (EventKind::DeviceAdded, "device-added", 1),
    (EventKind::DeviceDeleted, "device-deleted", 2),
    (EventKind::MassExclusion, "mass-exclusion", 3),
    (EventKind::AcsSync, "acs-sync", 4),
    (EventKind::ProviderSync, "provider-sync", 5),
];

/// Mirror of [`Event`].
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct EventLine {
    pub time: Timestamp,
    kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
}

impl EventLine {
    pub(in crate::store) fn of(event: &Event) -> Self {
        Self {
            time: event.time,
            kind: kind_of(event.kind).0.to_owned(),
            key: event.key.as_ref().map(|key| key.raw().to_owned()),
            note: event.note.as_ref().map(|n| scrub(n.raw()).into_owned()),
        }
    }

    pub(in crate::store) fn event(self) -> Result<Event, Bad> {
        let kind =
            KINDS.iter().find(|k| k.1 == self.kind).ok_or_else(|| bad("an unknown event"))?;
        let known = |text: Option<String>| text.map(|text| Untrusted::new(&text));
        let (key, note) = (known(self.key), known(self.note));
        Ok(Event { time: self.time, kind: kind.0, key, note })
    }
}

/// Name and key byte.
pub(in crate::store) fn kind_of(kind: EventKind) -> (&'static str, u8) {
    KINDS.iter().find(|k| k.0 == kind).map_or(("", 0), |k| (k.1, k.2))
}

/// Names of the kinds of coverage, as keys.
pub(in crate::store) const COVERAGES: [(CoverageKind, &str); 2] =
    [(CoverageKind::Complete, "complete"), (CoverageKind::Listening, "listening")];

/// Mirror of the [`Coverage`] of one kind: from, to.
pub(in crate::store) type CoverageLine = Vec<(Timestamp, Timestamp)>;

pub(in crate::store) fn coverage_line(kind: CoverageKind, all: &[Coverage]) -> CoverageLine {
    all.iter().filter(|c| c.kind == kind).map(|c| (c.from, c.to)).collect()
}

/// Mirror of [`Ignore`].
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct IgnoreLine {
    key: String,
    reason: String,
    since: Timestamp,
    until: Option<Timestamp>,
}

impl IgnoreLine {
    pub(in crate::store) fn of(ignore: &Ignore) -> Self {
        Self {
            key: ignore.key.raw().to_owned(),
            reason: scrub(&ignore.reason).into_owned(),
            since: ignore.since,
            until: ignore.until,
        }
    }

    pub(in crate::store) fn ignore(self) -> Ignore {
        let Self { key, reason, since, until } = self;
        Ignore { key: Untrusted::new(&key), reason, since, until }
    }
}

/// Mirror of [`Note`].
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct NoteLine {
    text: String,
    actor: String,
    at: Timestamp,
}

impl NoteLine {
    pub(in crate::store) fn of(note: &Note) -> Self {
        let Note { text, actor, at } = note;
        Self { text: scrub(text).into_owned(), actor: actor.clone(), at: *at }
    }

    pub(in crate::store) fn note(self) -> Note {
        let Self { text, actor, at } = self;
        Note { text, actor, at }
    }
}
