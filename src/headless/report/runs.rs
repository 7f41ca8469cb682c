//! The list of runs, as a table and as JSON.
//!
//! Must not do: read the store.

use std::collections::BTreeMap;
use std::io::{self, Write};

use schemars::JsonSchema;
use serde::Serialize;

use crate::app::RunSummary;
use crate::domain::text::visible;
use crate::headless::report::layout::{Page, Style};
use crate::headless::report::wire::{Time, rounded};
use crate::headless::report::{document, json};
use crate::words::{Voice, word};

/// The JSON of `runs`.
#[derive(Debug, Serialize, JsonSchema)]
pub struct RunListDocument<'a> {
    schema: u32,
    runs: Vec<RunDocument<'a>>,
}

#[derive(Debug, Serialize, JsonSchema)]
struct RunDocument<'a> {
    run_id: &'a str,
    started: Time,
    seconds: f64,
    actor: &'a str,
    exit: u8,
    complete: bool,
    acs: u64,
    provider: u64,
    matched: u64,
    causes: BTreeMap<&'static str, u64>,
}

impl<'a> RunListDocument<'a> {
    /// In the order given.
    #[must_use]
    pub fn of(runs: &'a [RunSummary]) -> Self {
        let runs = runs.iter().map(|run| RunDocument {
            run_id: &run.id,
            started: Time(run.started),
            seconds: rounded(run.seconds),
            actor: &run.actor,
            exit: run.exit,
            complete: run.complete,
            acs: run.acs,
            provider: run.provider,
            matched: run.matched,
            causes: run.causes.iter().map(|&(cause, n)| (cause.wire(), n)).collect(),
        });
        Self { schema: document::SCHEMA, runs: runs.collect() }
    }
}

/// Writes the list as one line of JSON.
///
/// # Errors
/// Where `out` fails.
pub fn run_list_json(runs: &[RunSummary], out: &mut dyn Write) -> io::Result<()> {
    json::write_line(&RunListDocument::of(runs), out)
}

/// Writes the list as a table, in the order given.
///
/// # Errors
/// Where `out` fails.
pub fn run_list(
    runs: &[RunSummary],
    voice: &Voice,
    width: usize,
    out: &mut dyn Write,
) -> io::Result<()> {
    let mut page = Page::new(out, width, false);
    if runs.is_empty() {
        return page.say(
            Style::Plain,
            word!(voice,
                en: "No runs yet: `acerto --reconcile` makes the first.",
                pt: "Nenhuma execução ainda: `acerto --reconcile` faz a primeira."),
        );
    }
    let header = [
        word!(voice, en: "run", pt: "execução"),
        word!(voice, en: "started", pt: "início"),
        word!(voice, en: "by", pt: "por"),
        "ACS",
        word!(voice, en: "Provider", pt: "Provedor"),
        word!(voice, en: "matched", pt: "casados"),
        word!(voice, en: "findings", pt: "diferenças"),
        word!(voice, en: "exit", pt: "saída"),
    ];
    page.wide_table(&header, runs.iter().map(|run| row(voice, run)).collect())
}

fn row(voice: &Voice, run: &RunSummary) -> Vec<String> {
    let findings = run.findings();
    let partial = word!(voice, en: " partial", pt: " parcial");
    vec![
        visible(&run.id),
        voice.time(run.started),
        visible(&run.actor),
        voice.number(run.acs),
        voice.number(run.provider),
        voice.number(run.matched),
        voice.number(findings),
        format!("{}{}", run.exit, if run.complete { "" } else { partial }),
    ]
}
