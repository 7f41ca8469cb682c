//! A register of the ACS as a device.
//!
//! Must not do: guess what `status` means, or normalise an identity; the engine does.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::acs::ixc::StatusMeans;
use crate::acs::ixc::fields::Field;
use crate::acs::ixc::page::Values;
use crate::domain::text::KEPT_BYTES_MAX;
use crate::domain::{AcsDevice, Extra, Untrusted};
use crate::tabular;

/// The columns beyond the known ones, by number.
const EXTRA: [&str; 2] = ["hardwareVersion", "online"];

/// How registers are read.
#[derive(Clone, Debug)]
pub(super) struct Reader {
    pub zone: TimeZone,
    status_means: Option<StatusMeans>,
    /// The columns beyond the known ones, of what it reads.
    pub extra_columns: Vec<Box<str>>,
}

/// A register that identifies a device.
pub(super) struct Register {
    pub device: AcsDevice,
    /// Does the ACS list it as removed?
    pub removed: bool,
    /// Values that fit no form of their kind: field and value.
    pub unread: Vec<(&'static str, Untrusted)>,
}

/// The serial as it came, which is also the id; `None` where there is none to ask by.
pub(super) fn serial(values: &Values) -> Option<&str> {
    values.one(Field::Serial).filter(|serial| serial.len() <= KEPT_BYTES_MAX)
}

impl Reader {
    /// Times without a zone are in this one.
    pub fn new(zone: TimeZone, status_means: Option<StatusMeans>) -> Self {
        // The last column is there only where `status` is told to mean it.
        let told = status_means == Some(StatusMeans::Online);
        let columns = if told { EXTRA.len() } else { EXTRA.len() - 1 };
        let extra_columns = EXTRA[..columns].iter().map(|name| (*name).into()).collect();
        Self { zone, status_means, extra_columns }
    }

    /// Reads a register; `None` where it has no serial.
    pub fn read(&self, values: &Values) -> Option<Register> {
        let serial = Untrusted::new(serial(values)?);
        let mut unread = Vec::new();
        let text = |field| values.one(field).and_then(Untrusted::present);
        let device = AcsDevice {
            serial: Untrusted::present(serial.raw()),
            id: serial,
            oui: text(Field::Oui),
            product_class: text(Field::ProductClass),
            manufacturer: text(Field::Manufacturer),
            model: text(Field::Model),
            macs: list(values.all(Field::Mac)),
            pppoe_login: text(Field::PppoeLogin),
            firmware: text(Field::Firmware),
            wan_ip: text(Field::WanIp),
            last_inform: self.time(values, Field::LastInform, "last_inform", &mut unread),
            registered: self.time(values, Field::Registered, "registered", &mut unread),
            tags: list(values.all(Field::Tags)),
            provider_device_id: text(Field::ProviderDeviceId),
            integrated: flag(values, Field::Integrated, "integrated", &mut unread),
            extra: Extra::new(),
        };
        let status = self.status_means.and_then(|means| {
            let status = flag(values, Field::Status, "status", &mut unread)?;
            Some((means, status))
        });
        let mut register =
            Register { device, removed: status == Some((StatusMeans::Active, false)), unread };
        let online = match status {
            Some((StatusMeans::Online, online)) => {
                Some(Untrusted::new(if online { "true" } else { "false" }))
            }
            _ => None,
        };
        let extra = (0_u16..).zip([text(Field::Hardware), online]);
        register.device.extra = extra.filter_map(|(n, value)| Some((n, value?))).collect();
        Some(register)
    }

    fn time(
        &self,
        values: &Values,
        field: Field,
        name: &'static str,
        unread: &mut Vec<(&'static str, Untrusted)>,
    ) -> Option<Timestamp> {
        let text = values.one(field)?;
        let read = time(text, &self.zone);
        if read.is_err() {
            unread.push((name, Untrusted::new(text)));
        }
        read.ok().flatten()
    }
}

/// The text is no time.
pub(super) struct NoTime;

/// Reads a time; `None` where it says "no time": SQL's zero date, or the year 1 of TR-106.
pub(super) fn time(text: &str, zone: &TimeZone) -> Result<Option<Timestamp>, NoTime> {
    let text = text.trim();
    if text.is_empty() || ["0000-00-00", "0001-01-01"].iter().any(|none| text.starts_with(none)) {
        return Ok(None);
    }
    tabular::time(text, zone).map(Some).ok_or(NoTime)
}

fn flag(
    values: &Values,
    field: Field,
    name: &'static str,
    unread: &mut Vec<(&'static str, Untrusted)>,
) -> Option<bool> {
    let text = values.one(field)?.trim();
    let is = |words: &[&str]| words.iter().any(|word| text.eq_ignore_ascii_case(word));
    if is(&["true", "1", "s", "sim", "yes", "online", "active", "ativo"]) {
        return Some(true);
    }
    if is(&["false", "0", "n", "não", "nao", "no", "offline", "inactive", "inativo"]) {
        return Some(false);
    }
    unread.push((name, Untrusted::new(text)));
    None
}

/// A list: an array, or text that holds several.
fn list<L: FromIterator<Untrusted>>(values: &[String]) -> L {
    values
        .iter()
        .flat_map(|text| text.split([';', ',', '|']))
        .filter_map(Untrusted::present)
        .collect()
}
