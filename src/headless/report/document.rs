//! The JSON report, key by key (CLI.md section 4). Keys are only ever added.
//!
//! Must not do: compute; every figure is the run's.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Serialize, Serializer};

use crate::app::plan::PlanDocument;
use crate::app::{JournalCounts, Run};
use crate::domain::Side;
use crate::engine::{
    Between, Cause, Finding, Projection, Reconciliation, Resolved, SideCounts, Since, SinceSide,
    Warning,
};
use crate::headless::report::findings::{FindingDocument, Findings};
use crate::headless::report::group_by::Groups;
use crate::headless::report::options::{FindingsKept, ReportOptions};
use crate::headless::report::wire::{
    CauseName, ChangeName, HowName, StepName, Time, WarningName, rounded,
};
use crate::words::{Voice, warning};

/// The version of the report's schema.
pub const SCHEMA: u32 = 1;

/// The whole report.
#[derive(Debug, Serialize, JsonSchema)]
pub struct Report<'a> {
    /// Version of this schema.
    schema: u32,
    run_id: &'a str,
    /// The exit code the run ended with.
    exit: u8,
    profile: &'a str,
    started: Time,
    seconds: f64,
    /// Who asked for it.
    actor: &'a str,
    sides: Sides,
    /// Pairs whose entry is counted.
    matched: u64,
    ledgers: Ledgers<'a>,
    /// Findings by cause.
    #[schemars(with = "BTreeMap<String, u64>")]
    causes: CauseCounts,
    /// What the counts would be, exactly.
    projections: Vec<ProjectionDocument>,
    /// What they would be where memory is missing: within these bounds.
    projection_ranges: Vec<RangeDocument>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(!skip_serializing_if, with = "Vec<FindingDocument>")]
    findings: Option<Findings<'a>>,
    /// Only where the store no longer keeps the run's findings: `true`. `findings`, `resolved`
    /// and `causes` are then empty, whatever the run found; the ledgers still tell.
    #[serde(skip_serializing_if = "Option::is_none")]
    findings_expired: Option<bool>,
    /// Findings of the last run that are no more.
    resolved: Vec<ResolvedDocument<'a>>,
    warnings: Vec<WarningDocument>,
    /// The plan, where the run made one.
    plan: Option<PlanDocument>,
    journal: JournalDocument,
    net: NetDocument,
    /// Only with `--group-by`.
    #[serde(skip_serializing_if = "Option::is_none")]
    groups: Option<Groups>,
}

impl<'a> Report<'a> {
    /// Prints `run`, its sentences in the voice's language.
    #[must_use]
    pub fn of(run: &'a Run, voice: &'a Voice, groups: Option<Groups>) -> Self {
        let all = &run.reconciliation;
        Self {
            schema: SCHEMA,
            run_id: &run.id,
            exit: run.exit,
            profile: &run.profile,
            started: Time(run.started),
            seconds: rounded(run.seconds),
            actor: &run.actor,
            sides: Sides { acs: acs_side(&all.acs), provider: provider_side(&all.provider) },
            matched: all.matched,
            ledgers: Ledgers { between: between(all), since: since(&all.since) },
            causes: CauseCounts::of(&all.findings),
            projections: all.projections.iter().filter(|p| p.devices > 0).map(projection).collect(),
            projection_ranges: all.projections.iter().filter_map(range).collect(),
            findings: Some(Findings { findings: &all.findings, voice }),
            findings_expired: None,
            resolved: all.resolved.iter().map(resolved).collect(),
            warnings: all.warnings.iter().map(|w| warning_document(voice, w)).collect(),
            plan: None,
            journal: run.journal.into(),
            net: net(run),
            groups,
        }
    }

    /// The same, telling whether the findings are past their time, and the plan that was made.
    #[must_use]
    pub fn asked(self, options: &ReportOptions) -> Self {
        let expired = options.findings == FindingsKept::Expired;
        Self { findings_expired: expired.then_some(true), plan: options.plan.clone(), ..self }
    }

    /// The same without the key `findings`: the last line of NDJSON.
    #[must_use]
    pub fn without_findings(self) -> Self {
        Self { findings: None, ..self }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Sides {
    acs: AcsSide,
    provider: ProviderSide,
}

#[derive(Debug, Serialize, JsonSchema)]
struct AcsSide {
    devices: u64,
    /// Devices that the ACS shows as synchronised, where it shows that.
    integrated: Option<u64>,
    complete: bool,
    pages: u32,
    fetched_at: Time,
    last_synchronised: Option<Time>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ProviderSide {
    /// Entries with a linked and active login: the counted set.
    devices: u64,
    /// Device entries, counted or not.
    entries: u64,
    /// Distinct login ids.
    logins: u64,
    complete: bool,
    pages: u32,
    fetched_at: Time,
    last_synchronised: Option<Time>,
}

fn acs_side(side: &SideCounts) -> AcsSide {
    AcsSide {
        devices: side.devices,
        integrated: side.integrated,
        complete: side.complete,
        pages: side.pages,
        fetched_at: Time(side.fetched_at),
        last_synchronised: side.last_synchronised.map(Time),
    }
}

fn provider_side(side: &SideCounts) -> ProviderSide {
    ProviderSide {
        devices: side.devices,
        entries: side.entries,
        logins: side.logins,
        complete: side.complete,
        pages: side.pages,
        fetched_at: Time(side.fetched_at),
        last_synchronised: side.last_synchronised.map(Time),
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct Ledgers<'a> {
    between: BetweenDocument,
    since: SinceDocument<'a>,
}

/// `acs = matched + sum(rows.acs)`, `provider = matched + sum(rows.provider)`.
#[derive(Debug, Serialize, JsonSchema)]
struct BetweenDocument {
    acs: u64,
    provider: u64,
    balanced: bool,
    rows: Vec<BetweenRowDocument>,
    integrated: IntegratedLine,
}

#[derive(Debug, Serialize, JsonSchema)]
struct BetweenRowDocument {
    cause: CauseName,
    acs: u64,
    provider: u64,
    proven: u64,
    inferred: u64,
    ignored: u64,
}

/// `acs - not_integrated = integrated`, beside what the ACS itself shows.
#[derive(Debug, Serialize, JsonSchema)]
struct IntegratedLine {
    not_integrated: u64,
    integrated: u64,
    acs_shows: Option<u64>,
}

fn between(all: &Reconciliation) -> BetweenDocument {
    let ledger: &Between = &all.between;
    let rows = ledger.rows.iter().map(|row| BetweenRowDocument {
        cause: CauseName(row.cause),
        acs: row.acs,
        provider: row.provider,
        proven: row.proven,
        inferred: row.inferred,
        ignored: row.ignored,
    });
    let not_integrated = ledger.not_integrated();
    BetweenDocument {
        acs: ledger.acs,
        provider: ledger.provider,
        balanced: ledger.balanced(),
        rows: rows.collect(),
        integrated: IntegratedLine {
            not_integrated,
            integrated: ledger.acs.saturating_sub(not_integrated),
            acs_shows: all.acs.integrated,
        },
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct SinceDocument<'a> {
    /// The run that read the baseline; the newer one where the sides' differ.
    baseline: Option<&'a str>,
    acs: SinceSideDocument<'a>,
    provider: SinceSideDocument<'a>,
}

/// `then + sum(change) = now`.
#[derive(Debug, Serialize, JsonSchema)]
struct SinceSideDocument<'a> {
    then: Option<u64>,
    now: u64,
    rows: Vec<ChangeDocument>,
    /// Only where this side's baseline is another run than the ledger's.
    #[serde(skip_serializing_if = "Option::is_none")]
    baseline: Option<&'a str>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct ChangeDocument {
    cause: ChangeName,
    change: i64,
}

fn since(since: &Since) -> SinceDocument<'_> {
    let newest = since.acs.baseline.as_deref().max(since.provider.baseline.as_deref());
    SinceDocument {
        baseline: newest,
        acs: since_side(&since.acs, newest),
        provider: since_side(&since.provider, newest),
    }
}

fn since_side<'a>(side: &'a SinceSide, newest: Option<&str>) -> SinceSideDocument<'a> {
    let rows = side
        .rows
        .iter()
        .map(|&(cause, change)| ChangeDocument { cause: ChangeName(cause), change });
    SinceSideDocument {
        then: side.then,
        now: side.now,
        rows: rows.collect(),
        baseline: side.baseline.as_deref().filter(|own| Some(*own) != newest),
    }
}

/// Counts by cause in the contract's order; causes without a finding are left out.
#[derive(Debug)]
struct CauseCounts(Vec<(Cause, u64)>);

impl CauseCounts {
    fn of(findings: &[Finding]) -> Self {
        let mut counts: BTreeMap<Cause, u64> = BTreeMap::new();
        for finding in findings {
            *counts.entry(finding.cause).or_default() += 1;
        }
        Self(counts.into_iter().collect())
    }
}

impl Serialize for CauseCounts {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(cause, n)| (cause.wire(), n)))
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct ProjectionDocument {
    r#if: StepName,
    acs: u64,
    provider: u64,
    /// ACS devices minus counted Provider devices.
    gap: i64,
    /// Devices that the step touches.
    devices: u64,
    /// Of these, how many have an active login.
    active_logins: u64,
}

fn projection(of: &Projection) -> ProjectionDocument {
    ProjectionDocument {
        r#if: StepName(of.step),
        acs: of.acs,
        provider: of.provider,
        gap: of.gap(),
        devices: of.devices,
        active_logins: of.active_logins,
    }
}

/// Nobody knows whether the ACS ever held some of the devices concerned.
#[derive(Debug, Serialize, JsonSchema)]
struct RangeDocument {
    r#if: StepName,
    acs: u64,
    /// The fewest and the most that the Provider could count.
    provider: [u64; 2],
    /// The smallest and the largest gap.
    gap: [i64; 2],
}

fn range(of: &Projection) -> Option<RangeDocument> {
    let fewest = Projection { provider: of.provider_least, ..*of };
    (of.provider_least != of.provider).then(|| RangeDocument {
        r#if: StepName(of.step),
        acs: of.acs,
        provider: [of.provider_least, of.provider],
        gap: [of.gap(), fewest.gap()],
    })
}

#[derive(Debug, Serialize, JsonSchema)]
struct ResolvedDocument<'a> {
    id: &'a str,
    cause: CauseName,
    how: HowName,
    /// The device key.
    key: Option<String>,
}

fn resolved(of: &Resolved) -> ResolvedDocument<'_> {
    ResolvedDocument {
        id: &of.id,
        cause: CauseName(of.cause),
        how: HowName(of.how),
        key: of.keys.first().map(ToString::to_string),
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct WarningDocument {
    code: WarningName,
    text: String,
    /// Which side, where it concerns one.
    #[serde(skip_serializing_if = "Option::is_none")]
    side: Option<&'static str>,
}

fn warning_document(voice: &Voice, of: &Warning) -> WarningDocument {
    let side = of.side.map(|side| match side {
        Side::Acs => "acs",
        Side::Provider => "provider",
    });
    WarningDocument { code: WarningName(of.code), text: warning(voice, of), side }
}

/// The journal in numbers, of a run or of an apply.
#[derive(Debug, Serialize, JsonSchema)]
pub(super) struct JournalDocument {
    verified: u64,
    superseded: u64,
    failed: u64,
    in_doubt: u64,
    needs_human: u64,
}

impl From<JournalCounts> for JournalDocument {
    fn from(counts: JournalCounts) -> Self {
        let JournalCounts { verified, superseded, failed, in_doubt, needs_human } = counts;
        Self { verified, superseded, failed, in_doubt, needs_human }
    }
}

#[derive(Debug, Serialize, JsonSchema)]
struct NetDocument {
    requests: u64,
    retries: u64,
    http_429: u64,
}

fn net(run: &Run) -> NetDocument {
    let n = run.net;
    NetDocument { requests: n.requests, retries: n.retries, http_429: n.http_429 }
}
