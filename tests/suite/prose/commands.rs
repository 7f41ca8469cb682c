//! Whatever can be typed from the README, typed.
//!
//! Must not do: install anything, or run cargo.

use std::path::Path;
use std::process::{Command, Output};

use acerto::headless::args::Cli;
use clap::{CommandFactory as _, Parser as _};

use super::readme::{block, blocks, codes, read, root, whole};
use crate::product_run::Home;
use crate::samples;

/// Stands in an excerpt for what was left out.
const LEFT_OUT: &str = "[…]\n";

/// A home that holds the files the README speaks of, under its names.
fn prepared() -> Home {
    let home = Home::new();
    let sample = samples::folder("first-world");
    let config = home.folder(".config/acerto");
    let provider = std::fs::read_to_string(sample.join("provider.csv")).unwrap();
    std::fs::copy(sample.join("acs.ndjson"), home.path().join("acs.csv")).unwrap();
    std::fs::copy(sample.join("acs.ndjson"), config.join("acs.csv")).unwrap();
    std::fs::write(home.path().join("provider.csv"), &provider).unwrap();
    let renamed = provider.replacen(",serial,", ",Número de série,", 1);
    std::fs::write(config.join("provider.csv"), renamed).unwrap();
    std::fs::write(config.join("config.toml"), block("toml")).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(config.join("config.toml"), mode).unwrap();
    std::fs::write(home.path().join("events.csv"), block("csv")).unwrap();
    std::os::unix::fs::symlink(root().join("tests"), home.path().join("tests")).unwrap();
    home
}

/// The line as a shell takes it; `cargo run … --` is the program that is built already.
fn shell(home: &Home, line: &str) -> Output {
    let line = match line.split_once(" -- ") {
        Some((cargo, arguments)) if cargo.starts_with("cargo run") => format!("acerto {arguments}"),
        _ => line.to_owned(),
    };
    let folder = Path::new(env!("CARGO_BIN_EXE_acerto")).parent().unwrap().to_str().unwrap();
    let path = format!("{folder}:{}", std::env::var("PATH").unwrap_or_default());
    let mut command = Command::new("sh");
    command.args(["-c", &line]).current_dir(home.path()).env_clear();
    command.env("PATH", path).env("HOME", home.path()).env("LANG", "C").env("TZ", "UTC");
    command.output().unwrap()
}

/// `# exit N` at the end of a line; 0 where nothing is said.
fn told_exit(line: &str) -> i32 {
    line.split_once("# exit ").map_or(0, |(_, code)| code.trim().parse().unwrap())
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The words of a command up to what the shell does with them.
fn words(command: &str) -> Vec<String> {
    let (mut all, mut word, mut quoted) = (Vec::new(), String::new(), false);
    for c in command.chars() {
        match c {
            '"' => quoted = !quoted,
            ' ' if !quoted => all.push(std::mem::take(&mut word)),
            '|' | '>' | '#' | ')' if !quoted => break,
            _ => word.push(c),
        }
    }
    all.push(word);
    all.retain(|w| !w.is_empty() && w != "2");
    all
}

/// Every call of acerto in a line.
fn calls(line: &str) -> impl Iterator<Item = &str> {
    let starts = line.match_indices("acerto ").map(|(at, _)| at);
    let starts = starts.filter(|&at| !line[..at].ends_with(|c: char| c.is_alphanumeric()));
    starts.map(|at| &line[at..])
}

#[test]
fn its_commands_end_as_it_says() {
    let home = prepared();
    let mut run = 0;
    for block in blocks().iter().filter(|b| b.language == "sh" && !b.only_parsed) {
        for line in block.commands() {
            if ["cargo test", "cargo bench"].contains(&line.as_str()) {
                continue;
            }
            let output = shell(&home, &line);
            assert_eq!(output.status.code(), Some(told_exit(&line)), "{line}\n{}", said(&output));
            run += 1;
        }
    }
    assert!(run > 20, "only {run} commands were found");
}

#[test]
fn what_is_not_run_is_at_least_a_command() {
    let text = whole();
    let inline = text.split("```").step_by(2).flat_map(codes).filter(|c| c.starts_with("acerto "));
    let mut lines: Vec<String> = inline.collect();
    for block in blocks() {
        let shown = ["cron", "ini"].contains(&block.language.as_str());
        if block.only_parsed || shown {
            lines.extend(block.commands());
        }
    }
    let mut parsed = 0;
    for call in lines.iter().flat_map(|line| calls(line)) {
        let cli = Cli::try_parse_from(words(call)).and_then(Cli::checked);
        assert!(cli.is_ok(), "`{call}`: {}", cli.unwrap_err());
        parsed += 1;
    }
    assert!(parsed > 5, "only {parsed} calls were found");
}

/// What a part of a configuration needs beside it.
const A_PROFILE: &str = "[profiles.prod.acs]\nkind = \"file\"\npath = \"acs.csv\"\n\
    [profiles.prod.provider]\nkind = \"file\"\npath = \"provider.csv\"\n";

#[test]
fn its_other_configurations_load() {
    let home = Home::new();
    let others = blocks().into_iter().filter(|b| b.language == "toml" && b.only_parsed);
    let mut loaded = 0;
    for block in others {
        // A part stands beside some profile.
        let whole = block.text.contains("[profiles");
        let profile = if whole { "" } else { A_PROFILE };
        std::fs::write(home.path().join("c.toml"), format!("{profile}{}", block.text)).unwrap();
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
        std::fs::set_permissions(home.path().join("c.toml"), mode).unwrap();
        let answer = home.run(&["--config", "c.toml", "config", "show"]);
        assert_eq!(answer.exit, Some(0), "{}\n{}", block.text, answer.said());
        loaded += 1;
    }
    assert!(loaded > 0);
}

fn command_paths(of: &clap::Command, path: &str, found: &mut Vec<String>) {
    for sub in of.get_subcommands() {
        let path = format!("{path}{}", sub.get_name());
        command_paths(sub, &format!("{path} "), found);
        found.push(path);
    }
}

fn long_flags(of: &clap::Command, found: &mut Vec<String>) {
    found.extend(of.get_arguments().filter_map(|a| a.get_long()).map(str::to_owned));
    of.get_subcommands().for_each(|sub| long_flags(sub, found));
}

#[test]
fn it_tells_every_command_and_no_flag_that_is_none() {
    let (text, cli) = (whole(), Cli::command());
    let mut paths = Vec::new();
    command_paths(&cli, "", &mut paths);
    for path in paths {
        let told = [format!("acerto {path}"), format!("`{path}`")];
        assert!(told.iter().any(|t| text.contains(t)), "`acerto {path}` is not told");
    }
    let mut known = Vec::new();
    long_flags(&cli, &mut known);
    // What stands after `cargo test --` is for the tests, and `--bench` is cargo's own.
    let ours =
        |line: &&str| !["cargo test", "cargo bench"].iter().any(|cargo| line.contains(cargo));
    for line in text.lines().filter(ours) {
        let line = line.split_once(" -- ").map_or(line, |(_, arguments)| arguments);
        for word in line.split(|c: char| !c.is_ascii_alphanumeric() && c != '-') {
            let flag = word.strip_prefix("--").filter(|f| f.starts_with(char::is_alphabetic));
            let Some(flag) = flag.filter(|_| !line.starts_with("cargo ")) else { continue };
            assert!(known.iter().any(|k| k == flag), "--{flag} is no flag: {line}");
        }
    }
}

/// Every block of text is an excerpt of what the first command prints.
#[test]
fn its_excerpt_is_what_the_first_command_prints() {
    let home = prepared();
    let all = blocks();
    let first = all.iter().find(|b| b.language == "sh").unwrap().commands().swap_remove(0);
    assert!(first.starts_with("cargo run "), "the first command runs the main job: {first}");
    let printed = said(&shell(&home, &first));
    let mut rest = printed.as_str();
    for part in block("text").split(LEFT_OUT) {
        let at = rest.find(part).unwrap_or_else(|| panic!("not printed:\n{part}\nin\n{rest}"));
        rest = &rest[at + part.len()..];
    }
}

/// Each names its golden screen in the comment above it.
#[test]
fn its_screens_are_the_golden_ones() {
    let all = blocks();
    let screens: Vec<_> = all.iter().filter(|b| b.language == "screen").collect();
    assert!(screens.len() > 3, "the main screens are shown");
    for block in screens {
        let name = block.above.trim_start_matches("<!-- ").trim_end_matches(" -->");
        let golden = read(name);
        let body = golden.splitn(3, "---\n").nth(2).unwrap();
        let screen: Vec<&str> = body.lines().take(24).map(str::trim_end).collect();
        let shown: Vec<&str> = block.text.lines().map(str::trim_end).collect();
        assert_eq!(shown, screen, "{name}");
    }
}

#[test]
fn its_links_lead_to_its_headings_and_files() {
    let text = whole();
    let anchor = |title: &str| {
        let kept = title.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.collect::<String>().to_lowercase().replace(' ', "-")
    };
    let headings = text.lines().filter(|line| line.starts_with('#'));
    let headings: Vec<_> = headings.map(|h| anchor(h.trim_start_matches(['#', ' ']))).collect();
    let links = text.split("](").skip(1).filter_map(|rest| rest.split_once(')'));
    for (link, _) in links {
        match link.strip_prefix('#') {
            Some(heading) => assert!(headings.iter().any(|h| h == heading), "#{heading}"),
            None => assert!(root().join(link).exists(), "{link}"),
        }
    }
}
