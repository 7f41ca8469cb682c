//! Which adapter serves which kind of side; the only place that knows them all.
//!
//! Must not do: read anything itself.

use std::path::Path;
use std::time::Duration;

use acerto::acs::file::FileAcs;
use acerto::app::{Adapters, Events, Reading};
use acerto::config::{FileSide, NetworkSide, SideSettings};
use acerto::domain::Side;
use acerto::event_file;
use acerto::ports::{Acs, Clock, FetchError, FetchErrorKind, Probe, Provider};
use acerto::provider::file::FileProvider;
use acerto::tabular::{self, FileSource};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustix::time::{ClockId, clock_gettime};

/// Everything this build can read.
pub const ADAPTERS: Adapters =
    Adapters { acs, provider, events, time: tabular::time, probe, clock: &SystemClock };

fn acs(side: &SideSettings, reading: &Reading) -> Result<Box<dyn Acs>, FetchError> {
    match side {
        SideSettings::File(file) => Ok(Box::new(FileAcs::new(source(file, reading)))),
        SideSettings::Network(network) => Err(not_yet(network, "--acs-file")),
    }
}

fn provider(side: &SideSettings, reading: &Reading) -> Result<Box<dyn Provider>, FetchError> {
    match side {
        SideSettings::File(file) => Ok(Box::new(FileProvider::new(source(file, reading)))),
        SideSettings::Network(network) => Err(not_yet(network, "--provider-file")),
    }
}

fn probe(side: Side, network: &NetworkSide, _: &Reading) -> Result<Box<dyn Probe>, FetchError> {
    let flag = match side {
        Side::Acs => "--acs-file",
        Side::Provider => "--provider-file",
    };
    Err(not_yet(network, flag))
}

fn source(file: &FileSide, reading: &Reading) -> FileSource {
    FileSource {
        path: file.path.clone(),
        columns: file.columns.clone(),
        timezone: reading.timezone.clone(),
        as_of: reading.as_of,
        now: reading.now,
        strict: reading.strict,
    }
}

/// This release reads exports; the configuration is already that of the next one.
fn not_yet(network: &NetworkSide, flag: &str) -> FetchError {
    let kind = network.kind;
    FetchError {
        kind: FetchErrorKind::Config,
        what: format!("this release reads exported files; kind \"{kind}\" comes with the next one"),
        hints: vec![
            format!("export the list from {} and run with {flag} FILE", network.url),
            "or set kind = \"file\" and path = \"FILE\" for this side".to_owned(),
        ],
    }
}

fn events(path: &Path, timezone: &TimeZone, strict: bool) -> Result<Events, FetchError> {
    let file = event_file::read(path, timezone, strict)?;
    let event_file::EventFile { marks, bad, bad_count, unparsed, unparsed_count, remarks } = file;
    Ok(Events { marks, bad, bad_count, unparsed, unparsed_count, remarks })
}

/// The machine's clocks.
struct SystemClock;

impl Clock for SystemClock {
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    /// Time since boot, sleep included: no clock change moves it.
    fn monotonic(&self) -> Duration {
        Duration::try_from(clock_gettime(ClockId::Boottime)).unwrap_or_default()
    }
}
