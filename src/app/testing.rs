//! Values that the tests of this room start from.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use jiff::Timestamp;

use crate::app::collect::{Adapters, Events};
use crate::config::{self, Flags, NetworkSide, Settings, SideSettings};
use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord, SnapshotMeta, Untrusted};
use crate::engine::{Between, Cause, Finding, Reconciliation, SideCounts, Since, State, Strength};
use crate::ports::{
    self, Acs, Check, Clock, FetchError, FetchErrorKind, Growing, Probe, Provider, Traffic, Verdict,
};

/// A finding of a cause, with nothing else.
pub(crate) fn finding(cause: Cause) -> Finding {
    Finding {
        id: "f-0123456789abcdef".into(),
        cause,
        strength: Strength::Inferred,
        score: 0.5,
        state: State::New,
        was: None,
        first_seen: Timestamp::UNIX_EPOCH,
        absent_since: None,
        ignored: None,
        keys: Vec::new(),
        acs: Vec::new(),
        provider: Vec::new(),
        related: None,
        evidence: Vec::new(),
        fixes: Vec::new(),
        candidates: Vec::new(),
        fields: Vec::new(),
    }
}

fn side() -> SideCounts {
    SideCounts {
        devices: 1,
        integrated: None,
        entries: 1,
        logins: 1,
        complete: true,
        pages: 1,
        fetched_at: Timestamp::UNIX_EPOCH,
        last_synchronised: None,
        informed: None,
        extra_columns: Vec::new(),
    }
}

/// A reconciliation of one matched pair with these findings; its ledger is not summed.
pub(crate) fn reconciliation(findings: Vec<Finding>) -> Reconciliation {
    Reconciliation {
        acs: side(),
        provider: side(),
        matched: 1,
        findings,
        between: Between { acs: 1, provider: 1, matched: 1, rows: Vec::new() },
        since: Since::default(),
        projections: Vec::new(),
        resolved: Vec::new(),
        warnings: Vec::new(),
        departures: Vec::new(),
    }
}

/// An ACS over the network whose host says how it behaves; it sends ten requests for its list
/// and one for each device that is completed.
struct HostAcs {
    host: String,
    known: usize,
    gone: Vec<Untrusted>,
    spent: u64,
    requests: AtomicU64,
}

/// The MAC that only a second look shows; the Provider has it.
const HIDDEN_MAC: &str = "00:25:9E:00:00:02";

fn raw(text: &str) -> Untrusted {
    Untrusted::new(text)
}

fn told_at(minutes: i64) -> SnapshotMeta {
    SnapshotMeta::at(Timestamp::from_second(STILL_AT + minutes * 60).unwrap())
}

impl HostAcs {
    /// The first device alone. One that is missing is asked for in each fetch, and the list is
    /// complete where it was asked for before.
    fn purged(&self, devices: Vec<AcsDevice>) -> AnySnapshot<AcsDevice> {
        let mut meta = told_at(0);
        if self.gone.is_empty() {
            meta.gone = vec![Untrusted::new("a2")];
            meta.bad_count = 1;
        }
        AnySnapshot::new(meta, devices.into_iter().take(1).collect())
    }
}

impl Acs for HostAcs {
    fn fetch_into(
        &self,
        _: ports::Progress<'_>,
        _: Growing<'_, AcsDevice>,
    ) -> Result<AnySnapshot<AcsDevice>, FetchError> {
        self.requests.fetch_add(10, Ordering::Relaxed);
        let failed = |kind, what: String| Err(FetchError::new(kind, what, &["look there"]));
        let device = |id, serial| AcsDevice {
            id: raw(id),
            serial: Some(raw(serial)),
            ..AcsDevice::default()
        };
        let devices = vec![device("a1", "HWTC00000001"), device("a2", "")];
        match self.host.as_str() {
            "denied.test" => failed(FetchErrorKind::Auth, "the token was refused".to_owned()),
            "tells.test" => {
                let (known, gone) = (self.known, self.gone.len());
                let what = format!("known {known}, spent {}, gone {gone}", self.spent);
                failed(FetchErrorKind::Unavailable, what)
            }
            "empty.test" => Ok(AnySnapshot::new(told_at(0), Vec::new())),
            "purge.test" => Ok(self.purged(devices)),
            "early.test" => Ok(AnySnapshot::new(told_at(-10), devices)),
            "past.test" => Ok(AnySnapshot::new(told_at(-90), devices)),
            "slow.test" => {
                std::thread::sleep(Duration::from_secs(20));
                Ok(AnySnapshot::new(told_at(0), devices))
            }
            _ => Ok(AnySnapshot::new(told_at(0), devices)),
        }
    }

    fn device(&self, _: &Untrusted) -> Result<Option<AcsDevice>, FetchError> {
        Ok(None)
    }

    fn complete(&self, devices: &mut [&mut AcsDevice]) -> Result<(), FetchError> {
        for device in devices {
            self.requests.fetch_add(1, Ordering::Relaxed);
            match self.host.as_str() {
                "shy.test" => {
                    return Err(FetchError::new(FetchErrorKind::Unavailable, "no answer", &[]));
                }
                "stuck.test" => std::thread::sleep(Duration::from_secs(20)),
                _ => device.macs = [Untrusted::new(HIDDEN_MAC)].into(),
            }
        }
        Ok(())
    }

    fn traffic(&self) -> Traffic {
        Traffic { requests: self.requests.load(Ordering::Relaxed), retries: 2, slowed: 1 }
    }
}

struct FixedProvider;

impl Provider for FixedProvider {
    fn fetch_into(
        &self,
        _: ports::Progress<'_>,
        _: Growing<'_, ProviderRecord>,
    ) -> Result<AnySnapshot<ProviderRecord>, FetchError> {
        let entry = |id, serial, mac| ProviderRecord {
            device_id: Some(raw(id)),
            serial,
            mac,
            login_id: Some(raw(id)),
            login: Some(raw(id)),
            active: Some(true),
            linked: Some(true),
            ..ProviderRecord::default()
        };
        let records = vec![
            entry("p1", Some(raw("HWTC00000001")), None),
            entry("p2", None, Some(raw(HIDDEN_MAC))),
        ];
        Ok(AnySnapshot::new(told_at(0), records))
    }

    fn record(&self, _: &ports::RecordKey) -> Result<Option<ProviderRecord>, FetchError> {
        Ok(None)
    }
}

/// Answers by the host, as a network adapter's would.
struct HostProbe(String);

impl Probe for HostProbe {
    fn probe(&self) -> Vec<Check> {
        let check = |id: &str, verdict| Check {
            id: id.to_owned(),
            verdict,
            text: "looked at".to_owned(),
            fix: (verdict != Verdict::Ok).then(|| "renew it".to_owned()),
        };
        let token = match self.0.as_str() {
            "denied.test" => Verdict::Fail(FetchErrorKind::Auth),
            "down.test" => Verdict::Fail(FetchErrorKind::Unavailable),
            "early.test" => Verdict::Warn,
            _ => Verdict::Ok,
        };
        vec![check("acs-address", Verdict::Ok), check("acs-token", token)]
    }
}

/// Adapters for a profile whose ACS is asked over the network; its Provider is always the same.
pub(crate) const HOSTS: Adapters = Adapters {
    acs: |side, reading| {
        let SideSettings::Network(network) = side else { panic!("a network side") };
        let (known, gone, spent) = (reading.known.len(), reading.gone.clone(), reading.spent);
        let (host, requests) = (host(network), AtomicU64::new(0));
        Ok(Box::new(HostAcs { host, known, gone, spent, requests }))
    },
    provider: |_, _| Ok(Box::new(FixedProvider)),
    events: |_, _, _| Ok(Events::default()),
    time: |_, _| None,
    probe: |_, network, _| match host(network).as_str() {
        "odd.test" => Err(FetchError::new(FetchErrorKind::Config, "no such CA file", &["name it"])),
        host => Ok(Box::new(HostProbe(host.to_owned()))),
    },
    clock: &StillClock,
};

fn host(network: &NetworkSide) -> String {
    network.url.to_string().trim_start_matches("https://").trim_end_matches('/').to_owned()
}

/// A profile `prod` whose ACS is at `host`, in a folder of its own with its store.
pub(crate) fn network_settings(folder: &Path, host: &str, more: &str) -> Settings {
    let path = folder.join("config.toml");
    let text = format!(
        "[profiles.prod]\ntimezone = \"America/Sao_Paulo\"\n[profiles.prod.acs]\n\
         kind = \"genieacs\"\nurl = \"https://{host}\"\n{more}\n\
         [profiles.prod.provider]\nkind = \"file\"\npath = \"provider.csv\"\n"
    );
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let store = Some(folder.join("store"));
    let flags = Flags { config: Some(path), store, ..Flags::default() };
    config::load(&flags, &BTreeMap::<&str, &str>::new()).unwrap()
}

/// A clock that stands at a fixed time.
pub(crate) struct StillClock;

/// Where [`StillClock`] stands, in seconds since 1970.
pub(crate) const STILL_AT: i64 = 1_795_000_000;

impl Clock for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_second(STILL_AT).unwrap()
    }

    fn monotonic(&self) -> Duration {
        Duration::ZERO
    }
}
