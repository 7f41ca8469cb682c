//! Finding a device by whatever a person has at hand: serial, MAC, login or an id.
//!
//! Must not do: decide who pairs with whom in a report; the engine does. Here a key finds
//! records, and the strongest identity that finds any wins.

mod findings;

use std::collections::HashMap;

use crate::domain::identity::{Shape, classify};
use crate::domain::{AcsDevice, DeviceKey, MacAddr, PppoeLogin, ProviderRecord, Serial, Untrusted};
use crate::engine::Finding;

pub use findings::Findings;

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

    /// As it was given, without white space at its ends.
    #[must_use]
    pub fn raw(&self) -> &str {
        &self.raw
    }

    /// The login it may be.
    #[must_use]
    pub fn login(&self) -> Option<&PppoeLogin> {
        self.login.as_ref()
    }

    /// The serial and the MAC it may be.
    fn hardware(&self) -> impl Iterator<Item = DeviceKey> {
        let serial = self.serial.clone().map(DeviceKey::Serial);
        serial.into_iter().chain(self.mac.map(DeviceKey::Mac))
    }

    /// The id it may be in the ACS.
    fn acs_id(&self) -> Option<&str> {
        match &self.key {
            Some(DeviceKey::AcsId(id)) => Some(id.raw()),
            Some(_) => None,
            None => Some(&self.raw),
        }
    }

    /// The id it may be in the Provider.
    fn provider_id(&self) -> Option<&str> {
        match &self.key {
            Some(DeviceKey::ProviderId(id)) => Some(id.raw()),
            Some(_) => None,
            None => Some(&self.raw),
        }
    }
}

/// One side's records by everything that may name them.
#[derive(Debug)]
struct SideIndex<'a, R> {
    records: Vec<&'a R>,
    hardware: HashMap<DeviceKey, Vec<usize>>,
    ids: HashMap<&'a str, Vec<usize>>,
    logins: HashMap<String, Vec<(PppoeLogin, usize)>>,
    login_ids: HashMap<&'a str, Vec<usize>>,
}

impl<'a, R> SideIndex<'a, R> {
    fn over(records: Vec<&'a R>) -> Self {
        let (hardware, ids, logins, login_ids) = Default::default();
        Self { records, hardware, ids, logins, login_ids }
    }

    fn add_hardware(&mut self, value: &Untrusted, at: usize) {
        for key in hardware_keys(value) {
            let all = self.hardware.entry(key).or_default();
            // A serial field and a MAC field often hold the same MAC.
            if all.last() != Some(&at) {
                all.push(at);
            }
        }
    }

    fn add_login(&mut self, value: Option<&Untrusted>, at: usize) {
        if let Some(login) = value.and_then(|v| PppoeLogin::new(v.raw())) {
            self.logins.entry(login.local().to_owned()).or_default().push((login, at));
        }
    }

    /// Every record that a key names in one way.
    fn find(&self, wanted: &Wanted, way: Way, id: Option<&str>) -> Vec<&'a R> {
        let at = self.places(wanted, way, id);
        at.into_iter().filter_map(|i| self.records.get(i)).copied().collect()
    }

    /// Where they stand.
    fn places(&self, wanted: &Wanted, way: Way, id: Option<&str>) -> Vec<usize> {
        match way {
            Way::Hardware => {
                wanted.hardware().filter_map(|k| self.hardware.get(&k)).flatten().copied().collect()
            }
            Way::DeviceId => id.and_then(|id| self.ids.get(id)).cloned().unwrap_or_default(),
            Way::Login => self.by_login(wanted.login.as_ref()),
            Way::LoginId => self.login_ids.get(wanted.raw.as_str()).cloned().unwrap_or_default(),
        }
    }

    fn by_login(&self, login: Option<&PppoeLogin>) -> Vec<usize> {
        let Some(login) = login else { return Vec::new() };
        let alike = self.logins.get(login.local()).into_iter().flatten();
        alike.filter(|(other, _)| other.same(login)).map(|(_, at)| *at).collect()
    }

    /// Where the only record with one of these identities stands, strongest first: two would be a
    /// guess.
    fn only(&self, hardware: &[&Untrusted], login: Option<&Untrusted>) -> Option<usize> {
        let ways = hardware.iter().map(|v| (Way::Hardware, *v));
        let mut ways = ways.chain(login.map(|v| (Way::Login, v)));
        ways.find_map(|(way, value)| {
            let found = self.places(&Wanted::new(value.raw()), way, None);
            if let [only] = found.as_slice() { Some(*only) } else { None }
        })
    }

    fn get(&self, at: usize) -> Option<&'a R> {
        self.records.get(at).copied()
    }
}

/// Both sides' records by everything that may name them.
#[derive(Debug)]
pub struct Index<'a> {
    acs: SideIndex<'a, AcsDevice>,
    provider: SideIndex<'a, ProviderRecord>,
}

/// Both records of one device, as far as either system has it.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Records<'a> {
    /// In the ACS.
    pub acs: Option<&'a AcsDevice>,
    /// In the Provider.
    pub provider: Option<&'a ProviderRecord>,
}

impl<'a> Index<'a> {
    /// Over both sides.
    #[must_use]
    pub fn new(devices: &'a [AcsDevice], records: &'a [ProviderRecord]) -> Self {
        Self::over(devices.iter().collect(), records.iter().collect())
    }

    fn over(devices: Vec<&'a AcsDevice>, records: Vec<&'a ProviderRecord>) -> Self {
        let mut acs = SideIndex::over(devices);
        for (at, device) in acs.records.clone().into_iter().enumerate() {
            device.serial.iter().chain(&device.macs).for_each(|v| acs.add_hardware(v, at));
            acs.ids.entry(device.id.raw()).or_default().push(at);
            acs.add_login(device.pppoe_login.as_ref(), at);
        }
        let mut provider = SideIndex::over(records);
        for (at, record) in provider.records.clone().into_iter().enumerate() {
            record.serial.iter().chain(&record.mac).for_each(|v| provider.add_hardware(v, at));
            if let Some(id) = &record.device_id {
                provider.ids.entry(id.raw()).or_default().push(at);
            }
            if let Some(id) = &record.login_id {
                provider.login_ids.entry(id.raw()).or_default().push(at);
            }
            provider.add_login(record.login.as_ref(), at);
        }
        Self { acs, provider }
    }

    /// Where the records stand that a key names in any way: in the ACS, in the Provider.
    fn named(&self, wanted: &Wanted) -> (Vec<usize>, Vec<usize>) {
        let acs = WAYS.iter().flat_map(|w| self.acs.places(wanted, *w, wanted.acs_id()));
        let provider =
            WAYS.iter().flat_map(|w| self.provider.places(wanted, *w, wanted.provider_id()));
        (acs.collect(), provider.collect())
    }

    /// The records a key names; where it names only one side's, the other side's of the same
    /// device, by serial, MAC, then login.
    #[must_use]
    pub fn records(&self, wanted: &Wanted) -> Records<'a> {
        for way in WAYS {
            let acs = self.acs.find(wanted, way, wanted.acs_id()).first().copied();
            // An entry tells more than the bare row of its login.
            let provider = self.provider.find(wanted, way, wanted.provider_id());
            let provider = provider.iter().find(|p| p.is_entry()).or(provider.first()).copied();
            match (acs, provider) {
                (None, None) => {}
                (Some(device), None) => {
                    let provider = self.of_device(device).and_then(|at| self.provider.get(at));
                    return Records { acs, provider };
                }
                (None, Some(record)) => {
                    let acs = self.of_record(record).and_then(|at| self.acs.get(at));
                    return Records { acs, provider };
                }
                (Some(_), Some(_)) => return Records { acs, provider },
            }
        }
        Records::default()
    }

    /// Every device of the ACS that a key names in the way that wins in [`Index::records`].
    #[must_use]
    pub fn devices(&self, wanted: &Wanted) -> Vec<&'a AcsDevice> {
        for way in WAYS {
            let found = self.acs.find(wanted, way, wanted.acs_id());
            let others = self.provider.places(wanted, way, wanted.provider_id());
            if !found.is_empty() || !others.is_empty() {
                return found;
            }
        }
        Vec::new()
    }

    /// Where the record of an ACS device stands in the Provider, where there is just one.
    #[must_use]
    pub fn of_device(&self, device: &AcsDevice) -> Option<usize> {
        let hardware: Vec<_> = device.serial.iter().chain(&device.macs).collect();
        self.provider.only(&hardware, device.pppoe_login.as_ref())
    }

    /// Where the device of a Provider's record stands in the ACS, where there is just one.
    #[must_use]
    pub fn of_record(&self, record: &ProviderRecord) -> Option<usize> {
        let hardware: Vec<_> = record.serial.iter().chain(&record.mac).collect();
        self.acs.only(&hardware, record.login.as_ref())
    }
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
        keys.extend(hardware_keys(value));
    }
    keys.extend(acs.map(|d| DeviceKey::AcsId(d.id.clone())));
    keys.extend(provider.filter_map(|p| p.device_id.clone()).map(DeviceKey::ProviderId));
    keys.extend(wanted.serial.clone().map(DeviceKey::Serial));
    keys.extend(wanted.mac.map(DeviceKey::Mac));
    keys.sort_unstable();
    keys.dedup();
    keys
}

/// The keys that a serial or a MAC may stand for.
pub(crate) fn hardware_keys(value: &Untrusted) -> Vec<DeviceKey> {
    match classify(value.raw()) {
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
            let found = Index::new(&acs, &provider).records(&Wanted::new(key));
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
