//! `keys check` and `keys print`: the dashboard's keymap, without opening it.
//!
//! Must not do: read a keymap. The dashboard does, so that both say the same of it.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::app::face::KeyLine;
use crate::config;
use crate::domain::text::visible;
use crate::headless::args::KeysCommand;
use crate::headless::commands::Context;
use crate::headless::exit::Trouble;
use crate::headless::report;

/// The keymap where no configuration names one.
const STANDARD: &str = "default";

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    keymap: &'a str,
    keys: &'a [KeyLine],
}

/// Which keymap, and the folder with the user's own.
struct Wanted {
    name: String,
    folder: Option<PathBuf>,
    lang: &'static str,
}

/// Runs one of them.
pub fn run(context: &Context<'_>, command: &KeysCommand) -> Result<u8, Trouble> {
    let (KeysCommand::Check { name } | KeysCommand::Print { name }) = command;
    let wanted = wanted(context, name.as_deref())?;
    let keys = (context.face.keys)(&wanted.name, wanted.folder.as_deref(), wanted.lang)?;
    match command {
        KeysCommand::Check { .. } => check(context, &wanted, &keys),
        KeysCommand::Print { .. } => print(context, &wanted, &keys)?,
    }
    Ok(0)
}

/// Who has no configuration yet has the keys that are built in.
fn wanted(context: &Context<'_>, name: Option<&str>) -> Result<Wanted, Trouble> {
    let is_there = config::is_there(&context.flags(), context.env);
    let settings = if is_there { Some(context.settings()?) } else { None };
    let lang = context.console.lang(settings.as_ref(), context.console.json()).name();
    let configured = settings.as_ref().and_then(|settings| settings.ui.keymap.as_deref());
    let folder = settings.as_ref().and_then(|settings| settings.file.as_deref());
    Ok(Wanted {
        name: name.or(configured).unwrap_or(STANDARD).to_owned(),
        folder: folder.and_then(Path::parent).map(Path::to_owned),
        lang,
    })
}

fn check(context: &Context<'_>, wanted: &Wanted, keys: &[KeyLine]) {
    let (name, n) = (visible(&wanted.name), keys.len());
    context.console.say(&format!("the keymap `{name}` is right; it binds {n} actions"));
}

fn print(context: &Context<'_>, wanted: &Wanted, keys: &[KeyLine]) -> Result<(), Trouble> {
    super::print(|out| {
        if context.console.json() {
            let document = Document { schema: 1, keymap: &wanted.name, keys };
            return report::write_line(&document, out);
        }
        text(keys, out)
    })
}

fn text(keys: &[KeyLine], out: &mut dyn Write) -> io::Result<()> {
    let joined = |line: &KeyLine| line.keys.join("  ");
    let wide = |of: &dyn Fn(&KeyLine) -> String| {
        keys.iter().map(|line| of(line).chars().count()).max().unwrap_or_default()
    };
    let (layers, all) = (wide(&|line| line.layer.to_owned()), wide(&joined));
    for line in keys {
        let (layer, joined, text) = (line.layer, joined(line), &line.text);
        writeln!(out, "{layer:layers$}  {joined:all$}  {text}  ({})", line.action)?;
    }
    Ok(())
}
