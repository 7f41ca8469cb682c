//! `packaging/` against the program: what units run parses, what they do with each exit code, and
//! what the alert rules name is written and told.
//!
//! Must not do: start a unit; `packaging/debian/check` installs and runs them on a fresh Debian.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use acerto::app::exit::{Condition, Signal};
use acerto::headless::args::Cli;
use clap::Parser as _;

use crate::product_run::Home;
use crate::prose::metrics_written;

fn packaging(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("packaging").join(path)
}

fn read(path: &str) -> String {
    fs::read_to_string(packaging(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
}

/// The values of a key of a unit.
fn values<'a>(unit: &'a str, key: &str) -> Vec<&'a str> {
    unit.lines().filter_map(|l| l.strip_prefix(key)?.strip_prefix('=')).collect()
}

fn codes(unit: &str, key: &str) -> BTreeSet<u8> {
    let words = values(unit, key).into_iter().flat_map(str::split_whitespace);
    words.map(|word| word.parse().unwrap()).collect()
}

#[test]
fn every_command_of_a_unit_and_of_cron_is_one() {
    let mut parsed = 0;
    let mut check = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let cli = Cli::try_parse_from(&words).and_then(Cli::checked);
        assert!(cli.is_ok(), "{line}: {}", cli.unwrap_err());
        parsed += 1;
    };
    for unit in ["acerto.service", "acerto-listen.service", "acerto-backup.service"] {
        let text = read(&format!("systemd/{unit}"));
        let commands = values(&text, "ExecStart");
        assert_eq!(commands.len(), 1, "{unit}");
        check(commands[0].strip_prefix("/usr/bin/").unwrap());
    }
    let cron = read("cron.d/acerto");
    assert!(cron.lines().all(|line| line.starts_with('#')), "nothing is active as shipped");
    for call in cron.lines().filter_map(|line| line.split_once("$(")) {
        check(call.1.split_once(" 2>&1").unwrap().0);
    }
    assert!(parsed >= 4, "{parsed}");
}

/// SAFETY.md section 6: 3, 8 and a clean stop are no failures; 6 and a stop from elsewhere are
/// tried again; all else waits for a person.
#[test]
fn the_daily_run_does_with_each_exit_code_what_the_table_says() {
    let unit = read("systemd/acerto.service");
    let succeeded = codes(&unit, "SuccessExitStatus");
    let failed = codes(&unit, "RestartPreventExitStatus");
    assert_eq!(values(&unit, "Restart"), ["on-failure"]);
    assert_eq!(values(&unit, "StartLimitBurst"), ["3"], "6 pages after three times");
    let hours =
        |key: &str| -> u32 { values(&unit, key)[0].strip_suffix('h').unwrap().parse().unwrap() };
    // Three attempts, however slow, and the pauses between them lie within the interval; and an
    // attempt may take longer than reading a system may (60 minutes).
    assert!(hours("StartLimitIntervalSec") > 3 * hours("TimeoutStartSec") + 1);
    assert!(hours("TimeoutStartSec") > 1);
    for condition in [
        Condition::Usage,
        Condition::Stopped(Signal::Hangup),
        Condition::Stopped(Signal::Interrupt),
        Condition::Stopped(Signal::Terminate),
        Condition::Bug,
        Condition::Store,
        Condition::Journal,
        Condition::Auth,
        Condition::Guard,
        Condition::Source,
        Condition::PartlyApplied,
        Condition::Differences,
        Condition::Locked,
    ] {
        let code = condition.code();
        let expected = match condition {
            Condition::Differences | Condition::Locked | Condition::Stopped(Signal::Terminate) => {
                (true, false)
            }
            Condition::Source | Condition::Stopped(_) => (false, false),
            _ => (false, true),
        };
        assert_eq!((succeeded.contains(&code), failed.contains(&code)), expected, "{code}");
    }
    let listen = codes(&read("systemd/acerto-listen.service"), "RestartPreventExitStatus");
    assert_eq!(listen, [2, 7, 10].into());
}

/// With `User=` these take the setgid bit from mail programs before systemd 255: nobody is told.
#[test]
fn whoever_tells_can_still_mail() {
    let unit = read("systemd/acerto-notify@.service");
    let begins = [
        "NoNewPrivileges",
        "PrivateDevices",
        "ProtectClock",
        "ProtectHostname",
        "ProtectKernel",
        "Restrict",
        "SystemCall",
        "LockPersonality",
        "MemoryDenyWriteExecute",
    ];
    let taken: Vec<&str> =
        unit.lines().filter(|line| begins.iter().any(|begin| line.starts_with(begin))).collect();
    assert_eq!(taken, [] as [&str; 0]);
}

/// Each line that keeps a unit in its box, in each that runs the program.
#[test]
fn every_unit_that_runs_the_program_is_in_the_same_box() {
    let lines = [
        "User=acerto",
        "UMask=0077",
        "NoNewPrivileges=yes",
        "CapabilityBoundingSet=",
        "ProtectSystem=strict",
        "ProtectHome=yes",
        "PrivateTmp=yes",
        "PrivateDevices=yes",
        "MemoryDenyWriteExecute=yes",
        "RestrictSUIDSGID=yes",
        "SystemCallFilter=@system-service",
        "SystemCallFilter=~@privileged @resources",
        "LimitCORE=0",
        "StateDirectory=acerto",
        "LogsDirectory=acerto",
        "ConditionPathExists=/etc/acerto/config.toml",
        "OnFailure=acerto-notify@%N.service",
    ];
    for unit in ["acerto.service", "acerto-listen.service", "acerto-backup.service"] {
        let text = read(&format!("systemd/{unit}"));
        for line in lines {
            assert!(text.lines().any(|l| l == line), "{unit} lacks {line}");
        }
    }
}

/// Why the receiver refuses, as far as an alert asks for it; `listen_bars` sees each of them.
const REASONS: [&str; 3] = ["wrong-key", "missing-key", "stale"];

#[test]
fn every_metric_of_the_rules_is_written_and_each_alert_says_what_to_do() {
    let rules = read("prometheus/acerto.rules.yml");
    let written: BTreeSet<String> = metrics_written();
    let mut named = BTreeSet::new();
    let is_name = |c: char| c.is_ascii_alphanumeric() || c == '_';
    for expr in rules.lines().filter_map(|l| l.trim().strip_prefix("expr: ")) {
        let words = expr.split(|c| !is_name(c)).filter(|w| w.starts_with("acerto_"));
        named.extend(words.map(str::to_owned));
        let causes = expr.split('"').filter(|w| w.contains('-') && !w.contains(' '));
        for word in causes.flat_map(|w| w.split('|')) {
            let cause = acerto::engine::Cause::from_wire(word).is_some();
            let code = acerto::engine::WarningCode::ALL.iter().any(|c| c.wire() == word);
            let reason = expr.contains("{reason=") && REASONS.contains(&word);
            assert!(cause || code || reason, "`{word}` is no cause, warning or reason: {expr}");
        }
    }
    assert!(named.len() >= 8, "{named:?}");
    let unknown: Vec<&String> = named.difference(&written).collect();
    assert!(unknown.is_empty(), "no metric of acerto: {unknown:?}");
    let count = |what: &str| rules.lines().filter(|l| l.trim().starts_with(what)).count();
    let alerts = count("- alert: ");
    for each in ["expr: ", "labels: {severity: ", "summary: ", "action: "] {
        assert_eq!(count(each), alerts, "{each}");
    }
}

#[test]
fn a_run_that_fails_writes_its_exit_code_over_the_figures_of_an_earlier_one() {
    let home = Home::new();
    let path = |name: &str| home.path().join(name);
    fs::write(path("acs.csv"), "id,serial\na1,HWTC00000001\n").unwrap();
    fs::write(path("provider.csv"), "device_id,serial,login_id,login\nd1,HWTC00000001,1,ana\n")
        .unwrap();
    let run = || {
        let files = ["--reconcile", "--acs-file", "acs.csv", "--provider-file", "provider.csv"];
        home.run(&[&files[..], &["--summary", "--metrics", "m.prom"]].concat()).exit
    };
    assert_eq!(run(), Some(0));
    let good = fs::read_to_string(path("m.prom")).unwrap();
    assert!(good.contains("acerto_devices{side=\"acs\"} 1\n"), "{good}");
    fs::write(path("acs.csv"), "").unwrap();
    assert_eq!(run(), Some(6));
    let failed = fs::read_to_string(path("m.prom")).unwrap();
    assert!(failed.contains("acerto_run_exit_code 6\n"), "{failed}");
    assert!(!failed.contains("acerto_devices"), "{failed}");
    // A mistake in the command was no run.
    fs::remove_file(path("acs.csv")).unwrap();
    assert_eq!(run(), Some(2));
    assert_eq!(fs::read_to_string(path("m.prom")).unwrap(), failed);
}
