//! `config init` at a terminal: asks, writes, checks, and offers a first run.
//!
//! Must not do: write anything before every answer is there, or over any file.

mod answers;
mod prompt;

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};

use secrecy::ExposeSecret as _;

use crate::app::doctor::{self, Patient};
use crate::app::exit::Condition;
use crate::app::{AppError, Stop};
use crate::config::{self as settings, Answers};
use crate::domain::text::visible;
use crate::headless::args::{Cli, LangArg};
use crate::headless::commands::{Context, config, reconcile};
use crate::headless::exit::Trouble;
use crate::headless::report;
use crate::words::{Ask, Lang, Remark, wizard_remark};
use answers::Kept;
use prompt::{Prompt, say};

/// Asks everything and writes it; the exit code is the first run's, or what the check-up found.
pub fn run(context: &Context<'_>) -> Result<u8, Trouble> {
    let path = settings::own_file(&context.flags(), context.env)?;
    if path.symlink_metadata().is_ok() {
        // It says so, and leaves it as it is.
        settings::init(&path, None)?;
    }
    let stop =
        Stop::listen().map_err(|e| AppError::Bug(format!("signals can't be listened to: {e}")))?;
    let voice = context.console.voice(None);
    let prompt = Prompt { voice: &voice, stop: &stop };
    say(wizard_remark(&voice, Remark::Begin));
    let folder = path.parent().unwrap_or(Path::new("")).to_owned();
    let (answers, kept) = answers::ask(&prompt, &folder)?;
    let mut files: Vec<PathBuf> = kept.iter().map(|one| one.path.clone()).collect();
    files.push(path.clone());
    list(&prompt, Remark::Files, &files);
    if !yes(&prompt, Ask::Write, true)? {
        say(wizard_remark(&voice, Remark::Unwritten));
        return Ok(0);
    }
    write(&path, &folder, &answers, &kept)?;
    drop(kept);
    let cli = first_run(context, &path, &answers.profile)?;
    let mine = Context { cli: &cli, ..*context };
    let looked = look(&mine, &prompt);
    if looked.is_err() {
        list(&prompt, Remark::Left, &files);
    }
    let (found, wanted) = looked?;
    stop.close();
    if !wanted {
        return Ok(found);
    }
    let exit = reconcile::run(&mine)?;
    context.console.say(&format!("\n{}", wizard_remark(&voice, Remark::Next)));
    Ok(if exit == Condition::Differences.code() { 0 } else { exit })
}

/// The check-up of what was written, and whether a first run is wanted.
fn look(mine: &Context<'_>, prompt: &Prompt<'_>) -> Result<(u8, bool), Trouble> {
    config::check(mine)?;
    let settings = mine.settings();
    say("");
    let checkup = doctor::examine(&Patient {
        settings: settings.as_ref(),
        adapters: mine.adapters,
        env: mine.env,
        screen: mine.console.screen(),
        assumptions: false,
    });
    super::print(|out| report::doctor_text(&checkup, prompt.voice, mine.console.out.color, out))?;
    let found = checkup.exit();
    if found != 0 {
        say(wizard_remark(prompt.voice, Remark::Troubled));
    }
    Ok((found, yes(prompt, Ask::Run, found == 0)?))
}

fn yes(prompt: &Prompt<'_>, ask: Ask, default: bool) -> Result<bool, Trouble> {
    let word = match (default, prompt.voice.lang) {
        (true, Lang::En) => "y",
        (true, Lang::PtBr) => "s",
        (false, _) => "n",
    };
    prompt.ask(ask, Some(word), answers::yes)
}

fn list(prompt: &Prompt<'_>, remark: Remark, files: &[PathBuf]) {
    say(&format!("\n{}", wizard_remark(prompt.voice, remark)));
    for file in files {
        say(&format!("  {}", visible(&file.to_string_lossy())));
    }
}

/// Secrets first, so that the configuration never names one that is missing. Where one file
/// fails, none of them stays.
fn write(path: &Path, folder: &Path, answers: &Answers, kept: &[Kept]) -> Result<(), Trouble> {
    let mut made: Vec<&Path> = Vec::new();
    let written = make_folder(folder).and_then(|()| {
        for one in kept {
            keep(one)?;
            made.push(&one.path);
        }
        Ok(settings::init_with(path, answers)?)
    });
    if written.is_err() {
        for path in made {
            // It was made a moment ago, by us; where it can't be removed it is only its owner's.
            let _ = std::fs::remove_file(path);
        }
    }
    written
}

fn make_folder(folder: &Path) -> Result<(), Trouble> {
    if folder.as_os_str().is_empty() {
        return Ok(());
    }
    let made = std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder);
    made.map_err(Trouble::early(folder))
}

/// Writes a secret into a file of its own, mode 0600, which was not there.
fn keep(one: &Kept) -> Result<(), Trouble> {
    let file = std::fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(&one.path);
    let mut file = file.map_err(Trouble::early(&one.path))?;
    let written = file.write_all(one.secret.expose_secret().as_bytes());
    written.and_then(|()| file.sync_all()).map_err(Trouble::early(&one.path))
}

/// The first run as it would be typed.
fn first_run(context: &Context<'_>, path: &Path, profile: &str) -> Result<Cli, Trouble> {
    let global = &context.cli.global;
    let mut words: Vec<OsString> =
        ["acerto", "--reconcile", "--summary", "--profile", profile].map(OsString::from).to_vec();
    words.extend(["--config".into(), path.as_os_str().to_owned()]);
    if let Some(store) = &global.store {
        words.extend(["--store".into(), store.as_os_str().to_owned()]);
    }
    if let Some(lang) = global.lang {
        let name = if lang == LangArg::En { "en" } else { "pt-BR" };
        words.extend(["--lang".into(), name.into()]);
    }
    Cli::read(words).map_err(|error| AppError::Bug(format!("no first run: {error}")).into())
}
