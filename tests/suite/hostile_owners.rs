//! Whose files plans and approvals are: the kernel's word, and nobody else's.
//!
//! Must not do: make a user. Any number will do for another one.

use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _};
use std::path::Path;
use std::process::Command;

use crate::hostile::{Bench, ended, skipped, tool};

/// Nobody, and nobody else.
const OTHER: u32 = 65_534;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().mode() & 0o7777
}

fn set(path: &Path, mode: u32) {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

fn planned(bench: &Bench) -> String {
    let some = bench.mistype(&mut bench.linked(), 1);
    let plan = bench.home.folder("shared").join("plan.json");
    let plan = plan.to_str().unwrap().to_owned();
    let made = bench.run(&["plan", "--fresh", "-o", &plan, "--key", &some[0]]);
    assert_eq!(made.exit, Some(0), "{}", made.said());
    plan
}

#[test]
fn a_plan_is_its_owners_alone_and_one_that_others_may_write_is_refused() {
    let bench = Bench::new("lab", 100);
    let plan = planned(&bench);
    assert_eq!(mode(Path::new(&plan)), 0o600);
    for wide in [0o620, 0o602, 0o666] {
        set(Path::new(&plan), wide);
        let answer = bench.run(&["apply", &plan, "--yes"]);
        assert_eq!(answer.exit, Some(2), "{wide:o}: {}", answer.said());
        assert!(answer.said().contains("chmod go-w"), "{}", answer.said());
    }
    set(Path::new(&plan), 0o600);
    let linked = bench.path("link.json");
    std::os::unix::fs::symlink(&plan, &linked).unwrap();
    assert_eq!(bench.run(&["apply", &linked, "--yes"]).exit, Some(2));
    assert!(bench.writes().is_empty());
    for name in ["journal.redb", "history.redb", "apply.lock"] {
        let path = bench.store().join(name);
        if path.exists() {
            assert_eq!(mode(&path), 0o600, "{name}");
        }
    }
}

#[test]
fn the_planner_approves_nothing_of_their_own() {
    let bench = Bench::new("lab", 100);
    let plan = planned(&bench);
    let own = bench.run(&["approve", &plan]);
    assert_eq!(own.exit, Some(5), "{}", own.said());
    // By hand it is as little worth.
    let text = std::fs::read_to_string(&plan).unwrap();
    let document: serde_json::Value = serde_json::from_str(&text).unwrap();
    let approval = format!("{plan}.approval");
    std::fs::write(&approval, document["sha256"].as_str().unwrap()).unwrap();
    set(Path::new(&approval), 0o644);
    let answer = bench.run(&["apply", &plan, "--yes"]);
    assert_eq!(answer.exit, Some(5), "{}", answer.said());
    assert!(answer.said().contains("of the planner"), "{}", answer.said());
    assert!(bench.writes().is_empty());
}

#[test]
fn another_user_approves_this_very_plan() {
    if !rustix::process::geteuid().is_root() {
        return skipped("only root can be two users");
    }
    let Some(setpriv) = tool("setpriv") else { return skipped("there is no setpriv (util-linux)") };
    let bench = Bench::new("lab", 100);
    let plan = planned(&bench);
    set(bench.home.path(), 0o755);
    set(&bench.home.folder("shared"), 0o777);
    set(Path::new(&plan), 0o644);
    let ours = bench.command(&["approve", &plan]);
    let other = OTHER.to_string();
    let mut approve = Command::new(setpriv);
    approve.args(["--reuid", &other, "--regid", &other, "--clear-groups", "--"]);
    approve.arg(ours.get_program()).args(["approve", &plan]).env("HOME", "/nonexistent");
    approve.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let approved = ended(approve.spawn().unwrap());
    if approved.stderr.contains("Permission denied") && approved.exit != Some(0) {
        let why = approved.stderr.trim();
        return skipped(&format!("another user does not get at the program here: {why}"));
    }
    assert_eq!(approved.exit, Some(0), "{}", approved.said());
    let approval = format!("{plan}.approval");
    assert_eq!(std::fs::metadata(&approval).unwrap().uid(), OTHER);
    assert_eq!(mode(Path::new(&approval)) & 0o022, 0);
    // Of another plan it is worth nothing.
    let text = std::fs::read_to_string(&approval).unwrap();
    let one = if text.starts_with('0') { "1" } else { "0" };
    std::fs::write(&approval, format!("{one}{}", &text[1..])).unwrap();
    let answer = bench.run(&["apply", &plan, "--yes"]);
    assert_eq!(answer.exit, Some(5), "{}", answer.said());
    assert!(answer.said().contains("approves another plan"), "{}", answer.said());
    std::fs::write(&approval, &text).unwrap();
    let answer = bench.run(&["apply", &plan, "--yes"]);
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    let approvers: Vec<_> = bench.steps().iter().map(|step| step["approver"].clone()).collect();
    assert!(approvers.iter().all(serde_json::Value::is_string), "{approvers:?}");
}
