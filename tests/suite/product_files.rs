//! Files that the program writes, and ends that fail: nothing is replaced that should stay, and
//! whoever fails is named.
//!
//! Must not do: look into a report.

use std::fs;
use std::io::Read as _;
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _, symlink};
use std::path::Path;
use std::process::{Command, Output, Stdio};

use crate::product_run::{Answer, Home};
use crate::samples;

const TIME: &str = "2026-11-20T12:00:00Z";

fn prepared() -> Home {
    let home = Home::new();
    for name in ["acs.ndjson", "provider.csv", "events.ndjson"] {
        fs::copy(samples::folder("first-world").join(name), home.path().join(name)).unwrap();
    }
    home
}

fn arguments<'a>(more: &[&'a str]) -> Vec<&'a str> {
    let files = ["--reconcile", "--acs-file", "acs.ndjson", "--provider-file", "provider.csv"];
    [&files[..], &["--as-of", TIME], more].concat()
}

fn reconcile(home: &Home, more: &[&str]) -> Answer {
    home.run(&arguments(more))
}

/// A line of shell in which `$acerto` is the program.
fn shell(home: &Home, line: &str) -> Output {
    let mut command = Command::new("bash");
    command.args(["-c", line]).current_dir(home.path()).env_clear();
    command.env("acerto", env!("CARGO_BIN_EXE_acerto")).env("HOME", home.path());
    command.env("PATH", std::env::var_os("PATH").unwrap()).env("TZ", "UTC");
    command.output().unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The same, with what `$acerto --reconcile` needs in `$run`.
fn shell_run(home: &Home, line: &str) -> Output {
    shell(home, &format!("run=\"{}\"; {line}", arguments(&[]).join(" ")))
}

#[test]
fn devices_pipes_and_links_are_written_into() {
    let home = prepared();
    let path = |name: &str| home.path().join(name);
    for flag in ["--output", "--metrics"] {
        symlink(format!("{flag}.real"), path(flag)).unwrap();
        let through = format!("./{flag}");
        assert_eq!(reconcile(&home, &[flag, &through, "--no-store"]).exit, Some(3), "{flag}");
        assert!(fs::symlink_metadata(path(flag)).unwrap().is_symlink(), "{flag}");
        assert!(fs::metadata(path(&format!("{flag}.real"))).unwrap().len() > 100, "{flag}");
    }
    let null = reconcile(&home, &["--output", "/dev/null", "--metrics", "/dev/null"]);
    assert_eq!(null.exit, Some(3), "{}", null.said());
    assert!(fs::metadata("/dev/null").unwrap().file_type().is_char_device());
    assert!(Command::new("mkfifo").arg(path("pipe")).status().unwrap().success());
    let mut reader = Command::new("cat").arg(path("pipe")).stdout(Stdio::piped()).spawn().unwrap();
    assert_eq!(reconcile(&home, &["--output", "pipe"]).exit, Some(3));
    let mut said = String::new();
    reader.stdout.take().unwrap().read_to_string(&mut said).unwrap();
    assert!(reader.wait().unwrap().success() && said.starts_with("{\"schema\":1"));
    assert!(fs::metadata(path("pipe")).unwrap().file_type().is_fifo());
    let stdout = shell_run(&home, "$acerto $run --output /dev/stdout | head -c 12");
    assert_eq!(String::from_utf8_lossy(&stdout.stdout), "{\"schema\":1,");
}

#[test]
fn nothing_is_written_over_what_is_read() {
    let home = prepared();
    let before = fs::read(home.path().join("acs.ndjson")).unwrap();
    for more in [
        &["--output", "acs.ndjson"][..],
        &["--metrics", "./provider.csv"],
        &["--output", "events.ndjson", "--events-file", "events.ndjson"],
        &["--output", "r", "--metrics", "./r"],
        &["--output", "st/journal.redb", "--store", "st"],
    ] {
        fs::create_dir_all(home.path().join("st")).unwrap();
        let answer = reconcile(&home, more);
        assert_eq!(answer.exit, Some(2), "{more:?}: {}", answer.said());
        assert!(answer.stderr.contains("would destroy"), "{}", answer.stderr);
    }
    assert_eq!(fs::read(home.path().join("acs.ndjson")).unwrap(), before);
}

#[test]
fn a_closed_pipe_leaves_the_runs_exit_code_in_every_form() {
    let home = prepared();
    for format in ["text", "json", "ndjson", "csv"] {
        let mut child = home
            .acerto(&arguments(&["--format", format]))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        drop(child.stdout.take());
        let output = child.wait_with_output().unwrap();
        assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(3), ""), "{format}");
    }
    assert_eq!(reconcile(&home, &["--store", "st"]).exit, Some(3));
    let mut export = home.acerto(&["store", "export", "--store", "st"]);
    let mut child = export.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), stderr(&output).as_str()), (Some(0), ""));
}

#[test]
fn an_output_that_fails_is_named_and_not_the_store() {
    let home = prepared();
    assert_eq!(reconcile(&home, &["--store", "st"]).exit, Some(3));
    for line in [
        "$acerto store export --store st > /dev/full",
        "$acerto status --store st > /dev/full",
        "$acerto explain a01 --store st > /dev/full",
        "$acerto $run --format csv > /dev/full",
    ] {
        let output = shell_run(&home, line);
        assert_eq!(output.status.code(), Some(1), "{line}: {}", stderr(&output));
        assert!(stderr(&output).contains("standard output"), "{line}: {}", stderr(&output));
    }
    let file = home.run(&["store", "export", "--store", "st", "--output", "/dev/full"]);
    assert_eq!(file.exit, Some(1), "{}", file.said());
    assert!(file.stderr.contains("/dev/full: No space"), "{}", file.stderr);
}

#[test]
fn a_missing_backup_or_folder_is_a_mistake_of_the_command() {
    let home = prepared();
    assert_eq!(reconcile(&home, &["--store", "st"]).exit, Some(3));
    for (words, code, said) in [
        (&["restore", "nowhere", "--force"][..], 2, "nowhere"),
        (&["backup", "no/b"], 2, "no/b"),
        (&["backup", "b"], 0, "b"),
        (&["backup", "b"], 2, "--force"),
        (&["backup", "b", "--force"], 0, "b"),
        (&["export", "--output", "st/history.redb"], 2, "would destroy"),
    ] {
        let answer = home.run(&[&["--store", "st", "store"][..], words].concat());
        assert_eq!(answer.exit, Some(code), "{words:?}: {}", answer.said());
        assert!(answer.stderr.contains(said), "{words:?}: {}", answer.stderr);
    }
}

#[test]
fn a_limit_on_file_sizes_is_told_like_a_full_disk() {
    let home = prepared();
    let store = shell_run(&home, "ulimit -f 20; $acerto $run --store st > report.json");
    assert_eq!(store.status.code(), Some(10), "{}", stderr(&store));
    let report = shell_run(&home, "ulimit -f 2; $acerto $run --output report.json");
    assert_eq!(report.status.code(), Some(1), "{}", stderr(&report));
    assert!(stderr(&report).contains("report.json: File too large"), "{}", stderr(&report));
}

/// Kills the program while it writes; what lies in the folder then has to be its own.
#[test]
fn a_kill_leaves_nothing_beside_the_output() {
    let home = prepared();
    let out = home.folder("out");
    assert!(Command::new("mkfifo").arg(home.path().join("acs.pipe")).status().unwrap().success());
    let files = ["--reconcile", "--acs-file", "acs.pipe", "--provider-file", "provider.csv"];
    let more = ["--no-store", "--output", "out/report.json", "--metrics", "out/m.prom"];
    // Nobody writes into the pipe: the run waits for it, its outputs open.
    let mut child = home.acerto(&[&files[..], &more].concat()).spawn().unwrap();
    std::thread::sleep(std::time::Duration::from_millis(500));
    child.kill().unwrap();
    child.wait().unwrap();
    let left = |at: &Path| fs::read_dir(at).unwrap().count();
    // File systems without files that have no name (few) are left out.
    if tempfile_without_name(&out) {
        assert_eq!(left(&out), 0);
    }
}

fn tempfile_without_name(folder: &Path) -> bool {
    use std::os::unix::fs::OpenOptionsExt as _;

    let flags = rustix::fs::OFlags::TMPFILE.bits().cast_signed();
    fs::OpenOptions::new().write(true).custom_flags(flags).open(folder).is_ok()
}

#[test]
fn a_configuration_that_others_may_write_is_refused() {
    let home = prepared();
    let path = home.folder(".config/acerto").join("config.toml");
    let sides = "[profiles.p]\nacs = { kind = \"file\", path = \"../../acs.ndjson\" }\n\
                 provider = { kind = \"file\", path = \"../../provider.csv\" }\n";
    fs::write(&path, sides).unwrap();
    for (mode, code) in [(0o620, 2), (0o602, 2), (0o644, 0)] {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        let answer = home.run(&["config", "check"]);
        assert_eq!(answer.exit, Some(code), "{mode:o}: {}", answer.said());
        assert_eq!(answer.stderr.contains("chmod go-w"), code == 2, "{}", answer.stderr);
    }
}
