//! MACs and WAN address of single devices, which the list does not show.
//!
//! Must not do: keep anything else of the answer: it carries PPPoE passwords.

use std::borrow::Cow;
use std::fmt;
use std::net::IpAddr;
use std::sync::atomic::Ordering;

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};

use crate::acs::ixc::IxcAcs;
use crate::acs::ixc::answer::{Failure, unexpected};
use crate::acs::path::one_step;
use crate::domain::{AcsDevice, Untrusted, identity};
use crate::http::{Method, Request, Trouble};
use crate::ports::FetchError;

/// The most devices that are asked in one fetch: each costs a request.
const DEVICES_MAX: u32 = 500;

/// Requests of the day that are left for other things.
const KEPT_BACK: u64 = 20;

/// The most MACs of one device.
const MACS_MAX: usize = 16;

/// The most values of one answer that are looked at.
const VALUES_MAX: usize = 20_000;

/// After so many failures in a row the rest is not asked.
const FAILURES_MAX: u32 = 3;

/// Names of a WAN address, in lower case.
const IP_NAMES: [&str; 6] =
    ["externalipaddress", "ipaddress", "wanip", "wanipaddress", "ipv4", "ip"];

impl IxcAcs {
    /// Asks for each device's WAN connections, while the requests of the day suffice.
    ///
    /// # Errors
    /// Where the ACS refuses, or fails for several devices in a row.
    pub(super) fn fill_in(&self, devices: &mut [&mut AcsDevice]) -> Result<(), FetchError> {
        let (total, mut failures) = (devices.len(), 0);
        for (n, device) in devices.iter_mut().enumerate() {
            if !self.may_ask_one_more() {
                tracing::info!(asked = n, of = total, "no more devices are asked for their MACs");
                return Ok(());
            }
            match self.wan(device) {
                Ok(()) => failures = 0,
                Err(Failure { trouble: Some(Trouble::Budget | Trouble::Deadline), error }) => {
                    tracing::info!(asked = n, of = total, why = error.what, "MACs are left out");
                    return Ok(());
                }
                Err(Failure { trouble: Some(trouble), error }) if is_its_own(trouble) => {
                    failures += 1;
                    if failures == FAILURES_MAX {
                        return Err(error);
                    }
                    tracing::info!(why = error.what, "one device's MACs are not known");
                }
                Err(failure) => return Err(failure.error),
            }
        }
        Ok(())
    }

    fn may_ask_one_more(&self) -> bool {
        if self.left_today().is_some_and(|left| left <= KEPT_BACK) {
            return false;
        }
        self.completed.fetch_add(1, Ordering::Relaxed) < DEVICES_MAX
    }

    fn wan(&self, device: &mut AcsDevice) -> Result<(), Failure> {
        let serial = one_step(device.id.raw());
        let path = format!("/api/v2/devices/{serial}/ethernet/ppp");
        let reply = self.ask(&Request::read(Method::Get, path))?;
        if reply.head.status == 404 && !reply.is_html() {
            return Ok(());
        }
        let found = if reply.head.is_success() { Found::read(&reply.body) } else { None };
        let Some(found) = found else {
            return Err(unexpected(&reply, "WAN connections of a device").into());
        };
        for mac in found.macs {
            let known = device.macs.iter().any(|m| identity::mac(m.raw()) == identity::mac(&mac));
            if !known && device.macs.len() < MACS_MAX {
                device.macs.push(Untrusted::new(&mac));
            }
        }
        if device.wan_ip.is_none() {
            device.wan_ip = found.ip.as_deref().and_then(Untrusted::present);
        }
        Ok(())
    }
}

/// May the failure be one of this device alone?
fn is_its_own(trouble: Trouble) -> bool {
    matches!(
        trouble,
        Trouble::Server
            | Trouble::Timeout
            | Trouble::Cut
            | Trouble::Garbled
            | Trouble::TooLarge
            | Trouble::Settings
    )
}

/// What is looked for in an answer, wherever it stands.
#[derive(Default)]
struct Found {
    macs: Vec<String>,
    ip: Option<String>,
    values: usize,
}

impl Found {
    /// Walks through JSON; `None` where it is none, or too much.
    fn read(body: &[u8]) -> Option<Self> {
        let mut found = Self::default();
        let mut reader = serde_json::Deserializer::from_slice(body);
        Walk { key: "", found: &mut found }.deserialize(&mut reader).ok()?;
        reader.end().ok().map(|()| found)
    }

    fn take(&mut self, key: &str, text: &str) {
        let key = key.to_lowercase();
        let text = text.trim();
        if key.contains("mac") && self.macs.len() < MACS_MAX {
            if let Some(mac) = identity::mac(text)
                && mac.as_u64() != 0
                && !self.macs.iter().any(|known| known == text)
            {
                self.macs.push(text.to_owned());
            }
        } else if self.ip.is_none() && IP_NAMES.contains(&key.as_str()) {
            let is_one = text.parse::<IpAddr>().is_ok_and(|ip| !ip.is_unspecified());
            self.ip = is_one.then(|| text.to_owned());
        }
    }
}

/// A value below `key`.
struct Walk<'k, 'f> {
    key: &'k str,
    found: &'f mut Found,
}

impl<'de> DeserializeSeed<'de> for Walk<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        self.found.values += 1;
        if self.found.values > VALUES_MAX {
            return Err(D::Error::custom("too many values"));
        }
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Walk<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            map.next_value_seed(Walk { key: &key, found: self.found })?;
        }
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(Walk { key: self.key, found: self.found })?.is_some() {}
        Ok(())
    }

    fn visit_str<E>(self, text: &str) -> Result<(), E> {
        self.found.take(self.key, text);
        Ok(())
    }

    fn visit_bool<E>(self, _: bool) -> Result<(), E> {
        Ok(())
    }

    fn visit_u64<E>(self, _: u64) -> Result<(), E> {
        Ok(())
    }

    fn visit_i64<E>(self, _: i64) -> Result<(), E> {
        Ok(())
    }

    fn visit_f64<E>(self, _: f64) -> Result<(), E> {
        Ok(())
    }

    fn visit_unit<E>(self) -> Result<(), E> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn macs_are_found_under_any_name_that_says_so() {
        let body = "[{\"macAddress\":\"00:25:9E:00:00:10\",\"password\":\"00:25:9E:00:00:99\",\
            \"wan\":{\"MAC\":[\"00259e000011\",\"00:00:00:00:00:00\",\"x\",12],\"ip\":\"0.0.0.0\",\
            \"externalIPAddress\":\"100.64.0.9\"},\"wanMac\":\"00:25:9E:00:00:10\"}]";
        let found = Found::read(body.as_bytes()).unwrap();
        assert_eq!(found.macs, ["00:25:9E:00:00:10", "00259e000011"]);
        assert_eq!(found.ip.as_deref(), Some("100.64.0.9"));
        assert!(Found::read(b"<html>").is_none() && Found::read(b"{} {}").is_none());
        let deep = "[".repeat(100_000);
        assert!(Found::read(deep.as_bytes()).is_none());
        let many = format!("[{}1]", "1,".repeat(VALUES_MAX));
        assert!(Found::read(many.as_bytes()).is_none());
    }
}
