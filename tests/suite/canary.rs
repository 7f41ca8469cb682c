//! What nobody may ever see: passwords of the Provider's rows, whole CPFs, CNPJs and phone numbers.
//! Every answer of the program in this suite, and every file that it kept, is looked through.
//!
//! Must not do: know which test runs. Only one that asks for whole values says so
//! ([`Answer::revealed`](crate::product_run::Answer::revealed)).

use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use regex::bytes::Regex;

/// A password of the lab's rows, then CPF, CNPJ (with letters too) and a mobile number as the lab's
/// people write them. A mask has `*` or fewer digits.
static NEVER: LazyLock<Regex> = LazyLock::new(|| {
    let never = [
        r"CANARY",
        r"\b[0-9]{3}\.[0-9]{3}\.[0-9]{3}-[0-9]{2}\b",
        r"\b[0-9A-Z]{2}\.[0-9A-Z]{3}\.[0-9A-Z]{3}/[0-9A-Z]{4}-[0-9]{2}\b",
        r"\([0-9]{2}\) ?9[0-9]{4}-[0-9]{4}\b",
    ];
    Regex::new(&never.join("|")).unwrap()
});

/// What the program writes for itself, by the end of its name: its store, logs and metrics. Exports
/// and reports are looked at where they are printed.
const KEPT: [&str; 6] = [".redb", ".jsonl", ".log", ".prom", ".approval", ".lock"];

/// Looks through what was said, on either stream.
pub fn assert_unsaid(bytes: &[u8]) {
    assert!(found(bytes).is_none(), "this was said: {}", found(bytes).unwrap_or_default());
}

/// Looks through everything that the program kept below a folder.
pub fn assert_unkept(folder: &Path) {
    for path in kept_below(folder) {
        // A test may have taken its rights away, or the file itself.
        let bytes = std::fs::read(&path).unwrap_or_default();
        let what = found(&bytes);
        assert!(what.is_none(), "{} holds {}", path.display(), what.unwrap_or_default());
    }
}

/// What stands there, with what is around it.
fn found(bytes: &[u8]) -> Option<String> {
    let hit = NEVER.find(bytes)?;
    let around = &bytes[hit.start().saturating_sub(80)..bytes.len().min(hit.end() + 20)];
    Some(String::from_utf8_lossy(around).into_owned())
}

fn kept_below(folder: &Path) -> Vec<PathBuf> {
    let (mut open, mut kept) = (vec![folder.to_owned()], Vec::new());
    while let Some(next) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else { continue };
        for entry in entries.flatten() {
            let is_folder = entry.file_type().is_ok_and(|kind| kind.is_dir());
            let path = entry.path();
            let name = path.to_string_lossy();
            if is_folder {
                open.push(path);
            } else if KEPT.iter().any(|end| name.ends_with(end)) || name.contains("/logs/") {
                kept.push(path);
            }
        }
    }
    kept
}

#[test]
fn whole_values_are_found_and_masks_are_not() {
    let whole = [
        "x CANARY-segredo-7",
        "\"390.533.447-00\"",
        "12.345.678/0001-00",
        "12.ABC.345/01DE-35 LTDA",
        "(47) 91234-5678",
    ];
    for text in whole {
        assert!(found(text.as_bytes()).is_some(), "{text}");
    }
    let masked = [
        "***.533.447-**",
        "**.345.678/****-**",
        "***5678",
        "192.168.100.10-20",
        "2026-11-26T15:00:00Z",
        "HWTC1234ABCD",
    ];
    for text in masked {
        assert_eq!(found(text.as_bytes()), None, "{text}");
    }
}

#[test]
fn a_file_kept_with_a_whole_value_is_found() {
    let folder = tempfile::tempdir().unwrap();
    let below = folder.path().join("store/prod");
    std::fs::create_dir_all(&below).unwrap();
    std::fs::write(below.join("journal.jsonl"), "{\"note\": \"***.533.447-**\"}").unwrap();
    std::fs::write(folder.path().join("provider.csv"), "390.533.447-00").unwrap();
    assert_unkept(folder.path());
    std::fs::write(below.join("journal.jsonl"), "{\"note\": \"390.533.447-00\"}").unwrap();
    let caught = std::panic::catch_unwind(|| assert_unkept(folder.path()));
    assert!(caught.is_err());
}
