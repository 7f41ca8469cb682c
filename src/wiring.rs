//! Which adapter serves which kind of side; the only place that knows them all.
//!
//! Must not do: read anything itself.

mod network;

use std::path::Path;
use std::time::Duration;

use acerto::acs::file::FileAcs;
use acerto::app::{Adapters, Events, Reading};
use acerto::config::{FileSide, Kind, NetworkSide, SideSettings};
use acerto::domain::Side;
use acerto::event_file;
use acerto::ports::{Acs, Clock, FetchError, Probe, Provider};
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
        SideSettings::Network(side) if side.kind == Kind::GenieAcs => {
            Ok(Box::new(network::genieacs(side, reading)?))
        }
        SideSettings::Network(side) => Ok(Box::new(network::ixc_acs(side, reading)?)),
    }
}

fn provider(side: &SideSettings, reading: &Reading) -> Result<Box<dyn Provider>, FetchError> {
    match side {
        SideSettings::File(file) => Ok(Box::new(FileProvider::new(source(file, reading)))),
        SideSettings::Network(side) => Ok(Box::new(network::ixc_provedor(side, reading)?)),
    }
}

fn probe(side: Side, set: &NetworkSide, reading: &Reading) -> Result<Box<dyn Probe>, FetchError> {
    match (side, set.kind) {
        (Side::Provider, _) => Ok(Box::new(network::ixc_provedor(set, reading)?)),
        (Side::Acs, Kind::GenieAcs) => Ok(Box::new(network::genieacs(set, reading)?)),
        (Side::Acs, _) => Ok(Box::new(network::ixc_acs(set, reading)?)),
    }
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
