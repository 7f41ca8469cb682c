//! `doctor` through the built program: what is wrong with a set-up, and what to do about it.
//!
//! Must not do: reach a network.

use std::os::unix::fs::PermissionsExt as _;

use serde_json::Value;

use crate::product_run::{Answer, Home};

const ACS: &str = "id,serial,mac\na1,HWTC00000001,00:25:9E:00:00:01\n";
const PROVIDER: &str = "device_id,serial,login_id,login,active\np1,HWTC00000001,1,ana,S\n";
const FILES: &str = "[profiles.prod]\ntimezone = \"America/Sao_Paulo\"\n\
    acs = { kind = \"file\", path = \"acs.csv\" }\n\
    provider = { kind = \"file\", path = \"provider.csv\" }\n";

/// A home with a configuration and both exports beside it.
fn home(config: &str) -> Home {
    let home = Home::new();
    let folder = home.folder(".config/acerto");
    for (name, text) in [("config.toml", config), ("acs.csv", ACS), ("provider.csv", PROVIDER)] {
        std::fs::write(folder.join(name), text).unwrap();
        let private = std::fs::Permissions::from_mode(0o600);
        std::fs::set_permissions(folder.join(name), private).unwrap();
    }
    home
}

fn write(home: &Home, name: &str, text: &[u8]) {
    let path = home.path().join(".config/acerto").join(name);
    std::fs::write(&path, text).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
}

fn check<'a>(report: &'a Value, id: &str) -> &'a Value {
    let checks = report["checks"].as_array().unwrap();
    checks.iter().find(|c| c["id"] == id).unwrap_or_else(|| panic!("no check {id} in {report}"))
}

/// One check of the JSON: its result, and that it says what to do unless all is well.
fn assert_check(answer: &Answer, id: &str, result: &str, said: &str) {
    let report = answer.report();
    let found = check(&report, id);
    assert_eq!(found["result"], result, "{found}");
    assert!(found["text"].as_str().unwrap().contains(said), "{found}");
    assert_eq!(found["fix"].is_null(), matches!(result, "ok" | "skip"), "{found}");
}

#[test]
fn a_set_up_that_is_right_says_so_in_both_forms_and_makes_nothing() {
    let home = home(FILES);
    let answer = home.run(&["doctor", "--format", "json"]);
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    assert_eq!(answer.report()["schema"], 1);
    for (id, said) in [
        ("config", "profile `prod`"),
        ("timezone", "America/Sao_Paulo"),
        ("store", "the first run makes"),
        ("acs-file", "holds 1 devices"),
        ("provider-file", "holds 1 rows"),
    ] {
        assert_check(&answer, id, "ok", said);
    }
    assert!(!home.path().join(".local/state/acerto").exists());
    let text = home.run(&["doctor"]);
    assert_eq!(text.exit, Some(0), "{}", text.said());
    assert!(text.stdout.contains("ok    acs-file") && text.stdout.contains("All is well"));
    let portuguese = home.run(&["doctor", "--lang", "pt-BR"]);
    assert!(portuguese.stdout.contains("Tudo certo"), "{}", portuguese.said());
    let reconciled = home.run(&["--reconcile"]);
    assert_eq!(reconciled.exit, Some(0), "{}", reconciled.said());
    let again = home.run(&["doctor", "--format", "json"]);
    assert_check(&again, "store", "ok", "is whole and can be written; runs: 1");
}

#[test]
fn each_file_is_looked_at_and_the_rest_is_told_too() {
    let home = home(FILES);
    std::fs::remove_file(home.path().join(".config/acerto/acs.csv")).unwrap();
    let answer = home.run(&["doctor", "--format", "json"]);
    assert_eq!(answer.exit, Some(2), "{}", answer.said());
    assert_check(&answer, "acs-file", "fail", "no such file");
    assert_check(&answer, "provider-file", "ok", "holds 1 rows");

    write(&home, "acs.csv", b"id,serial\n");
    let answer = home.run(&["doctor", "--format", "json"]);
    assert_eq!(answer.exit, Some(6), "{}", answer.said());
    assert_check(&answer, "acs-file", "fail", "empty");

    write(&home, "acs.csv", b"id,serial\na1,X1\n,\n");
    let answer = home.run(&["doctor", "--format", "json"]);
    assert_eq!(answer.exit, Some(6), "{}", answer.said());
    assert_check(&answer, "acs-file", "fail", "1 lines can't be read");
}

#[test]
fn a_secret_with_a_space_is_named_and_not_shown() {
    let acs = "{ kind = \"ixc-acs\", url = \"https://acs.example\", client_id = \"1\", \
               client_secret_file = \"acs.secret\" }";
    let home = home(&FILES.replace("{ kind = \"file\", path = \"acs.csv\" }", acs));
    write(&home, "acs.secret", b"hunter2 \n");
    let answer = home.run(&["doctor", "--format", "json"]);
    assert_eq!(answer.exit, Some(2), "{}", answer.said());
    assert_check(&answer, "acs-secrets", "fail", "space");
    assert_check(&answer, "acs-probe", "skip", "secret");
    assert_check(&answer, "provider-file", "ok", "");
    assert!(!answer.said().contains("hunter2"));
}

#[test]
fn a_wrong_configuration_and_none_are_failing_checks() {
    let home = home(&FILES.replace("kind", "knd"));
    let answer = home.run(&["doctor", "--format", "json"]);
    assert_eq!(answer.exit, Some(2), "{}", answer.said());
    assert_check(&answer, "config", "fail", "unknown key `knd`");
    assert_check(&answer, "store", "skip", "");
    let answer = Home::new().run(&["doctor"]);
    assert_eq!(answer.exit, Some(2), "{}", answer.said());
    assert!(answer.stdout.contains("FAIL  config"), "{}", answer.stdout);
    assert!(answer.stdout.contains("acerto config init"), "{}", answer.stdout);
}

#[test]
fn a_damaged_store_outranks_a_missing_zone() {
    let home = home(&FILES.replace("timezone = \"America/Sao_Paulo\"\n", ""));
    let reconciled = home.run(&["--reconcile"]);
    assert_eq!(reconciled.exit, Some(0), "{}", reconciled.said());
    let answer = home.run(&["doctor", "--format", "json"]);
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    assert_check(&answer, "timezone", "warn", "no timezone is set");
    let journal = home.path().join(".local/state/acerto/prod/journal.redb");
    let mut bytes = std::fs::read(&journal).unwrap();
    bytes.truncate(bytes.len() / 2);
    std::fs::write(&journal, bytes).unwrap();
    let answer = home.run(&["doctor", "--format", "json"]);
    assert_eq!(answer.exit, Some(10), "{}", answer.said());
    assert_check(&answer, "store", "fail", "journal.redb");
}
