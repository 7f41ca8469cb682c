//! The house rules as tests: which room may use which, how long things may be, what is not said.
//!
//! Must not do: parse Rust by hand. Tokens come from `proc-macro2`, so strings and comments
//! are never taken for code.

mod prose;
mod tokens;

use std::path::{Path, PathBuf};

use self::tokens::Source;

const CODE_LINES_MOST: usize = 600;
const FUNCTION_LINES_MOST: usize = 70;
const COLUMNS_MOST: usize = 100;
const NAMES_FORBIDDEN: [&str; 8] =
    ["utils", "util", "common", "helpers", "helper", "types", "manager", "misc"];

/// The arrows of the architecture: a room, and the rooms it may use besides itself.
const ARROWS: [(&str, &[&str]); 18] = [
    ("domain", &[]),
    ("engine", &["domain"]),
    ("ports", &["domain"]),
    ("tabular", &["domain", "ports"]),
    ("acs", &["domain", "ports", "tabular", "http"]),
    ("provider", &["domain", "ports", "tabular", "http"]),
    ("event_file", &["domain", "ports", "tabular"]),
    ("store", &["domain", "engine"]),
    ("config", &["domain"]),
    ("http", &["domain", "ports"]),
    ("app", &["domain", "engine", "ports", "store", "config"]),
    ("words", &["domain", "engine", "app"]),
    ("headless", &["app", "engine", "domain", "config", "words", "lab", "listen", "telemetry"]),
    ("tui", &["app", "engine", "domain", "config", "words", "telemetry"]),
    ("listen", &["app", "domain", "http", "config"]),
    ("lab", &["domain"]),
    ("telemetry", &["domain", "config"]),
    ("face", &["app", "headless", "config", "domain"]),
];

/// Words that a room must never say, as code: a crate, or a path of it.
const FORBIDDEN: [(&str, &[&str]); 8] = [
    ("domain", &["tokio", "reqwest", "redb", "ratatui", "serde", "async"]),
    ("engine", &["tokio", "reqwest", "redb", "ratatui", "serde", "rand", "async"]),
    ("engine", &["Timestamp::now", "SystemTime", "Instant", "std::fs", "std::env"]),
    ("domain", &["Timestamp::now", "SystemTime", "Instant", "std::fs", "std::env"]),
    ("ports", &["reqwest", "http", "redb", "tokio"]),
    ("store", &["reqwest", "ratatui", "tokio"]),
    ("app", &["ratatui", "crossterm", "println", "print"]),
    ("headless", &["redb", "reqwest", "ratatui", "crossterm"]),
];

/// Only this room may name the crate.
const OWNERS: [(&str, &str); 3] = [("redb", "store"), ("reqwest", "http"), ("ratatui", "tui")];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// Every file below `folder` whose name ends in one of `endings`.
fn files(folder: &str, endings: &[&str]) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut open = vec![root().join(folder)];
    while let Some(next) = open.pop() {
        let Ok(entries) = std::fs::read_dir(&next) else { continue };
        for entry in entries {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if endings.iter().any(|e| path.to_string_lossy().ends_with(e)) {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

fn rust(folders: &[&str]) -> Vec<Source> {
    let paths = folders.iter().flat_map(|f| files(f, &[".rs"]));
    paths.map(|path| Source::read(root(), &path)).collect()
}

fn assert_none(wrong: &[String], rule: &str) {
    assert!(wrong.is_empty(), "{rule}:\n  {}", wrong.join("\n  "));
}

#[test]
fn rooms_use_only_what_they_may() {
    let mut wrong = Vec::new();
    for source in rust(&["src"]) {
        let Some(room) = source.room() else { continue };
        let Some((_, may)) = ARROWS.iter().find(|(name, _)| *name == room) else {
            wrong.push(format!("{}: the room {room} is not in the architecture", source.name));
            continue;
        };
        for (line, used) in source.rooms_used() {
            if used != room && !may.contains(&used.as_str()) {
                wrong.push(format!("{}:{line}: {room} uses {used}", source.name));
            }
        }
    }
    assert_none(&wrong, "arrows that the architecture does not have");
}

#[test]
fn rooms_name_no_crate_that_is_not_theirs() {
    let mut wrong = Vec::new();
    for source in rust(&["src"]) {
        let Some(room) = source.room() else { continue };
        let own = OWNERS.iter().filter(|(_, owner)| *owner != room).map(|(word, _)| *word);
        let forbidden = FORBIDDEN.iter().filter(|(name, _)| *name == room);
        let words: Vec<&str> = forbidden.flat_map(|(_, words)| words.iter().copied()).collect();
        for word in words.into_iter().chain(own) {
            for line in source.lines_naming(word) {
                wrong.push(format!("{}:{line}: {room} names {word}", source.name));
            }
        }
    }
    assert_none(&wrong, "words that a room must never say");
}

#[test]
fn every_file_says_first_what_it_is_for() {
    let sources = rust(&["src", "tests", "benches"]);
    let wrong: Vec<String> =
        sources.iter().filter(|s| !s.text.starts_with("//! ")).map(|s| s.name.clone()).collect();
    assert_none(&wrong, "files that don't begin with `//! ` and their job");
}

#[test]
fn nothing_is_too_long() {
    let mut wrong = Vec::new();
    for source in rust(&["src", "tests", "benches"]) {
        let code = source.code_lines();
        if code > CODE_LINES_MOST {
            wrong.push(format!("{}: {code} code lines", source.name));
        }
        for (function, line, length) in source.functions() {
            if length > FUNCTION_LINES_MOST {
                wrong.push(format!("{}:{line}: fn {function} has {length} lines", source.name));
            }
        }
        for (n, line) in source.text.lines().enumerate() {
            if line.chars().count() > COLUMNS_MOST {
                wrong.push(format!("{}:{}: over {COLUMNS_MOST} columns", source.name, n + 1));
            }
        }
    }
    assert_none(&wrong, "too long");
}

#[test]
fn no_module_is_a_drawer_for_everything() {
    let mut wrong = Vec::new();
    for source in rust(&["src", "tests", "benches"]) {
        let parts = source.name.trim_end_matches(".rs").split('/');
        wrong.extend(parts.filter(|p| NAMES_FORBIDDEN.contains(p)).map(|_| source.name.clone()));
    }
    assert_none(&wrong, "modules whose name says nothing");
}
