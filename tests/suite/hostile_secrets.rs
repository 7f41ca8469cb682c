//! Secrets that must not be found anywhere after applies that went wrong: passwords of the
//! Provider's rows, which a whole row carries, and the program's own.
//!
//! Must not do: look where it is convenient only. Every file of the home is read.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use crate::apply::Field;
use crate::apply::kinds::Kind;
use crate::hostile::files_below;

/// Values of columns that hold a row's passwords begin so in the lab.
const CANARY: &str = "CANARY";

/// Where the program keeps its own, and the lab its.
const KEPT: [&str; 4] = ["acs.secret", "acs.key", "provider.secret", "lab.toml"];

#[test]
fn no_secret_is_told_or_kept_whatever_happens_to_a_whole_row() {
    let field = Field::new(7, 120);
    let mut said = String::new();
    let faults = ["", "500", "502-html", "html-200", "error-200", "403", "hidden-column"];
    for (n, fault) in faults.into_iter().chain(["crash"]).enumerate() {
        let kind = if n % 2 == 0 { Kind::CorrectIdentity } else { Kind::RemoveInProvider };
        let (path, _) = field.made(kind, &format!("plan{n}.json"));
        let mut command = field.command(&["-vv", "apply", path.to_str().unwrap(), "--yes"]);
        match fault {
            "" => {}
            "crash" => {
                command.env("ACERTO_CRASH_AT", "C6");
            }
            name => {
                let fault = json!({"name": name, "side": "provider", "times": 1, "only": "writes"});
                field.lab.post("/_lab/fault", &fault);
            }
        }
        let output = command.output().unwrap();
        said += &String::from_utf8_lossy(&output.stdout);
        said += &String::from_utf8_lossy(&output.stderr);
        if fault == "crash" {
            assert_eq!(output.status.code(), None, "it was to die");
        }
        said += &field.acerto(&["-vv", "plan", "show", path.to_str().unwrap()]).said();
        for action in needing_a_person(&field) {
            said += &field.acerto(&["show", &action]).said();
            said += &field.acerto(&["resolve", &action, "drop", "--reason", "a test"]).said();
        }
    }
    said += &field.acerto(&["store", "export", "--with-pii", "--reason", "a test"]).said();
    assert!(said.contains("PUT"), "{said}");
    let secrets = secrets(&field);
    for secret in &secrets {
        assert!(!said.contains(secret.as_str()), "printed: {}…", &secret[..6]);
    }
    let files = files_below(field.lab.folder());
    assert!(files.iter().any(|(path, _)| path.ends_with("journal.redb")));
    assert!(files.iter().any(|(path, _)| path.ends_with("journal.jsonl")));
    for (path, bytes) in files {
        if KEPT.iter().any(|name| path.ends_with(name)) {
            continue;
        }
        for secret in &secrets {
            let is_there = bytes.windows(secret.len()).any(|part| part == secret.as_bytes());
            assert!(!is_there, "{} holds {}…", path.display(), &secret[..6]);
        }
    }
}

fn needing_a_person(field: &Field) -> Vec<String> {
    let export = field.acerto(&["store", "export"]).stdout;
    let lines = export.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let undecided = lines.filter(|line| line["kind"] == "step" && line["state"] == "needs-human");
    undecided.map(|step| step["action"].as_str().unwrap().to_owned()).collect()
}

/// The rows' passwords, the program's secrets, and how they go over the line.
fn secrets(field: &Field) -> Vec<String> {
    let mut secrets = vec![CANARY.to_owned()];
    for name in ["acs.secret", "provider.secret"] {
        let secret = std::fs::read_to_string(field.lab.folder().join(name)).unwrap();
        let secret = secret.trim().to_owned();
        assert!(secret.len() >= 6, "{name} is short enough to be found by chance");
        for user in ["1", "acerto-lab"] {
            secrets.push(STANDARD.encode(format!("{user}:{secret}")));
        }
        secrets.push(secret);
    }
    secrets
}
