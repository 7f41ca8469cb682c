//! Stored form of a run's line in the journal: everything but findings, readable for years.
//!
//! Must not do: hold a device. The journal outlives the snapshots.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::domain::Side;
use crate::domain::subscriber::scrub;
use crate::engine::{
    Between, BetweenRow, Cause, Change, Finding, Informed, Projected, Projection, Reconciliation,
    SideCounts, Since, SinceSide, Warning, WarningCode,
};
use crate::store::codec::{Bad, bad, wired};
use crate::store::run::{JournalCounts, NetCounts, Run, RunSummary};

/// Mirror of [`Run`] without what concerns single devices. Fields are only ever added, with
/// a default.
#[derive(Debug, Serialize, Deserialize)]
pub(in crate::store) struct RunLine {
    pub id: String,
    pub profile: String,
    pub started: Timestamp,
    seconds: f64,
    actor: String,
    exit: u8,
    acs: SideLine,
    provider: SideLine,
    matched: u64,
    between: BetweenLine,
    since: (SinceLine, SinceLine),
    projections: Vec<ProjectionLine>,
    warnings: Vec<WarningLine>,
    causes: Vec<(String, u64)>,
    net: [u64; 3],
    journal: [u64; 5],
}

#[derive(Debug, Serialize, Deserialize)]
struct SideLine {
    devices: u64,
    integrated: Option<u64>,
    entries: u64,
    logins: u64,
    complete: bool,
    pages: u32,
    fetched_at: Timestamp,
    last_synchronised: Option<Timestamp>,
    extra_columns: Vec<String>,
    /// Online, within a day, older, unknown.
    #[serde(default)]
    informed: Option<[u64; 4]>,
}

#[derive(Debug, Serialize, Deserialize)]
struct BetweenLine {
    acs: u64,
    provider: u64,
    matched: u64,
    rows: Vec<BetweenRowLine>,
}

#[derive(Debug, Serialize, Deserialize)]
struct BetweenRowLine {
    cause: String,
    acs: u64,
    provider: u64,
    proven: u64,
    inferred: u64,
    ignored: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct SinceLine {
    baseline: Option<String>,
    then: Option<u64>,
    now: u64,
    rows: Vec<(String, i64)>,
}

#[derive(Debug, Serialize, Deserialize)]
struct ProjectionLine {
    step: String,
    acs: u64,
    provider: u64,
    provider_least: u64,
    devices: u64,
    active_logins: u64,
}

#[derive(Debug, Serialize, Deserialize)]
struct WarningLine {
    code: String,
    side: Option<String>,
    at: Option<Timestamp>,
    until: Option<Timestamp>,
    n: Option<i64>,
    text: Option<String>,
}

impl RunLine {
    pub(in crate::store) fn of(run: &Run) -> Self {
        let r = &run.reconciliation;
        let NetCounts { requests, retries, http_429 } = run.net;
        let j = run.journal;
        Self {
            id: run.id.clone(),
            profile: run.profile.clone(),
            started: run.started,
            seconds: run.seconds,
            actor: run.actor.clone(),
            exit: run.exit,
            acs: SideLine::of(&r.acs),
            provider: SideLine::of(&r.provider),
            matched: r.matched,
            between: BetweenLine::of(&r.between),
            since: (SinceLine::of(&r.since.acs), SinceLine::of(&r.since.provider)),
            projections: r.projections.iter().map(ProjectionLine::of).collect(),
            warnings: r.warnings.iter().map(WarningLine::of).collect(),
            causes: count_causes(&r.findings),
            net: [requests, retries, http_429],
            journal: [j.verified, j.superseded, j.failed, j.in_doubt, j.needs_human],
        }
    }

    /// Were both sides read whole?
    pub(in crate::store) fn complete(&self) -> bool {
        self.acs.complete && self.provider.complete
    }

    /// The run with the ledgers, and without findings, resolved ones and departures.
    pub(in crate::store) fn run(self) -> Result<Run, Bad> {
        let reconciliation = Reconciliation {
            acs: self.acs.counts(),
            provider: self.provider.counts(),
            matched: self.matched,
            findings: Vec::new(),
            between: self.between.between()?,
            since: Since { acs: self.since.0.side()?, provider: self.since.1.side()? },
            projections: self
                .projections
                .iter()
                .map(ProjectionLine::projection)
                .collect::<Result<_, _>>()?,
            resolved: Vec::new(),
            warnings: self
                .warnings
                .into_iter()
                .map(WarningLine::warning)
                .collect::<Result<_, _>>()?,
            departures: Vec::new(),
        };
        let [requests, retries, http_429] = self.net;
        let [verified, superseded, failed, in_doubt, needs_human] = self.journal;
        Ok(Run {
            id: self.id,
            profile: self.profile,
            started: self.started,
            seconds: self.seconds,
            actor: self.actor,
            exit: self.exit,
            reconciliation,
            net: NetCounts { requests, retries, http_429 },
            journal: JournalCounts { verified, superseded, failed, in_doubt, needs_human },
        })
    }

    /// A line of the list of runs.
    pub(in crate::store) fn summary(self) -> Result<RunSummary, Bad> {
        let cause = |(name, n): &(String, u64)| Ok((wired(Cause::from_wire, name)?, *n));
        Ok(RunSummary {
            complete: self.complete(),
            acs: self.acs.devices,
            provider: self.provider.devices,
            matched: self.matched,
            causes: self.causes.iter().map(cause).collect::<Result<_, Bad>>()?,
            id: self.id,
            started: self.started,
            seconds: self.seconds,
            actor: self.actor,
            exit: self.exit,
        })
    }
}

fn count_causes(findings: &[Finding]) -> Vec<(String, u64)> {
    let count = |cause: &Cause| findings.iter().filter(|f| f.cause == *cause).count() as u64;
    let counts = Cause::ALL.iter().map(|c| (c.wire().to_owned(), count(c)));
    counts.filter(|(_, n)| *n > 0).collect()
}

impl SideLine {
    fn of(side: &SideCounts) -> Self {
        Self {
            devices: side.devices,
            integrated: side.integrated,
            entries: side.entries,
            logins: side.logins,
            complete: side.complete,
            pages: side.pages,
            fetched_at: side.fetched_at,
            last_synchronised: side.last_synchronised,
            extra_columns: side.extra_columns.iter().map(ToString::to_string).collect(),
            informed: side.informed.map(|i| [i.now, i.day, i.older, i.unknown]),
        }
    }

    fn counts(self) -> SideCounts {
        SideCounts {
            devices: self.devices,
            integrated: self.integrated,
            entries: self.entries,
            logins: self.logins,
            complete: self.complete,
            pages: self.pages,
            fetched_at: self.fetched_at,
            last_synchronised: self.last_synchronised,
            extra_columns: self.extra_columns.into_iter().map(String::into_boxed_str).collect(),
            informed: self.informed.map(|[now, day, older, unknown]| Informed {
                now,
                day,
                older,
                unknown,
            }),
        }
    }
}

impl BetweenLine {
    fn of(ledger: &Between) -> Self {
        let row = |r: &BetweenRow| BetweenRowLine {
            cause: r.cause.wire().to_owned(),
            acs: r.acs,
            provider: r.provider,
            proven: r.proven,
            inferred: r.inferred,
            ignored: r.ignored,
        };
        let Between { acs, provider, matched, rows } = ledger;
        let rows = rows.iter().map(row).collect();
        Self { acs: *acs, provider: *provider, matched: *matched, rows }
    }

    fn between(&self) -> Result<Between, Bad> {
        let row = |r: &BetweenRowLine| {
            Ok(BetweenRow {
                cause: wired(Cause::from_wire, &r.cause)?,
                acs: r.acs,
                provider: r.provider,
                proven: r.proven,
                inferred: r.inferred,
                ignored: r.ignored,
            })
        };
        let rows = self.rows.iter().map(row).collect::<Result<_, Bad>>()?;
        Ok(Between { acs: self.acs, provider: self.provider, matched: self.matched, rows })
    }
}

impl SinceLine {
    fn of(side: &SinceSide) -> Self {
        let rows = side.rows.iter().map(|(c, n)| (c.wire().to_owned(), *n)).collect();
        Self { baseline: side.baseline.clone(), then: side.then, now: side.now, rows }
    }

    fn side(self) -> Result<SinceSide, Bad> {
        let row = |(name, n): &(String, i64)| Ok((wired(Change::from_wire, name)?, *n));
        let rows = self.rows.iter().map(row).collect::<Result<_, Bad>>()?;
        Ok(SinceSide { baseline: self.baseline, then: self.then, now: self.now, rows })
    }
}

impl ProjectionLine {
    fn of(p: &Projection) -> Self {
        Self {
            step: p.step.wire().to_owned(),
            acs: p.acs,
            provider: p.provider,
            provider_least: p.provider_least,
            devices: p.devices,
            active_logins: p.active_logins,
        }
    }

    fn projection(&self) -> Result<Projection, Bad> {
        Ok(Projection {
            step: wired(Projected::from_wire, &self.step)?,
            acs: self.acs,
            provider: self.provider,
            provider_least: self.provider_least,
            devices: self.devices,
            active_logins: self.active_logins,
        })
    }
}

impl WarningLine {
    fn of(w: &Warning) -> Self {
        Self {
            code: w.code.wire().to_owned(),
            side: w.side.map(|s| side_name(s).to_owned()),
            at: w.at,
            until: w.until,
            n: w.n,
            text: w.text.as_deref().map(|t| scrub(t).into_owned()),
        }
    }

    fn warning(self) -> Result<Warning, Bad> {
        Ok(Warning {
            code: wired(WarningCode::from_wire, &self.code)?,
            side: self.side.as_deref().map(side_of).transpose()?,
            at: self.at,
            until: self.until,
            n: self.n,
            text: self.text,
        })
    }
}

fn side_name(side: Side) -> &'static str {
    match side {
        Side::Acs => "acs",
        Side::Provider => "provider",
    }
}

fn side_of(name: &str) -> Result<Side, Bad> {
    match name {
        "acs" => Ok(Side::Acs),
        "provider" => Ok(Side::Provider),
        _ => Err(bad("an unknown side")),
    }
}
