//! Runs the built program as cron or a person would, in a home of its own.
//!
//! Must not do: link the product in. Whatever is asked here, is asked of the process.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use jiff::Timestamp;
use serde_json::Value;
use tempfile::TempDir;

use crate::canary;
use crate::world::write::Files;

/// What a process answered.
pub struct Answer {
    pub exit: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Answer {
    /// What a process that ended answered, and nothing in it that nobody may see.
    pub fn of(output: &Output) -> Self {
        canary::assert_unsaid(&output.stdout);
        canary::assert_unsaid(&output.stderr);
        Self::revealed(output)
    }

    /// The same of one that was asked for whole values.
    pub fn revealed(output: &Output) -> Self {
        Self {
            exit: output.status.code(),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// The JSON report on stdout.
    pub fn report(&self) -> Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|e| panic!("no report ({e}), exit {:?}:\n{}", self.exit, self.stderr))
    }

    /// Everything said, on both streams.
    pub fn said(&self) -> String {
        format!("{}\n{}", self.stdout, self.stderr)
    }
}

/// A home without configuration, in which the program runs.
pub struct Home {
    folder: TempDir,
}

impl Home {
    pub fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    /// A folder below it, made where it is not there.
    pub fn folder(&self, name: &str) -> PathBuf {
        let path = self.path().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// The program, with nothing of the caller's environment that could steer it.
    pub fn acerto(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_acerto"));
        command.args(arguments).current_dir(self.path()).stdin(Stdio::null());
        for (name, _) in std::env::vars_os() {
            let name = name.to_string_lossy().into_owned();
            if ["ACERTO_", "XDG_", "LC_", "CREDENTIALS", "STATE_"]
                .iter()
                .any(|p| name.starts_with(p))
            {
                command.env_remove(name);
            }
        }
        command.env("HOME", self.path()).env("LANG", "C").env("NO_COLOR", "1").env("TZ", "UTC");
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Answer {
        Answer::of(&self.acerto(arguments).output().unwrap())
    }

    /// `--reconcile` over files, JSON on stdout.
    pub fn reconcile(&self, files: &Files, as_of: Timestamp, more: &[&str]) -> Answer {
        let time = as_of.to_string();
        let mut arguments = reconcile_arguments(files, &time);
        arguments.extend(more);
        self.run(&arguments)
    }
}

/// Nothing that nobody may see stays behind, whatever the test did.
impl Drop for Home {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            canary::assert_unkept(self.path());
        }
    }
}

/// The arguments of `--reconcile` over files.
pub fn reconcile_arguments<'a>(files: &'a Files, as_of: &'a str) -> Vec<&'a str> {
    let path = |p: &'a Path| p.to_str().unwrap();
    vec![
        "--reconcile",
        "--acs-file",
        path(&files.acs),
        "--provider-file",
        path(&files.provider),
        "--events-file",
        path(&files.events),
        "--as-of",
        as_of,
        "--format",
        "json",
    ]
}

/// What of a report may differ between two equal runs.
pub fn lasting(mut report: Value) -> Value {
    for key in ["run_id", "started", "seconds", "actor", "warnings"] {
        report[key] = Value::Null;
    }
    for side in ["acs", "provider"] {
        report["sides"][side]["pages"] = Value::Null;
    }
    report
}

/// Both ledgers of a report, added up again.
pub fn assert_sums(report: &Value) {
    let sum = |rows: &Value, key: &str| -> i64 {
        rows.as_array().unwrap().iter().map(|r| r[key].as_i64().unwrap()).sum()
    };
    let between = &report["ledgers"]["between"];
    assert_eq!(between["balanced"], true);
    for side in ["acs", "provider"] {
        let devices = report["sides"][side]["devices"].as_i64().unwrap();
        let matched = report["matched"].as_i64().unwrap();
        assert_eq!(devices, matched + sum(&between["rows"], side), "between, {side}");
        assert_eq!(between[side].as_i64(), Some(devices));
        let since = &report["ledgers"]["since"][side];
        match since["then"].as_i64() {
            Some(then) => assert_eq!(devices, then + sum(&since["rows"], "change"), "{side}"),
            None => assert_eq!(since["rows"].as_array().map(Vec::len), Some(0)),
        }
    }
    let findings = report["findings"].as_array().unwrap().len();
    let causes: u64 =
        report["causes"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum();
    assert_eq!(causes, findings as u64, "causes count the findings");
}
