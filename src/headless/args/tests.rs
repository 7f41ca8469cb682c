//! Tables: what is typed, what it means, what is refused.

use clap::{CommandFactory as _, Parser as _};

use super::*;

fn parse(line: &str) -> Result<Cli, clap::Error> {
    let words = line.split_whitespace().map(|w| w.replace('_', " "));
    Cli::try_parse_from([String::from("acerto")].into_iter().chain(words)).and_then(Cli::checked)
}

#[test]
fn the_definition_holds() {
    Cli::command().debug_assert();
}

#[test]
fn flags_work_before_and_after_the_command() {
    for line in [
        "--store D --format json status",
        "status --store D --format json",
        "--store D status --format json",
        "ignore --store D --format json list",
        "--format json ignore list --store D",
    ] {
        let cli = parse(line).unwrap_or_else(|e| panic!("{line}: {e}"));
        assert_eq!(cli.global.store.as_deref(), Some(std::path::Path::new("D")), "{line}");
        assert_eq!(cli.global.format, Some(FormatArg::Json), "{line}");
    }
}

#[test]
fn everything_of_the_contract_is_understood() {
    for line in [
        "--reconcile",
        "--reconcile --format ndjson --output F --group-by model --metrics M --fail-on none",
        "--reconcile --strict --no-store --acs-file A --provider-file P --events-file E",
        "--reconcile --summary --as-of 2026-11-20T12:00:00Z --lang pt-BR --color never -vv",
        "--reconcile --format csv --csv-separator ; --with-pii --reason audit -q --fresh",
        "explain A B C",
        "explain --keys -",
        "explain A --acs-file F --provider-file G",
        "runs --limit 3",
        "show f-1",
        "ignore A --reason because_of --days 3",
        "ignore list",
        "ignore remove A",
        "note A some_text",
        "doctor",
        "doctor --format json --profile p",
        "store check",
        "store backup F",
        "store backup F --force",
        "store backup --keep 8 D",
        "store drill F",
        "store drill D --format json",
        "store restore F --force",
        "store export --with-pii --reason audit",
        "store compact",
        "config init",
        "config check",
        "config show --profile p",
        "schema report",
        "completions zsh",
        "man",
        "man store backup",
        "man --output D",
        "--demo",
        "--demo --format json --store D",
        "--demo --reconcile --summary",
        "explain A --demo",
        "--demo status --store D",
        "lab score",
        "lab",
        "lab --port 0 --speed 0 --epoch 2026-11-20T12:00:00Z --config-out F",
        "lab score --seeds 2 --devices 500 --days 90 --no-listener --criterion-unknown",
        "lab score --listener --format json -v",
    ] {
        parse(line).unwrap_or_else(|e| panic!("{line}: {e}"));
    }
}

#[test]
fn usage_errors_end_with_2() {
    for line in [
        "nonsense",
        "--reconcile status",
        "--reconcile --with-pii --format csv",
        "--reconcile --with-pii --reason x",
        "--reconcile --with-pii --reason x --format csv --no-store",
        "--reconcile --csv-separator ;",
        "--reconcile --format csv --csv-separator ab",
        "--reconcile --summary --format json",
        "--reconcile --fail-on some",
        "--reconcile -v -q",
        "--reconcile --no-store --store D",
        "runs --limit 0",
        "show _",
        "ignore _ --reason r",
        "note A _",
        "explain _",
        "status --format csv",
        "--strict status",
        "status --acs-file F",
        "explain",
        "ignore",
        "ignore A",
        "ignore A --reason r --days 0",
        "store",
        "store export --with-pii",
        "store backup --keep 0 D",
        "store backup --keep 2 --force D",
        "man store --output D",
        "config",
        "schema nonsense",
        "lab --port 70000",
        "lab --speed -1",
        "lab --seed 2 score",
        "lab score --seeds 0",
        "lab score --days 3",
        "lab score --listener --no-listener",
        "lab score --demo",
        "--demo --config F",
        "--demo --profile p",
        "--demo --summary",
        "--demo --reconcile --acs-file F",
        "--demo --as-of 2026-11-20T12:00:00Z --reconcile",
        "--demo doctor",
    ] {
        let error = parse(line).expect_err(line);
        assert_eq!(error.exit_code(), 2, "{line}");
    }
}

#[test]
fn a_remark_is_no_book() {
    let long = "x".repeat(2001);
    for line in [
        format!("note A {long}"),
        format!("ignore A --reason {long}"),
        format!("store export --with-pii --reason {long}"),
    ] {
        let error = parse(&line).expect_err(&line[..30]);
        let said = error.to_string();
        assert_eq!(error.exit_code(), 2);
        assert!(said.contains("2001 characters") && !said.contains(&long), "{said}");
        assert!(parse(&line.replace(&long, &long[1..])).is_ok());
    }
}

#[test]
fn flags_of_every_command_are_told_once_and_work_everywhere() {
    let mut definition = Cli::definition();
    definition.build();
    let help = |path: &[&str]| {
        let of = path
            .iter()
            .fold(definition.clone(), |of, name| of.find_subcommand(name).expect(name).clone());
        of.clone().render_long_help().to_string()
    };
    for (path, format) in [
        (&["status"][..], true),
        (&["store", "check"], true),
        (&["config", "show"], true),
        (&["note"], false),
        (&["store", "backup"], false),
    ] {
        let text = help(path);
        assert_eq!(text.contains("--format <text|json>"), format, "{text}");
        for flag in ["--fresh ", "--config <", "--color <", "csv"] {
            assert!(!text.contains(flag), "{flag} in\n{text}");
        }
        assert!(text.contains("acerto --help"), "{text}");
    }
    for flag in ["--fresh", "--config <", "--format <text|json|ndjson|csv>"] {
        assert!(help(&[]).contains(flag), "{flag}");
    }
    let typed = ["acerto", "store", "--store", "D", "check", "--format", "json", "-v", "--fresh"];
    let cli = Cli::read(typed.map(Into::into)).unwrap();
    assert_eq!(cli.global.store.as_deref(), Some(std::path::Path::new("D")));
    assert_eq!((cli.global.format, cli.global.verbose), (Some(FormatArg::Json), 1));
}

/// Every command's help has an example or commands of its own, and every flag one sentence.
#[test]
fn help_reads_well() {
    fn look(command: &clap::Command, path: &str) {
        let help = command.clone().render_long_help().to_string();
        assert!(help.lines().all(|l| l.chars().count() <= 100), "{path}:\n{help}");
        for argument in command.get_arguments().filter(|a| !a.is_hide_set()) {
            let said = argument.get_help().map(ToString::to_string).unwrap_or_default();
            assert!(!said.is_empty(), "{path} {argument} says nothing");
        }
        for inner in command.get_subcommands() {
            assert!(inner.get_about().is_some(), "{path} {}", inner.get_name());
            look(inner, &format!("{path} {}", inner.get_name()));
        }
    }
    let mut command = Cli::definition();
    command.build();
    look(&command, "acerto");
    let help = command.render_long_help().to_string();
    for needle in ["Examples:", "Exit codes:", "129, 130, 143", "ACERTO_STORE"] {
        assert!(help.contains(needle), "{needle}");
    }
}
