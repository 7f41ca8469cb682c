//! What must hold of every answer, whatever the world: counted here, by other means.
//!
//! Must not do: ask the engine's own sums. Everything is counted again from the records.

use std::collections::{HashMap, HashSet};

use acerto::domain::{AcsDevice, ProviderRecord};
use acerto::engine::{Cause, Finding, Input, Reconciliation, Strength};

/// How a scenario names a record of the Provider: its device id, else `login:LOGIN`.
pub fn provider_name(row: &ProviderRecord) -> String {
    match (&row.device_id, &row.login, &row.login_id) {
        (Some(id), _, _) => id.raw().to_owned(),
        (None, Some(login), _) => format!("login:{}", login.raw()),
        (None, None, Some(id)) => format!("login-id:{}", id.raw()),
        (None, None, None) => "nameless".to_owned(),
    }
}

/// How a scenario names a record of the ACS.
pub fn acs_name(device: &AcsDevice) -> String {
    device.id.raw().to_owned()
}

/// R1, counted from the raw columns.
pub fn counted(row: &ProviderRecord) -> bool {
    let entry = row.serial.is_some() || row.mac.is_some();
    let login = row.login.is_some() || row.login_id.is_some();
    entry && login && row.linked.unwrap_or(true) && row.active.unwrap_or(true)
}

/// Everything that is wrong with the answer; empty where it is sound.
pub fn broken(input: &Input<'_>, answer: &Reconciliation) -> Vec<String> {
    let mut wrong = Vec::new();
    counts(input, answer, &mut wrong);
    ledgers(answer, &mut wrong);
    buckets(input, answer, &mut wrong);
    identifiers(answer, &mut wrong);
    for finding in &answer.findings {
        promise(finding, &mut wrong);
    }
    partial(input, answer, &mut wrong);
    wrong
}

fn same<T: Copy + PartialEq + std::fmt::Debug>(
    wrong: &mut Vec<String>,
    what: &str,
    got: T,
    want: T,
) {
    if got != want {
        wrong.push(format!("{what}: {got:?} instead of {want:?}"));
    }
}

fn counts(input: &Input<'_>, answer: &Reconciliation, wrong: &mut Vec<String>) {
    let rows = input.provider.records();
    let entries = rows.iter().filter(|r| r.serial.is_some() || r.mac.is_some()).count() as u64;
    let devices = rows.iter().filter(|r| counted(r)).count() as u64;
    same(wrong, "ACS devices", answer.acs.devices, input.acs.records().len() as u64);
    same(wrong, "Provider devices", answer.provider.devices, devices);
    same(wrong, "Provider entries", answer.provider.entries, entries);
    if rows.iter().all(|r| r.login.is_none() || r.login_id.is_some()) {
        let logins: HashSet<_> = rows.iter().filter_map(|r| r.login_id.as_ref()).collect();
        same(wrong, "Provider logins", answer.provider.logins, logins.len() as u64);
    }
    same(wrong, "ACS complete", answer.acs.complete, input.acs.is_complete());
    same(wrong, "Provider complete", answer.provider.complete, input.provider.is_complete());
}

fn moving(answer: &Reconciliation) -> impl Iterator<Item = &Finding> {
    answer.findings.iter().filter(|f| !matches!(f.cause, Cause::FieldDrift | Cause::ManualDelete))
}

fn ledgers(answer: &Reconciliation, wrong: &mut Vec<String>) {
    let ledger = &answer.between;
    same(wrong, "ledger's ACS", ledger.acs, answer.acs.devices);
    same(wrong, "ledger's Provider", ledger.provider, answer.provider.devices);
    same(wrong, "ledger's matched", ledger.matched, answer.matched);
    let acs: u64 = ledger.rows.iter().map(|r| r.acs).sum();
    let provider: u64 = ledger.rows.iter().map(|r| r.provider).sum();
    same(wrong, "matched + ACS column", answer.matched + acs, answer.acs.devices);
    same(wrong, "matched + Provider column", answer.matched + provider, answer.provider.devices);
    for cause in Cause::ALL {
        let of = |s| moving(answer).filter(|f| f.cause == *cause && f.strength == s).count() as u64;
        let want = (
            moving(answer).filter(|f| f.cause == *cause).map(|f| f.acs.len() as u64).sum::<u64>(),
            moving(answer)
                .filter(|f| f.cause == *cause)
                .map(|f| f.provider.iter().filter(|p| counted(p)).count() as u64)
                .sum::<u64>(),
            of(Strength::Proven),
            of(Strength::Inferred),
        );
        let rows: Vec<_> = ledger.rows.iter().filter(|r| r.cause == *cause).collect();
        let got = rows.first().map_or((0, 0, 0, 0), |r| (r.acs, r.provider, r.proven, r.inferred));
        same(wrong, &format!("row {}", cause.wire()), got, want);
        if rows.len() > 1 || (rows.len() == 1 && want == (0, 0, 0, 0)) {
            wrong.push(format!("row {} stands twice or is all zeros", cause.wire()));
        }
    }
    for (name, side) in [("ACS", &answer.since.acs), ("Provider", &answer.since.provider)] {
        let change: i64 = side.rows.iter().map(|r| r.1).sum();
        let then = side.then.map(|t| i64::try_from(t).unwrap());
        let sum = then.map_or(side.rows.is_empty(), |t| t + change == side.now.cast_signed());
        if !sum || side.rows.iter().any(|r| r.1 == 0) {
            wrong.push(format!("since, {name}: {side:?} does not sum"));
        }
    }
    same(wrong, "since ACS now", answer.since.acs.now, answer.acs.devices);
    same(wrong, "since Provider now", answer.since.provider.now, answer.provider.devices);
}

/// Each record in at most one finding of the present ledger, and those in none are matched.
fn buckets(input: &Input<'_>, answer: &Reconciliation, wrong: &mut Vec<String>) {
    let mut seen = HashSet::new();
    let devices: HashMap<_, _> = input.acs.records().iter().map(|d| (acs_name(d), d)).collect();
    let rows: HashMap<_, _> =
        input.provider.records().iter().map(|r| (provider_name(r), r)).collect();
    let present = answer.findings.iter().filter(|f| f.cause != Cause::ManualDelete);
    for finding in present {
        for device in &finding.acs {
            let name = format!("ACS {}", acs_name(device));
            if devices.get(&acs_name(device)) != Some(&device) {
                wrong.push(format!("{name} is in a finding but not in the snapshot"));
            }
            if !seen.insert(name.clone()) {
                wrong.push(format!("{name} is in two findings"));
            }
        }
        for row in &finding.provider {
            let name = format!("Provider {}", provider_name(row));
            if rows.get(&provider_name(row)) != Some(&row) {
                wrong.push(format!("{name} is in a finding but not in the snapshot"));
            }
            if !seen.insert(name.clone()) {
                wrong.push(format!("{name} is in two findings"));
            }
        }
    }
    let acs: usize = moving(answer).map(|f| f.acs.len()).sum();
    let open = input.acs.records().len().saturating_sub(acs) as u64;
    same(wrong, "ACS devices in no finding", open, answer.matched);
    let drift = answer.findings.iter().filter(|f| f.cause == Cause::FieldDrift);
    for finding in drift {
        let pair = finding.acs.len() == 1 && finding.provider.len() == 1;
        if !pair || !counted(&finding.provider[0]) || finding.fields.is_empty() {
            wrong.push(format!("field-drift {} is not of a matched pair", finding.id));
        }
    }
}

fn identifiers(answer: &Reconciliation, wrong: &mut Vec<String>) {
    let mut ids = HashSet::new();
    for finding in &answer.findings {
        let hex = finding.id.strip_prefix("f-").unwrap_or_default();
        if hex.len() != 16 || !hex.bytes().all(|b| b.is_ascii_hexdigit()) {
            wrong.push(format!("the id {:?} is not f- and 16 hex digits", finding.id));
        }
        if !ids.insert(&finding.id) {
            wrong.push(format!("two findings are called {}", finding.id));
        }
    }
    if !answer.findings.is_sorted_by_key(|f| f.cause) {
        wrong.push("findings are not in the order of the causes".to_owned());
    }
}

/// What a strength promises.
fn promise(finding: &Finding, wrong: &mut Vec<String>) {
    let name = format!("{} {}", finding.cause.wire(), finding.id);
    let proven = finding.strength == Strength::Proven;
    if finding.evidence.is_empty() {
        wrong.push(format!("{name} has no evidence"));
    }
    if !(0.0..=1.0).contains(&finding.score) || (proven && finding.score < 1.0) {
        wrong.push(format!("{name} has the score {}", finding.score));
    }
    let never = matches!(finding.cause, Cause::RemovedUnknown | Cause::Unexplained)
        || (finding.cause == Cause::SwappedDevice && finding.provider.is_empty());
    if proven && never {
        wrong.push(format!("{name} can never be proven"));
    }
    let always = matches!(finding.cause, Cause::Duplicate | Cause::FieldDrift);
    if always && !proven {
        wrong.push(format!("{name} is always proven"));
    }
}

/// Absence from a Partial side proves nothing and is not remembered.
fn partial(input: &Input<'_>, answer: &Reconciliation, wrong: &mut Vec<String>) {
    let acs = !input.acs.is_complete();
    let provider = !input.provider.is_complete();
    if acs && !answer.departures.is_empty() {
        wrong.push("a Partial ACS yields departures".to_owned());
    }
    let proven = answer.findings.iter().filter(|f| f.strength == Strength::Proven);
    for f in proven {
        if f.cause == Cause::Duplicate {
            continue;
        }
        let from_acs = f.acs.is_empty() || f.cause == Cause::SwappedDevice;
        let from_provider = f.provider.is_empty();
        if (acs && from_acs) || (provider && from_provider) {
            wrong.push(format!("{} is proven by absence from a Partial side", f.cause.wire()));
        }
    }
}
