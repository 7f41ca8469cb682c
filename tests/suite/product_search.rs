//! `acerto search` as a support engineer uses it: whatever a caller tells finds the device, and
//! nobody is shown whole.
//!
//! Must not do: use a real person; CPFs here have wrong check digits.

use std::io::Write as _;
use std::path::Path;
use std::process::Stdio;

use serde_json::Value;

use crate::canary;
use crate::product_run::{Answer, Home};

const ACS: &str = "id,serial,oui,product_class,model,mac,pppoe_login,last_inform
A1,485754431234ABCD,00259E,HG8145V5,EG8145X6,00:25:9E:00:00:10,cliente57,2026-11-20T05:00:00Z
A2,ZTEGC0000002,,F670L,F670L,A4:F3:3B:00:00:20,loja58@isp.example,2026-11-20T05:00:00Z
A3,ALCLF0000003,,G-240W,G-240W,,,2026-11-20T05:00:00Z
";

/// Of customer, document, phone and contract: what a caller may tell.
const PROVIDER: &str = "\
device_id,serial,login_id,login,active,linked,customer_id,contract_id,model,\
customer_name,document,phone
D1,HWTC1234ABCD,57,cliente57,S,S,9001,10457,EG8145X6,\
João Álvares de Souza,123.456.789-00,(47) 91234-5678
D2,ZTEGC0000002,58,loja58@isp.example,S,S,9002,10458,,\
Padaria São José LTDA,1A.B45.678/0001-00,4733334444
,,59,cliente59,S,,9003,10459,,Ana D'Ávila Lima,98765432101,47 3222-1111 / (48) 98888-7777
,,60,cliente60,N,,9004,10460,,José Neto 123.456.789-11,,
";

/// A home whose last reading knew these two lists.
fn home(provider: &str) -> Home {
    let home = Home::new();
    std::fs::write(home.path().join("acs.csv"), ACS).unwrap();
    std::fs::write(home.path().join("provider.csv"), provider).unwrap();
    home
}

fn reading(home: &Home, store: &str) -> Answer {
    home.run(&[
        "--reconcile",
        "--acs-file",
        "acs.csv",
        "--provider-file",
        "provider.csv",
        "--store",
        store,
        "--as-of",
        "2026-11-20T06:00:00Z",
        "--format",
        "json",
    ])
}

fn read(home: &Home, store: &str) {
    let answer = reading(home, store);
    assert_eq!(answer.exit, Some(3), "{}", answer.stderr);
}

fn ready() -> Home {
    let home = home(PROVIDER);
    read(&home, "memory");
    home
}

fn search(home: &Home, query: &str) -> (Option<i32>, Value) {
    let answer = home.run(&["search", query, "--store", "memory", "--format", "json"]);
    (answer.exit, answer.report())
}

/// What was found: ACS id, login id, by what; in order.
fn found(report: &Value) -> Vec<(String, String, String)> {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let results = report["results"].as_array().unwrap();
    results
        .iter()
        .map(|r| (text(&r["acs"]["id"]), text(&r["provider"]["login_id"]), text(&r["matched_on"])))
        .collect()
}

#[test]
fn whatever_a_caller_tells_finds_the_device() {
    let home = ready();
    let joao = ("A1", "57");
    let bakery = ("A2", "58");
    let ana = ("-", "59");
    for (query, device, on) in [
        ("joao", joao, "name"),
        ("JOÃO SOUZA", joao, "name"),
        ("souza joão álvares", joao, "name"),
        ("123.456.789-00", joao, "document"),
        ("12345678900", joao, "document"),
        ("8900", joao, "document"),
        ("47 9 1234-5678", joao, "phone"),
        ("(47) 91234-5678", joao, "phone"),
        ("+55 47 91234 5678", joao, "phone"),
        ("047 1234-5678", joao, "phone"),
        ("91234-5678", joao, "phone"),
        ("5678", joao, "phone"),
        ("HWTC1234ABCD", joao, "serial"),
        ("hwtc-1234", joao, "serial"),
        ("485754431234abcd", joao, "serial"),
        ("4857544312", joao, "serial"),
        ("00-25-9e-00-00-10", joao, "mac"),
        ("259e0000", joao, "mac"),
        ("cliente57@isp.example", joao, "login"),
        ("10457", joao, "contract"),
        ("D1", joao, "id"),
        ("9001", joao, "id"),
        ("padaria sao jose", bakery, "name"),
        ("são", bakery, "name"),
        ("1ab45678000100", bakery, "document"),
        ("1a.b45.678/0001-00", bakery, "document"),
        ("(47) 3333-4444", bakery, "phone"),
        ("f670", bakery, "model"),
        ("souza eg8145x6", joao, "name"),
        ("d'avila", ana, "name"),
        ("987.654.321-01", ana, "document"),
        ("48 98888 7777", ana, "phone"),
        ("3222 1111", ana, "phone"),
    ] {
        let (exit, report) = search(&home, query);
        let all = found(&report);
        assert_eq!(exit, Some(0), "{query}: {report}");
        let best = all.first().map(|(a, p, o)| ((a.as_str(), p.as_str()), o.as_str()));
        let on = if query == "souza eg8145x6" { "model" } else { on };
        assert_eq!(best, Some((device, on)), "{query}: {all:?}");
    }
}

#[test]
fn what_is_not_there_is_not_found_and_exit_is_3() {
    let home = ready();
    for query in
        ["maria", "123.456.789-01", "48 91234-5678", "HWTC9999", "1045", "joao padaria", "fe80"]
    {
        let (exit, report) = search(&home, query);
        assert_eq!((exit, found(&report)), (Some(3), Vec::new()), "{query}");
    }
    for (query, why) in [("a", "at least 2"), ("- -", "at least 2"), (&*"x".repeat(300), "at most")]
    {
        let answer = home.run(&["search", "--store", "memory", "--", query]);
        assert_eq!(answer.exit, Some(2), "{}", answer.said());
        assert!(answer.stderr.contains(why), "{}", answer.stderr);
    }
    let none = Home::new().run(&["search", "joao", "--store", "nowhere"]);
    assert_eq!(none.exit, Some(3), "{}", none.stderr);
    assert!(none.stderr.contains("--reconcile"), "{}", none.stderr);
}

#[test]
fn text_is_masked_tells_both_sides_and_fits_80_columns() {
    let home = ready();
    let answer = home.run(&["search", "joao", "--store", "memory"]);
    assert_eq!(answer.exit, Some(0), "{}", answer.stderr);
    for part in ["João S.", "HWTC1234ABCD", "found by name", "id A1", "contract 10457"] {
        let spelled = if part == "HWTC1234ABCD" { "485754431234ABCD" } else { part };
        assert!(answer.stdout.contains(spelled), "{part}: {}", answer.stdout);
    }
    assert!(!answer.stdout.contains("Álvares"), "{}", answer.stdout);
    assert!(answer.stdout.lines().all(|l| l.chars().count() <= 80), "{}", answer.stdout);
    // Of a device that only one side has, the other says so.
    let alone = home.run(&["search", "ALCLF0000003", "--store", "memory", "--lang", "pt-BR"]);
    assert!(alone.stdout.contains("não está"), "{}", alone.stdout);
    // A number within a name is masked as everywhere.
    let neto = home.run(&["search", "jose neto", "--store", "memory", "--format", "json"]);
    assert!(!neto.stdout.contains("123.456.789-11"), "{}", neto.stdout);
}

#[test]
fn a_query_on_standard_input_is_nobody_elses_to_see() {
    let home = ready();
    let mut command = home.acerto(&["search", "-", "--store", "memory", "-vv"]);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all("123.456.789-00\n".as_bytes()).unwrap();
    let answer = Answer::of(&child.wait_with_output().unwrap());
    assert_eq!(answer.exit, Some(0), "{}", answer.stderr);
    assert!(answer.stdout.contains("João S."), "{}", answer.stdout);
}

/// Every spelling in which a number could stand in a file.
const NUMBERS: [&str; 12] = [
    "12345678900",
    "123.456.789-00",
    "1AB45678000100",
    "1ab45678000100",
    "98765432101",
    "47912345678",
    "4712345678",
    "912345678",
    "4733334444",
    "33334444",
    "98888-7777",
    "12345678911",
];

#[test]
fn no_file_of_the_store_holds_a_number_and_the_key_is_its_owners() {
    use std::os::unix::fs::PermissionsExt as _;
    let home = ready();
    read(&home, "memory");
    let memory = home.path().join("memory");
    for entry in std::fs::read_dir(&memory).unwrap().flatten().filter(|e| e.path().is_file()) {
        let bytes = std::fs::read(entry.path()).unwrap();
        for number in NUMBERS {
            let held = memchr::memmem::find(&bytes, number.as_bytes()).is_some();
            assert!(!held, "{number} in {}", entry.path().display());
        }
    }
    // What is packed is looked at unpacked: in everything that is exported.
    let all = home.run(&["store", "export", "--store", "memory"]);
    assert!(NUMBERS.iter().all(|n| !all.stdout.contains(n)), "an export holds a number");
    let mode = std::fs::metadata(memory.join("search.key")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn without_people_in_the_store_nobody_is_found_and_devices_are() {
    let home = home(PROVIDER);
    let config = "[profiles.p]\nacs = { kind = \"file\", path = \"acs.csv\" }\n\
        provider = { kind = \"file\", path = \"provider.csv\" }\n[store]\nstore_pii = \"none\"\n";
    std::fs::write(home.path().join("c.toml"), config).unwrap();
    let run = |arguments: &[&str]| {
        home.run(&[&["--config", "c.toml", "--store", "memory"], arguments].concat())
    };
    assert_eq!(run(&["--reconcile"]).exit, Some(3));
    for query in ["joao alvares", "123.456.789-00", "47 91234-5678", "5678"] {
        let answer = run(&["search", query]);
        assert_eq!(answer.exit, Some(3), "{query}: {}", answer.said());
        assert!(answer.stdout.contains("store_pii"), "{}", answer.stdout);
    }
    assert_eq!(run(&["search", "HWTC1234"]).exit, Some(0));
    assert!(!home.path().join("memory/search.key").exists());
}

#[test]
fn a_lost_key_is_told_and_the_next_reading_mends_it() {
    let home = ready();
    let key = home.path().join("memory/search.key");
    std::fs::remove_file(&key).unwrap();
    for _ in 0..2 {
        let (exit, report) = search(&home, "123.456.789-00");
        assert_eq!((exit, found(&report)), (Some(3), Vec::new()));
        assert_eq!(report["remarks"][0]["code"], "search-key-lost");
        // Another key in its place is as good as none.
        std::fs::write(&key, [7; 32]).unwrap();
    }
    assert_eq!(search(&home, "joao").0, Some(0), "names need no key");
    read(&home, "memory");
    let (exit, report) = search(&home, "123.456.789-00");
    assert_eq!(exit, Some(0), "{report}");
    assert_eq!(report["remarks"].as_array().unwrap().len(), 0);
}

/// What can't be sealed is not kept, but the answer is told.
#[test]
fn a_key_that_is_none_costs_the_record_and_not_the_report() {
    let home = ready();
    let key = home.path().join("memory/search.key");
    std::fs::write(&key, [7; 64]).unwrap();
    let answer = reading(&home, "memory");
    assert_eq!(answer.exit, Some(10), "{}", answer.stderr);
    assert!(answer.stderr.contains("search.key"), "{}", answer.stderr);
    let report: Value = serde_json::from_str(&answer.stdout).unwrap();
    assert!(!report["findings"].as_array().unwrap().is_empty());
    // What is said to do about it is enough; no backup holds the key.
    assert!(answer.stderr.contains("Move search.key away"), "{}", answer.stderr);
    assert!(!answer.stderr.contains("backup"), "{}", answer.stderr);
    std::fs::remove_file(&key).unwrap();
    read(&home, "memory");
    assert_eq!(search(&home, "123.456.789-00").0, Some(0));
}

#[test]
fn a_later_reading_is_what_is_searched() {
    let home = ready();
    let moved = PROVIDER.replace("(47) 91234-5678", "(47) 95555-0000").replace("Ana", "Anna");
    std::fs::write(home.path().join("provider.csv"), moved).unwrap();
    read(&home, "memory");
    assert_eq!(search(&home, "47 91234-5678").0, Some(3), "the old phone is nobody's");
    assert_eq!(found(&search(&home, "47 95555-0000").1)[0].1, "57");
    assert_eq!(found(&search(&home, "anna").1)[0].1, "59");
    assert_eq!(search(&home, "ana d'avila").0, Some(3));
    // Gone from the list, gone from the search.
    let gone: String = PROVIDER.split_inclusive('\n').filter(|l| !l.contains("loja58")).collect();
    std::fs::write(home.path().join("provider.csv"), gone).unwrap();
    read(&home, "memory");
    assert_eq!(search(&home, "padaria").0, Some(3));
    let (_, report) = search(&home, "loja58");
    assert_eq!(found(&report), [("A2".into(), "-".into(), "login".into())]);
}

#[test]
fn a_limit_is_said_and_a_damaged_store_is_exit_10() {
    let home = ready();
    let answer =
        home.run(&["search", "isp", "--limit", "1", "--store", "memory", "--format", "json"]);
    assert_eq!(answer.report()["more"], false);
    let many = home.run(&["search", "o", "--limit", "1", "--store", "memory"]);
    assert_eq!(many.exit, Some(2), "one letter is too few");
    let many = home.run(&["search", "ao", "--limit", "1", "--store", "memory", "--format", "json"]);
    assert_eq!((many.exit, &many.report()["more"]), (Some(0), &Value::Bool(true)));
    damage(&home.path().join("memory/history.redb"));
    let answer = home.run(&["search", "joao", "--store", "memory"]);
    assert_eq!(answer.exit, Some(10), "{}", answer.said());
    assert!(answer.stderr.contains("store restore"), "{}", answer.stderr);
}

/// Flips a bit of every page but the first ones.
fn damage(file: &Path) {
    let mut bytes = std::fs::read(file).unwrap();
    let from = bytes.len() / 8;
    for at in (from..bytes.len()).step_by(512) {
        bytes[at] ^= 1;
    }
    std::fs::write(file, bytes).unwrap();
    canary::assert_unkept(file.parent().unwrap());
}
