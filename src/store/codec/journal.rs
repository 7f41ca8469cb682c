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
use crate::store::codec::typed::{Typed, typed};
use crate::store::codec::{Bad, bad, wired};
use crate::store::notes::Note;

/// Mirror of [`Tombstone`], for other programs and as older versions stored it: the device's
/// identity, model and times.
#[derive(Serialize, Deserialize)]
pub(in crate::store) struct TombstoneLine<'a> {
    #[serde(borrow)]
    device: DeviceLine<'a>,
    seen: Timestamp,
    missed: Timestamp,
    #[serde(borrow)]
    removal: Cow<'a, str>,
    cohort: u32,
}

#[derive(Serialize, Deserialize)]
struct DeviceLine<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    serial: Option<Typed<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    oui: Option<Typed<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    product_class: Option<Typed<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    manufacturer: Option<Typed<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    model: Option<Typed<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    macs: Vec<Typed<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pppoe_login: Option<Typed<'a>>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    firmware: Option<Typed<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_inform: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    registered: Option<Timestamp>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    provider_device_id: Option<Typed<'a>>,
}

impl<'a> TombstoneLine<'a> {
    pub(in crate::store) fn of(tombstone: &'a Tombstone) -> Self {
        let d = &tombstone.device;
        Self {
            device: DeviceLine {
                id: Cow::Borrowed(d.id.raw()),
                serial: Typed::identity(d.serial.as_ref()),
                oui: Typed::identity(d.oui.as_ref()),
                product_class: Typed::identity(d.product_class.as_ref()),
                manufacturer: Typed::identity(d.manufacturer.as_ref()),
                model: Typed::identity(d.model.as_ref()),
                macs: d.macs.iter().filter_map(|mac| Typed::identity(Some(mac))).collect(),
                pppoe_login: Typed::identity(d.pppoe_login.as_ref()),
                firmware: Typed::identity(d.firmware.as_ref()),
                last_inform: d.last_inform,
                registered: d.registered,
                provider_device_id: Typed::identity(d.provider_device_id.as_ref()),
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
            serial: typed(d.serial.as_ref()),
            oui: typed(d.oui.as_ref()),
            product_class: typed(d.product_class.as_ref()),
            manufacturer: typed(d.manufacturer.as_ref()),
            model: typed(d.model.as_ref()),
            macs: d.macs.iter().map(Typed::untrusted).collect(),
            pppoe_login: typed(d.pppoe_login.as_ref()),
            firmware: typed(d.firmware.as_ref()),
            last_inform: d.last_inform,
            registered: d.registered,
            provider_device_id: typed(d.provider_device_id.as_ref()),
            ..AcsDevice::default()
        };
        let removal = wired(Removal::from_wire, &self.removal)?;
        let Self { seen, missed, cohort, .. } = self;
        Ok(Tombstone { device, seen, missed, removal, cohort })
    }
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
