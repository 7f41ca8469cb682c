//! What can be wrong with this machine and what acerto remembers, produced and told as itself.
//!
//! Must not do: fill a disk that others use, or change a clock.

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::dashboard::Screen;
use crate::hostile::{skipped, tool};
use crate::product_doctor_remote::{found, home, honest, with_result, write};
use crate::product_run::{Answer, Home};
use crate::stand_in::serve;

fn doctor(home: &Home) -> Answer {
    home.run(&["doctor", "--format", "json"])
}

/// Changes the configuration.
fn configure(home: &Home, change: impl Fn(&str) -> String) {
    let path = home.path().join(".config/acerto/config.toml");
    let text = std::fs::read_to_string(&path).unwrap();
    write(&path, change(&text).as_bytes());
}

/// A home that has read a system of one device; it fits, and fails nothing.
fn read_once() -> Home {
    let port = serve(honest("genieacs"));
    let home = home("genieacs", &format!("http://127.0.0.1:{port}"), "");
    for _ in 0..3 {
        let read = home.run(&["--reconcile", "--fresh"]);
        assert_eq!(read.exit, Some(0), "{}", read.said());
    }
    let answer = doctor(&home);
    assert_eq!((answer.exit, with_result(&answer, "warn")), (Some(0), Vec::new()));
    for id in ["lock", "journal", "last-run", "store", "disk", "config-mode"] {
        assert_eq!(found(&answer, id)["result"], "ok", "{}", answer.said());
    }
    home
}

/// Only these deserve a look, with this text and something to do.
fn warned(answer: &Answer, ids: &[&str], said: &str) {
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    assert_eq!(with_result(answer, "warn"), ids, "{}", answer.said());
    assert_eq!(with_result(answer, "fail"), [""; 0], "{}", answer.said());
    for id in ids {
        let check = found(answer, id);
        assert!(check["text"].as_str().unwrap().contains(said), "{check}");
        assert!(check["fix"].is_string(), "{check}");
    }
}

#[test]
fn counts_far_from_what_is_expected_are_warned_of() {
    let home = read_once();
    configure(&home, |text| format!("{text}\n[causes]\nexpected_devices = 12000\n"));
    warned(&doctor(&home), &["acs-expected", "provider-expected"], "counted 1 devices");
    configure(&home, |text| text.replace("12000", "1"));
    let answer = doctor(&home);
    assert_eq!(found(&answer, "acs-expected")["result"], "ok", "{}", answer.said());
}

#[test]
fn a_spent_budget_fails_alone_and_nothing_is_asked() {
    let home = read_once();
    configure(&home, |text| format!("{text}requests_per_day = 1000\n"));
    let check = found(&doctor(&home), "acs-budget");
    assert_eq!(check["result"], "ok", "{check}");
    let text = check["text"].as_str().unwrap().to_owned();
    let used: u64 = text.split(' ').next().unwrap().parse().unwrap();
    assert!(used > 0, "{text}");
    for left in [0, 3] {
        let limit = used + left;
        configure(&home, |text| {
            let kept = text.split("requests_per_day").next().unwrap();
            format!("{kept}requests_per_day = {limit}\n")
        });
        let answer = doctor(&home);
        assert_eq!(answer.exit, Some(6), "{}", answer.said());
        assert_eq!(with_result(&answer, "fail"), ["acs-budget"], "{}", answer.said());
        assert_eq!(with_result(&answer, "warn"), [""; 0], "{}", answer.said());
        assert_eq!(found(&answer, "acs-probe")["result"], "skip", "{}", answer.said());
        let fix = found(&answer, "acs-budget")["fix"].as_str().unwrap().to_owned();
        assert!(fix.contains("requests_per_day"), "{fix}");
    }
}

#[test]
fn who_holds_the_lock_is_told_and_the_lock_is_left_to_them() {
    let home = read_once();
    let path = home.path().join(".local/state/acerto/prod/apply.lock");
    let mut file = std::fs::File::create(&path).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    let (pid, since) = (std::process::id(), "2026-11-26T10:00:00Z");
    write!(file, "{{\"pid\":{pid},\"user\":\"noc\",\"since\":\"{since}\"}}").unwrap();
    assert_eq!(found(&doctor(&home), "lock")["result"], "ok", "a hint alone is no lock");
    file.lock().unwrap();
    let said = format!("noc applies now: process {pid}, since 2026-11-26");
    warned(&doctor(&home), &["lock"], &said);
    drop(file);
    assert_eq!(found(&doctor(&home), "lock")["result"], "ok");
}

#[test]
fn a_configuration_that_everybody_may_read_is_warned_of() {
    let home = read_once();
    let path = home.path().join(".config/acerto/config.toml");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o644)).unwrap();
    warned(&doctor(&home), &["config-mode"], "mode 0644");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o640)).unwrap();
    assert_eq!(found(&doctor(&home), "config-mode")["result"], "ok", "a group of its own");
}

#[test]
fn a_listener_that_is_set_and_never_listened_is_warned_of() {
    let home = read_once();
    configure(&home, |text| format!("{text}\n[listen]\nsecret_file = \"hook.secret\"\n"));
    warned(&doctor(&home), &["listener"], "nobody has listened");
}

#[test]
fn the_terminal_and_its_locale_are_looked_at_where_there_is_one() {
    let home = read_once();
    let utf8 = ("LANG", "C.UTF-8");
    for (variables, size, wanted, unwanted) in [
        (vec![utf8], (60, 20), "warn  terminal", "warn  locale"),
        (vec![utf8, ("TERM", "dumb")], (120, 40), "warn  terminal", "warn  locale"),
        (vec![("LANG", "C")], (120, 40), "warn  locale", "warn  terminal"),
        (vec![utf8], (120, 40), "ok    terminal", "warn"),
    ] {
        let mut screen =
            Screen::start_in(home.path(), &["doctor", "--color", "never"], &variables, size);
        assert_eq!(screen.ended(), 0);
        let said = String::from_utf8_lossy(&screen.bytes()).into_owned();
        assert!(said.contains(wanted), "{variables:?} {size:?}: {said}");
        assert!(!said.contains(unwanted), "{variables:?} {size:?}: {said}");
    }
}

#[test]
fn a_store_that_lost_its_journal_or_has_no_place_is_the_store_s_matter() {
    let home = read_once();
    let store = home.path().join(".local/state/acerto/prod");
    std::fs::remove_file(store.join("journal.redb")).unwrap();
    let answer = doctor(&home);
    assert_eq!(answer.exit, Some(10), "{}", answer.said());
    assert_eq!(with_result(&answer, "fail"), ["store"], "{}", answer.said());
    let elsewhere = home.path().join("a-file");
    std::fs::write(&elsewhere, "").unwrap();
    let below = elsewhere.join("store");
    let below = below.to_str().unwrap();
    let answer = home.run(&["--store", below, "doctor", "--format", "json"]);
    assert_eq!(answer.exit, Some(2), "{}", answer.said());
    assert_eq!(with_result(&answer, "fail"), ["store"], "{}", answer.said());
}

/// A disk of 16 MiB under the store.
const ON_A_SMALL_DISK: &str = "mkdir -p small && mount -t tmpfs -o size=16m none small || exit 77\n\
    exec \"$1\" --store small/store doctor --format json";

#[test]
fn a_disk_that_is_nearly_full_is_warned_of() {
    let Some(unshare) = tool("unshare") else { return skipped("there is no unshare") };
    let home = read_once();
    let program = PathBuf::from(home.acerto(&[]).get_program());
    let mut command = Command::new(unshare);
    command.args(["-rm", "sh", "-c", ON_A_SMALL_DISK, "sh", program.to_str().unwrap()]);
    command.current_dir(home.path()).env_clear().stdin(Stdio::null());
    let path = std::env::var("PATH").unwrap_or_default();
    command.env("HOME", home.path()).env("PATH", path).env("TZ", "UTC");
    let answer = Answer::of(&command.output().unwrap());
    if answer.exit == Some(77) || answer.stderr.contains("unshare") {
        return skipped(&format!("no small disk can be mounted here: {}", answer.stderr.trim()));
    }
    warned(&answer, &["disk"], "MiB free");
}
