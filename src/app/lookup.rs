//! Finding a device by whatever a person has at hand: serial, MAC, login or an id.
//!
//! Must not do: decide who pairs with whom in a report; the engine does. Here a key finds
//! records, and the strongest identity that finds any wins.

use crate::domain::identity::{Shape, classify, mac};
use crate::domain::{
    AcsDevice, DeviceKey, MacAddr, PppoeLogin, ProviderRecord, Serial, Untrusted,
};
use crate::engine::Finding;

/// A key as a person gave it, in every form it may be meant.
#[derive(Clone, Debug)]
pub struct Wanted {
    raw: String,
    /// The same as a stored key (`serial=…`), where it was copied from a report.
    key: Option<DeviceKey>,
    serial: Option<Serial>,
    mac: Option<MacAddr>,
    login: Option<PppoeLogin>,
}

/// What a key may be, strongest first: the first that finds anything wins.
const WAYS: [Way; 4] = [Way::Hardware, Way::DeviceId, Way::Login, Way::LoginId];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// Serial or MAC.
    Hardware,
    /// The id of a device in either system.
    DeviceId,
    /// PPPoE login.
    Login,
    /// The id of a login.
    LoginId,
}

impl Wanted {
    /// Reads a key.
    #[must_use]
    pub fn new(raw: &str) -> Self {
        let raw = raw.trim();
        let key = DeviceKey::parse(raw);
        let hardware = raw.strip_prefix("serial=").or(raw.strip_prefix("mac=")).unwrap_or(raw);
        let (serial, mac) = match classify(hardware) {
            Shape::Blank => (None, None),
            Shape::Mac(mac) => (None, Some(mac)),
            Shape::Either(serial, mac) => (Some(serial), Some(mac)),
            Shape::Serial(serial) => (Some(serial), None),
        };
        Self { raw: raw.to_owned(), key, serial, mac, login: PppoeLogin::new(raw) }
    }

    /// The key under which an ignore or a note is kept, so that every spelling of it is one:
    /// the serial or the MAC where it has that shape, else the folded login or raw id.
    #[must_use]
    pub fn normal(&self) -> String {
        let has_digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count() >= 4;
        match (&self.key, &self.mac, &self.serial) {
            (Some(key), ..) => key.to_string(),
            (None, Some(mac), None) => DeviceKey::Mac(*mac).to_string(),
            // A login like `ana.lima` has the shape of a serial too; serials carry numbers.
            (None, _, Some(serial)) if has_digits(serial.as_str()) && !self.raw.contains('@') => {
                DeviceKey::Serial(serial.clone()).to_string()
            }
            _ => self.login.as_ref().map_or(self.raw.clone(), |l| l.as_str().to_owned()),
        }
    }

    fn is_hardware(&self, value: Option<&Untrusted>) -> bool {
        let Some(value) = value else { return false };
        match classify(value.raw()) {
            Shape::Blank => false,
            Shape::Mac(other) => self.mac == Some(other),
            Shape::Serial(other) => self.serial.as_ref() == Some(&other),
            Shape::Either(serial, other) => {
                self.serial.as_ref() == Some(&serial) || self.mac == Some(other)
            }
        }
    }

    fn is_id(&self, value: Option<&Untrusted>, kind: fn(&DeviceKey) -> Option<&Untrusted>) -> bool {
        let Some(value) = value else { return false };
        let wanted = self.key.as_ref().and_then(kind).map_or(self.raw.as_str(), Untrusted::raw);
        value.raw() == wanted
    }

    fn is_login(&self, value: Option<&Untrusted>) -> bool {
        let other = value.and_then(|v| PppoeLogin::new(v.raw()));
        self.login.as_ref().zip(other.as_ref()).is_some_and(|(a, b)| a.same(b))
    }

    fn finds_acs(&self, way: Way, device: &AcsDevice) -> bool {
        match way {
            Way::Hardware => {
                self.is_hardware(device.serial.as_ref())
                    || device.macs.iter().any(|m| self.is_hardware(Some(m)))
            }
            Way::DeviceId => self.is_id(Some(&device.id), acs_id),
            Way::Login => self.is_login(device.pppoe_login.as_ref()),
            Way::LoginId => false,
        }
    }

    fn finds_provider(&self, way: Way, record: &ProviderRecord) -> bool {
        match way {
            Way::Hardware => {
                self.is_hardware(record.serial.as_ref()) || self.is_hardware(record.mac.as_ref())
            }
            Way::DeviceId => self.is_id(record.device_id.as_ref(), provider_id),
            Way::Login => self.is_login(record.login.as_ref()),
            Way::LoginId => self.is_id(record.login_id.as_ref(), login_id),
        }
    }
}

fn acs_id(key: &DeviceKey) -> Option<&Untrusted> {
    match key {
        DeviceKey::AcsId(id) => Some(id),
        DeviceKey::Serial(_) | DeviceKey::Mac(_) | DeviceKey::ProviderId(_) => None,
    }
}

fn provider_id(key: &DeviceKey) -> Option<&Untrusted> {
    match key {
        DeviceKey::ProviderId(id) => Some(id),
        DeviceKey::Serial(_) | DeviceKey::Mac(_) | DeviceKey::AcsId(_) => None,
    }
}

fn login_id(_: &DeviceKey) -> Option<&Untrusted> {
    None
}

/// Both records of one device, as far as either system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Records<'a> {
    /// In the ACS.
    pub acs: Option<&'a AcsDevice>,
    /// In the Provider.
    pub provider: Option<&'a ProviderRecord>,
}

/// The records a key names; where it names only one side's, the other side's of the same device.
#[must_use]
pub fn records<'a>(
    wanted: &Wanted,
    acs: &'a [AcsDevice],
    provider: &'a [ProviderRecord],
) -> Records<'a> {
    for way in WAYS {
        let found = Records {
            acs: acs.iter().find(|d| wanted.finds_acs(way, d)),
            // An entry tells more than the bare row of its login.
            provider: provider
                .iter()
                .filter(|p| wanted.finds_provider(way, p))
                .max_by_key(|p| p.is_entry()),
        };
        match found {
            Records { acs: None, provider: None } => {}
            Records { acs: Some(device), provider: None } => {
                return Records { provider: entry_of(device, provider), ..found };
            }
            Records { acs: None, provider: Some(record) } => {
                return Records { acs: device_of(record, acs), ..found };
            }
            Records { acs: Some(_), provider: Some(_) } => return found,
        }
    }
    Records::default()
}

/// The Provider's record of an ACS device, by serial, MAC, then login.
fn entry_of<'a>(device: &AcsDevice, records: &'a [ProviderRecord]) -> Option<&'a ProviderRecord> {
    let hardware = device.serial.iter().chain(&device.macs);
    let by_hardware = hardware.map(|value| (Way::Hardware, value));
    let by_login = device.pppoe_login.iter().map(|value| (Way::Login, value));
    by_hardware.chain(by_login).find_map(|(way, value)| {
        let wanted = Wanted::new(value.raw());
        only(records.iter().filter(|r| wanted.finds_provider(way, r)))
    })
}

/// The ACS's record of a Provider entry, likewise.
fn device_of<'a>(record: &ProviderRecord, devices: &'a [AcsDevice]) -> Option<&'a AcsDevice> {
    let hardware = record.serial.iter().chain(&record.mac);
    let by_hardware = hardware.map(|value| (Way::Hardware, value));
    let by_login = record.login.iter().map(|value| (Way::Login, value));
    by_hardware.chain(by_login).find_map(|(way, value)| {
        let wanted = Wanted::new(value.raw());
        only(devices.iter().filter(|d| wanted.finds_acs(way, d)))
    })
}

/// The only one there is: two would be a guess.
fn only<T>(mut all: impl Iterator<Item = T>) -> Option<T> {
    let first = all.next()?;
    all.next().is_none().then_some(first)
}

/// The finding that holds a key: by its records, its keys, or its id.
#[must_use]
pub fn finding<'a>(
    wanted: &Wanted,
    records: Records<'_>,
    findings: &'a [Finding],
) -> Option<&'a Finding> {
    let holds = |f: &&Finding| {
        f.id == wanted.raw
            || wanted.key.as_ref().is_some_and(|key| f.keys.contains(key))
            || records.acs.is_some_and(|d| f.acs.iter().any(|a| a.id == d.id))
            || records.provider.is_some_and(|p| f.provider.iter().any(|q| same_row(p, q)))
    };
    // A device that both sides lost is in no snapshot; its finding still has its records.
    let gone = |f: &&Finding| {
        WAYS.iter().any(|way| {
            f.acs.iter().any(|d| wanted.finds_acs(*way, d))
                || f.provider.iter().any(|p| wanted.finds_provider(*way, p))
        })
    };
    let in_snapshot = records.acs.is_some() || records.provider.is_some();
    findings
        .iter()
        .find(holds)
        .or_else(|| if in_snapshot { None } else { findings.iter().find(gone) })
}

fn same_row(a: &ProviderRecord, b: &ProviderRecord) -> bool {
    a.device_id == b.device_id && a.login_id == b.login_id && a.serial == b.serial && a.mac == b.mac
}

/// The keys under which a device may be remembered.
#[must_use]
pub fn keys(wanted: &Wanted, records: Records<'_>, finding: Option<&Finding>) -> Vec<DeviceKey> {
    let mut keys: Vec<DeviceKey> = finding.map(|f| f.keys.clone()).unwrap_or_default();
    keys.extend(wanted.key.clone());
    let acs = records.acs.into_iter();
    let provider = records.provider.into_iter();
    let values = acs
        .clone()
        .flat_map(|d| d.serial.iter().chain(&d.macs))
        .chain(provider.clone().flat_map(|p| p.serial.iter().chain(&p.mac)));
    for value in values {
        keys.extend(hardware_keys(value.raw()));
    }
    keys.extend(acs.map(|d| DeviceKey::AcsId(d.id.clone())));
    keys.extend(provider.filter_map(|p| p.device_id.clone()).map(DeviceKey::ProviderId));
    keys.extend(wanted.serial.clone().map(DeviceKey::Serial));
    keys.extend(wanted.mac.map(DeviceKey::Mac));
    keys.sort_unstable();
    keys.dedup();
    keys
}

fn hardware_keys(raw: &str) -> Vec<DeviceKey> {
    match classify(raw) {
        Shape::Blank => Vec::new(),
        Shape::Mac(mac) => vec![DeviceKey::Mac(mac)],
        Shape::Serial(serial) => vec![DeviceKey::Serial(serial)],
        Shape::Either(serial, mac) => vec![DeviceKey::Serial(serial), DeviceKey::Mac(mac)],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(s: &str) -> Option<Untrusted> {
        Untrusted::present(s)
    }

    fn world() -> (Vec<AcsDevice>, Vec<ProviderRecord>) {
        let device = |id: &str, serial: &str, mac: &str, login: &str| AcsDevice {
            id: Untrusted::new(id),
            serial: value(serial),
            macs: value(mac).into_iter().collect(),
            pppoe_login: value(login),
            ..AcsDevice::default()
        };
        let entry = |id: &str, serial: &str, login_id: &str, login: &str| ProviderRecord {
            device_id: value(id),
            serial: value(serial),
            login_id: value(login_id),
            login: value(login),
            ..ProviderRecord::default()
        };
        (
            vec![
                device("a1", "HWTC00000001", "00:25:9E:00:00:10", "ana.lima"),
                device("a2", "4857544300000002", "", "bruno"),
                device("a3", "", "00:25:9E:00:00:30", "carla"),
            ],
            vec![
                entry("d1", "HWTC00000001", "7", "ana.lima@isp"),
                entry("", "", "8", "bruno"),
                entry("d8", "HWTC00000088", "9", "dora"),
            ],
        )
    }

    #[test]
    fn finds_both_records_by_anything() {
        let (acs, provider) = world();
        for (key, a, p) in [
            ("HWTC00000001", Some("a1"), Some("7")),
            ("hwtc-0000-0001", Some("a1"), Some("7")),
            ("4857544300000001", Some("a1"), Some("7")),
            ("00259e000010", Some("a1"), Some("7")),
            ("serial=HWTC00000001", Some("a1"), Some("7")),
            ("mac=00:25:9E:00:00:10", Some("a1"), Some("7")),
            ("ANA.LIMA@isp", Some("a1"), Some("7")),
            ("a1", Some("a1"), Some("7")),
            ("acs=a1", Some("a1"), Some("7")),
            ("d1", Some("a1"), Some("7")),
            ("provider=d1", Some("a1"), Some("7")),
            ("7", Some("a1"), Some("7")),
            ("HWTC00000002", Some("a2"), Some("8")),
            ("a3", Some("a3"), None),
            ("HWTC00000088", None, Some("9")),
            ("nobody", None, None),
            ("", None, None),
        ] {
            let found = records(&Wanted::new(key), &acs, &provider);
            assert_eq!(found.acs.map(|d| d.id.raw()), a, "{key}");
            let login_id = found.provider.and_then(|p| p.login_id.as_ref());
            assert_eq!(login_id.map(Untrusted::raw), p, "{key}");
        }
    }

    #[test]
    fn every_spelling_of_a_key_is_kept_as_one() {
        for (raw, normal) in [
            ("hwtc 1234-abcd", "serial=HWTC1234ABCD"),
            ("485754431234ABCD", "serial=HWTC1234ABCD"),
            ("0025.9e00.0010", "mac=00:25:9E:00:00:10"),
            ("Ana.Lima", "ana.lima"),
            ("Ana.Lima@ISP", "ana.lima@isp"),
            ("acs=00-X%2D1", "acs=00-X%2D1"),
            ("serial=HWTC1234ABCD", "serial=HWTC1234ABCD"),
            ("a12", "a12"),
            ("login2026@isp", "login2026@isp"),
        ] {
            assert_eq!(Wanted::new(raw).normal(), normal, "{raw}");
        }
    }
}
