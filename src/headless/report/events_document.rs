//! One line of an event file (CLI.md section 3), for whoever writes one.
//!
//! Must not do: read one; `event_file` does.

use schemars::JsonSchema;
use serde::Serialize;

/// What happened, or where watching begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum EventLineKind {
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
    /// From here on nothing can be missing, as in an audit export.
    ListeningFrom,
    /// Up to here.
    ListeningTo,
    /// From here on a receiver was up; a hook may still be lost.
    WebhookFrom,
    /// Up to here.
    WebhookTo,
}

/// One line of an event file. The order of lines means nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[schemars(rename = "Event")]
pub struct EventLine {
    /// RFC 3339; without a zone it is read in the profile's timezone.
    #[schemars(length(min = 1))]
    pub time: String,
    /// What happened.
    pub kind: EventLineKind,
    /// Serial, MAC or ACS id of the device; empty or absent where it names none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// A remark of the source.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}
