//! No report shows a person, wherever a file hides one: extra columns, notes, status, plan.

use super::{Explain, Format, ReportOptions, write};
use crate::app::Run;
use crate::app::sample;
use crate::engine::{Evidence, EvidenceKind, Ignored};
use crate::words::{Lang, Voice};

/// Extra columns of the Provider, each with a value that identifies somebody.
const COLUMNS: [(&str, &str); 6] = [
    ("CPF/CNPJ", "12345678900"),
    ("telefone", "47900001234"),
    ("e-mail", "ana.lima@isp.example"),
    ("Nome do assinante", "Ana Maria Lima"),
    ("obs", "CPF 123.456.789-00, (47) 90000-1234"),
    ("PON", "0/1/2"),
];

/// What must never come out.
const SECRETS: [&str; 6] =
    ["12345678900", "123.456.789-00", "90000", "47900001234", "ana.lima@", "Maria"];

fn run() -> Run {
    let mut run = sample::run();
    let all = &mut run.reconciliation;
    all.provider.extra_columns = COLUMNS.iter().map(|(name, _)| (*name).into()).collect();
    let values = COLUMNS.iter().map(|(_, value)| sample::u(value));
    let extra: crate::domain::Extra = (0_u16..).zip(values).collect();
    for finding in &mut all.findings {
        let note = sample::u("pedido de 123.456.789-00, ligar 47900001234");
        finding.evidence.push(Evidence::new(EvidenceKind::DeletedByHand).a(note));
        let reason = "a Ana, ana.lima@isp.example".to_owned();
        finding.ignored = Some(Ignored { reason, until: None });
        for record in &mut finding.provider {
            record.extra.clone_from(&extra);
            record.contract_status = Some(sample::u("bloqueado 123.456.789-00"));
            record.plan = Some(sample::u("500M (47) 90000-1234"));
        }
        for device in &mut finding.acs {
            device.tags = [sample::u("47900001234"), sample::u("vip")].into();
            device.extra.clear();
        }
    }
    run
}

fn clean(text: &str, of: &str) {
    for secret in SECRETS {
        assert!(!text.contains(secret), "{of} shows {secret}: {text}");
    }
}

fn report(run: &Run, options: &ReportOptions) -> String {
    let mut out = Vec::new();
    write(run, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

#[test]
fn notes_and_reasons_are_scrubbed_in_every_format() {
    for format in Format::ALL.iter().copied() {
        for lang in [Lang::En, Lang::PtBr] {
            let text = report(&run(), &ReportOptions { format, lang, ..ReportOptions::default() });
            clean(&text, &format!("{format:?}"));
            assert!(text.contains("***.456.789-**"), "{text}");
        }
    }
}

#[test]
fn groups_of_a_personal_column_are_masked() {
    let names = COLUMNS.iter().map(|(name, _)| *name).chain(["plan", "contract_status"]);
    for name in names {
        for format in Format::ALL.iter().copied() {
            let group_by = Some(name.to_owned());
            let options = ReportOptions { format, group_by, ..ReportOptions::default() };
            let text = report(&run(), &options);
            clean(&text, &format!("{format:?} by {name}"));
            assert!(name != "PON" || text.contains("0/1/2"), "{text}");
        }
    }
}

#[test]
fn people_behind_one_mask_are_one_row() {
    let mut run = run();
    let mut phones = ["4790000001234", "4733331234"].into_iter().cycle();
    for record in run.reconciliation.findings.iter_mut().flat_map(|f| &mut f.provider) {
        record.extra = [(1, sample::u(phones.next().unwrap()))].into();
    }
    let groups = super::group_by::groups(&run, "telefone").unwrap();
    let mut seen: Vec<_> = groups.rows.iter().map(|r| (r.cause.0, r.value.clone())).collect();
    let total: u64 = groups.rows.iter().map(|r| r.count).sum();
    assert_eq!(total, run.reconciliation.findings.len() as u64);
    seen.dedup();
    assert_eq!(seen.len(), groups.rows.len());
}

#[test]
fn explain_masks_extra_columns_and_free_text() {
    let run = run();
    let findings = &run.reconciliation.findings;
    let swap = findings.iter().find(|f| !f.acs.is_empty() && !f.provider.is_empty()).unwrap();
    let explain = Explain {
        key: "HWTC00000011",
        acs: swap.acs.first(),
        provider: swap.provider.first(),
        finding: Some(swap),
        history: &[],
        happened: &[],
        acs_columns: &[],
        provider_columns: &run.reconciliation.provider.extra_columns,
    };
    let voice = Voice::new(Lang::En);
    let (mut text, mut json) = (Vec::new(), Vec::new());
    explain.write_text(&voice, 80, false, &mut text).unwrap();
    explain.write_json(&voice, &mut json).unwrap();
    for shown in [text, json.clone()] {
        let shown = String::from_utf8(shown).unwrap();
        clean(&shown, "explain");
        for kept in ["***.456.789-**", "***1234", "a***@isp.example", "Ana L.", "0/1/2", "vip"] {
            assert!(shown.contains(kept), "{kept} is missing: {shown}");
        }
    }
    let json: serde_json::Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["provider"]["contract_status"], "bloqueado ***.456.789-**");
    assert_eq!(json["acs"]["tags"], serde_json::json!(["***1234", "vip"]));
}
