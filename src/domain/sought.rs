//! What a device is looked for by, in every spelling that a system may hold.
//!
//! Must not do: look; the ports do.

use crate::domain::identity::{Shape, classify};
use crate::domain::{AcsDevice, MacAddr, ProviderRecord, Serial, Untrusted};

/// What a device is looked for by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sought {
    /// Serials, each in every spelling.
    pub serials: Vec<Untrusted>,
    /// MACs, upper case with colons.
    pub macs: Vec<Untrusted>,
    /// PPPoE logins.
    pub logins: Vec<Untrusted>,
}

impl Sought {
    /// By all that an ACS device is known by.
    #[must_use]
    pub fn of_device(device: &AcsDevice) -> Self {
        let mut sought = Self::default();
        device.serial.iter().chain(&device.macs).for_each(|value| sought.identity(value));
        sought.logins.extend(device.pppoe_login.clone());
        sought
    }

    /// By all that an entry of the Provider is known by.
    #[must_use]
    pub fn of_record(record: &ProviderRecord) -> Self {
        let mut sought = Self::default();
        let values = record.serial.iter().chain(&record.mac);
        values.for_each(|value| sought.identity(value));
        sought.logins.extend(record.login.clone());
        sought
    }

    /// Is there nothing to look for?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.serials.is_empty() && self.macs.is_empty() && self.logins.is_empty()
    }

    /// A serial or MAC, told apart by its shape: columns hold either.
    fn identity(&mut self, value: &Untrusted) {
        match classify(value.raw()) {
            Shape::Blank => {}
            Shape::Mac(mac) => self.mac(mac, value),
            Shape::Serial(serial) => self.serial(&serial, value),
            Shape::Either(serial, mac) => {
                self.serial(&serial, value);
                self.mac(mac, value);
            }
        }
    }

    fn serial(&mut self, serial: &Serial, raw: &Untrusted) {
        for spelling in [raw.raw(), serial.as_str(), &hex_form(serial)] {
            add(&mut self.serials, spelling);
        }
    }

    /// Routers report their MAC as serial, so it is looked for as one too.
    fn mac(&mut self, mac: MacAddr, raw: &Untrusted) {
        let colons = mac.to_string();
        add(&mut self.macs, &colons);
        for spelling in [raw.raw(), &colons, &colons.replace(':', "")] {
            add(&mut self.serials, spelling);
        }
    }
}

fn add(values: &mut Vec<Untrusted>, value: &str) {
    let value = Untrusted::new(value);
    if !values.contains(&value) {
        values.push(value);
    }
}

/// A GPON serial with its vendor in hex (ITU-T G.984.3); any other as it is.
#[must_use]
pub fn hex_form(serial: &Serial) -> String {
    let text = serial.as_str();
    if !serial.is_gpon() {
        return text.to_owned();
    }
    let vendor = text.bytes().take(4).fold(0_u32, |hex, b| hex << 8 | u32::from(b));
    format!("{vendor:08X}{}", &text[4..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_looked_for_and_a_mac_as_a_serial_too() {
        let device = |serial: &str, mac: &str| AcsDevice {
            serial: Some(Untrusted::new(serial)),
            macs: [Untrusted::new(mac)].into(),
            pppoe_login: Some(Untrusted::new("ana")),
            ..AcsDevice::default()
        };
        let raw = |values: &[Untrusted]| -> Vec<String> {
            values.iter().map(|v| v.raw().to_owned()).collect()
        };
        let sought = Sought::of_device(&device("485754431234abcd", "00259e000010"));
        assert_eq!(
            raw(&sought.serials),
            [
                "485754431234abcd",
                "HWTC1234ABCD",
                "485754431234ABCD",
                "00259e000010",
                "00:25:9E:00:00:10",
                "00259E000010"
            ]
        );
        assert_eq!(raw(&sought.macs), ["00:25:9E:00:00:10"]);
        assert_eq!(raw(&sought.logins), ["ana"]);
        assert!(Sought::of_record(&ProviderRecord::default()).is_empty());
    }
}
