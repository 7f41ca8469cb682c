//! The product against the lab's server: what it counts is what is there.
//!
//! Must not do: look into the lab's world; its truth is asked for.

use acerto::lab::server::{Lab, LabOptions};
use assert_cmd::Command;
use serde_json::Value;

fn lab() -> Lab {
    let options = LabOptions { devices: 300, days: 40, speed: 0.0, ..LabOptions::default() };
    Lab::start(options).unwrap()
}

fn acerto(folder: &std::path::Path, profile: &str, arguments: &[&str]) -> Command {
    let mut command = Command::cargo_bin("acerto").unwrap();
    command.env_clear().env("HOME", folder);
    command.arg("--config").arg(folder.join("lab.toml"));
    command.args(["--profile", profile]).args(arguments);
    command
}

#[test]
fn both_profiles_are_taken_and_every_device_is_counted() {
    let lab = lab();
    let folder = tempfile::tempdir().unwrap();
    lab.write_config(&folder.path().join("lab.toml")).unwrap();
    let counts = lab.truth().counts;
    for profile in ["lab", "lab-genieacs"] {
        acerto(folder.path(), profile, &["config", "check"]).assert().success();
        let run = acerto(folder.path(), profile, &["--reconcile", "--format", "json"]).output();
        let run = run.unwrap();
        let told = String::from_utf8_lossy(&run.stderr).into_owned();
        assert_eq!(run.status.code(), Some(3), "{profile}: {told}");
        let report: Value = serde_json::from_slice(&run.stdout).unwrap();
        let (acs, provider) = (&report["sides"]["acs"], &report["sides"]["provider"]);
        assert_eq!(acs["complete"], true, "{profile}: {told}");
        assert_eq!(provider["complete"], true, "{profile}: {told}");
        assert_eq!(acs["devices"], counts.acs, "{profile}");
        assert_eq!(provider["devices"], counts.provider, "{profile}");
        assert_eq!(provider["entries"], counts.entries, "{profile}");
        assert_eq!(report["matched"], counts.matched, "{profile}");
    }
}
