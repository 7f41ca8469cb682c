//! Tables: which check fails with which code, and what rests on it.

use std::collections::BTreeMap;
use std::path::Path;

use super::*;
use crate::app::testing::{HOSTS, network_settings};

fn examined(settings: Result<&Settings, &AppError>) -> Checkup {
    let env = BTreeMap::<&str, &str>::new();
    let (adapters, screen, assumptions) = (&HOSTS, None, false);
    examine(&Patient { settings, adapters, env: &env, screen, assumptions })
}

fn checkup(folder: &Path, host: &str, more: &str) -> Checkup {
    let settings = network_settings(folder, host, more);
    examined(Ok(&settings))
}

fn outcome(checkup: &Checkup, id: &str) -> Option<Outcome> {
    checkup.checks.iter().find(|check| check.id == id).map(|check| check.outcome)
}

#[test]
fn the_worst_failing_check_decides_and_a_warning_does_not() {
    use Outcome::{Fail, Ok, Warn};

    for (host, token, code) in [
        ("good.test", Ok, 0),
        ("early.test", Warn, 0),
        ("down.test", Fail(Condition::Source), 6),
        ("denied.test", Fail(Condition::Auth), 7),
    ] {
        let folder = tempfile::tempdir().unwrap();
        let checkup = checkup(folder.path(), host, "");
        assert_eq!(outcome(&checkup, "acs-token"), Some(token), "{host}: {checkup:?}");
        assert_eq!(checkup.exit(), code, "{host}");
        for id in ["config", "timezone", "store", "provider-file"] {
            assert_eq!(outcome(&checkup, id), Some(Ok), "{host}, {id}: {checkup:?}");
        }
        assert!(!folder.path().join("store").exists(), "nobody asked for a store");
    }
}

#[test]
fn settings_that_an_adapter_refuses_are_a_check_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let checkup = checkup(folder.path(), "odd.test", "");
    assert_eq!(outcome(&checkup, "acs-settings"), Some(Outcome::Fail(Condition::Usage)));
    assert_eq!(checkup.exit(), 2);
}

#[test]
fn with_a_wrong_secret_nothing_is_asked() {
    let folder = tempfile::tempdir().unwrap();
    let checkup = checkup(folder.path(), "good.test", "password_env = \"ACS_PASSWORD\"");
    let told = checkup.checks.iter().find(|check| check.id == "acs-secrets").unwrap();
    assert_eq!(told.outcome, Outcome::Fail(Condition::Usage));
    let Told::Said { text, fix } = &told.told else { panic!("{told:?}") };
    assert!(text.contains("ACS_PASSWORD") && fix.is_some(), "{told:?}");
    assert_eq!(outcome(&checkup, "acs-probe"), Some(Outcome::Skip));
    assert_eq!((outcome(&checkup, "acs-address"), checkup.exit()), (None, 2));
}

#[test]
fn without_a_configuration_the_rest_is_told_as_not_checked() {
    let error = AppError::usage("no configuration found", &["write one"]);
    let checkup = examined(Err(&error));
    assert_eq!((checkup.exit(), checkup.troubles()), (2, (1, 0)));
    let rest = checkup.checks.iter().skip(1);
    assert!(rest.clone().count() > 0 && rest.clone().all(|c| c.outcome == Outcome::Skip));
}
