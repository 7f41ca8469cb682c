//! Runs in lines, by number; the steps of one, or two side by side.
//!
//! Must not do: change anything but where the cursor is.

use super::{Seen, draw};
use crate::app::RunSummary;
use crate::domain::text::visible;
use crate::tui::model::Model;
use crate::tui::widgets::text::unaligned;
use crate::words::{say, step_line, word};

/// Runs that are told: the newest.
const MOST: usize = 20;

/// What is looked at.
#[must_use]
pub fn lines(model: &Model) -> Vec<String> {
    let voice = &model.voice;
    match &model.runs.seen {
        None if model.known.runs.is_empty() => {
            let none = word!(voice, en: "No run is remembered yet.",
                pt: "Nenhuma execução guardada ainda.");
            vec![none.to_owned()]
        }
        None => {
            let runs = model.known.runs.iter().take(MOST).enumerate();
            runs.map(|(at, run)| format!("{}. {}", at + 1, told(model, run))).collect()
        }
        Some(Seen::Steps(run, steps)) => {
            let run = visible(run);
            let head = say!(voice, en: "What run {run} applied", pt: "O que {run} aplicou");
            let steps = steps.iter().map(|step| unaligned(&step_line(step, voice)));
            std::iter::once(head).chain(steps).collect()
        }
        Some(Seen::Compared(of)) => {
            let lines = draw::compared(of, model);
            lines.iter().map(|line| unaligned(line)).filter(|line| !line.is_empty()).collect()
        }
    }
}

fn told(model: &Model, run: &RunSummary) -> String {
    let voice = &model.voice;
    let (when, who) = (voice.time(run.started), visible(&run.actor));
    let (acs, provider) = (voice.number(run.acs), voice.number(run.provider));
    let findings = voice.number(run.findings());
    let mut text = say!(voice,
        en: "{when}, {who}: ACS {acs}, Provider {provider}, differences {findings}",
        pt: "{when}, {who}: ACS {acs}, Provedor {provider}, diferenças {findings}");
    if !run.complete {
        text.push_str(word!(voice, en: ", read in part", pt: ", lido em parte"));
    }
    if let Some(counts) = model.known.applied.get(&run.id) {
        let bad = voice.number(counts.not_done());
        let done = voice.number(counts.verified);
        text.push_str(&say!(voice,
            en: ", applied: {done} done, {bad} not", pt: ", aplicado: {done} sim, {bad} não"));
    }
    text
}

/// The cursor goes to a run, from 0; is there such a run?
pub fn go_to(model: &mut Model, row: usize) -> bool {
    let rows = model.known.runs.len();
    model.runs.seen = None;
    if row < rows {
        model.runs.window.to(row, rows, rows);
    }
    row < rows
}
