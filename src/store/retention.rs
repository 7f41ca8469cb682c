//! Forgetting: snapshots and findings after weeks, runs, events and tombstones after a year.
//!
//! Must not do: forget the newest complete snapshot of a side, the findings of the newest
//! complete run and of those after it, or the newest run, however old. Time is that of the
//! run being recorded.

use jiff::{SignedDuration, Timestamp};

use crate::store::codec::journal::TombstoneLine;
use crate::store::codec::run::RunLine;
use crate::store::codec::{bad, from_json, to_json};
use crate::store::door::DbFile;
use crate::store::error::StoreError;
use crate::store::marks;
use crate::store::options::StoreOptions;
use crate::store::rows::{Edit, Order, Rows};
use crate::store::series::{self, Head, Series};
use crate::store::tables::{DETAILS, META, RUN_IDS, RUNS, TOMBSTONES, TRAIL, key_seq, seq_key};

/// When it was last looked for old things.
const PRUNED: &[u8] = b"pruned";

/// Often enough for things kept for weeks.
const EVERY: SignedDuration = SignedDuration::from_hours(24);

/// Once a day: forgets what is past its time in both files. History goes first: should the
/// journal's change fail, a run without findings is left, which is no harm.
pub(super) fn forget(
    journal: &Edit,
    history: &DbFile,
    now: Timestamp,
    options: &StoreOptions,
) -> Result<(), StoreError> {
    if !due(journal, now)? {
        return Ok(());
    }
    let old = old_runs(journal, now, options)?;
    history.write(|edit| prune_history(edit, now, options, &old))?;
    prune_journal(journal, now, options, &old)
}

/// Is it time to forget? Then it is noted that it was done.
fn due(journal: &Edit, now: Timestamp) -> Result<bool, StoreError> {
    let last = journal.get(META, PRUNED)?;
    let last: Option<Timestamp> = last.map(|l| journal.believe(from_json(&l))).transpose()?;
    let due = last.is_none_or(|last| now.duration_since(last) >= EVERY || now < last);
    if due {
        journal.put(META, PRUNED, &journal.believe(to_json(&now))?)?;
    }
    // On the first day there is nothing old.
    Ok(due && last.is_some())
}

fn before(now: Timestamp, keep: SignedDuration) -> Timestamp {
    now.checked_sub(keep).unwrap_or(Timestamp::MIN)
}

/// A run past its time: sequence and id.
struct OldRun {
    seq: u64,
    id: String,
}

/// The runs that are to be forgotten; the newest is never among them.
fn old_runs(
    journal: &Edit,
    now: Timestamp,
    options: &StoreOptions,
) -> Result<Vec<OldRun>, StoreError> {
    let until = before(now, options.keep_history.max(options.keep_snapshots));
    let mut old = Vec::new();
    journal.walk(RUNS, &[], Order::Up, &mut |key, body| {
        let line: RunLine = from_json(body)?;
        let seq = key_seq(key).ok_or_else(|| bad("a run without a number"))?;
        let is_old = line.started < until;
        if is_old {
            old.push(OldRun { seq, id: line.id });
        }
        Ok(is_old)
    })?;
    Ok(old)
}

/// Forgets old runs, tombstones and events.
fn prune_journal(
    journal: &Edit,
    now: Timestamp,
    options: &StoreOptions,
    old: &[OldRun],
) -> Result<(), StoreError> {
    let until = before(now, options.keep_history);
    journal.remove(RUNS, old.iter().map(|o| seq_key(o.seq)))?;
    journal.remove(RUN_IDS, old.iter().map(|o| &o.id))?;
    let mut gone = Vec::new();
    journal.walk(TOMBSTONES, &[], Order::Up, &mut |key, body| {
        if from_json::<TombstoneLine>(body)?.missed < until {
            gone.push(key.to_vec());
        }
        Ok(true)
    })?;
    journal.remove(TOMBSTONES, gone)?;
    marks::prune(journal, until)
}

/// Forgets old snapshots and findings, and the trail of old runs.
fn prune_history(
    edit: &Edit,
    now: Timestamp,
    options: &StoreOptions,
    old: &[OldRun],
) -> Result<(), StoreError> {
    let until = before(now, options.keep_snapshots);
    for series in Series::ALL {
        prune_series(edit, series, until)?;
    }
    edit.remove(TRAIL, old.iter().map(|o| seq_key(o.seq))).map(|_| ())
}

fn prune_series(edit: &Edit, series: Series, until: Timestamp) -> Result<(), StoreError> {
    let mut all: Vec<(u64, Head)> = Vec::new();
    series::heads(edit, series, |seq, head| {
        all.push((seq, head));
        true
    })?;
    let newest = all.iter().find(|(_, head)| head.complete).map(|(seq, _)| *seq);
    // The newest findings are the last report, be it of a Partial run; those since the last
    // complete ones are compared with by the next run.
    let first = all.first().map(|(seq, _)| *seq);
    let stays = |seq| match series {
        Series::Findings => newest.is_some_and(|n| seq >= n) || Some(seq) == first,
        Series::Acs | Series::Provider => Some(seq) == newest,
    };
    let mut gone = Vec::new();
    let mut kept = Vec::new();
    for (seq, head) in all.into_iter().rev() {
        let is_old = edit.believe(head.started.time())? < until;
        if is_old && !stays(seq) { gone.push((seq, head)) } else { kept.push((seq, head)) }
    }
    if gone.is_empty() {
        return Ok(());
    }
    let is_gone =
        |seq: Option<u64>| seq.is_some_and(|s| gone.binary_search_by_key(&s, |g| g.0).is_ok());
    series::inherit_columns(edit, series, &mut kept, is_gone)?;
    for (seq, _) in kept.iter().filter(|(_, head)| is_gone(head.parent)) {
        series::uproot(edit, series, *seq)?;
    }
    for (seq, head) in gone.iter().rev() {
        series::remove(edit, series, *seq, head)?;
        if series == Series::Findings {
            edit.remove(DETAILS, [seq_key(*seq)])?;
        }
    }
    Ok(())
}
