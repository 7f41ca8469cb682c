//! `config init`, `check` and `show`.
//!
//! Must not do: print a secret; only where it is read from.

use std::io::{self, IsTerminal as _, Write};

use serde::Serialize;

use crate::config::{self, ConfigError, Origin, Row, Settings, SideSettings};
use crate::domain::Side;
use crate::domain::text::visible;
use crate::engine::rules::{DEFAULT_IGNORE_LOGINS, DEFAULT_PLACEHOLDERS};
use crate::headless::args::ConfigCommand;
use crate::headless::commands::{Context, wizard};
use crate::headless::exit::Trouble;
use crate::headless::report;

/// Runs one of them.
pub fn run(context: &Context<'_>, command: &ConfigCommand) -> Result<u8, Trouble> {
    match command {
        ConfigCommand::Init { no_input } => init(context, *no_input),
        ConfigCommand::Check => check(context),
        ConfigCommand::Show => show(context),
    }
}

fn init(context: &Context<'_>, no_input: bool) -> Result<u8, Trouble> {
    let named = context.cli.global.profile.is_some();
    let terminals = io::stdin().is_terminal() && io::stderr().is_terminal();
    if terminals && !no_input && !named {
        return wizard::run(context);
    }
    let path = config::own_file(&context.flags(), context.env)?;
    config::init(&path, context.cli.global.profile.as_deref())?;
    let path = visible(&path.to_string_lossy());
    context.console.say(&format!(
        "{path} is written, read-only as it stands\n  \
         set the addresses and secrets in it, then run: acerto config check"
    ));
    Ok(0)
}

/// Reads everything that a run would read before it starts, secrets too.
pub(super) fn check(context: &Context<'_>) -> Result<u8, Trouble> {
    let settings = config::load(&context.flags(), context.env)?;
    let mut wrong: Vec<ConfigError> = Vec::new();
    for side in [Side::Acs, Side::Provider] {
        wrong.extend(settings.read_secrets(side, context.env).err());
        wrong.extend(missing(&settings, side));
    }
    wrong.extend(settings.listen.hook(settings.file.as_deref(), context.env).err());
    let last = wrong.pop();
    for error in &wrong {
        context.console.error(&error.to_string(), &error.hints);
    }
    if let Some(error) = last {
        return Err(error.into());
    }
    let file = settings.file.as_ref().map(|f| visible(&f.to_string_lossy())).unwrap_or_default();
    context.console.say(&format!("{file} is right; profile `{}`", settings.profile));
    Ok(0)
}

/// A file or secret that a run would miss at once.
fn missing(settings: &Settings, side: Side) -> Option<ConfigError> {
    let name = match side {
        Side::Acs => "acs",
        Side::Provider => "provider",
    };
    match settings.side(side)? {
        SideSettings::File(file) if !file.path.is_file() => {
            let path = visible(&file.path.to_string_lossy());
            let what =
                format!("profiles.{}.{name}.path: there is no file {path}", settings.profile);
            Some(ConfigError::new(what).hint("export the list there, or correct the path"))
        }
        SideSettings::File(_) | SideSettings::Network(_) => None,
    }
}

#[derive(Serialize)]
struct Document<'a> {
    schema: u32,
    file: Option<String>,
    profile: &'a str,
    settings: Vec<SettingDocument<'a>>,
}

#[derive(Serialize)]
struct SettingDocument<'a> {
    key: &'a str,
    /// `None`: not set, and nothing is shipped for it.
    value: Option<&'a str>,
    origin: &'static str,
    line: Option<usize>,
    name: Option<&'static str>,
}

fn show(context: &Context<'_>) -> Result<u8, Trouble> {
    let settings = config::load(&context.flags(), context.env)?;
    let rows = all_rows(&settings);
    super::print(|out| {
        if context.console.json() {
            return report::write_line(&document(&settings, &rows), out);
        }
        text(&settings, &rows, out)
    })?;
    Ok(0)
}

/// Every key with its value and where it comes from, sorted; secrets redacted.
pub(super) fn all_rows(settings: &Settings) -> Vec<Row> {
    let mut rows = settings.rows.clone();
    rows.extend(secret_rows(settings));
    rows.extend(unset_rows(settings));
    rows.sort_by(|a, b| a.key.cmp(&b.key));
    rows
}

/// What `config show` says of a key that nobody set.
const UNSET: &str = "unset";

/// Keys that nobody set: with what holds then, or none.
fn unset_rows(settings: &Settings) -> Vec<Row> {
    let row = |key: &String| {
        let quoted = |words: &[&str]| format!("{words:?}");
        let value = match key.as_str() {
            "causes.placeholder_serials" => quoted(&DEFAULT_PLACEHOLDERS),
            "causes.ignore_logins" => quoted(&DEFAULT_IGNORE_LOGINS),
            _ => UNSET.to_owned(),
        };
        Row { key: key.clone(), value, origin: Origin::Default }
    };
    settings.unset.iter().map(row).collect()
}

/// Where each secret is read from; what it says is nobody's business.
fn secret_rows(settings: &Settings) -> Vec<Row> {
    let mut rows = Vec::new();
    for (side, name) in [(Side::Acs, "acs"), (Side::Provider, "provider")] {
        let Some(SideSettings::Network(network)) = settings.side(side) else { continue };
        for (key, source) in &network.secrets {
            let key = format!("profiles.{}.{name}.{key}", settings.profile);
            let named =
                |row: &&Row| row.key == format!("{key}_file") || row.key == format!("{key}_env");
            let origin = settings.rows.iter().find(named).map(|row| row.origin.clone());
            rows.push(Row {
                value: format!("[redacted] ({source})"),
                origin: origin.unwrap_or(Origin::Environment("CREDENTIALS_DIRECTORY")),
                key,
            });
        }
    }
    rows
}

fn document<'a>(settings: &'a Settings, rows: &'a [Row]) -> Document<'a> {
    let line = |row: &'a Row| {
        let (origin, line, name) = match &row.origin {
            Origin::Default => ("default", None, None),
            Origin::File { line } => ("file", Some(*line), None),
            Origin::Environment(name) => ("environment", None, Some(*name)),
            Origin::Flag(name) => ("flag", None, Some(*name)),
        };
        let value = Some(row.value.as_str()).filter(|v| *v != UNSET);
        SettingDocument { key: &row.key, value, origin, line, name }
    };
    Document {
        schema: 1,
        file: settings.file.as_ref().map(|f| f.to_string_lossy().into_owned()),
        profile: &settings.profile,
        settings: rows.iter().map(line).collect(),
    }
}

fn text(settings: &Settings, rows: &[Row], out: &mut dyn Write) -> io::Result<()> {
    let file = settings.file.as_ref().map(|f| visible(&f.to_string_lossy())).unwrap_or_default();
    writeln!(out, "{file}, profile `{}`\n", settings.profile)?;
    let width = rows.iter().map(|r| r.key.chars().count()).max().unwrap_or_default();
    for row in rows {
        let from = match &row.origin {
            Origin::Default => "default".to_owned(),
            Origin::File { line } => format!("line {line}"),
            Origin::Environment(name) => format!("${name}"),
            Origin::Flag(name) => (*name).to_owned(),
        };
        writeln!(out, "{:width$}  {}  ({from})", row.key, row.value)?;
    }
    Ok(())
}
