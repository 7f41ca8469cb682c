//! What befell a device, as far as the store knows: runs, events, departures, and notes.
//!
//! Must not do: find the device's records; `lookup` does.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;

use crate::app::error::AppError;
use crate::app::lookup::{self, Findings, Index, Records, Wanted};
use crate::domain::{AcsDevice, DeviceKey, Event, PppoeLogin, Untrusted};
use crate::engine::{Finding, Tombstone};
use crate::store::{HistoryEntry, Note, SpeedTest, Store, Trails};

/// A serial of more departed devices than this is a placeholder, and names none of them.
const SHARED_MAX: usize = 5;

/// Everything remembered of one device.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// What earlier runs said, newest first.
    pub history: Vec<HistoryEntry>,
    /// What happened to it, newest first.
    pub happened: Vec<Happened>,
    /// What persons noted, oldest first.
    pub notes: Vec<Note>,
}

/// Something that happened to a device.
#[derive(Clone, Debug, PartialEq)]
pub enum Happened {
    /// A source told of it.
    Event(Event),
    /// It left the ACS between two snapshots.
    Left(Box<Tombstone>),
    /// It measured its line, or was asked to.
    SpeedTest(Box<SpeedTest>),
}

impl Happened {
    /// When; of a departure the first snapshot without the device.
    #[must_use]
    pub fn at(&self) -> Timestamp {
        match self {
            Self::Event(event) => event.time,
            Self::Left(tombstone) => tombstone.missed,
            Self::SpeedTest(test) => test.at,
        }
    }
}

impl Past {
    /// Is nothing remembered?
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.history.is_empty() && self.happened.is_empty() && self.notes.is_empty()
    }
}

/// Events, departures and earlier runs, by the devices that they name.
pub struct Chronicle {
    trails: Trails,
    happened: Vec<Happened>,
    by_key: HashMap<DeviceKey, Vec<usize>>,
    /// The devices of the departures, by the part of their login before any realm.
    by_login: HashMap<String, Vec<(PppoeLogin, AcsDevice)>>,
}

impl Chronicle {
    /// Reads what happened.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn of(store: &Store) -> Result<Self, AppError> {
        let left = store.tombstones()?;
        let mut by_login: HashMap<String, Vec<(PppoeLogin, AcsDevice)>> = HashMap::new();
        for Tombstone { device, .. } in &left {
            if let Some(login) = device.pppoe_login.as_ref().and_then(|l| PppoeLogin::new(l.raw()))
            {
                let alike = by_login.entry(login.local().to_owned()).or_default();
                alike.push((login, device.clone()));
            }
        }
        let events = store.events()?.events.into_iter().map(Happened::Event);
        let happened: Vec<_> =
            events.chain(left.into_iter().map(Box::new).map(Happened::Left)).collect();
        let mut by_key: HashMap<DeviceKey, Vec<usize>> = HashMap::new();
        for (at, what) in happened.iter().enumerate() {
            for key in keys_of(what) {
                by_key.entry(key).or_default().push(at);
            }
        }
        let is_left = |&at: &usize| matches!(happened.get(at), Some(Happened::Left(_)));
        for named in by_key.values_mut() {
            if named.iter().copied().filter(|at| is_left(at)).count() > SHARED_MAX {
                named.retain(|at| !is_left(at));
            }
        }
        Ok(Self { trails: store.trails()?, happened, by_key, by_login })
    }

    fn of_keys(&self, keys: &[DeviceKey]) -> BTreeSet<usize> {
        keys.iter().filter_map(|k| self.by_key.get(k)).flatten().copied().collect()
    }

    /// What happened to a device, newest first. One that no list holds any more is found
    /// among the departures, by its login too.
    fn told(&self, device: &Named<'_>) -> Vec<Happened> {
        let mut keys = device.keys.clone();
        keys.push(DeviceKey::AcsId(Untrusted::new(device.wanted.raw())));
        keys.extend(device.finding.iter().flat_map(|f| &f.acs).flat_map(device_keys));
        if let (false, Some(login)) = (device.is_known(), device.wanted.login()) {
            let alike = self.by_login.get(login.local()).into_iter().flatten();
            let gone = alike.filter(|(other, _)| other.same(login));
            keys.extend(gone.flat_map(|(_, device)| device_keys(device)));
        }
        // An event may name a device by what only its departure tells.
        let departed = self.of_keys(&keys).into_iter().filter_map(|at| match &self.happened[at] {
            Happened::Left(tombstone) => Some(device_keys(&tombstone.device)),
            Happened::Event(_) | Happened::SpeedTest(_) => None,
        });
        keys.extend(departed.flatten().collect::<Vec<_>>());
        let at = self.of_keys(&keys);
        let mut told: Vec<_> = at.iter().filter_map(|&i| self.happened.get(i)).cloned().collect();
        told.sort_by_key(|h| std::cmp::Reverse(h.at()));
        told
    }
}

fn keys_of(what: &Happened) -> Vec<DeviceKey> {
    match what {
        Happened::Event(event) => event.key.as_ref().map(named).unwrap_or_default(),
        Happened::Left(tombstone) => device_keys(&tombstone.device),
        Happened::SpeedTest(test) => vec![DeviceKey::AcsId(test.device.clone())],
    }
}

fn device_keys(device: &AcsDevice) -> Vec<DeviceKey> {
    let hardware = device.serial.iter().chain(&device.macs).flat_map(lookup::hardware_keys);
    hardware.chain([DeviceKey::AcsId(device.id.clone())]).collect()
}

/// The devices that the key of an event may mean: serial, MAC or ACS id.
fn named(key: &Untrusted) -> Vec<DeviceKey> {
    let mut keys = lookup::hardware_keys(key);
    keys.push(DeviceKey::AcsId(key.clone()));
    keys
}

/// Gathers what is remembered of a device.
///
/// # Errors
/// Where the store can't be read.
pub fn past(store: &Store, chronicle: &Chronicle, device: &Named<'_>) -> Result<Past, AppError> {
    let mut notes = Vec::new();
    for name in &device.names {
        notes.extend(store.notes(name)?);
    }
    notes.sort_by_key(|note| note.at);
    let history = chronicle.trails.of(&device.keys);
    let mut happened = chronicle.told(device);
    for id in acs_ids(device) {
        let tests = store.speed_tests(id)?.into_iter().map(Box::new);
        happened.extend(tests.map(Happened::SpeedTest));
    }
    happened.sort_by_key(|what| std::cmp::Reverse(what.at()));
    Ok(Past { history, happened, notes })
}

/// Its ids in the ACS; a device that its finding's id named has them there only.
fn acs_ids<'d>(device: &'d Named<'_>) -> BTreeSet<&'d Untrusted> {
    let of_keys = device.keys.iter().filter_map(|key| match key {
        DeviceKey::AcsId(id) => Some(id),
        DeviceKey::Serial(_) | DeviceKey::Mac(_) | DeviceKey::ProviderId(_) => None,
    });
    let of_finding = device.finding.iter().flat_map(|finding| &finding.acs);
    of_keys.chain(of_finding.map(|acs| &acs.id)).collect()
}

/// A device as one spelling named it, and everything else that it may be named by.
#[derive(Debug)]
pub struct Named<'a> {
    wanted: Wanted,
    /// Its records.
    pub records: Records<'a>,
    /// Its finding.
    pub finding: Option<&'a Finding>,
    keys: Vec<DeviceKey>,
    /// The key on which notes and ignores of it hang.
    pub key: String,
    names: BTreeSet<String>,
}

impl<'a> Named<'a> {
    /// Finds the device of a key, and all its names.
    #[must_use]
    pub fn new(key: &str, index: &Index<'a>, findings: &Findings<'a>) -> Self {
        let wanted = Wanted::new(key);
        let records = index.records(&wanted);
        let finding = findings.find(&wanted, records);
        let keys = lookup::keys(&wanted, records, finding);
        let same = |name: &str| shares(index.records(&Wanted::new(name)), records);
        let own = finding.and_then(|f| f.keys.first()).map(ToString::to_string);
        let own = own.or_else(|| keys.iter().map(ToString::to_string).find(|k| same(k)));
        let mut names: BTreeSet<String> = keys.iter().map(ToString::to_string).collect();
        // A login or a bare id may be another device's too: only those that mean this one.
        names.extend(other_names(records).filter(|name| same(name)));
        names.insert(wanted.normal());
        let key = own.unwrap_or_else(|| wanted.normal());
        Self { wanted, records, finding, keys, key, names }
    }

    /// Does the newest run know it?
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.finding.is_some() || self.records != Records::default()
    }

    /// Is it the device of another spelling?
    #[must_use]
    pub fn is(&self, other: &Named<'_>) -> bool {
        let finding = |n: &Named<'_>| n.finding.map(|f| f.id.clone());
        shares(self.records, other.records)
            || (self.finding.is_some() && finding(self) == finding(other))
    }

    /// May it be named so?
    #[must_use]
    pub fn has_name(&self, name: &str) -> bool {
        self.names.contains(name)
    }
}

/// Do both hold one record?
fn shares(a: Records<'_>, b: Records<'_>) -> bool {
    let acs = a.acs.zip(b.acs).is_some_and(|(a, b)| std::ptr::eq(a, b));
    acs || a.provider.zip(b.provider).is_some_and(|(a, b)| std::ptr::eq(a, b))
}

/// What a person may have typed besides serial and MAC.
fn other_names(records: Records<'_>) -> impl Iterator<Item = String> + use<'_> {
    let (acs, provider) = (records.acs, records.provider);
    let logins =
        [acs.and_then(|d| d.pppoe_login.as_ref()), provider.and_then(|p| p.login.as_ref())];
    let folded = logins.into_iter().flatten().filter_map(|l| PppoeLogin::new(l.raw()));
    let ids = [
        acs.map(|d| &d.id),
        provider.and_then(|p| p.device_id.as_ref()),
        provider.and_then(|p| p.login_id.as_ref()),
    ];
    let ids = ids.into_iter().flatten().map(|id| Wanted::new(id.raw()).normal());
    folded.flat_map(|l| [l.as_str().to_owned(), l.local().to_owned()]).chain(ids)
}
