//! Compares an answer with what a scenario tells, and a scenario's telling with itself.
//!
//! Must not do: stop at the first mismatch. A failure lists all of them.

use std::collections::{BTreeMap, BTreeSet};

use acerto::engine::{
    Candidate, Cause, EvidenceKind, Field, Finding, Fix, Input, Projected, Reconciliation, State,
    WarningCode,
};

use super::format::{Expect, OneOrMany, Rows, Told};
use crate::judge::{acs_name, counted, provider_name};

/// Every way in which `answer` is not what was told.
pub fn mismatches(told: &Expect, answer: &Reconciliation) -> Vec<String> {
    let mut wrong = Vec::new();
    if told.matched != answer.matched {
        wrong.push(format!("matched {} instead of {}", answer.matched, told.matched));
    }
    if let Some(n) = told.not_integrated
        && n != answer.between.not_integrated()
    {
        wrong.push(format!("not integrated {}, not {n}", answer.between.not_integrated()));
    }
    findings(told, answer, &mut wrong);
    since("ACS", told.since_acs.as_ref(), &answer.since.acs.rows, &mut wrong);
    since("Provider", told.since_provider.as_ref(), &answer.since.provider.rows, &mut wrong);
    projections(told, answer, &mut wrong);
    warnings(told, answer, &mut wrong);
    ends(told, answer, &mut wrong);
    wrong
}

fn names(told: Option<&OneOrMany>) -> BTreeSet<String> {
    told.map(OneOrMany::list).unwrap_or_default().into_iter().collect()
}

fn acs_names(finding: &Finding) -> BTreeSet<String> {
    finding.acs.iter().map(acs_name).collect()
}

fn provider_names(finding: &Finding) -> BTreeSet<String> {
    finding.provider.iter().map(provider_name).collect()
}

fn any_provider(told: &Told) -> bool {
    matches!(&told.provider, Some(OneOrMany::One(star)) if star == "*")
}

fn is_meant(told: &Told, finding: &Finding) -> bool {
    told.cause == finding.cause.wire()
        && names(told.acs.as_ref()) == acs_names(finding)
        && (any_provider(told) || names(told.provider.as_ref()) == provider_names(finding))
}

fn describe(f: &Finding) -> String {
    let evidence: Vec<_> = f.evidence.iter().map(|e| e.kind.wire()).collect();
    format!(
        "{} {} acs {:?} provider {:?} evidence {evidence:?}",
        f.strength.wire(),
        f.cause.wire(),
        acs_names(f),
        provider_names(f),
    )
}

fn findings(told: &Expect, answer: &Reconciliation, wrong: &mut Vec<String>) {
    let mut open: Vec<&Finding> = answer.findings.iter().collect();
    for one in &told.findings {
        let Some(at) = open.iter().position(|f| is_meant(one, f)) else {
            let (acs, provider) = (names(one.acs.as_ref()), names(one.provider.as_ref()));
            wrong.push(format!("missing: {} acs {acs:?} provider {provider:?}", one.cause));
            continue;
        };
        let found = open.remove(at);
        for what in details(one, found) {
            wrong.push(format!("{}: {what}", describe(found)));
        }
    }
    wrong.extend(open.into_iter().map(|f| format!("not told: {}", describe(f))));
}

/// A candidate may be told by any of its names: its login's id, the entry's, the device's.
fn is_candidate(told: &str, candidate: &Candidate) -> bool {
    let Candidate { login_id, login, device_id, acs_id, .. } = candidate;
    [login_id, login, device_id, acs_id].into_iter().flatten().any(|name| name.raw() == told)
}

fn same_candidates(told: &[String], found: &[Candidate]) -> bool {
    told.len() == found.len()
        && told.iter().all(|t| found.iter().any(|c| is_candidate(t, c)))
        && found.iter().all(|c| told.iter().any(|t| is_candidate(t, c)))
}

fn details(told: &Told, found: &Finding) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut compare = |what: &str, want: Option<String>, got: String| {
        if want.is_some_and(|w| w != got) {
            wrong.push(format!("{what} is {got}"));
        }
    };
    compare("strength", told.strength.clone(), found.strength.wire().to_owned());
    let fix = told.fix.clone().or_else(|| usual_fix(told, found.cause).map(|f| f.wire().into()));
    compare("first fix", fix, found.fixes.first().map_or("none", |f| f.wire()).to_owned());
    compare("state", told.state.clone(), found.state.wire().to_owned());
    compare("was", told.was.clone(), found.was.map_or("none", Cause::wire).to_owned());
    compare("ignored", told.ignored.map(|i| i.to_string()), found.ignored.is_some().to_string());
    let set = |list: &[String]| format!("{:?}", list.iter().collect::<BTreeSet<_>>());
    let got: Vec<String> = found.fields.iter().map(|f| f.field.wire().to_owned()).collect();
    compare("fields", told.fields.as_deref().map(set), set(&got));
    let related = found.related.as_ref();
    let got = related.and_then(|r| r.acs.as_ref()).map_or_else(String::new, acs_name);
    compare("related ACS", told.related_acs.clone(), got);
    let got = related.and_then(|r| r.provider.as_ref()).map_or_else(String::new, provider_name);
    compare("related Provider", told.related_provider.clone(), got);
    if told.candidates.as_deref().is_some_and(|c| !same_candidates(c, &found.candidates)) {
        wrong.push(format!("candidates are {:?}", found.candidates));
    }
    for kind in &told.evidence {
        if !found.evidence.iter().any(|e| e.kind.wire() == kind) {
            wrong.push(format!("no evidence {kind}"));
        }
    }
    wrong
}

/// The first fix of CAUSES.md's table, where it does not hang on the circumstances.
fn usual_fix(told: &Told, cause: Cause) -> Option<Fix> {
    let proven = told.strength.as_deref() == Some("proven");
    match cause {
        Cause::Duplicate => Some(Fix::ChooseByHand),
        Cause::IdentityMismatch => Some(Fix::CorrectIdentity),
        Cause::SwappedDevice => Some(Fix::ReplaceIdentity),
        Cause::InactiveLogin => Some(Fix::Ignore),
        Cause::Returned => Some(Fix::SendDevice),
        Cause::AwaitingSync => Some(Fix::Synchronise),
        Cause::LostWebhook | Cause::PendingPurge if proven => Some(Fix::SynchroniseProvider),
        Cause::NeverSeen | Cause::Unexplained => Some(Fix::Investigate),
        Cause::FieldDrift => Some(Fix::UpdateProvider),
        _ => None,
    }
}

fn since<C: WireName>(side: &str, told: Option<&Rows>, rows: &[(C, i64)], wrong: &mut Vec<String>) {
    let got: Rows = rows.iter().map(|(c, n)| (c.name().to_owned(), *n)).collect();
    if told.is_some_and(|t| *t != got) {
        wrong.push(format!("since, {side}: {got:?} instead of {:?}", told.unwrap()));
    }
}

trait WireName {
    fn name(&self) -> &'static str;
}

impl WireName for acerto::engine::Change {
    fn name(&self) -> &'static str {
        self.wire()
    }
}

fn projections(told: &Expect, answer: &Reconciliation, wrong: &mut Vec<String>) {
    for (step, want) in &told.projections {
        let Some(got) = answer.projections.iter().find(|p| p.step.wire() == step) else {
            wrong.push(format!("no projection {step}"));
            continue;
        };
        let least = want.least.unwrap_or(got.provider_least);
        let devices = want.devices.unwrap_or(got.devices);
        let active = want.active_logins.unwrap_or(got.active_logins);
        let same = (got.acs, got.provider, got.provider_least, got.devices, got.active_logins)
            == (want.acs, want.provider, least, devices, active);
        if !same {
            wrong.push(format!("projection {step}: {got:?} instead of {want:?}"));
        }
    }
    for step in &told.no_projections {
        if answer.projections.iter().any(|p| p.step.wire() == step) {
            wrong.push(format!("a projection {step} that nothing supports"));
        }
    }
}

fn warnings(told: &Expect, answer: &Reconciliation, wrong: &mut Vec<String>) {
    let got: BTreeSet<&str> = answer.warnings.iter().map(|w| w.code.wire()).collect();
    for code in told.warnings.iter().filter(|c| !got.contains(c.as_str())) {
        wrong.push(format!("no warning {code} among {got:?}"));
    }
    for code in told.no_warnings.iter().filter(|c| got.contains(c.as_str())) {
        wrong.push(format!("the warning {code} has no reason"));
    }
}

fn ends(told: &Expect, answer: &Reconciliation, wrong: &mut Vec<String>) {
    if let Some(want) = &told.resolved {
        let pairs = answer.resolved.iter().map(|r| (r.cause.wire().into(), r.how.wire().into()));
        let got: BTreeMap<String, String> = pairs.collect();
        if *want != got {
            wrong.push(format!("resolved {got:?} instead of {want:?}"));
        }
    }
    if let Some(want) = &told.departures {
        let got: BTreeMap<String, String> = answer
            .departures
            .iter()
            .map(|t| (acs_name(&t.device), t.removal.wire().to_owned()))
            .collect();
        if *want != got {
            wrong.push(format!("departures {got:?} instead of {want:?}"));
        }
    }
}

/// What is wrong with the telling itself: unknown names, or sums that can't balance.
pub fn contradictions(told: &Expect, input: &Input<'_>) -> Vec<String> {
    let mut wrong = vocabulary(told);
    let acs: BTreeSet<String> = input.acs.records().iter().map(acs_name).collect();
    let rows = input.provider.records();
    let provider: BTreeSet<String> = rows.iter().map(provider_name).collect();
    if acs.len() != input.acs.records().len() || provider.len() != rows.len() {
        wrong.push("two records of one side have one name".to_owned());
    }
    let (mut on_acs, mut on_provider, mut seen) = (0, 0, BTreeSet::new());
    let present = |f: &&Told| f.cause != "manual-delete";
    for finding in told.findings.iter().filter(present) {
        let moves = finding.cause != "field-drift";
        for name in names(finding.acs.as_ref()) {
            let unknown = !acs.contains(&name);
            if unknown || !seen.insert(format!("acs {name}")) {
                wrong.push(format!("ACS {name} is unknown or told twice"));
            }
            on_acs += u64::from(moves);
        }
        if any_provider(finding) {
            continue;
        }
        for name in names(finding.provider.as_ref()) {
            let row = rows.iter().find(|r| provider_name(r) == name);
            if row.is_none() || !seen.insert(format!("provider {name}")) {
                wrong.push(format!("Provider {name} is unknown or told twice"));
            }
            on_provider += u64::from(moves && row.is_some_and(counted));
        }
    }
    let total = input.acs.records().len() as u64;
    let counted = rows.iter().filter(|r| counted(r)).count() as u64;
    if told.matched + on_acs != total || told.matched + on_provider != counted {
        wrong.push(format!(
            "the telling does not balance: matched {}, ACS {total} with {on_acs} told, \
             Provider {counted} with {on_provider} told",
            told.matched
        ));
    }
    wrong
}

fn vocabulary(told: &Expect) -> Vec<String> {
    let mut unknown = Vec::new();
    let mut check = |known: bool, what: &str, name: &str| {
        if !known {
            unknown.push(format!("unknown {what} {name:?}"));
        }
    };
    for f in &told.findings {
        check(Cause::from_wire(&f.cause).is_some(), "cause", &f.cause);
        for kind in &f.evidence {
            check(EvidenceKind::from_wire(kind).is_some(), "evidence", kind);
        }
        for field in f.fields.iter().flatten() {
            check(Field::from_wire(field).is_some(), "field", field);
        }
        if let Some(s) = &f.strength {
            check(acerto::engine::Strength::from_wire(s).is_some(), "strength", s);
        }
        if let Some(fix) = &f.fix {
            check(Fix::from_wire(fix).is_some(), "fix", fix);
        }
        if let Some(state) = &f.state {
            check(State::from_wire(state).is_some(), "state", state);
        }
    }
    for rows in told.since_acs.iter().chain(&told.since_provider) {
        for row in rows.keys() {
            check(acerto::engine::Change::from_wire(row).is_some(), "change", row);
        }
    }
    for step in told.projections.keys().chain(&told.no_projections) {
        check(Projected::from_wire(step).is_some(), "projection", step);
    }
    for code in told.warnings.iter().chain(&told.no_warnings) {
        check(WarningCode::from_wire(code).is_some(), "warning", code);
    }
    for (cause, how) in told.resolved.iter().flatten() {
        check(Cause::from_wire(cause).is_some(), "cause", cause);
        check(acerto::engine::ResolvedHow::from_wire(how).is_some(), "end", how);
    }
    for removal in told.departures.iter().flat_map(BTreeMap::values) {
        check(acerto::engine::Removal::from_wire(removal).is_some(), "removal", removal);
    }
    unknown
}
