//! Is this run worth telling somebody? What got worse since the last one that was, and memory
//! of it.
//!
//! Must not do: send anything, or tell what is the same or better.

use jiff::{SignedDuration, Timestamp};

use crate::app::actor::SCHEDULE;
use crate::app::error::AppError;
use crate::app::exit::{Condition, is_graver};
use crate::app::memory;
use crate::config::Settings;
use crate::domain::Side;
use crate::engine::{Cause, Finding, Reconciliation, Warning, WarningCode};
use crate::store::{Notices, Run, RunSummary, Standing, Store, Untold};

/// A failure that lasts is told again after 3 days; runs of one hour don't begin in one second.
const LASTING: SignedDuration = SignedDuration::from_hours(3 * 24 - 1);

/// As many runs as may lie between two scheduled ones.
const RUNS_LOOKED_AT: usize = 200;

/// What got worse.
#[derive(Clone, Debug, PartialEq)]
pub enum Reason {
    /// It ended worse.
    Exit {
        /// The exit code now.
        now: u8,
        /// Before.
        before: u8,
    },
    /// It still fails as it was told at this time.
    StillFails {
        /// The exit code.
        exit: u8,
        /// When it was told.
        told: Timestamp,
    },
    /// Differences that were not there, by cause.
    NewFindings(Vec<(Cause, u64)>),
    /// The counts of both sides are further apart.
    GapGrew {
        /// Before, unsigned.
        from: u64,
        /// Now, unsigned.
        to: u64,
    },
    /// Steps in doubt or that need a person, more than before.
    Doubts(u64),
    /// A warning that was not there.
    Warned(Warning),
}

impl Reason {
    /// Its stable name in messages.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Exit { .. } => "exit",
            Self::StillFails { .. } => "still-fails",
            Self::NewFindings(_) => "new-findings",
            Self::GapGrew { .. } => "gap-grew",
            Self::Doubts(_) => "steps-in-doubt",
            Self::Warned(warning) => warning.code.wire(),
        }
    }
}

/// What a run came to: a report, or an exit code alone.
#[derive(Clone, Copy, Debug)]
pub struct Outcome<'a> {
    /// Its exit code.
    pub exit: u8,
    /// Its report, where there is one.
    pub run: Option<&'a Run>,
    /// When it ended.
    pub at: Timestamp,
}

/// What got worse since `before`; `None` where it is the same or better.
///
/// Without anything before, everything that is wrong is news.
#[must_use]
pub fn worse(before: Option<&Standing>, after: &Outcome<'_>) -> Option<Vec<Reason>> {
    let clean = Standing::default();
    let before = before.unwrap_or(&clean);
    let mut reasons = Vec::new();
    if is_graver(after.exit, before.exit) {
        reasons.push(Reason::Exit { now: after.exit, before: before.exit });
    } else if let Some(told) = before.told.filter(|told| lasts(*told, after)) {
        reasons.push(Reason::StillFails { exit: after.exit, told });
    }
    if let Some(run) = after.run {
        reasons.extend(worse_report(before, run));
    }
    (!reasons.is_empty()).then_some(reasons)
}

/// Does it fail, and was that told long ago?
fn lasts(told: Timestamp, after: &Outcome<'_>) -> bool {
    let fails = is_graver(after.exit, Condition::Differences.code());
    fails && after.at.duration_since(told) >= LASTING
}

fn worse_report(before: &Standing, run: &Run) -> Vec<Reason> {
    let all = &run.reconciliation;
    let mut reasons = Vec::new();
    let (gap, doubts) = (gap(all), doubts(run));
    // Of a list that was not read whole the sums are bounds, and what it lacks proves nothing.
    if is_whole(all) {
        let found = new_findings(before, all);
        reasons.extend((!found.is_empty()).then_some(Reason::NewFindings(found)));
        let grew = Reason::GapGrew { from: before.gap, to: gap };
        reasons.extend((gap > before.gap).then_some(grew));
    }
    if doubts > before.doubts {
        reasons.push(Reason::Doubts(doubts));
    }
    let told = all.warnings.iter().filter(|w| deserves_telling(w));
    let new = told.filter(|w| !before.warnings.contains(&name(w)));
    for warning in new {
        let same = |r: &Reason| matches!(r, Reason::Warned(w) if name(w) == name(warning));
        if !reasons.iter().any(same) {
            reasons.push(Reason::Warned(warning.clone()));
        }
    }
    reasons
}

fn is_whole(all: &Reconciliation) -> bool {
    all.acs.complete && all.provider.complete
}

/// Differences that are new, by cause: first seen since then, or waiting then and of a graver cause
/// now, however long they are known. A deletion by hand is nobody's trouble.
fn new_findings(before: &Standing, all: &Reconciliation) -> Vec<(Cause, u64)> {
    let is_new = |f: &&Finding| before.seen.is_none_or(|seen| f.first_seen > seen);
    let count = |cause: Cause| all.findings.iter().filter(move |f| f.cause == cause && counts(f));
    let had = |cause: Cause| before.causes.get(cause.wire()).copied().unwrap_or_default();
    let waits = Cause::AwaitingSync;
    // So many do not wait any more; what they are now may be counted as news.
    let mut lost = had(waits).saturating_sub(count(waits).count() as u64);
    let mut found = Vec::new();
    for cause in Cause::ALL.iter().copied().filter(|c| ![Cause::ManualDelete, waits].contains(c)) {
        let new = count(cause).filter(is_new).count() as u64;
        let more = (count(cause).count() as u64).saturating_sub(had(cause)).saturating_sub(new);
        let worse = more.min(lost);
        lost -= worse;
        found.push((cause, new + worse));
    }
    found.push((waits, count(waits).filter(is_new).count() as u64));
    found.retain(|(_, n)| *n > 0);
    found.sort_by_key(|(cause, _)| Cause::ALL.iter().position(|c| c == cause));
    found
}

fn counts(finding: &Finding) -> bool {
    finding.ignored.is_none()
}

/// How far the counts are apart by what nobody ignores.
fn gap(all: &Reconciliation) -> u64 {
    let moving = all.findings.iter().filter(|f| counts(f) && f.moves_count());
    let (mut acs, mut provider) = (0_u64, 0_u64);
    for finding in moving {
        acs += finding.acs.len() as u64;
        provider += finding.provider.iter().filter(|p| p.is_counted()).count() as u64;
    }
    acs.abs_diff(provider)
}

fn doubts(run: &Run) -> u64 {
    run.journal.in_doubt + run.journal.needs_human
}

/// A cell that can't be read is told in each report; that a message failed, in the next one.
fn deserves_telling(warning: &Warning) -> bool {
    !matches!(warning.code, WarningCode::ValueUnparsed | WarningCode::NotifyFailed)
}

/// A warning as it is remembered.
fn name(warning: &Warning) -> String {
    let side = match warning.side {
        Some(Side::Acs) => " acs",
        Some(Side::Provider) => " provider",
        None => "",
    };
    format!("{}{side}", warning.code.wire())
}

/// How things stand now. A run without a report says nothing of findings: theirs stays.
#[must_use]
pub fn standing(before: Option<&Standing>, after: &Outcome<'_>, told: bool) -> Standing {
    let mut now = before.cloned().unwrap_or_default();
    now.exit = after.exit;
    if told {
        now.told = Some(after.at);
    }
    if let Some(run) = after.run {
        let all = &run.reconciliation;
        if is_whole(all) {
            now.seen = Some(all.acs.fetched_at.max(all.provider.fetched_at));
            now.gap = gap(all);
            now.causes.clear();
            for finding in all.findings.iter().filter(|f| counts(f)) {
                *now.causes.entry(finding.cause.wire().to_owned()).or_default() += 1;
            }
        }
        now.doubts = doubts(run);
        now.warnings = all.warnings.iter().filter(|w| deserves_telling(w)).map(name).collect();
        now.warnings.dedup();
    }
    now
}

/// What is remembered of telling; nothing where there is no store.
///
/// # Errors
/// Where the store can't be read.
pub fn recall(settings: &Settings) -> Result<Notices, AppError> {
    match memory::look(settings)? {
        Some(store) => Ok(store.notices()?),
        None => Ok(Notices::default()),
    }
}

/// Remembers how things stand, and what reached nobody.
///
/// # Errors
/// Where the store can't be written.
pub fn remember(
    settings: &Settings,
    standing: Option<&Standing>,
    untold: Option<&Untold>,
) -> Result<(), AppError> {
    Ok(memory::open(settings)?.put_standing(standing, untold)?)
}

/// When a scheduled run began last, `now` or before; a clock may have been up to a day ahead.
///
/// # Errors
/// Where the store can't be read.
pub fn last_scheduled(settings: &Settings, now: Timestamp) -> Result<Option<Timestamp>, AppError> {
    let Some(store) = memory::look(settings)? else { return Ok(None) };
    let day = SignedDuration::from_hours(24);
    let runs = store.runs(RUNS_LOOKED_AT)?;
    // A list that was not read whole is tried again, also by a listener that was started since.
    let is_made = |run: &&RunSummary| run.actor == SCHEDULE && run.exit != Condition::Source.code();
    let runs = runs.iter().filter(is_made).map(|run| run.started);
    let begun = runs.chain(store.notices()?.scheduled);
    Ok(begun.filter(|at| at.duration_since(now) <= day).max())
}

/// Remembers that a scheduled run began, whatever came of it.
///
/// # Errors
/// Where the store can't be written.
pub fn scheduled(settings: &Settings, at: Timestamp) -> Result<(), AppError> {
    Ok(memory::open(settings)?.put_scheduled(at)?)
}

/// What a report says of a message that reached nobody.
///
/// # Errors
/// Where the store can't be read.
pub(crate) fn warning(store: &Store) -> Result<Option<Warning>, AppError> {
    let untold = store.notices()?.untold;
    Ok(untold.map(|untold| Warning {
        at: Some(untold.at),
        n: Some(1),
        ..Warning::remark(WarningCode::NotifyFailed, &untold.what)
    }))
}

#[cfg(test)]
mod tests;
