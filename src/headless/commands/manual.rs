//! Manual pages: one of the program, one a command, one of the configuration's keys.
//!
//! All come from what `--help` and `config init` print, so none can fall behind. Must not do:
//! hold a text of its own about a flag or a key.

use std::fmt::Write as _;
use std::io;

use clap::Command;
use clap_mangen::Man;

use crate::config;
use crate::headless::args::Cli;

/// The file name of the page about the configuration.
const CONFIGURATION: &str = "acerto-config.toml.5";

/// Every page with its file name.
///
/// # Errors
/// Never, as they are written into memory.
pub fn pages() -> io::Result<Vec<(String, Vec<u8>)>> {
    let mut found = vec![(CONFIGURATION.to_owned(), configuration())];
    let program = Cli::definition();
    found.push(("acerto.1".to_owned(), main_page(&program)?));
    commands(&program, &mut Vec::new(), &mut found)?;
    Ok(found)
}

/// The page of the program (`path` empty) or of a command; `None` where there is none such.
///
/// # Errors
/// Never, as it is written into memory.
pub fn of(path: &[&str]) -> io::Result<Option<Vec<u8>>> {
    let program = Cli::definition();
    if path.is_empty() {
        return main_page(&program).map(Some);
    }
    let mut command = &program;
    for name in path {
        let Some(inner) = command.find_subcommand(name) else { return Ok(None) };
        command = inner;
    }
    command_page(command, path).map(Some)
}

fn commands(
    of: &Command,
    path: &mut Vec<String>,
    found: &mut Vec<(String, Vec<u8>)>,
) -> io::Result<()> {
    for inner in of.get_subcommands() {
        path.push(inner.get_name().to_owned());
        let words: Vec<&str> = path.iter().map(String::as_str).collect();
        found.push((format!("acerto-{}.1", path.join("-")), command_page(inner, &words)?));
        commands(inner, path, found)?;
        path.pop();
    }
    Ok(())
}

/// The program's own page: flags, the commands in a line each, exit codes, files.
fn main_page(program: &Command) -> io::Result<Vec<u8>> {
    let mut page = Vec::new();
    let man = Man::new(program.clone());
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    page.extend_from_slice(b".SH COMMANDS\n");
    page.extend(listed(program, &[]).into_bytes());
    man.render_options_section(&mut page)?;
    notes(&man, &mut page)?;
    see_also(&mut page, &["acerto-config.toml(5)".to_owned()]);
    Ok(page)
}

fn command_page(command: &Command, path: &[&str]) -> io::Result<Vec<u8>> {
    let name = format!("acerto-{}", path.join("-"));
    let called = format!("acerto {}", path.join(" "));
    let mut page = Vec::new();
    let man = Man::new(command.clone().name(name.clone()).bin_name(called)).title(name);
    man.render_title(&mut page)?;
    man.render_name_section(&mut page)?;
    man.render_synopsis_section(&mut page)?;
    man.render_description_section(&mut page)?;
    if command.has_subcommands() {
        page.extend_from_slice(b".SH COMMANDS\n");
        page.extend(listed(command, path).into_bytes());
    }
    man.render_options_section(&mut page)?;
    notes(&man, &mut page)?;
    let above = match path {
        [] | [_] => "acerto(1)".to_owned(),
        [more @ .., _] => format!("acerto-{}(1)", more.join("-")),
    };
    see_also(&mut page, &[above]);
    Ok(page)
}

/// The commands of `of`, each with its page and what it does.
fn listed(of: &Command, path: &[&str]) -> String {
    let mut text = String::new();
    for inner in of.get_subcommands() {
        let words: Vec<&str> = path.iter().copied().chain([inner.get_name()]).collect();
        let about = inner.get_about().map(ToString::to_string).unwrap_or_default();
        // Writing to a String cannot fail.
        let _ = writeln!(text, ".TP\n.BR acerto\\-{} (1)\n{}", words.join("\\-"), roff(&about));
    }
    text
}

/// What stands below the flags in `--help`; "EXTRA" is no heading of manual pages.
fn notes(man: &Man, page: &mut Vec<u8>) -> io::Result<()> {
    let mut text = Vec::new();
    man.render_extra_section(&mut text)?;
    let text = String::from_utf8_lossy(&text).replacen(".SH EXTRA", ".SH NOTES", 1);
    page.extend(text.into_bytes());
    Ok(())
}

fn see_also(page: &mut Vec<u8>, names: &[String]) {
    page.extend(format!(".SH \"SEE ALSO\"\n{}\n", roff(&names.join(", "))).into_bytes());
}

/// The page about the configuration: the commented file that `config init` writes.
pub fn configuration() -> Vec<u8> {
    let version = env!("CARGO_PKG_VERSION");
    let mut text = format!(
        ".ie \\n(.g .ds Aq \\(aq\n.el .ds Aq '\n\
         .TH acerto-config.toml 5 \"acerto {version}\"\n\
         .SH NAME\nacerto\\-config.toml \\- every key of the configuration, with the shipped \
         values\n\
         .SH DESCRIPTION\nThis is the file that\n.B acerto config init\nwrites. A line that \
         begins with \"# key = \" shows the value that holds where the key is not set. \n\
         .B acerto config show\ntells what holds now, and where each value comes from.\n\
         .SH FILE\n.nf\n"
    );
    for line in config::TEMPLATE.lines() {
        let _ = writeln!(text, "{}", roff(line));
    }
    text.push_str(".fi\n.SH \"SEE ALSO\"\nacerto(1), acerto\\-config(1)\n");
    text.into_bytes()
}

/// A line as roff shows it unchanged.
fn roff(line: &str) -> String {
    let line = line.replace('\\', "\\e").replace('-', "\\-").replace('\'', "\\*(Aq");
    // A dot or an apostrophe at the start would be a request.
    if line.starts_with(['.', '\'']) { format!("\\&{line}") } else { line }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn count(of: &Command) -> usize {
        of.get_subcommands().map(|inner| 1 + count(inner)).sum()
    }

    #[test]
    fn every_command_has_a_page_of_its_own() {
        let pages = pages().unwrap();
        assert_eq!(pages.len(), count(&Cli::definition()) + 2);
        let mut names: Vec<&str> = pages.iter().map(|p| p.0.as_str()).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), pages.len(), "two pages of one name");
        for (name, text) in &pages {
            let text = String::from_utf8_lossy(text);
            for part in [".TH ", ".SH NAME", ".SH \"SEE ALSO\""] {
                assert!(text.contains(part), "{name} has no {part}");
            }
        }
    }

    #[test]
    fn a_page_is_found_by_its_command_and_nothing_else() {
        let text = |path: &[&str]| of(path).unwrap().map(|t| String::from_utf8(t).unwrap());
        assert!(text(&["store", "drill"]).unwrap().contains("acerto store drill"));
        assert!(text(&[]).unwrap().contains("Exit codes"));
        assert_eq!(text(&["store", "none"]), None);
    }

    #[test]
    fn no_line_is_taken_for_a_request() {
        assert_eq!(roff(".TH x"), "\\&.TH x");
        assert_eq!(roff("a-b'c\\d"), "a\\-b\\*(Aqc\\ed");
        assert!(roff("'quoted'").starts_with("\\*(Aq"));
    }
}
