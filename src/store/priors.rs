//! The findings that the next run compares its own with.
//!
//! Those of the last run that read both sides whole, and those that later runs, which read
//! one in part, added; without what those saw resolved. So a line that was bad for a day
//! resets no finding. Must not do: take a finding for ended because a Partial run lacks it.

use std::collections::HashSet;

use crate::domain::DeviceKey;
use crate::engine::Prior;
use crate::store::codec::finding::FindingRow;
use crate::store::codec::from_postcard;
use crate::store::error::StoreError;
use crate::store::past;
use crate::store::rows::{Rows, View};
use crate::store::series::{Loaded, Series, heads};
use crate::store::tables::{RUNS, seq_key};

pub(super) fn priors(journal: &View, view: &View) -> Result<Vec<Prior>, StoreError> {
    let mut ended: HashSet<String> = HashSet::new();
    // Newest first; the last is complete, unless no run ever was.
    let mut runs: Vec<Vec<Prior>> = Vec::new();
    for seq in since_complete(journal, view)? {
        let Some(loaded) = Loaded::read(view, Series::Findings, seq)? else { continue };
        let mut found = Vec::new();
        for item in view.believe(loaded.items())? {
            let row: FindingRow<'_> = view.believe(from_postcard(item.body))?;
            if !ended.contains(row.id()) {
                found.push(view.believe(row.prior())?);
            }
        }
        runs.push(found);
        past::detail(view, seq, |detail| {
            ended.extend(view.believe(detail.resolved())?.into_iter().map(|r| r.id));
            Ok(())
        })?;
    }
    Ok(joined(runs))
}

/// The runs of the journal down to the newest that read both sides whole, newest first.
fn since_complete(journal: &View, view: &View) -> Result<Vec<u64>, StoreError> {
    let mut seqs = Vec::new();
    let mut failed = None;
    heads(view, Series::Findings, |seq, head| match journal.get(RUNS, &seq_key(seq)) {
        Ok(None) => true,
        // Of older lists than were known: the past, told late.
        Ok(Some(_)) if head.is_late() => true,
        Ok(Some(_)) => {
            seqs.push(seq);
            !head.complete
        }
        Err(error) => {
            failed = Some(error);
            false
        }
    })?;
    failed.map_or(Ok(seqs), Err)
}

/// The oldest run's findings, and of each newer one, newest first, what those lack.
fn joined(mut runs: Vec<Vec<Prior>>) -> Vec<Prior> {
    let mut all = runs.pop().unwrap_or_default();
    if runs.is_empty() {
        return all;
    }
    let mut known: HashSet<DeviceKey> = all.iter().flat_map(|p| &p.keys).cloned().collect();
    for prior in runs.into_iter().flatten() {
        if !prior.keys.iter().any(|k| known.contains(k)) {
            known.extend(prior.keys.iter().cloned());
            all.push(prior);
        }
    }
    all
}
