//! IXC ACS by its API, keyed by serial number throughout.
//!
//! Nothing in here was tried on a live system: the paths come from public clients and the
//! vendor's documentation (IXC.md section 2), so every answer is checked for what it must be.
//! Must not do: keep a customer's or a Wi-Fi's data, believe that a list is whole which was not
//! checked, or send a call that the profile does not name.

mod answer;
mod ask;
mod assumptions;
mod budget;
mod calls;
mod complete;
mod fetch;
mod fields;
mod holding;
mod key;
mod list;
mod login;
mod missing;
mod page;
mod probe;
mod register;
mod search;
mod speed_test;
mod state;
mod write;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::sync::Mutex;
use std::sync::atomic::AtomicU32;
use std::time::Instant;

use jiff::Timestamp;
use jiff::tz::TimeZone;

pub use self::calls::{Call, Calls};
pub use self::login::Login;

use crate::acs::ixc::fields::Place;
use crate::acs::ixc::login::Entrance;
use crate::acs::ixc::register::Reader;
use crate::domain::text::visible;
use crate::domain::{AcsChange, AcsDevice, AnySnapshot, Query, Untrusted};
use crate::http::{self, Client, Limits, Tokens};
use crate::ports::{
    Acs, Check, FetchError, FetchErrorKind, Found, Growing, Probe, Progress, Sought, SpeedTester,
    Traffic, Writer,
};

/// Devices a page, as the public clients ask for them.
const PAGE_SIZE: u32 = 50;

/// The list of devices.
const DEVICES_PATH: &str = "/api/v2/devices/views/natural";

/// What the ACS's `status` of a device means; the vendor does not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StatusMeans {
    /// Online now.
    Online,
    /// Not removed: a device with `false` is not in the ACS any more.
    Active,
}

/// How to reach an IXC ACS, and what is known of it.
#[derive(Clone, Debug)]
pub struct IxcAcsSettings {
    /// Its address and the limits; the requests that may be made are among them.
    pub http: http::Settings,
    /// How to log in.
    pub login: Login,
    /// Where tokens are asked for; the usual places where not told.
    pub token_path: Option<String>,
    /// Where devices are listed; the usual place where not told.
    pub devices_path: Option<String>,
    /// Devices a page; 50 where not told.
    pub page_size: Option<u32>,
    /// What `status` means; not used where not told.
    pub status_means: Option<StatusMeans>,
    /// Other places in a register than the usual ones, by our field: names with dots between.
    pub fields: BTreeMap<String, Vec<String>>,
    /// The calls that no vendor documents, as far as they are known here.
    pub calls: Calls,
    /// Ids of the last complete snapshot: those that are missing are asked for one by one.
    pub known: Vec<Untrusted>,
    /// Those of them that an earlier fetch was told are gone ([`SnapshotMeta::gone`]): they are
    /// not asked for again.
    ///
    /// [`SnapshotMeta::gone`]: crate::domain::SnapshotMeta::gone
    pub gone: Vec<Untrusted>,
    /// The zone of times without one.
    pub timezone: TimeZone,
    /// The time now: for signed logins, and for a source that sends no `Date`.
    pub now: Timestamp,
}

/// An IXC ACS.
pub struct IxcAcs {
    client: Client,
    limits: Limits,
    entrance: Entrance,
    tokens: Tokens,
    devices_path: String,
    /// Devices a page: as asked for, or what the server was found to give.
    page_size: AtomicU32,
    root: Place,
    reader: Reader,
    calls: Calls,
    /// How many writes in a row had their token refused.
    token_refusals: AtomicU32,
    known: Vec<Untrusted>,
    gone: HashSet<Untrusted>,
    /// The wall clock and the monotonic one at the same moment.
    made: (Timestamp, Instant),
    /// The `Date` of the last answer.
    dated: Mutex<Option<Timestamp>>,
    /// Devices that were asked for their MACs in this fetch.
    completed: AtomicU32,
}

impl IxcAcs {
    /// Will read the ACS that `settings` name; nothing is sent yet.
    ///
    /// # Errors
    /// Where the settings can't be used: a private key, a field or a path that is none.
    pub fn new(settings: IxcAcsSettings) -> Result<Self, FetchError> {
        let devices_path = settings.devices_path.unwrap_or_else(|| DEVICES_PATH.to_owned());
        let paths = [Some(("devices_path", &devices_path))]
            .into_iter()
            .chain([settings.token_path.as_ref().map(|path| ("token_path", path))]);
        paths.flatten().try_for_each(|(key, path)| usable(key, path))?;
        settings.calls.check()?;
        Ok(Self {
            limits: settings.http.limits.clone(),
            client: Client::new(settings.http)?,
            entrance: Entrance::new(settings.login, settings.token_path)?,
            tokens: Tokens::default(),
            devices_path,
            page_size: AtomicU32::new(settings.page_size.unwrap_or(PAGE_SIZE).max(1)),
            root: Place::root(&settings.fields)?,
            reader: Reader::new(settings.timezone, settings.status_means),
            calls: settings.calls,
            token_refusals: AtomicU32::new(0),
            known: settings.known,
            gone: settings.gone.into_iter().collect(),
            made: (settings.now, Instant::now()),
            dated: Mutex::default(),
            completed: AtomicU32::new(0),
        })
    }
}

/// A configured path is one: absolute, and without what only an address may carry.
fn usable(key: &str, path: &str) -> Result<(), FetchError> {
    let is_path = path.starts_with('/') && !path.contains(['?', '#', '{', ' ']);
    if is_path {
        return Ok(());
    }
    let what = format!("{key} is {}, which is no path of the ACS", visible(path));
    let hint = "write it like \"/api/v2/devices/views/natural\", without a host or a query";
    Err(FetchError::new(FetchErrorKind::Config, what, &[hint]))
}

impl Acs for IxcAcs {
    fn fetch_into(
        &self,
        progress: Progress<'_>,
        list: Growing<'_, AcsDevice>,
    ) -> Result<AnySnapshot<AcsDevice>, FetchError> {
        self.fetch_all(progress, list)
    }

    fn device(&self, id: &Untrusted) -> Result<Option<AcsDevice>, FetchError> {
        self.fetch_one(id)
    }

    fn complete(&self, devices: &mut [&mut AcsDevice]) -> Result<(), FetchError> {
        self.fill_in(devices)
    }

    fn holding(&self, sought: &Sought) -> Result<Vec<AcsDevice>, FetchError> {
        self.find(sought)
    }

    fn search(&self, query: &Query, most: usize) -> Result<Found<AcsDevice>, FetchError> {
        self.search_for_query(query, most)
    }

    fn writer(&self) -> Option<&dyn Writer<Change = AcsChange, Record = AcsDevice>> {
        Some(self)
    }

    fn speed_test(&self) -> Option<&dyn SpeedTester> {
        Some(self)
    }

    fn traffic(&self) -> Traffic {
        self.client.traffic()
    }
}

impl Probe for IxcAcs {
    fn probe(&self) -> Vec<Check> {
        self.checks()
    }

    fn assumptions(&self) -> Vec<Check> {
        self.assumed()
    }
}
