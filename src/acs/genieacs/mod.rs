//! GenieACS by its NBI, the HTTP interface for other programs (usually port 7557).
//!
//! Facts in here were seen on GenieACS 1.2.16; the recorded exchanges are in
//! `tests/captures/genieacs`. The NBI does not check what it is asked: a worker dies of a bad
//! request, answers nothing and takes 20 seconds to come back. So every request is built here
//! from fixed parts, and one that ended in silence is not sent again (the client's `silence`).
//! Must not do: derive anything from `_id`, pass text on as query JSON, hang up early, or call
//! a list complete whose end was not seen.

mod answer;
mod ask;
mod assumptions;
mod device;
mod fetch;
mod fields;
mod holding;
mod list;
mod probe;
mod record;
mod search;
mod speed_test;
mod write;

#[cfg(test)]
mod tests_captures;
#[cfg(test)]
mod tests_device;
#[cfg(test)]
mod tests_fetch;
#[cfg(test)]
mod tests_server;
#[cfg(test)]
mod tests_speed;
#[cfg(test)]
mod tests_write;

use std::collections::BTreeMap;
use std::time::Instant;

use jiff::{SignedDuration, Timestamp};
use secrecy::SecretString;

pub use self::speed_test::{SpeedTests, TestFile};

use crate::acs::genieacs::fields::Paths;
use crate::domain::{AcsChange, AcsDevice, AnySnapshot, Query, Untrusted};
use crate::http::{self, Client};
use crate::ports::{
    Acs, Check, FetchError, Found, Growing, Probe, Progress, Sought, SpeedTester, Traffic, Writer,
};

/// How to reach an NBI, and where to look in its devices.
#[derive(Clone, Debug)]
pub struct GenieSettings {
    /// The NBI's address and the limits.
    pub http: http::Settings,
    /// User and password, where a proxy before the NBI asks for them; the NBI itself never does.
    pub login: Option<(String, SecretString)>,
    /// Other paths than the usual ones, by our field: `serial`, `oui`, `product_class`,
    /// `manufacturer`, `model`, `mac`, `pppoe_login` (or `login`), `firmware`, `wan_ip`,
    /// `provider_device_id`. A path is a parameter's name with dots; `*` is any instance:
    /// `InternetGatewayDevice.LANDevice.*.LANEthernetInterfaceConfig.*.MACAddress`.
    pub fields: BTreeMap<String, Vec<String>>,
    /// What devices load and send for a speed test.
    pub speed_tests: SpeedTests,
    /// The time now, for a source that sends no `Date`.
    pub now: Timestamp,
}

/// A GenieACS.
pub struct GenieAcs {
    client: Client,
    login: Option<SecretString>,
    paths: Paths,
    speed_tests: SpeedTests,
    /// The wall clock and the monotonic one at the same moment.
    made: (Timestamp, Instant),
    /// Does the address begin with `https`, and is it of this machine?
    place: probe::Place,
}

impl GenieAcs {
    /// Will read the NBI that `settings` name; nothing is sent yet.
    ///
    /// # Errors
    /// Where the settings can't be used: a field that is none, a path that is none.
    pub fn new(settings: GenieSettings) -> Result<Self, FetchError> {
        let GenieSettings { http, login, fields, speed_tests, now } = settings;
        let paths = Paths::new(&fields)?;
        let place = probe::Place::of(&http.origin);
        Ok(Self {
            client: Client::new(http)?,
            login: login.map(|(user, password)| ask::basic(&user, &password)),
            paths,
            speed_tests,
            made: (now, Instant::now()),
            place,
        })
    }

    /// The wall clock's time now.
    fn now(&self) -> Timestamp {
        let (at, since) = self.made;
        let passed = SignedDuration::try_from(since.elapsed()).unwrap_or_default();
        at.checked_add(passed).unwrap_or(at)
    }
}

impl Acs for GenieAcs {
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

impl Probe for GenieAcs {
    fn probe(&self) -> Vec<Check> {
        self.checks()
    }

    fn assumptions(&self) -> Vec<Check> {
        self.assumed()
    }
}
