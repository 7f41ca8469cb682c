//! What goes wrong with files: one clear message, the right exit code, never a wrong report.
//!
//! Must not do: check wording beyond the names that a person needs: file, line, column.

use std::io::Write as _;

use flate2::Compression;
use flate2::write::GzEncoder;
use jiff::Timestamp;

use crate::product_run::{Answer, Home, assert_sums};
use crate::world::write::Files;

const ACS: &str = "\
id,serial,mac,pppoe_login,last_inform,registered
a1,HWTC00000001,00:25:9E:00:00:10,ana,2026-11-20T11:00:00Z,2025-06-01T10:00:00Z
a2,HWTC00000002,00:25:9E:00:00:20,bia,2026-11-20T11:00:00Z,2025-06-01T10:00:00Z
a3,HWTC00000003,00:25:9E:00:00:30,caio,2026-11-20T11:00:00Z,2025-06-01T10:00:00Z
";
const PROVIDER: &str = "\
device_id,serial,mac,login_id,login,active
d1,HWTC00000001,00:25:9E:00:00:10,1,ana,S
d2,HWTC00000002,00:25:9E:00:00:20,2,bia,S
d3,HWTC00000003,00:25:9E:00:00:30,3,caio,S
";

fn as_of() -> Timestamp {
    "2026-11-20T12:00:00Z".parse().unwrap()
}

fn written(home: &Home, acs: &[u8], provider: &[u8]) -> Files {
    let at = |name: &str| home.path().join(name);
    let files = Files { acs: at("acs.dat"), provider: at("erp.dat"), events: at("events.dat") };
    std::fs::write(&files.acs, acs).unwrap();
    std::fs::write(&files.provider, provider).unwrap();
    std::fs::write(&files.events, "").unwrap();
    files
}

fn run(acs: &str, provider: &str, more: &[&str]) -> Answer {
    let home = Home::new();
    let files = written(&home, acs.as_bytes(), provider.as_bytes());
    home.reconcile(&files, as_of(), &[&["--no-store"], more].concat())
}

/// Refused: no report, and a message that names what a person has to look at.
fn assert_refused(answer: &Answer, exit: i32, names: &[&str]) {
    assert_eq!(answer.exit, Some(exit), "{}", answer.said());
    assert_eq!(answer.stdout.trim(), "", "a report in spite of it");
    for name in names {
        assert!(answer.stderr.contains(name), "{name} is not named in:\n{}", answer.stderr);
    }
    assert!(!answer.stderr.contains("panicked"), "{}", answer.stderr);
}

#[test]
fn two_equal_sides_are_in_sync() {
    let answer = run(ACS, PROVIDER, &[]);
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    let report = answer.report();
    assert_sums(&report);
    assert_eq!((&report["matched"], &report["exit"]), (&3.into(), &0.into()));
}

#[test]
fn a_bad_line_is_named_and_the_rest_reported() {
    let acs = "{\"id\": \"a1\", \"serial\": \"HWTC00000001\"}\n{\"id\": \"a2\", \"ser\n\
               {\"id\": \"a3\", \"serial\": \"HWTC00000003\"}\n";
    let answer = run(acs, PROVIDER, &[]);
    assert_eq!(answer.exit, Some(6), "{}", answer.said());
    let report = answer.report();
    assert_sums(&report);
    assert_eq!(report["sides"]["acs"]["complete"], false);
    assert_eq!(report["sides"]["provider"]["complete"], true);
    assert_eq!((&report["matched"], &report["exit"]), (&2.into(), &6.into()));
    let warnings = report["warnings"].to_string();
    assert!(warnings.contains("snapshot-partial"), "{warnings}");
    let said = answer.said();
    assert!(said.contains("acs.dat") && said.contains('2'), "file and line: {said}");
    let report = report.to_string();
    assert!(!report.contains("proven\",\"acs\":null"), "absence was taken for proof: {report}");
}

#[test]
fn a_line_that_lacks_every_identity_is_bad_too() {
    let provider = format!("{PROVIDER},,,,,S\n");
    let answer = run(ACS, &provider, &[]);
    assert_eq!(answer.exit, Some(6), "{}", answer.said());
    assert_eq!(answer.report()["sides"]["provider"]["complete"], false);
}

#[test]
fn strict_ends_the_run_at_a_bad_line_or_field() {
    let broken = format!("{ACS}a4,\"HWTC\n");
    assert_refused(&run(&broken, PROVIDER, &["--strict"]), 6, &["acs.dat"]);
    let unparsed = ACS.replace("2025-06-01T10:00:00Z", "yesterday");
    let lenient = run(&unparsed, PROVIDER, &[]);
    assert_eq!(lenient.exit, Some(0), "{}", lenient.said());
    assert!(lenient.report()["warnings"].to_string().contains("value-unparsed"));
    assert_refused(&run(&unparsed, PROVIDER, &["--strict"]), 6, &["acs.dat", "registered"]);
}

/// Whatever the report's form, standard error names every line and value that is listed.
#[test]
fn every_bad_line_and_value_is_named_in_every_form() {
    let mut acs = ACS.replace("2025-06-01T10:00:00Z", "yesterday");
    for _ in 0..130 {
        acs.push_str("only-one-cell\n");
    }
    let provider = format!("{PROVIDER},,,,,S\n,,,,,N\n");
    for format in ["text", "json", "ndjson", "csv"] {
        let home = Home::new();
        let files = written(&home, acs.as_bytes(), provider.as_bytes());
        std::fs::write(&files.events, "time,kind\nsoon,acs-sync\n").unwrap();
        let run = |more: &[&str]| {
            let files = ["--reconcile", "--acs-file", "acs.dat", "--provider-file", "erp.dat"];
            let form = ["--no-store", "--format", format];
            home.run(&[&files[..], &form, more].concat())
        };
        let answer = run(&["--events-file", "events.dat"]);
        assert_eq!(answer.exit, Some(6), "{}", answer.said());
        let told = |needle: &str| answer.stderr.matches(needle).count();
        assert_eq!(told("acs.dat, line "), 100 + 3, "{format}: {}", answer.stderr);
        assert_eq!(told("erp.dat, line "), 2, "{format}: {}", answer.stderr);
        assert_eq!(told("events.dat, line 2, column "), 1, "{format}: {}", answer.stderr);
        assert!(answer.stderr.contains("and 30 more"), "{format}: {}", answer.stderr);
        assert!(!answer.stderr.contains("yesterday"), "no value is shown: {}", answer.stderr);
        let quiet = run(&["-q"]);
        assert_eq!((quiet.exit, quiet.stderr.as_str()), (Some(6), ""), "{format}");
    }
}

#[test]
fn an_empty_side_is_a_failed_fetch() {
    for empty in ["", " \n \n", "[]", "id,serial,mac\n"] {
        assert_refused(&run(empty, PROVIDER, &[]), 6, &["acs.dat"]);
    }
    for empty in ["", "[ ]\n", "device_id;serial\r\n"] {
        assert_refused(&run(ACS, empty, &[]), 6, &["erp.dat"]);
    }
}

#[test]
fn a_missing_column_is_named() {
    let acs = ACS.replace("id,serial", "id,number");
    assert_refused(&run(&acs, PROVIDER, &[]), 2, &["acs.dat", "serial"]);
    let provider = "name,plan\nAna,500\n";
    assert_refused(&run(ACS, provider, &[]), 2, &["erp.dat", "serial", "login"]);
}

#[test]
fn a_missing_column_of_events_gets_advice_that_can_be_followed() {
    let home = Home::new();
    let files = written(&home, ACS.as_bytes(), PROVIDER.as_bytes());
    std::fs::write(&files.events, "when,kind\n2026-11-20,acs-sync\n").unwrap();
    let answer = home.reconcile(&files, as_of(), &["--no-store"]);
    assert_refused(&answer, 2, &["events.dat", "`time`", "rename it in the header"]);
    assert!(!answer.stderr.contains("columns ="), "{}", answer.stderr);
}

#[test]
fn a_missing_file_is_named() {
    let home = Home::new();
    let mut files = written(&home, ACS.as_bytes(), PROVIDER.as_bytes());
    files.acs = home.path().join("nowhere.csv");
    assert_refused(&home.reconcile(&files, as_of(), &["--no-store"]), 2, &["nowhere.csv"]);
    let one = home.run(&["--reconcile", "--acs-file", "acs.dat", "--no-store"]);
    assert_refused(&one, 2, &["provider"]);
    assert_refused(&home.run(&["--reconcile", "--no-such-flag"]), 2, &["--no-such-flag"]);
}

#[test]
fn a_file_cut_short_is_partial() {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::none());
    for n in 0..2_000 {
        let serial = format!("HWTC{n:08X}");
        writeln!(gzip, "{{\"id\": \"a{n}\", \"serial\": \"{serial}\"}}").unwrap();
    }
    let whole = gzip.finish().unwrap();
    let home = Home::new();
    let files = written(&home, &whole[..whole.len() / 2], PROVIDER.as_bytes());
    let answer = home.reconcile(&files, as_of(), &["--no-store"]);
    assert_eq!(answer.exit, Some(6), "{}", answer.said());
    let report = answer.report();
    assert_sums(&report);
    assert_eq!(report["sides"]["acs"]["complete"], false);
    let array = "[{\"id\": \"a1\", \"serial\": \"HWTC00000001\"}";
    let answer = run(array, PROVIDER, &[]);
    assert_eq!(answer.exit, Some(6), "an array without its end: {}", answer.said());
}

#[test]
fn hostile_strings_reach_no_terminal() {
    let acs = ACS.replace("HWTC00000003", "\u{1b}[31mX\u{202e}\u{9b}");
    for format in ["text", "csv", "json", "ndjson"] {
        let home = Home::new();
        let files = written(&home, acs.as_bytes(), PROVIDER.as_bytes());
        let answer = home.reconcile(&files, as_of(), &["--no-store", "--format", format]);
        for bad in ['\u{1b}', '\u{202e}', '\u{9b}'] {
            assert!(!answer.said().contains(bad), "{format} prints {bad:?} raw");
        }
    }
}
