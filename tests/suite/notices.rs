//! `--notify`, and the daily run: the built program tells what got worse, and nothing else.
//!
//! Must not do: wait for a time of day. A run that was never made is due at once.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::product_run::{Answer, Home};

/// A profile over two files, with these lines under `[listen]`.
struct Field {
    home: Home,
}

const ACS: &str = "id,serial,login\n";
const PROVIDER: &str = "device_id,serial,login_id,login\n";

impl Field {
    fn new(listen: &str) -> Self {
        let field = Self { home: Home::new() };
        field.configure(listen);
        field.lists(&["HWTC00000001"], &["HWTC00000001"]);
        field
    }

    fn config(&self) -> PathBuf {
        self.home.folder(".config/acerto")
    }

    fn configure(&self, listen: &str) {
        let text = format!(
            "[profiles.prod]\nacs = {{ kind = \"file\", path = \"acs.csv\" }}\n\
             provider = {{ kind = \"file\", path = \"provider.csv\" }}\n\n[listen]\n{listen}\n"
        );
        private(&self.config().join("config.toml"), &text);
    }

    /// Both lists, by serial.
    fn lists(&self, acs: &[&str], provider: &[&str]) {
        let row = |s: &&str| format!("{s},{s},l{s}\n");
        let acs: String = acs.iter().map(row).collect();
        std::fs::write(self.config().join("acs.csv"), ACS.to_owned() + &acs).unwrap();
        let row = |s: &&str| format!("{s},{s},{s},l{s}\n");
        let provider: String = provider.iter().map(row).collect();
        std::fs::write(self.config().join("provider.csv"), PROVIDER.to_owned() + &provider)
            .unwrap();
    }

    /// A program that keeps what it is told.
    fn program(&self) -> String {
        let path = self.home.path().join("tell");
        let script = format!(
            "#!/bin/sh\ncd {0} || exit 9\n[ -e refuse ] && exit 7\n\
             (echo \"$ACERTO_PROFILE $ACERTO_EXIT $ACERTO_RUN_ID $1\"; cat) >> told\n",
            self.home.path().display()
        );
        std::fs::write(&path, script).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
        std::fs::set_permissions(&path, mode).unwrap();
        format!("notify_command = [\"{}\", \"a b\"]", path.display())
    }

    fn refuse(&self, yes: bool) {
        let path = self.home.path().join("refuse");
        if yes { std::fs::write(path, "").unwrap() } else { std::fs::remove_file(path).unwrap() }
    }

    /// What was told since this was asked last.
    fn told(&self) -> String {
        let path = self.home.path().join("told");
        let told = std::fs::read_to_string(&path).unwrap_or_default();
        let _ = std::fs::remove_file(path);
        told
    }

    fn run(&self, more: &[&str]) -> Answer {
        self.home.run(&[&["--reconcile", "--notify", "--format", "json"], more].concat())
    }
}

fn private(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(path, mode).unwrap();
}

fn warned(report: &Value) -> bool {
    let warnings = report["warnings"].as_array().unwrap();
    warnings.iter().any(|w| w["code"] == "notify-failed")
}

#[test]
fn what_got_worse_is_told_once_and_what_did_not_never() {
    let field = Field::new("");
    field.configure(&field.program());
    assert_eq!(field.run(&[]).exit, Some(0));
    assert_eq!(field.told(), "", "in sync");

    field.lists(&["HWTC00000001", "HWTC00000002"], &["HWTC00000001"]);
    let answer = field.run(&[]);
    assert_eq!(answer.exit, Some(3), "{}", answer.said());
    let told = field.told();
    let report = answer.report();
    let first = format!("prod 3 {} a b", report["run_id"].as_str().unwrap());
    assert!(told.starts_with(&first), "{told}");
    assert!(told.contains("New differences: ") && told.contains("grew from 0 to 1"), "{told}");
    assert!(told.contains("acerto prod, ") && !told.contains("HWTC"), "{told}");

    assert_eq!(field.run(&[]).exit, Some(3));
    assert_eq!(field.told(), "", "the same");
    let both = ["HWTC00000001", "HWTC00000002"];
    field.lists(&both, &both);
    assert_eq!(field.run(&[]).exit, Some(0));
    assert_eq!(field.told(), "", "better");
}

#[test]
fn what_a_person_looked_at_meanwhile_is_still_told() {
    let field = Field::new("");
    field.configure(&field.program());
    assert_eq!(field.run(&[]).exit, Some(0));
    field.lists(&["HWTC00000001", "HWTC00000002"], &["HWTC00000001"]);
    assert_eq!(field.home.run(&["--reconcile", "--summary"]).exit, Some(3));
    assert_eq!(field.told(), "", "nobody asked to tell");
    assert_eq!(field.run(&[]).exit, Some(3));
    assert!(field.told().contains("New differences"), "it was new to whoever is told");
}

#[test]
fn a_message_that_fails_changes_no_code_and_is_told_with_the_next_run() {
    let field = Field::new("");
    field.configure(&field.program());
    field.lists(&["HWTC00000001", "HWTC00000002"], &["HWTC00000001"]);
    field.refuse(true);
    let answer = field.run(&[]);
    assert_eq!(answer.exit, Some(3), "{}", answer.said());
    assert!(answer.stderr.contains("exit code 7"), "{}", answer.stderr);
    assert!(!warned(&answer.report()), "it had not failed yet");
    field.refuse(false);
    let next = field.run(&[]);
    assert!(warned(&next.report()), "{}", next.stdout);
    assert!(field.told().contains("New differences"), "nothing is lost");
    let after = field.run(&[]);
    assert!(!warned(&after.report()), "{}", after.stdout);
    assert_eq!(field.told(), "");
}

#[test]
fn a_run_without_a_report_is_told_in_its_own_words_in_both_languages() {
    for (lang, title) in [("en", "something got worse"), ("pt-BR", "algo piorou")] {
        let field = Field::new("");
        field.configure(&field.program());
        std::fs::write(field.config().join("acs.csv"), "").unwrap();
        let answer = field.run(&["--lang", lang]);
        assert_eq!(answer.exit, Some(6), "{}", answer.said());
        let told = field.told();
        assert!(told.starts_with("prod 6  a b\n") && told.contains(title), "{told}");
        assert!(told.contains("ACS: "), "{told}");
    }
}

#[test]
fn an_attempt_that_is_followed_by_another_tells_nothing() {
    let field = Field::new("");
    field.configure(&field.program());
    std::fs::write(field.config().join("acs.csv"), "").unwrap();
    let answer = field.run(&["--scheduled", "again"]);
    assert_eq!((answer.exit, answer.stdout.as_str()), (Some(6), "{\"told\":\"put-off\"}\n"));
    assert_eq!(field.told(), "");
    let answer = field.run(&["--scheduled", "last"]);
    assert_eq!((answer.exit, answer.stdout.as_str()), (Some(6), "{\"told\":\"sent\"}\n"));
    assert!(field.told().contains("Exit code 6"));
}

#[test]
fn nobody_to_tell_and_no_memory_are_refused() {
    let field = Field::new("");
    let nobody = field.run(&[]);
    assert_eq!(nobody.exit, Some(2), "{}", nobody.said());
    assert!(nobody.stderr.contains("notify_command"), "{}", nobody.stderr);
    let memory = field.run(&["--no-store"]);
    assert_eq!(memory.exit, Some(2), "{}", memory.said());
}

#[test]
fn where_a_hook_is_stays_with_its_file() {
    let field = Field::new("notify_url = \"http://127.0.0.1:1/hooks/geheim\"");
    field.lists(&["HWTC00000001", "HWTC00000002"], &["HWTC00000001"]);
    let mut said = String::new();
    for arguments in [
        &["--reconcile", "--notify", "-vv"][..],
        &["--reconcile", "--notify"],
        &["config", "show"],
        &["config", "show", "--format", "json"],
        &["store", "export"],
    ] {
        said += &field.home.run(arguments).said();
    }
    assert!(said.contains("http://127.0.0.1:1/…"), "{said}");
    assert!(!said.contains("geheim"), "{said}");
}
