//! The trail of devices: in which runs the finding of a device appeared, changed or went.
//!
//! Must not do: hold a device's identity. Keys are digests: the trail outlives the
//! snapshots, and says nothing to who does not hold the key.

use std::collections::{BTreeSet, HashMap};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::domain::DeviceKey;
use crate::engine::{Cause, Finding, Resolved, Strength};
use crate::store::codec::finding::{Front, Gist};
use crate::store::codec::run::RunLine;
use crate::store::codec::{Bad, bad, from_json, from_postcard, pack, to_postcard, unpack, wired};
use crate::store::entries::Change;
use crate::store::error::StoreError;
use crate::store::list::NewList;
use crate::store::past::{HistoryEntry, HistoryState};
use crate::store::rows::{Order, Rows, View};
use crate::store::tables::{RUNS, TRAIL, key_seq, seq_key};

/// A device's finding changed.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(super) struct TrailRow {
    pub device: u64,
    cause: String,
    strength: String,
    state: String,
}

impl TrailRow {
    /// One row a key of the finding.
    pub(super) fn of(gist: &Gist<'_>, resolved: bool) -> impl Iterator<Item = Self> {
        let state =
            if resolved { HistoryState::Resolved.wire() } else { gist.state.wire() }.to_owned();
        let (cause, strength) = (gist.cause.wire().to_owned(), gist.strength.wire().to_owned());
        gist.keys.iter().map(move |key| Self {
            device: digest(key),
            cause: cause.clone(),
            strength: strength.clone(),
            state: state.clone(),
        })
    }

    /// One row a key. Nobody is told how sure the difference was once it is no more.
    fn resolved(resolved: &Resolved) -> impl Iterator<Item = Self> {
        resolved.keys.iter().map(|key| Self {
            device: digest(&key.text()),
            cause: resolved.cause.wire().to_owned(),
            strength: Strength::Inferred.wire().to_owned(),
            state: HistoryState::Resolved.wire().to_owned(),
        })
    }

    fn step(&self, run: usize) -> Result<Step, Bad> {
        Ok(Step {
            run,
            cause: wired(Cause::from_wire, &self.cause)?,
            strength: wired(Strength::from_wire, &self.strength)?,
            state: wired(HistoryState::from_wire, &self.state)?,
        })
    }
}

/// What stands for a device key.
fn digest(key: &str) -> u64 {
    let digest = Sha256::digest(key.as_bytes());
    digest.first_chunk().map_or(0, |b| u64::from_be_bytes(*b))
}

/// What every run said of every device, read once.
#[derive(Debug, Default)]
pub struct Trails {
    /// The runs, newest first.
    runs: Vec<(String, Timestamp)>,
    /// Newest first.
    steps: Vec<Step>,
    by_device: HashMap<u64, Vec<usize>>,
}

/// A row of the trail, whose run is told by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Step {
    run: usize,
    cause: Cause,
    strength: Strength,
    state: HistoryState,
}

impl Trails {
    /// Reads all of it; of runs that are not in the journal, nothing.
    pub(super) fn read(journal: &View, view: &View) -> Result<Self, StoreError> {
        let mut packed = Vec::new();
        view.walk(TRAIL, &[], Order::Down, &mut |key, body| {
            let seq = key_seq(key).ok_or_else(|| bad("a trail without a run"))?;
            packed.push((seq, unpack(body)?));
            Ok(true)
        })?;
        let mut trails = Self::default();
        for (seq, raw) in packed {
            let Some(line) = journal.get(RUNS, &seq_key(seq))? else { continue };
            let line: RunLine = journal.believe(from_json(&line))?;
            view.believe(trails.add(line, &raw))?;
        }
        Ok(trails)
    }

    fn add(&mut self, line: RunLine, raw: &[u8]) -> Result<(), Bad> {
        let run = self.runs.len();
        self.runs.push((line.id, line.started));
        let rows: Vec<TrailRow> = from_postcard(raw)?;
        for row in rows {
            self.by_device.entry(row.device).or_default().push(self.steps.len());
            self.steps.push(row.step(run)?);
        }
        Ok(())
    }

    /// The runs in which the finding of one of `keys` appeared, changed or was resolved,
    /// newest first.
    #[must_use]
    pub fn of(&self, keys: &[DeviceKey]) -> Vec<HistoryEntry> {
        let devices = keys.iter().map(|k| digest(&k.text()));
        let places = devices.filter_map(|d| self.by_device.get(&d)).flatten();
        let places: BTreeSet<usize> = places.copied().collect();
        let mut steps: Vec<Step> =
            places.into_iter().filter_map(|at| self.steps.get(at)).copied().collect();
        // A device has several keys, and a row for each.
        steps.dedup();
        steps.into_iter().filter_map(|step| self.entry(step)).collect()
    }

    fn entry(&self, step: Step) -> Option<HistoryEntry> {
        let (run_id, started) = self.runs.get(step.run)?.clone();
        let Step { cause, strength, state, .. } = step;
        Some(HistoryEntry { run_id, started, cause, strength, state })
    }
}

/// Which devices' findings are not as they were in the run before.
pub(super) struct Trail<'a> {
    now: Vec<TrailRow>,
    gone: Vec<TrailRow>,
    resolved: HashMap<&'a str, &'a Resolved>,
    whole: bool,
    after_whole: bool,
}

impl<'a> Trail<'a> {
    /// The trail of a run that resolved these. `whole`: it read both sides whole; else what is
    /// missing may be in the part that was not read. `after_whole`: so did the run before.
    pub(super) fn of(resolved: &'a [Resolved], whole: bool, after_whole: bool) -> Self {
        let resolved = resolved.iter().map(|r| (r.id.as_str(), r)).collect();
        Self { now: Vec::new(), gone: Vec::new(), resolved, whole, after_whole }
    }

    /// Takes a change of the list of findings.
    pub(super) fn note(
        &mut self,
        change: &Change<'_>,
        list: &NewList<'_, Finding>,
    ) -> Result<(), Bad> {
        match change {
            Change::Same(_) => {}
            Change::New { at } => {
                self.now.extend(TrailRow::of(&list.front(*at).gist()?, false));
            }
            Change::Changed { before, at } => {
                let old = Front::read(before.body)?;
                let new = list.front(*at);
                let (old, new) = (old.gist()?, new.gist()?);
                if old.strength != new.strength || old.keys != new.keys {
                    self.now.extend(TrailRow::of(&new, false));
                }
            }
            Change::Left(item) => {
                let row = Front::read(item.body)?;
                if self.resolved.remove(row.id()).is_some() || self.whole {
                    self.gone.extend(TrailRow::of(&row.gist()?, true));
                }
            }
        }
        Ok(())
    }

    /// A device whose finding left, and that has another now, is not resolved.
    pub(super) fn pack(mut self) -> Result<Vec<u8>, Bad> {
        if !self.after_whole {
            // Those that the run before, which read a side in part, was missing already.
            self.gone.extend(self.resolved.values().flat_map(|r| TrailRow::resolved(r)));
        }
        self.now.sort_unstable();
        let now = &self.now;
        self.gone.retain(|g| now.binary_search_by_key(&g.device, |n| n.device).is_err());
        self.now.append(&mut self.gone);
        self.now.sort_unstable();
        self.now.dedup();
        pack(&to_postcard(&self.now)?)
    }
}
