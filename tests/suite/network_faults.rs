//! Everything that a network and a lying server do, produced for real, one row each: the exit
//! code, one clear message with what to do, and nothing lost.
//!
//! Must not do: check wording beyond what a person needs: which side, what, and what next.

use serde_json::Value;

use crate::lab_process::Lab;
use crate::product_run::{Answer, assert_sums};

const IXC: &str = "lab";
const GENIE: &str = "lab-genieacs";
const ALWAYS: u32 = 1_000_000;

/// One fault, as long as it takes.
struct Row {
    fault: &'static str,
    side: &'static str,
    profile: &'static str,
    times: u32,
    exit: i32,
    /// What stderr must name.
    names: &'static [&'static str],
}

const fn row(
    fault: &'static str,
    side: &'static str,
    profile: &'static str,
    exit: i32,
    names: &'static [&'static str],
) -> Row {
    Row { fault, side, profile, times: ALWAYS, exit, names }
}

/// Those that end in no report at all.
const REFUSED: [Row; 23] = [
    row("403", "provider", IXC, 7, &["403"]),
    row("403", "acs", IXC, 7, &["403"]),
    row("403", "acs", GENIE, 7, &["403"]),
    row("401", "provider", IXC, 7, &["401"]),
    row("401", "acs", IXC, 7, &["token"]),
    row("429", "provider", IXC, 6, &["429"]),
    row("500", "acs", GENIE, 6, &["500"]),
    row("500", "provider", IXC, 6, &["500"]),
    row("503-storm", "provider", IXC, 6, &["503"]),
    row("503-storm", "acs", GENIE, 6, &["503"]),
    row("502-html", "acs", IXC, 6, &["502"]),
    row("html-200", "provider", IXC, 6, &["HTML"]),
    row("html-200", "acs", IXC, 6, &["web page"]),
    row("html-200", "acs", GENIE, 6, &["web page", "7557"]),
    row("error-200", "provider", IXC, 6, &["Provider: "]),
    row("gzip-bomb", "provider", IXC, 6, &["MiB"]),
    row("100-mib-body", "acs", IXC, 6, &["MiB"]),
    row("deep-json", "provider", IXC, 6, &["Provider: "]),
    row("deep-json", "acs", GENIE, 6, &["ACS: "]),
    row("307-other-host", "provider", IXC, 6, &["redirect", "url"]),
    row("302", "acs", GENIE, 6, &["redirect", "url"]),
    row("rst-before-reply", "provider", IXC, 6, &["Provider: "]),
    row("empty", "acs", GENIE, 6, &["ACS: "]),
];

/// Those that give a list, but not one to believe: exit 6, with a report or without.
const DOUBTED: [Row; 12] = [
    row("truncated", "acs", GENIE, 6, &["the ACS"]),
    row("rst-mid-body", "acs", GENIE, 6, &["the ACS"]),
    row("duplicate-ids", "acs", GENIE, 6, &["the ACS"]),
    row("truncated", "provider", IXC, 6, &["Provider"]),
    row("total-lies", "provider", IXC, 6, &["Provider"]),
    row("total-changes", "provider", IXC, 6, &["Provider"]),
    row("page-repeated", "provider", IXC, 6, &["Provider"]),
    row("page-repeated", "acs", IXC, 6, &["the ACS", "page 2"]),
    row("pages-out-of-order", "acs", IXC, 6, &["the ACS"]),
    row("ids-falling", "acs", IXC, 6, &["the ACS"]),
    row("empty-page", "provider", IXC, 6, &["Provider"]),
    row("empty-page", "acs", IXC, 6, &["the ACS"]),
];

fn told(row: &Row, answer: &Answer) {
    let what = format!("{} at {} ({})", row.fault, row.side, row.profile);
    assert_eq!(answer.exit, Some(row.exit), "{what}: {}", answer.said());
    for name in row.names {
        assert!(answer.stderr.contains(name), "{what}: {name} is not in\n{}", answer.stderr);
    }
    assert!(!answer.stderr.contains("panicked"), "{what}: {}", answer.stderr);
}

/// A good run, the fault, and a good run: the third knows all that the first did.
fn between_two_good_runs(row: &Row, judge: impl Fn(&Row, &Answer)) {
    let lab = Lab::start(150);
    // Small pages, so that there are several.
    lab.net("page_size = 40");
    let first = lab.reconcile(row.profile);
    assert_eq!(first.exit, Some(3), "{}", first.said());
    lab.fault(row.fault, row.side, row.times);
    let wrong = lab.reconcile(row.profile);
    told(row, &wrong);
    judge(row, &wrong);
    lab.fault(row.fault, row.side, 0);
    let third = lab.reconcile(row.profile);
    assert_eq!(third.exit, Some(3), "{}: {}", row.fault, third.said());
    let (before, after) = (first.report(), third.report());
    assert_sums(&after);
    nothing_lost(row, &before, &after);
}

/// The world stood still, so the two good reports must say the same, and nothing left meanwhile.
fn nothing_lost(row: &Row, before: &Value, after: &Value) {
    assert_eq!(after["causes"], before["causes"], "{}", row.fault);
    let since = &after["ledgers"]["since"];
    assert!(since["baseline"].is_string(), "{}: {since}", row.fault);
    for side in ["acs", "provider"] {
        let (then, rows) = (&since[side]["then"], &since[side]["rows"]);
        assert_eq!(then, &before["sides"][side]["devices"], "{}", row.fault);
        assert_eq!(rows.as_array().map(Vec::len), Some(0), "{}", row.fault);
    }
}

fn no_report(row: &Row, answer: &Answer) {
    assert_eq!(answer.stdout.trim(), "", "{}: a report in spite of it", row.fault);
    assert!(answer.stderr.contains("hint") || answer.stderr.contains("  "), "{}", answer.stderr);
}

/// A report of a side that is not whole removes nothing and says so.
fn no_removal(row: &Row, answer: &Answer) {
    if answer.stdout.trim().is_empty() {
        return;
    }
    let report = answer.report();
    assert_eq!(report["sides"][row.side]["complete"], false, "{}", row.fault);
    assert_eq!(report["plan"], Value::Null);
    let rows = report["ledgers"]["since"][row.side]["rows"].to_string();
    for gone in ["removed-unknown", "manual-delete", "mass-excluded", "purged"] {
        assert!(!rows.contains(gone), "{}: {rows}", row.fault);
    }
}

/// Rows run two at a time: each waits more than it works.
fn all(rows: &[Row], judge: fn(&Row, &Answer)) {
    let next = std::sync::atomic::AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                while let Some(row) =
                    rows.get(next.fetch_add(1, std::sync::atomic::Ordering::SeqCst))
                {
                    between_two_good_runs(row, judge);
                }
            });
        }
    });
}

#[test]
fn what_gives_no_list_ends_with_its_code_and_loses_nothing() {
    all(&REFUSED, no_report);
}

#[test]
fn a_list_that_can_not_be_believed_removes_nothing() {
    all(&DOUBTED, no_removal);
}

/// A run whose ACS is somewhere else than the lab.
fn at_another_address(with: &str) -> Answer {
    let lab = Lab::start(60);
    let text = lab.configuration();
    let address = format!("http://127.0.0.1:{}", lab.port);
    lab.configure(&text.replacen(&address, with, 1));
    lab.reconcile(IXC)
}

fn refused(answer: &Answer, exit: i32, names: &[&str]) {
    assert_eq!(answer.exit, Some(exit), "{}", answer.said());
    assert_eq!(answer.stdout.trim(), "");
    for name in names {
        assert!(answer.stderr.contains(name), "{name} is not in\n{}", answer.stderr);
    }
}

#[test]
fn a_server_that_is_down_is_told_and_nothing_is_lost() {
    let mut lab = Lab::start(60);
    assert_eq!(lab.reconcile(IXC).exit, Some(3));
    lab.kill();
    refused(&lab.reconcile(IXC), 6, &["refuses the connection", "acerto doctor"]);
    assert_eq!(lab.acerto(IXC, &["store", "check"]).exit, Some(0));
    let runs = lab.acerto(IXC, &["runs", "--format", "json"]);
    assert_eq!(runs.exit, Some(0), "{}", runs.said());
    let doctor = lab.acerto(IXC, &["doctor", "--format", "json"]);
    assert_eq!(doctor.exit, Some(6), "{}", doctor.said());
    assert!(doctor.stdout.contains("\"acs-tcp\",\"result\":\"fail\""), "{}", doctor.stdout);
}

#[test]
fn names_and_certificates_that_are_wrong_are_told_as_such() {
    // RFC 2606: no such name will ever be.
    refused(&at_another_address("https://acs.invalid"), 6, &["acs.invalid"]);
    let lab = Lab::start(60);
    let text = lab.configuration();
    lab.configure(&text.replace("http://127.0.0.1", "https://127.0.0.1"));
    let plain = lab.reconcile(GENIE);
    assert!(matches!(plain.exit, Some(7)), "{}", plain.said());
    assert!(plain.stderr.contains("TLS") && plain.stderr.contains("http://"), "{}", plain.stderr);
}

#[test]
fn a_wrong_secret_is_exit_7_and_never_shown() {
    let lab = Lab::start(60);
    let folder = lab.configuration();
    let line = folder.lines().find(|l| l.contains("acs.secret")).unwrap();
    let path = line.split('"').nth(1).unwrap();
    std::fs::write(path, "not-the-secret-7f3a").unwrap();
    let answer = lab.reconcile(IXC);
    refused(&answer, 7, &["client", "acerto doctor"]);
    assert!(!answer.said().contains("7f3a"), "{}", answer.said());
    std::fs::write(path, "not-the-secret-7f3a ").unwrap();
    refused(&lab.reconcile(IXC), 2, &["a space (U+0020)"]);
}

#[test]
fn retry_after_is_honoured_and_counted() {
    let lab = Lab::start(60);
    lab.fault("429-retry-after", "provider", 2);
    lab.fault("503-storm", "acs", 1);
    let answer = lab.reconcile(IXC);
    assert_eq!(answer.exit, Some(3), "{}", answer.said());
    let net = &answer.report()["net"];
    assert_eq!(net["http_429"], 2, "{net}");
    assert!(net["retries"].as_u64() >= Some(3), "{net}");
    assert!(answer.report()["seconds"].as_f64() >= Some(1.0), "it did not wait");
}

#[test]
fn a_token_that_ends_in_mid_run_is_asked_for_once_more() {
    let lab = Lab::start(150);
    let fault = serde_json::json!({"name": "401", "side": "acs", "times": 1, "after": 2});
    lab.post("/_lab/fault", &fault);
    let answer = lab.reconcile(IXC);
    assert_eq!(answer.exit, Some(3), "{}", answer.said());
    assert_eq!(answer.report()["sides"]["acs"]["complete"], true);
    assert_sums(&answer.report());
}

#[test]
fn a_budget_that_does_not_suffice_is_told_before_the_first_list() {
    let lab = Lab::start(150);
    lab.net("requests_per_day = 2");
    refused(&lab.reconcile(IXC), 6, &["requests_per_day"]);
}

#[test]
fn slow_and_silent_servers_end_in_time() {
    for fault in ["drip", "half-open"] {
        let lab = Lab::start(60);
        lab.net("request_timeout = \"1s\"");
        lab.fault(fault, "provider", ALWAYS);
        let started = std::time::Instant::now();
        refused(&lab.reconcile(IXC), 6, &["Provider: "]);
        assert!(started.elapsed() < std::time::Duration::from_secs(35), "{fault}");
    }
}

#[test]
fn a_header_lost_on_the_way_makes_no_row() {
    let lab = Lab::start(60);
    lab.fault("header-stripped", "provider", ALWAYS);
    refused(&lab.reconcile(IXC), 6, &["ixcsoft"]);
    let writes = lab.get("/_lab/writes");
    assert_eq!(writes.as_array().map(Vec::len), Some(0), "{writes}");
}
