//! Configuration through the built program: what is wrong is named with its line, exit code 2.
//!
//! Must not do: test values one by one; the room's own tables do.

use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::product_run::{Answer, Home};

fn samples(name: &str) -> String {
    let root = env!("CARGO_MANIFEST_DIR");
    format!("{root}/tests/samples/first-world/{name}")
}

fn exports() -> String {
    format!(
        "[profiles.prod]\nacs = {{ kind = \"file\", path = \"{}\" }}\n\
         provider = {{ kind = \"file\", path = \"{}\" }}\n",
        samples("acs.ndjson"),
        samples("provider.csv"),
    )
}

fn with_config(text: &str) -> (Home, PathBuf) {
    let home = Home::new();
    let path = home.folder(".config/acerto").join("config.toml");
    std::fs::write(&path, text).unwrap();
    // Whatever the umask of who runs the tests: a file that its group may write is refused.
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    (home, path)
}

fn assert_wrong(answer: &Answer, said: &[&str]) {
    assert_eq!(answer.exit, Some(2), "{}", answer.said());
    assert_eq!(answer.stdout, "");
    for needle in said {
        assert!(answer.stderr.contains(needle), "{needle}:\n{}", answer.stderr);
    }
}

#[test]
fn a_mistake_is_named_with_its_line_and_the_nearest_key() {
    let (home, path) = with_config(&format!("{}\n[net]\nread_rsp = 3\n", exports()));
    let place = format!("{}:6:1: unknown key `read_rsp`", path.display());
    for command in [&["--reconcile"][..], &["config", "check"], &["status"]] {
        assert_wrong(&home.run(command), &[&place, "did you mean `read_rps`?"]);
    }
}

#[test]
fn no_configuration_and_no_profile_are_told_with_what_to_do() {
    let home = Home::new();
    assert_wrong(&home.run(&["--reconcile"]), &["no configuration found", "acerto config init"]);
    let named = home.run(&["--reconcile", "--config", "nowhere.toml"]);
    assert_wrong(&named, &["nowhere.toml", "--config"]);
    let (home, _) = with_config(&exports());
    let answer = home.run(&["--reconcile", "--profile", "prdo"]);
    assert_wrong(&answer, &["no profile `prdo`", "`prod`"]);
}

#[test]
fn a_profile_of_files_runs_and_remembers_under_its_name() {
    let (home, _) = with_config(&exports());
    let answer = home.run(&["--reconcile", "--format", "json"]);
    assert_eq!(answer.exit, Some(3), "{}", answer.said());
    assert_eq!(answer.report()["profile"], "prod");
    assert!(home.path().join(".local/state/acerto/prod/journal.redb").exists());
    let status = home.run(&["status", "--format", "json"]);
    assert_eq!((status.exit, status.report()), (Some(0), answer.report()));
}

#[test]
fn one_file_replaces_a_side_of_a_profile() {
    let (home, _) = with_config(&exports());
    let empty = home.path().join("empty.csv");
    std::fs::write(&empty, "id,serial\n").unwrap();
    let answer = home.run(&["--reconcile", "--acs-file", "empty.csv"]);
    assert_eq!(answer.exit, Some(6), "{}", answer.said());
    assert!(answer.stderr.contains("empty.csv"), "{}", answer.stderr);
}

#[test]
fn init_writes_a_private_file_once_and_check_names_every_missing_secret() {
    let home = Home::new();
    assert_eq!(home.run(&["config", "init"]).exit, Some(0));
    let path = home.path().join(".config/acerto/config.toml");
    assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_wrong(&home.run(&["config", "init"]), &["already"]);
    let names = ["prod.acs.client_secret", "prod.provider.client_secret"];
    assert_wrong(&home.run(&["config", "check"]), &names);
}

#[test]
fn show_tells_every_key_and_what_holds_where_nobody_set_it() {
    let (home, _) = with_config(&exports());
    let shown = home.run(&["config", "show", "--format", "json"]).report();
    let rows = shown["settings"].as_array().unwrap();
    let value = |key: &str| &rows.iter().find(|r| r["key"] == key).expect(key)["value"];
    assert!(value("guard.interactive.removals_max").is_null());
    assert!(value("causes.mass_exclusion_days").is_null());
    assert!(value("causes.placeholder_serials").to_string().contains("SERIALNUMBER"));
    assert!(value("causes.ignore_logins").to_string().contains("preset"));
    assert!(value("profiles.prod.acs.columns").is_null());
    assert!(rows.iter().all(|r| r["key"] != "profiles.prod.acs.client_id"), "no key of a file");
    let text = home.run(&["config", "show"]).stdout;
    assert!(text.contains("guard.interactive.removals_max") && text.contains("unset"), "{text}");
}

#[test]
fn init_takes_the_profiles_name() {
    let home = Home::new();
    assert_eq!(home.run(&["config", "init", "--profile", "north"]).exit, Some(0));
    let shown = home.run(&["config", "show", "--format", "json"]).report();
    assert_eq!(shown["profile"], "north");
    let other = ["--config", "c.toml", "config", "init", "--profile", "../north"];
    assert_wrong(&home.run(&other), &["can't be a profile's name"]);
}

#[test]
fn the_columns_that_may_be_mapped_are_those_of_the_files() {
    use acerto::config::columns;
    use acerto::domain::Side;

    for (side, path) in [(Side::Acs, "src/acs/file.rs"), (Side::Provider, "src/provider/file.rs")] {
        assert_eq!(columns(side), crate::prose::schema(path), "{path}");
    }
}

#[test]
fn show_says_where_each_value_came_from_and_no_secret() {
    let text = "[profiles.x]\nread_only = true\n\
                acs = { kind = \"genieacs\", url = \"http://127.0.0.1:7557\", username = \"u\", \
                password_env = \"GENIE\" }\n\
                provider = { kind = \"file\", path = \"p.csv\" }\n";
    let (home, _) = with_config(text);
    let mut show = home.acerto(&["config", "show", "--store", "here", "--format", "json"]);
    let output = show.env("GENIE", "hunter2-secret").output().unwrap();
    let shown = String::from_utf8(output.stdout).unwrap();
    assert!(!shown.contains("hunter2"), "{shown}");
    let shown: serde_json::Value = serde_json::from_str(&shown).unwrap();
    let row = |key: &str| {
        let rows = shown["settings"].as_array().unwrap();
        rows.iter().find(|r| r["key"] == key).unwrap_or_else(|| panic!("no {key}")).clone()
    };
    assert_eq!(row("profiles.x.read_only")["line"], 2);
    assert_eq!(row("net.read_rps")["origin"], "default");
    assert_eq!(row("(store)")["name"], "--store");
    assert!(row("profiles.x.acs.password")["value"].as_str().unwrap().contains("[redacted]"));
}

#[test]
fn a_secret_with_white_space_or_open_to_others_is_refused() {
    let text = "[profiles.x]\n\
                acs = { kind = \"genieacs\", url = \"http://127.0.0.1:7557\", username = \"u\", \
                password_file = \"acs.secret\" }\n\
                provider = { kind = \"file\", path = \"p.csv\" }\n";
    let (home, path) = with_config(text);
    let secret = path.with_file_name("acs.secret");
    for (content, mode, said) in [
        ("hunter2 \n", 0o600, "ends with a space (U+0020) (character 8)"),
        ("hunter2\n", 0o644, "chmod 600"),
    ] {
        std::fs::write(&secret, content).unwrap();
        std::fs::set_permissions(&secret, std::fs::Permissions::from_mode(mode)).unwrap();
        let answer = home.run(&["--reconcile"]);
        assert_wrong(&answer, &["profiles.x.acs.password", said]);
        assert!(!answer.said().contains("hunter2"));
    }
}
