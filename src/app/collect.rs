//! Reading both sides at once, and what happened from a file of events.
//!
//! Must not do: read one side less because the other failed, or take 0 rows for an answer.

use std::path::Path;
use std::sync::Arc;
use std::sync::mpsc::{self, Receiver, RecvTimeoutError};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::app::error::{AppError, SideFailure};
use crate::app::stop::Stop;
use crate::config::{Environment, NetworkSide, Secrets, Settings, SideSettings};
use crate::domain::{AcsDevice, AnySnapshot, Mark, Problem, ProviderRecord, Side, Untrusted};
use crate::engine::{Warning, WarningCode};
use crate::ports::{
    Acs, Clock, FetchError, FetchErrorKind, Follower, Growing, Probe, Provider, Traffic,
};

/// How long a signal may go unnoticed while both sides are being read.
pub(super) const STOP_LATENCY: Duration = Duration::from_millis(50);

/// Opens a side as it is set.
pub type Open<P> = fn(&SideSettings, &Reading) -> Result<Box<P>, FetchError>;

/// Opens the checks of a side's network set-up.
pub type OpenProbe = fn(Side, &NetworkSide, &Reading) -> Result<Box<dyn Probe>, FetchError>;

/// The adapters, wired by `main`: a use-case names no vendor and no file.
#[derive(Clone, Copy)]
pub struct Adapters {
    /// Opens the ACS.
    pub acs: Open<dyn Acs>,
    /// Opens the Provider.
    pub provider: Open<dyn Provider>,
    /// Reads a file of events; `true`: a bad line is an error.
    pub events: fn(&Path, &TimeZone, bool) -> Result<Events, FetchError>,
    /// Reads a point in time as the files write it; `None` where it is none.
    pub time: fn(&str, &TimeZone) -> Option<Timestamp>,
    /// Makes the checks of a side's network set-up; asks nothing before it is told to.
    pub probe: OpenProbe,
    /// The time.
    pub clock: &'static dyn Clock,
}

/// How a side is to be read.
#[derive(Clone, Debug)]
pub struct Reading {
    /// Zone of zone-less times.
    pub timezone: TimeZone,
    /// When the files were exported; `None`: their modification time.
    pub as_of: Option<Timestamp>,
    /// Now: what stands for the modification time of a pipe.
    pub now: Timestamp,
    /// A bad line or field is an error.
    pub strict: bool,
    /// The side's secrets.
    pub secrets: Secrets,
    /// Of an ACS over the network: the ids of its last complete list, so that one that is
    /// missing now can be asked for by itself.
    pub known: Vec<Untrusted>,
    /// Those of them that it said it does not have, when an earlier run asked for each by itself.
    pub gone: Vec<Untrusted>,
    /// Requests already sent to this side in the last 24 h.
    pub spent: u64,
    /// A read that failed is not sent again: who checks a set-up wants to know at once.
    pub once: bool,
}

/// What a file of events holds; where a line could not be read its coverage is never complete.
#[derive(Clone, Debug, Default)]
pub struct Events {
    /// Events, and the ends of coverage.
    pub marks: Vec<Mark>,
    /// Bad lines, capped.
    pub bad: Vec<Problem>,
    /// How many bad lines there were.
    pub bad_count: u64,
    /// Values that could not be read, capped.
    pub unparsed: Vec<Problem>,
    /// How many values could not be read.
    pub unparsed_count: u64,
    /// Things a person should know.
    pub remarks: Vec<String>,
}

impl Events {
    /// What a person should know of the file.
    #[must_use]
    pub fn warnings(&self) -> Vec<Warning> {
        let (unread, partial) = (WarningCode::ValueUnparsed, WarningCode::SnapshotPartial);
        let remarks = self.remarks.iter().map(|text| Warning::remark(unread, text));
        // No side is partial for it: without a side both codes speak of this file.
        let mut warnings = Warning::counted(partial, None, &self.bad, self.bad_count);
        warnings.extend(remarks);
        warnings.extend(Warning::counted(unread, None, &self.unparsed, self.unparsed_count));
        warnings
    }
}

/// Both sides as read.
#[derive(Debug)]
pub struct Collected {
    /// The ACS.
    pub acs: AnySnapshot<AcsDevice>,
    /// The Provider.
    pub provider: AnySnapshot<ProviderRecord>,
    /// When the ACS was read, by this machine's clock.
    pub acs_read: Span,
    /// When the Provider was.
    pub provider_read: Span,
}

/// From when to when, by this machine's clock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Span {
    /// Before the first request.
    pub from: Timestamp,
    /// After the last answer.
    pub to: Timestamp,
}

/// What a store tells of earlier runs that a reading needs.
#[derive(Clone, Debug, Default)]
pub struct Before {
    /// [`Reading::known`] of the ACS.
    pub known: Vec<Untrusted>,
    /// [`Reading::gone`] of the ACS.
    pub gone: Vec<Untrusted>,
    /// [`Reading::spent`] of the ACS.
    pub acs_spent: u64,
    /// [`Reading::spent`] of the Provider.
    pub provider_spent: u64,
}

impl Before {
    /// Requests already sent to a side in the last 24 h.
    #[must_use]
    pub fn spent(&self, side: Side) -> u64 {
        match side {
            Side::Acs => self.acs_spent,
            Side::Provider => self.provider_spent,
        }
    }
}

/// Told how many records of a side have been read so far.
pub type Progress = Arc<dyn Fn(Side, u64) + Send + Sync>;

/// Both sides, opened. A clone asks the same two systems: what was sent can be counted while a
/// reader that was left behind still goes on.
#[derive(Clone)]
pub struct Sources {
    pub(crate) acs: Arc<dyn Acs>,
    pub(crate) provider: Arc<dyn Provider>,
    networks: [bool; 2],
}

impl Sources {
    /// What was sent to a side so far.
    #[must_use]
    pub fn traffic(&self, side: Side) -> Traffic {
        match side {
            Side::Acs => self.acs.traffic(),
            Side::Provider => self.provider.traffic(),
        }
    }

    /// Is the side asked over the network?
    #[must_use]
    pub fn is_network(&self, side: Side) -> bool {
        match side {
            Side::Acs => self.networks[0],
            Side::Provider => self.networks[1],
        }
    }
}

/// Opens both sides; nothing is read yet.
///
/// # Errors
/// Where a secret can't be read, or an adapter refuses its settings; both sides are told.
pub fn open(
    settings: &Settings,
    adapters: &Adapters,
    before: &Before,
    (as_of, strict): (Option<Timestamp>, bool),
    env: &dyn Environment,
) -> Result<Sources, AppError> {
    let reading = |side: Side| -> Result<Reading, AppError> {
        let secrets = settings.read_secrets(side, env)?;
        let (timezone, now, spent) =
            (settings.timezone.clone(), adapters.clock.now(), before.spent(side));
        let (known, gone) = (Vec::new(), Vec::new());
        Ok(Reading { timezone, as_of, now, strict, secrets, known, gone, spent, once: false })
    };
    let (Some(acs), Some(provider)) = (&settings.acs, &settings.provider) else {
        return Err(AppError::usage(
            "both sides are needed",
            &["name both files: --acs-file F --provider-file F, or a profile: --profile NAME"],
        ));
    };
    let networks = [acs, provider].map(|side| matches!(side, SideSettings::Network(_)));
    let (known, gone) = (before.known.clone(), before.gone.clone());
    let acs = (adapters.acs)(acs, &Reading { known, gone, ..reading(Side::Acs)? });
    let provider = (adapters.provider)(provider, &reading(Side::Provider)?);
    let (acs, provider) = both(acs, provider)?;
    Ok(Sources { acs: Arc::from(acs), provider: Arc::from(provider), networks })
}

/// Makes something of a list: of its records while it is read, and then of all of it.
pub trait Maker<R>: Follower<R> + Send + 'static {
    /// What it makes.
    type Made: Send + 'static;

    /// The list is read.
    fn make(self, list: &AnySnapshot<R>) -> Self::Made;
}

/// What is made of each list by the thread that reads it, while the other is still being read.
pub struct Meanwhile<A, P> {
    /// Of the ACS's list.
    pub acs: A,
    /// Of the Provider's list.
    pub provider: P,
    /// Told of each that it is read, or can't be.
    pub ended: Arc<dyn Fn() + Send + Sync>,
}

/// Both sides, and what was made of each.
pub type WithMade<A, P> = (Collected, (A, P));

/// What a reader has to tell: its list and what was made of it, and when it read.
type Read<R, M> = (Result<(AnySnapshot<R>, M), FetchError>, Span);

enum Answer<A, P> {
    Acs(Read<AcsDevice, A>),
    Provider(Read<ProviderRecord, P>),
}

/// Reads both sides at once, each in its own thread, which makes `meanwhile` of its list.
///
/// # Errors
/// Where a side can't be read or is empty (both are told), or a signal asked to stop.
pub fn collect<A: Maker<AcsDevice>, P: Maker<ProviderRecord>>(
    sources: &Sources,
    clock: &'static dyn Clock,
    progress: &Progress,
    stop: &Stop,
    meanwhile: Meanwhile<A, P>,
) -> Result<WithMade<A::Made, P::Made>, AppError> {
    let (sender, answers) = mpsc::channel();
    let (source, told, signal) = (Arc::clone(&sources.acs), Arc::clone(progress), stop.clone());
    let (answer, ended) = (sender.clone(), Arc::clone(&meanwhile.ended));
    apart("read-acs", move || {
        let fetch = |maker: &mut A| {
            let list = source.fetch_into(&|n| told(Side::Acs, n), Growing::followed(maker));
            ended();
            list
        };
        if let Some(read) = read((Side::Acs, clock, &signal), fetch, meanwhile.acs) {
            // A signal may come just now: nobody listens any more.
            let _ = answer.send(Answer::Acs(read));
        }
    })?;
    let (source, told, signal) =
        (Arc::clone(&sources.provider), Arc::clone(progress), stop.clone());
    apart("read-provider", move || {
        let fetch = |maker: &mut P| {
            let list = source.fetch_into(&|n| told(Side::Provider, n), Growing::followed(maker));
            (meanwhile.ended)();
            list
        };
        if let Some(read) = read((Side::Provider, clock, &signal), fetch, meanwhile.provider) {
            let _ = sender.send(Answer::Provider(read));
        }
    })?;
    let (mut acs, mut provider) = (None, None);
    while acs.is_none() || provider.is_none() {
        match next(&answers, stop)? {
            Answer::Acs(read) => acs = Some(read),
            Answer::Provider(read) => provider = Some(read),
        }
    }
    let lost = || AppError::Bug("a reader ended without an answer".to_owned());
    let ((acs, acs_read), (provider, provider_read)) =
        (acs.ok_or_else(lost)?, provider.ok_or_else(lost)?);
    let ((acs, of_acs), (provider, of_provider)) = both(
        acs.and_then(|read| not_empty(read, "the ACS", sources.is_network(Side::Acs))),
        provider
            .and_then(|read| not_empty(read, "the Provider", sources.is_network(Side::Provider))),
    )?;
    Ok((Collected { acs, provider, acs_read, provider_read }, (of_acs, of_provider)))
}

/// Reads a list, and makes something of it: nothing where a signal came meanwhile, and nobody
/// listens any more.
fn read<R, M: Maker<R>>(
    (side, clock, stop): (Side, &'static dyn Clock, &Stop),
    fetch: impl FnOnce(&mut M) -> Result<AnySnapshot<R>, FetchError>,
    mut maker: M,
) -> Option<Read<R, M::Made>> {
    let from = clock.now();
    let list = fetch(&mut maker);
    let span = Span { from, to: clock.now() };
    if stop.asked().is_some() {
        return None;
    }
    let made = list.map(|list| {
        tracing::info!(?side, records = list.records().len(), "read");
        let made = maker.make(&list);
        (list, made)
    });
    Some((made, span))
}

/// The next answer. Readers are left behind when a signal comes: they only read, and end with
/// the process.
pub(super) fn next<T>(answers: &Receiver<T>, stop: &Stop) -> Result<T, AppError> {
    loop {
        stop.check()?;
        match answers.recv_timeout(STOP_LATENCY) {
            Ok(answer) => return Ok(answer),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                stop.check()?;
                return Err(AppError::Bug("a reader ended without an answer".to_owned()));
            }
        }
    }
}

/// Does something on a thread of its own.
pub(super) fn apart(name: &str, job: impl FnOnce() + Send + 'static) -> Result<(), AppError> {
    thread::Builder::new().name(name.into()).spawn(job).map(drop).map_err(no_thread)
}

#[allow(clippy::needless_pass_by_value)] // the shape map_err asks for
fn no_thread(error: std::io::Error) -> AppError {
    AppError::Bug(format!("no thread could be started: {error}"))
}

/// 0 rows are a failed fetch, never "everything vanished".
fn not_empty<R, M>(
    (list, made): (AnySnapshot<R>, M),
    name: &str,
    network: bool,
) -> Result<(AnySnapshot<R>, M), FetchError> {
    if !list.records().is_empty() {
        return Ok((list, made));
    }
    let meta = list.meta();
    let what = match (meta.bad.first(), network) {
        (None, _) => format!("{name} is empty: 0 rows were read"),
        (Some(first), true) => format!(
            "{name} is empty: nothing of its answer could be used; the first: {}: {}",
            first.place, first.what
        ),
        (Some(first), false) => format!(
            "{name} is empty: none of {} lines could be read; the first: {}: {}",
            meta.bad_count, first.place, first.what
        ),
    };
    let hints: &[&str] = if network {
        &[
            "an empty side is taken for a failed fetch, never for devices that vanished",
            "look what the token may read: without permission some systems answer an empty list",
        ]
    } else {
        &[
            "an empty side is taken for a failed export, never for devices that vanished",
            "export it again, and look into the file",
        ]
    };
    Err(FetchError::new(FetchErrorKind::Unavailable, what, hints))
}

/// Both answers, or every failure there was.
fn both<A, P>(
    acs: Result<A, FetchError>,
    provider: Result<P, FetchError>,
) -> Result<(A, P), AppError> {
    let failed = |side| move |error| SideFailure { side, error };
    match (acs.map_err(failed(Side::Acs)), provider.map_err(failed(Side::Provider))) {
        (Ok(acs), Ok(provider)) => Ok((acs, provider)),
        (acs, provider) => {
            Err(AppError::Fetch([acs.err(), provider.err()].into_iter().flatten().collect()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::app::testing::StillClock;
    use crate::domain::SnapshotMeta;

    fn meta() -> SnapshotMeta {
        SnapshotMeta::at(Timestamp::UNIX_EPOCH)
    }

    struct Fixed<R>(Result<Vec<R>, FetchError>);

    impl Acs for Fixed<AcsDevice> {
        fn fetch_into(
            &self,
            progress: crate::ports::Progress<'_>,
            _: Growing<'_, AcsDevice>,
        ) -> Result<AnySnapshot<AcsDevice>, FetchError> {
            progress(1);
            self.0.clone().map(|records| AnySnapshot::new(meta(), records))
        }

        fn device(&self, _: &Untrusted) -> Result<Option<AcsDevice>, FetchError> {
            Ok(None)
        }
    }

    impl Provider for Fixed<ProviderRecord> {
        fn fetch_into(
            &self,
            _: crate::ports::Progress<'_>,
            _: Growing<'_, ProviderRecord>,
        ) -> Result<AnySnapshot<ProviderRecord>, FetchError> {
            self.0.clone().map(|records| AnySnapshot::new(meta(), records))
        }

        fn record(
            &self,
            _: &crate::ports::RecordKey,
        ) -> Result<Option<ProviderRecord>, FetchError> {
            Ok(None)
        }
    }

    /// Follows nothing, and makes nothing of it.
    struct Nothing;

    impl<R> Follower<R> for Nothing {
        fn begin(&self) {}

        fn follow(&self, _: usize, _: &[R], _: &[Box<str>]) {}
    }

    impl<R> Maker<R> for Nothing {
        type Made = ();

        fn make(self, _: &AnySnapshot<R>) {}
    }

    fn failure(kind: FetchErrorKind) -> FetchError {
        FetchError { kind, what: "broken".into(), hints: Vec::new() }
    }

    fn run(
        acs: Result<Vec<AcsDevice>, FetchError>,
        provider: Result<Vec<ProviderRecord>, FetchError>,
    ) -> Result<Collected, AppError> {
        let (acs, provider) = (Arc::new(Fixed(acs)), Arc::new(Fixed(provider)));
        let sources = Sources { acs, provider, networks: [false, false] };
        let quiet: Progress = Arc::new(|_, _| {});
        let meanwhile = Meanwhile { acs: Nothing, provider: Nothing, ended: Arc::new(|| ()) };
        let read = collect(&sources, &StillClock, &quiet, &Stop::default(), meanwhile);
        read.map(|(collected, _)| collected)
    }

    #[test]
    fn both_sides_are_read_and_both_failures_told() {
        let device = AcsDevice { id: Untrusted::new("a1"), ..AcsDevice::default() };
        let record = ProviderRecord::default();
        let good = run(Ok(vec![device.clone()]), Ok(vec![record.clone()])).unwrap();
        assert_eq!((good.acs.records().len(), good.provider.records().len()), (1, 1));

        let error = run(Ok(vec![]), Ok(vec![record])).unwrap_err();
        assert_eq!(error.exit(), 6);
        assert!(error.to_string().contains("the ACS is empty"), "{error}");

        let error = run(Ok(vec![]), Err(failure(FetchErrorKind::Auth))).unwrap_err();
        assert_eq!(error.exit(), 7);
        assert!(error.to_string().contains("Provider: broken"), "{error}");
        assert!(error.to_string().contains("ACS is empty"), "{error}");
    }
}
