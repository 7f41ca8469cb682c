//! Whether a device carries any of the identities that are looked for.
//!
//! Must not do: ask a source, or normalise by itself; the domain says when two are one.

use crate::domain::identity::{self, MacAddr, PppoeLogin, Serial, Shape};
use crate::domain::search::LAST_DIGITS;
use crate::domain::{AcsDevice, Query, Untrusted};
use crate::ports::{FetchError, FetchErrorKind, Sought};

/// Letters of the vendor in a GPON serial (ITU-T G.984.3).
const GPON_VENDOR: usize = 4;

/// Identities, normalised.
#[derive(Debug, Default)]
pub(super) struct Identities {
    serials: Vec<Serial>,
    macs: Vec<MacAddr>,
    logins: Vec<PppoeLogin>,
}

impl Identities {
    /// Of what is looked for.
    ///
    /// # Errors
    /// Where that is nothing: whoever finds nothing then knows nothing.
    pub fn of(sought: &Sought) -> Result<Self, FetchError> {
        let values = sought.serials.iter().chain(&sought.macs);
        let wanted = Self::made(values, &sought.logins);
        if wanted.serials.is_empty() && wanted.macs.is_empty() && wanted.logins.is_empty() {
            let what = "there is no serial, MAC or login by which the ACS could be searched";
            let hints = ["look for the device in the ACS by hand"];
            return Err(FetchError::new(FetchErrorKind::Unavailable, what, &hints));
        }
        Ok(wanted)
    }

    /// Does the device carry one of them?
    pub fn are_of(&self, device: &AcsDevice) -> bool {
        let have = Self::made(device.serial.iter().chain(&device.macs), &device.pppoe_login);
        let login = |login: &PppoeLogin| self.logins.iter().any(|wanted| wanted.same(login));
        have.serials.iter().any(|serial| self.serials.contains(serial))
            || have.macs.iter().any(|mac| self.macs.contains(mac))
            || have.logins.iter().any(login)
    }

    /// Serials and MACs by their shape: boxes report a MAC as their serial, and the other way.
    fn made<'v>(
        values: impl Iterator<Item = &'v Untrusted>,
        logins: impl IntoIterator<Item = &'v Untrusted>,
    ) -> Self {
        let mut made = Self::default();
        for value in values {
            match identity::classify(value.raw()) {
                Shape::Blank => {}
                Shape::Serial(serial) => made.serials.push(serial),
                Shape::Mac(mac) => made.macs.push(mac),
                Shape::Either(serial, mac) => {
                    made.serials.push(serial);
                    made.macs.push(mac);
                }
            }
        }
        made.logins = logins.into_iter().filter_map(|raw| PppoeLogin::new(raw.raw())).collect();
        made
    }
}

/// The spellings by which devices are asked for as serials: those given, and MACs as routers
/// report them in the place of one.
pub(super) fn as_serials(sought: &Sought) -> Vec<String> {
    let macs = sought.macs.iter().flat_map(|mac| {
        let raw = mac.raw().trim();
        [raw.to_owned(), identity::fold(raw).to_string()]
    });
    let serials = sought.serials.iter().map(|serial| serial.raw().trim().to_owned());
    distinct(serials.chain(macs))
}

/// What a query is asked for by, where a source finds parts of a text.
#[derive(Debug, Default)]
pub(super) struct Texts {
    /// Parts of serials.
    pub serials: Vec<String>,
    /// Parts of logins.
    pub logins: Vec<String>,
}

/// As the source may keep it: a serial with and without its separators, a GPON serial by its last
/// digits, which are the same however its vendor is written, a login without its realm.
pub(super) fn texts(query: &Query) -> Texts {
    let [word] = query.words() else {
        return Texts { serials: query.hardware().to_vec(), logins: Vec::new() };
    };
    let raw = query.raw();
    let mut serials = vec![raw.to_owned()];
    match identity::classify(raw) {
        Shape::Serial(serial) if serial.is_gpon() => {
            serials = vec![serial.as_str()[GPON_VENDOR..].to_owned()];
        }
        Shape::Mac(_) | Shape::Either(..) => serials.push(identity::fold(raw).to_string()),
        Shape::Serial(_) | Shape::Blank => serials.extend(query.hardware().iter().cloned()),
    }
    let local = word.split_once('@').map_or(word.as_str(), |(local, _)| local);
    serials.retain(|text| text.len() >= LAST_DIGITS);
    Texts { serials: distinct(serials.into_iter()), logins: vec![local.to_owned()] }
}

/// The logins, each once.
pub(super) fn logins(sought: &Sought) -> Vec<String> {
    distinct(sought.logins.iter().map(|login| login.raw().trim().to_owned()))
}

/// In the order given, without blanks.
fn distinct(values: impl Iterator<Item = String>) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    for value in values {
        if !value.is_empty() && !kept.contains(&value) {
            kept.push(value);
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(values: &[&str]) -> Vec<Untrusted> {
        values.iter().map(|value| Untrusted::new(value)).collect()
    }

    fn sought(serials: &[&str], macs: &[&str], logins: &[&str]) -> Sought {
        Sought { serials: all(serials), macs: all(macs), logins: all(logins) }
    }

    #[test]
    fn a_device_is_found_by_any_identity_however_it_is_spelled() {
        let device = AcsDevice {
            serial: Some(Untrusted::new("48575443-1234ABCD")),
            macs: all(&["0025.9e00.0011"]).into(),
            pppoe_login: Some(Untrusted::new("Ana@isp")),
            ..AcsDevice::default()
        };
        for (wanted, found) in [
            (sought(&["HWTC1234ABCD"], &[], &[]), true),
            (sought(&["HWTC1234ABCE"], &[], &[]), false),
            (sought(&["x"], &["00:25:9E:00:00:11"], &[]), true),
            // A MAC in the place of a serial.
            (sought(&["00259E000011"], &[], &[]), true),
            (sought(&[], &[], &["ana"]), true),
            (sought(&[], &[], &["ANA@isp "]), true),
            (sought(&[], &[], &["ana@other"]), false),
            (sought(&[], &[], &["an"]), false),
        ] {
            let found_it = Identities::of(&wanted).unwrap().are_of(&device);
            assert_eq!(found_it, found, "{wanted:?}");
        }
        let nobody = AcsDevice::default();
        assert!(!Identities::of(&sought(&["x"], &[], &["y"])).unwrap().are_of(&nobody));
    }

    #[test]
    fn nothing_can_be_looked_for_by_nothing() {
        for wanted in [sought(&[], &[], &[]), sought(&["", " -:."], &["  "], &[""])] {
            let error = Identities::of(&wanted).unwrap_err();
            assert_eq!(error.kind, FetchErrorKind::Unavailable);
        }
    }

    #[test]
    fn spellings_are_asked_for_once_and_macs_as_serials_too() {
        let wanted = sought(&["A", " A ", ""], &["00:25:9E:00:00:11"], &["a", "a", "b"]);
        assert_eq!(as_serials(&wanted), ["A", "00:25:9E:00:00:11", "00259E000011"]);
        assert_eq!(logins(&wanted), ["a", "b"]);
    }
}
