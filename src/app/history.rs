//! Looking back: the last report, runs, everything about one device; and what persons say.
//!
//! Must not do: fetch anything.

use jiff::{SignedDuration, Timestamp};

use crate::app::collect::Collected;
use crate::app::error::AppError;
use crate::app::lookup::{self, Index, Wanted};
use crate::app::memory;
use crate::app::reconcile::Finished;
use crate::config::Settings;
use crate::domain::{AcsDevice, AnySnapshot, DeviceKey, ProviderRecord, Untrusted};
use crate::engine::{Finding, Ignore};
use crate::store::{HistoryEntry, KnownIgnore, Note, Run, RunSummary, Store};

/// How many runs back a finding is looked for by its id.
const FINDING_RUNS: usize = 30;

/// The last report.
///
/// # Errors
/// Where there is none, or the store can't be read.
pub fn status(settings: &Settings) -> Result<Run, AppError> {
    let store = memory::must_look(settings)?;
    store.latest()?.ok_or_else(|| no_runs(settings))
}

/// The newest runs, newest first; none where there is no store.
///
/// # Errors
/// Where the store can't be read.
pub fn runs(settings: &Settings, limit: usize) -> Result<Vec<RunSummary>, AppError> {
    match memory::look(settings)? {
        Some(store) => Ok(store.runs(limit)?),
        None => Ok(Vec::new()),
    }
}

/// What an id names.
#[derive(Debug)]
pub enum Shown {
    /// A run.
    Run(Box<Run>),
    /// A finding, with the newest run that has it.
    Finding(Box<Finding>, Box<Run>),
}

/// The run or finding of an id; a run's by its beginning too.
///
/// # Errors
/// Where there is none, several fit, or the store can't be read.
pub fn show(settings: &Settings, id: &str) -> Result<Shown, AppError> {
    let store = memory::must_look(settings)?;
    let id = id.trim();
    let found = if id.starts_with("f-") {
        find_finding(&store, id)?
    } else {
        store.run(id)?.map(|run| Shown::Run(Box::new(run)))
    };
    found.ok_or_else(|| {
        let what = format!("nothing remembered has the id {}", Untrusted::new(id));
        AppError::not_found(what, &["`acerto runs` lists the runs; findings are in their reports"])
    })
}

fn find_finding(store: &Store, id: &str) -> Result<Option<Shown>, AppError> {
    for summary in store.runs(FINDING_RUNS)? {
        let Some(run) = store.run(&summary.id)? else { continue };
        let found = run.reconciliation.findings.iter().find(|f| f.id == id).cloned();
        if let Some(finding) = found {
            return Ok(Some(Shown::Finding(Box::new(finding), Box::new(run))));
        }
    }
    Ok(None)
}

fn no_runs(settings: &Settings) -> AppError {
    let what = format!("no run is remembered yet in {}", memory::shown(settings));
    AppError::not_found(what, &["run `acerto --reconcile` first"])
}

/// What devices are explained from: a run with both sides as it read them.
pub struct Archive {
    run: Run,
    acs: Option<AnySnapshot<AcsDevice>>,
    provider: Option<AnySnapshot<ProviderRecord>>,
    store: Option<Store>,
}

impl Archive {
    /// From the newest run of the store.
    ///
    /// # Errors
    /// Where there is none, or the store can't be read.
    pub fn of_store(settings: &Settings) -> Result<Self, AppError> {
        let store = memory::must_look(settings)?;
        let run = store.latest()?.ok_or_else(|| no_runs(settings))?;
        let archive = Self::of(&store, run)?;
        Ok(Self { store: Some(store), ..archive })
    }

    fn of(store: &Store, run: Run) -> Result<Self, AppError> {
        let acs = store.acs_snapshot(&run.id)?;
        let provider = store.provider_snapshot(&run.id)?;
        Ok(Self { run, acs, provider, store: None })
    }

    fn index(&self) -> Index<'_> {
        let acs = self.acs.as_ref().map(AnySnapshot::records).unwrap_or_default();
        let provider = self.provider.as_ref().map(AnySnapshot::records).unwrap_or_default();
        Index::new(acs, provider)
    }

    /// From a run just made, which nothing remembers.
    #[must_use]
    pub fn of_run(finished: Finished) -> Self {
        let Collected { acs, provider } = finished.collected;
        Self { run: finished.run, acs: Some(acs), provider: Some(provider), store: None }
    }

    /// Makes both sides findable.
    #[must_use]
    pub fn explainer(&self) -> Explainer<'_> {
        Explainer { archive: self, index: self.index() }
    }
}

/// Explains devices one by one.
pub struct Explainer<'a> {
    archive: &'a Archive,
    index: Index<'a>,
}

/// Everything known of one device.
#[derive(Debug)]
pub struct Explained<'a> {
    /// Its ACS record.
    pub acs: Option<&'a AcsDevice>,
    /// Its Provider record.
    pub provider: Option<&'a ProviderRecord>,
    /// Its finding.
    pub finding: Option<&'a Finding>,
    /// What earlier runs said, newest first.
    pub history: Vec<HistoryEntry>,
    /// What persons noted, oldest first.
    pub notes: Vec<Note>,
    /// Names of the ACS record's extra fields.
    pub acs_columns: &'a [Box<str>],
    /// Names of the Provider record's extra fields.
    pub provider_columns: &'a [Box<str>],
}

impl<'a> Explainer<'a> {
    /// Explains a key; `None` where nothing at all is known of it.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn explain(&self, key: &str) -> Result<Option<Explained<'a>>, AppError> {
        let wanted = Wanted::new(key);
        let records = self.index.records(&wanted);
        let reconciliation = &self.archive.run.reconciliation;
        let finding = lookup::finding(&wanted, records, &reconciliation.findings);
        let keys = lookup::keys(&wanted, records, finding);
        let (mut history, mut notes) = (Vec::new(), Vec::new());
        if let Some(store) = &self.archive.store {
            history = store.history(&keys)?;
            let mut names: Vec<String> = keys.iter().map(ToString::to_string).collect();
            names.push(wanted.normal());
            names.sort_unstable();
            names.dedup();
            for name in &names {
                notes.extend(store.notes(name)?);
            }
            notes.sort_by_key(|note| note.at);
        }
        let unknown = records == lookup::Records::default()
            && finding.is_none()
            && history.is_empty()
            && notes.is_empty();
        if unknown {
            return Ok(None);
        }
        Ok(Some(Explained {
            acs: records.acs.or_else(|| finding.and_then(|f| f.acs.first())),
            provider: records.provider.or_else(|| finding.and_then(|f| f.provider.first())),
            finding,
            history,
            notes,
            acs_columns: &reconciliation.acs.extra_columns,
            provider_columns: &reconciliation.provider.extra_columns,
        }))
    }
}

/// What was made of a key that a person gave.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The key under which it is kept.
    pub key: String,
    /// Does the newest run know the device?
    pub known: bool,
}

/// Leaves a device alone.
///
/// # Errors
/// Where the key or the reason is empty, or the store can't be written.
pub fn ignore(
    settings: &Settings,
    key: &str,
    (reason, days): (&str, Option<u32>),
    now: Timestamp,
) -> Result<Kept, AppError> {
    let (wanted, reason) = (named(key)?, said(reason, "the reason")?);
    let until =
        match days {
            None => None,
            Some(days) => {
                let length = SignedDuration::from_hours(i64::from(days) * 24);
                let end = now.checked_add(length);
                Some(end.map_err(|_| {
                    AppError::usage("that many days never end", &["leave --days out"])
                })?)
            }
        };
    let store = memory::open(settings)?;
    let kept = Kept { key: wanted.normal(), known: device_of(&store, &wanted)?.0 };
    // The key as given: the engine compares it with every identity that it may mean.
    let key = Untrusted::new(key.trim());
    store.add_ignore(&kept.key, &Ignore { key, reason, since: now, until })?;
    Ok(kept)
}

/// Looks at a device again.
///
/// # Errors
/// Where nothing of that key is ignored, or the store can't be written.
pub fn ignore_remove(settings: &Settings, key: &str) -> Result<String, AppError> {
    let normal = named(key)?.normal();
    let removed = match memory::look(settings)? {
        None => false,
        Some(_) => memory::open(settings)?.remove_ignore(&normal)?,
    };
    if removed {
        return Ok(normal);
    }
    let what = format!("nothing is ignored under {}", Untrusted::new(&normal));
    Err(AppError::not_found(what, &["`acerto ignore list` shows what is"]))
}

/// What is left alone, ended ones too.
///
/// # Errors
/// Where the store can't be read.
pub fn ignores(settings: &Settings, now: Timestamp) -> Result<Vec<KnownIgnore>, AppError> {
    match memory::look(settings)? {
        Some(store) => Ok(store.ignores(now)?),
        None => Ok(Vec::new()),
    }
}

/// Notes something about a device.
///
/// # Errors
/// Where the key or the text is empty, or the store can't be written.
pub fn note(
    settings: &Settings,
    key: &str,
    (text, actor): (&str, &str),
    at: Timestamp,
) -> Result<Kept, AppError> {
    let (wanted, text) = (named(key)?, said(text, "the note")?);
    let store = memory::open(settings)?;
    // Notes hang on the device's key, so that the next one who asks by another name sees them.
    let (known, key) = device_of(&store, &wanted)?;
    let kept = Kept { known, key: key.map_or_else(|| wanted.normal(), |key| key.to_string()) };
    store.add_note(&kept.key, &Note { text, actor: actor.to_owned(), at })?;
    Ok(kept)
}

/// Does the newest run know the device, and under which key?
fn device_of(store: &Store, wanted: &Wanted) -> Result<(bool, Option<DeviceKey>), AppError> {
    let Some(run) = store.latest()? else { return Ok((false, None)) };
    let archive = Archive::of(store, run)?;
    let records = archive.index().records(wanted);
    let finding = lookup::finding(wanted, records, &archive.run.reconciliation.findings);
    let known = finding.is_some() || records != lookup::Records::default();
    Ok((known, finding.and_then(|f| f.keys.first().cloned())))
}

fn named(key: &str) -> Result<Wanted, AppError> {
    if key.trim().is_empty() {
        return Err(AppError::usage("the key is empty", &["give a serial, MAC, login or id"]));
    }
    Ok(Wanted::new(key))
}

fn said(text: &str, what: &str) -> Result<String, AppError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(AppError::usage(format!("{what} is empty"), &["say it in a few words"]));
    }
    Ok(text.to_owned())
}
