//! What a run leaves for the next one: the baseline that a store would hand back.
//!
//! Must not do: I/O, or remember anything of a Partial side.

use std::collections::HashMap;

use acerto::domain::{AcsDevice, AnySnapshot, EventLog, ProviderRecord, Untrusted};
use acerto::engine::{
    Baseline, EvidenceKind, Input, PreviousSide, Prior, Reconciliation, Tombstone, Tombstones,
};
use jiff::Timestamp;

/// How a record is recognised the day after, where it has a name at all.
type Name<R> = fn(&R) -> Option<&Untrusted>;

/// The baseline of the run after `input`; `run_id` names the run that `answer` came from.
pub fn remember(run_id: &str, input: &Input<'_>, answer: &Reconciliation) -> Baseline {
    let before = input.baseline;
    Baseline {
        acs: side(run_id, input.acs, before.acs.as_ref(), |d| Some(&d.id)),
        provider: side(run_id, input.provider, before.provider.as_ref(), provider_name),
        first_complete_acs: before
            .first_complete_acs
            .or_else(|| input.acs.is_complete().then(|| input.acs.meta().fetched_at)),
        tombstones: tombstones(&before.tombstones, &answer.departures),
        log: before.log.clone(),
        priors: answer
            .findings
            .iter()
            .map(|f| Prior {
                id: f.id.clone(),
                cause: f.cause,
                keys: f.keys.clone(),
                first_seen: f.first_seen,
                absent_since: f.absent_since,
                past: EvidenceKind::of_a_past(f.evidence.iter().map(|e| e.kind)),
            })
            .collect(),
        ignores: before.ignores.clone(),
    }
}

/// The same baseline with what was heard since.
pub fn hear(mut baseline: Baseline, log: EventLog) -> Baseline {
    baseline.log = std::mem::take(&mut baseline.log).merged(log);
    baseline
}

/// The same baseline as a store tells it beside the input's lists: without what is as it was.
pub fn compared(input: &Input<'_>) -> Baseline {
    let mut baseline = input.baseline.clone();
    let device = |d: &AcsDevice| AcsDevice { last_inform: None, ..d.clone() };
    baseline.acs =
        baseline.acs.map(|then| without_same(then, input.acs.records(), device, |d| Some(&d.id)));
    let row = |r: &ProviderRecord| ProviderRecord {
        online: None,
        last_online: None,
        synchronised: None,
        ..r.clone()
    };
    baseline.provider = baseline
        .provider
        .map(|then| without_same(then, input.provider.records(), row, provider_name));
    baseline
}

fn without_same<R: Clone + PartialEq>(
    mut then: PreviousSide<R>,
    now: &[R],
    lasting: impl Fn(&R) -> R,
    name: Name<R>,
) -> PreviousSide<R> {
    let alone = |all: &[R], record: &R| all.iter().filter(|r| name(r) == name(record)).count() == 1;
    let was: Vec<Option<usize>> = now
        .iter()
        .map(|record| {
            let at = then.records.iter().position(|r| lasting(r) == lasting(record))?;
            let only = alone(now, record) && alone(&then.records, record);
            (only && name(record).is_some()).then_some(at)
        })
        .collect();
    then.unchanged = was.iter().map(|at| at.map(|at| then.first_seen[at])).collect();
    let told = |i: &usize| !was.contains(&Some(*i));
    let told: Vec<usize> = (0..then.records.len()).filter(told).collect();
    then.first_seen = told.iter().map(|&i| then.first_seen[i]).collect();
    then.records = told.iter().map(|&i| then.records[i].clone()).collect();
    then
}

fn provider_name(row: &ProviderRecord) -> Option<&Untrusted> {
    row.device_id.as_ref().or(row.login_id.as_ref())
}

fn side<R: Clone>(
    run_id: &str,
    now: &AnySnapshot<R>,
    before: Option<&PreviousSide<R>>,
    name: Name<R>,
) -> Option<PreviousSide<R>> {
    if !now.is_complete() {
        return before.cloned();
    }
    let known: HashMap<&Untrusted, Timestamp> = before
        .map(|b| {
            let names = b.records.iter().map(name);
            names.zip(&b.first_seen).filter_map(|(n, &t)| Some((n?, t))).collect()
        })
        .unwrap_or_default();
    let fetched_at = now.meta().fetched_at;
    let seen = |r: &R| name(r).and_then(|n| known.get(n).copied()).unwrap_or(fetched_at);
    Some(PreviousSide {
        run_id: run_id.to_owned(),
        fetched_at,
        records: now.records().to_vec(),
        first_seen: now.records().iter().map(seen).collect(),
        unchanged: Vec::new(),
    })
}

/// At most one a device, the newest.
fn tombstones(before: &[Tombstone], new: &[Tombstone]) -> Tombstones {
    let same =
        |a: &AcsDevice, b: &AcsDevice| a.id == b.id || (a.serial.is_some() && a.serial == b.serial);
    let kept = before.iter().filter(|t| !new.iter().any(|n| same(&n.device, &t.device)));
    kept.chain(new).cloned().collect()
}
