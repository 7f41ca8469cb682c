//! Golden reports, and what holds in every one of them.

use serde_json::Value;

use super::{
    Explain, FindingsKept, Format, HistoryEntry, ReportOptions, SchemaKind, group_by, metrics,
    schema, write,
};
use crate::app::collect::Events;
use crate::app::sample;
use crate::app::{Run, RunSummary};
use crate::domain::Problem;
use crate::engine::{Cause, Finding};
use crate::words::{Lang, Voice};

fn report(run: &Run, options: &ReportOptions) -> String {
    let mut out = Vec::new();
    write(run, options, &mut out).unwrap();
    String::from_utf8(out).unwrap()
}

fn asked(format: Format, lang: Lang) -> ReportOptions {
    ReportOptions { format, lang, ..ReportOptions::default() }
}

fn golden(name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(concat!(env!("CARGO_MANIFEST_DIR"), "/snapshots"));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

fn every_run() -> [Run; 4] {
    [sample::run(), sample::first_run(), sample::partial_run(), sample::quiet_run()]
}

fn json(run: &Run, options: &ReportOptions) -> Value {
    serde_json::from_str(&report(run, options)).unwrap()
}

#[test]
fn text_reports_are_golden() {
    for (lang, name) in [(Lang::En, "en"), (Lang::PtBr, "pt")] {
        let options = asked(Format::Text, lang);
        golden(&format!("report_text_{name}"), &report(&sample::run(), &options));
        golden(&format!("report_text_first_run_{name}"), &report(&sample::first_run(), &options));
        golden(&format!("report_text_partial_{name}"), &report(&sample::partial_run(), &options));
        golden(&format!("report_text_quiet_{name}"), &report(&sample::quiet_run(), &options));
    }
}

#[test]
fn summaries_are_golden() {
    for (lang, name) in [(Lang::En, "en"), (Lang::PtBr, "pt")] {
        let options = ReportOptions { summary: true, ..asked(Format::Json, lang) };
        let texts = every_run().map(|run| report(&run, &options));
        golden(&format!("report_summary_{name}"), &texts.join("\n"));
    }
}

#[test]
fn machine_reports_are_golden() {
    let run = sample::run();
    let document = json(&run, &asked(Format::Json, Lang::En));
    golden("report_json_en", &format!("{document:#}"));
    golden("report_ndjson_en", &report(&run, &asked(Format::Ndjson, Lang::En)));
    golden("report_csv_en", &report(&run, &asked(Format::Csv, Lang::En)));
    let with_pii = ReportOptions { with_pii: true, ..asked(Format::Csv, Lang::PtBr) };
    golden("report_csv_pii_pt", &report(&run, &with_pii));
    golden("report_metrics", &metrics::render(&run));
}

#[test]
fn groups_are_golden() {
    let by = |format, lang, column: &str| {
        let group_by = Some(column.to_owned());
        let options =
            ReportOptions { summary: format == Format::Text, group_by, ..asked(format, lang) };
        report(&sample::run(), &options)
    };
    golden("report_groups_text", &by(Format::Text, Lang::En, "Model"));
}

#[test]
fn other_texts_are_golden() {
    let run = sample::run();
    let voice = Voice::new(Lang::En);
    let swap = &run.reconciliation.findings[2];
    golden("finding_text_en", &super::finding_text(swap, &voice));
    golden("finding_text_pt", &super::finding_text(swap, &Voice::new(Lang::PtBr)));
    let history = [HistoryEntry {
        run_id: "0197aaaa".to_owned(),
        started: sample::at("2026-11-19T12:00:00Z"),
        cause: Some(swap.cause),
        strength: Some(swap.strength),
        state: Some(swap.state),
    }];
    let columns = [Box::from("OLT")];
    let explain = Explain {
        key: "HWTC\x1b00000011",
        acs: swap.acs.first(),
        provider: swap.provider.first(),
        finding: Some(swap),
        history: &history,
        happened: &[],
        acs_columns: &columns,
        provider_columns: &[],
    };
    let mut text = Vec::new();
    explain.write_text(&voice, 80, false, &mut text).unwrap();
    golden("explain_text_en", &String::from_utf8(text).unwrap());
    let mut json = Vec::new();
    explain.write_json(&voice, &mut json).unwrap();
    let json: Value = serde_json::from_slice(&json).unwrap();
    assert_eq!(json["provider"]["customer_name"], "Ana L.");
    assert_eq!(json["provider"]["extra_0"], "Norte");
    golden("explain_json_en", &format!("{json:#}"));
}

#[test]
fn run_lists_are_golden() {
    let run = sample::run();
    let summary = RunSummary {
        id: run.id.clone(),
        started: run.started,
        seconds: run.seconds,
        actor: run.actor.clone(),
        exit: 6,
        complete: false,
        acs: 12_480,
        provider: 12_638,
        matched: 12_061,
        causes: vec![(Cause::UnlinkedLogin, 312), (Cause::PendingPurge, 540)],
    };
    let mut text = Vec::new();
    let voice = Voice::new(Lang::En);
    super::run_list(&[], &voice, 100, &mut text).unwrap();
    super::run_list(&[summary.clone(), summary.clone()], &voice, 100, &mut text).unwrap();
    super::run_list_json(&[summary], &mut text).unwrap();
    golden("run_list_en", &String::from_utf8(text).unwrap());
}

#[test]
fn a_cause_shows_ten_devices_and_says_how_many_more() {
    let mut run = sample::run();
    let one = sample::finding(1, Cause::NeverSeen, &[], &[]);
    run.reconciliation.findings = vec![one; 12];
    let text = report(&run, &ReportOptions::default());
    assert_eq!(text.matches("\n  * ").count(), 10);
    assert!(text.contains("... and 2 more: `--format csv` lists them all."), "{text}");
}

#[test]
fn equal_totals_are_never_taken_for_agreement() {
    let run = sample::run();
    assert_eq!(run.reconciliation.acs.devices, run.reconciliation.provider.devices);
    for summary in [false, true] {
        let text = report(&run, &ReportOptions { summary, ..ReportOptions::default() });
        assert!(text.contains("Equal totals hide 14 differences."), "{text}");
    }
}

#[test]
fn local_times_carry_their_offset() {
    let timezone = jiff::tz::TimeZone::get("America/Sao_Paulo").ok();
    let options = ReportOptions { timezone, ..ReportOptions::default() };
    assert!(report(&sample::run(), &options).contains("2026-11-20 09:00 -03:00"));
    let csv = ReportOptions { format: Format::Csv, ..options };
    assert!(!report(&sample::run(), &csv).contains("-03:00"));
}

#[test]
fn every_summary_fits_in_twelve_lines() {
    for run in every_run() {
        for lang in [Lang::En, Lang::PtBr] {
            let lines = super::summary::lines(&run, &Voice::new(lang));
            assert!(lines.len() <= super::summary::LINES_MAX);
            assert!(lines.iter().all(|l| !l.contains('\n')));
        }
    }
}

#[test]
fn reports_keep_to_the_published_schema() {
    let published: Value = serde_json::from_str(&schema(SchemaKind::Report)).unwrap();
    let validator = jsonschema::validator_for(&published).unwrap();
    for run in every_run() {
        for group_by in [None, Some("model".to_owned())] {
            let options = ReportOptions { group_by, ..asked(Format::Json, Lang::En) };
            let document = json(&run, &options);
            let errors: Vec<_> = validator.iter_errors(&document).map(|e| e.to_string()).collect();
            assert!(errors.is_empty(), "{errors:?}");
        }
    }
}

#[test]
fn the_schema_asks_for_every_key_and_lets_more_pass() {
    let published: Value = serde_json::from_str(&schema(SchemaKind::Report)).unwrap();
    let validator = jsonschema::validator_for(&published).unwrap();
    let document = json(&sample::run(), &asked(Format::Json, Lang::En));
    for key in document.as_object().unwrap().keys() {
        let mut less = document.clone();
        less.as_object_mut().unwrap().remove(key);
        assert!(!validator.is_valid(&less), "{key} may be missing");
    }
    for key in ["provider", "related", "evidence", "candidates", "first_seen", "acs"] {
        let mut less = document.clone();
        less["findings"][0].as_object_mut().unwrap().remove(key);
        assert!(!validator.is_valid(&less), "findings[].{key} may be missing");
    }
    let mut more = document.clone();
    more["added"] = Value::Bool(true);
    more["findings"][0]["added"] = Value::Null;
    assert!(validator.is_valid(&more));
    let mut wrong = document;
    wrong["findings"][0]["cause"] = "gremlins".into();
    assert!(!validator.is_valid(&wrong));
}

#[test]
fn other_schemas_take_the_contracts_examples() {
    let valid = |kind, document: &Value| {
        let published: Value = serde_json::from_str(&schema(kind)).unwrap();
        jsonschema::validator_for(&published).unwrap().is_valid(document)
    };
    let event = serde_json::json!({"time": "2026-11-16T05:10:00Z", "kind": "mass-exclusion",
        "key": "HWTC00000015", "note": "criterion: 90 days without contact"});
    assert!(valid(SchemaKind::Events, &event));
    let bare = serde_json::json!({"time": "2026-11-16T05:10:00Z", "kind": "listening-from"});
    assert!(valid(SchemaKind::Events, &bare));
    assert!(!valid(SchemaKind::Events, &serde_json::json!({"kind": "acs-sync"})));
    let plan = serde_json::json!({"schema": 1, "plan_id": "p", "parent": "r", "sha256": "0",
        "expires": "2026-11-16T05:10:00Z", "steps": [{"seq": 1, "fix": "link-login",
        "side": "provider", "target": {"login_id": "7"},
        "call": {"method": "PUT", "path": "/x", "body": {}}, "expect": {}, "because": "f-1",
        "undo": "tries"}], "skipped": [], "guard": {"verdict": "confirm", "reasons": ["r"]},
        "projection": {"acs": 1, "provider": 1, "gap": 0}});
    assert!(valid(SchemaKind::Plan, &plan));
    let mut less = plan;
    less["steps"][0].as_object_mut().unwrap().remove("undo");
    assert!(!valid(SchemaKind::Plan, &less));
}

#[test]
fn the_sums_hold_in_the_document() {
    for run in [sample::run(), sample::first_run(), sample::quiet_run()] {
        let document = json(&run, &asked(Format::Json, Lang::En));
        let between = &document["ledgers"]["between"];
        let sum = |key: &str| -> u64 {
            between["rows"].as_array().unwrap().iter().map(|r| r[key].as_u64().unwrap()).sum()
        };
        let matched = document["matched"].as_u64().unwrap();
        assert_eq!(document["sides"]["acs"]["devices"], matched + sum("acs"));
        assert_eq!(document["sides"]["provider"]["devices"], matched + sum("provider"));
        assert_eq!(between["balanced"], true);
        for side in ["acs", "provider"] {
            let side = &document["ledgers"]["since"][side];
            let changes = side["rows"].as_array().unwrap().iter();
            let sum: i64 = changes.map(|r| r["change"].as_i64().unwrap()).sum();
            if let Some(then) = side["then"].as_i64() {
                assert_eq!(side["now"], then + sum);
            }
        }
    }
}

#[test]
fn ndjson_is_the_same_document_in_lines() {
    let run = sample::run();
    let whole = json(&run, &asked(Format::Json, Lang::En));
    let lines = report(&run, &asked(Format::Ndjson, Lang::En));
    let mut lines: Vec<Value> = lines.lines().map(|l| serde_json::from_str(l).unwrap()).collect();
    let summary = lines.pop().unwrap();
    assert_eq!(whole["findings"], Value::Array(lines));
    let mut rest = whole;
    rest.as_object_mut().unwrap().remove("findings");
    assert_eq!(summary["summary"], rest);
}

#[test]
fn hostile_strings_never_come_out_raw() {
    for run in every_run() {
        for format in Format::ALL.iter().copied() {
            for lang in [Lang::En, Lang::PtBr] {
                let options = ReportOptions { with_pii: true, ..asked(format, lang) };
                let text = report(&run, &options);
                let body = text.strip_prefix('\u{feff}').unwrap_or(&text);
                let raw = body
                    .chars()
                    .find(|&c| c != '\n' && (c.is_control() || crate::domain::text::is_hidden(c)));
                assert_eq!(raw, None, "{format:?}");
            }
        }
    }
}

#[test]
fn people_are_masked_unless_asked_for() {
    let run = sample::run();
    for format in Format::ALL.iter().copied() {
        let text = report(&run, &asked(format, Lang::En));
        for secret in ["Maria", "123.456", "456.789", "90000"] {
            assert!(!text.contains(secret), "{format:?} shows {secret}");
        }
    }
    let unmasked = ReportOptions { with_pii: true, ..asked(Format::Csv, Lang::En) };
    assert!(report(&run, &unmasked).contains("Ana Maria Lima,123.456.789-00"));
}

#[test]
fn an_unknown_column_is_an_error_and_a_separator_is_taken() {
    let run = sample::run();
    let options = ReportOptions { group_by: Some("moon".into()), ..ReportOptions::default() };
    let error = write(&run, &options, &mut Vec::new()).unwrap_err();
    assert!(error.to_string().contains("`moon`"), "{error}");
    assert!(group_by::check(&run, "moon").is_err());
    let options = ReportOptions { csv_separator: Some(b'\t'), ..asked(Format::Csv, Lang::PtBr) };
    assert!(report(&run, &options).starts_with("\u{feff}id\tcause\t"));
}

#[test]
fn text_keeps_to_eighty_columns() {
    use unicode_width::UnicodeWidthStr as _;
    for run in every_run() {
        for lang in [Lang::En, Lang::PtBr] {
            for line in report(&run, &asked(Format::Text, lang)).lines() {
                assert!(line.width() <= 80, "{line}");
            }
        }
    }
}

#[test]
fn every_listed_line_is_in_json_and_twenty_of_them_in_text() {
    let run = sample::partial_run();
    let document = json(&run, &asked(Format::Json, Lang::En));
    let warnings = document["warnings"].as_array().unwrap();
    assert_eq!(warnings.len(), 1 + 22);
    assert!(warnings.iter().all(|w| w["code"] == "snapshot-partial" && w["side"] == "provider"));
    assert_eq!(warnings[22]["text"], "provider.csv:26:1: the row has no identity");
    let text = report(&run, &asked(Format::Text, Lang::En));
    assert_eq!(text.matches("\n    - provider.csv:").count(), 20, "{text}");
    assert!(text.contains("\n    ... and 3 more\n"), "{text}");
    let summary = ReportOptions { summary: true, ..ReportOptions::default() };
    let text = report(&run, &summary);
    assert!(text.contains("First: provider.csv:5:1") && !text.contains("more warning"), "{text}");
    // Where it is, and not what stands there: it goes into mails.
    assert!(!text.contains("provider.csv:5:1:"), "{text}");
}

#[test]
fn a_broken_events_file_is_no_partial_side() {
    let problem = Problem {
        place: "events.csv:4:1".to_owned(),
        what: "no time".to_owned(),
        value: Some(sample::u("ontem 123.456.789-00")),
    };
    let bad = [problem];
    let events = Events {
        bad: bad.to_vec(),
        bad_count: 1,
        unparsed: bad.to_vec(),
        unparsed_count: 1,
        ..Events::default()
    };
    let mut run = sample::run();
    run.reconciliation.warnings = events.warnings();
    let document = json(&run, &asked(Format::Json, Lang::En));
    let warnings = document["warnings"].as_array().unwrap();
    let codes: Vec<_> = warnings.iter().map(|w| w["code"].as_str().unwrap()).collect();
    let (bad, value) = ("snapshot-partial", "value-unparsed");
    assert_eq!(codes, [bad, bad, value, value]);
    assert!(warnings.iter().all(|w| w.get("side").is_none()));
    let told = warnings[0]["text"].as_str().unwrap();
    let lead = "The events file could not be read whole: 1 bad line was left out";
    assert!(told.starts_with(lead), "{told}");
    assert_eq!(warnings[1]["text"], "events.csv:4:1: no time \"ontem ***.456.789-**\"");
    let told = warnings[2]["text"].as_str().unwrap();
    assert!(told.starts_with("Optional values of the events file"), "{told}");
}

#[test]
fn a_drift_shows_both_values_in_csv() {
    let csv = report(&sample::run(), &asked(Format::Csv, Lang::En));
    let row = csv.lines().find(|l| l.contains(",field-drift,")).unwrap();
    assert!(row.contains(": ACS ") && row.contains(", Provider "), "{row}");
    assert!(!row.contains("differ in this field"), "{row}");
}

#[test]
fn a_device_without_a_serial_is_named_by_what_it_has() {
    let titled = |edit: fn(&mut Finding)| {
        let mut run = sample::run();
        let all = &mut run.reconciliation.findings;
        all.retain(|f| f.cause == Cause::Returned || f.cause == Cause::NeverSeen);
        for finding in all.iter_mut() {
            finding.keys.clear();
            finding.acs.iter_mut().for_each(|d| d.serial = None);
            finding.provider.iter_mut().for_each(|p| p.serial = None);
            edit(finding);
        }
        report(&run, &ReportOptions::default())
    };
    let text = titled(|_| ());
    assert!(text.contains("\n  * MAC 00:25:9E:"), "{text}");
    let text = titled(|f| {
        f.acs.iter_mut().for_each(|d| d.macs.clear());
        f.provider.iter_mut().for_each(|p| p.mac = None);
    });
    assert!(text.contains("\n  * ACS device a") && text.contains("\n  * entry d"), "{text}");
}

#[test]
fn no_sentence_points_at_what_a_summary_leaves_out() {
    for run in every_run() {
        for lang in [Lang::En, Lang::PtBr] {
            let options = ReportOptions { summary: true, ..asked(Format::Text, lang) };
            let text = report(&run, &options);
            assert!(!text.contains("named below") && !text.contains("aparecem abaixo"), "{text}");
        }
    }
}

#[test]
fn expired_findings_are_said_to_be_and_not_taken_for_none() {
    let mut run = sample::run();
    run.reconciliation.findings.clear();
    run.reconciliation.resolved.clear();
    for (lang, said, never) in [
        (Lang::En, "have expired", ["count the same devices", "New: 0"]),
        (Lang::PtBr, "expiraram", ["contam os mesmos", "Novas: 0"]),
    ] {
        let options =
            ReportOptions { findings: FindingsKept::Expired, ..asked(Format::Text, lang) };
        let text = report(&run, &options);
        assert!(text.contains(said) && never.iter().all(|n| !text.contains(n)), "{text}");
    }
    let options =
        ReportOptions { findings: FindingsKept::Expired, ..asked(Format::Json, Lang::En) };
    assert_eq!(json(&run, &options)["findings_expired"], true);
    let kept = json(&run, &asked(Format::Json, Lang::En));
    assert!(kept.get("findings_expired").is_none());
}
