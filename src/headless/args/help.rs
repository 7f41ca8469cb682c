//! Help that tells a flag where it can be used, and flags of every command only once.
//!
//! Must not do: change what is understood; a hidden flag works as ever.

use clap::Command;

/// The commands that print text or JSON, by their paths.
const WITH_FORMAT: [&str; 11] = [
    "status",
    "explain",
    "runs",
    "show",
    "ignore",
    "ignore list",
    "store check",
    "store drill",
    "config show",
    "doctor",
    "lab score",
];

const ELSEWHERE: &str = "\
Flags of every command (--config, --profile, --store, --color, --lang, --demo, -v, -q):
  acerto --help";

/// Hides the flags of every command from all helps but the first.
pub(super) fn told_once(command: Command) -> Command {
    let global: Vec<clap::Arg> =
        command.get_arguments().filter(|a| a.is_global_set()).cloned().collect();
    command.mut_subcommands(|sub| {
        let name = sub.get_name().to_owned();
        quieter(sub, &name, &global)
    })
}

fn quieter(command: Command, path: &str, global: &[clap::Arg]) -> Command {
    let format = WITH_FORMAT.contains(&path);
    let own = global.iter().cloned().map(|flag| match flag.get_id().as_str() {
        // Its own parser still knows the other words, and says why they don't go here.
        "format" if format => {
            let help = "The form of the output [default: text]";
            flag.value_name("text|json").help(help).long_help(help).help_heading(None)
        }
        "profile" if path == "config init" => {
            let help = "The name of the profile in it [default: prod]";
            flag.help(help).long_help(help).help_heading(None)
        }
        _ => flag.hide(true),
    });
    let after = match command.get_after_help() {
        Some(own) => format!("{own}\n\n{ELSEWHERE}"),
        None => ELSEWHERE.to_owned(),
    };
    let command = command.args(own).after_help(after);
    command.mut_subcommands(|sub| {
        let path = format!("{path} {}", sub.get_name());
        quieter(sub, &path, global)
    })
}
