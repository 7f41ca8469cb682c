//! What the adapter promises, against an ACS of the tests' own on this machine.
//!
//! Must not do: reach another machine, or use the lab.

mod budget;
mod lies;
mod listing;
mod logins;
mod missing;
mod probes;
mod searches;
mod server;
mod single;
mod speed_tests;
mod writes;

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;
use secrecy::SecretString;
use serde_json::{Value, json};

use self::server::{CLIENT, SECRET, StandIn};
use crate::acs::ixc::{Calls, IxcAcs, IxcAcsSettings, Login};
use crate::domain::{AcsDevice, AnySnapshot, Untrusted};
use crate::http::{Limits, Settings};
use crate::ports::{Acs as _, FetchError, followed_or_not};

/// Settings for a stand-in, whose failures come at once.
fn settings(server: &StandIn) -> IxcAcsSettings {
    let limits = Limits {
        retries: 0,
        retry_least: Duration::from_millis(1),
        retry_most: Duration::from_millis(2),
        breaker_open: Duration::ZERO,
        ..Limits::default()
    };
    IxcAcsSettings {
        http: Settings {
            origin: format!("http://127.0.0.1:{}", server.port),
            ca_pem: None,
            limits,
        },
        login: Login::Oauth {
            client_id: CLIENT.to_owned(),
            secret: SecretString::from(SECRET.to_owned()),
        },
        token_path: None,
        devices_path: None,
        page_size: Some(3),
        status_means: None,
        fields: BTreeMap::new(),
        calls: Calls::default(),
        known: Vec::new(),
        gone: Vec::new(),
        timezone: TimeZone::get("America/Sao_Paulo").unwrap(),
        now: "2026-11-24T12:00:30Z".parse::<Timestamp>().unwrap(),
    }
}

fn acs(server: &StandIn) -> IxcAcs {
    IxcAcs::new(settings(server)).unwrap()
}

fn acs_knowing(server: &StandIn, known: &[String]) -> IxcAcs {
    let known = known.iter().map(|id| Untrusted::new(id)).collect();
    IxcAcs::new(IxcAcsSettings { known, ..settings(server) }).unwrap()
}

fn fetch(acs: &IxcAcs) -> Result<AnySnapshot<AcsDevice>, FetchError> {
    followed_or_not(|list| acs.fetch_into(&|_| {}, list))
}

/// The `n`th serial, in order.
fn name(n: usize) -> String {
    format!("HWTC{n:08}")
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(name).collect()
}

fn row(serial: &str) -> Value {
    json!({ "serialNumber": serial, "status": true })
}

fn rows(count: usize) -> Vec<Value> {
    names(count).iter().map(|serial| row(serial)).collect()
}

/// The ids that were read, sorted.
fn ids(snapshot: &AnySnapshot<AcsDevice>) -> Vec<String> {
    let mut ids: Vec<String> =
        snapshot.records().iter().map(|device| device.id.raw().to_owned()).collect();
    ids.sort();
    ids
}
