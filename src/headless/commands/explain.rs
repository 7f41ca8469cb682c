//! `explain`: everything about devices, one by one.
//!
//! Must not do: look anything up; the use-case does.

use std::io::{self, Read, Write};
use std::path::Path;

use serde::Serialize;

use crate::app::history::{Archive, Explained};
use crate::app::{AppError, HistoryEntry, HistoryState, Note, Past, Request, actor};
use crate::config::Settings;
use crate::domain::Untrusted;
use crate::domain::text::visible;
use crate::engine::State;
use crate::headless::args::ExplainArgs;
use crate::headless::commands::{Context, reconcile};
use crate::headless::exit::Trouble;
use crate::headless::report::{self, Explain, ExplainDocument};
use crate::words::{Voice, word};

/// Longer lines of a key file are no keys.
const KEY_FILE_BYTES_MAX: u64 = 16 * 1024 * 1024;

/// Explains each key; 3 where none of them is known.
pub fn run(context: &Context<'_>, args: &ExplainArgs) -> Result<u8, Trouble> {
    let mut keys = args.key.clone();
    if let Some(file) = &args.keys {
        keys.extend(read_keys(file)?);
    }
    if keys.is_empty() {
        let what = "there is no key to explain";
        return Err(AppError::usage(what, &["give a serial, MAC, login or id, one a line"]).into());
    }
    let (settings, archive) = archive(context)?;
    let explainer = archive.explainer();
    let mut known = 0;
    super::print(|out| {
        for (n, key) in keys.iter().enumerate() {
            let device = explainer.explain(key).map_err(io::Error::other)?;
            known += usize::from(device.is_some());
            if n > 0 && !context.console.json() {
                writeln!(out)?;
            }
            one(context, &settings, key, &device.unwrap_or_default(), out)?;
        }
        Ok(())
    })?;
    if known == 0 {
        let looked = if context.cli.files().any() { "these files" } else { "the last run" };
        context.console.say(&format!("nothing found in {looked}"));
        return Ok(3);
    }
    Ok(0)
}

/// From the files given, else from the store.
fn archive(context: &Context<'_>) -> Result<(Settings, Archive), AppError> {
    if !context.cli.files().any() {
        let settings = context.settings()?;
        let archive = Archive::of_store(&settings)?;
        return Ok((settings, archive));
    }
    let settings = context.run_settings()?;
    let request = Request {
        forget: true,
        events: context.cli.files().events_file,
        as_of: context.as_of(&settings)?,
        actor: actor::current(),
        ..Request::default()
    };
    let finished = reconcile::collect_and_reconcile(context, &settings, &request)?;
    Ok((settings, Archive::of_run(finished)))
}

fn read_keys(file: &Path) -> Result<Vec<String>, Trouble> {
    let source: Box<dyn Read> = if file == Path::new("-") {
        Box::new(io::stdin().lock())
    } else {
        Box::new(std::fs::File::open(file).map_err(Trouble::early(file))?)
    };
    let mut bytes = Vec::new();
    source.take(KEY_FILE_BYTES_MAX).read_to_end(&mut bytes).map_err(Trouble::early(file))?;
    Ok(keys_of(&bytes, file)?)
}

/// One key a line; blank lines and those that begin with `#` are none.
fn keys_of(bytes: &[u8], file: &Path) -> Result<Vec<String>, AppError> {
    let text = std::str::from_utf8(bytes).map_err(|e| {
        let before = bytes.get(..e.valid_up_to()).unwrap_or_default();
        let line = memchr::memchr_iter(b'\n', before).count() + 1;
        let file = visible(&file.to_string_lossy());
        let what = format!("{file}, line {line}: the keys are not UTF-8 text");
        AppError::usage(what, &["save the file as UTF-8, one key a line"])
    })?;
    let lines = text.trim_start_matches('\u{feff}').lines().map(str::trim);
    Ok(lines.filter(|l| !l.is_empty() && !l.starts_with('#')).map(str::to_owned).collect())
}

/// The document of `explain`, with the notes beside.
#[derive(Serialize)]
struct WithNotes<'a> {
    #[serde(flatten)]
    document: ExplainDocument<'a>,
    notes: Vec<NoteDocument<'a>>,
}

#[derive(Serialize)]
struct NoteDocument<'a> {
    at: String,
    actor: &'a str,
    text: &'a str,
}

/// Explains one device, with what is remembered of it.
pub(super) fn one(
    context: &Context<'_>,
    settings: &Settings,
    key: &str,
    explained: &Explained<'_>,
    out: &mut dyn Write,
) -> io::Result<()> {
    let Past { history, happened, notes: said } = &explained.past;
    let history: Vec<report::HistoryEntry> = history.iter().map(told).collect();
    let voice = context.console.voice(Some(settings));
    let explain = Explain {
        key,
        acs: explained.acs,
        provider: explained.provider,
        finding: explained.finding,
        history: &history,
        happened,
        acs_columns: explained.acs_columns,
        provider_columns: explained.provider_columns,
    };
    if context.console.json() {
        let notes = said.iter().map(|n| NoteDocument {
            at: n.at.to_string(),
            actor: &n.actor,
            text: &n.text,
        });
        let document = explain.document(&voice);
        return report::write_line(&WithNotes { document, notes: notes.collect() }, out);
    }
    explain.write_text(&voice, context.console.width, context.console.out.color, out)?;
    notes(said, &voice, out)
}

fn notes(notes: &[Note], voice: &Voice, out: &mut dyn Write) -> io::Result<()> {
    if notes.is_empty() {
        return Ok(());
    }
    writeln!(out, "\n{}", word!(voice, en: "Notes", pt: "Notas"))?;
    for note in notes {
        let (actor, text) = (Untrusted::new(&note.actor), Untrusted::new(&note.text));
        writeln!(out, "  {}  {actor}: {text}", voice.time(note.at))?;
    }
    Ok(())
}

/// A finding that ended is told as a run without one.
fn told(entry: &HistoryEntry) -> report::HistoryEntry {
    let state = match entry.state {
        HistoryState::New => Some(State::New),
        HistoryState::Ongoing => Some(State::Ongoing),
        HistoryState::Resolved => None,
    };
    report::HistoryEntry {
        run_id: entry.run_id.clone(),
        started: entry.started,
        cause: state.map(|_| entry.cause),
        strength: state.map(|_| entry.strength),
        state,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_of_keys_may_have_remarks_and_must_be_text() {
        let file = Path::new("keys.txt");
        let keys = keys_of("\u{feff}# mine\n\n A1 \r\n#B\nana@isp\n".as_bytes(), file).unwrap();
        assert_eq!(keys, ["A1", "ana@isp"]);
        let error = keys_of(b"A1\nJo\xe3o\n", file).unwrap_err();
        assert_eq!(error.exit(), 2);
        assert_eq!(error.to_string(), "keys.txt, line 2: the keys are not UTF-8 text");
    }
}
