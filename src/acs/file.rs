//! The ACS as an exported file (CLI.md section 3).
//!
//! Must not do: normalise an identity; the engine does.

use crate::domain::{AcsDevice, AnySnapshot, Untrusted};
use crate::ports::{Acs, FetchError, Progress};
use crate::tabular::{self, FileSource, Required, Row, Schema, fields};

fields! {
    Id = "id",
    Serial = "serial",
    Oui = "oui",
    ProductClass = "product_class",
    Manufacturer = "manufacturer",
    Model = "model",
    Mac = "mac",
    PppoeLogin = "pppoe_login",
    Firmware = "firmware",
    WanIp = "wan_ip",
    LastInform = "last_inform",
    Registered = "registered",
    Tags = "tags",
    ProviderDeviceId = "provider_device_id",
    Integrated = "integrated",
}

static SCHEMA: Schema =
    Schema { rows: "devices", fields: NAMES, required: Required::All(&["id", "serial"]) };

/// Reads a device list that the ACS exported.
#[derive(Clone, Debug)]
pub struct FileAcs {
    source: FileSource,
}

impl FileAcs {
    /// Will read `source`, at every fetch anew.
    #[must_use]
    pub fn new(source: FileSource) -> Self {
        Self { source }
    }
}

impl Acs for FileAcs {
    fn fetch(&self, progress: Progress<'_>) -> Result<AnySnapshot<AcsDevice>, FetchError> {
        let table = tabular::read(&self.source, &SCHEMA, progress, device)?;
        let integrated = table.has(Field::Integrated);
        let (mut meta, records) = table.into_side()?;
        meta.supplies.integrated = integrated;
        Ok(AnySnapshot::new(meta, records))
    }
}

/// A row without an id is still a device where it has any other identity, which then stands
/// in for the id.
fn device(row: &mut Row<'_, '_, '_>) -> Option<AcsDevice> {
    let id = row.text(Field::Id);
    let serial = row.text(Field::Serial);
    let macs = row.macs(Field::Mac);
    let pppoe_login = row.text(Field::PppoeLogin);
    let id = match id {
        Some(id) => id,
        None => stand_in(row, [serial.as_ref(), macs.first(), pppoe_login.as_ref()])?,
    };
    Some(AcsDevice {
        id,
        serial,
        oui: row.text(Field::Oui),
        product_class: row.text(Field::ProductClass),
        manufacturer: row.text(Field::Manufacturer),
        model: row.text(Field::Model),
        macs,
        pppoe_login,
        firmware: row.text(Field::Firmware),
        wan_ip: row.text(Field::WanIp),
        last_inform: row.time(Field::LastInform),
        registered: row.time(Field::Registered),
        tags: row.tags(Field::Tags),
        provider_device_id: row.text(Field::ProviderDeviceId),
        integrated: row.yes_no(Field::Integrated),
        extra: row.take_extra(),
    })
}

fn stand_in(row: &mut Row<'_, '_, '_>, others: [Option<&Untrusted>; 3]) -> Option<Untrusted> {
    let names = ["serial", "mac", "pppoe_login"];
    let found = names.iter().zip(others).find_map(|(name, value)| Some((name, value?.clone())));
    let Some((name, value)) = found else {
        row.bad("no id, and no serial, MAC or login either: the row identifies nothing");
        return None;
    };
    row.note(Field::Id, format!("empty; `{name}` stands in for it"), Some(value.clone()));
    Some(value)
}
