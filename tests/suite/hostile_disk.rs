//! A disk that is full in the middle of an apply.
//!
//! Must not do: fill a disk that others use. It is a small one of this test's own, in a mount
//! namespace, or a limit on the size of files.

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use crate::hostile::{Bench, ended, ends_within, is_end, skipped, tool};

/// A plan of so many steps, and the store as it is then.
fn planned(bench: &Bench, left: &mut Vec<String>, steps: usize) {
    let some = bench.mistype(left, steps);
    let keys = some.iter().flat_map(|key| ["--key", key]);
    let plan: Vec<&str> = ["plan", "--fresh", "-o", "plan.json"].into_iter().chain(keys).collect();
    let planned = bench.run(&plan);
    assert_eq!(planned.exit, Some(0), "{}", planned.said());
}

/// `sh` in the home, with the program and its configuration as `$1`, `$2` and on.
fn shell(bench: &Bench, before: &[&str], script: &str, more: &[&str]) -> Child {
    let program = bench.command(&[]);
    let mut command = match before {
        [] => Command::new("sh"),
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg("sh");
            command
        }
    };
    let config = bench.config.to_str().unwrap();
    command.args(["-c", script, "sh", program.get_program().to_str().unwrap(), config]);
    command.args([bench.profile]).args(more).current_dir(bench.home.path());
    command.env("HOME", bench.home.path()).env("LANG", "C").env("TZ", "UTC");
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("ACERTO_") {
            command.env_remove(name);
        }
    }
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// A disk of 16 MiB on which `$4` KiB are free; after the first apply there is room again.
const ON_A_SMALL_DISK: &str = r#"
set -e
mount -t tmpfs -o size=16m none store || exit 77
cp -a --sparse=always saved/. store/
dd if=/dev/zero of=store/ballast bs=1024 2>/dev/null || true
truncate -s "-${4}K" store/ballast
set +e
"$1" --config "$2" --profile "$3" apply plan.json --yes > first.out 2> first.err
echo $? > first.code
rm store/ballast
rm -rf full && cp -a store full
mv first.code first.exit
while [ ! -e go ]; do sleep 0.05; done
rm go
"$1" --config "$2" --profile "$3" apply plan.json --yes > second.out 2> second.err
echo $? > second.exit
rm -rf after && cp -a store after
"#;

/// Between two looks at what the shell has done.
const WATCH: Duration = Duration::from_millis(20);

fn told(bench: &Bench, name: &str) -> (i32, String) {
    let read = |kind: &str| std::fs::read_to_string(bench.path(&format!("{name}.{kind}"))).unwrap();
    (read("exit").trim().parse().unwrap(), format!("{}{}", read("out"), read("err")))
}

fn copied(from: &Path, to: &Path) {
    let _ = std::fs::remove_dir_all(to);
    let done = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(done.success());
}

#[test]
fn nothing_is_sent_from_a_full_disk_that_is_not_written_as_sent() {
    let Some(unshare) = tool("unshare") else { return skipped("there is no unshare") };
    let unshare = [unshare.to_str().unwrap(), "-rm"];
    let bench = Bench::new("lab", 200);
    let mut left = bench.linked();
    let (mut in_the_middle, mut times_full) = (0, 0);
    let folder = |name: &str| bench.home.path().join(name);
    for room in ["0", "8", "16", "24", "32", "48", "64", "96"] {
        planned(&bench, &mut left, 3);
        copied(&folder("store"), &folder("saved"));
        let before = bench.writes().len();
        let mut shell = shell(&bench, &unshare, ON_A_SMALL_DISK, &[room]);
        while !folder("first.exit").exists() && !ends_within(&mut shell, WATCH) {}
        if !folder("first.exit").exists() {
            let why = ended(shell).stderr;
            return skipped(&format!("no small disk can be mounted here: {}", why.trim()));
        }
        let (exit, said) = told(&bench, "first");
        assert!(matches!(exit, 0 | 10), "{room} KiB: {exit} {said}");
        assert!(!said.contains("panicked"), "{said}");
        bench.assert_sent_by(&folder("full"));
        if exit == 10 {
            times_full += 1;
            in_the_middle += usize::from(bench.writes().len() > before);
            assert!(said.contains("the disk is full"), "{said}");
        }
        // Where only the look afterwards found no room, or nothing was full, it is at its end.
        let full = folder("full").join(bench.profile);
        let steps = bench.exported("step", &["--store", full.to_str().unwrap()]);
        let is_over = !steps.is_empty() && steps.iter().all(is_end);
        std::fs::remove_file(folder("first.exit")).unwrap();
        std::fs::write(folder("go"), "").unwrap();
        let ran = ended(shell);
        assert_eq!(ran.exit, Some(0), "{}", ran.said());
        let (exit, said) = told(&bench, "second");
        assert!(exit == 0 || (exit == 5 && is_over), "{room} KiB: {exit} {said}");
        copied(&folder("after"), &folder("store"));
    }
    bench.assert_once();
    assert!(times_full > 1 && in_the_middle > 0, "{times_full} full, {in_the_middle} begun");
}

/// No file may grow beyond `$4` blocks of 512 bytes.
const WITH_SMALL_FILES: &str = r#"
trap '' XFSZ
ulimit -f "$4"
exec "$1" --config "$2" --profile "$3" apply plan.json --yes
"#;

#[test]
fn nothing_is_sent_where_no_file_may_grow() {
    let bench = Bench::new("lab", 150);
    let mut left = bench.linked();
    planned(&bench, &mut left, 3);
    let blocks = std::fs::metadata(bench.store().join("journal.redb")).unwrap().len() / 512;
    for part in [0, 1, 2, 3, 4] {
        let limit = (blocks * part / 4).to_string();
        let answer = ended(shell(&bench, &[], WITH_SMALL_FILES, &[&limit]));
        assert!(matches!(answer.exit, Some(0 | 10)), "{:?} {}", answer.exit, answer.said());
        assert!(!answer.said().contains("panicked"), "{}", answer.said());
        if part == 0 {
            assert_eq!((answer.exit, bench.writes().len()), (Some(10), 0), "{}", answer.said());
        }
        bench.assert_sent();
    }
    let answer = bench.run(&["apply", "plan.json", "--yes"]);
    assert_eq!(answer.exit, Some(0), "{}", answer.said());
    bench.assert_once();
}
