//! What identifies a record, after placeholders are set aside.
//!
//! Must not do: pair. It only says what each record may be paired by.

use compact_str::CompactString;
use hashbrown::{HashMap, HashSet};
use smallvec::SmallVec;

use super::index::Index;
use crate::domain::identity::{Shape, fold, shape_of};
use crate::domain::{AcsDevice, DeviceKey, MacAddr, PppoeLogin, ProviderRecord, Serial, Untrusted};
use crate::engine::rules::Rules;

/// What identifies one record; empty where everything on it is blank or junk.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// A plausible serial: not blank, not a placeholder, not a MAC.
    pub serial: Option<Serial>,
    /// MACs, in the record's order, each once.
    pub macs: SmallVec<[MacAddr; 2]>,
    /// The PPPoE login, unless it is generic.
    pub login: Option<PppoeLogin>,
    /// What few records have. There is an identity for every record, so it is kept elsewhere.
    seldom: Option<Box<Seldom>>,
}

/// What identifies nobody, what tells two vendors apart, and what only the other side can tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Seldom {
    serial_as_mac: Option<MacAddr>,
    generic_login: bool,
    placeholder: Option<Untrusted>,
    oui: Option<CompactString>,
}

/// Which column a value stood in: breaks ties only where the shape doesn't decide.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Serial,
    Mac,
}

/// A value in a MAC column is taken for a serial only from this length on: `N/A` is neither.
const SERIAL_IN_MAC_COLUMN_MIN: usize = 8;

/// More records of one side than this with one serial and different MACs: a placeholder.
const SHARED_SERIAL_MAX: usize = 5;

impl Identity {
    /// Reads an ACS device.
    #[must_use]
    pub fn of_acs(device: &AcsDevice, rules: &Rules) -> Self {
        let mut identity = Self::read(device.serial.as_ref(), device.macs.iter(), rules);
        identity.set_login(device.pppoe_login.as_ref(), rules);
        identity
    }

    /// Reads a Provider row.
    #[must_use]
    pub fn of_provider(record: &ProviderRecord, oui: Option<u16>, rules: &Rules) -> Self {
        let mut identity = Self::read(record.serial.as_ref(), record.mac.iter(), rules);
        identity.set_login(record.login.as_ref(), rules);
        let oui = oui.and_then(|column| record.extra.iter().find(|(c, _)| *c == column));
        if let Some((_, value)) = oui {
            identity.seldom_mut().oui = Some(fold(value.raw()));
        }
        identity
    }

    /// Adds the OUI of an ACS device: worth the work only where the other side has some too.
    pub(super) fn add_oui(&mut self, device: &AcsDevice) {
        if let Some(oui) = &device.oui {
            self.seldom_mut().oui = Some(fold(oui.raw()));
        }
    }

    fn read<'a>(
        serial: Option<&Untrusted>,
        macs: impl Iterator<Item = &'a Untrusted>,
        rules: &Rules,
    ) -> Self {
        let mut identity = Self::default();
        let mut either = None;
        for (value, column) in
            serial.map(|s| (s, Column::Serial)).into_iter().chain(macs.map(|m| (m, Column::Mac)))
        {
            let folded = fold(value.raw());
            if rules.placeholders.matches(&folded) {
                identity.note_placeholder(value.clone());
                continue;
            }
            match shape_of(value.raw(), folded) {
                Shape::Blank => {}
                Shape::Mac(mac) => identity.add_mac(mac),
                Shape::Either(_, mac) if column == Column::Mac => identity.add_mac(mac),
                Shape::Either(serial, mac) => either = Some((serial, mac)),
                Shape::Serial(serial) => identity.add_serial(serial, column),
            }
        }
        match either {
            Some((serial, mac)) if identity.serial.is_none() && !identity.macs.contains(&mac) => {
                identity.serial = Some(serial);
                identity.seldom_mut().serial_as_mac = Some(mac);
            }
            // Another value is surely the serial, so this one is the MAC.
            Some((_, mac)) => identity.add_mac(mac),
            None => {}
        }
        identity
    }

    fn add_mac(&mut self, mac: MacAddr) {
        if !self.macs.contains(&mac) {
            self.macs.push(mac);
        }
    }

    fn add_serial(&mut self, serial: Serial, column: Column) {
        let looks_like_one = |text: &str| {
            text.len() >= SERIAL_IN_MAC_COLUMN_MIN
                && text.bytes().any(|b| b.is_ascii_digit())
                && text.bytes().all(|b| b.is_ascii_alphanumeric())
        };
        if self.serial.is_none() && (column == Column::Serial || looks_like_one(serial.as_str())) {
            self.serial = Some(serial);
        }
    }

    fn set_login(&mut self, raw: Option<&Untrusted>, rules: &Rules) {
        let login = raw.and_then(|l| PppoeLogin::new(l.raw()));
        match login {
            Some(login) if rules.ignore_logins.hold(&login) => {
                self.seldom_mut().generic_login = true;
            }
            other => self.login = other,
        }
    }

    /// Do the two share a MAC, a serial that may be a MAC counted as one?
    #[must_use]
    pub fn shares_mac(&self, other: &Self) -> bool {
        self.all_macs().any(|m| other.all_macs().any(|o| o == m))
    }

    /// The MACs, and the one that the serial may be.
    pub fn all_macs(&self) -> impl Iterator<Item = MacAddr> + '_ {
        self.macs.iter().copied().chain(self.serial_as_mac())
    }

    /// Do both have MACs, with none in common?
    #[must_use]
    pub fn macs_disagree(&self, other: &Self) -> bool {
        !self.macs.is_empty() && !other.macs.is_empty() && !self.shares_mac(other)
    }

    /// Do both have a serial that can be nothing else, and do these differ?
    #[must_use]
    pub fn serials_differ(&self, other: &Self) -> bool {
        match (&self.serial, &other.serial) {
            (Some(a), Some(b)) if a != b => {
                let read_as_mac =
                    |x: &Self, y: &Self| x.serial_as_mac().is_some_and(|m| y.macs.contains(&m));
                !read_as_mac(self, other) && !read_as_mac(other, self)
            }
            _ => false,
        }
    }

    /// Do both name one login?
    #[must_use]
    pub fn same_login(&self, other: &Self) -> bool {
        matches!((&self.login, &other.login), (Some(a), Some(b)) if a.same(b))
    }

    /// The serial may as well be this MAC: only the other side can tell.
    #[must_use]
    pub fn serial_as_mac(&self) -> Option<MacAddr> {
        self.seldom.as_ref()?.serial_as_mac
    }

    /// Is the login generic? Then it identifies nobody.
    #[must_use]
    pub fn has_generic_login(&self) -> bool {
        self.seldom.as_ref().is_some_and(|seldom| seldom.generic_login)
    }

    /// The first value that turned out to be a placeholder.
    #[must_use]
    pub fn placeholder(&self) -> Option<&Untrusted> {
        self.seldom.as_ref()?.placeholder.as_ref()
    }

    /// OUI, folded, where it was asked for: parts devices of two vendors with one serial.
    #[must_use]
    pub fn oui(&self) -> Option<&str> {
        self.seldom.as_ref()?.oui.as_deref()
    }

    fn seldom_mut(&mut self) -> &mut Seldom {
        self.seldom.get_or_insert_default()
    }

    fn note_placeholder(&mut self, value: Untrusted) {
        self.seldom_mut().placeholder.get_or_insert(value);
    }

    /// Does nothing on the record identify it?
    #[must_use]
    pub fn is_nobody(&self) -> bool {
        self.serial.is_none() && self.macs.is_empty() && self.login.is_none()
    }

    /// The key of an ACS device.
    #[must_use]
    pub fn acs_key(&self, device: &AcsDevice) -> DeviceKey {
        self.device_key().unwrap_or_else(|| DeviceKey::AcsId(device.id.clone()))
    }

    /// Takes its serial for a placeholder, where that is one of `junk`.
    pub(super) fn set_aside(&mut self, junk: &HashSet<Serial>) {
        if junk.is_empty() {
            return;
        }
        if let Some(serial) = self.serial.take_if(|s| junk.contains(s)) {
            if let Some(seldom) = &mut self.seldom {
                seldom.serial_as_mac = None;
            }
            self.note_placeholder(Untrusted::new(serial.as_str()));
        }
    }

    /// The key of a Provider entry.
    #[must_use]
    pub fn provider_key(&self, record: &ProviderRecord) -> DeviceKey {
        self.device_key().unwrap_or_else(|| DeviceKey::ProviderId(entry_id(record)))
    }

    fn device_key(&self) -> Option<DeviceKey> {
        let serial = self.serial.clone().map(DeviceKey::Serial);
        serial.or_else(|| self.macs.iter().min().copied().map(DeviceKey::Mac))
    }
}

/// The Provider's id of an entry, or `login-ID` where it has none (IXC.md section 1).
#[must_use]
pub fn entry_id(record: &ProviderRecord) -> Untrusted {
    if let Some(id) = &record.device_id {
        return id.clone();
    }
    let login = record.login_id.as_ref().or(record.login.as_ref());
    Untrusted::new(&format!("login-{}", login.map(Untrusted::raw).unwrap_or_default()))
}

/// The key under which a Provider row is recognised from run to run: its id, its login's
/// id, else what it carries. Where one login has several rows, the first by key speaks for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum RowKey<'r> {
    /// It carries nothing.
    Nothing,
    /// The id of its device entry.
    Device(&'r str),
    /// The id of its login.
    LoginId(&'r str),
    /// The login that it carries.
    Login(&'r str),
    /// The MAC that it carries.
    Mac(&'r str),
    /// The serial that it carries.
    Serial(&'r str),
}

impl<'r> RowKey<'r> {
    /// Of a row.
    #[must_use]
    pub fn of(record: &'r ProviderRecord) -> Self {
        let raw = |v: &'r Option<Untrusted>| v.as_ref().map(Untrusted::raw);
        raw(&record.device_id)
            .map(Self::Device)
            .or_else(|| raw(&record.login_id).map(Self::LoginId))
            .or_else(|| raw(&record.serial).map(Self::Serial))
            .or_else(|| raw(&record.mac).map(Self::Mac))
            .or_else(|| raw(&record.login).map(Self::Login))
            .unwrap_or(Self::Nothing)
    }
}

/// Sets aside serials held by more than 5 records of one side whose MACs differ: junk
/// that no list knows. They then identify nobody on either side, nor what was there before; they
/// are returned. The indexes are of the serials as they were before; what is set aside stays in
/// them.
pub fn set_shared_serials_aside(
    sides: [&mut Vec<Identity>; 2],
    indexes: [&Index; 2],
) -> HashSet<Serial> {
    let mut junk: HashSet<Serial> = HashSet::new();
    for (side, index) in sides.iter().zip(indexes) {
        for places in index.shared().filter(|places| places.len() > SHARED_SERIAL_MAX) {
            let mut holders: HashMap<&Serial, Vec<u32>> = HashMap::new();
            for at in places.iter() {
                if let Some(serial) = &side[at as usize].serial {
                    holders.entry(serial).or_default().push(at);
                }
            }
            let of_many = holders.into_iter().filter(|(_, h)| h.len() > SHARED_SERIAL_MAX);
            junk.extend(of_many.filter(|(_, h)| macs_differ(side, h)).map(|(s, _)| s.clone()));
        }
    }
    for identity in sides.into_iter().flatten() {
        identity.set_aside(&junk);
    }
    junk
}

/// Is there no MAC that all of them share? One device registered many times has one.
fn macs_differ(side: &[Identity], holders: &[u32]) -> bool {
    let mut with_mac = holders.iter().map(|&at| &side[at as usize]).filter(|i| !i.macs.is_empty());
    let Some(first) = with_mac.next() else { return false };
    let others: Vec<&Identity> = with_mac.collect();
    !first.macs.iter().any(|m| others.iter().all(|other| other.macs.contains(m)))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The order decides which of two rows of a login stands for it, and with that what is told.
    #[test]
    fn a_row_goes_by_its_ids_else_by_what_it_carries_and_keys_have_their_order() {
        let mut row = ProviderRecord {
            device_id: Untrusted::present("7"),
            login_id: Untrusted::present("6"),
            serial: Untrusted::present("HWTC00000001"),
            mac: Untrusted::present("00:25:9E:00:00:01"),
            login: Untrusted::present("cliente1"),
            ..ProviderRecord::default()
        };
        let [device, login_id, serial, mac, login, nothing] = [
            RowKey::Device("7"),
            RowKey::LoginId("6"),
            RowKey::Serial("HWTC00000001"),
            RowKey::Mac("00:25:9E:00:00:01"),
            RowKey::Login("cliente1"),
            RowKey::Nothing,
        ];
        let steps: [(_, fn(&mut ProviderRecord)); 6] = [
            (device, |row| row.device_id = None),
            (login_id, |row| row.login_id = None),
            (serial, |row| row.serial = None),
            (mac, |row| row.mac = None),
            (login, |row| row.login = None),
            (nothing, |_| {}),
        ];
        for (key, take_away) in steps {
            assert_eq!(RowKey::of(&row), key);
            take_away(&mut row);
        }
        assert!([nothing, device, login_id, login, mac, serial].is_sorted());
    }
}
