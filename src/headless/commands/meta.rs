//! `schema`, `completions`, `man`: what acerto tells about itself.
//!
//! Must not do: read anything.

use std::io;

use clap::CommandFactory as _;
use clap_complete::Shell;
use clap_mangen::Man;

use crate::headless::args::{Cli, SchemaName};
use crate::headless::exit::Trouble;
use crate::headless::report::{self, SchemaKind};

/// `schema`.
pub fn schema(what: SchemaName) -> Result<u8, Trouble> {
    let kind = match what {
        SchemaName::Report => SchemaKind::Report,
        SchemaName::Plan => SchemaKind::Plan,
        SchemaName::Events => SchemaKind::Events,
    };
    print(report::schema(kind).as_bytes())
}

/// `completions`.
pub fn completions(shell: Shell) -> Result<u8, Trouble> {
    // Into memory first: clap_complete panics where a pipe closes early.
    let mut text = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "acerto", &mut text);
    print(&text)
}

/// `man`: one page, the commands one after the other.
pub fn man() -> Result<u8, Trouble> {
    let command = Cli::definition();
    let mut page = Vec::new();
    let main = Man::new(command.clone());
    main.render_title(&mut page)?;
    main.render_name_section(&mut page)?;
    main.render_synopsis_section(&mut page)?;
    main.render_description_section(&mut page)?;
    main.render_options_section(&mut page)?;
    for inner in command.get_subcommands() {
        command_section(inner, "acerto", &mut page)?;
    }
    main.render_extra_section(&mut page)?;
    print(&page)
}

/// A command under its own heading, its parts as sub-headings; then its own commands.
fn command_section(command: &clap::Command, parent: &str, page: &mut Vec<u8>) -> io::Result<()> {
    let name = format!("{parent} {}", command.get_name());
    let man = Man::new(command.clone().name(name.clone()).bin_name(name.clone()));
    let mut body = Vec::new();
    man.render_synopsis_section(&mut body)?;
    man.render_description_section(&mut body)?;
    man.render_options_section(&mut body)?;
    man.render_extra_section(&mut body)?;
    page.extend(format!(".SH \"{}\"\n", name.to_uppercase()).into_bytes());
    let body = String::from_utf8_lossy(&body);
    for line in body.lines() {
        let line = match line.strip_prefix(".SH ") {
            // What it does and its examples need no heading of their own.
            Some("DESCRIPTION" | "EXTRA") => ".PP".to_owned(),
            Some(head) => format!(".SS {head}"),
            None => line.to_owned(),
        };
        page.extend(line.into_bytes());
        page.push(b'\n');
    }
    command.get_subcommands().try_for_each(|inner| command_section(inner, &name, page))
}

fn print(text: &[u8]) -> Result<u8, Trouble> {
    super::print(|out| out.write_all(text))?;
    Ok(0)
}
