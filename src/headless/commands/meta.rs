//! `schema`, `completions`, `man`: what acerto tells about itself.
//!
//! Must not do: read anything, or write but where it is asked to.

use std::path::Path;

use clap::CommandFactory as _;
use clap_complete::Shell;

use crate::app::AppError;
use crate::domain::text::visible;
use crate::headless::args::{Cli, SchemaName};
use crate::headless::commands::manual;
use crate::headless::exit::Trouble;
use crate::headless::report::{self, SchemaKind};
use crate::headless::whole_file::{PUBLIC, WholeFile};

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

/// `man`: the page of the program, of a command, or of the configuration; or all into a folder.
pub fn man(of: &[String], output: Option<&Path>) -> Result<u8, Trouble> {
    let Some(folder) = output else { return print(&page(of)?) };
    for (name, text) in manual::pages()? {
        let section = if name.ends_with(".5") { "man5" } else { "man1" };
        let folder = folder.join(section);
        std::fs::create_dir_all(&folder).map_err(Trouble::early(&folder))?;
        let mut file = WholeFile::create(&folder.join(name), PUBLIC)?;
        file.fill(|out| out.write_all(&text))?;
        file.finish()?;
    }
    Ok(0)
}

fn page(of: &[String]) -> Result<Vec<u8>, Trouble> {
    if of == ["config.toml"] {
        return Ok(manual::configuration());
    }
    let words: Vec<&str> = of.iter().map(String::as_str).collect();
    manual::of(&words)?.ok_or_else(|| {
        let what = format!("there is no command `{}`", visible(&of.join(" ")));
        AppError::usage(what, &["all of them: acerto --help"]).into()
    })
}

fn print(text: &[u8]) -> Result<u8, Trouble> {
    super::print(|out| out.write_all(text))?;
    Ok(0)
}
