//! One reconciliation: read both sides, remember what was, explain, decide the exit code, record.
//!
//! Must not do: print, or change either system.

use std::path::PathBuf;
use std::sync::Arc;
use std::thread;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::app::collect::{self, Adapters, Collected, Events, Progress, Sources};
use crate::app::early::{self, Early, OfAcs, OfProvider};
use crate::app::error::{AppError, SideFailure};
use crate::app::exit::{Condition, exit_code};
use crate::app::memory;
use crate::app::recall::{Recalling, Remembered};
use crate::app::rules::rules;
use crate::app::second_look;
use crate::app::stop::Stop;
use crate::app::{budget, clocks, notice};
use crate::config::{Environment, Settings};
use crate::domain::{AcsDevice, EventLog, Mark, ProviderRecord, Side};
use crate::engine::both::both;
use crate::engine::{Baseline, Cause, Finding, Indexed, Paired, Reconciliation, Rules, Warning};
use crate::ports::{FetchError, FetchErrorKind};
use crate::store::run::{JournalCounts, Run};
use crate::store::{Draft, Known, Store};

/// Which differences make exit code 3.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum FailOn {
    /// Every finding but `manual-delete` and ignored ones.
    #[default]
    Any,
    /// Only those that nothing explains.
    Unexplained,
    /// None.
    Nothing,
}

/// What one run is asked to do.
#[derive(Clone, Debug, Default)]
pub struct Request {
    /// Neither read nor write the store.
    pub forget: bool,
    /// A file of events.
    pub events: Option<PathBuf>,
    /// When the files were exported.
    pub as_of: Option<Timestamp>,
    /// A bad line or field is an error.
    pub strict: bool,
    /// Which differences make exit code 3.
    pub fail_on: FailOn,
    /// Who asks.
    pub actor: String,
    /// The run's id, where it is known before: that of an apply whose effects it reads.
    pub id: Option<String>,
    /// What acerto did itself before this run.
    pub own: Vec<Mark>,
}

/// A run, and why it could not be recorded, if it could not.
#[derive(Debug)]
pub struct Finished {
    /// The run; its exit code counts everything that holds.
    pub run: Run,
    /// The store's failure after the answer was known: the answer is still worth printing.
    pub unrecorded: Option<AppError>,
    /// Both sides as read.
    pub collected: Collected,
    /// What happened, as read from a file.
    pub events: Events,
}

/// Everything a use-case reaches the world by.
#[derive(Clone, Copy)]
pub struct World<'a> {
    /// The two systems, and the time.
    pub adapters: &'a Adapters,
    /// The environment, for secrets.
    pub env: &'a dyn Environment,
    /// Told how far reading is.
    pub progress: &'a Progress,
    /// Whether somebody asked to stop.
    pub stop: &'a Stop,
}

/// Runs one reconciliation and records it.
///
/// # Errors
/// Where a side or the store can't be read, or a signal asked to stop. Nothing is recorded then
/// but how many requests were sent.
pub fn reconcile(
    settings: &Settings,
    request: &Request,
    world: World<'_>,
) -> Result<Finished, AppError> {
    reconcile_telling(settings, request, world, |_| ()).map(|(finished, _)| finished)
}

/// The same; `told` is called with the run while that is recorded, on a thread of its own, and not
/// at all for a run without a store. Should recording fail, the run's exit code becomes another.
///
/// # Errors
/// As [`reconcile`].
pub fn reconcile_telling<T: Send>(
    settings: &Settings,
    request: &Request,
    world: World<'_>,
    told: impl FnOnce(&Run) -> T + Send,
) -> Result<(Finished, Option<T>), AppError> {
    let clock = world.adapters.clock;
    let begun = (clock.now(), clock.monotonic());
    let store = if request.forget { None } else { Some(Arc::new(memory::begin_run(settings)?)) };
    let finished = run(settings, request, world, begun, store.as_ref(), told);
    if let (Err(error), Some(store)) = (&finished, &store)
        && may_hide_damage(error)
    {
        store.ready()?;
    }
    if let (Err(AppError::Stopped(_)), Some(store)) = (&finished, &store) {
        early::wait_for_readers(store);
    }
    finished
}

/// May the memory be damaged, which outranks a source that does not answer? Not where the store
/// told of itself already; and who asked to stop waits for nothing.
fn may_hide_damage(error: &AppError) -> bool {
    !matches!(error, AppError::Store(_) | AppError::Stopped(_))
}

/// The run itself, of a store that may still be opened.
fn run<T: Send>(
    settings: &Settings,
    request: &Request,
    world: World<'_>,
    (started, begun): (Timestamp, Duration),
    store: Option<&Arc<Store>>,
    told: impl FnOnce(&Run) -> T + Send,
) -> Result<(Finished, Option<T>), AppError> {
    let clock = world.adapters.clock;
    let before = budget::before(settings, store.map(Arc::as_ref), started)?;
    let how = (request.as_of, request.strict);
    let sources = collect::open(settings, world.adapters, &before, how, world.env)?;
    let events = read_events(settings, request, world.adapters)?;
    let rules = Arc::new(rules(&settings.causes));
    let lists = read(&rules, store, &sources, world);
    let uncounted = count(store, &sources, world);
    let (collected, made) = lists.map_err(|error| advised(error, &sources))?;
    tracing::info!(events = events.marks.len(), "what happened was read");
    let (reconciliation, draft, used) = thread::scope(|scope| {
        let (indexed, remembered) = ready(made, store)?;
        let mut recalling = Recalling::begin(scope, &collected, remembered, started);
        let lists = (&collected.acs, &collected.provider);
        let paired = Paired::of_indexed(lists, &rules, indexed);
        let mut baseline = recalling.baseline()?;
        not_older(&collected, &baseline, &sources)?;
        let mut own = clocks::warnings(&collected, &sources);
        own.extend(budget::warnings(settings, &before, &sources));
        if let Some(store) = store {
            own.extend(notice::warning(store)?);
        }
        let reconciliation = explain(&paired, (&events, own), &mut baseline);
        let used = (paired.into_pairing(), baseline);
        Ok::<_, AppError>((reconciliation, recalling.draft(), used))
    })?;
    world.stop.check()?;
    let journal = match store {
        Some(store) => open_rows(store)?,
        None => JournalCounts::default(),
    };
    let exit = exit_code(conditions(&reconciliation, &events, &journal, request.fail_on));
    let mut run = Run {
        id: request.id.clone().unwrap_or_else(|| Uuid::now_v7().to_string()),
        profile: settings.profile.clone(),
        started,
        seconds: clock.monotonic().saturating_sub(begun).as_secs_f64(),
        actor: request.actor.clone(),
        exit,
        reconciliation,
        net: budget::sent(&sources),
        journal,
    };
    // Where there is no thread for it, here.
    let free = |used| drop(collect::apart("free", move || drop(used)));
    let mut used = Some(used);
    if draft.as_ref().is_some_and(Draft::is_much) {
        // Recording needs the room.
        free(used.take());
    }
    let record = |(store, draft): (&Arc<Store>, Draft<'_>)| {
        both(|| told(&run), || record(store, &run, &draft, &events).err())
    };
    let (told, unrecorded) = store.zip(draft).map(record).unzip();
    // Recording would wait for it, and nobody else does.
    free(used);
    let unrecorded = unrecorded.flatten().or(uncounted);
    if let Some(error) = &unrecorded {
        run.exit = error.exit();
    }
    Ok((Finished { run, unrecorded, collected, events }, told))
}

/// Rows of the apply journal that have not ended, which every run tells.
fn open_rows(store: &Store) -> Result<JournalCounts, AppError> {
    let mut counts = crate::app::apply::counts(&store.open_steps()?);
    (counts.verified, counts.superseded, counts.failed) = (0, 0, 0);
    Ok(counts)
}

/// A list may be this much older than the one remembered: clocks differ.
const OLDER_MOST: SignedDuration = SignedDuration::from_hours(1);

/// The store only moves forward in time: an older list would make devices vanish and return
/// that never did.
fn not_older(
    collected: &Collected,
    baseline: &Baseline,
    sources: &Sources,
) -> Result<(), AppError> {
    let (acs, provider) = (baseline.acs.as_ref(), baseline.provider.as_ref());
    let sides = [
        (Side::Acs, collected.acs.meta().fetched_at, acs.map(|p| p.fetched_at)),
        (Side::Provider, collected.provider.meta().fetched_at, provider.map(|p| p.fetched_at)),
    ];
    let older = sides.into_iter().filter_map(|(side, at, known)| {
        let known = known.filter(|known| known.duration_since(at) > OLDER_MOST)?;
        Some(SideFailure { side, error: too_old((at, known), sources.is_network(side)) })
    });
    let older: Vec<SideFailure> = older.collect();
    if older.is_empty() { Ok(()) } else { Err(AppError::Fetch(older)) }
}

fn too_old((at, known): (Timestamp, Timestamp), network: bool) -> FetchError {
    let (at, known) = (at.strftime("%F %T UTC"), known.strftime("%F %T UTC"));
    let what = format!("this list is of {at}, but the store remembers one of {known}: it is older");
    let hints: &[&str] = if network {
        &[
            "that system's clock went back, or was ahead when the store's list was read: set it \
             by NTP",
            "once its time has passed the store's, runs go on; until then: --no-store",
        ]
    } else {
        &[
            "the store only moves forward in time: export the list again",
            "where only the file's time is wrong (copied, unpacked), say it: --as-of TIME",
            "to look at an old list: --no-store, or another --store DIR",
        ]
    };
    FetchError::new(FetchErrorKind::Unavailable, what, hints)
}

/// What is ready of both lists once they are read.
type Ready = (OfAcs, OfProvider, Known);
/// Of that, what pairing needs.
type BothIndexed = (Indexed<AcsDevice>, Indexed<ProviderRecord>);

/// Both sides, with a second look at what did not pair; and what was made of each meanwhile.
fn read(
    rules: &Arc<Rules>,
    store: Option<&Arc<Store>>,
    sources: &Sources,
    world: World<'_>,
) -> Result<(Collected, Ready), AppError> {
    let early = Early::new(Arc::clone(rules), store, world.stop);
    let (clock, progress, stop) = (world.adapters.clock, world.progress, world.stop);
    let (collected, (of_acs, of_provider)) =
        collect::collect(sources, clock, progress, stop, early.meanwhile())?;
    let (collected, more_known) = second_look::look(collected, sources, rules, stop)?;
    let of_acs = if more_known {
        // What was made of the list that it no longer is goes first.
        drop(of_acs);
        early.acs(&collected.acs)
    } else {
        of_acs
    };
    Ok((collected, (of_acs, of_provider, early.take_known())))
}

/// Counts what was sent, of a run that failed too: the systems' own limits count it.
fn count(store: Option<&Arc<Store>>, sources: &Sources, world: World<'_>) -> Option<AppError> {
    let (store, at) = (store?, world.adapters.clock.now());
    if world.stop.asked().is_some() {
        budget::count_in_haste(store, sources, at);
        return None;
    }
    let error = budget::count(store, sources, at).err()?;
    tracing::warn!("requests could not be counted: {error}");
    Some(error.into())
}

/// Where to look next when a system could not be read. What a file lacks is said already.
fn advised(mut error: AppError, sources: &Sources) -> AppError {
    if let AppError::Fetch(failures) = &mut error
        && failures.iter().any(|failure| sources.is_network(failure.side))
        && let Some(last) = failures.last_mut()
    {
        last.error.hints.push("`acerto doctor` looks at each step".to_owned());
    }
    error
}

/// Both lists for pairing, and for a comparison with the store where there is one.
fn ready(
    (of_acs, of_provider, known): Ready,
    store: Option<&Arc<Store>>,
) -> Result<(BothIndexed, Option<Remembered<'_>>), AppError> {
    let remembered = match (store, of_acs.prints, of_provider.prints) {
        (None, None, None) => None,
        (Some(store), Some(of_acs), Some(of_provider)) => {
            Some(Remembered { store, prints: (of_acs, of_provider), known })
        }
        _ => return Err(AppError::Bug("a list lacks its fingerprints".to_owned())),
    };
    Ok(((of_acs.indexed, of_provider.indexed), remembered))
}

/// The engine's answer, over the store's events and the file's.
fn explain(
    paired: &Paired<'_>,
    (events, own): (&Events, Vec<Warning>),
    baseline: &mut Baseline,
) -> Reconciliation {
    let told = EventLog::from_marks(events.marks.iter().cloned());
    baseline.log = std::mem::take(&mut baseline.log).merged(told);
    let mut reconciliation = paired.explain(baseline);
    add(&mut reconciliation.warnings, own);
    reconciliation.warnings.extend(events.warnings());
    let (matched, findings) = (reconciliation.matched, reconciliation.findings.len());
    tracing::info!(matched, findings, "reconciled");
    reconciliation
}

/// Adds warnings in the order of their codes; one that the engine gave already stands.
fn add(warnings: &mut Vec<Warning>, own: Vec<Warning>) {
    for warning in own {
        if !warnings.iter().any(|w| (w.code, w.side) == (warning.code, warning.side)) {
            warnings.push(warning);
        }
    }
    warnings.sort_by_key(|w| w.code);
}

fn read_events(
    settings: &Settings,
    request: &Request,
    adapters: &Adapters,
) -> Result<Events, AppError> {
    let told = request.events.as_ref().map(|path| {
        (adapters.events)(path, &settings.timezone, request.strict).map_err(AppError::Events)
    });
    let mut events = told.transpose()?.unwrap_or_default();
    events.marks.extend(request.own.iter().cloned());
    Ok(events)
}

fn record(store: &Store, run: &Run, draft: &Draft<'_>, events: &Events) -> Result<(), AppError> {
    store.record_compared(run, draft, &events.marks)?;
    tracing::info!(run = run.id, store = %store.dir().display(), "recorded");
    Ok(())
}

/// Everything that holds at the end of a run.
fn conditions(
    reconciliation: &Reconciliation,
    events: &Events,
    journal: &JournalCounts,
    fail_on: FailOn,
) -> Vec<Condition> {
    let whole = reconciliation.acs.complete && reconciliation.provider.complete;
    let mut hold = Vec::new();
    if !whole || events.bad_count > 0 {
        hold.push(Condition::Source);
    }
    if journal.in_doubt + journal.needs_human > 0 {
        hold.push(Condition::Journal);
    }
    if reconciliation.findings.iter().any(|f| fails(f, fail_on)) {
        hold.push(Condition::Differences);
    }
    hold
}

/// Does this finding make exit code 3?
fn fails(finding: &Finding, fail_on: FailOn) -> bool {
    let counts = finding.ignored.is_none() && finding.cause != Cause::ManualDelete;
    match fail_on {
        FailOn::Any => counts,
        FailOn::Unexplained => counts && finding.cause == Cause::Unexplained,
        FailOn::Nothing => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use FailOn::{Any, Nothing, Unexplained};

    use crate::app::testing::{finding, reconciliation};
    use crate::engine::Ignored;

    #[test]
    fn decides_the_exit_code() {
        let ignored = || {
            let by = Ignored { reason: "known".into(), until: None };
            Finding { ignored: Some(by), ..finding(Cause::NeverSeen) }
        };
        let clean = Events::default();
        let bad = Events { bad_count: 1, ..Events::default() };
        let quiet = JournalCounts::default();
        let open = JournalCounts { in_doubt: 1, ..quiet };
        for (findings, whole, events, journal, fail_on, code) in [
            (vec![], true, &clean, quiet, Any, 0),
            (vec![finding(Cause::PendingPurge)], true, &clean, quiet, Any, 3),
            (vec![finding(Cause::FieldDrift)], true, &clean, quiet, Any, 3),
            (vec![finding(Cause::ManualDelete)], true, &clean, quiet, Any, 0),
            (vec![ignored()], true, &clean, quiet, Any, 0),
            (vec![finding(Cause::PendingPurge)], true, &clean, quiet, Unexplained, 0),
            (vec![finding(Cause::Unexplained)], true, &clean, quiet, Unexplained, 3),
            (vec![finding(Cause::Unexplained)], true, &clean, quiet, Nothing, 0),
            (vec![finding(Cause::PendingPurge)], false, &clean, quiet, Any, 6),
            (vec![], true, &bad, quiet, Any, 6),
            (vec![], false, &clean, open, Any, 9),
        ] {
            let mut reconciliation = reconciliation(findings);
            reconciliation.provider.complete = whole;
            let hold = conditions(&reconciliation, events, &journal, fail_on);
            assert_eq!(exit_code(hold), code, "{fail_on:?} {:?}", reconciliation.findings);
        }
    }
}
