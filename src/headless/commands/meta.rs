//! `schema`, `completions`, `man`: what acerto tells about itself.
//!
//! Must not do: read anything.

use clap::CommandFactory as _;
use clap_complete::Shell;

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
    let mut text = Vec::new();
    clap_mangen::Man::new(Cli::command()).render(&mut text)?;
    print(&text)
}

fn print(text: &[u8]) -> Result<u8, Trouble> {
    super::print(|out| out.write_all(text))?;
    Ok(0)
}
