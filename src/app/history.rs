//! Looking back: the last report, runs, and everything about one device.
//!
//! Must not do: fetch anything.

use crate::app::collect::Collected;
use crate::app::error::AppError;
use crate::app::lookup::{Findings, Index, Wanted};
use crate::app::memory;
use crate::app::past::{Chronicle, Named, Past, past};
use crate::app::reconcile::Finished;
use crate::config::Settings;
use crate::domain::{AcsDevice, AnySnapshot, ProviderRecord, Untrusted};
use crate::engine::Finding;
use crate::store::{JournalCounts, Run, RunSummary, StepRow, Store};
use jiff::Timestamp;
use std::collections::BTreeMap;

/// How many runs back a finding is looked for by its id.
const FINDING_RUNS: usize = 30;

/// A run as the store still has it.
#[derive(Debug)]
pub struct Remembered {
    /// The run.
    pub run: Run,
    /// Are its findings past their time? Then `run` has none, whatever it found.
    pub expired: bool,
}

impl Remembered {
    fn of(store: &Store, run: Run) -> Result<Self, AppError> {
        let expired = !store.findings_kept(&run.id)?;
        Ok(Self { run, expired })
    }
}

/// The last report, and the steps that have not ended: those that nobody knows about yet, or that
/// need a person. That these can't be read does not hide the report.
///
/// # Errors
/// Where there is none, or the store can't be read.
pub fn status(
    settings: &Settings,
) -> Result<(Remembered, Result<Vec<StepRow>, AppError>), AppError> {
    let store = memory::must_look(settings)?;
    let run = store.latest()?.ok_or_else(|| no_runs(settings))?;
    let open_steps = store.open_steps().map_err(AppError::from);
    Ok((Remembered::of(&store, run)?, open_steps))
}

/// What somebody who comes back wants to see.
#[derive(Debug)]
pub struct Lately {
    /// The newest run.
    pub last: Remembered,
    /// The newest runs, newest first.
    pub runs: Vec<RunSummary>,
    /// Steps that have not ended.
    pub open_steps: Vec<StepRow>,
    /// How many steps each of the runs applied, and what became of them, by the run's id.
    pub applied: BTreeMap<String, JournalCounts>,
}

/// The newest runs and the last report; `None` where there is no run yet.
///
/// # Errors
/// Where the store can't be read.
pub fn lately(settings: &Settings, limit: usize) -> Result<Option<Lately>, AppError> {
    memory::verified(settings, move |store| Lately::of(store, limit)).map(Option::flatten)
}

impl Lately {
    fn of(store: &Store, limit: usize) -> Result<Option<Self>, AppError> {
        let (runs, run) = (store.runs(limit)?, store.latest()?);
        let (Some(oldest), Some(run)) = (runs.last(), run) else { return Ok(None) };
        let applied = applied_since(store, oldest.started)?;
        let open_steps = store.open_steps()?;
        Ok(Some(Self { last: Remembered::of(store, run)?, open_steps, applied, runs }))
    }
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
    Run(Box<Remembered>),
    /// A finding.
    Finding(Box<ShownFinding>),
    /// Steps of a plan, or one of them.
    Steps(Vec<StepRow>),
}

/// A finding, and what is remembered of its device.
#[derive(Debug)]
pub struct ShownFinding {
    finding: Finding,
    /// The newest run that has it.
    run: Run,
    past: Past,
}

impl ShownFinding {
    /// The same as an explanation of its first device.
    #[must_use]
    pub fn explained(&self) -> Explained<'_> {
        let (finding, past) = (&self.finding, self.past.clone());
        let reconciliation = &self.run.reconciliation;
        Explained {
            acs: finding.acs.first(),
            provider: finding.provider.first(),
            finding: Some(finding),
            past,
            acs_columns: &reconciliation.acs.extra_columns,
            provider_columns: &reconciliation.provider.extra_columns,
        }
    }
}

/// The run or finding of an id; a run's by its beginning too.
///
/// # Errors
/// Where there is none, several fit, or the store can't be read.
pub fn show(settings: &Settings, id: &str) -> Result<Shown, AppError> {
    let id = id.trim();
    if id.is_empty() {
        let hint = "`acerto runs` lists the runs; findings are in their reports";
        return Err(AppError::usage("the id is empty", &[hint]));
    }
    let store = memory::must_look(settings)?;
    let found = if id.starts_with("f-") {
        find_finding(&store, id)?
    } else {
        match store.run(id)? {
            Some(run) => Some(Shown::Run(Box::new(Remembered::of(&store, run)?))),
            None => find_steps(&store, id)?.map(Shown::Steps),
        }
    };
    found.ok_or_else(|| {
        let what = format!("nothing remembered has the id {}", Untrusted::new(id));
        AppError::not_found(what, &["`acerto runs` lists the runs; findings are in their reports"])
    })
}

/// The steps of a plan or of an apply, or the one of an action.
fn find_steps(store: &Store, id: &str) -> Result<Option<Vec<StepRow>>, AppError> {
    let mut steps = store.steps_of(id)?;
    if steps.is_empty() {
        steps = store.steps_since(Timestamp::MIN)?;
        steps.retain(|row| row.action == id);
    }
    Ok((!steps.is_empty()).then_some(steps))
}

fn applied_since(
    store: &Store,
    since: Timestamp,
) -> Result<BTreeMap<String, JournalCounts>, AppError> {
    let mut applied: BTreeMap<String, JournalCounts> = BTreeMap::new();
    for row in store.steps_since(since)? {
        applied.entry(row.run_id.clone()).or_default().add(row.state);
    }
    Ok(applied)
}

/// The steps that a run applied.
///
/// # Errors
/// Where there is no store, or it can't be read.
pub fn steps_of(settings: &Settings, run: &str) -> Result<Vec<StepRow>, AppError> {
    Ok(memory::must_look(settings)?.steps_of(run)?)
}

fn find_finding(store: &Store, id: &str) -> Result<Option<Shown>, AppError> {
    for summary in store.runs(FINDING_RUNS)? {
        let Some(run) = store.run(&summary.id)? else { continue };
        let found = run.reconciliation.findings.iter().find(|f| f.id == id).cloned();
        if let Some(finding) = found {
            let past = past_of(store, &finding)?;
            return Ok(Some(Shown::Finding(Box::new(ShownFinding { finding, run, past }))));
        }
    }
    Ok(None)
}

/// What is remembered of the device of a finding that is at hand, be it in the store or not:
/// nothing of its run is read.
///
/// # Errors
/// Where there is no store, or it can't be read.
pub fn story(settings: &Settings, finding: Finding) -> Result<Past, AppError> {
    let told = memory::verified(settings, move |store| past_of(store, &finding))?;
    told.ok_or_else(|| memory::nothing_yet(settings))
}

/// What is remembered of a finding's device, told by the records that the finding holds.
fn past_of(store: &Store, finding: &Finding) -> Result<Past, AppError> {
    let index = Index::new(&finding.acs, &finding.provider);
    let findings = Findings::new(std::slice::from_ref(finding));
    let device = Named::new(&finding.id, &index, &findings);
    past(store, &Chronicle::of(store)?, &device)
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
    memory: Option<(Store, Chronicle)>,
}

impl Archive {
    /// From the newest run of the store.
    ///
    /// # Errors
    /// Where there is none, or the store can't be read.
    pub fn of_store(settings: &Settings) -> Result<Self, AppError> {
        let store = memory::must_look(settings)?;
        let archive = Self::newest(&store)?.ok_or_else(|| no_runs(settings))?;
        let chronicle = Chronicle::of(&store)?;
        Ok(Self { memory: Some((store, chronicle)), ..archive })
    }

    /// The newest run of a store that is open, for finding devices; without what befell them.
    pub(crate) fn newest(store: &Store) -> Result<Option<Self>, AppError> {
        let Some(run) = store.latest()? else { return Ok(None) };
        let acs = store.acs_snapshot(&run.id)?;
        let provider = store.provider_snapshot(&run.id)?;
        Ok(Some(Self { run, acs, provider, memory: None }))
    }

    pub(crate) fn index(&self) -> Index<'_> {
        let acs = self.acs.as_ref().map(AnySnapshot::records).unwrap_or_default();
        let provider = self.provider.as_ref().map(AnySnapshot::records).unwrap_or_default();
        Index::new(acs, provider)
    }

    pub(crate) fn findings(&self) -> &[Finding] {
        &self.run.reconciliation.findings
    }

    /// From a run just made, which nothing remembers.
    #[must_use]
    pub fn of_run(finished: Finished) -> Self {
        let Collected { acs, provider, .. } = finished.collected;
        Self { run: finished.run, acs: Some(acs), provider: Some(provider), memory: None }
    }

    /// Makes both sides findable.
    #[must_use]
    pub fn explainer(&self) -> Explainer<'_> {
        Explainer { archive: self, index: self.index(), findings: Findings::new(self.findings()) }
    }
}

/// Explains devices one by one.
pub struct Explainer<'a> {
    archive: &'a Archive,
    index: Index<'a>,
    findings: Findings<'a>,
}

/// Everything known of one device.
#[derive(Debug, Default)]
pub struct Explained<'a> {
    /// Its ACS record.
    pub acs: Option<&'a AcsDevice>,
    /// Its Provider record.
    pub provider: Option<&'a ProviderRecord>,
    /// Its finding.
    pub finding: Option<&'a Finding>,
    /// What is remembered of it.
    pub past: Past,
    /// Names of the ACS record's extra fields.
    pub acs_columns: &'a [Box<str>],
    /// Names of the Provider record's extra fields.
    pub provider_columns: &'a [Box<str>],
}

impl<'a> Explainer<'a> {
    /// Every device of the ACS that a key names.
    #[must_use]
    pub fn devices(&self, key: &str) -> Vec<&'a AcsDevice> {
        self.index.devices(&Wanted::new(key))
    }

    /// Explains a key; `None` where nothing at all is known of it.
    ///
    /// # Errors
    /// Where the store can't be read.
    pub fn explain(&self, key: &str) -> Result<Option<Explained<'a>>, AppError> {
        let device = Named::new(key, &self.index, &self.findings);
        let past = match &self.archive.memory {
            Some((store, chronicle)) => past(store, chronicle, &device)?,
            None => Past::default(),
        };
        if !device.is_known() && past.is_empty() {
            return Ok(None);
        }
        let (records, finding) = (device.records, device.finding);
        let reconciliation = &self.archive.run.reconciliation;
        Ok(Some(Explained {
            acs: records.acs.or_else(|| finding.and_then(|f| f.acs.first())),
            provider: records.provider.or_else(|| finding.and_then(|f| f.provider.first())),
            finding,
            past,
            acs_columns: &reconciliation.acs.extra_columns,
            provider_columns: &reconciliation.provider.extra_columns,
        }))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::app::collect::Progress;
    use crate::app::reconcile::{Request, World, reconcile};
    use crate::app::stop::Stop;
    use crate::app::testing::{HOSTS, finding, network_settings};
    use crate::config::ProcessEnvironment;
    use crate::domain::DeviceKey;
    use crate::engine::Cause;
    use crate::store::{HISTORY_FILE, JOURNAL_FILE, Note};

    fn run(settings: &Settings) {
        let (progress, stop): (Progress, _) = (Arc::new(|_, _| ()), Stop::default());
        let (adapters, env) = (&HOSTS, &ProcessEnvironment);
        let world = World { adapters, env, progress: &progress, stop: &stop };
        reconcile(settings, &Request::default(), world).unwrap();
    }

    /// A store that remembers two runs.
    fn remembered(folder: &Path) -> Settings {
        let settings = network_settings(folder, "acs.test", "");
        run(&settings);
        run(&settings);
        settings
    }

    /// What is read before the store is verified, where it can be.
    fn glimpse(settings: &Settings) -> Option<memory::Glimpse<Option<Lately>>> {
        memory::Glimpse::of(&settings.store_dir, &memory::options(settings), |store| {
            Lately::of(store, 9)
        })
    }

    #[test]
    fn what_is_read_beside_the_check_of_the_store_is_told_where_the_store_is_whole() {
        let folder = tempfile::tempdir().unwrap();
        let settings = remembered(folder.path());
        let sound = lately(&settings, 9).unwrap().unwrap();
        assert_eq!(sound.runs.len(), 2);
        for file in [HISTORY_FILE, JOURNAL_FILE] {
            let path = settings.store_dir.join(file);
            let bytes = fs::read(&path).unwrap();
            let mut unseen = 0;
            for page in (0..bytes.len()).step_by(4096) {
                let mut broken = bytes.clone();
                broken[page + 64] ^= 1;
                fs::write(&path, &broken).unwrap();
                let looks_whole = glimpse(&settings).is_some();
                let told = lately(&settings, 9);
                fs::write(&path, &broken).unwrap();
                let is_whole = memory::look(&settings).is_ok();
                assert_eq!(told.is_ok(), is_whole, "page {} of {file}", page / 4096);
                if let Ok(told) = told {
                    assert_eq!(told.unwrap().last.run, sound.last.run, "page {}", page / 4096);
                }
                unseen += usize::from(looks_whole && !is_whole);
            }
            assert!(unseen > 0, "some damage of {file} lies where nothing of a report does");
            fs::write(&path, &bytes).unwrap();
        }
    }

    #[test]
    fn what_was_read_of_a_store_that_was_changed_since_is_not_told() {
        let folder = tempfile::tempdir().unwrap();
        let settings = remembered(folder.path());
        let told = glimpse(&settings).unwrap().still(&settings).unwrap().unwrap();
        assert_eq!(told.runs.len(), 2);
        let before = glimpse(&settings).unwrap();
        run(&settings);
        assert!(before.still(&settings).is_none());
        assert_eq!(lately(&settings, 9).unwrap().unwrap().runs.len(), 3);
    }

    #[test]
    fn a_story_is_told_of_a_finding_at_hand() {
        let folder = tempfile::tempdir().unwrap();
        let settings = network_settings(folder.path(), "acs.test", "");
        let of = |id: &str| Finding {
            keys: vec![DeviceKey::AcsId(Untrusted::new(id))],
            acs: vec![AcsDevice { id: Untrusted::new(id), ..AcsDevice::default() }],
            ..finding(Cause::Unexplained)
        };
        assert!(story(&settings, of("a1")).is_err(), "no store");
        run(&settings);
        assert_eq!(story(&settings, of("a1")).unwrap(), Past::default());
        let store = memory::must_look(&settings).unwrap();
        let note = Note { at: Timestamp::UNIX_EPOCH, actor: "ana".into(), text: "new".into() };
        store.add_note("acs=a1", &note).unwrap();
        drop(store);
        assert_eq!(story(&settings, of("a1")).unwrap().notes, [note]);
        assert!(story(&settings, of("a2")).unwrap().notes.is_empty());
    }
}
