//! Lines that attack, files that fill, folders that refuse.

use std::collections::BTreeSet;
use std::fs;
use std::fs::Permissions;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use proptest::prelude::*;
use tracing_subscriber::layer::SubscriberExt as _;

use super::file::Name;
use super::*;
use crate::domain::text::is_hidden;

/// What is logged by `work`, as a file would hold it.
fn logged(work: impl FnOnce()) -> String {
    let text = Arc::new(Mutex::new(String::new()));
    let kept = Arc::clone(&text);
    let write: Write = Box::new(move |line| kept.lock().unwrap().push_str(line));
    let lines = Lines { write, form: line::Form { color: false, place: true } };
    tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), work);
    let text = text.lock().unwrap();
    text.clone()
}

#[test]
fn nothing_hostile_leaves_its_line_or_moves_a_cursor() {
    let hostile = [
        "AC\x1b[31mME",
        "\u{9b}31m",
        "abc\u{202e}def",
        "x\n2026-11-26T00:00:00Z  INFO [1] acerto: all is well",
        "x\r\nforged",
        "zero\u{200b}width \u{2028}line \u{85}next",
        "\u{e0041}tag",
    ];
    for value in hostile {
        let text = logged(|| {
            tracing::warn!(device = value, shown = %value, debug = ?value, "seen: {value}");
        });
        assert_eq!(text.matches('\n').count(), 1, "{text:?}");
        let body = text.trim_end_matches('\n');
        assert!(!body.chars().any(|c| c.is_control() || is_hidden(c)), "{text:?}");
        assert!(body.contains("WARN"), "{text:?}");
    }
}

/// Characters of which each third one can move a cursor, hide or reorder.
fn hostile_text() -> impl Strategy<Value = String> {
    let bad = prop::sample::select(vec![
        '\u{1b}',
        '\n',
        '\r',
        '\0',
        '\u{7f}',
        '\u{85}',
        '\u{9b}',
        '\u{202e}',
        '\u{2028}',
        '\u{feff}',
        '\u{200b}',
        '\u{2066}',
        '\u{e0041}',
        '"',
        '=',
        '\\',
    ]);
    prop::collection::vec(prop_oneof![any::<char>(), bad, Just(' ')], 0..40)
        .prop_map(|chars| chars.into_iter().collect())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn whatever_a_device_says_is_one_harmless_line(text in hostile_text()) {
        let line = logged(|| tracing::info!(a = %text, b = ?text, c = text, "it says {text}"));
        prop_assert_eq!(line.matches('\n').count(), 1);
        let body = line.trim_end_matches('\n');
        prop_assert!(!body.chars().any(|c| c.is_control() || is_hidden(c)), "{:?}", body);
    }
}

#[test]
fn a_value_can_not_pose_as_another_field() {
    let text = logged(|| tracing::info!(model = "a state=done", quoted = "say \"x\" y", "step"));
    assert!(text.contains("model=\"a state=done\""), "{text}");
    assert!(text.contains("quoted=\"say \\\"x\\\" y\""), "{text}");
    let number = logged(|| tracing::info!(wait_ms = 47_991_234_567_u64, done = true, "n"));
    assert!(number.contains("wait_ms=47991234567 done=true"), "{number}");
}

#[test]
fn what_slipped_through_is_masked_and_nothing_is_endless() {
    let text = logged(|| {
        let note = "cpf 123.456.789-00, tel (47) 99123-4567, ana@isp.example";
        tracing::error!(note, "of {note}");
    });
    for secret in ["123.456.789-00", "99123-4567", "ana@"] {
        assert!(!text.contains(secret), "{text}");
    }
    let long = "x".repeat(1_000_000);
    let text = logged(|| tracing::error!(a = long, b = long, "{long}"));
    assert!(text.len() < 20_000, "{}", text.len());
}

fn place(dir: &Path) -> Place {
    Place {
        dir: dir.to_owned(),
        within: None,
        profile: "prod".to_owned(),
        level: LogLevel::Info,
        max_size: 1000,
        keep: 4,
    }
}

/// A log by a clock, and what it told.
fn log(place: Place, now: fn() -> Timestamp) -> (LogFile, Arc<Mutex<Vec<String>>>) {
    let told = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&told);
    let tell = Box::new(move |line: &str| kept.lock().unwrap().push(line.to_owned()));
    (LogFile::new(place, tell).at(now), told)
}

fn today() -> Timestamp {
    "2026-11-26T23:59:59Z".parse().unwrap()
}

fn tomorrow() -> Timestamp {
    "2026-11-27T00:00:00Z".parse().unwrap()
}

fn names(dir: &Path) -> BTreeSet<String> {
    fs::read_dir(dir).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect()
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn a_file_a_day_and_the_next_where_one_is_full_of_mode_0600() {
    let dir = tempfile::tempdir().unwrap();
    let logs = dir.path().join("new/logs");
    let (file, told) = log(place(&logs), today);
    assert!(!logs.exists(), "nothing is made before the first line");
    let line = format!("{}\n", "x".repeat(399));
    for _ in 0..5 {
        file.write(&line);
    }
    let (next_day, _) = log(place(&logs), tomorrow);
    next_day.write(&line);
    let expected = [
        "prod-2026-11-26.log",
        "prod-2026-11-26.2.log",
        "prod-2026-11-26.3.log",
        "prod-2026-11-27.log",
    ];
    assert_eq!(names(&logs), expected.map(str::to_owned).into());
    assert_eq!(mode(&logs), 0o700);
    for name in names(&logs) {
        let path = logs.join(name);
        assert_eq!(mode(&path), 0o600);
        assert!(fs::metadata(&path).unwrap().len() <= 1000);
    }
    assert!(told.lock().unwrap().is_empty());
}

#[test]
fn the_oldest_go_and_what_is_not_its_own_stays() {
    let dir = tempfile::tempdir().unwrap();
    for other in
        ["prod-2026-11-26.log.gz", "prod-notes.log", "other-2020-01-01.log", "prod-x.1.log"]
    {
        fs::write(dir.path().join(other), "mine").unwrap();
    }
    for old in ["prod-2026-01-01.log", "prod-2026-01-01.10.log", "prod-2026-01-01.2.log"] {
        fs::write(dir.path().join(old), "old").unwrap();
    }
    let (file, _) = log(place(dir.path()), today);
    for _ in 0..8 {
        file.write(&format!("{}\n", "x".repeat(499)));
    }
    let left = names(dir.path());
    let own: Vec<&String> = left.iter().filter(|n| Name::read(n, "prod").is_some()).collect();
    assert_eq!(own.len(), 4, "{own:?}");
    assert!(own.iter().all(|name| name.contains("2026-11-26")), "{own:?}");
    assert_eq!(left.len() - own.len(), 4, "{left:?}");
}

#[test]
fn several_writers_keep_their_lines_whole() {
    let dir = tempfile::tempdir().unwrap();
    let many = Place { max_size: 20_000, keep: 100, ..place(dir.path()) };
    std::thread::scope(|scope| {
        for writer in 0..4 {
            let many = many.clone();
            scope.spawn(move || {
                let (file, _) = log(many, today);
                (0..200).for_each(|n| file.write(&format!("writer {writer} line {n} ends\n")));
            });
        }
    });
    let files = names(dir.path());
    let text: String =
        files.iter().map(|n| fs::read_to_string(dir.path().join(n)).unwrap()).collect();
    let lines: BTreeSet<&str> = text.lines().collect();
    assert_eq!(lines.len(), 800);
    assert!(lines.iter().all(|l| l.starts_with("writer ") && l.ends_with(" ends")));
}

#[test]
fn what_can_not_be_written_is_said_once_and_taken_up_again() {
    let dir = tempfile::tempdir().unwrap();
    let blocked = dir.path().join("file");
    fs::write(&blocked, "").unwrap();
    let (file, told) = log(place(&blocked.join("logs")), today);
    for _ in 0..3 {
        file.write("a line\n");
    }
    let said = told.lock().unwrap().clone();
    assert_eq!(said.len(), 1, "{said:?}");
    assert!(said[0].contains("the run goes on"), "{said:?}");
    fs::remove_file(&blocked).unwrap();
    file.write("again\n");
    let path = blocked.join("logs/prod-2026-11-26.log");
    assert_eq!(fs::read_to_string(path).unwrap(), "again\n");
}

#[test]
fn links_pipes_and_open_files_are_none_of_its_own() {
    let dir = tempfile::tempdir().unwrap();
    let target = dir.path().join("precious");
    fs::write(&target, "precious").unwrap();
    symlink(&target, dir.path().join("prod-2026-11-26.log")).unwrap();
    let (file, told) = log(place(dir.path()), today);
    file.write("a line\n");
    assert_eq!(fs::read_to_string(&target).unwrap(), "precious");
    let next = dir.path().join("prod-2026-11-26.2.log");
    assert_eq!(fs::read_to_string(&next).unwrap(), "a line\n");
    fs::set_permissions(&next, Permissions::from_mode(0o644)).unwrap();
    let (other, _) = log(place(dir.path()), today);
    other.write("b\n");
    assert_eq!(mode(&next), 0o600, "what a copy left open is closed");
    fs::remove_file(&next).unwrap();
    other.write("c\n");
    assert_eq!(fs::read_to_string(&next).unwrap(), "c\n", "a file that was removed is made anew");
    assert!(told.lock().unwrap().is_empty());
}

#[test]
fn a_log_makes_no_store_and_loses_no_line_waiting_for_one() {
    let dir = tempfile::tempdir().unwrap();
    let store = dir.path().join("store");
    let waiting =
        Place { within: Some(store.clone()), max_size: 10_000, ..place(&store.join("logs")) };
    let (file, told) = log(waiting, today);
    file.write("first\n");
    assert!(!store.exists());
    fs::create_dir(&store).unwrap();
    file.write("second\n");
    let path = store.join("logs/prod-2026-11-26.log");
    assert_eq!(fs::read_to_string(path).unwrap(), "first\nsecond\n");
    assert!(told.lock().unwrap().is_empty());
}

#[test]
fn names_are_read_to_the_last_character() {
    for (text, is_name) in [
        ("prod-2026-11-26.log", true),
        ("prod-2026-11-26.12.log", true),
        ("prod-2026-11-26.1.log", false),
        ("prod-2026-11-26.02.log", false),
        ("prod-2026-13-26.log", false),
        ("prod-lab-2026-11-26.log", false),
        ("prod-2026-11-26.log.gz", false),
    ] {
        assert_eq!(Name::read(text, "prod").is_some(), is_name, "{text}");
    }
}
